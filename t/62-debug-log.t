# With "error_log debug" nginx itself prints every header field, but no line of
# ours holds a secret.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use Test::More;

my $t = PancakeTest->new(log_level => 'debug')->has(qw( debug ))
                   ->conf(<<'EOT');
    %%CREDENTIALS%%
    %%RETRY_OFF%%

    pancake_set productId %%PRODUCT%%;
    pancake_set currency USD;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        location = /buy   { pancake_checkout create-session; }
        location = /set   { pancake_checkout create-session;
                            pancake_set productId $pancake_input_id;
                            pancake_set currency USD;
                            pancake_unknown_fields drop; }
        location = /json  { pancake_checkout create-session;
                            pancake_reply json; }
        location = /key   { pancake_checkout create-session;
                            pancake_idempotency_key $cookie_sid; }
        location = /chain { pancake_checkout create-session create-order; }
        location = /none  { pancake_checkout create-session;
                            pancake_api /_none; }

        %%API_LOCATION%%
    }
EOT

my $MAIL = 'secret-buyer-62@example.com';
my $SID = 'secret-session-62';
my $CARD = '4242secret4242';
my $TOKEN = 'SECRET-URL-TOKEN-62';

$t->secret($MAIL, $SID, $CARD, $TOKEN, 'secret-buyer-62%40example.com',
           'Secret Ltd');
$t->plan(50)->backend(1)->run;

my $JSON = qq({"buyerEmail":"$MAIL"});
my $FORM = 'buyerEmail=secret-buyer-62%40example.com';
my $BOTH = '{"billingDetail":{"country":"US","isBusiness":true,'
           . '"postcode":"94105","state":"CA","businessName":"Secret Ltd"}}';
my $URL = "https://checkout.waffo.ai/a/$TOKEN";

# Name, what the API does, place, body, header fields, status.

my @cases = (
    [ 'JSON', [ 'ok' ], '/buy', $JSON, {}, 302 ],
    [ 'a form', [ 'ok' ], '/buy', $FORM, {}, 302 ],
    [ 'the JSON reply', [ 'ok' ], '/json', $JSON, {}, 200 ],
    [ 'a cookie', [ 'ok' ], '/key', $JSON, { Cookie => "sid=$SID" }, 302 ],
    [ 'header fields', [ 'ok' ], '/buy', $JSON,
      { 'User-Agent' => 'secret-agent-62',
        'Authorization' => "Bearer $SID" }, 302 ],
    [ 'two calls', [ 'ok' ], '/chain', $BOTH, {}, 302 ],
    [ 'a URL with a token', [ 'url', url => $URL ], '/buy', $JSON, {}, 302 ],
    [ 'a bad URL', [ 'url', url => "http://evil.example/$TOKEN" ], '/buy',
      $JSON, {}, 502 ],
    [ 'an unknown field', [ 'ok' ], '/buy', qq({"card":"$CARD"}), {}, 400 ],
    [ 'a value as a name', [ 'ok' ], '/buy', qq({"$MAIL":1}), {}, 400 ],
    [ 'a form of values', [ 'ok' ], '/buy', "$CARD\@=1", {}, 400 ],
    [ 'a bad value', [ 'ok' ], '/buy', qq({"buyerEmail":"$CARD"}), {}, 400 ],
    [ 'a bad value of the merchant', [ 'ok' ], '/set',
      qq({"id":"$CARD"}), {}, 500 ],
    [ 'broken JSON', [ 'ok' ], '/buy', qq({"buyerEmail":"$MAIL"), {}, 400 ],
    [ 'a bad key of the client', [ 'ok' ], '/buy', $JSON,
      { 'Idempotency-Key' => "$SID $SID" }, 400 ],
    [ 'the API repeats the input', [ '400', message => "bad $MAIL" ], '/buy',
      $JSON, {}, 400 ],
    [ 'the API denies', [ '401', message => "bad $MAIL" ], '/buy', $JSON, {},
      502 ],
    [ 'the API fails', [ '500', body => "$MAIL $CARD" ], '/buy', $JSON, {},
      502 ],
    [ 'a cut answer', [ 'cut_length' ], '/buy', $JSON, {}, 502 ],
    [ 'no answer', [ 'close_before_header' ], '/buy', $JSON, {}, 502 ],
    [ 'no location', [ 'ok' ], '/none', $JSON, {}, 500 ],
);

for my $case (@cases) {
    my ($name, $mode, $uri, $body, $headers, $status) = @$case;

    $t->mode(@$mode);
    is($t->post($uri, $body, %$headers)->status, $status, "$name: status");
}


# What nginx says of all this holds the secrets, or this test would see
# nothing.

my $log = $t->log_text;
my ($req) = $t->requests;
my $signature = $req->header('X-Signature');

for my $case (
    [ 'a signature', $signature ],
    [ 'a cookie', "sid=$SID" ],
    [ 'a token', $TOKEN ],
) {
    my ($name, $text) = @$case;
    is(index($log, $text) >= 0, 1, "nginx prints $name");
}

# Ours say which module they are from, and nothing of that.

my @ours = grep { /pancake checkout/ } split /\n/, $log;

cmp_ok(scalar @ours, '>=', 12, 'there are lines of ours');

for my $text ($signature, $MAIL, $SID, $CARD, $TOKEN, 'Secret Ltd',
              'secret-agent-62', $req->header('X-Idempotency-Key'),
              $req->body, $req->session_id, 'PRIVATE KEY',
              map { $_->checkout_url } $t->requests)
{
    next unless length $text;
    my @bad = grep { index($_, $text) >= 0 } @ours;
    is(scalar @bad, 0, 'no line of ours has a secret') or diag "@bad";
}
