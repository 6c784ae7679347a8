package io.github.tommerspark.jobs.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** The version of this build. */
public final class Version implements IVersionProvider {

  private static final String NUMBER = read();

  /** Such as {@code 0.1.0}. */
  public static String number() {
    return NUMBER;
  }

  @Override
  public String[] getVersion() {
    return new String[] {"tommer-spark " + NUMBER};
  }

  private static String read() {
    Properties properties = new Properties();
    try (InputStream in = Version.class.getResourceAsStream("version.properties")) {
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return properties.getProperty("version");
  }
}
