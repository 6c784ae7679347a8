package io.github.tommerspark.message;

import java.util.regex.Pattern;

/** Removes secrets from whatever is printed or written. */
public final class Redaction {

  private static final String REMOVED = "(redacted)";

  private static final Pattern SECRET_KEY =
      Pattern.compile(
          "secret|passw|token|credential|access[._-]?key|api[._-]?key|private[._-]?key|signature",
          Pattern.CASE_INSENSITIVE);

  /** The user-info of a URI: everything between // and the last @ before the path. */
  private static final Pattern USER_INFO = Pattern.compile("(?<=://)[^/\\s]*@");

  private Redaction() {}

  /** A URI, or a text with URIs in it, without the user names and passwords in them. */
  public static String uri(String text) {
    return USER_INFO.matcher(text).replaceAll("");
  }

  /** The value of a setting: nothing of it when the key says that it is secret. */
  public static String value(String key, String value) {
    return SECRET_KEY.matcher(key).find() ? REMOVED : uri(value);
  }
}
