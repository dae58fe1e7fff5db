# Who gets which answer: redirect or JSON, methods, media types, origins,
# pancake_require, previews, error pages; and that none of these costs a call
# or the connection.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use Test::More;

my $t = PancakeTest->new->has(qw( auth_request ))->conf(<<'EOT');
log_format result '$status $pancake_result $pancake_error_field|'
                  '$pancake_error';

# a query of 64 kB and more must get as far as the module
large_client_header_buffers 4 100k;

map $http_x_member $member {
    default 0;
    yes     1;
    empty   "";
    none    0;
    zeros   00;
    no      no;
}

server {
    listen 127.0.0.1:%%PORT_0%%;
    access_log %%DIR%%/result.log result;

    %%CREDENTIALS%%
    %%RETRY_OFF%%

    pancake_set productId %%PRODUCT%%;
    pancake_set currency USD;

    location = /buy      { pancake_checkout create-session; }
    location = /redirect { pancake_checkout create-session;
                           pancake_reply redirect; }
    location = /reply    { pancake_checkout create-session;
                           pancake_reply json; }
    location = /303      { pancake_checkout create-session;
                           pancake_redirect_status 303; }

    location = /in/json           { pancake_checkout create-session;
                                    pancake_input json; }
    location = /in/form           { pancake_checkout create-session;
                                    pancake_input form; }
    location = /in/args           { pancake_checkout create-session;
                                    pancake_input args; }
    location = /in/json-form      { pancake_checkout create-session;
                                    pancake_input json form; }
    location = /in/json-args      { pancake_checkout create-session;
                                    pancake_input json args; }
    location = /in/form-args      { pancake_checkout create-session;
                                    pancake_input form args; }
    location = /in/json-form-args { pancake_checkout create-session;
                                    pancake_input json form args; }

    location = /open { pancake_checkout create-session;
                       pancake_same_origin off; }

    location /members/ {
        pancake_require $member;

        location = /members/buy { pancake_checkout create-session; }
        location = /members/two {
            pancake_checkout create-session;
            pancake_require $http_x_a $http_x_b;
        }
        location = /members/joined {
            pancake_checkout create-session;
            pancake_require "$http_x_a$http_x_b";
        }
        location = /members/on {
            pancake_checkout create-session;
            pancake_require on;
        }
    }

    location /hosts/ {
        pancake_redirect_hosts pay.example.com pancake.waffo.ai;

        location = /hosts/outer { pancake_checkout create-session; }
        location = /hosts/own   { pancake_checkout create-session;
                                  pancake_redirect_hosts own.example.com; }
        location = /hosts/insecure {
            pancake_checkout create-session;
            pancake_redirect_insecure on;
        }
    }

    location = /nowhere { pancake_checkout create-session;
                          pancake_api /nothing; }

    location = /down { pancake_checkout create-session; pancake_api /_down; }
    location /_down/ { internal; proxy_pass http://127.0.0.1:%%PORT_9%%/; }

    location = /late { pancake_checkout create-session; pancake_api /_late; }
    location /_late/ {
        internal;
        proxy_pass http://127.0.0.1:%%PORT_1%%/;
        proxy_read_timeout 200ms;
    }

    location = /shop { pancake_checkout create-session;
                       pancake_set language $http_x_language;
                       pancake_set productId %%PRODUCT%%;
                       pancake_set currency USD; }

    # error pages

    location /page/ {
        pancake_input json form args;
        error_page 400 403 404 405 409 413 415 429 500 502 503 504
                   /pages/error.html;
        error_page 302 303 /pages/caught.html;

        location = /page/buy     { pancake_checkout create-session; }
        location = /page/form    { pancake_checkout create-session;
                                   pancake_input form; }
        location = /page/members { pancake_checkout create-session;
                                   pancake_require $http_x_a; }
        location = /page/reply   { pancake_checkout create-session;
                                   pancake_reply json; }
        location = /page/303     { pancake_checkout create-session;
                                   pancake_redirect_status 303; }
        location = /page/nowhere { pancake_checkout create-session;
                                   pancake_api /nothing; }
        location = /page/down    { pancake_checkout create-session;
                                   pancake_api /_down; }
        location = /page/late    { pancake_checkout create-session;
                                   pancake_api /_late; }
    }

    location = /other-page { pancake_checkout create-session;
                             error_page 403 /pages/error.html; }
    location = /equals     { pancake_checkout create-session;
                             error_page 400 =200 /pages/error.html; }
    location = /named      { pancake_checkout create-session;
                             error_page 400 502 @cart; }
    location = /to-cart    { pancake_checkout create-session;
                             error_page 400 404 502 =303 /cart; }
    location = /elsewhere  { pancake_checkout create-session;
                             error_page 400 502 https://shop.example/cart; }
    location = /proxied    { pancake_checkout create-session;
                             error_page 400 502 = /shop-page; }
    location = /circle     { pancake_checkout create-session;
                             error_page 400 405 /circle; }
    location = /again      { pancake_checkout create-session;
                             recursive_error_pages on;
                             error_page 400 /missing; }

    location /pages/ { root %%DIR%%; }
    location = /missing {
        recursive_error_pages on;
        error_page 404 /pages/error.html;
        return 404;
    }

    location = /mark { access_log off; return 204; }
    location = /cart { return 303 /cart.html?because=$pancake_error_field; }
    location @cart { return 200 "named: $pancake_result\n"; }
    location = /shop-page { proxy_pass http://127.0.0.1:%%PORT_2%%; }

    # blocks inside a checkout

    location = /if       { pancake_checkout create-session;
                           if ($http_x_a) { set $a 1; } }
    location = /if-own   { pancake_checkout create-session;
                           if ($http_x_a) { add_header X-A $http_x_a; } }
    location = /if-403   { pancake_checkout create-session;
                           if ($http_x_a) { return 403; } }
    location = /except   { pancake_checkout create-session;
                           limit_except GET { allow 127.0.0.1; deny all; } }
    location = /excepted { pancake_checkout create-session;
                           limit_except GET { deny all; } }

    # subrequests into a checkout

    location = /asked  { auth_request /buy; empty_gif; }
    location = /asks   { auth_request /buy;
                         proxy_pass http://127.0.0.1:%%PORT_2%%; }
    location = /mirror { mirror /buy;
                         proxy_pass http://127.0.0.1:%%PORT_2%%; }

    %%API_LOCATION%%
}
EOT

$t->write_file('pages/error.html', "the shop's own page\n");
$t->write_file('pages/caught.html', "caught\n");

my $MAIL = 'secret-buyer-42@example.com';
my $FORM = 'buyerEmail=secret-buyer-42%40example.com';
my $JSON = qq({"buyerEmail":"$MAIL"});
my $BODY = '{"productId":"' . $t->product . '","currency":"USD",'
           . qq("buyerEmail":"$MAIL"});
my $TYPE_JSON = 'application/json';
my $TYPE_FORM = 'application/x-www-form-urlencoded';

# An answer of ours, whole.

sub envelope {
    my ($message, $field, $layer) = @_;

    $layer //= 'edge';
    $message = "$field $message" if defined $field;

    return qq({"data":null,"errors":[{"message":"$message","layer":"$layer")
           . (defined $field ? qq(,"field":"$field") : '') . '}]}';
}

my $METHOD = 'method is not allowed here';
my $PREVIEW = 'a prefetch or preview does not start a checkout';
my $ORIGIN = 'the form was sent from another site';
my $ACCESS = 'access is not granted';
my $MEDIA = 'Content-Type is not one that this checkout reads';
my $LARGE = 'body has more than 65536 bytes';
my $UNAVAILABLE = 'checkout is not available';
my $DOWN = 'the payment service is not available, try again later';
my $LATE = 'the payment service did not answer in time, try again later';
my $BUSY = 'too many checkouts at once, try again later';
my $TWICE = 'the same checkout is being made already, try again in a moment';


# pancake_reply auto: what the buyer accepts, and whether that means JSON.

my @accepts = (
    [ undef,                                        0 ],
    [ '',                                           0 ],
    [ '*/*',                                        0 ],
    [ 'application/*',                              0 ],
    [ 'text/html',                                  0 ],
    [ 'text/plain',                                 0 ],
    [ 'application/json',                           1 ],
    [ 'Application/JSON',                           1 ],
    [ ' application/json ',                         1 ],
    [ 'application/json;charset=utf-8',             1 ],
    [ 'application/json ; charset=utf-8',           1 ],
    [ 'application/json; version="1"; q=0.4',       1 ],
    [ 'application/json5',                          0 ],
    [ 'application/jsonp',                          0 ],
    [ 'application/vnd.api+json',                   0 ],
    [ 'application/problem+json',                   0 ],
    [ 'xapplication/json',                          0 ],
    [ 'text/json',                                  0 ],

    # programs and browsers

    [ 'application/json, text/plain, */*',          1 ],
    [ 'application/json, text/javascript, */*; q=0.01', 1 ],
    [ 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,'
      . 'image/webp,*/*;q=0.8',                     0 ],
    [ 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,'
      . 'image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;'
      . 'q=0.7',                                    0 ],

    # beside text/html

    [ 'application/json, text/html',                1 ],
    [ 'text/html, application/json',                1 ],
    [ 'text/html,application/json',                 1 ],
    [ "text/html\t,\tapplication/json",             1 ],
    [ 'text/html, , application/json',              1 ],
    [ 'text/html;q=0.9, application/json',          1 ],
    [ 'text/html, application/json;q=0.9',          0 ],
    [ 'text/html;q=0.50, application/json;q=0.5',   1 ],
    [ 'text/html;q=0.500, application/json;q=0.499', 0 ],
    [ 'text/html;q=0.499, application/json;q=0.500', 1 ],
    [ 'text/html;level=1;q=0.3, application/json;q=0.2', 0 ],
    [ 'TEXT/HTML, application/json;q=0.9',          0 ],
    [ 'text/html;q=0, application/json;q=0.001',    1 ],
    [ 'application/xhtml+xml, application/json;q=0.1', 1 ],

    # weights

    [ 'application/json;q=1',                       1 ],
    [ 'application/json;q=1.000',                   1 ],
    [ 'application/json;q=0.001',                   1 ],
    [ 'application/json;Q=0.1, text/html;q=0.2',    0 ],
    [ 'application/json;q=0',                       0 ],
    [ 'application/json;q=0.',                      0 ],
    [ 'application/json;q=0.000',                   0 ],
    [ 'application/json;q=high',                    0 ],
    [ '*/*, application/json;q=0',                  0 ],

    # several lines are one list

    [ [ 'text/html', 'application/json' ],          1 ],
    [ [ 'text/html', 'application/json;q=0.9' ],    0 ],
    [ [ 'text/html;q=0.1', 'application/json;q=0.2' ], 1 ],
    [ [ 'text/plain', '*/*' ],                      0 ],
);


# pancake_input: the place, and what becomes of a POST with JSON, of one with
# a form, of a GET, and the Allow of a PUT.

my @inputs = (
    [ 'json',           302, 415, 405, 'POST' ],
    [ 'form',           415, 302, 405, 'POST' ],
    [ 'args',           405, 405, 302, 'GET' ],
    [ 'json-form',      302, 302, 405, 'POST' ],
    [ 'json-args',      302, 415, 302, 'GET, POST' ],
    [ 'form-args',      415, 302, 302, 'GET, POST' ],
    [ 'json-form-args', 302, 302, 302, 'GET, POST' ],
);

my %STATUS = (405 => $METHOD, 415 => $MEDIA, 413 => $LARGE);


# Links: the query, the status, the API's body or the message and its field.

my $PRODUCT = '{"productId":"' . $t->product . '","currency":"USD"';
my $ABROAD = 'must be an e-mail address';

my @links = (
    [ '/in/args',               302, "$PRODUCT}" ],
    [ '/in/args?',              302, "$PRODUCT}" ],
    [ '/in/args?&&',            302, "$PRODUCT}" ],
    [ "/in/args?$FORM",         302, $BODY ],
    [ '/in/args?darkMode=true&language=ja-JP',
                                302, qq($PRODUCT,"darkMode":true,)
                                     . '"language":"ja-JP"}' ],
    [ '/in/args?billingDetail.country=DE&billingDetail%5BisBusiness%5D=false',
                                302, qq($PRODUCT,"billingDetail":{"country":)
                                     . '"DE","isBusiness":false}}' ],
    [ '/in/args?currency=USD',  302, "$PRODUCT}" ],
    [ '/in/args?currency=EUR',  400, 'is set by the shop and must not be sent',
                                     'currency' ],
    [ '/in/args?priceSnapshot[amount]=1', 400,
                                     'is set by the shop and must not be sent',
                                     'priceSnapshot' ],
    [ '/in/args?utm_source=a',  400, 'is not a field of this checkout',
                                     'utm_source' ],
    [ '/in/args?buyerEmail=nobody', 400, $ABROAD, 'buyerEmail' ],
    [ '/in/args?buyerEmail=%zz', 400, 'has a malformed percent escape',
                                      'buyerEmail' ],
    [ '/in/args?%zz=a',         400,
                       'query has a name with a malformed percent escape' ],
);


# Previews: fields of the header.

my @previews = (
    [ 'Sec-Purpose' => 'prefetch' ],
    [ 'Sec-Purpose' => 'prefetch;prerender' ],
    [ 'Sec-Purpose' => 'prefetch;anonymous-client-ip' ],
    [ 'sec-purpose' => 'prefetch' ],
    [ 'Purpose' => 'prefetch' ],
    [ 'Purpose' => 'preview' ],
    [ 'X-Purpose' => 'preview' ],
    [ 'X-Moz' => 'prefetch' ],
);


# Forms from elsewhere: fields of the header, and the status.

my @origins = (
    [ [],                                                       302 ],

    # fetch metadata

    [ [ 'Sec-Fetch-Site' => 'same-origin' ],                    302 ],
    [ [ 'Sec-Fetch-Site' => 'none' ],                           302 ],
    [ [ 'Sec-Fetch-Site' => 'same-site' ],                      403 ],
    [ [ 'Sec-Fetch-Site' => 'cross-site' ],                     403 ],
    [ [ 'Sec-Fetch-Site' => '' ],                               403 ],
    [ [ 'Sec-Fetch-Site' => 'same-origin none' ],               403 ],
    [ [ 'Sec-Fetch-Site' => 'unheard-of' ],                     403 ],
    [ [ 'Sec-Fetch-Site' => [ 'same-origin', 'cross-site' ] ],  403 ],
    [ [ 'Sec-Fetch-Site' => [ 'same-origin', 'same-origin' ] ], 403 ],
    [ [ 'Sec-Fetch-Site' => 'same-origin', Origin => 'null' ],  302 ],
    [ [ 'Sec-Fetch-Site' => 'same-origin',
        Origin => 'http://localhost' ],                         302 ],
    [ [ 'Sec-Fetch-Site' => 'cross-site',
        Origin => 'http://localhost' ],                         403 ],
    [ [ 'Sec-Fetch-Site' => 'same-site',
        Origin => 'http://localhost' ],                         403 ],

    # Origin

    [ [ Origin => 'http://localhost' ],                         302 ],
    [ [ Origin => 'https://localhost' ],                        302 ],
    [ [ Origin => 'http://LOCALHOST' ],                         302 ],
    [ [ Origin => 'null' ],                                     403 ],
    [ [ Origin => '' ],                                         403 ],
    [ [ Origin => 'localhost' ],                                403 ],
    [ [ Origin => '//localhost' ],                              403 ],
    [ [ Origin => 'ftp://localhost' ],                          403 ],
    [ [ Origin => 'file://' ],                                  403 ],
    [ [ Origin => 'http://evil.example' ],                      403 ],
    [ [ Origin => 'http://localhost.evil.example' ],            403 ],
    [ [ Origin => 'http://evil.example.localhost' ],            403 ],
    [ [ Origin => 'http://localhost@evil.example' ],            403 ],
    [ [ Origin => 'http://a@localhost' ],                       403 ],
    [ [ Origin => 'http://localhost/' ],                        403 ],
    [ [ Origin => 'http://localhost?a' ],                       403 ],
    [ [ Origin => 'http://localhost http://evil.example' ],     403 ],
    [ [ Origin => 'http://localhost, http://evil.example' ],    403 ],
    [ [ Origin => [ 'http://localhost', 'http://evil.example' ] ], 403 ],
    [ [ Origin => [ 'http://localhost', 'http://localhost' ] ], 403 ],
    [ [ Origin => 'http://localhost', Referer => 'http://evil.example/' ],
                                                                302 ],
    [ [ Referer => 'http://evil.example/' ],                    302 ],

    # ports

    [ [ Origin => 'http://localhost:8080' ],                    403 ],
    [ [ Host => 'localhost:8080', Origin => 'http://localhost:8080' ], 302 ],
    [ [ Host => 'localhost:8080', Origin => 'http://localhost' ], 403 ],
    [ [ Host => 'localhost:8080', Origin => 'http://localhost:8081' ], 403 ],
    [ [ Host => 'localhost:80', Origin => 'http://localhost' ], 302 ],
    [ [ Host => 'localhost:443', Origin => 'https://localhost' ], 302 ],
    [ [ Host => 'localhost:8443', Origin => 'https://localhost' ], 403 ],
    [ [ Host => 'localhost:1443', Origin => 'https://localhost:1' ], 403 ],

    # hosts

    [ [ Host => 'LocalHost', Origin => 'http://localhost' ],    302 ],
    [ [ Host => 'shop.example', Origin => 'http://shop.example' ], 302 ],
    [ [ Host => 'shop.example', Origin => 'http://localhost' ], 403 ],
    [ [ Host => 'www.shop.example', Origin => 'http://shop.example' ], 403 ],
    [ [ Host => '[::1]:8080', Origin => 'http://[::1]:8080' ],  302 ],
    [ [ Host => '[::1]', Origin => 'http://[::1]' ],            302 ],
    [ [ Host => undef, Origin => 'http://localhost', -version => '1.0' ],
                                                                403 ],
);

# What cannot be sent from a foreign page, or is meant to be.

my %FOREIGN = ('Sec-Fetch-Site' => 'cross-site',
               Origin => 'http://evil.example');

my @foreign = (
    [ 'JSON', 302, sub { $t->post_json('/buy', $JSON, %FOREIGN) } ],
    [ 'a link', 302, sub { $t->get('/in/args', %FOREIGN) } ],
    [ 'a form, off', 302, sub { $t->post_form('/open', $FORM, %FOREIGN) } ],
    [ 'nothing at all', 403, sub { $t->send_request('POST', '/buy', '',
                                                    %FOREIGN) } ],
    [ 'nothing at all, off', 302, sub { $t->send_request('POST', '/open', '',
                                                         %FOREIGN) } ],
    [ 'a preflight', 405, sub {
        $t->send_request('OPTIONS', '/buy', undef, %FOREIGN,
                         'Access-Control-Request-Method' => 'POST',
                         'Access-Control-Request-Headers' => 'content-type');
    } ],
);


# pancake_require: the place, fields of the header, the status.

my @requires = (
    [ '/members/buy', [],                               403 ],
    [ '/members/buy', [ 'X-Member' => 'yes' ],          302 ],
    [ '/members/buy', [ 'X-Member' => 'empty' ],        403 ],
    [ '/members/buy', [ 'X-Member' => 'none' ],         403 ],
    [ '/members/buy', [ 'X-Member' => 'zeros' ],        302 ],
    [ '/members/buy', [ 'X-Member' => 'no' ],           302 ],
    [ '/members/two', [],                               403 ],
    [ '/members/two', [ 'X-A' => 1 ],                   403 ],
    [ '/members/two', [ 'X-B' => 1 ],                   403 ],
    [ '/members/two', [ 'X-A' => 1, 'X-B' => 0 ],       403 ],
    [ '/members/two', [ 'X-A' => 0, 'X-B' => 1 ],       403 ],
    [ '/members/two', [ 'X-A' => 1, 'X-B' => '' ],      403 ],
    [ '/members/two', [ 'X-A' => 1, 'X-B' => 'b' ],     302 ],
    [ '/members/two', [ 'X-Member' => 'yes' ],          403 ],
    [ '/members/joined', [],                            403 ],
    [ '/members/joined', [ 'X-B' => 0 ],                403 ],
    [ '/members/joined', [ 'X-B' => 1 ],                302 ],
    [ '/members/joined', [ 'X-A' => 0, 'X-B' => 0 ],    302 ],
    [ '/members/on', [],                                302 ],
);


# Media types: the type (undef: none), the body, the status, and where.

my @types = (
    [ $TYPE_JSON,                                   $JSON, 302 ],
    [ 'application/json;charset=utf-8',             $JSON, 302 ],
    [ 'application/json; charset=UTF-8',            $JSON, 302 ],
    [ 'application/json ; charset=utf-8',           $JSON, 302 ],
    [ "application/json\t",                         $JSON, 302 ],
    [ 'application/json;',                          $JSON, 302 ],
    [ 'APPLICATION/JSON',                           $JSON, 302 ],
    [ 'Application/Json; Charset=utf-8',            $JSON, 302 ],
    [ $TYPE_FORM,                                   $FORM, 302 ],
    [ "$TYPE_FORM;charset=utf-8",                   $FORM, 302 ],
    [ uc $TYPE_FORM,                                $FORM, 302 ],
    [ undef,                                        '',    302 ],
    [ undef,                                        undef, 302 ],
    [ undef,                                        '',    415, '/in/json' ],
    [ undef,                                        $JSON, 415 ],
    [ undef,                                        $FORM, 415 ],
    [ '',                                           $JSON, 415 ],
    [ 'text/plain',                                 $JSON, 415 ],
    [ 'text/plain;charset=UTF-8',                   $FORM, 415 ],
    [ 'text/plain; a=application/json',             $JSON, 415 ],
    [ 'text/json',                                  $JSON, 415 ],
    [ 'multipart/form-data; boundary=a',            $FORM, 415 ],
    [ 'multipart/form-data',                        '',    415 ],
    [ 'application/json, text/plain',               $JSON, 415 ],
    [ 'application/json,',                          $JSON, 415 ],
    [ 'application/jsonp',                          $JSON, 415 ],
    [ 'application/vnd.api+json',                   $JSON, 415 ],
    [ 'application/ json',                          $JSON, 415 ],
    [ 'application/x-www-form-urlencoded-a',        $FORM, 415 ],
    [ 'application/octet-stream',                   $JSON, 415 ],
    [ [ $TYPE_JSON, 'text/plain' ],                 $JSON, 415 ],
    [ [ 'text/plain', $TYPE_JSON ],                 $JSON, 415 ],
    [ [ $TYPE_JSON, $TYPE_JSON ],                   $JSON, 415 ],
);


# Bodies of 65536 bytes pass, larger ones do not: name, bytes, options.

sub form_of { "$FORM&" . '&' x ($_[0] - 1 - length $FORM) }
sub json_of { $JSON . ' ' x ($_[0] - length $JSON) }

my @sizes = (
    [ 'form',             $TYPE_FORM, \&form_of ],
    [ 'JSON',             $TYPE_JSON, \&json_of ],
    [ 'form in a chunk',  $TYPE_FORM, \&form_of, -chunked => 1 ],
    [ 'JSON in pieces',   $TYPE_JSON, \&json_of, -split => 30_000 ],
    [ 'JSON after 100',   $TYPE_JSON, \&json_of, -expect => 1 ],
);


# pancake_redirect_hosts: the place, the checkoutUrl, the status.

my @hosts = (
    [ '/buy', 'https://checkout.waffo.ai/a',            302 ],
    [ '/buy', 'https://pancake.waffo.ai/a',             302 ],
    [ '/buy', 'https://pay.example.com/a',              502 ],
    [ '/buy', 'http://127.0.0.1/a',                     502 ],
    [ '/hosts/outer', 'https://pay.example.com/a',      302 ],
    [ '/hosts/outer', 'https://pancake.waffo.ai/a',     302 ],
    [ '/hosts/outer', 'https://checkout.waffo.ai/a',    502 ],
    [ '/hosts/own', 'https://own.example.com/a',        302 ],
    [ '/hosts/own', 'https://pay.example.com/a',        502 ],
    [ '/hosts/insecure', 'https://pay.example.com/a',   302 ],
    [ '/hosts/insecure', 'http://127.0.0.1:8080/a',     302 ],
    [ '/hosts/insecure', 'http://[::1]/a',              302 ],
    [ '/hosts/insecure', 'http://localhost:1/a',        302 ],
    [ '/hosts/insecure', 'https://127.0.0.1/a',         502 ],
    [ '/hosts/insecure', 'http://pay.example.com/a',    502 ],
    [ '/hosts/insecure', 'http://127.0.0.2/a',          502 ],
    [ '/hosts/insecure', 'http://localhost.example/a',  502 ],
    [ '/hosts/insecure', 'http://127.0.0.1@pay.example.com/a', 502 ],
);


# Every kind of answer: a name, mode of the API, the request, the status, the
# body (undef: none), more header fields, and what the log says of it.

sub post { my ($uri, %h) = @_; sub { $t->post_form($uri, $FORM, @_, %h) } }
sub bad { my ($uri) = @_; sub { $t->post_form($uri, 'buyerEmail=no', @_) } }

my @answers = (
    [ 'redirect', [ 'ok' ], post('/buy'), 302, undef, {},
      '302 redirected -|-' ],
    [ 'redirect 303', [ 'ok' ], post('/303'), 303, undef, {},
      '303 redirected -|-' ],
    [ 'HEAD', [ 'ok' ],
      sub { $t->send_request('HEAD', '/buy', undef, @_) }, 405, undef,
      { Allow => 'POST' }, "405 invalid -|$METHOD" ],
    [ 'method', [ 'ok' ], sub { $t->get('/buy', @_) }, 405,
      envelope($METHOD), { Allow => 'POST' }, "405 invalid -|$METHOD" ],
    [ 'preview', [ 'ok' ], post('/buy', Purpose => 'prefetch'), 403,
      envelope($PREVIEW), {}, "403 forbidden -|$PREVIEW" ],
    [ 'origin', [ 'ok' ], post('/buy', %FOREIGN), 403,
      envelope($ORIGIN), {}, "403 forbidden -|$ORIGIN" ],
    [ 'access', [ 'ok' ], post('/members/buy'), 403,
      envelope($ACCESS), {}, "403 forbidden -|$ACCESS" ],
    [ 'media type', [ 'ok' ], post('/in/json'), 415,
      envelope($MEDIA), {}, "415 invalid -|$MEDIA" ],
    [ 'too large', [ 'ok' ],
      sub { $t->post_json('/buy', json_of(65537), @_) }, 413,
      envelope($LARGE), {}, "413 invalid -|$LARGE" ],
    [ 'invalid', [ 'ok' ], bad('/buy'), 400,
      envelope($ABROAD, 'buyerEmail'), {},
      "400 invalid buyerEmail|$ABROAD" ],
    [ 'invalid JSON', [ 'ok' ], sub { $t->post_json('/buy', '{', @_) }, 400,
      envelope('body is not valid JSON'), {},
      '400 invalid -|body is not valid JSON' ],
    [ 'invalid by the shop', [ 'ok' ], post('/shop', 'X-Language' => 'xx'),
      500, envelope('must be a language of the checkout page, such as en or '
                    . 'ja-JP', 'language'), {},
      '500 error language|must be a language of the checkout page, '
      . 'such as en or ja-JP' ],
    [ 'client key', [ 'ok' ], post('/buy', 'Idempotency-Key' => 'a b'), 400,
      envelope('must be one key of 1 to 256 letters, digits, hyphens and '
               . 'underscores', 'Idempotency-Key'), {},
      '400 invalid Idempotency-Key|must be one key of 1 to 256 letters, '
      . 'digits, hyphens and underscores' ],
    [ 'API 400', [ 400 ], post('/buy'), 400,
      envelope('Missing required fields', undef, 'checkout'), {},
      '400 rejected -|the payment service does not accept this request' ],
    [ 'API 404', [ 404 ], post('/buy'), 404,
      envelope('Session not found', undef, 'checkout'), {},
      '404 rejected -|the payment service does not know what was asked '
      . 'for' ],
    [ 'API 409', [ 409 ], post('/buy'), 409, envelope($TWICE),
      { 'Retry-After' => 1 }, "409 rejected -|$TWICE" ],
    [ 'API 429', [ 429, retry_after => 17 ], post('/buy'), 429,
      envelope($BUSY), { 'Retry-After' => 17 },
      "429 rejected -|$BUSY" ],
    [ 'API 401', [ 401 ], post('/buy'), 502, envelope($UNAVAILABLE), {},
      "502 error -|$UNAVAILABLE" ],
    [ 'API broken', [ 'not_json' ], post('/buy'), 502, envelope($UNAVAILABLE),
      {}, "502 error -|$UNAVAILABLE" ],
    [ 'API 500', [ 500 ], post('/buy'), 502, envelope($DOWN), {},
      "502 unavailable -|$DOWN" ],
    [ 'API 503', [ 503 ], post('/buy'), 503, envelope($DOWN),
      { 'Retry-After' => 5 }, "503 unavailable -|$DOWN" ],
    [ 'API not there', [ 'ok' ], post('/down'), 502, envelope($DOWN), {},
      "502 unavailable -|$DOWN" ],
    [ 'API late', [ 'hang_header' ], post('/late'), 504, envelope($LATE), {},
      "504 unavailable -|$LATE" ],
    [ 'API location missing', [ 'ok' ], post('/nowhere'), 500,
      envelope($UNAVAILABLE), {}, "500 error -|$UNAVAILABLE" ],
);


# The same with the shop's own page; the header fields stay.

my @pages = (
    [ 'method', [ 'ok' ],
      sub { $t->send_request('PUT', '/page/buy', $JSON, 'Content-Type' =>
                             $TYPE_JSON) },
      405, { Allow => 'GET, POST' }, "405 invalid -|$METHOD" ],
    [ 'preview', [ 'ok' ], post('/page/buy', Purpose => 'prefetch'), 403, {},
      "403 forbidden -|$PREVIEW" ],
    [ 'origin', [ 'ok' ], post('/page/buy', %FOREIGN), 403, {},
      "403 forbidden -|$ORIGIN" ],
    [ 'access', [ 'ok' ], post('/page/members'), 403, {},
      "403 forbidden -|$ACCESS" ],
    [ 'media type', [ 'ok' ],
      sub { $t->post_json('/page/form', $JSON) }, 415, {},
      "415 invalid -|$MEDIA" ],
    [ 'too large', [ 'ok' ],
      sub { $t->post_json('/page/buy', json_of(65537)) }, 413, {},
      "413 invalid -|$LARGE" ],
    [ 'invalid', [ 'ok' ], bad('/page/buy'), 400, {},
      "400 invalid buyerEmail|$ABROAD" ],
    [ 'API 400', [ 400 ], post('/page/buy'), 400, {},
      '400 rejected -|the payment service does not accept this request' ],
    [ 'API 404', [ 404 ], post('/page/buy'), 404, {},
      '404 rejected -|the payment service does not know what was asked '
      . 'for' ],
    [ 'API 409', [ 409 ], post('/page/buy'), 409, { 'Retry-After' => 1 },
      "409 rejected -|$TWICE" ],
    [ 'API 429', [ 429, retry_after => 17 ], post('/page/buy'), 429,
      { 'Retry-After' => 17 }, "429 rejected -|$BUSY" ],
    [ 'API 401', [ 401 ], post('/page/buy'), 502, {},
      "502 error -|$UNAVAILABLE" ],
    [ 'API cut off', [ 'cut_length' ], post('/page/buy'), 502, {},
      "502 error -|$UNAVAILABLE" ],
    [ 'API too large', [ 'oversize_chunk' ], post('/page/buy'), 502, {},
      "502 error -|$UNAVAILABLE" ],
    [ 'API 503', [ 503 ], post('/page/buy'), 503, { 'Retry-After' => 5 },
      "503 unavailable -|$DOWN" ],
    [ 'API not there', [ 'ok' ], post('/page/down'), 502, {},
      "502 unavailable -|$DOWN" ],
    [ 'API late', [ 'hang_header' ], post('/page/late'), 504, {},
      "504 unavailable -|$LATE" ],
    [ 'API location missing', [ 'ok' ], post('/page/nowhere'), 500, {},
      "500 error -|$UNAVAILABLE" ],
);


# Other forms of error_page: the request, status, body, Location, log.

my $SHOP = '%d error -|' . $UNAVAILABLE;

my @forms = (
    [ 'another status', [ 'ok' ], bad('/other-page'), 400,
      envelope($ABROAD, 'buyerEmail'), undef,
      "400 invalid buyerEmail|$ABROAD" ],
    [ '=200', [ 'ok' ], bad('/equals'), 200, "the shop's own page\n", undef,
      "200 invalid buyerEmail|$ABROAD" ],
    [ 'named', [ 'ok' ], bad('/named'), 400, "named: invalid\n", undef,
      "400 invalid buyerEmail|$ABROAD" ],
    [ 'named, API', [ 401 ], post('/named'), 502, "named: error\n", undef,
      sprintf $SHOP, 502 ],
    [ '=303', [ 'ok' ], bad('/to-cart'), 303, undef,
      'http://localhost:%%PORT_0%%/cart.html?because=buyerEmail',
      "303 invalid buyerEmail|$ABROAD" ],
    [ '=303, API', [ 404 ], post('/to-cart'), 303, undef,
      'http://localhost:%%PORT_0%%/cart.html?because=',
      '303 rejected -|the payment service does not know what was asked '
      . 'for' ],
    [ 'another site', [ 'ok' ], bad('/elsewhere'), 302, undef,
      'https://shop.example/cart',
      "302 invalid buyerEmail|$ABROAD" ],
    [ 'another site, API', [ 401 ], post('/elsewhere'), 302, undef,
      'https://shop.example/cart', sprintf $SHOP, 302 ],
    [ 'the shop', [ 'ok' ], bad('/proxied'), 200, 'from the shop', undef,
      "200 invalid buyerEmail|$ABROAD" ],
    [ 'the shop, API', [ 401 ], post('/proxied'), 200, 'from the shop', undef,
      sprintf $SHOP, 200 ],
    [ 'two pages', [ 'ok' ], bad('/again'), 404, "the shop's own page\n",
      undef, "404 invalid buyerEmail|$ABROAD" ],

    # not ours to catch

    [ 'our redirect', [ 'ok' ], post('/page/buy'), 302, '', 'ours',
      '302 redirected -|-' ],
    [ 'our redirect, 303', [ 'ok' ], post('/page/303'), 303, '', 'ours',
      '303 redirected -|-' ],
);


# Requests that are answered with 4xx; another one follows in their packet.

my @refused = (
    [ 'GET',             405, GET => '/buy' ],
    [ 'HEAD',            405, HEAD => '/buy' ],
    [ 'PUT',             405, PUT => '/buy', $JSON, $TYPE_JSON ],
    [ 'PUT in chunks',   405, PUT => '/buy', $JSON, $TYPE_JSON, -chunked => 1 ],
    [ 'preview',         403, POST => '/buy', $FORM, $TYPE_FORM,
                              Purpose => 'prefetch' ],
    [ 'origin',          403, POST => '/buy', $FORM, $TYPE_FORM, %FOREIGN ],
    [ 'origin, in chunks', 403, POST => '/buy', $FORM, $TYPE_FORM, %FOREIGN,
                              -chunked => 1 ],
    [ 'access',          403, POST => '/members/buy', $FORM, $TYPE_FORM ],
    [ 'type',            415, POST => '/buy', $JSON, 'text/plain' ],
    [ 'large type',      415, POST => '/buy', json_of(200_000), 'text/plain' ],
    [ 'invalid',         400, POST => '/buy', 'buyerEmail=no', $TYPE_FORM ],
    [ 'too large',       413, POST => '/buy', json_of(65537), $TYPE_JSON ],
    [ 'much too large',  413, POST => '/buy', json_of(900_000), $TYPE_JSON ],
    [ 'too large, in chunks',
                         413, POST => '/buy', json_of(65537), $TYPE_JSON,
                              -chunked => [ unpack '(a5000)*',
                                            json_of(65537) ] ],
    [ 'API 400',         400, POST => '/buy', $FORM, $TYPE_FORM ],
    [ 'API 404',         404, POST => '/buy', $FORM, $TYPE_FORM ],
    [ 'API 409',         409, POST => '/buy', $FORM, $TYPE_FORM ],
    [ 'API 429',         429, POST => '/buy', $FORM, $TYPE_FORM ],
    [ 'page, origin',    403, POST => '/page/buy', $FORM, $TYPE_FORM,
                              %FOREIGN ],
    [ 'page, type',      415, POST => '/page/form', $JSON, $TYPE_JSON ],
);


$t->plan(4 * @accepts + 12 * @inputs + 3 * @links + 6 * @previews
         + 3 * @origins + 2 * @foreign + 3 * @requires + 3 * @types
         + 5 * @sizes + 3 * @hosts + 5 * @answers + 6 * @pages + 4 * @forms
         + 5 * @refused + 51)
  ->backend(1)->backend(2)->run;

$t->upstream(2)->mode('reply', body => 'from the shop', type => 'text/html');


# What the log got since the last look.  A response leaves before its line is
# written; the response to a later request comes after it.

my $read = 0;

sub logged {
    $t->get('/mark');

    my $text = substr($t->log_text('result.log'), $read);
    $read += length $text;
    chomp $text;

    return $text;
}

sub shown {
    my ($value) = @_;
    return join ' + ', map { "\"$_\"" } @$value if ref $value;
    return defined $value ? "\"$value\"" : 'none';
}


# Redirect or JSON.

for my $case (@accepts) {
    my ($accept, $json) = @$case;
    my $name = 'Accept ' . shown($accept);

    my $r = $t->clear_requests->post_form('/buy', $FORM, Accept => $accept);
    my ($req) = $t->requests;

    is($r->status, $json ? 200 : 302, "$name: status");
    is($r->location, $json ? undef : $req->checkout_url, "$name: Location");
    is($r->header('Content-Type'), $json ? 'application/json' : undef,
       "$name: type");
    is($json ? $r->json->{data}{checkoutUrl} : $r->body,
       $json ? $req->checkout_url : '', "$name: body");
}

for my $case (
    [ '/redirect', 'application/json', 302 ],
    [ '/redirect', undef,              302 ],
    [ '/reply',    'text/html',        200 ],
    [ '/reply',    undef,              200 ],
    [ '/reply',    'application/json;q=0', 200 ],
    [ '/303',      'text/html',        303 ],
    [ '/303',      'application/json', 200 ],
) {
    my ($uri, $accept, $status) = @$case;

    is($t->post_form($uri, $FORM, Accept => $accept)->status, $status,
       "$uri, Accept " . shown($accept));
}

my $r = $t->clear_requests->post_form('/reply', $FORM);
my ($req) = $t->requests;

is($r->body =~ s/"expiresAt":"[^"]*"/"expiresAt":""/r,
   '{"data":{"sessionId":"' . $req->session_id . '","checkoutUrl":"'
   . $req->checkout_url . '","expiresAt":""}}', 'JSON reply: body');
is($r->header('Content-Length'), length $r->body, 'JSON reply: length');
is($r->header('Cache-Control'), 'no-store', 'JSON reply: Cache-Control');


# Errors are JSON, whatever is accepted.

is($t->post_form('/buy', 'buyerEmail=no', Accept => 'text/html')->body,
   envelope($ABROAD, 'buyerEmail'), 'an error for a browser');
is($t->post_form('/redirect', 'buyerEmail=no')->body,
   envelope($ABROAD, 'buyerEmail'), 'an error, pancake_reply redirect');


# Inputs and methods.

for my $case (@inputs) {
    my ($in, $json, $form, $get, $allow) = @$case;
    my $uri = "/in/$in";

    for my $sub (
        [ 'JSON', $json, sub { $t->post_json($uri, $JSON) } ],
        [ 'form', $form, sub { $t->post_form($uri, $FORM) } ],
        [ 'GET', $get, sub { $t->get($uri) } ],
    ) {
        my ($name, $status, $send) = @$sub;
        $t->clear_requests;
        my $r = $send->();

        is($r->status, $status, "input $in, $name: status");
        is($r->header('Allow'), $status == 405 ? $allow : undef,
           "input $in, $name: Allow");
        is($r->body, $status == 302 ? '' : envelope($STATUS{$status}),
           "input $in, $name: body");
    }

    for my $method (qw( PUT DELETE HEAD )) {
        my $r = $t->send_request($method, $uri);
        is(join(' ', $r->status, $r->header('Allow')), "405 $allow",
           "input $in, $method: status and Allow");
    }
}


# Links.

for my $case (@links) {
    my ($uri, $status, $text, $field) = @$case;

    my $r = $t->clear_requests->get($uri);
    my @requests = $t->requests;

    is($r->status, $status, "link $uri: status");
    is($status == 302 ? $requests[0]->body : $r->body,
       $status == 302 ? $text : envelope($text, $field), "link $uri: body");
    is($r->header('Cache-Control'), 'no-store', "link $uri: Cache-Control");
}

$t->clear_requests;

$r = $t->get('/in/args?' . '&' x 65536);
is($r->status, 302, 'a query of 65536 bytes: status');

$r = $t->get('/in/args?' . '&' x 65537);
is($r->status, 413, 'a query of 65537 bytes: status');

$r = $t->post_form('/buy?currency=EUR', $FORM);
is($r->status, 302, 'a query beside a form: status');
is(($t->requests)[-1]->body, $BODY, 'a query beside a form: body');
is(($t->requests)[-1]->target, '/v1/actions/checkout/create-session',
   'a query beside a form: no query for the API');


# Previews and HEAD never make a session.

for my $preview (@previews) {
    my ($field, $value) = @$preview;

    for my $sub (
        [ 'link', sub { $t->get('/in/args', $field => $value) } ],
        [ 'form', sub { $t->post_form('/buy', $FORM, $field => $value) } ],
        [ 'JSON', sub { $t->post_json('/buy', $JSON, $field => $value) } ],
    ) {
        my ($name, $send) = @$sub;
        $t->clear_requests;
        my $r = $send->();

        is($r->status . ' ' . $r->body, '403 ' . envelope($PREVIEW),
           "$field: $value, $name: answer");
        is(scalar $t->requests, 0, "$field: $value, $name: no call");
    }
}


# Where a form comes from.

for my $case (@origins) {
    my ($fields, $status) = @$case;
    my @list = @$fields;
    my @names;

    while (my ($field, $value) = splice @list, 0, 2) {
        push @names, "$field " . shown($value);
    }

    my $name = join(', ', @names) || 'no field';
    my $r = $t->clear_requests->post_form('/buy', $FORM, @$fields);

    is($r->status, $status, "$name: status");
    is($r->body, $status == 302 ? '' : envelope($ORIGIN), "$name: body");
    is(scalar $t->requests, $status == 302 ? 1 : 0, "$name: calls");
}

for my $case (@foreign) {
    my ($name, $status, $send) = @$case;

    $t->clear_requests;
    is($send->()->status, $status, "from elsewhere, $name: status");
    is(scalar $t->requests, $status == 302 ? 1 : 0,
       "from elsewhere, $name: calls");
}


# pancake_require.

for my $case (@requires) {
    my ($uri, $fields, $status) = @$case;
    my $name = join ' ', $uri, @$fields;

    my $r = $t->clear_requests->post_form($uri, $FORM, @$fields);

    is($r->status, $status, "require, $name: status");
    is($r->body, $status == 302 ? '' : envelope($ACCESS),
       "require, $name: body");
    is(scalar $t->requests, $status == 302 ? 1 : 0, "require, $name: calls");
}

is($t->get('/members/buy')->status, 405, 'require: the method goes first');
is($t->post('/members/buy', $JSON, 'Content-Type' => 'text/plain')->status,
   403, 'require: the type comes later');


# Media types.

for my $case (@types) {
    my ($type, $body, $status, $uri) = @$case;
    my $name = 'type ' . shown($type) . ', body '
               . (defined $body ? length($body) . ' bytes' : 'none');

    $uri //= '/buy';
    my $r = $t->clear_requests->send_request('POST', $uri, $body,
                                             'Content-Type' => $type);

    is($r->status, $status, "$uri, $name: status");
    is($r->body, $status == 302 ? '' : envelope($MEDIA), "$uri, $name: body");
    is(scalar $t->requests, $status == 302 ? 1 : 0, "$uri, $name: calls");
}


# Sizes.

for my $case (@sizes) {
    my ($name, $type, $make, %o) = @$case;

    $t->clear_requests;

    is($t->post('/buy', $make->(65536), 'Content-Type' => $type, %o)->status,
       302, "65536 bytes, $name: status");
    is(($t->requests)[0]->body, $BODY, "65536 bytes, $name: body");

    $t->clear_requests;
    my $r = $t->post('/buy', $make->(65537), 'Content-Type' => $type, %o);

    is($r->status, 413, "65537 bytes, $name: status");
    is($r->body, envelope($LARGE), "65537 bytes, $name: body");
    is(scalar $t->requests, 0, "65537 bytes, $name: no call");
}


# Hosts.

for my $case (@hosts) {
    my ($uri, $url, $status) = @$case;

    my $r = $t->mode('url', url => $url)->post_form($uri, $FORM);

    is($r->status, $status, "$uri to $url: status");
    is($r->location, $status == 302 ? $url : undef, "$uri to $url: Location");
    is($r->body, $status == 302 ? '' : envelope($UNAVAILABLE),
       "$uri to $url: body");
}


# Every kind of answer.

for my $case (@answers) {
    my ($name, $mode, $send, $status, $body, $more, $log) = @$case;

    $t->mode(@$mode);
    logged();
    my $r = $send->();

    is($r->status, $status, "$name: status");
    is($r->body, $body // '', "$name: body");
    is($r->header('Content-Type'), $status < 400 ? undef : 'application/json',
       "$name: type");
    is_deeply({ map { $_ => $r->header($_) }
                grep { defined $r->header($_) }
                qw( Cache-Control Allow Retry-After ) },
              { 'Cache-Control' => 'no-store', %$more }, "$name: fields");
    is(logged(), $log, "$name: log");
}

for my $case (@pages) {
    my ($name, $mode, $send, $status, $more, $log) = @$case;

    $t->mode(@$mode);
    logged();
    my $r = $send->();

    is($r->status, $status, "page, $name: status");
    is($r->body, "the shop's own page\n", "page, $name: body");
    is($r->header('Content-Type'), 'text/html', "page, $name: type");
    is($r->complete, 1, "page, $name: whole");
    is_deeply({ map { $_ => $r->header($_) }
                grep { defined $r->header($_) }
                qw( Cache-Control Allow Retry-After ) },
              { 'Cache-Control' => 'no-store', %$more },
              "page, $name: fields");
    is(logged(), $log, "page, $name: log");
}

for my $case (@forms) {
    my ($name, $mode, $send, $status, $body, $location, $log) = @$case;

    $t->mode(@$mode)->clear_requests;
    logged();
    my $r = $send->();

    $location = ($t->requests)[0]->checkout_url if ($location // '') eq 'ours';
    $location = $t->expand($location) if defined $location;

    is($r->status, $status, "error_page, $name: status");
    is(defined $body ? $r->body : '', $body // '', "error_page, $name: body");
    is($r->location, $location, "error_page, $name: Location");
    is(logged(), $log, "error_page, $name: log");
}

$t->mode('ok');
$r = $t->post_form('/page/reply', $FORM, Accept => 'text/html');
is($r->status, 200, 'error_page, JSON reply: status');
is(join(' ', keys %{ $r->json }), 'data', 'error_page, JSON reply: body');

$r = $t->post_form('/circle', 'buyerEmail=no');
is($r->status, 400, 'an error page that is a checkout itself: status');
is($r->complete, 1, 'an error page that is a checkout itself: whole');


# An "if" or "limit_except" in the location has a configuration of its own,
# which is that of the checkout.

for my $case (
    [ '/if',       [],             302 ],
    [ '/if',       [ 'X-A' => 1 ], 302 ],
    [ '/if-own',   [],             302 ],
    [ '/if-own',   [ 'X-A' => 1 ], 302 ],
    [ '/if-403',   [],             302 ],
    [ '/if-403',   [ 'X-A' => 1 ], 403 ],
    [ '/except',   [],             302 ],
    [ '/excepted', [],             403 ],
) {
    my ($uri, $fields, $status) = @$case;
    my $name = join ' ', $uri, @$fields;

    my $r = $t->clear_requests->post_form($uri, $FORM, @$fields);

    is($r->status, $status, "blocks, $name: status");
    is(join(' ', map { $_->body } $t->requests), $status == 302 ? $BODY : '',
       "blocks, $name: body to the API");
}


# Subrequests.

for my $case (
    [ 'auth_request',        '/asked',  403, 0 ],
    [ 'auth_request, shop',  '/asks',   403, 0 ],
    [ 'mirror',              '/mirror', 200, 1 ],
) {
    my ($name, $uri, $status, $shop) = @$case;

    $t->upstream(2)->clear_requests;
    my $r = $t->clear_requests->mark->post_form($uri, $FORM);

    is($r->status, $status, "subrequest, $name: status");
    is($t->wait_for_message(qr/subrequest/)->[1],
       'pancake checkout: a checkout location cannot serve a subrequest',
       "subrequest, $name: log");
    is(scalar $t->requests, 0, "subrequest, $name: no call");
    is(scalar $t->upstream(2)->requests, $shop,
       "subrequest, $name: the shop");
}


# The next request, in the same packet; and the one after it, later.

for my $case (@refused) {
    my ($name, $status, $method, $uri, $body, $type, %h) = @$case;

    my ($api) = $name =~ /^API (\d+)/;
    $t->clear_requests->mode($api ? ([ $api ], [ 'ok' ]) : 'ok');

    my ($head, $content) = PancakeTest::HTTP->build($method, $uri, $body,
        Connection => undef, 'Content-Type' => $type, %h);
    my ($good, $text) = PancakeTest::HTTP->build('POST', '/buy', $JSON,
        Connection => undef, 'Content-Type' => $TYPE_JSON);

    my $c = $t->connect;
    $c->send("$head$content$good$text");

    my $r = $c->response(head => $method eq 'HEAD');
    my $next = $c->response;
    $c->send("$good$text");
    my $later = $c->response;
    $c->close;

    my $calls = 2 + ($api ? 1 : 0);

    is($r->status, $status, "then, $name: status");
    is($r->header('Connection'), 'keep-alive', "then, $name: Connection");
    is($next->status, 302, "then, $name: the next request");
    is($later->status, 302, "then, $name: a later request");
    is(join(' ', map { $_->body } $t->requests), join(' ', ($BODY) x $calls),
       "then, $name: the API's requests");
}
