package io.github.tommerspark.hub;

import static io.github.tommerspark.hub.HubServer.listing;
import static io.github.tommerspark.hub.HubServer.on;
import static io.github.tommerspark.hub.HubServer.status;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.github.tommerspark.hub.HubPull.Pulled;
import io.github.tommerspark.hub.HubServer.Request;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@DisabledOnOs(OS.WINDOWS)
class HubPullTest {

  private static final String TOKEN = "hf_verySecretToken";
  private static final String WEIGHTS = "model.safetensors";
  private static final RepositoryId ID = RepositoryId.parse(HubServer.ID).orElseThrow();
  private static final byte[] TENSORS = bytes(1 << 16);

  @TempDir private Path folder;
  private final HubServer server = new HubServer();
  private final Map<String, String> environment = new HashMap<>();
  private final List<Duration> pauses = new ArrayList<>();
  private final List<String> lines = new ArrayList<>();
  private Path cache;

  @BeforeEach
  void repository() {
    cache = folder.resolve("hub");
    environment.put("HF_ENDPOINT", server.url() + "/");
    environment.put("HF_HUB_CACHE", cache.toString());
    environment.put("HF_TOKEN", TOKEN);
    server
        .with("config.json", "{}")
        .with("tokenizer.json", "{\"é\": 1}")
        .with(WEIGHTS, TENSORS)
        .with("README.md", "not needed")
        .with("pytorch_model.bin", "not needed")
        .with("onnx/model.safetensors", "not needed");
  }

  @AfterEach
  void close() {
    server.close();
  }

  // --- what is fetched, and where it goes ------------------------------------------------------

  @Test
  void aBackboneIsInTheLayoutOfTheHub() throws Exception {
    Pulled pulled = pull(ID);
    Path repository = cache.resolve("models--some-org--some.model");
    Path snapshot = repository.resolve("snapshots").resolve(HubServer.COMMIT);
    assertThat(pulled.place()).isEqualTo(snapshot);
    assertThat(pulled.kind()).isEqualTo("backbone");
    assertThat(pulled.fetched()).isEqualTo(pulled.total()).isEqualTo(2 + 9 + TENSORS.length);
    assertThat(files(snapshot)).containsExactly("config.json", WEIGHTS, "tokenizer.json");
    assertThat(Files.readAllBytes(snapshot.resolve(WEIGHTS))).isEqualTo(TENSORS);
    assertThat(Files.readSymbolicLink(snapshot.resolve(WEIGHTS)))
        .isEqualTo(Path.of("../../blobs", HubServer.sha256(TENSORS)));
    // As git hash-object has it.
    assertThat(Files.readSymbolicLink(snapshot.resolve("config.json")))
        .isEqualTo(Path.of("../../blobs/9e26dfeeb6e641a33dae4961196235bdb965b21b"));
    assertThat(repository.resolve("refs/main")).hasContent(HubServer.COMMIT);
    assertThat(files(repository.resolve("blobs"))).hasSize(3);
    assertThat(new HubCache(cache).find(ID)).isEqualTo(snapshot);
  }

  @Test
  void whatIsThereIsNotFetchedAgainUnlessItIsDamaged() throws Exception {
    pull(ID);
    server.forget();
    assertThat(pull(ID).fetched()).isZero();
    assertThat(server.requests()).noneMatch(request -> request.host().equals("cdn"));

    Path blob = pull(ID).place().resolve(WEIGHTS).toRealPath();
    Files.write(blob, bytes(TENSORS.length - 1));
    Path mapped = Files.createLink(folder.resolve("mapped"), blob);
    assertThat(pull(ID).fetched()).isEqualTo(TENSORS.length);
    assertThat(Files.readAllBytes(blob)).isEqualTo(TENSORS);
    // Replaced, not written to: somebody may have it mapped.
    assertThat(Files.size(mapped)).isEqualTo(TENSORS.length - 1);
    assertThat(lines).contains(WEIGHTS + " is damaged in the cache: fetching it again");
  }

