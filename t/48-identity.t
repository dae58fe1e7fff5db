# A customer with an identity: the session and a session token are asked for
# at the same time, and the token is in the fragment of the redirect.  Either
# call failing, in every way there is, fails both, at once, with its reason.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use PancakeTest::Frames;
use PancakeTest::Keys;
use Test::More;

use IO::Select ();
use JSON::PP ();

my $t = PancakeTest->new->has(qw( http_v2 auth_request threads ));

my $PRODUCT = $t->product;
my $STORE = 'STO_0123456789ABCDEFabcdef';
my $MAIL = 'secret-buyer-48@example.com';
my $JSON = qq({"buyerEmail":"$MAIL"});
my $SESSION = '/v1/actions/checkout/create-session';
my $TOKEN = '/v1/actions/auth/issue-session-token';

# all tokens of the double begin like this, and none is for a log

$t->secret($MAIL, 'SESSION-TOKEN-', 'secret-token');

my $CONF = <<'EOT';
    %%CREDENTIALS%%
    %%RETRY_OFF%%

    log_format identity '$uri $status [$pancake_result] $pancake_attempts '
                        '[$pancake_upstream_status] '
                        '[$pancake_checkout_url]';

    log_format keys '$pancake_idempotency_key';

    server {
        listen 127.0.0.1:%%PORT_0%%;
        listen 127.0.0.1:%%PORT_8%% http2;
        server_name localhost;
        access_log %%DIR%%/identity.log identity;
        access_log %%DIR%%/keys.log keys;

        # for the tests a header field says who it is

        pancake_set productId %%PRODUCT%%;
        pancake_set currency USD;
        pancake_set buyerIdentity $http_x_who;

        location = /buy    { pancake_checkout create-session; }
        location = /json   { pancake_checkout create-session;
                             pancake_reply json; }
        location = /303    { pancake_checkout create-session;
                             pancake_redirect_status 303; }
        location = /drop   { pancake_checkout create-session;
                             pancake_unknown_fields drop; }
        location = /form   { pancake_checkout create-session;
                             pancake_input json form args; }
        location = /store  { pancake_checkout create-session;
                             pancake_set productId %%PRODUCT%%;
                             pancake_set currency USD;
                             pancake_set storeId STORE;
                             pancake_set buyerIdentity $http_x_who; }
        location = /off    { pancake_checkout create-session;
                             pancake_idempotency_key off; }
        location = /page   { pancake_checkout create-session;
                             error_page 502 =303 /sorry; }
        location = /sorry  { internal; return 303 /cart; }

        location = /again  { pancake_checkout create-session;
                             pancake_retry 3 backoff=20ms deadline=120s; }
        location = /long   { pancake_checkout create-session;
                             pancake_retry 2 backoff=100s deadline=500s; }
        location = /late   { pancake_checkout create-session;
                             pancake_retry 1 deadline=1s; }
        location = /hasty  { pancake_checkout create-session;
                             pancake_api /_hasty; }

        location = /keyed  { pancake_checkout create-session;
                             pancake_idempotency_key $http_x_cart;
                             pancake_idempotency_window WINDOWs;
                             pancake_retry 2 backoff=20ms deadline=120s; }

        location = /slow   { pancake_checkout create-session;
                             pancake_private_key %%DIR%%/slow.pem;
                             pancake_signature_cache off;
                             pancake_signing threads; }

        location = /fixed  { pancake_checkout create-session;
                             pancake_set productId %%PRODUCT%%;
                             pancake_set currency USD;
                             pancake_set buyerIdentity always@example.com; }

        location = /quote  { pancake_checkout create-session;
                             pancake_set productId %%PRODUCT%%;
                             pancake_quote /_shop/quote; }

        location = /both   { pancake_checkout create-session;
                             pancake_quote /_shop/quote; }

        location = /auth {
            auth_request     /_user;
            auth_request_set $user $upstream_http_x_user;

            pancake_checkout create-session;
            pancake_set productId %%PRODUCT%%;
            pancake_set currency USD;
            pancake_set buyerIdentity $user;
        }

        location = /token  { pancake_checkout issue-session-token;
                             pancake_set productId %%PRODUCT%%;
                             pancake_require on;
                             pancake_accept buyerIdentity; }

        location = /ping   { access_log off; return 204; }

        location = /_user {
            internal;
            proxy_pass http://127.0.0.1:%%PORT_3%%/user;
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
        }

        location /_shop/ {
            internal;
            proxy_pass http://127.0.0.1:%%PORT_3%%/;
        }

        location /_hasty/ {
            internal;
            proxy_pass http://127.0.0.1:%%PORT_1%%/;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_read_timeout 1s;
        }

        %%API_LOCATION%%
    }
EOT

# No border between two windows may come while this runs: of some windows the
# one that has most of itself ahead.

my $START = time;

sub left { $_[0] - $START % $_[0] }

my ($WINDOW) = sort { left($b) <=> left($a) } 1500 .. 1800;

$CONF =~ s/STORE/$STORE/;
$CONF =~ s/WINDOW/$WINDOW/;


# a signature takes some 0.2 s

PancakeTest::Keys::large($t, 'slow', 16384);
$t->conf($CONF)->plan(2851)->backend(1)->backend(3)->run;

my ($worker) = $t->worker_pids;
my $logged = 0;


# What the API does with each of the two; [ steps ] as of mode_for().

sub api {
    my ($session, $token) = @_;

    $t->clear_requests->mode('ok');
    $t->mode_for('create-session', ref $session->[0] ? @$session
                                                     : @$session);
    $t->mode_for('issue-session-token', @$token);
    $t->mark;
}


sub sessions { grep { $_->target eq $SESSION } $t->requests }
sub tokens   { grep { $_->target eq $TOKEN } $t->requests }

sub counts {
    my ($s, $k) = (scalar(my @s = sessions()), scalar(my @k = tokens()));
    return "$s $k";
}


# Of the one that fails; the other one may have been cut before it arrived.

sub count_of { scalar(my @all = $_[0] eq 'token' ? tokens() : sessions()) }

