package io.github.tommerspark.sql;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.catalyst.expressions.And;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.Literal;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.plans.logical.Filter;
import org.apache.spark.sql.catalyst.plans.logical.GlobalLimit;
import org.apache.spark.sql.catalyst.plans.logical.LocalLimit;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.catalyst.plans.logical.Sort;
import org.apache.spark.sql.catalyst.rules.Rule;

/**
 * Lets operators find mentions of no more rows than needed, and nothing twice: filters and limits
 * go below them, calls whose answers nobody reads are left out, and what an operator further down
 * has computed, or can compute as well, is taken from there. Spark knows its own nodes only.
 */
final class OptimizeMentions extends Rule<LogicalPlan> {

  private final Catalyst catalyst = Catalyst.get();

  @Override
  public LogicalPlan apply(LogicalPlan plan) {
    return plan.transformUp(Calls.rewriting(this::rewritten));
  }

  private LogicalPlan rewritten(LogicalPlan node) {
    if (node instanceof Filter filter && filter.child() instanceof MentionsNode mentions) {
      return filterBelow(filter, mentions);
    }
    if (node instanceof LocalLimit limit) {
      LogicalPlan limited = limitBelow(limit.limitExpr(), limit.child());
      return limited == null ? null : new LocalLimit(limit.limitExpr(), limited);
    }
    if (node instanceof Project project && project.child() instanceof MentionsNode mentions) {
      return withoutUnused(project, mentions);
    }
    return node instanceof MentionsNode mentions ? shared(mentions) : null;
  }

  private LogicalPlan filterBelow(Filter filter, MentionsNode mentions) {
    List<Expression> stay = new ArrayList<>();
    List<Expression> below = new ArrayList<>();
    for (Expression conjunct : ExtractMentions.conjuncts(filter.condition())) {
      // After one that may not be moved, the order may matter.
      boolean moves =
          conjunct.deterministic()
              && stay.stream().allMatch(Expression::deterministic)
              && mentions.text().deterministic()
              && conjunct.references().subsetOf(mentions.child().outputSet());
      (moves ? below : stay).add(conjunct);
    }
    if (below.isEmpty()) {
      return null;
    }
    LogicalPlan moved = over(mentions, new Filter(and(below), mentions.child()));
    return stay.isEmpty() ? moved : new Filter(and(stay), moved);
  }

  private static Expression and(List<Expression> conjuncts) {
    return conjuncts.stream().reduce(And::new).orElseThrow();
  }

  private LogicalPlan over(MentionsNode mentions, LogicalPlan child) {
    return catalyst.withChildren(mentions, List.of(child));
  }

  /** The plan with a limit below its operators; null if there is none to be put there. */
  private LogicalPlan limitBelow(Expression limit, LogicalPlan plan) {
    if (plan instanceof Project project) {
      LogicalPlan limited = limitBelow(limit, project.child());
      return limited == null ? null : catalyst.withChildren(project, List.of(limited));
    }
    if (!(plan instanceof MentionsNode mentions)) {
      return null;
    }
    LogicalPlan deeper = limitBelow(limit, mentions.child());
    if (deeper != null) {
      return over(mentions, deeper);
    }
    return isLimited(mentions.child(), limit)
        ? null
        : over(mentions, new LocalLimit(limit, mentions.child()));
  }

  private static boolean isLimited(LogicalPlan plan, Expression limit) {
    return plan.maxRowsPerPartition().isDefined()
        && limit instanceof Literal literal
        && literal.value() instanceof Integer most
        && ((Number) plan.maxRowsPerPartition().get()).longValue() <= most;
  }

