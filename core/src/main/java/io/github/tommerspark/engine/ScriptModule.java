package io.github.tommerspark.engine;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import io.github.tommerspark.source.Quoted;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A loaded TorchScript module on a device, and the native memory of whatever is created through it.
 * Thread-safe: methods of a module without state may run at once.
 */
public final class ScriptModule implements AutoCloseable {
  private static final String[] NO_FILES = {};

  /** A named constant in a source, as TorchScript writes them. */
  private static final Pattern CONSTANT =
      Pattern.compile("^  (\\w+) : Final\\[int] = (\\d+)\\n", Pattern.MULTILINE);

  private final Device device;
  private final PtNDManager manager;
  private final PtSymbolBlock block;

  private ScriptModule(Device device, PtNDManager manager, PtSymbolBlock block) {
    this.device = device;
    this.manager = manager;
    this.block = block;
  }

  /**
   * Loads a module made of shipped sources.
   *
   * @param sources names of the sources, in the order in which they are joined
   * @param attributes what the sources read as attributes; see {@link TorchScriptArchive}
   */
  public static ScriptModule load(
      List<String> sources, Map<String, Object> attributes, Device device) {
    byte[] archive = archive(sources, attributes);
    PtNDManager manager = Torch.newManager(device);
    try {
      Torch.prepareThread();
      return new ScriptModule(
          device,
          manager,
          JniUtils.loadModule(manager, new ByteArrayInputStream(archive), false, false));
    } catch (IOException e) {
      manager.close();
      throw new UncheckedIOException("Cannot load TorchScript from memory", e);
    } catch (RuntimeException e) {
      manager.close();
      throw e;
    }
  }

  /**
   * The archive of a module made of shipped sources, which any libtorch loads. A source may name
   * constants, such as {@code TILE : Final[int] = 128}, that its methods and those of other sources
   * read as {@code self.TILE}; they become attributes, since libtorch does not find constants of a
   * module's text there.
   *
   * @param sources names of the sources, in the order in which they are joined
   * @param attributes what the sources read as attributes; see {@link TorchScriptArchive}
   */
  public static byte[] archive(List<String> sources, Map<String, Object> attributes) {
    StringBuilder methods = new StringBuilder();
    sources.forEach(source -> methods.append(source(source)));
    Map<String, Object> all = new LinkedHashMap<>(attributes);
    Matcher constants = CONSTANT.matcher(methods);
    while (constants.find()) {
      if (all.put(constants.group(1), Integer.valueOf(constants.group(2))) != null) {
        throw new IllegalArgumentException("Two constants are named " + constants.group(1));
      }
    }
    return TorchScriptArchive.assemble(constants.replaceAll(""), all);
  }

  /**
   * Loads a TorchScript file, which is code that runs with the rights of this process.
   *
   * @throws IOException if libtorch cannot load it
   */
  public static ScriptModule load(Path file, Device device) throws IOException {
    PtNDManager manager = Torch.newManager(device);
    try {
      Torch.prepareThread();
      return new ScriptModule(
          device, manager, JniUtils.loadModule(manager, file, true, NO_FILES, NO_FILES, false));
    } catch (EngineException e) {
      manager.close();
      throw new IOException(
          "Cannot read %s: libtorch does not load it as TorchScript (%s)"
              .formatted(file, Quoted.reason(e)),
          e);
    }
  }

  private static String source(String name) {
    String resource = name + ".py";
    try (InputStream in = ScriptModule.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalArgumentException("There is no TorchScript source " + resource);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read TorchScript source " + resource, e);
    }
  }

  /** Returns the device that the module runs on. */
  public Device device() {
    return device;
  }

  /** The number of the GPU the module runs on, from 0, or -1 on the CPU. */
  public long gpu() {
    return device.isGpu() ? device.getDeviceId() : -1;
  }

  /** Memory that lives as long as the module. */
  public PtNDManager manager() {
    return manager;
  }

  /** A manager for what lives for one call, to be closed by the caller. */
  public PtNDManager newCallManager() {
    return (PtNDManager) manager.newSubManager();
  }

  /**
   * Runs a method without recording gradients.
   *
   * @return what it returned, to be closed by the caller
   * @throws EngineException if libtorch fails, for instance for lack of memory
   */
  public IValue run(String method, IValue... arguments) {
    Torch.prepareThread();
    return NativeCalls.call(() -> IValueUtils.runMethod(block, method, arguments));
  }

  /**
   * Runs a method that returns one tensor, and closes the arguments.
   *
   * @param owner whose memory the tensor becomes
   */
  public PtNDArray runTensor(PtNDManager owner, String method, IValue... arguments) {
    try (IValue result = run(method, arguments)) {
      return result.toTensor(owner);
    } finally {
      closeAll(arguments);
    }
  }

  /**
   * Runs a method that may record operations to compute gradients, such as those in the source
   * {@code optimizer}. All its arguments are lists of tensors, and so is what it returns.
   *
   * <p>Tensors that {@link #run} returned can take part only as copies: libtorch made them without
   * the means to record anything.
   *
   * @param owner whose memory the result becomes
   * @param arguments of the method in its order; none of them empty, which DJL cannot pass, and no
   *     tensor in two of them
   * @return what it returned
   * @throws EngineException if libtorch fails, for instance for lack of memory
   */
  public NDList runRecording(PtNDManager owner, String method, List<NDList> arguments) {
    Torch.prepareThread();
    // The first array's name tells the method, and its manager that of the result.
    NDArray selector = owner.create(0);
    selector.setName("module_method:" + method);
    NDList named = new NDList(selector);
    for (int i = 0; i < arguments.size(); i++) {
      for (NDArray tensor : arguments.get(i)) {
        tensor.setName(String.format(Locale.ROOT, "argument%d[]", i));
        named.add(tensor);
      }
    }
    return NativeCalls.call(() -> IValueUtils.forward(block, named, true));
  }

  /** A float32 tensor of these values. */
  public PtNDArray floats(PtNDManager owner, float[] values, long... shape) {
    return (PtNDArray) owner.create(values, new Shape(shape));
  }

  /** An int64 tensor of these values. */
  public PtNDArray longs(PtNDManager owner, long[] values, long... shape) {
    return (PtNDArray) owner.create(values, new Shape(shape));
  }

  /** A uint8 tensor of these values. */
  public PtNDArray bytes(PtNDManager owner, byte[] values, long... shape) {
    return owner.create(ByteBuffer.wrap(values), new Shape(shape), DataType.UINT8);
  }

  /** A float64 tensor of these values. */
  public PtNDArray doubles(PtNDManager owner, double[] values, long... shape) {
    return (PtNDArray) owner.create(values, new Shape(shape));
  }

  /** A float32 tensor over these direct bytes: on the CPU a view of them, on a GPU a copy. */
  public PtNDArray view(PtNDManager owner, ByteBuffer floats, long... shape) {
    return owner.create((Buffer) floats, new Shape(shape), DataType.FLOAT32);
  }

  /**
   * A uint8 tensor, of one dimension, over these direct bytes: on the CPU a view of them, which
   * keeps them until it is closed, on a GPU a copy.
   */
  public PtNDArray bytes(PtNDManager owner, ByteBuffer bytes) {
    return owner.create((Buffer) bytes, new Shape(bytes.remaining()), DataType.UINT8);
  }

  /** Closes values that were made for a call. */
  public static void closeAll(IValue... values) {
    for (IValue value : values) {
      value.close();
    }
  }

  @Override
  public void close() {
    block.close();
    manager.close();
  }
}
