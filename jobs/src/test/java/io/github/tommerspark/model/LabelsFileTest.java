package io.github.tommerspark.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tommerspark.classify.Label;
import io.github.tommerspark.message.UserException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LabelsFileTest {

  @TempDir private Path folder;

  @Test
  void namesAreReadOrTheirWordings() throws IOException {
    List<Label> labels =
        read(
            """
            \uFEFF# Who and where.
            person

              ORG : organisation;company ; political party\s
            time: 12:30, a time of day
            C#: programming language
            """);
    assertThat(labels)
        .containsExactly(
            Label.of("person"),
            new Label("ORG", List.of("organisation", "company", "political party")),
            new Label("time", List.of("12:30, a time of day")),
            new Label("C#", List.of("programming language")));
    assertThat(read("a\r\nb: c\r\n")).containsExactly(Label.of("a"), new Label("b", List.of("c")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a¶: b | line 2: there is no name in front of the colon",
        "a: b¶¶a: c | line 3: label \"a\" is in line 1 already; write its wordings in one line, with ; between them",
        "a¶a | line 2: label \"a\" is in line 1 already; write its wordings in one line, with ; between them",
        "a: b;;c | line 1: a wording of the label \"a\" has no characters; it must have 1 to 1000",
        "a: | line 1: a wording of the label \"a\" has no characters; it must have 1 to 1000",
        "a¶O | line 2: a class is called \"O\", the name of what is of no class",
        "a\tb | line 1: the name of a class has a control character in it",
      })
  void aLineThatMakesNoSenseIsNamed(String lines, String reason) {
    assertThatThrownBy(() -> read(lines.replace('¶', '\n')))
        .isInstanceOf(UserException.class)
        .hasMessage("Cannot read ‹labelsFile› %s, %s".formatted(file(), reason));
  }

  @Test
  void aFileThatIsNoneIsRefused() throws IOException {
    assertThatThrownBy(() -> LabelsFile.read(folder.resolve("none")))
        .hasMessage(
            "Cannot read ‹labelsFile› %s: there is no such file".formatted(folder.resolve("none")));
    assertThatThrownBy(() -> read("# nothing\n\n"))
        .hasMessage("Cannot read ‹labelsFile› %s: there is no label in it".formatted(file()));
    Files.write(file(), "Événement".getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> LabelsFile.read(file()))
        .hasMessage("Cannot read ‹labelsFile› %s: it is not in UTF-8".formatted(file()));
  }

  @Test
  void argumentsThatContradictEachOtherAreRefused() {
    assertThatThrownBy(() -> arguments(List.of("a"), "f").typing(folder))
        .hasMessage("‹labels› and ‹labelsFile› exclude each other");
    assertThatThrownBy(
            () -> new TypingArguments(null, null, null, null, false, true, null).typing())
        .hasMessage("‹allLabels› needs ‹labels›, ‹labelsFile› or ‹classifier›");
    assertThatThrownBy(
            () -> new TypingArguments(null, null, null, null, false, false, "label").typing())
        .hasMessage("‹rankBy› needs ‹labels›, ‹labelsFile› or ‹classifier›");
    assertThat(arguments(null, null).typing()).isNull();
  }

  @Test
  void pathsAreRelativeToWhereTheyAreNamed() throws IOException {
    read("a: b; c");
    assertThat(arguments(null, "labels.txt").typing(folder).labels())
        .containsExactly(new Label("a", List.of("b", "c")));
  }

  private static TypingArguments arguments(List<String> labels, String file) {
    return new TypingArguments(null, labels, file, null, false, false, null);
  }

  private Path file() {
    return folder.resolve("labels.txt");
  }

  private List<Label> read(String lines) throws IOException {
    Files.writeString(file(), lines);
    return LabelsFile.read(file());
  }
}
