# What a buyer may send and what the API then gets: every field, type, limit
# and rule of the wire contract, sections 3, 6, 10 and 11.  The tables are
# written by hand from the contract's text.
#
# A case is a name, a place (a key of %PLACE), what the buyer sends, and what
# is expected: "400 FIELD ..." with all fields of the error, in alphabetical
# order, and no call; or the exact bytes that the API gets.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use Test::More;

my $t = PancakeTest->new->conf(<<'EOC');
server {
    listen 127.0.0.1:%%PORT_0%%;
    server_name localhost;

    %%CREDENTIALS%%
    %%RETRY_OFF%%

    # the buyer may set everything

    location = /open {
        pancake_checkout create-session;
        pancake_accept productId currency storeId productType priceSnapshot
                       withTrial successUrl expiresInSeconds metadata
                       orderMerchantExternalId includePaymentMethods
                       excludePaymentMethods originOrderId changeTiming
                       changeAmount changeCreditAmount;
    }

    # links; what nginx itself logs of them is the merchant's to decide

    location = /args {
        pancake_checkout create-session;
        pancake_input args;
        pancake_accept productId currency expiresInSeconds metadata
                       includePaymentMethods;
        access_log off;
    }

    location = /shop {
        pancake_checkout create-session;
        pancake_set productId %%PRODUCT%%;
        pancake_set currency USD;
    }

    location = /drop {
        pancake_checkout create-session;
        pancake_set productId %%PRODUCT%%;
        pancake_set currency USD;
        pancake_unknown_fields drop;
    }

    location = /order {
        pancake_checkout create-order;
        pancake_accept successUrl;
    }

    location = /chain {
        pancake_checkout create-session create-order;
        pancake_set productId %%PRODUCT%%;
        pancake_set currency USD;
        pancake_accept successUrl;
    }

    location = /chain-open {
        pancake_checkout create-session create-order;
        pancake_accept productId currency priceSnapshot originOrderId;
    }

    %%API_LOCATION%%
}

server {
    listen 127.0.0.1:%%PORT_2%%;
    server_name localhost;

    pancake_store_slug my-store-abc123 test;
    %%RETRY_OFF%%

    location = /slug {
        pancake_checkout create-session;
        pancake_accept productId currency storeId productType priceSnapshot
                       withTrial successUrl expiresInSeconds metadata
                       orderMerchantExternalId includePaymentMethods
                       excludePaymentMethods originOrderId changeTiming
                       changeAmount changeCreditAmount;
    }

    %%API_LOCATION%%
}
EOC

my $JSON = 'application/json';
my $FORM = 'application/x-www-form-urlencoded';

my %PLACE = (
    open        => [ POST => '/open', $JSON ],
    open_form   => [ POST => '/open', $FORM ],
    args        => [ GET => '/args' ],
    shop        => [ POST => '/shop', $JSON ],
    shop_form   => [ POST => '/shop', $FORM ],
    drop        => [ POST => '/drop', $JSON ],
    drop_form   => [ POST => '/drop', $FORM ],
    order       => [ POST => '/order', $JSON ],
    order_form  => [ POST => '/order', $FORM ],
    chain       => [ POST => '/chain', $JSON ],
    chain_form  => [ POST => '/chain', $FORM ],
    chain_open  => [ POST => '/chain-open', $JSON ],
    slug        => [ POST => '/slug', $JSON, 2 ],
);

my $P = $t->product;
my $PROD = qq("productId":"$P");
my $BASE = qq($PROD,"currency":"USD");
my $EUR = qq($PROD,"currency":"EUR");
my $JPY = qq($PROD,"currency":"JPY");
my $CNY = qq($PROD,"currency":"CNY");
my $FBASE = "productId=$P&currency=USD";

my $B22 = '0123456789ABCDEFabcdef';             # 22 of base62
my $ORD = qq("originOrderId":"ORD_$B22");
my $SESSION = 'cs_550e8400-e29b-41d4-a716-446655440000';
my $CS = qq("checkoutSessionId":"$SESSION");
my $IP = '"buyerIp":"127.0.0.1"';
my $DE = '"billingDetail":{"country":"DE","isBusiness":false}';
my $MAIL = 'marked-buyer@example.com';
my $TAX = '"taxCategory":"saas"';

my $E = "\xc3\xa9";                             # one character, two bytes
my $CAKE = "\xf0\x9f\xa5\x9e";                  # one character, four bytes

my @cases;


# Bodies that are passed on as they stand.

sub same {
    my ($name, $place, @members) = @_;
    my $body = '{' . join(',', @members) . '}';
    push @cases, [ $name, $place, $body, $body ];
}

# To create-order, which gets the client's address, too.

sub same_order {
    my ($name, @members) = @_;
    my $body = '{' . join(',', @members);
    push @cases, [ $name, 'order', "$body}", "$body,$IP}" ];
}

# Refused: "fields" are separated by blanks.

sub refused {
    my ($name, $place, $fields, @members) = @_;
    my $body = '{' . join(',', @members) . '}';
    push @cases, [ $name, $place, $body, "400 $fields" ];
}

# The bytes themselves.

sub raw_refused {
    my ($name, $place, $fields, $body) = @_;
    push @cases, [ $name, $place, $body, "400 $fields" ];
}

sub raw {
    my ($name, $place, $body, $got) = @_;
    push @cases, [ $name, $place, $body, $got ];
}

sub billing {
    my ($country, $business, @more) = @_;
    return '"billingDetail":{' . join(',', qq("country":"$country"),
                                      qq("isBusiness":$business), @more) . '}';
}

sub price { # amount as JSON text
    return qq("priceSnapshot":{"amount":$_[0],$TAX});
}

sub keys_of { # n keys for metadata
    return join ',', map { sprintf '"k%02d":"v"', $_ } 1 .. $_[0];
}


# productId, storeId, originOrderId: contract section 6, short ids.

same('the least', open => $BASE);
refused('productId missing', open => 'productId', '"currency":"USD"');
refused('productId of 21', open => 'productId',
        '"productId":"PROD_0123456789ABCDEFabcde"', '"currency":"USD"');
refused('productId of 23', open => 'productId',
        '"productId":"PROD_0123456789ABCDEFabcdefg"', '"currency":"USD"');
refused('productId with a hyphen', open => 'productId',
        '"productId":"PROD_0123456789ABCDEFabcde-"', '"currency":"USD"');
refused('productId with an underscore', open => 'productId',
        '"productId":"PROD_0123456789ABCDEFabcde_"', '"currency":"USD"');
refused('productId with a two-byte letter', open => 'productId',
        qq("productId":"PROD_0123456789ABCDEFabcd$E"), '"currency":"USD"');
refused('productId and a line break', open => 'productId',
        qq("productId":"$P\\n"), '"currency":"USD"');
refused('productId, lower-case prefix', open => 'productId',
        qq("productId":"prod_$B22"), '"currency":"USD"');
refused('productId, prefix of another kind', open => 'productId',
        qq("productId":"STO_$B22"), '"currency":"USD"');
refused('productId without a prefix', open => 'productId',
        qq("productId":"$B22"), '"currency":"USD"');
refused('productId as UUID', open => 'productId',
        '"productId":"550e8400-e29b-41d4-a716-446655440000"',
        '"currency":"USD"');
refused('productId empty', open => 'productId', '"productId":""',
        '"currency":"USD"');
refused('productId as number', open => 'productId', '"productId":5',
        '"currency":"USD"');
refused('productId null', open => 'productId', '"productId":null',
        '"currency":"USD"');
refused('productId as array', open => 'productId', qq("productId":["$P"]),
        '"currency":"USD"');
refused('productId as object', open => 'productId',
        qq("productId":{"id":"$P"}), '"currency":"USD"');

same('storeId', open => $BASE, qq("storeId":"STO_$B22"));
refused('storeId of 21', open => 'storeId', $BASE,
        '"storeId":"STO_0123456789ABCDEFabcde"');
