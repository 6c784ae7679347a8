package io.github.tommerspark.jobs;

import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.fs.FSDataOutputStream;

/**
 * The life of a process that dies, without the cost of a process: before or after one of the
 * operations that change something in a store, chosen by number, the store stops to answer, and
 * nothing that the code does then has an effect there.
 */
public final class Mortality {

  private static final List<String> POINTS = new ArrayList<>();
  private static int death;
  private static boolean dead;

  private Mortality() {}

  /**
   * Begins another life.
   *
   * @param point after so many points it ends; 0 for never
   */
  public static synchronized void revive(int point) {
    POINTS.clear();
    death = point;
    dead = false;
  }

  /** The points that have been passed in this life, in words. */
  public static synchronized List<String> points() {
    return List.copyOf(POINTS);
  }

  /** Returns whether this life has ended. */
  public static synchronized boolean isDead() {
    return dead;
  }

  static synchronized void pass(String point) throws IOException {
    live();
    POINTS.add(point);
    if (POINTS.size() == death) {
      dead = true;
      live();
    }
  }

  static synchronized void live() throws IOException {
    if (dead) {
      throw new IOException("The process is dead");
    }
  }

  /** An operation. */
  interface Change<T> {
    T make() throws IOException;
  }

  /** Makes a change between two points. */
  static <T> T change(String what, Change<T> change) throws IOException {
    pass("before " + what);
    T made = change.make();
    pass("after " + what);
    return made;
  }

  /** Creates a file, whose end is a change of its own. */
  static FSDataOutputStream create(String name, Change<FSDataOutputStream> create)
      throws IOException {
    FSDataOutputStream file = change("create " + name, create);
    return new FSDataOutputStream(
        new OutputStream() {
          private boolean closed;

          @Override
          public void write(int b) throws IOException {
            live();
            file.write(b);
          }

          @Override
          public void write(byte[] bytes, int offset, int length) throws IOException {
            live();
            file.write(bytes, offset, length);
          }

          @Override
          public void flush() throws IOException {
            live();
            file.flush();
          }

          @Override
          public void close() throws IOException {
            if (!closed) {
              closed = true;
              change(
                  "close " + name,
                  () -> {
                    file.close();
                    return null;
                  });
            }
          }
        },
        null);
  }
}
