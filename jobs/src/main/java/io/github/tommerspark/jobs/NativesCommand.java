package io.github.tommerspark.jobs;

import io.github.tommerspark.jobs.cli.CommonOptions;
import io.github.tommerspark.message.UserException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Lays libtorch out in a directory, for machines that have no internet or no place to unpack it.
 */
@Command(
    name = "natives",
    customSynopsis = "tommer-spark natives --flavor FLAVOR --output DIR",
    sortOptions = false,
    description = {
      "Prepares a directory with libtorch for machines without internet, and prints the settings that make executors use it. Downloads nothing.",
      "cpu takes everything from this jar. cu128 adds what DJL needs to a libtorch 2.7.1 for CUDA 12.8 that you have put there."
    })
final class NativesCommand implements Callable<Integer> {

  private static final String CLASSIFIER = "linux-x86_64";
  private static final String JNI = "libdjl_torch.so";
  private static final List<String> FLAVORS = List.of("cpu", "cu128");

  @Spec private CommandSpec command;

  @Mixin private CommonOptions common;

  @Option(names = "--flavor", paramLabel = "FLAVOR", required = true, description = "cpu or cu128.")
  private String flavor;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      required = true,
      description = "Local directory; for cu128 the one with the libraries of libtorch.")
  private Path output;

  @Override
  public Integer call() throws IOException {
    if (!FLAVORS.contains(flavor)) {
      throw common.impossible(
          "Unknown flavor \"%s\": use one of %s".formatted(flavor, String.join(", ", FLAVORS)));
    }
    Properties library = properties("native/lib/pytorch.properties");
    // Without the date of the build.
    String version = library.getProperty("version").split("-", 2)[0];
    if (flavor.equals("cpu")) {
      Files.createDirectories(output);
      for (String file : library.getProperty("libraries").split(",")) {
        copy("pytorch/cpu/%s/%s".formatted(CLASSIFIER, file), file);
      }
    } else if (!Files.isRegularFile(output.resolve("libtorch_cuda.so"))) {
      throw new UserException(
          "Cannot find libtorch_cuda.so in %s: put the libraries of libtorch %s for CUDA 12.8 there first, which are the folder lib of its archive libtorch-shared-with-deps (%s+cu128), or the folder torch/lib of the Python package torch %s+cu128"
              .formatted(output, version, version, version));
    }
    copy("jnilib/%s/%s/%s".formatted(CLASSIFIER, flavor, JNI), JNI);
    PrintWriter out = command.commandLine().getOut();
    out.println(
        "%s is ready. Copy it to every machine, and give these settings to Spark:"
            .formatted(output));
    for (String setting :
        List.of(
            "PYTORCH_LIBRARY_PATH=" + output.toAbsolutePath().normalize(),
            "PYTORCH_VERSION=" + version,
            "PYTORCH_FLAVOR=" + flavor)) {
      out.println("  --conf spark.executorEnv." + setting);
    }
    out.println("The driver needs them too, as environment variables.");
    return 0;
  }

  private static Properties properties(String resource) throws IOException {
    try (InputStream in = open(resource)) {
      Properties properties = new Properties();
      properties.load(in);
      return properties;
    }
  }

  private void copy(String resource, String file) throws IOException {
    Path draft = output.resolve("." + file + ".tmp");
    try (InputStream in = open(resource)) {
      Files.copy(in, draft, StandardCopyOption.REPLACE_EXISTING);
      // A library that is in use is replaced, never written to.
      Files.move(draft, output.resolve(file), StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(draft);
    }
  }

  private static InputStream open(String resource) {
    InputStream in = NativesCommand.class.getClassLoader().getResourceAsStream(resource);
    if (in == null) {
      throw new UserException(
          "Cannot find %s in this jar: the slim one has no libtorch; use the whole one"
              .formatted(resource));
    }
    return in;
  }
}
