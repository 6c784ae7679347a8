package io.github.tommerspark.sql;

import java.util.List;
import java.util.Objects;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.plans.physical.Partitioning;
import org.apache.spark.sql.execution.SparkPlan;
import scala.collection.JavaConverters;
import scala.collection.Seq;

/** Finds the mentions of a partition's rows, batch by batch. */
public abstract class MentionsOperator extends SparkPlan {

  private static final long serialVersionUID = 1L;

  private final Expression text;
  private final List<MentionsCall> calls;
  private final Seq<Attribute> results;
  private final SparkPlan child;
  private transient MentionsMetrics metrics;

  /** As {@link MentionsNode}. */
  protected MentionsOperator(
      Expression text, List<MentionsCall> calls, Seq<Attribute> results, SparkPlan child) {
    this.text = text;
    this.calls = calls;
    this.results = results;
    this.child = child;
  }

  /** The texts that the calls read. */
  public Expression text() {
    return text;
  }

  /** The calls, no two equal. */
  public List<MentionsCall> calls() {
    return calls;
  }

  /** The operator that the rows come from. */
  public SparkPlan child() {
    return child;
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
    return child.outputPartitioning();
  }

  @Override
  public String nodeName() {
    return "Mentions";
  }

  @Override
  public String argString(int maxFields) {
    return MentionsCall.describe(text, calls, JavaConverters.seqAsJavaList(results));
  }

  @Override
  public int productArity() {
    return 4;
  }

  @Override
  public Object productElement(int index) {
    return List.of(text, calls, results, child).get(index);
  }

  @Override
  public boolean canEqual(Object other) {
    return other instanceof MentionsOperator;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof MentionsOperator that
        && text.equals(that.text)
        && calls.equals(that.calls)
        && results.equals(that.results)
        && child.equals(that.child);
  }

  @Override
  public int hashCode() {
    return Objects.hash(text, calls, results, child);
  }
}
