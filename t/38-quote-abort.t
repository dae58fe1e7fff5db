# A buyer who leaves while the shop is asked cuts that request, as with
# proxy_pass alone, and the API is not called; one who leaves later does not
# cut the call.  Nothing is left behind, also over a reload.

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

my $CONF = <<'EOT';
    %%CREDENTIALS%%
    %%RETRY_OFF%%

    pancake_signing inline;

    log_format left '$uri $status [$pancake_result] [$upstream_status] '
                    '[$pancake_upstream_status]';

    server {
        listen 127.0.0.1:%%PORT_0%% sndbuf=4k;
        listen 127.0.0.1:%%PORT_8%% http2;
        access_log %%DIR%%/left.log left;

        pancake_quote /_quote;

        location = /buy   { pancake_checkout create-session; }
        location = /file  { pancake_checkout create-session;
                            client_body_in_file_only clean; }
        location = /raw   { pancake_checkout create-session;
                            pancake_quote /_raw; }
        location = /disk  { pancake_checkout create-session;
                            pancake_quote /_disk; }
        location = /keep  { pancake_checkout create-session;
                            pancake_quote /_keep; }
        location = /page  { pancake_checkout create-session;
                            error_page 500 502 504 /sorry; }
        location = /sorry { internal; return 200 sorry; }
        location = /ping  { access_log off; return 204; }

        location = /_quote {
            internal;
            proxy_pass http://127.0.0.1:%%PORT_2%%/quote;
            proxy_http_version 1.1;
        }
        location = /_raw {
            internal;
            proxy_pass http://127.0.0.1:%%PORT_2%%/quote;
            proxy_http_version 1.1;
            proxy_buffering off;
        }
        location = /_disk {
            internal;
            proxy_pass http://127.0.0.1:%%PORT_2%%/quote;
            proxy_http_version 1.1;
            proxy_buffers 2 4k;
            proxy_buffer_size 4k;
            proxy_busy_buffers_size 4k;
            proxy_temp_file_write_size 8k;
        }
        location = /_keep {
            internal;
            proxy_pass http://127.0.0.1:%%PORT_2%%/quote;
            proxy_http_version 1.1;
            proxy_ignore_client_abort on;
        }

        %%API_LOCATION%%
    }
EOT

my $t = PancakeTest->new->has(qw( http_v2 ))->conf($CONF);

my $JSON = '{"darkMode":true}';
my $GOOD = '{"productId":"' . $t->product . '","currency":"USD"}';
my $PAGE = '<html>' . 'cart ' x 50;
my $LARGE = 'x' x 2_000_000;

my @ways1 = qw( close reset half_close );
my @ways2 = qw( rst close reset goaway );

my @quote = ('reply', body => $GOOD);
my @page = ('reply', status => 200, type => 'text/html', body => $PAGE);

# While the shop is asked: name, place, what it says, and what the access
# log has in the end.

my @cases = (
    [ 'before a quote', '/buy', [ @quote, gate => 'header' ] ],
    [ 'before a quote, unbuffered', '/raw', [ @quote, gate => 'header' ] ],
    [ 'before a quote, body in a file', '/file',
      [ @quote, gate => 'header' ] ],
    [ 'before a quote, error pages', '/page', [ @quote, gate => 'header' ] ],
    [ 'in a quote', '/buy', [ @quote, gate => 'body' ] ],
    [ 'in a quote, unbuffered', '/raw', [ @quote, gate => 'body' ] ],
    [ 'in a quote, small buffers', '/disk', [ @quote, gate => 'body' ] ],
    [ 'before a page', '/buy', [ @page, gate => 'header' ] ],
    [ 'in a page', '/buy', [ @page, gate => 'body' ], 'passed' ],
    [ 'in a page, unbuffered', '/raw', [ @page, gate => 'body' ], 'passed' ],
);

$t->plan(521)->backend(1)->backend(2)->run;

my ($worker) = $t->worker_pids;


