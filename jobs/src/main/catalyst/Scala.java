package @sql.package@;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.AttributeSet;
import org.apache.spark.sql.catalyst.expressions.BindReferences;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.package$;
import scala.Tuple2;
import scala.collection.JavaConverters;
import scala.collection.immutable.Map;
import scala.collection.immutable.Map$;
import @scala.collections@.Seq;

/** Between the collections of Scala and those of Java. */
@SuppressWarnings({"deprecation", "unchecked"})
final class Scala {

  private Scala() {}

  static <T> List<T> list(Seq<T> seq) {
    return JavaConverters.seqAsJavaList(seq);
  }

  static <T> Seq<T> seq(List<? extends T> list) {
    return JavaConverters.<T>asScalaBuffer(new ArrayList<T>(list)).toList();
  }

  static Seq<Attribute> concat(Seq<Attribute> first, Seq<Attribute> second) {
    List<Attribute> all = new ArrayList<>(list(first));
    all.addAll(list(second));
    return seq(all);
  }

  static AttributeSet attributes(Seq<Attribute> attributes) {
    return AttributeSet.apply(Scala.<Expression>seq(list(attributes)));
  }

  static Expression bound(Expression expression, Seq<Attribute> input) {
    return BindReferences.bindReference(
        expression, package$.MODULE$.AttributeSeq(input), false);
  }

  static <V> Map<String, V> map(java.util.Map<String, V> entries) {
    Map<String, V> map = Map$.MODULE$.empty();
    for (java.util.Map.Entry<String, V> entry : entries.entrySet()) {
      map = map.updated(entry.getKey(), entry.getValue());
    }
    return map;
  }
}
