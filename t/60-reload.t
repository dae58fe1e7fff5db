# Reloads and the end of nginx under a stream of checkouts: none is lost, no
# worker is left, nothing is kept in the master, a new key signs.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use PancakeTest::Keys;
use Test::More;

use POSIX ();
use Time::HiRes qw( sleep );

use constant BUYERS => 3;
use constant SLACK => 128;          # kB

# Ten keys more, so that what is kept of a key shows.

my $KEYS = join '', map { "location = /key-$_ { pancake_private_key %%KEY%%;"
                          . " pancake_checkout create-session; }\n" } 1 .. 10;

my $CONF = <<"EOT";
    %%CREDENTIALS%%
    %%RETRY_OFF%%

    pancake_set productId %%PRODUCT%%;
    pancake_set currency USD;

    server {
        listen 127.0.0.1:%%PORT_0%%;
        listen 127.0.0.1:%%PORT_8%% http2;

        location = /buy   { pancake_checkout create-session; }
        location = /set   { pancake_checkout create-session;
                            pancake_set productId %%PRODUCT%%;
                            pancake_set currency USD;
                            pancake_set successUrl https://example.com/a;
                            pancake_set metadata.a \$pancake_input_a;
                            pancake_idempotency_key \$cookie_sid;
                            pancake_require on; pancake_input json form args;
                            pancake_redirect_hosts a.example b.example; }
        location = /slug  { pancake_store_slug my-store-abc123 test;
                            pancake_checkout create-session; }
        location = /chain { pancake_checkout create-session create-order; }

        $KEYS
        %%API_LOCATION%%
    }
EOT

my $t = PancakeTest->new(workers => 2)->has(qw( http_v2 ))->conf($CONF);

my $JSON = '{"buyerEmail":"secret-buyer-60@example.com"}';
my $BOTH = '{"billingDetail":{"country":"US","isBusiness":false,'
           . '"postcode":"94105","state":"CA"}}';

$t->plan(32)->backend(1)->run;


# A stream of checkouts in processes of their own; each writes down what it
# got, until a file tells it to stop.

