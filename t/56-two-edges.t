# Two edges behind a balancer, as conf.example/two-edges/ has them: they share
# a key file and nothing else.  A buyer's clicks end at one session and one
# order whichever edge they come to; an edge that is killed, hangs or loses
# its link in the middle of a call costs no buyer a checkout and sells nothing
# twice; nobody can pass for somebody else.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use Test::More;

use JSON::PP ();
use Time::HiRes qw( sleep );

my $SESSION = '/v1/actions/checkout/create-session';
my $ORDER = '/v1/actions/onetime-order/create-order';

my $MAIL = 'secret-buyer-56';
my $ADDRESS = '"billingDetail":{"country":"US","isBusiness":false,'
              . '"postcode":"94105","state":"CA"}';
my $SHOP = 'shop.example';

my $SLOW = $ENV{TEST_TIMEOUT_FACTOR} // ($ENV{TEST_ASAN} ? 3 : 1);


# "far" is an edge on a machine of its own: a network namespace, where this
# test may make one.  "way" is its way to the API.

my $t = PancakeTest->new(module => 0)->has(qw( node realip ssl ));
my @edge = map { PancakeTest->new } 0, 1;
my $far = PancakeTest->new;
my $way = PancakeTest->new(module => 0);

$_->secret($MAIL) for $t, @edge, $far, $way;


# The examples, as they ship but for addresses, ports and paths ...

my $EXAMPLES = $t->top . '/conf.example';

sub fill {
    my ($text, @changes) = @_;

    while (my ($from, $to) = splice @changes, 0, 2) {
        $text =~ s/\Q$from\E/$to/g or die "not in the example: $from\n";
    }

    return $text;
}


# What is within "http"; around it there may be nothing but these lines.

sub example {
    my ($name, @changes) = @_;

    my ($http) = PancakeTest::Log::slurp("$EXAMPLES/two-edges/$name")
        =~ m{\A (?:\#.*\n)+ \n
             (?:load_module\ modules/ngx_http_pancake_checkout_module\.so;\n
                \n)?
             events\ \{\} \n\n http\ \{\n (.*) ^\}\n \z}xms
        or die "$name is more than what is tested\n";

    return fill($http, @changes);
}


sub balancer {
    my ($one, $two, @changes) = @_;
    my $log = <<'EOC';
    log_format balancer '$status [$upstream_addr] [$upstream_status]';
    access_log %%DIR%%/balancer.log balancer;

EOC

    return $log . example('balancer.conf',
        '10.0.0.11:8080' => $one,
        '10.0.0.12:8080' => $two,
        'listen 443 ssl' => "listen 127.0.0.1:%%PORT_0%%;\n"
                            . "        listen 127.0.0.1:%%PORT_3%% ssl",
        '/etc/nginx/shop.crt' => '%%DIR%%/shop.pem',
        '/etc/nginx/shop.key' => '%%DIR%%/shop.key',
        @changes);
}


# ... and two things of an edge: the window, so that none ends in the middle
# of this test, and a few locations more.

sub left { return $_[0] - time % $_[0] }

my ($WINDOW) = sort { left($b) <=> left($a) } 1500 .. 1800;

my $MORE = <<'EOC';

        location = /buy/order { pancake_checkout create-order; }
        location = /buy/chain {
            pancake_checkout create-session create-order;
            pancake_set productId PROD_4cWAslE1GKkGeaOMl9Vbmy;
            pancake_set currency  USD;
        }
        location = /buy/old { return 303 /buy/new; }
EOC

sub edge {
    my ($listen, $balancer) = @_;
    my $log = <<'EOC';
    log_format edge '$status $remote_addr [$pancake_result]';
    access_log %%DIR%%/edge.log edge;

EOC

    return $log . example('edge.conf',
        '/etc/nginx/waffo.pem' => '%%DIR%%/test-key.pem',
        'pancake_idempotency_window 2m' =>
            "pancake_idempotency_window ${WINDOW}s",
        'listen 8080' => "listen $listen",
        '10.0.0.10' => $balancer,
        "        include pancake-location.conf;\n" =>
            "        include pancake-location.conf;\n$MORE");
}


# The snippets of an edge.  The API hears which edge speaks; this test alone
# looks at that.  A worker of nginx does not free the last TLS session of an
# upstream when it ends, which would be reported as a leak.

sub snippets {
    my ($edge, $name, $api) = @_;
    my $host = 'proxy_set_header Host api.waffo.ai;';
    my $more = "proxy_set_header X-Edge $name;";

    $more .= ' proxy_ssl_session_reuse off;' if $ENV{TEST_ASAN};

    $edge->write_file('pancake-api.conf',
        fill(PancakeTest::Log::slurp("$EXAMPLES/pancake-api.conf"),
             'api.waffo.ai:443' => $api));

    $edge->write_file('pancake-location.conf',
        fill(PancakeTest::Log::slurp("$EXAMPLES/pancake-location.conf"),
             $host => "$host $more",
             '/etc/ssl/certs/ca-certificates.crt' => $t->dir . '/api.pem'));
}


sub certificate {
    my ($name, $host) = @_;
    my $file = $t->dir . "/$name";

    system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 "
           . "-nodes -subj /CN=$host -addext subjectAltName=DNS:$host "
           . "-days 7 -keyout $file.key -out $file.pem 2>$file.txt") == 0
        or die PancakeTest::Log::slurp("$file.txt");
}


