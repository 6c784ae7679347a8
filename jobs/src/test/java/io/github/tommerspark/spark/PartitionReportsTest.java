package io.github.tommerspark.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import sun.reflect.ReflectionFactory;

class PartitionReportsTest {

  @Test
  void aSecondAttemptReplacesTheFirst() {
    PartitionReports driver = new PartitionReports();
    driver.merge(task(0, report("1", 10)));
    driver.merge(task(1, report("2", 5)));
    driver.merge(task(0, report("2", 10)));
    assertThat(driver.value())
        .containsOnly(Map.entry(0, report("2", 10)), Map.entry(1, report("2", 5)));
  }

  @Test
  void aCopyIsIndependent() {
    PartitionReports reports = task(0, report("1", 10));
    PartitionReports copy = reports.copy();
    reports.reset();
    assertThat(reports.isZero()).isTrue();
    assertThat(copy.value()).containsOnlyKeys(0);
  }

  /** As a heartbeat may find it: allocated, and no field of it read yet. */
  @Test
  void isZeroWhileItIsBeingDeserialised() throws Exception {
    Object unread =
        ReflectionFactory.getReflectionFactory()
            .newConstructorForSerialization(
                PartitionReports.class, Object.class.getDeclaredConstructor())
            .newInstance();
    assertThat(((PartitionReports) unread).isZero()).isTrue();
  }

  private static PartitionReports task(int partition, PartitionReport report) {
    PartitionReports reports = new PartitionReports();
    reports.add(Map.entry(partition, report));
    return reports;
  }

  private static PartitionReport report(String executor, long rows) {
    return new PartitionReport(
        executor, 1, 0.5, "cpu", 4096, rows, 0, 0, 0, List.of(1L), List.of(2L), 0.1);
  }
}
