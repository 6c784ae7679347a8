package io.github.tommerspark.detect;

/**
 * The cost of loading one backbone.
 *
 * @param backbone where it was read from
 * @param device where it runs, such as {@code cpu} or {@code gpu(0)}
 * @param dtype floating-point type of its products, such as {@code fp32}
 * @param bytesRead bytes of weights that were read or mapped
 * @param seconds wall time
 */
public record LoadReport(
    String backbone, String device, String dtype, long bytesRead, double seconds) {}
