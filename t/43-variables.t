# The variables: what each says for every kind of result, in logs, headers,
# maps and after an error page; and that they tell nothing about the buyer.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use Test::More;

use JSON::PP ();

my $t = PancakeTest->new;
my $EXAMPLE = $t->top . '/conf.example/access-log-json.conf';
my $has_example = -e $EXAMPLE;

$t->write_file('access-log-json.conf', $has_example
    ? PancakeTest::Log::slurp($EXAMPLE)
    : "log_format pancake_json '';\n");

$t->conf(<<'EOT');
log_format all '$uri|$status|$pancake_result|$pancake_error|'
    '$pancake_error_field|$pancake_checkout_url|$pancake_session_id|'
    '$pancake_idempotency_key|$pancake_signature|$pancake_attempts|'
    '$pancake_upstream_status|$pancake_upstream_time|$upstream_status|'
    '$upstream_addr';
log_format inputs '$pancake_input_plan|$pancake_input_darkmode|'
    '$pancake_input_count|$pancake_input_billingdetail_country|'
    '$pancake_input_a_b|$pancake_input_list|$pancake_input_billingdetail|'
    '$pancake_input_nothing|$pancake_input_language';

include access-log-json.conf;

# what the others can say is in 23-signature-cache.t

pancake_signing inline;
pancake_signature_cache off;

map $pancake_input_plan $plan {
    pro   %%PRODUCT%%;
    basic PROD_BASICmNpQrStUvWxYz1A2b;
}

map $pancake_result $loud {
    default     "";
    ""          "";
    redirected  yes-$pancake_signature;
    invalid     no-$pancake_error_field;
    ~^(?:rejected|unavailable|error)$ maybe;
}

map $pancake_result $troubled {
    default     1;
    redirected  0;
    replied     0;
    ""          0;
}

