package io.github.tommerspark.jobs;

import io.github.tommerspark.checkpoint.DType;
import io.github.tommerspark.convert.OnnxImport;
import io.github.tommerspark.gguf.GgufImport;
import io.github.tommerspark.gguf.GgufSnapshot;
import io.github.tommerspark.jobs.cli.CommonOptions;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.spark.EngineSetup;
import io.github.tommerspark.text.BosPolicy;
import io.github.tommerspark.text.TextTokenizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Makes a snapshot of a model that is in another program's format. */
@Command(
    name = "import",
    customSynopsis = {
      "tommer-spark import --gguf FILE --output DIR [OPTIONS]",
      "tommer-spark import --onnx FILE --tokenizer FILE --output DIR [OPTIONS]"
    },
    sortOptions = false,
    description =
        "Makes the directory of a Hugging Face snapshot, for --backbone, of a model in another format. Nothing in the file is run.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  # The first twelve blocks, for heads on layers 0 to 11:",
      "  import --gguf SmolLM2-135M-Instruct.Q4_1.gguf --layers 12 --output models/smollm2",
      "  import --onnx model.onnx --tokenizer tokenizer.json --output models/encoder",
      "  # The first six blocks only, in 16 bits:",
      "  import --onnx model.onnx --tokenizer tokenizer.json --layers 6 --dtype fp16 \\",
      "      --output models/encoder"
    })
final class ImportCommand implements Callable<Integer> {

  private static final Map<String, DType> DTYPES =
      Map.of("fp32", DType.F32, "bf16", DType.BF16, "fp16", DType.F16);

  private static final int MAX_TOKENIZER_BYTES = 256 << 20;

  @Spec private CommandSpec command;

  @Mixin private CommonOptions common;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      required = true,
      description = "Local directory to make; there must be none, or an empty one.")
  private Path output;

  @Option(
      names = "--layers",
      paramLabel = "N",
      description =
          "Keep the first N blocks; a head on block L needs L + 1 of them (default: all).")
  private Integer layers;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      description =
          "Type of the weights: fp32, bf16 or fp16 (default: as in the file, and fp32 for what is quantised there).")
  private String dtype;

  @ArgGroup(validate = false, heading = "%nFrom GGUF:%n")
  private GgufSource gguf = new GgufSource();

  /** A language model of llama.cpp. */
  private static final class GgufSource {
    @Option(
        names = "--gguf",
        paramLabel = "FILE",
        description =
            "Local GGUF file of a language model, as llama.cpp has it. --backbone takes such a file as it is, too.")
    private Path file;
  }

  @ArgGroup(validate = false, heading = "%nFrom ONNX:%n")
  private OnnxSource onnx = new OnnxSource();

  /** An encoder of the BERT family that PyTorch exported. */
  private static final class OnnxSource {
    @Option(
        names = "--onnx",
        paramLabel = "FILE",
        description =
            "Local ONNX file of an encoder of the BERT family, as PyTorch or Optimum exports it; not quantised, not optimised for one runtime.")
    private Path file;

    @Option(names = "--tokenizer", paramLabel = "FILE", description = "The model's tokenizer.json.")
    private Path tokenizer;

    @Option(
        names = "--config",
        paramLabel = "FILE",
        description =
            "The model's config.json; needed for RoBERTa only (default: what the graph tells).")
    private Path config;
  }

  @Override
  public Integer call() throws IOException {
    if (layers != null && layers < 1) {
      throw common.impossible("--layers must be at least 1, but is " + layers);
    }
    if (dtype != null && !DTYPES.containsKey(dtype)) {
      throw common.impossible(
          "Unknown --dtype \"%s\": use one of fp32, bf16, fp16".formatted(dtype));
    }
    if (onnx.file == null && gguf.file == null) {
      throw common.impossible("Nothing to import: name a file with --gguf or --onnx");
    }
    if (onnx.file != null && gguf.file != null) {
      throw common.impossible("--gguf and --onnx exclude each other");
    }
    if (gguf.file != null) {
      importGguf();
    } else {
      importOnnx();
    }
    return 0;
  }

  private void importGguf() throws IOException {
    if (onnx.tokenizer != null || onnx.config != null) {
      throw common.impossible(
          "--gguf needs no %s: the file has its own"
              .formatted(onnx.tokenizer != null ? "--tokenizer" : "--config"));
    }
    requireFile(gguf.file);
    GgufSnapshot whole = GgufSnapshot.of(gguf.file);
    GgufSnapshot kept = layers == null ? whole : whole.first(layers);
    byte[] tokenizer = kept.readAll("tokenizer.json", MAX_TOKENIZER_BYTES);
    checkTokenizer(kept.name(), new ByteArrayInputStream(tokenizer));
    GgufImport.write(kept, dtype(), output);
    done(kept.layers(), whole.layers());
  }

  private void importOnnx() throws IOException {
    if (onnx.tokenizer == null) {
      throw common.impossible(
          "--onnx needs --tokenizer: an ONNX file has no tokenizer, and the tokenizer.json stands beside it where it was published");
    }
    requireFile(onnx.file);
    requireFile(onnx.tokenizer);
    if (onnx.config != null) {
      requireFile(onnx.config);
    }
    try (OnnxImport model = OnnxImport.open(onnx.file, onnx.config)) {
      int kept = layers == null ? model.layers() : layers;
      try (InputStream in = Files.newInputStream(onnx.tokenizer)) {
        checkTokenizer(onnx.tokenizer.toString(), in);
      }
      model.write(onnx.tokenizer, kept, dtype(), output);
      done(kept, model.layers());
    }
  }

  private DType dtype() {
    return dtype == null ? null : DTYPES.get(dtype);
  }

  private void done(int kept, int layers) throws IOException {
    PrintWriter out = command.commandLine().getOut();
    out.println(
        String.format(
            Locale.ROOT,
            "%s is a snapshot of %d of %d blocks (%,d MB)",
            output,
            kept,
            layers,
            Files.size(output.resolve("model.safetensors")) / 1_000_000));
    out.println(
        "Next: ./submit.sh train --backbone %s --layers all --train FILE --dev FILE --output DIR"
            .formatted(output));
  }

  private static void requireFile(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new UserException("Cannot read %s: there is no such file".formatted(file));
    }
  }

  /** Returns whether the library that will run it can read it. */
  private static void checkTokenizer(String name, InputStream in) {
    EngineSetup.apply();
    try {
      TextTokenizer.load(name, in, BosPolicy.TOKENIZER, OptionalInt.empty()).close();
    } catch (IOException e) {
      throw new UserException(e.getMessage(), e);
    }
  }
}
