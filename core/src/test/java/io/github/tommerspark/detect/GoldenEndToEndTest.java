package io.github.tommerspark.detect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.checkpoint.TensorInfo;
import io.github.tommerspark.decode.Candidates;
import io.github.tommerspark.decode.Decoder;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.DeviceChoice;
import io.github.tommerspark.source.LocalDirectory;
import io.github.tommerspark.testing.Golden;
import io.github.tommerspark.text.BosPolicy;
import io.github.tommerspark.text.CodePointOffsets;
import io.github.tommerspark.text.TextTokenizer;
import io.github.tommerspark.text.TokenizedText;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Mentions of the published code's whole pipeline, by every family, head format and decoder. */
class GoldenEndToEndTest {
  private static final JsonMapper JSON = new JsonMapper();

  @TestFactory
  Stream<DynamicTest> families() throws IOException {
    Path root = Golden.root().resolve("end_to_end");
    List<DynamicTest> tests = new ArrayList<>();
    for (Path family : Golden.directories("end_to_end/heads")) {
      String name = family.getFileName().toString();
      for (String format : List.of("old", "new", "new_objects")) {
        for (Decoder decoder : List.of(Decoder.THRESHOLD, Decoder.GREEDY)) {
          tests.add(
              dynamicTest(
                  "%s, %s, %s".formatted(name, format, decoder.label()),
                  () -> compare(root, name, family.resolve(format), decoder)));
        }
      }
    }
    return tests.stream();
  }

  private static void compare(Path root, String family, Path head, Decoder decoder)
      throws IOException {
    JsonNode golden =
        JSON.readTree(
            root.resolve("inferences_%s_%s.json".formatted(family, decoder.label())).toFile());
    double threshold = golden.get("threshold").asDouble();
    List<JsonNode> samples = new ArrayList<>();
    golden.get("samples").forEach(samples::add);
    Path backbone = Golden.root().resolve("backbones").resolve(family);
    try (MentionDetector detector =
            MentionDetector.builder()
                .backbone(backbone.toString())
                .head(head.toString())
                .decoder(decoder)
                .threshold(threshold)
                .dtype(ComputeType.FP32)
                .device(DeviceChoice.CPU)
                .build();
        Expectation expectation = new Expectation(root, family, decoder, threshold)) {
      List<String> texts = samples.stream().map(sample -> sample.get("text").asText()).toList();
      List<List<Mention>> found = detector.detect(texts);
      for (int i = 0; i < texts.size(); i++) {
        Map<List<Integer>, Float> expected = expectation.mentions(i, samples.get(i));
        Map<List<Integer>, Float> actual = new LinkedHashMap<>();
        CodePointOffsets offsets = CodePointOffsets.of(texts.get(i));
        for (Mention mention : found.get(i)) {
          actual.put(
              List.of(offsets.toCodePoint(mention.start()), offsets.toCodePoint(mention.end())),
              mention.score());
        }
        assertThat(actual.keySet())
            .as("mentions of \"%s\"", texts.get(i))
            .containsExactlyInAnyOrderElementsOf(expected.keySet());
        actual.forEach(
            (span, score) ->
                assertThat((double) score)
                    .as("score of %s in text", span)
                    .isBetween(expected.get(span) - 1e-4, expected.get(span) + 1e-4));
      }
    }
  }

  /** Upstream's lists, after what we drop on purpose: spans that touch a special token. */
  private record Expectation(
      Checkpoint probabilities, TextTokenizer tokenizer, Decoder decoder, double threshold)
      implements AutoCloseable {

    Expectation(Path root, String family, Decoder decoder, double threshold) throws IOException {
      this(
          Checkpoint.open(new LocalDirectory(root), "span_probs_%s.safetensors".formatted(family)),
          tokenizer(family),
          decoder,
          threshold);
    }

    private static TextTokenizer tokenizer(String family) throws IOException {
      Path file = Golden.root().resolve("backbones").resolve(family).resolve("tokenizer.json");
      try (InputStream in = Files.newInputStream(file)) {
        return TextTokenizer.load(file.toString(), in, BosPolicy.TOKENIZER, OptionalInt.empty());
      }
    }

    Map<List<Integer>, Float> mentions(int text, JsonNode sample) throws IOException {
      if (decoder == Decoder.GREEDY && touchesSpecial(sample)) {
        return decodedWithoutSpecials(text, sample.get("text").asText());
      }
      Map<List<Integer>, Float> mentions = new LinkedHashMap<>();
      for (JsonNode entity : sample.get("pred_entities")) {
        int start = entity.get("pos").get(0).asInt();
        int end = entity.get("pos").get(1).asInt();
        if (start < end) {
          mentions.merge(List.of(start, end), (float) entity.get("score").asDouble(), Math::max);
        }
      }
      return mentions;
    }

    /** A special token has offsets (0, 0), so a span that ends on one ends before it begins. */
    private static boolean touchesSpecial(JsonNode sample) {
      for (JsonNode entity : sample.get("pred_entities")) {
        if (entity.get("pos").get(1).asInt() == 0) {
          return true;
        }
      }
      return false;
    }

    private Map<List<Integer>, Float> decodedWithoutSpecials(int index, String text)
        throws IOException {
      TensorInfo info = probabilities.tensor("p." + index);
      float[] cells = probabilities.floats(info);
      int size = (int) info.shape()[0];
      TokenizedText tokens = tokenizer.encode(text);
      int first = tokenizer.prefixIds().length;
      Candidates candidates = new Candidates();
      for (int end = first; end < first + tokens.size(); end++) {
        for (int start = first; start <= end; start++) {
          candidates.add(start - first, end - first, cells[end * size + start]);
        }
      }
      CodePointOffsets offsets = CodePointOffsets.of(text);
      Map<List<Integer>, Float> mentions = new LinkedHashMap<>();
      for (Mention mention :
          MentionText.mentions(text, tokens, decoder.decode(candidates, threshold), null)) {
        mentions.put(
            List.of(offsets.toCodePoint(mention.start()), offsets.toCodePoint(mention.end())),
            mention.score());
      }
      return mentions;
    }

    @Override
    public void close() throws IOException {
      probabilities.close();
      tokenizer.close();
    }
  }
}
