package io.github.tommerspark;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Nothing depends on the default locale, zone or charset of a JVM: what would is not called.
 * Numbers are formatted by {@code String.format(Locale.ROOT, …)}; {@code formatted} is for texts
 * alone.
 */
class DefaultLocaleTest {

  /** Methods that ask for a default, as owner, name and types of parameters. */
  private static final Set<String> FORBIDDEN =
      Set.of(
          "java.lang.String.toLowerCase()",
          "java.lang.String.toUpperCase()",
          "java.lang.String.format(java.lang.String, [Ljava.lang.Object;)",
          "java.lang.String.getBytes()",
          "java.lang.String.<init>([B)",
          "java.io.PrintStream.printf(java.lang.String, [Ljava.lang.Object;)",
          "java.io.PrintStream.format(java.lang.String, [Ljava.lang.Object;)",
          "java.io.PrintWriter.printf(java.lang.String, [Ljava.lang.Object;)",
          "java.io.PrintWriter.format(java.lang.String, [Ljava.lang.Object;)",
          "java.io.InputStreamReader.<init>(java.io.InputStream)",
          "java.io.OutputStreamWriter.<init>(java.io.OutputStream)",
          "java.nio.charset.Charset.defaultCharset()",
          "java.time.ZoneId.systemDefault()",
          "java.time.LocalDate.now()",
          "java.time.LocalDateTime.now()",
          "java.time.format.DateTimeFormatter.ofPattern(java.lang.String)",
          "java.util.Locale.getDefault()",
          "java.util.TimeZone.getDefault()");

  private static final Pattern CALL = Pattern.compile("\\.formatted\\(");

  /** Conversions that write numbers, dates or capitals as a locale does. */
  private static final Pattern SENSITIVE =
      Pattern.compile("%(?:\\d+\\$)?[-#+ 0,(<]*\\d*(?:\\.\\d+)?[dfeEgGSTt]");

  @Test
  void nothingAsksForADefault() {
    noClasses()
        .should()
        .accessTargetWhere(
            new DescribedPredicate<JavaAccess<?>>("it asks for a default of the JVM") {
              @Override
              public boolean test(JavaAccess<?> access) {
                return FORBIDDEN.contains(signature(access));
              }
            })
        .check(
            new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("io.github.tommerspark"));
  }

  private static String signature(JavaAccess<?> access) {
    String parameters =
        access.getTarget() instanceof CodeUnitAccessTarget unit
            ? String.join(
                ", ", unit.getRawParameterTypes().stream().map(JavaClass::getName).toList())
            : "";
    return "%s.%s(%s)".formatted(access.getTargetOwner().getName(), access.getName(), parameters);
  }

  @Test
  void formattedIsForTextsAlone() throws IOException {
    List<String> found = new ArrayList<>();
    int calls = 0;
    for (String module : List.of("core", "jobs", "models")) {
      Path sources = Path.of("..", module, "src", "main", "java");
      try (Stream<Path> files = Files.walk(sources)) {
        for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
          String source = Files.readString(file);
          Matcher call = CALL.matcher(source);
          while (call.find()) {
            calls++;
            String format = receiver(source, call.start());
            if (format == null || SENSITIVE.matcher(format).find()) {
              found.add(file.getFileName() + ": " + format);
            }
          }
        }
      } catch (UncheckedIOException e) {
        throw e.getCause();
      }
    }
    assertThat(calls).isGreaterThan(100);
    assertThat(found).as("use String.format(Locale.ROOT, …)").isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "`f(\"a %s\".formatted(`|`\"a %s\"`",
        "`f((\"a %d\" + \"b\").formatted(`|`(\"a %d\" + \"b\")`",
        "`g(\"%d\", \"a \\\" %s\"\n    .formatted(`|`\"a \\\" %s\"`",
        "NAME.formatted(|"
      })
  void theReceiverOfACallIsFound(String source, String receiver) {
    Matcher call = CALL.matcher(source);
    assertThat(call.find()).isTrue();
    assertThat(receiver(source, call.start())).isEqualTo(receiver);
  }

  /** The literal, or the literals in parentheses, before a call; null if it is something else. */
  private static String receiver(String source, int call) {
    int end = call;
    while (Character.isWhitespace(source.charAt(end - 1))) {
      end--;
    }
    if (source.charAt(end - 1) == '"') {
      return source.substring(literal(source, end - 1), end);
    } else if (source.charAt(end - 1) != ')') {
      return null;
    }
    int depth = 0;
    int at = end - 1;
    while (true) {
      char c = source.charAt(at);
      if (c == '"') {
        at = literal(source, at);
      } else if (c == ')') {
        depth++;
      } else if (c == '(' && --depth == 0) {
        return source.substring(at, end);
      }
      at--;
    }
  }

  /** The opening quotes of the literal whose last closing quote is there. */
  private static int literal(String source, int closing) {
    if (source.startsWith("\"\"\"", closing - 2)) {
      return source.lastIndexOf("\"\"\"", closing - 3);
    }
    int at = closing - 1;
    while (source.charAt(at) != '"' || source.charAt(at - 1) == '\\') {
      at--;
    }
    return at;
  }
}
