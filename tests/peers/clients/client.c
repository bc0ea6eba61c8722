/* What clients.rs asks of every client, with libwebsockets. */

#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM 4096

/* What waits to be written, each message behind the room that the library wants; the last may be a close. */
static struct {
    unsigned char bytes[LWS_PRE + 64];
    size_t length;
} waiting[4];
static size_t written, queued;
static int closing, ended;

static unsigned char received[ROOM];
static size_t length;

static void send_to(int type, int route, const char *data) {
    unsigned char *message = waiting[queued].bytes + LWS_PRE;
    const unsigned char header[] = {type, 0, route, 0};

    memcpy(message, header, sizeof(header));
    memcpy(message + sizeof(header), data, strlen(data));
    waiting[queued++].length = sizeof(header) + strlen(data);
}

static int is(const char *data) {
    return length == 4 + strlen(data) && !memcmp(received + 4, data, strlen(data));
}

static int handle(struct lws *socket, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
    (void)user;
    switch (reason) {
    case LWS_CALLBACK_CLIENT_RECEIVE:
        if (length + len > ROOM)
            return -1;
        memcpy(received + length, in, len);
        length += len;
        if (!lws_is_final_fragment(socket) || lws_remaining_packet_payload(socket))
            break;
        if (received[0] == 5) {
            send_to(5, 0, "{\"0\":\"meta\",\"1\":\"echoed\"}");
            send_to(0, 1, "one");
        } else if (is("again")) {
            send_to(0, 1, "two");
        } else if (is("two")) {
            closing = 1;
        }
        length = 0;
        lws_callback_on_writable(socket);
        break;
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        if (written < queued) {
            size_t left = waiting[written].length;
            if (lws_write(socket, waiting[written].bytes + LWS_PRE, left, LWS_WRITE_BINARY) < (int)left)
                return -1;
            if (++written < queued || closing)
                lws_callback_on_writable(socket);
        } else if (closing) {
            lws_close_reason(socket, LWS_CLOSE_STATUS_NORMAL, NULL, 0);
            return -1;
        }
        break;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        fprintf(stderr, "no connection: %s\n", in ? (char *)in : "");
        ended = 1;
        break;
    case LWS_CALLBACK_CLIENT_CLOSED:
        ended = 1;
        break;
    default:
        break;
    }
    return 0;
}

int main(int count, char **arguments) {
    /* Without a name of its own it offers no subprotocol. */
    static const struct lws_protocols protocols[] = {{"", handle, 0, ROOM, 0, NULL, 0}, {NULL, NULL, 0, 0, 0, NULL, 0}};
    struct lws_context_creation_info info = {.port = CONTEXT_PORT_NO_LISTEN, .protocols = protocols};
    struct lws_client_connect_info to = {.path = "/", .origin = NULL, .protocol = NULL};
    const char *scheme, *path;
    static char url[256];

    if (count != 2)
        return 2;
    snprintf(url, sizeof(url), "%s", arguments[1]);
    if (lws_parse_uri(url, &scheme, &to.address, &to.port, &path))
        return 2;
    lws_set_log_level(LLL_ERR, NULL);
    to.context = lws_create_context(&info);
    to.host = to.address;
    if (!to.context || !lws_client_connect_via_info(&to))
        return 1;
    while (!ended && lws_service(to.context, 0) >= 0)
        ;
    lws_context_destroy(to.context);
    return 0;
}
