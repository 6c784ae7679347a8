package io.github.tommerspark.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.nio.file.AccessDeniedException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.junit.jupiter.api.Test;

class PathProbeTest {

  /** A store whose paths say what becomes of those who ask for them. */
  public static final class Store extends RawLocalFileSystem {

    @Override
    public URI getUri() {
      return URI.create("store:///");
    }

    @Override
    public FileStatus getFileStatus(Path path) throws IOException {
      switch (path.getName()) {
        case "silent" -> {
          try {
            new CountDownLatch(1).await();
          } catch (InterruptedException e) {
            throw new IOException(e);
          }
        }
        case "refused" -> throw new IOException(new ConnectException("Connection refused"));
        case "forbidden" -> throw new AccessDeniedException(path.toString());
        default -> throw new IOException("Out of order");
      }
      throw new IllegalStateException();
    }
  }

  @Test
  void whatDoesNotAnswerIsNotWaitedFor() {
    Finding finding = look("store://bucket/silent", Duration.ofMillis(100));
    assertThat(finding.line())
        .matches("FAIL  path     store://bucket/silent: no answer within 0 s; check the address.*");
  }

  @Test
  void everyFailureHasItsRemedy() {
    assertThat(look("store://bucket/refused").line())
        .contains("store://bucket/refused", "Connection refused", "; check the address");
    assertThat(look("store://bucket/forbidden").remedy()).startsWith("check the credentials");
    assertThat(look("store://bucket/other").line())
        .contains("Out of order; check that it exists, its address and the credentials");
    assertThat(look("nosuch://bucket/x").remedy()).startsWith("let Spark have the jars");
    assertThat(look("/no/such/file").remedy()).isEqualTo("check that it exists");
    assertThat(look(":").level()).isEqualTo(Finding.Level.FAIL);
  }

  private static Finding look(String location) {
    return look(location, PathProbe.PATIENCE);
  }

  private static Finding look(String location, Duration patience) {
    Configuration hadoop = new Configuration(false);
    hadoop.set("fs.store.impl", Store.class.getName());
    hadoop.set("fs.file.impl", RawLocalFileSystem.class.getName());
    return new PathProbe(hadoop, patience).look(location);
  }
}
