package io.github.tommerspark.jobs.cli;

import io.github.tommerspark.message.Version;
import picocli.CommandLine.IVersionProvider;

/** The line that {@code --version} prints. */
public final class VersionLine implements IVersionProvider {

  @Override
  public String[] getVersion() {
    return new String[] {"tommer-spark " + Version.number()};
  }
}
