package io.github.tommerspark.jobs;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** The files that the failures of the catalogue are about. */
final class FailureFixture {

  private static final String MODEL = "/io/github/tommerspark/models/nano-llama/";

  private static final String BOUNDARY =
      "{\"format\":\"tommer-spark/boundary-head\",\"version\":1,\"llm_name\":\"m\",\"layer\":%d,"
          + "\"rank\":%d,\"sliding_window\":25}";

  private final Path folder;

  private FailureFixture(Path folder) {
    this.folder = folder;
  }

  static void write(Path folder) throws IOException {
    FailureFixture fixture = new FailureFixture(folder);
    fixture.texts();
    fixture.models();
    fixture.heads();
  }

  private void texts() throws IOException {
    text("docs.jsonl", "{\"id\":\"a\",\"text\":\"Marie Curie was born in Warsaw.\"}");
    text("in/docs.jsonl", "{\"id\":\"a\",\"text\":\"Marie Curie was born in Warsaw.\"}");
    text("numbers.jsonl", "{\"text\":1}");
    text("broken.jsonl", "{\"text\":\"Paris\"}\n{\"text\":");
    text("taken/notes.md", "# Not ours");
    text("notes.md", "# Notes");
    text("labels.txt", "person\n: a city or town\n");
    Files.createDirectories(folder.resolve("empty"));
    String mention =
        "{\"id\":\"a\",\"text\":\"In Paris\",\"entities\":[{\"start\":3,\"end\":%d%s}]}";
    text("gold.jsonl", mention.formatted(8, ",\"type\":\"place\""));
    text("gold-untyped.jsonl", mention.formatted(8, ""));
    text("gold-outside.jsonl", mention.formatted(9, ""));
    text("gold-cut.jsonl", "{\"text\":");
    text("gold.conll", "Paris X-LOC\n");
  }

  private void models() throws IOException {
    byte[] config = bundled("config.json");
    byte[] tokenizer = bundled("tokenizer.json");
    byte[] weights = bundled("model.safetensors");
    for (String model :
        List.of(
            "whole",
            "no-config",
            "no-json",
            "mamba",
            "no-weights",
            "pickle",
            "cut",
            "no-tokenizer",
            "no-tokens",
            "runaway")) {
      bytes("models/" + model + "/config.json", config);
      bytes("models/" + model + "/tokenizer.json", tokenizer);
      bytes("models/" + model + "/model.safetensors", weights);
    }
    Files.delete(folder.resolve("models/no-config/config.json"));
    Files.delete(folder.resolve("models/no-weights/model.safetensors"));
    Files.move(
        folder.resolve("models/pickle/model.safetensors"),
        folder.resolve("models/pickle/pytorch_model.bin"));
    bytes("models/cut/model.safetensors", Arrays.copyOf(weights, weights.length / 2));
    Files.delete(folder.resolve("models/no-tokenizer/tokenizer.json"));
    text(
        "models/runaway/tokenizer.json",
        "{\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(a*)*b\"}}}");
    text("models/no-tokens/tokenizer.json", "{\"version\":\u001b[31m}");
    text("models/no-json/config.json", "{");
    text("models/mamba/config.json", "{\"model_type\":\"mamba\"}");
    text("models/script.pt", "PK");
    text("models/text.gguf", "# Not a model");
    text("models/cut.gguf", "GGUF\3\0\0\0");
  }

  private void heads() throws IOException {
    byte[] weights = bundled("head/model.safetensors");
    for (String head : List.of("whole", "wide", "deep", "cut")) {
      bytes("heads/" + head + "/model.safetensors", weights);
      bytes("heads/" + head + "/boundary.json", bundled("head/boundary.json"));
    }
    text("heads/cut/boundary.json", "{\"format\":");
    text("heads/wide/boundary.json", BOUNDARY.formatted(3, 7));
    text("heads/deep/boundary.json", BOUNDARY.formatted(99, 32));
    text(
        "heads/code/definition.json",
        "{\"objects\":[{\"id\":1,\"type\":\"ToMMeR\",\"fields\":{\"llm_name\":\"m\",\"layer\":3,\"rank\":32,"
            + "\"causal_mask\":true,\"sliding_window\":25,\"use_cosine\":true,\"normalize_scores\":\"\"}}]}");
    bytes("heads/code/parameters", archive("\u0080\2cos\nsystem\nX\4\0\0\0exit\u0085R."));
  }

  /** An archive as torch.save writes it, with this pickle. */
  private static byte[] archive(String pickle) throws IOException {
    byte[] bytes = pickle.getBytes(StandardCharsets.ISO_8859_1);
    CRC32 crc = new CRC32();
    crc.update(bytes);
    ZipEntry entry = new ZipEntry("archive/data.pkl");
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(bytes.length);
    entry.setCrc(crc.getValue());
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(out)) {
      zip.putNextEntry(entry);
      zip.write(bytes);
    }
    return out.toByteArray();
  }

  private static byte[] bundled(String file) throws IOException {
    try (InputStream in = FailureFixture.class.getResourceAsStream(MODEL + file)) {
      return in.readAllBytes();
    }
  }

  private void text(String file, String text) throws IOException {
    bytes(file, (text + "\n").getBytes(StandardCharsets.UTF_8));
  }

  private void bytes(String file, byte[] bytes) throws IOException {
    Path path = folder.resolve(file);
    Files.createDirectories(path.getParent());
    Files.write(path, bytes);
  }
}
