package io.github.tommerspark.jobs;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.LoggerConfig;
import org.apache.logging.log4j.core.config.Property;

/** The warnings of a class, until closed. */
public final class LoggedWarnings implements AutoCloseable {

  private final LoggerContext context = (LoggerContext) LogManager.getContext(false);
  private final List<String> messages = new CopyOnWriteArrayList<>();
  private final String logger;

  /** Begins to collect. */
  public LoggedWarnings(Class<?> type) {
    this.logger = type.getName();
    AbstractAppender appender =
        new AbstractAppender(logger, null, null, true, Property.EMPTY_ARRAY) {
          @Override
          public void append(LogEvent event) {
            messages.add(event.getMessage().getFormattedMessage());
          }
        };
    appender.start();
    LoggerConfig config = new LoggerConfig(logger, Level.WARN, false);
    config.addAppender(appender, Level.WARN, null);
    context.getConfiguration().addLogger(logger, config);
    context.updateLoggers();
  }

  /** The messages so far, which are forgotten. */
  public List<String> take() {
    List<String> taken = List.copyOf(messages);
    messages.clear();
    return taken;
  }

  @Override
  public void close() {
    context.getConfiguration().removeLogger(logger);
    context.updateLoggers();
  }
}
