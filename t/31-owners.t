# Who may set a field (design.md section 4): what pancake_set, pancake_accept
# and the map of an allow-list leave to the buyer, and what they do not.
#
# A case is a name, a place, what the buyer sends, and what is expected, as in
# 30-validation.t: "400 FIELD ..." without a call, or the API's exact bytes.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use Test::More;

my $t = PancakeTest->new->has(qw( realip ))->conf(<<'EOC');
map $pancake_input_plan $product {
    pro   PROD_000000000000000000pro0;
    team  PROD_00000000000000000team0;
}

map $pancake_input_productid $listed {
    PROD_000000000000000000pro0  PROD_000000000000000000pro0;
    PROD_00000000000000000team0  PROD_00000000000000000team0;
}

map $pancake_input_country $money {
    default  USD;
    DE       EUR;
    JP       JPY;
}

%%RETRY_OFF%%
pancake_set productId %%PRODUCT%%;
pancake_set currency GBP;

server {
    listen 127.0.0.1:%%PORT_0%%;
    server_name localhost shop.example *.shops.example;

    %%CREDENTIALS%%

    # nothing is said here: http level counts

    location = /http  { pancake_checkout create-session; }

    # one of its own: nothing of http level counts

    location = /own {
        pancake_checkout create-session;
        pancake_set productId %%PRODUCT%%;
        pancake_accept currency;
    }

    location /outer {
        pancake_set productId %%PRODUCT%%;
        pancake_set currency EUR;
        pancake_set metadata.from outer;
        pancake_set successUrl https://other.example/thanks;
        pancake_accept language storeId;

        location = /outer/inherits { pancake_checkout create-session; }

        location = /outer/replaces {
            pancake_checkout create-session;
            pancake_set productId %%PRODUCT%%;
            pancake_set currency JPY;
            pancake_accept withTrial;
        }

        # fields that only other actions have are passed over

        location = /outer/order { pancake_checkout create-order; }
    }

    location = /none {
        pancake_checkout create-session;
        pancake_set productId %%PRODUCT%%;
        pancake_set currency USD;
    }

    location = /choice {
        pancake_checkout create-session;
        pancake_set metadata.x y;
        pancake_accept productId currency;
    }

    location = /plan {
        pancake_checkout create-session;
        pancake_set productId $product;
        pancake_set currency USD;
    }

    location = /listed {
        pancake_checkout create-session;
        pancake_set productId $listed;
        pancake_set currency USD;
    }

    location = /money {
        pancake_checkout create-session;
        pancake_set productId %%PRODUCT%%;
        pancake_set currency $money;
    }

    # every kind of field as a constant

    location = /set {
        pancake_checkout create-session;
        pancake_set currency USD;
        pancake_set productId %%PRODUCT%%;
        pancake_set productType subscription;
        pancake_set withTrial on;
        pancake_set expiresInSeconds 600;
        pancake_set includePaymentMethods "card, applepay";
        pancake_set metadata.b 2;
        pancake_set metadata.a 1;
        pancake_set darkMode false;
        pancake_set priceSnapshot.taxCategory saas;
        pancake_set priceSnapshot.amount 29.00;
        pancake_set billingDetail.country DE;
        pancake_set successUrl https://other.example/thanks;
        pancake_set language "";
    }

    # variables; empty ones are absent

    location = /vars {
        pancake_checkout create-session;
        pancake_set productId %%PRODUCT%%;
        pancake_set currency USD;
        pancake_set orderMerchantExternalId $http_x_order;
        pancake_set metadata.ref ref-$http_x_ref-$arg_n;
        pancake_set metadata.visit $arg_visit;
        pancake_set withTrial $http_x_trial;
        pancake_set expiresInSeconds $http_x_expires;
        pancake_set priceSnapshot.amount $http_x_amount;
        pancake_set priceSnapshot.taxCategory $http_x_category;
        pancake_set includePaymentMethods $http_x_methods;
        pancake_set darkMode $http_x_dark;
    }

    # set where the merchant knows it, otherwise the buyer's choice

    location = /both {
        pancake_checkout create-session;
        pancake_set productId %%PRODUCT%%;
        pancake_set currency $http_x_currency;
        pancake_set orderMerchantExternalId $http_x_order;
        pancake_accept currency orderMerchantExternalId;
    }

    # parts of objects

    location = /amount {
        pancake_checkout create-session;
        pancake_set productId %%PRODUCT%%;
        pancake_set currency USD;
        pancake_set priceSnapshot.taxCategory saas;
        pancake_accept priceSnapshot.amount;
    }

    location = /gift {
        pancake_checkout create-session;
        pancake_set productId %%PRODUCT%%;
        pancake_set currency USD;
        pancake_set metadata.shop one;
        pancake_accept metadata.gift metadata.card;
    }

    location = /meta {
        pancake_checkout create-session;
        pancake_set productId %%PRODUCT%%;
        pancake_set currency USD;
        pancake_set metadata.shop one;
        pancake_accept metadata;
    }

    location = /urls {
        pancake_checkout create-session;
        pancake_set productId %%PRODUCT%%;
        pancake_set currency USD;
        pancake_accept successUrl;
    }

    location = /input {
        pancake_checkout create-session;
        pancake_set productId %%PRODUCT%%;
        pancake_set currency USD;
        pancake_set metadata.plan $pancake_input_plan;
        pancake_set metadata.cart $pancake_input_cart_id;
        pancake_set metadata.deep $pancake_input_one_two_three;
        pancake_set metadata.dark $pancake_input_darkmode;
        pancake_set metadata.note $pancake_input_metadata_note;
    }

    location = /drop {
        pancake_checkout create-session;
        pancake_set productId %%PRODUCT%%;
        pancake_set currency USD;
        pancake_unknown_fields drop;
    }

    location = /ip { pancake_checkout create-order; }

    location = /ip/real {
        pancake_checkout create-order;
        set_real_ip_from 127.0.0.1;
        real_ip_header X-Forwarded-For;
    }

    location = /ip/other {
        pancake_checkout create-order;
        set_real_ip_from 127.0.0.1;
        real_ip_header X-Client;
        pancake_unknown_fields drop;
    }

    %%API_LOCATION%%
}

