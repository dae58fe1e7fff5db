# A signature that was made serves again for the same key, path, body and
# second, and for nothing else: what goes to the API is, to the byte, what
# openssl makes of it, wherever the signature came from.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use Test::More;

use Math::BigInt ();
use MIME::Base64 qw( encode_base64 );

plan(skip_all => 'valgrind runs one process') if $ENV{TEST_VALGRIND};

use constant CLICKS => 50;

# The second at which the clock stands first.  It is long over, so what the
# API promises for the next minutes stays good on a clock that is put forward.

my $START = 1767225600;
my $DAY = 86400;

my $CONF = <<'EOT';
    %%CREDENTIALS%%
    %%RETRY_OFF%%

    pancake_set productId %%PRODUCT%%;
    pancake_set currency USD;

    add_header X-How $pancake_signature always;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        location = /buy    { pancake_checkout create-session; }
        location = /again  { pancake_checkout create-session; }
        location = /second { pancake_checkout create-session;
                             pancake_private_key second.pem; }
        location = /slug   { pancake_checkout create-session;
                             pancake_store_slug my-store test; }

        # with caches of their own

        location = /own    { pancake_checkout create-session;
                             pancake_signature_cache 1024; }
        location = /off    { pancake_checkout create-session;
                             pancake_signature_cache off; }
        location = /two    { pancake_checkout create-session;
                             pancake_signature_cache 2; }
        location = /one    { pancake_checkout create-session;
                             pancake_signature_cache 1; }
        location = /half   { pancake_checkout create-session;
                             pancake_signature_cache 16 reuse=30s; }
        location = /slow   { pancake_checkout create-session;
                             pancake_signature_cache 16;
                             pancake_private_key slow.pem; }
        location = /slow-one {
                             pancake_checkout create-session;
                             pancake_signature_cache 1;
                             pancake_private_key slow.pem; }
        location = /chain  { pancake_checkout create-session create-order;
                             pancake_signature_cache 16; }

        location = /inline { pancake_checkout create-session;
                             pancake_signature_cache 16;
                             pancake_signing inline; }
        location = /inline-off {
                             pancake_checkout create-session;
                             pancake_signature_cache off;
                             pancake_signing inline; }

        location = /retry  { pancake_checkout create-session;
                             pancake_signature_cache 16;
                             pancake_retry 3 backoff=50ms deadline=60s; }
        location = /retry-half {
                             pancake_checkout create-session;
                             pancake_signature_cache 16 reuse=30s;
                             pancake_retry 3 backoff=50ms deadline=60s; }

        %%API_LOCATION%%
    }

    # nothing of its own

    server {
        listen 127.0.0.1:%%PORT_2%%;
        location = /buy    { pancake_checkout create-session; }
        %%API_LOCATION%%
    }

    # one cache for all its locations

    server {
        listen 127.0.0.1:%%PORT_3%%;
        pancake_signature_cache 16 reuse=30s;

        location = /buy    { pancake_checkout create-session; }
        location = /again  { pancake_checkout create-session; }
        location = /own    { pancake_checkout create-session;
                             pancake_signature_cache 16; }
        %%API_LOCATION%%
    }
EOT

# Of equal length, with one other byte.

my ($A, $B, $C) = map { qq({"buyerEmail":"buyer-$_\@example.com"}) } 1 .. 3;

my $FORM = 'buyerEmail=buyer-1%40example.com';
my $BOTH = '{"billingDetail":{"country":"US","isBusiness":false,'
           . '"postcode":"94105","state":"CA"}}';

# What happens in turn: the second after the first one, the server, the
# location, what the buyer sends; how that was signed, and the second that is
# in the signature.

