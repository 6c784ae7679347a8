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
            "jobs/target/spark/jars",
            "java/bin",
            "conf")) {
      Files.createDirectories(root.resolve(directory));
    }
    Files.copy(SCRIPT, root.resolve("submit.sh"));
    Files.copy(Path.of("..", "pom.xml"), root.resolve("pom.xml"));
    for (String file :
        List.of("core/pom.xml", "models/pom.xml", "jobs/pom.xml", "conf/laptop.conf")) {
      Files.createFile(root.resolve(file));
    }
    String version = Files.readString(root.resolve("pom.xml")).split("<version>")[1].split("<")[0];
    Files.createFile(root.resolve("jobs/target/tommer-spark-" + version + ".jar"));
    Files.createFile(root.resolve("jobs/target/spark-17.jsa"));
    Files.writeString(
        root.resolve("java/bin/java"),
        """
        #!/bin/sh
        if [ "$1" = -XshowSettings:properties ]; then
          echo "    java.specification.version = 17" >&2
        else
          printf '%s\\n' "$@"
        fi
        """);
    Files.setPosixFilePermissions(
        root.resolve("java/bin/java"), PosixFilePermissions.fromString("rwx------"));
    Files.write(
        root.resolve("my.conf"),
        List.of("# spark.master yarn", "spark.master local[3]", "  spark.driver.memory=5g"));
    Files.write(root.resolve("other.conf"), List.of("spark.masters x", "spark.driver.cores 1"));
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
    assertThat(arguments).endsWith("help");
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

  private List<String> run(Map<String, String> environment, String... options) throws Exception {
    List<String> command = new ArrayList<>(List.of("bash", "submit.sh"));
    for (String option : options) {
      if (!option.isEmpty()) {
        command.add(option);
      }
    }
    command.add("help");
    ProcessBuilder builder = new ProcessBuilder(command).directory(root.toFile());
    builder.environment().remove("SPARK_HOME");
    builder.environment().remove("TOMMER_DRIVER_MEMORY");
    builder.environment().put("JAVA_HOME", root.resolve("java").toString());
    builder.environment().putAll(environment);
    Process process = builder.start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(err).isEmpty();
    assertThat(process.exitValue()).isZero();
    return printed.lines().toList();
  }
}
