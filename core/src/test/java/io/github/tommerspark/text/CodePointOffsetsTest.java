package io.github.tommerspark.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class CodePointOffsetsTest {

  @Property
  void agreesWithTheJdkAtEveryCodePoint(@ForAll("texts") String text) {
    CodePointOffsets offsets = CodePointOffsets.of(text);
    assertThat(offsets.codePoints()).isEqualTo(text.codePointCount(0, text.length()));
    for (int codePoint = 0; codePoint <= offsets.codePoints(); codePoint++) {
      int utf16 = text.offsetByCodePoints(0, codePoint);
      assertThat(offsets.toUtf16(codePoint)).isEqualTo(utf16);
      assertThat(offsets.toCodePoint(utf16)).isEqualTo(codePoint);
    }
  }

  @Property
  void isTheIdentityExactlyWithoutPairs(@ForAll("texts") String text) {
    assertThat(CodePointOffsets.of(text).isIdentity())
        .isEqualTo(text.codePoints().noneMatch(Character::isSupplementaryCodePoint));
  }

  /** Plain characters, both halves of pairs in any order, and whole pairs. */
  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.oneOf(
            Arbitraries.of("a", "é", "漢", "\n", "\0"),
            Arbitraries.of("\ud83d", "\ude00", "\ud800", "\udfff"),
            Arbitraries.of("😀", "𝒳", "🇫🇷"))
        .list()
        .ofMaxSize(40)
        .map(parts -> String.join("", parts));
  }

  @Test
  void refusesAnOffsetInsideAPair() {
    CodePointOffsets offsets = CodePointOffsets.of("a😀b");
    assertThatThrownBy(() -> offsets.toCodePoint(2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Cannot convert offset 2: it lies inside a surrogate pair");
  }

  @Test
  void refusesOffsetsOutsideTheText() {
    CodePointOffsets offsets = CodePointOffsets.of("a😀b");
    assertThatThrownBy(() -> offsets.toCodePoint(5))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessage("Cannot convert offset 5: the text has 4 UTF-16 units");
    assertThatThrownBy(() -> offsets.toUtf16(4))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessage("Cannot convert offset 4: the text has 3 code points");
    assertThatThrownBy(() -> offsets.toUtf16(-1)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void inclusiveEndIsTheLastUnit() {
    String text = "I ❤ 😀 Paris";
    int start = text.indexOf("😀");
    int end = start + "😀".length();
    assertThat(CodePointOffsets.toInclusiveEnd(end)).isEqualTo(start + 1);
  }
}
