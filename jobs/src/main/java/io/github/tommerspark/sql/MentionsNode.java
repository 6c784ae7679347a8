package io.github.tommerspark.sql;

import java.util.List;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.UnaryNode;
import scala.Option;
import scala.collection.Seq;

/** The rows of a child, with a column added for each call. */
public abstract class MentionsNode extends LogicalPlan implements UnaryNode {

  private static final long serialVersionUID = 1L;

  private final Computation<LogicalPlan> computation;

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

  /** The columns added, one for each call. */
  public List<Attribute> added() {
    return computation.added();
  }

  @Override
  public LogicalPlan child() {
    return computation.child();
  }

  @Override
  public Option<Object> maxRows() {
    return child().maxRows();
  }

  @Override
  public Option<Object> maxRowsPerPartition() {
    return child().maxRowsPerPartition();
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
    return other instanceof MentionsNode;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof MentionsNode that && computation.equals(that.computation);
  }

  @Override
  public int hashCode() {
    return computation.hashCode();
  }
}
