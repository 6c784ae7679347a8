package io.github.tommerspark.judge;

import static io.github.tommerspark.judge.ChatServer.answer;
import static io.github.tommerspark.judge.ChatServer.completion;
import static io.github.tommerspark.judge.ChatServer.cutOff;
import static io.github.tommerspark.judge.ChatServer.hangUp;
import static io.github.tommerspark.judge.ChatServer.status;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.github.tommerspark.judge.ChatServer.Behaviour;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JudgeTest {

  private static final String SECRET = "sk-very-secret-0123456789";
  private static final ApiKey KEY = ApiKey.find(Map.of("TOMMER_JUDGE_API_KEY", SECRET)).get();

  /** Long enough for a busy machine; no test waits for it. */
  private static final Duration PATIENT = Duration.ofSeconds(60);

  private static final Duration IMPATIENT = Duration.ofMillis(300);

  private final FakePause pause = new FakePause();
  private final ChatServer server = new ChatServer();

  @TempDir private Path folder;
  private VerdictCache cache;

  @BeforeEach
  void openCache() throws IOException {
    cache = VerdictCache.open(folder.resolve("cache.jsonl"));
  }

  @AfterEach
  void close() throws IOException {
    server.close();
    cache.close();
  }

  @Test
  void asksEachQuestionOnceAndKeepsTheAnswers() throws Exception {
    server.judging(excerpt -> excerpt.contains("[[mention 3]]") ? "A part.\nno" : "A thing.\nyes");
    List<Question> questions = new ArrayList<>(questions(20));
    questions.addAll(questions(5));
    Judge.Session session = judge(4).ask(questions);
    assertThat(session.asked()).isEqualTo(20);
    assertThat(session.sent()).isEqualTo(20);
    assertThat(session.cached()).isZero();
    assertThat(session.answers()).hasSize(20);
    assertThat(session.answers().get(questions.get(3).key()))
        .isEqualTo(new Answer(Verdict.NO, "A part.\nno", false, 300, 20));
    assertThat(session.answers().get(questions.get(4).key()).verdict()).isEqualTo(Verdict.YES);
    assertThat(server.excerpts()).hasSize(20).doesNotHaveDuplicates();
    assertThat(server.authorizations()).containsOnly("Bearer " + SECRET);

    Judge.Session again = judge(4).ask(questions);
    assertThat(again.answers()).isEqualTo(session.answers());
    assertThat(again.cached()).isEqualTo(20);
    assertThat(again.sent()).isZero();
    assertThat(server.excerpts()).hasSize(20);
  }

  @Test
  void withoutAKeyThereIsNoHeader() throws Exception {
    new Judge(settings(null, 10, 1, PATIENT), cache, pause, () -> 1).ask(questions(1));
    assertThat(server.authorizations()).containsExactly((String) null);
  }

  @Test
  void doesNotAskFasterThanAllowed() throws Exception {
    List<Duration> moments = Collections.synchronizedList(new ArrayList<>());
    server.onRequest(() -> moments.add(Duration.ofNanos(pause.nanoTime())));
    new Judge(
            new JudgeSettings(Endpoint.parse(server.url()), KEY, 100, 30, 1, PATIENT),
            cache,
            pause,
            () -> 1)
        .ask(questions(4));
    assertThat(moments)
        .containsExactly(
            Duration.ZERO, Duration.ofSeconds(2), Duration.ofSeconds(4), Duration.ofSeconds(6));
  }

  @Test
  void whatPassesIsAskedAgainWithGrowingDelays() throws Exception {
    server.then(
        status(500, "{\"error\": {\"message\": \"oops\"}}"),
        status(503, ""),
        hangUp(),
        status(200, ""),
        status(200, "{\"choices\": [{\"message\": {\"con"));
    Judge.Session session = judge(1).ask(questions(1));
    assertThat(session.answers().values()).extracting(Answer::verdict).containsOnly(Verdict.YES);
    assertThat(session.sent()).isEqualTo(6);
    assertThat(backoffs()).containsExactly(1L, 2L, 4L, 8L, 16L);
  }

  @Test
  void delaysVaryBetweenTheHalfAndTheWhole() throws Exception {
    server.then(status(500, ""), status(500, ""));
    new Judge(settings(KEY, 10, 1, PATIENT), cache, pause, () -> 0).ask(questions(1));
    assertThat(pause.sleeps()).contains(Duration.ofMillis(500), Duration.ofSeconds(1));
  }

  @ParameterizedTest
  @ValueSource(ints = {408, 429, 500, 502, 503, 504, 529})
  void busyServersAreAskedAgain(int status) throws Exception {
    server.then(status(status, "slow down"));
    assertThat(judge(1).ask(questions(1)).sent()).isEqualTo(2);
  }

  @Test
  void aResponseWithoutEndIsNotRead() throws Exception {
    server.then(ChatServer.endless());
    assertThat(judge(1).ask(questions(1)).sent()).isEqualTo(2);
  }

  @Test
  void brokenResponsesAreAskedForAgain() throws Exception {
    server.then(
        cutOff(),
        status(200, "{\"error\": \"overloaded\"}"),
        status(200, "<html>hello</html>"),
        status(200, "{\"choices\": []}"));
    assertThat(judge(1).ask(questions(1)).sent()).isEqualTo(5);
  }

  @Test
  void serversThatSayNothingOrStopHalfWayAreGivenUpOnInTime() throws Exception {
    server.then(server.silence(), server.stall());
    Judge.Session session =
        new Judge(settings(KEY, 10, 1, IMPATIENT), cache, pause, () -> 1).ask(questions(1));
    assertThat(session.sent()).isEqualTo(3);
  }

  @Test
  void resetConnectionsAreTriedAgain() throws Exception {
    AtomicInteger resets = new AtomicInteger();
    try (ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      Thread resetting =
          new Thread(
              () -> {
                try {
                  while (true) {
                    Socket connection = socket.accept();
                    // Closing sends a reset, not an end.
                    connection.setSoLinger(true, 0);
                    connection.getInputStream().read();
                    resets.incrementAndGet();
                    connection.close();
                  }
                } catch (IOException e) {
                  // The test is over.
                }
              });
      resetting.setDaemon(true);
      resetting.start();
      String url = "http://127.0.0.1:" + socket.getLocalPort();
      Judge judge =
          new Judge(
              new JudgeSettings(Endpoint.parse(url), KEY, 100, 6000, 1, PATIENT),
              cache,
              pause,
              () -> 1);
      assertThatThrownBy(() -> judge.ask(questions(1)))
          .isInstanceOf(JudgeException.class)
          .hasMessageStartingWith("The connection to " + url + " broke")
          .hasMessageEndingWith(", 6 times in a row");
    }
    assertThat(resets).hasValue(ChatClient.ATTEMPTS);
  }

  @Test
  void serversThatAreNotThereAreGivenUpOn() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    String url = "http://127.0.0.1:" + port;
    Judge judge =
        new Judge(
            new JudgeSettings(Endpoint.parse(url), null, 100, 6000, 1, PATIENT),
            cache,
            pause,
            () -> 1);
    assertThatThrownBy(() -> judge.ask(questions(1)))
        .hasMessage(url + " does not accept connections, 6 times in a row");
  }

  @Test
  void retryAfterHoldsAllRequestsBack() throws Exception {
    server.then(
        status(429, "", "Retry-After", "7"),
        status(503, "", "Retry-After", "Thu, 01 Jan 2026 00:01:00 GMT"),
        status(429, "", "Retry-After", "soon"));
    List<Long> moments = Collections.synchronizedList(new ArrayList<>());
    server.onRequest(() -> moments.add(Duration.ofNanos(pause.nanoTime()).toSeconds()));
    judge(1).ask(questions(1));
    // A header that means nothing leaves the usual delay: the third one is 4 s.
    assertThat(moments).containsExactly(0L, 7L, 60L, 64L);
  }

  @Test
  void aServerThatWantsToBeLeftAloneForHoursEndsTheRun() {
    server.then(status(429, "{\"error\": {\"message\": \"Quota.\"}}", "Retry-After", "86400"));
    assertThatThrownBy(() -> judge(1).ask(questions(1)))
        .isInstanceOf(JudgeException.class)
        .hasMessage(
            "%s answered 429: Quota. and wants no further request for 86,400 s".formatted(base()));
    assertThat(pause.sleeps()).isEmpty();
  }

  @Test
  void whatDoesNotPassIsNotAskedAgain() {
    for (int status : List.of(400, 401, 403, 404, 422, 302)) {
      server.then(
          status(
              status,
              "{\"error\": {\"message\": \"Not\\nwith key %s.\"}}".formatted(SECRET),
              "Location",
              server.url() + "/elsewhere"));
      assertThatThrownBy(() -> judge(4).ask(questions(3)))
          .isInstanceOf(JudgeException.class)
          .hasMessageStartingWith(
              "%s answered %d: Not with key (redacted).".formatted(base(), status))
          .hasNoCause();
    }
    // The first question alone is put to a server that is not known to answer.
    assertThat(server.excerpts()).hasSize(6);
  }

  @Test
  void aKeyAtTheEdgeOfALongMessageIsNotShownInPart() {
    server.then(status(401, "x".repeat(190) + SECRET + "y".repeat(100)));
    assertThatThrownBy(() -> judge(1).ask(questions(1)))
        .hasMessageNotContaining("sk-")
        .hasMessageContaining("check the key in TOMMER_JUDGE_API_KEY");
  }

  @Test
  void answersThatMakeNoSenseAreUnclearAndNotAskedAgain() throws Exception {
    server.then(
        answer("Bananas."),
        answer(""),
        status(200, "{\"choices\": [{\"message\": {\"content\": null}}]}"),
        status(200, completion("This is a very long reason that", "length")),
        status(400, "{\"error\": {\"code\": \"content_filter\", \"message\": \"Filtered\"}}"));
    List<Question> questions = questions(6);
    Judge.Session session = judge(1).ask(questions);
    assertThat(questions.stream().map(q -> session.answers().get(q.key()).verdict()))
        .containsExactly(
            Verdict.UNCLEAR,
            Verdict.UNCLEAR,
            Verdict.UNCLEAR,
            Verdict.UNCLEAR,
            Verdict.UNCLEAR,
            Verdict.YES);
    assertThat(session.answers().get(questions.get(3).key()).cut()).isTrue();
    assertThat(judge(1).ask(questions).sent()).isZero();
    assertThat(server.excerpts()).hasSize(6);
  }

  @Test
  void endsWhenTheBudgetIsUsedUpAndGoesOnWhereItEnded() throws Exception {
    List<Question> questions = questions(10);
    server.then(answer("yes"), answer("yes"), status(500, ""));
    assertThatThrownBy(
            () -> new Judge(settings(KEY, 5, 1, PATIENT), cache, pause, () -> 1).ask(questions))
        .isInstanceOf(JudgeException.class)
        .hasMessage("The budget of 5 requests is used up, repeated ones included");
    assertThat(server.excerpts()).hasSize(5);

    Judge.Session session = judge(3).ask(questions);
    assertThat(session.cached()).isEqualTo(4);
    assertThat(session.asked()).isEqualTo(6);
    // Five to begin with, of which one was not answered.
    assertThat(server.excerpts()).hasSize(11);
    assertThat(server.excerpts().stream().distinct()).hasSize(10);
  }

  @Test
  void afterAFailureNothingIsAskedTwice() throws Exception {
    List<Question> questions = questions(40);
    List<Behaviour> script = new ArrayList<>(Collections.nCopies(20, answer("yes")));
    script.addAll(Collections.nCopies(30, status(401, "")));
    server.then(script.toArray(Behaviour[]::new));
    Throwable failure = catchThrowable(() -> judge(4).ask(questions));
    assertThat(failure).isInstanceOf(JudgeException.class).hasMessageContaining("401");
    int before = server.excerpts().size();
    assertThat(before).isBetween(21, 24);

    // As after a kill while the last line was being written.
    cache.close();
    Path file = folder.resolve("cache.jsonl");
    Files.writeString(file, Files.readString(file) + "{\"key\":\"0123");
    cache = VerdictCache.open(file);
    try (ChatServer healthy = new ChatServer()) {
      Judge.Session session =
          new Judge(
                  new JudgeSettings(Endpoint.parse(healthy.url()), KEY, 100, 6000, 4, PATIENT),
                  cache,
                  pause,
                  () -> 1)
              .ask(questions);
      assertThat(session.cached()).isEqualTo(20);
      assertThat(session.answers()).hasSize(40);
      assertThat(healthy.excerpts()).hasSize(20).doesNotHaveDuplicates();
    }
  }

  @Test
  void theKeyIsWrittenNowhere() throws Exception {
    server.judging(excerpt -> "You sent Bearer " + SECRET + ".\nyes");
    assertThat(judge(1).ask(questions(1)).answers().values())
        .extracting(Answer::text)
        .containsExactly("You sent Bearer (redacted).\nyes");
    server.then(status(403, "Bearer " + SECRET));
    Throwable failure = catchThrowable(() -> judge(1).ask(questions(2)));
    StringWriter trace = new StringWriter();
    failure.printStackTrace(new PrintWriter(trace));
    assertThat(trace.toString()).doesNotContain(SECRET).contains("(redacted)");
    assertThat(settings(KEY, 1, 1, PATIENT).toString()).doesNotContain(SECRET);
    assertThat(Files.readString(folder.resolve("cache.jsonl"))).doesNotContain(SECRET);
  }

  private Judge judge(int concurrency) {
    return new Judge(settings(KEY, 1000, concurrency, PATIENT), cache, pause, () -> 1);
  }

  private JudgeSettings settings(ApiKey key, long budget, int concurrency, Duration timeout) {
    return new JudgeSettings(Endpoint.parse(server.url()), key, budget, 6000, concurrency, timeout);
  }

  private String base() {
    return Endpoint.parse(server.url()).server();
  }

  /** Waits of whole seconds: what is shorter is the pacer's. */
  private List<Long> backoffs() {
    return pause.sleeps().stream().map(Duration::toSeconds).filter(s -> s > 0).toList();
  }

  private static List<Question> questions(int count) {
    JudgePrompt prompt = new JudgePrompt("judge", 30, 100);
    return IntStream.range(0, count)
        .mapToObj(i -> "mention " + i)
        .map(text -> prompt.question("See " + text + ".", 4, 4 + text.length()))
        .toList();
  }
}
