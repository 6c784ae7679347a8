package io.github.tommerspark.sql;

import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.ExprId;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.execution.SparkStrategy;
import org.apache.spark.sql.types.DataType;
import scala.collection.Seq;

/**
 * The parts of Catalyst that speak Scala's {@code Seq}, which is another type in Scala 2.12 than in
 * 2.13, and therefore compiled once for each.
 */
public interface Catalyst {

  /** A call. */
  Expression call(Expression text, MentionsCall call);

  /** An operator for calls on one text, with the columns that it adds. */
  LogicalPlan mentions(
      Expression text, List<MentionsCall> calls, List<Attribute> results, LogicalPlan child);

  /** Plans these operators. */
  SparkStrategy strategy();

  /** The expressions of a node. */
  List<Expression> expressions(LogicalPlan plan);

  /** The operands of an expression. */
  List<Expression> children(Expression expression);

  /** The inputs of a node. */
  List<LogicalPlan> children(LogicalPlan plan);

  /** A node with other inputs. */
  LogicalPlan withChildren(LogicalPlan plan, List<LogicalPlan> children);

  /** The columns of a node. */
  List<Attribute> output(LogicalPlan plan);

  /** A new column that may be null. */
  Attribute attribute(String name, DataType type);

  /** An expression as a column. */
  NamedExpression alias(Expression expression, String name, ExprId id);

  /** Some columns of a node. */
  LogicalPlan project(List<? extends NamedExpression> columns, LogicalPlan child);

  /** The columns that a projection is made of. */
  List<NamedExpression> columns(Project project);

  /**
   * A plan with parts of it that are cached under just this plan. Spark looks for plans that have
   * been normalised, but 3.5 keeps those of CACHE TABLE as they were.
   */
  LogicalPlan cached(SparkSession session, LogicalPlan plan);

  /** A list as Catalyst's nodes take it. */
  Seq<?> seq(List<?> elements);

  /** Catalyst for the Scala that runs. */
  static Catalyst get() {
    return Chosen.CATALYST;
  }

  /** Chosen once in a JVM. */
  final class Chosen {

    private static final Catalyst CATALYST = choose();

    private Chosen() {}

    private static Catalyst choose() {
      String running = scala.util.Properties.versionNumberString();
      String version = running.replaceFirst("^(\\d+)\\.(\\d+).*", "$1$2");
      String name = Catalyst.class.getPackageName() + ".scala" + version + ".ScalaCatalyst";
      try {
        return (Catalyst) Class.forName(name).getConstructor().newInstance();
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException(
            "The function mentions is made for Spark on Scala 2.12 and 2.13, but this is Scala "
                + running,
            e);
      }
    }
  }
}
