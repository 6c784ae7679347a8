package io.github.tommerspark.sql;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.expressions.And;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.AttributeReference;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.expressions.OuterReference;
import org.apache.spark.sql.catalyst.expressions.SubqueryExpression;
import org.apache.spark.sql.catalyst.expressions.aggregate.AggregateExpression;
import org.apache.spark.sql.catalyst.plans.InnerLike;
import org.apache.spark.sql.catalyst.plans.logical.Aggregate;
import org.apache.spark.sql.catalyst.plans.logical.Command;
import org.apache.spark.sql.catalyst.plans.logical.Filter;
import org.apache.spark.sql.catalyst.plans.logical.Join;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.rules.Rule;
import scala.Option;
import scala.collection.JavaConverters;

/**
 * Pulls calls out of the nodes of a plan: an operator below a node computes them, and the node
 * reads its columns. Every node by itself, so that a part of a plan is rewritten in the same way
 * wherever it stands, and cached parts are found again.
 *
 * <p>A node keeps its columns; what was added for it is projected away above it.
 */
final class ExtractMentions extends Rule<LogicalPlan> {

  private static final String INSTEAD =
      "call it before, as in WITH a AS (SELECT *, mentions(text) AS m FROM …), and use the column m";

  private final Catalyst catalyst = Catalyst.get();
  private final SparkSession session;

  /**
   * For a session.
   *
   * @param session whose cached parts of plans are kept as they are; null if that has been seen to
   */
  ExtractMentions(SparkSession session) {
    this.session = session;
  }

  /**
   * The plan without calls.
   *
   * <p>Throws {@link org.apache.spark.sql.AnalysisException}, which is checked and not declared, if
   * one stands where it cannot be computed.
   */
  @Override
  public LogicalPlan apply(LogicalPlan plan) {
    if (!Calls.in(plan)) {
      return plan;
    }
    return all(session == null ? plan : catalyst.cached(session, plan));
  }

  private LogicalPlan all(LogicalPlan plan) {
    return plan.transformUp(
        Calls.<LogicalPlan>rewriting(node -> Calls.inNode(node) ? ofNode(node) : null));
  }

  private LogicalPlan ofNode(LogicalPlan node) {
    if (node instanceof Command) {
      throw Refusal.of(
          "it cannot be called in %s; write its column to a table first"
              .formatted(node.nodeName()));
    }
    LogicalPlan hoisted = hoist(node);
    LogicalPlan inner =
        hoisted.transformExpressions(
            Calls.<Expression>rewriting(
                part ->
                    part instanceof SubqueryExpression subquery && Calls.in(subquery.plan())
                        ? (Expression) subquery.withNewPlan(all(subquery.plan()))
                        : null));
    LogicalPlan extracted;
    if (inner instanceof Aggregate aggregate && overAggregate(aggregate)) {
      extracted = above(aggregate);
    } else if (inner instanceof Join join) {
      extracted = ofJoin(join);
    } else {
      extracted = below(inner);
    }
    return withOutput(extracted, catalyst.output(node));
  }

  /** The plan with these columns and no others. */
  private LogicalPlan withOutput(LogicalPlan plan, List<Attribute> output) {
    return catalyst.output(plan).equals(output) ? plan : catalyst.project(output, plan);
  }

  // --- Calls of a node ----------------------------------------------------------------------

  /** Puts operators below a node for all its calls. */
  private LogicalPlan below(LogicalPlan node) {
    FoundCalls calls = new FoundCalls(catalyst);
    catalyst.expressions(node).forEach(calls::find);
    if (calls.isEmpty()) {
      return node;
    }
    List<LogicalPlan> children = calls.computedOver(catalyst.children(node));
    calls
        .withoutColumn()
        .ifPresent(
            call -> {
              throw misplaced(call, node);
            });
    LogicalPlan rewritten = catalyst.withChildren(node, children);
    rewritten =
        rewritten.transformExpressions(
            Calls.<Expression>rewriting(
                part -> part instanceof CallExpression ? calls.column(part) : null));
    // Calls on the answers of calls.
    return below(rewritten);
  }

