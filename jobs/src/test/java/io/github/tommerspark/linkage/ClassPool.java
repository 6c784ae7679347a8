package io.github.tommerspark.linkage;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.FieldVisitor;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/** The classes of some jars and of this JVM, without loading them. */
final class ClassPool implements AutoCloseable {

  /**
   * A method or field.
   *
   * @param owner internal name of the class that declares it
   * @param access its flags
   */
  record Member(String owner, String name, String descriptor, int access) {

    boolean is(int flag) {
      return (access & flag) != 0;
    }

    /** Such as {@code call(Ljava/lang/Object;)V}. */
    String key() {
      return name + descriptor;
    }
  }

  /**
   * A class.
   *
   * @param name internal
   * @param parent null for Object
   * @param platform part of Java
   */
  record ClassFile(
      String name,
      String parent,
      List<String> interfaces,
      int access,
      Map<String, Member> methods,
      Map<String, Member> fields,
      boolean platform) {

    boolean is(int flag) {
      return (access & flag) != 0;
    }

    /** The superclass, and then the interfaces. */
    List<String> supertypes() {
      List<String> types = new ArrayList<>();
      if (parent != null) {
        types.add(parent);
      }
      types.addAll(interfaces);
      return types;
    }

    String folder() {
      return name.substring(0, name.lastIndexOf('/') + 1);
    }
  }

  /** A class, or one that it inherits from, is nowhere. */
  static final class MissingClassException extends Exception {

    private static final long serialVersionUID = 1L;

    MissingClassException(String name) {
      super("there is no class " + name.replace('/', '.'));
    }
  }

  private final List<ZipFile> jars = new ArrayList<>();
  private final Map<String, ZipFile> places = new HashMap<>();
  private final Map<String, byte[]> added = new HashMap<>();
  private final Map<String, Optional<ClassFile>> types = new HashMap<>();

  /** The jars of a directory. */
  static ClassPool of(Path directory) throws IOException {
    ClassPool pool = new ClassPool();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(directory, "*.jar")) {
      for (Path jar : found) {
        pool.add(jar);
      }
    }
    return pool;
  }

  private void add(Path jar) throws IOException {
    ZipFile zip = new ZipFile(jar.toFile());
    jars.add(zip);
    zip.stream()
        .map(ZipEntry::getName)
        .filter(name -> name.endsWith(".class"))
        .forEach(name -> places.putIfAbsent(name.substring(0, name.length() - 6), zip));
  }

  /** Adds the classes that are to be checked. */
  void add(Map<String, byte[]> classes) {
    added.putAll(classes);
    types.keySet().removeAll(classes.keySet());
  }

  /**
   * A class by its internal name.
   *
   * @throws MissingClassException if there is none
   */
  ClassFile type(String name) throws MissingClassException {
    return types
        .computeIfAbsent(name, this::find)
        .orElseThrow(() -> new MissingClassException(name));
  }

  /** A class and all that it inherits from, those that are nearest first. */
  Collection<ClassFile> lineage(ClassFile type) throws MissingClassException {
    Set<ClassFile> found = new LinkedHashSet<>();
    for (ClassFile t = type; t != null; t = t.parent() == null ? null : type(t.parent())) {
      found.add(t);
    }
    for (ClassFile t : List.copyOf(found)) {
      addInterfaces(t, found);
    }
    return found;
  }

  private void addInterfaces(ClassFile type, Set<ClassFile> found) throws MissingClassException {
    for (String name : type.interfaces()) {
      ClassFile inherited = type(name);
      if (found.add(inherited)) {
        addInterfaces(inherited, found);
      }
    }
  }

  /** The method that a reference leads to, as the JVM resolves it; null if there is none. */
  Member method(ClassFile owner, String key) throws MissingClassException {
    Member inherited = null;
    for (ClassFile type : lineage(owner)) {
      Member method = type.methods().get(key);
      if (method == null) {
        continue;
      }
      if (!method.is(Opcodes.ACC_ABSTRACT) || !type.is(Opcodes.ACC_INTERFACE)) {
        return method;
      }
      inherited = inherited == null ? method : inherited;
    }
    return inherited;
  }

  /** The field that a reference leads to; null if there is none. */
  Member field(ClassFile owner, String key) throws MissingClassException {
    for (ClassFile type : lineage(owner)) {
      Member field = type.fields().get(key);
      if (field != null) {
        return field;
      }
    }
    return null;
  }

  private Optional<ClassFile> find(String name) {
    try (InputStream bytes = open(name)) {
      return bytes == null ? Optional.empty() : Optional.of(read(bytes, platform(name)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private boolean platform(String name) {
    return !added.containsKey(name) && !places.containsKey(name);
  }

  private InputStream open(String name) throws IOException {
    if (added.containsKey(name)) {
      return new ByteArrayInputStream(added.get(name));
    }
    ZipFile jar = places.get(name);
    return jar != null
        ? jar.getInputStream(jar.getEntry(name + ".class"))
        : ClassLoader.getPlatformClassLoader().getResourceAsStream(name + ".class");
  }

  private static ClassFile read(InputStream bytes, boolean platform) throws IOException {
    Map<String, Member> methods = new HashMap<>();
    Map<String, Member> fields = new HashMap<>();
    ClassReader reader = new ClassReader(bytes);
    reader.accept(
        new ClassVisitor(Opcodes.ASM9) {
          @Override
          public MethodVisitor visitMethod(
              int access, String name, String descriptor, String signature, String[] thrown) {
            methods.put(
                name + descriptor, new Member(reader.getClassName(), name, descriptor, access));
            return null;
          }

          @Override
          public FieldVisitor visitField(
              int access, String name, String descriptor, String signature, Object value) {
            fields.put(
                name + descriptor, new Member(reader.getClassName(), name, descriptor, access));
            return null;
          }
        },
        ClassReader.SKIP_CODE | ClassReader.SKIP_DEBUG | ClassReader.SKIP_FRAMES);
    return new ClassFile(
        reader.getClassName(),
        reader.getSuperName(),
        List.of(reader.getInterfaces()),
        reader.getAccess(),
        methods,
        fields,
        platform);
  }

  @Override
  public void close() throws IOException {
    for (ZipFile jar : jars) {
      jar.close();
    }
  }
}
