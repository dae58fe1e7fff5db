# An answer that the API repeats although what it leads to has expired is
# asked for again under a new key: once, on each node under the same one, and
# only where other requests may have the same key.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use Test::More;

use Digest::SHA qw( hmac_sha256 );
use JSON::PP ();
use MIME::Base64 qw( decode_base64 encode_base64 );

my $SESSION = '/v1/actions/checkout/create-session';
my $ORDER = '/v1/actions/onetime-order/create-order';
my $MAIL = 'secret-buyer-45@example.com';
my $ADDRESS = '"billingDetail":{"country":"US","isBusiness":false,'
              . '"postcode":"94105","state":"CA"}';
my $BUY = qq({"buyerEmail":"$MAIL"});
my $BOTH = qq({"buyerEmail":"$MAIL",$ADDRESS});


# No border of a window may fall into this test: of the windows of 25 to 30
# minutes the two are taken that have most of themselves ahead.

my $START = time;

sub left { $_[0] - $START % $_[0] }

my ($WINDOW, $OTHER) = sort { left($b) <=> left($a) } 1500 .. 1800;

my $CONF = <<'EOT';
    pancake_merchant_id %%MERCHANT%%;
    pancake_private_key %%KEY%%;
    pancake_idempotency_window WINDOWs;
    pancake_retry 3 backoff=20ms deadline=20s;

    pancake_set productId %%PRODUCT%%;
    pancake_set currency USD;

    log_format renewal '$uri $status [$pancake_result] $pancake_attempts '
                       '[$pancake_upstream_status] [$pancake_session_id] '
                       '[$pancake_idempotency_key]';

    server {
        listen 127.0.0.1:%%PORT_0%%;
        access_log %%DIR%%/renewal.log renewal;

        location = /session { pancake_checkout create-session; }
        location = /order   { pancake_checkout create-order; }
        location = /chain   { pancake_checkout create-session create-order; }

        location /other/ {
            pancake_idempotency_window OTHERs;
            location = /other/session { pancake_checkout create-session; }
            location = /other/order   { pancake_checkout create-order; }
        }

        location /cookie/ {
            pancake_idempotency_key $cookie_sid;
            location = /cookie/session { pancake_checkout create-session; }
            location = /cookie/order   { pancake_checkout create-order; }
            location = /cookie/chain   { pancake_checkout create-session
                                                          create-order; }
        }

        location /off/ {
            pancake_idempotency_key off;
            location = /off/session { pancake_checkout create-session; }
            location = /off/order   { pancake_checkout create-order; }
        }

        location = /alone { pancake_checkout create-session;
                            pancake_retry off; }
        location = /json  { pancake_checkout create-session;
                            pancake_reply json; }
        location = /short { pancake_checkout create-session;
                            pancake_retry 3 backoff=20ms deadline=4s; }

        %%API_LOCATION=API%%
    }
EOT

my $t = PancakeTest->new->has('node');
my $edge = PancakeTest->new;

$CONF =~ s/WINDOW/$WINDOW/;
$CONF =~ s/OTHER/$OTHER/;
$CONF =~ s{=API}{'=http://127.0.0.1:' . $t->port(1) . '/'}e;