my @steps = (
    'one second',
    [ 0, 0, '/buy',  $A, 'thread', 0 ],
    [ 0, 0, '/buy',  $A, 'cached', 0 ],
    [ 0, 0, '/buy',  $FORM, 'cached', 0 ],
    [ 0, 0, '/own',  $A, 'thread', 0 ],
    [ 0, 0, '/own',  $A, 'cached', 0 ],
    [ 0, 0, '/inline', $A, 'inline', 0 ],
    [ 0, 0, '/inline', $A, 'cached', 0 ],

    'no cache',
    [ 0, 0, '/off',  $A, 'thread', 0 ],
    [ 0, 0, '/off',  $A, 'thread', 0 ],
    [ 0, 0, '/inline-off', $A, 'inline', 0 ],
    [ 0, 0, '/inline-off', $A, 'inline', 0 ],

    'another body',
    [ 0, 0, '/buy',  $B, 'thread', 0 ],
    [ 0, 0, '/buy',  $A, 'cached', 0 ],
    [ 0, 0, '/buy',  $B, 'cached', 0 ],
    [ 0, 0, '/buy',  '{}', 'thread', 0 ],

    'another key',
    [ 0, 0, '/second', $A, 'thread', 0 ],
    [ 0, 0, '/second', $A, 'cached', 0 ],
    [ 0, 0, '/buy',  $A, 'cached', 0 ],

    'levels',
    [ 0, 0, '/again', $A, 'cached', 0 ],
    [ 0, 2, '/buy',   $A, 'cached', 0 ],
    [ 0, 2, '/buy',   $C, 'thread', 0 ],
    [ 0, 0, '/again', $C, 'cached', 0 ],
    [ 0, 0, '/own',   $C, 'thread', 0 ],
    [ 0, 3, '/buy',   $A, 'thread', 0 ],
    [ 0, 3, '/again', $A, 'cached', 0 ],
    [ 0, 3, '/own',   $A, 'thread', 0 ],

    'another second',
    [ 1, 0, '/buy',   $A, 'thread', 1 ],
    [ 1, 0, '/buy',   $A, 'cached', 1 ],
    [ 1, 0, '/again', $B, 'thread', 1 ],
    [ 1, 0, '/inline', $A, 'inline', 1 ],
    [ 1, 0, '/inline', $A, 'cached', 1 ],
    [ 1, 3, '/again', $A, 'cached', 0 ],

    # reckoned from when it was made, not from when it served last

    'thirty seconds',
    [ 10, 0, '/half', $A, 'thread', 10 ],
    [ 11, 0, '/half', $A, 'cached', 10 ],
    [ 25, 0, '/half', $B, 'thread', 25 ],
    [ 39, 0, '/half', $A, 'cached', 10 ],
    [ 40, 0, '/half', $A, 'thread', 40 ],
    [ 40, 0, '/half', $B, 'cached', 25 ],
    [ 69, 0, '/half', $A, 'cached', 40 ],
    [ 71, 0, '/half', $A, 'thread', 71 ],

    # the clock is put back: what was signed lies ahead

    'put back a minute',
    [ 71,  0, '/buy',  $A, 'thread', 71 ],
    [ 11,  0, '/buy',  $A, 'thread', 11 ],
    [ 11,  0, '/buy',  $A, 'cached', 11 ],
    [ 11,  0, '/half', $A, 'thread', 11 ],
    [ 11,  0, '/half', $A, 'cached', 11 ],
    [ 10,  0, '/half', $A, 'thread', 10 ],
    [ 10,  0, '/inline', $A, 'inline', 10 ],
    [ 9,   0, '/inline', $A, 'inline', 9 ],

    'put forward a day',
    [ $DAY, 0, '/buy',  $A, 'thread', $DAY ],
    [ $DAY, 0, '/buy',  $A, 'cached', $DAY ],
    [ $DAY, 0, '/half', $A, 'thread', $DAY ],
    [ $DAY, 0, '/half', $A, 'cached', $DAY ],

    'put back a day',
    [ 12,  0, '/buy',  $A, 'thread', 12 ],
    [ 12,  0, '/buy',  $A, 'cached', 12 ],
    [ 12,  0, '/half', $A, 'thread', 12 ],
    [ 13,  0, '/half', $A, 'cached', 12 ],

    # the one that served longest ago makes room

    'two entries',
    [ 100, 0, '/two', $A, 'thread', 100 ],
    [ 100, 0, '/two', $B, 'thread', 100 ],
    [ 100, 0, '/two', $A, 'cached', 100 ],
    [ 100, 0, '/two', $C, 'thread', 100 ],
    [ 100, 0, '/two', $A, 'cached', 100 ],
    [ 100, 0, '/two', $C, 'cached', 100 ],
    [ 100, 0, '/two', $B, 'thread', 100 ],
    [ 100, 0, '/two', $C, 'cached', 100 ],
    [ 100, 0, '/two', $A, 'thread', 100 ],

    'one entry',
    [ 100, 0, '/one', $A, 'thread', 100 ],
    [ 100, 0, '/one', $A, 'cached', 100 ],
    [ 100, 0, '/one', $B, 'thread', 100 ],
    [ 100, 0, '/one', $A, 'thread', 100 ],
);

