package io.github.tommerspark.head;

import io.github.tommerspark.checkpoint.DType;
import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.source.Quoted;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Interprets the pickle of a PyTorch state dict, and nothing else.
 *
 * <p>A pickle is a program for a stack machine that may name any function of any Python module and
 * call it. This machine knows the opcodes that pickling a dictionary of tensors with protocol 2
 * produces, and five names, all of them the data types of PyTorch; whatever else a pickle asks for
 * is refused by name. Nothing is executed, stack and memo are bounded, and no tensor is allocated:
 * the result says where in the archive the elements are.
 */
final class RestrictedUnpickler {

  private static final int MAX_PICKLE_BYTES = 1 << 20;
  private static final int MAX_STACK = 10_000;
  private static final int MAX_MEMO = 100_000;
  private static final int MAX_NAME_BYTES = 256;
  private static final int MAX_DIMENSIONS = 64;
  private static final int PROTOCOL = 2;

  private static final Object MARK = new Object();

  /** A tensor of the state dict, whose elements lie in a storage of the archive. */
  record StoredTensor(Storage storage, long offset, long[] shape, long[] strides) {}

  /** A run of elements in an archive entry. */
  record Storage(DType dtype, String key, long elements) {}

  /** A dict or an OrderedDict. It may contain itself, so nothing here compares or prints it. */
  private static final class Dictionary {
    private final Map<String, Object> items = new LinkedHashMap<>();
  }

  /** The names that a state dict may ask for. */
  private enum Global {
    ORDERED_DICT("collections.OrderedDict"),
    REBUILD_TENSOR("torch._utils._rebuild_tensor_v2"),
    FLOAT_STORAGE("torch.FloatStorage"),
    HALF_STORAGE("torch.HalfStorage"),
    BFLOAT16_STORAGE("torch.BFloat16Storage");

    private final String qualifiedName;

    Global(String qualifiedName) {
      this.qualifiedName = qualifiedName;
    }
  }

  private final ByteBuffer pickle;
  private final String where;
  private final List<Object> stack = new ArrayList<>();
  private final Map<Integer, Object> memo = new HashMap<>();

  private RestrictedUnpickler(ByteBuffer pickle, String where) {
    this.pickle = pickle.slice().order(ByteOrder.LITTLE_ENDIAN);
    this.where = where;
  }

  /**
   * Reads the pickle of a state dict.
   *
   * @param pickle the bytes of the pickle
   * @param where the file as messages name it
   * @return the tensors by name
   * @throws ModelFormatException when the pickle is anything but a dictionary of tensors
   */
  static Map<String, StoredTensor> read(ByteBuffer pickle, String where)
      throws ModelFormatException {
    if (pickle.remaining() > MAX_PICKLE_BYTES) {
      throw new ModelFormatException(
          String.format(
              Locale.ROOT,
              "Cannot read head %s: its pickle has %d bytes, and that of a head has at most %d",
              where,
              pickle.remaining(),
              MAX_PICKLE_BYTES));
    }
    RestrictedUnpickler unpickler = new RestrictedUnpickler(pickle, where);
    try {
      return unpickler.stateDict(unpickler.run());
    } catch (BufferUnderflowException e) {
      throw unpickler.malformed("it ends too early");
    }
  }

  private Map<String, StoredTensor> stateDict(Object value) throws ModelFormatException {
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    for (Map.Entry<String, Object> item : expect(Dictionary.class, value).items.entrySet()) {
      if (!(item.getValue() instanceof StoredTensor tensor)) {
        throw malformed("%s is not a tensor", Quoted.of(item.getKey()));
      }
      tensors.put(item.getKey(), tensor);
    }
    return tensors;
  }

