package io.github.tommerspark.jobs;

import io.github.tommerspark.hub.HubPull;
import io.github.tommerspark.hub.HubPull.Pulled;
import io.github.tommerspark.hub.HubSettings;
import io.github.tommerspark.hub.RepositoryId;
import io.github.tommerspark.jobs.cli.CommonOptions;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Fetches models of a Hugging Face Hub to its cache on this machine. */
@Command(
    name = "pull",
    customSynopsis = "tommer-spark pull ID... [OPTIONS]",
    sortOptions = false,
    description = {
      "Fetches what is needed of models on the Hugging Face Hub to the Hub's cache on this machine, where --backbone ID and --head ID find them. No other command downloads a model.",
      "Of a backbone these are config.json, tokenizer.json and safetensors; of a head its definition and parameters. A pull that was interrupted goes on where it was; every file is compared with the checksum that the Hub gives. What hf download fetched is found, and the other way round.",
      "Read from the environment: HF_HUB_CACHE or HF_HOME for the place of the cache, HF_TOKEN (or the token of hf auth login) for private and gated models, HF_ENDPOINT for another Hub, HF_HUB_OFFLINE, HF_HUB_DOWNLOAD_TIMEOUT."
    })
final class PullCommand implements Callable<Integer> {

  @Spec private CommandSpec command;

  @Mixin private CommonOptions common;

  @Parameters(
      paramLabel = "ID",
      arity = "1..*",
      description =
          "An organisation or user, a slash and a name, such as meta-llama/Llama-3.2-1B; with @ and a branch, tag or commit for another revision than main.")
  private List<String> ids;

  @Option(
      names = "--revision",
      paramLabel = "REVISION",
      description =
          "Branch, tag or commit of a single model, the same as ID@REVISION (default: main).")
  private String revision;

  @Option(
      names = "--gguf",
      paramLabel = "FILE",
      description =
          "Fetch this GGUF file of a single model, and nothing else; it is then named as ID/FILE.")
  private String gguf;

  @Override
  public Integer call() throws IOException, InterruptedException {
    List<RepositoryId> all = common.checked(() -> ids.stream().map(this::parse).toList());
    if (all.size() > 1 && (revision != null || gguf != null)) {
      throw common.impossible("--revision and --gguf are for a single ID; write ID@REVISION");
    }
    PrintWriter out = command.commandLine().getOut();
    PrintStream progress = new PrintStream(System.err, true, StandardCharsets.UTF_8);
    HubPull pull = new HubPull(HubSettings.ofEnvironment(), progress::println);
    for (RepositoryId id : all) {
      Pulled pulled = pull.pull(id);
      out.println(
          "%s is in %s (%s, of which %s were fetched now); name it as --%s %s"
              .formatted(
                  id,
                  pulled.place(),
                  HubPull.size(pulled.total()),
                  HubPull.size(pulled.fetched()),
                  pulled.kind(),
                  id));
    }
    return 0;
  }

  private RepositoryId parse(String given) {
    RepositoryId id =
        RepositoryId.parse(given)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "\"%s\" is no name of a model on a Hub: it is an organisation or user, a slash and a name, such as meta-llama/Llama-3.2-1B"
                            .formatted(given)));
    if (revision != null) {
      if (given.contains("@") && !id.revision().equals(revision)) {
        throw new IllegalArgumentException(
            "%s and --revision %s name two revisions".formatted(given, revision));
      }
      id = id.withRevision(revision);
    }
    return gguf == null ? id : id.withFile(gguf);
  }
}