server {
    listen 127.0.0.1:%%PORT_2%% proxy_protocol;

    %%CREDENTIALS%%

    set_real_ip_from 127.0.0.1;
    real_ip_header proxy_protocol;

    location = /ip { pancake_checkout create-order; }

    %%API_LOCATION%%
}
EOC

my $P = $t->product;
my $PRO = 'PROD_000000000000000000pro0';
my $TEAM = 'PROD_00000000000000000team0';
my $BASE = qq("productId":"$P","currency":"USD");
my $GBP = qq("productId":"$P","currency":"GBP");
my $EUR = qq("productId":"$P","currency":"EUR");
my $DE = '"billingDetail":{"country":"DE","isBusiness":false}';
my $STO = '"storeId":"STO_0123456789ABCDEFabcdef"';
my $SET = qq($BASE,"productType":"subscription","priceSnapshot":)
          . '{"amount":"29.00","taxCategory":"saas"},"withTrial":true,'
          . '"billingDetail":{"country":"DE","isBusiness":%s%s},'
          . '"successUrl":"https://other.example/thanks",'
          . '"expiresInSeconds":600,"darkMode":false,'
          . '"metadata":{"b":"2","a":"1"},'
          . '"includePaymentMethods":["card","applepay"]';

sub set { '{' . sprintf($SET, @_ ? @_ : ('false', '')) . '}' }

my $BUSY = '"billingDetail":{"isBusiness":false}';

