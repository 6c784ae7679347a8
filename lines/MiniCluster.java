// Licensed under the Apache License, Version 2.0.

import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.apache.hadoop.yarn.server.MiniYARNCluster;

/**
 * HDFS with a data node and YARN with two node managers in this JVM, until it is ended; cluster.sh
 * starts it. Hadoop's own MiniHadoopClusterManager needs MapReduce, which Spark does not bring.
 */
public final class MiniCluster {

  /**
   * Starts both.
   *
   * @param args the file that the settings of clients go to, when all runs
   */
  public static void main(String[] args) throws Exception {
    Configuration settings = new Configuration();
    settings.set(
        "yarn.resourcemanager.scheduler.class",
        "org.apache.hadoop.yarn.server.resourcemanager.scheduler.fifo.FifoScheduler");
    settings.setInt("yarn.minicluster.yarn.nodemanager.resource.memory-mb", 3072);
    settings.setInt("yarn.scheduler.minimum-allocation-mb", 256);
    settings.setBoolean("yarn.nodemanager.vmem-check-enabled", false);
    settings.setBoolean("yarn.nodemanager.pmem-check-enabled", false);
    settings.setFloat(
        "yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage", 99);
    MiniDFSCluster files = new MiniDFSCluster.Builder(settings).numDataNodes(1).build();
    files.waitActive();
    MiniYARNCluster containers = new MiniYARNCluster("tommer-spark", 2, 1, 1);
    containers.init(settings);
    containers.start();
    if (!containers.waitForNodeManagersToConnect(60_000)) {
      throw new IllegalStateException("The node managers did not connect within a minute");
    }
    Configuration clients = containers.getConfig();
    clients.set("fs.defaultFS", files.getURI().toString());
    // A class of tests.
    clients.unset("net.topology.node.switch.mapping.impl");
    Path part = Path.of(args[0] + ".part");
    try (var out = Files.newOutputStream(part)) {
      clients.writeXml(out);
    }
    Files.move(part, Path.of(args[0]));
    Thread.currentThread().join();
  }
}