  @Test
  void shardsAreThoseOfTheIndex() throws Exception {
    try (HubServer sharded =
        new HubServer()
            .with("config.json", "{}")
            .with("tokenizer.json", "{}")
            .with("model-1.safetensors", "one")
            .with("model-2.safetensors", "two")
            .with("consolidated.safetensors", "not needed")
            .with(
                "model.safetensors.index.json",
                "{\"weight_map\": {\"a\": \"model-1.safetensors\", \"b\": \"model-2.safetensors\"}}")) {
      environment.put("HF_ENDPOINT", sharded.url());
      Path snapshot = pull(ID).place();
      assertThat(files(snapshot))
          .containsExactly(
              "config.json",
              "model-1.safetensors",
              "model-2.safetensors",
              "model.safetensors.index.json",
              "tokenizer.json");
      Files.delete(snapshot.resolve("model-2.safetensors"));
      assertThatThrownBy(() -> new HubCache(cache).find(ID))
          .hasMessage(
              "Cannot use some-org/some.model: %s lacks model-2.safetensors; fetch it with: ./submit.sh pull some-org/some.model",
              snapshot);
      sharded.with("model.safetensors.index.json", "{\"weight_map\": {\"a\": \"../x\"}}");
      assertThatThrownBy(() -> pull(ID)).hasMessageContaining("not a plain relative path");
      sharded.with("model.safetensors.index.json", "{\"weight_map\": {\"a\": \"x.safetensors\"}}");
      assertThatThrownBy(() -> pull(ID))
          .hasMessageContaining("lacks the shard \"x.safetensors\" that its");
    }
  }

  @Test
  void headsOfAllLayouts() throws Exception {
    try (HubServer heads =
        new HubServer()
            .with("definition.json", "{}")
            .with("parameters", "pickle")
            .with("README.md", "not needed")) {
      environment.put("HF_ENDPOINT", heads.url());
      Pulled older = pull(ID);
      assertThat(older.kind()).isEqualTo("head");
      assertThat(files(older.place())).containsExactly("definition.json", "parameters");
      heads
          .at("f".repeat(40))
          .with("experimaestro.json", "[]")
          .with("tommer.json", "{}")
          .with("weights/model.safetensors", "tensors");
      assertThat(files(pull(ID).place()))
          .containsExactly(
              "definition.json",
              "experimaestro.json",
              "parameters",
              "tommer.json",
              "weights/model.safetensors");
      // The earlier commit is still there, under its name.
      assertThat(new HubCache(cache).find(ID.withRevision(HubServer.COMMIT)))
          .isEqualTo(older.place());
    }
  }

  @Test
  void aBackboneBringsTheHeadsInItsFolders() throws Exception {
    server
        .with("tommer.json", "{\"head\": \"head\"}")
        .with("head/experimaestro.json", "[]")
        .with("head/model.safetensors", "tensors")
        .with("types/classifier.json", "{}")
        .with("types/model.safetensors", "tensors");
    assertThat(files(pull(ID).place()))
        .containsExactly(
            "config.json",
            "head/experimaestro.json",
            "head/model.safetensors",
            WEIGHTS,
            "tokenizer.json",
            "tommer.json",
            "types/classifier.json",
            "types/model.safetensors");
  }

  @Test
  void aGgufFileIsFetchedByNameAndAlone() throws Exception {
    try (HubServer gguf =
        new HubServer().with("q4.gguf", "four").with("q8.gguf", "eight").with("README.md", "")) {
      environment.put("HF_ENDPOINT", gguf.url());
      assertThatThrownBy(() -> pull(ID))
          .hasMessage(
              "some-org/some.model has GGUF files only: name one with ‹gguf›, of q4.gguf, q8.gguf");
      assertThatThrownBy(() -> pull(ID.withFile("q2.gguf")))
          .hasMessage(
              "some-org/some.model has no file q2.gguf; its GGUF files are: q4.gguf, q8.gguf");
      Path file = pull(ID.withFile("q4.gguf")).place();
      assertThat(file).hasContent("four").hasFileName("q4.gguf");
      RepositoryId named = RepositoryId.parse("some-org/some.model/q4.gguf").orElseThrow();
      assertThat(new HubCache(cache).find(named)).isEqualTo(file);
      assertThat(new HubCache(cache).find(ID)).isEqualTo(file);
      pull(ID.withFile("q8.gguf"));
      assertThatThrownBy(() -> new HubCache(cache).find(ID))
          .hasMessageContaining("name one, as in some-org/some.model/q4.gguf");
    }
  }