refused('storeId, other prefix', open => 'storeId', $BASE,
        qq("storeId":"PROD_$B22"));
refused('storeId as number', open => 'storeId', $BASE, '"storeId":1');

same('plan change', open => $BASE, $ORD);
refused('originOrderId of 23', open => 'originOrderId', $BASE,
        qq("originOrderId":"ORD_${B22}0"));
refused('originOrderId, other prefix', open => 'originOrderId', $BASE,
        qq("originOrderId":"PAY_$B22"));
refused('originOrderId as UUID', open => 'originOrderId', $BASE,
        '"originOrderId":"550e8400-e29b-41d4-a716-446655440000"');


# currency

same("currency $_", open => $PROD, qq("currency":"$_"))
    for qw( USD EUR GBP HKD JPY CNY );
refused('currency missing', open => 'currency', $PROD);
refused('currency that cannot be charged', open => 'currency', $PROD,
        '"currency":"AUD"');
refused('currency that is none', open => 'currency', $PROD,
        '"currency":"ABC"');
refused('currency in lower case', open => 'currency', $PROD,
        '"currency":"usd"');
refused('currency of two letters', open => 'currency', $PROD,
        '"currency":"US"');
refused('currency of four letters', open => 'currency', $PROD,
        '"currency":"USDT"');
refused('two currencies', open => 'currency', $PROD,
        '"currency":"USD EUR"');
refused('currency with a blank', open => 'currency', $PROD,
        '"currency":"USD "');
refused('currency empty', open => 'currency', $PROD, '"currency":""');
refused('currency as number', open => 'currency', $PROD, '"currency":840');
refused('currency true', open => 'currency', $PROD, '"currency":true');


# productType and withTrial

same("productType $_", open => $BASE, qq("productType":"$_"))
    for qw( onetime subscription );
refused('productType unknown', open => 'productType', $BASE,
        '"productType":"rental"');
refused('productType in capitals', open => 'productType', $BASE,
        '"productType":"Onetime"');
refused('subscription in CNY', open => 'currency', $CNY,
        '"productType":"subscription"');
same('one-time in CNY', open => $CNY, '"productType":"onetime"');

same('withTrial true', open => $BASE, '"withTrial":true');
same('withTrial false', open => $BASE, '"withTrial":false');
same('withTrial of a subscription', open => $BASE,
     '"productType":"subscription"', '"withTrial":true');
refused('withTrial of a one-time product', open => 'withTrial', $BASE,
        '"productType":"onetime"', '"withTrial":true');
refused('withTrial as string', open => 'withTrial', $BASE,
        '"withTrial":"true"');
refused('withTrial as number', open => 'withTrial', $BASE, '"withTrial":1');
refused('withTrial null', open => 'withTrial', $BASE, '"withTrial":null');


# priceSnapshot: amounts and tax categories

same("amount $_", open => $BASE, price(qq("$_")))
    for qw( 29.00 29 29.5 0.01 0.10 1 10 100000 9999999.99 );

for ([ zero => '"0"' ], [ 'zero with digits' => '"0.00"' ],
     [ 'a leading zero' => '"01.00"' ], [ 'two leading zeros' => '"00.50"' ],
     [ 'no digit before the point' => '".50"' ],
     [ 'no digit after the point' => '"5."' ], [ 'only a point' => '"."' ],
     [ 'two points' => '"1.0.0"' ], [ 'a sign' => '"-1.00"' ],
     [ plus => '"+1.00"' ], [ 'an exponent' => '"1e3"' ],
     [ 'a comma' => '"1,00"' ], [ 'a blank' => '" 1.00"' ],
     [ 'a line break' => '"1.00\n"' ], [ 'a currency' => '"$1.00"' ],
     [ hexadecimal => '"0x10"' ], [ 'other digits' => '"\u0661"' ],
     [ 'nothing' => '""' ], [ 'three digits after it' => '"1.001"' ],
     [ 'three digits, the last 0' => '"1.000"' ],
     [ 'a number' => '29.00' ], [ 'an integer' => '29' ],
     [ 'null' => 'null' ], [ 'true' => 'true' ])
{
    my ($what, $text) = @$_;
    refused("amount: $what", open => 'priceSnapshot.amount', $BASE,
            price($text));
}

same('amount in JPY', open => $JPY, price('"4500"'));
refused('amount in JPY with one digit', open => 'priceSnapshot.amount', $JPY,
        price('"4500.0"'));
refused('amount in JPY with two digits', open => 'priceSnapshot.amount', $JPY,
        price('"4500.00"'));
same('amount in EUR', open => $EUR, price('"29.99"'));

same("category $_", open => $BASE,
     qq("priceSnapshot":{"amount":"29.00","taxCategory":"$_"}))
    for qw( digital_goods saas software ebook online_course consulting
            professional_service );
refused('category unknown', open => 'priceSnapshot.taxCategory', $BASE,
        '"priceSnapshot":{"amount":"29.00","taxCategory":"books"}');
refused('category in capitals', open => 'priceSnapshot.taxCategory', $BASE,
        '"priceSnapshot":{"amount":"29.00","taxCategory":"SaaS"}');
refused('price without category', open => 'priceSnapshot.taxCategory', $BASE,
        '"priceSnapshot":{"amount":"29.00"}');
refused('price without amount', open => 'priceSnapshot.amount', $BASE,
        '"priceSnapshot":{"taxCategory":"saas"}');
refused('price without anything', open =>
        'priceSnapshot.amount priceSnapshot.taxCategory', $BASE,
        '"priceSnapshot":{}');
refused('price with the removed taxIncluded', open =>
        'priceSnapshot.taxIncluded', $BASE,
        '"priceSnapshot":{"amount":"29.00","taxCategory":"saas",'
        . '"taxIncluded":true}');
refused('price with trialAmount', open => 'priceSnapshot.trialAmount', $BASE,
        '"priceSnapshot":{"amount":"29.00","taxCategory":"saas",'
        . '"trialAmount":"1.00"}');
refused('price with something else', open => 'priceSnapshot.total', $BASE,
        '"priceSnapshot":{"amount":"29.00","taxCategory":"saas",'
        . '"total":"1.00"}');
refused('price as string', open => 'priceSnapshot', $BASE,
        '"priceSnapshot":"29.00"');
refused('price as array', open => 'priceSnapshot', $BASE,
        '"priceSnapshot":[{"amount":"29.00","taxCategory":"saas"}]');
refused('price null', open => 'priceSnapshot', $BASE,
        '"priceSnapshot":null');
raw('price, members in any order', open =>
    qq({"priceSnapshot":{$TAX,"amount":"29.00"},"currency":"USD",$PROD}),
    qq({$BASE,"priceSnapshot":{"amount":"29.00",$TAX}}));


# buyerEmail

same('buyerEmail', shop => $BASE, qq("buyerEmail":"$MAIL"));
same('buyerEmail with a tag', shop => $BASE,
     '"buyerEmail":"marked-buyer+1@mail.example.com"');
refused("buyerEmail: $_->[0]", shop => 'buyerEmail', $BASE,
        qq("buyerEmail":$_->[1]))
    for [ empty => '""' ], [ 'no @' => '"marked-buyer"' ],
        [ 'two @' => '"marked-buyer@a@example.com"' ],
        [ 'no domain' => '"marked-buyer@"' ],
        [ 'no local part' => '"@example.com"' ],
        [ 'a blank' => '"marked buyer@example.com"' ],
        [ 'a line break' => '"marked-buyer@example.com\r\nBcc: x@y.z"' ],
        [ 'a tab' => '"marked-buyer\t@example.com"' ],
        [ 'with a name' => '"M <marked-buyer@example.com>"' ],
        [ 'a list' => '"marked-buyer@example.com,x@example.com"' ],
        [ number => '1' ], [ null => 'null' ], [ false => 'false' ],
        [ array => '["marked-buyer@example.com"]' ],
        [ object => '{"a":"marked-buyer@example.com"}' ];


