# Signatures that threads make: meanwhile the worker serves others, who leaves
# is forgotten and who stays is served; also behind a full queue, at the
# deadline, and when the worker is told to go.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use PancakeTest::Frames;
use PancakeTest::Keys;
use Test::More;

use POSIX ();

use IO::Select ();
use Time::HiRes qw( sleep time );

use constant SECONDS => 4;      # for which threads are kept busy
use constant JOBS => 4096;      # that may wait for a thread
use constant OVER => 40;        # more than that
use constant NICE => 19;

# The signature of a slow key takes some 0.2 s, that of a middle one 4 ms.

my $SLOW = 16384;
my $MIDDLE = 4096;

my $t = PancakeTest->new->has(qw( http_v2 stub_status threads
                                  pancake_signing ));
my $dir = $t->dir;

my $HTTP = <<'EOF';
    %%CREDENTIALS%%
    pancake_retry 1 deadline=5m;

    pancake_set productId %%PRODUCT%%;
    pancake_set currency USD;

    log_format threads '$request_uri $status [$pancake_result] '
                       '$pancake_attempts $pancake_signature';
    access_log %%DIR%%/threads.log threads;

    keepalive_requests 10000;
    http2_max_concurrent_streams 5000;

    server {
        listen 127.0.0.1:%%PORT_0%%;
        listen 127.0.0.1:%%PORT_8%% http2;

        location = /buy    { pancake_checkout create-session; }
        location = /inline { pancake_checkout create-session;
                             pancake_signing inline; }
        location = /again  { pancake_checkout create-session;
                             pancake_api /_again;
                             pancake_signature_cache off;
                             pancake_retry 2 backoff=100ms deadline=5m; }

        location /slow/ {
            pancake_private_key %%DIR%%/slow.pem;

            # so many that none is forgotten while it waits
            pancake_signature_cache 9000;

            location = /slow/buy  { pancake_checkout create-session; }
            location = /slow/off  { pancake_checkout create-session;
                                    pancake_retry off; }
            location = /slow/late { pancake_checkout create-session;
                                    pancake_retry 1 deadline=1s; }
        }

        location /middle/ {
            pancake_private_key %%DIR%%/middle.pem;
            location = /middle/buy { pancake_checkout create-session; }
            location = /middle/off { pancake_checkout create-session;
                                     pancake_retry off; }
            location = /middle/a   { pancake_checkout create-session;
                                     pancake_signing threads=a; }
            location = /middle/b   { pancake_checkout create-session;
                                     pancake_signing threads=b;
                                     pancake_retry 1 deadline=10s; }
        }

        location = /page   { access_log off; return 200 page; }
        location = /ping   { access_log off; return 204; }
        location = /status { access_log off; stub_status; }

        %%API_LOCATION%%

        location /_again/ {
            internal;
            proxy_pass http://127.0.0.1:%%PORT_1%%/again/;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }
    }
EOF

my $MAIN = <<'EOF';
thread_pool a threads=2;
thread_pool b threads=1 max_queue=0;
EOF


my %public = (slow => PancakeTest::Keys::large($t, slow => $SLOW),
              middle => PancakeTest::Keys::large($t, middle => $MIDDLE));

$t->conf($HTTP, main => $MAIN)->secret('secret-buyer-58')
  ->plan(125)->backend(1)->run;

my $who = 0;                    # each buyer has a number


sub head {
    my ($uri, $body) = @_;

    my ($head) = PancakeTest::HTTP->build('POST', $uri, $body,
        Connection => undef, 'Content-Type' => 'application/json');

    return $head;
}


sub body { qq({"buyerEmail":"secret-buyer-58-$_[0]\@example.com"}) }


# A buyer over HTTP/1 or HTTP/2, who waits; with a name, for what others of
# this name ask for.

sub buyer {
    my ($place, $how, $name) = @_;

    my ($kind, $way) = split /-/, $how;
    my $n = ++$who;
    my $body = body($name // $n);
    my %buyer = (name => $name // $n, uri => "$place?$n", place => $place,
                 how => $how, kind => $kind, way => $way);

    if ($kind eq '1') {
        $buyer{c} = $t->connect;
        $buyer{c}->send(head($buyer{uri}, $body) . $body);
        $buyer{c}->send(head('/buy', $body)) if $way eq 'pipelined';

    } else {
        $buyer{c} = PancakeTest::Frames->connect($t);
        $buyer{stream} = $buyer{c}->post($buyer{uri}, length $body, $body);
    }

    return \%buyer;
}


sub leave {
    my ($buyer) = @_;

    my $way = $buyer->{way} eq 'pipelined' ? 'close' : $buyer->{way};
    $buyer->{c}->$way($buyer->{stream});
}


sub answer {
    my ($buyer) = @_;

    return $buyer->{kind} eq '2' ? $buyer->{c}->answer($buyer->{stream})
                                 : $buyer->{c}->response->status;
}


sub answers {
    my %n;
    $n{answer($_)}++ for @_;
    $_->{c}->close for @_;
    return join ', ', map { "$n{$_} x $_" } sort keys %n;
}


# What this buyer's line in the access log says.

sub access {
    my ($buyer) = @_;
    my $line;

    $t->wait_for(sub {
        ($line) = $t->log_text('threads.log')
                  =~ /^\Q$buyer->{uri}\E (.*)\n/m;
        return defined $line;
    });

    return $line // 'no line';
}


# How often the API was asked for what these buyers ask for.

sub asked {
    my %names = map { $_->{name} => 1 } @_;

    return grep { $_->body =~ /secret-buyer-58-(\w+)/ && $names{$1} }
                $t->requests;
}


sub signed {
    my ($req, $name) = @_;

    local $req->{public} = $public{ $name // '' } // $req->{public};
    local $req->{head} = $req->{head} =~ s{ /again/}{ /}r;

    return $req->signature_ok;
}


# The worker has seen everything that was sent before.

sub seen {
    $t->get('/ping') for 1 .. 3;
}


# So many buyers that the thread has enough to do for as long as it takes.

my $time;

sub busy {
    my ($seconds, $place) = @_;

    my $n = int($seconds / ($time < 0.5 ? $time : 0.5)) + 1;
    my @buyers = map { buyer($place // '/slow/buy', '1-close') } 1 .. $n;

    seen();

    return @buyers;
}


# Whether it still has.

sub is_busy { asked(@_) < @_ ? 1 : 0 }


# Number of open files, when only this connection is left.

sub at_rest {
    my ($worker) = $t->worker_pids;
    my $status;

    $t->wait_for(sub {
        $status = $t->get('/status')->body;
        return $status =~ /^Active connections: 1 \n/
               && $status =~ /Writing: 1 Waiting: 0/;
    }) or diag($status);

    return scalar(my @files = glob "/proc/$worker/fd/*");
}


# 1. One signature, and where it was made.

{
    $t->mode('ok');

    my $slow = buyer('/slow/buy', '1-close');
    my $begin = time;

    is($slow->{c}->response->status, 302, 'slow key: status');
    $time = time - $begin;
    $slow->{c}->close;
    note("one signature: $time s");

    is(access($slow), '302 [redirected] 1 thread', 'slow key: access log');

    my ($req) = asked($slow);
    is(length $req->header('X-Signature'), 4 * POSIX::ceil($SLOW / 8 / 3),
       'slow key: its signature');
    is(signed($req, 'slow'), 1, 'slow key: is valid');
    is(signed($req, 'middle'), 0, 'slow key: for no other key');
}


# 2. A thread is busy for some seconds, and many wait for it.

my @WAYS = qw( 1-close 1-reset 1-half_close 1-pipelined 2-rst 2-close 2-reset
               2-goaway );

{
    $t->clear_requests->mode('ok')
      ->mode_for('/again/', ([ '500', gate => 'header' ]) x @WAYS,
                 [ '500', gate => 'header' ], [ 'ok' ]);

    my $files = at_rest();

    my @again = map { buyer('/again', $_) } @WAYS, '1-close';
    $t->wait_for_requests(scalar @again);

    my @busy = busy(SECONDS);
    my @late = ((map { buyer('/slow/late', $_) } qw( 1-close 2-close )),
                (map { buyer('/slow/late', '1-close', 'late') } 1 .. 3));
    my @leave = map { buyer('/slow/buy', $_) } @WAYS;
    my @part = map { buyer('/slow/buy', $_, 'part') } @WAYS;
    my @stay = map { buyer('/slow/buy', $_, 'part') }
               qw( 1-close 2-close 1-close );
    my @all = map { buyer('/slow/buy', $_, 'all') } @WAYS;

    $t->release;
    seen();

    # others are served

    is($t->get('/page')->body, 'page', 'busy: a page');

    my $inline = buyer('/inline', '1-close');
    is(answers($inline), '1 x 302', 'busy: a checkout that needs no thread');
    is(access($inline), '302 [redirected] 1 inline',
       'busy: its line in the access log');
    is(is_busy(@busy), 1, 'busy: others still wait');

    # those who leave

    leave($_) for @leave, @part, @all;
    seen();

    for my $buyer (@leave, @part, @all) {
        my $name = "leaves, $buyer->{name}, $buyer->{how}";

        is(access($buyer), '499 [-] - -', "$name: the access log");

        my $c = $buyer->{c};

        if ($buyer->{way} eq 'half_close') {
            is($c->closed, 1, "$name: nginx closes, too");
            $c->close;

        } elsif ($buyer->{way} eq 'rst') {
            my $json = body(++$who);
            is($c->answer($c->post('/inline', length $json, $json)), 302,
               "$name: the next stream is served");
            $c->close;
        }
    }

    my $after = buyer('/slow/buy', '1-close', 'all');

    # those who wait for the second signature

    my $stays = pop @again;

    $t->wait_for(sub {
        @again < (my @lines = $t->log_text =~ /, (next in .* "POST \/again)/g);
    });
    sleep 1;
    leave($_) for @again;

    for my $buyer (@again) {
        is(access($buyer), '499 [unavailable] 1 thread',
           "the second signature, $buyer->{how}: the access log");
        $buyer->{c}->close if $buyer->{way} =~ /^(?:half_close|rst)$/;
    }

    my %left = map { $_ => 1 } $t->log_text
               =~ m{\ while\ waiting\ for\ a\ signature,\ .*
                    "POST\ (/again\?\d+)\ }xg;
    is(scalar keys %left, @again,
       'the second signature: they waited for a thread');

    # those who wait until the deadline

    for my $buyer (@late) {
        my $name = "deadline, $buyer->{name}, HTTP/$buyer->{kind}";

        if ($buyer->{kind} eq '1') {
            my $r = $buyer->{c}->response;
            is($r->status, 503, "$name: status");
            is($r->header('Retry-After'), 1, "$name: Retry-After");
        } else {
            is(answer($buyer), 503, "$name: status");
        }

        $buyer->{c}->close;
        is(access($buyer), '503 [unavailable] - -', "$name: the access log");
    }

    is(is_busy(@busy), 1, 'busy: all that while');

    # those who stay

    is(answers(@busy), @busy . ' x 302', 'who stays is served');
    is(answers(@stay), '3 x 302', 'others of the same have left: served');
    is(answers($after), '1 x 302', 'all others of the same have left: served');
    is(answers($stays), '1 x 302', 'the second signature: served');

    is(join(', ', map { access($_) } @stay),
       join(', ', ('302 [redirected] 1 cached') x 3),
       'others of the same have left: the access log');
    is(access($after), '302 [redirected] 1 cached',
       'all others of the same have left: the access log');
    is(access($stays), '302 [redirected] 2 thread',
       'the second signature: the access log');

    # what the API has got

    is(scalar asked(@leave), 0, 'who has left: nothing is sent');
    is(scalar asked(@late), 0, 'at the deadline: nothing is sent');
    is(scalar asked(@again), scalar @again,
       'who has left at the second signature: only one attempt is made');
    is(scalar asked(@busy), scalar @busy, 'who has stayed: one call for each');
    is(scalar asked(@part), 3, 'some of the same have left: calls');
    is(scalar asked(@all), 1, 'all of the same have left: calls');
    is(scalar(grep { !signed($_, 'slow') } asked(@busy, @stay, $after)), 0,
       'all calls are signed');
    is(join(' ', map { signed($_) } asked($stays)), '1 1',
       'two attempts are signed');

    is($t->wait_for(sub { at_rest() <= $files }), 1, 'no connection is left');
}


# 3. The same bytes as those of somebody who has just left, at any moment.

{
    $t->clear_requests;

    my ($served, $n) = (0, 60);

    for my $i (1 .. $n) {
        my $name = "again$i";
        my $gone = buyer('/middle/buy', '1-close', $name);
        sleep 0.0002 * $i;
        leave($gone);

        my $buyer = buyer('/middle/buy', '1-close', $name);
        $served++ if answers($buyer) eq '1 x 302';
    }

    is($served, $n, 'right after another who has left: all are served');

    # a thread has passed over what nobody waits for, and goes on with the
    # next, when somebody comes

    my ($first, $gone, $next) = map { buyer('/slow/buy', '1-close') } 1 .. 3;
    seen();
    leave($gone);
    is(answers($first), '1 x 302', 'passed over: who was before');
    my $back = buyer('/slow/buy', '1-close', $gone->{name});
    is(answers($next, $back), '2 x 302', 'passed over: who comes then');
    is(scalar(grep { !signed($_, 'slow') } asked($gone)), 0,
       'passed over: the signature');
}


# 4. More than can wait.

sub stream {
    my ($c, $uri) = @_;

    my $stream = $c->{next};
    my $body = body(++$who);

    $c->{next} += 2;

    return PancakeTest::Frames::frame(1, 4, $stream, "\x83\x86" . join '',
               map { PancakeTest::Frames::field(@$_) }
                   [ ':path', $uri ], [ ':authority', 'localhost' ],
                   [ 'content-type', 'application/json' ],
                   [ 'content-length', length $body ])
           . PancakeTest::Frames::frame(0, 1, $stream, $body);
}


# The status of each stream of a connection that is answered, until there are
# n; or for some seconds.

sub statuses {
    my ($c, $n, $seconds) = @_;

    my %status;
    my $deadline = time + ($seconds // $t->timeout);
    my $buffer = \$c->{buffer};

    while (keys %status < $n && time < $deadline) {

        my ($size, $type, $flags, $id);

        if (length $$buffer >= 9) {
            ($size, $type, $flags, $id) = unpack 'N C C N', "\0$$buffer";

            if (length $$buffer >= 9 + $size) {
                my $data = substr $$buffer, 9, $size;
                substr $$buffer, 0, 9 + $size, '';

                if ($type == 1) {
                    ($status{$id}) = $data =~ /\x03(\d\d\d)/;
                    $status{$id} //= '?';
                }

                next;
            }
        }

        next unless IO::Select->new($c->{c}->socket)->can_read(0.1);
        sysread $c->{c}->socket, $$buffer, 65536, length $$buffer or last;
    }

    return %status;
}


{
    $t->clear_requests->mark;

    my $c = PancakeTest::Frames->connect($t);
    my $all = JOBS + OVER;

    $c->{c}->send(join '', map { stream($c, '/slow/buy') } 1 .. $all);

    # one at a time may get through while more and more come

    my ($refused, @refused);

    my $n = 0;
    my %status = statuses($c, OVER - 5);
    %status = (%status, statuses($c, OVER, 1));

    $n = grep { $_ eq '503' } values %status;
    my $served = $t->requests;

    is($n && $n <= OVER && $n >= OVER - $served - 2 ? 1 : 0, 1,
       'full: those for whom there is no room')
        or diag("$n refused, $served signed");

    # Who is refused hears it after a second, on a busy machine later.  Room
    # that was made meanwhile goes to those who come first.

    for (1 .. 20) {
        push @refused, map { buyer('/slow/buy', '1-close') } 1 .. 40
            if @refused < 320;

        my %by = map { ($_->{c}->socket => $_) } @refused;
        my ($ready) = IO::Select->new(map { $_->{c}->socket } @refused)
                                ->can_read(3);

        $refused = $by{$ready // ''};
        last if $refused;
    }

    $refused //= $refused[-1];

    my $r = $refused->{c}->response;
    is($r->status, 503, 'full: status');
    is($r->header('Retry-After'), 1, 'full: Retry-After');
    is(($r->json || {})->{errors}[0]{message},
       'checkout is busy, try again in a moment', 'full: the message');
    is(access($refused), '503 [unavailable] - -', 'full: the access log');

    # one line a second at that level

    is(join(' ', @{ (grep { $_->[0] eq 'error' }
                          $t->messages(qr/^pancake/))[0] || [] }),
       'error pancake checkout: 503, checkout is busy, try again in a moment: '
       . 'more signatures are waited for than the threads can make in time',
       'full: the error log');
    is($t->get('/page')->body, 'page', 'full: a page');

    # all leave

    $_->{c}->close for @refused;
    $c->close;
    seen();

    # a moment later, as it was told

    my $buyer;

    is($t->wait_for(sub {
        $buyer = buyer('/slow/buy', '1-close');
        return answers($buyer) eq '1 x 302';
    }), 1, 'full, all have left: the next is served');

    is(scalar asked($buyer), 1, 'full, all have left: one call');
    cmp_ok(scalar $t->requests, '<', 200, 'full: nothing is sent for others');
    at_rest();
}


# A thread has passed over those whom nobody waits for; they are back before
# it gets to the others, and meanwhile there is no room for them.

{
    $t->mark;

    my ($first, @gone) = map { buyer('/slow/buy', '1-close') } 1 .. 8;
    my $next = buyer('/slow/buy', '1-close');
    seen();
    leave($_) for @gone;

    my $c = PancakeTest::Frames->connect($t);
    $c->{c}->send(join '', map { stream($c, '/slow/buy') } 1 .. JOBS - 8);
    seen();

    is(answer($first), 302, 'full, passed over: who was before');

    $c->{c}->send(join '', map { stream($c, '/slow/buy') } 1 .. OVER);
    my @back = map { buyer('/slow/buy', '1-close', $_->{name}) } @gone;

    is(answer($next), 302, 'full, passed over: who comes then');
    seen();

    my @bad = grep { /^499|^5/ && !/^503 / }
              map { $t->log_text('threads.log') =~ /^\Q$_->{uri}\E (.*)\n/m }
              @back;
    is(join("\n", @bad), '', 'full, passed over: those who are back');
    is(scalar $t->messages(qr/signing failed/), 0,
       'full, passed over: nothing has failed');

    $_->{c}->close for $first, $next, @back;
    $c->close;
    at_rest();
}


# 5. Pools by name; one that lets nothing wait in nginx's own queue.

{
    $t->clear_requests;

    for my $place ('/middle/a', '/middle/b') {
        my $got;

        for (1 .. 5) {
            $got = answers(map { buyer($place, $_ % 2 ? '1-close'
                                                      : '2-close') } 1 .. 20);
            last if $got ne '20 x 302';
        }

        is($got, '20 x 302', "$place: five times twenty at once");
    }

    my @requests = $t->requests;
    is(scalar @requests, 200, 'pools: calls');
    is(scalar(grep { !signed($_, 'middle') } @requests[0 .. 9, -10 .. -1]), 0,
       'pools: a sample of the signatures');
}


# 6. Who steps back, and who does not.

{
    my ($worker) = $t->worker_pids;
    my %nice;

    my $nice = sub {
        my ($file) = @_;
        return (split / /, PancakeTest::Log::slurp($file) =~ s/^.*\) //sr)[16];
    };

    # a thread may have been too late for any work in the rounds before

    $t->wait_for(sub {
        %nice = map { m{/task/(\d+)/} => $nice->($_) }
                glob "/proc/$worker/task/*/stat";
        return 1 if 4 == grep { $_ == NICE } values %nice;
        answers(map { buyer('/middle/a', '1-close') } 1 .. 8);
        return 0;
    });

    is(delete $nice{$worker}, $nice->('/proc/' . $t->pid . '/stat'),
       'priority: that of the worker is as it was');
    is(join(' ', sort values %nice), join(' ', (NICE) x 4),
       'priority: that of its threads is the lowest');
}


# 7. More over the same connection.

{
    $t->clear_requests;

    my $c = $t->connect;
    my @names = map { ++$who } 1 .. 5;

    $c->send(join '', map { head('/middle/buy', body($_)) . body($_) } @names);
    my @r = $c->responses(5);
    is(join(' ', map { $_->location // $_->status } @r),
       join(' ', map { (asked({ name => $_ }))[0]->checkout_url } @names),
       'pipelined: each gets its own');

    my $name = ++$who;
    $c->send(head('/buy', body($name)) . body($name));
    is($c->response->location, (asked({ name => $name }))[0]->checkout_url,
       'kept alive: one more');
    $c->send("GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n");
    is($c->response->body, 'page', 'kept alive: a page');
    $c->close;

    # 20 streams, of which 5 end before any is signed

    $t->clear_requests;

    my $h2 = PancakeTest::Frames->connect($t);
    my $first = $who + 1;
    my $bytes = join '', map { stream($h2, '/middle/buy') } 1 .. 20;
    my %reset = map { 1 + 2 * $_ => 1 } 0, 4, 8, 12, 19;

    $h2->{c}->send($bytes . join '', map {
        PancakeTest::Frames::frame(3, 0, $_, pack 'N', 8)
    } keys %reset);

    my %status = statuses($h2, 15);
    is(join(' ', map { "$_ $status{$_}" } sort { $a <=> $b } keys %status),
       join(' ', map { "$_ 302" } grep { !$reset{$_} }
                 map { 1 + 2 * $_ } 0 .. 19),
       'streams: all but those that were reset are answered');
    is(join(' ', sort { $a <=> $b } map { $_->body =~ /-58-(\d+)/ }
                 $t->requests),
       join(' ', grep { !$reset{ 1 + 2 * ($_ - $first) } }
                 $first .. $first + 19),
       'streams: and sent');
    is(scalar(grep { !signed($_, 'middle') } $t->requests), 0,
       'streams: all calls are signed');
    $h2->close;
}


# 8. A worker that goes.

sub many {
    my ($place) = @_;

    my @buyers = busy(1.5, "/slow/$place");

    push @buyers, map { buyer("/middle/$place", $_ % 2 ? '1-close'
                                                       : '2-close') }
                  @buyers + 1 .. 40;
    seen();

    return @buyers;
}


{
    $t->clear_requests;

    my ($old) = $t->worker_pids;
    my @buyers = many('buy');

    is($t->reload(keep_old => 1), 1, 'reload: done');
    is(is_busy(@buyers), 1, 'reload: many wait');
    is(answers(@buyers), @buyers . ' x 302', 'reload: all are served');
    is(scalar asked(@buyers), scalar @buyers, 'reload: one call for each');

    my ($new) = $t->worker_pids;
    isnt($new, $old, 'reload: another worker');
    is($t->wait_for(sub { "@{[ $t->worker_pids(all => 1) ]}" eq $new }), 1,
       'reload: the old one ends');

    my $buyer = buyer('/slow/buy', '1-close');
    is(answers($buyer), '1 x 302', 'reload: the new one serves');
}


# Those without a deadline have nothing else that keeps a worker.

{
    $t->clear_requests;

    my @buyers = many('off');

    kill QUIT => $t->pid;
    is($t->wait_for(sub { my $c = eval { $t->connect } or return 1;
                          $c->close; return 0; }), 1,
       'quit: nobody else gets in');
    is(is_busy(@buyers), 1, 'quit: many wait');
    is(answers(@buyers), @buyers . ' x 302', 'quit: all are served');
    is(scalar asked(@buyers), scalar @buyers, 'quit: one call for each');
    is(scalar(grep { !signed($_, $_->body =~ /-58-$buyers[0]{name}@/
                                 ? 'slow' : 'middle') }
              asked(@buyers[0, -1])), 0, 'quit: they are signed');
    $t->stop;
}


# Nobody waits any more for what is still to be signed.

$t->run;

{
    my @buyers = map { buyer('/slow/buy', $_) } @WAYS;

    seen();
    leave($_) for @buyers;
    is(join(', ', map { access($_) } @buyers),
       join(', ', ('499 [-] - -') x @buyers), 'quit, all have left: the log');

    $t->stop;
    $_->{c}->close for grep { $_->{way} =~ /^(?:half_close|rst)$/ } @buyers;
}


# The fast end waits for nobody, and for no signature but the one that a
# thread is at.

$t->run;

{
    $t->clear_requests->mode('hang_header');

    my $c = PancakeTest::Frames->connect($t);
    my $n = 1000;

    $c->{c}->send(join '', map { stream($c, '/middle/buy') } 1 .. $n);
    my @buyers = map { buyer('/middle/buy', '1-close') } 1 .. 10;
    seen();

    kill TERM => $t->pid;

    is(join(' ', map { answer($_) } @buyers), join(' ', (0) x 10),
       'term: nobody gets an answer');
    is($t->wait_for(sub { !$t->worker_pids(all => 1) }), 1,
       'term: the worker is gone');
    cmp_ok(scalar $t->requests, '<', $n, 'term: before all were signed');

    $_->{c}->close for @buyers;
    $c->close;
    $t->stop;
}