server {
    listen 127.0.0.1:%%PORT_0%%;

    access_log %%DIR%%/all.log all;
    access_log %%DIR%%/inputs.log inputs;
    access_log %%DIR%%/json.log pancake_json;
    access_log %%DIR%%/trouble.log all if=$troubled;

    add_header X-Result $pancake_result always;
    add_header X-Loud $loud always;
    add_header X-Key $pancake_idempotency_key always;
    add_header X-Session $pancake_session_id always;
    add_header X-Url $pancake_checkout_url always;

    pancake_redirect_hosts checkout.waffo.ai;
    %%CREDENTIALS%%
    %%RETRY_OFF%%

    pancake_set productId %%PRODUCT%%;
    pancake_set currency USD;

    location = /buy   { pancake_checkout create-session; }
    location = /reply { pancake_checkout create-session; pancake_reply json; }
    location = /link  { pancake_checkout create-session;
                        pancake_input args; }
    location = /chain { pancake_checkout create-session create-order; }
    location = /order { pancake_checkout create-order; }
    location = /no-key { pancake_checkout create-session;
                         pancake_idempotency_key off; }
    location = /slug  { pancake_checkout create-session;
                        pancake_store_slug my-store test; }
    location = /members { pancake_checkout create-session;
                          pancake_require $http_x_member; }
    location = /nowhere { pancake_checkout create-session;
                          pancake_api /nothing; }
    location = /down    { pancake_checkout create-session;
                          pancake_api /_down; }
    location /_down/    { internal;
                          proxy_pass http://127.0.0.1:%%PORT_9%%/; }
    location = /late    { pancake_checkout create-session;
                          pancake_api /_late; }
    location /_late/    { internal; proxy_read_timeout 200ms;
                          proxy_pass http://127.0.0.1:%%PORT_1%%/; }

    # attempts

    location /again/ {
        pancake_retry 3 backoff=10ms;

        location = /again/buy    { pancake_checkout create-session; }
        location = /again/reply  { pancake_checkout create-session;
                                   pancake_reply json; }
        location = /again/order  { pancake_checkout create-order; }
        location = /again/chain  { pancake_checkout create-session
                                                    create-order; }
        location = /again/no-key { pancake_checkout create-session;
                                   pancake_idempotency_key off; }
        location = /again/no-keys { pancake_checkout create-session
                                                     create-order;
                                    pancake_idempotency_key off; }
        location = /again/slug   { pancake_checkout create-session;
                                   pancake_store_slug my-store test; }
        location = /again/down   { pancake_checkout create-session;
                                   pancake_api /_down; }
        location = /again/late   { pancake_checkout create-session;
                                   pancake_api /_later; }
        location = /again/cut    { pancake_checkout create-session;
                                   pancake_retry 2 backoff=10ms
                                                   deadline=2s; }
        location = /again/page   { pancake_checkout create-session;
                                   error_page 502 /page.html; }
        location = /again/named  { pancake_checkout create-session;
                                   error_page 502 @shop; }
    }

    location /_later/ { internal; proxy_read_timeout 2s;
                        proxy_pass http://127.0.0.1:%%PORT_1%%/; }

    location = /shop { pancake_checkout create-session;
                       pancake_set productId $http_x_product;
                       pancake_set currency USD; }

    location = /plans { pancake_checkout create-session;
                        pancake_set productId $plan;
                        pancake_set currency USD; }

    # asked for before the body is read, and again

    location = /early { pancake_checkout create-session;
                        set $early $pancake_result$pancake_input_plan;
                        pancake_set productId %%PRODUCT%%;
                        pancake_set currency USD;
                        pancake_set metadata.early "<$early>";
                        pancake_set metadata.plan $pancake_input_plan; }

    # these are in the configuration, so they may be sent

    location = /inputs { pancake_checkout create-session; }

    location = /page { pancake_checkout create-session;
                       error_page 400 502 /page.html; }
    location = /page.html { root %%DIR%%; }

    location = /named { pancake_checkout create-session;
                        error_page 400 502 @shop; }
    location @shop { proxy_pass http://127.0.0.1:%%PORT_2%%; }

    location = /mark { access_log off; return 204; }
    location = /static { return 204; }
    location /shop/ { proxy_pass http://127.0.0.1:%%PORT_2%%; }

    %%API_LOCATION%%
}
EOT

$t->write_file('page.html', "page\n");

my $MAIL = 'secret-buyer-43@example.com';
my $FORM = 'buyerEmail=secret-buyer-43%40example.com';
my $ADDRESS = 'billingDetail.country=DE&billingDetail.isBusiness=false';
my $ORDER = "checkoutSessionId=cs_5e550000-0000-4000-8000-0000000000ff"
            . "&$ADDRESS&$FORM";

my $API = $t->expand('127.0.0.1:%%PORT_1%%');
my $GONE = $t->expand('127.0.0.1:%%PORT_9%%');
my $SHOP = $t->expand('127.0.0.1:%%PORT_2%%');

my $DOWN = 'the payment service is not available, try again later';

my @FIELDS = qw( uri status result error error_field checkout_url session_id
                 idempotency_key signature attempts upstream_status
                 upstream_time nginx_status nginx_addr );

# What variables say when there was no call.

my %NONE = map { $_ => '-' } @FIELDS;

# When there was one.

my %CALL = (%NONE, idempotency_key => 'KEY', signature => 'inline',
            attempts => 1, upstream_time => 'TIME', nginx_addr => $API);

my %OK = (%CALL, status => 302, result => 'redirected', checkout_url => 'URL',
          session_id => 'SESSION', upstream_status => 200,
          nginx_status => 200);

sub post { my ($uri, $body, %h) = @_; sub { $t->post_form($uri, $body, %h) } }
sub json { my ($uri, $body, %h) = @_; sub { $t->post_json($uri, $body, %h) } }

sub failed {
    my ($status, $result, $api, $error, %more) = @_;

    return { %CALL, status => $status, result => $result, error => $error,
             upstream_status => $api, nginx_status => $api, %more };
}

sub several {
    my @api = @_;
    my $list = join ', ', @api;

    return (attempts => scalar @api, upstream_status => $list,
            nginx_status => $list, nginx_addr => join(', ', map { $API } @api),
            upstream_time => join(', ', map { 'TIME' } @api));
}

sub refused {
    my ($status, $result, $error, $field) = @_;

    return { %NONE, status => $status, result => $result, error => $error,
             error_field => $field // '-' };
}

# A name, the API's mode, the request, what the log says.  KEY, URL, SESSION
# and TIME stand for what was sent, answered, and measured.

my @cases = (

    # redirected, replied

    [ 'redirected', [ 'ok' ], post('/buy', $FORM), \%OK ],
    [ 'replied', [ 'ok' ], post('/reply', $FORM),
      { %OK, status => 200, result => 'replied' } ],
    [ 'a link', [ 'ok' ], sub { $t->get('/link') }, \%OK ],
    [ 'API 201', [ 201 ], post('/buy', $FORM),
      { %OK, upstream_status => 201, nginx_status => 201 } ],
    [ 'no idempotency key', [ 'ok' ], post('/no-key', $FORM),
      { %OK, idempotency_key => '-' } ],
    [ 'a slug', [ 'ok' ], post('/slug', $FORM),
      { %OK, signature => 'none' } ],
    [ 'an order', [ 'ok' ], post('/order', $ORDER),
      { %OK, session_id => '-' } ],

    # two calls

    [ 'chain', [ 'ok' ], post('/chain', "$ADDRESS&$FORM"),
      { %OK, attempts => 2, upstream_status => '200, 200',
        upstream_time => 'TIME, TIME', nginx_status => '200, 200',
        nginx_addr => "$API, $API" } ],
    [ 'chain, the second fails', [ [ 'ok' ], [ 404 ] ],
      post('/chain', "$ADDRESS&$FORM"),
      failed(404, 'rejected', '200, 404',
             'the payment service does not know what was asked for',
             attempts => 2, session_id => 'SESSION',
             upstream_time => 'TIME, TIME', nginx_addr => "$API, $API") ],
    [ 'chain, the first fails', [ 400 ], post('/chain', "$ADDRESS&$FORM"),
      failed(400, 'rejected', 400,
             'the payment service does not accept this request') ],

    # invalid

    [ 'method', [ 'ok' ], sub { $t->get('/buy') },
      refused(405, 'invalid', 'method is not allowed here') ],
    [ 'type', [ 'ok' ], post('/buy', $FORM, 'Content-Type' => 'text/plain'),
      refused(415, 'invalid',
              'Content-Type is not one that this checkout reads') ],
    [ 'size', [ 'ok' ], post('/buy', '&' x 65537),
      refused(413, 'invalid', 'body has more than 65536 bytes') ],
    [ 'syntax', [ 'ok' ], json('/buy', '{'),
      refused(400, 'invalid', 'body is not valid JSON') ],
    [ 'a field', [ 'ok' ], post('/buy', 'billingDetail.country=XX&'
                                . 'billingDetail.isBusiness=false'),
      refused(400, 'invalid', 'must be an ISO 3166-1 alpha-2 country code in '
              . 'capitals, such as DE', 'billingDetail.country') ],
    [ 'the first of two fields', [ 'ok' ],
      post('/buy', 'language=xx&darkMode=maybe'),
      refused(400, 'invalid', 'must be true or false', 'darkMode') ],
    [ 'an own field', [ 'ok' ], post('/buy', 'withTrial=true'),
      refused(400, 'invalid', 'is set by the shop and must not be sent',
              'withTrial') ],
    [ 'a name of 64 bytes', [ 'ok' ], post('/buy', 'x' x 64 . '=1'),
      refused(400, 'invalid', 'is not a field of this checkout', 'x' x 64) ],
    [ 'a name of 65 bytes', [ 'ok' ], post('/buy', 'x' x 65 . '=1'),
      refused(400, 'invalid', 'is not a field of this checkout',
              '(unprintable)') ],
    [ 'an address as name', [ 'ok' ],
      post('/buy', 'secret-buyer-43%40example.com=1'),
      refused(400, 'invalid', 'is not a field of this checkout',
              '(unprintable)') ],
    [ 'a name that breaks lines', [ 'ok' ], json('/buy', '{"a\nb":1}'),
      refused(400, 'invalid', 'is not a field of this checkout',
              '(unprintable)') ],
    [ 'the shop\'s own value', [ 'ok' ],
      post('/shop', $FORM, 'X-Product' => 'PROD_1'),
      refused(500, 'error', 'must be PROD_ and 22 letters or digits',
              'productId') ],
    [ 'the shop\'s own value is not there', [ 'ok' ], post('/shop', $FORM),
      refused(400, 'invalid', 'is required', 'productId') ],

    # forbidden

    [ 'origin', [ 'ok' ], post('/buy', $FORM, Origin => 'null'),
      refused(403, 'forbidden', 'the form was sent from another site') ],
    [ 'preview', [ 'ok' ], sub { $t->get('/link', Purpose => 'prefetch') },
      refused(403, 'forbidden',
              'a prefetch or preview does not start a checkout') ],
    [ 'access', [ 'ok' ], post('/members', $FORM),
      refused(403, 'forbidden', 'access is not granted') ],

    # rejected

    [ 'API 400', [ 400, message => 'secret-text' ], post('/buy', $FORM),
      failed(400, 'rejected', 400,
             'the payment service does not accept this request') ],
    [ 'API 404', [ 404 ], post('/buy', $FORM),
      failed(404, 'rejected', 404,
             'the payment service does not know what was asked for') ],
    [ 'API 409', [ 409 ], post('/buy', $FORM),
      failed(409, 'rejected', 409, 'the same checkout is being made already, '
             . 'try again in a moment') ],
    [ 'API 429', [ 429 ], post('/buy', $FORM),
      failed(429, 'rejected', 429,
             'too many checkouts at once, try again later') ],

    # unavailable

    [ 'API 500', [ 500 ], post('/buy', $FORM),
      failed(502, 'unavailable', 500, $DOWN) ],
    [ 'API 503', [ 503 ], post('/buy', $FORM),
      failed(503, 'unavailable', 503, $DOWN) ],
    [ 'API 504', [ 504 ], post('/buy', $FORM),
      failed(504, 'unavailable', 504, 'the payment service did not answer in '
             . 'time, try again later') ],
    [ 'API not there', [ 'ok' ], post('/down', $FORM),
      failed(502, 'unavailable', 502, $DOWN, nginx_status => 502,
             nginx_addr => $GONE, idempotency_key => 'ANY') ],
    [ 'API closes', [ 'close_before_header' ], post('/buy', $FORM),
      failed(502, 'unavailable', 502, $DOWN, nginx_status => 502) ],
    [ 'API late', [ 'hang_header' ], post('/late', $FORM),
      failed(504, 'unavailable', 504, 'the payment service did not answer in '
             . 'time, try again later', nginx_status => 504) ],

    # error

    [ 'API 401', [ 401 ], post('/buy', $FORM),
      failed(502, 'error', 401, 'checkout is not available') ],
    [ 'API 403', [ 403 ], post('/buy', $FORM),
      failed(502, 'error', 403, 'checkout is not available') ],
    [ 'API 302', [ 302 ], post('/buy', $FORM),
      failed(502, 'error', 302, 'checkout is not available') ],
    [ 'API with rubbish', [ 'not_json' ], post('/buy', $FORM),
      failed(502, 'error', 200, 'checkout is not available') ],
    [ 'API cut off', [ 'cut_length' ], post('/buy', $FORM),
      failed(502, 'error', 200, 'checkout is not available') ],
    [ 'API with a foreign host', [ 'url', url => 'https://evil.example/a' ],
      post('/buy', $FORM),
      failed(502, 'error', 200, 'checkout is not available') ],
    [ 'API with a fragment',
      [ 'url', url => 'https://checkout.waffo.ai/a#token=secret' ],
      post('/buy', $FORM),
      failed(502, 'error', 200, 'checkout is not available') ],
    [ 'no API location', [ 'ok' ], post('/nowhere', $FORM),
      failed(500, 'error', '-', 'checkout is not available',
             nginx_status => '-', nginx_addr => '-',
             idempotency_key => 'ANY') ],

    # several attempts

    [ 'again', [ [ 500 ], [ 'ok' ] ], post('/again/buy', $FORM),
      { %OK, several(500, 200) } ],
    [ 'again and again', [ [ 503 ], [ 502 ], [ 'ok' ] ],
      post('/again/reply', $FORM),
      { %OK, status => 200, result => 'replied', several(503, 502, 200) } ],
    [ 'again, in vain', [ [ 500 ], [ 504 ], [ 503 ], [ 'ok' ] ],
      post('/again/buy', $FORM),
      failed(503, 'unavailable', '', $DOWN, several(500, 504, 503)) ],
    [ 'again, then refused', [ [ 500 ], [ 400 ] ],
      post('/again/buy', $FORM),
      failed(400, 'rejected', '',
             'the payment service does not accept this request',
             several(500, 400)) ],
    [ 'again, then rubbish', [ [ 'cut_length' ], [ 'not_json' ] ],
      post('/again/buy', $FORM),
      failed(502, 'error', '', 'checkout is not available',
             several(200, 200)) ],
    [ 'again after a conflict', [ [ 409 ], [ 500 ], [ 'ok' ] ],
      post('/again/order', $ORDER),
      { %OK, session_id => '-', several(409, 500, 200) } ],
    [ 'again with a slug', [ [ 500 ], [ 'ok' ] ], post('/again/slug', $FORM),
      { %OK, several(500, 200), signature => 'none' } ],
    [ 'again without a key', [ [ 500 ], [ 'ok' ] ],
      post('/again/no-key', $FORM),
      failed(502, 'unavailable', 500, $DOWN, idempotency_key => '-') ],
    [ 'two calls without keys', [ 'ok' ],
      post('/again/no-keys', "$ADDRESS&$FORM"),
      { %OK, several(200, 200), idempotency_key => '-' } ],
    [ 'no connection, again and again', [ 'ok' ], post('/again/down', $FORM),
      failed(502, 'unavailable', '', $DOWN, several(502, 502, 502),
             nginx_addr => "$GONE, $GONE, $GONE",
             idempotency_key => 'ANY, ANY, ANY') ],
    [ 'closed, again', [ [ 'close_before_header' ], [ 'ok' ] ],
      post('/again/buy', $FORM), { %OK, several(502, 200) } ],
    [ 'late, again', [ [ 'hang_header' ], [ 'ok' ] ],
      post('/again/late', $FORM), { %OK, several(504, 200) } ],
    [ 'cut off, again', [ [ 'reset_in_body' ], [ 'cut_chunk' ], [ 'ok' ] ],
      post('/again/buy', $FORM), { %OK, several(200, 200, 200) } ],
    [ 'cut by the deadline', [ 'hang_header' ], post('/again/cut', $FORM),
      failed(504, 'unavailable', 504, 'the payment service did not answer '
             . 'in time, try again later') ],
    [ 'cut by the deadline, again', [ [ 500 ], [ 'hang_header' ] ],
      post('/again/cut', $FORM),
      failed(504, 'unavailable', '', 'the payment service did not answer in '
             . 'time, try again later', several(500, 504)) ],
    [ 'two calls, each again', [ [ 500 ], [ 'ok' ], [ 503 ], [ 'ok' ] ],
      post('/again/chain', "$ADDRESS&$FORM"),
      { %OK, several(500, 200, 503, 200), session_id => 'SESSION' } ],
    [ 'two calls, the first in vain', [ [ 500 ] ],
      post('/again/chain', "$ADDRESS&$FORM"),
      failed(502, 'unavailable', '', $DOWN, several(500, 500, 500)) ],
    [ 'two calls, the second in vain', [ [ 500 ], [ 'ok' ], [ 500 ] ],
      post('/again/chain', "$ADDRESS&$FORM"),
      failed(502, 'unavailable', '', $DOWN,
             several(500, 200, 500, 500, 500), session_id => 'SESSION') ],
    [ 'again, page', [ 500 ], post('/again/page', $FORM),
      failed(502, 'unavailable', '', $DOWN, several(500, 500, 500),
             uri => '/page.html') ],
    [ 'again, named', [ 500 ], post('/again/named', $FORM),
      failed(502, 'unavailable', '', $DOWN, several(500, 500, 500),
             nginx_status => '500, 500, 500 : 200',
             nginx_addr => "$API, $API, $API : $SHOP") ],

    # after an error page; the shop's own upstream is the last one there

    [ 'page', [ 'ok' ], post('/page', 'buyerEmail=no'),
      { %{ refused(400, 'invalid', 'must be an e-mail address',
                   'buyerEmail') }, uri => '/page.html' } ],
    [ 'page, API', [ 401 ], post('/page', $FORM),
      failed(502, 'error', 401, 'checkout is not available',
             uri => '/page.html') ],
    [ 'named', [ 'ok' ], post('/named', 'buyerEmail=no'),
      { %{ refused(400, 'invalid', 'must be an e-mail address',
                   'buyerEmail') }, nginx_status => 200,
        nginx_addr => $SHOP } ],
    [ 'named, API', [ 401 ], post('/named', $FORM),
      failed(502, 'error', 401, 'checkout is not available',
             nginx_status => '401 : 200', nginx_addr => "$API : $SHOP") ],

    # where no checkout is

    [ 'a static location', [ 'ok' ], sub { $t->get('/static') },
      { %NONE, status => 204 } ],
    [ 'the shop', [ 'ok' ], sub { $t->post_form('/shop/', $FORM) },
      { %NONE, status => 200, nginx_status => 200, nginx_addr => $SHOP } ],
    [ 'the API from outside', [ 'ok' ], post('/_pancake/v1/x', $FORM),
      { %NONE, status => 404 } ],
);

# What add_header finds: a case above, X-Result, X-Loud, and whether the other
# three are there.

my %headers = (
    'redirected'      => [ 'redirected', 'yes-inline', 1, 1, 1 ],
    'replied'         => [ 'replied', undef, 1, 1, 1 ],
    'a slug'          => [ 'redirected', 'yes-none', 1, 1, 1 ],
    'an order'        => [ 'redirected', 'yes-inline', 1, 0, 1 ],
    'an own field'    => [ 'invalid', 'no-withTrial', 0, 0, 0 ],
    'origin'          => [ 'forbidden', undef, 0, 0, 0 ],
    'API 404'         => [ 'rejected', 'maybe', 1, 0, 0 ],
    'API 500'         => [ 'unavailable', 'maybe', 1, 0, 0 ],
    'API 401'         => [ 'error', 'maybe', 1, 0, 0 ],
    'page'            => [ 'invalid', 'no-buyerEmail', 0, 0, 0 ],
    'named, API'      => [ 'error', 'maybe', 1, 0, 0 ],
    'a static location' => [ undef, undef, 0, 0, 0 ],
);

# $pancake_input_NAME: a request, and the line in the log.

my @inputs = (
    [ 'form', post('/inputs', "plan=pro&darkMode=1&count=007&$ADDRESS"
                              . '&language=ja-JP'),
      'pro|1|007|DE|-|-|-|-|ja-JP' ],
    [ 'JSON', json('/inputs', '{"plan":"pro","darkMode":true,"count":-1.50e3,'
                   . '"billingDetail":{"country":"DE","isBusiness":false},'
                   . '"language":"en"}'),
      'pro|true|-1.50e3|DE|-|-|-|-|en' ],
    [ 'other case', post('/inputs', 'PLAN=a&DarkMode=b'),
      'a|b|-|-|-|-|-|-|-' ],
    [ 'nested', json('/inputs', '{"a":{"b":"c"}}'), '-|-|-|-|c|-|-|-|-' ],
    [ 'flat', json('/inputs', '{"a_b":"c"}'), '-|-|-|-|c|-|-|-|-' ],
    [ 'both', json('/inputs', '{"a":{"b":"c"},"a_b":"c"}'),
      '-|-|-|-|-|-|-|-|-' ],
    [ 'both, the other way round',
      json('/inputs', '{"a_b":"c","a":{"b":"c"}}'), '-|-|-|-|-|-|-|-|-' ],
    [ 'two cases', post('/inputs', 'plan=pro&Plan=basic'),
      '-|-|-|-|-|-|-|-|-' ],
    [ 'false and null', json('/inputs', '{"plan":false,"count":null}'),
      'false|-|-|-|-|-|-|-|-' ],
    [ 'empty', json('/inputs', '{"plan":"","count":0}'),
      '-|-|0|-|-|-|-|-|-' ],
    [ 'no scalars', json('/inputs', '{"list":["a"],"plan":{}}'),
      '-|-|-|-|-|-|-|-|-' ],
    [ 'line breaks', json('/inputs', '{"plan":"a\nb\"c\u00e9"}'),
      '-|-|-|-|-|-|-|-|-' ],
    [ 'other characters', json('/inputs', '{"plan":"ab\"c\u00e9"}'),
      'ab\x22c\xC3\xA9|-|-|-|-|-|-|-|-' ],
    [ 'a link', sub { $t->get('/link?plan=pro') }, 'pro|-|-|-|-|-|-|-|-' ],
    [ 'not read', sub { $t->post_form('/buy', 'plan=pro', Origin => 'null') },
      '-|-|-|-|-|-|-|-|-' ],
    [ 'not to be understood', json('/inputs', '{"plan":"pro"'),
      '-|-|-|-|-|-|-|-|-' ],
    [ 'after an error page', post('/page', 'plan=pro&buyerEmail=no'),
      'pro|-|-|-|-|-|-|-|-' ],
    [ 'where no checkout is', sub { $t->post_form('/shop/', 'plan=pro') },
      '-|-|-|-|-|-|-|-|-' ],
);

# The map that lets buyers choose: what they send, status, product.

my @plans = (
    [ 'plan=pro',       302, $t->product ],
    [ 'plan=basic',     302, 'PROD_BASICmNpQrStUvWxYz1A2b' ],
    [ 'plan=PRO',       302, $t->product ],     # nginx's maps ignore case
    [ 'plan=free',      400 ],
    [ 'plan=',          400 ],
    [ '',               400 ],
    [ 'plan=pro&plan=basic', 400 ],
    [ 'plan=pro&productId=PROD_3kF9mNpQrStUvWxYz1A2bC', 302, $t->product ],
    [ 'plan=pro&productId=PROD_BASICmNpQrStUvWxYz1A2b', 400 ],
    [ 'productId=PROD_3kF9mNpQrStUvWxYz1A2bC', 400 ],
);

$t->plan(2 * @cases + 5 * keys(%headers) + @inputs + 2 * @plans + 15)
  ->backend(1)->backend(2)->run;

$t->upstream(2)->mode('reply', body => 'shop', type => 'text/plain');
$t->secret('secret-text', 'token=secret');


# Lines that a log got since the last look.  A response leaves before its line
# is written; the response to a later request comes after it.

my %read;

sub lines {
    my ($name) = @_;

    $t->get('/mark');

    my $text = substr($t->log_text($name), $read{$name} // 0);
    $read{$name} += length $text;

    return split /\n/, $text;
}


for my $case (@cases) {
    my ($name, $mode, $send, $want) = @$case;

    $t->mode(@$mode)->clear_requests;
    my $r = $send->();
    my ($line, @rest) = lines('all.log');
    my @requests = $t->requests;

    my %got;
    @got{@FIELDS} = split /\|/, $line;

    my %want = %$want;
    $want{uri} = $got{uri} if $want{uri} eq '-';

    my $last = $requests[-1];
    my $key = $want{idempotency_key};

    $want{idempotency_key} = join ', ', map {
        $_->header('X-Idempotency-Key')
    } @requests if $key eq 'KEY';
    $got{idempotency_key} =~ s/(?<![\w-])[\w-]{43}(?=,|\z)/ANY/g
        if $key =~ /^ANY/;

    $want{checkout_url} = $last->checkout_url if $want{checkout_url} eq 'URL';

    # the session is made by the last attempt of that call

    my ($made) = grep { $_->target =~ /create-session$/ } reverse @requests;
    $want{session_id} = $made->session_id if $want{session_id} eq 'SESSION';

    $got{upstream_time} =~ s/\b\d+\.\d{3}\b/TIME/g;

    is_deeply(\%got, \%want, "$name: log");
    is(scalar @rest, 0, "$name: one line");

    my $headers = $headers{$name} or next;
    my ($result, $loud, @there) = @$headers;

    is($r->header('X-Result'), $result, "$name: X-Result");
    is($r->header('X-Loud'), $loud, "$name: X-Loud");

    for my $h ([ 'X-Key', 'idempotency_key' ], [ 'X-Session', 'session_id' ],
               [ 'X-Url', 'checkout_url' ])
    {
        my ($field, $variable) = @$h;
        is($r->header($field), shift @there ? $want{$variable} : undef,
           "$name: $field");
    }
}

# Nothing in the module's table is left out here; those of webhooks are in
# 26-webhook.t.

my ($table) = PancakeTest::Log::slurp(
                  $t->top . '/src/http/ngx_http_pancake_variables.c')
              =~ /^static ngx_http_variable_t\b(.*?)^\};/ms;

is(join(' ', sort grep { !/^webhook_/ } $table =~ /ngx_string\("pancake_(\w+)"/g),
   join(' ', sort grep { !/^(?:uri|status|nginx_.*)$/ } @FIELDS),
   'all variables of the table');

my $troubles = () = $t->log_text('trouble.log') =~ /\n/g;
my $good = grep { $_->[3]{result} =~ /^(?:redirected|replied|-)$/ } @cases;
is($troubles, @cases - $good, 'access_log if=: only troubles');


# A chain has two keys.

$t->mode('ok')->clear_requests->post_form('/chain', "$ADDRESS&$FORM");
my @keys = map { $_->header('X-Idempotency-Key') } $t->requests;
is((split /\|/, (lines('all.log'))[0])[7], "$keys[0], $keys[1]",
   'chain: both keys');


# Inputs.

lines('inputs.log');

for my $case (@inputs) {
    my ($name, $send, $want) = @$case;
    $send->();
    is(join("\n", lines('inputs.log')), $want, "input, $name");
}

for my $case (@plans) {
    my ($form, $status, $product) = @$case;

    my $r = $t->clear_requests->post_form('/plans', $form);
    my ($req) = $t->requests;

    is($r->status, $status, "plans, \"$form\": status");
    is($req && $req->json->{productId}, $product, "plans, \"$form\": product");
}


$t->clear_requests->mark;
is($t->post_form('/early', 'plan=pro')->status, 500,
   'a variable that was asked for too early');
is_deeply([ $t->messages(qr/^pancake checkout/) ],
   [ [ 'error', 'pancake checkout: 500, checkout is not available: '
       . '$pancake_input_... or $pancake_quote_... was read before the body, '
       . 'use it in '
       . '"pancake_set" and logs only' ] ],
   'a variable that was asked for too early: message');


# The example of an access log.

SKIP: {
    skip 'no conf.example/access-log-json.conf', 10 unless $has_example;

    lines('json.log');
    $t->clear_requests;

    # what a buyer's programs might write into it

    $t->post_form('/buy', "$FORM&$ADDRESS", 'User-Agent' => 'secret-"agent\\',
                  Referer => 'http://localhost/secret-referer',
                  Cookie => 'sid=secret-cookie',
                  'X-Forwarded-For' => 'secret-forwarded');
    $t->post_json('/buy', '{"a\"b\\\\c":1,"secret buyer":2}');
    $t->post_form('/buy', 'buyerEmail=secret-nobody');
    $t->get("/link?$FORM");
    $t->mode('401')->post_form('/buy', $FORM);
    $t->get('/static');

    my @lines = lines('json.log');
    my @data = map { scalar eval { JSON::PP->new->utf8->decode($_) } } @lines;

    is(scalar @lines, 6, 'JSON log: a line for each request');
    is(scalar(grep { ref eq 'HASH' } @data), 6, 'JSON log: all are objects');
    is(join(' ', map { $_->{result} // '' } @data),
       'redirected invalid invalid redirected error ', 'JSON log: results');
    is(join(' ', map { $_->{status} // '' } @data), '302 400 400 302 502 204',
       'JSON log: statuses');
    is(join(' ', map { $_->{error_field} // '' } @data),
       ' (unprintable) buyerEmail   ', 'JSON log: fields');
    is(join(' ', map { $_->{signature} // '' } @data),
       'inline   inline inline ', 'JSON log: signatures');
    is($data[0]{idempotency_key},
       ($t->requests)[0]->header('X-Idempotency-Key'), 'JSON log: key');

    my $text = join "\n", @lines;

    is(join(' ', grep { index($text, $_) >= 0 }
            $MAIL, '%40', 'secret', 'country', '127.0.0.1', 'sid=',
            'checkout.waffo.ai'), '', 'JSON log: nothing of the buyer');

    my %names;
    $names{ join ' ', sort keys %$_ }++ for @data;
    is(scalar keys %names, 1, 'JSON log: the same names in every line');

    # numbers, so that a program can add them up

    like($lines[0], qr/"request_time":\d+\.\d{3}[,}]/,
         'JSON log: the time is a number');
}
