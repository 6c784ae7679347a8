package io.github.tommerspark;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The floors of docs/architecture.md. */
class ArchitectureTest {

  private static final String ROOT = "io.github.tommerspark.";

  /** Packages of the jobs module; all others are core's. */
  private static final String[] JOBS =
      List.of(
              "jobs",
              "spark",
              "sql",
              "pipeline",
              "sparknlp",
              "report",
              "judge",
              "doctor",
              "columns",
              "export",
              "message",
              "model",
              "results")
          .stream()
          .map(name -> ROOT + name + "..")
          .toArray(String[]::new);

  /** The jobs that are packages of their own. */
  private static final List<String> EACH =
      List.of("annotate", "agree", "evaluate", "export", "train", "judge", "report", "bench");

  private static final JavaClasses MAIN =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.github.tommerspark");

  @Test
  void coreIsThereAndSoAreJobs() {
    assertThat(MAIN.contain(ROOT + "detect.MentionDetector")).isTrue();
    assertThat(MAIN.contain(ROOT + "jobs.TommerSpark")).isTrue();
  }

  @Test
  void coreKnowsNoSparkAndNoCommandLine() {
    noClasses()
        .that(not(resideInAnyPackage(JOBS)))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(with(JOBS, "org.apache.spark..", "org.apache.hadoop..", "picocli.."))
        .check(MAIN);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("io.github.tommerspark.(**)").should().beFreeOfCycles().check(MAIN);
  }

  /** bench measures the annotate job and is the one that may know another. */
  @ParameterizedTest
  @ValueSource(
      strings = {"annotate", "agree", "evaluate", "export", "train", "judge", "report", "bench"})
  void aJobKnowsNoOther(String job) {
    String[] others =
        EACH.stream()
            .filter(other -> !other.equals(job))
            .filter(other -> !(job.equals("bench") && other.equals("annotate")))
            .map(other -> ROOT + "jobs." + other + "..")
            .toArray(String[]::new);
    noClasses()
        .that()
        .resideInAPackage(ROOT + "jobs." + job + "..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(others)
        .check(MAIN);
  }

  @Test
  void onlyCommandsKnowJobs() {
    classes()
        .that()
        .resideInAnyPackage(
            EACH.stream().map(job -> ROOT + "jobs." + job + "..").toArray(String[]::new))
        .should()
        .onlyHaveDependentClassesThat()
        .resideInAnyPackage(ROOT + "jobs..")
        .check(MAIN);
  }

  @Test
  void picocliStaysOnTheCommandLine() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + "jobs..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("picocli..")
        .check(MAIN);
  }

  /** What is below the commands is used by pipelines and SQL, too, or by every command. */
  @Test
  void onlyCommandsKnowTheCommandLine() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + "jobs..")
        .or()
        .resideInAnyPackage(ROOT + "jobs.dataset..", ROOT + "jobs.output..", ROOT + "jobs.table..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(ROOT + "jobs.cli..")
        .check(MAIN);
  }

  @Test
  void pagesAndJudgesNeedNoSpark() {
    noClasses()
        .that()
        .resideInAnyPackage(
            ROOT + "report..", ROOT + "judge..", ROOT + "results..", ROOT + "export..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.apache.spark..", "org.apache.hadoop..")
        .check(MAIN);
  }

  private static String[] with(String[] packages, String... more) {
    List<String> all = new ArrayList<>(List.of(packages));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }
}
