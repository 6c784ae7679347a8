package io.github.tommerspark.detect;

import io.github.tommerspark.classify.ClassifierFiles;
import io.github.tommerspark.gguf.GgufSnapshot;
import io.github.tommerspark.head.HeadFiles;
import io.github.tommerspark.hub.HubCache;
import io.github.tommerspark.hub.RepositoryId;
import io.github.tommerspark.source.LocalDirectory;
import io.github.tommerspark.source.ModelDirectory;
import io.github.tommerspark.source.ResourceDirectory;
import io.github.tommerspark.store.ModelStore;
import io.github.tommerspark.store.ModelStore.Folder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The locations of the files of a model.
 *
 * @param backbone where hidden states come from
 * @param head directory of the head
 * @param classifier directory of the span classifier, or null
 */
record ModelFiles(BackboneFiles backbone, ModelDirectory head, ModelDirectory classifier) {

  private static final String MODELS = "io/github/tommerspark/models";
  private static final List<String> BUNDLED = BundledNames.of("models");
  private static final Pattern URI_SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]+:");

  /** Names of the models on the class path, sorted. */
  static List<String> bundled() {
    return BUNDLED;
  }

  /** The snapshot of a bundled model. */
  static ModelDirectory bundled(String name) {
    return new ResourceDirectory(ModelFiles.class.getClassLoader(), MODELS + "/" + name);
  }

  /**
   * Finds a model's files. Those of a remote store are brought to the local disk first.
   *
   * @param trustBackbone whether the backbone may be a TorchScript file
   * @param leastLayer last block that is needed even if head and classifier read none so deep
   * @throws IOException if there is no such directory, no head, or no classifier where one is
   *     needed
   */
  static ModelFiles find(ModelSpec spec, boolean trustBackbone, int leastLayer) throws IOException {
    Optional<ModelStore.Located> remote = remoteSnapshot(spec.backbone());
    BackboneFiles backbone =
        remote.isPresent()
            ? snapshot(remote.get().folder().files())
            : bundled().contains(spec.backbone())
                ? snapshot(bundled(spec.backbone()))
                : local(spec, trustBackbone);
    ModelDirectory head = head(spec, backbone, remote);
    ModelDirectory classifier = spec.typing() == null ? null : classifier(spec, backbone, remote);
    if (remote.isPresent()) {
      int layer = Math.max(leastLayer, HeadFiles.read(head).config().layer());
      if (classifier != null) {
        layer = Math.max(layer, ClassifierFiles.readLayer(classifier));
      }
      backbone =
          new BackboneFiles.Snapshot(
              remote.get().cache().backbone(remote.get().folder(), layer), backbone.record());
    }
    return new ModelFiles(backbone, head, classifier);
  }

  /**
   * Finds the files of a snapshot on which a head is to be trained.
   *
   * @param layer the last one that is needed of a remote backbone; negative for its small files
   *     only
   * @throws IOException if there is no such directory, or it is a TorchScript file
   */
  static BackboneFiles.Snapshot frozen(String location, int layer) throws IOException {
    if (bundled().contains(location)) {
      return snapshot(bundled(location));
    }
    if (isUri(location)) {
      ModelStore.Located remote =
          remoteSnapshot(location)
              .orElseThrow(() -> new IOException("Cannot read backbone " + location));
      return snapshot(
          layer < 0 ? remote.folder().files() : remote.cache().backbone(remote.folder(), layer));
    }
    Path path = local("backbone", location);
    if (Files.isRegularFile(path) && !GgufSnapshot.isGguf(path)) {
      throw new IOException(
          "Cannot train on backbone %s: it is a file other than GGUF; name the directory of a snapshot or a GGUF file"
              .formatted(path));
    }
    return snapshot(localSnapshot(path));
  }

  private static BackboneFiles.Snapshot snapshot(ModelDirectory directory) throws IOException {
    return new BackboneFiles.Snapshot(directory, ModelRecord.read(directory));
  }

  /** A backbone on the local disk, which may be a TorchScript file. */
  private static BackboneFiles local(ModelSpec spec, boolean trustBackbone) throws IOException {
    Path path = backbone(spec);
    if (!Files.isRegularFile(path) || GgufSnapshot.isGguf(path)) {
      return snapshot(localSnapshot(path));
    }
    if (!trustBackbone) {
      throw new IOException(
          "Cannot use backbone %s: it is a file other than GGUF, and a TorchScript file is code that would run with your rights; name the directory of a snapshot or a GGUF file, or allow it with ‹trustBackbone›"
              .formatted(path));
    }
    return new BackboneFiles.Script(path, new LocalDirectory(path.toAbsolutePath().getParent()));
  }

  private static ModelDirectory head(
      ModelSpec spec, BackboneFiles backbone, Optional<ModelStore.Located> remote)
      throws IOException {
    if (spec.head() != null) {
      return head(spec.head());
    }
    if (backbone.record().head().isEmpty()) {
      throw new IOException(
          "Cannot load model %s: backbone %s brings no head; name one with ‹head›"
              .formatted(spec.name(), backbone.directory().name()));
    }
    ModelDirectory own = backbone.directory().folder(backbone.record().head().get());
    return remote.isPresent()
        ? remote.get().cache().head(new Folder(own, remote.get().folder().version()))
        : own;
  }

  private static ModelDirectory classifier(
      ModelSpec spec, BackboneFiles backbone, Optional<ModelStore.Located> remote)
      throws IOException {
    String location = spec.typing().classifier();
    if (location == null) {
      Optional<ModelDirectory> labels = bundledLabels(spec);
      if (labels.isPresent()) {
        return labels.get();
      }
      if (backbone.record().labelModel().isEmpty()) {
        throw new IOException(
            "Cannot use ‹labels› with model %s: backbone %s brings no label model; make one with train-classifier ‹zeroShot› and name it with ‹classifier›"
                .formatted(spec.name(), backbone.directory().name()));
      }
      ModelDirectory own = backbone.directory().folder(backbone.record().labelModel().get());
      return remote.isPresent()
          ? remote.get().cache().classifier(new Folder(own, remote.get().folder().version()))
          : own;
    }
    if (bundled().contains(location)) {
      return bundledClassifier(location);
    }
    Optional<ModelStore.Located> elsewhere =
        isUri(location) ? ModelStore.locate(location) : Optional.empty();
    return elsewhere.isPresent()
        ? elsewhere.get().cache().classifier(elsewhere.get().folder())
        : new LocalDirectory(local("classifier", location));
  }

  /**
   * The classifier that a bundled model or head brings, or one of a local directory.
   *
   * @throws IOException if there is none
   */
  static ModelDirectory classifier(String location) throws IOException {
    return bundled().contains(location) || BundledHead.names().contains(location)
        ? bundledClassifier(location)
        : new LocalDirectory(local("classifier", location));
  }

  private static ModelDirectory bundledClassifier(String model) throws IOException {
    ModelDirectory directory = bundled(model);
    ModelRecord record = ModelRecord.read(directory);
    Optional<String> folder = record.classifier().or(record::labelModel);
    if (folder.isPresent()) {
      return directory.folder(folder.get());
    }
    throw new IOException(
        "Cannot use ‹classifier› %s: that model brings no classifier".formatted(model));
  }

  /** The label model that is bundled with a head, which may be that of a backbone elsewhere. */
  private static Optional<ModelDirectory> bundledLabels(ModelSpec spec) throws IOException {
    String name =
        spec.head() == null && bundled().contains(spec.backbone())
            ? spec.backbone()
            : BundledHead.find(spec.head()).map(BundledHead::name).orElse(null);
    if (name == null) {
      return Optional.empty();
    }
    ModelDirectory directory = bundled(name);
    Optional<String> folder = ModelRecord.read(directory).labelModel();
    return folder.isPresent() ? Optional.of(directory.folder(folder.get())) : Optional.empty();
  }

  /** Returns whether a label model is bundled with a model's head. */
  static boolean bringsLabels(ModelSpec spec) throws IOException {
    return bundledLabels(spec).isPresent();
  }

  /** The place of a local backbone; where that of a bundled head is not here, both ways to it. */
  private static Path backbone(ModelSpec spec) throws IOException {
    try {
      return local("backbone", spec.backbone());
    } catch (IOException e) {
      Optional<BundledHead> head = BundledHead.find(spec.head());
      if (head.isPresent() && head.get().repository().equals(spec.backbone())) {
        // Not as the cause, whose message would be shown instead.
        throw new IOException(
            "%s; or name a snapshot or GGUF file of it with ‹model› %s=PATH"
                .formatted(e.getMessage(), head.get().name()));
      }
      throw e;
    }
  }

  private static ModelDirectory head(String location) throws IOException {
    Optional<BundledHead> bundled = BundledHead.find(location);
    if (bundled.isPresent()) {
      return bundled.get().files();
    }
    Optional<ModelStore.Located> remote =
        isUri(location) ? ModelStore.locate(location) : Optional.empty();
    return remote.isPresent()
        ? remote.get().cache().head(remote.get().folder())
        : new LocalDirectory(local("head", location));
  }

  /** Returns whether it names a file system; a letter and a colon are a drive. */
  private static boolean isUri(String location) {
    return URI_SCHEME.matcher(location).lookingAt() && !location.startsWith("file:");
  }

  /** The directory of a snapshot whose head does not matter. */
  static ModelDirectory snapshot(String backbone) throws IOException {
    Optional<ModelStore.Located> remote = remoteSnapshot(backbone);
    return remote.isPresent()
        ? remote.get().folder().files()
        : localSnapshot(local("backbone", backbone));
  }

  /** A snapshot in a remote store, where the location is one. */
  private static Optional<ModelStore.Located> remoteSnapshot(String location) throws IOException {
    if (!isUri(location)) {
      return Optional.empty();
    }
    int slash = location.lastIndexOf('/');
    if (!GgufSnapshot.isNamed(location) || slash < 0) {
      return ModelStore.locate(location);
    }
    return ModelStore.locate(location.substring(0, slash))
        .map(
            folder ->
                new ModelStore.Located(
                    new Folder(
                        new GgufSnapshot(folder.folder().files(), location.substring(slash + 1)),
                        folder.folder().version()),
                    folder.cache()));
  }

  private static ModelDirectory localSnapshot(Path path) throws IOException {
    return GgufSnapshot.isGguf(path) ? GgufSnapshot.of(path) : new LocalDirectory(path);
  }

  private static Path local(String what, String location) throws IOException {
    Path path;
    try {
      path =
          Path.of(
              location.startsWith("file:") ? location.replaceFirst("^file:(//)?", "") : location);
    } catch (InvalidPathException e) {
      throw new IOException(
          "Cannot read %s %s: it is not a path (%s)".formatted(what, location, e.getReason()));
    }
    if (!Files.exists(path)) {
      Optional<RepositoryId> id = RepositoryId.parse(location);
      if (id.isPresent()) {
        return HubCache.ofEnvironment().find(id.get());
      }
      throw new IOException(
          "Cannot read %s %s: there is no such directory%s"
              .formatted(
                  what,
                  location,
                  what.equals("backbone")
                      ? ", and the bundled models are " + String.join(", ", bundled())
                      : ""));
    }
    return path;
  }
}
