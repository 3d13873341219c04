import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.Map;
import org.zeromq.ZMQ;

/**
 * JeroMQ 0.3, which speaks ZMTP 2.0 and nothing newer. One line is one operation, and is
 * answered by one line; parts are hexadecimal, "-" is an empty one.
 */
public class OldPeer {
  public static void main(String[] arguments) throws Exception {
    ZMQ.Context context = ZMQ.context(1);
    Map<String, ZMQ.Socket> sockets = new HashMap<>();
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
    System.out.println("ready");
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      String[] words = line.split(" ");
      ZMQ.Socket socket = words.length > 1 ? sockets.get(words[1]) : null;
      String answer = "done";
      switch (words[0]) {
        case "open":
          socket = context.socket(Integer.parseInt(words[2]));
          socket.setLinger(0);
          if (words.length > 3) socket.setIdentity(words[3].getBytes());
          sockets.put(words[1], socket);
          break;
        case "ping":
          // It goes on with what came from its I/O thread when a socket is asked something.
          for (ZMQ.Socket each : sockets.values()) each.getEvents();
          break;
        case "bind":
          answer = "tcp://127.0.0.1:" + socket.bindToRandomPort("tcp://127.0.0.1");
          break;
        case "connect":
          socket.connect(words[2]);
          break;
        case "subscribe":
          socket.subscribe(bytes(words[2]));
          break;
        case "send":
          for (int i = 2; i < words.length; i++) socket.send(bytes(words[i]), i < words.length - 1 ? ZMQ.SNDMORE : 0);
          break;
        case "receive":
          StringBuilder parts = new StringBuilder(hex(socket.recv()));
          while (socket.hasReceiveMore()) parts.append(' ').append(hex(socket.recv()));
          answer = parts.toString();
          break;
        case "close":
          sockets.remove(words[1]).close();
          break;
        default:
          answer = "unknown";
      }
      System.out.println(answer);
    }
    System.exit(0);
  }

  private static byte[] bytes(String hex) {
    if (hex.equals("-")) return new byte[0];
    byte[] all = new byte[hex.length() / 2];
    for (int i = 0; i < all.length; i++) all[i] = (byte) Integer.parseInt(hex.substring(2 * i, 2 * i + 2), 16);
    return all;
  }

  private static String hex(byte[] bytes) {
    return bytes.length == 0 ? "-" : String.format("%0" + 2 * bytes.length + "x", new BigInteger(1, bytes));
  }
}
