# What clients.rs asks of every client, with the WebSocket of Perl's Mojolicious.
use strict;
use warnings;
use Mojo::IOLoop;
use Mojo::UserAgent;

sub message { return {binary => pack('CCva*', @_)} }

my $agent = Mojo::UserAgent->new(inactivity_timeout => 0);
$agent->websocket($ARGV[0] => sub {
    my (undef, $socket) = @_;
    die 'no WebSocket: ', $socket->res->code, ' ', $socket->res->body unless $socket->is_websocket;
    $socket->on(binary => sub {
        my (undef, $message) = @_;
        my ($type, undef, undef, $data) = unpack 'CCva*', $message;
        if ($type == 5) {
            $socket->send(message(5, 0, 0, '{"0":"meta","1":"echoed"}'));
            $socket->send(message(0, 0, 1, 'one'));
        } elsif ($data eq 'again') {
            $socket->send(message(0, 0, 1, 'two'));
        } elsif ($data eq 'two') {
            $socket->finish(1000);
        }
    });
});
# Until the connection has ended.
Mojo::IOLoop->start;
