# What attackers have tried where a shop is asked: each was once possible.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use Test::More;

my $t = PancakeTest->new->conf(<<'EOT');
server {
    listen 127.0.0.1:%%PORT_0%%;
    server_name shop.example;
    underscores_in_headers on;
    ignore_invalid_headers off;
    proxy_headers_hash_bucket_size 512;
    %%CREDENTIALS%%
    %%RETRY_OFF%%

    location = /quote {
        pancake_checkout create-session;
        pancake_quote /_quote;
    }

    location = /_quote {
        internal;
        proxy_pass http://127.0.0.1:%%PORT_2%%;
    }

    location = /named {
        pancake_checkout create-session;
        pancake_quote /_named;
    }

    location = /_named {
        internal;
        proxy_pass http://127.0.0.1:%%PORT_2%%;
        proxy_set_header X-Forwarded-Protocol https;
    }

    location = /orders {
        pancake_checkout create-session;
        pancake_quote /_shop/orders orders follow=/_shop;
    }

    location /_shop/ {
        internal;
        proxy_pass http://127.0.0.1:%%PORT_2%%/;
        proxy_redirect off;
    }

    location = /cancel {
        pancake_checkout cancel-order;
        pancake_require  $cookie_staff;
        pancake_accept   orderId;
        pancake_input    args;
    }

    %%API_LOCATION%%
}
EOT

$t->plan(27)->backend(1)->backend(2)->run;

my $PRODUCT = $t->product;
my $GOOD = qq({"productId":"$PRODUCT","currency":"USD"});
my $JSON = 'application/json';


sub shop { return $t->upstream(2) }


sub shop_says {
    my (@steps) = @_;

    shop->clear_requests;
    $t->clear_requests;

    shop->mode(@steps);
}


sub asked { return scalar(shop->requests) . '/' . scalar($t->requests) }


# nginx looks the header field that it adds up by its hash and name.

my @workers = $t->worker_pids;

shop_says('reply', body => $GOOD);

my $r = $t->post_json('/named', '{}');

is($r && $r->status, 302, 'a name as long as our own: status');
is("@{[ $t->worker_pids ]}", "@workers", 'a name as long as our own: alive');


# A name of the shop's, which may be a buyer's, brings no lines into a log.

my $forged = "1970/01/01 00:00:00 [error] 1#1: *1 forged";

for my $case ([ '/quote', 502 ], [ '/orders', 200 ]) {
    my ($uri, $status) = @$case;

    my $bad = $GOOD =~ s/\}$/,"metadata":{"a\\n$forged":5}}/r;

    shop_says('reply', body => $bad);
    $t->mark;

    $r = $t->post_json($uri, '{"action":"checkout"}' x ($uri eq '/orders')
                             || '{}', Authorization => 'Bearer x');

    is($r->status, $status, "$uri, a name with a line end: status");
    $t->wait_for_message(qr/metadata|unprintable/);
    unlike($t->log_text('error.log'), qr/^1970/m,
           "$uri, a name with a line end: log");
}


# A shop may see "_" and "." in the name of a field as "-".

shop_says('reply', body => $GOOD);

$r = $t->request("POST /quote HTTP/1.1\r\nHost: shop.example\r\n"
    . "Content-Type: $JSON\r\nContent-Length: 2\r\nConnection: close\r\n"
    . "X_Pancake_Request_Id: a\r\nX-Pancake_Request-Id: b\r\n"
    . "x.pancake-request-id: c\r\nX-Pancake_Other: d\r\n\r\n{}");

is($r->status, 302, 'forged X_Pancake_: status');

my ($req) = shop->requests;

is($req && $req->header($_), undef, "forged $_: not for the shop")
    for qw( X_Pancake_Request_Id X-Pancake_Request-Id x.pancake-request-id
            X-Pancake_Other );


# Nothing but 2xx is a quote.

for my $status ('000', '103') {
    shop_says('raw', pieces => [ "HTTP/1.1 $status X\r\nContent-Type: $JSON"
                                 . "\r\n\r\n$GOOD" ], end => 'close');

    $r = $t->post_json('/quote', '{}');

    is($r->status, 502, "status $status of the shop: status");
    is(asked(), '1/0', "status $status of the shop: asked");
}


# Too many names are the shop's fault, and found out soon.

my $names = join ',', map { qq("k$_":"") } 1 .. 51;

shop_says('reply', body => $GOOD =~ s/\}$/,"metadata":{$names}}/r);

$r = $t->post_json('/quote', '{}');

is($r->status, 502, 'too many names in a quote: status');
is(asked(), '1/0', 'too many names in a quote: asked');


# A redirect brings no blanks into the request line that follows it.

shop_says([ 'reply', status => 302, type => 'text/plain', body => 'there',
            headers => [ Location => '/pay/1?a HTTP/1.0' ] ],
          [ 'reply', body => $GOOD ]);

$r = $t->post_json('/orders', '{"action":"checkout"}',
                   Authorization => 'Bearer x');

is($r->body, 'there', 'a redirect with a blank: passed');
is(asked(), '1/0', 'a redirect with a blank: asked');


# A link of another site must not cancel with the staff's cookies.

my $ORDER = 'ORD_3kF9mNpQrStUvWxYz1A2bC';

for my $case ([ 'cross-site', 403, 0 ], [ 'same-site', 403, 0 ],
              [ 'same-origin', 200, 1 ], [ 'none', 200, 1 ])
{
    my ($site, $status, $calls) = @$case;

    $t->clear_requests;
    $r = $t->get("/cancel?orderId=$ORDER", Host => 'shop.example',
                 Cookie => 'staff=1', 'Sec-Fetch-Mode' => 'navigate',
                 'Sec-Fetch-Site' => $site);

    is($r->status, $status, "a $site link that cancels: status");
    is(scalar $t->requests, $calls, "a $site link that cancels: calls");
}
