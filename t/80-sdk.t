#!/usr/bin/perl

# Copyright (C) 2026 pancake checkout contributors

# The official SDK against the API double: if the double understands what the
# SDK sends, and refuses what is not signed as the SDK signs, then a module
# that gets along with the double gets along with the API.

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use PancakeTest::Webhook;

use Cwd qw/ abs_path /;
use File::Basename qw/ dirname /;
use HTTP::Tiny;
use IPC::Open2;
use JSON::PP;

my $t = abs_path(dirname(__FILE__));
my $merchant = 'MER_2aUyqjCzEIiEcYMKj7TZtw';
my $uuid = qr/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/;
my $time = qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
my $actions = '/v1/actions';
my $session = "$actions/checkout/create-session";

my ($major, $minor) = (`node --version 2>&1` || '') =~ /^v(\d+)\.(\d+)/
    or plan(skip_all => 'no node');

# The SDK asks for node 20, but all it needs is a global fetch(), which came
# with 18; the double needs 18.3.

plan(skip_all => "node $major.$minor is older than 18.3")
    if $major < 18 || ($major == 18 && $minor < 3);

plan(skip_all => 'no npm') unless (`npm --version 2>&1` || '') =~ /^\d+\./;

###############################################################################

my $log = `cd '$t/sdk' && npm ci --no-audit --no-fund --ignore-scripts 2>&1`;

unless (is($?, 0, 'npm ci')) {
    diag($log);
    done_testing();
    exit;
}

# where a package comes from is the business of whoever runs this

unlike(slurp("$t/sdk/package-lock.json"), qr/"resolved"|https?:/,
    'the lock file names no addresses');

my $pid = open2(my $out, my $in, 'node', "$t/sandbox/sandbox.js",
    '--port', 0, '--exit-with-stdin', '--merchant', $merchant,
    '--public-key', "$t/vectors/test-key.pub.pem");

my $port = decode_json(scalar(<$out>) || '{"port":0}')->{port};
my $base = "http://127.0.0.1:$port";

my $text = `node '$t/sdk/sdk.mjs' '$base' '$t/vectors/test-key.pem' $merchant`;

is($?, 0, 'the SDK ran');

my $results = decode_json($text || '{}');
my $requests = control('requests');
my $sessions = control('sessions');
my $state = control('state');

close($in);
waitpid($pid, 0);
is($?, 0, 'the double ended with its standard input');

# every call in the order of sdk.mjs; requests are taken off one by one

subtest('checkout.anonymous.create' => sub {
    my $got = session_ok('anonymous');
    my $request = request_ok('created', $session);

    is($request->{body}, '{"productId":"PROD_4cWAslE1GKkGeaOMl9Vbmy",'
        . '"currency":"USD","buyerEmail":"customer@example.com"}', 'body');
    is($request->{effect}{created}, $got->{sessionId}, 'session');
});

subtest('all fields' => sub {
    my $got = session_ok('detailed');
    my $request = request_ok('created', $session);

    is($request->{effect}{created}, $got->{sessionId}, 'session');

    my ($kept) = grep { $_->{id} eq $got->{sessionId} } @$sessions;

    is($kept->{amount}, '19.50', 'price');
    is($kept->{buyerEmail}, "zo\x{eb}\@example.com", 'e-mail');
    is($kept->{orderMerchantExternalId}, 'ORDER-2026-00891', 'number');
    is($kept->{metadata}{cart}, "\x{1f95e}", 'metadata');
});

subtest('checkout.authenticated.create' => sub {
    my $got = $results->{authenticated};

    like($got->{checkoutUrl}, qr/#token=\Q$got->{token}\E$/,
        'token in the URL');
    like($got->{tokenExpiresAt}, $time, 'its end');

    # the two calls are made in parallel

    my %both = map { $_->{target} => $_ } splice(@$requests, 0, 2);
    my $token = $both{"$actions/auth/issue-session-token"};

    headers_are($token, 'token: headers');
    is($token->{body}, '{"productId":"PROD_4cWAslE1GKkGeaOMl9Vbmy",'
        . '"buyerIdentity":"user-123"}', 'token: body');
    is($token->{verdict}, 'ok', 'token: verdict');

    headers_are($both{$session}, 'session: headers', 'x-idempotency-key');
    unlike($both{$session}{body}, qr/buyerIdentity/, 'session: body');
    is($both{$session}{effect}{created}, $got->{sessionId}, 'session');
});

