package @sql.package@;

import io.github.tommerspark.sql.CallExpression;
import io.github.tommerspark.sql.MentionsCall;
import java.util.List;
import org.apache.spark.sql.catalyst.expressions.Expression;
import @scala.collections@.IndexedSeq;
import @scala.collections@.Seq;

/** A call, with the text as its only child. */
public final class Call extends CallExpression {

  private static final long serialVersionUID = 1L;

  /** Public, since Spark copies expressions by reflection. */
  public Call(Expression text, MentionsCall call) {
    super(text, call);
  }

  @Override
  public Seq<Expression> children() {
    return Scala.seq(List.of(text()));
  }

  @Override
  public Expression withNewChildrenInternal(IndexedSeq<Expression> children) {
    return new Call(children.apply(0), call());
  }
}
