# The actions beside create-session and create-order: the cases, owners,
# tampering and answers of each, who may ask for them at all, and whether
# something happened at the API.  The tables are written by hand from the wire
# contract, sections 6.3 to 6.7.
#
# A case is a name, a place (a key of %PLACE), what is sent, and what is
# expected: "400 FIELD ..." with all fields of the error, in alphabetical
# order, and no call; or the exact bytes that the API gets.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use Test::More;

my $LOCATIONS = <<'EOC';
    %%CREDENTIALS%%
    %%RETRY_OFF%%

    # what nginx itself logs of a link is the merchant's to decide

    access_log off;

    location = /tax      { pancake_checkout preview-tax; }
    location = /tax/args { pancake_checkout preview-tax; pancake_input args; }
    location = /tax/drop { pancake_checkout preview-tax;
                           pancake_unknown_fields drop; }
    location = /tax/set  { pancake_checkout preview-tax;
                           pancake_set checkoutSessionId $cookie_session;
                           pancake_set billingDetail.isBusiness false; }

    location = /sub      { pancake_checkout create-subscription; }
    location = /sub/args { pancake_checkout create-subscription;
                           pancake_input args; }
    location = /sub/open { pancake_checkout create-subscription;
                           pancake_accept successUrl; }
    location = /sub/drop { pancake_checkout create-subscription;
                           pancake_unknown_fields drop; }

    location = /chain {
        pancake_checkout create-session create-subscription;
        pancake_set productId %%PRODUCT%%;
        pancake_set currency USD;
    }

    location = /cancel {
        pancake_checkout cancel-order;
        pancake_require on;
        pancake_accept orderId;
    }

    location = /cancel/args {
        pancake_checkout cancel-order;
        pancake_require on;
        pancake_accept orderId;
        pancake_input args;
    }

    location = /cancel/set {
        pancake_checkout cancel-order;
        pancake_require on;
        pancake_set orderId $http_x_order;
    }

    location = /cancel/both {
        pancake_checkout cancel-order;
        pancake_require on;
        pancake_set orderId $http_x_order;
        pancake_accept orderId;
    }

    location = /cancel/none {
        pancake_checkout cancel-order;
        pancake_require on;
    }

    location = /cancel/drop {
        pancake_checkout cancel-order;
        pancake_require on;
        pancake_set orderId ORD_0123456789ABCDEFabcdef;
        pancake_unknown_fields drop;
    }

    location = /end {
        pancake_checkout cancel-subscription;
        pancake_require on;
        pancake_accept orderId;
    }

    location = /product {
        pancake_checkout create-product;
        pancake_require on;
        pancake_accept storeId name description prices media successUrl
                       metadata;
    }

    location = /product/args {
        pancake_checkout create-product;
        pancake_require on;
        pancake_accept storeId name description prices media successUrl
                       metadata;
        pancake_input args;
    }

    # all of it said by the shop

    location = /product/set {
        pancake_checkout create-product;
        pancake_require on;
        pancake_set storeId STO_0123456789ABCDEFabcdef;
        pancake_set name Pancakes;
        pancake_set prices.USD.amount 29.00;
        pancake_set prices.USD.taxCategory saas;
        pancake_set prices.JPY.taxCategory ebook;
        pancake_set prices.JPY.amount 4500;
        pancake_set prices.JPY.taxIncluded on;
        pancake_set successUrl http://shop.example/thanks;
        pancake_set metadata.sku A1;
    }

    # a part of it

    location = /product/part {
        pancake_checkout create-product;
        pancake_require on;
        pancake_set storeId STO_0123456789ABCDEFabcdef;
        pancake_set prices.USD.taxCategory saas;
        pancake_set prices.USD.taxIncluded $http_x_included;
        pancake_accept name prices.USD.amount prices.EUR metadata.sku;
    }

    location = /product/vars {
        pancake_checkout create-product;
        pancake_require on;
        pancake_set storeId STO_0123456789ABCDEFabcdef;
        pancake_set name $http_x_name;
        pancake_set prices.USD.amount $http_x_amount;
        pancake_set prices.USD.taxCategory saas;
        pancake_set prices.EUR.amount $http_x_euro;
        pancake_set prices.EUR.taxCategory $http_x_category;
        pancake_accept prices;
    }

    location = /token {
        pancake_checkout issue-session-token;
        pancake_require on;
        pancake_accept buyerIdentity productId storeId;
    }

    location = /token/args {
        pancake_checkout issue-session-token;
        pancake_require on;
        pancake_accept buyerIdentity productId storeId;
        pancake_input args;
    }

    location = /token/set {
        pancake_checkout issue-session-token;
        pancake_require on;
        pancake_set buyerIdentity $http_x_user;
        pancake_set productId %%PRODUCT%%;
    }

    location = /token/drop {
        pancake_checkout issue-session-token;
        pancake_require on;
        pancake_set buyerIdentity customer-34;
        pancake_set productId %%PRODUCT%%;
        pancake_unknown_fields drop;
    }

    # pancake_require: nobody, one word, two

    location /staff {
        pancake_require $http_x_staff;
        pancake_accept orderId name storeId prices buyerIdentity productId;

        location = /staff/cancel  { pancake_checkout cancel-order; }
        location = /staff/end     { pancake_checkout cancel-subscription; }
        location = /staff/product { pancake_checkout create-product; }
        location = /staff/token   { pancake_checkout issue-session-token; }
        location = /staff/tax     { pancake_checkout preview-tax; }

        location = /staff/two {
            pancake_checkout cancel-order;
            pancake_require $http_x_staff $http_x_second;
        }
    }

    # what pancake_reply says is about redirects

    location = /reply/redirect {
        pancake_checkout preview-tax;
        pancake_reply redirect;
        pancake_redirect_status 303;
    }

    location = /reply/json {
        pancake_checkout create-subscription;
        pancake_reply json;
    }

    location /again {
        pancake_retry 3 backoff=10ms;
        pancake_require on;
        pancake_accept orderId name storeId prices buyerIdentity productId;

        location = /again/tax     { pancake_checkout preview-tax; }
        location = /again/token   { pancake_checkout issue-session-token; }
        location = /again/cancel  { pancake_checkout cancel-order; }
        location = /again/end     { pancake_checkout cancel-subscription; }
        location = /again/product { pancake_checkout create-product; }
        location = /again/sub     { pancake_checkout create-subscription; }
    }

    location /once {
        pancake_retry 3 backoff=10ms;
        pancake_idempotency_key off;
        pancake_require on;
        pancake_accept orderId name storeId prices buyerIdentity productId;

        location = /once/tax     { pancake_checkout preview-tax; }
        location = /once/token   { pancake_checkout issue-session-token; }
        location = /once/cancel  { pancake_checkout cancel-order; }
        location = /once/end     { pancake_checkout cancel-subscription; }
        location = /once/product { pancake_checkout create-product; }
        location = /once/sub     { pancake_checkout create-subscription; }
    }

    %%API_LOCATION%%
EOC

my $CONF = <<"EOC";
server {
    listen 127.0.0.1:%%PORT_0%%;
    server_name localhost;

$LOCATIONS
}

server {
    listen 127.0.0.1:%%PORT_3%%;
    server_name localhost;

    pancake_store_slug my-store-abc123 test;
    %%RETRY_OFF%%

    location = /tax { pancake_checkout preview-tax; }

    location = /buy {
        pancake_checkout create-session;
        pancake_accept productId currency;
    }

    %%API_LOCATION%%
}
EOC

my $t = PancakeTest->new->conf($CONF);

# The same configuration in front of the double that remembers.

my $s = PancakeTest->new->has('node')->conf($CONF =~ s{(location = /tax  )}{
    location = /buy {
        pancake_checkout create-session;
        pancake_accept productId currency;
    }
    $1}r);

my $JSON = 'application/json';
my $FORM = 'application/x-www-form-urlencoded';

my $P = $t->product;
my $B22 = '0123456789ABCDEFabcdef';
my $SESSION = 'cs_550e8400-e29b-41d4-a716-446655440000';
my $CS = qq("checkoutSessionId":"$SESSION");
my $DE = '"billingDetail":{"country":"DE","isBusiness":false}';
my $IP = '"buyerIp":"127.0.0.1"';
my $ORD = qq("orderId":"ORD_$B22");
my $STO = qq("storeId":"STO_$B22");
my $NAME = '"name":"Pancakes"';
my $USD = '"USD":{"amount":"29.00","taxCategory":"saas"}';
my $PRICES = qq("prices":{$USD});
my $PRODUCT = "$STO,$NAME,$PRICES";
my $WHO = '"buyerIdentity":"customer-34"';
my $PROD = qq("productId":"$P");
my $TOKEN = "$WHO,$PROD";
my $FDE = 'billingDetail.country=DE&billingDetail.isBusiness=0';

my $E = "\xc3\xa9";                             # one character, two bytes
my $CAKE = "\xf0\x9f\xa5\x9e";                  # one character, four bytes

# The path of each action, its JSON and form, and the API's whole answer.

my %ACTION = (
    tax     => [ 'checkout/preview-tax', "{$CS,$DE}" ],
    sub     => [ 'subscription-order/create-order', "{$CS,$DE}" ],
    cancel  => [ 'onetime-order/cancel-order', "{$ORD}" ],
    end     => [ 'subscription-order/cancel-order', "{$ORD}" ],
    product => [ 'onetime-product/create-product', "{$PRODUCT}" ],
    token   => [ 'auth/issue-session-token', "{$TOKEN}" ],
);

my @ACTIONS = sort keys %ACTION;
my @READS = qw( tax token );
my @WRITES = qw( cancel end product sub );
my @OFFICE = qw( cancel end product token );

my $MADE = '{"id":"PROD_9cWAslE1GKkGeaOMl9Vbmy","status":"active"}';


# The same request in each way, and what the API gets.

