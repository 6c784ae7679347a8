import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.rapaio.jupyter.kernel.MainApp;
import org.rapaio.jupyter.kernel.channels.Channels;
import org.rapaio.jupyter.kernel.core.ConnectionProperties;
import org.rapaio.jupyter.kernel.core.Transform;

/**
 * Starts the kernel as its own main class does, but for one thing.
 *
 * <p>The kernel opens its sockets before it has handlers for what comes in. A request that is there
 * by then, as Jupyter's first mostly is, ends the thread that would answer all later ones (a
 * NullPointerException in Channels.getHandler, 3.0.1). With no handlers instead of null, the request
 * is dropped, and Jupyter sends it again.
 */
class Kernel {

  public static void main(String[] args) throws Exception {
    Channels channels =
        new Channels(
            Transform.fromJson(Files.readString(Path.of(args[0])), ConnectionProperties.class));
    Field handlers = Channels.class.getDeclaredField("handlers");
    handlers.setAccessible(true);
    handlers.set(channels, Map.of());
    channels.connect(MainApp.kernel);
    channels.joinUntilClose();
  }
}
