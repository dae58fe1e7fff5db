# Between two attempts: a buyer who leaves is not called for again, one
# deadline ends every wait, a worker that is told to go first serves those who
# wait, and nobody's order is lost meanwhile.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use PancakeTest::Frames;
use Test::More;

use IO::Handle ();
use Socket qw( PF_INET SOCK_STREAM SOL_SOCKET SO_RCVBUF SO_REUSEADDR
               IPPROTO_TCP TCP_MAXSEG INADDR_LOOPBACK pack_sockaddr_in );
use Time::HiRes qw( time );

# Each place has a prefix of its own at the API, which chooses the mode.

my %PLACE = (
    first    => 'pancake_retry 3 backoff=4s;',
    file     => 'pancake_retry 3 backoff=4s; client_body_in_file_only clean;',
    second   => 'pancake_retry 3 backoff=2500ms;',
    conflict => '',
    one      => 'pancake_retry 3 backoff=4s;',
    two      => 'pancake_retry 3 backoff=4s;',
    far      => 'pancake_retry 2 backoff=5m deadline=10m;',
    stay     => 'pancake_retry 2 backoff=5s;',

    fails    => 'pancake_retry 3 backoff=1s;',
    again    => 'pancake_retry 3 backoff=2s;',
    flies    => 'pancake_retry 3 backoff=1s;',
    cut      => 'pancake_retry 3 backoff=1s deadline=6s;',

    ok       => 'pancake_retry 3 backoff=1s;',
    silent   => 'pancake_retry 1 deadline=1s;',
    drip     => 'pancake_retry 1 deadline=1s;',
    headless => 'pancake_retry 1 deadline=1s;',
    half     => 'pancake_retry 3 backoff=500ms deadline=1s;',
    late     => 'pancake_retry 3 backoff=1s deadline=3s;',
    order    => 'pancake_retry 3 backoff=1s deadline=2s;',
    deaf     => 'pancake_retry 1 deadline=1s;'
                . " access_log %%DIR%%/waiting.log waiting;"
                . " access_log %%DIR%%/deaf.log deaf;"
                . " pancake_set productId %%PRODUCT%%;"
                . " pancake_set currency USD;"
                . join('', map { " pancake_set metadata.a$_ "
                                 . 'x' x 1000 . ';' } 1 .. 45),
    full     => 'pancake_retry 1 deadline=1s;',
    unknown  => 'pancake_retry 1 deadline=1s;',

    turn     => 'pancake_retry 3 backoff=3s;',
    gated    => 'pancake_retry 3 backoff=1s;',
    hang     => 'pancake_retry 1 deadline=2m;',
    hang2    => 'pancake_retry 1 deadline=3s;',

    default  => '',
    later    => 'pancake_retry 2 backoff=1s;',
    double   => 'pancake_retry 3 backoff=1s;',
    short    => 'pancake_retry 5 backoff=1s deadline=2s;',
    taken    => 'pancake_retry 3 backoff=1s deadline=3500ms;',

    page     => 'pancake_retry 2 backoff=500ms; error_page 502 /sorry;',
    onward   => 'pancake_retry 2 backoff=500ms; error_page 502 = @onward;',
    ten      => 'pancake_retry 2 backoff=3s;',
);

my %CHAIN = map { $_ => 1 } qw( one two order );

# Places whose API is another: one that takes connections and never reads, one
# that does not even take them, and one whose name nobody tells.

my %API = (
    deaf    => 'http://127.0.0.1:%%PORT_2%%',
    full    => 'http://127.0.0.1:%%PORT_3%%',
    unknown => 'http://$nobody:%%PORT_1%%',
);