  private Object run() throws ModelFormatException {
    if (nextByte() != 0x80 || nextByte() != PROTOCOL) {
      throw malformed("it does not begin as protocol %d does", PROTOCOL);
    }
    while (true) {
      int opcode = nextByte();
      switch (opcode) {
        case '.' -> {
          Object result = pop();
          if (!stack.isEmpty()) {
            throw malformed("it leaves values behind");
          }
          return result;
        }
        case '(' -> push(MARK);
        case ')' -> push(List.of());
        case 0x85 -> push(List.copyOf(popLast(1)));
        case 0x86 -> push(List.copyOf(popLast(2)));
        case 0x87 -> push(List.copyOf(popLast(3)));
        case 't' -> push(List.copyOf(popToMark()));
        case '}' -> push(new Dictionary());
        case 's' -> setItems(popLast(2));
        case 'u' -> setItems(popToMark());
        case 'X' -> push(text());
        case 'K' -> push((long) nextByte());
        case 'M' -> push((long) Short.toUnsignedInt(pickle.getShort()));
        case 'J' -> push((long) pickle.getInt());
        case 0x8a -> push(longInteger());
        case 0x88 -> push(true);
        case 0x89 -> push(false);
        case 'q' -> memoize(nextByte());
        case 'r' -> memoize(pickle.getInt());
        case 'h' -> push(recall(nextByte()));
        case 'j' -> push(recall(pickle.getInt()));
        case 'c' -> push(global());
        case 'Q' -> push(storage(expect(List.class, pop())));
        case 'R' -> push(reduce());
        case 'b' -> build();
        default -> throw malformed("it uses opcode 0x%02x, which a state dict never needs", opcode);
      }
    }
  }

  // The stack machine.

  private int nextByte() {
    return Byte.toUnsignedInt(pickle.get());
  }

  private void push(Object value) throws ModelFormatException {
    if (stack.size() == MAX_STACK) {
      throw malformed("its stack exceeds %d values", MAX_STACK);
    }
    stack.add(value);
  }

  private Object pop() throws ModelFormatException {
    return popLast(1).get(0);
  }

  private List<Object> popLast(int count) throws ModelFormatException {
    int from = stack.size() - count;
    if (from < 0 || stack.subList(from, stack.size()).contains(MARK)) {
      throw malformed("its stack runs empty");
    }
    return popFrom(from);
  }

  private List<Object> popToMark() throws ModelFormatException {
    int mark = stack.lastIndexOf(MARK);
    if (mark < 0) {
      throw malformed("its stack has no mark");
    }
    List<Object> values = popFrom(mark + 1);
    stack.remove(mark);
    return values;
  }

  private List<Object> popFrom(int from) {
    List<Object> top = stack.subList(from, stack.size());
    List<Object> values = new ArrayList<>(top);
    top.clear();
    return values;
  }

  private Object top() throws ModelFormatException {
    if (stack.isEmpty()) {
      throw malformed("its stack runs empty");
    }
    return stack.get(stack.size() - 1);
  }

  private void memoize(int index) throws ModelFormatException {
    if (memo.size() == MAX_MEMO) {
      throw malformed("its memo exceeds %d values", MAX_MEMO);
    }
    memo.put(index, top());
  }

  private Object recall(int index) throws ModelFormatException {
    Object value = memo.get(index);
    if (value == null) {
      throw malformed(
          "it recalls value %s, which it never stored", Integer.toUnsignedString(index));
    }
    return value;
  }

  // Values.

