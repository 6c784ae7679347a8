package io.github.tommerspark.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.jobs.SparkSubmit.Run;
import java.nio.file.Path;
import java.util.List;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoIT {

  private static final String NUMBER = " +0\\.\\d{3}";

  @TempDir private Path folder;

  @Test
  void documentsAgreementAndAPage() throws Exception {
    Run run =
        SparkSubmit.submit(
            folder, List.of("--master", "local[2]"), "demo", "--output", "out", "--color", "never");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out())
        .containsPattern("── .*\\(bge-small, \\d+ mentions\\)\n\n[^\n]*\\[[^\n]+\\]")
        .contains("   bge-small      minilm  nano-llama   nano-neox\n")
        .containsPattern("\n  minilm      " + NUMBER + " {12}" + NUMBER + NUMBER + "\n")
        .containsPattern("by length in words:\n\n.*\n  1 +" + NUMBER + NUMBER + NUMBER + "\n")
        .contains("All of it as a page: " + folder.toRealPath().resolve("out/demo.html") + "\n");
    Document page = Jsoup.parse(folder.resolve("out/demo.html").toFile(), "UTF-8");
    assertThat(page.select("h1").text()).isEqualTo("Mentions of the bundled models");
    assertThat(page.text()).contains("bge-small × minilm");
  }
}