# billingDetail at create-session: formats only

same('billingDetail, the least', shop => $BASE, $DE);
same('billingDetail of a business without name and number', shop => $BASE,
     billing('DE', 'true'));
same('billingDetail, everything', shop => $BASE,
     billing('DE', 'true', '"state":"Bayern"', '"postcode":"80331"',
             '"businessName":"marked-buyer GmbH"', '"taxId":"DE123456789"'));
same('US without state', shop => $BASE, billing('US', 'false'));
same('CA without state', shop => $BASE, billing('CA', 'false'));
same('US with state', shop => $BASE, billing('US', 'false', '"state":"NY"'));
same('CA with state', shop => $BASE, billing('CA', 'false', '"state":"ON"'));
same('a long state elsewhere', shop => $BASE,
     billing('DE', 'false', '"state":"Nordrhein-Westfalen"'));
refused("state $_->[0] in $_->[1]", shop => 'billingDetail.state', $BASE,
        billing($_->[1], 'false', qq("state":"$_->[0]")))
    for [ ny => 'US' ], [ 'New York' => 'US' ], [ N => 'US' ],
        [ NYC => 'US' ], [ N1 => 'US' ], [ 'N ' => 'US' ], [ on => 'CA' ],
        [ Ontario => 'CA' ], [ $E => 'US' ];

refused("country $_", shop => 'billingDetail.country', $BASE,
        qq("billingDetail":{"country":"$_","isBusiness":false}))
    for '', 'D', 'de', 'De', 'DEU', 'Germany', 'D1', '--', 'UK', 'EL', 'XX',
        'ZZ', 'EU', 'DE ', "\xc3\x84";
refused('country missing', shop => 'billingDetail.country', $BASE,
        '"billingDetail":{"isBusiness":false}');
refused('country as number', shop => 'billingDetail.country', $BASE,
        '"billingDetail":{"country":276,"isBusiness":false}');
same("country $_", shop => $BASE, billing($_, 'false'))
    for qw( AF AX GB GR HK JP SS TW VA ZW );

refused('isBusiness missing', shop => 'billingDetail.isBusiness', $BASE,
        '"billingDetail":{"country":"DE"}');
refused("isBusiness $_", shop => 'billingDetail.isBusiness', $BASE,
        qq("billingDetail":{"country":"DE","isBusiness":$_}))
    for qw( "true" "false" 1 0 null "" [] {} );

refused('billingDetail empty', shop =>
        'billingDetail.country billingDetail.isBusiness', $BASE,
        '"billingDetail":{}');
refused("billingDetail as $_->[0]", shop => 'billingDetail', $BASE,
        qq("billingDetail":$_->[1]))
    for [ string => '"DE"' ], [ array => '[]' ], [ null => 'null' ],
        [ number => '1' ],
        [ 'array of it' => '[{"country":"DE","isBusiness":false}]' ];
refused('billingDetail with a city', shop => 'billingDetail.city', $BASE,
        billing('DE', 'false', '"city":"Berlin"'));
refused('billingDetail in itself', shop => 'billingDetail.billingDetail',
        $BASE, billing('DE', 'false', $DE));

