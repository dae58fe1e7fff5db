# A buyer who leaves, at any step and in any way, does not cut a call to the
# API, and leaves nothing behind: no connection, no request without a line in
# the access log.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use PancakeTest::Frames;
use Test::More;

use IO::Select ();
use Socket qw( PF_INET SOCK_STREAM SOL_SOCKET SO_RCVBUF inet_aton
               pack_sockaddr_in );

my $t = PancakeTest->new->has(qw( http_v2 ))->conf(<<'EOT');
    %%CREDENTIALS%%
    %%RETRY_OFF%%

    # those who leave while a thread signs are in 58-threads.t
    pancake_signing inline;

    pancake_set productId %%PRODUCT%%;
    pancake_set currency USD;

    log_format left '$uri $status [$pancake_result] $pancake_attempts '
                    '[$pancake_upstream_status]';

    server {
        listen 127.0.0.1:%%PORT_0%% sndbuf=4k;
        listen 127.0.0.1:%%PORT_8%% http2;
        access_log %%DIR%%/left.log left;

        location = /buy   { pancake_checkout create-session; }
        location = /json  { pancake_checkout create-session;
                            pancake_reply json; }
        location = /file  { pancake_checkout create-session;
                            client_body_in_file_only clean; }
        location = /chain { pancake_checkout create-session create-order; }
        location = /page  { pancake_checkout create-session;
                            error_page 502 /sorry; }
        location = /sorry { internal; return 200 sorry; }
        location = /ping  { access_log off; return 204; }

        %%API_LOCATION%%
    }
EOT

my $JSON = '{"buyerEmail":"secret-buyer-51@example.com"}';
my $BOTH = '{"billingDetail":{"country":"US","isBusiness":false,'
           . '"postcode":"94105","state":"CA"}}';

# Ways to leave over HTTP/1 and HTTP/2.

my @ways1 = qw( close reset half_close );
my @ways2 = qw( rst close reset goaway );

# During the calls: name, place, body, modes, how many calls have begun when
# the buyer leaves and how many there are in the end over HTTP/1 and HTTP/2,
# and what the access log says then.

my @calls = (
    [ 'before the header', '/buy', $JSON, [ [ 'ok', gate => 'header' ] ],
      1, 1, 1, '/buy 302 [redirected] 1 [200]', '/buy 499 [-] 1 [200]' ],
    [ 'in a file, before the header', '/file', $JSON,
      [ [ 'ok', gate => 'header' ] ],
      1, 1, 1, '/file 302 [redirected] 1 [200]', '/file 499 [-] 1 [200]' ],
    [ 'in the answer', '/buy', $JSON, [ [ 'ok', gate => 'body' ] ],
      1, 1, 1, '/buy 302 [redirected] 1 [200]', '/buy 499 [-] 1 [200]' ],
    [ 'before the API fails', '/page', $JSON, [ [ '500', gate => 'header' ] ],
      1, 1, 1, '/sorry 502 [unavailable] 1 [500]',
      '/page 499 [unavailable] 1 [500]' ],
    [ 'before a large answer', '/json', $JSON,
      [ [ 'oversize_chunk', gate => 'body', size => 5_000_000 ] ],
      1, 1, 1, '/json 502 [error] 1 [200]', '/json 499 [error] 1 [200]' ],
    [ 'in the first of two', '/chain', $BOTH, [ [ 'ok', gate => 'header' ] ],
      1, 2, 1, '/chain 302 [redirected] 2 [200, 200]',
      '/chain 499 [-] 1 [200]' ],
    [ 'in the second of two', '/chain', $BOTH,
      [ [ 'ok' ], [ 'ok', gate => 'header' ] ],
      2, 2, 2, '/chain 302 [redirected] 2 [200, 200]',
      '/chain 499 [-] 2 [200, 200]' ],
);

$t->plan(40 + 3 * 4 + 5 * @ways1 * @calls + 6 * @ways2 * @calls)
  ->backend(1)->run;

my ($worker) = $t->worker_pids;


sub access { $t->next_lines('left.log') }


# The worker has seen everything that was sent before.

sub seen {
    $t->get('/ping') for 1 .. 3;
}


# Whether nginx has closed the connection of the last call.

sub cut {
    my $conn = ($t->requests)[-1]{conn};
    return join ' ', grep { /^$conn closed/ } $t->events;
}


sub head {
    my ($uri, $body) = @_;

    my ($head) = PancakeTest::HTTP->build('POST', $uri, $body,
        Connection => undef, 'Content-Type' => 'application/json');

    return $head;
}


sub leave {
    my ($c, $way) = @_;
    $c->$way;
    seen();
}


# Before the body is complete: no call.  A half of it, then nothing.

for my $way (@ways1) {
    for my $case (
        [ 'in the header', substr(head('/buy', $JSON), 0, 30),
          '/buy 400 [-] - [-]' ],
        [ 'after the header', head('/buy', $JSON), '/buy 400 [-] - [-]' ],
        [ 'in the body', head('/buy', $JSON) . substr($JSON, 0, 9),
          '/buy 400 [-] - [-]' ],
        [ 'in the body of a file', head('/file', $JSON) . substr($JSON, 0, 9),
          '/file 400 [-] - [-]' ],
    ) {
        my ($name, $bytes, $line) = @$case;

        $t->clear_requests->mode('ok');

        my $c = $t->connect;
        $c->send($bytes);
        seen();
        leave($c, $way);

        is(access(), $line, "HTTP/1, $way $name: the access log");
    }

    is(scalar $t->requests, 0, "HTTP/1, $way before the end: no call");
}


