package io.github.tommerspark.gguf;

import io.github.tommerspark.checkpoint.DType;
import io.github.tommerspark.checkpoint.FloatConversion;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The element types of tensors that can be read. Quantised ones store blocks of elements: a scale
 * or two in fp16, then a few bits per element.
 *
 * <p>Values are computed in fp32, one operation after the other as in llama.cpp's reference, so
 * that they are equal to the bit.
 */
enum GgufType {
  F32(0, 1, 4, DType.F32),
  F16(1, 1, 2, DType.F16),
  /** 4 bits around 8, one scale for 32 elements. */
  Q4_0(2, 32, 18, null) {
    @Override
    void block(byte[] in, int at, float[] out, int to) {
      float d = half(in, at);
      for (int i = 0; i < 16; i++) {
        int bits = in[at + 2 + i];
        out[to + i] = d * ((bits & 15) - 8);
        out[to + 16 + i] = d * ((bits >> 4 & 15) - 8);
      }
    }
  },
  /** 4 bits, one scale and one minimum for 32 elements. */
  Q4_1(3, 32, 20, null) {
    @Override
    void block(byte[] in, int at, float[] out, int to) {
      float d = half(in, at);
      float m = half(in, at + 2);
      for (int i = 0; i < 16; i++) {
        int bits = in[at + 4 + i];
        out[to + i] = d * (bits & 15) + m;
        out[to + 16 + i] = d * (bits >> 4 & 15) + m;
      }
    }
  },
  /** 5 bits around 16, one scale for 32 elements. */
  Q5_0(6, 32, 22, null) {
    @Override
    void block(byte[] in, int at, float[] out, int to) {
      float d = half(in, at);
      int high = word(in, at + 2);
      for (int i = 0; i < 16; i++) {
        int bits = in[at + 6 + i];
        out[to + i] = d * ((bits & 15 | (high >>> i & 1) << 4) - 16);
        out[to + 16 + i] = d * ((bits >> 4 & 15 | (high >>> 16 + i & 1) << 4) - 16);
      }
    }
  },
  /** 5 bits, one scale and one minimum for 32 elements. */
  Q5_1(7, 32, 24, null) {
    @Override
    void block(byte[] in, int at, float[] out, int to) {
      float d = half(in, at);
      float m = half(in, at + 2);
      int high = word(in, at + 4);
      for (int i = 0; i < 16; i++) {
        int bits = in[at + 8 + i];
        out[to + i] = d * (bits & 15 | (high >>> i & 1) << 4) + m;
        out[to + 16 + i] = d * (bits >> 4 & 15 | (high >>> 16 + i & 1) << 4) + m;
      }
    }
  },
  /** 8 bits with a sign, one scale for 32 elements. */
  Q8_0(8, 32, 34, null) {
    @Override
    void block(byte[] in, int at, float[] out, int to) {
      float d = half(in, at);
      for (int i = 0; i < 32; i++) {
        out[to + i] = in[at + 2 + i] * d;
      }
    }
  },
  /** 4 bits; 8 groups of 32 elements have scale and minimum in 6 bits each. */
  Q4_K(12, 256, 144, null) {
    @Override
    void block(byte[] in, int at, float[] out, int to) {
      float d = half(in, at);
      float min = half(in, at + 2);
      for (int group = 0; group < 8; group++) {
        float scale = d * groupScale(in, at + 4, group);
        float offset = min * groupMinimum(in, at + 4, group);
        int bits = at + 16 + group / 2 * 32;
        int shift = group % 2 * 4;
        for (int i = 0; i < 32; i++) {
          out[to + group * 32 + i] = scale * (in[bits + i] >> shift & 15) - offset;
        }
      }
    }
  },
  /** 5 bits; 8 groups of 32 elements have scale and minimum in 6 bits each. */
  Q5_K(13, 256, 176, null) {
    @Override
    void block(byte[] in, int at, float[] out, int to) {
      float d = half(in, at);
      float min = half(in, at + 2);
      for (int group = 0; group < 8; group++) {
        float scale = d * groupScale(in, at + 4, group);
        float offset = min * groupMinimum(in, at + 4, group);
        int high = at + 16;
        int bits = at + 48 + group / 2 * 32;
        int shift = group % 2 * 4;
        for (int i = 0; i < 32; i++) {
          int value = in[bits + i] >> shift & 15 | (in[high + i] >> group & 1) << 4;
          out[to + group * 32 + i] = scale * value - offset;
        }
      }
    }
  },
  /** 6 bits around 32; 16 groups of 16 elements have a scale in 8 bits each. */
  Q6_K(14, 256, 210, null) {
    @Override
    void block(byte[] in, int at, float[] out, int to) {
      float d = half(in, at + 208);
      for (int i = 0; i < 256; i++) {
        int half = i / 128;
        int quarter = i % 128 / 32;
        int low = in[at + half * 64 + i % 64] >> quarter / 2 * 4 & 15;
        int high = in[at + 128 + half * 32 + i % 32] >> quarter * 2 & 3;
        float scale = d * in[at + 192 + i / 16];
        out[to + i] = scale * ((low | high << 4) - 32);
      }
    }
  },
  BF16(30, 1, 2, DType.BF16);

