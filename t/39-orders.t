# In front of a shop with an order API of its own (seed 004): what is refused
# before the shop is asked, the one question it is asked, the order behind its
# answer or redirect, and all that goes to the buyer as the shop said it.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use Test::More;

use IO::Handle ();
use JSON::PP ();
use POSIX ();

my $t = PancakeTest->new->has(qw( node http_v2 ));

my $ADA = 'token-ada-0001';
my $BOB = 'token-bob-0001';
my $TOKEN = 'secret-token-39';
my $ORDERS = '/api/v1/i/orders/';
my $CART = '/api/v1/i/cart/';
my $PRODUCT = $t->product;

# the shop may say much about a buyer, and none of it is for a log

$t->secret($ADA, $BOB, $TOKEN, 'secret-street-39', 'secret-cookie-39');


# The real shop: it ends with this process, whatever ends that.

my ($shop_pid, $shop_pipe, $shop_port);

sub start_shop {
    pipe(my $stdin, $shop_pipe) or die "pipe: $!";

    $shop_pid = fork // die "fork: $!";

    if (!$shop_pid) {
        open STDIN, '<&', $stdin;
        open STDOUT, '>', $t->dir . '/shop.json';
        open STDERR, '>', $t->dir . '/shop-stderr';
        { exec 'node', $t->top . '/t/shop/shop.js', '--port', 0,
               '--exit-with-stdin' };
        POSIX::_exit(127);
    }

    $t->wait_for(sub { $t->log_text('shop.json') =~ /\n/ })
        or die 'the shop did not start: ' . $t->log_text('shop-stderr');

    ($shop_port) = $t->log_text('shop.json') =~ /"port":(\d+)/;
}


sub stop_shop {
    my $pid = $shop_pid or return;
    undef $shop_pid;

    local ($?, $!);
    kill TERM => $pid;
    waitpid $pid, 0;
}

