# Fifty clicks at one instant.  Of one buyer they end at one session or order,
# over two workers and over two edges that share nothing but the key file; of
# fifty buyers who look alike they end at fifty.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use PancakeTest::Frames;
use Test::More;

use JSON::PP ();

plan(skip_all => 'valgrind runs one process') if $ENV{TEST_VALGRIND};

use constant CLICKS => 50;

my $SESSION = '/v1/actions/checkout/create-session';
my $ORDER = '/v1/actions/onetime-order/create-order';

my $MAIL = 'secret-buyer-53@example.com';
my $BUY = qq({"buyerEmail":"$MAIL"});
my $ADDRESS = '"billingDetail":{"country":"US","isBusiness":false,'
              . '"postcode":"94105","state":"CA"}';
my $BOTH = qq({"buyerEmail":"$MAIL",$ADDRESS});


# Two clicks on both sides of a window's border are two sessions, and that is
# as it should be.  Here no border may fall between two clicks, so of all
# windows of 25 to 30 minutes the one is taken that has most of itself ahead.
# Neighbouring lengths end at unrelated times, so there are minutes left, more
# than this test runs, and nobody has to wait for a border to pass.

my $START = time;

sub left { $_[0] - $START % $_[0] }

my ($WINDOW) = sort { left($b) <=> left($a) } 1500 .. 1800;

my $CONF = <<'EOT';
    pancake_merchant_id %%MERCHANT%%;
    pancake_private_key KEY_FILE;

    pancake_set productId %%PRODUCT%%;
    pancake_set currency USD;

    log_format click '$pid $status [$pancake_session_id] '
                     '[$pancake_idempotency_key]';

    server {
        # each worker has a queue of its own, and the kernel fills both

        listen 127.0.0.1:%%PORT_0%% reuseport;
        listen 127.0.0.1:%%PORT_8%% http2 reuseport;
        access_log %%DIR%%/click.log click;

        location = /session { pancake_checkout create-session; }
        location = /order   { pancake_checkout create-order; }
        location = /chain   { pancake_checkout create-session create-order; }

        location /cookie/ {
            pancake_idempotency_key $cookie_sid;
            pancake_idempotency_window WINDOWs;

            location = /cookie/session { pancake_checkout create-session; }
            location = /cookie/chain   { pancake_checkout create-session
                                                          create-order; }

            # the answers of the API are lost: soon again

            location = /cookie/soon    { pancake_checkout create-session
                                                          create-order;
                                         pancake_retry 3 backoff=300ms
                                                       deadline=20s; }
        }

        %%API_LOCATION=API%%
    }
EOT

my $t = PancakeTest->new(workers => 2)->has(qw( node http_v2 ));
my $edge = PancakeTest->new(workers => 2);

$CONF =~ s/KEY_FILE/$t->dir . '\/test-key.pem'/e;
$CONF =~ s/WINDOW/$WINDOW/;
$CONF =~ s{=API}{'=http://127.0.0.1:' . $t->port(1) . '/'}e;

$t->secret($MAIL);
$edge->secret($MAIL);

my @ways = ([ 'two workers', $t ], [ 'two edges', $t, $edge ]);

$t->plan(@ways * (5 * 10 + 5 * 7 + 8 + 5 + 3 * 10) + 9 + 2);
$t->sandbox('in-flight-ms' => 500);
$_->conf($CONF)->run for $t, $edge;


# One click for each of the given: where, and the bytes.  All connections are
# open and all but the last byte is with nginx before the first click is done.

sub click {
    my (@clicks) = @_;
    my @open;

    for my $click (@clicks) {
        my ($node, $bytes, @source) = @$click;

        my $c = $node->connect(-source => $source[0]);
        $c->send(substr $bytes, 0, -1);
        push @open, [ $c, substr $bytes, -1 ];
    }

    $_->[0]->send($_->[1]) for @open;

    my @r = map { $_->[0]->response } @open;
    $_->[0]->close for @open;

    return @r;
}


sub bytes {
    my ($uri, $body, %h) = @_;

    return join '', PancakeTest::HTTP->build('POST', $uri, $body,
        'Content-Type' => 'application/json', 'User-Agent' => 'Twin/1.0',
        %h);
}