for my $way (@ways2) {
    for my $case (
        [ 'after the header', undef, '/buy' ],
        [ 'in the body', substr($JSON, 0, 9), '/buy' ],
        [ 'in the body of a file', substr($JSON, 0, 9), '/file' ],
    ) {
        my ($name, $part, $uri) = @$case;

        $t->clear_requests->mode('ok');

        my $c = PancakeTest::Frames->connect($t);
        my $stream = $c->post($uri, length $JSON, $part);
        seen();
        $c->$way($stream);

        is(access(), "$uri 499 [-] - [-]",
           "HTTP/2, $way $name: the access log");
        $c->close unless $way eq 'reset';
    }

    is(scalar $t->requests, 0, "HTTP/2, $way before the end: no call");
}


# During a call: it is not cut.

for my $call (@calls) {
    my ($name, $uri, $body, $modes, $begun, $all1, $all2, $line1, $line2)
        = @$call;

    for my $way (@ways1) {
        my $n = "HTTP/1, $way $name";

        $t->clear_requests->mode(@$modes);

        my $c = $t->connect;
        $c->send(head($uri, $body) . $body);
        is(scalar $t->wait_for_requests($begun), $begun, "$n: a call");

        leave($c, $way);

        is(cut(), '', "$n: not cut");

        $t->release;

        is(access(), $line1, "$n: the access log");
        is(scalar $t->requests, $all1, "$n: calls");

        if ($way eq 'half_close') {
            my ($status) = $line1 =~ /^\S+ (\d+)/;
            is($c->response->{status}, $status, "$n: the answer arrives");
            $c->close;
        } else {
            is(($t->worker_pids)[0], $worker, "$n: the worker lives");
        }
    }

    for my $way (@ways2) {
        my $n = "HTTP/2, $way $name";

        $t->clear_requests->mode(@$modes);

        my $c = PancakeTest::Frames->connect($t);
        my $stream = $c->post($uri, length $body, $body);
        is(scalar $t->wait_for_requests($begun), $begun, "$n: a call");

        $c->$way($stream);
        seen();

        is(cut(), '', "$n: not cut");

        $t->release;

        is(access(), $line2, "$n: the access log");
        is(scalar $t->requests, $all2, "$n: calls");

        # other streams of the connection go on

        if ($way eq 'rst') {
            $t->mode('ok');
            is($c->answer($c->post('/buy', length $JSON, $JSON)), 302,
               "$n: the next stream");
            is(access(), '/buy 302 [redirected] 1 [200]',
               "$n: the next stream in the access log");
        } else {
            is(($t->worker_pids)[0], $worker, "$n: the worker lives");
            is($t->get('/ping')->status, 204, "$n: the worker works");
        }

        $c->close unless $way eq 'reset';
    }
}


# While the answer is sent: the client takes little of it.

for my $way (@ways1) {
    my $n = "HTTP/1, $way in the answer";

    $t->clear_requests->mode('oversize_length', size => 60_000);

    socket(my $s, PF_INET, SOCK_STREAM, 0);
    setsockopt($s, SOL_SOCKET, SO_RCVBUF, 2048);
    connect($s, pack_sockaddr_in($t->port(0), inet_aton('127.0.0.1')));

    my $c = bless { socket => $s, timeout => $t->timeout, buffer => '',
                    state => '' }, 'PancakeTest::HTTP';

    $c->send(head('/json', $JSON) . $JSON);

    is(scalar IO::Select->new($s)->can_read($t->timeout), 1,
       "$n: it begins");
    seen();
    is(scalar split(/\n/, $t->log_text('left.log')),
       $t->lines_seen('left.log'),
       "$n: it is not sent yet");

    leave($c, $way);

    is(access(), '/json 200 [replied] 1 [200]', "$n: the access log");
    is(scalar $t->requests, 1, "$n: one call");
    is(($t->worker_pids)[0], $worker, "$n: the worker lives");
    close $s if $way eq 'half_close';
}


# Two buyers on one connection: the first leaves, the other is served.

{
    $t->clear_requests->mode([ 'ok', gate => 'header' ], [ 'ok' ]);

    my $c = PancakeTest::Frames->connect($t);
    my $first = $c->post('/buy', length $JSON, $JSON);
    $t->wait_for_requests(1);
    my $second = $c->post('/json', length $JSON, $JSON);

    is($c->answer($second), 'indexed 136', 'two streams: the second');
    is(access(), '/json 200 [replied] 1 [200]', 'two streams: the log');

    $c->rst($first);
    seen();
    $t->release;
    is(access(), '/buy 499 [-] 1 [200]', 'two streams: the first in the log');

    my $third = $c->post('/buy', length $JSON, $JSON);
    is($c->answer($third), 302, 'two streams: the third');
    $c->close;
    access();
}

# A pipelined request behind one that its buyer does not wait for.

{
    $t->clear_requests->mode([ 'ok', gate => 'header' ], [ 'ok' ]);

    my $c = $t->connect;
    $c->send((head('/buy', $JSON) . $JSON) x 2);
    $t->wait_for_requests(1);
    $c->half_close;
    seen();
    $t->release;

    my @r = $c->responses(2);
    $c->close;

    is($r[0]->status, 302, 'pipelined, half closed: the first');
    is($r[0]->location, ($t->requests)[0]->checkout_url,
       'pipelined, half closed: its Location');
}
