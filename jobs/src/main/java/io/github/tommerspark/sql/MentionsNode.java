package io.github.tommerspark.sql;

import java.util.List;
import java.util.Objects;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.UnaryNode;
import scala.Option;
import scala.collection.JavaConverters;
import scala.collection.Seq;

/** The rows of a child, with a column added for each call. */
public abstract class MentionsNode extends LogicalPlan implements UnaryNode {

  private static final long serialVersionUID = 1L;

  private final Expression text;
  private final List<MentionsCall> calls;
  private final Seq<Attribute> results;
  private final LogicalPlan child;

  /**
   * Some calls on one text.
   *
   * @param text what they read
   * @param calls no two equal, all to be run in the same way
   * @param results a column for each of them
   * @param child has what the text needs
   */
  protected MentionsNode(
      Expression text, List<MentionsCall> calls, Seq<Attribute> results, LogicalPlan child) {
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

  /** The columns added, one for each call. */
  public List<Attribute> added() {
    return JavaConverters.seqAsJavaList(results);
  }

  @Override
  public LogicalPlan child() {
    return child;
  }

  @Override
  public Option<Object> maxRows() {
    return child.maxRows();
  }

  @Override
  public Option<Object> maxRowsPerPartition() {
    return child.maxRowsPerPartition();
  }

  @Override
  public String nodeName() {
    return "Mentions";
  }

  @Override
  public String argString(int maxFields) {
    return MentionsCall.describe(text, calls, added());
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
    return other instanceof MentionsNode;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof MentionsNode that
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
