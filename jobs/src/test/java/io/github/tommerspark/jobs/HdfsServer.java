package io.github.tommerspark.jobs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** HDFS with one name node and one data node, in a JVM and with a class path of its own. */
public final class HdfsServer implements AutoCloseable {

  private static final Pattern ADDRESS =
      Pattern.compile("<name>fs.defaultFS</name><value>hdfs://[^:]+:(\\d+)");

  private final Process process;
  private final int port;

  private HdfsServer(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /**
   * Starts one.
   *
   * @param folder for its files and its log
   */
  public static HdfsServer start(Path folder) throws IOException, InterruptedException {
    Path settings = folder.resolve("hdfs-site.xml");
    Path log = folder.resolve("hdfs.log");
    List<String> command = Drivers.java();
    command.addAll(
        List.of(
            "-Xmx512m",
            "-Dtest.build.data=" + folder.resolve("hdfs"),
            "-cp",
            System.getProperty("tommer.hdfs.jars") + "/*",
            "org.apache.hadoop.mapreduce.MiniHadoopClusterManager",
            "-nomr",
            "-format",
            "-datanodes",
            "1",
            // Without waiting for the disk: nobody cuts the power.
            "-D",
            "dfs.datanode.sync.behind.writes=false",
            "-writeConfig",
            settings.toString()));
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
    while (process.isAlive() && System.nanoTime() < end) {
      if (Files.exists(settings)) {
        Matcher address = ADDRESS.matcher(Files.readString(settings));
        if (address.find()) {
          return new HdfsServer(process, Integer.parseInt(address.group(1)));
        }
      }
      Thread.sleep(50);
    }
    process.destroyForcibly();
    throw new IOException("HDFS does not start: " + Files.readString(log));
  }

  /** The port of the name node on this machine. */
  public int port() {
    return port;
  }

  @Override
  public void close() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }
}
