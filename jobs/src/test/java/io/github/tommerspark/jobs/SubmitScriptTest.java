package io.github.tommerspark.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The script as it is, in a checkout that looks built, with a java that says what it was given. */
@DisabledOnOs(OS.WINDOWS)
class SubmitScriptTest {

  private static final Path SCRIPT = Path.of("..", "submit.sh");

  @TempDir private Path root;

  @BeforeEach
  void layOut() throws IOException {
    for (String directory :
        List.of(
            "core/src/main",
            "models/src/main",
            "jobs/src/main",
            "java/bin",
            "spark/bin",
            "spark/jars",
            "conf")) {
      Files.createDirectories(root.resolve(directory));
    }
    Files.copy(SCRIPT, root.resolve("submit.sh"));
    Files.copy(Path.of("..", "pom.xml"), root.resolve("pom.xml"));
    for (String file :
        List.of("core/pom.xml", "models/pom.xml", "jobs/pom.xml", "conf/laptop.conf")) {
      Files.createFile(root.resolve(file));
    }
    layOut("jobs/target/spark-" + property("<spark.version>"));
    layOut("lines/target/spark-" + property("<id>line-4.1<", "<line.spark.version>"));
    Files.createFile(root.resolve("jobs/target/tommer-spark-" + property("<version>") + ".jar"));
    Files.writeString(
        root.resolve("java/bin/java"),
        """
        #!/bin/sh
        if [ "$1" = -XshowSettings:properties ]; then
          echo "    java.specification.version = ${TEST_JAVA:-17}" >&2
        else
          printf '%s\\n' "$@" "SPARK_SCALA_VERSION=$SPARK_SCALA_VERSION"
        fi
        """);
    Files.writeString(root.resolve("spark/bin/spark-submit"), "#!/bin/sh\nprintf '%s\\n' \"$@\"\n");
    for (String program : List.of("java/bin/java", "spark/bin/spark-submit")) {
      Files.setPosixFilePermissions(
          root.resolve(program), PosixFilePermissions.fromString("rwx------"));
    }
    Files.write(
        root.resolve("my.conf"),
        List.of("# spark.master yarn", "spark.master local[3]", "  spark.driver.memory=5g"));
    Files.write(root.resolve("other.conf"), List.of("spark.masters x", "spark.driver.cores 1"));
  }

  /** Of the pom, after some words. */
  private String property(String... words) throws IOException {
    String rest = Files.readString(root.resolve("pom.xml"));
    for (String word : words) {
      rest = rest.substring(rest.indexOf(word) + word.length());
    }
    return rest.substring(0, rest.indexOf('<'));
  }

