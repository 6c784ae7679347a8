package io.github.tommerspark.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tommerspark.source.LocalDirectory;
import io.github.tommerspark.testing.SafetensorsBytes;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsHeaderTest {

  @TempDir Path temporary;

  @Test
  void tensorsComeInTheOrderOfTheirData() throws IOException {
    SafetensorsBytes.write(
        temporary,
        SafetensorsBytes.of(
            quotes(
                "{'__metadata__':{'format':'pt'},"
                    + "'b':{'dtype':'F16','shape':[2,1],'data_offsets':[4,8]},"
                    + "'none':{'dtype':'BOOL','shape':[3,0],'data_offsets':[4,4]},"
                    + "'a':{'data_offsets':[0,4],'shape':[],'dtype':'F32','more':[{}]}}   "),
            new byte[8]));
    try (Checkpoint checkpoint = Checkpoint.open(new LocalDirectory(temporary))) {
      assertThat(checkpoint.names()).containsExactly("a", "none", "b");
      TensorInfo b = checkpoint.tensor("b");
      assertThat(b.shape()).containsExactly(2, 1);
      assertThat(b.elements()).isEqualTo(2);
      assertThat(b.end() - b.begin()).isEqualTo(4);
      assertThat(b.end()).isEqualTo(checkpoint.headerBytesRead() + 8);
      assertThat(b.file()).isEqualTo("model.safetensors");
      assertThat(checkpoint.floats(checkpoint.tensor("b"))).containsExactly(0f, 0f);
      assertThat(checkpoint.raw(checkpoint.tensor("none")).remaining()).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyTypeOfTheFormatMayOccur(DType dtype) throws IOException {
    // 8 elements have a whole number of bytes in every type.
    String header =
        "{'x':{'dtype':'%s','shape':[2,4],'data_offsets':[0,%d]}}"
            .formatted(dtype.name(), dtype.bits());
    SafetensorsBytes.write(temporary, SafetensorsBytes.of(quotes(header), new byte[dtype.bits()]));
    try (Checkpoint checkpoint = Checkpoint.open(new LocalDirectory(temporary))) {
      assertThat(checkpoint.tensor("x").dtype()).isEqualTo(dtype);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'x':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'y':{'dtype':'F32','shape':[1],"
            + "'data_offsets':[4,8]}} | tensor \"y\" overlaps tensor \"x\"",
        "{'x':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'y':{'dtype':'F32','shape':[2],"
            + "'data_offsets':[0,8]}} | overlaps",
        "{'x':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}} | leaves a gap after the header",
        "{'x':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}} | 4 bytes after the end of tensor",
        "{'x':{'dtype':'F32','shape':[3],'data_offsets':[0,12]}} | the file has only 8; it was cut",
        "{'x':{'dtype':'F32','shape':[3],'data_offsets':[0,8]}} | not the size of F32[3]",
        "{'x':{'dtype':'F99','shape':[2],'data_offsets':[0,8]}} | unknown dtype \"F99\"",
        "{'x':{'dtype':7,'shape':[2],'data_offsets':[0,8]}} | dtype that is not a string",
        "{'x':{'dtype':'F32','shape':[-2],'data_offsets':[0,8]}} | non-negative integers",
        "{'x':{'dtype':'F32','shape':[-2,-1],'data_offsets':[0,8]}} | non-negative integers",
        "{'x':{'dtype':'F32','shape':[2.0],'data_offsets':[0,8]}} | non-negative integers",
        "{'x':{'dtype':'F32','shape':2,'data_offsets':[0,8]}} | shape that is not a list",
        "{'x':{'dtype':'F32','shape':[4294967296,4294967296,2],'data_offsets':[0,8]}} | impossible",
        "{'x':{'dtype':'F32','shape':[1152921504606846978],'data_offsets':[0,8]}} | impossible",
        "{'x':{'dtype':'F32','shape':[99999999999999999999],'data_offsets':[0,8]}} | JSON",
        "{'x':{'dtype':'F4','shape':[3],'data_offsets':[0,1]}} | not the size of F4[3]",
        "{'x':{'dtype':'F32','shape':[2],'data_offsets':[8,0]}} | which is no range",
        "{'x':{'dtype':'F32','shape':[2],'data_offsets':[8]}} | which is no range",
        "{'x':{'dtype':'F32','shape':[2],'data_offsets':[-8,0]}} | non-negative integers",
        "{'x':{'dtype':'F32','shape':[2]}} | has no data_offsets",
        "{'x':{'dtype':'F32','data_offsets':[0,8]}} | has no shape",
        "{'x':{}} | has no dtype",
        "{'x':[]} | tensor \"x\" is not described by a JSON object",
        "{'__metadata__':3} | __metadata__ is not described by a JSON object",
        "{'x':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'x':{'dtype':'F32','shape':[2],"
            + "'data_offsets':[0,8]}} | Duplicate field",
        "{'x':{'dtype':'F32','dtype':'F32','shape':[2],'data_offsets':[0,8]}} | Duplicate field",
        "{'a\\n\\u001b[31m':{}} | tensor \"a\\u000a\\u001b[31m\" has no dtype",
        "{} | 8 bytes after the end of the header",
        "{} {} | goes on after the JSON object",
        "[] | its header is not a JSON object",
        "{'x' | not valid JSON",
        "nonsense | not valid JSON",
      })
  void refusesAMalformedHeader(String header, String reason) throws IOException {
    refused(SafetensorsBytes.of(quotes(header), new byte[8]), reason);
  }

  @Test
  void refusesADimensionTooMany() throws IOException {
    String ones = "1,".repeat(10_000) + "1";
    refused(
        SafetensorsBytes.of(quotes("{'x':{'dtype':'U8','shape':[" + ones + "]}}")),
        "more than 64 numbers");
  }

  @Test
  void refusesDeepNesting() throws IOException {
    refused(SafetensorsBytes.of(quotes("{'x':{'y':" + "[".repeat(100_000))), "not valid JSON");
  }

  @Test
  void refusesInvalidUtf8() throws IOException {
    byte[] file = SafetensorsBytes.of("{\"?\":{}}");
    file[10] = (byte) 0xff;
    refused(file, "invalid UTF-8");
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, Long.MIN_VALUE, Long.MAX_VALUE, 100_000_001, 50_000_000, 11})
  void refusesALengthTheFileDoesNotHave(long length) throws IOException {
    refused(SafetensorsBytes.withLength(length, "{}", new byte[8]), "it claims a header of");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7})
  void refusesAFileWithoutALength(int size) throws IOException {
    refused(new byte[size], "a safetensors file begins with a length of 8 bytes");
  }

  private void refused(byte[] file, String reason) throws IOException {
    SafetensorsBytes.write(temporary, file);
    assertThatThrownBy(() -> Checkpoint.open(new LocalDirectory(temporary)))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageStartingWith("Cannot read %s/model.safetensors: ", temporary)
        .hasMessageContaining(reason)
        .hasMessageNotContaining("\n")
        .hasMessageNotContaining("\u001b");
  }

  private static String quotes(String json) {
    return json.replace('\'', '"');
  }
}
