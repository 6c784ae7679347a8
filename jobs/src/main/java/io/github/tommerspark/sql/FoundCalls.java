package io.github.tommerspark.sql;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.catalyst.expressions.And;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.CaseWhen;
import org.apache.spark.sql.catalyst.expressions.EqualNullSafe;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.If;
import org.apache.spark.sql.catalyst.expressions.Literal;
import org.apache.spark.sql.catalyst.expressions.Not;
import org.apache.spark.sql.catalyst.expressions.SubqueryExpression;
import org.apache.spark.sql.catalyst.expressions.aggregate.AggregateExpression;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;

/**
 * The calls of a node, and the columns of the operators that compute them. Calls on the same text,
 * run in the same way, share an operator.
 */
final class FoundCalls {

  private final Catalyst catalyst;

  /** By their canonical forms, in the order that they were found in. */
  private final Map<Expression, Found> calls = new LinkedHashMap<>();

  private final Map<Expression, Attribute> columns = new HashMap<>();

  /** None so far. */
  FoundCalls(Catalyst catalyst) {
    this.catalyst = catalyst;
  }

  /** A call of a node, with what must be true for its answer to matter; null if that is always. */
  private record Found(CallExpression call, Expression needed) {

    Expression text() {
      return needed == null
          ? call.text()
          : new If(needed, call.text(), Literal.create(null, call.text().dataType()));
    }
  }

  /** Calls that one operator can compute: calls on the same text, run in the same way. */
  private record Group(Expression text, Object engine) {}

  /**
   * Adds the innermost calls of an expression. Those in a branch of IF or CASE are needed only
   * where that branch is taken: for other rows, the operator gets no text.
   */
  void find(Expression expression) {
    find(expression, null);
  }

  /** Adds a call whose answer always matters. */
  void add(CallExpression call) {
    calls.put(call.canonicalized(), new Found(call, null));
  }

  /** Returns whether there is none. */
  boolean isEmpty() {
    return calls.isEmpty();
  }

  /**
   * Returns the children of a node, with operators above each for the calls that it has all columns
   * for.
   */
  List<LogicalPlan> computedOver(List<LogicalPlan> children) {
    List<LogicalPlan> computed = new ArrayList<>();
    for (LogicalPlan child : children) {
      computed.add(computed(child));
    }
    return computed;
  }

  /** Returns the column of a call; null if no child had what it reads. */
  Attribute column(Expression call) {
    return columns.get(call.canonicalized());
  }

  /** Returns the first call; empty if there is none. */
  Optional<CallExpression> first() {
    return calls.values().stream().map(Found::call).findFirst();
  }

  /** Returns the first call that no child had the columns for; empty if there is none. */
  Optional<CallExpression> withoutColumn() {
    return calls.entrySet().stream()
        .filter(found -> !columns.containsKey(found.getKey()))
        .map(found -> found.getValue().call())
        .findFirst();
  }

  /** A child with operators for the calls that it has all columns for. */
  private LogicalPlan computed(LogicalPlan child) {
    Map<Group, Map<MentionsCall, Attribute>> groups = new LinkedHashMap<>();
    Map<Group, Expression> texts = new HashMap<>();
    calls.forEach(
        (key, found) -> {
          CallExpression call = found.call;
          if (!columns.containsKey(key)
              && !Calls.readsVariable(call)
              && call.references().subsetOf(child.outputSet())) {
            Expression needed = found.needed;
            Expression text =
                needed != null && needed.references().subsetOf(child.outputSet())
                    ? found.text()
                    : call.text();
            Group group = new Group(text.canonicalized(), call.call().engine());
            texts.putIfAbsent(group, text);
            columns.put(
                key,
                groups
                    .computeIfAbsent(group, g -> new LinkedHashMap<>())
                    .computeIfAbsent(
                        call.call(), c -> catalyst.attribute(MentionsCall.FUNCTION, c.type())));
          }
        });
    LogicalPlan plan = child;
    for (Map.Entry<Group, Map<MentionsCall, Attribute>> group : groups.entrySet()) {
      plan =
          catalyst.mentions(
              texts.get(group.getKey()),
              List.copyOf(group.getValue().keySet()),
              List.copyOf(group.getValue().values()),
              plan);
    }
    return plan;
  }

  private void find(Expression expression, Expression needed) {
    List<Expression> children = catalyst.children(expression);
    if (expression instanceof CallExpression call && children.stream().noneMatch(Calls::in)) {
      calls.merge(
          call.canonicalized(),
          new Found(call, needed),
          (before, now) ->
              before.needed != null
                      && now.needed != null
                      && before.needed.semanticEquals(now.needed)
                  ? before
                  : new Found(call, null));
    } else if (expression instanceof If) {
      find(children.get(0), needed);
      find(children.get(1), and(needed, isTrue(children.get(0))));
      find(children.get(2), and(needed, isNotTrue(children.get(0))));
    } else if (expression instanceof CaseWhen) {
      // Conditions and values by turns, and at last the value of ELSE, if there is one.
      Expression reached = needed;
      int child = 0;
      for (; child + 1 < children.size(); child += 2) {
        find(children.get(child), reached);
        find(children.get(child + 1), and(reached, isTrue(children.get(child))));
        reached = and(reached, isNotTrue(children.get(child)));
      }
      if (child < children.size()) {
        find(children.get(child), reached);
      }
    } else {
      for (Expression child : children) {
        find(child, needed);
      }
    }
  }

  /** Null, for what is always true, if that cannot be told before calls are computed. */
  private static Expression isTrue(Expression condition) {
    return Calls.in(condition)
            || !condition.deterministic()
            || Calls.any(condition, SubqueryExpression.class::isInstance)
            || Calls.any(condition, AggregateExpression.class::isInstance)
            || Calls.readsVariable(condition)
        ? null
        : new EqualNullSafe(condition, Literal.TrueLiteral());
  }

  private static Expression isNotTrue(Expression condition) {
    Expression isTrue = isTrue(condition);
    return isTrue == null ? null : new Not(isTrue);
  }

  private static Expression and(Expression left, Expression right) {
    return left == null ? right : right == null ? left : new And(left, right);
  }
}
