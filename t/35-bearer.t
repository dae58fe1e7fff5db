# A customer's own session token instead of the merchant's credential: what
# goes over the wire, which values are tokens, who may send which field, what
# the customer is told, and that no log knows the token.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use Test::More;

my $CONF = <<'EOC';
server {
    listen 127.0.0.1:%%PORT_0%%;
    server_name localhost;

    # a link with a token in it is the merchant's to keep out of logs

    access_log off;

    # has a key and so a secret, and must send neither

    %%CREDENTIALS%%
    %%RETRY_OFF%%

    location /my {
        pancake_bearer $http_x_token test;
        pancake_require on;

        location = /my/plan {
            pancake_checkout create-session;
            pancake_accept originOrderId productId currency changeTiming
                           successUrl;
        }

        # and more than the API takes of a customer

        location = /my/plan/open {
            pancake_checkout create-session;
            pancake_accept originOrderId productId currency changeTiming
                           storeId priceSnapshot withTrial expiresInSeconds
                           metadata orderMerchantExternalId changeAmount
                           changeCreditAmount includePaymentMethods
                           excludePaymentMethods;
        }

        location = /my/plan/set {
            pancake_checkout create-session;
            pancake_set originOrderId $http_x_origin;
            pancake_set productId %%PRODUCT%%;
            pancake_set currency USD;
            pancake_set changeTiming next_period;
        }

        location = /my/plan/args {
            pancake_checkout create-session;
            pancake_accept originOrderId productId currency;
            pancake_input args;
        }

        location = /my/order { pancake_checkout create-order; }
        location = /my/sub   { pancake_checkout create-subscription; }

        location = /my/chain {
            pancake_checkout create-session create-subscription;
            pancake_set productId %%PRODUCT%%;
            pancake_set currency USD;
            pancake_accept originOrderId;
        }

        location = /my/cancel {
            pancake_checkout cancel-order;
            pancake_accept orderId;
        }

        location = /my/end {
            pancake_checkout cancel-subscription;
            pancake_accept orderId;
        }

        location = /my/orders {
            pancake_checkout graphql;
            pancake_graphql_query '{ subscriptionOrders { id status } }';
        }

        location = /my/nokey {
            pancake_checkout cancel-order;
            pancake_accept orderId;
            pancake_idempotency_key off;
        }
    }

    # where the token comes from, and which environment it is of

    location = /header {
        pancake_checkout cancel-order;
        pancake_require on;
        pancake_bearer $http_authorization prod;
        pancake_accept orderId;
    }

    location = /cookie {
        pancake_checkout cancel-order;
        pancake_require $cookie_customer;
        pancake_bearer $cookie_customer test;
        pancake_accept orderId;
    }

    location = /joined {
        pancake_checkout cancel-order;
        pancake_require on;
        pancake_bearer "$arg_a.$arg_b" test;
        pancake_accept orderId;
    }

    location = /field {
        pancake_checkout graphql;
        pancake_bearer $pancake_input_jwt test;
        pancake_graphql_query '{ subscriptionOrders { id status } }';
    }

    location = /own {
        pancake_checkout cancel-order;
        pancake_require on;
        pancake_accept orderId;
    }

    location /again {
        pancake_bearer $http_x_token test;
        pancake_retry 3 backoff=10ms;
        pancake_require on;
        pancake_accept orderId;

        location = /again/cancel { pancake_checkout cancel-order; }
        location = /again/orders {
            pancake_checkout graphql;
            pancake_graphql_query '{ subscriptionOrders { id status } }';
        }
        location = /again/nokey  { pancake_checkout cancel-order;
                                   pancake_idempotency_key off; }
    }

    # makes tokens and subscriptions, for the double that remembers

    location = /token {
        pancake_checkout issue-session-token;
        pancake_require on;
        pancake_accept buyerIdentity productId;
    }

    location = /buy {
        pancake_checkout create-session;
        pancake_accept productId currency;
    }

    %%API_LOCATION%%
}

server {
    listen 127.0.0.1:%%PORT_3%%;
    server_name localhost;
    access_log off;

    pancake_store_slug my-store-abc123 prod;
    pancake_idempotency_secret %%DIR%%/secret;
    %%RETRY_OFF%%

    # the environment of the slug, and its own

    location = /slug {
        pancake_checkout cancel-order;
        pancake_require on;
        pancake_bearer $http_x_token;
        pancake_accept orderId;
    }

    location = /other {
        pancake_checkout cancel-order;
        pancake_require on;
        pancake_bearer $http_x_token test;
        pancake_accept orderId;
    }

    location /outer {
        pancake_bearer $http_x_token test;
        pancake_require on;
        pancake_accept orderId;

        location = /outer/inherits { pancake_checkout cancel-order; }

        location = /outer/replaces {
            pancake_checkout cancel-order;
            pancake_bearer $http_x_other;
        }

        location = /outer/key {
            pancake_checkout cancel-order;
            %%CREDENTIALS%%
        }
    }

    %%API_LOCATION%%
}
EOC