  @Test
  void whatIsMissingIsSaidBeforeAnythingIsFetched() throws IOException {
    try (HubServer pickled =
        new HubServer().with("config.json", "{}").with("pytorch_model.bin", "pickle")) {
      environment.put("HF_ENDPOINT", pickled.url());
      assertThatThrownBy(() -> pull(ID))
          .hasMessageStartingWith("some-org/some.model has no tokenizer.json, which");
      pickled.with("tokenizer.json", "{}");
      assertThatThrownBy(() -> pull(ID))
          .hasMessageStartingWith(
              "some-org/some.model has no model.safetensors, and other formats");
      assertThat(cache).doesNotExist();
    }
  }

  @Test
  void aRevisionIsRecordedUnderItsName() throws Exception {
    RepositoryId tagged = RepositoryId.parse(HubServer.ID + "@refs/pr/1").orElseThrow();
    Path snapshot = pull(tagged).place();
    assertThat(server.requests().get(0).path())
        .isEqualTo("/api/models/some-org/some.model/revision/refs/pr/1");
    assertThat(cache.resolve("models--some-org--some.model/refs/refs/pr/1"))
        .hasContent(HubServer.COMMIT);
    assertThat(new HubCache(cache).find(tagged)).isEqualTo(snapshot);
    assertThatThrownBy(() -> new HubCache(cache).find(ID))
        .hasMessage(
            "Cannot find some-org/some.model: there is no such directory, and it is not in the Hub's cache %s; fetch it with: ./submit.sh pull some-org/some.model",
            cache);
  }

  // --- the token -------------------------------------------------------------------------------

  @Test
  void theTokenGoesToTheHubOnly() throws Exception {
    pull(ID);
    assertThat(server.authorizations("hub")).isNotEmpty().containsOnly("Bearer " + TOKEN);
    assertThat(server.authorizations("cdn")).hasSize(1).containsOnlyNulls();
  }

  @Test
  void theTokenOfTheLoginIsUsedUnlessImplicitOnesAreDisabled() throws Exception {
    environment.remove("HF_TOKEN");
    environment.put("HF_HOME", folder.resolve("home").toString());
    Files.createDirectory(folder.resolve("home"));
    Files.writeString(folder.resolve("home/token"), "hf_fromFile\n");
    pull(ID);
    assertThat(server.authorizations("hub")).containsOnly("Bearer hf_fromFile");
    server.forget();
    environment.put("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1");
    pull(ID);
    assertThat(server.authorizations("hub")).containsOnlyNulls();
  }

  @Test
  void noMessageAndNoTraceHasTheTokenOrASignature() throws Exception {
    List<HubServer.Behaviour> echoes =
        List.of(
            status(401, "{\"error\": \"Bearer " + TOKEN + " is wrong\"}"),
            status(403, "", "X-Error-Message", "not for " + TOKEN),
            status(500, "{\"error\": \"" + "x".repeat(195) + TOKEN + "\"}"),
            status(200, "{\"sha\": \"" + TOKEN + "\"}"),
            status(200, TOKEN),
            status(302, "", "Location", "ftp://" + TOKEN + "@elsewhere/?Signature=very-secret"),
            status(302, "", "Location", "http://[" + TOKEN));
    for (HubServer.Behaviour echo : echoes) {
      server.behave().always(listing(), echo);
      assertSilent(catchThrowable(() -> pull(ID)));
    }
    server.behave().always(on("cdn", "GET", WEIGHTS), status(403, "expired"));
    assertSilent(catchThrowable(() -> pull(ID)));
    environment.put("HF_TOKEN", "hf_with\u00e9 space");
    assertThatThrownBy(() -> pull(ID))
        .hasMessage(
            "Cannot use the token in HF_TOKEN: it holds characters other than printable ASCII");
    environment.put("HF_TOKEN", TOKEN);
    assertThat(HubSettings.of(environment, folder).toString()).doesNotContain(TOKEN);
  }