subtest('checkout.createPlanChangeSession' => sub {
    my $got = session_ok('planChange', 'change');

    is(request_ok('created', $session)->{effect}{created},
        $got->{sessionId}, 'session');
});

subtest('idempotency key' => sub {
    my $got = session_ok('keyed');

    is_deeply($results->{keyedAgain}, $got, 'same answer again');

    my $first = request_ok('created', $session, 'x-idempotency-key');
    my $again = request_ok('replay', $session, 'x-idempotency-key');

    is_deeply($again->{effect}, { replay => $got->{sessionId},
        of => $first->{n} }, 'replay');
});

subtest('orders.cancelSubscription' => sub {
    is_deeply($results->{cancel}, { orderId => 'ORD_0000000000000000active',
        status => 'canceling' }, 'answer');
    request_ok('changed', "$actions/subscription-order/cancel-order");
});

subtest('graphql.query' => sub {
    is_deeply($results->{query}{data}, { stores => undef }, 'answer');
    request_ok(undef, '/v1/graphql');
});

subtest('refused by the API' => sub {
    refused('noProduct', 404, 'Product not found');
    refused('bothAmounts', 400,
        'changeAmount and changeCreditAmount are mutually exclusive');
});

subtest('customer session' => sub {
    request_ok('created', "$actions/auth/issue-session-token");

    my $request = refused('customer', 403,
        'Order does not belong to this credential');
    my @names = grep { /^(?:x-|authorization)/ } names($request);

    is_deeply(\@names, [qw/ authorization x-environment /], 'headers');
    is($request->{credential}, 'token', 'credential');
});

subtest('refused at the door' => sub {
    my @rows = (
        ['wrongKey', 'Invalid API key', qr/^signature does not verify$/],
        ['wrongMerchant', 'Invalid API key', qr/^unknown merchant$/],
        ['tampered', 'Invalid API key', qr/^signature does not verify$/],
        ['old', 'Authentication failed', qr/^timestamp is 31\d s old/],
        ['future', 'Authentication failed',
            qr/^timestamp is (?:69|70) s ahead/],
        ['milliseconds', 'Authentication failed',
            qr/^timestamp is \d{13} s ahead/],
        ['hexHash', 'Invalid API key', qr/^signature does not verify$/],
    );

    for (@rows) {
        my ($name, $message, $reason) = @$_;
        my $request = refused($name, 401, $message);

        like($request->{verdict}, $reason, "$name: reason");
        is($request->{effect}, undef, "$name: no effect");
    }
});

is(scalar(@$requests), 0, 'no other request');
is($state->{sessions}, 5, 'sessions');
is($state->{tokens}, 2, 'tokens');

subtest('webhooks' => \&webhooks);

done_testing();

###############################################################################

# Both ways: what nginx lets through the SDK verifies, and what the SDK does
# not verify nginx does not let through.  The SDK itself signs no webhook.