  private static RuntimeException misplaced(CallExpression call, LogicalPlan node) {
    if (Calls.readsVariable(call)) {
      return Refusal.of(
          "%s cannot be called in a lambda function, row by row; explode the array, call it on the elements, and collect_list the answers"
              .formatted(call.sql()));
    }
    if (node instanceof Join join) {
      return Refusal.of(
          "%s reads both sides of a %s, whose condition cannot wait for it; join on something else first, then call it in SELECT or WHERE of a query around the join"
              .formatted(call.sql(), join.joinType().sql() + " JOIN"));
    }
    return Refusal.of(
        "%s cannot be computed in %s; %s".formatted(call.sql(), node.nodeName(), INSTEAD));
  }

  // --- Aggregates ---------------------------------------------------------------------------

  private static List<Expression> elements(LogicalPlan node, int index) {
    @SuppressWarnings("unchecked")
    scala.collection.Seq<Expression> seq =
        (scala.collection.Seq<Expression>) node.productElement(index);
    return JavaConverters.seqAsJavaList(seq);
  }

  /** Returns whether a part of an aggregate's columns is computed before the columns are. */
  private static Predicate<Expression> aggregated(Aggregate aggregate) {
    List<Expression> grouping = elements(aggregate, 0);
    return part ->
        part instanceof AggregateExpression
            || grouping.stream().anyMatch(group -> group.semanticEquals(part));
  }

  private boolean overAggregate(Aggregate aggregate) {
    Predicate<Expression> aggregated = aggregated(aggregate);
    return elements(aggregate, 1).stream().anyMatch(column -> over(column, aggregated));
  }

  /** Returns whether an expression has a call on what aggregating gives, or on nothing. */
  private boolean over(Expression expression, Predicate<Expression> aggregated) {
    return !aggregated.test(expression)
        && (expression instanceof CallExpression
            || catalyst.children(expression).stream().anyMatch(child -> over(child, aggregated)));
  }

  /** Calls such as {@code mentions(max(text))}: a projection above the aggregate computes them. */
  private LogicalPlan above(Aggregate aggregate) {
    Predicate<Expression> aggregated = aggregated(aggregate);
    Map<Expression, NamedExpression> inner = new LinkedHashMap<>();
    List<NamedExpression> outer = new ArrayList<>();
    for (Expression column : elements(aggregate, 1)) {
      NamedExpression named = (NamedExpression) column;
      if (over(column, aggregated)) {
        outer.add(
            (NamedExpression)
                column.transformDown(
                    Calls.<Expression>rewriting(
                        part ->
                            aggregated.test(part)
                                ? inner
                                    .computeIfAbsent(part.canonicalized(), key -> column(part))
                                    .toAttribute()
                                : null)));
      } else {
        inner.put(column, named);
        outer.add(named.toAttribute());
      }
    }
    Object[] parts = new Object[aggregate.productArity()];
    Arrays.setAll(parts, aggregate::productElement);
    parts[1] = catalyst.seq(List.copyOf(inner.values()));
    LogicalPlan reduced = below(aggregate.makeCopy(parts));
    return below(catalyst.project(outer, reduced));
  }

  private NamedExpression column(Expression expression) {
    return expression instanceof NamedExpression named
        ? named
        : catalyst.alias(expression, "aggregated", NamedExpression.newExprId());
  }

  // --- Joins --------------------------------------------------------------------------------

  /**
   * Moves the parts of an inner join's condition that concern both sides above the join. Other
   * joins keep rows for which it is not true.
   */
  private LogicalPlan ofJoin(Join join) {
    if (!(join.joinType() instanceof InnerLike) || join.condition().isEmpty()) {
      return below(join);
    }
    List<Expression> stay = new ArrayList<>();
    List<Expression> after = new ArrayList<>();
    for (Expression conjunct : conjuncts(join.condition().get())) {
      Predicate<Expression> both =
          part ->
              part instanceof CallExpression
                  && !part.references().subsetOf(join.left().outputSet())
                  && !part.references().subsetOf(join.right().outputSet());
      (Calls.any(conjunct, both) ? after : stay).add(conjunct);
    }
    LogicalPlan joined =
        below(
            new Join(
                join.left(),
                join.right(),
                join.joinType(),
                Option.apply(stay.stream().reduce(And::new).orElse(null)),
                join.hint()));
    return after.isEmpty()
        ? joined
        : below(new Filter(after.stream().reduce(And::new).get(), joined));
  }

