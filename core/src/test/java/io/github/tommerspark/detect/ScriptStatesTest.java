package io.github.tommerspark.detect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tommerspark.engine.TorchScriptArchive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A user's own TorchScript file as a backbone. */
class ScriptStatesTest {
  @TempDir private Path directory;

  private Path file;
  private Path head;

  @BeforeEach
  void makeModel() throws IOException {
    file = TestModels.contextFreeScript(directory.resolve("model"));
    head = TestModels.head(directory.resolve("head"), 10, true, 1);
  }

  private MentionDetector.Builder builder() {
    return MentionDetector.builder()
        .backbone(file.toString())
        .head(head.toString())
        .trustBackbone(true);
  }

  @Test
  void findsMentions() throws IOException {
    try (MentionDetector detector = builder().threshold(0.6).build()) {
      List<String> texts = List.of("one two three", "four five six seven", "one two three");
      List<List<Mention>> found = detector.detect(texts);
      assertThat(found.get(0)).isNotEmpty();
      assertThat(found.get(2).stream().map(Mention::text))
          .containsExactlyElementsOf(found.get(0).stream().map(Mention::text).toList());
      assertThat(detector.loadReports().get(0).dtype()).isEqualTo("torchscript");
    }
  }

  @Test
  void isRefusedWithoutTrust() {
    assertThatThrownBy(() -> builder().trustBackbone(false).build())
        .isInstanceOf(IOException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("‹trustBackbone›");
  }

  @Test
  void refusesHiddenStatesOfAnotherWidth() throws IOException {
    write(
        """
          def forward(self: __torch__.M, ids: Tensor, lengths: Tensor) -> Tensor:
            return ids.to(6).unsqueeze(2).expand([-1, -1, 5])
        """);
    assertThatThrownBy(() -> builder().build())
        .isInstanceOf(IOException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("[2, 2, 5]")
        .hasMessageContaining("[2, 2, 16]");
  }

  @Test
  void refusesAnotherForward() throws IOException {
    write(
        """
          def forward(self: __torch__.M, ids: Tensor) -> Tensor:
            return ids
        """);
    assertThatThrownBy(() -> builder().build())
        .isInstanceOf(IOException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("forward(ids, lengths)");
  }

  @Test
  void refusesWhatIsNoTorchScript() throws IOException {
    Files.writeString(file, "not a zip file");
    assertThatThrownBy(() -> builder().build())
        .isInstanceOf(IOException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("TorchScript");
  }

  private void write(String forward) throws IOException {
    Files.write(file, TorchScriptArchive.assemble(forward, Map.of()));
  }
}