# The same after reloads: what is in front of http{}'s own directives then.

my @reloads = (
    [ 'as it was', '',
      [ 100, 0, '/buy', $A, 'thread', 100 ],
      [ 100, 0, '/buy', $A, 'cached', 100 ],
      [ 100, 0, '/one', $A, 'thread', 100 ] ],
    [ 'another size', 'pancake_signature_cache 2 reuse=30s;',
      [ 100, 0, '/buy',   $A, 'thread', 100 ],
      [ 101, 2, '/buy',   $A, 'cached', 100 ],
      [ 101, 2, '/buy',   $B, 'thread', 101 ],
      [ 102, 0, '/again', $C, 'thread', 102 ],
      [ 102, 0, '/buy',   $A, 'thread', 102 ],
      [ 102, 0, '/own',   $A, 'thread', 102 ] ],
    [ 'off', 'pancake_signature_cache off; pancake_signing inline;',
      [ 102, 0, '/buy',   $A, 'inline', 102 ],
      [ 102, 2, '/buy',   $A, 'inline', 102 ],
      [ 102, 0, '/own',   $A, 'inline', 102 ],
      [ 102, 0, '/own',   $A, 'cached', 102 ] ],
    [ 'as it was at first', '',
      [ 102, 0, '/own',   $A, 'thread', 102 ] ],
);


my $t = PancakeTest->new->has('faketime');
my $dir = $t->dir;

my %key = ('/second' => "$dir/second.pem",
           '/slow' => "$dir/slow.pem", '/slow-one' => "$dir/slow.pem");

$t->write_file('second.pem', openssl('genpkey -algorithm RSA '
                                     . '-pkeyopt rsa_keygen_bits:2048'), 0600)
  ->write_file('slow.pem', slow_key(), 0600);

