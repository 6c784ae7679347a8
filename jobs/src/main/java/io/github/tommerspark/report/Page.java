package io.github.tommerspark.report;

import com.samskivert.mustache.Mustache;
import com.samskivert.mustache.Template;
import io.github.tommerspark.source.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/**
 * A report as one HTML file.
 *
 * @param title at its top and in the browser's tab
 * @param made by what and when, in one line
 * @param sections in order
 */
public record Page(String title, String made, List<Section> sections) {

  private static final String STYLE = resource("page.css");

  private static final Template TEMPLATE = template("page.html");

  /** Copies the list. */
  public Page {
    sections = List.copyOf(sections);
  }

  /**
   * Writes the page.
   *
   * @param out encodes UTF-8; not closed
   * @throws IOException if {@code out} fails
   */
  public void write(Writer out) throws IOException {
    List<Map<String, Object>> views = new ArrayList<>();
    for (int i = 0; i < sections.size(); i++) {
      views.add(
          Map.of(
              "anchor",
              "s" + (i + 1),
              "heading",
              sections.get(i).heading(),
              "blocks",
              sections.get(i).blocks().stream()
                  .map(block -> Map.of(block.kind(), block.view()))
                  .toList()));
    }
    try {
      TEMPLATE.execute(
          Map.of(
              "title",
              title,
              "made",
              made,
              "style",
              STYLE,
              "styleHash",
              hash(STYLE),
              "sections",
              views),
          out);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    out.flush();
  }

  /** A template of this package; whatever it shows is escaped. */
  static Template template(String resource) {
    return Mustache.compiler()
        .escapeHTML(true)
        .withEscaper(Escaping::html)
        .emptyStringIsFalse(true)
        .withLoader(name -> new InputStreamReader(open(name + ".html"), StandardCharsets.UTF_8))
        .compile(new InputStreamReader(open(resource), StandardCharsets.UTF_8));
  }

  /** Returns the hash that the browser compares the style sheet with before it applies it. */
  private static String hash(String style) {
    return Base64.getEncoder().encodeToString(Sha256.of(style));
  }

  private static String resource(String name) {
    try (InputStream in = open(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static InputStream open(String name) {
    InputStream in = Page.class.getResourceAsStream(name);
    if (in == null) {
      throw new IllegalStateException("The resource %s is not in the jar".formatted(name));
    }
    return in;
  }
}