my $t = PancakeTest->new;
my $s = PancakeTest->new->has('node');

$_->write_file('secret', '0123456789abcdef', 0600)->conf($CONF) for $t, $s;

my $JSON = 'application/json';

my $TOKEN = 'c35-Token.Of_a~customer+1/2==';
my $OTHER = 'c35-Token.Of_another~customer';
my $P = $t->product;
my $B22 = '0123456789ABCDEFabcdef';
my $SESSION = 'cs_550e8400-e29b-41d4-a716-446655440000';
my $ORD = qq("orderId":"ORD_$B22");
my $ORIGIN = qq("originOrderId":"ORD_$B22");
my $BASE = qq("productId":"$P","currency":"USD");
my $DE = '"billingDetail":{"country":"DE","isBusiness":false}';
my $CS = qq("checkoutSessionId":"$SESSION");
my $IP = '"buyerIp":"127.0.0.1"';

my ($VERSION) = PancakeTest::Log::slurp($t->top
                                        . '/src/http/ngx_http_pancake.h')
                =~ /NGX_HTTP_PANCAKE_VERSION\s+"(.*)"/;


# Each action that a customer may call: the place, its path, what is sent,
# what the API gets, and the status.

my @actions = (
    [ '/my/plan', 'checkout/create-session', "{$ORIGIN,$BASE}",
      "{$BASE,$ORIGIN}", 302 ],
    [ '/my/order', 'onetime-order/create-order', "{$CS,$DE}",
      "{$CS,$DE,$IP}", 302 ],
    [ '/my/sub', 'subscription-order/create-order', "{$CS,$DE}",
      "{$CS,$DE,$IP}", 302 ],
    [ '/my/cancel', 'onetime-order/cancel-order', "{$ORD}", "{$ORD}", 200 ],
    [ '/my/end', 'subscription-order/cancel-order', "{$ORD}", "{$ORD}",
      200 ],
    [ '/my/orders', '', '{}',
      '{"query":"{ subscriptionOrders { id status } }"}', 200 ],
);


# Values that are tokens (RFC 6750, section 2.1), and others.

my @tokens = (
    'a', '0', '-', '._~', 'abcXYZ019', 'a-b._~+/', 'a=', 'a==', 'a====',
    $TOKEN, 'x' x 4096, 'eyJhbGciOiJIUzI1NiJ9.e30.abc-_',
);

my @none = (
    '', 'a b', 'a,b', 'a;b', 'a:b', 'a"b', 'a\\b', 'a%b', 'a@b', 'a#b',
    'a(b', 'a{b', 'a|b', "a\tb", "a\x7fb", "a\xc3\xa9b", "a\xffb",
    '"a"', "a, Bearer b", 'x' x 4097,

    # the sign stands at the end only, and not alone

    '=', '==', '=a', 'a=b', 'a==b',
);


# One case: place, what is sent, what is expected ("400 FIELD ..." or the
# bytes to the API), more fields of the header.