  /** Types that exist and are not read, for messages. */
  private static final Map<Long, String> OTHERS =
      Map.ofEntries(
          Map.entry(9L, "Q8_1"),
          Map.entry(10L, "Q2_K"),
          Map.entry(11L, "Q3_K"),
          Map.entry(15L, "Q8_K"),
          Map.entry(16L, "IQ2_XXS"),
          Map.entry(17L, "IQ2_XS"),
          Map.entry(18L, "IQ3_XXS"),
          Map.entry(19L, "IQ1_S"),
          Map.entry(20L, "IQ4_NL"),
          Map.entry(21L, "IQ3_S"),
          Map.entry(22L, "IQ2_S"),
          Map.entry(23L, "IQ4_XS"),
          Map.entry(24L, "I8"),
          Map.entry(25L, "I16"),
          Map.entry(26L, "I32"),
          Map.entry(27L, "I64"),
          Map.entry(28L, "F64"),
          Map.entry(29L, "IQ1_M"),
          Map.entry(34L, "TQ1_0"),
          Map.entry(35L, "TQ2_0"),
          Map.entry(39L, "MXFP4"),
          Map.entry(40L, "NVFP4"),
          Map.entry(41L, "Q1_0"));

  private final long id;
  private final int blockElements;
  private final int blockBytes;
  private final @Nullable DType stored;

  GgufType(long id, int blockElements, int blockBytes, @Nullable DType stored) {
    this.id = id;
    this.blockElements = blockElements;
    this.blockBytes = blockBytes;
    this.stored = stored;
  }

  /** The type of a number in a file; empty for one that is not read. */
  static Optional<GgufType> of(long id) {
    return Arrays.stream(values()).filter(type -> type.id == id).findFirst();
  }

  /** A number in a file as messages should name it. */
  static String name(long id) {
    return of(id).map(GgufType::name).orElse(OTHERS.getOrDefault(id, "number " + id));
  }

  /** Names of all types that are read. */
  static List<String> names() {
    return Arrays.stream(values()).map(GgufType::name).toList();
  }

  /** Elements of a block; 1 for types that are not quantised. */
  int blockElements() {
    return blockElements;
  }

  /** Bytes of a block. */
  int blockBytes() {
    return blockBytes;
  }

  /** Returns whether elements are quantised in blocks. */
  boolean quantised() {
    return stored == null;
  }

  /** The type of the values as safetensors have it: the same, or F32 where it is quantised. */
  DType dtype() {
    return stored == null ? DType.F32 : stored;
  }

  /**
   * Computes the values of a block of a quantised type.
   *
   * @param in holds the block
   * @param at where it begins
   * @param out receives {@link #blockElements()} values
   * @param to where the first goes
   */
  void block(byte[] in, int at, float[] out, int to) {
    throw new IllegalStateException(this + " is not quantised");
  }

  private static float half(byte[] in, int at) {
    return FloatConversion.half((short) (in[at] & 0xff | in[at + 1] << 8));
  }

  private static int word(byte[] in, int at) {
    return in[at] & 0xff | (in[at + 1] & 0xff) << 8 | (in[at + 2] & 0xff) << 16 | in[at + 3] << 24;
  }

  // 12 bytes hold 8 scales and 8 minima of 6 bits: the first four of each in the low bits of bytes
  // 0 to 3 and 4 to 7, of the others 4 bits in bytes 8 to 11 and 2 bits on top of the former.
  private static int groupScale(byte[] in, int at, int group) {
    return group < 4
        ? in[at + group] & 63
        : in[at + 4 + group] & 15 | (in[at + group - 4] >> 6 & 3) << 4;
  }

  private static int groupMinimum(byte[] in, int at, int group) {
    return group < 4
        ? in[at + 4 + group] & 63
        : in[at + 4 + group] >> 4 & 15 | (in[at + group] >> 6 & 3) << 4;
  }
}
