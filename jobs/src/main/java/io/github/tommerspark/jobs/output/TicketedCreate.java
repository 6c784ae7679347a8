package io.github.tommerspark.jobs.output;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Creates an object on a store that knows no conditions, with nothing but objects that appear whole
 * and listings that show at once what is there: Lamport's bakery. Each who wants to create says
 * that it is drawing a ticket, draws one higher than all it sees, and waits until nobody is drawing
 * and nobody has a lower one; then it looks whether the object is there, and creates it if not.
 *
 * <p>Of any number who take part and live, one creates; no clock matters. A clock comes in where
 * one of them dies: a ticket that stands in the way for {@link #PATIENCE} is removed. Whoever has
 * waited for more than a third of that draws again rather than create. What remains is a request to
 * create that is under way for longer than the rest of that time, in the network or in retries: it
 * may replace the object of somebody who thought its sender dead. {@code docs/outputs.md} says so.
 */
final class TicketedCreate extends CommitStore {

  private static final Logger LOG = LoggerFactory.getLogger(TicketedCreate.class);

  /** The time that somebody else's ticket is respected; tests have less. */
  static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final Duration PAUSE = Duration.ofMillis(100);

  /** The folder of tickets, beside that of the object. */
  static final String FOLDER = "tickets";

  private static final String DRAWING = "drawing";

  private static final Pattern TICKET =
      Pattern.compile("(.+)\\.(" + DRAWING + "|\\d{1,18})\\.([^.]+)");

  private final Duration patience;

  TicketedCreate(FileSystem fs) {
    this(fs, PATIENCE);
  }

  TicketedCreate(FileSystem fs, Duration patience) {
    super(fs);
    this.patience = patience;
  }

  /** A ticket in the way, or one being drawn: number 0. */
  private record Ticket(String name, long number, String owner) {

    boolean before(long otherNumber, String otherOwner) {
      return number < otherNumber || number == otherNumber && owner.compareTo(otherOwner) < 0;
    }
  }

  @Override
  boolean tryCreate(Path file, byte[] content, String caller) throws IOException {
    Path folder = new Path(file.getParent().getParent(), FOLDER);
    String owner = UUID.randomUUID().toString();
    while (true) {
      Path drawing = ticket(folder, file, DRAWING, owner);
      Path mine = null;
      try {
        long drawn = System.nanoTime();
        write(fs, drawing, new byte[] {'.'});
        long number = 1;
        for (Ticket ticket : tickets(folder, file)) {
          number = Math.max(number, ticket.number() + 1);
        }
        mine = ticket(folder, file, Long.toString(number), owner);
        write(fs, mine, new byte[] {'.'});
        fs.delete(drawing, false);
        await(folder, file, number, owner);
        if (exists(file)) {
          return false;
        }
        if (System.nanoTime() - drawn < patience.toNanos() / 3) {
          Path ticket = mine;
          mine = null;
          // If this fails, the request may still be under way: the ticket stays, and others wait.
          write(fs, file, content);
          mine = ticket;
          if (System.nanoTime() - drawn < patience.toNanos()) {
            return true;
          }
          byte[] there = read(fs, file);
          return Arrays.equals(there, content);
        }
        LOG.info("Waited long for others to create {}; drawing another ticket", file);
      } finally {
        fs.delete(drawing, false);
        if (mine != null) {
          fs.delete(mine, false);
        }
      }
    }
  }

  /** Waits until nobody is before this one. */
  private void await(Path folder, Path file, long number, String owner) throws IOException {
    Map<String, Long> since = new HashMap<>();
    while (true) {
      List<Ticket> before = new ArrayList<>();
      for (Ticket ticket : tickets(folder, file)) {
        if (!ticket.owner().equals(owner) && ticket.before(number, owner)) {
          before.add(ticket);
        }
      }
      if (before.isEmpty()) {
        return;
      }
      Set<String> names = new HashSet<>();
      for (Ticket ticket : before) {
        names.add(ticket.name());
        long seen = since.computeIfAbsent(ticket.name(), name -> System.nanoTime());
        if (System.nanoTime() - seen > patience.toNanos()) {
          LOG.warn("Removed a ticket whose owner is dead: {}", ticket.name());
          fs.delete(new Path(folder, ticket.name()), false);
        }
      }
      since.keySet().retainAll(names);
      pause();
    }
  }

  private List<Ticket> tickets(Path folder, Path file) throws IOException {
    List<Ticket> tickets = new ArrayList<>();
    for (Matcher ticket : all(folder)) {
      if (ticket.group(1).equals(file.getName())) {
        tickets.add(
            new Ticket(
                ticket.group(),
                ticket.group(2).equals(DRAWING) ? 0 : Long.parseLong(ticket.group(2)),
                ticket.group(3)));
      }
    }
    return tickets;
  }

  /** All tickets in a folder, taken apart. */
  private List<Matcher> all(Path folder) throws IOException {
    List<Matcher> tickets = new ArrayList<>();
    try {
      for (FileStatus status : fs.listStatus(folder)) {
        Matcher ticket = TICKET.matcher(status.getPath().getName());
        if (ticket.matches()) {
          tickets.add(ticket);
        }
      }
    } catch (FileNotFoundException e) {
      return List.of();
    }
    return tickets;
  }

  @Override
  void removeTickets(Path folder, Predicate<String> over) throws IOException {
    Path tickets = new Path(folder, FOLDER);
    for (Matcher ticket : all(tickets)) {
      if (over.test(ticket.group(1))) {
        fs.delete(new Path(tickets, ticket.group()), false);
      }
    }
  }

  private static Path ticket(Path folder, Path file, String number, String owner) {
    return new Path(folder, file.getName() + "." + number + "." + owner);
  }

  private boolean exists(Path file) throws IOException {
    try {
      fs.getFileStatus(file);
      return true;
    } catch (FileNotFoundException e) {
      return false;
    }
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(PAUSE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted while waiting for others to create", e);
    }
  }

  @Override
  boolean jobsCollide() {
    return true;
  }
}
