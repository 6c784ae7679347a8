package io.github.tommerspark.linkage;

import io.github.tommerspark.linkage.ClassPool.ClassFile;
import io.github.tommerspark.linkage.ClassPool.Member;
import io.github.tommerspark.linkage.ClassPool.MissingClassException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ConstantDynamic;
import org.objectweb.asm.FieldVisitor;
import org.objectweb.asm.Handle;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/**
 * Says where classes would fail to link against a set of jars, as the JVM would say one by one when
 * it comes to them: classes, methods and fields that are not there, not reachable or of another
 * kind, methods that must be implemented and are not, and those that override something in the jars
 * that the classes were compiled against, but nothing here.
 */
final class LinkCheck {

  private final Map<String, byte[]> classes;
  private final ClassPool compiled;
  private final ClassPool pool;
  private final Set<String> breaks = new LinkedHashSet<>();

  private LinkCheck(Map<String, byte[]> classes, ClassPool compiled, ClassPool pool) {
    this.classes = classes;
    this.compiled = compiled;
    this.pool = pool;
  }

  /**
   * Checks classes.
   *
   * @param classes by internal name
   * @param compiled what they were compiled against, and the classes
   * @param pool what they are to run with, and the classes
   * @return one line per break; empty if they link
   */
  static List<String> run(Map<String, byte[]> classes, ClassPool compiled, ClassPool pool) {
    LinkCheck check = new LinkCheck(classes, compiled, pool);
    classes.values().forEach(bytes -> check.visit(new ClassReader(bytes)));
    return List.copyOf(check.breaks);
  }

  private void visit(ClassReader reader) {
    String name = reader.getClassName();
    reader.accept(new References(name), ClassReader.SKIP_DEBUG | ClassReader.SKIP_FRAMES);
    attempt(
        name,
        "",
        () -> {
          ClassFile type = pool.type(name);
          for (String supertype : type.supertypes()) {
            boolean asInterface = !supertype.equals(type.parent());
            ClassFile found = pool.type(supertype);
            if (found.is(Opcodes.ACC_FINAL)) {
              fail(name, "", "%s is final".formatted(readable(supertype)));
            } else if (found.is(Opcodes.ACC_INTERFACE) != asInterface) {
              fail(name, "", "%s is %s".formatted(readable(supertype), kind(found)));
            }
          }
          if (!type.is(Opcodes.ACC_ABSTRACT)) {
            checkImplements(type, type.name());
          }
          checkOverrides(type);
        });
  }

  /** All that is abstract in what a class inherits must be implemented. */
  private void checkImplements(ClassFile type, String from) throws MissingClassException {
    for (ClassFile inherited : pool.lineage(type)) {
      for (Member method : inherited.methods().values()) {
        if (method.is(Opcodes.ACC_ABSTRACT)
            && pool.method(type, method.key()).is(Opcodes.ACC_ABSTRACT)) {
          fail(from, "", "does not implement %s".formatted(readable(method)));
        }
      }
    }
  }

  private void checkOverrides(ClassFile type) throws MissingClassException {
    for (Member method : type.methods().values()) {
      if (overrides(compiled, type, method)
          && type.methods().values().stream()
              .filter(other -> other.name().equals(method.name()))
              .noneMatch(other -> overridesHere(type, other))) {
        fail(type.name(), "", "%s overrides nothing".formatted(readable(method)));
      }
    }
  }

  private boolean overridesHere(ClassFile type, Member method) {
    try {
      return overrides(pool, type, method);
    } catch (MissingClassException e) {
      // Told elsewhere.
      return true;
    }
  }

  private static boolean overrides(ClassPool pool, ClassFile type, Member method)
      throws MissingClassException {
    if (method.is(Opcodes.ACC_STATIC | Opcodes.ACC_PRIVATE) || method.name().startsWith("<")) {
      return false;
    }
    for (ClassFile inherited : pool.lineage(pool.type(type.name()))) {
      if (inherited.name().equals(type.name())) {
        continue;
      }
      Member overridden = inherited.methods().get(method.key());
      if (overridden != null && !overridden.is(Opcodes.ACC_STATIC | Opcodes.ACC_PRIVATE)) {
        return true;
      }
    }
    return false;
  }

