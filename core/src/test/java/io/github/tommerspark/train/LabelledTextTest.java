package io.github.tommerspark.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.detect.FrozenBackbone;
import io.github.tommerspark.gold.EnglishPronouns;
import io.github.tommerspark.gold.GoldDocument;
import io.github.tommerspark.gold.GoldSpan;
import io.github.tommerspark.text.BosPolicy;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class LabelledTextTest {

  private static final TrainingOptions OPTIONS = TrainingOptions.defaults();

  private static FrozenBackbone backbone(String name, Integer maxTokens) throws IOException {
    return backbone(name, BosPolicy.TOKENIZER, maxTokens);
  }

  private static FrozenBackbone backbone(String name, BosPolicy bos, Integer maxTokens)
      throws IOException {
    return FrozenBackbone.open(new FrozenBackbone.Spec(name, bos, maxTokens, OPTIONS.reach(), 0));
  }

  private static GoldDocument document(String text, String... mentions) {
    List<GoldSpan> spans = new ArrayList<>();
    int from = 0;
    for (String mention : mentions) {
      int start = text.indexOf(mention, from);
      from = start;
      spans.add(new GoldSpan(start, start + mention.length(), null));
    }
    return new GoldDocument("d", text, spans);
  }

  @Test
  void nestedAdjacentInitialAndFinalMentionsAreAllLabelled() throws IOException {
    GoldDocument document =
        document(
            "Paris Texas and the city of Berlin", "Paris", "Texas", "the city of Berlin", "Berlin");
    try (FrozenBackbone backbone = backbone("nano-llama", null)) {
      LabelledText text = LabelledText.of(document, backbone, OPTIONS);
      assertThat(text.counts().labelled()).isEqualTo(4);
      LabelledText.Sequence sequence = text.sequences().get(0);
      assertThat(sequence.goldStarts()[0]).as("after the special token").isEqualTo(1);
      assertThat(sequence.goldStarts()[1]).isEqualTo(sequence.goldEnds()[0] + 1);
      assertThat(sequence.goldEnds()[2]).isEqualTo(sequence.goldEnds()[3]);
      assertThat(sequence.goldEnds()[3]).isEqualTo(sequence.length() - 1);
      // No span touches the special token.
      assertThat(sequence.kept()[0]).isZero();
      assertThat(sequence.kept()[sequence.length()]).isZero();
      assertThat(sequence.kept()[1]).isEqualTo((byte) 1);
    }
  }

  @Test
  void theFirstTokenOfASequenceStartsNothing() throws IOException {
    GoldDocument document = document("Paris is in France", "Paris", "France");
    try (FrozenBackbone backbone = backbone("nano-neox", null)) {
      GoldCounts counts = LabelledText.of(document, backbone, OPTIONS).counts();
      assertThat(counts.labelled()).isEqualTo(1);
      assertThat(counts.atSequenceStart()).isEqualTo(1);
    }
    try (FrozenBackbone backbone = backbone("nano-neox", BosPolicy.ALWAYS, null)) {
      GoldCounts counts = LabelledText.of(document, backbone, OPTIONS).counts();
      assertThat(counts.labelled()).isEqualTo(2);
      assertThat(counts.atSequenceStart()).isZero();
    }
  }

  @Test
  void everySpanOfALongTextIsLabelledOnceWhereItsEndIsOwned() throws IOException {
    String text = "We met Marie Curie in Warsaw. ".repeat(60);
    List<GoldSpan> spans = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      spans.add(new GoldSpan(30 * i + 7, 30 * i + 18, null));
      spans.add(new GoldSpan(30 * i + 22, 30 * i + 28, null));
    }
    GoldDocument document = new GoldDocument("long", text, spans);
    try (FrozenBackbone backbone = backbone("nano-llama", 200)) {
      LabelledText labelled = LabelledText.of(document, backbone, OPTIONS);
      assertThat(labelled.sequences()).hasSizeGreaterThan(2);
      assertThat(labelled.counts().labelled()).isEqualTo(120);
      int ends = 0;
      for (LabelledText.Sequence sequence : labelled.sequences()) {
        for (int end : sequence.goldEnds()) {
          assertThat(sequence.kept()[sequence.length() + end]).isEqualTo((byte) 1);
          ends++;
        }
      }
      assertThat(ends).isEqualTo(120);
      int owned = 0;
      for (LabelledText.Sequence sequence : labelled.sequences()) {
        for (int i = sequence.length(); i < 2 * sequence.length(); i++) {
          owned += sequence.kept()[i];
        }
      }
      assertThat(owned).as("every token is owned once").isEqualTo(backbone.tokenize(text).size());
    }
  }

  @Test
  void batchesPackAndComeApartAgain() throws IOException {
    List<LabelledText> texts = new ArrayList<>();
    try (FrozenBackbone backbone = backbone("nano-llama", null)) {
      for (String word : List.of("Warsaw", "a b c", "Kyoto", "Ada met Bob in Paris")) {
        texts.add(LabelledText.of(document(word, word.split(" ")[0]), backbone, OPTIONS));
      }
    }
    LabelledBatch batch = LabelledBatch.of(texts);
    long tokens = 0;
    for (int g = 0; g < batch.groups().length; g += 2) {
      tokens += batch.groups()[g] * batch.groups()[g + 1];
    }
    assertThat(tokens).isEqualTo(batch.tokens());
    assertThat(batch.goldEnds()).hasSize(4);
    List<Long> ids = new ArrayList<>();
    long[] groups = {0};
    for (LabelledBatch.Piece piece : batch.pieces(1)) {
      Arrays.stream(piece.ids()).forEach(ids::add);
      assertThat(piece.groups()).startsWith(1);
      groups[0]++;
    }
    assertThat(groups[0]).isEqualTo(4);
    assertThat(ids).containsExactlyElementsOf(Arrays.stream(batch.ids()).boxed().toList());
  }

  @Test
  void pronounsAreLeftOutButNotNamesInCapitals() {
    GoldDocument document = document("I saw the US and it saw us", "I", "the US", "US", "it", "us");
    assertThat(EnglishPronouns.without(document).mentions())
        .extracting(m -> document.text().substring(m.start(), m.end()))
        .containsExactly("the US", "US");
  }
}
