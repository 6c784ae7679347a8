package @sql.package@;

import io.github.tommerspark.sql.MentionsCall;
import io.github.tommerspark.sql.MentionsOperator;
import io.github.tommerspark.sql.MentionsRows;
import java.util.List;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.AttributeSet;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.SortOrder;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.metric.SQLMetric;
import scala.collection.immutable.Map;
import @scala.collections@.IndexedSeq;
import @scala.collections@.Seq;

/** The operator in physical plans. */
public final class MentionsExec extends MentionsOperator {

  private static final long serialVersionUID = 1L;

  private final Seq<Attribute> results;

  /** Public, since Spark copies nodes by reflection. */
  public MentionsExec(
      Expression text, List<MentionsCall> calls, Seq<Attribute> results, SparkPlan child) {
    super(text, calls, results, child);
    this.results = results;
  }

  @Override
  public RDD<InternalRow> doExecute() {
    return MentionsRows.of(
        child().execute(),
        Scala.bound(text(), child().output()),
        calls(),
        Scala.list(output()),
        measured());
  }

  @Override
  public Map<String, SQLMetric> metrics() {
    return Scala.map(measured().byName());
  }

  @Override
  public Seq<SparkPlan> children() {
    return Scala.seq(List.of(child()));
  }

  @Override
  public SparkPlan withNewChildrenInternal(IndexedSeq<SparkPlan> children) {
    return new MentionsExec(text(), calls(), results, children.apply(0));
  }

  @Override
  public Seq<Attribute> output() {
    return Scala.concat(child().output(), results);
  }

  @Override
  public AttributeSet producedAttributes() {
    return Scala.attributes(results);
  }

  @Override
  public Seq<SortOrder> outputOrdering() {
    return child().outputOrdering();
  }
}
