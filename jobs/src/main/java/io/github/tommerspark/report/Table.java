package io.github.tommerspark.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A table.
 *
 * @param caption above it
 * @param columns from left to right
 * @param rows cells, as many in each row as there are columns
 * @param omitted number of further rows, for which there was no room
 */
public record Table(String caption, List<Column> columns, List<List<Cell>> rows, int omitted)
    implements Block {

  /** Rows of a table at most: a page is for looking at, the files have the rest. */
  static final int MAX_ROWS = 300;

  /** Longer tables are folded. */
  private static final int UNFOLDED = 16;

  /**
   * A column.
   *
   * @param name at its head
   * @param numeric whether its cells are numbers, which are aligned to the right
   */
  public record Column(String name, boolean numeric) {}

  /**
   * A cell.
   *
   * @param value to show
   * @param numeric as its column
   */
  public record Cell(String value, boolean numeric) {}

  /**
   * An empty table.
   *
   * @param caption above it
   * @param columns names; one that ends with '#' (which is not shown) has numbers
   */
  public static Builder of(String caption, String... columns) {
    return new Builder(
        caption,
        Arrays.stream(columns)
            .map(
                name ->
                    name.endsWith("#")
                        ? new Column(name.substring(0, name.length() - 1), true)
                        : new Column(name, false))
            .toList());
  }

  /** Returns whether it is shown only when its caption is clicked. */
  boolean folded() {
    return rows.size() > UNFOLDED && !caption.isEmpty();
  }

  /** Returns whether rows were left out. */
  boolean cut() {
    return omitted > 0;
  }

  @Override
  public String kind() {
    return "table";
  }

  /** A table that is being filled. */
  public static final class Builder {
    private final String caption;
    private final List<Column> columns;
    private final List<List<Cell>> rows = new ArrayList<>();
    private int omitted;

    private Builder(String caption, List<Column> columns) {
      this.caption = caption;
      this.columns = columns;
    }

    /**
     * Adds a row.
     *
     * @throws IllegalArgumentException if there are more or fewer cells than columns
     */
    public Builder row(@Nullable String... cells) {
      if (cells.length != columns.size()) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "A row of \"%s\" needs %d cells, but has %d",
                caption,
                columns.size(),
                cells.length));
      }
      if (rows.size() == MAX_ROWS) {
        omitted++;
        return this;
      }
      List<Cell> row = new ArrayList<>();
      for (int i = 0; i < cells.length; i++) {
        row.add(new Cell(cells[i] == null ? Numbers.NONE : cells[i], columns.get(i).numeric()));
      }
      rows.add(row);
      return this;
    }

    /** The table. */
    public Table build() {
      return new Table(caption, columns, List.copyOf(rows), omitted);
    }
  }
}
