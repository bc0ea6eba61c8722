# What clients.rs asks of every client, with the WebSocket of Tcl's standard library.
package require websocket

proc to {route text} {
    global socket
    websocket::send $socket binary [binary format cccca* 0 0 $route 0 $text]
}

proc handle {socket type message} {
    switch -- $type {
        binary {
            set data [string range $message 4 end]
            if {[string match "\x05*" $message]} {
                websocket::send $socket binary "\x05\x00\x00\x00{\"0\":\"meta\",\"1\":\"echoed\"}"
                to 1 one
            } elseif {$data eq "again"} {
                to 1 two
            } elseif {$data eq "two"} {
                # `websocket::close` of version 1.4.2 ends TCP without a close frame.
                websocket::send $socket 8 [binary format S 1000]
            }
        }
        close - disconnect {
            exit
        }
        timeout - error {
            puts stderr "$type: $message"
            exit 1
        }
    }
}

set socket [websocket::open [lindex $argv 0] handle]
vwait forever
