# A worker, all workers or a whole edge die without a word, at any step of a
# checkout.  Buyers who repeat what they sent, at this edge or another, get
# their checkout, and the API has done everything once.  Then the API dies.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use Test::More;

use IO::Select ();
use JSON::PP ();

plan(skip_all => 'there is no master under valgrind') if $ENV{TEST_VALGRIND};

use constant BUYERS => 24;      # so many that each worker has some: all at
                                # one worker is once in millions of runs
use constant RUNNING => 2500;   # ms that the double takes: longer than a
                                # worker needs to die and to be replaced

my $MAIL = 'secret-buyer-54@example.com';
my $BUY = qq({"buyerEmail":"$MAIL"});
my $ADDRESS = '"billingDetail":{"country":"US","isBusiness":false,'
              . '"postcode":"94105","state":"CA"}';
my $BOTH = qq({"buyerEmail":"$MAIL",$ADDRESS});

# The pauses after a failure are those of the module's default, 5 s and more.

my $CONF = <<'EOT';
    pancake_merchant_id %%MERCHANT%%;
    pancake_private_key KEY_FILE;

    pancake_set productId %%PRODUCT%%;
    pancake_set currency USD;

    server {
        listen 127.0.0.1:%%PORT_0%% reuseport;

        location = /session { pancake_checkout create-session; }
        location = /order   { pancake_checkout create-order; }
        location = /chain   { pancake_checkout create-session create-order; }
        location = /soon    { pancake_checkout create-session;
                              pancake_retry 3 backoff=100ms deadline=20s; }
        location = /ping    { return 204; }

        %%API_LOCATION=API%%
    }
EOT

my $t = PancakeTest->new(workers => 2)->has('node');
my $edge = PancakeTest->new(workers => 2);

$CONF =~ s/KEY_FILE/$t->dir . '\/test-key.pem'/e;
$CONF =~ s{=API}{'=http://127.0.0.1:' . $t->port(1) . '/'}e;

$t->expect_log(qr/\[alert\].* worker process \d+ exited on signal 9/);
$t->secret($MAIL);
$edge->secret($MAIL);


# The steps at which death comes: who is under way, what the double does, and
# when everybody has come that far.

my @ALL = qw( session order chain );

my @steps = (
    { name => 'while the API works', kinds => \@ALL, running => RUNNING,
      left => 1, conflicts => 1,
      reached => sub { state_of('inFlight') == $_[0]{buyers} } },

    { name => 'between two calls', kinds => [ 'chain' ],
      running => 2 * RUNNING,
      left => 1, conflicts => 1,
      reached => sub { state_of('sessions') == $_[0]{buyers}
                       && state_of('inFlight') } },

    # 30 ms for each byte of some 200

    { name => 'in the answer', kinds => \@ALL, running => 0, left => 1,
      fault => { mode => 'drip', times => -1, bytes => 1, everyMs => 30 },
      reached => sub { state_of('keys') == $_[0]{before} + $_[0]{buyers} } },

    { name => 'in a pause', kinds => \@ALL, running => 0,
      fault => { mode => 'status', status => 500, times => -1,
                 process => JSON::PP::true() },
      reached => sub { $t->messages(qr/failed, next in \d+ ms: .* 500/)
                       == $_[0]{buyers} } },
);

my @deaths = (
    [ 'one worker',  \&kill_one,  $t ],
    [ 'all workers', \&kill_all,  $t ],
    [ 'the edge',    \&kill_edge, $edge ],
);

$t->plan(@deaths * (10 * @steps + 3) + @deaths + 5 + 1);
$t->sandbox;
$_->conf($CONF)->run for $t, $edge;


# Each returns whether all clients must have been cut off, or some.

sub kill_one {
    my ($name) = @_;

    my @before = $t->worker_pids;
    kill KILL => $before[0];

    my @now;
    $t->wait_for(sub {
        @now = $t->worker_pids;
        return @now == 2 && !grep { $_ == $before[0] } @now;
    });

    is(scalar(grep { $_ == $before[1] } @now) . ' of ' . @now, '1 of 2',
       "$name: there is a new worker");

    return 'some';
}