my $PKCS1 = PancakeTest::Log::slurp($t->top . '/t/vectors/test-key.pkcs1.pem');
my $SECRET = hmac_sha256('pancake checkout idempotency 1',
                         decode_base64($PKCS1 =~ s/^-.*$//mgr));

$t->plan(275)->sandbox;
$_->secret($MAIL, 'secret-key-45')->conf($CONF)->run for $t, $edge;


# The key, computed from its definition.

sub key_of {
    my (%in) = @_;

    my %kind = (body => 0, merchant => 1, client => 2);
    my @scope = @{ $in{scope} || [] };
    my $kind = $kind{ $in{kind} } | ($in{expired} ? 0x80 : 0);

    my $data = "pancake-idempotency-1\n"
        . pack('(Q>/a*)2', $t->merchant, $in{path})
        . chr($kind) . pack('(Q>/a*)2', map { $_ // '' } @scope[0, 1])
        . pack('Q>', $in{window} // 0);

    $data .= pack 'Q>', $in{expired} if $in{expired};
    $data .= pack 'Q>/a*', $in{body};

    return encode_base64(hmac_sha256($data, $SECRET), '') =~ tr{+/=}{-_}dr;
}

sub client { (kind => 'client', scope => [ $_[0], '127.0.0.1' ]) }

sub bucket { int($START / $_[0]) + 1 }


# The double.

sub settings { $t->sandbox_post('settings', { @_ }) }

sub fault { $t->sandbox_post('fault', @_ == 1 ? $_[0] : { @_ }) }

my @odd;

sub fresh {
    push @odd, map { @{ $_->{notes} } } calls();
    $t->sandbox_post('reset');
}

sub done {
    my $state = $t->sandbox_get('state');
    return "$state->{sessions} $state->{orders}";
}

sub calls { @{ $t->sandbox_get('requests') } }

sub sessions { @{ $t->sandbox_get('sessions') } }

sub expiry {
    my ($session) = @_;
    require Time::Local;
    my @t = $session->{expiresAt} =~ /(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)/;
    return Time::Local::timegm(reverse(@t[3 .. 5]), $t[2], $t[1] - 1, $t[0]);
}

sub arrived_keys {
    return map {
        my %h = @{ $_->{rawHeaders} };
        my ($name) = grep { lc eq 'x-idempotency-key' } keys %h;
        $h{ $name // '' } // 'none';
    } calls();
}


# Keys as letters, in the order in which they came.

sub letters {
    my (%letter, @letters);

    for my $key (@_) {
        my $next = chr(ord('a') + keys %letter);
        push @letters, $key =~ /^[\w-]{43}\z/ ? $letter{$key} ||= $next
                                              : $key;
    }

    return join ' ', @letters;
}


# The buyer.

sub key { ('Idempotency-Key' => $_[0]) }

sub cookie { (Cookie => "sid=$_[0]") }

sub post {
    my ($node, $uri, $body, @header) = @_;
    return $node->post_json($uri, $body, @header);
}


# Of the node's next lines: the status and so on, the session, the keys.

my %seen;

sub logged {
    my ($node, $n) = @_;
    my @lines;

    $t->wait_for(sub {
        @lines = $node->log_text('renewal.log') =~ /^(.*)\n/mg;
        splice @lines, 0, $seen{ $node->dir } // 0;
        return @lines >= ($n // 1);
    });

    $seen{ $node->dir } += @lines;

    return map { /^\S+ (.*\]) \[(.*?)\] \[(.*?)\]$/ ? ($1, $2, $3) : $_ }
           @lines;
}


# The API has answered, nobody has got the answer, and now it is too old: a
# session of 45 minutes that was made 50 minutes ago.

sub stale {
    my ($uri, $body, @header) = @_;

    fresh();
    settings(advanceSeconds => -3000);
    fault(mode => 'status', status => 400, process => JSON::PP::true,
          path => 'create-session');
    post($t, $uri, $body, @header);
    logged($t);
    settings(advanceSeconds => 0);

    my ($session) = sessions();
    my ($call) = calls();

    return ((arrived_keys())[0], expiry($session), $call->{body});
}


my $ASKING = 'info pancake checkout: the API repeated an expired answer to '
             . '"%s", asking again under a new key';
my $TOO_OLD = 'error pancake checkout: 502, checkout is not available: the '
              . 'API\'s answer has an "expiresAt" that is past or not a time';

sub said {
    return join "\n", map { "$_->[0] $_->[1]" }
                      $t->messages(qr/^pancake checkout: /);
}

sub asking { join "\n", map { sprintf $ASKING, "create-$_" } @_ }


# A repeated answer that has expired is replaced, and the one in its place is
# the same for the next click, and on the other edge.

for my $case (
    [ "a client's key", '/session', $BUY, 0, [ key('secret-key-45-a') ],
      { client('secret-key-45-a') } ],
    [ "a client's other header", '/session', $BUY, 0,
      [ 'X-Idempotency-Key' => '"secret-key-45-b"' ],
      { client('secret-key-45-b') } ],
    [ 'an expression', '/cookie/session', $BUY, 0, [ cookie('a') ],
      { kind => 'merchant', scope => [ 'a' ] } ],
    [ "a client's key, chain", '/chain', $BOTH, 1,
      [ key('secret-key-45-c') ], { client('secret-key-45-c') } ],
    [ 'an expression, chain', '/cookie/chain', $BOTH, 1, [ cookie('b') ],
      { kind => 'merchant', scope => [ 'b' ] } ],
) {
    my ($name, $uri, $body, $orders, $header, $scope) = @$case;

    my @stale = ($uri, $body, @$header);
    my ($old, $expired, $sent) = stale(@stale);

    is($old, key_of(path => $SESSION, body => $sent, %$scope,
                    $scope->{kind} eq 'merchant'
                    ? (window => bucket($WINDOW)) : ()),
       "$name: the old key, as defined");

    my $new = key_of(path => $SESSION, body => $sent, %$scope,
                     window => bucket($WINDOW), expired => $expired);

    $t->mark;
    my $r = post($t, @stale);
    my ($line, $id, $keys) = logged($t);
    my ($first, $second) = sessions();
    my $more = $orders ? ', 200' : '';
    my @effects = map { $_->{effect} || {} } calls();
    my @all = ($old, $new, $orders ? (arrived_keys())[-1] : ());

    is($r->status, 302, "$name: status");
    is($line, '302 [redirected] ' . (2 + $orders) . " [200, 200$more]",
       "$name: the access log");
    is($keys, join(', ', @all), "$name: the new key, as defined");
    is(join(' ', (arrived_keys())[1 .. 2]), "$old $new",
       "$name: as they arrived");
    is($effects[1]{replay}, $first->{id}, "$name: the old one is repeated");
    is($effects[2]{created}, $second->{id}, "$name: a new one is made");
    is($id, $second->{id}, "$name: it is the buyer's");
    is(done(), "2 $orders", "$name: one of each");
    is(said(), asking('session'), "$name: the error log");

    my $location = $r->location;
    my ($order) = @{ $t->sandbox_get('orders') }[-1];

    if ($orders) {
        is($order->{sessionId}, $second->{id}, "$name: its order");
    } else {
        is($location, "https://checkout.waffo.ai/pancake-shop/checkout/$id",
           "$name: Location");
    }

    for my $again ([ 'again', $t ], [ 'on another edge', $edge ],
                   [ 'again there', $edge ])
    {
        my ($when, $node) = @$again;

        is(post($node, @stale)->location, $location,
           "$name, $when: the same Location");
        is(join("\n", logged($node)),
           join("\n", '302 [redirected] ' . (2 + $orders)
                      . " [200, 200$more]", $id, join(', ', @all)),
           "$name, $when: the same keys");
    }

    is(done(), "2 $orders", "$name: nothing more in the end");
}


# Each window has a replacement of its own, lest the second one to expire be
# the last.

{
    my @header = key('secret-key-45-d');
    my ($old, $expired, $sent) = stale('/session', $BUY, @header);

    post($t, '/session', $BUY, @header);
    is(post($t, '/other/session', $BUY, @header)->status, 302,
       'another window: status');

    my ($line, undef, $first, $line2, $id, $second) = logged($t, 2);
    my %of = (path => $SESSION, body => $sent, client('secret-key-45-d'),
              expired => $expired);

    is($line2, '302 [redirected] 2 [200, 200]', 'another window: the log');
    is($first, join(', ', $old, key_of(%of, window => bucket($WINDOW))),
       'this window: keys');
    is($second, join(', ', $old, key_of(%of, window => bucket($OTHER))),
       'another window: keys');
    is($id, (sessions())[2]{id}, 'another window: another session');
}


# Another time of expiry, another key: nothing is left of one before.

{
    my @header = key('secret-key-45-e');
    my %keys;

    for my $value ('2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z') {
        fresh();
        fault(mode => 'expired', value => $value, path => 'create-session');
        post($t, '/session', $BUY, @header);

        my ($line, undef, $keys) = logged($t);
        is($line, '302 [redirected] 2 [200, 200]', "$value: the log");
        $keys{$_} = 1 for split /, /, $keys;
    }

    is(scalar keys %keys, 3, 'another time of expiry, another key');
}


# Many clicks at once on an expired one, at both edges.

{
    my @header = key('secret-key-45-f');
    stale('/session', $BUY, @header);
    settings(inFlightMs => 600);

    my ($head, $body) = PancakeTest::HTTP->build('POST', '/session', $BUY,
        'Content-Type' => 'application/json', @header);
    my @open = map { $_->connect } $t, $t, $t, $edge, $edge, $edge;

    $_->send($head . $body) for @open;
    my @r = map { $_->response } @open;
    $_->close for @open;

    my %place = map { ($_->location // 'none') => 1 } @r;
    my %keys = map { $_ => 1 } arrived_keys();

    is(join(' ', map { $_->status } @r), join(' ', (302) x 6),
       'clicks at once: status');
    is(scalar keys %place, 1, 'clicks at once: one Location');
    is(done(), '2 0', 'clicks at once: one new session');
    is(scalar keys %keys, 2, 'clicks at once: two keys');
    cmp_ok(scalar(grep { $_->{status} == 409 } calls()), '>', 0,
           'clicks at once: they did overlap');

    logged($t, 3);
    logged($edge, 3);
}


# What is expired once more is not renewed once more.

# Of orders, the session was made by a call before.

sub order_body {
    fresh();
    post($t, '/session', $BUY);
    logged($t);
    my ($session) = sessions();
    return qq({"checkoutSessionId":"$session->{id}",$ADDRESS});
}

my %always = (mode => 'expired', times => -1,
              value => '2026-01-01T00:00:00Z');

for my $case (
    [ "a client's key", '/session', $BUY, 'session', 'a b',
      key('secret-key-45-g') ],
    [ 'an expression', '/cookie/session', $BUY, 'session', 'a b',
      cookie('g') ],
    [ 'chain, first', '/chain', $BOTH, 'session', 'a b',
      key('secret-key-45-h') ],
    [ 'chain, second', '/chain', $BOTH, 'order', 'a b c',
      key('secret-key-45-i') ],
    [ 'chain, second, no key', '/chain', $BOTH, 'order', 'a b c' ],
    [ 'an order', '/order', undef, 'order', 'a b' ],
    [ "an order with a client's key", '/order', undef, 'order', 'a b',
      key('secret-key-45-j') ],
    [ 'an order with an expression', '/cookie/order', undef, 'order',
      'a b', cookie('j') ],

    # nobody else can have the key, or there is none

    [ 'no key', '/session', $BUY, 'session', 'a' ],
    [ 'no cookie', '/cookie/session', $BUY, 'session', 'a' ],
    [ 'an empty cookie', '/cookie/session', $BUY, 'session', 'a',
      cookie('') ],
    [ 'chain, first, no key', '/chain', $BOTH, 'session', 'a' ],
    [ 'keys off', '/off/session', $BUY, 'session', 'none',
      key('secret-key-45-k') ],
    [ 'keys off, an order', '/off/order', undef, 'order', 'none' ],
) {
    my ($name, $uri, $body, $what, $wanted, @header) = @$case;
    my $before = 0;

    if (defined $body) {
        fresh();
    } else {
        $body = order_body();
        $before = 1;
    }

    fault(%always, path => "create-$what");
    $t->mark;

    my $r = post($t, $uri, $body, @header);
    my ($line, undef, $keys) = logged($t);
    my $n = split / /, $wanted;
    my @arrived = (arrived_keys())[$before .. $before + $n - 1];

    is($r->status, 502, "always expired, $name: status");
    is($r->location, undef, "always expired, $name: no redirect");
    is($line, "502 [error] $n [" . join(', ', (200) x $n) . ']',
       "always expired, $name: the access log");
    is(scalar(calls()), $before + $n, "always expired, $name: calls");
    is(letters(@arrived), $wanted, "always expired, $name: keys");
    is($keys, $wanted eq 'none' ? '-' : join(', ', @arrived),
       "always expired, $name: keys in the access log");
    is(said(), join("\n", $n > 1 ? asking($what) : (), $TOO_OLD),
       "always expired, $name: the error log");
}


# An order has no window, neither before nor after: at both edges and in both
# windows the same.

{
    my $body = order_body();
    my $sent;
    my %keys;

    for my $way ([ $t, '/order' ], [ $t, '/other/order' ],
                 [ $edge, '/order' ], [ $edge, '/other/order' ])
    {
        my ($node, $uri) = @$way;

        fault(%always, times => 1, path => 'create-order');

        is(post($node, $uri, $body)->status, 302, "an order, $uri: status");
        my ($line, undef, $keys) = logged($node);
        is($line, '302 [redirected] 2 [200, 200]', "an order, $uri: log");
        $keys{$keys}++;
        $sent = (calls())[-1]{body};
    }

    is(join(' ', %keys), join(', ', map {
           key_of(path => $ORDER, kind => 'body', body => $sent,
                  expired => $_)
       } 0, 1767225600) . ' 4', 'an order: always the same two keys');
    is(done(), '1 2', 'an order: one under each of them');
}


# The chain's second call, and both.

{
    fresh();
    fault(%always, times => 1, path => 'create-order');
    is(post($t, '/chain', $BOTH)->status, 302, 'chain, second: status');
    my ($line, $id, $keys) = logged($t);
    is($line, '302 [redirected] 3 [200, 200, 200]', 'chain, second: the log');
    is(join(' ', map { $_->{target} eq $ORDER ? 'order' : 'session' }
                 calls()), 'session order order', 'chain, second: calls');
    is((split /, /, $keys)[2],
       key_of(path => $ORDER, kind => 'body', body => (calls())[2]{body},
              expired => 1767225600), 'chain, second: the new key');
    is((calls())[1]{body}, (calls())[2]{body}, 'chain, second: same body');

    my @header = key('secret-key-45-l');
    stale('/chain', $BOTH, @header);
    fault(%always, times => 1, path => 'create-order');
    $t->mark;
    is(post($t, '/chain', $BOTH, @header)->status, 302, 'chain, both: status');
    ($line, $id, $keys) = logged($t);
    is($line, '302 [redirected] 4 [200, 200, 200, 200]',
       'chain, both: the log');
    is(said(), asking('session', 'order'), 'chain, both: the error log');
    my %different = map { $_ => 1 } split /, /, $keys;
    is(scalar keys %different, 4, 'chain, both: four keys');
}


# The renewal is a call like any other.

sub status { my ($status, %o) = @_; { mode => 'status', status => $status,
                                      path => 'create-session', %o } }

for my $case (
    [ '500 in it', [ status(500, skip => 1) ],
      '302 [redirected] 3 [200, 500, 200]', 'a b b', '2 0' ],
    [ '500 in it, executed',
      [ status(500, skip => 1, process => JSON::PP::true) ],
      '302 [redirected] 3 [200, 500, 200]', 'a b b', '2 0' ],
    [ '409 in it', [ status(409, skip => 1) ],
      '302 [redirected] 3 [200, 409, 200]', 'a b b', '2 0' ],
    [ 'closed in it', [ { mode => 'close', skip => 1 } ],
      '302 [redirected] 3 [200, 502, 200]', 'a b b', '2 0' ],
    [ '500 before it', [ status(500) ],
      '302 [redirected] 3 [500, 200, 200]', 'a a b', '2 0' ],

    # failures are counted anew, as each call has its own

    [ '500 twice before and in it',
      [ status(500, times => 2), status(500, times => 2, skip => 1) ],
      '302 [redirected] 6 [500, 500, 200, 500, 500, 200]', 'a a a b b b',
      '2 0' ],
    [ '500 always in it', [ status(500, times => -1, skip => 1) ],
      '502 [unavailable] 4 [200, 500, 500, 500]', 'a b b b', '1 0' ],
    [ '400 in it', [ status(400, skip => 1) ],
      '400 [rejected] 2 [200, 400]', 'a b', '1 0' ],
    [ '429 in it', [ status(429, skip => 1) ],
      '429 [rejected] 2 [200, 429]', 'a b', '1 0' ],
    [ 'rubbish in it', [ { mode => 'not-json', skip => 1 } ],
      '502 [error] 2 [200, 200]', 'a b', '1 0' ],
) {
    my ($name, $faults, $wanted, $letters, $done) = @$case;

    my @header = key('secret-key-45-m');
    stale('/session', $BUY, @header);
    fault($faults);
    post($t, '/session', $BUY, @header);

    my ($line, undef, $keys) = logged($t);

    is($line, $wanted, "$name: the access log");
    is(letters(split /, /, $keys), $letters, "$name: keys");
    is(done(), $done, "$name: what is done");
}


# One deadline for both: the first takes a part of it.

{
    my @header = key('secret-key-45-n');
    stale('/short', $BUY, @header);
    fault({ mode => 'delay', delayMs => 2500, times => 2 });

    my $r = post($t, '/short', $BUY, @header);
    my ($line, undef, $keys) = logged($t);

    is($r->status, 504, 'deadline: status');
    is($line, '504 [unavailable] 2 [200, 504]', 'deadline: the log');
    like($keys, qr/^[\w-]{43}, [\w-]{43}\z/, 'deadline: keys');
}


# Without attempts.

{
    my @header = key('secret-key-45-o');
    stale('/alone', $BUY, @header);
    is(post($t, '/alone', $BUY, @header)->status, 302,
       '"pancake_retry off": status');
    is((logged($t))[0], '302 [redirected] 2 [200, 200]',
       '"pancake_retry off": the log');

    stale('/alone', $BUY, @header);
    fault(status(500, skip => 1));
    post($t, '/alone', $BUY, @header);
    is((logged($t))[0], '502 [unavailable] 2 [200, 500]',
       '"pancake_retry off", 500 in it: the log');
}


# JSON.

{
    my @header = key('secret-key-45-p');
    stale('/json', $BUY, @header);
    my $r = post($t, '/json', $BUY, @header);
    is($r->json->{data}{sessionId}, (sessions())[1]{id}, 'JSON: the new one');
    is((logged($t))[0], '200 [replied] 2 [200, 200]', 'JSON: the log');
}


# What is not a time says nothing about its age.

for my $case ([ 'a word', 'yesterday' ], [ 'a number', 1 ], [ 'empty', '' ],
              [ 'false', JSON::PP::false ], [ 'a date', '2026-01-01' ],
              [ 'no zone', '2026-01-01T00:00:00' ],
              [ 'the epoch', '1970-01-01T00:00:00Z' ])
{
    my ($name, $value) = @$case;

    fresh();
    fault(mode => 'expired', value => $value, path => 'create-session');
    is(post($t, '/session', $BUY, key('secret-key-45-q'))->status, 502,
       "$name: status");
    is((logged($t))[0], '502 [error] 1 [200]', "$name: not renewed");
}


fresh();
is(join("\n", @odd), '', 'nothing odd has reached the API');
is(int(time / $_), int($START / $_), 'no border was passed')
    for $WINDOW, $OTHER;