  private String text() throws ModelFormatException {
    int length = pickle.getInt();
    if (length < 0 || length > pickle.remaining()) {
      throw malformed("it claims a text of %s bytes", Integer.toUnsignedString(length));
    }
    ByteBuffer bytes = pickle.slice(pickle.position(), length);
    pickle.position(pickle.position() + length);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException e) {
      throw malformed("a text in it is not valid UTF-8");
    }
  }

  private long longInteger() throws ModelFormatException {
    int length = nextByte();
    if (length > Long.BYTES) {
      throw malformed("it has an integer of %d bytes", length);
    }
    long value = 0;
    for (int i = 0; i < length; i++) {
      value |= (long) nextByte() << Byte.SIZE * i;
    }
    int unused = Long.SIZE - Byte.SIZE * length;
    return length == 0 ? 0 : value << unused >> unused;
  }

  private Global global() throws ModelFormatException {
    String name = line() + "." + line();
    for (Global global : Global.values()) {
      if (global.qualifiedName.equals(name)) {
        return global;
      }
    }
    throw new ModelFormatException(
        ("Cannot read head %s: the pickle asks for %s, which a state dict never needs;"
                + " refusing to load it")
            .formatted(where, Quoted.of(name)));
  }

  private String line() throws ModelFormatException {
    int begin = pickle.position();
    while (nextByte() != '\n') {
      if (pickle.position() - begin > MAX_NAME_BYTES) {
        throw malformed("it has a name of more than %d bytes", MAX_NAME_BYTES);
      }
    }
    ByteBuffer bytes = pickle.slice(begin, pickle.position() - 1 - begin);
    return StandardCharsets.UTF_8.decode(bytes).toString();
  }

  private void setItems(List<Object> items) throws ModelFormatException {
    Dictionary dictionary = expect(Dictionary.class, top());
    if (items.size() % 2 != 0) {
      throw malformed("it sets a key without a value");
    }
    for (int i = 0; i < items.size(); i += 2) {
      // Only texts are keys: hashing a container could recurse without end.
      dictionary.items.put(expect(String.class, items.get(i)), items.get(i + 1));
    }
  }

  /** Attributes of the dictionary, such as the versions of modules, are dropped. */
  private void build() throws ModelFormatException {
    expect(Dictionary.class, pop());
    expect(Dictionary.class, top());
  }

  private Object reduce() throws ModelFormatException {
    List<?> arguments = expect(List.class, pop());
    Object function = pop();
    if (function == Global.ORDERED_DICT && arguments.isEmpty()) {
      return new Dictionary();
    }
    if (function == Global.REBUILD_TENSOR && arguments.size() == 6) {
      return tensor(arguments);
    }
    throw malformed("it calls something with %d arguments", arguments.size());
  }

  // PyTorch's part.

  /** ('storage', type, key, location, number of elements). */
  private Storage storage(List<?> id) throws ModelFormatException {
    if (id.size() != 5 || !"storage".equals(id.get(0))) {
      throw malformed("it refers to something that is no storage");
    }
    DType dtype =
        switch (expect(Global.class, id.get(1))) {
          case FLOAT_STORAGE -> DType.F32;
          case HALF_STORAGE -> DType.F16;
          case BFLOAT16_STORAGE -> DType.BF16;
          default -> throw malformed("it has a storage without a type");
        };
    return new Storage(dtype, expect(String.class, id.get(2)), expect(Long.class, id.get(4)));
  }

  /** (storage, offset, shape, strides, requires_grad, backward_hooks). */
  private StoredTensor tensor(List<?> arguments) throws ModelFormatException {
    Storage storage = expect(Storage.class, arguments.get(0));
    long offset = expect(Long.class, arguments.get(1));
    long[] shape = numbers(arguments.get(2));
    long[] strides = numbers(arguments.get(3));
    try {
      long elements = 1;
      long last = offset;
      for (int i = 0; i < Math.min(shape.length, strides.length); i++) {
        elements = Math.multiplyExact(elements, shape[i]);
        last = Math.addExact(last, Math.multiplyExact(shape[i] - 1, strides[i]));
      }
      boolean inside = elements == 0 || elements <= storage.elements && last < storage.elements;
      if (offset >= 0 && shape.length == strides.length && inside) {
        return new StoredTensor(storage, offset, shape, strides);
      }
    } catch (ArithmeticException e) {
      // Falls through: too large for any storage.
    }
    throw malformed("it has a tensor that does not fit its storage");
  }

  private long[] numbers(Object value) throws ModelFormatException {
    List<?> list = expect(List.class, value);
    if (list.size() > MAX_DIMENSIONS) {
      throw malformed("it has a tensor of %d dimensions", list.size());
    }
    long[] numbers = new long[list.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = expect(Long.class, list.get(i));
      if (numbers[i] < 0) {
        throw malformed("it has a tensor with a negative size");
      }
    }
    return numbers;
  }

  private <T> T expect(Class<T> type, Object value) throws ModelFormatException {
    if (!type.isInstance(value)) {
      throw malformed("it has a value of an unexpected kind");
    }
    return type.cast(value);
  }

  private ModelFormatException malformed(String reason, Object... values) {
    return new ModelFormatException(
        String.format(
            Locale.ROOT,
            "Cannot read head %s: its pickle is not that of a state dict: %s (at byte %d)",
            where,
            String.format(Locale.ROOT, reason, values),
            pickle.position()));
  }
}
