package io.github.tommerspark.spark;

import io.github.tommerspark.store.ModelStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkEnv;
import org.apache.spark.deploy.SparkHadoopUtil;

/**
 * Models on any file system that Hadoop knows, with the settings of the running application. Found
 * by core as a service.
 */
public final class HadoopModelStore implements ModelStore {

  /** The Spark property that names the directory of the cache on every machine. */
  public static final String CACHE_PROPERTY = "spark.tommer.model-cache";

  /** A store for the application of this JVM. */
  public HadoopModelStore() {}

  @Override
  public Optional<Folder> open(String location) throws IOException {
    SparkEnv env = SparkEnv.get();
    Configuration hadoop =
        env == null ? new Configuration() : SparkHadoopUtil.get().newConfiguration(env.conf());
    return Optional.of(HadoopDirectory.open(location, hadoop));
  }

  @Override
  public Path cacheDirectory() {
    SparkEnv env = SparkEnv.get();
    String named = env == null ? "" : env.conf().get(CACHE_PROPERTY, "");
    return named.isEmpty() ? defaultDirectory() : Path.of(named);
  }

  /**
   * In the user's cache directory; where there is no home, as in containers, beside other temporary
   * files.
   */
  private static Path defaultDirectory() {
    String cache = System.getenv("XDG_CACHE_HOME");
    Path home = Path.of(System.getProperty("user.home", ""));
    if (cache != null && !cache.isEmpty()) {
      return Path.of(cache, "tommer-spark", "models");
    } else if (home.isAbsolute() && Files.isWritable(home)) {
      return home.resolve(".cache").resolve("tommer-spark").resolve("models");
    }
    // Not in a directory that somebody else could own: temporary ones are open to all.
    return Path.of(
        System.getProperty("java.io.tmpdir"),
        "tommer-spark-models-" + System.getProperty("user.name").replaceAll("\\W", "_"));
  }
}
