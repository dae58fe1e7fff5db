# A checkout from one end to the other: however the request arrives, the API
# gets the same bytes and nothing of the buyer's header, and the buyer is
# sent where the API says.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use Test::More;

my $API = '/v1/actions/checkout/create-session';

my $t = PancakeTest->new->has(qw( http_v2 ))->conf(<<'EOT');
server {
    listen 127.0.0.1:%%PORT_0%%;
    listen 127.0.0.1:%%PORT_8%% http2;

    %%CREDENTIALS%%
    %%RETRY_OFF%%

    pancake_set productId %%PRODUCT%%;
    pancake_set currency USD;

    location = /buy      { pancake_checkout create-session; }

    location = /small {
        pancake_checkout create-session;
        client_body_buffer_size 1k;
    }

    location = /file {
        pancake_checkout create-session;
        client_body_in_file_only clean;
    }

    location = /json     { pancake_checkout create-session;
                           pancake_input json; }
    location = /form     { pancake_checkout create-session;
                           pancake_input form; }
    # what nginx itself logs of a link is the merchant's to decide

    location = /link     { pancake_checkout create-session;
                           pancake_input args; access_log off; }
    location = /any      { pancake_checkout create-session;
                           pancake_input json form args; }

    location = /303      { pancake_checkout create-session;
                           pancake_redirect_status 303; }
    location = /redirect { pancake_checkout create-session;
                           pancake_reply redirect; }
    location = /reply    { pancake_checkout create-session;
                           pancake_reply json; }

    %%API_LOCATION%%
}

server {
    listen 127.0.0.1:%%PORT_2%%;

    pancake_store_slug my-store-abc123 test;
    %%RETRY_OFF%%

    pancake_set productId %%PRODUCT%%;
    pancake_set currency USD;

    location = /buy { pancake_checkout create-session; }

    %%API_LOCATION%%
}
EOT

my ($VERSION) = PancakeTest::Log::slurp($t->top
                                        . '/src/http/ngx_http_pancake.h')
                =~ /NGX_HTTP_PANCAKE_VERSION\s+"(.*)"/;

my $MAIL = 'secret-buyer-20@example.com';
my $FORM = 'buyerEmail=secret-buyer-20%40example.com';
my $JSON = qq({"buyerEmail":"$MAIL"});
my $BODY = '{"productId":"' . $t->product . '","currency":"USD",'
           . qq("buyerEmail":"$MAIL"});
my $LARGE = $JSON . ' ' x 30_000;

# What a buyer may send along, and the API must not see.

my %FOREIGN = (
    'Accept'                       => 'text/html',
    'Accept-Encoding'              => 'gzip',
    'Accept-Language'              => 'de',
    'Authorization'                => 'Bearer secret-authorization',
    'Cookie'                       => 'sid=secret-cookie',
    'Expect'                       => undef,
    'Forwarded'                    => 'for=192.0.2.1',
    'If-None-Match'                => '"a"',
    'Range'                        => 'bytes=0-1',
    'Referer'                      => 'http://localhost/cart',
    'TE'                           => 'trailers',
    'User-Agent'                   => 'buyer/1.0',
    'X-Context-Buyer-Identity'     => 'somebody',
    'X-Context-Visiting-Store-Id'  => 'STO_1',
    'X-Environment'                => 'prod',
    'X-Forwarded-For'              => '192.0.2.1',
    'X-Idempotency-Key'            => 'buyers-own-key',
    'X-Merchant-Id'                => 'MER_1',
    'X-Real-IP'                    => '192.0.2.1',
    'X-Signature'                  => 'c2lnbmF0dXJl',
    'X-Store-Slug'                 => 'other-store',
    'X-Timestamp'                  => '1',
);

# Ways for the same request to arrive: name, type, options, where to.

