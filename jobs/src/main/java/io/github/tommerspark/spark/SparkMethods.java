package io.github.tommerspark.spark;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import scala.collection.JavaConverters;
import scala.collection.Seq;

/**
 * Calls of Spark's methods whose signature is not the same in all versions that one jar serves, so
 * that a compiled reference to them would be found in some only: those with a Scala {@code Seq},
 * which is another class with Scala 2.13 than with 2.12, and those that return another type. Here
 * they are looked up by name.
 */
public final class SparkMethods {

  private SparkMethods() {}

  /**
   * The elements of the {@code Seq} that a method without parameters returns.
   *
   * @param type public class that has the method
   * @throws IllegalStateException if there is no such method
   */
  public static List<?> list(Class<?> type, String method, Object object) {
    return JavaConverters.seqAsJavaList((Seq<?>) call(type, method, object));
  }

  /**
   * Calls the public method of that name which takes such arguments; what it throws is thrown on.
   *
   * @param type public class that has the method
   * @throws IllegalStateException if there is no such method
   */
  public static Object call(Class<?> type, String method, Object object, Object... arguments) {
    Method found =
        find(type, method, arguments)
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        String.format(
                            Locale.ROOT,
                            "Cannot work with this version of Spark: %s has no method %s that takes %d argument(s) of these types",
                            type.getName(),
                            method,
                            arguments.length)));
    try {
      return found.invoke(object, arguments);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException("Cannot call %s".formatted(found), e);
    } catch (InvocationTargetException e) {
      throw SparkMethods.<RuntimeException>asThrown(e.getCause());
    }
  }

  /** Returns whether there is a public method of that name which takes such arguments. */
  public static boolean exists(Class<?> type, String method, Object... arguments) {
    return find(type, method, arguments).isPresent();
  }

  private static Optional<Method> find(Class<?> type, String method, Object[] arguments) {
    return Arrays.stream(type.getMethods())
        .filter(m -> m.getName().equals(method) && takes(m.getParameterTypes(), arguments))
        .findFirst();
  }

  private static boolean takes(Class<?>[] parameters, Object[] arguments) {
    if (parameters.length != arguments.length) {
      return false;
    }
    for (int i = 0; i < parameters.length; i++) {
      if (!parameters[i].isInstance(arguments[i])) {
        return false;
      }
    }
    return true;
  }

  /** As Scala throws: without declaring it. */
  @SuppressWarnings("unchecked")
  private static <T extends Throwable> T asThrown(Throwable thrown) throws T {
    throw (T) thrown;
  }
}
