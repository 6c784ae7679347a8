package io.github.tommerspark.sql;

import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.NamedLambdaVariable;
import org.apache.spark.sql.catalyst.expressions.OuterReference;
import org.apache.spark.sql.catalyst.expressions.SubqueryExpression;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import scala.Function1;
import scala.runtime.AbstractPartialFunction;

/** Looks for calls in plans. */
public final class Calls {

  private Calls() {}

  /** Returns whether a part of an expression, the expression itself included, is so. */
  static boolean any(Expression expression, Predicate<Expression> test) {
    return test.test(expression)
        || Catalyst.get().children(expression).stream().anyMatch(child -> any(child, test));
  }

  /** Returns whether an expression has a call, apart from its subqueries. */
  static boolean in(Expression expression) {
    return any(expression, CallExpression.class::isInstance);
  }

  /** Returns whether a plan has a call, in subqueries too. */
  static boolean in(LogicalPlan plan) {
    return inNode(plan) || Catalyst.get().children(plan).stream().anyMatch(Calls::in);
  }

  /** Returns whether a node has a call, in subqueries of its expressions too. */
  static boolean inNode(LogicalPlan node) {
    return Catalyst.get().expressions(node).stream()
        .anyMatch(
            expression ->
                any(
                    expression,
                    part ->
                        part instanceof CallExpression
                            || part instanceof SubqueryExpression subquery && in(subquery.plan())));
  }

  /** Returns whether an expression reads a column of the query around its own. */
  static boolean readsOuter(Expression expression) {
    return any(expression, OuterReference.class::isInstance);
  }

  /** Returns whether an expression reads a column of its own query. */
  static boolean readsInner(Expression expression) {
    return any(expression, Attribute.class::isInstance);
  }

  /** Returns whether an expression reads a variable of a lambda function. */
  static boolean readsVariable(Expression expression) {
    return any(expression, NamedLambdaVariable.class::isInstance);
  }

  /**
   * Refuses a node that has a call, when all that can be pulled out has been.
   *
   * @param node to be planned
   */
  public static void refuse(LogicalPlan node) {
    List<Expression> expressions = Catalyst.get().expressions(node);
    for (Expression expression : expressions) {
      if (in(expression)) {
        throw Refusal.of(
            "%s cannot be computed in %s; call it in a subquery, or WITH a AS (SELECT *, mentions(text) AS m FROM …), and use its column here"
                .formatted(expression.sql(), node.nodeName()));
      }
    }
  }

  /** A function for Spark's traversals; null leaves things as they are. */
  static <T> AbstractPartialFunction<T, T> rewriting(Function<T, T> rewrite) {
    return new AbstractPartialFunction<>() {
      @Override
      public boolean isDefinedAt(T value) {
        return rewrite.apply(value) != null;
      }

      @Override
      public T apply(T value) {
        return rewrite.apply(value);
      }

      @Override
      @SuppressWarnings("unchecked")
      public <A extends T, B> B applyOrElse(A value, Function1<A, B> otherwise) {
        T rewritten = rewrite.apply(value);
        return rewritten == null ? otherwise.apply(value) : (B) rewritten;
      }
    };
  }
}
