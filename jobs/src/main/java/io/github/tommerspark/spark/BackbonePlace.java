package io.github.tommerspark.spark;

import io.github.tommerspark.backbone.Backbone;
import io.github.tommerspark.detect.FrozenBackbone;
import io.github.tommerspark.engine.EngineOptions;
import java.io.IOException;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The frozen backbones of this JVM, each loaded by the first task that asks for it and shared after
 * that; never closed, for the reasons that {@link ExecutorModels} has.
 */
final class BackbonePlace {

  private static final ConcurrentHashMap<Key, BackbonePlace> PLACES = new ConcurrentHashMap<>();

  private final Key key;
  private FrozenBackbone frozen;
  private Backbone loaded;

  private record Key(FrozenBackbone.Spec spec, EngineOptions engine) {}

  private BackbonePlace(Key key) {
    this.key = key;
  }

  /** The place of a backbone on the device of this task. */
  static BackbonePlace of(FrozenBackbone.Spec spec, EngineOptions options) {
    EngineSetup.apply();
    return PLACES.computeIfAbsent(
        new Key(spec, TaskDevice.current(options).engine()), BackbonePlace::new);
  }

  /** Its tokenizer and windows. */
  synchronized FrozenBackbone frozen() throws IOException {
    if (frozen == null) {
      frozen = FrozenBackbone.open(key.spec());
    }
    return frozen;
  }

  /** Its weights. */
  synchronized Backbone loaded() throws IOException {
    if (loaded == null) {
      loaded = frozen().load(key.engine());
    }
    return loaded;
  }
}
