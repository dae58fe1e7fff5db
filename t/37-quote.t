# The shop's quote: what it may say and in which shape, what passes on to the
# buyer as it came, what the shop and the API get to see, and that the shop
# is asked once at most.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use Test::More;

use JSON::PP ();

my $t = PancakeTest->new->has(qw( http_v2 auth_request ))->conf(<<'EOT');
log_format result '$uri $status [$pancake_result] [$upstream_status] '
                  '[$pancake_upstream_status]';
log_format quoted '$pancake_quote_cart $pancake_quote_total_amount '
                  '$pancake_quote_line_0 $request_id';

map $pancake_quote_plan $mapped {
    default PROD_zzzzzzzzzzzzzzzzzzzzzz;
    pro     %%PRODUCT%%;
}

upstream shops {
    server 127.0.0.1:%%PORT_2%% max_fails=0;
    server 127.0.0.1:%%PORT_3%% max_fails=0;
}

upstream warm {
    server 127.0.0.1:%%PORT_2%%;
    keepalive 4;
}

# as Debian has it
sendfile on;

proxy_cache_path %%DIR%%/cache keys_zone=quotes:1m;

server {
    listen 127.0.0.1:%%PORT_0%% sndbuf=8k;
    listen 127.0.0.1:%%PORT_8%% http2;
    access_log %%DIR%%/result.log result;

    %%CREDENTIALS%%
    %%RETRY_OFF%%

    pancake_quote /_quote;

    location = /bare { pancake_checkout create-session; }

    location = /set {
        pancake_checkout create-session;
        pancake_set productId %%PRODUCT%%;
        pancake_set currency  USD;
        pancake_set metadata.from set;
        pancake_set orderMerchantExternalId $http_x_order;
    }

    location = /accept {
        pancake_checkout create-session;
        pancake_accept productId currency orderMerchantExternalId metadata;
    }

    location = /drop {
        pancake_checkout create-session;
        pancake_unknown_fields drop;
    }

    location = /chain {
        pancake_checkout create-session create-order;
        access_log off;
    }

    location = /words {
        pancake_checkout create-session;
        pancake_set productId $pancake_quote_product;
        pancake_set currency  $pancake_quote_CURRENCY_code;
        pancake_set priceSnapshot.amount $pancake_quote_total_amount;
        pancake_set priceSnapshot.taxCategory $pancake_quote_tax_category;
        pancake_set metadata.cart "c-$pancake_quote_cart";
        pancake_set withTrial $pancake_quote_trial;
        pancake_set productType $pancake_quote_kind;
        pancake_idempotency_key "$pancake_quote_cart";
        access_log %%DIR%%/quoted.log quoted;
        access_log %%DIR%%/result.log result;
    }

    location = /map {
        pancake_checkout create-session;
        pancake_set productId $mapped;
    }

    location = /id {
        pancake_checkout create-session;
        pancake_set metadata.id $request_id;
    }

    location = /off  { pancake_checkout create-session;
                       pancake_set productId %%PRODUCT%%;
                       pancake_set currency USD;
                       pancake_quote off; }
    location = /args { pancake_checkout create-session;
                       pancake_quote /_quote?from=edge&n=1; }
    location = /none { pancake_checkout create-session;
                       pancake_quote "/_quote?"; }
    location = /link { pancake_checkout create-session;
                       pancake_input args json; access_log off; }
    location = /file { pancake_checkout create-session;
                       client_body_in_file_only clean; }
    location = /small { pancake_checkout create-session;
                        client_body_buffer_size 1k; }
    location = /reply { pancake_checkout create-session;
                        pancake_reply json; }
    location = /require { pancake_checkout create-session;
                          pancake_require $http_x_member; }

    location = /gzip { pancake_checkout create-session;
                       pancake_quote /_plain; gzip on; gzip_min_length 1;
                       gzip_types *; gzip_proxied any; }
    location = /gzip-static {
        pancake_checkout create-session; pancake_quote /_page;
        gzip on; gzip_min_length 1; gzip_types *; gzip_proxied any;
    }
    location = /unbuffered { pancake_checkout create-session;
                             pancake_quote /_unbuffered; }
    location = /disk { pancake_checkout create-session;
                       pancake_quote /_disk; }
    location = /gzip-disk { pancake_checkout create-session;
                       pancake_quote /_disk; gzip on; gzip_min_length 1;
                       gzip_types *; gzip_proxied any; }

    location = /down { pancake_checkout create-session;
                       pancake_quote /_down; }
    location = /down-page { pancake_checkout create-session;
                            pancake_quote /_down; error_page 502 /sorry; }
    location = /down-own  { pancake_checkout create-session;
                            pancake_quote /_down-own;
                            error_page 502 /sorry; }
    location = /late      { pancake_checkout create-session;
                            pancake_quote /_late; }
    location = /half      { pancake_checkout create-session;
                            pancake_quote /_half; }
    location = /late-page { pancake_checkout create-session;
                            pancake_quote /_late; error_page 504 /sorry; }
    location = /pages     { pancake_checkout create-session;
                            error_page 400 401 404 500 502 503 504 /sorry; }
    location = /sorry { internal; return 200 "sorry $status\n"; }

    location = /two  { pancake_checkout create-session;
                       pancake_quote /_two; }
    location = /two-link { pancake_checkout create-session;
                           pancake_input args;
                           pancake_quote /_two; access_log off; }
    location = /warm { pancake_checkout create-session;
                       pancake_quote /_warm; }
    location = /retries { pancake_checkout create-session;
                          pancake_retry 3 backoff=20ms deadline=20s; }

    location = /missing  { pancake_checkout create-session;
                           pancake_quote /_nowhere; }
    location = /loop     { pancake_checkout create-session;
                           pancake_quote /set; }
    location = /itself   { pancake_checkout create-session;
                           pancake_quote /itself; }
    location = /return   { pancake_checkout create-session;
                           pancake_quote /_return; }
    location = /moved    { pancake_checkout create-session;
                           pancake_quote /_moved; }
    location = /refused  { pancake_checkout create-session;
                           pancake_quote /_refused; }
    location = /static   { pancake_checkout create-session;
                           pancake_quote /_page; }
    location = /cached   { pancake_checkout create-session;
                           pancake_quote /_cached; }

    location = /auth {
        auth_request     /_user;
        auth_request_set $user $upstream_http_x_user;
        pancake_checkout create-session;
        pancake_set      metadata.user $user;
    }

    location = /_quote {
        internal;
        proxy_pass http://127.0.0.1:%%PORT_2%%/quote;
        proxy_redirect off;
        proxy_http_version 1.1;
    }
    location = /_plain {
        internal;
        proxy_pass http://127.0.0.1:%%PORT_2%%/quote;
        proxy_redirect off;
    }
    location = /_unbuffered {
        internal;
        proxy_pass http://127.0.0.1:%%PORT_2%%/quote;
        proxy_http_version 1.1;
        proxy_buffering off;
    }
    location = /_disk {
        internal;
        proxy_pass http://127.0.0.1:%%PORT_2%%/quote;
        proxy_http_version 1.1;
        proxy_buffers 2 4k;
        proxy_buffer_size 4k;
        proxy_busy_buffers_size 4k;
        proxy_temp_file_write_size 8k;
    }
    location = /_two  { internal; proxy_pass http://shops/quote;
                        proxy_next_upstream error timeout http_500
                                            http_404 invalid_header; }
    location = /_warm { internal; proxy_pass http://warm/quote;
                        proxy_http_version 1.1;
                        proxy_set_header Connection ""; }
    location = /_down { internal; proxy_pass http://127.0.0.1:%%PORT_9%%; }
    location = /_down-own {
        internal;
        proxy_pass http://127.0.0.1:%%PORT_9%%;
        error_page 502 /own;
    }
    location = /own { internal; return 200 "the shop's own $status\n"; }
    location = /_late {
        internal;
        proxy_pass http://127.0.0.1:%%PORT_2%%/quote;
        proxy_read_timeout 300ms;
    }
    location = /_half {
        internal;
        proxy_pass http://127.0.0.1:%%PORT_2%%/quote;
        proxy_read_timeout 3s;
    }
    location = /_return {
        internal;
        default_type application/json;
        return 200 '{"productId":"%%PRODUCT%%","currency":"JPY"}';
    }
    location = /_moved   { internal; return 303 /cart; }
    location = /_refused { internal; return 404; }
    location = /_page {
        internal;
        proxy_pass http://127.0.0.1:%%PORT_2%%/quote;
        proxy_intercept_errors on;
        error_page 404 /pages/gone.html;
        error_page 410 =200 /pages/quote.json;
    }
    location /pages/ { root %%DIR%%; types { application/json json;
                                             text/html html; } }
    location = /_cached {
        internal;
        proxy_pass http://127.0.0.1:%%PORT_2%%/quote;
        proxy_cache quotes;
        proxy_cache_methods POST;
        proxy_cache_key $request_uri$http_cookie;
        proxy_cache_valid 200 404 1h;
    }
    location = /_user {
        internal;
        proxy_pass http://127.0.0.1:%%PORT_2%%/user;
        proxy_pass_request_body off;
        proxy_set_header Content-Length "";
    }

    %%API_LOCATION%%
}
EOT

my $PRODUCT = $t->product;
my %PRODUCT = (productId => $PRODUCT, currency => 'USD');
my $GOOD = qq({"productId":"$PRODUCT","currency":"USD"});
my $JSON = '{"darkMode":true}';
my $MAIL = 'secret-buyer-37@example.com';

my $quoted = JSON::PP->new->utf8->canonical->allow_nonref;

my $GONE = join '', map { "<p>The page of a cart that is gone, line $_</p>\n" }
                    1 .. 3000;

$t->write_file('pages/gone.html', $GONE)
  ->write_file('pages/quote.json', $GOOD);

my $logged = 0;


sub shop { $t->upstream(2) }


# What the shop will answer: JSON text, a structure, or bytes as they are.

sub shop_says {
    my ($quote, %o) = @_;

    shop->clear_requests;
    $t->clear_requests;

    shop->mode('reply', body => ref $quote ? $quoted->encode($quote) : $quote,
               %o);
}


sub shop_sends {
    my ($pieces, %o) = @_;

    shop->clear_requests;
    $t->clear_requests;

    shop->mode('raw', pieces => ref $pieces ? $pieces : [ $pieces ],
               end => 'close', delay => 0.001, %o);
}


sub buy {
    my ($uri, $body, %h) = @_;
    return $t->post_json($uri, $body // $JSON, %h);
}


# How often the shop and the API were asked.

sub asked { return scalar(shop->requests) . '/' . scalar($t->requests) }


# The next line of the access log.

sub logged {
    my @lines;

    $t->wait_for(sub {
        @lines = split /\n/, $t->log_text('result.log');
        return @lines > $logged;
    });

    my $line = $lines[$logged] // 'none';
    $logged = @lines;

    return $line;
}


sub forget { $logged = split /\n/, $t->log_text('result.log') }


# Of the error log; "field" and the hint.

sub complaint {
    my ($field, $hint) = @_;
    return "pancake checkout: 502, field \"$field\" as the shop quotes it "
           . $hint;
}


# A message of the buyer's as field and hint; the field as it is logged.

sub said {
    my ($text) = @_;
    my ($field, $hint) = $text =~ /^(.+?) ((?:must|has|needs|is|cannot) .*)/s;
    return ($field =~ /\n/ ? '(unprintable)' : $field, $hint);
}


sub errors {
    my ($r) = @_;
    my $json = $r->json;
    return ref $json eq 'HASH' && ref $json->{errors}
           ? join '; ', map { $_->{message} } @{ $json->{errors} } : 'none';
}


my $TEXT = sub { 'x' x $_[0] };
my $STRING = 'must be a string';
my $BOOLEAN = 'must be true or false';
my $AMOUNT = 'must be a positive decimal amount as a string, such as 29.00';
my $ID = sub { "must be $_[0]_ and 22 letters or digits" };
my $CURRENCY = 'must be one of USD, EUR, GBP, HKD, JPY, CNY';
my $METHODS = 'must be a list of different methods: card, applepay, '
              . 'googlepay, wechat';
my $TAX = 'must be one of digital_goods, saas, software, ebook, '
          . 'online_course, consulting, professional_service';
my $COUNT = 'must be a whole number from 1 to 604800';
my $URL = 'must be an https URL of at most 512 characters';
my $LINE = sub { "must have 1 to $_[0] characters, no control characters" };
my $PRINT = 'must have 1 to 128 printable ASCII characters';
my $COUNTRY = 'must be an ISO 3166-1 alpha-2 country code in capitals, '
              . 'such as DE';
my $MAP = 'must be an object of at most 50 strings of at most 1024 bytes';
my $LANGUAGE = 'must be a language of the checkout page, such as en or ja-JP';
my $PLACES = 'has more digits after the point than the currency';
my $ORDER = 'ORD_2aUyqjCzEIiEcYMKj7TZtw';
my %PLAN = (originOrderId => $ORDER);
my %ADDRESS = (country => 'DE', isBusiness => \0);

# Every field of a session, said by the shop: path, what stands beside it,
# good values (as JSON), bad ones with what is said of them.

my @fields = (
    [ productId => {}, [ qq("$PRODUCT") ],
      [ '""', '"PROD_1"', '"STO_3kF9mNpQrStUvWxYz1A2bC"',
        qq("$PRODUCT ") ] => $ID->('PROD'),
      [ '1', 'true', '[]', '{}', qq(["$PRODUCT"]) ] => $STRING,
      [ 'null' ] => 'is required' ],
    [ currency => {}, [ map { qq("$_") } qw( USD EUR GBP HKD JPY CNY ) ],
      [ '"usd"', '"ABC"', '""', '"USD "' ] => $CURRENCY,
      [ '840', 'false', '{"code":"USD"}' ] => $STRING,
      [ 'null' ] => 'is required' ],
    [ storeId => {}, [ '"STO_2aUyqjCzEIiEcYMKj7TZtw"' ],
      [ '"PROD_2aUyqjCzEIiEcYMKj7TZtw"', '"STO_"' ] => $ID->('STO'),
      [ '7' ] => $STRING ],
    [ productType => {}, [ '"onetime"', '"subscription"' ],
      [ '"Onetime"', '"onetime subscription"', '""' ]
      => 'must be onetime or subscription',
      [ '1' ] => $STRING ],
    [ priceSnapshot => {},
      [ '{"amount":"41.50","taxCategory":"saas"}' ],
      [ '"41.50"', '41.5', '[]', 'true', '""' ] => 'must be an object' ],
    [ 'priceSnapshot.amount' => { 'priceSnapshot.taxCategory' => 'saas' },
      [ '"41.50"', '"1"', '"0.01"', '"99999999999999999.99"' ],
      [ '"0"', '"0.00"', '"-1"', '"+1"', '"1e3"', '"1,50"', '" 1"', '"1."',
        '".5"', '"01"', '""', '"NaN"', '"0x10"', '"1.2.3"',
        '"999999999999999999.99"' ] => $AMOUNT,
      [ '41.50', '41', '1e3', 'true', '["41.50"]', '{"value":"1"}' ]
      => $STRING,
      [ '"1.234"' ] => $PLACES,
      [ 'null' ] => 'is required' ],
    [ 'priceSnapshot.taxCategory' => { 'priceSnapshot.amount' => '1' },
      [ map { qq("$_") } qw( digital_goods saas software ebook online_course
                             consulting professional_service ) ],
      [ '"food"', '"SaaS"', '""' ] => $TAX,
      [ '7', '[]' ] => $STRING,
      [ 'null' ] => 'is required' ],
    [ withTrial => { productType => 'subscription' }, [ 'true', 'false' ],
      [ '"true"', '1', '0', '""', '[]' ] => $BOOLEAN ],
    [ buyerEmail => {}, [ '"a@b.example"' ],
      [ '"nobody"', '"a@b@c"', '"a b@c.example"', '""',
        '"a@b.example\u000d\u000aX: y"' ] => 'must be an e-mail address',
      [ '1' ] => $STRING ],
    [ billingDetail => {}, [ '{"country":"DE","isBusiness":false}' ],
      [ '"DE"', '[]', '0', 'false' ] => 'must be an object' ],
    [ 'billingDetail.country' => { 'billingDetail.isBusiness' => \0 },
      [ '"DE"', '"ZW"' ],
      [ '"de"', '"DEU"', '"XX"', '""', '"Germany"' ] => $COUNTRY,
      [ '49' ] => $STRING ],
    [ 'billingDetail.isBusiness' => { 'billingDetail.country' => 'DE' },
      [ 'true', 'false' ], [ '"true"', '1', '"on"' ] => $BOOLEAN ],
    map({
        my ($name, $max) = @$_;
        [ "billingDetail.$name" => { map({ ("billingDetail.$_" =>
                                            $ADDRESS{$_}) } keys %ADDRESS) },
          [ '"x"', '"' . $TEXT->($max) . '"', '"\u00fc\u5317"' ],
          [ '""', '"' . $TEXT->($max + 1) . '"', '"a\u0009b"', '"a\nb"',
            '"\u007f"' ] => $LINE->($max),
          [ '94105', 'true', '{}', '[]' ] => $STRING ]
    } [ state => 64 ], [ postcode => 16 ], [ businessName => 128 ],
      [ taxId => 32 ]),
    [ successUrl => {}, [ '"https://elsewhere.example/thanks"',
                          '"http://localhost/x"' ],
      [ '"http://shop.example/"', '"/thanks"', '"javascript:alert(1)"',
        '"https://a@b.example/"', '"https://a/\u000d\u000aX: y"', '""',
        '"https://a/' . $TEXT->(503) . '"' ] => $URL,
      [ '1', '[]' ] => $STRING ],
    [ expiresInSeconds => {}, [ '1', '604800' ],
      [ '0', '604801', '-1', '1.5', '1e3', '"60"', 'true', '[60]',
        '99999999999999999999999' ] => $COUNT ],
    [ darkMode => {}, [ 'true', 'false' ],
      [ '"true"', '1', '{}' ] => $BOOLEAN ],
    [ metadata => {}, [ '{"a":"b","c":""}',
                        '{"' . $TEXT->(128) . '":"' . $TEXT->(1024) . '"}' ],
      [ '"a"', '[]', '1' ] => 'must be an object' ],
    [ orderMerchantExternalId => {}, [ '"S-1001"', '" ~"',
                                       '"' . $TEXT->(128) . '"' ],
      [ '""', '"a\nb"', '"\u00fc"', '"' . $TEXT->(129) . '"' ] => $PRINT,
      [ '1001' ] => $STRING ],
    [ language => {}, [ '"en"', '"zh-Hant-TW"' ],
      [ '"de"', '"EN"', '""' ] => $LANGUAGE, [ '1' ] => $STRING ],
    map({
        [ "${_}cludePaymentMethods" => {}, [ '["card"]',
                                             '["card","googlepay"]' ],
          [ '[]', '["card","card"]', '["cash"]', '"card"', '[["card"]]',
            '[1]', '[null]', '{}', '{"card":true}', 'true' ] => $METHODS ]
    } qw( in ex )),
    [ originOrderId => {}, [ qq("$ORDER") ],
      [ '"ORD_1"', '""' ] => $ID->('ORD'), [ '1' ] => $STRING ],
    [ changeTiming => \%PLAN, [ '"immediate"', '"next_period"' ],
      [ '"now"', '""' ] => 'must be immediate or next_period',
      [ 'false' ] => $STRING ],
    map({
        [ $_ => \%PLAN, [ '"5.00"' ],
          [ '"0"', '"-5"', '"five"' ] => $AMOUNT, [ '5' ] => $STRING,
          [ '"5.001"' ] => $PLACES ]
    } qw( changeAmount changeCreditAmount )),
);

my ($good, $bad) = (0, 0);

for my $f (@fields) {
    my ($path, $beside, $fine, @rest) = @$f;
    $good += @$fine;

    while (my ($values, $hint) = splice @rest, 0, 2) {
        $bad += @$values;
    }
}

$t->plan(2 * $good + 3 * $bad + 2012)->backend(1)->backend(2)->run;


# A structure from dotted paths; JSON text stays.

sub nested {
    my (%o) = @_;
    my %quote;

    for my $path (sort keys %o) {
        my @names = split /\./, $path;
        my $last = pop @names;
        my $at = \%quote;

        $at = $at->{$_} //= {} for @names;
        $at->{$last} = $o{$path};
    }

    return \%quote;
}


sub at {
    my ($data, $path) = @_;

    for my $name (split /\./, $path) {
        return undef unless ref $data eq 'HASH';
        $data = $data->{$name};
    }

    return $data;
}


sub text {
    my ($json) = @_;
    my $shown = length $json > 40 ? substr($json, 0, 37) . '...' : $json;
    return $shown =~ s/([^ -~])/sprintf '\\x%02x', ord $1/ger;
}


# Fields of the shop's, one by one.

for my $f (@fields) {
    my ($path, $beside, $fine, @rest) = @$f;

    for my $json (@$fine) {
        my $n = "$path " . text($json);

        # JPY knows no cents

        shop_says(nested(%PRODUCT, %$beside, $path =>
                         $quoted->decode($json)));
        my $r = buy('/bare', '{}');
        my ($req) = $t->requests;

        is($r->status . ' ' . asked(), '302 1/1', "$n: status");
        is($quoted->encode([ at($req ? $req->json : {}, $path) ]),
           $quoted->encode([ $quoted->decode($json) ]), "$n: to the API");
    }

    while (my ($values, $hint) = splice @rest, 0, 2) {
        for my $json (@$values) {
            my $n = "$path must not be " . text($json);
            my $quote = $quoted->encode(nested(%PRODUCT, %$beside,
                                               $path => "\x01"));
            $quote =~ s/"\\u0001"/$json/;

            shop_says($quote);
            $t->mark;
            my $r = buy('/bare', '{}');

            is($r->status . ' ' . asked(), '502 1/0', "$n: status");
            is(errors($r), "$path $hint", "$n: the buyer");
            is(join("\n", map { "$_->[0] $_->[1]" }
                          $t->messages(qr/the shop quotes/)),
               'error ' . complaint($path, $hint), "$n: the error log");
        }
    }
}


# More than one is wrong: all are named, and relations between fields of the
# shop's are the shop's to mend.

for my $case (
    [ 'two', { %PRODUCT, currency => 'ABC', language => 'xx' },
      [ "currency $CURRENCY", "language $LANGUAGE" ] ],
    [ 'nothing at all', {},
      [ 'productId is required', 'currency is required' ] ],
    [ 'cents of a yen', { %PRODUCT, currency => 'JPY', priceSnapshot =>
      { amount => '1.50', taxCategory => 'saas' } },
      [ "priceSnapshot.amount $PLACES" ] ],
    [ 'a trial of nothing', { %PRODUCT, productType => 'onetime',
      withTrial => \1 }, [ 'withTrial needs a subscription product' ] ],
    [ 'a subscription in CNY', { %PRODUCT, currency => 'CNY',
      productType => 'subscription' },
      [ 'currency cannot be charged for a subscription' ] ],
    [ 'methods twice', { %PRODUCT, includePaymentMethods => [ 'card' ],
      excludePaymentMethods => [ 'wechat' ] },
      [ 'excludePaymentMethods must not stand beside '
        . 'includePaymentMethods' ] ],
    [ 'a method elsewhere', { %PRODUCT, currency => 'EUR',
      includePaymentMethods => [ 'wechat' ] },
      [ 'includePaymentMethods has a method that the currency does not '
        . 'offer' ] ],
    [ 'a change of nothing', { %PRODUCT, changeTiming => 'immediate' },
      [ 'changeTiming needs originOrderId' ] ],
    [ 'two changes', { %PRODUCT, %PLAN, changeAmount => '1',
      changeCreditAmount => '1' },
      [ 'changeCreditAmount must not stand beside changeAmount' ] ],
    [ 'an address of a plan', { %PRODUCT, %PLAN, billingDetail =>
      { country => 'DE', isBusiness => \0 } },
      [ 'billingDetail is taken from the original subscription and must '
        . 'not be sent' ] ],
    [ 'a long state', { %PRODUCT, billingDetail => { country => 'US',
      isBusiness => \0, state => 'New York' } },
      [ 'billingDetail.state must be two capital letters in US and CA, such '
        . 'as NY' ] ],
    [ 'a note that is no text', { %PRODUCT, metadata => { a => 1 } },
      [ "metadata.a $STRING" ] ],
    [ 'a long note', { %PRODUCT, metadata => { a => 'x' x 1025 } },
      [ "metadata.a $MAP" ] ],
    [ 'a note with a line in its name',
      { %PRODUCT, metadata => { "a\nb" => 'x' } },
      [ "metadata.a\nb must have a name of 1 to 128 characters, no control "
        . 'characters' ] ],
    [ 'too many notes', { %PRODUCT, metadata => { map { $_ => 'x' }
                                                  1 .. 51 } },
      [ "metadata $MAP" ] ],
) {
    my ($name, $quote, $want) = @$case;

    shop_says($quote);
    $t->mark;
    my $r = buy('/bare', '{}');

    is($r->status . ' ' . asked(), '502 1/0', "$name: status");
    is(errors($r), join('; ', @$want), "$name: the buyer");
    is(join("\n", sort map { "$_->[0] $_->[1]" }
                       $t->messages(qr/pancake checkout/)),
       join("\n", sort map { 'error ' . complaint(said($_)) } @$want),
       "$name: the error log");
}


# What is in no table is the shop's own business.

for my $case (
    [ 'names of its own', '"a":1,"b":null,"c":[1,{"d":[]}],"e":{"f":{}}' ],
    [ 'a dotted name', '"priceSnapshot.amount":"0.01"' ],
    [ 'names in other case', '"Currency":"EUR","PRODUCTID":"x"' ],
    [ 'unknown below a field',
      '"priceSnapshot":{"amount":"1","taxCategory":"saas","x":{"y":[1]}}' ],
    [ 'what the API gave up', '"priceSnapshot":{"amount":"1",'
      . '"taxCategory":"saas","taxIncluded":true,"trialAmount":"0"}' ],
    [ 'fields of other actions', '"buyerIp":"192.0.2.1",'
      . '"checkoutSessionId":"cs_1","query":"{a}"' ],
    [ 'an envelope', '"data":{"checkoutUrl":"https://evil.example/"},'
      . '"errors":[],"sessionId":"cs_1"' ],
    [ 'a prototype', '"__proto__":{"currency":"EUR"},"constructor":1' ],
    [ 'an empty priceSnapshot of null', '"priceSnapshot":null' ],
    [ 'nothing said by null', join ',', map { qq("$_":null) }
      qw( storeId productType withTrial buyerEmail billingDetail successUrl
          expiresInSeconds darkMode metadata orderMerchantExternalId language
          includePaymentMethods excludePaymentMethods originOrderId
          changeTiming changeAmount changeCreditAmount ) ],
    [ 'an emoji in pairs', '"x":"\ud83d\ude00"' ],
    [ 'a number of any size', '"x":1e400,"y":-0.0,"z":' . '9' x 400 ],
    [ 'a slash', '"x":"\/"' ],
) {
    my ($name, $more) = @$case;

    shop_says(qq({"productId":"$PRODUCT",$more,"currency":"USD"}));
    my $r = buy('/bare', '{}');
    my ($req) = $t->requests;

    is($r->status . ' ' . asked(), '302 1/1', "$name: status");
    is($req && $req->body,
       $more =~ /"amount":"1"/
       ? qq({"productId":"$PRODUCT","currency":"USD","priceSnapshot":)
         . '{"amount":"1","taxCategory":"saas"}}' : $GOOD,
       "$name: to the API");
}


# JSON that is none, or no object: the buyer's, byte for byte, and a line in
# the error log.

my $UNUSED = 'error pancake checkout: the shop\'s quote cannot be used and '
             . 'is passed on to the buyer: ';
my $INVALID = 'it is not valid JSON';

sub deep { '{"a":' x $_[0] . '1' . '}' x $_[0] }

for my $case (
    [ 'half of it', substr($GOOD, 0, -1), $INVALID ],
    [ 'an object and more', "$GOOD\{}", $INVALID ],
    [ 'an array', "[$GOOD]", undef ],
    [ 'a string', '"cart"', undef ],
    [ 'a number', '42', undef ],
    [ 'null', 'null', undef ],
    [ 'true', 'true', undef ],
    [ 'nothing', '', undef ],
    [ 'blanks', " \n", undef ],
    [ 'a page', '<html>{}</html>', $INVALID ],
    [ 'a BOM', "\xef\xbb\xbf$GOOD", $INVALID ],
    [ 'UTF-16', join('', map { "$_\0" } split //, $GOOD), $INVALID ],
    [ 'single quotes', "{'currency':'USD'}", $INVALID ],
    [ 'a comment', "/* */$GOOD", $INVALID ],
    [ 'a comma at the end', '{"currency":"USD",}', $INVALID ],
    [ 'NaN', '{"currency":NaN}', $INVALID ],
    [ 'a name twice', qq({"currency":"USD","currency":"EUR",)
                      . qq("productId":"$PRODUCT"}),
      'currency appears twice' ],
    [ 'a name twice, once escaped', '{"currency":"USD","curr\u0065ncy":"EUR"}',
      'currency appears twice' ],
    [ 'a name twice below', '{"priceSnapshot":{"amount":"1","amount":"2"}}',
      'priceSnapshot.amount appears twice' ],
    [ 'an empty name', '{"":1}', undef ],
    [ 'NUL in a text', '{"currency":"USD\u0000"}', undef ],
    [ 'NUL in a name', '{"currency\u0000":"USD"}', undef ],
    [ 'NUL as it is', "{\"currency\":\"USD\0\"}", undef ],
    [ 'a line end as it is', "{\"currency\":\"U\nSD\"}", undef ],
    [ 'half a pair', '{"x":"\ud83d"}', undef ],
    [ 'the other half', '{"x":"\ude00"}', undef ],
    [ 'a pair the wrong way', '{"x":"\ude00\ud83d"}', undef ],
    [ 'a surrogate in UTF-8', "{\"x\":\"\xed\xa0\x80\"}", undef ],
    [ 'no UTF-8', "{\"x\":\"\xff\"}", undef ],
    [ 'an overlong slash', "{\"x\":\"\xc0\xaf\"}", undef ],
    [ 'an unknown escape', '{"x":"\x41"}', undef ],
    [ 'too deep', deep(17), undef ],
    [ 'much too deep', deep(5000), undef ],
    [ 'brackets without end', '[' x 60000, undef ],
    [ 'too many values', '{"x":[' . join(',', (1) x 2047) . ']}', undef ],
) {
    my ($name, $text, $want) = @$case;

    shop_says($text, headers => [ 'X-Shop' => 'yes' ]);
    $t->mark;
    my $r = buy('/bare', '{}');

    is($r->status . ' ' . asked(), '200 1/0', "$name: status");
    is($r->body, $text, "$name: the body");
    is($r->header('X-Shop') . ' ' . $r->header('Content-Type'),
       'yes application/json', "$name: header fields");

    my @log = map { "$_->[0] $_->[1]" } $t->messages(qr/pancake checkout/);
    if (defined $want) {
        is(join("\n", @log), $UNUSED . $want, "$name: the error log");
    } else {
        is(scalar @log, 1, "$name: one line in the error log");
        like($log[0] // '', qr/^\Q$UNUSED\E\S/, "$name: the error log");
    }
}

# At the limits it is a quote.

for my $case (
    [ 'deep', qq({"productId":"$PRODUCT","currency":"USD","x":) . deep(15)
              . '}' ],
    [ 'many values', qq({"productId":"$PRODUCT","currency":"USD","x":[)
                     . join(',', (1) x 2044) . ']}' ],
    [ 'the largest', $GOOD . ' ' x (65536 - length $GOOD) ],
) {
    my ($name, $quote) = @$case;

    shop_says($quote);
    is(buy('/bare', '{}')->status . ' ' . asked(), '302 1/1',
       "$name: still a quote");
}


# Who is heard: pancake_set above the shop, the shop above the buyer.

sub sent { my ($req) = $t->requests; return $req ? $req->json : undef }

for my $case (
    [ 'set above the shop', '/set', '{}', {},
      { productId => 'PROD_' . 'z' x 22, currency => 'EUR', metadata =>
        { from => 'shop', more => 'm' } },
      { %PRODUCT, metadata => { from => 'set', more => 'm' } } ],
    [ 'an empty pancake_set leaves it to the shop', '/set', '{}', {},
      { orderMerchantExternalId => 'S-1' },
      { %PRODUCT, orderMerchantExternalId => 'S-1',
        metadata => { from => 'set' } } ],
    [ 'one that is not empty does not', '/set', '{}', { 'X-Order' => 'H-1' },
      { orderMerchantExternalId => 'S-1' },
      { %PRODUCT, orderMerchantExternalId => 'H-1',
        metadata => { from => 'set' } } ],
    [ 'what is wrong below pancake_set is not heard', '/set', '{}', {},
      { productId => 1, currency => [ 'x' ], metadata => { from => {} } },
      { %PRODUCT, metadata => { from => 'set' } } ],
    [ 'the buyer beside the shop', '/bare', '{"darkMode":true}', {},
      { %PRODUCT, language => 'en' },
      { %PRODUCT, darkMode => \1, language => 'en' } ],
    [ 'the buyer says the same', '/bare', '{"darkMode":true}', {},
      { %PRODUCT, darkMode => \1 }, { %PRODUCT, darkMode => \1 } ],
    [ 'half an address each', '/bare', '{"billingDetail":{"isBusiness":true,'
      . '"postcode":"10115"}}', {},
      { %PRODUCT, billingDetail => { country => 'DE', isBusiness => \1 } },
      { %PRODUCT, billingDetail => { country => 'DE', isBusiness => \1,
                                     postcode => '10115' } } ],
    [ 'an accepted choice beside the shop', '/accept',
      '{"orderMerchantExternalId":"B-1","metadata":{"a":"b"}}', {},
      { %PRODUCT, metadata => { c => 'd' } },
      { %PRODUCT, orderMerchantExternalId => 'B-1',
        metadata => { a => 'b', c => 'd' } } ],
    [ 'an accepted choice, the same', '/accept',
      qq({"productId":"$PRODUCT","currency":"USD"}), {}, \%PRODUCT,
      \%PRODUCT ],
    [ 'an accepted choice that the shop leaves to the buyer', '/accept',
      qq({"productId":"$PRODUCT","currency":"EUR"}), {},
      { productId => $PRODUCT }, { %PRODUCT, currency => 'EUR' } ],
    [ 'what the shop gave up by null', '/accept', '{"currency":"EUR"}', {},
      { productId => $PRODUCT, currency => undef },
      { %PRODUCT, currency => 'EUR' } ],
    [ 'a field of the shop in a form', '/drop', '{"voucher":"X","qty":2}', {},
      \%PRODUCT, \%PRODUCT ],
) {
    my ($name, $uri, $body, $h, $quote, $want) = @$case;

    shop_says($quote);
    my $r = buy($uri, $body, %$h);

    is($r->status . ' ' . asked(), '302 1/1', "$name: status");
    is($quoted->encode(sent()), $quoted->encode($want), "$name: to the API");
}

for my $case (
    [ 'another value than the shop\'s', '/bare', '{"darkMode":false}',
      { %PRODUCT, darkMode => \1 },
      'darkMode is set by the shop and must not be sent' ],
    [ 'another address', '/bare', '{"billingDetail":{"country":"US"}}',
      { %PRODUCT, billingDetail => { country => 'DE', isBusiness => \1 } },
      'billingDetail.country is set by the shop and must not be sent' ],
    [ 'another choice', '/accept', '{"currency":"JPY"}', \%PRODUCT,
      'currency is set by the shop and must not be sent' ],
    [ 'another note', '/accept', '{"metadata":{"a":"b"}}',
      { %PRODUCT, metadata => { a => 'c' } },
      'metadata.a is set by the shop and must not be sent' ],
    [ 'what neither says', '/accept', '{"currency":"JPY"}', {},
      'productId is required' ],
) {
    my ($name, $uri, $body, $quote, $want) = @$case;

    shop_says($quote);
    my $r = buy($uri, $body);

    is($r->status . ' ' . asked(), '400 1/0', "$name: status");
    is(errors($r), $want, "$name: the buyer");
}


# What is wrong already is said before the shop is asked.

for my $case (
    [ 'no JSON', '/bare', '{', 400 ],
    [ 'an array', '/bare', '[]', 400 ],
    [ 'a name twice', '/bare', '{"darkMode":true,"darkMode":true}', 400 ],
    [ 'an unknown field', '/bare', '{"voucher":"X"}', 400 ],
    [ 'a price', '/drop', '{"priceSnapshot":{"amount":"0.01"}}', 400 ],
    [ 'a currency', '/bare', '{"currency":"USD"}', 400 ],
    [ 'an identity', '/drop', '{"buyerIdentity":"x"}', 400 ],
    [ 'a wrong value', '/bare', '{"darkMode":"dark"}', 400 ],
    [ 'a wrong address', '/bare', '{"billingDetail":{"country":"XX"}}', 400 ],
    [ 'a state that is none',
      '/bare', '{"billingDetail":{"country":"US","state":"New York"}}', 400 ],
    [ 'a wrong choice', '/accept', '{"currency":"ABC"}', 400 ],
    [ 'another than pancake_set', '/set', '{"currency":"EUR"}', 400 ],
    [ 'a malformed key', '/bare', '{}', 400, 'Idempotency-Key' => "a\tb" ],
    [ 'two keys', '/bare', '{}', 400, 'Idempotency-Key' => [ 'a', 'b' ] ],
    [ 'no member', '/require', '{}', 403 ],
    [ 'another type', '/bare', '{}', 415, 'Content-Type' => 'text/plain' ],
    [ 'too much', '/bare', '{}' . ' ' x 65536, 413 ],
    [ 'a foreign form', '/bare', 'darkMode=true', 403,
      'Content-Type' => 'application/x-www-form-urlencoded',
      'Origin' => 'https://evil.example' ],
    [ 'a prefetch', '/bare', '{}', 403, 'Sec-Purpose' => 'prefetch' ],
) {
    my ($name, $uri, $body, $status, %h) = @$case;

    shop_says($GOOD);
    my $r = buy($uri, $body, %h);

    is($r->status . ' ' . asked(), "$status 0/0", "$name: nobody is asked");
}

for my $method (qw( GET HEAD PUT PATCH DELETE OPTIONS )) {
    shop_says($GOOD);
    is($t->send_request($method, '/bare', undef)->status . ' ' . asked(),
       '405 0/0', "$method: nobody is asked");
}

shop_says($GOOD);
is($t->get('/link?priceSnapshot.amount=1')->status . ' ' . asked(),
   '400 0/0', 'a price in a link: nobody is asked');
is($t->send_request('HEAD', '/link?darkMode=true')->status . ' ' . asked(),
   '405 0/0', 'HEAD of a link: nobody is asked');
is(buy('/off')->status . ' ' . asked(), '302 0/1', 'pancake_quote off');


# Values in words of the shop's.

shop_says({ product => $PRODUCT, currency_code => 'EUR', cart => 'C 7',
            total => { amount => '41.50', currency => 'X' },
            tax => { category => 'saas' }, trial => \1,
            kind => 'subscription', line => { 0 => 'x' } });
forget();
is(buy('/words', '{}')->status . ' ' . asked(), '302 1/1', 'words: status');
is(($t->requests)[0]->body,
   qq({"productId":"$PRODUCT","currency":"EUR","productType":"subscription",)
   . '"priceSnapshot":{"amount":"41.50","taxCategory":"saas"},'
   . '"withTrial":true,"metadata":{"cart":"c-C 7"}}', 'words: to the API');
is(logged(), '/words 302 [redirected] [200, 200] [200]',
   'words: the access log');

my ($id) = $t->log_text('quoted.log') =~ /^C 7 41\.50 x ([0-9a-f]{32})$/m;
is($id, (shop->requests)[0]->header('X-Pancake-Request-Id'),
   'words: the shop knows the id in the log');
my $key = ($t->requests)[0]->header('X-Idempotency-Key');

for my $case (
    [ 'the same cart', 'C 7', 1 ], [ 'another cart', 'C 8', 0 ],
) {
    my ($name, $cart, $same) = @$case;

    # the window may end between two requests, but not twice in a row

    my $got;

    for (1 .. 3) {
        my @keys;

        for my $c ('C 7', $cart) {
            shop_says({ product => $PRODUCT, currency_code => 'EUR',
                        cart => $c, metadata => { x => 'y' } });
            buy('/words', '{}');
            push @keys, ($t->requests)[0]->header('X-Idempotency-Key');
        }

        $got = $keys[0] eq $keys[1] ? 1 : 0;
        last if $got == $same;
    }

    is($got, $same, "words, $name: the same key");
}

for my $case (
    [ 'two meanings', '{"total":{"amount":"1"},"total_amount":"2"}' ],
    [ 'two cases', '{"product":"x","PRODUCT":"y"}' ],
    [ 'an object', '{"product":{"x":1}}' ],
    [ 'a line end', '{"product":"a\nb"}' ],
    [ 'null', '{"product":null}' ],
) {
    my ($name, $quote) = @$case;

    shop_says($quote);
    my $r = buy('/words', '{}');
    like(errors($r), qr/productId is required/, "words, $name: means none");
    is($r->status . ' ' . asked(), '502 1/0', "words, $name: status");
}

shop_says({ product => 'x', currency_code => 'USD' });
$t->mark;
is(buy('/words', '{}')->status . ' ' . asked(), '500 1/0',
   'words, a wrong product: status');
is(join("\n", map { $_->[1] } $t->messages(qr/pancake checkout/)),
   'pancake checkout: 500, field "productId" as set by "pancake_set" '
   . $ID->('PROD'), 'words, a wrong product: the error log');

shop_says({ plan => 'pro', currency => 'USD' });
is(buy('/map', '{}')->status . ' ' . asked(), '302 1/1',
   'a map of what the shop says: status');
is(sent() && sent()->{productId}, $PRODUCT,
   'a map of what the shop says: to the API');


# What is no quote is the buyer's: status, header fields, body.

# The shop's fields, and what of nginx's own stands in their place.

sub fields {
    my ($r) = @_;
    return join '|', sort map { "$_->[0]: $_->[1]" }
                          grep { $_->[0] !~ /^(?:Server|Date|Connection
                                 |Transfer-Encoding|Content-Length)$/x }
                          @{ $r->{list} };
}


my $PAGE = "<html>cart</html>\n";
my $HTML = 'Content-Type: text/html; charset=utf-8';
my $GZIP = do {
    require IO::Compress::Gzip;
    my $out;
    IO::Compress::Gzip::gzip(\$GOOD, \$out) or die 'gzip';
    $out;
};

# name, status line, header fields, body, what the error log says

my @passed = (
    [ 'a page', '200 OK', [ $HTML ], $PAGE ],
    [ 'a page, its own reason', '200 Fine', [ $HTML ], $PAGE ],
    [ 'made', '201 Created', [ $HTML, 'Location: /orders/1' ], $PAGE ],
    [ 'later', '202 Accepted', [ $HTML ], $PAGE ],
    [ 'hearsay', '203 Other', [ $HTML ], $PAGE ],
    [ 'nothing', '204 No Content', [ 'X-A: b' ], undef ],
    [ 'a reset', '205 Reset Content', [ 'X-A: b' ], '' ],
    [ 'a part', '206 Partial Content', [ 'Content-Type: application/json',
      'Content-Range: bytes 0-9/10' ], $GOOD ],
    [ 'no type', '200 OK', [ 'X-A: b' ], $GOOD ],
    [ 'another type', '200 OK', [ 'Content-Type: application/json5' ],
      $GOOD ],
    [ 'a problem', '200 OK', [ 'Content-Type: application/problem+json' ],
      $GOOD ],
    [ 'text', '200 OK', [ 'Content-Type: text/json' ], $GOOD ],
    [ 'gzip', '200 OK', [ 'Content-Type: application/json',
      'Content-Encoding: gzip' ], $GZIP ],
    [ 'br', '200 OK', [ 'Content-Type: application/json',
      'Content-Encoding: br' ], $GZIP ],
    [ 'a page in gzip', '200 OK', [ $HTML, 'Content-Encoding: gzip',
      'Vary: Accept-Encoding' ], $GZIP ],
    [ 'a choice', '300 Multiple Choices', [ $HTML ], $PAGE ],
    [ 'moved', '301 Moved', [ $HTML, 'Location: https://shop.example/x' ],
      $PAGE ],
    [ 'found', '302 Found', [ $HTML, 'Location: https://shop.example/x' ],
      $PAGE ],
    [ 'found, JSON', '302 Found', [ 'Content-Type: application/json',
      'Location: https://checkout.waffo.ai/x' ], $GOOD ],
    [ 'see other', '303 See Other', [ $HTML,
      'Location: https://shop.example/login?next=%2Fbuy&x=1' ], '' ],
    [ 'not modified', '304 Not Modified', [ 'ETag: "a"' ], undef ],
    [ 'temporary', '307 Temporary', [ 'Location: https://shop.example/y' ],
      '' ],
    [ 'permanent', '308 Permanent', [ 'Location: https://shop.example/y' ],
      '' ],
    [ 'bad', '400 Bad Request', [ 'Content-Type: application/json' ],
      '{"error":"cart"}' ],
    [ 'login', '401 Unauthorized', [ $HTML,
      'WWW-Authenticate: Basic realm="shop"' ], $PAGE ],
    [ 'pay', '402 Payment Required', [ $HTML ], $PAGE ],
    [ 'forbidden', '403 Forbidden', [ $HTML ], $PAGE ],
    [ 'gone', '404 Not Found', [ $HTML ], $PAGE ],
    [ 'a quote with 404', '404 Not Found',
      [ 'Content-Type: application/json' ], $GOOD ],
    [ 'method', '405 Not Allowed', [ $HTML, 'Allow: GET' ], $PAGE ],
    [ 'time', '408 Timeout', [ $HTML ], $PAGE ],
    [ 'conflict', '409 Conflict', [ $HTML ], $PAGE ],
    [ 'too large', '413 Too Large', [ $HTML ], $PAGE ],
    [ 'teapot', '418 Teapot', [ $HTML ], $PAGE ],
    [ 'often', '429 Too Many', [ $HTML, 'Retry-After: 7' ], $PAGE ],
    [ 'nginx\'s own', '444 Nothing', [ $HTML ], $PAGE ],
    [ 'left', '499 Left', [ $HTML ], $PAGE ],
    [ 'failed', '500 Failed', [ $HTML ], $PAGE ],
    [ 'a quote with 500', '500 Failed',
      [ 'Content-Type: application/json' ], $GOOD ],
    [ 'gateway', '502 Bad Gateway', [ $HTML ], $PAGE ],
    [ 'maintenance', '503 Unavailable', [ $HTML, 'Retry-After: 120' ],
      $PAGE ],
    [ 'slow', '504 Timeout', [ $HTML ], $PAGE ],
    [ 'unknown', '599 Odd', [ $HTML ], $PAGE ],
    [ 'cookies', '200 OK', [ $HTML, 'Set-Cookie: a=1; Path=/; HttpOnly',
      'Set-Cookie: b=2; Expires=Thu, 01 Jan 1970 00:00:00 GMT' ], $PAGE ],
    [ 'caching', '200 OK', [ $HTML, 'Cache-Control: private, max-age=9',
      'Cache-Control: no-transform', 'Expires: 0', 'Pragma: no-cache' ],
      $PAGE ],
    [ 'links', '200 OK', [ $HTML, 'Link: </a>; rel=preload',
      'Link: </b>; rel=preload' ], $PAGE ],
    [ 'tags', '200 OK', [ $HTML,
      'Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT', 'ETag: W/"x"' ],
      $PAGE ],
    [ 'many fields', '200 OK', [ $HTML, map { "X-Field-$_: " . $_ x 20 }
                                        1 .. 40 ], $PAGE ],
    [ 'ranges', '200 OK', [ $HTML, 'Accept-Ranges: bytes' ], $PAGE ],
    [ 'a language', '200 OK', [ $HTML, 'Content-Language: de',
      'Content-Disposition: attachment; filename="a b"' ], $PAGE ],
    [ 'an empty page', '200 OK', [ $HTML ], '' ],
    [ 'a byte', '200 OK', [ 'Content-Type: application/octet-stream' ],
      "\0" ],
    [ 'JSON in a list', '200 OK', [ 'Content-Type: application/json' ],
      '[]', 1 ],
    [ 'too long by a byte', '200 OK', [ 'Content-Type: application/json' ],
      $GOOD . ' ' x (65537 - length $GOOD) ],
);

for my $p (@passed) {
    my ($name, $line, $fields, $body, $log) = @$p;
    my ($status) = $line =~ /^(\d+)/;
    my $plain = join '', map { "$_\r\n" } @$fields;
    my $content = $body // '';
    my $length = defined $body ? 'Content-Length: ' . length($body) . "\r\n"
                               : '';

    for my $way (
        [ 'length', "HTTP/1.1 $line\r\n$plain$length\r\n$content" ],
        [ 'close', "HTTP/1.0 $line\r\n$plain\r\n$content" ],
        [ 'chunks', "HTTP/1.1 $line\r\n$plain"
          . (defined $body ? "Transfer-Encoding: chunked\r\n\r\n"
             . (length $body ? sprintf("%x\r\n%s\r\n", length $body, $body)
                             : '') . "0\r\n\r\n" : "\r\n") ],
    ) {
        my ($kind, $bytes) = @$way;
        my $n = "passed, $name, $kind";

        shop_sends($bytes);
        $t->mark;
        forget();
        my $r = buy('/bare', '{}');

        is($r->status . ' ' . $r->{reason} . ' ' . asked(), "$line 1/0",
           "$n: status");
        is($r->body, $content, "$n: body");
        is($r->complete, 1, "$n: whole");

        is(fields($r), join('|', sort @$fields), "$n: header fields");
        is(logged(), "/bare $status [passed] [$status] [-]",
           "$n: the access log");
        is(scalar $t->messages(qr/pancake checkout/), $log // 0,
           "$n: the error log");
    }
}


# A relative Location stays one.

for my $location ('/login', 'login?x', '//other.example/', '?a=b') {
    shop_sends("HTTP/1.1 302 Found\r\nLocation: $location\r\n"
               . "Content-Length: 0\r\n\r\n");
    my $r = buy('/bare', '{}');
    my $want = $location =~ m{^/(?!/)}
               ? qr{^(?:http://localhost(?::\d+)?)?\Q$location\E\z}
               : qr/^\Q$location\E\z/;

    like($r->location, $want, "Location $location");
}


# Conditions of the buyer's are for the shop, not for nginx.

for my $h (
    [ 'If-None-Match', '*' ], [ 'If-None-Match', 'W/"x"' ],
    [ 'If-Modified-Since', 'Thu, 01 Jan 2026 00:00:00 GMT' ],
    [ 'If-Match', '"y"' ],
    [ 'If-Unmodified-Since', 'Thu, 01 Jan 2015 00:00:00 GMT' ],
    [ 'Range', 'bytes=0-1' ],
) {
    my $n = "passed, $h->[0]: $h->[1]";

    shop_sends("HTTP/1.1 200 OK\r\n$HTML\r\nETag: W/\"x\"\r\nLast-Modified: "
               . "Thu, 01 Jan 2026 00:00:00 GMT\r\nAccept-Ranges: bytes\r\n"
               . 'Content-Length: ' . length($PAGE) . "\r\n\r\n$PAGE");
    my $r = buy('/bare', '{}', @$h);

    is($r->status . ' ' . asked(), '200 1/0', "$n: status");
    is($r->body, $PAGE, "$n: body");
}


# In which pieces a quote arrives makes no difference.

my $NOTED = qq({"productId":"$PRODUCT","metadata":{"a":") . 'x' x 100
            . '"},"currency":"USD"}';

for my $case (
    [ 'a length', "HTTP/1.1 200 OK\r\nContent-Length: " . length($NOTED)
      . "\r\n", $NOTED ],
    [ 'HTTP/1.0', "HTTP/1.0 200 OK\r\n", $NOTED ],
    [ 'until it closes', "HTTP/1.1 200 OK\r\nConnection: close\r\n", $NOTED ],
    [ 'one chunk', "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n",
      PancakeTest::Backend::_chunked($NOTED, 65536) ],
    [ 'chunks of a byte', "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n",
      PancakeTest::Backend::_chunked($NOTED, 1) ],
    [ 'a type with more', "HTTP/1.1 200 OK\r\nContent-Length: "
      . length($NOTED) . "\r\n", $NOTED,
      'Application/JSON ; charset="utf-8"' ],
    [ 'made', "HTTP/1.1 201 Created\r\nContent-Length: " . length($NOTED)
      . "\r\n", $NOTED ],
    [ 'later', "HTTP/1.1 202 Accepted\r\nContent-Length: " . length($NOTED)
      . "\r\n", $NOTED ],
    [ 'more fields', "HTTP/1.1 200 OK\r\nSet-Cookie: shop=1\r\n"
      . "Location: https://evil.example/\r\nCache-Control: public\r\n"
      . "X-Accel-Buffering: no\r\nContent-Length: " . length($NOTED)
      . "\r\n", $NOTED ],
    [ 'larger', "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n",
      PancakeTest::Backend::_chunked($NOTED . ' ' x 60000, 3000) ],
) {
    my ($name, $head, $body, $type) = @$case;
    $head .= 'Content-Type: ' . ($type // 'application/json') . "\r\n\r\n";

    for my $size ('whole', $name eq 'larger' ? 5000 : 1) {
        for my $uri ($size eq 'whole' ? qw( /bare /unbuffered /disk )
                                      : '/bare')
        {
            my $n = "quote, $name, $uri, $size";

            shop_sends($size eq 'whole' ? "$head$body"
                                        : [ unpack "(a$size)*",
                                            "$head$body" ]);
            my $r = buy($uri, '{}');
            my ($req) = $t->requests;

            is($r->status . ' ' . asked(), '302 1/1', "$n: status");
            is($req && $req->json->{metadata}{a}, 'x' x 100,
               "$n: to the API");
            is(join('|', map { $r->header($_) // '' }
                         qw( Set-Cookie Cache-Control Location )),
               '|no-store|' . ($req ? $req->checkout_url : '-'),
               "$n: nothing of its header");
        }
    }
}


# Large answers, byte for byte, also to a buyer who takes them slowly.

my $LARGE = join '', map { sprintf "%07d\n", $_ } 1 .. 131_072;

sub slowly {
    my ($uri) = @_;

    require Socket;
    socket(my $s, Socket::PF_INET(), Socket::SOCK_STREAM(), 0);
    setsockopt($s, Socket::SOL_SOCKET(), Socket::SO_RCVBUF(), 4096);
    connect($s, Socket::pack_sockaddr_in($t->port(0),
                                  Socket::inet_aton('127.0.0.1')));

    my $c = bless { socket => $s, timeout => $t->timeout, buffer => '',
                    state => '' }, 'PancakeTest::HTTP';

    my ($head, $content) = PancakeTest::HTTP->build('POST', $uri, '{}',
        'Content-Type' => 'application/json');

    $c->send($head . $content);

    # the worker is at other work while this is full

    require IO::Select;
    IO::Select->new($s)->can_read($t->timeout);
    $t->get('/nowhere') for 1 .. 20;

    my $r = $c->response;
    $c->close;

    return $r;
}


sub unzipped {
    my ($r) = @_;
    my ($in, $out) = $r->body;

    return $in if ($r->header('Content-Encoding') // '') ne 'gzip';

    require IO::Uncompress::Gunzip;
    IO::Uncompress::Gunzip::gunzip(\$in, \$out) or return 'no gzip';

    return $out;
}


# "the same", or what is not

sub compared {
    my ($got, $want) = @_;
    return 'the same' if $got eq $want;
    return length($got) . ' bytes' if length $got != length $want;
    ($got ^ $want) =~ /^(\0*)/;
    return 'another byte at ' . length $1;
}

for my $type ('text/html', 'application/json') {
    my $head = "HTTP/1.1 200 OK\r\nContent-Type: $type\r\n";

    for my $way (
        [ 'length', $head . 'Content-Length: ' . length($LARGE)
          . "\r\n\r\n$LARGE" ],
        [ 'chunks', "${head}Transfer-Encoding: chunked\r\n\r\n"
          . PancakeTest::Backend::_chunked($LARGE, 30_000) ],
        [ 'close', "${head}Connection: close\r\n\r\n$LARGE" ],
    ) {
        for my $uri (qw( /bare /unbuffered /disk /gzip /gzip-disk )) {
            for my $slow (0, 1) {
                my $n = "1 MB of $type, $way->[0], $uri"
                        . ($slow ? ', slowly' : '');

                shop_sends($way->[1]);
                my $r = $slow ? slowly($uri)
                              : buy($uri, '{}', 'Accept-Encoding' => 'gzip');

                is($r->status . ' ' . asked() . ' ' . $r->complete,
                   '200 1/0 1', "$n: status");
                is(compared(unzipped($r), $LARGE), 'the same', "$n: body");
                is($r->header('Content-Encoding'),
                   $slow || $uri !~ /gzip/ ? undef : 'gzip',
                   "$n: encoding");
            }
        }
    }
}


# gzip of what is small, or in a file.

shop_sends("HTTP/1.1 404 Not Found\r\n$HTML\r\nContent-Length: "
           . length($PAGE) . "\r\n\r\n$PAGE");

for my $case ([ '/gzip', $PAGE ], [ '/gzip-static', $GONE ]) {
    my ($uri, $want) = @$case;

    for my $encoding ('gzip', undef) {
        my $n = "404, $uri" . ($encoding ? ', gzip' : '');
        my $r = buy($uri, '{}', 'Accept-Encoding' => $encoding);

        is($r->status . ' ' . $r->complete, '404 1', "$n: status");
        is($r->header('Content-Encoding'), $encoding, "$n: encoding");
        is(compared(unzipped($r), $want), 'the same', "$n: body");
    }
}

SKIP: {
    skip 'curl has no HTTP/2', 25 unless $t->has_feature('curl_http2');

    my @json = ('Content-Type' => 'application/json', -port => 8);

    for my $length (1, 0) {
        my $n = 'HTTP/2' . ($length ? '' : ' without a length');

        shop_says($GOOD);
        my $r = $t->h2('POST', '/bare', $JSON, @json, -length => $length);
        my ($req) = $t->requests;

        is($r->status . ' ' . asked(), '302 1/1', "$n: status");
        is($r->location, $req && $req->checkout_url, "$n: Location");
        is((shop->requests)[0]->body, $JSON, "$n: body to the shop");
        is((shop->requests)[0]->header('Content-Length'), length $JSON,
           "$n: its length");
    }

    for my $case (
        [ 'a page', 200, $HTML, $PAGE ],
        [ 'a teapot', 418, $HTML, $PAGE ],
        [ 'a redirect', 303, 'Location: https://shop.example/login', '' ],
        [ 'JSON that is none', 200, 'Content-Type: application/json', '[' ],
        [ 'a large page', 200, $HTML, $LARGE ],
    ) {
        my ($name, $status, $field, $body) = @$case;
        my ($header, $value) = split /: /, $field, 2;

        shop_sends("HTTP/1.1 $status X\r\n$field\r\nContent-Length: "
                   . length($body) . "\r\n\r\n$body");
        my $r = $t->h2('POST', '/bare', $JSON, @json);

        is($r->status . ' ' . asked(), "$status 1/0",
           "HTTP/2, $name: status");
        is($r->header($header), $value, "HTTP/2, $name: header");
        is(compared($r->body, $body), 'the same', "HTTP/2, $name: body");
    }

    shop_sends("HTTP/1.1 200 OK\r\n$HTML\r\nContent-Length: 5\r\n\r\nabc");
    my $r = $t->h2('POST', '/bare', $JSON, @json);
    isnt($r->{error}, '', 'HTTP/2, cut off: not whole');
    is(asked(), '1/0', 'HTTP/2, cut off: nobody is asked again');
}


# Cut off: half a quote is none, half a page looks like half of one.

for my $case (
    [ 'in the header', "HTTP/1.1 200 OK\r\nContent-Ty" ],
    [ 'before the header', '' ],
    [ 'no HTTP', "PANCAKE\r\n\r\n" ],
) {
    my ($name, $bytes) = @$case;

    for my $end (qw( close reset )) {
        my $n = "cut off $name, $end";

        shop_sends($bytes, end => $end);
        forget();
        $t->mark;
        my $r = buy('/bare', '{}');

        is($r->status . ' ' . asked(), '502 1/0', "$n: status");
        is(errors($r), 'the shop is not available, try again later',
           "$n: the buyer");
        like(logged(), qr/^\/bare 502 \[unavailable\] \[(?:502|200|009)\] /,
             "$n: the access log");
        is(join('|', map { "$_->[0] $_->[1]" }
                     $t->messages(qr/pancake checkout/)),
           'error pancake checkout: 502, the shop is not available, try '
           . 'again later', "$n: the error log");
    }
}

for my $case (
    [ 'with a length', 'Content-Length: ' . (1 + length $GOOD), $GOOD ],
    [ 'with a length, nothing of it', 'Content-Length: 9', '' ],
    [ 'in a chunk', 'Transfer-Encoding: chunked', "ff\r\n$GOOD" ],
    [ 'before the last chunk', 'Transfer-Encoding: chunked',
      sprintf("%x\r\n%s\r\n", length $GOOD, $GOOD) ],
) {
    my ($name, $field, $bytes) = @$case;

    for my $uri (qw( /bare /unbuffered /disk )) {
        my $n = "a quote cut off $name, $uri";

        shop_sends("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                   . "$field\r\n\r\n$bytes");
        forget();
        $t->mark;
        my $r = buy($uri, '{}');

        is($r->status . ' ' . asked(), '502 1/0', "$n: status");
        is(errors($r), 'the shop is not available, try again later',
           "$n: the buyer");
        is(logged(), "$uri 502 [unavailable] [200] [-]",
           "$n: the access log");
        is(join('|', map { $_->[1] } $t->messages(qr/pancake checkout/)),
           'pancake checkout: 502, the shop is not available, try again '
           . 'later: its answer was cut off', "$n: the error log");
    }

    for my $uri (qw( /bare /unbuffered /disk )) {
        my $n = "a page cut off $name, $uri";

        shop_sends("HTTP/1.1 200 OK\r\n$HTML\r\n$field\r\n\r\n$bytes");
        my $c = $t->connect;
        my ($head, $content) = PancakeTest::HTTP->build('POST', $uri, '{}',
            Connection => undef, 'Content-Type' => 'application/json');
        $c->send($head . $content);
        my $r = $c->response;

        is($r->complete, 0, "$n: not whole");
        is($c->closed, 1, "$n: closed");
        is(asked(), '1/0', "$n: nobody is asked again");
    }
}

for my $way (
    [ 'with a length', 'Content-Length: 200000', 'x' x 150_000 ],
    [ 'in chunks', 'Transfer-Encoding: chunked',
      "1e848\r\n" . 'x' x 125_000 . "\r\n" ],
) {
    for my $type (qw( text/html application/json )) {
        for my $uri (qw( /bare /unbuffered /disk /gzip )) {
            my $n = "much of $type, cut off $way->[0], $uri";

            shop_sends("HTTP/1.1 200 OK\r\nContent-Type: $type\r\n$way->[1]"
                       . "\r\n\r\n$way->[2]");
            my $r = buy($uri, '{}', 'Accept-Encoding' => 'gzip');

            is($r->complete . ' ' . asked(), '0 1/0', "$n: not whole");
        }
    }
}


# The shop is down or late.

forget();

for my $case (
    [ '/down', 502, 'the shop is not available, try again later', '0/0' ],
    [ '/late', 504, 'the shop did not answer in time, try again later',
      '1/0' ],
) {
    my ($uri, $status, $text, $asked) = @$case;

    shop_sends('', end => 'hang');
    $t->mark;
    my $r = buy($uri, '{}');

    is($r->status . ' ' . asked(), "$status $asked", "$uri: status");
    is(errors($r), $text, "$uri: the buyer");
    is($r->header('Cache-Control'), 'no-store', "$uri: Cache-Control");
    is(logged(), "$uri $status [unavailable] [$status] [-]",
       "$uri: the access log");
    is(join('|', map { "$_->[0] $_->[1]" }
                 $t->messages(qr/pancake checkout/)),
       "error pancake checkout: $status, $text", "$uri: the error log");
}

for my $case (
    [ '/down-page', 502, "sorry 502\n" ],
    [ '/down-own', 502, "the shop's own 502\n" ],
    [ '/late-page', 504, "sorry 504\n" ],
) {
    my ($uri, $status, $body) = @$case;

    shop_sends('', end => 'hang');
    my $r = buy($uri, '{}');

    is($r->status, $status, "$uri: status");
    is($r->body, $body, "$uri: body");
    is(scalar $t->requests, 0, "$uri: no call");
}

shop_sends([ "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
             . 'Content-Length: ' . length($GOOD) . "\r\n\r\n",
             substr $GOOD, 0, 9 ], end => 'hang');
is(buy('/half', '{}')->status . ' ' . asked(), '502 1/0',
   'half a quote in time: status');

shop_sends([ "HTTP/1.1 200 OK\r\n$HTML\r\nContent-Length: 9\r\n\r\n",
             'abc' ], end => 'hang');
is(buy('/half', '{}')->complete . ' ' . asked(), '0 1/0',
   'half a page in time: not whole');

# What the shop says passes by the error pages of the checkout's location;
# what is wrong with a quote does not.

for my $status (400, 401, 404, 500, 502, 503, 504) {
    shop_sends("HTTP/1.1 $status No\r\n$HTML\r\nContent-Length: "
               . length($PAGE) . "\r\n\r\n$PAGE");
    my $r = buy('/pages', '{}');

    is($r->status . ' ' . asked(), "$status 1/0", "/pages, $status: status");
    is($r->body, $PAGE, "/pages, $status: body");
}

shop_says({ currency => 'USD' });
is(buy('/pages', '{}')->body, "sorry 502\n", '/pages, a wrong quote');
shop_says($GOOD);
$t->mode('500');
is(buy('/pages', '{}')->body, "sorry 502\n", '/pages, the API fails');
$t->mode('ok');


# The shop is never asked twice.

$t->backend(3);

sub asked_three {
    my ($two, $three) = map { scalar $t->upstream($_)->requests } 2, 3;
    return $two + $three;
}

for my $case (
    [ 'reset', '', 'reset', 502 ], [ 'closed', '', 'close', 502 ],
    [ 'half a header', "HTTP/1.1 200", 'reset', 502 ],
    [ '500', "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", 'close', 500 ],
    [ '404', "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", 'close', 404 ],
) {
    my ($name, $bytes, $end, $status) = @$case;

    for my $way (
        [ 'POST', sub { buy('/two', '{}') } ],
        [ 'GET', sub { $t->get('/two-link?darkMode=true') } ],
    ) {
        $t->upstream(3)->clear_requests->mode('raw', pieces => [ $bytes ],
                                              end => $end);
        shop_sends($bytes, end => $end);

        is($way->[1]->()->status, $status, "twice, $name, $way->[0]: status");
        is(asked_three() . '/' . $t->requests, '1/0',
           "twice, $name, $way->[0]: asked once");
    }
}

# A server that refuses the connection was not asked.

$t->backend_stop(3);

for (1 .. 2) {
    shop_says($GOOD);
    is(buy('/two', '{}')->status . ' ' . asked(), '302 1/1',
       'twice, one of two is down');
}

shop->clear_requests->mode('stale_keepalive');
$t->clear_requests;
buy('/warm', '{}') for 1 .. 2;
is(scalar(grep { $_->{nth} > 1 } shop->requests), 1,
   'a kept connection is used');
is(asked(), '2/0', 'a kept connection that closes: asked once each');

for my $status (500, 502, 503) {
    shop_says($GOOD);
    $t->mode([ $status ], [ $status ], [ 'ok' ]);
    forget();
    is(buy('/retries', '{}')->status . ' ' . asked(), '302 1/3',
       "retries, $status: the shop is asked once");
    is(logged(), "/retries 302 [redirected] [200, $status, $status, 200] "
       . "[$status, $status, 200]", "retries, $status: the access log");
}

$t->mode('ok');


# What the shop sees: all of the buyer's, but for what would make its answer
# unreadable; and of nginx's own the id.  The API sees nothing of it.  Since
# 1.29.7 nginx says nothing of the connection, which it keeps.

my $KEPT = $t->nginx_version >= 1_029_007;

my %SENT = (
    'Accept'            => 'text/html',
    'Accept-Language'   => 'de',
    'Authorization'     => 'Bearer secret-authorization-37',
    'Cookie'            => 'sid=secret-cookie-37; cart=7',
    'Forwarded'         => 'for=192.0.2.1',
    'Idempotency-Key'   => 'click-37',
    'If-None-Match'     => '"a"',
    'Referer'           => 'http://localhost/cart',
    'User-Agent'        => 'buyer/1.0',
    'X-Csrf-Token'      => 'secret-csrf-37',
    'X-Forwarded-For'   => '192.0.2.1',
    'X-Merchant-Id'     => 'MER_1',
    'X-Pancakes'        => 'sweet',
    'X-Timestamp'       => '1',
    'X-Very-Long'       => 'y' x 3000,
);
my %UNSENT = (
    'Accept-Encoding'      => 'gzip, br',
    'accept-encodinG'      => undef,
    'Range'                => 'bytes=0-1',
    'X-Pancake-Request-Id' => 'forged',
    'x-pancake-other'      => 'forged',
    'X-Pancake-'           => 'forged',
    'Connection'           => 'close, x-y',
    'Keep-Alive'           => 'timeout=9',
    'TE'                   => 'trailers',
    'Upgrade'              => 'websocket',
);

delete $UNSENT{'accept-encodinG'};

for my $case (
    [ 'JSON', sub { buy('/bare', $JSON, @_) }, 'POST /quote HTTP/1.1',
      $JSON, 'application/json' ],
    [ 'a form', sub { $t->post_form('/bare?a=b&c', 'darkMode=true', @_) },
      'POST /quote?a=b&c HTTP/1.1', 'darkMode=true',
      'application/x-www-form-urlencoded' ],
    [ 'chunks', sub { buy('/bare', $JSON, @_,
                          -chunked => [ split //, $JSON ]) },
      'POST /quote HTTP/1.1', $JSON, 'application/json' ],
    [ 'after 100', sub { buy('/bare', $JSON, @_, -expect => 1) },
      'POST /quote HTTP/1.1', $JSON, 'application/json' ],
    [ 'byte by byte', sub { buy('/bare', $JSON, @_, 'X-Very-Long' => 'z',
                                -split => 1) },
      'POST /quote HTTP/1.1', $JSON, 'application/json' ],
    [ 'in a file', sub { buy('/file', $JSON, @_) },
      'POST /quote HTTP/1.1', $JSON, 'application/json' ],
    [ 'in a file, in chunks', sub { buy('/file', $JSON, @_,
                                        -chunked => 1) },
      'POST /quote HTTP/1.1', $JSON, 'application/json' ],
    [ 'more than the buffer', sub { buy('/small', $JSON . ' ' x 50_000,
                                        @_) },
      'POST /quote HTTP/1.1', $JSON . ' ' x 50_000, 'application/json' ],
    [ 'HTTP/1.0', sub { buy('/bare', $JSON, @_, -version => '1.0') },
      'POST /quote HTTP/1.1', $JSON, 'application/json' ],
    [ 'arguments of the configuration', sub { buy('/args?x=y', $JSON, @_) },
      'POST /quote?from=edge&n=1 HTTP/1.1', $JSON, 'application/json' ],
    [ 'no arguments', sub { buy('/none?x=y', $JSON, @_) },
      'POST /quote HTTP/1.1', $JSON, 'application/json' ],
    [ 'a link', sub { $t->get('/link?darkMode=true', @_) },
      'GET /quote?darkMode=true HTTP/1.1', '', undef ],
) {
    my ($name, $send, $line, $body, $type) = @$case;

    shop_says($GOOD);
    my $r = $send->(%SENT, %UNSENT);
    my ($got) = shop->requests;
    my ($api) = $t->requests;

    is($r->status . ' ' . asked(), '302 1/1', "shop, $name: status");
    next unless $got && $api;

    is($got->line, $line, "shop, $name: request line");
    is(compared($got->body, $body), 'the same', "shop, $name: body");

    my %want = (%SENT, Host => '127.0.0.1:' . $t->port(2),
                $KEPT ? () : (Connection => 'close'),
                defined $type ? ('Content-Type' => $type,
                                 'Content-Length' => length $body) : ());
    $want{'X-Very-Long'} = 'z' if $name eq 'byte by byte';

    my %fields = map { $_->[0] => $_->[1] } $got->list;
    like(delete $fields{'X-Pancake-Request-Id'} // '', qr/^[0-9a-f]{32}\z/,
         "shop, $name: the id");
    is_deeply(\%fields, \%want, "shop, $name: header fields");

    my %seen;
    is(join(' ', grep { $seen{lc()}++ } $got->names), '',
       "shop, $name: none twice");

    is(join(' ', sort $api->names), 'Accept Accept-Encoding '
       . 'Content-Length Content-Type Host User-Agent X-Idempotency-Key '
       . 'X-Merchant-Id X-Signature X-Timestamp',
       "API, $name: header fields");
    unlike($api->head, qr/secret|buyer|click|forged|sweet|MER_1|192\.0\.2/,
           "API, $name: nothing of the buyer's");
    is($api->signature_ok, 1, "API, $name: signature");
}

# More fields than one part of nginx's lists holds.

shop_says($GOOD);
is(buy('/bare', '{}', map { ("X-Field-$_" => "v$_") } 1 .. 90)->status,
   302, 'many fields: status');
is(join(' ', map { (shop->requests)[0]->header("X-Field-$_") // '-' }
             1 .. 90), join(' ', map { "v$_" } 1 .. 90),
   'many fields: all of them');

shop_says($GOOD);
buy('/bare', '{}') for 1 .. 2;
my @ids = map { $_->header('X-Pancake-Request-Id') } shop->requests;
isnt($ids[0], $ids[1], 'each request has an id of its own');

shop_says($GOOD);
buy('/id', '{}');
is(sent() && sent()->{metadata}{id},
   (shop->requests)[0]->header('X-Pancake-Request-Id'),
   'the id in pancake_set is the same');


# Two requests in one packet: a quote, a page, in order.

$t->clear_requests;
shop->clear_requests;
shop->mode([ 'reply', body => $GOOD ],
           [ 'reply', status => 403, type => 'text/html', body => $PAGE ],
           [ 'reply', body => $GOOD ]);

my ($one, $two) = map {
    join '', PancakeTest::HTTP->build('POST', '/bare', '{}',
        Connection => $_, 'Content-Type' => 'application/json')
} undef, 'close';

my @r = $t->request("$one$one$two", responses => 3);
is(join(' ', map { $_->status } @r), '302 403 302', 'pipelined: statuses');
is($r[1] && $r[1]->body, $PAGE, 'pipelined: the page');
is(asked(), '3/2', 'pipelined: asked');


# Other locations than proxies.

for my $case (
    [ '/missing', 404 ], [ '/loop', 403 ], [ '/itself', 403 ],
    [ '/refused', 404 ],
) {
    my ($uri, $status) = @$case;

    shop_says($GOOD);
    forget();
    my $r = buy($uri, '{}');

    is($r->status . ' ' . asked() . ' ' . $r->complete, "$status 0/0 1",
       "$uri: status");
    is(logged(), "$uri $status [passed] [-] [-]", "$uri: the access log");
}

shop_says($GOOD);
my $moved = buy('/moved', '{}');
is($moved->status . ' ' . asked(), '303 0/0', 'return 303: status');
like($moved->location, qr{/cart\z}, 'return 303: Location');

is(buy('/return', '{}')->status . ' ' . asked(), '302 0/1',
   'return 200: status');
is(sent()->{currency}, 'JPY', 'return 200: to the API');

shop_sends("HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n");
is(buy('/static', '{}')->status . ' ' . asked(), '302 1/1',
   'a file: status');
is($quoted->encode(sent()), $quoted->encode(\%PRODUCT),
   'a file: to the API');

shop_sends("HTTP/1.1 404 Gone\r\nContent-Length: 0\r\n\r\n");
is(compared(buy('/static', '{}')->body, $GONE), 'the same',
   'a file that is a page');

for my $case (
    [ 'a quote', 200, 'application/json', $GOOD, 302 ],
    [ 'a page', 404, 'text/html', $PAGE, 404 ],
    [ 'a large page', 200, 'text/html', $LARGE, 200 ],
) {
    my ($name, $status, $type, $body, $want) = @$case;

    for my $n (1, 2) {
        shop_says($body, status => $status, type => $type);
        my $r = buy('/cached', '{}', Cookie => "c=$name");

        is($r->status, $want, "cache, $name, $n: status");
        is(compared($r->body, $body), 'the same', "cache, $name, $n: body")
            unless $want == 302;
        is(scalar $t->requests, $want == 302 ? 1 : 0,
           "cache, $name, $n: calls");
    }
}


# auth_request in front: another subrequest, and its variable.

shop->mode('reply', status => 204, type => 'text/html',
           headers => [ 'X-User' => 'user-7' ]);
shop->mode_for('/quote', 'reply', body => $GOOD);
shop->clear_requests;
$t->clear_requests;
is(buy('/auth', $JSON)->status . ' ' . asked(), '302 2/1',
   'auth_request: status');
is($quoted->encode(sent()), $quoted->encode({ %PRODUCT, darkMode => \1,
   metadata => { user => 'user-7' } }), 'auth_request: to the API');
is(join(' ', map { $_->target . ':' . $_->body } shop->requests),
   "/user: /quote:$JSON", 'auth_request: what the shop is asked');

shop->mode('reply', status => 401, type => 'text/html');
shop->mode_for('/quote', 'reply', body => $GOOD);
shop->clear_requests;
$t->clear_requests;
is(buy('/auth', $JSON)->status . ' ' . asked(), '401 1/0',
   'auth_request, nobody: no quote');

shop->mode('reply', status => 204, type => 'text/html');
shop->mode_for('/quote', 'reply', status => 403, type => 'text/html',
               body => $PAGE);
shop->clear_requests;
$t->clear_requests;
is(buy('/auth', $JSON)->body . asked(), "${PAGE}2/0",
   'auth_request, a page: passed');


# Two actions, one quote.

my %BILLED = (country => 'DE', isBusiness => \0);

shop_says({ %PRODUCT, billingDetail => \%BILLED, buyerEmail => $MAIL });
$t->secret($MAIL);
is(buy('/chain', '{}')->status . ' ' . asked(), '302 1/2', 'chain: status');
is($quoted->encode([ map { $_->json->{billingDetail} } $t->requests ]),
   $quoted->encode([ \%BILLED, \%BILLED ]), 'chain: to the API');

shop_says({ %PRODUCT, buyerIp => '192.0.2.1', billingDetail => \%BILLED });
buy('/chain', '{}');
is(($t->requests)[1]->json->{buyerIp}, '127.0.0.1',
   'chain: the address is nginx\'s to say');

shop_says({ %PRODUCT });
is(buy('/chain', '{}')->status . ' ' . asked(), '400 1/0',
   'chain: an address that neither names');


# A reply as JSON, and what the API says of a quote.

shop_says($GOOD);
is(buy('/reply', '{}')->json->{data}{sessionId},
   ($t->requests)[0]->session_id, 'reply: the session');

for my $status (400, 404, 409, 429) {
    shop_says($GOOD);
    $t->mode($status);
    is(buy('/bare', '{}')->status . ' ' . asked(), "$status 1/1",
       "the API says $status: status");
}

$t->mode('ok');


# nginx -t

my $SERVER = "%%CREDENTIALS%%\n%%API_LOCATION%%\n";
my $LOCATION = 'must begin with "/" and lead to a location of this server';

for my $uri ('quote', '', '/', 'http://shop/', '@shop', '$uri', 'on') {
    $t->must_fail_config(<<"EOT", <<"MESSAGE", "uri \"$uri\"");
$SERVER
location = /buy { pancake_checkout create-session;
pancake_quote "$uri"; # HERE
}
EOT
invalid URI "$uri" in "pancake_quote" directive, it $LOCATION in %%HERE%%
MESSAGE
}

for my $case (
    [ '/q order', 'invalid parameter "order" in "pancake_quote" directive, '
      . 'it must be "orders" or "follow=/PREFIX"' ],
    [ '/q orders orders', 'invalid parameter "orders" in "pancake_quote" '
      . 'directive, it must be "orders" or "follow=/PREFIX"' ],
    [ '/q off', 'invalid parameter "off" in "pancake_quote" directive, it '
      . 'must be "orders" or "follow=/PREFIX"' ],
    [ '/q follow=/s', '"follow" in "pancake_quote" directive needs '
      . '"orders", other redirects are the buyer\'s' ],
    [ '/q orders follow=s', 'invalid parameter "follow=s" in '
      . '"pancake_quote" directive, it must be "orders" or '
      . '"follow=/PREFIX"' ],
    [ '', 'invalid number of arguments in "pancake_quote" directive' ],
    [ '/q orders follow=/s x',
      'invalid number of arguments in "pancake_quote" directive' ],
) {
    my ($args, $message) = @$case;

    $t->must_fail_config(<<"EOT", "$message in %%HERE%%", "args \"$args\"");
$SERVER
location = /buy { pancake_checkout create-session;
pancake_quote $args; # HERE
}
EOT
}

$t->must_fail_config(<<"EOT", <<'MESSAGE', 'twice');
$SERVER
location = /buy { pancake_checkout create-session;
pancake_quote /a;
pancake_quote off; # HERE
}
EOT
"pancake_quote" directive is duplicate in %%HERE%%
MESSAGE

$t->must_fail_config(<<"EOT", <<'MESSAGE', 'in an if');
$SERVER
location = /buy { pancake_checkout create-session;
if (\$arg_a) {
pancake_quote /a; # HERE
}
}
EOT
"pancake_quote" directive is not allowed here in %%HERE%%
MESSAGE

$t->warns_config(<<"EOT");
pancake_quote /q?a=b;
server { listen %%PORT_0%%; $SERVER
pancake_quote off;
location = /a { pancake_quote /q; pancake_checkout create-session; }
location = /b { pancake_checkout create-session;
                pancake_set productId %%PRODUCT%%;
                pancake_set currency USD; }
location = /q { internal; return 204; }
}
EOT