sub places {
    my (%place) = @_;

    return join '', map { <<"EOT" } sort keys %place;
        location = /$_ {
            pancake_checkout create-session @{[
                $CHAIN{$_} ? 'create-order' : '' ]};
            pancake_api /_$_;
            $place{$_}
        }

        location /_$_/ {
            internal;
            set \$nobody nobody.example;
            proxy_pass @{[ $API{$_} // 'http://api' ]}/$_/;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }
EOT
}


my $HTTP = <<'EOT';
    %%CREDENTIALS%%

    pancake_set productId %%PRODUCT%%;
    pancake_set currency USD;

    log_format waiting '$request_uri $status [$pancake_result] '
                       '$pancake_attempts [$pancake_upstream_status] '
                       '[$upstream_status] [$pancake_session_id] '
                       '[$pancake_idempotency_key]';
    log_format deaf '$upstream_bytes_sent';
    access_log %%DIR%%/waiting.log waiting;

    upstream api {
        server 127.0.0.1:%%PORT_1%%;
        keepalive 32;
    }
EOT

my $SERVER = <<'EOT';
        listen 127.0.0.1:%%PORT_0%%;
        listen 127.0.0.1:%%PORT_8%% http2;
        listen 127.0.0.1:%%PORT_7%% ssl;

        ssl_certificate     %%DIR%%/shop.crt;
        ssl_certificate_key %%DIR%%/shop.key;

        # the port is taken, and nobody answers

        resolver 127.0.0.1:%%PORT_4%%;

        location @onward {
            pancake_checkout create-session;
            pancake_api /_other;
            pancake_retry 3 backoff=500ms;
            error_page 502 /sorry;
        }

        location /_other/ {
            internal;
            proxy_pass http://api/other/;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }

        location = /sorry {
            internal;
            add_header X-Result $pancake_result always;
            return 200 "$pancake_attempts [$pancake_upstream_status]";
        }

        location = /pid    { access_log off; return 200 $pid; }
        location = /ping   { access_log off; return 204; }
        location = /status { access_log off; stub_status; }
EOT

my $t = PancakeTest->new->has(qw( http_v2 ssl stub_status pancake_retry ));

my $dir = $t->dir;

system("openssl req -x509 -newkey rsa:2048 -nodes -days 2 "
       . "-subj /CN=localhost -keyout '$dir/shop.key' -out '$dir/shop.crt' "
       . "2>'$dir/openssl.txt'") == 0
    or die 'openssl: ' . $t->log_text('openssl.txt');

my $CONF = "$HTTP server { $SERVER " . places(%PLACE) . '}';

$t->conf($CONF);

my $JSON = '{"buyerEmail":"secret-buyer-55@example.com"}';
my $BOTH = '{"billingDetail":{"country":"US","isBusiness":false,'
           . '"postcode":"94105","state":"CA"}}';

my @ways1 = qw( close reset half_close );
my @ways2 = qw( rst close reset goaway );
my @wayst = qw( notify kill );
my @ways = ((map { "1-$_" } @ways1), (map { "2-$_" } @ways2),
            (map { "tls-$_" } @wayst));

# Buyers who leave in a pause: the place, how many pauses have begun, and what
# the access log says.

my @pauses = (
    [ first    => 1, qr/^499 \[unavailable\] 1 \[500\] \[500\] \[-\]$/ ],
    [ file     => 1, qr/^499 \[unavailable\] 1 \[500\] \[500\] \[-\]$/ ],
    [ second   => 2,
      qr/^499 \[unavailable\] 2 \[500, 500\] \[500, 500\] \[-\]$/ ],
    [ conflict => 4,
      qr/^499\ \[rejected\]\ [4-9]\ \[409(?:,\ 409){3,8}\]
         \ \[409(?:,\ 409){3,8}\]\ \[-\]$/x ],
    [ one      => 1, qr/^499 \[unavailable\] 1 \[500\] \[500\] \[-\]$/ ],
    [ two      => 1,
      qr/^499 \[unavailable\] 2 \[200, 500\] \[200, 500\] \[cs_[^]]+\]$/ ],
    [ far      => 1, qr/^499 \[unavailable\] 1 \[500\] \[500\] \[-\]$/ ],
);

$t->plan(331)->backend(1)->run;

my $who = 0;                    # each buyer has a number


# What this buyer's line in the access log says, without the keys, and these.

sub access {
    my ($buyer) = @_;
    my ($line, $keys);

    $t->wait_for(sub {
        ($line, $keys) = $t->log_text('waiting.log')
                         =~ /^\Q$buyer->{uri}\E (.*) \[(.*)\]\n/m;
        return defined $line;
    });

    ($buyer->{attempts}) = ($line // '') =~ /^\d+ \[.*?\] (\d+)/;
    $buyer->{keys} = { map { $_ => 1 } split /, /, $keys // '' };

    return $line // 'no line';
}


# What the API was asked for a buyer whose access() is known.

sub asked {
    my ($buyer) = @_;

    return grep { $buyer->{keys}{ $_->header('X-Idempotency-Key') } }
                $t->requests;
}


sub paused {
    my ($buyer, $n) = @_;

    return $t->wait_for(sub {
        my @lines = $t->log_text =~ /, \ next\ in\ .*\Q$buyer->{uri}\E\ /xg;
        return @lines >= $n;
    });
}


# The worker has seen everything that was sent before.

sub seen {
    $t->get('/ping') for 1 .. 3;
}


sub head {
    my ($uri, $body) = @_;

    my ($head) = PancakeTest::HTTP->build('POST', $uri, $body,
        Connection => undef, 'Content-Type' => 'application/json');

    return $head;
}


# A buyer over HTTP/1, HTTP/2 or TLS, who waits.

sub buyer {
    my ($place, $how) = @_;

    my $uri = "/$place?" . ++$who;
    my $body = $CHAIN{$place} ? $BOTH : $JSON;
    my ($kind, $way) = split /-/, $how;
    my %buyer = (uri => $uri, way => $way, kind => $kind);

    if ($kind eq '1') {
        $buyer{c} = $t->connect;
        $buyer{c}->send(head($uri, $body) . $body);

    } elsif ($kind eq '2') {
        $buyer{c} = PancakeTest::Frames->connect($t);
        $buyer{stream} = $buyer{c}->post($uri, length $body, $body);

    } else {
        $buyer{pid} = open my $c, '|-', 'exec openssl s_client -quiet '
            . '-no_ign_eof -verify_quiet -connect 127.0.0.1:' . $t->port(7)
            . " >>'$dir/s_client.txt' 2>&1"
            or die "s_client: $!";
        $c->autoflush(1);
        print $c head($uri, $body) . $body;
        $buyer{c} = $c;
    }

    return \%buyer;
}


sub leave {
    my ($buyer) = @_;
    my $way = $buyer->{way};

    if ($buyer->{kind} eq 'tls') {
        kill KILL => $buyer->{pid} if $way eq 'kill';
        local ($?, $!);
        close $buyer->{c};

    } else {
        $buyer->{c}->$way($buyer->{stream});
    }
}



# Buyers who have left, by what the pause was; then another buyer, whose pause
# begins later and is longer: when that is over, theirs would be.

my @gone;

sub none_comes_back {
    my ($case) = @_;

    my $stayer = buyer('stay', '1-close');
    is($stayer->{c}->response->status, 302, "$case: who stays is served");
    is(access($stayer) =~ s/ \[cs_.*//r, '302 [redirected] 2 [500, 200] '
       . '[500, 200]', "$case: after a pause");
    $stayer->{c}->close;

    my @back = grep { scalar(my @asked = asked($_)) != $_->{attempts} } @gone;

    is(join("\n", map { "$_->{uri} $_->{kind}-$_->{way}" } @back), '',
       "$case: nothing is sent for who is gone");
}


# 1. Buyers who leave in a pause.

{
    $t->mode('500')->mode_for('/conflict/', '409')
      ->mode_for('/two/v1/actions/checkout', 'ok')
      ->mode_for('/ok/', 'ok');

    for my $case (@pauses) {
        my ($place, $n, $line) = @$case;
        my @buyers = map { buyer($place, $_) } @ways;

        for my $buyer (@buyers) {
            my $name = "$place, $buyer->{kind}-$buyer->{way}";

            is(paused($buyer, $n), 1, "$name: waits");
            leave($buyer);
            like(access($buyer), $line, "$name: the access log");

            # nginx cannot tell a half-closed connection from a closed one

            if ($buyer->{way} eq 'half_close') {
                is($buyer->{c}->closed, 1, "$name: nginx closes, too");
                $buyer->{c}->close;

            } elsif ($buyer->{way} eq 'rst') {
                my $c = $buyer->{c};
                is($c->answer($c->post('/ok', length $JSON, $JSON)), 302,
                   "$name: the next stream is served");
                $c->close;
            }

            push @gone, $buyer;
        }
    }

    my $status;
    my $alone = $t->wait_for(sub {
        $status = $t->get('/status')->body;
        return $status =~ /^Active connections: 1 \n/
               && $status =~ /Writing: 1 Waiting: 0/;
    });
    is($alone, 1, 'pauses: no connection is left') or diag($status);
}


# 2. Buyers who leave during an attempt.

{
    my @flights = (
        [ cut => 1, qr/^504 \[unavailable\] 1 \[504\] \[504\] \[-\]$/,
          qr/^499 \[unavailable\] 1 \[504\] \[504\] \[-\]$/,
          [ 'hang_header' ] ],
        [ fails => 1, qr/^499 \[unavailable\] 1 \[500\] \[500\] \[-\]$/,
          qr/^499 \[unavailable\] 1 \[500\] \[500\] \[-\]$/,
          [ '500', gate => 'header' ] ],
        [ again => 2,
          qr/^499 \[unavailable\] 2 \[500, 500\] \[500, 500\] \[-\]$/,
          qr/^499 \[unavailable\] 2 \[500, 500\] \[500, 500\] \[-\]$/,
          ([ '500' ]) x @ways, [ '500', gate => 'header' ] ],
        [ flies => 1, qr/^302 \[redirected\] 1 \[200\] \[200\] \[cs_[^]]+\]$/,
          qr/^499 \[-\] 1 \[200\] \[200\] \[cs_[^]]+\]$/,
          [ 'ok', gate => 'header' ] ],
    );

    $t->mode('ok')->mode_for('/stay/', [ '500' ], [ 'ok' ]);

    my %buyers;
    my $begun = $t->requests;

    for my $flight (@flights) {
        my ($place, $n, undef, undef, @modes) = @$flight;

        $t->mode_for("/$place/", @modes);
        $buyers{$place} = [ map { buyer($place, $_) } @ways ];
        $begun += $n * @ways;
        $t->wait_for_requests($begun);
    }

    is(scalar $t->requests, $begun, 'flights: all are under way');

    leave($_) for map { @$_ } values %buyers;
    seen();
    is($t->log_text('waiting.log') =~ m{^/(?:fails|again|flies)\?}m ? 1 : 0,
       0, 'flights: none is cut');
    $t->release;

    for my $flight (@flights) {
        my ($place, $n, $line1, $line2) = @$flight;

        for my $buyer (@{ $buyers{$place} }) {
            my $name = "$place, $buyer->{kind}-$buyer->{way}";

            like(access($buyer), $buyer->{kind} eq '2' ? $line2 : $line1,
                 "$name: the access log");
            $buyer->{c}->close if $buyer->{way} =~ /^(?:half_close|rst)$/;
            push @gone, $buyer;
        }
    }

    none_comes_back('pauses, flights');
}


# 3. The deadline cuts what is under way, and nothing else; the connection of
# the buyer goes on, that of the API is closed.

{
    my $head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
               . "Content-Length: 1000\r\n";
    my $hang = 'hang_header';

    $t->clear_requests->mode('ok')
      ->mode_for('/silent/', $hang)
      ->mode_for('/drip/', 'raw', delay => 0.1, pieces =>
                 [ "$head\r\n", ('x') x 900 ])
      ->mode_for('/headless/', 'raw', delay => 0.1, pieces =>
                 [ $head, map { "X-Drip: $_\r\n" } 1 .. 900 ])
      ->mode_for('/half/', 'hang_body')
      ->mode_for('/late/', [ '500' ], [ '500' ], [ $hang ])
      ->mode_for('/order/v1/actions/onetime', $hang);

    socket(my $deaf, PF_INET, SOCK_STREAM, 0);
    setsockopt($deaf, SOL_SOCKET, SO_REUSEADDR, 1);
    setsockopt($deaf, SOL_SOCKET, SO_RCVBUF, 2048);
    setsockopt($deaf, IPPROTO_TCP, TCP_MAXSEG, 536);
    bind($deaf, pack_sockaddr_in($t->port(2), INADDR_LOOPBACK))
        && listen($deaf, 5) or die "deaf: $!";

    # its queue is full, and the kernel drops who comes

    socket(my $full, PF_INET, SOCK_STREAM, 0);
    setsockopt($full, SOL_SOCKET, SO_REUSEADDR, 1);
    bind($full, pack_sockaddr_in($t->port(3), INADDR_LOOPBACK))
        && listen($full, 0) or die "full: $!";

    my @queue = map {
        socket(my $s, PF_INET, SOCK_STREAM, 0);
        $s->blocking(0);
        connect($s, pack_sockaddr_in($t->port(3), INADDR_LOOPBACK));
        $s;
    } 1 .. 4;

    # place, seconds at least, what the access log says

    my @cuts = (
        [ silent   => 1, '1 [504] [504] [-]' ],
        [ drip     => 1, '1 [200] [200] [-]' ],
        [ headless => 1, '1 [504] [504] [-]' ],
        [ half     => 1, '1 [200] [200] [-]' ],
        [ late     => 3, '2 [500, 504] [500, 504] [-]' ],
        [ order    => 2, '2 [200, 504] [200, 504] [cs]' ],
        [ deaf     => 1, '1 [504] [504] [-]' ],
        [ full     => 1, '1 [504] [504] [-]' ],
        [ unknown  => 1, '1 [504] [-] [-]' ],
    );

    my @buyers;

    for my $cut (@cuts) {
        push @buyers, map { { %{ buyer($cut->[0], $_) }, began => time,
                              cut => $cut } } '1-close', '2-close';
    }

    for my $buyer (@buyers) {
        my ($place, $least, $line) = @{ $buyer->{cut} };
        my $name = "deadline, $place, HTTP/$buyer->{kind}";
        my $c = $buyer->{c};

        my $status = $buyer->{kind} eq '1' ? $c->response->status
                                           : $c->answer($buyer->{stream});
        is($status, 504, "$name: status");
        $buyer->{ended} = time;

        is(access($buyer) =~ s/\[cs_[^]]+/[cs/r,
           "504 [unavailable] $line", "$name: the access log");
    }

    is(scalar(grep { $_ > 1000 && $_ < 45_000 }
              split /\n/, $t->log_text('deaf.log')), 2,
       'deadline, deaf: the request was not sent whole');

    for my $buyer (@buyers) {
        my ($place, $least, $line) = @{ $buyer->{cut} };
        my $name = "deadline, $place, HTTP/$buyer->{kind}";
        my $c = $buyer->{c};

        cmp_ok($buyer->{ended} - $buyer->{began}, '>', $least - 0.5,
               "$name: not before");

        $c->send(head('/ok', $JSON) . $JSON) if $buyer->{kind} eq '1';
        my $status = $buyer->{kind} eq '1' ? $c->response->status
            : $c->answer($c->post('/ok', length $JSON, $JSON));
        is($status, 302, "$name: the same connection goes on");
        $c->close;
    }

    close $_ for @queue, $deaf, $full;

    # those of the API that were cut

    my %cut = map { $_->{conn} => 1 }
              grep { $_->target =~ m{^/(?:silent|drip|headless|half)/}
                     || $_->target =~ m{^/order/v1/actions/onetime} }
              $t->requests;
    is(scalar keys %cut, 10, 'deadline: connections that were cut');

    my @open = grep { !$t->wait_for_event(qr/^$_ closed by peer/) }
               sort keys %cut;
    is("@open", '', 'deadline: all are closed');
    is(scalar(grep { $cut{$_->{conn}} && $_->target =~ m{^/ok/} }
                   $t->requests), 0, 'deadline: none is used again');
}


# 4. What else comes over the connection of a buyer who waits.

sub location {
    my ($place) = @_;
    my ($last) = reverse grep { $_->target =~ m{^/$place/} } $t->requests;
    return $last->checkout_url;
}


{
    $t->clear_requests->mode('ok')->mode_for('/turn/', ([ '500' ]) x 3,
                                             [ 'ok' ]);

    my $whole = buyer('turn', '1-close');
    my $part = buyer('turn', '1-close');
    my $h2 = buyer('turn', '2-close');
    my $second = head('/ok', $JSON) . $JSON;

    is(join(' ', map { paused($_, 1) } $whole, $part, $h2), '1 1 1',
       'more requests: the first wait');

    $whole->{c}->send($second);
    $part->{c}->send(substr $second, 0, 40);
    is($h2->{c}->answer($h2->{c}->post('/ok', length $JSON, $JSON)), 302,
       'more requests: another stream is served');
    is(scalar(grep { $_->target =~ m{^/turn/} } $t->requests), 3,
       'more requests: while the first waits');

    my @r = $whole->{c}->responses(2);
    is(join(' ', map { $_->status } @r), '302 302',
       'pipelined behind one that waits: both are answered');

    access($whole);
    my ($made) = reverse asked($whole);
    is($r[0]->location, $made->checkout_url,
       'pipelined: the first gets the first answer');
    is($r[1]->location, location('ok'),
       'pipelined: the second gets the second');

    is($part->{c}->response->status, 302,
       'a part of the second: the first is answered');
    $part->{c}->send(substr $second, 40);
    is($part->{c}->response->status, 302,
       'a part of the second: the second is answered');

    is($h2->{c}->answer($h2->{stream}), 302,
       'another stream: the first is answered');

    $_->{c}->close for $whole, $part, $h2;
}


# 5. Pauses: how long they are, and that none ends after the deadline.

sub pauses {
    my ($buyer) = @_;
    return $t->log_text =~ /, next in (\d+) ms: .*\Q$buyer->{uri}\E /g;
}


{
    $t->clear_requests->mode('ok')
      ->mode_for('/default/', '503', retry_after => 30)
      ->mode_for('/later/', [ '503', retry_after => 2 ], [ 'ok' ])
      ->mode_for('/double/', '500')
      ->mode_for('/short/', '500')
      ->mode_for('/taken/', '409');

    # place, answer, Retry-After, access log, shortest pauses

    my @cases = (
        [ 'default', 503, 30, '[unavailable] 1 [503] [503]' ],
        [ 'later', 302, undef, '[redirected] 2 [503, 200] [503, 200]',
          2000 ],
        [ 'double', 502, undef, '[unavailable] 3 [500, 500, 500] '
          . '[500, 500, 500]', 1000, 2000 ],
        [ 'short', 502, undef, '[unavailable] 2 [500, 500] [500, 500]',
          1000 ],
        [ 'taken', 409, 1, '[rejected] 4 [409, 409, 409, 409] '
          . '[409, 409, 409, 409]', 250, 500, 1000 ],
    );

    my %buyer = map { $_->[0] => buyer($_->[0], '1-close') } @cases;

    for my $case (@cases) {
        my ($place, $status, $after, $line, @least) = @$case;
        my $buyer = $buyer{$place};
        my $r = $buyer->{c}->response;
        $buyer->{c}->close;

        is($r->status, $status, "pauses, $place: status");
        is($r->header('Retry-After'), $after, "pauses, $place: Retry-After");
        is(access($buyer) =~ s/ \[[^[]*$//r, "$status $line",
           "pauses, $place: the access log");

        my @pauses = pauses($buyer);
        my @wrong = grep { $pauses[$_] < $least[$_]
                           || $pauses[$_] > $least[$_] * 1.2 } 0 .. $#least;
        is(scalar @pauses, scalar @least, "pauses, $place: their number");
        is("@pauses[@wrong]", '', "pauses, $place: as long as they say");

        my @times = map { $_->{time} }
                    grep { $_->target =~ m{^/$place/} } $t->requests;
        my @early = grep { $times[$_ + 1] - $times[$_]
                           < $least[$_] / 1000 - 0.1 } 0 .. $#least;
        is("@times[@early]", '', "pauses, $place: as long as they were");
    }
}


# 6. Error pages behind retries.

{
    $t->clear_requests->mode('500')
      ->mode_for('/other/', [ '500' ], [ 'ok' ], [ '500' ]);

    my $page = buyer('page', '1-close');
    my $r = $page->{c}->response;
    $page->{c}->close;

    is($r->status, 502, 'error page: status');
    is($r->body, '2 [500, 500]', 'error page: the attempts');
    is($r->header('X-Result'), 'unavailable', 'error page: the result');

    my $onward = buyer('onward', '1-close');
    is($onward->{c}->response->status, 302,
       'error page that is a checkout: status');
    is(access($onward) =~ s/ \[cs_.*//r, '302 [redirected] 2 [500, 200] '
       . '[500, 500, 500, 200]', 'error page that is a checkout: log');
    $onward->{c}->close;

    $onward = buyer('onward', '1-close');
    paused($onward, 2);
    $onward->{c}->close;
    is(access($onward), '499 [unavailable] 1 [500] [500, 500, 500] [-]',
       'error page that is a checkout: the buyer leaves');
}


# 7. Many wait at once.

{
    $t->clear_requests->mode_for('/ten/', ([ '500' ]) x 10, [ 'ok' ]);

    my @buyers = map { buyer('ten', ('1-close', '2-close')[$_ % 2]) } 1 .. 10;
    is(join(' ', map { paused($_, 1) } @buyers), join(' ', (1) x 10),
       'ten: all wait');

    my @status = map { $_->{kind} eq '1' ? $_->{c}->response->status
                                         : $_->{c}->answer($_->{stream}) }
                 @buyers;
    is("@status", join(' ', (302) x 10), 'ten: all are served');

    my (%seen, @other);

    for my $buyer (@buyers) {
        my ($status, $id) = access($buyer) =~ /^(\d+) .* \[(.*)\]/;
        my @asked = asked($buyer);

        push @other, $buyer->{uri}
            unless @asked == 2 && $asked[0]->body eq $asked[1]->body
                   && $asked[1]->session_id eq $id && !$seen{$id}++;
        $buyer->{c}->close;
    }

    is("@other", '', 'ten: each has a session of its own');
}


# 8. A worker that goes: reload, quit, timeout, and the fast end.

sub answer {
    my ($buyer) = @_;

    return $buyer->{kind} eq '2' ? $buyer->{c}->answer($buyer->{stream})
                                 : $buyer->{c}->response->status;
}


# Four buyers, over HTTP/1 and HTTP/2, in a pause and in an attempt.

sub waiting {
    my ($pause, $flight) = @_;

    my @paused = map { buyer($pause, $_) } '1-close', '2-close';
    is(join(' ', map { paused($_, 1) } @paused), '1 1', "$pause: they wait");

    my $before = grep { $_->target =~ m{^/$flight/} } $t->requests;
    my @flight = map { buyer($flight, $_) } '1-close', '2-close';
    is($t->wait_for(sub {
        2 == grep { $_->target =~ m{^/$flight/} } $t->requests;
    }), 1, "$flight: they are called for");

    return @paused, @flight;
}


sub modes {
    $t->clear_requests->mode('ok')
      ->mode_for('/turn/', ([ '500' ]) x 2, [ 'ok' ])
      ->mode_for('/gated/', ([ '500', gate => 'header' ]) x 2, [ 'ok' ])
      ->mode_for('/far/', '500')
      ->mode_for('/hang/', 'hang_header')
      ->mode_for('/hang2/', 'hang_header');
}


{
    modes();

    my ($old) = $t->worker_pids;
    my @buyers = waiting('turn', 'gated');

    is($t->reload(keep_old => 1), 1, 'reload: done');
    my ($new) = $t->worker_pids;
    is(join(' ', sort $t->worker_pids(all => 1)), join(' ', sort $old, $new),
       'reload: the old worker stays');
    is($t->get('/pid')->body, $new, 'reload: the new one serves');

    my $r = $t->post_json('/ok', $JSON);
    is($r->location, location('ok'), 'reload: the new one makes a checkout');

    $t->release;

    is(join(' ', map { answer($_) } @buyers), '302 302 302 302',
       'reload: who waited is served');
    is(join(' ', map { (split / /, access($_))[2] } @buyers), '2 2 2 2',
       'reload: at the second attempt');
    $_->{c}->close for @buyers;

    is($t->wait_for(sub {
        join(' ', $t->worker_pids(all => 1)) eq $new;
    }), 1, 'reload: the old worker exits');
}


{
    modes();

    my @buyers = waiting('turn', 'gated');

    kill QUIT => $t->pid;
    $t->release;

    is(join(' ', map { answer($_) } @buyers), '302 302 302 302',
       'quit: who waited is served');
    $_->{c}->close for @buyers;

    $t->stop;
}


# A worker that must go in a second takes nobody's pause into account.

$t->conf($CONF, main => 'worker_shutdown_timeout 1s;')->run;

{
    modes();

    my @buyers = map { buyer('far', $_) } '1-close', '2-close', 'tls-notify';
    is(join(' ', map { paused($_, 1) } @buyers), '1 1 1',
       'shutdown timeout: they wait');
    push @buyers, buyer('hang', '1-close');
    is($t->wait_for(sub { $t->requests == 4 }), 1,
       'shutdown timeout: one is called for');

    is($t->reload, 1, 'shutdown timeout: the old worker is gone');

    my $paused = '[unavailable] 1 [500] [500] [-]';
    is(join("\n", map { access($_) } @buyers), join("\n", "000 $paused",
       "499 $paused", "000 $paused", '000 [-] 1 [-] [-] [-]'),
       'shutdown timeout: the access log');
    is(answer($buyers[0]), 0, 'shutdown timeout: no answer over HTTP/1');
    is(answer($buyers[1]), 'closed',
       'shutdown timeout: no answer over HTTP/2');
    leave($_) for @buyers;

    is($t->post_json('/ok', $JSON)->status, 302,
       'shutdown timeout: the new worker serves');
}


# Over HTTP/2 an attempt is not ended by that, but by the deadline.

{
    modes();

    my $buyer = buyer('hang2', '2-close');
    $t->wait_for_requests(1);

    is($t->reload, 1, 'shutdown timeout, attempt: the old worker is gone');
    is(access($buyer), '499 [unavailable] 1 [504] [504] [-]',
       'shutdown timeout, attempt: the access log');
    $buyer->{c}->close;
}


# The fast end waits for nobody.

{
    modes();

    my @buyers = waiting('far', 'hang');
    my $pid = $t->pid;
    my @workers = $t->worker_pids;

    kill TERM => $pid;

    is(join(' ', map { answer($_) } @buyers), '0 closed 0 closed',
       'term: nobody gets an answer');
    is($t->wait_for(sub { !$t->worker_pids(all => 1) }), 1,
       'term: the worker is gone');
    $_->{c}->close for @buyers;
    $t->stop;
}
