package io.github.tommerspark.judge;

import java.io.IOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow.Subscription;
import org.jspecify.annotations.Nullable;

/** The body of a response, of a bounded length: a server could go on for ever. */
final class BoundedBody implements BodySubscriber<byte[]> {

  private final BodySubscriber<byte[]> bytes = BodySubscribers.ofByteArray();
  private final long most;
  private @Nullable Subscription subscription;
  private long received;

  /**
   * A body.
   *
   * @param most bytes above which reading it fails
   */
  BoundedBody(long most) {
    this.most = most;
  }

  @Override
  public CompletionStage<byte[]> getBody() {
    return bytes.getBody();
  }

  @Override
  public void onSubscribe(Subscription to) {
    subscription = to;
    bytes.onSubscribe(to);
  }

  @Override
  public void onNext(List<ByteBuffer> part) {
    received += part.stream().mapToLong(ByteBuffer::remaining).sum();
    if (received > most) {
      Objects.requireNonNull(subscription).cancel();
      bytes.onError(new IOException("its answer has more than %s bytes".formatted(most)));
    } else {
      bytes.onNext(part);
    }
  }

  @Override
  public void onError(Throwable failure) {
    bytes.onError(failure);
  }

  @Override
  public void onComplete() {
    bytes.onComplete();
  }
}
