package io.github.tommerspark.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command line; what happens when a Hub fails is in HubPullTest. */
class PullCommandTest {

  private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";
  private static final String TOKEN = "hf_verySecretToken";

  @TempDir private Path folder;
  private final AtomicInteger requests = new AtomicInteger();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private HttpServer hub;

  /** A repository for every folder of {@code repositories}. */
  @BeforeEach
  void start() throws IOException {
    hub = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    hub.setExecutor(threads);
    hub.createContext("/", this::serve);
    hub.start();
  }

  @AfterEach
  void stop() {
    hub.stop(0);
    threads.shutdownNow();
  }

  @Test
  void whatWasPulledIsNamedAsOnTheHub() throws Exception {
    Path model = folder.resolve("repositories/some-org/Some.Model-1");
    BundledModel.unpack("nano-llama", model);
    Files.move(model.resolve("head"), folder.resolve("repositories/some-org/head"));
    Path cache = folder.resolve("cache");

    String pulled = run(0, Map.of(), "pull", "some-org/Some.Model-1", "some-org/head");
    // Where the machine is slow, it also tells how far it is.
    assertThat(
            pulled
                .lines()
                .filter(line -> !line.matches(".*: [0-9.]+ [kM]?B of [0-9.]+ [kM]?B"))
                .toList())
        .satisfiesExactly(
            line ->
                assertThat(line)
                    .startsWith(
                        "some-org/Some.Model-1 is in %s ("
                            .formatted(
                                cache
                                    .resolve("models--some-org--Some.Model-1/snapshots")
                                    .resolve(COMMIT)))
                    .endsWith("; name it as --backbone some-org/Some.Model-1"),
            line -> assertThat(line).endsWith("; name it as --head some-org/head"));

    int before = requests.get();
    String shown =
        run(
            0,
            Map.of(),
            "show",
            "Marie Curie was born in Warsaw.",
            "--backbone=some-org/Some.Model-1",
            "--head=some-org/head",
            "--color=never");
    assertThat(shown).contains("Some-Model-1, ").contains("[Warsaw]");
    assertThat(run(0, Map.of("HF_HUB_OFFLINE", "1"), "pull", "some-org/head"))
        .contains("0 bytes were fetched now");
    assertThat(requests).hasValue(before);
  }

  @Test
  void aFailureIsOneLine() throws Exception {
    assertThat(run(1, Map.of(), "pull", "some-org/missing"))
        .isEqualTo(
            "tommer-spark: Cannot pull some-org/missing: %s answered 404; check the name, and if it is private check the token in HF_TOKEN\n",
            url());
    assertThat(
            run(1, Map.of(), "show", "text", "--backbone=some-org/missing", "--head=some-org/head"))
        .isEqualTo(
            "tommer-spark: Cannot find some-org/missing: there is no such directory, and it is not in the Hub's cache %s; fetch it with: ./submit.sh pull some-org/missing\n",
            folder.resolve("cache"));
    assertThat(run(1, Map.of("HF_HUB_OFFLINE", "1"), "pull", "some-org/missing"))
        .isEqualTo(
            "tommer-spark: Cannot pull some-org/missing: HF_HUB_OFFLINE is set, and it is not whole in the Hub's cache %s; unset it\n",
            folder.resolve("cache"));
    assertThat(requests).hasValue(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "llama | \"llama\" is no name of a model on a Hub: it is an organisation or user, a slash and a name, such as meta-llama/Llama-3.2-1B",
        "a/../b | \"a/../b\" is no name of a model on a Hub: it is an organisation or user, a slash and a name, such as meta-llama/Llama-3.2-1B",
        "a/b --revision ../x | \"../x\" is no revision: it is the name of a branch or tag, or a commit",
        "a/b@v1 --revision v2 | a/b@v1 and --revision v2 name two revisions",
        "a/b c/d --revision v2 | --revision and --gguf are for a single ID; write ID@REVISION",
        "a/b --gguf ../x.gguf | \"../x.gguf\" is no name of a GGUF file",
        "a/b --gguf x.bin | \"x.bin\" is no name of a GGUF file",
        "'' | Missing required parameter: 'ID'",
      })
  void impossibleOptionsAreRefused(String arguments, String message) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    String[] all =
        Stream.concat(
                Stream.of("pull"), Stream.of(arguments.split(" ")).filter(part -> !part.isEmpty()))
            .toArray(String[]::new);
    int code = TommerSpark.run(all, Map.of(), new PrintStream(err, true, StandardCharsets.UTF_8));
    assertThat(err.toString(StandardCharsets.UTF_8)).isEqualTo("tommer-spark: " + message + "\n");
    assertThat(code).isEqualTo(2);
  }

  /** Runs a command in a JVM of its own and returns what it printed, which never has the token. */
  private String run(int code, Map<String, String> environment, String... arguments)
      throws Exception {
    Path log = Files.createTempFile(folder, "log", ".txt");
    Map<String, String> all = new HashMap<>(environment);
    all.put("HF_ENDPOINT", url());
    all.put("HF_HUB_CACHE", folder.resolve("cache").toString());
    all.put("HF_TOKEN", TOKEN);
    int ended = Drivers.start(folder, log, List.of(), all, arguments).waitFor();
    String printed = Files.readString(log);
    assertThat(ended).as(printed).isEqualTo(code);
    assertThat(printed).doesNotContain(TOKEN);
    return printed;
  }

  private String url() {
    return "http://127.0.0.1:" + hub.getAddress().getPort();
  }

  private void serve(HttpExchange exchange) throws IOException {
    try {
      requests.incrementAndGet();
      String[] parts = exchange.getRequestURI().getPath().substring(1).split("/");
      boolean listing = parts[0].equals("api");
      Path repository =
          folder
              .resolve("repositories")
              .resolve(parts[listing ? 2 : 0])
              .resolve(parts[listing ? 3 : 1]);
      if (!Files.isDirectory(repository)) {
        exchange.sendResponseHeaders(404, -1);
      } else if (listing) {
        try (Stream<Path> files = Files.walk(repository)) {
          send(
              exchange,
              files
                  .filter(Files::isRegularFile)
                  .map(file -> "{\"rfilename\":\"%s\"}".formatted(repository.relativize(file)))
                  .collect(
                      Collectors.joining(
                          ",", "{\"sha\":\"%s\",\"siblings\":[".formatted(COMMIT), "]}"))
                  .getBytes(StandardCharsets.UTF_8));
        }
      } else {
        String file = exchange.getRequestURI().getPath().split("/resolve/" + COMMIT + "/")[1];
        send(exchange, Files.readAllBytes(repository.resolve(file)));
      }
    } finally {
      exchange.close();
    }
  }

  private static void send(HttpExchange exchange, byte[] content) throws IOException {
    boolean head = exchange.getRequestMethod().equals("HEAD");
    exchange.getResponseHeaders().add("ETag", '"' + sha256(content) + '"');
    if (head) {
      exchange.getResponseHeaders().add("Content-Length", "" + content.length);
    }
    exchange.sendResponseHeaders(200, head ? -1 : content.length);
    if (!head) {
      exchange.getResponseBody().write(content);
    }
  }

  private static String sha256(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
