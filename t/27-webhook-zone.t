# An event reaches the shop until the shop has answered it with 2xx, and never
# twice at once: over workers, reloads, and the death of a worker.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use PancakeTest::Webhook;
use Test::More;

use IO::Select ();
use IO::Socket::INET ();

my $SHOP = 'proxy_pass http://127.0.0.1:%%PORT_1%%';

sub conf {
    my ($zone, $window) = @_;
    my $hook = 'pancake_webhook test key=webhook.pub ' . ($window // '') . ';';

    return <<"EOT";
pancake_webhook_zone $zone;

server {
    listen 127.0.0.1:%%PORT_0%%;
    server_name localhost;
    access_log off;
    proxy_read_timeout 1h;

    location = /hook  { $hook add_header X-Worker \$pid always; $SHOP; }
    location = /other { $hook $SHOP; }
    location = /patient { $hook proxy_ignore_client_abort on; $SHOP; }
    location /first   { $hook $SHOP; location /first/second { $SHOP; } }
    location = /dead  { $hook proxy_pass http://127.0.0.1:%%PORT_2%%; }
    location = /deaf  { $hook proxy_pass http://127.0.0.1:%%PORT_3%%; }
    location = /pid   { add_header X-Worker \$pid; return 204; }
}
EOT
}


my $t = PancakeTest->new(workers => 2)->has('faketime')
    ->conf(conf('hooks 1m'));
my $clocked = PancakeTest->new;
my $platform = PancakeTest::Webhook->new($t);

$t->plan(117)->backend(1)->run;


sub hook {
    my ($body, %h) = @_;
    my $uri = delete $h{-uri} // '/hook';
    return $t->post($uri, $body, $platform->header($body), %h);
}


# The answer in the end: that a client has left, and what a dead worker had
# begun, is noticed a moment later.

sub settled {
    my ($body, %h) = @_;
    my $r;
    $t->wait_for(sub { ($r = hook($body, %h))->status != 409 });
    return $r;
}


sub seen {
    my @requests = $t->requests;
    $t->clear_requests;
    return scalar @requests;
}


# A connection to this worker, kept alive.

sub connect_to {
    my ($pid) = @_;

    for (1 .. 500) {
        my $c = $t->connect;
        my ($head) = PancakeTest::HTTP->build('GET', '/pid', undef,
                                              Connection => undef);
        $c->send($head);
        return $c if $c->response->header('X-Worker') == $pid;
        $c->close;
    }

    die "no connection to worker $pid";
}


sub send_on {
    my ($c, $body, $uri) = @_;
    my ($head) = PancakeTest::HTTP->build('POST', $uri // '/hook', $body,
                     $platform->header($body), Connection => undef);
    $c->send($head . $body);
}


# Answered 2xx: once.

{
    my $body = $platform->event;
    my $r = hook($body);
    is($r->status, 200, 'first: status');
    is(seen(), 1, 'first: the shop has seen it');

    $t->mark;
    $r = hook($body);
    is($r->status, 200, 'again: status');
    is($r->body, '', 'again: nothing in the answer');
    is($r->header('X-Worker') > 0, 1, 'again: headers of the location');
    is(seen(), 0, 'again: the shop has not seen it');
    is(($t->messages(qr/answered before/))[-1][1], 'pancake webhook: 200, '
       . 'event "3f2b8c1e-9d4a-4e6b-8f70-000000000001" was answered before',
       'again: log');

    my $earlier = 1000 * (int(time) - 60);
    $r = $t->post('/hook', $body, $platform->header($body, $earlier));
    is($r->status, 200, 'a retry with another time');
    is(seen(), 0, 'a retry with another time: not seen');

    $r = $t->post('/hook', "$body ", $platform->header($body));
    is($r->status, 401, 'a duplicate that is not signed');

    is(hook($body, -uri => '/other')->status, 200, 'another location');
    is(seen(), 1, 'another location: seen');

    (my $like = $body) =~ s/"id":"[^"]+"/"id":"another"/;
    is(hook($like)->status, 200, 'another id');
    is(seen(), 1, 'another id, same eventType and eventId: seen');

    my $inner = $platform->event;
    hook($inner, -uri => '/first');
    is(hook($inner, -uri => '/first/second')->status, 200,
       'inherited: status');
    is(seen(), 1, 'inherited: one place');
}

for my $status (201, 202, 204, 299) {
    my $body = $platform->event;
    $t->mode($status);
    is(hook($body)->status, $status, "$status: status");
    is(hook($body)->status, 200, "$status: again");
    is(seen(), 1, "$status: seen once");
}


# Anything else: again.

for my $status (302, 400, 404, 409, 500, 503) {
    my $body = $platform->event;
    $t->mode([ $status ], [ 'ok' ]);
    is(hook($body)->status, $status, "$status: status");
    is(hook($body)->status, 200, "$status: again");
    is(seen(), 2, "$status: seen again");
}

{
    my $body = $platform->event;
    is(hook($body, -uri => '/dead')->status, 502, 'no shop: status');
    is(hook($body, -uri => '/dead')->status, 502, 'no shop: again');

    $t->mode([ 'close_before_header' ], [ 'ok' ]);
    is(hook($body)->status, 502, 'a shop that breaks off: status');
    is(hook($body)->status, 200, 'a shop that breaks off: again');
    is(seen(), 2, 'a shop that breaks off: seen again');
}


# Two at the same instant, one on each worker.

{
    my @pids = $t->worker_pids;
    my $body = $platform->event;
    my @c = map { connect_to($_) } @pids;

    $t->mode([ 'ok', gate => 'header' ], [ 'ok' ]);
    send_on($_, $body) for @c;
    $t->wait_for_requests(1);

    # the shop is not let go on before one of the two has been answered

    my $both = IO::Select->new(map { $_->socket } @c);
    my ($ready) = $both->can_read($t->timeout);
    my ($loser) = grep { $_->socket == $ready } @c;
    my ($winner) = grep { $_->socket != $ready } @c;

    my $r = $loser->response;
    is($r->status, 409, 'at once: the other');
    is($r->header('Retry-After'), 10, 'at once: when to come again');
    is(($t->messages(qr/is being answered/))[-1][0], 'info', 'at once: log');

    send_on($loser, $body);
    is($loser->response->status, 409, 'at once: the other, again');

    $t->release;
    is($winner->response->status, 200, 'at once: the one');
    is(hook($body)->status, 200, 'at once: afterwards');
    is(seen(), 1, 'at once: the shop has seen one');
    $_->close for @c;
}


# The platform gives up while the shop is at work.

{
    my $body = $platform->event;
    $t->mode([ 'ok', gate => 'header' ], [ 'ok' ]);
    my $c = $t->connect;
    send_on($c, $body);
    $t->wait_for_requests(1);
    is(hook($body)->status, 409, 'gone: meanwhile');
    $c->reset;
    is(settled($body)->status, 200, 'gone: afterwards');
    is(seen(), 2, 'gone: the shop has seen it again');
    $t->release;
}


# The same, and nginx goes on waiting.  That it knows of the reset cannot be
# seen; another request of the same worker comes later.

{
    my ($pid) = $t->worker_pids;
    my $body = $platform->event;
    $t->mode([ 'ok', gate => 'header' ], [ 'ok' ]);
    my $c = connect_to($pid);
    my $next = connect_to($pid);
    send_on($c, $body, '/patient');
    $t->wait_for_requests(1);
    $c->reset;

    for (1 .. 3) {
        send_on($next, $body, '/patient');
        is($next->response->status, 409, "patient: meanwhile, $_");
    }

    $t->release;
    is(settled($body, -uri => '/patient')->status, 200, 'patient: afterwards');
    is(seen(), 1, 'patient: the shop has seen one');
    $next->close;
}


# The worker dies while the shop is at work.

{
    my ($pid) = $t->worker_pids;
    my $body = $platform->event;
    $t->mode([ 'ok', gate => 'header' ], [ 'ok' ]);
    my $c = connect_to($pid);
    send_on($c, $body);
    $t->wait_for_requests(1);
    is(hook($body)->status, 409, 'killed: before');

    $t->expect_log(qr/worker process \d+ exited on signal 9/);
    kill KILL => $pid;
    $t->wait_for(sub { my @now = $t->worker_pids;
                       @now == 2 && !grep { $_ == $pid } @now });
    is(settled($body)->status, 200, 'killed: afterwards');
    is(seen(), 2, 'killed: the shop has seen it again');
    $t->release;
    $c->close;
}


# A reload while the shop is at work, and what is known survives it.

{
    my ($known, $body) = ($platform->event, $platform->event);
    $t->mode('ok');
    hook($known);
    seen();

    $t->mode([ 'ok', gate => 'header' ], [ 'ok' ]);
    my $c = $t->connect;
    send_on($c, $body);
    $t->wait_for_requests(1);
    is($t->reload(keep_old => 1), 1, 'reload: done');

    is(hook($body)->status, 409, 'reload: what was under way is known');
    is(hook($known)->status, 200, 'reload: what was answered');
    $t->release;
    is($c->response->status, 200, 'reload: what was under way ends');
    $c->close;
    is(hook($body)->status, 200, 'reload: and is known');
    is(seen(), 1, 'reload: the shop has seen one');
    $t->wait_for(sub { $t->worker_pids(all => 1) == 2 });

    $t->conf(conf('hooks 2m'));
    is($t->reload, 1, 'another size: reloaded');
    $t->mode('ok');
    is(hook($known)->status, 200, 'another size: status');
    is(seen(), 1, 'another size: begins anew');

    # "valid" is taken at a reload, and what has passed it is forgotten

    $t->conf(conf('hooks 2m valid=2s', 'tolerance=1s future=1s'));
    is($t->reload, 1, 'valid: reloaded');
    $body = $platform->event;
    hook($body);
    is($t->wait_for(sub { hook($body); my @r = $t->requests; @r >= 2 }), 1,
       'valid: forgotten in the end');
    is(seen(), 2, 'valid: and not at once');
}


# A zone that is full forgets the oldest that were answered.

{
    $t->conf(conf('small 32k'));
    is($t->reload, 1, 'small: reloaded');
    $t->mode('ok')->mark;

    my @bodies = map { $platform->event } 1 .. 200;
    my $c = $t->connect;

    for my $body (@bodies) {
        send_on($c, $body);
        $c->response;
    }

    is(seen(), 200, 'full: all pass');
    is(scalar $t->messages(qr/no room/), 0, 'full: nothing to complain about');
    is(hook($bodies[-1])->status, 200, 'full: the newest');
    is(seen(), 0, 'full: the newest is known');
    hook($bodies[0]);
    is(seen(), 1, 'full: the oldest is not');
    $c->close;
}


# A zone that is full of events in flight keeps those, and lets others pass.

{
    my $deaf = IO::Socket::INET->new(Listen => 1024, ReuseAddr => 1,
        LocalAddr => '127.0.0.1', LocalPort => $t->port(3)) or die "deaf: $!";
    my ($flying, @c);

    $t->mark;

    for (1 .. 250) {
        my $body = $platform->event;
        my $c = $t->connect;
        $flying //= $body;
        send_on($c, $body, '/deaf');
        push @c, $c;
        last if $t->messages(qr/no room/);
    }

    my $message = $t->wait_for_message(qr/no room/);
    is($message->[0], 'warn', 'crowded: level');
    is($message->[1] =~ s/"3f2b\S+"/ID/r, 'pancake webhook: no room to '
       . 'remember event ID, the shop may get it twice: make '
       . '"pancake_webhook_zone" larger', 'crowded: what to do');

    my $body = $platform->event;
    is(hook($body)->status, 200, 'crowded: another passes');
    is(hook($body)->status, 200, 'crowded: and is not remembered');
    is(seen(), 2, 'crowded: the shop has seen it twice');
    is(hook($flying, -uri => '/deaf')->status, 409,
       'crowded: the oldest in flight is still known');

    $_->reset for @c;
    close $deaf;

    $body = $platform->event;
    $t->wait_for(sub { $t->mark; hook($body);
                       !$t->messages(qr/no room/) });
    seen();
    is(hook($body)->status, 200, 'crowded: afterwards');
    is(seen(), 0, 'crowded: events are remembered again');
}


# A configuration without webhooks that could not be taken is none for workers
# that come later either.

{
    my $failed = PancakeTest->new;
    my $taken = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1')
        or die "taken: $!";

    $failed->write_file('webhook.pub', PancakeTest::Log::slurp(
                                           $t->dir . '/webhook.pub'));
    $failed->conf(conf('hooks 1m'))->backend(1)->run;

    $failed->conf("\nserver { listen 127.0.0.1:" . $taken->sockport . '; }');
    is($failed->reload, 0, 'failed reload: refused');
    $failed->expect_log(qr/bind\(\)|exited on signal 9/);
    is($failed->wait_for(sub { $failed->log_text
                                   =~ /still could not bind/ }), 1,
       'failed reload: at last');

    my ($pid) = $failed->worker_pids;
    kill KILL => $pid;
    $failed->wait_for(sub { my @now = $failed->worker_pids;
                            @now && $now[0] != $pid });

    my $body = $platform->event;
    for ('first', 'again') {
        is($failed->post('/hook', $body, $platform->header($body))->status,
           200, "failed reload: $_");
    }
    is(scalar $failed->requests, 1, 'failed reload: the shop has seen one');
}


# Time: what nobody has answered for five minutes is given up, and what has
# been answered is forgotten after an hour.  Here the clock that nginx's timers
# go by is put, too.

{
    my $now = 1767225600;

    $clocked->clock($now);
    $clocked->env(FAKETIME_DONT_FAKE_MONOTONIC => 0, DONT_FAKE_MONOTONIC => 0);
    $clocked->conf(conf('hooks 1m', 'tolerance=1d'));
    $clocked->write_file('webhook.pub', PancakeTest::Log::slurp(
                                            $t->dir . '/webhook.pub'));
    $clocked->backend(1)->run;

    my $at = sub {
        $clocked->clock($now + $_[0]);
        $clocked->get('/pid');
    };
    my $post = sub {
        my ($body) = @_;
        return $clocked->post('/hook', $body,
                              $platform->header($body, $now * 1000));
    };
    my $post_on = sub {
        my ($body) = @_;
        my $c = $clocked->connect;
        my ($head) = PancakeTest::HTTP->build('POST', '/hook', $body,
                         $platform->header($body, $now * 1000));
        $c->send($head . $body);
        return $c;
    };

    my $body = $platform->event;
    $clocked->mode([ 'ok', gate => 'header' ]);

    my $first = $post_on->($body);
    $clocked->wait_for_requests(1);
    $at->(300);
    is($post->($body)->status, 409, 'lapse: after 300 s');
    $at->(301);
    my $second = $post_on->($body);
    is(scalar $clocked->wait_for_requests(2), 2, 'lapse: after 301 s');

    # the first one must not take away what belongs to the second by now

    $first->reset;
    $clocked->wait_for_event(qr/closed by peer/);
    is($post->($body)->status, 409, 'lapse: the first leaves, too late');

    $clocked->release;
    is($second->response->status, 200, 'lapse: the second is answered');
    is($post->($body)->status, 200, 'lapse: answered before');
    is(scalar $clocked->requests, 2, 'lapse: and known');

    $at->(301 + 3600);
    is($post->($body)->status, 200, 'an hour later: status');
    is(scalar $clocked->requests, 2, 'an hour later: known');
    $at->(301 + 3601);
    is($post->($body)->status, 200, 'a second more: status');
    is(scalar $clocked->requests, 3, 'a second more: forgotten');
}