sub shop { $t->upstream(2) }


sub access { $t->next_lines('left.log') }


# The next so many, in any order.

sub skip_lines { $t->skip_lines('left.log', $_[0]) }


# The worker has seen everything that was sent before.

sub seen { $t->get('/ping') for 1 .. 3 }


sub sockets {
    my ($pid) = @_;
    return scalar grep { (readlink $_ // '') =~ /^socket:/ }
                  glob "/proc/$pid/fd/*";
}


# What a request leaves behind is closed soon.

sub settled {
    my ($before) = @_;
    return $t->wait_for(sub { sockets($worker) <= $before }) ? 'as before'
         : sockets($worker) . " sockets, not $before";
}


sub begin {
    my (@mode) = @_;

    $t->clear_requests->mode('ok');
    shop->clear_requests->mode(@mode);
}


sub asked { return scalar(shop->requests) . '/' . scalar($t->requests) }


sub bytes {
    my ($uri, %h) = @_;

    return join '', PancakeTest::HTTP->build('POST', $uri, $JSON,
        Connection => undef, 'Content-Type' => 'application/json', %h);
}


sub cut {
    return shop->wait_for_event(qr/ closed by peer/) ? 'cut' : 'not cut';
}


seen();
my $sockets = sockets($worker);

for my $case (@cases) {
    my ($name, $uri, $mode, $passed) = @$case;
    my $result = $passed // '-';

    for my $way (@ways1) {
        my $seen = $passed && $uri ne '/raw' ? qr/passed|-/ : qr/$result/;
        my $n = "HTTP/1, $way $name";

        begin(@$mode);
        my $c = $t->connect;
        $c->send(bytes($uri));
        is(scalar shop->wait_for_requests(1), 1, "$n: the shop is asked");

        # of a page the header is the buyer's, when nginx has seen it

        IO::Select->new($c->socket)->can_read($t->timeout)
            if $passed && $uri eq '/raw';
        seen();
        $c->$way;

        is(cut(), 'cut', "$n: the shop's request");
        like(access(), qr/^$uri [24]\d\d \[(?:$seen)\] \[\S*\] \[-\]\z/,
             "$n: the access log");
        shop->release;
        seen();
        is(asked(), '1/0', "$n: the API is not called");
        $c->close if $way eq 'half_close';
        is(settled($sockets), 'as before', "$n: sockets");
    }

    for my $way (@ways2) {
        my $n = "HTTP/2, $way $name";

        begin(@$mode);
        my $c = PancakeTest::Frames->connect($t);
        my $stream = $c->post($uri, length $JSON, $JSON);
        is(scalar shop->wait_for_requests(1), 1, "$n: the shop is asked");
        is($c->answer($stream), 'indexed 136', "$n: it begins") if $passed;
        seen();
        $c->$way($stream);

        is(cut(), 'cut', "$n: the shop's request");
        like(access(), qr/^$uri [24]\d\d \[\Q$result\E\] \[\S*\] \[-\]\z/,
             "$n: the access log");
        shop->release;
        seen();
        is(asked(), '1/0', "$n: the API is not called");

        if ($way eq 'rst') {
            begin(@quote);
            is($c->answer($c->post('/buy', length $JSON, $JSON)), 302,
               "$n: the next stream");
            access();
        }

        $c->close unless $way eq 'reset';
        is(settled($sockets), 'as before', "$n: sockets");
    }
}


# Before the body is there nobody is asked.

for my $way (@ways1) {
    for my $uri (qw( /buy /file )) {
        begin(@quote);
        my $c = $t->connect;
        $c->send(substr bytes($uri), 0, -5);
        seen();
        $c->$way;
        is(access(), "$uri 400 [-] [-] [-]", "HTTP/1, $way in the body");
        is(asked(), '0/0', "HTTP/1, $way in the body: nobody is asked");
        $c->close if $way eq 'half_close';
    }
}


# While the API is called: not cut.

for my $way (@ways1, @ways2) {
    my $two = grep { $_ eq $way } qw( rst goaway );

    for my $http2 ($two ? 1 : $way eq 'half_close' ? 0 : (0, 1)) {
        my $n = 'HTTP/' . ($http2 ? 2 : 1) . ", $way during the call";

        begin(@quote);
        $t->mode('ok', gate => 'header');
        my ($c, $stream);

        if ($http2) {
            $c = PancakeTest::Frames->connect($t);
            $stream = $c->post('/buy', length $JSON, $JSON);
        } else {
            $c = $t->connect;
            $c->send(bytes('/buy'));
        }

        is(scalar $t->wait_for_requests(1), 1, "$n: a call");
        $c->$way($stream);
        seen();
        is(join('', grep { /closed/ } $t->events), '', "$n: not cut");
        $t->release;
        is(access(), $http2 ? '/buy 499 [-] [200, 200] [200]'
                            : '/buy 302 [redirected] [200, 200] [200]',
           "$n: the access log");
        is(asked(), '1/1', "$n: asked");
        $c->close unless $way =~ /reset|^close|goaway/;
        is(settled($sockets), 'as before', "$n: sockets");
    }

    last if $way eq 'goaway';
}


# A location that does not look after the buyer keeps the shop's request.

for my $way (@ways1) {
    my $n = "HTTP/1, $way, ignored";

    begin(@quote, gate => 'header');
    my $c = $t->connect;
    $c->send(bytes('/keep'));
    shop->wait_for_requests(1);
    $c->$way;
    seen();
    is(join('', grep { /closed/ } shop->events), '', "$n: not cut");
    shop->release;
    is(access(), '/keep 302 [redirected] [200, 200] [200]',
       "$n: the access log");
    is(asked(), '1/1', "$n: asked");
    $c->close if $way eq 'half_close';
    is(settled($sockets), 'as before', "$n: sockets");
}


# In a large page that is taken slowly.

for my $way (@ways1) {
    for my $uri (qw( /buy /raw /disk )) {
        my $n = "HTTP/1, $way in a large page, $uri";

        begin('reply', type => 'text/html', body => $LARGE);

        socket(my $s, PF_INET, SOCK_STREAM, 0);
        setsockopt($s, SOL_SOCKET, SO_RCVBUF, 2048);
        connect($s, pack_sockaddr_in($t->port(0), inet_aton('127.0.0.1')));

        my $c = bless { socket => $s, timeout => $t->timeout, buffer => '',
                        state => '' }, 'PancakeTest::HTTP';

        $c->send(bytes($uri));
        is(scalar IO::Select->new($s)->can_read($t->timeout), 1,
           "$n: it begins");
        seen();
        $c->$way;

        if ($way eq 'half_close') {

            # nginx looks at the buyer's side no more while it sends

            sysread $s, my $some, 1000;
            $c->close;
        }

        like(access(), qr/^$uri 200 \[passed\] \[200\] \[-\]\z/,
             "$n: the access log");
        is(asked(), '1/0', "$n: asked");
        is(settled($sockets), 'as before', "$n: sockets");
        is(($t->worker_pids)[0], $worker, "$n: the worker lives");
    }
}


# Two buyers on one connection: the first leaves, the other is served.

{
    begin([ @quote, gate => 'header' ], [ @quote ]);

    my $c = PancakeTest::Frames->connect($t);
    my $first = $c->post('/buy', length $JSON, $JSON);
    shop->wait_for_requests(1);
    my $second = $c->post('/buy', length $JSON, $JSON);
    is($c->answer($second), 302, 'two streams: the second');
    access();

    $c->rst($first);
    is(cut(), 'cut', 'two streams: the first is cut');
    like(access(), qr/^\/buy 499 \[-\] /, 'two streams: the first in the log');
    is(asked(), '2/1', 'two streams: asked');
    shop->release;
    $c->close;
}


# A pipelined request waits for the quote of the one before it.

{
    begin([ @quote, gate => 'header' ], [ @page ]);

    my $c = $t->connect;
    $c->send(bytes('/buy') . bytes('/buy', Connection => 'close'));
    shop->wait_for_requests(1);
    seen();
    is(asked(), '1/0', 'pipelined: one at a time');
    shop->release;

    my @r = $c->responses(2);
    $c->close;

    is(join(' ', map { $_->status } @r), '302 200', 'pipelined: statuses');
    is($r[1] && $r[1]->body, $PAGE, 'pipelined: the page');
    skip_lines(2);
}


# More of the same connection while the API is called wakes nobody: one call.

for my $way (qw( more split_more )) {
    my $n = "pipelined during the call, $way";

    begin([ @quote ], [ @page ]);
    $t->mode('ok', gate => 'header');

    my $c = $t->connect;
    my $next = bytes('/buy', Connection => 'close');
    $c->send(bytes('/buy'));
    is(scalar $t->wait_for_requests(1), 1, "$n: a call");

    $c->send($way eq 'more' ? $next : unpack '(a10)*', $next);
    seen();
    is(asked(), '1/1', "$n: no other");
    $t->release;

    my @r = $c->responses(2);
    $c->close;
    is(join(' ', map { $_->status } @r), '302 200', "$n: statuses");
    is($r[0]->location, ($t->requests)[0]->checkout_url,
       "$n: where the first call leads");
    is(asked(), '2/1', "$n: asked");
    skip_lines(2);
}


# A reload while the shop is asked: those who wait are served, for those who
# leave nothing is done, and the old worker ends.

{
    begin([ @quote, gate => 'header' ]);

    my @c = map { $t->connect } 1 .. 3;
    $_->send(bytes('/buy')) for @c;
    is(scalar shop->wait_for_requests(3), 3, 'reload: three are asked for');

    $t->conf($CONF)->reload(keep_old => 1);

    $c[0]->close;
    is(cut(), 'cut', 'reload: the one who leaves is cut');
    like(access(), qr/^\/buy 499 \[-\] /, 'reload: the access log');

    # a new worker serves meanwhile

    is(($t->get('/ping'))->status, 204, 'reload: the new worker');

    shop->release;

    for my $i (1, 2) {
        is($c[$i]->response->status, 302, "reload: buyer $i");
        $c[$i]->close;
    }

    skip_lines(2);

    is(asked(), '3/2', 'reload: asked');
    is($t->wait_for(sub {
        return !grep { $_ == $worker } $t->worker_pids(all => 1);
    }), 1, 'reload: the old worker has ended');

    ($worker) = $t->worker_pids;
}


# A shop that goes away with everybody waiting.

{
    begin(@quote, gate => 'header');
    my @c = map { $t->connect } 1 .. 3;
    $_->send(bytes('/buy')) for @c;
    is(scalar shop->wait_for_requests(3), 3, 'the shop dies: asked');
    $t->backend_stop(2);

    is(join(' ', map { $_->response->status } @c), '502 502 502',
       'the shop dies: statuses');
    $_->close for @c;
    is(scalar $t->requests, 0, 'the shop dies: no call');
    skip_lines(3);
}


# Memory: those who leave cost nothing in the long run.

SKIP: {
    skip 'a sanitizer keeps memory', 1
        if $ENV{TEST_ASAN} || $ENV{TEST_VALGRIND};

    $t->backend(2);
    begin('hang_header');

    my $grown = $t->rss_growth($worker, sub {
        shop->clear_requests;
        my @c = map { $t->connect } 1 .. 20;
        $_->send(bytes('/buy')) for @c;
        shop->wait_for_requests(20);
        $_->close for @c;
        $t->wait_for(sub {
            return 20 <= grep { /closed by peer/ } shop->events;
        });
        seen();
    }, warm => 3, times => 8);

    cmp_ok($grown, '<', 500, 'kB that 160 buyers who left have cost');
}
