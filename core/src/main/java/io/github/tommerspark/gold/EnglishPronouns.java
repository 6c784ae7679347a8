package io.github.tommerspark.gold;

import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Leaves pronouns out of gold data. Corpora of coreference mark them as mentions, corpora of names
 * do not; a head that is trained on both should see one habit.
 */
public final class EnglishPronouns {

  private static final Set<String> WORDS =
      Set.of(
          ("i me my mine myself we us our ours ourselves you your yours yourself yourselves ye he him"
                  + " his himself she her hers herself it its itself they them their theirs themselves"
                  + " themself em 'em one oneself this that these those who whom whose which what"
                  + " someone somebody something anyone anybody anything everyone everybody everything"
                  + " nobody nothing none each other another both all some any many few others it's i'm"
                  + " you're he's she's they're we're 's")
              .split(" "));

  private EnglishPronouns() {}

  /** Returns whether a mention is a pronoun and nothing else; {@code US} in capitals is none. */
  public static boolean contains(String mention) {
    String word = mention.strip().replace('\u2019', '\'');
    boolean capitals = word.length() > 1 && word.equals(word.toUpperCase(Locale.ROOT));
    return !capitals && WORDS.contains(word.toLowerCase(Locale.ROOT));
  }

  /** A document without the mentions that are pronouns. */
  public static GoldDocument without(GoldDocument document) {
    List<GoldSpan> mentions =
        document.mentions().stream()
            .filter(m -> !contains(document.text().substring(m.start(), m.end())))
            .toList();
    return new GoldDocument(document.id(), document.text(), mentions);
  }
}