my @ways = (
    [ 'form',                 form => '/buy' ],
    [ 'JSON',                 json => '/buy' ],
    [ 'form, byte by byte',   form => '/buy', -split => 1 ],
    [ 'JSON, byte by byte',   json => '/buy', -split => 1 ],
    [ 'form in one chunk',    form => '/buy', -chunked => 1 ],
    [ 'JSON in many chunks',  json => '/buy',
                              -chunked => [ split //, $JSON ] ],
    [ 'JSON in many chunks, byte by byte',
                              json => '/buy', -chunked => [ split //, $JSON ],
                                              -split => 1 ],
    [ 'form after 100',       form => '/buy', -expect => 1 ],
    [ 'JSON after 100',       json => '/buy', -expect => 1 ],
    [ 'HTTP/1.0',             json => '/buy', -version => '1.0' ],
    [ 'form in a file',       form => '/file' ],
    [ 'JSON in a file',       json => '/file' ],
    [ 'chunks in a file',     json => '/file', -chunked => 1 ],
    [ 'more than the buffer', large => '/small' ],
    [ 'more than the buffer in small pieces',
                              large => '/small', -split => 500 ],
    [ 'more than the buffer in chunks',
                              large => '/small', -chunked =>
                              [ unpack '(a700)*', $LARGE ] ],
    [ 'type with parameter',  json => '/buy', 'Content-Type' =>
                              'application/json; charset=utf-8' ],
    [ 'type in capitals',     form => '/buy', 'Content-Type' =>
                              'Application/X-WWW-Form-Urlencoded' ],
    [ 'only JSON',            json => '/json' ],
    [ 'only forms',           form => '/form' ],
    [ 'everything, by JSON',  json => '/any' ],
    [ 'everything, by form',  form => '/any' ],
);

my @h2 = (
    [ 'form over HTTP/2',                    $FORM, '/buy' ],
    [ 'JSON over HTTP/2',                    $JSON, '/buy' ],
    [ 'form over HTTP/2 without a length',   $FORM, '/buy', -length => 0 ],
    [ 'JSON over HTTP/2 without a length',   $JSON, '/buy', -length => 0 ],
    [ 'a large body over HTTP/2',            $LARGE, '/small' ],
    [ 'a large body over HTTP/2 without a length',
                                             $LARGE, '/small', -length => 0 ],
);

# Requests that do not get as far as the API: name, status, Allow or undef,
# method, place, body, type.

my @refused = (
    [ 'GET',             405, 'POST', GET => '/buy' ],
    [ 'HEAD',            405, 'POST', HEAD => '/buy' ],
    [ 'PUT',             405, 'POST', PUT => '/buy', $JSON, 'json' ],
    [ 'PATCH',           405, 'POST', PATCH => '/buy', $JSON, 'json' ],
    [ 'DELETE',          405, 'POST', DELETE => '/buy' ],
    [ 'OPTIONS',         405, 'POST', OPTIONS => '/buy' ],
    [ 'POST of a link',  405, 'GET', POST => '/link', $FORM, 'form' ],
    [ 'HEAD of a link',  405, 'GET', HEAD => '/link' ],
    [ 'PUT, all inputs', 405, 'GET, POST', PUT => '/any', $JSON, 'json' ],
    [ 'HEAD, all inputs', 405, 'GET, POST', HEAD => '/any' ],
    [ 'form for JSON',   415, undef, POST => '/json', $FORM, 'form' ],
    [ 'JSON for a form', 415, undef, POST => '/form', $JSON, 'json' ],
    [ 'text',            415, undef, POST => '/buy', $JSON, 'text/plain' ],
    [ 'multipart',       415, undef, POST => '/buy', $FORM,
                                     'multipart/form-data; boundary=a' ],
    [ 'no type',         415, undef, POST => '/buy', $JSON, undef ],
    [ 'two types',       415, undef, POST => '/buy', $JSON,
                                     [ 'application/json', 'text/plain' ] ],
    [ 'almost the type', 415, undef, POST => '/buy', $JSON,
                                     'application/json5' ],
    [ 'empty JSON',      400, undef, POST => '/buy', '', 'json' ],
    [ 'too large',       413, undef, POST => '/buy',
                                     $JSON . ' ' x (65537 - length $JSON),
                                     'json' ],
);

my %TYPE = (json => 'application/json', large => 'application/json',
            form => 'application/x-www-form-urlencoded');
my %TEXT = (json => $JSON, large => $LARGE, form => $FORM);

$t->plan(8 * @ways + 8 * @h2 + 5 * @refused + 95)->backend(1)->run;


# Each of the eight tests of a good checkout.

sub redirected {
    my ($name, $r, %o) = @_;
    my @requests = $t->requests;
    my $req = $requests[0];

    is($r->status, $o{status} // 302, "$name: status");
    is(scalar @requests, 1, "$name: one call");
    is($r->location, $req && $req->checkout_url, "$name: Location");
    is($r->header('Cache-Control'), 'no-store', "$name: Cache-Control");
    is($r->body, '', "$name: no body");
    is($req && $req->line, "POST $API HTTP/1.1", "$name: request line");
    is($req && $req->body, $BODY, "$name: body to the API");
    is($req && $req->signature_ok, 1, "$name: signature");
}


for my $way (@ways) {
    my ($name, $kind, $uri, %o) = @$way;

    $t->clear_requests;
    redirected($name, $kind eq 'form' ? $t->post_form($uri, $FORM, %o)
                                      : $t->post_json($uri, $TEXT{$kind}, %o));
}

SKIP: {
    skip 'curl has no HTTP/2', 8 * @h2 unless $t->has_feature('curl_http2');

    for my $case (@h2) {
        my ($name, $body, $uri, %o) = @$case;

        $t->clear_requests;
        redirected($name, $t->h2('POST', $uri, $body, -port => 8, %o,
                                 'Content-Type' =>
                                 $TYPE{$body eq $FORM ? 'form' : 'json'}));
    }
}

redirected('303', do { $t->clear_requests; $t->post_form('/303', $FORM) },
           status => 303);
redirected('redirect, JSON asked for', do {
    $t->clear_requests;
    $t->post_form('/redirect', $FORM, Accept => 'application/json');
});
redirected('a link', do {
    $t->clear_requests;
    $t->get("/link?$FORM");
});
redirected('exactly the greatest body', do {
    $t->clear_requests;
    $t->post_json('/buy', $JSON . ' ' x (65536 - length $JSON));
});


# The API's header, whole.

sub same_headers {
    my ($name, $req, %want) = @_;

    my %got = map { $_->[0] => $_->[1] } $req->list;

    for my $part (
        [ 'X-Timestamp'       => qr/^\d{10}\z/ ],
        [ 'X-Signature'       => qr{^[A-Za-z0-9+/]{342}==\z} ],
        [ 'X-Idempotency-Key' => qr/^[A-Za-z0-9_-]{43}\z/ ],
    ) {
        my ($header, $pattern) = @$part;
        next unless exists $want{$header};
        like($got{$header} // '', $pattern, "$name: $header");
        delete $want{$header};
        delete $got{$header};
    }

    is_deeply(\%got, \%want, "$name: all other headers");

    my %seen;
    is(join(' ', grep { $seen{lc()}++ } $req->names), '',
       "$name: none twice");
}

my %BASE = (
    'Host'              => 'api.waffo.ai',
    'Content-Length'    => length $BODY,
    'Content-Type'      => 'application/json',
    'Accept'            => 'application/json',
    'Accept-Encoding'   => 'identity',
    'User-Agent'        => "pancake-checkout/$VERSION",
    'X-Idempotency-Key' => 1,
);

for my $case (
    [ 'a form', sub { $t->post_form('/buy', $FORM, @_) } ],
    [ 'JSON', sub { $t->post_json('/buy', $JSON, @_) } ],
    [ 'chunks', sub { $t->post_json('/buy', $JSON, @_, -chunked => 1) } ],
) {
    my ($name, $post) = @$case;

    $t->clear_requests;
    is($post->(%FOREIGN)->status, 302, "headers of $name: status");

    my ($req) = $t->requests;
    same_headers("headers of $name", $req, %BASE, 'X-Signature' => 1,
                 'X-Timestamp' => 1, 'X-Merchant-Id' => $t->merchant);
    cmp_ok(abs($req->header('X-Timestamp') - $req->{time}), '<', 30,
           "headers of $name: the timestamp is now");
    isnt($req->header('X-Idempotency-Key'), 'buyers-own-key',
         "headers of $name: another idempotency key");
}

$t->clear_requests;
is($t->post_json('/buy', $JSON, %FOREIGN, -port => 2)->status, 302,
   'slug: status');

my ($slug) = $t->requests;
same_headers('slug', $slug, %BASE, 'X-Store-Slug' => 'my-store-abc123',
             'X-Environment' => 'test');
is($slug->body, $BODY, 'slug: body');


# The JSON reply.

for my $case (
    [ 'JSON asked for',           200, '/buy', 'application/json' ],
    [ 'JSON among others',        200, '/buy',
                                  'application/json, text/plain, */*' ],
    [ 'JSON preferred',           200, '/buy',
                                  'text/html;q=0.5, application/json' ],
    [ 'HTML preferred',           302, '/buy',
                                  'text/html, application/json;q=0.9' ],
    [ 'JSON refused',             302, '/buy',
                                  '*/*, application/json;q=0' ],
    [ 'anything',                 302, '/buy', '*/*' ],
    [ 'nothing said',             302, '/buy', undef ],
    [ 'always JSON',              200, '/reply', undef ],
    [ 'always JSON, HTML asked',  200, '/reply', 'text/html' ],
) {
    my ($name, $status, $uri, $accept) = @$case;

    my $r = $t->clear_requests->post_form($uri, $FORM, Accept => $accept);
    my $url = ($t->requests)[0]->checkout_url;

    is($r->status, $status, "$name: status");

    is($r->location, $status == 302 ? $url : undef, "$name: Location");
    next if $status == 302;

    is($r->json->{data}{checkoutUrl}, $url, "$name: checkoutUrl");
}

my $reply = $t->clear_requests->post_form('/reply', $FORM);
is($reply->header('Content-Type'), 'application/json', 'reply: type');
is($reply->header('Cache-Control'), 'no-store', 'reply: Cache-Control');
is(join(' ', sort keys %{ $reply->json }), 'data', 'reply: envelope');
is(join(' ', sort keys %{ $reply->json->{data} }),
   'checkoutUrl expiresAt sessionId', 'reply: data');
is($reply->json->{data}{sessionId}, ($t->requests)[0]->session_id,
   'reply: session');


# Two requests in one packet.

$t->clear_requests;

my @pair = $t->request(
    "POST /buy HTTP/1.1\r\nHost: localhost\r\n"
    . "Content-Type: application/json\r\nContent-Length: "
    . length($JSON) . "\r\n\r\n$JSON"
    . "POST /buy HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    . "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: "
    . length($FORM) . "\r\n\r\n$FORM", responses => 2);

is(join(' ', map { $_->status } @pair), '302 302', 'pipelined: statuses');
is(join(' ', map { $_->location } @pair),
   join(' ', map { $_->checkout_url } $t->requests), 'pipelined: order');
is(join(' ', map { $_->body } $t->requests), "$BODY $BODY",
   'pipelined: bodies');


# What is refused costs no call, and the next request on the connection is
# understood.

for my $case (@refused) {
    my ($name, $status, $allow, $method, $uri, $body, $type) = @$case;

    $t->clear_requests;

    $type = $TYPE{$type} || $type if defined $type && !ref $type;
    my ($head, $content) = PancakeTest::HTTP->build($method, $uri, $body,
        Connection => undef, 'Content-Type' => $type);
    my ($good, $text) = PancakeTest::HTTP->build('POST', '/buy', $JSON,
        'Content-Type' => 'application/json');

    my $c = $t->connect;
    $c->send("$head$content$good$text");
    my $r = $c->response(head => $method eq 'HEAD');
    my $next = $c->response;
    $c->close;

    is($r->status, $status, "$name: status");
    is($r->header('Allow'), $allow, "$name: Allow");
    is($r->header('Cache-Control'), 'no-store', "$name: Cache-Control");
    is($next->status, 302, "$name: the next request");
    is(scalar $t->requests, 1, "$name: no call");
}


# Two buyers never share a checkout.

$t->clear_requests;
$t->post_form('/buy', $FORM) for 1 .. 2;

my @keys = map { $_->header('X-Idempotency-Key') } $t->requests;
isnt($keys[0], $keys[1], 'two requests, two keys');


# From outside there is no way to the API.

$t->clear_requests;
is($t->post_json("/_pancake$API", $JSON)->status, 404, 'internal: status');
is(scalar $t->requests, 0, 'internal: no call');
