package io.github.tommerspark;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaConstructor;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What takes more values than these at once takes them in groups, which have names. */
class ConstructorSizesTest {

  private static final int MOST_PARAMETERS = 8;
  private static final String ROOT = "io.github.tommerspark.";

  /** Results: their components are the fields of files and pages, flat as readers want them. */
  private static final Set<String> RESULTS =
      Set.of(
          "detect.ModelDescription",
          "detect.ModelProfile",
          "eval.EvaluationExample",
          "eval.EvaluationRow",
          "eval.PairAgreement",
          "jobs.bench.BenchReport",
          "jobs.bench.BenchReport$Run",
          "jobs.export.ExportResult",
          "jobs.judge.JudgeResult",
          "jobs.judge.JudgeResult$ModelRow",
          "jobs.output.Commit",
          "jobs.output.Provenance",
          "jobs.output.Provenance$Model",
          "jobs.train.TrainedClassifier",
          "jobs.train.TrainedClassifier$Run",
          "jobs.train.TrainedLabelModel",
          "jobs.train.TrainedLabelModel$Run",
          "jobs.train.TrainingFile",
          "report.HeatMap$View",
          "report.LineChart$View",
          "results.AgreementFile",
          "results.EvaluationFile",
          "results.EvaluationFile$AggregateRow",
          "results.EvaluationFile$Example",
          "results.EvaluationFile$Row",
          "results.EvaluationFile$Typed",
          "results.EvaluationFile$TypedClass",
          "spark.PartitionReport",
          "train.EpochScores",
          "train.GoldCounts");

  /** Others, and the reason for each. */
  private static final Map<String, String> OTHERS =
      Map.of(
          "classify.LabelModelConfig", "the fields of a file, whose layout is published",
          "head.HeadConfig", "the fields of a file, whose layout is published",
          "train.TrainingOptions", "written to training.json as it is",
          "train.LabelOptions", "written to training.json as it is",
          "train.ClassifierOptions", "written to training.json as it is",
          "detect.ModelSpec", "what users choose; changed by one with... method for each",
          "detect.ModelPlan", "all parts of a model, made in one place",
          "jobs.train.TrainClassifierOptions", "the command's own options, made in one place");

  @Test
  void fewParametersAndNamedGroupsOfThem() {
    Map<String, Integer> longer = longer();
    assertThat(longer.keySet())
        .allMatch(name -> RESULTS.contains(name) || OTHERS.containsKey(name));
  }

  /** Whoever has grouped the parameters of a class strikes it off the lists. */
  @Test
  void theListsHoldNoOthers() {
    assertThat(longer().keySet()).containsAll(RESULTS).containsAll(OTHERS.keySet());
  }

  /** Classes with more parameters than allowed, and how many. */
  private static Map<String, Integer> longer() {
    JavaClasses main =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.github.tommerspark");
    Map<String, Integer> longer = new TreeMap<>();
    for (JavaClass type : main) {
      for (JavaConstructor constructor : type.getConstructors()) {
        int parameters = constructor.getRawParameterTypes().size() - added(type);
        if (parameters > MOST_PARAMETERS) {
          longer.merge(type.getName().substring(ROOT.length()), parameters, Math::max);
        }
      }
    }
    assertThat(main).hasSizeGreaterThan(500);
    return longer;
  }

  /** Parameters that the compiler adds. */
  private static int added(JavaClass type) {
    if (type.isEnum()) {
      return 2;
    }
    return type.isInnerClass() && !type.getModifiers().contains(JavaModifier.STATIC) ? 1 : 0;
  }
}