  private void assertSilent(Throwable thrown) {
    StringWriter trace = new StringWriter();
    thrown.printStackTrace(new PrintWriter(trace, true));
    assertThat(thrown).isInstanceOf(HubException.class);
    assertThat(trace.toString()).doesNotContain("verySecret", "very-secret");
    assertThat(thrown.getMessage()).doesNotContain("\n", "\r", "hf_very");
    assertThat(lines.toString()).doesNotContain("verySecret", "very-secret");
    assertNothingHalf();
  }

  // --- failures --------------------------------------------------------------------------------

  @Test
  void whatIsRefusedIsNotAskedAgain() {
    assertRefused(
        listing(),
        status(401, "{\"error\": \"Invalid credentials\"}"),
        "Cannot pull some-org/some.model: %s answered 401 (Invalid credentials); there is no such repository, or it is private: check the token in HF_TOKEN");
    assertRefused(
        on("hub", "HEAD", "config.json"),
        status(403, "", "X-Error-Code", "GatedRepo", "X-Error-Message", "Access is restricted"),
        "Cannot pull some-org/some.model: %s answered 403 (Access is restricted); access has to be granted on %1$s/some-org/some.model, and check the token in HF_TOKEN");
    assertRefused(
        listing(),
        status(404, "", "X-Error-Code", "RepoNotFound", "X-Error-Message", "Repository not found"),
        "Cannot pull some-org/some.model: %s answered 404 (Repository not found); check the name, and if it is private check the token in HF_TOKEN");
    assertRefused(
        listing(),
        status(404, "", "X-Error-Code", "RevisionNotFound"),
        "Cannot pull some-org/some.model: %s answered 404; it has no revision main");
    environment.remove("HF_TOKEN");
    assertRefused(
        listing(),
        status(401, "", "X-Error-Code", "GatedRepo"),
        "Cannot pull some-org/some.model: %s answered 401; access has to be granted on %1$s/some-org/some.model, then set HF_TOKEN, or log in with: hf auth login");
    assertRefused(listing(), status(418, ""), "Cannot pull some-org/some.model: %s answered 418");
    assertRefused(
        listing(),
        status(302, "", "Location", "/api/models/some-org/some.model/revision/main?again"),
        "%s redirects without end");
    assertRefused(
        on("hub", "HEAD", WEIGHTS),
        status(200, "", "ETag", "\"1-2\""),
        "%s gives no checksum for model.safetensors of some-org/some.model: is HF_ENDPOINT a Hub?");
    assertRefused(
        listing(),
        status(200, "<html>Welcome</html>"),
        "%s sent no JSON about some-org/some.model: is HF_ENDPOINT a Hub?");
  }

  private void assertRefused(
      Predicate<Request> when, HubServer.Behaviour behaviour, String message) {
    server.behave().always(when, behaviour);
    assertThatThrownBy(() -> pull(ID))
        .isInstanceOf(HubException.class)
        .hasMessage(message.formatted(server.url()));
    assertThat(pauses).isEmpty();
    assertNothingHalf();
  }

  @Test
  void whatMayPassIsAskedAgainAFewTimes() throws Exception {
    server
        .once(listing(), status(500, "oops"))
        .once(on("hub", "HEAD", WEIGHTS), status(503, ""))
        .once(on("cdn", "GET", WEIGHTS), status(502, ""));
    pull(ID);
    assertThat(pauses).hasSize(3).containsOnly(Duration.ofSeconds(1));

    pauses.clear();
    server.always(listing(), status(500, "{\"error\": \"Internal\\nerror\"}"));
    assertThatThrownBy(() -> pull(ID))
        .hasMessage("%s answered 500 (Internal error), 5 times in a row", server.url());
    assertThat(pauses).extracting(Duration::toSeconds).containsExactly(1L, 2L, 4L, 8L);
  }

  @Test
  void retryAfterIsHonouredUpToABound() throws Exception {
    server.once(listing(), status(429, "", "Retry-After", "7"));
    server.once(
        on("hub", "HEAD", "config.json"),
        status(429, "", "RateLimit", "\"resolvers\";r=0;t=55", "Retry-After", "1"));
    String date =
        DateTimeFormatter.RFC_1123_DATE_TIME.format(
            ZonedDateTime.now(ZoneOffset.UTC).plusSeconds(100));
    server.once(on("hub", "HEAD", WEIGHTS), status(503, "", "Retry-After", date));
    pull(ID);
    assertThat(pauses.subList(0, 2)).containsExactly(Duration.ofSeconds(7), Duration.ofSeconds(55));
    assertThat(pauses.get(2)).isBetween(Duration.ofSeconds(30), Duration.ofSeconds(100));

    pauses.clear();
    server.behave().always(listing(), status(429, "", "Retry-After", "301"));
    assertThatThrownBy(() -> pull(ID))
        .hasMessage("%s answered 429 and wants no further request for 301 s", server.url());
    assertThat(pauses).isEmpty();
  }

