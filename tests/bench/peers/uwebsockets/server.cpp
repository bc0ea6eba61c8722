// uWebSockets: echo, broadcast and calls, as the raw peers in Rust do them.

#include "App.h"

#include <cstring>
#include <iostream>
#include <string>
#include <string_view>

#include <netinet/in.h>
#include <sys/socket.h>

namespace {

struct Nothing {};

using Socket = uWS::WebSocket<false, true, Nothing>;

const std::string TOPIC = "all";

// Room for several messages of 1 MiB that a client does not read at once.
const unsigned int ROOM = 64 * 1024 * 1024;

// A call is its type, its kind, a route and an id, then the data; the reply goes back under the id.
const size_t HEAD = 8;
const char STR = 0, CALL = 1, REPLY = 2, ROUTE = 1;

void answer(Socket *socket, std::string_view call) {
    const char head[] = {STR, CALL, ROUTE, 0};
    if (call.size() < HEAD || std::memcmp(call.data(), head, sizeof head) != 0) {
        return;
    }
    std::string reply(call);
    reply[1] = REPLY;
    reply[2] = 0;
    socket->send(reply, uWS::OpCode::BINARY);
}

}

int main(int count, char **arguments) {
    const std::string_view service = count > 1 ? arguments[1] : "echo";
    uWS::App app;
    app.ws<Nothing>("/*", {
        .compression = uWS::DISABLED,
        .maxPayloadLength = 8 * 1024 * 1024,
        .maxBackpressure = ROOM,
        .open = [service](Socket *socket) {
            if (service == "broadcast") {
                socket->subscribe(TOPIC);
            }
        },
        .message = [service, &app](Socket *socket, std::string_view message, uWS::OpCode opcode) {
            if (opcode != uWS::OpCode::BINARY) {
                return;
            }
            if (service == "broadcast") {
                app.publish(TOPIC, message, opcode);
            } else if (service == "calls") {
                answer(socket, message);
            } else {
                socket->send(message, opcode);
            }
        },
    });
    app.listen("127.0.0.1", 0, [](us_listen_socket_t *listening) {
        if (listening == nullptr) {
            std::cerr << "no port can be had" << std::endl;
            std::exit(1);
        }
        const int port = us_socket_local_port(0, reinterpret_cast<us_socket_t *>(listening));
        std::cout << "listening on 127.0.0.1:" << port << std::endl;
    });
    app.run();
}
