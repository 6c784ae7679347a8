package io.github.tommerspark.sql;

import java.io.Serializable;
import java.util.List;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import scala.collection.JavaConverters;
import scala.collection.Seq;

/**
 * Calls on one text, with columns for their answers: what the node of a logical plan and the
 * operator of a physical one have in common.
 *
 * @param <P> the kind of plan
 * @param text what the calls read
 * @param calls no two equal, all to be run in the same way
 * @param results a column for each of them
 * @param child has what the text needs
 */
record Computation<P>(Expression text, List<MentionsCall> calls, Seq<Attribute> results, P child)
    implements Serializable {

  /** Parts that Spark sees and may replace, in the order of the constructors of plans. */
  static final int PARTS = 4;

  /** One of the parts. */
  Object part(int index) {
    return List.of(text, calls, results, child).get(index);
  }

  /** The columns added, one for each call. */
  List<Attribute> added() {
    return JavaConverters.seqAsJavaList(results);
  }

  /** The calls as EXPLAIN shows them. */
  String description() {
    return MentionsCall.describe(text, calls, added());
  }
}