  @Test
  void aBodyThatBreaksOffIsContinued() throws Exception {
    server.once(on("cdn", "GET", WEIGHTS), server.cutOff(WEIGHTS, 40_000));
    Path snapshot = pull(ID).place();
    assertThat(Files.readAllBytes(snapshot.resolve(WEIGHTS))).isEqualTo(TENSORS);
    assertThat(server.requests())
        .extracting(Request::range)
        .anyMatch(range -> range != null && range.matches("bytes=[1-9]\\d+-"));

    Files.delete(snapshot.resolve(WEIGHTS).toRealPath());
    server.always(on("cdn", "GET", WEIGHTS), server.cutOff(WEIGHTS, 0));
    assertThatThrownBy(() -> pull(ID)).hasMessageEndingWith(", 5 times in a row");
  }

  @Test
  void aServerWithoutRangesSendsTheWhole() throws Exception {
    server.once(on("cdn", "GET", WEIGHTS), server.cutOff(WEIGHTS, 40_000));
    server.once(
        on("cdn", "GET", WEIGHTS),
        exchange -> {
          exchange.sendResponseHeaders(200, TENSORS.length);
          exchange.getResponseBody().write(TENSORS);
        });
    assertThat(Files.readAllBytes(pull(ID).place().resolve(WEIGHTS))).isEqualTo(TENSORS);

    for (String range : List.of("bytes 0-9/65536", "bytes 40000-65535/65537", "nonsense")) {
      Files.delete(pull(ID).place().resolve(WEIGHTS).toRealPath());
      server.behave().once(on("cdn", "GET", WEIGHTS), server.cutOff(WEIGHTS, 40_000));
      server.once(on("cdn", "GET", WEIGHTS), status(206, "xxxxxxxxxx", "Content-Range", range));
      assertThat(Files.readAllBytes(pull(ID).place().resolve(WEIGHTS))).isEqualTo(TENSORS);
    }
    Files.delete(pull(ID).place().resolve(WEIGHTS).toRealPath());
    server.behave().once(on("cdn", "GET", WEIGHTS), server.cutOff(WEIGHTS, 40_000));
    server.once(on("cdn", "GET", WEIGHTS), status(416, ""));
    assertThat(Files.readAllBytes(pull(ID).place().resolve(WEIGHTS))).isEqualTo(TENSORS);
  }

  @Test
  void aWrongChecksumLeavesNothing() throws Exception {
    byte[] wrong = bytes(TENSORS.length);
    wrong[17] ^= 1;
    server.always(
        on("cdn", "GET", WEIGHTS),
        exchange -> {
          exchange.sendResponseHeaders(200, wrong.length);
          exchange.getResponseBody().write(wrong);
        });
    assertThatThrownBy(() -> pull(ID))
        .hasMessage(
            "Cannot pull some-org/some.model: model.safetensors arrived with another checksum than the Hub gives for it, %s; nothing of it was kept",
            HubServer.sha256(TENSORS));
    assertNothingHalf();
    assertThat(files(cache.resolve("models--some-org--some.model/blobs")))
        .hasSize(2)
        .noneMatch(name -> name.contains("incomplete"));
  }

  @Test
  void anArrivedPartThatIsDamagedIsFetchedAnew() throws Exception {
    server.always(on("cdn", "GET", WEIGHTS), server.cutOff(WEIGHTS, 0));
    assertThatThrownBy(() -> pull(ID)).isInstanceOf(HubException.class);
    Path incomplete =
        cache
            .resolve("models--some-org--some.model/blobs")
            .resolve(HubServer.sha256(TENSORS) + ".tommer.incomplete");
    Files.write(incomplete, new byte[1000]);
    server.behave();
    assertThat(Files.readAllBytes(pull(ID).place().resolve(WEIGHTS))).isEqualTo(TENSORS);
    assertThat(lines)
        .contains(
            "model.safetensors: continuing at 1.0 kB of 65.5 kB",
            "model.safetensors: the pieces do not fit; from the beginning");
    assertThat(incomplete).doesNotExist();
  }