for ([ state => 64 ], [ postcode => 16 ], [ businessName => 128 ],
     [ taxId => 32 ])
{
    my ($name, $max) = @$_;

    same("$name of 1", shop => $BASE, billing('DE', 'false', qq("$name":"1")));
    same("$name of $max", shop => $BASE,
         billing('DE', 'false', qq("$name":") . '1' x $max . '"'));
    refused("$name of " . ($max + 1), shop => "billingDetail.$name", $BASE,
            billing('DE', 'false', qq("$name":") . '1' x ($max + 1) . '"'));
    same("$name of $max two-byte characters", shop => $BASE,
         billing('DE', 'false', qq("$name":") . $E x $max . '"'));
    refused("$name of " . ($max + 1) . ' two-byte characters', shop =>
            "billingDetail.$name", $BASE,
            billing('DE', 'false', qq("$name":") . $E x ($max + 1) . '"'));
    refused("$name with a line break", shop => "billingDetail.$name", $BASE,
            billing('DE', 'false', qq("$name":"a\\nb")));
    refused("$name with DEL", shop => "billingDetail.$name", $BASE,
            billing('DE', 'false', qq("$name":"a\x7fb")));
    refused("$name as number", shop => "billingDetail.$name", $BASE,
            billing('DE', 'false', qq("$name":12345)));
    refused("$name null", shop => "billingDetail.$name", $BASE,
            billing('DE', 'false', qq("$name":null)));
}


# successUrl: http(s), at most 512, from a buyer on this site only

my $URL = 'https://localhost/thanks';

same('successUrl', open => $BASE, qq("successUrl":"$URL"));
same('successUrl of 512', open => $BASE,
     qq("successUrl":"$URL/) . 'a' x (512 - length "$URL/") . '"');
refused('successUrl of 513', open => 'successUrl', $BASE,
        qq("successUrl":"$URL/) . 'a' x (513 - length "$URL/") . '"');
refused("successUrl: $_->[0]", open => 'successUrl', $BASE,
        qq("successUrl":"$_->[1]"))
    for [ script => 'javascript:alert(1)' ], [ data => 'data:text/html,x' ],
        [ relative => '/thanks' ], [ 'no scheme' => '//localhost/thanks' ],
        [ 'plain http' => 'http://localhost/thanks' ],
        [ ftp => 'ftp://localhost/thanks' ],
        [ 'a blank' => 'https://localhost/a b' ],
        [ 'a line break' => 'https://localhost/\r\nX: y' ],
        [ 'a backslash' => 'https://localhost\\\\@evil.example/' ],
        [ 'not ASCII' => "https://localhost/$E" ],
        [ 'empty' => '' ], [ 'no host' => 'https:///thanks' ],
        [ 'user information' => 'https://localhost@evil.example/' ],
        [ 'another host' => 'https://evil.example/' ];
refused('successUrl as number', open => 'successUrl', $BASE,
        '"successUrl":1');


# expiresInSeconds

same("expiresInSeconds $_", open => $BASE, qq("expiresInSeconds":$_))
    for qw( 1 2700 604800 );
refused("expiresInSeconds $_", open => 'expiresInSeconds', $BASE,
        qq("expiresInSeconds":$_))
    for qw( 0 -1 604801 1.5 2700.0 1e3 1E3 99999999999999999999
            "2700" "" true null [2700] {} );


# darkMode and language

same("darkMode $_", shop => $BASE, qq("darkMode":$_)) for qw( true false );
refused("darkMode $_", shop => 'darkMode', $BASE, qq("darkMode":$_))
    for qw( "true" "on" 0 1 null [] );

same("language $_", shop => $BASE, qq("language":"$_"))
    for qw( en pt-BR es-MX id-ID vi-VN ru-RU en-KE es-PE es-CO es-CL
            zh-Hant-TW zh-Hant-HK th-TH ja-JP en-NG ko-KR en-HK zh-Hans-HK
            pl-PL tr-TR zh-Hans ms-MY );
refused("language $_", shop => 'language', $BASE, qq("language":$_))
    for qw( "" "EN" "de" "en-US" "pt-br" "pt_BR" "zh" "zh-Hant" 1 null
            ["en"] ), '"en pt-BR"', '" "';


# metadata

same('metadata', open => $BASE, '"metadata":{"cart":"4711","note":""}');
same('metadata, any text', open => $BASE,
     qq("metadata":{"a":"line\\nbreak \\" \\\\ $E $CAKE"}));
same('metadata of 50 keys', open => $BASE,
     '"metadata":{' . keys_of(50) . '}');
refused('metadata of 51 keys', open => 'metadata', $BASE,
        '"metadata":{' . keys_of(51) . '}');
refused("metadata with $_->[0]", open => 'metadata.a', $BASE,
        qq("metadata":{"a":$_->[1]}))
    for [ number => '1' ], [ true => 'true' ], [ null => 'null' ],
        [ object => '{"b":"c"}' ], [ array => '["b"]' ];
refused("metadata as $_->[0]", open => 'metadata', $BASE,
        qq("metadata":$_->[1]))
    for [ string => '"a"' ], [ array => '["a"]' ], [ null => 'null' ];


# orderMerchantExternalId

same('orderMerchantExternalId', open => $BASE,
     '"orderMerchantExternalId":"A-1/2 #3"');
same('orderMerchantExternalId of 128', open => $BASE,
     '"orderMerchantExternalId":"' . 'a' x 128 . '"');
refused("orderMerchantExternalId: $_->[0]", open => 'orderMerchantExternalId',
        $BASE, qq("orderMerchantExternalId":$_->[1]))
    for [ 129 => '"' . 'a' x 129 . '"' ], [ 'not ASCII' => qq("A$E") ],
        [ 'a line break' => '"A\n1"' ], [ DEL => qq("A\x7f") ],
        [ number => '4711' ], [ null => 'null' ];


# Payment methods: contract section 6, the matrix

same("methods in $_->[0]", open => $PROD, qq("currency":"$_->[0]"),
     qq("includePaymentMethods":[$_->[1]]))
    for [ USD => '"card","applepay","googlepay","wechat"' ],
        [ EUR => '"card","applepay","googlepay"' ],
        [ GBP => '"googlepay","card"' ], [ HKD => '"applepay"' ],
        [ JPY => '"card"' ], [ CNY => '"wechat"' ];
refused("$_->[1] in $_->[0]", open => 'includePaymentMethods', $PROD,
        qq("currency":"$_->[0]"), qq("includePaymentMethods":["$_->[1]"]))
    for [ EUR => 'wechat' ], [ GBP => 'wechat' ], [ HKD => 'wechat' ],
        [ JPY => 'wechat' ], [ CNY => 'card' ], [ CNY => 'applepay' ],
        [ CNY => 'googlepay' ];
refused('one of two methods does not fit', open => 'includePaymentMethods',
        $EUR, '"includePaymentMethods":["card","wechat"]');
refused('wechat for a subscription', open => 'includePaymentMethods', $BASE,
        '"productType":"subscription"', '"includePaymentMethods":["wechat"]');
same('wechat for a one-time product', open => $BASE,
     '"productType":"onetime"', '"includePaymentMethods":["wechat"]');
same('card for a subscription', open => $JPY,
     '"productType":"subscription"', '"includePaymentMethods":["card"]');
same('excluded methods', open => $BASE,
     '"excludePaymentMethods":["wechat","card"]');
same('excluded although the currency has it not', open => $EUR,
     '"excludePaymentMethods":["wechat"]');
refused('methods included and excluded', open => 'excludePaymentMethods',
        $BASE, '"includePaymentMethods":["card"]',
        '"excludePaymentMethods":["wechat"]');
refused("included methods: $_->[0]", open => 'includePaymentMethods', $BASE,
        qq("includePaymentMethods":$_->[1]))
    for [ unknown => '["paypal"]' ], [ capitals => '["Card"]' ],
        [ number => '[1]' ], [ 'a string' => '"card"' ],
        [ null => 'null' ], [ nested => '[["card"]]' ],
        [ object => '{"card":true}' ], [ 'null within' => '["card",null]' ],
        [ 'one string of two' => '["card applepay"]' ],
        [ 'the other API' => '["CREDITCARD"]' ];
refused("excluded methods: $_->[0]", open => 'excludePaymentMethods', $BASE,
        qq("excludePaymentMethods":$_->[1]))
    for [ 'a string' => '"card"' ], [ number => '[1]' ],
        [ object => '{}' ];


# Plan change

same("changeTiming $_", open => $BASE, $ORD, qq("changeTiming":"$_"))
    for qw( immediate next_period );
refused('changeTiming unknown', open => 'changeTiming', $BASE, $ORD,
        '"changeTiming":"now"');
refused('a bad originOrderId, and what needs it', open => 'originOrderId',
        $BASE, '"originOrderId":"ORD_1"', '"changeTiming":"immediate"',
        '"changeAmount":"1.00"');
same('changeAmount', open => $BASE, $ORD, '"changeAmount":"10.50"');
same('changeCreditAmount', open => $BASE, $ORD,
     '"changeCreditAmount":"10.50"');
refused('both change amounts', open => 'changeCreditAmount', $BASE, $ORD,
        '"changeAmount":"1.00"', '"changeCreditAmount":"1.00"');
refused("$_ without originOrderId", open => $_, $BASE, qq("$_":"1.00"))
    for qw( changeAmount changeCreditAmount );
refused('changeTiming without originOrderId', open => 'changeTiming', $BASE,
        '"changeTiming":"immediate"');
refused("$_ as number", open => $_, $BASE, $ORD, qq("$_":1))
    for qw( changeAmount changeCreditAmount );
refused("$_ of zero", open => $_, $BASE, $ORD, qq("$_":"0"))
    for qw( changeAmount changeCreditAmount );
refused("$_ with three digits", open => $_, $BASE, $ORD, qq("$_":"1.001"))
    for qw( changeAmount changeCreditAmount );
refused("$_ in JPY with digits", open => $_, $JPY, $ORD, qq("$_":"1.5"))
    for qw( changeAmount changeCreditAmount );
same('changeAmount in JPY', open => $JPY, $ORD, '"changeAmount":"150"');
refused('buyerEmail in a plan change', open => 'buyerEmail', $BASE, $ORD,
        qq("buyerEmail":"$MAIL"));
refused('billingDetail in a plan change', open => 'billingDetail', $BASE,
        $ORD, $DE);
same('a plan change with all it may have', open => $BASE,
     qq("priceSnapshot":{"amount":"29.00",$TAX}), '"withTrial":false',
     qq("successUrl":"$URL"), '"expiresInSeconds":60', '"darkMode":true',
     '"metadata":{"a":"b"}', '"orderMerchantExternalId":"1"',
     '"language":"en"', '"includePaymentMethods":["card"]', $ORD,
     '"changeTiming":"next_period"', '"changeAmount":"5.00"');


# Everything at once, in any order

raw('all fields of a session, backwards', open =>
    '{"excludePaymentMethods":["wechat"],"language":"ja-JP",'
    . '"orderMerchantExternalId":"4711","metadata":{"a":"1","b":"2"},'
    . '"darkMode":true,"expiresInSeconds":600,' . qq("successUrl":"$URL",)
    . '"billingDetail":{"taxId":"1","businessName":"2","postcode":"3",'
    . '"state":"NY","isBusiness":true,"country":"US"},'
    . qq("buyerEmail":"$MAIL","withTrial":true,)
    . qq("priceSnapshot":{$TAX,"amount":"1.00"},)
    . qq("productType":"subscription","storeId":"STO_$B22",)
    . qq("currency":"USD",$PROD}),
    qq({$BASE,"storeId":"STO_$B22","productType":"subscription",)
    . qq("priceSnapshot":{"amount":"1.00",$TAX},"withTrial":true,)
    . qq("buyerEmail":"$MAIL","billingDetail":{"country":"US",)
    . '"isBusiness":true,"state":"NY","postcode":"3","businessName":"2",'
    . qq("taxId":"1"},"successUrl":"$URL","expiresInSeconds":600,)
    . '"darkMode":true,"metadata":{"a":"1","b":"2"},'
    . '"orderMerchantExternalId":"4711","language":"ja-JP",'
    . '"excludePaymentMethods":["wechat"]}');


# create-order: contract section 6.4

same_order('an order', $CS, $DE);
same_order('an order with e-mail', $CS, $DE, qq("buyerEmail":"$MAIL"));
raw('an order, backwards', order =>
    qq({"successUrl":"$URL","buyerEmail":"$MAIL",)
    . qq("billingDetail":{"isBusiness":false,"country":"DE"},$CS}),
    qq({$CS,$DE,"buyerEmail":"$MAIL",$IP,"successUrl":"$URL"}));
same_order('a bare UUID of old',
     '"checkoutSessionId":"550e8400-e29b-41d4-a716-446655440000"', $DE);
same_order('a UUID without version',
     '"checkoutSessionId":"cs_00000000-0000-e000-5000-00000000000f"', $DE);
refused('no session', order => 'checkoutSessionId', $DE);
refused("session: $_->[0]", order => 'checkoutSessionId', $DE,
        qq("checkoutSessionId":$_->[1]))
    for [ empty => '""' ], [ 'only the prefix' => '"cs_"' ],
        [ 'too short' => '"cs_550e8400-e29b-41d4-a716-44665544000"' ],
        [ 'too long' => '"cs_550e8400-e29b-41d4-a716-4466554400000"' ],
        [ 'not hexadecimal' => '"cs_550e8400-e29b-41d4-a716-44665544000g"' ],
        [ 'no hyphens' => '"cs_550e8400e29b41d4a716446655440000"' ],
        [ 'hyphen misplaced' => '"cs_550e840-0e29b-41d4-a716-446655440000"' ],
        [ 'capital prefix' => '"CS_550e8400-e29b-41d4-a716-446655440000"' ],
        [ 'another prefix' => '"ct_550e8400-e29b-41d4-a716-446655440000"' ],
        [ 'a path' => '"cs_550e8400-e29b-41d4-a716-446655440000/.."' ],
        [ 'a line break' => qq("$SESSION\\n") ], [ number => '1' ],
        [ null => 'null' ], [ array => qq(["$SESSION"]) ];

refused('no billingDetail', order => 'billingDetail', $CS);
refused('billingDetail null', order => 'billingDetail', $CS,
        '"billingDetail":null');
refused('billingDetail of an order empty', order =>
        'billingDetail.country billingDetail.isBusiness', $CS,
        '"billingDetail":{}');

refused("no state in $_", order => 'billingDetail.state', $CS,
        billing($_, 'false')) for qw( US CA );
refused('state empty', order => 'billingDetail.state', $CS,
        billing('US', 'false', '"state":""'));
refused('state in small letters', order => 'billingDetail.state', $CS,
        billing('US', 'false', '"state":"ny"'));
refused('state as a name', order => 'billingDetail.state', $CS,
        billing('CA', 'false', '"state":"Ontario"'));
same_order("state in $_->[0]", $CS,
     billing($_->[0], 'false', qq("state":"$_->[1]")))
    for [ US => 'NY' ], [ CA => 'QC' ], [ AU => 'New South Wales' ];
same_order("no state in $_", $CS, billing($_, 'false'))
    for qw( AU GB MX JP UM );

refused('a business without name', order => 'billingDetail.businessName',
        $CS, billing('GB', 'true'));
same_order('a business with name', $CS,
     billing('GB', 'true', '"businessName":"B"'));
same_order('a private person with name and number', $CS,
     billing('DE', 'false', '"businessName":"B"', '"taxId":"1"'));
refused("a business in $_ without number", order => 'billingDetail.taxId',
        $CS, billing($_, 'true', '"businessName":"B"'))
    for qw( AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT
            RO SK SI ES SE );
same_order("a business in $_ without number", $CS,
     billing($_, 'true', '"businessName":"B"'))
    for qw( GB NO CH IS LI TR UA JP MC AX );
same_order("a business in $_->[0] with number", $CS,
     billing($_->[0], 'true', '"businessName":"B"', qq("taxId":"$_->[1]")))
    for [ DE => 'DE123456789' ], [ GR => 'EL123456789' ];
refused('a business in the US with nothing', order =>
        'billingDetail.businessName billingDetail.state', $CS,
        billing('US', 'true'));
refused('a business in DE with nothing', order =>
        'billingDetail.businessName billingDetail.taxId', $CS,
        billing('DE', 'true'));

refused('buyerIp of the buyer', order => 'buyerIp', $CS, $DE,
        '"buyerIp":"192.0.2.7"');
refused('buyerIp null', order => 'buyerIp', $CS, $DE, '"buyerIp":null');
refused("$_->[0] is locked by the session", order => $_->[0], $CS, $DE,
        qq("$_->[0]":"$_->[1]"))
    for [ storeId => "STO_$B22" ], [ productId => $P ],
        [ currency => 'USD' ];
refused("$_->[0] is no field of an order", order => $_->[0], $CS, $DE,
        qq("$_->[0]":$_->[1]))
    for [ darkMode => 'true' ], [ language => '"en"' ],
        [ metadata => '{"a":"b"}' ], [ quantity => '1' ],
        [ priceSnapshot => qq({"amount":"1.00",$TAX}) ];
refused('buyerEmail of an order without @', order => 'buyerEmail', $CS, $DE,
        '"buyerEmail":"marked-buyer"');
refused('successUrl of an order elsewhere', order => 'successUrl', $CS, $DE,
        '"successUrl":"https://evil.example/"');


# The chain: both bodies; the order's rules hold before the first call

raw('a chain', chain => qq({$DE,"buyerEmail":"$MAIL"}),
    qq({$BASE,"buyerEmail":"$MAIL",$DE} )
    . qq({"checkoutSessionId":"%SESSION%",$DE,"buyerEmail":"$MAIL",$IP}));
raw('a chain, each field to the action that has it', chain =>
    qq({"darkMode":true,"language":"en","successUrl":"$URL",$DE}),
    qq({$BASE,$DE,"successUrl":"$URL","darkMode":true,"language":"en"} )
    . qq({"checkoutSessionId":"%SESSION%",$DE,$IP,"successUrl":"$URL"}));
raw('a chain of all that a buyer may choose', chain_open =>
    qq({$DE,"priceSnapshot":{"amount":"2.00",$TAX},$EUR}),
    qq({$EUR,"priceSnapshot":{"amount":"2.00",$TAX},$DE} )
    . qq({"checkoutSessionId":"%SESSION%",$DE,$IP}));
raw('a chain by form', chain_form =>
    'billingDetail.country=US&billingDetail[isBusiness]=off'
    . '&billingDetail.state=NY',
    qq({$BASE,"billingDetail":{"country":"US","isBusiness":false,)
    . '"state":"NY"}} {"checkoutSessionId":"%SESSION%","billingDetail":'
    . qq({"country":"US","isBusiness":false,"state":"NY"},$IP}));
refused('a chain without billingDetail', chain => 'billingDetail', '');
refused('a chain to the US without state', chain => 'billingDetail.state',
        billing('US', 'false'));
refused('a chain of a business', chain =>
        'billingDetail.businessName billingDetail.taxId',
        billing('FR', 'true'));
refused('a chain with a session of the buyer', chain => 'checkoutSessionId',
        $DE, $CS);
refused('a chain with an address of the buyer', chain => 'buyerIp', $DE,
        '"buyerIp":"192.0.2.7"');
refused('a chain with another currency', chain => 'currency', $DE,
        '"currency":"EUR"');
refused('a chain with a bad choice', chain_open => 'currency', $DE, $PROD,
        '"currency":"AUD"');
refused('a chain with a price', chain => 'priceSnapshot', $DE,
        price('"1.00"'));
refused('a chain with an unknown field', chain => 'quantity', $DE,
        '"quantity":1');
refused('a chain as plan change', chain_open => 'billingDetail', $BASE, $ORD,
        $DE);


# Unknown fields

refused('an unknown field', shop => 'coupon', '"coupon":"SAVE"');
refused('an unknown field null', shop => 'coupon', '"coupon":null');
refused('an unknown object', shop => 'cart', '"cart":{"a":{"b":1}}');
refused('a name with a dot', shop => 'billingDetail.country',
        '"billingDetail.country":"DE"');
refused('other capitals', shop => 'BuyerEmail', '"BuyerEmail":"a@b.example"');
refused('buyerIdentity', shop => 'buyerIdentity', '"buyerIdentity":"me"');
raw('unknown fields dropped', drop =>
    qq({"coupon":"SAVE","cart":{"a":[1,null,{"b":true}]},"darkMode":true}),
    qq({$BASE,"darkMode":true}));
raw('an unknown member dropped', drop =>
    qq({"billingDetail":{"country":"DE","isBusiness":false,"city":"B"}}),
    qq({$BASE,$DE}));
refused('dropped, and a bad value', drop => 'darkMode', '"coupon":1',
        '"darkMode":1');


# JSON: contract section 11, 1 and 2

raw_refused("JSON: $_->[0]", shop => '', $_->[1])
    for [ 'nothing' => '' ], [ 'a blank' => ' ' ], [ 'an array' => '[]' ],
        [ 'array of object' => '[{}]' ], [ 'a string' => '"{}"' ],
        [ 'a number' => '1' ], [ 'null' => 'null' ], [ 'true' => 'true' ],
        [ 'open' => '{' ], [ 'open after a name' => '{"darkMode"' ],
        [ 'open after a colon' => '{"darkMode":' ],
        [ 'open after a value' => '{"darkMode":true' ],
        [ 'open in a string' => '{"buyerEmail":"a@b.example' ],
        [ 'a comma at the end' => '{"darkMode":true,}' ],
        [ 'only a comma' => '{,}' ], [ 'no colon' => '{"darkMode" true}' ],
        [ 'single quotes' => "{'darkMode':true}" ],
        [ 'no quotes' => '{darkMode:true}' ],
        [ 'a comment' => '{/* */"darkMode":true}' ],
        [ 'a line comment' => "{}//\n" ], [ 'capitals' => '{"darkMode":TRUE}' ],
        [ 'NaN' => '{"x":NaN}' ], [ 'Infinity' => '{"x":Infinity}' ],
        [ 'a plus' => '{"x":+1}' ], [ 'a leading zero' => '{"x":01}' ],
        [ 'a leading point' => '{"x":.5}' ],
        [ 'a trailing point' => '{"x":1.}' ], [ 'hexadecimal' => '{"x":0x1}' ],
        [ 'a bad escape' => '{"x":"\\x41"}' ],
        [ 'a short escape' => '{"x":"\\u12"}' ],
        [ 'a line break in a string' => "{\"x\":\"a\nb\"}" ],
        [ 'a tab in a string' => "{\"x\":\"a\tb\"}" ],
        [ 'a tab in a name' => "{\"a\tb\":1}" ],
        [ 'NUL behind' => "{}\0" ], [ 'NUL before' => "\0{}" ],
        [ 'NUL within' => "{\"darkMode\"\0:true}" ],
        [ 'NUL in a string' => "{\"buyerEmail\":\"a\0\@b.example\"}" ],
        [ 'something behind' => '{}x' ], [ 'another behind' => '{}{}' ],
        [ 'a bracket behind' => '{}}' ], [ 'a comma behind' => '{},' ],
        [ 'a BOM' => "\xef\xbb\xbf{}" ], [ 'UTF-16' => "{\0}\0" ],
        [ 'a form' => 'darkMode=true' ];
raw_refused('JSON: an unescaped control character', open => '',
            qq({$BASE,"metadata":{"a":"b\x01c"}}));
raw_refused('JSON: an unescaped tab in metadata', open => '',
            qq({$BASE,"metadata":{"a":"b\tc"}}));

raw_refused("JSON twice: $_->[0]", shop => $_->[1], $_->[2])
    for [ 'same value', 'darkMode', '{"darkMode":true,"darkMode":true}' ],
        [ 'other value', 'darkMode', '{"darkMode":true,"darkMode":false}' ],
        [ 'one escaped', 'darkMode',
          '{"darkMode":true,"\u0064arkMode":true}' ],
        [ 'first escaped', 'darkMode',
          '{"dark\u004dode":true,"darkMode":true}' ],
        [ 'both escaped', 'darkMode',
          '{"dark\u004dode":true,"dark\u004Dode":true}' ],
        [ 'far apart', 'darkMode',
          '{"darkMode":true,"language":"en","darkMode":true}' ],
        [ 'nested', 'billingDetail.country',
          '{"billingDetail":{"country":"DE","country":"FR"}}' ],
        [ 'objects', 'billingDetail',
          '{"billingDetail":{"country":"DE"},'
          . '"billingDetail":{"isBusiness":false}}' ],
        [ 'merchant\'s', 'currency', '{"currency":"USD","currency":"USD"}' ];
raw_refused('JSON twice: a key of metadata', open => 'metadata.a',
            qq({$BASE,"metadata":{"a":"1","\\u0061":"2"}}));
raw_refused('JSON twice: a dropped field', drop => 'x', '{"x":1,"x":1}');

raw_refused("JSON text: $_->[0]", shop => 'buyerEmail',
            qq({"buyerEmail":"$_->[1]\@b.example"}))
    for [ 'high surrogate' => '\ud800' ], [ 'low surrogate' => '\udc00' ],
        [ 'surrogates the wrong way round' => '\udc00\ud800' ],
        [ 'two high surrogates' => '\ud83e\ud83e' ],
        [ 'high surrogate, then text' => '\ud83ea' ],
        [ 'escaped NUL' => 'a\u0000' ], [ 'only escaped NUL' => '\u0000' ],
        [ 'a byte alone' => "a\xff" ], [ 'Latin-1' => "a\xe9" ],
        [ 'overlong slash' => "a\xc0\xaf" ], [ 'overlong NUL' => "\xc0\x80" ],
        [ 'overlong, three bytes' => "\xe0\x80\xaf" ],
        [ 'overlong, four bytes' => "\xf0\x80\x80\xaf" ],
        [ 'encoded surrogate' => "\xed\xa0\x80" ],
        [ 'encoded pair' => "\xed\xa0\xbe\xed\xb6\x9e" ],
        [ 'above U+10FFFF' => "\xf4\x90\x80\x80" ],
        [ 'five bytes' => "\xf8\x88\x80\x80\x80" ],
        [ 'cut sequence' => "\xe2\x82" ],
        [ 'continuation alone' => "\x80" ];
raw_refused("JSON name: $_->[0]", shop => '', qq({"$_->[1]":1}))
    for [ 'lone surrogate' => '\ud800' ], [ 'NUL' => 'dark\u0000Mode' ],
        [ 'bad UTF-8' => "dark\xff" ], [ 'overlong' => "\xc0\xaf" ],
        [ 'empty' => '' ];
raw_refused('JSON name: lone surrogate within', shop => 'billingDetail',
            '{"billingDetail":{"\udead":1}}');

raw('JSON: blanks everywhere', shop =>
    " \r\n\t{ \"darkMode\" : true , \"language\" :\t\"en\" }\n ",
    qq({$BASE,"darkMode":true,"language":"en"}));
raw('JSON: escapes in name and value', open =>
    qq({$BASE,"\\u006detad\\u0061ta":{"\\u0061":"\\u00e9\\/\\ud83e\\udd5e"}}),
    qq({$BASE,"metadata":{"a":"$E/$CAKE"}}));
raw('JSON: the escapes that stay', open =>
    qq({$BASE,"metadata":{"a":"\\b\\f\\n\\r\\t\\u0001\\u0019\\"\\\\"}}),
    qq({$BASE,"metadata":{"a":"\\b\\f\\n\\r\\t\\u0001\\u0019\\"\\\\"}}));

sub nested { # n levels in all
    return '{"x":' x ($_[0] - 1) . '{}' . '}' x ($_[0] - 1);
}

raw('JSON: 8 levels', drop => nested(8), "{$BASE}");
raw('JSON: 8 levels of arrays', drop => '{"x":' . '[' x 7 . ']' x 7 . '}',
    "{$BASE}");
raw_refused('JSON: 9 levels', drop => '', nested(9));
raw_refused('JSON: 9 levels of arrays', drop => '',
            '{"x":' . '[' x 8 . ']' x 8 . '}');
raw_refused('JSON: 20000 levels', drop => '',
            '{"x":' . '[' x 20000 . ']' x 20000 . '}');
raw_refused('JSON: 20000 levels left open', drop => '',
            '{"x":' . '[' x 20000);
raw('JSON: 256 values', drop => '{"x":[' . join(',', (0) x 254) . ']}',
    "{$BASE}");
raw_refused('JSON: 257 values', drop => '',
            '{"x":[' . join(',', (0) x 255) . ']}');
raw_refused('JSON: 257 members', drop => '',
            '{' . join(',', map { qq("x$_":0) } 1 .. 256) . '}');
raw('JSON: 256 members', drop =>
    '{' . join(',', map { qq("x$_":0) } 1 .. 255) . '}', "{$BASE}");


# Forms

raw('form: nothing', shop_form => '', "{$BASE}");
raw('form: dotted', shop_form =>
    'billingDetail.country=DE&billingDetail.isBusiness=false',
    "{$BASE,$DE}");
raw('form: bracketed', shop_form =>
    'billingDetail[country]=DE&billingDetail[isBusiness]=false',
    "{$BASE,$DE}");
raw('form: both ways', shop_form =>
    'billingDetail[country]=DE&billingDetail.isBusiness=false',
    "{$BASE,$DE}");
raw('form: percent in names', shop_form =>
    'billing%44etail%5Bcountry%5D=DE&billingDetail%2EisBusiness=false',
    "{$BASE,$DE}");
raw('form: values', shop_form =>
    'buyerEmail=marked-buyer%2B1%40example.com&billingDetail.country=DE'
    . '&billingDetail.isBusiness=on'
    . '&billingDetail.businessName=M%C3%BCller+%26+Co.',
    qq({$BASE,"buyerEmail":"marked-buyer+1\@example.com","billingDetail":)
    . qq({"country":"DE","isBusiness":true,"businessName":)
    . qq("M\xc3\xbcller & Co."}}));
raw("form: darkMode=$_->[0]", shop_form => "darkMode=$_->[0]",
    qq({$BASE,"darkMode":$_->[1]}))
    for [ true => 'true' ], [ on => 'true' ], [ 1 => 'true' ],
        [ false => 'false' ], [ off => 'false' ], [ 0 => 'false' ];
raw_refused("form: darkMode=$_", shop_form => 'darkMode', "darkMode=$_")
    for qw( TRUE yes 2 null + %20true );
raw('form: empty inputs are absent', shop_form =>
    'buyerEmail=&darkMode=&language=&billingDetail.country='
    . '&billingDetail.isBusiness=', "{$BASE}");
raw('form: numbers', open_form => "$FBASE&expiresInSeconds=600",
    qq({$BASE,"expiresInSeconds":600}));
raw_refused("form: expiresInSeconds=$_", open_form => 'expiresInSeconds',
            "$FBASE&expiresInSeconds=$_")
    for qw( 0 -1 604801 600.0 0600 6e2 0x10 +600 600+ 600s );
raw('form: digits stay a string', open_form =>
    "$FBASE&orderMerchantExternalId=007&metadata.a=1&metadata[b]=true",
    qq({$BASE,"metadata":{"a":"1","b":"true"},)
    . '"orderMerchantExternalId":"007"}');
raw('form: a price', open_form => "$FBASE&priceSnapshot.amount=29.00"
    . '&priceSnapshot[taxCategory]=saas',
    qq({$BASE,"priceSnapshot":{"amount":"29.00",$TAX}}));
raw_refused('form: a bad price', open_form => 'priceSnapshot.amount',
            "$FBASE&priceSnapshot.amount=0&priceSnapshot.taxCategory=saas");
raw_refused('form: half a price', open_form => 'priceSnapshot.taxCategory',
            "$FBASE&priceSnapshot.amount=1");
raw('form: a list', open_form => "$FBASE&includePaymentMethods[]=card"
    . '&includePaymentMethods%5B%5D=wechat',
    qq({$BASE,"includePaymentMethods":["card","wechat"]}));
raw_refused('form: a list with a stranger', open_form =>
            'includePaymentMethods', "$FBASE&includePaymentMethods[]=card"
            . '&includePaymentMethods[]=paypal');
raw_refused('form: a list, repeated name', open_form =>
            'includePaymentMethods', "$FBASE&includePaymentMethods=card"
            . '&includePaymentMethods=wechat');
raw_refused('form: half an address', shop_form => 'billingDetail.isBusiness',
            'billingDetail.country=DE');
raw_refused('form: a scalar as object', shop_form => 'darkMode',
            'darkMode.x=true');
raw_refused('form: an object as scalar', shop_form => 'billingDetail',
            'billingDetail=DE');
raw_refused('form: an object as list', shop_form => 'billingDetail',
            'billingDetail[]=DE');
raw_refused('form: an unknown name', shop_form => 'submit', 'submit=Buy');
raw('form: an unknown name dropped', drop_form =>
    'submit=Buy&csrf%5Btoken%5D=1&darkMode=on', qq({$BASE,"darkMode":true}));
raw_refused('form: country in small letters', order_form =>
            'billingDetail.country', "checkoutSessionId=$SESSION"
            . '&billingDetail.country=de&billingDetail.isBusiness=0');
raw('form: an order', order_form => "checkoutSessionId=$SESSION"
    . '&billingDetail.country=DE&billingDetail.isBusiness=0',
    qq({$CS,$DE,$IP}));
raw_refused('form: an order without the state', order_form =>
            'billingDetail.state', "checkoutSessionId=$SESSION"
            . '&billingDetail.country=US&billingDetail.isBusiness=0'
            . '&billingDetail.state=');

my @form_syntax = (
    [ 'a percent alone', 'buyerEmail', 'buyerEmail=100%' ],
    [ 'one digit', 'buyerEmail', 'buyerEmail=%4' ],
    [ 'no digits', 'buyerEmail', 'buyerEmail=%zz' ],
    [ 'percent in a name', '', 'dark%Mode=on' ],
    [ 'percent at the end of a name', '', 'darkMode%4=on' ],
    [ 'NUL', 'buyerEmail', 'buyerEmail=a%00@b.example' ],
    [ 'NUL in a name', '', 'dark%00Mode=on' ],
    [ 'bad UTF-8', 'buyerEmail', 'buyerEmail=%ff@b.example' ],
    [ 'overlong', 'buyerEmail', 'buyerEmail=%C0%AF@b.example' ],
    [ 'encoded surrogate', 'buyerEmail', 'buyerEmail=%ED%A0%80@b.example' ],
    [ 'no name', '', '=x' ],
    [ 'bracket open', 'billingDetail[country', 'billingDetail[country=DE' ],
    [ 'bracket closed', 'billingDetail]', 'billingDetail]=DE' ],
    [ 'text behind a bracket', 'billingDetail[country]x',
      'billingDetail[country]x=DE' ],
    [ 'brackets in brackets', 'billingDetail[a[b]]',
      'billingDetail[a[b]]=DE' ],
    [ 'bracket first', '[country]', '[country]=DE' ],
    [ 'two dots', 'billingDetail..country', 'billingDetail..country=DE' ],
    [ 'a dot at the end', 'billingDetail.', 'billingDetail.=DE' ],
    [ 'a dot first', '.darkMode', '.darkMode=on' ],
    [ 'a name twice', 'darkMode', 'darkMode=on&darkMode=on' ],
    [ 'a name twice, one in percent', 'darkMode',
      'darkMode=on&d%61rkMode=on' ],
    [ 'dotted and bracketed', 'billingDetail.country',
      'billingDetail.country=DE&billingDetail[country]=DE' ],
    [ 'a and a.b', 'billingDetail',
      'billingDetail=DE&billingDetail.country=DE' ],
    [ 'a.b and a', 'billingDetail',
      'billingDetail.country=DE&billingDetail=DE' ],
    [ 'a and a[]', 'language', 'language=en&language[]=en' ],
    [ '9 levels', '', 'a.b.c.d.e.f.g.h.i=1' ],
    [ '257 values', '', join('&', map { "a$_=" } 1 .. 256) ],
);

raw_refused("form: $_->[0]", drop_form => $_->[1], $_->[2]) for @form_syntax;
raw('form: 8 levels', drop_form => 'a.b.c.d.e.f.g.h=1', "{$BASE}");
raw('form: 256 values', drop_form => join('&', map { "a$_=" } 1 .. 255),
    "{$BASE}");


# Query arguments

raw('args', args => "$FBASE&darkMode=1", qq({$BASE,"darkMode":true}));
raw('args: nested', args => "currency=USD&productId=$P&metadata.b=2"
    . '&metadata%5Ba%5D=1&billingDetail[country]=DE'
    . '&billingDetail[isBusiness]=0',
    qq({$BASE,$DE,"metadata":{"a":"1","b":"2"}}));
raw('args: a list', args => "$FBASE&includePaymentMethods[]=card",
    qq({$BASE,"includePaymentMethods":["card"]}));
raw_refused('args: none', args => 'currency productId', '');
raw_refused('args: a bad currency', args => 'currency',
            "productId=$P&currency=usd");
raw_refused('args: a price', args => 'priceSnapshot',
            "$FBASE&priceSnapshot.amount=1&priceSnapshot.taxCategory=saas");
raw_refused('args: JSON in an argument', args => 'billingDetail',
            "$FBASE&billingDetail=%7B%22country%22%3A%22DE%22%7D");
raw_refused('args: expiresInSeconds', args => 'expiresInSeconds',
            "$FBASE&expiresInSeconds=604801");
raw_refused('args: an unknown one', args => 'utm_source',
            "$FBASE&utm_source=news");
raw_refused('args: a percent alone', args => 'currency',
            "productId=$P&currency=%");
raw_refused('args: NUL', args => 'currency',
            "productId=$P&currency=USD%00");
raw_refused('args: a name twice', args => 'currency',
            "$FBASE&currency=USD");
raw_refused('args: a bad bracket', args => 'metadata[a', "$FBASE&metadata[a=1");


# Store slug: contract section 3

same('slug: the least', slug => $BASE);
same('slug: all it may have', slug => $BASE, qq("buyerEmail":"$MAIL"), $DE,
     qq("successUrl":"$URL"), '"darkMode":true');
refused("slug: $_->[0]", slug => $_->[0], $BASE, qq("$_->[0]":$_->[1]))
    for [ withTrial => 'true' ], [ metadata => '{"a":"b"}' ],
        [ priceSnapshot => qq({"amount":"1.00",$TAX}) ],
        [ expiresInSeconds => '60' ], [ orderMerchantExternalId => '"1"' ],
        [ includePaymentMethods => '["card"]' ],
        [ excludePaymentMethods => '["card"]' ],
        [ originOrderId => qq("ORD_$B22") ];
refused('slug: a plan change', slug => 'changeTiming originOrderId', $BASE,
        $ORD, '"changeTiming":"immediate"');
refused('slug: change amounts', slug => 'changeAmount originOrderId', $BASE,
        $ORD, '"changeAmount":"1.00"');
refused('slug: a bad currency', slug => 'currency', $PROD,
        '"currency":"AUD"');


# Several violations

refused('two fields missing', open => 'currency productId', '');
refused('missing, bad, and unknown', open =>
        'billingDetail.country buyerEmail coupon currency darkMode '
        . 'expiresInSeconds', $PROD, '"buyerEmail":"x"', '"darkMode":1',
        '"billingDetail":{"isBusiness":true,"country":"de"}',
        '"expiresInSeconds":0', '"coupon":1');
refused('not the buyer\'s, bad, and unknown', shop =>
        'coupon language metadata withTrial', '"language":"xx"',
        '"withTrial":true', '"metadata":{"a":"b"}', '"coupon":1');
refused('each member of an object', shop =>
        'billingDetail.businessName billingDetail.country '
        . 'billingDetail.isBusiness billingDetail.postcode '
        . 'billingDetail.state billingDetail.taxId',
        '"billingDetail":{"country":"de","isBusiness":"true","state":1,'
        . '"postcode":2,"businessName":3,"taxId":4}');
raw_refused('form: several', shop_form => 'buyerEmail darkMode language x',
            'buyerEmail=x&darkMode=x&language=x&x=x');
refused('16 unknown fields', shop => join(' ', map { "x$_" } 10 .. 25),
        map { qq("x$_":1) } 10 .. 25);

# and the list ends at 16: "many" stands for any 16 of those sent

refused('17 unknown fields', shop => 'many',
        map { qq("x$_":1) } 10 .. 26);
refused('20 keys of metadata', open => 'many', $BASE, '"metadata":{'
        . join(',', map { qq("k$_":1) } 10 .. 29) . '}');
refused('200 unknown fields', shop => 'many',
        map { qq("x$_":1) } 100 .. 299);


$t->plan(@cases + 5)->secret('marked-buyer', 'marked buyer')
  ->backend(1)->run;

my $called = 0;                 # requests that reached the API
my %connection;


# One request on the connection that all of them to a server share.

sub ask {
    my ($place, $text) = @_;
    my ($method, $uri, $type, $port) = @{ $PLACE{$place} };
    my $connection = \$connection{ $port // 0 };

    my ($head, $body) = PancakeTest::HTTP->build(
        $method, $method eq 'GET' ? "$uri?$text" : $uri,
        $method eq 'GET' ? undef : $text,
        Connection => undef, 'Content-Type' => $type);

    for my $try (1, 2) {
        my $fresh = !$$connection;
        $$connection ||= $t->connect(-port => $port);
        $$connection->send($head . $body);

        my $r = $$connection->response;
        $$connection = undef
            if !$r->status || lc($r->header('Connection') // '') eq 'close';

        return $r if $r->status || $fresh;
    }
}


# What happened, in the words of the table.

sub outcome {
    my ($place, $text, $expected) = @_;

    $t->clear_requests;

    my $r = ask($place, $text);
    my @requests = $t->requests;
    $called += @requests;

    if ($r->status == 302) {
        my $last = $requests[-1];
        return '302 without a call' unless $last;
        return '302 to elsewhere' if $r->location ne $last->checkout_url;

        my $got = join ' ', map { $_->body } @requests;
        my $session = @requests > 1 ? $requests[0]->session_id : '';
        $got =~ s/"\Q$session\E"/"%SESSION%"/ if $session;
        return $got;
    }

    my $errors = ($r->json || {})->{errors} || [];
    my @fields = sort map { $_->{field} // () } @$errors;
    my $fields = join ' ', @fields;

    if ($expected eq '400 many' && @fields == 16) {
        my %sent = map { $_ => 1 } $text =~ /"([xk]\d+)":/g;
        my %seen;
        $fields = 'many'
            unless grep { !$sent{ s/^metadata\.//r } || $seen{$_}++ } @fields;
    }

    return join '', $r->status, " $fields",
        @$errors && @fields && @fields != @$errors ? ' and no field' : '',
        @requests ? ' after a call' : '';
}


for my $case (@cases) {
    my ($name, $place, $text, $expected) = @$case;

    is(outcome($place, $text, $expected), $expected, "$place: $name");
}


# The envelope of a refusal, whole.

my $r = ask(shop => '{"darkMode":1,"language":"xx"}');

is($r->status, 400, 'envelope: status');
is($r->header('Content-Type'), 'application/json', 'envelope: type');
is($r->header('Cache-Control'), 'no-store', 'envelope: Cache-Control');
is($r->body,
   '{"data":null,"errors":['
   . '{"message":"darkMode must be true or false","layer":"edge",'
   . '"field":"darkMode"},'
   . '{"message":"language must be a language of the checkout page, such as'
   . ' en or ja-JP","layer":"edge","field":"language"}]}', 'envelope: body');

# A call that came after its test had looked would be counted here.

$t->clear_requests;
ask(shop => '{}');
is(($t->requests)[0]{seq}, $called + 1, 'no call has come too late');