  /** A Spark that Maven seems to have laid out, and its classes as the JVM keeps them. */
  private void layOut(String spark) throws IOException {
    Files.createDirectories(root.resolve(spark).resolve("jars"));
    Files.createFile(root.resolve(spark + "-java-17.jsa"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | local[*] | 2g",
        "--master local[2] --driver-memory 8g | local[2] | 8g",
        "--master=local[2] --driver-memory=8g | local[2] | 8g",
        "--conf spark.master=local[2] --conf spark.driver.memory=8g | '' | 8g",
        "--conf=spark.master=local[2] -c spark.driver.memory=1024 | '' | 1024m",
        "--conf spark.driver.memory=8gb --conf spark.masters=x | local[*] | 8g",
        "--conf spark.driver.memory=8g --driver-memory 3g | local[*] | 3g",
        "--conf spark.driver.memory=8g --conf spark.driver.memory=9g | local[*] | 9g",
        "--properties-file my.conf | '' | 5g",
        "--properties-file=my.conf --conf spark.driver.memory=6g | '' | 6g",
        "--properties-file other.conf | local[*] | 2g",
      })
  void settingsOfSparkAreHonoured(String options, String master, String memory) throws Exception {
    List<String> arguments = run(Map.of(), options.split(" "));
    assertThat(arguments).contains("-Xmx" + memory);
    assertThat(arguments).filteredOn(argument -> argument.startsWith("-Xmx")).hasSize(1);
    int given = arguments.indexOf("--master");
    assertThat(
            given < 0 ? options.contains("--master=") ? "local[2]" : "" : arguments.get(given + 1))
        .isEqualTo(master);
    assertThat(arguments).endsWith("help", "SPARK_SCALA_VERSION=2.12");
    for (String option : options.split(" ")) {
      assertThat(arguments).contains(option.isEmpty() ? "help" : option);
    }
  }

  @Test
  void memoryOfTheEnvironmentIsALastResort() throws Exception {
    Map<String, String> environment = Map.of("TOMMER_DRIVER_MEMORY", "7g");
    assertThat(run(environment)).contains("-Xmx7g");
    assertThat(run(environment, "--conf", "spark.driver.memory=6g")).contains("-Xmx6g");
  }

  @Test
  void theLineOfSparkIsThatOfTheEnvironment() throws Exception {
    String line = property("<id>line-4.1<", "<line.spark.version>");
    assertThat(run(Map.of("SPARK_LINE", "4.1")))
        .contains(
            "SPARK_SCALA_VERSION=2.13", root.resolve("lines/target/spark-" + line) + "/jars/*");
    assertThat(run(Map.of("SPARK_LINE", "3.5"))).contains("SPARK_SCALA_VERSION=2.12");
    assertThat(refusal(Map.of("SPARK_LINE", "4.9")))
        .isEqualTo(
            "submit.sh: SPARK_LINE is 4.9, but Maven provides 3.5, 4.0, 4.1 and 4.2 only; set SPARK_HOME to use another Spark");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "2.12-3.5.9 | 17 | ''",
        "2.12-3.5.4-amzn-0 | 17 | ''",
        "2.13-4.0.5 | 21 | ''",
        "2.13-4.3.0 | 25 | ''",
        "2.13-3.5.9 | 17 | Spark 3.5.9 for Scala 2.13, which this version was not tried on",
        "2.13-4.10.1 | 17 | Spark 4.10.1, newer than any that this version was tried on",
        "2.13-5.0.0 | 21 | Spark 5.0.0, newer than any that this version was tried on",
      })
  void aSparkOfOnesOwnIsUsedAsItIs(String core, String java, String warning) throws Exception {
    Files.createFile(root.resolve("spark/jars/spark-core_" + core + ".jar"));
    Ran ran = ran(ownSpark(java), "--master", "yarn");
    assertThat(ran.code()).isZero();
    assertThat(ran.out()).contains("--master", "yarn").endsWith("help");
    assertThat(ran.err()).hasSize(warning.isEmpty() ? 0 : 1);
    assertThat(String.join("\n", ran.err())).contains(warning);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "2.12-3.4.4 | 17 | SPARK_HOME is Spark 3.4.4, which is too old: 3.5 or newer is needed",
        "2.12-2.4.8 | 17 | SPARK_HOME is Spark 2.4.8, which is too old: 3.5 or newer is needed",
        "2.12-3.5.9 | 25 | Spark 3.5 does not run on Java 25: set JAVA_HOME to a Java 17 or 21",
        "2.13-4.1.4 | 25 | Spark 4.1 does not run on Java 25: set JAVA_HOME to a Java 17 or 21",
      })
  void aSparkThatCannotWorkIsRefused(String core, String java, String reason) throws Exception {
    Files.createFile(root.resolve("spark/jars/spark-core_" + core + ".jar"));
    assertThat(refusal(ownSpark(java))).isEqualTo("submit.sh: " + reason);
  }

  private Map<String, String> ownSpark(String java) {
    return Map.of("SPARK_HOME", root.resolve("spark").toString(), "TEST_JAVA", java);
  }

  private String refusal(Map<String, String> environment) throws Exception {
    Ran ran = ran(environment);
    assertThat(ran.code()).isOne();
    assertThat(ran.out()).isEmpty();
    return String.join("\n", ran.err());
  }

  private List<String> run(Map<String, String> environment, String... options) throws Exception {
    Ran ran = ran(environment, options);
    assertThat(ran.err()).isEmpty();
    assertThat(ran.code()).isZero();
    return ran.out();
  }

  private record Ran(int code, List<String> out, List<String> err) {}

  private Ran ran(Map<String, String> environment, String... options) throws Exception {
    List<String> command = new ArrayList<>(List.of("bash", "submit.sh"));
    for (String option : options) {
      if (!option.isEmpty()) {
        command.add(option);
      }
    }
    command.add("help");
    ProcessBuilder builder = new ProcessBuilder(command).directory(root.toFile());
    builder
        .environment()
        .keySet()
        .removeAll(
            List.of("SPARK_HOME", "SPARK_LINE", "SPARK_SCALA_VERSION", "TOMMER_DRIVER_MEMORY"));
    builder.environment().put("JAVA_HOME", root.resolve("java").toString());
    builder.environment().putAll(environment);
    Process process = builder.start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Ran(process.exitValue(), printed.lines().toList(), err.lines().toList());
  }
}