  @Test
  void nothingIsReadWithoutBound() {
    environment.put("HF_HUB_DOWNLOAD_TIMEOUT", "1");
    server.always(on("cdn", "GET", WEIGHTS), server.flood());
    assertThatThrownBy(() -> pull(ID))
        .hasMessage(
            "%s sent more of model.safetensors than the 65536 bytes that it announced",
            server.cdnUrl());
    server.behave().always(listing(), server.flood());
    assertThatThrownBy(() -> pull(ID))
        .hasMessage("%s sent more than 33554432 bytes where a few were expected", server.url());
    assertNothingHalf();
  }

  @Test
  void whoStandsStillOrCrawlsIsGivenUp() throws Exception {
    environment.put("HF_HUB_DOWNLOAD_TIMEOUT", "1");
    server
        .once(listing(), server.silence())
        .once(on("cdn", "GET", WEIGHTS), server.stall(WEIGHTS, 30_000))
        .once(on("cdn", "GET", WEIGHTS), server.drip());
    assertThat(Files.readAllBytes(pull(ID).place().resolve(WEIGHTS))).isEqualTo(TENSORS);
    assertThat(pauses).hasSizeBetween(3, 4);
  }

  @Test
  void aHostThatIsNotThereIsNamed() {
    server.close();
    assertThatThrownBy(() -> pull(ID))
        .hasMessage("%s does not accept connections, 5 times in a row", server.url());
    environment.put("HF_ENDPOINT", "http://nowhere.invalid");
    assertThatThrownBy(() -> pull(ID))
        .hasMessage(
            "Cannot reach http://nowhere.invalid: no such host; check HF_ENDPOINT and the network");
  }

  @Test
  void namesThatLeadOutOfTheRepositoryAreLeftAlone() throws Exception {
    server
        .with("../escape/experimaestro.json", "[]")
        .with("../escape/model.safetensors", "x")
        .with("a/../experimaestro.json", "[]")
        .with("/etc/experimaestro.json", "[]");
    assertThat(files(pull(ID).place())).containsExactly("config.json", WEIGHTS, "tokenizer.json");
    assertThat(server.requests()).noneMatch(request -> request.path().contains("experimaestro"));
    server.behave().always(listing(), status(200, "{\"sha\": \"../../x\", \"siblings\": []}"));
    assertThatThrownBy(() -> pull(ID)).hasMessageContaining("does not list the files");
  }

  @Test
  void offlineNothingIsAsked() throws Exception {
    environment.put("HF_HUB_OFFLINE", "1");
    assertThatThrownBy(() -> pull(ID))
        .hasMessage(
            "Cannot pull some-org/some.model: HF_HUB_OFFLINE is set, and it is not whole in the Hub's cache %s; unset it",
            cache);
    environment.remove("HF_HUB_OFFLINE");
    Path snapshot = pull(ID).place();
    server.forget();
    environment.put("HF_HUB_OFFLINE", "true");
    assertThat(pull(ID)).isEqualTo(new Pulled(snapshot, "backbone", 0, 0));
    assertThat(server.requests()).isEmpty();
  }

  // --- the directories -------------------------------------------------------------------------

