package io.github.tommerspark.backbone;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The uses of the keys of a family's config.json; what is said last of a key counts. */
final class KeyUses {

  /** The use of a key. */
  sealed interface Use permits Honoured, Limit, Fixed, Neutral {}

  /** Changes the forward and is read. */
  record Honoured() implements Use {}

  /** Bounds what may be asked for (layers, positions, token ids), without changing an answer. */
  record Limit() implements Use {}

  /** Would change the forward; only these values, which do not, are accepted. */
  record Fixed(List<JsonNode> accepted) implements Use {
    boolean accepts(JsonNode value) {
      return accepted.stream().anyMatch(one -> same(one, value));
    }

    /** Numbers are the same whether they are written 1 or 1.0. */
    private static boolean same(JsonNode one, JsonNode other) {
      return one.isNumber() && other.isNumber()
          ? one.doubleValue() == other.doubleValue()
          : one.equals(other);
    }
  }

  /** Cannot change the hidden states at inference. */
  record Neutral() implements Use {}

  private final Map<String, Use> uses = new HashMap<>();

  /** Keys that change the forward and are read. */
  KeyUses honoured(String... keys) {
    return put(new Honoured(), keys);
  }

  /** Keys that bound what may be asked for. */
  KeyUses limits(String... keys) {
    return put(new Limit(), keys);
  }

  /** Keys that cannot change the hidden states. */
  KeyUses neutral(String... keys) {
    return put(new Neutral(), keys);
  }

  /** Keys of which only null and false are accepted. */
  KeyUses notTrue(String... keys) {
    return put(new Fixed(List.of(NullNode.instance, BooleanNode.FALSE)), keys);
  }

  /** Keys of which only null is accepted. */
  KeyUses absent(String... keys) {
    return put(new Fixed(List.of(NullNode.instance)), keys);
  }

  /** Shares of which only null and 1 are accepted. */
  KeyUses whole(String... keys) {
    return put(new Fixed(List.of(NullNode.instance, IntNode.valueOf(1))), keys);
  }

  /** A key of which only null and this value are accepted. */
  KeyUses only(String value, String key) {
    return put(new Fixed(List.of(NullNode.instance, TextNode.valueOf(value))), key);
  }

  private KeyUses put(Use use, String... keys) {
    for (String key : keys) {
      uses.put(key, use);
    }
    return this;
  }

  /** The uses by key. */
  Map<String, Use> byKey() {
    return uses;
  }
}