my @cases = (

    # a plan change and nothing else

    [ '/my/plan', "{$BASE}", '400 originOrderId' ],
    [ '/my/plan', '{}', '400 currency originOrderId productId' ],
    [ '/my/plan', "{$BASE,$ORIGIN}", "{$BASE,$ORIGIN}" ],
    [ '/my/plan', "originOrderId=ORD_$B22&productId=$P&currency=USD",
      "{$BASE,$ORIGIN}" ],
    [ '/my/plan', "originOrderId=&productId=$P&currency=USD",
      '400 originOrderId' ],
    [ '/my/plan', qq({$BASE,"originOrderId":null}), '400 originOrderId' ],
    [ '/my/plan', qq({$BASE,"originOrderId":"ORD_1"}), '400 originOrderId' ],
    [ '/my/plan', qq({$BASE,"originOrderId":""}), '400 originOrderId' ],
    [ '/my/plan', qq({$BASE,$ORIGIN,"changeTiming":"immediate"}),
      qq({$BASE,$ORIGIN,"changeTiming":"immediate"}) ],
    [ '/my/plan', qq({$BASE,$ORIGIN,"changeTiming":"now"}),
      '400 changeTiming' ],
    [ '/my/plan', qq({$BASE,"changeTiming":"immediate"}),
      '400 originOrderId' ],
    [ '/my/plan', qq({$BASE,$ORIGIN,"darkMode":true,"language":"en"}),
      qq({$BASE,"darkMode":true,"language":"en",$ORIGIN}) ],
    [ '/my/plan', qq({$BASE,$ORIGIN,"successUrl":"https://localhost/a"}),
      qq({$BASE,"successUrl":"https://localhost/a",$ORIGIN}) ],
    [ '/my/plan', qq({$BASE,$ORIGIN,"successUrl":"https://evil.example/"}),
      '400 successUrl' ],
    [ '/my/plan', qq({$BASE,$ORIGIN,"buyerEmail":"a35\@b35.example"}),
      '400 buyerEmail' ],
    [ '/my/plan', "{$BASE,$ORIGIN,$DE}", '400 billingDetail' ],
    [ '/my/plan', qq({$BASE,$ORIGIN,"token":"$TOKEN"}), '400 token' ],
    [ '/my/plan', qq({$BASE,$ORIGIN,"changeAmount":"1.00"}),
      '400 changeAmount' ],
    (map { [ '/my/plan/open', qq({$BASE,$ORIGIN,"$_->[0]":$_->[1]}),
             "400 $_->[0]" ] }
        [ storeId => qq("STO_$B22") ], [ withTrial => 'true' ],
        [ priceSnapshot => '{"amount":"1.00","taxCategory":"saas"}' ],
        [ expiresInSeconds => 60 ], [ metadata => '{"a":"b"}' ],
        [ orderMerchantExternalId => '"1"' ], [ changeAmount => '"1.00"' ],
        [ changeCreditAmount => '"1.00"' ],
        [ includePaymentMethods => '["card"]' ],
        [ excludePaymentMethods => '["card"]' ]),
    [ '/my/plan/set', '{}', qq({$BASE,$ORIGIN,"changeTiming":)
      . '"next_period"}', 'X-Origin' => "ORD_$B22" ],
    [ '/my/plan/set', "{$ORIGIN}", qq({$BASE,$ORIGIN,"changeTiming":)
      . '"next_period"}', 'X-Origin' => "ORD_$B22" ],
    [ '/my/plan/set', '{"originOrderId":"ORD_0123456789ABCDEFabcdeg"}',
      '400 originOrderId', 'X-Origin' => "ORD_$B22" ],
    [ '/my/plan/set', '{"changeTiming":"immediate"}', '400 changeTiming',
      'X-Origin' => "ORD_$B22" ],
    [ '/my/plan/set', '{}', '400 originOrderId' ],
    [ '/my/plan/set', "{$ORIGIN}", '400 originOrderId' ],
    [ '/my/plan/set', '{}', '500 originOrderId', 'X-Origin' => 'ORD_1' ],

    # orders

    [ '/my/order', "{$CS}", '400 billingDetail' ],
    [ '/my/order', qq({$CS,"billingDetail":{"country":"US",)
      . '"isBusiness":false}}', '400 billingDetail.state' ],
    [ '/my/order', qq({$CS,$DE,"buyerIp":"192.0.2.1"}), '400 buyerIp' ],
    [ '/my/order', qq({$CS,$DE,"currency":"USD"}), '400 currency' ],
    [ '/my/sub', "{$DE}", '400 checkoutSessionId' ],
    [ '/my/cancel', '{}', '400 orderId' ],
    [ '/my/cancel', '{"orderId":"ORD_1"}', '400 orderId' ],
    [ '/my/cancel', "orderId=ORD_$B22", "{$ORD}" ],
    [ '/my/cancel', qq({$ORD,"orderI\\u0064":"ORD_$B22"}), '400 orderId' ],
    [ '/my/end', qq({$ORD,"token":"$TOKEN"}), '400 token' ],
    [ '/my/orders', '{"query":"{ a }"}', '400 query' ],
    [ '/my/orders', '{"variables":{"a":"b"}}', '400 variables' ],
    [ '/my/chain', "{$ORIGIN,$DE}", '400 billingDetail' ],
);


# What the API answers, and the customer is told.

my @answers = (
    [ [ 401 ], 401, 'the session token is not valid or has expired' ],
    [ [ 401, message => 'Authentication failed' ], 401,
      'the session token is not valid or has expired' ],
    [ [ 403 ], 403, 'No permission for this store' ],
    [ [ 403, message => 'Self-service plan change is not enabled for this '
        . 'product group' ], 403,
      'Self-service plan change is not enabled for this product group' ],
    [ [ 403, body => '<html>' ], 403, 'the payment service does not allow' ],
    [ [ 403, body => '' ], 403, 'the payment service does not allow' ],
    [ [ 403, body => '{"data":null,"errors":[]}' ], 403,
      'the payment service does not allow' ],
    [ [ 401, body => '' ], 401,
      'the session token is not valid or has expired' ],
    [ [ 400 ], 400, 'Missing required fields' ],
    [ [ 404 ], 404, 'Session not found' ],
    [ [ 409 ], 409, 'the same checkout is being made' ],
    [ [ 429 ], 429, 'too many checkouts at once' ],
    [ [ 500 ], 502, 'the payment service is not available' ],
    [ [ 503 ], 503, 'the payment service is not available' ],
    [ [ 302 ], 502, 'checkout is not available' ],
    [ [ 'null_data' ], 502, 'checkout is not available' ],
    [ [ 'not_json' ], 502, 'checkout is not available' ],
);


# nginx -t

my $KEY = "%%CREDENTIALS%%\n";
my $BEARER = 'pancake_bearer $cookie_a test;';
my $PLAN = 'pancake_set productId %%PRODUCT%%; pancake_set currency USD;';

my @refused = (
    [ 'no value', $KEY, 'pancake_bearer; # HERE',
      'invalid number of arguments in "pancake_bearer" directive' ],
    [ 'three values', $KEY, 'pancake_bearer $host test prod; # HERE',
      'invalid number of arguments in "pancake_bearer" directive' ],
    [ 'twice', $KEY, "$BEARER $BEARER # HERE",
      '"pancake_bearer" directive is duplicate' ],
    (map { [ "environment $_", $KEY, "pancake_bearer \$host $_; # HERE",
             qq(invalid environment "$_" in "pancake_bearer" directive, it )
             . 'must be "test" or "prod"' ] } qw( live Test tests $host )),
    (map { [ "constant $_", $KEY, "pancake_bearer $_ test; # HERE",
             'constant in "pancake_bearer" directive would be one token for '
             . 'all customers, use a variable' ] } 'abc', '"Bearer abc"'),
    [ 'no environment', $KEY, "pancake_bearer \$cookie_a;\n"
      . 'pancake_checkout create-order; # HERE',
      '"pancake_bearer" does not say which environment its tokens are for, '
      . 'add "test" or "prod" to it' ],
    [ 'no environment, no credential', '', "pancake_bearer \$cookie_a;\n"
      . 'pancake_checkout create-order; # HERE',
      '"pancake_bearer" does not say which environment its tokens are for, '
      . 'add "test" or "prod" to it' ],
    (map { [ "$_ by token", $KEY, "$BEARER pancake_require on;\n"
             . "pancake_checkout $_; # HERE",
             qq(action "$_" cannot be called with "pancake_bearer", remove )
             . 'it from this location' ] }
        qw( preview-tax create-product issue-session-token )),
    (map { [ "$_ for everybody", $KEY, "$BEARER\n"
             . "pancake_checkout $_; # HERE",
             qq(action "$_" is not for everybody, add "pancake_require" with )
             . 'a variable that tells who may, or "pancake_require on" when '
             . 'access is controlled elsewhere' ] }
        qw( cancel-order cancel-subscription )),
    (map { [ "$_->[0] set", $KEY, "$BEARER $PLAN\n"
             . "pancake_checkout create-session;\n"
             . "pancake_set originOrderId \$arg_o;\n"
             . "pancake_set $_->[0] $_->[1]; # HERE",
             qq(the API ignores field "$_->[0]" with "pancake_bearer", )
             . 'remove its "pancake_set" or use "pancake_private_key"' ] }
        [ 'storeId', "STO_$B22" ], [ 'withTrial', 'true' ],
        [ 'priceSnapshot.amount', '29.00' ], [ 'expiresInSeconds', '60' ],
        [ 'metadata.a', 'b' ], [ 'orderMerchantExternalId', '1' ],
        [ 'changeAmount', '1' ], [ 'changeCreditAmount', '1' ],
        [ 'includePaymentMethods', 'card' ],
        [ 'excludePaymentMethods', 'card' ]),
);

my $SECRET = '"pancake_bearer" without a private key has idempotency keys '
    . 'that hold for this node until its next reload, add '
    . '"pancake_idempotency_secret"';

my @warnings = (
    [ 'no secret', '', "$BEARER\npancake_checkout create-order; # HERE",
      $SECRET ],
    [ 'a slug\'s', "pancake_store_slug my-store test;\n",
      "pancake_bearer \$cookie_a;\npancake_checkout create-order; # HERE",
      $SECRET ],
    [ 'the key\'s secret', $KEY, "$BEARER\npancake_checkout create-order;" ],
    [ 'a secret', "pancake_idempotency_secret %%DIR%%/secret;\n",
      "$BEARER\npancake_checkout create-order;" ],
    [ 'no keys, no secret', '', "$BEARER\npancake_checkout graphql;\n"
      . "pancake_graphql_query '{ a }';" ],
    [ 'the slug says the environment', "pancake_store_slug my-store test;\n"
      . "pancake_idempotency_secret %%DIR%%/secret;\n",
      "pancake_bearer \$cookie_a;\npancake_checkout create-order;" ],

    # of a customer's token the API knows whose orders these are

    [ 'own orders', $KEY, "$BEARER pancake_require on;\n"
      . 'pancake_checkout cancel-order; pancake_accept orderId;' ],
    [ 'own plans', $KEY, "$BEARER $PLAN\npancake_checkout create-session;\n"
      . 'pancake_accept originOrderId changeTiming;' ],
    [ 'pages', $KEY, "$BEARER $PLAN\npancake_checkout create-session;\n"
      . 'pancake_accept originOrderId successUrl; # HERE',
      '"pancake_accept" lets every buyer set "successUrl": the page, on this '
      . 'site, where buyers land' ],
);


$s->sandbox(slug => 'my-store-abc123');

$t->plan(9 * @actions + 9 + 2 * @tokens + 6 * @none + @cases
         + 5 * @answers + 2 * 4 + 4 * 5 + 5 + 9 + @refused + @warnings
         + 19 + 1 + 4)
  ->secret($TOKEN, $OTHER)->backend(1)->run;

my $called = 0;


# Each action: one credential, the customer's.

for my $case (@actions) {
    my ($uri, $path, $text, $body, $status) = @$case;

    my $r = $t->clear_requests->post_json($uri, $text, 'X-Token' => $TOKEN,
        Authorization => "Bearer $OTHER", 'X-Environment' => 'prod',
        'X-Merchant-Id' => 'MER_1', 'X-Store-Slug' => 'other',
        'X-Context-Buyer-Identity' => 'victim');
    my @requests = $t->requests;
    my $req = $requests[0];
    my %got = map { $_->[0] => $_->[1] } $req->list;
    my $key = delete $got{'X-Idempotency-Key'};

    is($r->status, $status, "$uri: status");
    is(scalar @requests, 1, "$uri: one call");
    is($req->line, 'POST /v1/' . ($path ? "actions/$path" : 'graphql')
       . ' HTTP/1.1', "$uri: line");
    is($req->body, $body, "$uri: body");
    is_deeply(\%got, {
        'Host'            => 'api.waffo.ai',
        'Content-Length'  => length $body,
        'Content-Type'    => $JSON,
        'Accept'          => $JSON,
        'Accept-Encoding' => 'identity',
        'User-Agent'      => "pancake-checkout/$VERSION",
        'Authorization'   => "Bearer $TOKEN",
        'X-Environment'   => 'test',
    }, "$uri: header");
    is(join(' ', sort map { lc } $req->names),
       join(' ', sort map { lc } keys %got,
            $path ? 'X-Idempotency-Key' : ()), "$uri: none twice");
    is(defined $key && $key =~ /^[A-Za-z0-9_-]{43}\z/ ? 'a key' : $key,
       $path ? 'a key' : undef, "$uri: idempotency key");
    is($r->header('Cache-Control'), 'no-store', "$uri: Cache-Control");
    is(index($r->head . $r->body, $TOKEN), -1, "$uri: not told again");
    $called++;
}

# Where it comes from, and which environment.

for my $case (
    [ '/header', 0, "Bearer $TOKEN prod", Authorization => "Bearer $TOKEN" ],
    [ '/header', 0, "Bearer $TOKEN prod", Authorization => "bearer $TOKEN" ],
    [ '/cookie', 0, "Bearer $TOKEN test", Cookie => "customer=$TOKEN" ],
    [ '/joined?a=head&b=tail', 0, 'Bearer head.tail test' ],
    [ '/slug', 3, "Bearer $TOKEN prod", 'X-Token' => $TOKEN ],
    [ '/other', 3, "Bearer $TOKEN test", 'X-Token' => $TOKEN ],
    [ '/outer/inherits', 3, "Bearer $TOKEN test", 'X-Token' => $TOKEN ],
    [ '/outer/replaces', 3, "Bearer $OTHER test", 'X-Token' => $TOKEN,
      'X-Other' => $OTHER ],
    [ '/outer/key', 3, 'none none', 'X-Token' => $TOKEN ],
) {
    my ($uri, $port, $expected, @headers) = @$case;

    my $r = $t->clear_requests->post_json($uri, "{$ORD}", -port => $port,
                                          @headers);
    my ($req) = $t->requests;
    $called++;

    is($r->status . ' ' . join(' ', map { $req && $req->header($_) // 'none' }
                               qw( Authorization X-Environment )),
       "200 $expected", "$uri: credential");
}

# It may be a field that the API never sees; nothing of it is a field then.

for my $token ($TOKEN, 'no token') {
    my $r = $t->clear_requests->post_form('/field', [ jwt => $token ]);
    my @requests = $t->requests;
    $called += @requests;

    is($r->status, @requests ? 200 : 401, 'a field: status');
    is(join('|', map { $_->header('Authorization') . ' ' . $_->body }
                 @requests), $token eq $TOKEN
       ? "Bearer $TOKEN " . '{"query":"{ subscriptionOrders { id status } }"}'
       : '', 'a field: sent');
}


# Tokens and what is none.

for my $token (@tokens) {
    my $r = $t->clear_requests->post_json('/my/cancel', "{$ORD}",
                                          'X-Token' => $token);
    my ($req) = $t->requests;
    my $name = length $token > 40 ? length($token) . ' bytes' : $token;
    $called++ if $req;

    is($r->status, 200, "token $name: status");
    is($req && $req->header('Authorization'), "Bearer $token",
       "token $name: sent");
}

for my $token (@none) {
    my $name = length $token > 40 ? length($token) . ' bytes' : $token;
    $name =~ s/([^\x20-\x7e])/sprintf '<%02x>', ord $1/ge;

    my $r = $t->clear_requests->post_json('/my/cancel', "{$ORD}",
                                          'X-Token' => $token);
    my $calls = $t->requests;
    $called += $calls;

    is($r->status, 401, "no token $name: status");
    is($r->header('WWW-Authenticate'), 'Bearer', "no token $name: how");
    is($r->header('Cache-Control'), 'no-store',
       "no token $name: Cache-Control");
    is($r->body, '{"data":null,"errors":[{"message":"a session token is '
       . 'required","layer":"edge"}]}', "no token $name: body");
    is($calls, 0, "no token $name: no call");

    # the buyer has also made another mistake, which is said first

    is($t->post_json('/my/cancel', '{}', 'X-Token' => $token)->status, 400,
       "no token $name: no order either");
}


# Fields.

sub outcome {
    my ($uri, $text, @headers) = @_;

    my $type = $text =~ /^\{/ ? $JSON : 'application/x-www-form-urlencoded';

    my $r = $t->clear_requests->send_request('POST', $uri, $text,
        'X-Token' => $TOKEN, 'Content-Type' => $type, @headers);
    my @requests = $t->requests;
    $called += @requests;

    return join ' ', map { $_->body } @requests
        if $r->status == 302 || $r->status == 200;

    my $errors = ($r->json || {})->{errors} || [];
    return join ' ', $r->status, (sort map { $_->{field} // '?' } @$errors),
                     @requests ? 'after a call' : ();
}

for my $case (@cases) {
    my ($uri, $text, $expected, @headers) = @$case;
    my $name = $text =~ s/\Q$TOKEN\E/TOKEN/r;

    is(outcome($uri, $text, @headers), $expected, "$uri: $name");
}


# What the API says.

for my $case (@answers) {
    my ($mode, $status, $text) = @$case;
    my ($what, %opt) = @$mode;

    $t->clear_requests->mode($what, %opt);

    my $r = $t->post_json('/my/cancel', "{$ORD}", 'X-Token' => $TOKEN);
    my $json = $r->json || {};
    my $message = ($json->{errors} || [ {} ])->[0]{message} // '';
    my $calls = $t->requests;
    $called += $calls;

    is($r->status, $status, "API: @$mode: status");
    is(substr($message, 0, length $text), $text, "API: @$mode: message");
    is($r->header('WWW-Authenticate'), $status == 401 ? 'Bearer' : undef,
       "API: @$mode: WWW-Authenticate");
    is(exists $json->{data} && !defined $json->{data} ? 1 : 0, 1,
       "API: @$mode: no data");
    is($calls, 1, "API: @$mode: one call");
}

# a 401 and a 403 of the merchant's own credential are the shop's fault

for my $status (401, 403) {
    $t->mode($status);

    my $r = $t->post_json('/own', "{$ORD}", 'X-Token' => $TOKEN);
    $called++;
    is($r->status, 502, "API: $status of the merchant: status");
    is($r->header('WWW-Authenticate'), undef,
       "API: $status of the merchant: WWW-Authenticate");

    # and of the customer's they are no error of the operator's

    $t->mark->post_json('/my/cancel', "{$ORD}", 'X-Token' => $TOKEN);
    $called++;
    my ($level) = @{ $t->wait_for_message(qr/pancake checkout: $status/)
                     || [] };
    is($level, 'info', "API: $status of a customer: log");
    is(scalar(grep { $_->[0] =~ /^(?:warn|error|crit)$/ } $t->messages(qr/./)),
       0, "API: $status of a customer: nothing louder");
}

$t->mode('ok');


# Keys: what one customer was answered is not for another one.

sub key_of {
    my ($uri, $text, @headers) = @_;

    $t->clear_requests->post_json($uri, $text, @headers);
    my ($req) = $t->requests;
    $called++;

    return $req->header('X-Idempotency-Key') // 'none';
}

my @mine = ('X-Token' => $TOKEN);
my @other = ('X-Token' => $OTHER);
my @client = ('Idempotency-Key' => 'k35');

for my $case ([ '/my/cancel', "{$ORD}" ], [ '/my/end', "{$ORD}" ],
              [ '/my/order', "{$CS,$DE}" ], [ '/my/sub', "{$CS,$DE}" ]) {
    my ($uri, $text) = @$case;
    my $key = key_of($uri, $text, @mine);

    is(key_of($uri, $text, @mine), $key, "key: $uri, again");
    isnt(key_of($uri, $text, @other), $key, "key: $uri, another customer");
    isnt(key_of($uri, $text, @mine, @client), $key,
         "key: $uri, the client's");
    is(key_of($uri, $text, @mine, @client),
       key_of($uri, $text, @mine, @client), "key: $uri, the client's again");
    isnt(key_of($uri, $text, @mine, @client),
         key_of($uri, $text, @other, @client),
         "key: $uri, the client's, another customer");
}

is(key_of('/my/cancel', "{$ORD}", 'X-Token' => "Bearer $TOKEN"),
   key_of('/my/cancel', "{$ORD}", @mine), 'key: the same token');

isnt(key_of('/my/plan', "{$BASE,$ORIGIN}", @mine),
     key_of('/my/plan', "{$BASE,$ORIGIN}", @mine),
     'key: a plan change is a new one');
is(key_of('/my/nokey', "{$ORD}", @mine), 'none', 'key: off');
is(key_of('/my/orders', '{}', @mine, @client), 'none', 'key: of a query');
isnt(key_of('/own', "{$ORD}"), key_of('/my/cancel', "{$ORD}", @mine),
     'key: the merchant\'s is another');


# Repeated, always with the same token.

for my $case ([ '/again/cancel', 3 ], [ '/again/orders', 3 ],
              [ '/again/nokey', 1 ]) {
    my ($uri, $calls) = @$case;

    $t->clear_requests->mode([ 500 ], [ 'close_before_header' ], [ 'ok' ]);

    my $r = $t->post_json($uri, $uri =~ /orders/ ? '{}' : "{$ORD}", @mine);
    my @requests = $t->requests;
    $called += @requests;

    is($r->status, $calls == 3 ? 200 : 502, "$uri: status");
    is(scalar @requests, $calls, "$uri: calls");
    is(join(' ', map { $_->header('Authorization') } @requests),
       join(' ', ("Bearer $TOKEN") x $calls), "$uri: token");
}

# A call that came after its test had looked would be counted here.

$t->mode('ok')->clear_requests;
$t->post_json('/my/cancel', "{$ORD}", @mine);
is(($t->requests)[0]{seq}, $called + 1, 'no call has come too late');


# nginx -t

for my $case (@refused) {
    my ($name, $server, $location, $message) = @$case;

    $t->must_fail_config("${server}location = /a {\n$location\n}\n",
                         "$message in %%HERE%%", "nginx -t: $name");
}

for my $case (@warnings) {
    my ($name, $server, $location, @messages) = @$case;

    $t->warns_config("${server}location = /a {\n$location\n}\n",
                     map { "$_ in %%HERE%%" } @messages);
}


# With an API that knows its customers.

$s->run;

sub orders { map { $_->{id} => $_ } @{ $s->sandbox_get('orders') } }

sub told {
    my ($r) = @_;
    my $errors = ($r->json || {})->{errors} || [];
    return join ' ', $r->status, map { $_->{message} } @$errors;
}

sub token_of {
    my $r = $s->post_json('/token', qq({"buyerIdentity":"$_[0]",)
                          . '"productId":"PROD_00000000000ClubMonthly"}');
    my $token = $r->json->{data}{token};
    $s->secret($token);
    return $token;
}

my ($anna, $berta) = map { token_of($_) } qw( anna berta );

isnt($anna, $berta, 'two customers, two tokens');

my $r = $s->post_json('/buy', '{"currency":"USD","productId":'
    . '"PROD_00000000000ClubMonthly"}', Accept => $JSON);
my $id = $r->json->{data}{sessionId};
my %before = orders();

is($s->post_json('/my/sub', qq({"checkoutSessionId":"$id",$DE}),
                 'X-Token' => $anna)->status, 302, 'her subscription');

my ($order) = grep { !$before{$_->{id}} } @{ $s->sandbox_get('orders') };
my $mine = $order->{id};

is("$order->{owner} $order->{type} $order->{status}",
   'anna subscription pending', 'it is hers');

is(told($s->post_json('/my/end', qq({"orderId":"$mine"}),
                      'X-Token' => $berta)),
   '403 Order does not belong to this credential', 'not berta\'s to end');
is({ orders() }->{$mine}{status}, 'pending', 'and not ended');
is(told($s->post_json('/my/end', qq({"orderId":"$mine"}),
                      'X-Token' => 'nobodys-token')),
   '401 the session token is not valid or has expired', 'nobody\'s');
is(told($s->post_json('/my/end', qq({"orderId":"$mine"}))),
   '401 a session token is required', 'nobody at all');
is(told($s->post_json('/header', qq({"orderId":"$mine"}),
                      Authorization => "Bearer $anna")),
   '401 the session token is not valid or has expired',
   'a test token in production');
is({ orders() }->{$mine}{status}, 'pending', 'still not ended');

is($s->post_json('/my/end', qq({"orderId":"$mine"}),
                 'X-Token' => $anna)->body,
   qq({"data":{"orderId":"$mine","status":"canceled"}}), 'hers to end');
is({ orders() }->{$mine}{status}, 'canceled', 'ended');

# the answer is repeated to her, and to nobody else

is($s->post_json('/my/end', qq({"orderId":"$mine"}),
                 'X-Token' => $anna)->status, 200, 'the answer again');
is($s->post_json('/my/end', qq({"orderId":"$mine"}),
                 'X-Token' => $berta)->status, 403, 'not to berta');

# another plan: the demo's own subscription is nobody's

is(told($s->post_json('/my/plan', '{"originOrderId":'
        . '"ORD_5dXBtmF2HLlHfbPNm0Wcnz","currency":"USD","productId":'
        . '"PROD_000000000000ClubYearly"}', 'X-Token' => $anna)),
   '403 Subscription order does not belong to this credential',
   'a stranger\'s plan');
is(told($s->post_json('/my/plan', '{"currency":"USD","productId":'
        . '"PROD_000000000000ClubYearly"}', 'X-Token' => $anna)),
   '400 originOrderId is required', 'no plan at all');

# and a token's time is over

$s->sandbox_post('settings', { advanceSeconds => 3600 });
is(told($s->post_json('/my/order', qq({"checkoutSessionId":"$id",$DE}),
                      'X-Token' => $anna)),
   '401 the session token is not valid or has expired', 'an old token');
is($s->post_json('/my/orders', '{}', 'X-Token' => $anna)
     ->header('WWW-Authenticate'), 'Bearer', 'an old token: how');
$s->sandbox_post('settings', { advanceSeconds => 0 });

my %seen;
my @calls = @{ $s->sandbox_get('requests') };
is(join(' ', grep { !$seen{$_}++ } map { @{ $_->{notes} } } @calls), '',
   'nothing odd on the wire');
is(join(' ', sort { $a cmp $b } grep { !$seen{$_}++ }
        map { ref $_->{credential} ? $_->{credential}{kind}
                                   : $_->{credential} // 'none' } @calls),
   'api-key token', 'one credential each');
