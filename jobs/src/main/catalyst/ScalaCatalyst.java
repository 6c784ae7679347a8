package @sql.package@;

import io.github.tommerspark.sql.Catalyst;
import io.github.tommerspark.spark.SparkMethods;
import io.github.tommerspark.sql.MentionsCall;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.AttributeReference;
import org.apache.spark.sql.catalyst.expressions.ExprId;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.execution.CacheManager;
import org.apache.spark.sql.execution.SparkStrategy;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.Metadata;
import scala.Option;
import @scala.collections@.Seq;

/** Catalyst as it was compiled for Scala @scala.binary@. */
public final class ScalaCatalyst implements Catalyst {

  private static final String USE_CACHED_DATA = "useCachedData";

  /** Found by its name. */
  public ScalaCatalyst() {}

  @Override
  public Expression call(Expression text, MentionsCall call) {
    return new Call(text, call);
  }

  @Override
  public LogicalPlan mentions(
      Expression text, List<MentionsCall> calls, List<Attribute> results, LogicalPlan child) {
    return new Mentions(text, List.copyOf(calls), Scala.seq(results), child);
  }

  @Override
  public SparkStrategy strategy() {
    return new MentionsStrategy();
  }

  @Override
  public List<Expression> expressions(LogicalPlan plan) {
    return Scala.list(plan.expressions());
  }

  @Override
  public List<Expression> children(Expression expression) {
    return Scala.list(expression.children());
  }

  @Override
  public List<LogicalPlan> children(LogicalPlan plan) {
    return Scala.list(plan.children());
  }

  @Override
  public LogicalPlan withChildren(LogicalPlan plan, List<LogicalPlan> children) {
    return plan.withNewChildren(Scala.seq(children));
  }

  @Override
  public List<Attribute> output(LogicalPlan plan) {
    return Scala.list(plan.output());
  }

  @Override
  public Attribute attribute(String name, DataType type) {
    return new AttributeReference(
        name, type, true, Metadata.empty(), NamedExpression.newExprId(), Scala.seq(List.of()));
  }

  @Override
  public NamedExpression alias(Expression expression, String name, ExprId id) {
    return new Alias(
        expression, name, id, Scala.seq(List.of()), Option.empty(), Scala.seq(List.of()));
  }

  @Override
  public LogicalPlan project(List<? extends NamedExpression> columns, LogicalPlan child) {
    return new Project(Scala.seq(columns), child);
  }

  @Override
  public List<NamedExpression> columns(Project project) {
    return Scala.list(project.projectList());
  }

  @Override
  public LogicalPlan cached(SparkSession session, LogicalPlan plan) {
    CacheManager cache = ((@spark.session@) session).sharedState().cacheManager();
    // Since Spark 4.2 it also takes a condition, which has a default.
    if (SparkMethods.exists(CacheManager.class, USE_CACHED_DATA, plan)) {
      return (LogicalPlan) SparkMethods.call(CacheManager.class, USE_CACHED_DATA, cache, plan);
    }
    Object any = SparkMethods.call(CacheManager.class, USE_CACHED_DATA + "$default$2", cache);
    return (LogicalPlan) SparkMethods.call(CacheManager.class, USE_CACHED_DATA, cache, plan, any);
  }

  @Override
  public Seq<?> seq(List<?> elements) {
    return Scala.seq(elements);
  }
}