my @cases = (

    # inheritance, as with proxy_set_header: all of the outer level or none

    [ 'set at http level', '/http', '{}', "{$GBP}" ],
    [ 'set at http level, another value', '/http', '{"currency":"USD"}',
      '400 currency' ],
    [ 'one set here, none from above', '/own', '{}', '400 currency' ],
    [ 'one set here, the other accepted', '/own', '{"currency":"HKD"}',
      qq({"productId":"$P","currency":"HKD"}) ],
    [ 'inherited', '/outer/inherits', '{}',
      qq({$EUR,"successUrl":"https://other.example/thanks",)
      . '"metadata":{"from":"outer"}}' ],
    [ 'accept inherited', '/outer/inherits', "{$STO}",
      qq({$EUR,$STO,"successUrl":"https://other.example/thanks",)
      . '"metadata":{"from":"outer"}}' ],
    [ 'replaced', '/outer/replaces', '{}',
      qq({"productId":"$P","currency":"JPY"}) ],
    [ 'accept replaced', '/outer/replaces', '{"withTrial":true}',
      qq({"productId":"$P","currency":"JPY","withTrial":true}) ],
    [ 'not accepted any more', '/outer/replaces', "{$STO}", '400 storeId' ],
    [ 'not set any more, and the merchant\'s all the same',
      '/outer/replaces', '{"metadata":{"from":"outer"}}', '400 metadata' ],
    [ 'fields of another action', '/outer/order',
      qq({"checkoutSessionId":"%CS%",$DE}),
      qq({"checkoutSessionId":"%CS%",$DE,"buyerIp":"127.0.0.1",)
      . '"successUrl":"https://other.example/thanks"}' ],
    [ 'fields of another action stay the shop\'s', '/outer/order',
      qq({"checkoutSessionId":"%CS%",$DE,"currency":"EUR"}),
      '400 currency' ],

    # nothing accepted

    [ 'nothing accepted: own fields', '/none',
      '{"darkMode":true,"language":"en"}',
      qq({$BASE,"darkMode":true,"language":"en"}) ],
    [ 'nothing accepted: the same product', '/none', qq({"productId":"$P"}),
      "{$BASE}" ],
    [ 'nothing accepted: the same product and currency', '/none',
      "{$BASE}", "{$BASE}" ],
    [ 'nothing accepted: another product', '/none', qq({"productId":"$PRO"}),
      '400 productId' ],
    [ 'nothing accepted: another currency', '/none', '{"currency":"JPY"}',
      '400 currency' ],
    [ 'nothing accepted: the same in small letters', '/none',
      '{"currency":"usd"}', '400 currency' ],
    [ 'nothing accepted: the same in an array', '/none',
      '{"currency":["USD"]}', '400 currency' ],
    [ 'nothing accepted: null', '/none', '{"currency":null}',
      '400 currency' ],
    [ 'nothing accepted: an empty string', '/none', '{"currency":""}',
      '400 currency' ],
    [ 'nothing accepted: form, the same', '/none', 'currency=USD',
      "{$BASE}" ],
    [ 'nothing accepted: form, another', '/none', 'currency=JPY',
      '400 currency' ],
    [ 'nothing accepted: form, empty', '/none', 'currency=', "{$BASE}" ],
    [ 'nothing accepted: a price', '/none',
      '{"priceSnapshot":{"amount":"0.01","taxCategory":"saas"}}',
      '400 priceSnapshot' ],

    # choices

    [ 'a choice', '/choice', qq({"currency":"JPY","productId":"$PRO"}),
      qq({"productId":"$PRO","currency":"JPY","metadata":{"x":"y"}}) ],
    [ 'a choice by form', '/choice', "currency=JPY&productId=$TEAM",
      qq({"productId":"$TEAM","currency":"JPY","metadata":{"x":"y"}}) ],
    [ 'half a choice', '/choice', '{"currency":"JPY"}', '400 productId' ],
    [ 'a choice does not open the rest', '/choice',
      qq({$BASE,"withTrial":true,$STO}), '400 storeId withTrial' ],

    # the allow-list of design.md section 4

    [ 'list: pro', '/plan', '{"plan":"pro"}',
      qq({"productId":"$PRO","currency":"USD"}) ],
    [ 'list: team', '/plan', 'plan=team',
      qq({"productId":"$TEAM","currency":"USD"}) ],
    [ 'list: none', '/plan', '{}', '400 productId' ],
    [ 'list: empty', '/plan', 'plan=', '400 productId' ],
    [ 'list: unknown', '/plan', '{"plan":"gold"}', '400 productId' ],
    [ 'list: an id for a name', '/plan', qq({"plan":"$PRO"}),
      '400 productId' ],
    [ 'list: a pattern for a name', '/plan', '{"plan":"~.*"}',
      '400 productId' ],
    [ 'list: default for a name', '/plan', '{"plan":"default"}',
      '400 productId' ],
    [ 'list: an array', '/plan', '{"plan":["pro"]}', '400 productId' ],
    [ 'list: null', '/plan', '{"plan":null}', '400 productId' ],
    [ 'list: the product beside the name', '/plan',
      qq({"plan":"pro","productId":"$PRO"}),
      qq({"productId":"$PRO","currency":"USD"}) ],
    [ 'list: another product beside the name', '/plan',
      qq({"plan":"pro","productId":"$TEAM"}), '400 productId' ],
    [ 'list: a product without name', '/plan', qq({"productId":"$PRO"}),
      '400 productId' ],
    [ 'list: a product beside an unknown name', '/plan',
      qq({"plan":"gold","productId":"$PRO"}), '400 productId' ],
    [ 'list: two names', '/plan', '{"plan":"pro","plan":"team"}',
      '400 plan' ],
    [ 'list: two names by form', '/plan', 'plan=pro&plan=team', '400 plan' ],
    [ 'list: two names that differ in case', '/plan',
      '{"plan":"pro","Plan":"team"}', '400 productId' ],
    [ 'list: other inputs are unknown', '/plan',
      '{"plan":"pro","plans":"team"}', '400 plans' ],
    [ 'list: a field of this name elsewhere is unknown', '/plan',
      '{"plan":"pro","x":{"plan":"team"}}', '400 x' ],

    [ 'list by id: listed', '/listed', qq({"productId":"$TEAM"}),
      qq({"productId":"$TEAM","currency":"USD"}) ],
    [ 'list by id: not listed', '/listed', qq({"productId":"$P"}),
      '400 productId' ],
    [ 'list by id: none', '/listed', '{}', '400 productId' ],
    [ 'list by id: not even an id', '/listed', '{"productId":"pro"}',
      '400 productId' ],

    [ 'currency by country', '/money', 'country=DE',
      qq({"productId":"$P","currency":"EUR"}) ],
    [ 'currency without country', '/money', '',
      qq({"productId":"$P","currency":"USD"}) ],
    [ 'currency and another', '/money', 'country=DE&currency=JPY',
      '400 currency' ],
    [ 'currency and the same', '/money', 'country=JP&currency=JPY',
      qq({"productId":"$P","currency":"JPY"}) ],

    # constants

    [ 'constants: the buyer adds what is hers', '/set', "{$BUSY}", set() ],
    [ 'constants: form', '/set', 'billingDetail.isBusiness=1'
      . '&billingDetail.taxId=X1', set('true', ',"taxId":"X1"') ],
    [ 'constants: what is missing', '/set', '{}',
      '400 billingDetail.isBusiness' ],
    [ 'constants: an empty one is not set', '/set',
      qq({$BUSY,"language":"en"}),
      set() =~ s/("includePay)/"language":"en",$1/r ],
    [ 'constants: all the same values', '/set',
      '{"withTrial":true,"expiresInSeconds":600,"darkMode":false,'
      . '"priceSnapshot":{"amount":"29.00","taxCategory":"saas"},'
      . '"metadata":{"a":"1","b":"2"},'
      . '"includePaymentMethods":["card","applepay"],'
      . '"successUrl":"https://other.example/thanks",'
      . '"productType":"subscription",'
      . '"billingDetail":{"country":"DE","isBusiness":false}}', set() ],
    [ 'constants: all the same values by form', '/set',
      'withTrial=1&expiresInSeconds=600&darkMode=off'
      . '&priceSnapshot.amount=29.00&metadata[a]=1'
      . '&includePaymentMethods[]=card&includePaymentMethods[]=applepay'
      . '&billingDetail[country]=DE&billingDetail[isBusiness]=off', set() ],

    (map { [ "constants: $_->[0]", '/set', qq({$BUSY,$_->[2]}),
             "400 $_->[1]" ] }
        [ 'another boolean', 'withTrial', '"withTrial":false' ],
        [ 'a string for the boolean', 'withTrial', '"withTrial":"true"' ],
        [ 'another number', 'expiresInSeconds', '"expiresInSeconds":601' ],
        [ 'the number as a string', 'expiresInSeconds',
          '"expiresInSeconds":"600"' ],
        [ 'the number in another way', 'expiresInSeconds',
          '"expiresInSeconds":6e2' ],
        [ 'a lower amount', 'priceSnapshot.amount',
          '"priceSnapshot":{"amount":"0.01"}' ],
        [ 'the amount in another way', 'priceSnapshot.amount',
          '"priceSnapshot":{"amount":"29"}' ],
        [ 'the amount as a number', 'priceSnapshot.amount',
          '"priceSnapshot":{"amount":29.00}' ],
        [ 'another category', 'priceSnapshot.taxCategory',
          '"priceSnapshot":{"amount":"29.00","taxCategory":"ebook"}' ],
        [ 'a price of another kind', 'priceSnapshot',
          '"priceSnapshot":"0.01"' ],
        [ 'another member of the price', 'priceSnapshot.trialAmount',
          '"priceSnapshot":{"trialAmount":"0.01"}' ],
        [ 'another key\'s value', 'metadata.a', '"metadata":{"a":"2"}' ],
        [ 'one more key', 'metadata.c', '"metadata":{"a":"1","c":"3"}' ],
        [ 'fewer methods', 'includePaymentMethods',
          '"includePaymentMethods":["card"]' ],
        [ 'more methods', 'includePaymentMethods',
          '"includePaymentMethods":["card","applepay","googlepay"]' ],
        [ 'methods in another order', 'includePaymentMethods',
          '"includePaymentMethods":["applepay","card"]' ],
        [ 'a field of the buyer that the shop has set', 'darkMode',
          '"darkMode":true' ],
        [ 'the own site where the shop has set another', 'successUrl',
          '"successUrl":"https://localhost/thanks"' ]),

    [ 'constants: another country', '/set',
      '{"billingDetail":{"country":"FR","isBusiness":false}}',
      '400 billingDetail.country' ],

    # variables

    [ 'variables: empty', '/vars', '{}',
      qq({$BASE,"metadata":{"ref":"ref--"}}) ],
    [ 'variables: of header and arguments', '/vars?n=5&visit=v', '{}',
      qq({$BASE,"metadata":{"ref":"ref-r-5","visit":"v"},)
      . '"orderMerchantExternalId":"A1"}', 'X-Order' => 'A1',
      'X-Ref' => 'r' ],
    [ 'variables: all types', '/vars', '{}',
      qq({$BASE,"priceSnapshot":{"amount":"5.00","taxCategory":"ebook"},)
      . '"withTrial":false,"expiresInSeconds":60,"darkMode":true,'
      . '"metadata":{"ref":"ref--"},"includePaymentMethods":["card"]}',
      'X-Amount' => '5.00', 'X-Category' => 'ebook', 'X-Trial' => 'off',
      'X-Expires' => '60', 'X-Dark' => '1', 'X-Methods' => 'card' ],
    [ 'variables: an empty one leaves the field the shop\'s', '/vars',
      '{"orderMerchantExternalId":"A1"}', '400 orderMerchantExternalId' ],
    [ 'variables: an empty key, too', '/vars', '{"metadata":{"visit":"v"}}',
      '400 metadata.visit' ],
    [ 'variables: an empty one leaves the buyer\'s to the buyer', '/vars',
      '{"darkMode":true}',
      qq({$BASE,"darkMode":true,"metadata":{"ref":"ref--"}}) ],
    [ 'variables: a set one does not', '/vars', '{"darkMode":true}',
      '400 darkMode', 'X-Dark' => '0' ],
    [ 'variables: the same value', '/vars',
      '{"orderMerchantExternalId":"A1"}',
      qq({$BASE,"metadata":{"ref":"ref--"},"orderMerchantExternalId":"A1"}),
      'X-Order' => 'A1' ],
    [ 'variables: another value', '/vars',
      '{"orderMerchantExternalId":"A2"}', '400 orderMerchantExternalId',
      'X-Order' => 'A1' ],
    [ 'variables: half an object', '/vars', '{}',
      '400 priceSnapshot.taxCategory', 'X-Amount' => '5.00' ],

    # what the shop has got wrong is no fault of the buyer's: 500

    (map { [ "variables: a bad $_->[1]", '/vars', '{}', "500 $_->[0]",
             @$_[1, 2] ] }
        [ 'orderMerchantExternalId', 'X-Order', "A\xc3\xa9" ],
        [ 'withTrial', 'X-Trial', 'maybe' ],
        [ 'expiresInSeconds', 'X-Expires', '0' ],
        [ 'includePaymentMethods', 'X-Methods', 'card paypal' ]),
    [ 'variables: not UTF-8', '/vars', '{}', '500 orderMerchantExternalId',
      'X-Order' => "A\xff" ],
    [ 'variables: a bad one, and a mistake of the buyer', '/vars',
      '{"language":"xx"}', '400 expiresInSeconds language',
      'X-Expires' => '0' ],

    # set and accepted

    [ 'set, if known: unknown', '/both', '{"currency":"JPY"}',
      qq({"productId":"$P","currency":"JPY"}) ],
    [ 'set, if known: known', '/both', '{"currency":"JPY"}', '400 currency',
      'X-Currency' => 'EUR' ],
    [ 'set, if known: silent', '/both', '{}', "{$EUR}",
      'X-Currency' => 'EUR' ],
    [ 'set, if known: nobody', '/both', '{}', '400 currency' ],
    [ 'set, if known: a field of the shop', '/both',
      qq({"currency":"EUR","orderMerchantExternalId":"B"}),
      '400 orderMerchantExternalId' ],

    # parts

    [ 'a part accepted', '/amount', '{"priceSnapshot":{"amount":"3.00"}}',
      qq({$BASE,"priceSnapshot":{"amount":"3.00","taxCategory":"saas"}}) ],
    [ 'a part accepted: the other part', '/amount',
      '{"priceSnapshot":{"amount":"3.00","taxCategory":"ebook"}}',
      '400 priceSnapshot.taxCategory' ],
    [ 'a part accepted: the other part, the same', '/amount',
      '{"priceSnapshot":{"taxCategory":"saas","amount":"3.00"}}',
      qq({$BASE,"priceSnapshot":{"amount":"3.00","taxCategory":"saas"}}) ],
    [ 'a part accepted: a bad value', '/amount',
      '{"priceSnapshot":{"amount":"-3.00"}}', '400 priceSnapshot.amount' ],
    [ 'a part accepted: nothing', '/amount', '{}',
      '400 priceSnapshot.amount' ],
    [ 'a key accepted', '/gift', '{"metadata":{"gift":"yes"}}',
      qq({$BASE,"metadata":{"shop":"one","gift":"yes"}}) ],
    [ 'two keys accepted, in the order of names', '/gift',
      '{"metadata":{"gift":"yes","shop":"one","card":"no"}}',
      qq({$BASE,"metadata":{"shop":"one","card":"no","gift":"yes"}}) ],
    [ 'a key accepted: the shop\'s', '/gift', '{"metadata":{"shop":"two"}}',
      '400 metadata.shop' ],
    [ 'a key accepted: another', '/gift',
      '{"metadata":{"gift":"yes","gifts":"1"}}', '400 metadata.gifts' ],
    [ 'a key accepted: one that begins like it', '/gift',
      '{"metadata":{"gift.x":"1"}}', '400 metadata.gift.x' ],
    [ 'a key accepted: one that begins like it, form', '/gift',
      'metadata[card.x]=1', '400 metadata.card.x' ],
    [ 'a key accepted: one below it', '/gift', 'metadata.gift.x=1',
      '400 metadata.gift' ],
    [ 'a key accepted: none', '/gift', '{}',
      qq({$BASE,"metadata":{"shop":"one"}}) ],
    [ 'all keys accepted', '/meta', 'metadata.z=1&metadata[a]=2',
      qq({$BASE,"metadata":{"shop":"one","a":"2","z":"1"}}) ],
    [ 'all keys accepted but the shop\'s', '/meta',
      'metadata.z=1&metadata[shop]=2', '400 metadata.shop' ],

    # $pancake_input_NAME

    [ 'input: text', '/input', '{"plan":"pro"}',
      qq({$BASE,"metadata":{"plan":"pro"}}) ],
    [ 'input: a number', '/input', '{"plan":1.50}',
      qq({$BASE,"metadata":{"plan":"1.50"}}) ],
    [ 'input: true', '/input', '{"plan":true}',
      qq({$BASE,"metadata":{"plan":"true"}}) ],
    [ 'input: any text', '/input', '{"plan":"a\u0022\u00e9"}',
      qq({$BASE,"metadata":{"plan":"a\\"\xc3\xa9"}}) ],
    [ 'input: line breaks', '/input', '{"plan":"a\r\nb"}', "{$BASE}" ],
    [ 'input: null', '/input', '{"plan":null}', "{$BASE}" ],
    [ 'input: empty', '/input', '{"plan":""}', "{$BASE}" ],
    [ 'input: an array', '/input', '{"plan":["pro"]}', "{$BASE}" ],
    [ 'input: nested', '/input', '{"cart":{"id":"7"}}',
      qq({$BASE,"metadata":{"cart":"7"}}) ],
    [ 'input: nested, form', '/input', 'cart[id]=7',
      qq({$BASE,"metadata":{"cart":"7"}}) ],
    [ 'input: with an underscore', '/input', '{"cart_id":"7"}',
      qq({$BASE,"metadata":{"cart":"7"}}) ],
    [ 'input: ambiguous', '/input', '{"cart_id":"7","cart":{"id":"8"}}',
      "{$BASE}" ],
    [ 'input: ambiguous, the same', '/input', 'cart_id=7&cart.id=7',
      "{$BASE}" ],
    [ 'input: three levels', '/input', '{"one":{"two":{"three":"3"}}}',
      qq({$BASE,"metadata":{"deep":"3"}}) ],
    [ 'input: two levels', '/input', '{"one_two":{"three":"3"}}',
      qq({$BASE,"metadata":{"deep":"3"}}) ],
    [ 'input: two levels, the other way', '/input', 'one.two_three=3',
      qq({$BASE,"metadata":{"deep":"3"}}) ],
    [ 'input: two ways to three levels', '/input',
      'one.two_three=3&one_two.three=3', "{$BASE}" ],
    [ 'input: other members are unknown', '/input',
      '{"cart":{"id":"7","total":"1"}}', '400 cart.total' ],
    [ 'input: a longer name', '/input', '{"plan_b":"pro"}', '400 plan_b' ],
    [ 'input: a shorter name', '/input', '{"cart":"7"}', '400 cart' ],
    [ 'input: a name with a dot', '/input', '{"cart.id":"7"}',
      '400 cart.id' ],
    [ 'input: a field of the buyer', '/input', '{"darkMode":true}',
      qq({$BASE,"darkMode":true,"metadata":{"dark":"true"}}) ],
    [ 'input: a field of the shop, used, is hers', '/input',
      '{"metadata":{"note":"n"}}', qq({$BASE,"metadata":{"note":"n"}}) ],
    [ 'input: another key', '/input', '{"metadata":{"note":"n","x":"y"}}',
      '400 metadata.x' ],

    # what is dropped, and what is not

    [ 'drop: unknown', '/drop', 'csrf=1&submit.x=4&submit.y=5', "{$BASE}" ],
    [ 'drop: unknown with bad values', '/drop',
      '{"a":null,"b":[[[]]],"c":{"":null}}', '400 c' ],
    [ 'drop: the buyer\'s own still checked', '/drop', 'csrf=1&language=xx',
      '400 language' ],
    [ 'drop: the shop\'s still refused', '/drop',
      'csrf=1&priceSnapshot.amount=1', '400 priceSnapshot' ],
    [ 'drop: members', '/drop',
      '{"billingDetail":{"country":"DE","isBusiness":false,"x":1}}',
      qq({$BASE,$DE}) ],
);

# successUrl from a buyer: the shop's own origin.  A port of other characters
# than digits does not get as far as that since nginx 1.29.4.

my @urls = (
    [ 'https://localhost/', 1 ],
    [ 'https://localhost', 1 ],
    [ 'https://localhost/a/b?c=d&e=%2F#f', 1 ],
    [ 'https://localhost?a=b', 1 ],
    [ 'https://localhost#a', 1 ],
    [ 'https://localhost//evil.example/', 1 ],
    [ 'https://localhost:8443/', 0 ],
    [ 'https://localhost:8443/', 0, 'localhost:8443' ],
    [ 'https://localhost:' . $t->port(0) . '/', 1, 'localhost:' . $t->port(0) ],
    [ 'https://localhost:' . $t->port(0) . '/', 0, 'localhost' ],
    [ 'https://localhost:1?/', 0, 'localhost:1?' ],
    [ 'https://localhost./', 0, 'localhost.' ],
    [ 'https://other.example/', 0, 'other.example' ],
    [ 'https://a.shops.example/', 1, 'a.shops.example' ],
    [ 'https://shops.example/', 0, 'shops.example' ],
    [ 'https://localhost/', 0, 'localhost:8443' ],
    [ 'https://localhost:844/', 0, 'localhost:8443' ],
    [ 'https://localhost:84430/', 0, 'localhost:8443' ],
    [ 'https://localhost/', 0, 'localhost:443' ],
    [ 'https://shop.example/', 1, 'shop.example' ],
    [ 'https://shop.example/', 1, 'Shop.Example' ],
    [ 'https://www.shop.example/', 0, 'shop.example' ],
    [ 'https://shop.example.evil.example/', 0, 'shop.example' ],
    [ 'https://shop.exampleevil/', 0, 'shop.example' ],
    [ 'https://shop.example@evil.example/', 0, 'shop.example' ],
    [ 'https://shop.example:x@evil.example/', 0, 'shop.example' ],
    [ 'https://x@shop.example/', 0, 'shop.example' ],
    [ 'https://shop.example%2eevil.example/', 0, 'shop.example' ],
    [ 'https://shop.example%00.evil.example/', 0, 'shop.example' ],
    [ 'https://shop.example\\\\.evil.example/', 0, 'shop.example' ],
    [ "https://shop.example\xe3\x80\x82evil.example/", 0, 'shop.example' ],
    [ 'https://evil.example/https://shop.example/', 0, 'shop.example' ],
    [ 'https://evil.example/?https://shop.example/', 0, 'shop.example' ],
    [ 'https://evil.example#https://shop.example/', 0, 'shop.example' ],
    [ 'http://shop.example/', 0, 'shop.example' ],
    [ 'ftp://shop.example/', 0, 'shop.example' ],
    [ '//shop.example/', 0, 'shop.example' ],
    [ '/thanks', 0, 'shop.example' ],
    [ 'javascript:alert(1)//https://shop.example/', 0, 'shop.example' ],
    [ 'https:/shop.example/', 0, 'shop.example' ],
    [ 'https:shop.example/', 0, 'shop.example' ],
    [ ' https://shop.example/', 0, 'shop.example' ],
    [ 'https://evil.example/', 0, 'shop.example' ],
);

for (@urls) {
    my ($url, $good, $host) = @$_;
    $host //= 'localhost';

    my $bad = $host =~ /:\d*[^\d]/ && $t->nginx_version >= 1_029_004
              ? '400' : '400 successUrl';

    push @cases, [ "successUrl on $host: $url", '/urls',
                   qq({"successUrl":"$url"}),
                   $good ? qq({$BASE,"successUrl":"$url"}) : $bad,
                   Host => $host ];
}

# buyerIp: the client's address as nginx knows it

my $ORDER = qq({"checkoutSessionId":"%CS%",$DE});

sub from { $ORDER =~ s/\}$/,"buyerIp":"$_[0]"}/r }

push @cases, (
    [ 'address', '/ip', $ORDER, from('127.0.0.1') ],
    [ 'address, another', '/ip', $ORDER, from('127.0.0.9'),
      -source => '127.0.0.9' ],
    [ 'address: nobody is believed', '/ip', $ORDER, from('127.0.0.1'),
      'X-Forwarded-For' => '192.0.2.7', 'X-Real-IP' => '192.0.2.7',
      'Forwarded' => 'for=192.0.2.7', 'Client-IP' => '192.0.2.7' ],
    [ 'address: the body', '/ip', from('192.0.2.7'), '400 buyerIp' ],
    [ 'address: the body, the right one', '/ip', from('127.0.0.1'),
      from('127.0.0.1') ],
    [ 'address: the body by form', '/ip', 'checkoutSessionId=%CS%'
      . '&billingDetail.country=DE&billingDetail.isBusiness=0'
      . '&buyerIp=192.0.2.7', '400 buyerIp' ],
    [ 'realip', '/ip/real', $ORDER, from('192.0.2.7'),
      'X-Forwarded-For' => '192.0.2.7' ],
    [ 'realip: IPv6', '/ip/real', $ORDER, from('2001:db8::7'),
      'X-Forwarded-For' => '2001:db8::7' ],
    [ 'realip: the last of a list', '/ip/real', $ORDER, from('192.0.2.8'),
      'X-Forwarded-For' => '192.0.2.7, 192.0.2.8' ],
    [ 'realip: no field', '/ip/real', $ORDER, from('127.0.0.1') ],
    [ 'realip: no address', '/ip/real', $ORDER, from('127.0.0.1'),
      'X-Forwarded-For' => 'unknown' ],
    [ 'realip: from somebody else', '/ip/real', $ORDER, from('127.0.0.9'),
      -source => '127.0.0.9', 'X-Forwarded-For' => '192.0.2.7' ],
    [ 'realip: the body says where from', '/ip/real', from('127.0.0.1'),
      '400 buyerIp', 'X-Forwarded-For' => '192.0.2.7' ],
    [ 'realip: another field', '/ip/other', $ORDER, from('192.0.2.7'),
      'X-Client' => '192.0.2.7', 'X-Forwarded-For' => '192.0.2.8' ],
    [ 'realip: the body is not dropped', '/ip/other', from('192.0.2.8'),
      '400 buyerIp', 'X-Client' => '192.0.2.7' ],
);

$t->plan(@cases + 12)->backend(1)->run;

my $called = 0;
my $connection;


sub ask {
    my ($uri, $text, %h) = @_;

    my $type = $text =~ /^\{/ ? 'application/json'
                              : 'application/x-www-form-urlencoded';
    my $source = delete $h{-source};
    my ($head, $body) = PancakeTest::HTTP->build('POST', $uri, $text,
        Connection => undef, 'Content-Type' => $type, %h);

    if ($source) {
        return $t->request($head . $body, -source => $source);
    }

    for my $try (1, 2) {
        my $fresh = !$connection;
        $connection ||= $t->connect;
        $connection->send($head . $body);

        my $r = $connection->response;
        $connection = undef
            if !$r->status || lc($r->header('Connection') // '') eq 'close';

        return $r if $r->status || $fresh;
    }
}


sub outcome {
    my ($uri, $text, %h) = @_;

    $t->clear_requests;

    my $r = ask($uri, $text, %h);
    my @requests = $t->requests;
    $called += @requests;

    return join ' ', map { $_->body } @requests if $r->status == 302;

    my $errors = ($r->json || {})->{errors} || [];
    return join ' ', $r->status, (sort map { $_->{field} // '?' } @$errors),
                     @requests ? 'after a call' : ();
}


my $CS = 'cs_550e8400-e29b-41d4-a716-446655440000';

for my $case (@cases) {
    my ($name, $uri, $text, $expected, @headers) = @$case;

    s/%CS%/$CS/ for $text, $expected;
    is(outcome($uri, $text, @headers), $expected, "$uri: $name");
}


# Who is told what.

sub message {
    my ($uri, $text, %h) = @_;
    return ask($uri, $text, %h)->json->{errors}[0]{message};
}

is(message('/none', '{"withTrial":true}'),
   'withTrial is set by the shop and must not be sent', 'the shop\'s field');
is(message('/ip', from('192.0.2.7') =~ s/%CS%/$CS/r),
   'buyerIp is set by this server and must not be sent',
   'the server\'s field');
is(message('/none', '{"coupon":"SAVE"}'),
   'coupon is not a field of this checkout', 'nobody\'s field');
is(message('/urls', '{"successUrl":"https://evil.example/"}'),
   'successUrl must lead to this very site', 'another site');

# A value of the shop that turns out bad is the operator's to see.

$t->mark;
is(message('/vars', '{}', 'X-Expires' => '0'),
   'expiresInSeconds must be a whole number from 1 to 604800',
   'a bad variable: message');
is_deeply([ $t->wait_for_message(qr/expiresInSeconds/) ],
   [ [ 'error', 'pancake checkout: 500, field "expiresInSeconds" as set by'
       . ' "pancake_set" must be a whole number from 1 to 604800' ] ],
   'a bad variable: log');

$t->mark;
ask('/none', '{"withTrial":true}');
is_deeply([ $t->wait_for_message(qr/withTrial/) ],
   [ [ 'info', 'pancake checkout: 400, field "withTrial" is set by the shop'
       . ' and must not be sent' ] ], 'a buyer\'s mistake: log');


# A balancer that speaks the PROXY protocol.

my ($order) = $ORDER =~ s/%CS%/$CS/r;
my ($head, $body) = PancakeTest::HTTP->build('POST', '/ip', $order,
    'Content-Type' => 'application/json', 'X-Forwarded-For' => '192.0.2.8');

for my $address ('192.0.2.33', '2001:db8::33') {
    my $version = $address =~ /:/ ? 'TCP6' : 'TCP4';

    $t->clear_requests;
    my $r = $t->request("PROXY $version $address $address 1000 80\r\n$head"
                        . $body, -port => 2);

    is($r->status, 302, "PROXY $address: status");
    is(($t->requests)[0]->body, from($address) =~ s/%CS%/$CS/r,
       "PROXY $address: body");
    $called++;
}

# A call that came after its test had looked would be counted here.

$t->clear_requests;
ask('/none', '{}');
is(($t->requests)[0]{seq}, $called + 1, 'no call has come too late');