sub webhooks {
    my $nginx = PancakeTest->new;
    my $platform = PancakeTest::Webhook->new($nginx);
    my $stranger = PancakeTest::Webhook->new($nginx, 'stranger');

    my $sdk = slurp("$t/sdk/node_modules/\@waffo/pancake-ts/dist/index.js");
    my $ours = slurp("$t/../src/core/pancake_webhook_keys.c");

    $_ =~ s/\\n|[\s"]//g for $sdk, $ours;
    my @theirs = $sdk =~ /BEGINPUBLICKEY-----([\w+\/=]{300,})-----/g;

    is_deeply([ sort @theirs ],
        [ sort $ours =~ /BEGINPUBLICKEY-----([\w+\/=]+)-----/g ],
        'the SDK has the same keys built in');

    $nginx->conf(<<'EOT')->run;
location = /hook   { pancake_webhook test key=webhook.pub;
                     proxy_pass http://127.0.0.1:%%PORT_1%%; }
location = /direct { proxy_pass http://127.0.0.1:%%PORT_1%%; }
EOT

    my $shop = open2(my $out, my $in, 'node', "$t/sdk/webhook.mjs",
        $nginx->port(1), $nginx->dir . '/webhook.pub');
    like(scalar(<$out>), qr/listening/, 'a shop with the SDK');

    my $now = int(time * 1000);
    my $body = $platform->event(storeName => "Caf\xc3\xa9 \xf0\x9f\xa5\x9e",
        data => \'{ "orderId" : "ORD_1", "n": 1.0, "e": "\u00e9" }');
    my ($signed) = ($platform->header($body, $now))[1];

    # name, body, header, whether it is verified

    my @rows = (
        ['as it is', $body, $signed, 1],
        ['with blanks', $body, $signed =~ s/,/ , /r, 1],
        ['the other way round', $body, join(',', reverse split(/,/, $signed)),
            1],
        ['44 minutes old', $body,
            ($platform->header($body, $now - 44 * 60_000))[1], 1],
        ['46 minutes old', $body,
            ($platform->header($body, $now - 46 * 60_000))[1]],
        ['50 s ahead', $body,
            ($platform->header($body, $now + 50_000))[1], 1],
        ['2 minutes ahead', $body,
            ($platform->header($body, $now + 120_000))[1]],
        ['a byte more', "$body ", $signed],
        ['a byte less', substr($body, 0, -1), $signed],
        ['of a stranger', $body, ($stranger->header($body, $now))[1]],
        ['no v1', $body, "t=$now"],
        ['no t', $body, $signed =~ s/^t=\d+,//r],
        ['no signature', $body, undef],
    );

    for (@rows) {
        my ($name, $text, $header, $good) = @$_;
        my @h = ('X-Waffo-Signature' => $header);
        my $direct = $nginx->post('/direct', $text, @h);
        my $edge = $nginx->post('/hook', $text, @h);

        is($direct->status, $good ? 200 : 400, "$name: the SDK")
            or diag($direct->body);
        is($edge->status, $good ? 200 : 401, "$name: nginx");
        is($edge->body, $direct->body, "$name: the SDK behind nginx")
            if $good;
    }

    close($in);
    waitpid($shop, 0);

    $nginx->finish;
}

sub slurp {
    my ($file) = @_;

    open(my $in, '<', $file) or die "cannot read $file: $!";
    local $/;
    return <$in>;
}

sub control {
    my ($name) = @_;

    my $answer = HTTP::Tiny->new(timeout => 10)
        ->get("$base/_sandbox/$name");

    return decode_json($answer->{content});
}

sub session_ok {
    my ($name, $kind) = @_;

    my $got = $results->{$name};

    $kind ||= 'checkout';

    like($got->{sessionId}, qr/^cs_$uuid$/, 'id');
    is($got->{checkoutUrl}, 'https://checkout.waffo.ai/pancake-shop/'
        . "$kind/$got->{sessionId}", 'URL');
    like($got->{expiresAt}, $time, 'end');

    return $got;
}

# the next request, which must have gone well

sub request_ok {
    my ($effect, $path, @more) = @_;

    my $request = shift(@$requests);

    is($request->{method}, 'POST', 'method');
    is($request->{target}, $path, 'path');
    is($request->{verdict}, 'ok', 'verdict');
    is(join(' ', grep { $_ ne 'of' } sort keys %{$request->{effect} || {}}),
        $effect || '', 'effect');
    is_deeply($request->{notes}, [], 'nothing to remark');
    headers_are($request, 'headers', @more);

    return $request;
}

sub refused {
    my ($name, $status, $message) = @_;

    my $request = shift(@$requests);
    my $failed = $results->{$name}{failed};

    is($failed->{status}, $status, "$name: status");
    is($failed->{errors}[0]{message}, $message, "$name: message");
    is($request->{status}, $status, "$name: recorded");

    return $request;
}

sub names {
    my ($request) = @_;

    my @raw = @{$request->{rawHeaders}};

    return sort map { lc($raw[2 * $_]) } 0 .. $#raw / 2;
}

# those that node itself sends are not of interest

sub headers_are {
    my ($request, $what, @more) = @_;

    my @names = grep { /^(?:x-|authorization|cookie)/ } names($request);

    is_deeply(\@names, [sort(qw/ x-merchant-id x-timestamp x-signature /,
        @more)], $what);

    my %header = @{$request->{rawHeaders}};

    is($header{'Content-Type'}, 'application/json', "$what: type");
    like($header{'X-Timestamp'}, qr/^\d{10}$/, "$what: seconds");
    like($header{'X-Signature'}, qr/^[A-Za-z0-9+\/]{342}==$/,
        "$what: 256 bytes in base64");
    is($header{'X-Merchant-Id'}, $merchant, "$what: merchant");
}

###############################################################################