sub buyers {
    my ($n) = @_;
    my @pids;

    for my $i (1 .. $n) {
        my $pid = fork;
        die "fork: $!" unless defined $pid;

        if (!$pid) {
            $SIG{$_} = 'DEFAULT' for qw( INT TERM HUP );
            open my $f, '>', $t->dir . "/buyer-$i";
            $f->autoflush(1);

            until (-e $t->dir . '/enough') {
                my $r = eval { $t->post_json('/buy', $JSON) };

                print $f join(' ', $r ? $r->status . $r->{error} : 'refused',
                              $r && $r->location // '-'), "\n";
            }

            POSIX::_exit(0);
        }

        push @pids, $pid;
    }

    return @pids;
}


$t->mode('slow_header');

my @pids = buyers(BUYERS);
my @first = $t->wait_for_requests(BUYERS);
is(scalar @first >= BUYERS, 1, 'a stream of checkouts');

my $refused = 0;
my $growth = $t->rss_growth($t->pid, sub { $t->reload or $refused++ },
                            warm => 5, times => 15);

my @all = $t->worker_pids(all => 1);

$t->write_file('enough', '1');
waitpid $_, 0 for @pids;

my @lines = map { split /\n/, $t->log_text("buyer-$_") } 1 .. BUYERS;
my @requests = $t->requests;
my %made = map { $_->checkout_url => 1 } @requests;

is($refused, 0, '20 reloads');
is(scalar @all, 2, 'no old worker is left');
is(join("\n", grep { !/^302 http/ } @lines), '', 'every checkout went well');
is(scalar @lines, scalar @requests, 'as many calls as checkouts');
is(scalar(grep { my ($url) = /(http\S+)/; $url && $made{$url} } @lines),
   scalar @lines, 'each was sent to a checkout of its own');
is(scalar keys %made, scalar @lines, 'all are different');
cmp_ok(scalar @lines, '>', 20, 'there were checkouts all the time');

SKIP: {
    skip 'memory means nothing here', 1
        if $ENV{TEST_ASAN} || $ENV{TEST_VALGRIND};

    cmp_ok($growth, '<=', SLACK, 'the master does not grow, kB');
}


# A reload that nginx refuses changes nothing.

{
    my $copy = PancakeTest::Log::slurp($t->dir . '/test-key.pem');

    $t->expect_log(qr/\[emerg\].*test-key\.pem/);
    $t->write_file('test-key.pem', "no key\n", 0600);
    is($t->reload, 0, 'a bad key: refused');

    $t->write_file('test-key.pem', $copy, 0600);
    $t->clear_requests->mode('ok');
    is($t->post_json('/buy', $JSON)->status, 302, 'a bad key: the old serves');
    is(($t->requests)[0]->signature_ok, 1, 'a bad key: the old signs');
}


# A new key in the same file signs after a reload; what is under way ends as
# it began.

sub new_key {
    my ($name) = @_;

    $t->write_file('test-key.pem', PancakeTest::Keys::fresh($t, $name), 0600);

    return $t->dir . "/$name.pub";
}


sub signed_with {
    my ($req, $public) = @_;
    local $req->{public} = $public;
    return $req->signature_ok;
}


{
    $t->clear_requests->mode([ 'ok', gate => 'header' ], [ 'ok' ]);

    my ($head) = PancakeTest::HTTP->build('POST', '/chain', $BOTH,
                                   'Content-Type' => 'application/json');
    my $c = $t->connect;
    $c->send($head . $BOTH);
    $t->wait_for_requests(1);

    my $public = new_key('second.pem');
    is($t->reload(keep_old => 1), 1, 'a new key: reloaded');

    is($t->post_json('/buy', $JSON)->status, 302, 'a new key: status');

    my ($old, $new) = $t->requests;
    is($old->signature_ok, 1, 'a new key: what was under way has the old');
    is($new->signature_ok, 0, 'a new key: not signed by the old');
    is(signed_with($new, $public), 1, 'a new key: signed by the new');

    $t->release;
    is($c->response->status, 302, 'a new key: what was under way ends well');
    $c->close;

    my $last = ($t->requests)[-1];
    is($last->target =~ /create-order$/, 1,
       'a new key: what was under way goes on');
    is($last->signature_ok, 1, 'a new key: and ends with the old');

    is($t->wait_for(sub { $t->worker_pids(all => 1) == 2 }), 1,
       'a new key: the old workers end');
}


# The end: whatever has begun is finished.

{
    $t->clear_requests->mode([ 'ok', gate => 'header' ]);

    my ($head) = PancakeTest::HTTP->build('POST', '/chain', $BOTH,
                                   'Content-Type' => 'application/json');
    my ($buy) = PancakeTest::HTTP->build('POST', '/buy', $JSON,
                                   'Content-Type' => 'application/json',
                                   Connection => undef);

    my ($one, $two, $half, $gone, $idle) = map { $t->connect } 1 .. 5;

    $one->send($head . $BOTH);
    $two->send($buy . $JSON);
    $gone->send($buy . $JSON);
    $half->send($buy . substr($JSON, 0, 10));
    is(scalar $t->wait_for_requests(3), 3, 'quit: three are under way');

    my $pid = $t->pid;
    my @workers = $t->worker_pids;
    kill QUIT => $pid;

    is($t->wait_for(sub { my $c = eval { $t->connect } or return 1;
                          $c->close; return 0; }), 1,
       'quit: nobody else gets in');

    cmp_ok(scalar $t->worker_pids(all => 1), '>', 0, 'quit: workers wait');

    $gone->reset;
    $half->send(substr $JSON, 10);
    is(scalar $t->wait_for_requests(4), 4, 'quit: a body is read to its end');

    $t->release;

    my $r = $one->response;
    is($r->status, 302, 'quit, two calls: status');
    is($r->location =~ m{/payment/}, 1, 'quit, two calls: Location');
    is($two->response->status, 302, 'quit, one call: status');
    is($two->closed, 1, 'quit, one call: the connection is not kept');
    is($half->response->status, 302, 'quit, half a body: status');
    $_->close for $one, $two, $half, $idle;

    is(scalar $t->requests, 5, 'quit: calls');

    $t->stop;
    is(join(' ', grep { kill 0 => $_ } $pid, @workers), '',
       'quit: nginx has ended');
}
