package io.github.tommerspark.judge;

/**
 * The answer to a question.
 *
 * @param verdict read from the end of the text
 * @param text as the judge gave it, without the key should it be in there; may be empty
 * @param cut whether the text ended because it was too long
 * @param promptTokens that the server counted; 0 if it does not say
 * @param completionTokens that the server counted; 0 if it does not say
 */
public record Answer(
    Verdict verdict, String text, boolean cut, long promptTokens, long completionTokens) {}