my @served = grep { ref } @steps, map { @$_[2 .. $#$_] } @reloads;

$t->plan(4 * @served + @reloads + 5 + 11 + 3 * 8 + 6 + 5 + 3 + 2 * 4);

for my $file (values %key) {
    $t->secret(grep { !/^-/ && length > 16 } split /\n/,
               PancakeTest::Log::slurp($file));
}

$t->clock($START)->conf($CONF)->backend(1)->run;


# What openssl prints.

sub openssl {
    my ($command) = @_;
    local ($?, $!);
    my $out = qx(openssl $command 2>/dev/null);
    BAIL_OUT("openssl $command") if $?;
    return $out;
}


# An RSA key of 8676 bits, at which a thread is busy for long enough.  To find
# primes of that size takes seconds; two of Mersenne's are known.

sub slow_key {
    my ($p, $q) = map { Math::BigInt->new(2)->bpow($_)->bsub(1) } 4423, 4253;
    my $e = 65537;
    my $phi = ($p - 1) * ($q - 1);
    my $k = $e - ($phi % $e)->bmodinv($e);
    my $d = ($phi * $k + 1) / $e;

    my $der = der(0x30, map { integer($_) } 0, $p * $q, $e, $d, $p, $q,
                  $d % ($p - 1), $d % ($q - 1), $q->copy->bmodinv($p));

    return "-----BEGIN RSA PRIVATE KEY-----\n" . encode_base64($der)
           . "-----END RSA PRIVATE KEY-----\n";
}


sub integer {
    my $hex = substr Math::BigInt->new($_[0])->as_hex, 2;
    $hex = "0$hex" if length($hex) % 2;
    $hex = "00$hex" if $hex =~ /^[89a-f]/;
    return der(2, pack 'H*', $hex);
}


sub der {
    my ($tag, @parts) = @_;
    my $content = join '', @parts;
    my $length = length $content;

    return chr($tag) . chr($length) . $content if $length < 128;

    (my $n = pack 'N', $length) =~ s/^\0+//;

    return chr($tag) . chr(0x80 | length $n) . $n . $content;
}


# What openssl signs in place of nginx.

my %by_openssl;

sub expected {
    my ($uri, $text) = @_;
    my $key = $key{$uri} // "$dir/test-key.pem";

    return $by_openssl{"$key $text"} //= do {
        $t->write_file('text', $text);
        encode_base64(openssl("dgst -sha256 -sign '$key' '$dir/text'"), '');
    };
}


# All that is in the signature of a request is that request's own.

sub is_expected {
    my ($req, $uri, $seconds, $name) = @_;

    is($req && $req->header('X-Timestamp'), $START + $seconds,
       "$name: timestamp");
    is($req && $req->header('X-Signature'),
       $req ? expected($uri, $req->canonical) : 'of a call',
       "$name: signature");
}


sub step {
    my ($name, $step) = @_;
    my ($now, $port, $uri, $text, $how, $seconds) = @$step;

    $t->clock($START + $now)->clear_requests;

    my $r = $text =~ /^\{/ ? $t->post_json($uri, $text, -port => $port)
                           : $t->post_form($uri, $text, -port => $port);

    $name = "$name, $now s, $uri";
    is($r->status, 302, "$name: status");
    is($r->header('X-How'), $how, "$name: \$pancake_signature");

    my ($req) = $t->requests;
    is_expected($req, $uri, $seconds, $name);
}


my $title;

for my $step (@steps) {
    if (ref $step) {
        step($title, $step);
    } else {
        $title = $step;
    }
}


# One against the other, as they were on the wire; and openssl as the API uses
# it.

$t->clock($START + 200);

{
    my @reqs = map { $t->clear_requests->post_json($_, $A); $t->requests }
               qw( /buy /buy /off );
    my @seen = map { my $req = $_; join "\n", map { "$_: "
                     . $req->header($_) } qw( X-Timestamp X-Signature ) }
               @reqs;

    is(scalar @seen, 3, 'wire: three calls');
    is($seen[1], $seen[0], 'wire: from the cache and fresh');
    is($seen[1], $seen[2], 'wire: from the cache and without it');
    is($reqs[1]->body, $reqs[2]->body, 'wire: body');
    is($reqs[1]->signature_ok, 1, 'wire: the one from the cache verifies');
}


# Two calls in a row.  The session is another one each time, and with it the
# order, unless the API answers as it did before.

{
    my $r = $t->clear_requests->post_json('/chain', $BOTH);
    my @reqs = $t->requests;

    is($r->status, 302, 'chain: status');
    is(join(' ', map { $_->target } @reqs),
       '/v1/actions/checkout/create-session '
       . '/v1/actions/onetime-order/create-order', 'chain: calls');
    is_expected($reqs[$_], '/chain', 200, "chain, call $_") for 0 .. 1;
    is($r->header('X-How'), 'thread', 'chain: $pancake_signature');

    $t->mode_for('create-session', 'ok', data => [
        [ sessionId => $reqs[0]->session_id ] ]);

    $r = $t->clear_requests->post_json('/chain', $BOTH);
    my @again = $t->requests;

    is($r->header('X-How'), 'cached', 'chain again: $pancake_signature');
    is(join(' ', map { $_->header('X-Signature') } @again),
       join(' ', map { $_->header('X-Signature') } @reqs),
       'chain again: signatures');

    # the order alone is a new one

    $t->mode_for('create-session', 'ok');
    $r = $t->clear_requests->post_json('/chain', $BOTH);
    @again = $t->requests;

    is($r->header('X-How'), 'thread', 'chain, another order: the last call');
    is($again[0]->header('X-Signature'), $reqs[0]->header('X-Signature'),
       'chain, another order: the first');
    $t->mode('ok');
}


# A second attempt, which is signed when its turn comes: the clock moves while
# the API has the first one.

for my $case ([ '/retry',      0, 'cached', 0 ],
              [ '/retry',      1, 'thread', 1 ],
              [ '/retry-half', 1, 'cached', 0 ])
{
    my ($uri, $later, $how, $seconds) = @$case;
    my $name = "attempts, $uri, $later s";

    $t->clock($START + 300)->clear_requests
      ->mode([ '500', gate => 'header' ], [ 'ok' ]);

    my $c = $t->connect;

    # a body of its own for each, which nothing has been signed for

    $c->send(join '', PancakeTest::HTTP->build('POST', $uri,
        qq({"buyerEmail":"attempt-$later\@example.com"}),
        'Content-Type' => 'application/json'));

    $t->wait_for_requests(1);
    $t->clock($START + 300 + $later)->release;

    my $r = $c->response;
    my @reqs = $t->requests;
    $c->close;

    is($r->status, 302, "$name: status");
    is($r->header('X-How'), $how, "$name: \$pancake_signature");
    is(scalar @reqs, 2, "$name: calls");
    is_expected($reqs[0], $uri, 300, "$name, the first");
    is_expected($reqs[1], $uri, 300 + $seconds, "$name, the second");
    is($reqs[1]->header('X-Idempotency-Key'),
       $reqs[0]->header('X-Idempotency-Key'), "$name: one key");
}

$t->mode('ok')->clock($START + 400);


# Nothing to sign; and nobody who asks for it.

{
    my $r = $t->clear_requests->post_json('/slug', '{}');
    my ($req) = $t->requests;

    is($r->status, 302, 'store slug: status');
    is($r->header('X-How'), 'none', 'store slug: $pancake_signature');
    is($req->header('X-Signature'), undef, 'store slug: no signature');

    $r = $t->clear_requests->post_json('/buy', '{"buyerEmail":"none"}');

    is($r->status, 400, 'refused: status');
    is($r->header('X-How'), undef, 'refused: $pancake_signature is empty');
    is(scalar $t->requests, 0, 'refused: no call');
}


# Many at once, while a thread is at it for the first of them.  All but the
# last byte of each is with nginx before that.

sub at_once {
    my ($uri, @texts) = @_;
    my @open;

    $t->clear_requests;

    for my $text (@texts) {
        my $bytes = join '', PancakeTest::HTTP->build('POST', $uri, $text,
            'Content-Type' => 'application/json');

        push @open, [ $t->connect, substr $bytes, -1 ];
        $open[-1][0]->send(substr $bytes, 0, -1);
    }

    $_->[0]->send($_->[1]) for @open;

    my @r = map { $_->[0]->response } @open;
    $_->[0]->close for @open;

    my @reqs = $t->requests;

    return \@r, \@reqs,
           tally(map { $_->header('X-Signature') eq expected($uri,
                           $_->canonical) ? 'right' : 'wrong' } @reqs);
}

{
    my ($r, $reqs, $signatures) = at_once('/slow', ($A) x CLICKS);

    is(tally(map { $_->status } @$r), '302 x ' . CLICKS, 'at once: status');
    is(tally(map { $_->header('X-How') } @$r),
       'cached x ' . (CLICKS - 1) . ', thread x 1',
       'at once: $pancake_signature');
    is(tally(map { $_->header('X-Timestamp') } @$reqs),
       $START + 400 . ' x ' . CLICKS, 'at once: timestamp');
    is($signatures, 'right x ' . CLICKS, 'at once: signature');

    my %keys = map { $_->header('X-Idempotency-Key') => 1 } @$reqs;
    is(scalar keys %keys, CLICKS, 'at once: a session for each');
}


# What a thread is at has lost its place meanwhile.

{
    my ($r, $reqs, $signatures) = at_once('/slow-one', $A, $B, $C);

    is(tally(map { $_->status } @$r), '302 x 3', 'no place left: status');
    is(tally(map { $_->header('X-How') } @$r), 'thread x 3',
       'no place left: $pancake_signature');
    is($signatures, 'right x 3', 'no place left: signature');
}


# What a worker knows ends with it.

for my $reload (@reloads) {
    my ($name, $directives, @steps) = @$reload;

    $t->conf("$directives\n$CONF");
    is($t->reload, 1, "reload, $name");

    step("reload, $name", $_) for @steps;
}

{
    my ($worker) = $t->worker_pids;

    step('a worker, before', [ 200, 0, '/half', $A, 'thread', 200 ]);

    kill QUIT => $worker;
    $t->wait_for(sub { my ($new) = $t->worker_pids;
                       $new && $new != $worker });

    step('a worker, the next', [ 201, 0, '/half', $A, 'thread', 201 ]);
}


# How often each: "302 x 50".

sub tally {
    my %of;
    $of{ $_ // 'none' }++ for @_;
    return join ', ', map { "$_ x $of{$_}" } sort keys %of;
}
