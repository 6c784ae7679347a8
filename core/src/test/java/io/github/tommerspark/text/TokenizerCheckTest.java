package io.github.tommerspark.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenizerCheckTest {

  private static final String MODEL =
      "\"model\": {\"type\": \"WordLevel\", \"vocab\": {\"a\": 0}, \"unk_token\": \"a\"}";

  private static String safe(String json) throws IOException {
    return TokenizerCheck.safe("DIR/tokenizer.json", json, false);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[[1], {}]",
        "{\"type\": 1e999}",
        "{\"type\": \"\\ud800\"}",
        "{\"a\": [\"]\", \"}\"]}",
        "null"
      })
  void whatIsNotUsedIsLeftOut(String value) throws IOException {
    for (String field : List.of("decoder", "truncation", "padding", "d\\u0065coder")) {
      assertThat(safe("{\"%s\": %s, %s}".formatted(field, value, MODEL)))
          .isEqualTo("{\"%s\": null, %s}".formatted(field, MODEL));
      assertThat(safe("{%s, \"%s\" :%s }".formatted(MODEL, field, value)))
          .isEqualTo("{%s, \"%s\" :null }".formatted(MODEL, field));
    }
  }

  @Test
  void mergesAreNotLeftOutAtRandom() throws IOException {
    assertThat(safe("{\"model\": {\"dropout\":0.5,\"vocab\":{\"dropout\": 1}}}"))
        .isEqualTo("{\"model\": {\"dropout\":null,\"vocab\":{\"dropout\": 1}}}");
    String kept = "{\"model\": {\"dropout\": null, \"vocab\": {}}, \"padding\": null}";
    assertThat(safe(kept)).isEqualTo(kept);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      value = {
        "`{`|it is not JSON (Unexpected end-of-input*",
        "`[]`|it is no JSON object",
        "`{} {}`|it goes on after its end",
        "`{\"decoder\": 1e999}`|its decoder is no object",
        "`{\"model\": []}`|its model is no object",
        "`{\"model\": {\"continuing_subword_prefix\": \"##\", \"merges\": [\"a ##b\", \"a b\"]}}`|its model merges \"b\", which does not begin with the prefix \"##\"",
        "`{\"model\": {\"merges\": [[\"a\", \"\"]], \"continuing_subword_prefix\": \"##\"}}`|its model merges \"\", which does not begin with the prefix \"##\"",
        "`{\"model\": {\"continuing_subword_prefix\": null, \"continuing_subword_prefix\": \"##\"}}`|its model names a prefix twice",
        "`{\"post_processor\": {\"single\": [{\"SpecialToken\": {\"id\": \"<s>\"}}], \"special_tokens\": {}}}`|its post_processor puts the token \"<s>\" around a text, which is not among its special_tokens",
        "`{\"post_processor\": {\"processors\": [{\"single\": [], \"pair\": [{\"SpecialToken\": {\"id\": \"x\"}}]}]}}`|its post_processor puts the token \"x\" around a text, which is not among its special_tokens",
        "`{\"post_processor\": {\"single\": [{\"Sequence\": {\"id\": \"B\"}}]}}`|its post_processor wants two texts where there is one",
        "`{\"post_processor\": {\"single\": \"$A\"}}`|the template of its post_processor is no list",
        "`{\"post_processor\": {\"single\": [], \"special_tokens\": {\"a\": {\"ids\": [1, 2], \"tokens\": [\"a\"]}}}}`|its post_processor has 2 ids for 1 tokens",
        "`{\"normalizer\": {\"precompiled_charsmap\": \"!\"}}`|its precompiled_charsmap is not in base 64",
        "`{\"normalizer\": {\"precompiled_charsmap\": \"AAA=\"}}`|its precompiled_charsmap is too short",
        "`{\"normalizer\": {\"precompiled_charsmap\": \"/////w==\"}}`|its precompiled_charsmap is shorter than it says",
        "`{\"normalizer\": {\"precompiled_charsmap\": \"BAAAAAAAAAA=\"}}`|its precompiled_charsmap leads out of itself",
      })
  void whatTheLibraryTakesForGrantedIsChecked(String json, String fault) {
    assertThatThrownBy(() -> safe(json))
        .isInstanceOf(IOException.class)
        .message()
        .matches(
            "Cannot (read|use) tokenizer DIR/tokenizer.json: "
                + (fault.endsWith("*")
                    ? Pattern.quote(fault.substring(0, fault.length() - 1)) + ".*"
                    : Pattern.quote(fault)));
  }

  @Test
  void mergesWithAPrefixArePlain() throws IOException {
    String json =
        "{\"model\": {\"continuing_subword_prefix\": \"##\", \"merges\": [\"a ##b\", [\"##b\", \"##c\"]]}}";
    assertThat(safe(json)).isEqualTo(json);
  }

  /** A table that writes x for a. */
  @Test
  void aCharsmapIsFollowed() throws IOException {
    int[] units = new int[256];
    // The root's children begin at 0, that of "a" at 97 ^ 2.
    units['a'] = 'a' | 1 << 8 | 2 << 10;
    units['a' ^ 2] = 1 << 31;
    String json = "{\"normalizer\": {\"precompiled_charsmap\": \"%s\"}}";
    String whole = json.formatted(charsmap(units, "x\0"));
    assertThat(safe(whole)).isEqualTo(whole);
    units['a' ^ 2] = 1 << 31 | 3;
    assertThatThrownBy(() -> safe(json.formatted(charsmap(units, "x\0"))))
        .hasMessageContaining("leads out of itself");
    units['a' ^ 2] = 1 << 31 | 1;
    assertThatThrownBy(() -> safe(json.formatted(charsmap(units, "\u00e9\0"))))
        .as("in the middle of a character")
        .hasMessageContaining("leads out of itself");
    units['a'] = 'a' | 1 << 8 | 300 << 10;
    assertThatThrownBy(() -> safe(json.formatted(charsmap(units, "x\0"))))
        .hasMessageContaining("leads out of itself");
  }

  private static String charsmap(int[] units, String replacements) {
    byte[] text = replacements.getBytes(StandardCharsets.UTF_8);
    ByteBuffer table =
        ByteBuffer.allocate(Integer.BYTES * (1 + units.length) + text.length)
            .order(ByteOrder.LITTLE_ENDIAN);
    table.putInt(Integer.BYTES * units.length);
    for (int unit : units) {
      table.putInt(unit);
    }
    return Base64.getEncoder().encodeToString(table.put(text).array());
  }
}