  @Test
  void othersCanReadButNotPrepareTheDirectories() throws Exception {
    pull(ID);
    Path repository = cache.resolve("models--some-org--some.model");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(repository)))
        .matches("rwx[r-]-[x-][r-]-[x-]");
    Files.setPosixFilePermissions(
        repository.resolve("blobs"), PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThatThrownBy(() -> pull(ID))
        .hasMessage(
            "Cannot use the Hub's cache %s: everybody can write to it; name a directory of your own in the environment variable HF_HUB_CACHE",
            repository.resolve("blobs"));
    assertThatThrownBy(() -> new HubCache(cache).find(ID))
        .hasMessageContaining("everybody can write to it");

    Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
    environment.put("HF_HUB_CACHE", folder.resolve("linked").toString());
    Files.createDirectory(folder.resolve("linked"));
    Files.createSymbolicLink(folder.resolve("linked/models--some-org--some.model"), elsewhere);
    assertThatThrownBy(() -> pull(ID)).hasMessageContaining("or a symbolic link to one");
    assertThat(files(elsewhere)).isEmpty();
  }

  @Test
  void nothingIsWrittenThroughALink() throws Exception {
    pull(ID);
    Path blob = pull(ID).place().resolve(WEIGHTS).toRealPath();
    Files.delete(blob);
    Path victim = Files.writeString(folder.resolve("victim"), "precious");
    Files.createSymbolicLink(
        blob.resolveSibling(blob.getFileName() + ".tommer.incomplete"), victim);
    pull(ID);
    assertThat(victim).hasContent("precious");
    assertThat(Files.readAllBytes(blob)).isEqualTo(TENSORS);
  }

  // --- at the same time, and killed ------------------------------------------------------------

  @Test
  void threadsAtTheSameTimeFetchOnce() throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(4);
    try {
      List<Future<Pulled>> all = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        all.add(pool.submit(() -> pull(ID)));
      }
      for (Future<Pulled> one : all) {
        assertThat(one.get(60, TimeUnit.SECONDS).place().resolve(WEIGHTS)).isRegularFile();
      }
    } finally {
      pool.shutdownNow();
    }
    assertThat(server.authorizations("cdn")).hasSize(1);
  }

  @Test
  void aKilledPullIsContinuedWhileAnotherWaits() throws Exception {
    server.once(on("cdn", "GET", WEIGHTS), server.stall(WEIGHTS, 30_000));
    Process first = process("first");
    Path blobs = cache.resolve("models--some-org--some.model/blobs");
    Path incomplete = blobs.resolve(HubServer.sha256(TENSORS) + ".tommer.incomplete");
    await(() -> Files.exists(incomplete) && Files.size(incomplete) == 30_000);
    Process second = process("second");
    await(() -> Files.readString(folder.resolve("second")).contains("another process"));
    assertThat(cache.resolve("models--some-org--some.model/refs/main")).doesNotExist();
    assertNothingHalf();

    first.destroyForcibly();
    assertThat(second.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(second.exitValue()).as(Files.readString(folder.resolve("second"))).isZero();
    assertThat(server.requests())
        .filteredOn(request -> request.host().equals("cdn"))
        .extracting(Request::range)
        .containsExactly(null, "bytes=30000-");
    assertThat(Files.readAllBytes(new HubCache(cache).find(ID).resolve(WEIGHTS)))
        .isEqualTo(TENSORS);
    assertThat(files(blobs)).hasSize(3);
  }

  /** Runs in a process of its own. */
  static final class Puller {

    private Puller() {}

    public static void main(String[] args) throws Exception {
      new HubPull(HubSettings.ofEnvironment(), System.out::println).pull(ID);
    }
  }

  private Process process(String log) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Puller.class.getName())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve(log).toFile());
    builder.environment().putAll(environment);
    return builder.start();
  }

  private interface Condition {
    boolean holds() throws IOException;
  }

  private static void await(Condition condition) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!condition.holds()) {
      assertThat(System.nanoTime()).isLessThan(end);
      Thread.sleep(10);
    }
  }

  // ---------------------------------------------------------------------------------------------

  private Pulled pull(RepositoryId id) throws IOException, InterruptedException {
    return new HubPull(HubSettings.of(environment, folder), lines::add, pauses::add).pull(id);
  }

  /** Whoever looks for the model finds none, rather than a part of one. */
  private void assertNothingHalf() {
    assertThatThrownBy(() -> new HubCache(cache).find(ID))
        .isInstanceOf(HubException.class)
        .hasMessageEndingWith("fetch it with: ./submit.sh pull some-org/some.model");
    assertThat(cache.resolve("models--some-org--some.model/refs/main")).doesNotExist();
  }

  private static List<String> files(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> directory.relativize(file).toString())
          .sorted()
          .toList();
    }
  }

  private static byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    new Random(7).nextBytes(bytes);
    return bytes;
  }
}