sub kill_all {
    my ($name) = @_;

    my @before = $t->worker_pids;
    my %old = map { $_ => 1 } @before;
    kill KILL => @before;

    my @now;
    $t->wait_for(sub {
        @now = $t->worker_pids;
        return @now == 2 && !grep { $old{$_} } @now;
    });

    is(scalar(grep { !$old{$_} } @now), 2, "$name: there are new workers");

    return 'all';
}


sub kill_edge {
    my ($name) = @_;

    my $pid = $t->pid;
    $t->crash;

    is(kill(0 => $pid), 0, "$name: there is no nginx");

    return 'all';
}


sub state_of { $t->sandbox_get('state')->{$_[0]} }

sub calls { @{ $t->sandbox_get('requests') } }

sub created { grep { ($_->{effect} // {})->{created} } @_ }


sub key_of {
    my ($call) = @_;
    my %h = @{ $call->{rawHeaders} };
    my ($name) = grep { lc eq 'x-idempotency-key' } keys %h;
    return $h{ $name // '' };
}


sub different { my %of = map { $_ // 'none' => 1 } @_; return scalar keys %of }


# How often each: "302 x 24".

sub tally {
    my %of;
    $of{ $_ // 'none' }++ for @_;
    return join ', ', map { "$_ x $of{$_}" } sort keys %of;
}


# What buyers send.

sub bytes {
    my ($uri, $body, %h) = @_;

    return join '', PancakeTest::HTTP->build('POST', $uri, $body,
        'Content-Type' => 'application/json', %h);
}


my %request_of = (
    session => sub { bytes('/session', $BUY,
                           'Idempotency-Key' => "session-$_[0]") },
    chain   => sub { bytes('/chain', $BOTH,
                           'Idempotency-Key' => "chain-$_[0]") },

    # a session of the buyer's own, made before

    order   => sub {
        my $r = $edge->request(bytes('/session', $BUY));
        my ($id) = ($r->location // '') =~ m{(cs_[0-9a-f-]+)};
        return bytes('/order', qq({"checkoutSessionId":"$id",$ADDRESS}));
    },
);


# Opens all connections, then sends on all.

sub send_all {
    my ($node, @bytes) = @_;

    my @c = map { $node->connect } @bytes;
    $c[$_]->send($bytes[$_]) for 0 .. $#c;

    return @c;
}


sub answers {
    my (@c) = @_;

    my @r = map { $_->response } @c;
    $_->close for @c;

    return @r;
}


sub readable { scalar IO::Select->new($_[0]->socket)->can_read(0) }


sub die_at {
    my ($step, $death) = @_;

    my ($who, $kill, $then) = @$death;
    my $n = "$who, $step->{name}";

    $t->sandbox_post('reset');
    $t->mark;

    my @kinds = @{ $step->{kinds} };
    my @bytes = map { $request_of{ $kinds[$_ % @kinds] }->($_) }
                1 .. BUYERS;
    my $sessions = BUYERS;
    my $orders = BUYERS / @kinds * grep { $_ ne 'session' } @kinds;
    my %at = (buyers => scalar @bytes, before => state_of('keys'));

    $t->sandbox_post('settings', { inFlightMs => $step->{running} });
    $t->sandbox_post('fault', $step->{fault}) if $step->{fault};

    my @c = send_all($t, @bytes);
    is($t->wait_for(sub { $step->{reached}->(\%at) }), 1, "$n: it begins");

    my $cut = $kill->($n);

    $t->send_request('DELETE', '/_sandbox/fault', undef, -port => 1);

    # whoever was cut off sends the same at once, the others wait

    $t->wait_for(sub { @c == grep { readable($_) } @c }) if $cut eq 'all';

    my (@r, @lost);

    for my $i (0 .. $#c) {
        next unless readable($c[$i]);

        $r[$i] = $c[$i]->response;
        push @lost, $i if $r[$i]->status == 0;
    }

    $cut eq 'all' ? is(scalar @lost, scalar @c, "$n: all were cut off")
                  : cmp_ok(scalar @lost, '>', 0, "$n: some were cut off");

    my @again = send_all($then, @bytes[@lost]);

    $r[$_] //= $c[$_]->response for 0 .. $#c;
    is(tally(map { $_->status || 302 } @r), '302 x ' . @c,
       "$n: the others do not notice");

    @r[@lost] = answers(@again);
    $_->close for @c;

    my @calls = calls();

    is(tally(map { $_->status } @r), '302 x ' . @c, "$n: status");
    is(different(map { $_->location } @r), scalar @c,
       "$n: a checkout for each buyer");
    is(join(' ', map { state_of($_) } qw( sessions orders inFlight )),
       "$sessions $orders 0", "$n: one effect for each");
    is(different(map { key_of($_) } created(@calls)), $sessions + $orders,
       "$n: all of them with keys of their own");

    cmp_ok(scalar(grep { $_->{status} == 409 } @calls), '>=',
           $step->{conflicts} // 0, "$n: it was waited for");
    cmp_ok(scalar(grep { $_->{clientLeft} } @calls), '>=',
           $step->{left} ? 1 : 0, "$n: connections to the API closed");

    return (\@bytes, \@r);
}


for my $death (@deaths) {
    my ($who, $kill, $then) = @$death;
    my ($bytes, $r);

    for my $step (@steps) {
        ($bytes, $r) = die_at($step, $death);
        $t->run unless $t->pid;
    }

    # all of it once more, at both edges, is nothing new

    my $before = join ' ', map { state_of($_) } qw( sessions orders );

    for my $node ($t, $edge) {
        my @r = answers(send_all($node, @$bytes));

        is(join("\n", map { $_->location // 'none' } @r),
           join("\n", map { $_->location // 'none' } @$r),
           "$who, later: the same checkouts");
    }

    is(join(' ', map { state_of($_) } qw( sessions orders )), $before,
       "$who, later: no effect");
    is($t->get('/ping')->status, 204, "$who, later: nginx works");
}


# The API dies, with calls in flight and then between them.

{
    my @workers = $t->worker_pids;

    $t->sandbox_post('reset');
    $t->sandbox_post('settings', { inFlightMs => 60_000 });

    my @bytes = map { bytes('/soon', $BUY) } 1 .. BUYERS;
    my @c = send_all($t, @bytes);

    is($t->wait_for(sub { state_of('inFlight') == BUYERS }), 1,
       'the API dies: in flight');

    kill KILL => $t->{sandbox};

    is(tally(map { $_->status } answers(@c)), '502 x ' . BUYERS,
       'the API dies: an error for each');
    is(tally(map { $_->status } answers(send_all($t, @bytes))),
       '502 x ' . BUYERS, 'the API is dead: an error for each');
    is(join(' ', $t->worker_pids), "@workers", 'the API is dead: workers');
    is($t->get('/ping')->status, 204, 'the API is dead: nginx works');
}


# Connections at nginx or at the double that are open, or half so.

sub open_connections {
    my %port = map { $_ => 1 } $t->port(0), $t->port(1), $edge->port(0);
    my %open = map { $_ => 1 } qw( 01 04 05 08 );
    my @found;

    for (split /\n/, PancakeTest::Log::slurp('/proc/net/tcp')) {
        my ($from, $to, $state) = /^ *\d+: \w+:(\w+) \w+:(\w+) (\w+)/ or next;
        push @found, join ' ', hex $from, hex $to, $state
            if $open{$state} && ($port{hex $from} || $port{hex $to});
    }

    return @found;
}

my @open;
$t->wait_for(sub { !(@open = open_connections()) });
is(join("\n", @open), '', 'no connection is left');
