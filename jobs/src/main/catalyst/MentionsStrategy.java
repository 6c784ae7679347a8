package @sql.package@;

import io.github.tommerspark.sql.Calls;
import java.util.List;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.SparkStrategy;
import @scala.collections@.Seq;

/** Plans {@link Mentions}. */
final class MentionsStrategy extends SparkStrategy {

  @Override
  public Seq<SparkPlan> apply(LogicalPlan plan) {
    if (plan instanceof Mentions node) {
      return Scala.seq(
          List.of(
              new MentionsExec(node.text(), node.calls(), node.results, planLater(node.child()))));
    }
    Calls.refuse(plan);
    return Scala.seq(List.of());
  }
}