# A machine of its own: a cable with one end here and one in a namespace, with
# addresses that are meant for tests.

my $owner = $$;
my $NET = "pk$$";
my ($HERE, $THERE) = ("${NET}a", "${NET}b");
my ($NEAR_IP, $FAR_IP) = map { join '.', 198, 18 + ($$ >> 14) % 2,
                                    ($$ >> 6) % 256, $$ % 64 * 4 + $_ } 1, 2;
my ($has_namespace, $has_cable, $refused);

sub ip {
    my ($args) = @_;
    my $text = `ip $args 2>&1`;

    return 1 if $? == 0;

    $refused = "ip $args: $text" =~ s/\s+/ /gr;
    return 0;
}


sub make_machine {
    return 'not root' if $> != 0;
    return 'no "ip"' if (`ip -V 2>&1` // '') !~ /iproute/;

    ($has_namespace = ip("netns add $NET"))
        && ($has_cable = ip("link add $HERE type veth "
                            . "peer name $THERE netns $NET"))
        && ip("addr add $NEAR_IP/30 dev $HERE")
        && ip("link set $HERE up")
        && ip("-n $NET addr add $FAR_IP/30 dev $THERE")
        && ip("-n $NET link set $THERE up")
        && ip("netns exec $NET true");

    return $refused;
}


# Before the END of PancakeTest.

END {
    if ($$ == $owner && $has_namespace) {
        local ($?, $!);
        $far->stop if $far;
        ip("link del $HERE") if $has_cable;
        ip("netns del $NET");
    }
}

my $no_machine = make_machine();


certificate(shop => $SHOP);
certificate(api => 'api.waffo.ai');

my @NAMES = qw( one two );
my @ADDR = map { '127.0.0.1:' . $_->port(0) } @edge;
my $FAR_ADDR = "$FAR_IP:" . $far->port(0);

for my $i (0, 1) {
    snippets($edge[$i], $NAMES[$i], '127.0.0.1:' . $t->port(2));
    $edge[$i]->conf(edge($ADDR[$i], '127.0.0.1'));
}

$t->plan(147);
$t->sandbox('tls-cert' => $t->dir . '/api.pem',
            'tls-key' => $t->dir . '/api.key');


# Requests through the balancer.  Each buyer has a name of the test's own in
# the e-mail address, by which the double's records are found.

my $asked = 0;                  # through the balancer

sub start {
    my ($uri, $who, $more, %h) = @_;
    my $to = delete $h{-to} // $t;

    $asked++ if $to == $t;

    my $body = qq({"buyerEmail":"$MAIL-$who\@example.com") . ($more // '')
               . '}';
    my $c = $to->connect(-timeout => 60 * $SLOW, %h);

    $c->send(join '', PancakeTest::HTTP->build('POST', $uri, $body,
                          'Content-Type' => 'application/json', %h));

    return $c;
}


sub end {
    my @r = map { my $r = $_->response; $_->close; $r } @_;
    return wantarray ? @r : $r[0];
}


sub buy { return scalar end(start(@_)) }

sub cookie { return (Cookie => "sid=$_[0]") }
sub key    { return ('Idempotency-Key' => "key-$_[0]") }


# What the double heard, of all or of one buyer.

sub calls {
    my ($who, $path) = @_;

    return grep { (!defined $who
                   || index($_->{body}, "$MAIL-$who\@") >= 0)
                  && (!defined $path || $_->{target} eq $path) }
           @{ $t->sandbox_get('requests') };
}


sub header_of {
    my ($call, $name) = @_;
    my %h = @{ $call->{rawHeaders} };
    my ($is) = grep { lc eq lc $name } keys %h;
    return $h{ $is // '' } // '';
}


sub edge_of { return header_of($_[0], 'X-Edge') }

sub names { return join ' ', sort keys %{ { map { $_ => 1 } @_ } } }

sub different { my %of = map { $_ // 'none' => 1 } @_; return scalar keys %of }


sub tally {
    my %of;
    $of{ $_ // 'none' }++ for @_;
    return join ', ', map { "$_ x $of{$_}" } sort keys %of;
}


# "sessions orders" of all, and of one buyer.

sub done {
    my $state = $t->sandbox_get('state');
    return "$state->{sessions} $state->{orders}";
}


sub made {
    my ($who) = @_;

    return join ' ', map { my $path = $_;
        scalar grep { ($_->{effect} // {})->{created} } calls($who, $path)
    } $SESSION, $ORDER;
}


sub keys_of {
    my ($who, $path) = @_;
    return different(map { header_of($_, 'X-Idempotency-Key') }
                     calls($who, $path));
}


# The double with nothing in it, whose actions take so long.

sub fresh {
    my ($ms) = @_;

    $t->sandbox_post('reset');
    $t->sandbox_post('settings', { inFlightMs => $ms // 0 });
}


# The balancer's log since the last look: [ status, addresses, statuses ].

my $seen = 0;

sub balanced {
    my ($n) = @_;
    my @lines;

    $t->wait_for(sub {
        @lines = split /\n/, $t->log_text('balancer.log');
        return @lines >= $seen + $n;
    });

    splice @lines, 0, $seen;
    $seen += @lines;

    return map { [ /^(\d+) \[(.*?)\] \[(.*?)\]$/ ] } @lines;
}


# What came so far is not looked at.

sub pass_over {
    $t->wait_for(sub {
        $seen = () = $t->log_text('balancer.log') =~ /\n/g;
        return $seen == $asked;
    }) or die "the balancer's log lacks lines\n";
}


# Buys until all of these edges take part.

sub take_part {
    my (@names) = @_;
    my $n = 0;

    fresh();

    my $all = $t->wait_for(sub {
        buy('/buy/pro', 'again-' . ++$n);
        return 1 if names(map { edge_of($_) } calls()) eq join ' ', @names;
        sleep 0.2;
        return 0;
    }, 40 * $SLOW);

    return $all;
}


# The same request of different buyers, until each edge is at one of them:
# { edge => [ buyer, connection ], ... }, and those that were too many.

my $buyers = 0;

sub one_at_each {
    my ($names, $target, $request) = @_;
    my (%at, @more);

    for (1 .. 8) {
        my $who = 'b' . ++$buyers;
        my $c = start($request->($who));
        my $call;

        $t->wait_for(sub { ($call) = calls($who, $target) })
            or die "no call for $who\n";

        my $name = edge_of($call);

        if ($at{$name}) {
            push @more, $c;
        } else {
            $at{$name} = [ $who, $c ];
        }

        last if keys %at == @$names;
    }

    die "an edge takes no part\n" if keys %at != @$names;

    return \%at, @more;
}


# 1. nginx -t takes the examples, without a warning.

{
    mkdir $_->dir . '/temp' for $t, @edge;

    $t->warns_config(balancer(@ADDR));
    $edge[0]->warns_config(edge($ADDR[0], '127.0.0.1'));

    my $balancer = example('balancer.conf');
    my $edge = example('edge.conf');

    my ($read) = $balancer =~ /^ +proxy_read_timeout (\d+)s;/m;
    my ($idle) = $balancer =~ /^ +keepalive_timeout (\d+)s;/m;
    my ($deadline) = $edge =~ /^ +pancake_retry .* deadline=(\d+)s;/m;
    my ($edge_idle) = $edge =~ /^ +keepalive_timeout (\d+)s;/m;
    my ($window) = $edge =~ /^ +pancake_idempotency_window (\d+)m;/m;

    cmp_ok($read, '>', $deadline, 'the balancer waits longer than an edge');
    cmp_ok($idle, '<', $edge_idle, 'the balancer ends idle connections');
    cmp_ok(60 * $window, '>=', 3 * $read, 'a window outlasts a repeat');
}


$_->run for @edge;
$t->conf(balancer(@ADDR))->run;


# 2. A checkout as a browser does it.

sub curl {
    my (@args) = @_;
    my $dir = $t->dir;
    my $at = "$SHOP:" . $t->port(3);

    $asked++;

    return scalar `curl -q -sS -m 30 --noproxy '*' --cacert $dir/shop.pem \\
        --resolve $at:127.0.0.1 -o $dir/curl.out \\
        -w '%{http_code} %{redirect_url}' @args https://$at/buy/pro 2>&1`;
}

{
    my $form = "-d buyerEmail=$MAIL-tls\@example.com";
    my $port = $t->port(3);

    like(curl($form, "-H 'Origin: https://$SHOP:$port'"),
         qr{^302 https://checkout\.waffo\.ai/}, 'form over TLS: a checkout');
    is(made('tls'), '1 0', 'form over TLS: one session');

    like(curl($form, "-H 'Origin: https://$SHOP'"), qr{^403 },
         "another port's form: status");
    is(done(), '1 0', "another port's form: no session");

    $asked++;
    my $r = $t->get('/buy/old', Host => $SHOP);
    is($r->location, '/buy/new', "nginx's own redirect names no port");
}


# 3. Two clicks at once, one at each edge.

for my $way (
    [ 'cookie', '/buy/pro', '', [ $SESSION ], '1 0', \&cookie ],
    [ "client's key", '/buy/pro', '', [ $SESSION ], '1 0', \&key ],
    [ 'chain, cookie', '/buy/chain', ",$ADDRESS", [ $SESSION, $ORDER ],
      '1 1', \&cookie ],
    [ "chain, client's key", '/buy/chain', ",$ADDRESS", [ $SESSION, $ORDER ],
      '1 1', \&key ],
    [ 'order', '/buy/order', undef, [ $ORDER ], '0 1', sub { } ],
) {
    my ($n, $uri, $more, $paths, $made, $scope) = @$way;

    $n = "two clicks, $n";
    fresh();

    if (!defined $more) {
        buy('/buy/pro', 'first');
        my ($session) = @{ $t->sandbox_get('sessions') };
        $more = qq(,"checkoutSessionId":"$session->{id}",$ADDRESS);
    }

    $t->sandbox_post('settings', { inFlightMs => 800 });

    my @r = end(map { start($uri, 'two', $more, $scope->('two')) } 1, 2);

    is(tally(map { $_->status } @r), '302 x 2', "$n: status");
    is(different(map { $_->location } @r), 1, "$n: one Location");
    is(made('two'), $made, "$n: done once");
    is(names(map { edge_of($_) } calls('two')), 'one two',
       "$n: one at each edge");
    is(tally(map { keys_of('two', $_) } @$paths), '1 x ' . @$paths,
       "$n: one key for each action");

    # the third comes when all is done

    my $r = buy($uri, 'two', $more, $scope->('two'));
    is($r->location, $r[0]->location, "$n: a third comes there, too");
    is(made('two'), $made, "$n: nothing new");
}

{
    my $n = 'two clicks without a scope';
    fresh(200);

    my @r = end(map { start('/buy/pro', 'two') } 1, 2);

    is(tally(map { $_->status } @r), '302 x 2', "$n: status");
    is(made('two'), '2 0', "$n: two sessions");
}


# 4. The buyer's own address, of which nobody can choose another.

sub buyer_ip {
    my ($who) = @_;
    my ($call) = calls($who, $ORDER);
    return JSON::PP->new->utf8->decode($call->{body})->{buyerIp};
}

{
    my @KEY = key('same');
    my @from = map { "127.0.0.$_" } 5, 5, 6, 6;

    fresh();
    my @r = map { buy('/buy/pro', 'same', '', @KEY, -source => $_) } @from;
    my ($five, $six) = map { $_->location } @r[0, 2];

    is(tally(map { $_->status } @r), '302 x 4', 'one key: status');
    is(done(), '2 0', 'one key: a session for each address');
    is(join(' ', map { $_->location } @r), "$five $five $six $six",
       'one key: the same one at both edges');
    is(names(map { edge_of($_) } calls('same')), 'one two',
       'one key: both edges');

    # who would be .5

    my $v = '127.0.0.5';

    for my $forged (
        [ 'X-Forwarded-For' => $v ],
        [ 'X-Real-IP' => $v ],
        [ 'Forwarded' => "for=$v" ],
        [ 'X-Forwarded-For' => [ $v, "$v, 127.0.0.1" ] ],
        [ 'X-Real-IP' => [ $v, $v ], 'X-Forwarded-For' => "$v, $v" ],
        [ 'X_Real_IP' => $v, 'x-real-ip' => $v ],
        [ 'Connection' => 'close, X-Real-IP', 'X-Real-IP' => $v ],
    ) {
        my %h = @$forged;
        my $n = 'forged: ' . join(' and ', sort keys %h)
                . (grep({ ref } values %h) ? ', twice' : '');

        # an edge after the other

        my @got = map { buy('/buy/pro', 'same', '', @KEY, %h,
                            -source => '127.0.0.6') } 1, 2;
        is(join(' ', map { $_->location // $_->status } @got), "$six $six",
           $n);
    }

    is(done(), '2 0', 'forged: no other session');

    # and in what the API is told

    my ($session) = @{ $t->sandbox_get('sessions') };
    my $more = qq(,"checkoutSessionId":"$session->{id}",$ADDRESS);
    my %h = ('X-Real-IP' => $v, 'X-Forwarded-For' => $v);

    buy('/buy/order', 'ip', $more, %h, -source => '127.0.0.7');
    is(buyer_ip('ip'), '127.0.0.7', "buyerIp is the buyer's");

    # past the balancer

    buy('/buy/order', 'past', $more, %h, -source => '127.0.0.9',
        -to => $edge[0]);
    is(buyer_ip('past'), '127.0.0.9', 'past the balancer: buyerIp');

    my $r = buy('/buy/pro', 'same', '', @KEY, %h, -source => '127.0.0.9',
                -to => $edge[0]);
    isnt($r->location, $five, 'past the balancer: another checkout');
}


# What became of the buyers after one edge was lost.  For each kind: what is
# made for the buyer who was at that edge, and for the other one.

sub lost {
    my ($n, $lost, $rest, $kinds) = @_;

    for my $kind (@$kinds) {
        my ($what, $at, $request, $made, $fine) = @$kind;
        my $name = "$n, $what";
        my ($who, $c) = @{ $at->{$lost} };
        my ($other, $d) = @{ $at->{$rest} };
        my ($r, $s) = end($c, $d);

        is($r->status, 302, "$name: status");
        is($s->status, 302, "$name: the other edge's buyer");
        is(made($who), $made, "$name: what was made");
        is(made($other), $fine, "$name: for the other edge's buyer");
        is(names(map { edge_of($_) } calls($who)), join(' ', sort $lost,
           $rest), "$name: both edges asked the API");

        next if $made ne $fine;

        # nothing twice: a click more shows where the buyer ended

        my $again = buy($request->($who));
        is($again->location, $r->location, "$name: one Location");
    }
}


# Time enough for a call to each edge of each kind.

my $LONG = $SLOW > 1 ? 10_000 : 5_000;


# 5. One edge is killed while it is at one call of each kind.

{
    my $n = 'killed';
    fresh();

    buy('/buy/pro', "before-$_") for 1 .. 8;
    my @sessions = map { $_->{id} } @{ $t->sandbox_get('sessions') };

    $t->sandbox_post('settings', { inFlightMs => $LONG });
    pass_over();

    # a body that is too long for memory is sent again as well

    my %order;
    my $long = ' ' x 40_000;

    my @kinds = (
        [ 'cookie', $SESSION, '1 0', '1 0', sub {
            ('/buy/pro', $_[0], '', cookie($_[0])) } ],
        [ "client's key", $SESSION, '1 0', '1 0', sub {
            ('/buy/pro', $_[0], '', key($_[0])) } ],
        [ 'long body', $SESSION, '1 0', '1 0', sub {
            ('/buy/pro', $_[0], $long, cookie($_[0])) } ],
        [ 'no scope', $SESSION, '2 0', '1 0', sub {
            ('/buy/pro', $_[0]) } ],
        [ 'order', $ORDER, '0 1', '0 1', sub {
            my $id = $order{$_[0]} //= shift @sessions;
            ('/buy/order', $_[0],
             qq(,"checkoutSessionId":"$id",$ADDRESS)) } ],
    );

    my (@at, @more);

    for my $kind (@kinds) {
        my ($what, $target, $made, $fine, $request) = @$kind;
        my ($at, @spare) = one_at_each(\@NAMES, $target, $request);

        push @at, [ $what, $at, $request, $made, $fine ];
        push @more, @spare;
    }

    is($t->sandbox_get('state')->{inFlight}, 2 * @kinds + @more,
       "$n: all calls are in flight");

    $edge[0]->crash;
    lost($n, 'one', 'two', \@at);
    end(@more);

    my @lines = grep { $_->[1] eq "$ADDR[0], $ADDR[1]" }
                balanced(2 * @kinds + @more + 4);
    cmp_ok(scalar @lines, '>=', scalar @kinds, "$n: repeated");
    is(tally(map { "$_->[0] $_->[2]" } @lines),
       '302 502, 302 x ' . @lines, "$n: by the other edge");

    # others do not notice

    fresh();
    is(tally(map { buy('/buy/pro', "meanwhile-$_")->status } 1 .. 5),
       '302 x 5', "$n: meanwhile");
    is(names(map { edge_of($_) } calls()), 'two', "$n: one edge alone");

    $edge[0]->run;
    ok(take_part(@NAMES), "$n: it is back");
}


# From here on the balancer looks after a lost edge more often.

my @QUICK = ('fail_timeout=5s' => 'fail_timeout=1s');

$t->conf(balancer(@ADDR, @QUICK))->reload;


# 6. The other one is killed, in the second call of chains: the session is
# there, the order under way.

{
    my $n = 'killed in the second call';

    fresh();
    $t->sandbox_post('fault', { mode => 'delay', path => 'create-order',
                                times => -1, inFlightMs => $LONG });

    my @kinds = map {
        my ($what, $made, $scope) = @$_;
        my $request = sub { ('/buy/chain', $_[0], ",$ADDRESS",
                             $scope->($_[0])) };
        my ($at, @spare) = one_at_each(\@NAMES, $ORDER, $request);

        [ $what, $at, $request, $made, '1 1', @spare ];
    } (
        [ 'cookie', '1 1', \&cookie ],
        [ "client's key", '1 1', \&key ],
        [ 'no scope', '2 2', sub { } ],
    );

    $edge[1]->crash;
    lost($n, 'two', 'one', \@kinds);
    end(map { @$_[5 .. $#$_] } @kinds);

    $edge[1]->run;
    ok(take_part(@NAMES), "$n: it is back");
}


# 7. An edge that is told to quit, or to reload, ends what it is at.

for my $how (qw( quit reload )) {
    fresh(1500);
    pass_over();

    my ($at, @more) = one_at_each(\@NAMES, $SESSION, sub {
        ('/buy/pro', $_[0], '', cookie($_[0])) });

    if ($how eq 'quit') {
        $edge[0]->stop;
    } else {
        $edge[0]->reload;
    }

    my @r = end(map { $_->[1] } values %$at);
    end(@more);

    is(tally(map { $_->status } @r), '302 x 2', "$how: status");
    is(join(', ', map { made($_->[0]) } values %$at), '1 0, 1 0',
       "$how: one session for each");
    is(scalar(grep { $_->[1] =~ /,/ } balanced(@r + @more)), 0,
       "$how: nothing is repeated");

    $edge[0]->run if $how eq 'quit';
    ok(take_part(@NAMES), "$how: it is back");
}


# 8. An edge that hangs, for which the balancer waits 25 seconds.  That is
# long for a test.

my @SHORT = (@QUICK, 'proxy_read_timeout 25s' =>
             'proxy_read_timeout ' . int(8 * $SLOW) . 's');

{
    my $n = 'hangs';

    $t->conf(balancer(@ADDR, @SHORT))->reload;
    take_part(@NAMES);
    fresh(1000);
    pass_over();

    my $request = sub { ('/buy/pro', $_[0], '', cookie($_[0])) };
    my ($at, @more) = one_at_each(\@NAMES, $SESSION, $request);
    my ($worker) = $edge[0]->worker_pids;
    my $lines = () = $edge[0]->log_text('edge.log') =~ /\n/g;

    kill STOP => $worker;

    lost_in_silence($n, $request, $at, @more);

    # it wakes up, and finds that nobody waits

    kill CONT => $worker;

    $t->wait_for(sub {
        my $now = () = $edge[0]->log_text('edge.log') =~ /\n/g;
        return $now > $lines;
    });

    ok(take_part_quietly($request), "$n: it is back");
}


# What becomes of the buyers at an edge from which nothing is heard any more,
# and of those who come now, half of them to where nobody looks.

sub lost_in_silence {
    my ($n, $request, $at, @more) = @_;

    my %c = ((map { $_->[0] => $_->[1] } values %$at),
             (map { ("late-$_" => start($request->("late-$_"))) } 1 .. 4));
    my @who = sort keys %c;
    my %r = map { $_ => scalar end($c{$_}) } @who;

    end(@more);

    is(tally(map { $r{$_}->status } @who), '302 x ' . @who, "$n: status");
    is(different(map { $r{$_}->location } @who), scalar @who,
       "$n: a Location for each");
    is(tally(map { made($_) } @who), '1 0 x ' . @who,
       "$n: one session for each");

    my @twice = grep { $_->[1] =~ /,/ } balanced(@who + @more);
    cmp_ok(scalar @twice, '>=', 2, "$n: repeated");
    is(tally(map { "$_->[0] $_->[2]" } @twice),
       '302 504, 302 x ' . @twice, "$n: by the other edge, after a while");
}


# Both take part, and what the one does late has made nothing new.

sub take_part_quietly {
    my ($request) = @_;

    my $sessions = $t->sandbox_get('state')->{sessions};
    my $new = 0;

    my $both = $t->wait_for(sub {
        my $before = () = calls();

        buy($request->('awake-' . ++$new)) for 1 .. 2;

        my @calls = calls();
        my %at = map { edge_of($_) => 1 } @calls[$before .. $#calls];
        return 1 if keys %at == 2;
        sleep 0.2;
        return 0;
    }, 40 * $SLOW);

    is($t->sandbox_get('state')->{sessions}, $sessions + $new,
       'late calls make nothing new');

    return $both;
}


# 9. An edge whose link goes down: no answer, no error, nothing.

SKIP: {
    my $n = 'no link';

    skip "no network namespace here: $no_machine", 9 if $no_machine;

    $far->write_file('nginx-there', <<"EOC", 0755);
#!/bin/sh
exec ip netns exec $NET '$far->{binary}' "\$@"
EOC
    $far->{binary} = $far->dir . '/nginx-there';

    my ($dir, $api) = ($t->dir, $t->port(1));

    $way->conf(<<"EOC")->run;
    server {
        listen $NEAR_IP:%%PORT_0%% ssl;
        ssl_certificate     $dir/api.pem;
        ssl_certificate_key $dir/api.key;

        location / { proxy_pass http://127.0.0.1:$api; }
    }
EOC

    snippets($far, 'far', "$NEAR_IP:" . $way->port(0));
    $far->conf(edge($FAR_ADDR, $NEAR_IP))->run;

    $t->conf(balancer($FAR_ADDR, $ADDR[1], @SHORT))->reload;
    ok(take_part('far', 'two'), "$n: both take part");

    fresh(1000);
    pass_over();

    my $request = sub { ('/buy/pro', $_[0], '', cookie($_[0])) };
    my ($at, @more) = one_at_each([ 'far', 'two' ], $SESSION, $request);

    ip("-n $NET link set $THERE down") or die "$refused\n";

    lost_in_silence($n, $request, $at, @more);

    # the balancer tries again from time to time, and no buyer suffers

    sleep 2;
    my @r = map { buy('/buy/pro', "down-$_") } 1 .. 4;
    is(tally(map { $_->status } @r), '302 x 4', "$n: meanwhile");

    ip("-n $NET link set $THERE up") or die "$refused\n";

    ok(take_part_quietly($request), "$n: it is back");

    $far->stop;
    $way->stop;
}


# 10. Both edges are lost, the one after the other, with the same click.

{
    my $n = 'both lost';

    $t->conf(balancer(@ADDR, @QUICK))->reload;
    take_part(@NAMES);
    fresh($LONG);

    my $c = start('/buy/pro', 'both', '', cookie('both'));
    my %edge = (one => $edge[0], two => $edge[1]);
    my $first;

    $t->wait_for(sub { ($first) = map { edge_of($_) } calls('both') });
    my ($second) = grep { $_ ne $first } @NAMES;

    $edge{$first}->crash;
    $t->wait_for(sub { grep { edge_of($_) eq $second } calls('both') });
    $edge{$second}->crash;

    my $r = end($c);
    is($r->status, 502, "$n: status");
    is($r->location, undef, "$n: no Location");
    is(buy('/buy/pro', 'nobody')->status, 502, "$n: nobody is there");
    is(scalar calls('nobody'), 0, "$n: nobody asks the API");

    $_->run for @edge;

    my $back = $t->wait_for(sub {
        $r = buy('/buy/pro', 'both', '', cookie('both'));
        return 1 if $r->status == 302;
        sleep 0.2;
        return 0;
    }, 40 * $SLOW);

    ok($back, "$n: both are back");
    is(made('both'), '1 0', "$n: the click that was lost made the session");
    is(scalar(grep { @{ $_->{notes} } } calls()), 0, "$n: nothing odd");
    ok(take_part(@NAMES), "$n: both take part");
}