sub cookie { (Cookie => "sid=$_[0]") }


# The lines of the nodes' access logs since the last look, which come after
# the answers: [ node, worker, status, session, keys ].

my %seen;

sub logged {
    my ($n, @nodes) = @_;
    my @lines;

    $t->wait_for(sub {
        @lines = ();

        for my $i (0 .. $#nodes) {
            my @all = split /\n/, $nodes[$i]->log_text('click.log');
            splice @all, 0, $seen{ $nodes[$i]->dir } // 0;

            push @lines, map {
                [ $i, /^(\d+) (\d+) \[(.*?)\] \[(.*?)\]/ ] } @all;
        }

        return @lines >= $n;
    });

    $seen{ $nodes[$_->[0]]->dir }++ for @lines;

    return @lines;
}


sub different { my %of = map { $_ // 'none' => 1 } @_; return scalar keys %of }


# How often each: "302 x 50".

sub tally {
    my %of;
    $of{ $_ // 'none' }++ for @_;
    return join ', ', map { "$_ x $of{$_}" } sort keys %of;
}


sub calls { @{ $t->sandbox_get('requests') } }


sub key_of {
    my ($call) = @_;
    my %h = @{ $call->{rawHeaders} };
    my ($name) = grep { lc eq 'x-idempotency-key' } keys %h;
    return $h{ $name // '' };
}


sub keys_for {
    my ($path, @calls) = @_;
    return different(map { key_of($_) } grep { $_->{target} eq $path } @calls);
}


# What the double has done, and what it is still at.

sub done {
    my $state = $t->sandbox_get('state');
    return "$state->{sessions} $state->{orders} $state->{inFlight}";
}


sub fresh { $t->sandbox_post('reset') }


# A session that an order can be made of.

sub session {
    fresh();
    $t->send_request('POST', '/session', $BUY,
                     'Content-Type' => 'application/json');
    logged(1, $t);

    return $t->sandbox_get('sessions')->[0]{id};
}


sub took_part {
    my ($name, $lines, @nodes) = @_;

    is(different(map { "$_->[0]" } @$lines), scalar @nodes,
       "$name: each edge took some");
    is(different(map { "$_->[0] $_->[1]" } @$lines), 2 * @nodes,
       "$name: each worker took some");
}


# All clicks of one buyer: $sessions and $orders are what there is then.

sub one_buyer {
    my ($name, $nodes, $sessions, $orders, $paths, @bytes) = @_;

    my @r = click(map { [ $nodes->[$_ % @$nodes], $bytes[$_ % @bytes] ] }
                  0 .. CLICKS - 1);
    my @lines = logged(CLICKS, @$nodes);
    my @calls = calls();

    is(tally(map { $_->status } @r), '302 x ' . CLICKS, "$name: status");
    is(different(map { $_->location } @r), 1, "$name: one Location");
    is(done(), "$sessions $orders 0", "$name: done once");
    is(join(' ', map { keys_for($_, @calls) } @$paths),
       join(' ', map { 1 } @$paths), "$name: one key for each action");
    is(different(map { my %k = map { $_ => 1 } split /, /, $_->[4];
                       join ' ', sort keys %k } @lines), 1,
       "$name: the same keys in each line of the logs");
    cmp_ok(scalar(grep { $_->{status} == 409 } @calls), '>', 0,
           "$name: they did overlap");
    is(scalar(grep { ($_->{effect} // {})->{created} } @calls),
       $sessions + $orders, "$name: one request for each effect");
    is(scalar(grep { $_->{clientLeft} || @{ $_->{notes} } } @calls), 0,
       "$name: nothing cut, nothing odd");
    took_part($name, \@lines, @$nodes);

    return @r;
}


# All clicks are of different buyers.

sub many_buyers {
    my ($name, $nodes, $uri, $body, $orders, $header) = @_;

    fresh();

    my @r = click(map { [ $nodes->[$_ % @$nodes],
                          bytes($uri, $body, $header->($_)) ] }
                  1 .. CLICKS);
    my @lines = logged(CLICKS, @$nodes);
    my @calls = calls();

    is(tally(map { $_->status } @r), '302 x ' . CLICKS, "$name: status");
    is(different(map { $_->location } @r), CLICKS,
       "$name: a Location for each");
    is(done(), CLICKS . ' ' . ($orders ? CLICKS : 0) . ' 0',
       "$name: one for each");
    is(scalar @calls, CLICKS * ($orders ? 2 : 1), "$name: nobody waits");
    is(different(map { key_of($_) } @calls), scalar @calls,
       "$name: a key for each call");
    took_part($name, \@lines, @$nodes);
}


for my $way (@ways) {
    my ($over, @nodes) = @$way;

    # one buyer

    fresh();
    one_buyer("$over, cookie", \@nodes, 1, 0, [ $SESSION ],
              bytes('/cookie/session', $BUY, cookie("one-$over")));

    fresh();
    one_buyer("$over, cookie, chain", \@nodes, 1, 1, [ $SESSION, $ORDER ],
              bytes('/cookie/chain', $BOTH, cookie("one-$over")));

    # both names and both forms of it are one key

    fresh();
    one_buyer("$over, client's key", \@nodes, 1, 0, [ $SESSION ],
              map { bytes('/session', $BUY, @$_) }
                  [ 'Idempotency-Key' => 'click-53' ],
                  [ 'Idempotency-Key' => 'click-53' ],
                  [ 'Idempotency-Key' => '"click-53"' ],
                  [ 'Idempotency-Key' => '"click-53"' ],
                  [ 'X-Idempotency-Key' => 'click-53' ],
                  [ 'X-Idempotency-Key' => '"click-53"' ]);

    fresh();
    one_buyer("$over, client's key, chain", \@nodes, 1, 1,
              [ $SESSION, $ORDER ],
              map { bytes('/chain', $BOTH, 'Idempotency-Key' => $_) }
                  'chain-53', 'chain-53', '"chain-53"', '"chain-53"');

    # the order's own content

    my $id = session();
    one_buyer("$over, order", \@nodes, 1, 1, [ $ORDER ],
              bytes('/order', qq({"checkoutSessionId":"$id",$ADDRESS})));

    # Fifty buyers

    many_buyers("$over, no key", \@nodes, '/session', $BUY, 0, sub { });
    many_buyers("$over, cookies", \@nodes, '/cookie/session', $BUY, 0,
                sub { cookie("many-$_[0]") });
    many_buyers("$over, no cookie", \@nodes, '/cookie/session', $BUY, 0,
                sub { });
    many_buyers("$over, clients' keys", \@nodes, '/session', $BUY, 0,
                sub { ('Idempotency-Key' => "many-$_[0]") });
    many_buyers("$over, no cookie, chain", \@nodes, '/cookie/chain', $BOTH, 1,
                sub { });

    # ten buyers with five clicks each, all at once

    {
        my $n = "$over, ten buyers";
        my @buyers = map { int($_ / 5) } 0 .. CLICKS - 1;

        fresh();

        my @r = click(map { [ $nodes[$_ % @nodes],
                              bytes('/cookie/session', $BUY,
                                    cookie("ten-$buyers[$_]")) ] }
                      0 .. CLICKS - 1);
        my @lines = logged(CLICKS, @nodes);

        is(tally(map { $_->status } @r), '302 x ' . CLICKS, "$n: status");
        is(done(), '10 0 0', "$n: ten sessions");
        is(different(map { $_->location } @r), 10, "$n: ten Locations");
        is(different(map { "$buyers[$_] " . ($r[$_]->location // '') }
                     0 .. CLICKS - 1), 10, "$n: one for each buyer");
        is(keys_for($SESSION, calls()), 10, "$n: ten keys");
        cmp_ok(scalar(grep { $_->{status} == 409 } calls()), '>', 0,
               "$n: they did overlap");
        took_part($n, \@lines, @nodes);
    }

    # one client's key, two addresses

    {
        my $n = "$over, two addresses";
        my $bytes = bytes('/session', $BUY, 'Idempotency-Key' => 'same-53');
        my @from = map { '127.0.0.' . (1 + int($_ / 2) % 2) } 0 .. CLICKS - 1;

        fresh();

        my @r = click(map { [ $nodes[$_ % @nodes], $bytes, $from[$_] ] }
                      0 .. CLICKS - 1);
        logged(CLICKS, @nodes);

        is(tally(map { $_->status } @r), '302 x ' . CLICKS, "$n: status");
        is(done(), '2 0 0', "$n: two sessions");
        is(different(map { $_->location } @r), 2, "$n: two Locations");
        is(different(map { "$from[$_] " . ($r[$_]->location // '') }
                     0 .. CLICKS - 1), 2, "$n: one for each address");
        is(keys_for($SESSION, calls()), 2, "$n: two keys");
    }

    # The API does it, and the first answers are lost: some clicks wait for
    # the first one, which has to ask again itself.

    for my $fault ([ 'closed', mode => 'close' ],
                   [ 'reset in the body', mode => 'reset', at => 'body' ],
                   [ '500', mode => 'status', status => 500,
                     process => JSON::PP::true() ])
    {
        my ($what, %fault) = @$fault;

        fresh();
        $t->sandbox_post('fault', [ map { { %fault, path => $_ } }
                                    'create-session', 'create-order' ]);

        one_buyer("$over, $what", \@nodes, 1, 1, [ $SESSION, $ORDER ],
                  bytes('/cookie/soon', $BOTH, cookie("lost-$over")));
    }
}


# One buyer over HTTP/2, on ten connections with five streams each; half of
# the connections lead to the other edge.

{
    fresh();

    my @h2;

    for my $node (($t, $edge) x 5) {
        push @h2, PancakeTest::Frames->connect($node);
        push @{ $h2[-1]{streams} }, open_stream($h2[-1], 2 * $_ - 1)
            for 1 .. 5;
    }

    sub open_stream {
        my ($c, $stream) = @_;

        $c->{c}->send(PancakeTest::Frames::frame(1, 4, $stream, "\x83\x86"
            . join '', map { PancakeTest::Frames::field(@$_) }
                  [ ':path', '/cookie/chain' ], [ ':authority', 'localhost' ],
                  [ 'content-type', 'application/json' ],
                  [ 'content-length', length $BOTH ],
                  [ 'cookie', 'sid=over-two' ]));

        return $stream;
    }

    for my $c (@h2) {
        $c->{c}->send(PancakeTest::Frames::frame(0, 1, $_, $BOTH))
            for @{ $c->{streams} };
    }

    my @lines = logged(CLICKS, $t, $edge);
    my @calls = calls();

    is(scalar @lines, CLICKS, 'HTTP/2: all are logged');
    is(tally(map { $_->[2] } @lines), '302 x ' . CLICKS, 'HTTP/2: status');
    is(done(), '1 1 0', 'HTTP/2: done once');
    is(tally(map { $_->[3] } @lines), $t->sandbox_get('sessions')->[0]{id}
       . ' x ' . CLICKS, 'HTTP/2: the one session');
    is(keys_for($SESSION, @calls) . ' ' . keys_for($ORDER, @calls), '1 1',
       'HTTP/2: one key for each action');
    cmp_ok(scalar(grep { $_->{status} == 409 } @calls), '>', 0,
           'HTTP/2: they did overlap');
    is(different(map { $_->[0] } @lines), 2, 'HTTP/2: each edge took some');

    # the same buyer on HTTP/1 comes to the same checkout

    my ($r) = click([ $edge, bytes('/cookie/chain', $BOTH,
                                   cookie('over-two')) ]);
    is($r->status, 302, 'HTTP/2, then HTTP/1: status');
    is(done(), '1 1 0', 'HTTP/2, then HTTP/1: nothing new');

    $_->close for @h2;
}


# Connections at nginx or at the double that are open, or half so.

sub open_connections {
    my %port = map { $_ => 1 } $t->port(0), $t->port(1), $t->port(8),
                               $edge->port(0), $edge->port(8);
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
is(int(time / $WINDOW), int($START / $WINDOW), 'no border was passed');
