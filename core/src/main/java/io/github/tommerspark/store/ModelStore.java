package io.github.tommerspark.store;

import io.github.tommerspark.source.ModelDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.ServiceLoader;

/**
 * A place where models are, other than this library and the local disk, such as the file systems of
 * Hadoop. Implementations are found with {@link ServiceLoader}, so that nothing here depends on
 * them.
 */
public interface ModelStore {

  /**
   * A folder of a store.
   *
   * @param files what is in it
   * @param version changes whenever a file in the folder does, for instance since it lists their
   *     names, lengths and modification times
   */
  record Folder(ModelDirectory files, String version) {}

  /**
   * Finds a folder.
   *
   * @param location what the user wrote: a URI
   * @return the folder, or nothing if the location is not one of this store
   * @throws IOException if it is one, but there is no such folder or the store does not answer
   */
  Optional<Folder> open(String location) throws IOException;

  /**
   * Returns the directory on the local disk for what is fetched.
   *
   * @return a directory for {@link ModelCache}, which need not be there yet
   */
  Path cacheDirectory();

  /**
   * The first store on the class path that knows a location.
   *
   * @return the folder and its cache, or nothing if no store knows it
   * @throws IOException as {@link #open}
   */
  static Optional<Located> locate(String location) throws IOException {
    for (ModelStore store :
        ServiceLoader.load(ModelStore.class, ModelStore.class.getClassLoader())) {
      Optional<Folder> folder = store.open(location);
      if (folder.isPresent()) {
        return Optional.of(new Located(folder.get(), new ModelCache(store.cacheDirectory())));
      }
    }
    return Optional.empty();
  }

  /**
   * A folder that was found.
   *
   * @param folder as it is in the store
   * @param cache for what is fetched from it
   */
  record Located(Folder folder, ModelCache cache) {}
}
