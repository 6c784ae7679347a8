package io.github.tommerspark.hub;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.tommerspark.testing.Bounds;
import java.nio.file.Path;
import java.util.List;

/** A Hub's answer about a repository: no name in it leads out of a directory. */
class ListingFuzzTest {

  private static final RepositoryId ID = RepositoryId.parse("org/name").orElseThrow();
  private static final Path PLACE = Path.of("/cache/snapshot");

  @DictionaryEntries({
    "\"sha\":\"0123456789abcdef0123456789abcdef01234567\"",
    "\"siblings\":[{",
    "\"rfilename\":\"",
    "..",
    "\\u0000",
    "\\\\",
    "//",
    "\\ud800"
  })
  @FuzzTest
  void listing(byte[] body) {
    Bounds.check(
        List.of(HubException.class),
        () -> {
          for (String name : HubClient.listing("https://hub", ID, body).files()) {
            Path path = PLACE.resolve(name);
            if (!path.normalize().startsWith(PLACE) || path.equals(PLACE)) {
              throw new AssertionError("A name leads out: " + name);
            }
          }
        });
  }
}