  private interface Resolution {
    void run() throws MissingClassException;
  }

  private void attempt(String from, String member, Resolution resolution) {
    try {
      resolution.run();
    } catch (MissingClassException e) {
      fail(from, member, e.getMessage());
    }
  }

  private void fail(String from, String member, String reason) {
    breaks.add("%s%s: %s".formatted(readable(from), member.isEmpty() ? "" : "." + member, reason));
  }

  private static String readable(String name) {
    return name.replace('/', '.');
  }

  private static String readable(Member member) {
    return readable(member.owner(), member.name(), member.descriptor());
  }

  private static String readable(String owner, String name, String descriptor) {
    if (!descriptor.startsWith("(")) {
      return "%s.%s of type %s"
          .formatted(readable(owner), name, Type.getType(descriptor).getClassName());
    }
    Type method = Type.getMethodType(descriptor);
    return "%s %s.%s(%s)"
        .formatted(
            method.getReturnType().getClassName(),
            readable(owner),
            name,
            String.join(
                ", ", Arrays.stream(method.getArgumentTypes()).map(Type::getClassName).toList()));
  }

  private static String kind(ClassFile type) {
    return type.is(Opcodes.ACC_INTERFACE) ? "an interface" : "a class";
  }

  /** All that a class refers to. */
  private final class References extends ClassVisitor {

    private final String from;

    References(String from) {
      super(Opcodes.ASM9);
      this.from = from;
    }

    @Override
    public FieldVisitor visitField(
        int access, String name, String descriptor, String signature, Object value) {
      checkTypes(name, List.of(Type.getType(descriptor)));
      return null;
    }

    @Override
    public MethodVisitor visitMethod(
        int access, String name, String descriptor, String signature, String[] thrown) {
      checkDescriptor(name, descriptor);
      return new Code(name);
    }

    private void checkDescriptor(String member, String descriptor) {
      Type method = Type.getMethodType(descriptor);
      List<Type> all = new ArrayList<>(List.of(method.getArgumentTypes()));
      all.add(method.getReturnType());
      checkTypes(member, all);
    }

    private void checkTypes(String member, Collection<Type> types) {
      for (Type type : types) {
        Type element = type.getSort() == Type.ARRAY ? type.getElementType() : type;
        if (element.getSort() == Type.OBJECT) {
          attempt(from, member, () -> pool.type(element.getInternalName()));
        }
      }
    }

    private void checkMember(
        String member,
        String owner,
        String name,
        String descriptor,
        boolean isStatic,
        Boolean asInterface) {
      if (owner.startsWith("[")) {
        return;
      }
      attempt(
          from,
          member,
          () -> {
            ClassFile type = pool.type(owner);
            if (type.platform()) {
              return;
            }
            boolean method = descriptor.startsWith("(");
            String key = name + descriptor;
            Member found = method ? pool.method(type, key) : pool.field(type, key);
            String shown = readable(owner, name, descriptor);
            if (asInterface != null && type.is(Opcodes.ACC_INTERFACE) != asInterface) {
              fail(from, member, "%s is %s".formatted(readable(owner), kind(type)));
            } else if (found == null || name.equals("<init>") && !found.owner().equals(owner)) {
              fail(from, member, "there is no %s".formatted(shown));
            } else if (found.is(Opcodes.ACC_STATIC) != isStatic) {
              fail(from, member, "%s is %sstatic".formatted(shown, isStatic ? "not " : ""));
            } else if (!reachable(found)) {
              fail(from, member, "%s is not accessible".formatted(shown));
            }
          });
    }