my $OWNER = $$;
END { stop_shop() if ($OWNER // 0) == $$ }


$t->backend($_) for 1, 3, 4;
start_shop();

$t->plan(1321);

my $CONF = <<'EOT';
    %%CREDENTIALS%%
    pancake_retry 3 backoff=20ms deadline=60s;

    pancake_set productId %%PRODUCT%%;
    pancake_set currency
                $pancake_quote_currency$pancake_quote_order_currency;
    pancake_set priceSnapshot.amount
                $pancake_quote_total$pancake_quote_order_total;
    pancake_set priceSnapshot.taxCategory digital_goods;
    pancake_set orderMerchantExternalId
                $pancake_quote_id$pancake_quote_order_id;

    log_format orders '$request_method $uri $status [$pancake_result] '
                      '$pancake_attempts';

    upstream shop  { server 127.0.0.1:SHOP; keepalive 4; }
    upstream pair  { server 127.0.0.1:%%PORT_3%% max_fails=0;
                     server 127.0.0.1:%%PORT_4%% max_fails=0; }

    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;

    server {
        listen 127.0.0.1:%%PORT_0%%;
        listen 127.0.0.1:%%PORT_8%% http2;
        server_name localhost;
        access_log %%DIR%%/orders.log orders;

        location = /api/v1/i/orders/ {
            pancake_checkout create-session;
            pancake_quote /_shop/api/v1/i/orders/ orders follow=/_shop;
            pancake_idempotency_key $pancake_quote_id;
        }

        location /_shop/ {
            internal;
            proxy_pass http://shop/;
            proxy_redirect off;
        }

        # the same in front of a stub

        location = /stub {
            pancake_checkout create-session;
            pancake_quote /_stub/orders orders follow=/_stub/;
        }

        location = /stay {
            pancake_checkout create-session;
            pancake_quote /_stub/orders orders;
        }

        location = /drop {
            pancake_checkout create-session;
            pancake_quote /_stub/orders orders follow=/_stub;
            pancake_unknown_fields drop;
        }

        location = /args {
            pancake_checkout create-session;
            pancake_quote /_stub/orders?a=b orders follow=/_stub;
        }

        location = /pair {
            pancake_checkout create-session;
            pancake_quote /_pair/orders orders follow=/_pair;
        }

        location = /hasty {
            pancake_checkout create-session;
            pancake_quote /_hasty/orders orders follow=/_hasty;
        }

        location = /ping { access_log off; return 204; }

        location /_stub/ {
            internal;
            proxy_pass http://127.0.0.1:%%PORT_3%%/;
            proxy_redirect off;
        }

        location /_pair/ {
            internal;
            proxy_pass http://pair/;
            proxy_redirect off;
        }

        location /_hasty/ {
            internal;
            proxy_pass http://127.0.0.1:%%PORT_3%%/;
            proxy_redirect off;
            proxy_read_timeout 1s;
        }

        %%API_LOCATION%%
    }
EOT

$CONF =~ s/SHOP/$shop_port/;
$t->conf($CONF)->run;


# The shop itself, past the edge.

sub shop {
    my ($method, $path, $body, %h) = @_;

    my $c = PancakeTest::HTTP->connect(port => $shop_port,
                                       timeout => $t->timeout) or die $!;
    $c->send(join '', PancakeTest::HTTP->build($method, $path, $body,
        'Content-Type' => 'application/json', %h));

    my $r = $c->response;
    $c->close;

    return $r;
}


sub bearer { (Authorization => "Bearer $_[0]") }

sub control { shop('POST', '/_shop/control', JSON::PP->new->encode({ @_ })) }

sub fill {
    my ($token, @more) = @_;

    shop('POST', $CART, '{"sku":"syrup","quantity":2}', bearer($token));
    shop('POST', $CART, $_, bearer($token)) for @more;
}


sub cart  { shop('GET', $CART, undef, bearer($_[0]))->json }
sub items { scalar @{ cart($_[0])->{items} } }

sub orders_of {
    return @{ shop('GET', $ORDERS, undef, bearer($_[0]))->json->{orders} };
}


# What came to the shop since the last look, by way of the edge.

my $looked = 0;

sub look {
    my $list = shop('GET', "/_shop/requests?since=$looked")->json;
    $looked = $list->[-1]{n} if @$list;
    return grep { $_->{headers}{'x-pancake-request-id'} } @$list;
}


sub lines { join ', ', map { "$_->{method} $_->{target}" } @_ }

sub stub  { $t->upstream(3) }
sub seen  { join ', ', map { $_->line =~ s/ HTTP.*//r } stub()->requests }

sub reset_all {
    $t->upstream($_)->clear_requests for 1, 3, 4;
    $t->mode('ok');
    $t->mark;
    look();
}


sub ask {
    my ($uri, $body, %h) = @_;
    return $t->post_json($uri, $body, bearer($TOKEN), %h);
}


sub fields { join ' ', map { $_->{field} // '-' } @{ $_[0]->json->{errors} } }
sub calls  { scalar $t->requests }
sub errors { join "\n", map { $_->[1] } grep { $_->[0] eq 'error' }
                            $t->messages(qr/pancake checkout/) }


# What the API is asked for an order; the address is JSON text, or "".

sub session {
    my ($amount, $id, $billing) = @_;

    return qq({"productId":"$PRODUCT","currency":"USD","priceSnapshot":)
           . qq({"amount":"$amount","taxCategory":"digital_goods"},)
           . ($billing ? qq("billingDetail":$billing,) : '')
           . qq("orderMerchantExternalId":"$id"});
}


sub sorted { JSON::PP->new->canonical->encode(JSON::PP->new->decode($_[0])) }


# One call, with this body.

sub called {
    my ($name, $expected) = @_;

    my @list = $t->requests;

    is(scalar @list, 1, "$name: one call");
    is($list[0] ? sorted($list[0]->body) : 'none', sorted($expected),
       "$name: its body");
}


my $ANYTOWN = '{"street_address":"secret-street-39 1","postal_code":12345,'
              . '"city":"Anytown","state":"CA","country":"Canada"}';
my $ADDRESS = '{"country":"CA","isBusiness":false,"state":"CA",'
              . '"postcode":"12345"}';
my $OTTAWA = '{"country":"CA","isBusiness":false,"state":"ON",'
             . '"postcode":"K1M 1M4"}';
my $CHECKOUT = '{"action":"checkout"}';
my $SAVE = '{"action":"save_order"}';


sub checkout { qq({"action":"checkout","billing_address":$_[0]}) }


###############################################################################
# The seed's rules, and who says no.

# 1. authentication: the edge wants a token, the shop knows whose it is

fill($ADA);
reset_all();

for my $case ([ 'no token' ], [ 'another scheme', 'Basic YWRhOmFkYQ==' ],
              [ 'no blank', "Bearer$ADA" ], [ 'nothing in it', 'Bearer ' ],
              [ 'the token alone', $ADA ], [ 'empty', '' ])
{
    my ($name, $value) = @$case;

    for my $body ($CHECKOUT, $SAVE) {
        my ($action) = $body =~ /:"(\w+)/;
        my $r = $t->post_json($ORDERS, $body, Authorization => $value);

        is($r->status, 401, "$name, $action: status");
        is($r->header('WWW-Authenticate'), 'Bearer',
           "$name, $action: how to");
        is($r->json->{errors}[0]{message}, 'a session token is required',
           "$name, $action: message");
    }
}

# nginx itself takes one such field only

cmp_ok($t->post_json($ORDERS, $CHECKOUT, Authorization =>
                     [ 'Bearer a', 'Bearer b' ])->status, '>=', 400,
       'two tokens');

is(lines(look()) . calls(), 0, 'without a token nobody is asked');

for my $body ($CHECKOUT, $SAVE) {
    my $r = ask($ORDERS, $body, bearer('nobody-has-this-one'));

    is($r->status, 401, 'wrong token: status');
    is($r->body, '{"error":"Authentication is required"}',
       'wrong token: the shop says so');
    is($r->header('WWW-Authenticate'), 'Bearer', 'wrong token: how to');
}

is(lines(look()), join(', ', ("POST $ORDERS") x 2), 'wrong token: asked');

# 2. a valid action

for my $action ('""', '"Checkout"', '"checkout "', '"pay"', '"save order"',
                '7', 'null', 'true', '["checkout"]', '{"a":1}',
                '"checkout save_order"')
{
    my $r = ask($ORDERS, qq({"action":$action}), bearer($ADA));

    is($r->status, 400, "action $action: status");
    is(fields($r), 'action', "action $action: field");
}

is(fields(ask($ORDERS, '{}', bearer($ADA))), 'action', 'no action');
is(fields(ask($ORDERS, '{"action":"checkout","\u0061ction":"save_order"}',
              bearer($ADA))), 'action', 'two actions');

# 3. full names of countries

for my $body (checkout('{"country":"CA"}'), checkout('{"country":"ZZ"}'),
              $SAVE =~ s/}/,"billing_address":{"country":"CA"}}/r,
              checkout('{"country":"ca"}'), checkout('{"country":"Narnia"}'))
{
    my $r = ask($ORDERS, $body, bearer($ADA));

    is($r->status, 400, "$body: status");
    is(fields($r), 'billing_address.country', "$body: field");
}

# and what else can be known before

for my $case ([ '{"street_address":7}', 'street_address' ],
              [ '{"city":["a"]}', 'city' ],
              [ '{"city":"' . 'x' x 129 . '"}', 'city' ],
              [ '{"postal_code":1.5}', 'postal_code' ],
              [ '{"postal_code":-1}', 'postal_code' ],
              [ '{"postal_code":1e3}', 'postal_code' ],
              [ '{"postal_code":"' . '1' x 17 . '"}', 'postal_code' ],
              [ '{"country":"Canada","state":"Texas"}', 'state' ],
              [ '{"country":"USA","state":"Ontario"}', 'state' ],
              [ '{"taxId":"1"}', 'taxId' ])
{
    my $r = ask($ORDERS, checkout($case->[0]), bearer($ADA));

    is($r->status, 400, "$case->[0]: status");
    is(fields($r), "billing_address.$case->[1]", "$case->[0]: field");
}

for my $case ([ '{"action":"checkout","total":"0.01"}', 'total' ],
              [ '{"action":"save_order","total":"0.01"}', 'total' ],
              [ '{"action":"checkout","priceSnapshot":{"amount":"1"}}',
                'priceSnapshot' ],
              [ '{"action":"checkout","buyerIdentity":"bob"}',
                'buyerIdentity' ],
              [ '{"action":"checkout","billingDetail":{"country":"DE"}}',
                'billingDetail' ],
              [ '{"action":"checkout","billing_address":"Canada"}',
                'billing_address' ],
              [ '["checkout"]', '-' ], [ '"checkout"', '-' ], [ '', '-' ],
              [ '{"action":"checkout"', '-' ],
              [ '{"action":"checkout"}{}', '-' ])
{
    my $r = ask($ORDERS, $case->[0], bearer($ADA));

    is($r->status, 400, "$case->[0]: status");
    is(fields($r), $case->[1], "$case->[0]: field");
}

is($t->post_form($ORDERS, 'action=checkout', bearer($ADA))->status, 415,
   'a form');
is($t->get("$ORDERS?action=checkout", bearer($ADA))->status, 405, 'a link');
is($t->send_request('PUT', $ORDERS, $CHECKOUT, bearer($ADA), 'Content-Type' =>
                    'application/json')->status, 405, 'another method');
is(ask($ORDERS, '{"action":"checkout","a":"' . 'x' x 66_000 . '"}',
       bearer($ADA))->status, 413, 'too much');

is(lines(look()) . calls(), 0, 'of all these the shop hears nothing');
is(items($ADA), 1, 'and the cart is as it was');

# 4. a cart with something in it

for my $body ($CHECKOUT, $SAVE, checkout($ANYTOWN)) {
    my $r = ask($ORDERS, $body, bearer($BOB));

    is($r->status, 400, "empty cart, $body: status");
    is($r->body, '{"error":"The cart is empty"}', "empty cart, $body: body");
}

# 5. an address, in the request or saved

fill($BOB);

for my $body ($CHECKOUT, $SAVE) {
    my $r = ask($ORDERS, $body, bearer($BOB));

    is($r->status, 400, "no address, $body: status");
    is($r->body, '{"error":"billing_address is required, none is saved"}',
       "no address, $body: body");
}

is(items($BOB), 1, 'no address: the cart is as it was');
is(calls(), 0, 'the API hears of none of these');
is(lines(look()), join(', ', ("POST $ORDERS") x 5), 'the shop, once of each');
is(errors(), '', 'and nobody has to look into the log');


###############################################################################
# save_order: the shop's own answer, and nothing else.

for my $answer (qw( json redirect )) {
    control(orderAnswer => $answer);

    for my $token ($ADA, $BOB) {
        my $name = "save_order, $answer, $token";
        my $body = $token eq $ADA ? ' {"action" : "save_order"} '
            : qq( {"billing_address": $ANYTOWN,"action":"save_order"} );

        fill($token);
        reset_all();

        my $before = orders_of($token);
        my $r = ask($ORDERS, $body, bearer($token), Cookie => 'a=b',
                    'X-Pancake-Request-Id' => 'forged');
        my @asked = look();

        is($r->status, 200, "$name: status");
        is($r->body, '{"success":"Your Order has been saved"}',
           "$name: body");
        is($r->header('Content-Type') =~ s/;.*//r, 'application/json',
           "$name: type");
        is(lines(@asked), "POST $ORDERS", "$name: asked once");
        is($asked[0]{body}, $body, "$name: with the same bytes");
        is($asked[0]{headers}{authorization}, "Bearer $token",
           "$name: and the token");
        is($asked[0]{headers}{cookie}, 'a=b', "$name: and the cookie");
        isnt($asked[0]{headers}{'x-pancake-request-id'}, 'forged',
             "$name: but no forged id");
        is(calls(), 0, "$name: no call");
        is(items($token), 0, "$name: the cart is empty");
        is(scalar(orders_of($token)) - $before, 1, "$name: one order");
    }
}


###############################################################################
# checkout, with both kinds of answer.

for my $answer (qw( json redirect )) {
    control(orderAnswer => $answer);

    my @cases = (
        [ 'number', $BOB, checkout($ANYTOWN), $ADDRESS ],
        [ 'text', $BOB, checkout('{"street_address":"1 A","city":"Boston",'
          . '"postal_code":"02134","state":"massachusetts",'
          . '"country":"The United States"}'),
          '{"country":"US","isBusiness":false,"state":"MA",'
          . '"postcode":"02134"}' ],
        [ 'no state', $BOB, checkout('{"street_address":"1 A",'
          . '"city":"Dresden","postal_code":"01067","country":"Germany"}'),
          '{"country":"DE","isBusiness":false,"postcode":"01067"}' ],
        [ 'the address saved last', $BOB, $CHECKOUT,
          '{"country":"DE","isBusiness":false,"postcode":"01067"}' ],
    );

    for my $case (@cases) {
        my ($what, $token, $body, $billing) = @$case;
        my $name = "checkout, $answer, $what";

        fill($token, '{"voucher":"MAPLE3"}');
        reset_all();

        my $r = ask($ORDERS, $body, bearer($token),
                    Cookie => 'sid=secret-cookie-39');
        my ($api) = $t->requests;
        my @asked = look();
        my ($order) = reverse orders_of($token);
        my $way = "POST $ORDERS"
            . ($answer eq 'json' ? '' : ", GET $ORDERS$order->{id}/payment/");

        is($r->status, 302, "$name: status");
        is($r->location, $api && $api->checkout_url, "$name: Location");
        is($r->body, '', "$name: no body");
        is($order->{total}, '30.00', "$name: what the cart is worth");
        called($name, session('30.00', $order->{id}, $billing));
        is(lines(@asked), $way, "$name: the shop is asked once");
        is(join(' ', map { $_->{headers}{authorization} } @asked),
           join(' ', map { "Bearer $token" } @asked), "$name: its token");
        is(scalar(grep { $_->{headers}{'x-pancake-request-id'}
                         eq $asked[0]{headers}{'x-pancake-request-id'} }
                  @asked), scalar @asked, "$name: one request id");
        is($asked[0]{body}, $body, "$name: the buyer's bytes");
        is($api->header('Authorization'), undef, "$name: not for the API");
        unlike($api->head, qr/\Q$token\E|cookie|X-Pancake/i,
               "$name: none of the buyer's header for the API");
        is(items($token), 0, "$name: the cart is empty");

        if ($answer eq 'redirect') {
            is($asked[1]{body}, '', "$name: a GET without body");
            is(join(' ', grep { /^(?:content-|transfer-)/ }
                         keys %{ $asked[1]{headers} }), '',
               "$name: that announces none");
            is($asked[1]{headers}{cookie}, 'sid=secret-cookie-39',
               "$name: with the buyer's header");
        }

        # the click that comes after it

        my $again = ask($ORDERS, $body, bearer($token));
        is($again->status . ' ' . $again->body,
           '400 {"error":"The cart is empty"}', "$name: again");
    }

    # of a customer with a saved address, for a program

    {
        my $name = "checkout, $answer, JSON";

        control(prices => { syrup => '25.00' });
        fill($ADA);
        reset_all();

        my $many = cart($ADA)->{total};
        my $r = ask($ORDERS, $CHECKOUT, bearer($ADA),
                    Accept => 'application/json');
        my ($order) = reverse orders_of($ADA);
        my ($api) = $t->requests;

        is($r->status, 200, "$name: status");
        is($r->json->{data}{checkoutUrl}, $api->checkout_url, "$name: URL");
        is($r->header('Cache-Control'), 'no-store', "$name: not to be kept");
        called($name, session($many, $order->{id}, $OTTAWA));
        control(prices => { syrup => '20.00' });
    }
}

# over HTTP/2

for my $case ([ $SAVE, 200, 0 ], [ $CHECKOUT, 302, 1 ], [ $CHECKOUT, 400, 0 ])
{
    my ($body, $status, $calls) = @$case;

    fill($ADA) if $status != 400;
    reset_all();

    my $r = $t->h2('POST', $ORDERS, $body, bearer($ADA), -port => 8,
                   'Content-Type' => 'application/json');
    is($r->status, $status, "HTTP/2, $body: status");
    is(calls(), $calls, "HTTP/2, $body: calls");
    is(scalar(grep { $_->{method} eq 'POST' } look()), 1,
       "HTTP/2, $body: asked once");
}


###############################################################################
# Whatever happens behind it, the shop has heard it once.

for my $case ([ 302, 3, [ '500' ], [ '503' ], [ 'ok' ] ],
              [ 302, 3, [ '409' ], [ 'close_before_header' ], [ 'ok' ] ],
              [ 302, 2, [ 'reset_in_body' ], [ 'ok' ] ],
              [ 502, 3, [ '500' ] ],
              [ 400, 1, [ '400' ] ],
              [ 502, 1, [ '401' ] ],
              [ 502, 1, [ 'not_json' ] ],
              [ 302, 2, [ 'expires', expires => '2020-01-01T00:00:00.000Z' ],
                        [ 'ok' ] ])
{
    my ($status, $calls, @modes) = @$case;
    my $name = join ', ', 'API', map { $_->[0] } @modes;

    fill($ADA);
    reset_all();
    $t->mode(@modes);

    is(ask($ORDERS, $CHECKOUT, bearer($ADA))->status, $status,
       "$name: status");
    is(calls(), $calls, "$name: calls");

    my @asked = look();
    is(scalar(grep { $_->{method} eq 'POST' } @asked), 1,
       "$name: one order");
    is(scalar @asked, 2, "$name: one look at it");
}

for my $status (500, 502, 503, 504, 429, 409) {
    my $name = "the shop answers $status";

    fill($ADA);
    reset_all();
    control(fail => { path => $ORDERS, status => $status });

    my $r = ask($ORDERS, $CHECKOUT, bearer($ADA));

    is($r->status, $status, "$name: status");
    is($r->body, 'It was asked to fail.' . "\n", "$name: body");
    is(lines(look()) . calls(), "POST ${ORDERS}0", "$name: asked once");
    is(items($ADA), 1, "$name: the cart is as it was");
}

# the order is there, and its page fails

{
    fill($ADA);
    reset_all();

    my $next = (reverse orders_of($ADA))[0]{id} =~ s/(\d+)$/$1 + 1/er;
    control(fail => { path => "$ORDERS$next/payment/", status => 500 });

    my $r = ask($ORDERS, $CHECKOUT, bearer($ADA));

    is($r->status, 302, 'no page of the order: status');
    is($r->location, "$ORDERS$next/payment/",
       'no page of the order: the buyer may look');
    is(scalar(grep { $_->{method} eq 'POST' } look()) . calls(), 10,
       'no page of the order: one order, no call');
    like(errors(), qr/leads to no JSON/, 'no page of the order: log');
}


###############################################################################
# A stub that answers anything.

my $ORDER = '{"id":"O-1","status":"awaiting_payment","currency":"USD",'
            . '"total":"41.50","items":[{"unit_price":"41.50"}]}';

sub json_answer { [ 'reply', body => $_[0], @_[1 .. $#_] ] }

sub redirect {
    my ($to, @more) = @_;
    return [ 'reply', status => 302, type => 'text/plain',
             body => 'this way', headers => [ Location => $to ], @more ];
}


sub answers {
    my ($first, $second) = @_;

    reset_all();
    stub()->mode([ @$first ]);
    stub()->mode_for('/pay', @$second) if $second;
}


my @ORIGINAL = ('this way', 'text/plain');

sub passed {
    my ($name, $r, $status, $location, $body, $type) = @_;

    is($r->status, $status, "$name: the shop's status");
    is($r->location, $location, "$name: its Location") if $location;
    is($r->body, $body, "$name: its body");
    is($r->header('Content-Type'), $type, "$name: its type");
}


# Where a redirect leads; what is asked then, or nothing.

for my $case ([ '/pay/1', '/pay/1' ],
              [ '/pay/1?a=b&c=%20d', '/pay/1?a=b&c=%20d' ],
              [ '/pay/1#there', '/pay/1' ],
              [ '/pay/1?a=b#there', '/pay/1?a=b' ],
              [ '/pay/%D0%BA', '/pay/%D0%BA' ],
              [ '/pay/a/../b', undef ],
              [ 'http://localhost/pay/1', '/pay/1' ],
              [ 'https://localhost/pay/1?x', '/pay/1?x' ],
              [ 'http://LocalHost/pay/1', '/pay/1' ],
              [ 'http://localhost', undef ],
              [ 'http://localhost:81/pay/1', undef ],
              [ 'http://localhost.example/pay/1', undef ],
              [ 'http://example.com/pay/1', undef ],
              [ 'https://pay.example.com/pay/1', undef ],
              [ 'http://localhost@example.com/pay/1', undef ],
              [ 'http://me@localhost/pay/1', undef ],
              [ 'http://localhost\@example.com/pay/1', undef ],
              [ '//example.com/pay/1', undef ],
              [ '//localhost/pay/1', undef ],
              [ '///pay/1', undef ],
              [ 'pay/1', undef ],
              [ '?pay/1', undef ],
              [ '#pay', undef ],
              [ 'ftp://localhost/pay/1', undef ],
              [ 'javascript:alert(1)', undef ],
              [ 'http:/pay/1', undef ],
              [ '/../pay/1', undef ],
              [ '/pay/../../secret', undef ],
              [ '/%2e%2e/secret', undef ],
              [ '/pay/%2E%2e/%2e./secret', undef ],
              [ '/pay/1%00', undef ])
{
    my ($to, $target) = @$case;
    my $name = "redirect to $to";

    answers(redirect($to), json_answer($ORDER));

    my $r = ask('/stub', $CHECKOUT);

    if ($target) {
        is($r->status, 302, "$name: status");
        like($r->location // '', qr{^https://checkout\.waffo\.ai/},
             "$name: Location");
        is(seen(), "POST /orders, GET $target", "$name: asked");
        called($name, session('41.50', 'O-1', ''));

    } else {
        passed($name, $r, 302, $to, @ORIGINAL);
        is(seen() . calls(), 'POST /orders0', "$name: asked");
    }

    # without "follow" none is

    if ($to =~ m{^(?:http://localhost)?/pay/1$}) {
        answers(redirect($to), json_answer($ORDER));
        passed("$name, not followed", ask('/stay', $CHECKOUT), 302, $to,
               @ORIGINAL);
        is(seen() . calls(), 'POST /orders0', "$name, not followed: asked");
    }
}

# the buyer's Host decides

answers(redirect('http://shop.example:8080/pay/1'), json_answer($ORDER));
is(ask('/stub', $CHECKOUT, Host => 'SHOP.example:8080')->status, 302,
   'own host with a port: status');
is(seen(), 'POST /orders, GET /pay/1', 'own host with a port: asked');

for my $status (301, 303, 307, 308) {
    answers(redirect('/pay/1', status => $status), json_answer($ORDER));
    like(ask('/stub', $CHECKOUT)->location // '', qr/^https:/,
         "a $status is followed");
    is(seen(), 'POST /orders, GET /pay/1', "a $status: by a GET");

    answers(redirect('http://b.example/', status => $status));
    passed("a $status elsewhere", ask('/stub', $CHECKOUT), $status,
           'http://b.example/', @ORIGINAL);
}

answers([ 'reply', status => 302, type => 'text/plain', body => 'nowhere' ]);
is(ask('/stub', $CHECKOUT)->body, 'nowhere', 'a redirect without Location');
is(seen(), 'POST /orders', 'a redirect without Location: asked');

# What is behind it; nothing of that is for the buyer.

for my $case ([ '404', json_answer('{"error":"no"}', status => 404) ],
              [ '401', json_answer('{}', status => 401) ],
              [ '500', json_answer($ORDER, status => 500) ],
              [ '204', [ '204' ] ],
              [ '206', json_answer($ORDER, status => 206) ],
              [ 'HTML', json_answer('<p>pay here', type => 'text/html') ],
              [ 'no type', [ 'no_type' ] ],
              [ 'a list', json_answer("[$ORDER]") ],
              [ 'a string', json_answer('"O-1"') ],
              [ 'two objects', json_answer("$ORDER$ORDER") ],
              [ 'broken', json_answer(substr $ORDER, 0, -1) ],
              [ 'empty', json_answer('') ],
              [ 'a name twice', json_answer($ORDER =~ s/}$/,"id":"O-2"}/r) ],
              [ 'a redirect on', redirect('/pay/2') ],
              [ 'a redirect elsewhere', redirect('http://b.example/') ],
              [ 'too long', [ 'oversize_length' ] ],
              [ 'too long, in chunks', [ 'oversize_chunk' ] ],
              [ 'cut off', [ 'cut_length' ] ],
              [ 'cut off in a chunk', [ 'cut_chunk' ] ],
              [ 'reset', [ 'reset_in_body' ] ],
              [ 'closed', [ 'close_before_header' ] ],
              [ 'no HTTP', [ 'garbage_status' ] ],
              [ 'compressed', [ 'gzip' ] ],
              [ 'nothing in time', [ 'hang_header' ], '/hasty' ],
              [ 'half of it in time', [ 'hang_body' ], '/hasty' ])
{
    my ($what, $mode, $uri) = @$case;
    my $name = "behind the redirect, $what";

    answers(redirect('/pay/1'), $mode);

    passed($name, ask($uri // '/stub', $CHECKOUT), 302, '/pay/1',
           @ORIGINAL);
    is(seen() . calls(), 'POST /orders, GET /pay/10', "$name: asked");
    isnt(errors(), '', "$name: it is logged");
}

# Orders that make no checkout, in the answer and behind the redirect.

for my $case ([ 'no total', $ORDER =~ s/"total":"41.50",//r,
                'priceSnapshot.amount' ],
              [ 'no currency', $ORDER =~ s/"currency":"USD",//r,
                'currency' ],
              [ 'another currency', $ORDER =~ s/USD/XYZ/r, 'currency' ],
              [ 'a small currency', $ORDER =~ s/USD/usd/r, 'currency' ],
              [ 'nothing to pay', $ORDER =~ s/41.50/0.00/r,
                'priceSnapshot.amount' ],
              [ 'less than nothing', $ORDER =~ s/41.50/-1.00/r,
                'priceSnapshot.amount' ],
              [ 'a comma', $ORDER =~ s/41.50/41,50/r,
                'priceSnapshot.amount' ],
              [ 'three digits', $ORDER =~ s/41.50/41.505/r,
                'priceSnapshot.amount' ],
              [ 'a line end', $ORDER =~ s/41.50/41.50\\r\\nX: y/r,
                'priceSnapshot.amount' ],
              [ 'an exponent', $ORDER =~ s/"41.50"/4e1/r,
                'priceSnapshot.amount' ],
              [ 'total is null', $ORDER =~ s/"41.50"/null/r,
                'priceSnapshot.amount' ],
              [ 'total is an object', $ORDER =~ s/"41.50"/{"amount":"1"}/r,
                'priceSnapshot.amount' ],
              [ 'a product that is none', $ORDER =~ s/\{/{"storeId":"1",/r,
                'storeId' ],
              [ 'metadata of numbers',
                $ORDER =~ s/\{/{"metadata":{"a":1},/r, 'metadata.a' ],
              [ 'nothing', '{}', 'currency' ])
{
    my ($what, $order, $field) = @$case;

    for my $way (qw( answer redirect )) {
        my $name = "order, $what, $way";
        my $first = $way eq 'answer' ? json_answer($order)
                                     : redirect('/pay/1');

        answers($first, json_answer($order));

        my $r = ask('/stub', $CHECKOUT);

        if ($way eq 'answer') {
            passed($name, $r, 200, undef, $order, 'application/json');
        } else {
            passed($name, $r, 302, '/pay/1', @ORIGINAL);
        }

        is(calls(), 0, "$name: no call");
        like(errors(), qr/makes no checkout .* field "\Q$field\E" /,
             "$name: it is logged");
    }
}

# Orders that do.

for my $case ([ 'as it is', $ORDER ],
              [ 'with more', $ORDER =~ s/\{/{"a":[[{"b":null}]],"c":1e9,/r ],
              [ 'in the words of the API', '{"currency":"USD",'
                . '"priceSnapshot":{"amount":"41.50"},'
                . '"orderMerchantExternalId":"O-1"}' ],
              [ 'a number', $ORDER =~ s/"41.50"/41.50/r ],
              [ 'one level down', qq({"success":"yes","order":$ORDER}) ])
{
    my ($what, $order) = @$case;

    for my $status (200, 201, 202) {
        answers(json_answer($order, status => $status));

        is(ask('/stub', $CHECKOUT)->status, 302,
           "order $what, $status: status");
        called("order $what, $status", session('41.50', 'O-1', ''));
    }

    answers(redirect('/pay/1'), json_answer($order, status => 201,
            type => 'Application/JSON; charset=utf-8'));
    is(ask('/stub', $CHECKOUT)->status, 302,
       "order $what, behind a redirect: status");
    called("order $what, behind a redirect", session('41.50', 'O-1', ''));
}

# The order's address, for who sent none.

my $MADRID = '{"street_address":"1 A","postal_code":28001,"city":"Madrid",'
             . '"country":"Spain"}';
my $SPAIN = '{"country":"ES","isBusiness":false,"postcode":"28001"}';

for my $case ([ 'of the order', $MADRID, $CHECKOUT, $SPAIN ],
              [ 'of the order, no object sent', $MADRID, checkout('{}'),
                $SPAIN ],
              [ 'of the buyer', $MADRID, checkout($ANYTOWN), $ADDRESS ],
              [ 'none', 'null', $CHECKOUT, '' ],
              [ 'empty', '{}', $CHECKOUT, '' ],
              [ 'a code', '{"country":"ES"}', $CHECKOUT, '', 'country' ],
              [ 'no such country', '{"country":"Narnia"}', $CHECKOUT, '',
                'country' ],
              [ 'no such state', '{"country":"USA","state":"Bavaria"}',
                $CHECKOUT, '', 'state' ],
              [ 'no object', '"Spain"', $CHECKOUT, '' ],
              [ 'a list', "[$MADRID]", $CHECKOUT, '' ])
{
    my ($what, $address, $body, $billing, $warned) = @$case;
    my $order = $ORDER =~ s/\{/{"billing_address":$address,/r;

    for my $answer ($order, qq({"success":"","order":$order})) {
        my $name = "address $what" . ($answer eq $order ? '' : ', down');

        answers(json_answer($answer));
        is(ask('/stub', $body)->status, 302, "$name: status");
        called($name, session('41.50', 'O-1', $billing));

        my @warnings = grep { $_->[0] eq 'warn' }
                       $t->messages(qr/"billing_address\..*left out/);
        is(scalar(grep { $_->[1] =~ /address\.$warned"/ } @warnings),
           1, "$name: a warning") if $warned;
        is(scalar @warnings, 0, "$name: no warning") if !$warned;
    }
}

# Answers that are nobody else's business: status, header and body.

for my $case ([ 200, 'text/html', '<p>Thank you' ],
              [ 200, 'application/json', "[$ORDER]" ],
              [ 200, 'application/json', '{"a":' ],
              [ 200, 'application/json', '' ],
              [ 206, 'application/json', $ORDER ],
              [ 400, 'application/json', '{"error":"The cart is empty"}' ],
              [ 401, 'application/json', '{"error":"Who?"}' ],
              [ 402, 'application/json', $ORDER ],
              [ 403, 'text/html', '<p>No' ],
              [ 404, 'application/problem+json', '{}' ],
              [ 409, 'application/json', '{}' ],
              [ 422, 'application/json', '{"a":1}' ],
              [ 500, 'text/plain', 'sorry' ],
              [ 503, 'text/html', '<p>later' ])
{
    my ($status, $type, $body) = @$case;

    for my $request ($CHECKOUT, $SAVE) {
        my $name = "$status $type, $request";

        answers([ 'reply', status => $status, type => $type, body => $body,
                  headers => [ 'Set-Cookie' => 'a=1', 'Set-Cookie' => 'b=2',
                               'X-Shop' => 'mine',
                               'WWW-Authenticate' => 'Bearer realm="shop"',
                               'Retry-After' => '7' ] ]);

        my $r = ask('/stub', $request);

        passed($name, $r, $status, undef, $body, $type);
        is(join(' ', map { $r->header($_) // '-' }
                     qw( Set-Cookie X-Shop WWW-Authenticate Retry-After )),
           'a=1, b=2 mine Bearer realm="shop" 7', "$name: header");
        is(seen() . calls(), 'POST /orders0', "$name: asked once");
    }
}

# save_order is the shop's alone, also where a checkout would be made

for my $case ([ 'an order', json_answer($ORDER), 200, $ORDER ],
              [ 'a redirect', redirect('/pay/1'), 302, 'this way' ],
              [ 'broken JSON', json_answer('{"success":'), 200,
                '{"success":' ],
              [ 'much', json_answer('"' . 'x' x 300_000 . '"'), 200,
                '"' . 'x' x 300_000 . '"' ])
{
    my ($what, $mode, $status, $body) = @$case;

    answers($mode, json_answer($ORDER));

    my $r = ask('/stub', $SAVE =~ s/}/,"billing_address":$ANYTOWN}/r);

    is($r->status, $status, "save_order, $what: status");
    ok($r->body eq $body, "save_order, $what: body");
    is(seen() . calls(), 'POST /orders0', "save_order, $what: asked once");
    is(errors(), '', "save_order, $what: no complaint");
}

for my $mode ('chunked', 'slow_chunks', 'close_delimited', 'gzip') {
    answers([ $mode ]);
    my $r = ask('/stub', $SAVE);
    is($r->status . $r->complete, 2001, "save_order, $mode");
}

answers([ 'cut_length' ]);
isnt(ask('/stub', $SAVE)->complete, 1, 'save_order, half an answer');

# a checkout answer that is no order because of its length

answers([ 'oversize_chunk' ]);
{
    my $r = ask('/stub', $CHECKOUT);
    is($r->status . $r->complete, 2001, 'too long for an order: passed on');
    cmp_ok(length $r->body, '>', 65536, 'too long for an order: all of it');
    is(calls(), 0, 'too long for an order: no call');
}

# The shop gives no answer: it may have made an order, so it is not asked
# again, also not another of its servers.

for my $case ([ 'close_before_header', 502 ], [ 'reset_before_header', 502 ],
              [ 'close_in_header', 502 ], [ 'garbage_status', 502 ],
              [ '502', 502 ], [ '503', 503 ], [ '504', 504 ], [ '500', 500 ],
              [ '429', 429 ])
{
    my ($mode, $status) = @$case;

    for my $body ($CHECKOUT, $SAVE) {
        reset_all();
        $t->upstream($_)->mode($mode) for 3, 4;

        is(ask('/pair', $body)->status, $status, "$mode, $body: status");
        is(scalar(map { $t->upstream($_)->requests } 3, 4) + calls(), 1,
           "$mode, $body: one server of two, once");
    }
}

# behind the redirect too

for my $mode ('close_before_header', '503') {
    reset_all();

    for (3, 4) {
        $t->upstream($_)->mode(@{ redirect('/pay/1') });
        $t->upstream($_)->mode_for('/pay', $mode);
    }

    passed("$mode behind the redirect", ask('/pair', $CHECKOUT), 302,
           '/pay/1', @ORIGINAL);
    is(scalar(map { $t->upstream($_)->requests } 3, 4), 2,
       "$mode behind the redirect: one GET");
}

answers([ 'hang_header' ]);
{
    my $r = ask('/hasty', $CHECKOUT);
    is($r->status, 504, 'no answer in time: status');
    is(seen() . calls(), 'POST /orders0', 'no answer in time: asked once');
}

for my $mode ('cut_length', 'cut_chunk', 'reset_in_body') {
    answers([ $mode ]);
    is(ask('/stub', $CHECKOUT)->status, 502, "$mode: status");
    is(seen() . calls(), 'POST /orders0', "$mode: asked once, no call");
}

# A buyer who leaves while the shop is at it.

for my $way (qw( close reset )) {
    answers([ 'hang_header' ]);

    my ($head, $body) = PancakeTest::HTTP->build('POST', '/stub', $CHECKOUT,
        'Content-Type' => 'application/json', bearer($TOKEN));
    my $c = $t->connect;

    $c->send($head . $body);
    stub()->wait_for_requests(1);
    $c->$way;

    ok(stub()->wait_for_event(qr/closed by peer/), "left by $way: cut");
    is(seen() . calls(), 'POST /orders0', "left by $way: nothing follows");
}

# The header of the buyer: all of it for the shop, and the id.

{
    my %own = ('User-Agent' => 'Program/1.0', Cookie => 'sid=1; b=2',
               'X-Custom' => 'kept', Accept => 'text/*',
               'Accept-Language' => 'de', 'Idempotency-Key' => 'k-39');

    for my $uri (qw( /stub /args )) {
        answers(redirect('/pay/1'), json_answer($ORDER));

        is(ask("$uri?c=d", $CHECKOUT, %own, 'X-Pancake-Request-Id' => 'me',
               'X-Pancake-Other' => 'mine', 'Accept-Encoding' => 'gzip',
               Range => 'bytes=0-1')->status, 302, "$uri: status");

        my ($post, $get) = stub()->requests;

        is($post->target, $uri eq '/args' ? '/orders?a=b' : '/orders?c=d',
           "$uri: arguments");
        is($get->target, '/pay/1', "$uri: none of them for the order");

        for my $req ($post, $get) {
            my $m = "$uri, " . $req->method;

            is(join("\n", map { $req->header($_) // '-' } sort keys %own),
               join("\n", map { $own{$_} } sort keys %own),
               "$m: the buyer's fields");
            is($req->header('Authorization'), "Bearer $TOKEN",
               "$m: the token");
            like($req->header('X-Pancake-Request-Id'), qr/^[0-9a-f]{32}$/,
                 "$m: the request's id");
            is(join(' ', map { $req->header($_) // '-' }
                         qw( X-Pancake-Other Accept-Encoding Range )),
               '- - -', "$m: what would be in the way");
        }

        is($post->header('Content-Length'), length $CHECKOUT,
           "$uri: length of the body");
        is($get->header('Content-Length') // '-', '-',
           "$uri: no length of none");
        is($get->header('Content-Type') // '-', '-',
           "$uri: no type of none");

        my ($api) = $t->requests;
        unlike($api->head, qr/Program|sid=|kept|k-39|$TOKEN|X-Pancake/,
               "$uri: nothing of it for the API");
    }
}

for my $value ("bearer $TOKEN", "BEARER $TOKEN", "Bearer  $TOKEN",
               "Bearer a.b-c_d~e+f/$TOKEN==")
{
    answers(json_answer($ORDER));
    is(ask('/stub', $CHECKOUT, Authorization => $value)->status, 302,
       'a token: status');
    is((stub()->requests)[0]->header('Authorization'), $value,
       'a token: unchanged');
}

# Fields that are nobody's, where they may be: not for the API.

answers(json_answer($ORDER));
{
    my $body = '{"total":"0.01","action":"checkout","buyerIdentity":"x",'
               . '"billing_address":{"country":"Spain","taxId":"7",'
               . '"postal_code":28001},"buyerEmail":"a@b.example"}';

    is(ask('/drop', $body)->status, 302, 'dropped: status');
    called('dropped', session('41.50', 'O-1', $SPAIN));
    is(fields(ask('/drop', checkout('{"country":"ES"}'))),
       'billing_address.country', 'dropped: the rules are the same');
    is(fields(ask('/drop', '{"total":1}')), 'action',
       'dropped: what is required, too');
}


###############################################################################
# Every country of the table: its name is known, its code is refused; and the
# same name in the order of a buyer who sent none.

{
    my $source = PancakeTest::Log::slurp($t->top
                                . '/src/core/pancake_country_table.c');
    my ($rows) = $source =~ /pancake_country_rows\[\] = \{(.*?)\n\};/s;
    my %name = $rows =~ /^    \{ "([A-Z]{2})", "([^"]+)"/mg;

    s/\\([0-7]{3})/chr oct $1/ge for values %name;

    my @codes = sort keys %name;
    is(scalar @codes, 249, 'the table has 249 countries');

    # one connection, and no more memory in the stub than needed

    sub each_of {
        my (@bodies) = @_;
        my $c = $t->connect;
        my @status;

        for my $body (@bodies) {
            my ($head, $content) = PancakeTest::HTTP->build('POST', '/stub',
                $body, Connection => undef, bearer($TOKEN),
                'Content-Type' => 'application/json');
            $c->send($head . $content);
            push @status, $c->response->status;
        }

        $c->close;
        return @status;
    }

    sub sent { map { $_->json->{billingDetail}{country} // '-' }
                   $t->requests }

    answers(json_answer($ORDER));
    my @status = each_of(map { checkout(qq({"country":"$name{$_}"})) }
                         @codes);

    is(scalar(grep { $_ != 302 } @status), 0, 'each name: status');
    is(join(' ', sent()), join(' ', @codes), 'each name: its code');

    reset_all();
    @status = each_of(map { checkout(qq({"country":"$_"})) } @codes);

    is(scalar(grep { $_ != 400 } @status), 0, 'each code: refused');
    is(seen(), '', 'each code: the shop hears nothing');

    reset_all();
    stub()->mode(map { json_answer($ORDER =~ s/\{/{"billing_address":
                       {"country":"$name{$_}"},/r) } @codes);
    @status = each_of(($CHECKOUT) x @codes);

    is(scalar(grep { $_ != 302 } @status), 0, 'each order: status');
    is(join(' ', sent()), join(' ', @codes), 'each order: its code');
}


###############################################################################
# The shop is down.

$t->backend_stop(3);

for my $body ($CHECKOUT, $SAVE) {
    $t->mark;
    my $r = ask('/stub', $body);

    is($r->status, 502, "down, $body: status");
    is($r->json->{errors}[0]{layer}, 'edge', "down, $body: who says so");
    like(errors(), qr/the shop is not available/, "down, $body: log");
}

# What the access log has seen: no token (the closing tests look), and what
# became of each.

my $log = $t->log_text('orders.log');

like($log, qr{^POST /api/v1/i/orders/ 200 \[passed\] -$}m, 'log: saved');
like($log, qr{^POST /api/v1/i/orders/ 302 \[redirected\] 3$}m,
     'log: checkout');
like($log, qr{^POST /api/v1/i/orders/ 400 \[passed\] -$}m, 'log: no cart');
like($log, qr{^POST /api/v1/i/orders/ 401 \[forbidden\] -$}m,
     'log: no token');
like($log, qr{^POST /stub 302 \[passed\] -$}m, 'log: a redirect passed on');
like($log, qr{^POST /stub 499 }m, 'log: who left');

is($t->log_text('shop-stderr'), '', 'the shop has no complaint');
