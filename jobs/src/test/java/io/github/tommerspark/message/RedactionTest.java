package io.github.tommerspark.message;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RedactionTest {

  @ParameterizedTest
  @CsvSource({
    "s3a://key:secret@bucket/docs, s3a://bucket/docs",
    "s3a://key:sec@ret@bucket/docs, s3a://bucket/docs",
    "s3a://bucket/docs@2026, s3a://bucket/docs@2026",
    "/local/me@home/docs, /local/me@home/docs",
    "Cannot read hdfs://u:p@h:8020/x: gone, Cannot read hdfs://h:8020/x: gone",
  })
  void userInfoIsRemoved(String uri, String expected) {
    assertThat(Redaction.uri(uri)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "fs.s3a.secret.key, abc, (redacted)",
    "fs.s3a.access.key, abc, (redacted)",
    "PASSWORD, abc, (redacted)",
    "sep, abc, abc",
    "url, x://u:p@h, x://h",
  })
  void secretValuesAreRemoved(String key, String value, String expected) {
    assertThat(Redaction.value(key, value)).isEqualTo(expected);
  }
}
