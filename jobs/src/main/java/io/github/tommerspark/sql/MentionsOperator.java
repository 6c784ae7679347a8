package io.github.tommerspark.sql;

import java.util.List;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.plans.physical.Partitioning;
import org.apache.spark.sql.execution.SparkPlan;
import scala.collection.Seq;

/** Finds the mentions of a partition's rows, batch by batch. */
public abstract class MentionsOperator extends SparkPlan {

  private static final long serialVersionUID = 1L;

  private final Computation<SparkPlan> computation;
  private transient MentionsMetrics metrics;

  /** As {@link MentionsNode}. */
  protected MentionsOperator(
      Expression text, List<MentionsCall> calls, Seq<Attribute> results, SparkPlan child) {
    this.computation = new Computation<>(text, calls, results, child);
  }

  /** The texts that the calls read. */
  public Expression text() {
    return computation.text();
  }

  /** The calls, no two equal. */
  public List<MentionsCall> calls() {
    return computation.calls();
  }

  /** The operator that the rows come from. */
  public SparkPlan child() {
    return computation.child();
  }

  /** The measures of this operator, made when first asked for: copies of plans have none. */
  protected final synchronized MentionsMetrics measured() {
    if (metrics == null) {
      metrics = MentionsMetrics.create(sparkContext());
    }
    return metrics;
  }

  @Override
  public Partitioning outputPartitioning() {
    return child().outputPartitioning();
  }

  @Override
  public String nodeName() {
    return "Mentions";
  }

  @Override
  public String argString(int maxFields) {
    return computation.description();
  }

  @Override
  public int productArity() {
    return Computation.PARTS;
  }

  @Override
  public Object productElement(int index) {
    return computation.part(index);
  }

  @Override
  public boolean canEqual(Object other) {
    return other instanceof MentionsOperator;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof MentionsOperator that && computation.equals(that.computation);
  }

  @Override
  public int hashCode() {
    return computation.hashCode();
  }
}