sub who { ('X-Who' => $_[0] // 'customer-48') }

sub buy {
    my ($uri, %h) = @_;
    return $t->post_json($uri, $JSON, who(), %h);
}


# A buyer who waits for the answer.

sub buyer {
    my ($uri, %h) = @_;

    my ($head) = PancakeTest::HTTP->build('POST', $uri, $JSON,
        Connection => undef, 'Content-Type' => 'application/json', who(),
        %h);
    my $c = $t->connect;

    $c->send($head . $JSON);

    return $c;
}


# The next line of the access log; "" when there is none in time.

sub access {
    my @lines;

    $t->wait_for(sub {
        my $text = $t->log_text('identity.log');
        @lines = $text =~ /^(.*)\n/mg;
        return @lines > $logged;
    });

    @lines = splice @lines, $logged;
    $logged += @lines;

    return join "\n", @lines;
}

# Passes over what was not looked at: a request that comes later is logged
# later.

my $skipped = 0;

sub skip_log {
    my $uri = '/skip-' . ++$skipped;
    $t->get($uri);
    1 until access() =~ /^\Q$uri\E 404 /m;
}

# The checkoutUrl is in the log without its token.

sub line { (access() =~ /^(\S+ \S+ \[\S+\] \S+)/)[0] // '' }


sub seen { $t->get('/ping') for 1 .. 3 }

sub errors { join "\n", map { "[$_->[0]] $_->[1]" }
             grep { $_->[0] =~ /error|crit/ }
             $t->messages(qr/pancake checkout/) }

sub message { my $j = $_[0]->json; $j ? $j->{errors}[0]{message} : '-' }


# Where a buyer is sent by these two answers.

sub url {
    my ($session, $token) = ((sessions())[-1], (tokens())[-1]);
    return 'no session' unless $session;
    return $session->checkout_url . '#token=' . ($token ? $token->token
                                                        : 'none');
}


###############################################################################
# A customer, and nobody.

{
    api([ 'ok' ], [ 'ok' ]);

    my $r = buy('/buy');

    is($r->status, 302, 'customer: status');
    is(counts(), '1 1', 'customer: two calls');
    is($r->location, url(), 'customer: Location');
    is($r->header('Cache-Control'), 'no-store', 'customer: not to be kept');
    is($r->body, '', 'customer: no body');

    my ($session) = sessions();
    my ($token) = tokens();

    is($session->body, qq({"productId":"$PRODUCT","currency":"USD",)
       . qq("buyerEmail":"$MAIL"}), 'customer: the session');
    is($token->body, qq({"buyerIdentity":"customer-48",)
       . qq("productId":"$PRODUCT"}), 'customer: the token');
    like($session->header('X-Idempotency-Key') // '',
         qr/^[A-Za-z0-9_-]{43}$/, 'customer: a key for the session');
    is($token->header('X-Idempotency-Key'), undef,
       'customer: none for the token');
    is($_->signature_ok, 1, 'customer: signed') for $session, $token;
    is(join(' ', sort $token->names),
       join(' ', sort grep { $_ ne 'X-Idempotency-Key' } $session->names),
       'customer: the same header but for that');
    unlike($_->head, qr/X-Who|customer-48/i, 'customer: not in a header')
        for $session, $token;
    isnt($session->{conn}, $token->{conn}, 'customer: at the same time');

    is(access(), '/buy 302 [redirected] 2 [200, 200] ['
       . $session->checkout_url . ']', 'customer: the access log');
    is(errors(), '', 'customer: the error log');
}

for my $case ([ 'nobody', {} ], [ 'empty', { 'X-Who' => '' } ]) {
    my ($name, $h) = @$case;

    api([ 'ok' ], [ 'ok' ]);
    my $r = $t->post_json('/buy', $JSON, %$h);

    is($r->status, 302, "$name: status");
    is(counts(), '1 0', "$name: one call");
    is($r->location, (sessions())[0]->checkout_url, "$name: Location");
    is(line(), '/buy 302 [redirected] 1', "$name: the access log");
}

{
    api([ 'ok' ], [ 'ok' ]);
    my $r = buy('/json');
    my $data = $r->json->{data};

    is($r->status, 200, 'JSON: status');
    is($data->{checkoutUrl}, url(), 'JSON: checkoutUrl');
    is($data->{sessionId}, (sessions())[0]->session_id, 'JSON: sessionId');
    is(join(' ', sort keys %$data), 'checkoutUrl expiresAt sessionId',
       'JSON: no more than that');
    is($r->header('Cache-Control'), 'no-store', 'JSON: not to be kept');
    is(access(), '/json 200 [replied] 2 [200, 200] ['
       . (sessions())[0]->checkout_url . ']', 'JSON: the access log');

    $r = buy('/buy', Accept => 'application/json');
    is($r->status, 200, 'asked for JSON: status');
    is($r->json->{data}{checkoutUrl}, url(), 'asked for JSON: checkoutUrl');

    $r = buy('/303');
    is($r->status . $r->location, 303 . url(), 'a 303: Location');

    $r = buy('/store');
    is($r->location, url(), 'a store: Location');
    is((tokens())[-1]->body, qq({"buyerIdentity":"customer-48","productId":)
       . qq("$PRODUCT","storeId":"$STORE"}), 'a store: the token');
    is((sessions())[-1]->json->{storeId}, $STORE, 'a store: the session');

    $r = $t->post_json('/fixed', $JSON);
    is($r->location, url(), 'a constant: Location');
    is((tokens())[-1]->json->{buyerIdentity}, 'always@example.com',
       'a constant: identity');

    skip_log();
}

# a query in the checkoutUrl stays before the fragment

api([ 'url', url => 'https://checkout.waffo.ai/my-store/checkout/1?test=1' ],
    [ 'ok' ]);
is(buy('/buy')->location, 'https://checkout.waffo.ai/my-store/checkout/1'
   . '?test=1#token=' . (tokens())[0]->token, 'a query: Location');

for my $url ('https://checkout.waffo.ai/a#b', 'https://checkout.waffo.ai/#',
             'https://evil.example/a', 'http://checkout.waffo.ai/a')
{
    api([ 'url', url => $url ], [ 'ok' ]);
    is(buy('/buy')->status, 502, "$url: status");
}

skip_log();

# both orders of arrival, and both slowly

for my $case ([ 'the session first', [ 'ok' ], [ 'ok', gate => 'header' ] ],
              [ 'the token first', [ 'ok', gate => 'header' ], [ 'ok' ] ],
              [ 'the session first, half of the token', [ 'ok' ],
                [ 'ok', gate => 'body' ] ],
              [ 'the token first, half of the session',
                [ 'ok', gate => 'body' ], [ 'ok' ] ],
              [ 'both at once', [ 'ok', gate => 'header' ],
                [ 'ok', gate => 'header' ] ],
              [ 'both slowly', [ 'slow_body' ], [ 'slow_chunks' ] ])
{
    my ($name, $session, $token) = @$case;

    for my $uri (qw( /buy /again /keyed )) {
        api($session, $token);

        my $c = buyer($uri, 'X-Cart' => $name);
        $t->wait_for_requests(2);
        seen();
        $t->release;

        my $r = $c->response;
        is($r->status, 302, "$name, $uri: status");
        is($r->location, url(), "$name, $uri: Location");
        is(counts(), '1 1', "$name, $uri: calls");
        is(line(), "$uri 302 [redirected] 2", "$name, $uri: log");
        $c->close;
    }
}

# over HTTP/2

{
    api([ 'ok' ], [ 'ok' ]);
    my $r = $t->h2('POST', '/buy', $JSON, who(), -port => 8,
                   'Content-Type' => 'application/json');

    is($r->status, 302, 'HTTP/2: status');
    is($r->location, url(), 'HTTP/2: Location');
    is(counts(), '1 1', 'HTTP/2: calls');
    is(line(), '/buy 302 [redirected] 2', 'HTTP/2: log');
}


###############################################################################
# Who it is: never the buyer's to say.

for my $case ([ '{"buyerIdentity":"me"}', '/buy' ],
              [ '{"buyerIdentity":""}', '/buy' ],
              [ '{"buyerIdentity":{"a":1}}', '/buy' ],
              [ '{"buyer\u0049dentity":"me"}', '/buy' ],
              [ 'buyerIdentity=me', '/form' ])
{
    my ($body, $uri) = @$case;

    for my $who ('', 'customer-48') {
        api([ 'ok' ], [ 'ok' ]);
        my $r = $t->post($uri, $body, who($who));
        my $name = "$body of " . ($who || 'nobody');

        is($r->status, 400, "$name: status");
        is($r->json && $r->json->{errors}[0]{field}, 'buyerIdentity',
           "$name: field");
        is(counts(), '0 0', "$name: no call");
    }
}

{
    api([ 'ok' ], [ 'ok' ]);
    my $r = $t->post_json('/drop', '{"buyerIdentity":"me"}');
    is($r->status, 400, 'where unknown fields are dropped: status');
    is($r->json->{errors}[0]{field}, 'buyerIdentity',
       'where unknown fields are dropped: this one is known');

    api([ 'ok' ], [ 'ok' ]);
    is($t->post_json('/buy', $JSON)->status, 302, 'no header: status');
    is(counts(), '1 0', 'no header: one call');
}

# what an identity may be

for my $case ([ 'an address', 'me+you@example.com' ],
              [ 'other letters', "J\xc3\xbcrgen \xe2\x82\xac" ],
              [ 'quotes', 'a"b\\c' ], [ 'a number', '007' ],
              [ 'a token', 'null' ], [ 'as long as can be', 'x' x 256 ])
{
    my ($name, $who) = @$case;

    api([ 'ok' ], [ 'ok' ]);
    is($t->post_json('/buy', $JSON, who($who))->status, 302,
       "$name: status");

    my $got = (tokens())[0]->json->{buyerIdentity};
    utf8::encode($got);
    is($got, $who, "$name: as it is");
}

for my $case ([ 'too long', 'x' x 257 ], [ 'no UTF-8', "a\xffb" ],
              [ 'a control character', "a\x01b" ])
{
    my ($name, $who) = @$case;

    api([ 'ok' ], [ 'ok' ]);
    my $r = $t->post_json('/buy', $JSON, who($who));

    is($r->status, 500, "$name: status");
    is(message($r) =~ /\Q$who\E/ ? 'told' : 'kept', 'kept',
       "$name: nothing about it");
    is(counts(), '0 0', "$name: no call");
    like(errors(), qr/field "buyerIdentity"/, "$name: the log");
}

# through auth_request

for my $case ([ 'a user', [ 'reply', headers => [ 'X-User' => 'u-7' ] ],
                302, '1 1' ],
              [ 'no name', [ 'reply' ], 302, '1 0' ],
              [ 'an empty name', [ 'reply', headers => [ 'X-User' => '' ] ],
                302, '1 0' ],
              [ 'no user', [ '401' ], 401, '0 0' ],
              [ 'not this one', [ '403' ], 403, '0 0' ],
              [ 'a failure', [ '500' ], 500, '0 0' ])
{
    my ($name, $mode, $status, $counts) = @$case;

    api([ 'ok' ], [ 'ok' ]);
    $t->upstream(3)->clear_requests->mode(@$mode);

    my $r = $t->post_json('/auth', $JSON, 'X-User' => 'forged',
                          who('forged'));

    is($r->status, $status, "auth_request, $name: status");
    is(counts(), $counts, "auth_request, $name: calls");
    is((tokens())[0]->json->{buyerIdentity}, 'u-7',
       "auth_request, $name: identity") if $counts eq '1 1';
    is($r->location, url(), "auth_request, $name: Location")
        if $counts eq '1 1';
    is($r->location, (sessions())[0]->checkout_url,
       "auth_request, $name: Location") if $counts eq '1 0';
}

# in a quote

sub quote {
    my ($identity) = @_;

    api([ 'ok' ], [ 'ok' ]);
    $t->upstream(3)->clear_requests->mode('reply', body =>
        qq({"productId":"$PRODUCT","currency":"USD")
        . ($identity ? qq(,"buyerIdentity":$identity) : '') . '}');
}

for my $case ([ 'a customer', '"c-9"', '1 1' ], [ 'nobody', '', '1 0' ],
              [ 'null', 'null', '1 0' ], [ 'empty', '""', '1 0' ])
{
    my ($name, $identity, $counts) = @$case;

    quote($identity);
    my $r = buy('/quote');

    is($r->status, 302, "quote, $name: status");
    is(counts(), $counts, "quote, $name: calls");
    is($r->location, $counts eq '1 1' ? url()
                                      : (sessions())[0]->checkout_url,
       "quote, $name: Location");
    is((tokens())[0]->json->{buyerIdentity}, 'c-9', "quote, $name: identity")
        if $counts eq '1 1';
    is((sessions())[0]->json->{buyerIdentity}, undef,
       "quote, $name: not for the session");
}

for my $identity ('7', 'true', '{"id":"c"}', '["c"]', '"a\\u0001"',
                  '"' . 'x' x 257 . '"')
{
    quote($identity);
    my $r = buy('/quote');

    is($r->status, 502, "quote of $identity: status");
    is(counts(), '0 0', "quote of $identity: no call");
}

quote('"c-9"');
is(buy('/both')->status, 302, 'quote and pancake_set: status');
is((tokens())[0]->json->{buyerIdentity}, 'customer-48',
   'quote and pancake_set: who goes before');

quote('"c-9"');
is($t->post_json('/quote', '{"buyerIdentity":"me"}')->status, 400,
   'quote, the buyer says something: status');
is(counts(), '0 0', 'quote, the buyer says something: no call');


###############################################################################
# Tokens: what becomes part of a URL.

for my $case ([ 'short', 'a', 'a' ],
              [ 'all characters', 'Az09-._~+/=', 'Az09-._~+/=' ],
              [ 'three parts', 'eyJ.eyJ.x-_', 'eyJ.eyJ.x-_' ],
              [ 'as long as can be', 'x' x 4096, 'x' x 4096 ],
              [ 'longer', 'x' x 4097 ],
              [ 'empty', '' ], [ 'a blank', 'secret-token a' ],
              [ 'a fragment', 'secret-token#a' ],
              [ 'an ampersand', 'secret-token&a=b' ],
              [ 'a question', 'secret-token?a' ],
              [ 'a percent', 'secret-token%0a' ],
              [ 'a line end', "secret-token\r\nX: y" ],
              [ 'a NUL', "secret-token\0" ],
              [ 'quotes', 'secret-token"' ],
              [ 'a tag', '<secret-token>' ],
              [ 'other letters', "secret-token\xc3\xa9" ],
              [ 'not UTF-8', "secret-token\xff" ],
              [ 'a number', \'7' ], [ 'null', \'null' ],
              [ 'true', \'true' ], [ 'an object', \'{"a":"secret-token"}' ],
              [ 'a list', \'["secret-token"]' ])
{
    my ($name, $token, $want) = @$case;

    for my $uri (qw( /buy /json )) {
        api([ 'ok' ], [ 'ok', data => [ [ token => $token ] ] ]);

        my $r = buy($uri);

        if ($want) {
            my $all = (sessions())[0]->checkout_url . "#token=$want";
            is($uri eq '/buy' ? $r->location : $r->json->{data}{checkoutUrl},
               $all, "token, $name, $uri");
            next;
        }

        is($r->status, 502, "token, $name, $uri: status");
        is($r->location, undef, "token, $name, $uri: no redirect");
        is(message($r), 'checkout is not available',
           "token, $name, $uri: message");
        like(errors(), qr/the API's answer /, "token, $name, $uri: log");
    }
}

api([ 'ok' ], [ 'ok', data => [ [ 'token' ] ] ]);
is(buy('/buy')->status, 502, 'token, none: status');
like(errors(), qr/has no "token"/, 'token, none: log');

# what is said of the past, or of more, is no matter

for my $data ([ expiresAt => '2020-01-01T00:00:00.000Z' ], [ 'expiresAt' ],
              [ more => \'[1,{"a":2}]' ], [ checkoutUrl => 'https://evil/' ])
{
    api([ 'ok' ], [ 'ok', data => [ $data ] ]);
    my $r = buy('/buy');
    is($r->location, url(), "token, and $data->[0]");
}

skip_log();


###############################################################################
# Either fails.  The mode; the buyer's status, the message, Retry-After or the
# level of the log where they are to be looked at.

my $UNAVAILABLE = 'checkout is not available';
my $DOWN = 'the payment service is not available, try again later';
my $LATE = 'the payment service did not answer in time, try again later';
my $BUSY = 'too many checkouts at once, try again later';
my $TWICE = 'the same checkout is being made already, try again in a moment';

my @failures = (
    [ [ '400' ], 400, 'Missing required fields', 'rejected' ],
    [ [ '401' ], 502, $UNAVAILABLE, 'error' ],
    [ [ '402' ], 502, $UNAVAILABLE, 'error' ],
    [ [ '403' ], 502, $UNAVAILABLE, 'error' ],
    [ [ '404' ], 404, 'Session not found', 'rejected' ],
    [ [ '409' ], 409, $TWICE, 'rejected' ],
    [ [ '422' ], 502, $UNAVAILABLE, 'error' ],
    [ [ '429' ], 429, $BUSY, 'rejected' ],
    [ [ '500' ], 502, $DOWN, 'unavailable' ],
    [ [ '501' ], 502, $DOWN, 'unavailable' ],
    [ [ '502' ], 502, $DOWN, 'unavailable' ],
    [ [ '503' ], 503, $DOWN, 'unavailable' ],
    [ [ '504' ], 504, $LATE, 'unavailable' ],
    [ [ '599' ], 502, $DOWN, 'unavailable' ],
    [ [ '204' ], 502, $UNAVAILABLE, 'error' ],
    [ [ '301' ], 502, $UNAVAILABLE, 'error' ],
    [ [ '302' ], 502, $UNAVAILABLE, 'error' ],
    [ [ '307' ], 502, $UNAVAILABLE, 'error' ],
    [ [ 'wrong_type' ], 502, $UNAVAILABLE, 'error' ],
    [ [ 'no_type' ], 502, $UNAVAILABLE, 'error' ],
    [ [ 'gzip' ], 502, $UNAVAILABLE, 'error' ],
    [ [ 'oversize_length' ], 502, $UNAVAILABLE, 'error' ],
    [ [ 'oversize_chunk' ], 502, $UNAVAILABLE, 'error' ],
    [ [ 'cut_length' ], 502, $UNAVAILABLE, 'error' ],
    [ [ 'cut_chunk' ], 502, $UNAVAILABLE, 'error' ],
    [ [ 'close_delimited' ], 502, $UNAVAILABLE, 'error' ],
    [ [ 'reset_in_body' ], 502, undef, undef ],
    [ [ 'close_before_header' ], 502, $DOWN, 'unavailable' ],
    [ [ 'reset_before_header' ], 502, $DOWN, 'unavailable' ],
    [ [ 'close_in_header' ], 502, $DOWN, 'unavailable' ],
    [ [ 'garbage_status' ], 502, undef, undef ],
);

# whole answers of JSON that say nothing

my @nothings = (
    [ [ 'bad_json' ], 502, $UNAVAILABLE, 'error' ],
    [ [ 'not_json' ], 502, $UNAVAILABLE, 'error' ],
    [ [ 'trailing_json' ], 502, $UNAVAILABLE, 'error' ],
    [ [ 'empty_200' ], 502, $UNAVAILABLE, 'error' ],
    [ [ 'null_data' ], 502, $UNAVAILABLE, 'error' ],
    [ [ 'empty_data' ], 502, $UNAVAILABLE, 'error' ],
    [ [ 'array_root' ], 502, $UNAVAILABLE, 'error' ],
    [ [ 'errors_with_200' ], 502, $UNAVAILABLE, 'error' ],
);


sub both {
    my ($failing, $mode, $other) = @_;
    return $failing eq 'token' ? api($other, $mode) : api($mode, $other);
}


sub failed {
    my ($name, $r, $status, $message) = @_;

    is($r->status, $status, "$name: status");
    is(message($r), $message, "$name: message") if defined $message;
    is($r->location, undef, "$name: no redirect");
    unlike($r->head . $r->body, qr/SESSION-TOKEN|#token/,
           "$name: no token");
}


# The next line of the access log begins like this.

sub logged_as {
    my ($name, $begin) = @_;
    is(substr(line(), 0, length $begin), $begin, "$name: the access log");
}


sub hanging {
    my ($name, $failing, $mode, $hang, $status, $message, $result) = @_;

    both($failing, [ @$mode, gate => 'header' ], [ $hang ]);

    my $c = buyer('/buy');
    my $other = $failing eq 'token' ? $SESSION : $TOKEN;
    my ($cut) = map { $_->{conn} } grep { $_->target eq $other }
                $t->wait_for_requests(2);

    seen();
    $t->release;

    my $early = IO::Select->new($c->socket)->can_read(10);
    ok($early, "$name: at once");

    # the other one has to end for the next test

    $t->backend_stop(1)->backend(1) if !$early;

    failed($name, $c->response, $status, $message);
    ok($early && $t->wait_for_event(qr/^$cut closed by peer/), "$name: cut");
    is(counts(), '1 1', "$name: calls");
    logged_as($name, "/buy $status [" . ($result // ''));
    $c->close;
}


for my $failing (qw( session token )) {
    my $other = $failing eq 'token' ? $SESSION : $TOKEN;

    for my $case (@failures, @nothings) {
        my ($mode, $status, $message, $result) = @$case;
        my $name = "$failing $mode->[0]";
        my $content = grep { $_ == $case } @nothings;

        # the other one succeeds, before or after

        for my $gated (0, 1) {
            my $n = "$name, the other " . ($gated ? 'before' : 'well');

            both($failing, [ @$mode, $gated ? (gate => 'header') : () ],
                 [ 'ok' ]);

            my $c = buyer('/buy');

            if ($gated) {
                $t->wait_for_requests(2);
                seen();
                $t->release;
            }

            failed($n, $c->response, $status, $message);
            logged_as($n, "/buy $status [" . ($result // ''));
            $c->close;
        }

        # the other one hangs: nobody waits for it, and it is cut

        for my $hang ($content ? () : qw( hang_header hang_body )) {
            hanging("$name, the other in $hang", $failing, $mode, $hang,
                    $status, $message, $result);
        }

        # the other one waits for its next attempt, which is not made

        next if $content || $mode->[0] !~ /^(?:4(?!09)|501|3|204)|type|gzip
                                           |oversize/x;

        my $n = "$name, the other in a pause";
        my ($action) = $other =~ m{([^/]+)$};

        both($failing, [ @$mode, gate => 'header' ], [ '500' ]);

        my $c = buyer('/long');
        $t->wait_for_requests(2);
        ok($t->wait_for_message(qr/attempt \d of "$action" failed, next in/),
           "$n: it pauses");
        $t->release;

        failed($n, $c->response, $status, $message);
        is(counts(), '1 1', "$n: calls");
        logged_as($n, "/long $status [" . ($result // ''));
        $c->close;
    }
}

# an answer that is whole, and of no use: there is nothing to wait for either

for my $case ([ 'session', [ 'null_data' ] ], [ 'session', [ 'bad_json' ] ],
              [ 'session', [ 'url', url => 'https://evil.example/a' ] ],
              [ 'token', [ 'null_data' ] ], [ 'token', [ 'bad_json' ] ],
              [ 'token', [ 'ok', data => [ [ token => 'a b' ] ] ] ])
{
    my ($failing, $mode) = @$case;

    hanging("$failing $mode->[0], the other hangs", $failing, $mode,
            'hang_header', 502, $UNAVAILABLE, 'error');
}

# both fail: the reason of one of them

{
    api([ '401' ], [ '429' ]);
    like(buy('/buy')->status, qr/^(?:502|429)$/, 'both fail: status');
    is(line() =~ /\[(\w+)\]/ && $1 =~ /^(?:error|rejected)$/ ? 1 : 0, 1,
       'both fail: log');
}

# what the merchant has to mend is said in the log, at its level

for my $case ([ 'session', '400' ], [ 'token', '400' ], [ 'session', '404' ],
              [ 'token', '404' ])
{
    my ($failing, $mode) = @$case;

    both($failing, [ $mode ], [ 'ok' ]);
    buy('/buy');
    like(errors(), qr/the API's layer "checkout" rejected the request/,
         "$failing $mode: the shop hears of it");
}

# a page of the shop

for my $failing (qw( session token )) {
    both($failing, [ '500' ], [ 'ok' ]);
    my $r = buy('/page');
    is($r->status, 303, "$failing: error_page, status");
    is(count_of($failing), 1, "$failing: error_page, calls");
}

skip_log();

# Nothing in time: of the location, and of all attempts

for my $failing (qw( session token )) {
    both($failing, [ 'hang_header' ], [ 'ok' ]);
    failed("$failing late", buy('/hasty'), 504, $LATE);
    like(line(), qr{^/hasty 504 \[unavailable\] 2}, "$failing late: log");

    both($failing, [ 'hang_body' ], [ 'ok' ]);
    failed("$failing half", buy('/hasty'), 502);
    like(line(), qr{^/hasty 502 }, "$failing half: log");

    for my $mode ('hang_header', 'hang_body') {
        both($failing, [ $mode ], [ 'ok' ]);
        failed("$failing in $mode, the deadline", buy('/late'), 504, $LATE);
        like(line(), qr{^/late 504 \[unavailable\] 2},
             "$failing in $mode, the deadline: log");
    }
}

api([ 'hang_header' ], [ 'hang_header' ]);
failed('both, the deadline', buy('/late'), 504, $LATE);
like(line(), qr{^/late 504 \[unavailable\] 2}, 'both, the deadline: log');


###############################################################################
# Attempts: each of the two has its own; the session keeps its key.

for my $case ([ [ [ '500' ], [ 'ok' ] ], [ [ 'ok' ] ], '2 1' ],
              [ [ [ 'ok' ] ], [ [ '500' ], [ 'ok' ] ], '1 2' ],
              [ [ [ '503' ], [ '500' ], [ 'ok' ] ],
                [ [ '502' ], [ 'close_before_header' ], [ 'ok' ] ], '3 3' ],
              [ [ [ 'reset_in_body' ], [ 'ok' ] ],
                [ [ 'cut_length' ], [ 'ok' ] ], '2 2' ],
              [ [ [ '409' ], [ 'ok' ] ], [ [ 'ok' ] ], '2 1' ],
              [ [ [ '504' ], [ 'slow_body' ] ],
                [ [ 'slow_header' ] ], '2 1' ])
{
    my ($session, $token, $counts) = @$case;
    my $name = join ' ', 'session', (map { $_->[0] } @$session),
                         'token', (map { $_->[0] } @$token);

    api($session, $token);

    my $r = buy('/again');
    my %keys = map { $_->header('X-Idempotency-Key') // '-' => 1 } sessions();

    is($r->status, 302, "$name: status");
    is($r->location, url(), "$name: Location");
    is(counts(), $counts, "$name: calls");
    is(scalar keys %keys, 1, "$name: one key");
    is(scalar(grep { $_->header('X-Idempotency-Key') } tokens()), 0,
       "$name: none for tokens");
    like(line(), qr{^/again 302 \[redirected\] }, "$name: log");
}

for my $failing (qw( session token )) {
    both($failing, [ '500' ], [ 'ok' ]);
    failed("$failing always", buy('/again'), 502, $DOWN);
    is(count_of($failing), 3, "$failing always: calls");

    # one more attempt, and then for good

    both($failing, [ [ '500' ], [ '401' ] ], [ 'ok' ]);
    failed("$failing, 401 at last", buy('/again'), 502, $UNAVAILABLE);
    is(count_of($failing), 2, "$failing, 401 at last: calls");

    # while the other one hangs

    both($failing, [ [ '500' ], [ '401' ] ], [ 'hang_header' ]);
    failed("$failing, 401 at last, the other hangs", buy('/again'), 502,
           $UNAVAILABLE);
    is(count_of($failing), 2,
       "$failing, 401 at last, the other hangs: calls");
}

skip_log();


###############################################################################
# Keys: they depend on who it is.

sub key_for {
    my (%h) = @_;

    api([ 'ok' ], [ 'ok' ]);
    $t->post_json('/keyed', $JSON, %h);

    return (sessions())[0]->header('X-Idempotency-Key') // 'none';
}

{
    my %cart = ('X-Cart' => 'cart-1');
    my $key = key_for(%cart, who('a'));

    is(key_for(%cart, who('a')), $key, 'keys: the same customer');
    isnt(key_for(%cart, who('b')), $key, 'keys: another customer');
    isnt(key_for(%cart), $key, 'keys: nobody');
    isnt(key_for('X-Cart' => 'cart-2', who('a')), $key,
         'keys: another cart');
    is(key_for(%cart), key_for(%cart), 'keys: nobody twice');
    isnt(key_for('X-Cart' => 'a', who('b')), key_for('X-Cart' => 'b',
         who('a')), 'keys: not the one for the other');

    # a client's own

    sub client_key {
        my ($who) = @_;
        api([ 'ok' ], [ 'ok' ]);
        $t->post_json('/buy', $JSON, who($who), 'Idempotency-Key' => 'k');
        return (sessions())[0]->header('X-Idempotency-Key');
    }

    is(client_key('a'), client_key('a'), "client's key: the same customer");
    isnt(client_key('a'), client_key('b'), "client's key: another one");
    isnt(client_key('a'), client_key(''), "client's key: nobody");

    api([ 'ok' ], [ 'ok' ]);
    buy('/off');
    is((sessions())[0]->header('X-Idempotency-Key'), undef, 'keys: off');

    # in the log as many as there are attempts, whichever failed

    for my $case ([ [ 'ok' ], [ 'ok' ] ], [ [ 'ok' ], [ '401' ] ],
                  [ [ '401' ], [ 'ok' ] ])
    {
        my ($session, $token) = @$case;

        # a line comes after its answer, and after the same one's in the
        # other log

        my $lines = sub {
            my @of = map { [ $t->log_text($_) =~ /^(.*)\n/mg ] }
                     'identity.log', 'keys.log';
            return @{ $of[0] } == @{ $of[1] } ? @{ $of[1] } : ();
        };

        my ($n, @lines);

        skip_log();
        $t->wait_for(sub { $n = $lines->() });

        api($session, $token);
        buy('/buy');
        $t->wait_for(sub { @lines = $lines->(); @lines > $n });

        # one of the two has been cut before it was sent, perhaps

        my $sent = join '|', map { quotemeta } '-',
                   map { $_->header('X-Idempotency-Key') } sessions();
        like($lines[-1], qr/^(?:$sent), (?:$sent)$/,
             "keys in the log: session $session->[0], token $token->[0]");
    }
}

skip_log();

# Two clicks, of one customer: each has a token of its own.

{
    api([ 'ok', gate => 'header' ], [ 'ok', gate => 'header' ]);

    my @c = map { buyer('/keyed', 'X-Cart' => 'double') } 1, 2;
    $t->wait_for_requests(4);
    $t->release;
    my @r = map { $_->response } @c;

    is(join(' ', map { $_->status } @r), '302 302', 'two clicks: status');
    is(counts(), '2 2', 'two clicks: calls');

    my %keys = map { $_->header('X-Idempotency-Key') => 1 } sessions();
    is(scalar keys %keys, 1, 'two clicks: one key');

    my %tokens = map { $_->location =~ /#token=(.*)/ ? ($1 => 1) : () } @r;
    is(join(' ', sort keys %tokens), join(' ', sort map { $_->token }
                                                    tokens()),
       'two clicks: a token for each');
    $_->close for @c;
    skip_log();
}


###############################################################################
# An expired answer about the session: it is asked for again, the token is
# not.

my @OLD = ('expires', expires => '2020-01-01T00:00:00.000Z');

for my $case ([ 'the token first', [ [ @OLD, gate => 'header' ], [ 'ok' ] ],
                [ [ 'ok' ] ], 302 ],
              [ 'the token last', [ [ @OLD ], [ 'ok' ] ],
                [ [ 'ok', gate => 'header' ] ], 302 ],
              [ 'both at once', [ [ @OLD ], [ 'ok' ] ], [ [ 'ok' ] ], 302 ],
              [ 'a pause in between', [ [ @OLD ], [ '500' ], [ 'ok' ] ],
                [ [ 'ok' ] ], 302, '3 1' ],
              [ 'a pause of the token', [ [ @OLD ], [ 'ok' ] ],
                [ [ '500' ], [ 'ok' ] ], 302, '2 2' ],
              [ 'expired again', [ [ @OLD ] ], [ [ 'ok' ] ], 502 ],
              [ 'then refused', [ [ @OLD ], [ '401' ] ], [ [ 'ok' ] ], 502 ],
              [ 'then broken', [ [ @OLD ], [ 'empty_data' ] ], [ [ 'ok' ] ],
                502 ],
              [ 'the token fails', [ [ @OLD ], [ 'ok' ] ],
                [ [ '401', gate => 'header' ] ], 502, '1 1' ],
              [ 'a token for no URL', [ [ @OLD ], [ 'ok' ] ],
                [ [ 'ok', data => [ [ token => 'a b' ] ] ] ], 502, '' ])
{
    my ($name, $session, $token, $status, $counts) = @$case;

    api($session, $token);

    my $c = buyer('/keyed', 'X-Cart' => "expired $name");
    $t->wait_for_requests(2);
    seen();
    $t->release;

    my $r = $c->response;
    my @keys = map { $_->header('X-Idempotency-Key') } sessions();

    is($r->status, $status, "renewal, $name: status");
    is($r->location, $status == 302 ? url() : undef,
       "renewal, $name: Location");
    is(counts(), $counts // '2 1', "renewal, $name: calls")
        if ($counts // '-') ne '';
    isnt($keys[0], $keys[-1], "renewal, $name: a new key")
        if ($counts // '2 1') =~ /^[2-9]/;
    like(line(), qr{^/keyed $status }, "renewal, $name: log");
    $c->close;
}


###############################################################################
# Threads that sign: one call may be far before the other is begun.

for my $case ([ [ 'ok' ], [ 'ok' ], 302 ], [ [ '401' ], [ 'ok' ], 502 ],
              [ [ 'ok' ], [ '401' ], 502 ], [ [ '401' ], [ '401' ], 502 ],
              [ [ 'close_before_header' ], [ 'ok' ], 502 ],
              [ [ 'hang_header' ], [ '400' ], 400 ],
              [ [ '404' ], [ 'hang_header' ], 404 ],
              [ [ 'hang_header' ], [ 'close_before_header' ], 502 ])
{
    my ($session, $token, $status) = @$case;
    my $name = "slow key, session $session->[0], token $token->[0]";

    # many, so that one call waits while the other one fails

    api($session, $token);

    my @c = map { buyer('/slow', who("customer-$_")) } 1 .. 2;
    my @r = map { $_->response } @c;

    is(join(' ', map { $_->status } @r), join(' ', ($status) x 2),
       "$name: status");
    $_->close for @c;

    my %lines;
    $t->wait_for(sub {
        my @new = split /\n/, access();
        $lines{ /^(\S+ \d+)/ ? $1 : '' }++ for @new;
        my $n = 0;
        $n += $_ for values %lines;
        return $n >= 2;
    });
    is(join(' ', %lines), "/slow $status 2", "$name: log");
    is(($t->worker_pids)[0], $worker, "$name: the worker lives");
}

# buyers who leave while both wait for a signature

for my $way (qw( close reset )) {
    api([ 'ok' ], [ 'ok' ]);

    my @c = map { buyer('/slow', who("left-$_")) } 1 .. 4;
    $t->wait_for_requests(1);
    $_->$way for @c;

    my $n = 0;
    ok($t->wait_for(sub { $n += split /\n/, access(); $n >= 4 }),
       "slow key, left by $way: all in the log");
    is($t->get('/ping')->status, 204, "slow key, left by $way: it works");
}


###############################################################################
# Buyers who leave.

sub leave_h1 {
    my ($way, $uri) = @_;
    my $c = buyer($uri);
    return sub { $c->$way; seen() };
}


# HTTP/2: the field says who it is.

sub leave_h2 {
    my ($way, $uri) = @_;

    my $c = PancakeTest::Frames->connect($t);
    my $stream = $c->{next};
    $c->{next} += 2;

    $c->{c}->send(PancakeTest::Frames::frame(1, 4, $stream, "\x83\x86"
        . join '', map { PancakeTest::Frames::field(@$_) }
              [ ':path', $uri ], [ ':authority', 'localhost' ],
              [ 'content-type', 'application/json' ],
              [ 'content-length', length $JSON ],
              [ 'x-who', 'customer-48' ]));
    $c->{c}->send(PancakeTest::Frames::frame(0, 1, $stream, $JSON));

    return sub { $c->$way($stream); seen(); $c };
}


for my $case ([ 1, 'close' ], [ 1, 'reset' ], [ 2, 'rst' ], [ 2, 'close' ],
              [ 2, 'reset' ], [ 2, 'goaway' ])
{
    my ($version, $way) = @$case;
    my $start = $version == 1 ? \&leave_h1 : \&leave_h2;

    # while both are at it: neither is cut

    for my $gate (qw( header body )) {
        my $n = "HTTP/$version, $way before the $gate";

        api([ 'ok', gate => $gate ], [ 'ok', gate => $gate ]);

        my $leave = $start->($way, '/buy');
        $t->wait_for_requests(2);
        my $c = $leave->();

        is(join(' ', grep { /closed/ } $t->events), '', "$n: not cut");
        $t->release;

        my $line = line();
        like($line, $version == 1 ? qr{^/buy 302 \[redirected\] 2$}
                                  : qr{^/buy 499 \[\S+\] 2$}, "$n: log");
        is(counts(), '1 1', "$n: calls");
        is($t->get('/ping')->status, 204, "$n: it works");
        $c->close if ref $c && $way eq 'rst';
    }

    # while one pauses and the other is at it, or is done

    for my $failing (qw( session token )) {
        for my $other ([ 'ok' ], [ 'hang_header' ], [ '500' ]) {
            my $n = "HTTP/$version, $way in a pause, $failing, the other "
                    . $other->[0];
            my ($action) = ($failing eq 'token' ? $TOKEN : $SESSION)
                           =~ m{([^/]+)$};

            both($failing, [ '500' ], $other);

            my $leave = $start->($way, '/long');
            $t->wait_for_requests(2);
            ok($t->wait_for_message(qr/of "$action" failed, next in/),
               "$n: it pauses");
            my $c = $leave->();

            like(line(), qr{^/long 499 }, "$n: log");
            is(counts(), '1 1', "$n: calls");
            is($t->get('/ping')->status, 204, "$n: it works");
            $c->close if ref $c && $way eq 'rst';
        }
    }
}

is(join(' ', $t->worker_pids), $worker, 'the worker is still the same');


###############################################################################
# A reload meanwhile: who waits is served by the old worker, who comes after
# it by the new one.

{
    api([ 'ok', gate => 'header' ], [ 'ok', gate => 'header' ]);

    my $c = buyer('/buy');
    $t->wait_for_requests(2);

    is($t->reload(keep_old => 1), 1, 'reload: done');
    $t->release;

    my $r = $c->response;
    is($r->status, 302, 'reload: status');
    is($r->location, url(), 'reload: Location');
    is(line(), '/buy 302 [redirected] 2', 'reload: log');
    $c->close;

    # in a pause

    api([ [ '500' ], [ 'ok' ] ], [ [ '500' ], [ 'ok' ] ]);
    $c = buyer('/again');
    $t->wait_for_requests(1);
    is($t->reload(keep_old => 1), 1, 'reload in attempts: done');
    $r = $c->response;
    is($r->status, 302, 'reload in attempts: status');
    is($r->location, url(), 'reload in attempts: Location');
    $c->close;

    # one has failed, the other one hangs: the old worker can go

    api([ 'hang_header' ], [ '401', gate => 'header' ]);
    $c = buyer('/buy');
    $t->wait_for_requests(2);
    is($t->reload(keep_old => 1), 1, 'reload, then a failure: done');
    $t->release;
    is($c->response->status, 502, 'reload, then a failure: status');
    $c->close;
    ok($t->wait_for(sub { my @all = $t->worker_pids(all => 1); @all == 1 }),
       'reload, then a failure: the old worker has gone');

    api([ 'ok' ], [ 'ok' ]);
    is(buy('/buy')->location, url(), 'after all: Location');
    skip_log();
}


###############################################################################
# nginx -t

sub server {
    my ($in, $at) = @_;

    return "server {\nlisten 127.0.0.1:%%PORT_0%%;\nserver_name localhost;\n"
           . ($at // "%%CREDENTIALS%%\n")
           . "pancake_set productId %%PRODUCT%%;\n"
           . "pancake_set currency USD;\n"
           . "location = /x {\n$in}\n%%API_LOCATION%%\n}\n";
}

sub refused { $t->must_fail_config($_[1], $_[0]) }
sub warned  { $t->warns_config($_[1], $_[0]) }

my $SLUG = "pancake_store_slug my-store test;\n";

refused(
    'the API ignores field "buyerIdentity" with "pancake_store_slug", '
    . 'remove its "pancake_set" or use "pancake_private_key" in %%HERE%%',
    server(<<'EOT', $SLUG));
pancake_checkout create-session;
pancake_set productId %%PRODUCT%%;
pancake_set currency USD;
pancake_set buyerIdentity $http_x_who; # HERE
EOT

refused(
    'field "buyerIdentity" needs "pancake_checkout create-session" '
    . 'alone, an order\'s page takes no session token in %%HERE%%',
    server(<<'EOT'));
pancake_checkout create-session create-order;
pancake_set productId %%PRODUCT%%;
pancake_set currency USD;
pancake_set buyerIdentity $http_x_who; # HERE
EOT

refused(
    'action "create-session" has no field "buyerIdentity", remove it '
    . 'from "pancake_accept" in %%HERE%%',
    server(<<'EOT'));
pancake_checkout create-session;
pancake_accept buyerIdentity; # HERE
EOT

refused(
    'action "create-order" has no field "buyerIdentity", remove its '
    . '"pancake_set" in %%HERE%%',
    server(<<'EOT'));
pancake_checkout create-order;
pancake_set buyerIdentity $http_x_who; # HERE
EOT

refused(
    'field "buyerIdentity" in "pancake_set" must have 1 to 256 '
    . 'characters, no control characters in %%HERE%%',
    server(<<"EOT"));
pancake_checkout create-session;
pancake_set productId %%PRODUCT%%;
pancake_set currency USD;
pancake_set buyerIdentity @{[ 'x' x 257 ]}; # HERE
EOT

warned(
    '"pancake_accept" lets every buyer set "buyerIdentity": who they '
    . 'are, also somebody else in %%HERE%%',
    server(<<'EOT'));
pancake_checkout issue-session-token;
pancake_require on;
pancake_accept buyerIdentity; # HERE
EOT

# there the buyer of the location is the merchant's own program

{
    api([ 'ok' ], [ 'ok' ]);
    my $r = $t->post_json('/token', '{"buyerIdentity":"c-1"}');

    is($r->status, 200, 'issue-session-token: status');
    is($r->json->{data}{token}, (tokens())[0]->token,
       'issue-session-token: the token');
    is(counts(), '0 1', 'issue-session-token: one call');
}
