# What attackers have tried: each was once possible.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use Test::More;

my $t = PancakeTest->new->conf(<<'EOT');
%%CREDENTIALS%%
pancake_set productId %%PRODUCT%%;
pancake_set currency USD;

map $pancake_input_plan $product {
    default %%PRODUCT%%;
    pro     PROD_4cWAslE1GKkGeaOMl9Vbmy;
}

server {
    listen 127.0.0.1:%%PORT_0%%;
    server_name shop.example;

    location = /urls {
        pancake_checkout create-session;
        pancake_accept successUrl;
    }

    location = /plan {
        pancake_checkout create-session;
        pancake_input args form json;
        pancake_reply json;
        add_header X-Plan $pancake_input_plan always;
        add_header X-Session $pancake_session_id;
    }

    location = /user {
        pancake_checkout create-session;
        pancake_accept metadata;
        pancake_set productId %%PRODUCT%%;
        pancake_set currency USD;
        pancake_set metadata.userId $http_x_user;
    }

    location = /key {
        pancake_checkout create-session;
        pancake_idempotency_key "sid-$cookie_sid";
    }

    location = /go {
        if ($product = PROD_00000000000ClubMonthly) { return 204; }
        rewrite ^ /choice last;
    }

    location = /choice {
        pancake_checkout create-session;
        pancake_set productId $product;
        pancake_set currency USD;
    }

    location = /digits {
        pancake_checkout create-session;
        pancake_set productId %%PRODUCT%%;
        pancake_set currency JPY;
        pancake_set priceSnapshot.amount $arg_amount;
        pancake_set priceSnapshot.taxCategory saas;
    }

    location = /first {
        pancake_checkout create-session;
        pancake_require $cookie_none;
        error_page 403 /second?;
    }

    location = /second {
        pancake_checkout create-session;
        pancake_input args;
    }

    rewrite ^/en(/.*) $1 last;

    %%API_LOCATION%%
}

server {
    listen 127.0.0.1:%%PORT_0%% default_server;
    return 444;
}
EOT

$t->plan(25)->backend(1)->run;

my $JSON = 'application/json';

sub body {
    my ($req) = $t->requests;
    return $req ? $req->json : undef;
}


# The site of a buyer's successUrl is the server's, not the Host field's.

my $evil = '{"successUrl":"https://evil.example/phish"}';

my $r = $t->request("POST http://shop.example/urls HTTP/1.1\r\n"
    . "Host: evil.example\r\nContent-Type: $JSON\r\nConnection: close\r\n"
    . 'Content-Length: ' . length($evil) . "\r\n\r\n$evil");

is($r->status, 400, 'another host in an absolute target: status');
is(scalar $t->requests, 0, 'another host in an absolute target: no call');


# Variables bring no line ends into a header.

$t->clear_requests;
$r = $t->get('/plan?plan=x%0d%0aSet-Cookie:%20a=b', Host => 'shop.example');
is($r->status, 200, 'line ends in an input: status');
is($r->header('Set-Cookie'), undef, 'line ends in an input: no header');
is($r->header('X-Plan'), undef, 'line ends in an input: no value');

$t->mode('reply', status => 200, type => $JSON, body =>
    '{"data":{"checkoutUrl":"https://checkout.waffo.ai/a/checkout/b",'
    . '"sessionId":"a\r\nSet-Cookie: a=b"}}');
$r = $t->get('/plan', Host => 'shop.example');
is($r->status, 200, 'line ends in a session id: status');
is($r->header('Set-Cookie'), undef, 'line ends in a session id: no header');
is($r->header('X-Session'), undef, 'line ends in a session id: no value');


# A JSON answer is not compared with what a client has stored.

$t->mode('ok');
for my $field ([ 'If-None-Match', '*' ], [ 'If-Match', '"x"' ],
               [ 'If-Unmodified-Since', 'Sat, 01 Jan 2000 00:00:00 GMT' ])
{
    is($t->get('/plan', Host => 'shop.example', @$field)->status, 200,
       "$field->[0] with a JSON answer");
}


# A field that the merchant sets to nothing does not become the buyer's.

$t->clear_requests;
$r = $t->post('/user', '{"metadata":{"userId":"victim"}}',
              Host => 'shop.example', 'Content-Type' => $JSON);
is($r->status, 400, 'an empty user id: status');
is($r->json->{errors}[0]{field}, 'metadata.userId', 'an empty user id: field');
$r = $t->post('/user', '{"metadata":{"note":"hi"}}',
              Host => 'shop.example', 'Content-Type' => $JSON);
is_deeply(body()->{metadata}, { note => 'hi' }, 'another key is the buyer\'s');


# Text around an empty variable does not make all strangers one buyer.

$t->clear_requests;
$t->post('/key', '', Host => 'shop.example') for 1, 2;
my ($one, $two) = map { $_->header('X-Idempotency-Key') } $t->requests;
isnt($one, $two, 'no cookie: two keys');

$t->clear_requests;
$t->post('/key', '', Host => 'shop.example', Cookie => 'sid=1') for 1 .. 3;
my %keys = map { $_->header('X-Idempotency-Key') => 1 } $t->requests;
cmp_ok(keys %keys, '<', 3, 'one cookie: one key in a window');


# Nobody but a call enters the location of the API.

$t->clear_requests;
$r = $t->get('/en/_pancake/v1/anything', Host => 'shop.example',
             Cookie => 'sid=secret-cookie');
is($r->status, 404, 'a rewrite into the location of the API: status');
is(scalar $t->requests, 0, 'a rewrite into the location of the API: no call');


# A link that another site embeds is no buyer.

is($t->get('/plan', Host => 'shop.example', 'Sec-Fetch-Mode' => 'no-cors',
           'Sec-Fetch-Site' => 'cross-site')->status, 403,
   'an image of another site');
is($t->get('/plan', Host => 'shop.example', 'Sec-Fetch-Mode' => 'navigate',
           'Sec-Fetch-Site' => 'cross-site')->status, 200,
   'a link of another site');


# A choice that was looked at too early is no other choice.

$t->clear_requests;
is($t->post('/go', 'plan=pro', Host => 'shop.example', 'Content-Type' =>
            'application/x-www-form-urlencoded')->status, 500,
   'a choice before the body, elsewhere: status');
is(scalar $t->requests, 0, 'a choice before the body, elsewhere: no call');


# What the shop's values break among themselves is the shop's.

$r = $t->post('/digits?amount=29.50', '', Host => 'shop.example');
is($r->status, 500, 'two values of the shop: status');


# A checkout that an error page leads to has a status of its own.

$r = $t->post('/first', '', Host => 'shop.example');
is($r->status, 302, 'an error page that is a checkout: status');
is(scalar @{[ $r->head =~ /^Cache-Control:/mg ]}, 1,
   'an error page that is a checkout: one Cache-Control');
