package io.github.tommerspark.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import scala.collection.JavaConverters;
import scala.collection.Seq;

class SparkMethodsTest {

  /** With overloads, as Spark's builders have them. */
  public static final class Builder {

    public final List<String> calls = new ArrayList<>();

    public Builder option(String key, boolean value) {
      calls.add("boolean");
      return this;
    }

    public Object option(String key, String value) {
      calls.add(key + "=" + value);
      return this;
    }

    public Seq<String> names() {
      return JavaConverters.asScalaBuffer(List.of("a", "b"));
    }

    public void fails() throws IOException {
      throw new IOException("no space");
    }
  }

  @Test
  void theOverloadIsTheOneThatTakesTheArguments() {
    Builder builder = new Builder();
    assertThat(SparkMethods.call(Builder.class, "option", builder, "k", "v")).isSameAs(builder);
    assertThat(builder.calls).containsExactly("k=v");
  }

  @Test
  void sequencesAreLists() {
    assertThat(SparkMethods.list(Builder.class, "names", new Builder()))
        .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.LIST)
        .containsExactly("a", "b");
  }

  @Test
  void whatTheMethodThrowsIsThrownAsItIs() {
    assertThatThrownBy(() -> SparkMethods.call(Builder.class, "fails", new Builder()))
        .isExactlyInstanceOf(IOException.class)
        .hasMessage("no space");
  }

  @Test
  void aMethodThatIsNotThereIsNamed() {
    assertThatThrownBy(() -> SparkMethods.call(Builder.class, "option", new Builder(), 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("Builder has no method option");
  }
}
