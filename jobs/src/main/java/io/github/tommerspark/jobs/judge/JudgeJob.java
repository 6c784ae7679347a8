package io.github.tommerspark.jobs.judge;

import io.github.tommerspark.judge.Answer;
import io.github.tommerspark.judge.Judge;
import io.github.tommerspark.judge.JudgeException;
import io.github.tommerspark.judge.Precision;
import io.github.tommerspark.judge.Question;
import io.github.tommerspark.judge.Verdict;
import io.github.tommerspark.judge.VerdictCache;
import io.github.tommerspark.message.Redaction;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.message.Version;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;

/** Samples mentions of an annotated dataset and has a language model judge them. */
final class JudgeJob {

  private JudgeJob() {}

  /**
   * Runs the job.
   *
   * @param approval is told what will be asked, which may be nothing, and says whether to go on
   * @return nothing if the approval was not given; then nothing was sent or written
   * @throws UserException if something stands in the way, or the judge stops answering; what it has
   *     answered is in the cache
   * @throws IOException if the dataset, the cache or the output cannot be read or written
   */
  static Optional<JudgeResult> run(
      SparkSession spark, JudgeOptions options, Predicate<JudgePlan> approval) throws IOException {
    JudgeOutput output =
        JudgeOutput.open(options.output(), spark.sparkContext().hadoopConfiguration());
    try (VerdictCache cache = VerdictCache.open(options.cache())) {
      JudgeSample sample = JudgeSample.draw(spark, options);
      JudgePlan plan = JudgePlan.of(sample, options, cache);
      if (!approval.test(plan)) {
        return Optional.empty();
      }
      Judge.Session session = ask(plan, options, cache);
      JudgeResult result = result(plan, options, session);
      output.write(spark, rows(plan, session.answers()), result);
      return Optional.of(result);
    } catch (JudgeException e) {
      throw new UserException(e.getMessage(), e);
    }
  }

  private static Judge.Session ask(JudgePlan plan, JudgeOptions options, VerdictCache cache)
      throws IOException {
    try {
      return new Judge(options.settings(), cache).ask(plan.questions().values());
    } catch (JudgeException e) {
      long left = plan.open().stream().filter(question -> cache.get(question).isEmpty()).count();
      throw new UserException(
          String.format(
              Locale.ROOT,
              "%s (%,d of %,d questions are answered in %s; the same command asks the others)",
              e.getMessage(),
              plan.questions().size() - left,
              plan.questions().size(),
              options.cache()),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("Interrupted while asking the judge");
    }
  }

  private static JudgeResult result(JudgePlan plan, JudgeOptions options, Judge.Session session) {
    List<JudgeResult.ModelRow> rows = new ArrayList<>();
    for (Map.Entry<String, String> model : plan.sample().models().entrySet()) {
      int index = rows.size();
      List<Precision.Tally> tallies =
          plan.documents().stream()
              .map(document -> document.questions().get(index))
              .filter(questions -> !questions.isEmpty())
              .map(questions -> Precision.Tally.of(verdicts(questions, session.answers())))
              .toList();
      rows.add(JudgeResult.ModelRow.of(model.getValue(), model.getKey(), Precision.of(tallies)));
    }
    long prompt = session.answers().values().stream().mapToLong(Answer::promptTokens).sum();
    long completion = session.answers().values().stream().mapToLong(Answer::completionTokens).sum();
    return new JudgeResult(
        "judge",
        "tommer-spark " + Version.number(),
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
        Redaction.uri(options.input().paths().get(0)),
        options.settings().endpoint().host(),
        options.prompt().model(),
        options.prompt().context(),
        new JudgeResult.Sample(
            plan.sample().population(),
            plan.sample().documents().size(),
            plan.documents().size(),
            options.seed()),
        new JudgeResult.Requests(
            plan.questions().size(),
            session.cached(),
            session.asked(),
            session.sent(),
            prompt,
            completion,
            options.price() == null ? null : options.price().of(prompt, completion)),
        rows,
        warnings(plan, session));
  }

  private static List<Verdict> verdicts(List<Question> questions, Map<String, Answer> answers) {
    return questions.stream().map(question -> answer(question, answers).verdict()).toList();
  }

  private static Answer answer(Question question, Map<String, Answer> answers) {
    return Objects.requireNonNull(answers.get(question.key()), question.key());
  }

  private static List<String> warnings(JudgePlan plan, Judge.Session session) {
    List<String> warnings = new ArrayList<>();
    if (plan.sample().repeated() > 0) {
      warnings.add(
          String.format(
              Locale.ROOT,
              "%,d sampled documents were left out: their ids had been there before",
              plan.sample().repeated()));
    }
    long unclear =
        session.answers().values().stream().filter(a -> a.verdict() == Verdict.UNCLEAR).count();
    if (unclear > 0) {
      long cut =
          session.answers().values().stream()
              .filter(a -> a.verdict() == Verdict.UNCLEAR && a.cut())
              .count();
      warnings.add(
          String.format(
              Locale.ROOT,
              "%,d of %,d answers end neither in yes nor in no and count for nothing%s",
              unclear,
              session.answers().size(),
              cut == 0
                  ? ""
                  : String.format(Locale.ROOT, " (%,d were cut by --max-answer-tokens)", cut)));
    }
    return warnings;
  }

  private static List<Row> rows(JudgePlan plan, Map<String, Answer> answers) {
    List<String> models = List.copyOf(plan.sample().models().values());
    List<Row> rows = new ArrayList<>();
    for (JudgePlan.Asked asked : plan.documents()) {
      JudgeSample.Document document = asked.document();
      for (int m = 0; m < models.size(); m++) {
        for (int i = 0; i < document.mentions().get(m).size(); i++) {
          JudgeSample.Span span = document.mentions().get(m).get(i);
          Question question = asked.questions().get(m).get(i);
          Answer answer = answer(question, answers);
          rows.add(
              RowFactory.create(
                  models.get(m),
                  document.id(),
                  span.start(),
                  span.end(),
                  span.text(),
                  span.score(),
                  answer.verdict().value(),
                  answer.text(),
                  question.excerpt()));
        }
      }
    }
    return rows;
  }
}