    private boolean reachable(Member member) throws MissingClassException {
      ClassFile here = pool.type(from);
      ClassFile there = pool.type(member.owner());
      if (member.is(Opcodes.ACC_PUBLIC) || here.folder().equals(there.folder())) {
        return true;
      }
      return member.is(Opcodes.ACC_PROTECTED) && pool.lineage(here).contains(there);
    }

    private void checkHandle(String member, Handle handle) {
      int tag = handle.getTag();
      checkMember(
          member,
          handle.getOwner(),
          handle.getName(),
          handle.getDesc(),
          tag == Opcodes.H_INVOKESTATIC || tag == Opcodes.H_GETSTATIC || tag == Opcodes.H_PUTSTATIC,
          handle.getDesc().startsWith("(") ? handle.isInterface() : null);
    }

    /** A lambda implements one method of an interface, which must have no other. */
    private void checkLambda(String member, String name, String type, String method) {
      attempt(
          from,
          member,
          () -> {
            for (ClassFile inherited : pool.lineage(pool.type(type))) {
              for (Member declared : inherited.methods().values()) {
                boolean implemented =
                    declared.key().equals(name + method)
                        || !pool.method(pool.type(type), declared.key()).is(Opcodes.ACC_ABSTRACT)
                        || isOfObject(declared);
                if (declared.is(Opcodes.ACC_ABSTRACT) && !implemented) {
                  fail(
                      from, member, "a lambda does not implement %s".formatted(readable(declared)));
                }
              }
            }
          });
    }

    private boolean isOfObject(Member method) throws MissingClassException {
      return pool.type("java/lang/Object").methods().containsKey(method.key());
    }

    private final class Code extends MethodVisitor {

      private final String member;

      Code(String member) {
        super(Opcodes.ASM9);
        this.member = member;
      }

      @Override
      public void visitTypeInsn(int opcode, String type) {
        checkTypes(member, List.of(Type.getObjectType(type)));
      }

      @Override
      public void visitFieldInsn(int opcode, String owner, String name, String descriptor) {
        boolean isStatic = opcode == Opcodes.GETSTATIC || opcode == Opcodes.PUTSTATIC;
        checkMember(member, owner, name, descriptor, isStatic, null);
      }

      @Override
      public void visitMethodInsn(
          int opcode, String owner, String name, String descriptor, boolean isInterface) {
        checkMember(member, owner, name, descriptor, opcode == Opcodes.INVOKESTATIC, isInterface);
        checkDescriptor(member, descriptor);
      }

      @Override
      public void visitLdcInsn(Object value) {
        checkConstant(value);
      }

      @Override
      public void visitMultiANewArrayInsn(String descriptor, int dimensions) {
        checkTypes(member, List.of(Type.getType(descriptor)));
      }

      @Override
      public void visitTryCatchBlock(Label start, Label end, Label handler, String type) {
        if (type != null) {
          checkTypes(member, List.of(Type.getObjectType(type)));
        }
      }

      @Override
      public void visitInvokeDynamicInsn(
          String name, String descriptor, Handle bootstrap, Object... arguments) {
        checkDescriptor(member, descriptor);
        for (Object argument : arguments) {
          checkConstant(argument);
        }
        if (bootstrap.getOwner().equals("java/lang/invoke/LambdaMetafactory")) {
          checkLambda(
              member,
              name,
              Type.getReturnType(descriptor).getInternalName(),
              ((Type) arguments[0]).getDescriptor());
        }
      }

      private void checkConstant(Object value) {
        if (value instanceof Handle handle) {
          checkHandle(member, handle);
        } else if (value instanceof ConstantDynamic dynamic) {
          checkHandle(member, dynamic.getBootstrapMethod());
        } else if (value instanceof Type type) {
          if (type.getSort() == Type.METHOD) {
            checkDescriptor(member, type.getDescriptor());
          } else {
            checkTypes(member, List.of(type));
          }
        }
      }
    }
  }
}
