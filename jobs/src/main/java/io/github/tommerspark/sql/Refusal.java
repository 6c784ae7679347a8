package io.github.tommerspark.sql;

import org.apache.spark.QueryContext;
import org.apache.spark.sql.AnalysisException;
import scala.Option;
import scala.collection.immutable.Map$;

/** Says at analysis why a query cannot be run. */
final class Refusal {

  private Refusal() {}

  /**
   * Refuses a query.
   *
   * @param message what is wrong and what to write instead
   * @return nothing; so that callers can say {@code throw}
   */
  static RuntimeException of(String message) {
    return sneaky(
        new AnalysisException(
            MentionsCall.FUNCTION + ": " + message,
            Option.empty(),
            Option.empty(),
            Option.empty(),
            Option.empty(),
            Map$.MODULE$.empty(),
            new QueryContext[0]));
  }

  /** Scala declares no exceptions. */
  @SuppressWarnings("unchecked")
  private static <T extends Throwable> RuntimeException sneaky(Throwable thrown) throws T {
    throw (T) thrown;
  }
}
