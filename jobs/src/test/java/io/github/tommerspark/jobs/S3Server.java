package io.github.tommerspark.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An S3 server with one bucket, in a JVM and with a class path of its own, and what a test asks it
 * without going through Hadoop.
 */
public final class S3Server implements AutoCloseable {

  public static final String BUCKET = "bucket";

  private static final Pattern LISTENS = Pattern.compile("started on ports? .*?(\\d+) \\(http\\)");
  private static final Pattern OBJECT =
      Pattern.compile("<Contents>.*?<ETag>(.*?)</ETag><Key>(.*?)</Key>.*?</Contents>");
  private static final Pattern UPLOAD = Pattern.compile("<Upload>.*?<Key>(.*?)</Key>.*?</Upload>");

  private final Process process;
  private final int port;
  private final HttpClient http = HttpClient.newHttpClient();

  private S3Server(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /**
   * Starts one.
   *
   * @param folder for its files and its log
   */
  public static S3Server start(Path folder) throws IOException, InterruptedException {
    Path log = folder.resolve("s3.log");
    List<String> command = Drivers.java();
    command.addAll(
        List.of(
            "-Xmx256m",
            "-jar",
            System.getProperty(
                "tommer.s3.server",
                Path.of("target", "s3-server", "s3mock-exec.jar").toAbsolutePath().toString()),
            "--server.address=127.0.0.1",
            "--http.port=0",
            "--server.port=0"));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    builder
        .environment()
        .put("COM_ADOBE_TESTING_S3MOCK_STORE_ROOT", folder.resolve("s3").toString());
    builder.environment().put("COM_ADOBE_TESTING_S3MOCK_STORE_INITIAL_BUCKETS", BUCKET);
    Process process = builder.start();
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
    while (process.isAlive() && System.nanoTime() < end) {
      Matcher listens = LISTENS.matcher(Files.readString(log));
      if (listens.find()) {
        S3Server server = new S3Server(process, Integer.parseInt(listens.group(1)));
        server.send(server.request("").PUT(BodyPublishers.noBody()).build());
        return server;
      }
      Thread.sleep(50);
    }
    process.destroyForcibly();
    throw new IOException("The S3 server does not start: " + Files.readString(log));
  }

  public int port() {
    return port;
  }

  void put(String key, Path file) throws IOException, InterruptedException {
    HttpResponse<byte[]> answer = send(request("/" + key).PUT(BodyPublishers.ofFile(file)).build());
    assertThat(answer.statusCode()).as(key).isEqualTo(200);
  }

  /** What an object holds; null if there is none. */
  byte[] get(String key) throws IOException, InterruptedException {
    HttpResponse<byte[]> answer = send(request("/" + key).GET().build());
    assertThat(answer.statusCode()).as(key).isIn(200, 404);
    return answer.statusCode() == 200 ? answer.body() : null;
  }

  /** All objects whose keys begin so, with their entity tags. */
  Map<String, String> objects(String prefix) throws IOException, InterruptedException {
    String listing = listing("?list-type=2&prefix=" + prefix);
    Map<String, String> found = new TreeMap<>();
    Matcher objects = OBJECT.matcher(listing);
    while (objects.find()) {
      found.put(objects.group(2), objects.group(1));
    }
    return found;
  }

  /** The keys of all uploads that were begun and neither completed nor aborted. */
  List<String> uploads(String prefix) throws IOException, InterruptedException {
    List<String> keys = new ArrayList<>();
    Matcher uploads = UPLOAD.matcher(listing("?uploads&prefix=" + prefix));
    while (uploads.find()) {
      keys.add(uploads.group(1));
    }
    return keys;
  }

  private String listing(String query) throws IOException, InterruptedException {
    HttpResponse<byte[]> answer = send(request(query).GET().build());
    // S3Mock may stumble over objects that are deleted while it lists them; clients ask again.
    for (int again = 0; again < 5 && answer.statusCode() == 500; again++) {
      Thread.sleep(50);
      answer = send(request(query).GET().build());
    }
    String xml = new String(answer.body(), StandardCharsets.UTF_8);
    assertThat(answer.statusCode()).as(xml).isEqualTo(200);
    assertThat(xml).contains("<IsTruncated>false</IsTruncated>");
    return xml;
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/" + BUCKET + path));
  }

  private HttpResponse<byte[]> send(HttpRequest request) throws IOException, InterruptedException {
    return http.send(request, BodyHandlers.ofByteArray());
  }

  @Override
  public void close() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }
}
