package io.github.tommerspark.judge;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Settings of the requests to an endpoint.
 *
 * @param endpoint to ask
 * @param key to show there; null for none
 * @param budget HTTP requests to send at most, those that fail included
 * @param requestsPerMinute at most
 * @param concurrency requests under way at once
 * @param timeout for one request, from its start to the end of the answer
 */
public record JudgeSettings(
    Endpoint endpoint,
    @Nullable ApiKey key,
    long budget,
    int requestsPerMinute,
    int concurrency,
    Duration timeout) {}
