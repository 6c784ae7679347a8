package @sql.package@;

import io.github.tommerspark.sql.MentionsCall;
import io.github.tommerspark.sql.MentionsNode;
import java.util.List;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.AttributeSet;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import @scala.collections@.IndexedSeq;
import @scala.collections@.Seq;

/** The operator in logical plans. */
public final class Mentions extends MentionsNode {

  private static final long serialVersionUID = 1L;

  final Seq<Attribute> results;

  /** Public, since Spark copies nodes by reflection. */
  public Mentions(
      Expression text, List<MentionsCall> calls, Seq<Attribute> results, LogicalPlan child) {
    super(text, calls, results, child);
    this.results = results;
  }

  @Override
  public Seq<LogicalPlan> children() {
    return Scala.seq(List.of(child()));
  }

  @Override
  public LogicalPlan withNewChildrenInternal(IndexedSeq<LogicalPlan> children) {
    return withNewChildInternal(children.apply(0));
  }

  @Override
  public LogicalPlan withNewChildInternal(LogicalPlan child) {
    return new Mentions(text(), calls(), results, child);
  }

  @Override
  public Seq<Attribute> output() {
    return Scala.concat(child().output(), results);
  }

  @Override
  public AttributeSet producedAttributes() {
    return Scala.attributes(results);
  }
}
