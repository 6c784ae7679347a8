package io.github.tommerspark.jobs.judge;

import io.github.tommerspark.judge.Question;
import io.github.tommerspark.judge.VerdictCache;
import io.github.tommerspark.message.UserException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The questions to be asked: the questions of as many whole documents of a sample as the budget
 * allows.
 *
 * <p>Whether an answer is in the cache plays no part in that, so that a run which is continued, or
 * repeated, judges the same documents.
 *
 * @param sample that was drawn
 * @param documents of the sample that will be judged: its beginning
 * @param questions by key, of all mentions of these documents
 * @param open those of them that the cache does not answer
 */
record JudgePlan(
    JudgeSample sample,
    List<Asked> documents,
    Map<String, Question> questions,
    List<Question> open) {

  /**
   * A document and its questions.
   *
   * @param document of the sample
   * @param questions in the order of its mentions, by model
   */
  record Asked(JudgeSample.Document document, List<List<Question>> questions) {}

  /**
   * Plans.
   *
   * @throws UserException if the budget does not suffice for a single document
   */
  static JudgePlan of(JudgeSample sample, JudgeOptions options, VerdictCache cache) {
    List<Asked> documents = new ArrayList<>();
    Map<String, Question> questions = new LinkedHashMap<>();
    for (JudgeSample.Document document : sample.documents()) {
      Asked asked =
          new Asked(
              document,
              document.mentions().stream()
                  .map(
                      spans ->
                          spans.stream()
                              .map(
                                  s ->
                                      options
                                          .prompt()
                                          .question(document.text(), s.start(), s.end()))
                              .toList())
                  .toList());
      Map<String, Question> added = new LinkedHashMap<>();
      for (Question question : asked.questions().stream().flatMap(Collection::stream).toList()) {
        if (!questions.containsKey(question.key())) {
          added.put(question.key(), question);
        }
      }
      if (questions.size() + added.size() > options.settings().budget()) {
        if (documents.isEmpty()) {
          throw new UserException(
              String.format(
                  Locale.ROOT,
                  "Cannot judge document %s: it has %,d mentions to ask about, and --budget is %,d",
                  document.id(),
                  added.size(),
                  options.settings().budget()));
        }
        break;
      }
      questions.putAll(added);
      documents.add(asked);
    }
    List<Question> open =
        questions.values().stream().filter(question -> cache.get(question).isEmpty()).toList();
    return new JudgePlan(sample, documents, questions, open);
  }

  /** Tokens of the open questions, roughly. */
  long estimatedTokens() {
    return open.stream().mapToLong(Question::estimatedTokens).sum();
  }

  /** Mentions of all models, in the documents that will be judged. */
  long mentions() {
    return documents.stream()
        .flatMap(document -> document.questions().stream())
        .mapToLong(List::size)
        .sum();
  }

  /** Returns the summary that the user reads before anything is sent: several lines. */
  String summary(JudgeOptions options) {
    List<String> lines = new ArrayList<>();
    lines.add("host          " + options.settings().endpoint().host());
    lines.add("judge         " + options.prompt().model());
    lines.add(
        "key           "
            + (options.settings().key() == null
                ? "none"
                : "from " + options.settings().key().variable()));
    lines.add(
        String.format(
            Locale.ROOT,
            "texts         %,d of %,d documents with mentions (seed %d%s)",
            documents.size(),
            sample.population(),
            options.seed(),
            documents.size() < sample.documents().size() ? "; as many as --budget allows" : ""));
    lines.add(
        String.format(
            Locale.ROOT,
            "mentions      %,d of %s: %,d questions, %,d answered in %s",
            mentions(),
            String.join(", ", sample.models().values()),
            questions.size(),
            questions.size() - open.size(),
            options.cache()));
    lines.add(
        String.format(
            Locale.ROOT,
            "requests      %,d, at most %,d with those that have to be repeated; %,d a minute, so %,d s or more",
            open.size(),
            options.settings().budget(),
            options.settings().requestsPerMinute(),
            open.size() * 60L / options.settings().requestsPerMinute()));
    long longest = (long) open.size() * options.prompt().maxTokens();
    lines.add(
        String.format(
            Locale.ROOT,
            "tokens        about %,d sent, at most %,d received",
            estimatedTokens(),
            longest));
    lines.add(
        "cost          "
            + (options.price() == null
                ? "not known: give --price-per-million-tokens"
                : "at most about "
                    + JudgeOptions.Price.shown(options.price().of(estimatedTokens(), longest))));
    return String.join(System.lineSeparator(), lines);
  }
}
