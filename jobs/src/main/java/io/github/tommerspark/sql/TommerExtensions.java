package io.github.tommerspark.sql;

import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.SparkSessionExtensions;
import org.apache.spark.sql.catalyst.FunctionIdentifier;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.ExpressionInfo;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.rules.Rule;
import org.apache.spark.sql.execution.SparkStrategy;
import scala.Function1;
import scala.Option;
import scala.Tuple3;
import scala.collection.JavaConverters;
import scala.collection.Seq;
import scala.runtime.AbstractFunction1;
import scala.runtime.BoxedUnit;

/**
 * Brings the function {@code mentions} into a session: {@code
 * spark.sql.extensions=io.github.tommerspark.sql.TommerExtensions}.
 *
 * <p>{@code mentions(text [, model [, options]])} gives what the column {@code mentions} of the
 * annotate job has, or null where the text is null. Model and options are constants.
 *
 * <p>Calls are pulled out of a query before it is optimised, as Spark pulls out functions written
 * in Python, and an operator that reads whole batches of rows takes their place.
 */
public final class TommerExtensions extends AbstractFunction1<SparkSessionExtensions, BoxedUnit> {

  private static final String USAGE =
      "_FUNC_(text [, model [, options]]) - Returns the entity mentions of a text as an array of structs with start and end (in code points, end exclusive), text and score, sorted by start and end; null if the text is null.";

  private static final String ARGUMENTS =
      """

          Arguments:
            * text - a string
            * model - a bundled model, bge-small by default, or one of your own as NAME=BACKBONE,HEAD; a constant
            * options - a constant map, such as map('threshold', '0.9', 'decoder', 'flat'); or named arguments, such as threshold => 0.9
      """;

  private static final String EXAMPLES =
      """

          Examples:
            > SELECT _FUNC_('Marie Curie was born in Warsaw.').text;
             ["Marie Curie","Warsaw"]
      """;

  /** Made by Spark, by its name. */
  public TommerExtensions() {}

  @Override
  @SuppressWarnings("unchecked")
  public BoxedUnit apply(SparkSessionExtensions extensions) {
    Catalyst catalyst = Catalyst.get();
    extensions.injectFunction(
        function(arguments -> MentionsArguments.call(JavaConverters.seqAsJavaList(arguments))));
    extensions.injectCheckRule(
        new AbstractFunction1<SparkSession, Function1<LogicalPlan, BoxedUnit>>() {
          @Override
          public Function1<LogicalPlan, BoxedUnit> apply(SparkSession session) {
            return new AbstractFunction1<>() {
              @Override
              public BoxedUnit apply(LogicalPlan plan) {
                if (plan.resolved()) {
                  new ExtractMentions(null).apply(plan);
                }
                return BoxedUnit.UNIT;
              }
            };
          }
        });
    extensions.injectPlanNormalizationRule(
        new AbstractFunction1<SparkSession, Rule<LogicalPlan>>() {
          @Override
          public Rule<LogicalPlan> apply(SparkSession session) {
            return new ExtractMentions(session);
          }
        });
    extensions.injectOptimizerRule(
        new AbstractFunction1<SparkSession, Rule<LogicalPlan>>() {
          @Override
          public Rule<LogicalPlan> apply(SparkSession session) {
            return new OptimizeMentions();
          }
        });
    extensions.injectPlannerStrategy(
        new AbstractFunction1<SparkSession, SparkStrategy>() {
          @Override
          public SparkStrategy apply(SparkSession session) {
            return catalyst.strategy();
          }
        });
    return BoxedUnit.UNIT;
  }

  /** The Seq of expressions that Spark passes is another type in each Scala. */
  @SuppressWarnings({"unchecked", "rawtypes"})
  private static Tuple3 function(java.util.function.Function<Seq<Expression>, Expression> call) {
    ExpressionInfo info =
        new ExpressionInfo(
            CallExpression.class.getName(),
            null,
            MentionsCall.FUNCTION,
            USAGE,
            ARGUMENTS,
            EXAMPLES,
            "",
            "misc_funcs",
            "",
            "",
            "built-in");
    return new Tuple3(
        new FunctionIdentifier(MentionsCall.FUNCTION, Option.empty()),
        info,
        new AbstractFunction1<Object, Expression>() {
          @Override
          public Expression apply(Object arguments) {
            return call.apply((Seq<Expression>) arguments);
          }
        });
  }
}