  private LogicalPlan withoutUnused(Project project, MentionsNode mentions) {
    List<MentionsCall> calls = new ArrayList<>();
    List<Attribute> results = new ArrayList<>();
    for (int c = 0; c < mentions.calls().size(); c++) {
      Attribute result = mentions.added().get(c);
      if (project.references().contains(result)) {
        calls.add(mentions.calls().get(c));
        results.add(result);
      }
    }
    if (calls.size() == mentions.calls().size()) {
      return null;
    }
    return catalyst.withChildren(
        project,
        List.of(
            calls.isEmpty()
                ? mentions.child()
                : catalyst.mentions(mentions.text(), calls, results, mentions.child())));
  }

  // --- Answers of operators further down ---------------------------------------------------------

  /** A plan that has the answer of a call, and the column with it. */
  private record Answered(LogicalPlan plan, Attribute column) {}

  /** Takes from operators below what they have or can compute as well; null if that is nothing. */
  private LogicalPlan shared(MentionsNode mentions) {
    if (!mentions.text().deterministic()) {
      return null;
    }
    LogicalPlan child = mentions.child();
    List<NamedExpression> columns = new ArrayList<>(catalyst.output(child));
    List<MentionsCall> calls = new ArrayList<>();
    List<Attribute> results = new ArrayList<>();
    for (int c = 0; c < mentions.calls().size(); c++) {
      MentionsCall call = mentions.calls().get(c);
      Attribute result = mentions.added().get(c);
      Answered answered = answered(child, mentions.text(), call, true);
      if (answered == null) {
        calls.add(call);
        results.add(result);
        columns.add(result);
      } else {
        child = answered.plan();
        columns.add(catalyst.alias(answered.column(), result.name(), result.exprId()));
      }
    }
    if (calls.size() == mentions.calls().size()) {
      return null;
    }
    return catalyst.project(
        columns,
        calls.isEmpty() ? child : catalyst.mentions(mentions.text(), calls, results, child));
  }

  /**
   * Looks for an operator on the same text.
   *
   * @param sameRows whether all its rows are needed, so that it may have one more call
   */
  private Answered answered(
      LogicalPlan plan, Expression text, MentionsCall call, boolean sameRows) {
    if (plan instanceof MentionsNode mentions) {
      if (mentions.text().semanticEquals(text)) {
        int known = mentions.calls().indexOf(call);
        if (known >= 0) {
          return new Answered(plan, mentions.added().get(known));
        }
        if (sameRows && mentions.calls().get(0).engine().equals(call.engine())) {
          return withCall(mentions, call);
        }
      }
      return through(plan, mentions.child(), text, call, sameRows);
    }
    if (plan instanceof Project project) {
      Answered below = through(plan, project.child(), text, call, sameRows);
      if (below == null) {
        return null;
      }
      List<NamedExpression> columns = new ArrayList<>(catalyst.columns(project));
      if (columns.stream().noneMatch(column -> column.exprId().equals(below.column.exprId()))) {
        columns.add(below.column);
      }
      return new Answered(
          catalyst.project(columns, catalyst.children(below.plan).get(0)), below.column);
    }
    if (plan instanceof Filter
        || plan instanceof Sort
        || plan instanceof LocalLimit
        || plan instanceof GlobalLimit) {
      return through(plan, catalyst.children(plan).get(0), text, call, false);
    }
    return null;
  }

  /** Below a node that keeps the columns of its only child. */
  private Answered through(
      LogicalPlan plan, LogicalPlan child, Expression text, MentionsCall call, boolean sameRows) {
    if (!text.references().subsetOf(child.outputSet())) {
      return null;
    }
    Answered below = answered(child, text, call, sameRows);
    return below == null
        ? null
        : new Answered(catalyst.withChildren(plan, List.of(below.plan)), below.column);
  }

  private Answered withCall(MentionsNode mentions, MentionsCall call) {
    List<MentionsCall> calls = new ArrayList<>(mentions.calls());
    List<Attribute> results = new ArrayList<>(mentions.added());
    Attribute column = catalyst.attribute(MentionsCall.FUNCTION, call.type());
    calls.add(call);
    results.add(column);
    return new Answered(
        catalyst.mentions(mentions.text(), calls, results, mentions.child()), column);
  }
}