  /** The parts of a condition that must all be true, in order. */
  static List<Expression> conjuncts(Expression condition) {
    if (condition instanceof And and) {
      List<Expression> all = new ArrayList<>(conjuncts(and.left()));
      all.addAll(conjuncts(and.right()));
      return all;
    }
    return List.of(condition);
  }

  // --- Subqueries ---------------------------------------------------------------------------

  /**
   * Calls in a subquery on columns of the query around it, as in {@code LATERAL
   * explode(mentions(docs.text))}: computed below the node that has the subquery, which then refers
   * to the answer.
   */
  private LogicalPlan hoist(LogicalPlan node) {
    FoundCalls outer = new FoundCalls(catalyst);
    for (Expression expression : catalyst.expressions(node)) {
      Calls.any(
          expression,
          part -> {
            if (part instanceof SubqueryExpression subquery) {
              collectOuter(subquery.plan(), outer);
            }
            return false;
          });
    }
    if (outer.isEmpty()) {
      return node;
    }
    List<LogicalPlan> children = outer.computedOver(catalyst.children(node));
    (node instanceof Aggregate ? outer.first() : outer.withoutColumn())
        .ifPresent(
            call -> {
              throw Refusal.of(
                  "%s cannot be computed in a subquery on a column of the query around it; %s"
                      .formatted(call.sql(), INSTEAD));
            });
    return catalyst
        .withChildren(node, children)
        .transformExpressions(
            Calls.<Expression>rewriting(
                part ->
                    part instanceof SubqueryExpression subquery ? hoisted(subquery, outer) : null));
  }

  private void collectOuter(LogicalPlan plan, FoundCalls outer) {
    for (Expression expression : catalyst.expressions(plan)) {
      Calls.any(
          expression,
          part -> {
            if (part instanceof CallExpression call && Calls.readsOuter(call)) {
              if (Calls.readsInner(call)) {
                throw Refusal.of(
                    "%s reads columns of a subquery and of the query around it at once; join the two, and call it on the result"
                        .formatted(call.sql()));
              }
              outer.add((CallExpression) inOuter(call));
            }
            return false;
          });
    }
    catalyst.children(plan).forEach(child -> collectOuter(child, outer));
  }

  /** An expression of a subquery as the query around it would write it. */
  private static Expression inOuter(Expression expression) {
    return expression.transformUp(
        Calls.<Expression>rewriting(
            part -> part instanceof OuterReference outer ? (Expression) outer.e() : null));
  }

  private Expression hoisted(SubqueryExpression subquery, FoundCalls outer) {
    List<Attribute> used = new ArrayList<>();
    LogicalPlan plan =
        subquery
            .plan()
            .transformUp(
                Calls.<LogicalPlan>rewriting(
                    node ->
                        node.transformExpressions(
                            Calls.<Expression>rewriting(
                                part -> {
                                  if (!(part instanceof CallExpression)
                                      || !Calls.readsOuter(part)) {
                                    return null;
                                  }
                                  Attribute column = outer.column(inOuter(part));
                                  used.add(column);
                                  return new OuterReference((AttributeReference) column);
                                }))));
    if (used.isEmpty()) {
      return null;
    }
    SubqueryExpression renewed = subquery.withNewPlan(plan);
    Object[] parts = new Object[renewed.productArity()];
    Arrays.setAll(parts, renewed::productElement);
    // The columns of the outer query that it reads.
    @SuppressWarnings("unchecked")
    List<Object> reads =
        new ArrayList<>(JavaConverters.seqAsJavaList((scala.collection.Seq<Object>) parts[1]));
    reads.addAll(used);
    parts[1] = catalyst.seq(reads);
    return renewed.makeCopy(parts);
  }
}
