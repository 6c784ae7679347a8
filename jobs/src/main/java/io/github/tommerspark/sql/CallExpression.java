package io.github.tommerspark.sql;

import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.Unevaluable;
import org.apache.spark.sql.catalyst.expressions.codegen.CodegenContext;
import org.apache.spark.sql.catalyst.expressions.codegen.ExprCode;
import org.apache.spark.sql.types.DataType;

/** A call in a plan. It cannot be evaluated: an operator takes its place. */
public abstract class CallExpression extends Expression implements Unevaluable {

  private static final long serialVersionUID = 1L;

  private final Expression text;
  private final MentionsCall call;

  /**
   * A call.
   *
   * @param text of type string, or the null of no type
   * @param call what the other arguments came to
   */
  protected CallExpression(Expression text, MentionsCall call) {
    this.text = text;
    this.call = call;
  }

  /** The expression of the text. */
  public Expression text() {
    return text;
  }

  /** The values of the other arguments. */
  public MentionsCall call() {
    return call;
  }

  @Override
  public DataType dataType() {
    return call.type();
  }

  @Override
  public boolean nullable() {
    return true;
  }

  @Override
  public boolean foldable() {
    return false;
  }

  @Override
  public Object eval(InternalRow row) {
    throw unplanned();
  }

  @Override
  public ExprCode doGenCode(CodegenContext context, ExprCode code) {
    throw unplanned();
  }

  private IllegalStateException unplanned() {
    return new IllegalStateException(sql() + " has not become an operator of the plan");
  }

  @Override
  public String prettyName() {
    return MentionsCall.FUNCTION;
  }

  @Override
  public String sql() {
    return call.sql(text.sql());
  }

  @Override
  public String toString() {
    return call.sql(text.toString());
  }

  @Override
  public int productArity() {
    return 2;
  }

  @Override
  public Object productElement(int index) {
    return index == 0 ? text : call;
  }

  @Override
  public boolean canEqual(Object other) {
    return other instanceof CallExpression;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CallExpression that && text.equals(that.text) && call.equals(that.call);
  }

  @Override
  public int hashCode() {
    return 31 * text.hashCode() + call.hashCode();
  }
}
