package io.github.tommerspark.spark;

import java.io.IOException;
import java.io.Serializable;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * The memory of this process, in bytes; 0 for what the operating system does not tell.
 *
 * @param peak most physical memory it ever had
 * @param anonymous physical memory of its own now
 * @param mapped physical memory of mapped files now, such as weights and libraries
 * @param heap committed to the Java heap
 * @param nonHeap committed to Java outside the heap: classes, compiled code
 */
public record ProcessMemory(long peak, long anonymous, long mapped, long heap, long nonHeap)
    implements Serializable {

  private static final Path STATUS = Path.of("/proc/self/status");
  private static final Path CLEAR = Path.of("/proc/self/clear_refs");

  /** As it is now. */
  static ProcessMemory now() {
    Map<String, Long> status = new HashMap<>();
    try {
      for (String line : Files.readAllLines(STATUS)) {
        String[] field = line.split("\\s+");
        if (field.length == 3 && field[2].equals("kB")) {
          status.put(field[0], Long.parseLong(field[1]) << 10);
        }
      }
    } catch (IOException e) {
      status.clear(); // Not Linux.
    }
    MemoryMXBean java = ManagementFactory.getMemoryMXBean();
    return new ProcessMemory(
        status.getOrDefault("VmHWM:", 0L),
        status.getOrDefault("RssAnon:", 0L),
        status.getOrDefault("RssFile:", 0L),
        java.getHeapMemoryUsage().getCommitted(),
        java.getNonHeapMemoryUsage().getCommitted());
  }

  /** Begins the peak anew, where the operating system can. */
  static void resetPeak() {
    try {
      Files.writeString(CLEAR, "5");
    } catch (IOException e) {
      // The peak is then one of the whole process's life.
      return;
    }
  }
}
