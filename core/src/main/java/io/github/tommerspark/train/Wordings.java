package io.github.tommerspark.train;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * English ways to say a label: its name, its plural, and with an article. A label model that has
 * learned from one alone takes the others for something else.
 */
public final class Wordings {

  private static final Map<String, String> IRREGULAR =
      Map.of(
          "person", "people",
          "man", "men",
          "woman", "women",
          "child", "children",
          "series", "series",
          "species", "species",
          "phenomenon", "phenomena",
          "genus", "genera",
          "medium", "media");

  private Wordings() {}

  /**
   * Returns the wordings of a label.
   *
   * @param name as somebody would answer "what is it?", in the singular
   * @return three, the name first; the same one may be there twice
   */
  public static List<String> of(String name) {
    return List.of(name, plural(name), article(name) + name);
  }

  static String plural(String name) {
    // What is in front of "of" is what there are several of.
    int of = name.indexOf(" of ");
    String head = of < 0 ? name : name.substring(0, of);
    int from = head.lastIndexOf(' ') + 1;
    return head.substring(0, from)
        + pluralWord(head.substring(from))
        + (of < 0 ? "" : name.substring(of));
  }

  private static String pluralWord(String word) {
    String irregular = IRREGULAR.get(word.toLowerCase(Locale.ROOT));
    if (irregular != null) {
      return irregular;
    }
    if (word.endsWith("y") && word.length() > 1 && !isVowel(word.charAt(word.length() - 2))) {
      return word.substring(0, word.length() - 1) + "ies";
    }
    return word.matches(".*(s|x|z|ch|sh)") ? word + "es" : word + "s";
  }

  private static String article(String name) {
    return !name.isEmpty() && isVowel(name.charAt(0)) ? "an " : "a ";
  }

  private static boolean isVowel(char letter) {
    return "aeiou".indexOf(Character.toLowerCase(letter)) >= 0;
  }
}
