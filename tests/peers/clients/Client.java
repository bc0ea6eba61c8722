// What clients.rs asks of every client, with the WebSocket of Java's standard library.

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

class Client implements WebSocket.Listener {
    private final ByteArrayOutputStream message = new ByteArrayOutputStream();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();

    public static void main(String[] arguments) {
        var client = new Client();
        HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .buildAsync(URI.create(arguments[0]), client)
                .join();
        client.ended.join();
        System.exit(0);
    }

    private static ByteBuffer message(int type, int route, String data) {
        var bytes = data.getBytes(StandardCharsets.UTF_8);
        var buffer = ByteBuffer.allocate(4 + bytes.length);
        return buffer.put(new byte[] {(byte) type, 0, (byte) route, 0}).put(bytes).flip();
    }

    @Override
    public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer part, boolean last) {
        socket.request(1);
        var bytes = new byte[part.remaining()];
        part.get(bytes);
        message.writeBytes(bytes);
        if (!last) {
            return null;
        }
        var whole = message.toByteArray();
        message.reset();
        var data = new String(whole, 4, whole.length - 4, StandardCharsets.UTF_8);
        if (whole[0] == 5) {
            return socket.sendBinary(message(5, 0, "{\"0\":\"meta\",\"1\":\"echoed\"}"), true)
                    .thenCompose(sent -> sent.sendBinary(message(0, 1, "one"), true));
        } else if (data.equals("again")) {
            return socket.sendBinary(message(0, 1, "two"), true);
        } else if (data.equals("two")) {
            return socket.sendClose(1000, "");
        }
        return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
        ended.complete(null);
        return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
        error.printStackTrace();
        ended.complete(null);
    }
}
