package io.github.tommerspark.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.engine.ScriptModule;
import io.github.tommerspark.head.HeadType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Places of settings are the same in Java and in the scripts. */
class SettingTest {
  private static final Pattern CONSTANT = Pattern.compile("(?m)^  (\\w+) : Final\\[int] = (\\d+)$");

  @Test
  void everySettingIsWhereTheScriptReadsIt() throws IOException {
    Map<String, Integer> script = constants("train");
    for (Setting setting : Setting.values()) {
      assertThat(script).containsEntry(setting.name(), setting.ordinal());
    }
    script.keySet().removeIf(name -> name.startsWith("STEP_"));
    assertThat(script).hasSameSizeAs(Setting.values());
  }

  @Test
  void whatAHeadIsToldForAStepIsWhereTheScriptReadsIt() throws IOException {
    Map<String, Integer> script = constants("train");
    double[] numbers = new HeadScript.HeadStep(1, 2, 0.5, 3).numbers();
    assertThat(numbers[script.get("STEP_TAP")]).isEqualTo(1);
    assertThat(numbers[script.get("STEP_NUMBER")]).isEqualTo(2);
    assertThat(numbers[script.get("STEP_RATE")]).isEqualTo(0.5);
    assertThat(numbers[script.get("STEP_SEED")]).isEqualTo(3);
  }

  @Test
  void headsHaveAsManyTensorsAsTheScriptTakes() throws IOException {
    Map<String, Integer> script = constants("head");
    for (HeadType type : HeadType.values()) {
      assertThat(script).containsEntry(type.name() + "_TENSORS", type.tensors());
    }
  }

  private static Map<String, Integer> constants(String source) throws IOException {
    try (InputStream in = ScriptModule.class.getResourceAsStream(source + ".py")) {
      Matcher found = CONSTANT.matcher(new String(in.readAllBytes(), StandardCharsets.UTF_8));
      Map<String, Integer> constants = new HashMap<>();
      while (found.find()) {
        constants.put(found.group(1), Integer.valueOf(found.group(2)));
      }
      return constants;
    }
  }
}
