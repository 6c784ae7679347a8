package io.github.tommerspark.sql;

import org.apache.spark.QueryContext;
import org.apache.spark.sql.AnalysisException;
import scala.Option;
import scala.collection.immutable.Map;

/** Says at analysis why a query cannot be run. */
final class Refusal {

  /**
   * The condition whose message is just what it is given, in all versions of Spark: PySpark 4 makes
   * messages of conditions anew, and fails where there is none.
   */
  private static final String CONDITION = "_LEGACY_ERROR_TEMP_2273";

  private Refusal() {}

  /**
   * Refuses a query.
   *
   * @param message what is wrong and what to write instead
   * @return nothing; so that callers can say {@code throw}
   */
  static RuntimeException of(String message) {
    String told = MentionsCall.FUNCTION + ": " + message;
    return sneaky(
        new AnalysisException(
            told,
            Option.empty(),
            Option.empty(),
            Option.empty(),
            Option.apply(CONDITION),
            new Map.Map1<>("message", told),
            new QueryContext[0]));
  }

  /** Scala declares no exceptions. */
  @SuppressWarnings("unchecked")
  private static <T extends Throwable> RuntimeException sneaky(Throwable thrown) throws T {
    throw (T) thrown;
  }
}