my @cases = (

    # preview-tax

    [ 'tax: JSON',               tax => "{$CS,$DE}", "{$CS,$DE}" ],
    [ 'tax: the other way round', tax => "{$DE,$CS}", "{$CS,$DE}" ],
    [ 'tax: form', tax_form => "checkoutSessionId=$SESSION&$FDE",
      "{$CS,$DE}" ],
    [ 'tax: form in brackets', tax_form =>
      "billingDetail[isBusiness]=off&billingDetail%5Bcountry%5D=DE"
      . "&checkoutSessionId=$SESSION", "{$CS,$DE}" ],
    [ 'tax: args', tax_args => "checkoutSessionId=$SESSION&$FDE",
      "{$CS,$DE}" ],
    [ 'tax: an old session id', tax =>
      qq({"checkoutSessionId":"550e8400-e29b-41d4-a716-446655440000",$DE}),
      qq({"checkoutSessionId":"550e8400-e29b-41d4-a716-446655440000",$DE}) ],
    [ 'tax: nothing', tax => '{}', '400 billingDetail checkoutSessionId' ],
    [ 'tax: no session', tax => "{$DE}", '400 checkoutSessionId' ],
    [ 'tax: no address', tax => "{$CS}", '400 billingDetail' ],
    [ 'tax: no country', tax => qq({$CS,"billingDetail":{"isBusiness":true}}),
      '400 billingDetail.country' ],
    [ 'tax: no kind of buyer', tax => qq({$CS,"billingDetail":)
      . '{"country":"DE"}}', '400 billingDetail.isBusiness' ],
    [ 'tax: an empty address', tax => qq({$CS,"billingDetail":{}}),
      '400 billingDetail.country billingDetail.isBusiness' ],
    (map { [ "tax: session id $_", tax => qq({"checkoutSessionId":$_,$DE}),
             '400 checkoutSessionId' ] }
        '""', '"cs_1"', '"550e8400"', qq("$SESSION "), qq("X$SESSION"), '5',
        'null', 'true', '{}', qq(["$SESSION"]),
        '"cs_550e8400e29b41d4a716446655440000"'),
    (map { [ "tax: address $_->[1]", tax =>
             qq({$CS,"billingDetail":{"country":"DE","isBusiness":false,)
             . "$_->[1]}}", "400 billingDetail.$_->[0]" ] }
        [ state => '"state":""' ], [ state => '"state":5' ],
        [ postcode => '"postcode":10115' ],
        [ postcode => '"postcode":"' . 'x' x 17 . '"' ],
        [ businessName => '"businessName":"' . 'x' x 129 . '"' ],
        [ taxId => '"taxId":"' . 'x' x 33 . '"' ],
        [ taxId => '"taxId":"a\nb"' ], [ city => '"city":"Berlin"' ]),
    (map { [ "tax: $_->[0] in $_->[1]", tax =>
             qq({$CS,"billingDetail":{"country":"$_->[1]","isBusiness":false)
             . (defined $_->[2] ? qq(,"state":"$_->[2]") : '') . '}}',
             $_->[3] // '400 billingDetail.state' ] }
        [ 'no state', 'US' ], [ 'no state', 'CA' ],
        [ 'a small state', 'US', 'ny' ], [ 'a long state', 'CA', 'Ontario' ],
        [ 'one letter', 'US', 'N' ], [ 'digits', 'US', '36' ]),
    [ 'tax: a state', tax => qq({$CS,"billingDetail":{"country":"US",)
      . '"isBusiness":false,"state":"NY"}}',
      qq({$CS,"billingDetail":{"country":"US","isBusiness":false,)
      . '"state":"NY"}}' ],
    [ 'tax: any state elsewhere', tax => qq({$CS,"billingDetail":)
      . qq({"country":"FR","isBusiness":false,"state":"$E"}}),
      qq({$CS,"billingDetail":{"country":"FR","isBusiness":false,)
      . qq("state":"$E"}}) ],

    # an estimate needs neither name nor number of a business

    [ 'tax: a business', tax => qq({$CS,"billingDetail":{"country":"DE",)
      . '"isBusiness":true}}',
      qq({$CS,"billingDetail":{"country":"DE","isBusiness":true}}) ],
    [ 'tax: all of an address', tax => qq({$CS,"billingDetail":{"taxId":"T1",)
      . '"businessName":"B","postcode":"10115","state":"BE",'
      . '"isBusiness":true,"country":"DE"}}',
      qq({$CS,"billingDetail":{"country":"DE","isBusiness":true,)
      . '"state":"BE","postcode":"10115","businessName":"B","taxId":"T1"}}' ],
    (map { [ "tax: $_ is no field of it", tax => qq({$CS,$DE,"$_":"x"}),
             "400 $_" ],
           [ "tax: $_ is dropped", tax_drop => qq({$CS,$DE,"$_":"x"}),
             "{$CS,$DE}" ] }
        qw( buyerEmail buyerIp productId currency priceSnapshot storeId
            successUrl orderId buyerIdentity metadata name query )),
    [ 'tax: not even dropped, an unknown member', tax_drop =>
      qq({$CS,"billingDetail":{"country":"XX","isBusiness":false,"x":1}}),
      '400 billingDetail.country' ],
    [ 'tax: set', tax_set => '{"billingDetail":{"country":"DE"}}',
      "{$CS,$DE}", Cookie => "session=$SESSION" ],
    [ 'tax: set to nothing', tax_set => '{"billingDetail":{"country":"DE"}}',
      '400 checkoutSessionId' ],
    [ 'tax: the buyer\'s instead of nothing', tax_set => "{$CS,$DE}",
      "{$CS,$DE}" ],
    [ 'tax: another than what is set', tax_set => "{$CS,$DE}",
      '400 checkoutSessionId', Cookie =>
      'session=cs_550e8400-e29b-41d4-a716-446655440001' ],
    [ 'tax: another kind of buyer', tax_set => qq({$CS,"billingDetail":)
      . '{"country":"DE","isBusiness":true}}',
      '400 billingDetail.isBusiness' ],
    [ 'tax: what is set is bad', tax_set => qq({$DE}),
      '500 checkoutSessionId', Cookie => 'session=cs_1' ],
    [ 'tax: by slug', tax_slug => "{$CS,$DE}", "{$CS,$DE}" ],
    [ 'tax: by slug, form', tax_slug_form =>
      "checkoutSessionId=$SESSION&$FDE", "{$CS,$DE}" ],

    # create-subscription: the fields and rules of create-order

    [ 'sub: JSON', sub => "{$DE,$CS}", "{$CS,$DE,$IP}" ],
    [ 'sub: form', sub_form => "checkoutSessionId=$SESSION&$FDE",
      "{$CS,$DE,$IP}" ],
    [ 'sub: args', sub_args => "checkoutSessionId=$SESSION&$FDE",
      "{$CS,$DE,$IP}" ],
    [ 'sub: e-mail', sub => qq({$CS,$DE,"buyerEmail":"a34\@b34.example"}),
      qq({$CS,$DE,"buyerEmail":"a34\@b34.example",$IP}) ],
    [ 'sub: nothing', sub => '{}', '400 billingDetail checkoutSessionId' ],
    [ 'sub: no session', sub => "{$DE}", '400 checkoutSessionId' ],
    [ 'sub: no address', sub => "{$CS}", '400 billingDetail' ],
    [ 'sub: a bad session', sub => qq({"checkoutSessionId":"x",$DE}),
      '400 checkoutSessionId' ],
    [ 'sub: a bad e-mail', sub => qq({$CS,$DE,"buyerEmail":"x"}),
      '400 buyerEmail' ],
    [ 'sub: no state', sub => qq({$CS,"billingDetail":{"country":"US",)
      . '"isBusiness":false}}', '400 billingDetail.state' ],
    [ 'sub: a business of the Union', sub => qq({$CS,"billingDetail":)
      . '{"country":"FR","isBusiness":true}}',
      '400 billingDetail.businessName billingDetail.taxId' ],
    [ 'sub: a business elsewhere', sub => qq({$CS,"billingDetail":)
      . '{"country":"GB","isBusiness":true,"businessName":"B"}}',
      qq({$CS,"billingDetail":{"country":"GB","isBusiness":true,)
      . qq("businessName":"B"},$IP}) ],
    [ 'sub: the address of the client', sub =>
      qq({$CS,$DE,"buyerIp":"192.0.2.1"}), '400 buyerIp' ],
    [ 'sub: a page', sub => qq({$CS,$DE,"successUrl":"https://localhost/"}),
      '400 successUrl' ],
    [ 'sub: an accepted page', sub_open =>
      qq({$CS,$DE,"successUrl":"https://localhost/"}),
      qq({$CS,$DE,$IP,"successUrl":"https://localhost/"}) ],
    [ 'sub: an accepted page of another site', sub_open =>
      qq({$CS,$DE,"successUrl":"https://evil.example/"}), '400 successUrl' ],
    (map { [ "sub: $_ is locked", $_->[1] => qq({$CS,$DE,"$_->[0]":"x"}),
             "400 $_->[0]" ] }
        map { my $f = $_; map { [ $f, $_ ] } qw( sub sub_drop ) }
        qw( productId storeId currency priceSnapshot )),
    (map { [ "sub: $_ is no field of it", sub => qq({$CS,$DE,"$_":"x"}),
             "400 $_" ] }
        qw( orderId buyerIdentity metadata withTrial originOrderId )),

    [ 'chain', chain => "{$DE}", qq({$PROD,"currency":"USD",$DE} )
      . qq({"checkoutSessionId":"%SESSION%",$DE,$IP}) ],
    [ 'chain: form', chain_form => $FDE, qq({$PROD,"currency":"USD",$DE} )
      . qq({"checkoutSessionId":"%SESSION%",$DE,$IP}) ],
    [ 'chain: no address', chain => '{}', '400 billingDetail' ],
    [ 'chain: a session', chain => "{$CS,$DE}", '400 checkoutSessionId' ],
    [ 'chain: another address of the client', chain =>
      qq({$DE,"buyerIp":"192.0.2.1"}), '400 buyerIp' ],
    [ 'chain: a price', chain => qq({$DE,"priceSnapshot":{"amount":"1"}}),
      '400 priceSnapshot' ],

    # cancel-order, cancel-subscription

    (map {
        my $place = $_;
        [ "$place: JSON", $place => "{$ORD}", "{$ORD}" ],
        [ "$place: nothing", $place => '{}', '400 orderId' ],
        (map { [ "$place: orderId $_", $place => qq({"orderId":$_}),
                 '400 orderId' ] }
            '""', '"ORD_1"', qq("ORD_${B22}0"), qq("PAY_$B22"),
            qq("ord_$B22"), qq("$B22"), qq("ORD_$B22\\n"), '5', 'null',
            'false', '{}', qq(["ORD_$B22"]), qq({"id":"ORD_$B22"}),
            '"550e8400-e29b-41d4-a716-446655440000"'),
        (map { [ "$place: $_ is no field of it", $place =>
                 qq({$ORD,"$_":"x"}), "400 $_" ] }
            qw( productId storeId status reason checkoutSessionId
                originOrderId buyerIdentity refund )),
    } qw( cancel end )),
    [ 'cancel: form', cancel_form => "orderId=ORD_$B22", "{$ORD}" ],
    [ 'cancel: form, empty', cancel_form => 'orderId=', '400 orderId' ],
    [ 'cancel: args', cancel_args => "orderId=ORD_$B22", "{$ORD}" ],
    [ 'cancel: form, two', cancel_form =>
      "orderId=ORD_$B22&orderId=ORD_$B22", '400 orderId' ],
    [ 'end: form', end_form => "orderId=ORD_$B22", "{$ORD}" ],
    [ 'cancel: not accepted', cancel_none => "{$ORD}", '400 orderId' ],
    [ 'cancel: set', cancel_set => '{}', "{$ORD}",
      'X-Order' => "ORD_$B22" ],
    [ 'cancel: set, and the same', cancel_set => "{$ORD}", "{$ORD}",
      'X-Order' => "ORD_$B22" ],
    [ 'cancel: set, and another', cancel_set =>
      '{"orderId":"ORD_0123456789ABCDEFabcdeg"}', '400 orderId',
      'X-Order' => "ORD_$B22" ],
    [ 'cancel: set to nothing', cancel_set => '{}', '400 orderId' ],
    [ 'cancel: set to nothing stays the shop\'s', cancel_set => "{$ORD}",
      '400 orderId' ],
    [ 'cancel: set to nothing, and accepted', cancel_both => "{$ORD}",
      '400 orderId' ],
    [ 'cancel: set to what is none', cancel_set => '{}', '500 orderId',
      'X-Order' => 'ORD_1' ],
    [ 'cancel: dropped', cancel_drop => '{"reason":"late","x":{"y":1}}',
      "{$ORD}" ],

    # issue-session-token

    [ 'token: JSON', token => "{$PROD,$WHO}", "{$TOKEN}" ],
    [ 'token: form', token_form => "buyerIdentity=customer-34&productId=$P",
      "{$TOKEN}" ],
    [ 'token: args', token_args => "productId=$P&buyerIdentity=customer-34",
      "{$TOKEN}" ],
    [ 'token: a store', token => "{$STO,$WHO}", "{$WHO,$STO}" ],
    [ 'token: both', token => "{$STO,$WHO,$PROD}", "{$WHO,$PROD,$STO}" ],
    [ 'token: neither', token => "{$WHO}", '400 productId' ],
    [ 'token: nobody', token => "{$PROD}", '400 buyerIdentity' ],
    [ 'token: nothing', token => '{}', '400 buyerIdentity productId' ],
    [ 'token: form, nobody', token_form => "buyerIdentity=&productId=$P",
      '400 buyerIdentity' ],
    [ 'token: form, neither', token_form =>
      'buyerIdentity=customer-34&productId=&storeId=', '400 productId' ],
    (map { [ 'token: identity of ' . length($_), token =>
             qq({"buyerIdentity":"$_",$PROD}),
             qq({"buyerIdentity":"$_",$PROD}) ] }
        '0', 'a b', 'i34@b34.example', $CAKE x 256, 'x' x 256),
    (map { [ "token: identity $_", token => qq({"buyerIdentity":$_,$PROD}),
             '400 buyerIdentity' ] }
        '""', 'null', '34', 'true', '{}', '["customer-34"]', '"a\nb"',
        '"a\u007f"', '"' . 'x' x 257 . '"', '"' . $CAKE x 257 . '"'),
    (map { [ "token: product $_", token => qq({$WHO,"productId":$_}),
             '400 productId' ] }
        '""', 'null', '5', '"PROD_1"', qq("STO_$B22"), qq(["$P"])),
    (map { [ "token: store $_", token => qq({$TOKEN,"storeId":$_}),
             '400 storeId' ] }
        '""', 'null', '"STO_1"', qq("PROD_$B22")),
    [ 'token: a bad store alone', token => qq({$WHO,"storeId":"STO_1"}),
      '400 storeId' ],
    (map { [ "token: $_ is no field of it", token => qq({$TOKEN,"$_":"x"}),
             "400 $_" ] }
        qw( currency buyerEmail role environment expiresInSeconds metadata
            token merchantId )),
    [ 'token: set', token_set => '{}', "{$TOKEN}",
      'X-User' => 'customer-34' ],
    [ 'token: set, and the same', token_set => "{$TOKEN}", "{$TOKEN}",
      'X-User' => 'customer-34' ],
    [ 'token: set, and somebody else', token_set =>
      '{"buyerIdentity":"customer-35"}', '400 buyerIdentity',
      'X-User' => 'customer-34' ],
    [ 'token: set to nobody', token_set => '{}', '400 buyerIdentity' ],
    [ 'token: set to nobody, somebody sent', token_set => "{$WHO}",
      '400 buyerIdentity' ],
    [ 'token: a product beside the set one', token_set =>
      qq({"productId":"PROD_$B22"}), '400 productId',
      'X-User' => 'customer-34' ],
    [ 'token: a store that nobody accepts', token_set => "{$STO}",
      '400 storeId', 'X-User' => 'customer-34' ],
    [ 'token: dropped', token_drop => '{"role":"admin","x":[]}',
      "{$TOKEN}" ],

    # create-product

    [ 'product: JSON', product => "{$PRICES,$NAME,$STO}", "{$PRODUCT}" ],
    [ 'product: form', product_form => "storeId=STO_$B22&name=Pancakes"
      . '&prices.USD.amount=29.00&prices.USD.taxCategory=saas',
      "{$PRODUCT}" ],
    [ 'product: form in brackets', product_form =>
      "prices[USD][taxCategory]=saas&prices[USD][amount]=29.00"
      . "&name=Pancakes&storeId=STO_$B22", "{$PRODUCT}" ],
    [ 'product: args', product_args => "storeId=STO_$B22&name=Pancakes"
      . '&prices.USD.amount=29.00&prices.USD.taxCategory=saas',
      "{$PRODUCT}" ],
    [ 'product: form, all that a form can say', product_form =>
      "storeId=STO_$B22&name=P+%26+Q&description=a%0Ab&prices.USD.amount=1"
      . '&prices.USD.taxCategory=saas&prices.USD.taxIncluded=on'
      . '&successUrl=https://shop.example/&metadata.b=2&metadata[a]=1',
      qq({$STO,"name":"P & Q","description":"a\\nb","prices":{"USD":)
      . '{"amount":"1","taxIncluded":true,"taxCategory":"saas"}},'
      . '"successUrl":"https://shop.example/","metadata":{"a":"1","b":"2"}}'
    ],
    [ 'product: form, empty is absent', product_form =>
      "storeId=STO_$B22&name=Pancakes&prices.USD.amount=29.00"
      . '&prices.USD.taxCategory=saas&prices.USD.taxIncluded=&description='
      . '&successUrl=&metadata.a=&prices.EUR.amount=&media=',
      "{$PRODUCT}" ],
    [ 'product: nothing', product => '{}', '400 name prices storeId' ],
    [ 'product: no store', product => "{$NAME,$PRICES}", '400 storeId' ],
    [ 'product: no name', product => "{$STO,$PRICES}", '400 name' ],
    [ 'product: no prices', product => "{$STO,$NAME}", '400 prices' ],
    (map { [ "product: store $_", product => qq({"storeId":$_,$NAME,$PRICES}),
             '400 storeId' ] }
        '""', 'null', '5', '"STO_1"', qq("PROD_$B22"), qq(["STO_$B22"])),
    (map { [ 'product: a name of ' . length($_) . ' bytes', product =>
             qq({$STO,"name":"$_",$PRICES}),
             qq({$STO,"name":"$_",$PRICES}) ] }
        'x', 'x' x 64, $CAKE x 64),
    (map { [ "product: name $_", product => qq({$STO,"name":$_,$PRICES}),
             '400 name' ] }
        '""', 'null', '5', '{}', '"a\nb"', '"' . 'x' x 65 . '"',
        '"' . $E x 65 . '"'),
    (map { [ "product: description $_->[0]", product =>
             qq({$STO,$NAME,"description":$_->[1],$PRICES}),
             qq({$STO,$NAME,"description":$_->[1],$PRICES}) ] }
        [ 'null', 'null' ], [ 'empty', '""' ], [ 'Markdown', '"# A\n\n*b*"' ],
        [ 'of 32768', '"' . 'x' x 32768 . '"' ]),
    (map { [ "product: description $_->[0]", product =>
             qq({$STO,$NAME,"description":$_->[1],$PRICES}),
             '400 description' ] }
        [ number => 5 ], [ false => 'false' ], [ list => '["a"]' ],
        [ object => '{}' ], [ 'of 32769', '"' . 'x' x 32769 . '"' ]),
    (map { [ "product: page $_", product =>
             qq({$STO,$NAME,$PRICES,"successUrl":$_}),
             qq({$STO,$NAME,$PRICES,"successUrl":$_}) ] }
        'null', '""', '"https://shop.example/"', '"http://shop.example/a?b"',
        '"https://other.example/"',
        '"https://shop.example/' . 'x' x 491 . '"'),
    (map { [ "product: page $_", product =>
             qq({$STO,$NAME,$PRICES,"successUrl":$_}), '400 successUrl' ] }
        '5', 'true', '[]', '"shop"', '"ftp://shop.example/"',
        '"javascript:alert(1)"', '"//shop.example/"', '"https://a b/"',
        '"http://shop.example/\n"',
        '"https://shop.example/' . 'x' x 492 . '"'),

    (map { [ "product: prices $_->[0]", product =>
             qq({$STO,$NAME,"prices":{$_->[0]}}),
             qq({$STO,$NAME,"prices":{) . ($_->[1] // $_->[0]) . '}}' ] }
        [ $USD ],
        [ '"USD":{"taxCategory":"saas","amount":"29.00"}', $USD ],
        [ '"USD":{"taxCategory":"saas","amount":"29.00","taxIncluded":false}',
          '"USD":{"amount":"29.00","taxIncluded":false,'
          . '"taxCategory":"saas"}' ],
        [ '"JPY":{"amount":"4500","taxCategory":"ebook"}' ],
        [ qq($USD,"EUR":{"amount":"27","taxCategory":"software"}),
          qq("EUR":{"amount":"27","taxCategory":"software"},$USD) ],

        # of a currency that is not charged nothing is known

        [ '"KWD":{"amount":"1.001","taxCategory":"saas"}' ]),
    [ 'product: 50 prices', product => qq({$STO,$NAME,"prices":{) . prices(50)
      . '}}', qq({$STO,$NAME,"prices":{) . prices(50) . '}}' ],
    (map { [ "product: prices $_->[1]", product =>
             qq({$STO,$NAME,"prices":$_->[1]}), "400 $_->[0]" ] }
        [ prices => '{}' ], [ prices => 'null' ], [ prices => '[]' ],
        [ prices => '"29.00"' ], [ prices => '29' ],
        [ 'prices.usd' => '{"usd":{"amount":"1","taxCategory":"saas"}}' ],
        [ 'prices.US' => '{"US":{"amount":"1","taxCategory":"saas"}}' ],
        [ 'prices.USDT' => '{"USDT":{"amount":"1","taxCategory":"saas"}}' ],
        [ 'prices.U-D' => '{"U-D":{"amount":"1","taxCategory":"saas"}}' ],
        [ 'prices.USD.amount' => '{"USD.amount":"1"}' ],
        [ 'prices.USD' => '{"USD":"29.00"}' ],
        [ 'prices.USD' => '{"USD":null}' ],
        [ 'prices.USD' => '{"USD":[]}' ],
        [ 'prices.USD.amount prices.USD.taxCategory' => '{"USD":{}}' ],
        [ 'prices.USD.taxCategory' => '{"USD":{"amount":"1"}}' ],
        [ 'prices.USD.amount' => '{"USD":{"taxCategory":"saas"}}' ],
        [ 'prices.USD.taxCategory' =>
          '{"USD":{"amount":"1","taxCategory":"books"}}' ],
        [ 'prices.USD.taxCategory' =>
          '{"USD":{"amount":"1","taxCategory":""}}' ],
        [ 'prices.USD.taxIncluded' => '{"USD":{"amount":"1",'
          . '"taxCategory":"saas","taxIncluded":"true"}}' ],
        [ 'prices.USD.trialAmount' => '{"USD":{"amount":"1",'
          . '"taxCategory":"saas","trialAmount":"0.50"}}' ],
        [ 'prices.USD.currency' => '{"USD":{"amount":"1",'
          . '"taxCategory":"saas","currency":"USD"}}' ],
        [ 'prices.EUR.amount prices.EUR.taxCategory' => qq({$USD,"EUR":{}}) ],
        [ 'prices.EUR.x' => qq({$USD,"EUR":{"amount":"1","x":1,)
          . '"taxCategory":"saas"}}' ],
        [ prices => '{"USD":{"amount":"1.001","taxCategory":"saas"}}' ],
        [ prices => '{"JPY":{"amount":"4500.0","taxCategory":"saas"}}' ],
        [ prices => qq({$USD,"CNY":{"amount":"0.125",)
          . '"taxCategory":"saas"}}' ]),
    (map { [ "product: amount $_", product =>
             qq({$STO,$NAME,"prices":{"USD":{"amount":$_,)
             . '"taxCategory":"saas"}}}', '400 prices.USD.amount' ] }
        '"0"', '"0.00"', '"01"', '".5"', '"5."', '"-1"', '"+1"', '"1e3"',
        '"1,00"', '" 1"', '"$1"', '""', '29', '29.00', 'null', 'true',
        '{}', '"' . '1' x 21 . '"'),
    [ 'product: 51 prices', product => qq({$STO,$NAME,"prices":{) . prices(51)
      . '}}', '400 prices.ADA' ],

    (map { [ "product: media $_->[0]", product =>
             qq({$STO,$NAME,$PRICES,"media":$_->[0]}),
             qq({$STO,$NAME,$PRICES,"media":) . ($_->[1] // $_->[0]) . '}' ] }
        [ '[]' ],
        [ '[{"type":"image","url":"https://a.example/1.png"}]' ],
        [ '[{"thumbnail":"http://a.example/t","alt":"","type":"video",'
          . '"url":"http://a.example/v"}]',
          '[{"type":"video","url":"http://a.example/v","alt":"",'
          . '"thumbnail":"http://a.example/t"}]' ],
        [ '[{"type":"video","url":"https://b.example/"},'
          . '{"type":"image","url":"https://a.example/"},'
          . '{"type":"image","url":"https://a.example/"}]' ],
        [ '[{"type":"image","url":"https://a.example/","alt":"'
          . 'x' x 1024 . '"}]' ],
        [ '[{"type":"image","url":"https://a.example/' . 'x' x 2030 . '"}]' ],
        [ '[' . join(',', ('{"type":"image","url":"https://a.example/"}')
                          x 50) . ']' ]),
    (map { [ "product: media $_->[1]", product =>
             qq({$STO,$NAME,$PRICES,"media":$_->[1]}), "400 $_->[0]" ] }
        [ media => 'null' ], [ media => '{}' ], [ media => '"a"' ],
        [ media => '{"0":{"type":"image","url":"https://a.example/"}}' ],
        [ 'media.0' => '[null]' ], [ 'media.0' => '["https://a.example/"]' ],
        [ 'media.0' => '[[]]' ],
        [ 'media.0.type media.0.url' => '[{}]' ],
        [ 'media.0.url' => '[{"type":"image"}]' ],
        [ 'media.0.type' => '[{"url":"https://a.example/"}]' ],
        [ 'media.0.type' => '[{"type":"audio","url":"https://a.example/"}]' ],
        [ 'media.0.type' => '[{"type":5,"url":"https://a.example/"}]' ],
        [ 'media.0.url' => '[{"type":"image","url":"a.png"}]' ],
        [ 'media.0.url' => '[{"type":"image","url":"data:,a"}]' ],
        [ 'media.0.url' => '[{"type":"image","url":"https://a.example/'
          . 'x' x 2031 . '"}]' ],
        [ 'media.0.alt' => '[{"type":"image","url":"https://a.example/",'
          . '"alt":"' . 'x' x 1025 . '"}]' ],
        [ 'media.0.alt' => '[{"type":"image","url":"https://a.example/",'
          . '"alt":null}]' ],
        [ 'media.0.thumbnail' => '[{"type":"image","thumbnail":"",'
          . '"url":"https://a.example/"}]' ],
        [ 'media.0.width' => '[{"type":"image","width":5,'
          . '"url":"https://a.example/"}]' ],
        [ 'media.1.type' => '[{"type":"image","url":"https://a.example/"},'
          . '{"type":"Image","url":"https://a.example/"}]' ],
        [ 'media.2.x' => '[' . '{"type":"image","url":"https://a.example/"},'
          x 2 . '{"type":"image","url":"https://a.example/","x":1}]' ],
        [ media => '[' . join(',', ('{"type":"image",'
          . '"url":"https://a.example/"}') x 51) . ']' ]),
    [ 'product: form, media of strings', product_form =>
      "storeId=STO_$B22&name=A&prices.USD.amount=1"
      . '&prices.USD.taxCategory=saas&media[]=x', '400 media.0' ],
    [ 'product: form, media by number', product_form =>
      "storeId=STO_$B22&name=A&prices.USD.amount=1&media[0].type=image"
      . '&prices.USD.taxCategory=saas&media[0].url=https://a.example/',
      '400 media' ],

    (map { [ "product: metadata $_->[0]", product =>
             qq({$PRODUCT,"metadata":$_->[0]}),
             "{$PRODUCT" . ($_->[1] // qq(,"metadata":$_->[0])) . '}' ] }
        [ '{}', '' ], [ '{"a":"","b":"c"}' ],
        [ '{' . pairs(50) . '}' ]),
    (map { [ "product: metadata $_->[1]", product =>
             qq({$PRODUCT,"metadata":$_->[1]}), "400 $_->[0]" ] }
        [ metadata => '[]' ], [ metadata => 'null' ], [ metadata => '"a"' ],
        [ 'metadata.a' => '{"a":1}' ], [ 'metadata.a' => '{"a":{}}' ],
        [ 'metadata.a' => '{"a":null}' ],
        [ metadata => '{' . pairs(51) . '}' ]),
    (map { [ "product: $_ is no field of it", product =>
             qq({$PRODUCT,"$_":"x"}), "400 $_" ] }
        qw( id status productType currency amount priceSnapshot createdAt
            merchantId buyerEmail taxCategory USD )),

    [ 'product: set', product_set => '{}', qq({$PRODUCT) =~ s/(,"prices".*)//r
      . ',"prices":{"JPY":{"amount":"4500","taxIncluded":true,'
      . qq("taxCategory":"ebook"},$USD},)
      . '"successUrl":"http://shop.example/thanks","metadata":{"sku":"A1"}}'
    ],
    [ 'product: set, and the same', product_set =>
      qq({$STO,$NAME,"prices":{$USD},"metadata":{"sku":"A1"}}),
      qq({$STO,$NAME,"prices":{"JPY":{"amount":"4500","taxIncluded":true,)
      . qq("taxCategory":"ebook"},$USD},)
      . '"successUrl":"http://shop.example/thanks","metadata":{"sku":"A1"}}'
    ],
    (map { [ "product: set, and $_->[1]", product_set => "{$_->[1]}",
             "400 $_->[0]" ] }
        [ name => '"name":"Waffles"' ],
        [ description => '"description":null' ],
        [ description => '"description":""' ],
        [ description => '"description":"d"' ],
        [ media => '"media":[]' ],
        [ media => '"media":[{"type":"image","url":"https://a.example/"}]' ],
        [ 'prices.USD.amount' => '"prices":{"USD":{"amount":"0.01"}}' ],
        [ 'prices.USD.amount' => '"prices":{"USD":{"amount":"29"}}' ],
        [ 'prices.USD.amount' => '"prices":{"USD":{"amount":29}}' ],
        [ 'prices.USD.taxCategory' =>
          '"prices":{"USD":{"taxCategory":"ebook"}}' ],
        [ 'prices.USD.taxIncluded' =>
          '"prices":{"USD":{"taxIncluded":true}}' ],
        [ 'prices.USD.trialAmount' =>
          '"prices":{"USD":{"trialAmount":"1"}}' ],
        [ 'prices.USD.x' => '"prices":{"USD":{"x":1}}' ],
        [ 'prices.EUR.amount prices.EUR.taxCategory' =>
          '"prices":{"EUR":{"amount":"0.01","taxCategory":"saas"}}' ],
        [ 'prices.USD' => '"prices":{"USD":"0.01"}' ],
        [ prices => '"prices":"0.01"' ],
        [ prices => '"prices":null' ],
        [ successUrl => '"successUrl":"http://evil.example/"' ],
        [ successUrl => '"successUrl":null' ],
        [ successUrl => '"successUrl":""' ],
        [ 'metadata.sku' => '"metadata":{"sku":"A2"}' ],
        [ 'metadata.x' => '"metadata":{"x":"y"}' ]),

    [ 'product: a part', product_part => qq({$NAME,"prices":{"USD":)
      . '{"amount":"29.00"}}}', "{$PRODUCT}" ],
    [ 'product: a part, another currency', product_part =>
      qq({$NAME,"prices":{"USD":{"amount":"29.00"},"EUR":{"amount":"1",)
      . '"taxCategory":"ebook"}},"metadata":{"sku":"B"}}',
      qq({$STO,$NAME,"prices":{"EUR":{"amount":"1","taxCategory":"ebook"},)
      . qq($USD},"metadata":{"sku":"B"}}) ],
    [ 'product: a part by form', product_part_form =>
      'name=Pancakes&prices[USD].amount=29.00', "{$PRODUCT}" ],
    [ 'product: a part, tax included', product_part =>
      qq({$NAME,"prices":{"USD":{"amount":"29.00"}}}),
      qq({$STO,$NAME,"prices":{"USD":{"amount":"29.00","taxIncluded":true,)
      . '"taxCategory":"saas"}}}', 'X-Included' => '1' ],
    (map { [ "product: a part, and $_->[1]", product_part =>
             qq({$NAME,"prices":{$_->[1]}}), "400 $_->[0]" ] }
        [ 'prices.USD.taxCategory' =>
          '"USD":{"amount":"1","taxCategory":"ebook"}' ],
        [ 'prices.USD.taxIncluded' =>
          '"USD":{"amount":"1","taxIncluded":false}' ],
        [ 'prices.GBP.amount prices.GBP.taxCategory' =>
          '"USD":{"amount":"1"},"GBP":{"amount":"1","taxCategory":"saas"}' ],
        [ 'prices.USD.amount' => '"EUR":{"amount":"1",'
          . '"taxCategory":"saas"}' ],
        [ 'prices.EUR.taxCategory' => '"USD":{"amount":"1"},'
          . '"EUR":{"amount":"1"}' ],

        # what the staff gets wrong is theirs to mend

        [ prices => '"USD":{"amount":"1.001"}' ]),

    [ 'product: variables', product_vars => '{}', "{$PRODUCT}",
      'X-Name' => 'Pancakes', 'X-Amount' => '29.00' ],
    [ 'product: variables, two currencies', product_vars => '{}',
      qq({$STO,$NAME,"prices":{"EUR":{"amount":"27","taxCategory":"saas"},)
      . "$USD}}", 'X-Name' => 'Pancakes', 'X-Amount' => '29.00',
      'X-Euro' => '27', 'X-Category' => 'saas' ],
    [ 'product: variables, and one price more', product_vars =>
      '{"prices":{"GBP":{"amount":"24","taxCategory":"saas"}}}',
      qq({$STO,$NAME,"prices":{"GBP":{"amount":"24","taxCategory":"saas"},)
      . "$USD}}", 'X-Name' => 'Pancakes', 'X-Amount' => '29.00' ],
    [ 'product: a variable without a value stays the shop\'s', product_vars =>
      '{"prices":{"USD":{"amount":"0.01"}}}', '400 prices.USD.amount',
      'X-Name' => 'Pancakes' ],
    [ 'product: so do all of a currency', product_vars =>
      '{"prices":{"EUR":{"amount":"0.01","taxCategory":"ebook"}}}',
      '400 prices.EUR.amount prices.EUR.taxCategory', 'X-Name' => 'Pancakes',
      'X-Amount' => '29.00' ],
    [ 'product: a bad variable', product_vars => '{}',
      '500 prices.USD.amount', 'X-Name' => 'Pancakes', 'X-Amount' => '1,00' ],
    [ 'product: a variable with too many digits', product_vars => '{}',
      '500 prices', 'X-Name' => 'Pancakes', 'X-Amount' => '1.001' ],
);


sub prices { # so many, in the order of names: ABA ABB ... ACA
    return join ',', map {
        sprintf '"A%c%c":{"amount":"1","taxCategory":"saas"}',
                66 + $_ / 25, 65 + $_ % 25
    } 0 .. $_[0] - 1;
}

sub pairs {
    return join ',', map { sprintf '"k%02d":"v"', $_ } 1 .. $_[0];
}


# Tampering: the field of each action that decides, where somebody else has
# said it, and a field of another action; in every way that might get past a
# check.

sub escaped { # the n-th letter, or all
    my ($name, $n) = @_;
    my $i = 0;
    $name =~ s/(.)/$i++ == $n || $n < 0 ? sprintf('\u%04x', ord $1) : $1/ge;
    return $name;
}

sub percent { $_[0] =~ s/(.)/sprintf('%%%02X', ord $1)/ger }

my @hostile = (
    [ tax_drop => "$CS,$DE", $CS =~ /"(\w+)"/, qq("$SESSION"), 1 ],
    [ cancel_none => '', 'orderId', qq("ORD_$B22") ],
    [ cancel_drop => '', 'orderId', '"ORD_0123456789ABCDEFabcdeg"' ],
    [ token_drop => '', 'buyerIdentity', '"customer-35"' ],
    [ token_drop => '', 'storeId', qq("STO_$B22") ],
    [ product_set => '', 'storeId', '"STO_0123456789ABCDEFabcdeg"' ],
    [ product_set => '', 'prices', '{"USD":{"amount":"0.01"}}',
      0, 'prices.USD.amount' ],
    [ product_set => '', 'media', '[]' ],
    [ sub_drop => "$CS,$DE", 'productId', qq("PROD_$B22") ],
    [ sub_drop => "$CS,$DE", 'buyerIp', '"192.0.2.1"' ],
);

for my $case (@hostile) {
    my ($place, $rest, $f, $v, $own, $field) = @$case;
    my ($esc, $all) = (escaped($f, 0), escaped($f, -1));

    $field //= $f;
    my @ways = (
        [ 'plain', qq("$f":$v), $field ],
        [ 'escaped', qq("$esc":$v), $field ],
        [ 'escaped as a whole', qq("$all":$v), $field ],
        [ 'twice', qq("$f":$v,"$f":$v), $f ],
        [ 'twice, then escaped', qq("$f":$v,"$all":$v), $f ],
        [ 'twice, first null', qq("$f":null,"$esc":$v), $f ],
        [ 'in an array', qq("$f":[$v]), $f ],
        [ 'in itself', qq("$f":{"$f":$v}), $f eq 'prices'
          ? 'prices.prices prices.prices.USD' : $f ],
        [ 'a NUL behind', qq("$f\\u0000":$v), '' ],
        [ 'a raw NUL behind', qq("$f\0":$v), '' ],
    );

    # the buyer's own is only refused twice

    @ways = grep { $_->[0] =~ /^(?:twice|a )/ } @ways if $own;
    $rest =~ s/^\Q$CS\E,// if $own;

    push @cases, [ "tampering with $f, $_->[0]", $place,
                   "{$_->[1]" . ($rest ? ",$rest" : '') . '}',
                   "400 $_->[2]" ] for @ways;
}

push @cases, map { [ "tampering by form: $_->[1]", @$_[0, 1], "400 $_->[2]" ] }
    [ cancel_none_form => "orderId=ORD_$B22", 'orderId' ],
    [ cancel_none_form => percent('orderId') . "=ORD_$B22", 'orderId' ],
    [ cancel_none_form => "orderId[]=ORD_$B22", 'orderId' ],
    [ cancel_none_form => "orderId.x=ORD_$B22", 'orderId' ],
    [ cancel_none_form => "orderId%00=ORD_$B22", '' ],
    [ cancel_none_form => "x=1&orderId=ORD_$B22", 'orderId x' ],
    [ product_set_form => 'prices.USD.amount=0.01', 'prices.USD.amount' ],
    [ product_set_form => 'prices%5BUSD%5D[amount]=0.01',
      'prices.USD.amount' ],
    [ product_set_form => percent('prices') . '.USD.amount=0.01',
      'prices.USD.amount' ],
    [ product_set_form => 'prices[USD.amount]=0.01', 'prices.USD.amount' ],
    [ product_set_form => 'prices=0.01', 'prices' ],
    [ product_set_form => 'prices[]=0.01', 'prices' ],
    [ product_set_form => 'media[]=', 'media' ],
    [ token_drop_form => 'buyerIdentity=customer-35', 'buyerIdentity' ],
    [ token_drop_form => 'buyerIdentity[]=customer-34', 'buyerIdentity' ],
    [ token_drop_form => percent('buyerIdentity') . '=customer-35',
      'buyerIdentity' ];


# A place is a location's name with "_" for "/", and "_form" behind it.

sub place {
    my ($place) = @_;

    my $form = $place =~ s/_form$//;
    my $port = $place =~ s/_slug$// ? 3 : 0;
    my $args = $place =~ /_args$/;

    return ($args ? 'GET' : 'POST', '/' . $place =~ tr{_}{/}r,
            $args ? undef : $form ? $FORM : $JSON, $port);
}


# What the API answers, and the edge then says: a mode of the double, the
# status, and the start of what is told.  The second status is for an action
# that has no checkoutUrl.

my @answers = (
    [ [ 400 ],                   400, 'Missing required fields' ],
    [ [ 400, message => 'Order cannot be canceled: completed' ],
                                 400, 'Order cannot be canceled: completed' ],
    [ [ 401 ],                   502, 'checkout is not available' ],
    [ [ 403 ],                   502, 'checkout is not available' ],
    [ [ 404 ],                   404, 'Session not found' ],
    [ [ 409 ],                   409, 'the same checkout is being made' ],
    [ [ 429 ],                   429, 'too many checkouts at once' ],
    [ [ 429, retry_after => 7 ], 429, 'too many checkouts at once' ],
    [ [ 500 ],                   502, 'the payment service is not' ],
    [ [ 501 ],                   502, 'the payment service is not' ],
    [ [ 502 ],                   502, 'the payment service is not' ],
    [ [ 503 ],                   503, 'the payment service is not' ],
    [ [ 504 ],                   504, 'the payment service did not' ],
    [ [ 418 ],                   502, 'checkout is not available' ],
    [ [ 302 ],                   502, 'checkout is not available' ],
    [ [ 204 ],                   502, 'checkout is not available' ],
    [ [ 'null_data' ],           502, 'checkout is not available' ],
    [ [ 'empty_data' ],          502, 'checkout is not available' ],
    [ [ 'empty_200' ],           502, 'checkout is not available' ],
    [ [ 'array_root' ],          502, 'checkout is not available' ],
    [ [ 'errors_with_200' ],     502, 'checkout is not available' ],
    [ [ 'not_json' ],            502, 'checkout is not available' ],
    [ [ 'bad_json' ],            502, 'checkout is not available' ],
    [ [ 'trailing_json' ],       502, 'checkout is not available' ],
    [ [ 'wrong_type' ],          502, 'checkout is not available' ],
    [ [ 'gzip' ],                502, 'checkout is not available' ],
    [ [ 'oversize_length' ],     502, 'checkout is not available' ],
    [ [ 'cut_length' ],          502, 'checkout is not available' ],
    [ [ 'close_before_header' ], 502, 'the payment service is not' ],
);

my %WAIT = (409 => 1, 429 => 5, 503 => 5);

# Without the member that the action is asked for.

my @PROMISED = ([ tax => 'total' ], [ cancel => 'status' ],
                [ end => 'status' ], [ token => 'token' ],
                [ product => 'product' ], [ sub => 'checkoutUrl' ]);


# pancake_require: fields of the header and whether they are enough.

my @staff = (
    [ 0 ], [ 0, 'X-Staff' => '' ], [ 0, 'X-Staff' => '0' ],
    [ 1, 'X-Staff' => '1' ], [ 1, 'X-Staff' => 'anna' ],
    [ 1, 'X-Staff' => '00' ],
);

my @two = (
    [ 0 ], [ 0, 'X-Staff' => '1' ], [ 0, 'X-Second' => '1' ],
    [ 0, 'X-Staff' => '1', 'X-Second' => '0' ],
    [ 1, 'X-Staff' => '1', 'X-Second' => '1' ],
);


# nginx -t.

sub not_everybody {
    qq(action "$_[0]" is not for everybody, add "pancake_require" with a )
    . 'variable that tells who may, or "pancake_require on" when access is '
    . 'controlled elsewhere';
}

sub no_slug {
    qq(action "$_[0]" cannot be called with "pancake_store_slug", use )
    . '"pancake_private_key"';
}

sub no_accept {
    qq(action "$_[0]" has no field "$_[1]", remove it from "pancake_accept");
}

my $KEY = "%%CREDENTIALS%%\n";
my $SLUG = "pancake_store_slug my-store test;\n";
my %OFFICE = map { $_ => 1 } qw( cancel-order cancel-subscription
                                 create-product issue-session-token );

my @refused = (
    (map { [ "$_ for everybody", $KEY, "pancake_checkout $_; # HERE",
             not_everybody($_) ] } sort keys %OFFICE),
    (map { [ "$_ by slug", $SLUG . "pancake_require on;\n",
             "pancake_checkout $_; # HERE", no_slug($_) ] }
        sort keys %OFFICE, qw( create-order create-subscription )),
    [ 'create-session create-subscription by slug', $SLUG,
      "pancake_set productId %%PRODUCT%%; pancake_set currency USD;\n"
      . 'pancake_checkout create-session create-subscription; # HERE',
      no_slug('create-subscription') ],
    (map { [ "$_->[0] does not accept $_->[1]", $KEY,
             "pancake_checkout $_->[0]; pancake_require on;\n"
             . "pancake_accept $_->[1]; # HERE", no_accept(@$_) ] }
        [ 'preview-tax', 'productId' ], [ 'preview-tax', 'buyerEmail' ],
        [ 'preview-tax', 'orderId' ], [ 'create-subscription', 'orderId' ],
        [ 'create-subscription', 'productId' ],
        [ 'cancel-order', 'originOrderId' ], [ 'cancel-order', 'storeId' ],
        [ 'cancel-subscription', 'checkoutSessionId' ],
        [ 'create-product', 'productId' ],
        [ 'create-product', 'priceSnapshot' ],
        [ 'create-product', 'variables.a' ],
        [ 'issue-session-token', 'metadata' ],
        [ 'issue-session-token', 'buyerEmail' ]),
    (map { [ "$_->[0] has no $_->[1] to set", $KEY,
             "pancake_checkout $_->[0]; pancake_require on;\n"
             . "pancake_set $_->[1] \$host; # HERE",
             qq(action "$_->[0]" has no field "$_->[1]", remove its )
             . '"pancake_set"' ] }
        [ 'preview-tax', 'buyerEmail' ], [ 'cancel-order', 'productId' ],
        [ 'create-product', 'expiresInSeconds' ],
        [ 'issue-session-token', 'currency' ]),
    (map { [ "$_->[0]: $_->[1] $_->[2]", $KEY,
             "pancake_checkout $_->[0]; pancake_require on;\n"
             . qq(pancake_set $_->[1] "$_->[2]"; # HERE),
             qq(field "$_->[3]" in "pancake_set" $_->[4]) ] }
        [ 'cancel-order', 'orderId', 'ORD_1', 'orderId',
          'must be ORD_ and 22 letters or digits' ],
        [ 'issue-session-token', 'buyerIdentity', 'x' x 257, 'buyerIdentity',
          'must have 1 to 256 characters, no control characters' ],
        [ 'create-product', 'name', 'x' x 65, 'name',
          'must have 1 to 64 characters, no control characters' ],
        [ 'create-product', 'prices.USD.amount', '1,00', 'prices.USD.amount',
          'must be a positive decimal amount as a string, such as 29.00' ],
        [ 'create-product', 'prices.usd.amount', '1.00', 'prices.usd',
          'must be three capital letters, such as USD' ],
        [ 'create-product', 'prices.USD.taxIncluded', 'maybe',
          'prices.USD.taxIncluded', 'must be true or false' ],
        [ 'create-product', 'prices.JPY.amount', '1.00', 'prices',
          'has an amount with more digits after the point than its '
          . 'currency' ],
        [ 'create-product', 'successUrl', 'ftp://a.example/', 'successUrl',
          'must be a URL of at most 512 characters' ]),
    (map { [ "set $_->[0]", $KEY, "pancake_set $_->[0] x; # HERE",
             qq(field "$_->[0]" $_->[1]) ] }
        [ 'prices', 'in "pancake_set" directive is an object, set its '
          . 'members one by one as "prices.NAME"' ],
        [ 'prices.USD', 'in "pancake_set" directive is an object, set its '
          . 'members one by one as "prices.USD.NAME"' ],
        [ 'media', 'in "pancake_set" directive is a list of objects, which '
          . 'only a quote or an accepted request can give' ],
        [ 'media.0', 'in "pancake_set" directive is a list of objects, which '
          . 'only a quote or an accepted request can give' ],
        [ 'media.0.url', 'in "pancake_set" directive is a list of objects, '
          . 'which only a quote or an accepted request can give' ],
        [ 'prices.USD.trialAmount', 'cannot be set by "pancake_set" '
          . 'directive, it is for subscriptions only' ]),
    (map { [ "unknown $_", $KEY, "pancake_accept $_; # HERE",
             qq(unknown field "$_" in "pancake_accept" directive) ] }
        'prices.', 'prices.USD.x', 'prices.USD.amount.x', 'media.x.y',
        'orderId.x', 'product'),
);

# What a merchant gives away; on the staff's own fields there is nothing.

my @risks = (
    [ 'cancel-order', 'orderId', 'the orders of other buyers' ],
    [ 'cancel-subscription', 'orderId', 'the orders of other buyers' ],
    [ 'issue-session-token', 'buyerIdentity',
      'who they are, also somebody else' ],
    [ 'issue-session-token', 'storeId', 'the store' ],
    [ 'create-subscription', 'successUrl',
      'the page, on this site, where buyers land' ],
    [ 'issue-session-token', 'productId' ],
    (map { [ 'create-product', $_ ] }
        qw( storeId name description prices prices.USD prices.USD.amount
            media media.0 media.0.url successUrl metadata metadata.a )),
    [ 'preview-tax', 'checkoutSessionId', undef,
      'action "preview-tax" is documented for "pancake_store_slug" only' ],
);

my @good = (
    [ 'inherited', $KEY . "pancake_require \$remote_user;\n",
      'pancake_checkout cancel-order;' ],
    [ 'elsewhere', $KEY . "pancake_require on;\n",
      'pancake_checkout issue-session-token;' ],
    [ 'a variable instead of elsewhere', $KEY . "pancake_require on;\n",
      "pancake_checkout create-product;\npancake_require \$remote_user;" ],
    [ 'preview-tax by slug', $SLUG, 'pancake_checkout preview-tax;' ],
    [ 'nothing accepted of an outer level', $KEY
      . "pancake_accept orderId storeId withTrial;\n",
      'pancake_checkout create-subscription;' ],
    [ 'nothing set of an outer level', $KEY
      . "pancake_set orderId \$arg_a; pancake_set metadata.a \$arg_b;\n",
      'pancake_checkout create-subscription;' ],
);


$s->sandbox(slug => 'my-store-abc123');

$t->plan(@cases + 8 * @ACTIONS + 2 * 6 + 2 * (@ACTIONS - 1)
         + 5 * @answers * @ACTIONS + 2 * @PROMISED
         + 3 * @staff * (@OFFICE + 1) + 2 * @two + 2 * @OFFICE
         + 2 * @READS + 3 * @WRITES + 2
         + 2 * @ACTIONS + 2 * @WRITES + 2 * 3 + 2
         + @refused + @risks + @good + 2
         + 2 * 9 + 2 * 8 + 3 + 6 + 6 + 2)
  ->secret('customer-34')->backend(1)
  ->mode_for('/create-product', ok => data => [ [ product => \$MADE ] ]);

$t->run;

my $called = 0;


# What happened, in the words of the table.

sub outcome {
    my ($place, $text, @headers) = @_;
    my ($method, $uri, $type, $port) = place($place);

    $t->clear_requests;

    my $r = $t->send_request($method, $method eq 'GET' ? "$uri?$text" : $uri,
                             $method eq 'GET' ? undef : $text,
                             -port => $port, 'Content-Type' => $type,
                             @headers);
    my @requests = $t->requests;
    $called += @requests;

    my $json = $r->json || {};
    my $last = $requests[-1];

    if ($r->status == 302 || $r->status == 200) {
        return $r->status . ' without a call' unless $last;
        return '302 to elsewhere' if $r->status == 302
            && ($r->location // '') ne $last->checkout_url;
        return '200 without data' if $r->status == 200
            && ref $json->{data} ne 'HASH';

        my $got = join ' ', map { $_->body } @requests;
        my $session = @requests > 1 ? $requests[0]->session_id : '';
        $got =~ s/"\Q$session\E"/"%SESSION%"/ if $session;
        return $got;
    }

    my $errors = $json->{errors} || [];
    my @fields = sort map { $_->{field} // () } @$errors;

    return join '', $r->status, " @fields",
        @$errors && @fields && @fields != @$errors ? ' and no field' : '',
        @requests ? ' after a call' : '';
}


for my $case (@cases) {
    my ($name, $place, $text, $expected, @headers) = @$case;

    (my $short = $name) =~ s/(.)\1{30,}/$1.../g;
    $short =~ s/[^\x20-\x7e]/?/g;
    $short = substr($short, 0, 100);

    is(outcome($place, $text, @headers), $expected, "$short ($place)");
}


# What goes over the wire beside the body, and comes back.

for my $action (@ACTIONS) {
    my ($path, $body) = @{ $ACTION{$action} };
    my $reads = grep { $_ eq $action } @READS;

    $t->clear_requests;

    my $r = $t->post_json("/$action", $body, Accept => 'text/html',
                          Authorization => 'Bearer buyers-own-token',
                          'X-Environment' => 'prod');
    my @requests = $t->requests;
    my $req = $requests[0];

    is(scalar @requests, 1, "$action: one call");
    is($req->line, "POST /v1/actions/$path HTTP/1.1", "$action: line");
    is($req->signature_ok, 1, "$action: signature");
    is(join(' ', sort map { lc } $req->names),
       'accept accept-encoding content-length content-type host user-agent '
       . ($reads ? '' : 'x-idempotency-key ')
       . 'x-merchant-id x-signature x-timestamp', "$action: header");
    is($r->status, $action eq 'sub' ? 302 : 200, "$action: status");
    is($r->header('Cache-Control'), 'no-store', "$action: Cache-Control");
    is($r->header('Content-Type'), $action eq 'sub' ? undef : $JSON,
       "$action: type");

    my $seq = $req->{seq};
    my %data = (
        tax     => '"subtotal":"29.00","taxAmount":"2.61","total":"31.61",'
                   . '"taxRate":0.09',
        cancel  => qq($ORD,"status":"canceled"),
        end     => qq($ORD,"status":"canceled"),
        product => qq("ok":true,"product":$MADE),
        token   => qq("token":"SESSION-TOKEN-$seq-abcdefgh","expiresAt":""),
        sub     => '',
    );

    is($r->body =~ s/"expiresAt":"[^"]*"/"expiresAt":""/r,
       $action eq 'sub' ? '' : "{\"data\":{$data{$action}}}",
       "$action: answer");
    $called++;
}

# An action without a checkoutUrl is answered as JSON, whatever is asked for.

for my $case ([ '/reply/redirect', 'text/html', 200 ],
              [ '/reply/redirect', 'application/json', 200 ],
              [ '/tax', 'application/json;q=0', 200 ],
              [ '/reply/json', 'text/html', 200 ],
              [ '/sub', 'application/json', 200 ],
              [ '/sub', 'text/html', 302 ]) {
    my ($uri, $accept, $status) = @$case;

    my $r = $t->post_json($uri, "{$CS,$DE}", Accept => $accept);
    $called++;

    is($r->status, $status, "$uri, Accept: $accept: status");
    is(ref(($r->json || {})->{data}), $status == 200 ? 'HASH' : '',
       "$uri, Accept: $accept: data");
}

# The API's notices with a success are not the buyer's.

for my $action (@ACTIONS) {
    next if $action eq 'product';

    $t->mode('warnings');
    my $r = $t->post_json("/$action", $ACTION{$action}[1],
                          Accept => 'application/json');
    $called++;
    is($r->status . ' ' . join(' ', sort keys %{ $r->json }), '200 data',
       "$action: warnings");

    $t->mode('chunked');
    $r = $t->post_json("/$action", $ACTION{$action}[1],
                       Accept => 'application/json');
    $called++;
    is($r->status, 200, "$action: in chunks");
}


# Answers that are none.

for my $action (@ACTIONS) {
    for my $case (@answers) {
        my ($mode, $status, $text) = @$case;
        my ($what, %opt) = @$mode;
        my $name = "$action, API: @$mode";

        $t->clear_requests->mode($what, %opt);

        my $r = $t->post_json("/$action", $ACTION{$action}[1],
                              Accept => 'application/json');
        my $calls = $t->requests;
        $called += $calls;

        my $json = $r->json || {};
        my $message = ref $json->{errors} eq 'ARRAY'
                      ? $json->{errors}[0]{message} // '' : '';

        is($r->status, $status, "$name: status");
        is(substr($message, 0, length $text), $text, "$name: message");
        is($r->header('Retry-After'), $opt{retry_after} // $WAIT{$status},
           "$name: Retry-After");
        is(exists $json->{data} && !defined $json->{data} ? 1 : 0, 1,
           "$name: no data");
        is($calls, 1, "$name: one call");
    }
}

for my $case (@PROMISED) {
    my ($action, $member) = @$case;

    $t->mode('ok', data => [ [ $member ], [ other => 'x' ] ]);

    my $r = $t->mark->post_json("/$action", $ACTION{$action}[1]);
    $called++;

    is($r->status, 502, "$action without $member: status");
    like(join(' ', map { $_->[1] } $t->wait_for_message(qr/502/)),
         $member eq 'checkoutUrl' ? qr/has no string "$member"/
                                  : qr/the API's answer has no "$member"/,
         "$action without $member: log");
}

$t->mode('ok')->mode_for('/create-product', ok =>
                         data => [ [ product => \$MADE ] ]);


# Who may: nothing is read, nothing is called.

for my $action (@OFFICE, 'tax') {
    for my $case (@staff) {
        my ($may, @headers) = @$case;
        my $name = "staff: $action, @headers";

        my $r = $t->clear_requests->post_json("/staff/$action",
                                              $ACTION{$action}[1], @headers);
        my $calls = $t->requests;
        $called += $calls;

        is($r->status, $may ? 200 : 403, "$name: status");
        is($calls, $may, "$name: calls");
        is($may || $r->json->{errors}[0]{message}, $may
           || 'access is not granted', "$name: message");
    }
}

for my $case (@two) {
    my ($may, @headers) = @$case;

    my $r = $t->clear_requests->post_json('/staff/two', "{$ORD}", @headers);
    my $calls = $t->requests;
    $called += $calls;

    is($r->status, $may ? 200 : 403, "staff: two, @headers: status");
    is($calls, $may, "staff: two, @headers: calls");
}

# before anything of the body is judged

for my $action (@OFFICE) {
    is($t->post_json("/staff/$action", '{"x":')->status, 403,
       "staff: $action, a broken body of nobody");
    is($t->post_json("/staff/$action", '{"x":', 'X-Staff' => 1)->status, 400,
       "staff: $action, a broken body");
}


# Idempotency: a write has a key, and is the same thing again for the same
# order; a new product is a new one unless the client says otherwise.

sub key_of {
    my ($action, $body, @headers) = @_;

    $t->clear_requests->post_json("/$action", $body, @headers);
    my ($req) = $t->requests;
    $called++;

    return $req->header('X-Idempotency-Key') // 'none';
}

for my $action (@READS) {
    my $body = $ACTION{$action}[1];

    is(key_of($action, $body), 'none', "key: $action");
    is(key_of($action, $body, 'Idempotency-Key' => 'k34'), 'none',
       "key: $action, the client's");
}

for my $action (@WRITES) {
    my $body = $ACTION{$action}[1];
    my @keys = (key_of($action, $body), key_of($action, $body),
                key_of($action, $body, 'Idempotency-Key' => 'k34'),
                key_of($action, $body, 'Idempotency-Key' => 'k34'));

    like("@keys", qr/^[A-Za-z0-9_-]{43}( [A-Za-z0-9_-]{43}){3}\z/,
         "key: $action");
    is($keys[0] eq $keys[1] ? 'same' : 'other',
       $action eq 'product' ? 'other' : 'same', "key: $action, again");
    is($keys[2] eq $keys[3] && $keys[2] ne $keys[0] ? 'same' : 'other',
       'same', "key: $action, the client's");
}

isnt(key_of(cancel => "{$ORD}"), key_of(end => "{$ORD}"),
     'key: another action');
isnt(key_of(cancel => "{$ORD}"),
     key_of(cancel => '{"orderId":"ORD_0123456789ABCDEFabcdeg"}'),
     'key: another order');


# What only reads is repeated without a key, what writes with one only.

for my $action (@ACTIONS) {
    my $body = $ACTION{$action}[1];
    my $writes = grep { $_ eq $action } @WRITES;

    for my $way ([ again => 3 ], [ once => $writes ? 1 : 3 ]) {
        my ($where, $calls) = @$way;

        $t->clear_requests->mode([ 500 ], [ 'close_before_header' ],
                                 [ 'ok', data => [ [ product => \$MADE ] ] ]);

        my $r = $t->post_json("/$where/$action", $body,
                              Accept => 'application/json');
        my @requests = $t->requests;
        $called += @requests;

        is($r->status . ' after ' . @requests,
           $calls == 3 ? '200 after 3' : '502 after 1',
           "repeated: $where/$action");

        next unless $writes && $where eq 'again';

        my %keys = map { ($_->header('X-Idempotency-Key') // '') => 1 }
                   @requests;

        is(scalar keys %keys, 1, "repeated: $action, one key");
        is(join(' ', sort keys %keys) =~ /^\S{43}\z/ ? 1 : 0, 1,
           "repeated: $action, a key");
    }
}

for my $status (400, 404, 429) {
    $t->clear_requests->mode($status);

    my $r = $t->post_json('/again/tax', "{$CS,$DE}");
    my $calls = $t->requests;
    $called += $calls;

    is($r->status, $status, "not repeated: $status");
    is($calls, 1, "not repeated: $status: one call");
}

# Names in the log, not what they stand for.

$t->mode('ok');
$t->mark;
$t->post_json('/token/set', '{}', 'X-User' => "customer-34\x7f");
is_deeply([ $t->wait_for_message(qr/buyerIdentity/) ],
   [ [ 'error', 'pancake checkout: 500, field "buyerIdentity" as set by '
       . '"pancake_set" must have 1 to 256 characters, no control '
       . 'characters' ] ], 'log: whose fault, not who');

# A call that came after its test had looked would be counted here.

$t->clear_requests;
$t->post_json('/tax', "{$CS,$DE}");
is(($t->requests)[0]{seq}, $called + 1, 'no call has come too late');


# nginx -t

for my $case (@refused) {
    my ($name, $server, $location, $message) = @$case;

    $name =~ s/(.)\1{30,}/$1.../g;
    $t->must_fail_config("${server}location = /a {\n$location\n}\n",
                         "$message in %%HERE%%", "nginx -t: $name");
}

for my $case (@risks) {
    my ($action, $field, $risk, $other) = @$case;

    $t->warns_config("${KEY}location = /a {\n"
        . "pancake_checkout $action; pancake_require on; "
        . "pancake_accept $field; # HERE\n}\n",
        $other ? "$other in %%HERE%%" : (),
        $risk ? qq("pancake_accept" lets every buyer set "$field": $risk )
                . 'in %%HERE%%' : ());
}

for my $case (@good) {
    my ($name, $server, $location) = @$case;
    $t->warns_config("${server}location = /a {\n$location\n}\n");
}

# A risk is told of where a location uses it, once.

$t->warns_config(<<"EOT",
$KEY
pancake_require on;
pancake_accept buyerEmail
               orderId; # HERE
location = /a { pancake_checkout cancel-order; }
location = /b { pancake_checkout cancel-subscription; }
location = /c { pancake_checkout create-subscription; }
EOT
    '"pancake_accept" lets every buyer set "orderId": the orders of other '
    . 'buyers in %%HERE%%');

$t->warns_config(<<"EOT");
$KEY
pancake_accept orderId buyerIdentity storeId withTrial;
location = /c { pancake_checkout create-subscription; }
EOT


# Something happens, or not, at an API that remembers.

$s->run;

sub orders { map { $_->{id} => $_ } @{ $s->sandbox_get('orders') } }
sub calls  { @{ $s->sandbox_get('requests') } }

sub told { # status and first message, or nothing
    my ($r) = @_;
    my $errors = ($r->json || {})->{errors} || [];
    return join ' ', $r->status, map { $_->{message} } @$errors;
}

# a session, its tax, its order

for my $way ([ JSON => sub { $s->post_json(@_) } ],
             [ form => sub {
                   my ($uri, $text, %h) = @_;
                   my $in = JSON::PP->new->utf8->decode($text);
                   my $detail = delete $in->{billingDetail};
                   $detail->{isBusiness} = $detail->{isBusiness} ? 1 : 0
                       if $detail;
                   return $s->post_form($uri, [ %$in, map {
                       ("billingDetail.$_" => $detail->{$_}) }
                       sort keys %{ $detail || {} } ], %h);
               } ]) {
    my ($name, $post) = @$way;

    $s->sandbox_post('reset');

    my $made = $post->('/buy', qq({"currency":"USD",)
        . '"productId":"PROD_00000000000ClubMonthly"}', -port => 3,
        Accept => 'application/json');
    my $id = ($made->json->{data} || {})->{sessionId};

    is($made->status, 200, "$name: a session");

    my $tax = $post->('/tax', qq({"checkoutSessionId":"$id",$DE}),
                      -port => 3);
    is($tax->body, '{"data":{"subtotal":"9.00","taxAmount":"1.80",'
       . '"total":"10.80","taxRate":0.2}}', "$name: its tax");

    $tax = $post->('/tax', qq({"checkoutSessionId":"$id","billingDetail":)
        . '{"country":"US","state":"NY","isBusiness":false}}', -port => 3);
    is($tax->json->{data}{total}, '9.81', "$name: its tax elsewhere");

    my %before = orders();
    my $order = $post->('/sub', qq({"checkoutSessionId":"$id",$DE}));
    my %after = orders();
    my ($new) = grep { !$before{$_->{id}} } values %after;

    is($order->status, 302, "$name: its order");
    is(join(' ', map { $_ // '' } @$new{qw( type status productId amount
                                            sessionId buyerIp )}),
       "subscription pending PROD_00000000000ClubMonthly 9.00 $id 127.0.0.1",
       "$name: that order");

    # and it can be given up, once

    is($post->('/end', qq({"orderId":"$new->{id}"}))->body,
       qq({"data":{"orderId":"$new->{id}","status":"canceled"}}),
       "$name: cancelled");
    is({ orders() }->{ $new->{id} }{status}, 'canceled',
       "$name: cancelled indeed");
    is(told($post->('/end', qq({"orderId":"$new->{id}"}),
                    'Idempotency-Key' => 'k-2')),
       '400 Order cannot be canceled in its current status: canceled',
       "$name: not twice");
    is(join(' ', map { @{ $_->{notes} } } calls()), '',
       "$name: nothing odd on the wire");
}

$s->sandbox_post('reset');

# which orders, and how they end

for my $case (
    [ cancel => 'ORD_000000000000000pending',   200, 'canceled' ],
    [ cancel => 'ORD_0000000000000completed',   400, 'completed' ],
    [ end    => 'ORD_0000000000000000active',   200, 'canceling' ],
    [ end    => 'ORD_000000000000000pastdue',   200, 'canceling' ],
    [ end    => 'ORD_0000000000000000closed',   400, 'closed' ],
    [ cancel => 'ORD_5dXBtmF2HLlHfbPNm0Wcnz',   404, 'active' ],
    [ cancel => 'ORD_0000000000000000000404',   404, undef ],
    [ end    => 'ORD_0000000000000000000403',   502, undef ],
) {
    my ($action, $id, $status, $then) = @$case;

    my $r = $s->post_json("/$action", qq({"orderId":"$id"}));
    my %orders = orders();

    is($r->status, $status, "$action $id: status");
    is(($orders{$id} || {})->{status}, $then, "$action $id: the order");
}

# nobody, no effect

my $before = $s->sandbox_get('state')->{requests};
is($s->post_json('/staff/end',
                 '{"orderId":"ORD_5dXBtmF2HLlHfbPNm0Wcnz"}')->status, 403,
   'not the staff: status');
is({ orders() }->{ORD_5dXBtmF2HLlHfbPNm0Wcnz}{status}, 'active',
   'not the staff: no effect');
is($s->sandbox_get('state')->{requests}, $before, 'not the staff: no call');

# a product, which can then be bought

my $product = $s->post_json('/product', "{$STO,$NAME,\"description\":null,"
    . '"prices":{"USD":{"amount":"12.50","taxCategory":"saas",'
    . '"taxIncluded":false}},"media":[{"type":"image",'
    . '"url":"https://a.example/1.png"}],"metadata":{"sku":"A1"}}');
my $made = ($product->json->{data} || {})->{product} || {};

is($product->status, 200, 'a product: status');
like($made->{id} // '', qr/^PROD_[0-9A-Za-z]{22}\z/, 'a product: its id');
is(join(' ', $made->{name}, $made->{storeId}, $made->{metadata}{sku},
        $made->{prices}{USD}{amount}, $made->{media}[0]{type}),
   "Pancakes STO_$B22 A1 12.50 image", 'a product: what was said of it');

my $bought = $s->post_json('/buy',
                           qq({"productId":"$made->{id}","currency":"USD"}),
                           Accept => 'application/json');
is($bought->status, 200, 'a product: bought');
is($s->sandbox_get('sessions')->[-1]{amount}, '12.50', 'a product: price');
is(told($s->post_json('/product', qq({"storeId":"STO_0000000000000000000404")
                      . qq(,$NAME,$PRICES}))), '404 Store not found',
   'a product: of no store');

# a token

my $token = $s->post_json('/token', "{$WHO,$STO}");
my $data = $token->json->{data} || {};

$s->secret($data->{token} // 'no token');
is($token->status, 200, 'a token: status');
is(join(' ', sort keys %$data), 'expiresAt token', 'a token: data');
is($s->sandbox_get('state')->{tokens}, 1, 'a token: made');
is(told($s->post_json('/token', qq({$WHO,"productId":"PROD_)
                      . '0000000000000000000404"}')), '404 Product not found',
   'a token: for no product');
is($s->post_json('/token/set', '{}')->status, 400, 'a token: nobody');
is($s->sandbox_get('state')->{tokens}, 1, 'a token: not for nobody');

# both steps of a subscription in one

$s->sandbox_post('reset');
is($s->post_json('/chain', "{$DE}")->status, 400,
   'chain: a one-time product is refused as a subscription');
is($s->sandbox_get('state')->{orders}, 0, 'chain: no order');
