# Whatever the API answers, a buyer is sent on only by a whole, uncompressed,
# successful JSON answer whose checkoutUrl is allowed and not expired.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use Test::More;

my $t = PancakeTest->new->conf(<<'EOT');
upstream pancake_api {
    server 127.0.0.1:%%PORT_1%%;
    keepalive 4;
}

server {
    listen 127.0.0.1:%%PORT_0%%;

    %%CREDENTIALS%%
    %%RETRY_OFF%%

    pancake_set productId %%PRODUCT%%;
    pancake_set currency USD;

    location = /buy { pancake_checkout create-session; }

    location = /json {
        pancake_checkout create-session;
        pancake_reply json;
    }

    location = /hosts {
        pancake_checkout create-session;
        pancake_redirect_hosts pay.example.com;
    }

    location = /insecure {
        pancake_checkout create-session;
        pancake_redirect_insecure on;
    }

    location = /page {
        pancake_checkout create-session;
        error_page 502 503 =303 /cart;
    }

    location = /cart { return 303 /cart.html; }

    location = /stale {
        pancake_checkout create-session;
        pancake_api /_keepalive;
    }

    location = /hasty {
        pancake_checkout create-session;
        pancake_api /_hasty;
    }

    location = /unbuffered {
        pancake_checkout create-session;
        pancake_api /_unbuffered;
    }

    location = /secret { internal; return 200 secret-page; }

    %%API_LOCATION%%

    location /_keepalive/ {
        internal;
        proxy_pass http://pancake_api/;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
    }

    location /_hasty/ {
        internal;
        proxy_pass http://127.0.0.1:%%PORT_1%%/;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_read_timeout 1s;
    }

    location /_unbuffered/ {
        internal;
        proxy_pass http://127.0.0.1:%%PORT_1%%/;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_buffering off;
    }
}
EOT

my $OLD_HINTS = $t->nginx_version < 1_029_000;

my $UNAVAILABLE = 'checkout is not available';
my $DOWN = 'the payment service is not available, try again later';
my $LATE = 'the payment service did not answer in time, try again later';
my $BUSY = 'too many checkouts at once, try again later';
my $TWICE = 'the same checkout is being made already, try again in a moment';

# Mode of the API and its options; the buyer's status, message and layer,
# Retry-After, the level in the error log.  302 has none of these.

my @answers = (

    # good ones

    [ [ 'ok' ],                                302 ],
    [ [ 'slow_header' ],                       302 ],
    [ [ 'slow_body' ],                         302 ],
    [ [ 'slow_chunks' ],                       302 ],
    [ [ 'chunked' ],                           302 ],
    [ [ 'empty_errors' ],                      302 ],
    [ [ 'warnings' ],                          302 ],
    [ [ 'set_cookie' ],                        302 ],
    [ [ 'x_accel_redirect' ],                  302 ],
    [ [ 'ok', close => 1 ],                    302 ],
    [ [ '201' ],                               302 ],
    [ [ 'ok', headers => [ 'Content-Encoding' => '' ] ], 302 ],

    # not whole, or not to be understood

    [ [ 'close_before_header' ],               502, $DOWN ],
    [ [ 'reset_before_header' ],               502, $DOWN ],
    [ [ 'close_in_header' ],                   502, $DOWN ],
    [ [ 'garbage_status' ],                    502, $DOWN ],
    [ [ 'raw', pieces => [] ],                 502, $DOWN ],
    [ [ 'raw', pieces => [ "\0" x 100 ] ],     502, $DOWN ],
    [ [ 'reset_in_body' ],                     502, $UNAVAILABLE ],
    [ [ 'cut_length' ],                        502, $UNAVAILABLE ],
    [ [ 'cut_chunk' ],                         502, $UNAVAILABLE ],
    [ [ 'oversize_length' ],                   502, $UNAVAILABLE ],
    [ [ 'oversize_chunk' ],                    502, $UNAVAILABLE ],
    [ [ 'oversize_close' ],                    502, $UNAVAILABLE ],
    [ [ 'oversize_length', size => 5_000_000 ], 502, $UNAVAILABLE ],
    [ [ 'oversize_chunk', size => 5_000_000 ], 502, $UNAVAILABLE ],
    [ [ 'close_delimited' ],                   502, $UNAVAILABLE ],
    [ [ 'gzip' ],                              502, $UNAVAILABLE ],
    [ [ 'ok', headers => [ 'Content-Encoding' => 'br' ] ],
                                               502, $UNAVAILABLE ],
    [ [ 'wrong_type' ],                        502, $UNAVAILABLE ],
    [ [ 'no_type' ],                           502, $UNAVAILABLE ],
    [ [ 'not_json' ],                          502, $UNAVAILABLE ],
    [ [ 'bad_json' ],                          502, $UNAVAILABLE ],
    [ [ 'trailing_json' ],                     502, $UNAVAILABLE ],
    [ [ 'array_root' ],                        502, $UNAVAILABLE ],
    [ [ 'duplicate_keys' ],                    502, $UNAVAILABLE ],
    [ [ 'empty_200' ],                         502, $UNAVAILABLE ],
    [ [ 'null_data' ],                         502, $UNAVAILABLE ],
    [ [ 'empty_data' ],                        502, $UNAVAILABLE ],
    [ [ 'errors_with_200' ],                   502, $UNAVAILABLE ],
    [ [ 'reply', body => 'null' ],             502, $UNAVAILABLE ],
    [ [ 'reply', body => '{"data":[]}' ],      502, $UNAVAILABLE ],
    [ [ 'reply', body => '{"data":{},"errors":"x"}' ], 502, $UNAVAILABLE ],
    [ [ 'reply', body => '{"data":"' . "\xff" . '"}' ], 502, $UNAVAILABLE ],
    [ [ 'reply', body => '[' x 60_000 ],       502, $UNAVAILABLE ],

    # other statuses

    [ [ '204' ],                               502, $UNAVAILABLE ],
    [ [ '301' ],                               502, $UNAVAILABLE ],
    [ [ '302' ],                               502, $UNAVAILABLE ],
    [ [ '307' ],                               502, $UNAVAILABLE ],
    [ [ '401' ],                               502, $UNAVAILABLE ],
    [ [ '402' ],                               502, $UNAVAILABLE ],
    [ [ '403' ],                               502, $UNAVAILABLE ],
    [ [ '410' ],                               502, $UNAVAILABLE ],
    [ [ '422' ],                               502, $UNAVAILABLE ],
    [ [ '500' ],                               502, $DOWN ],
    [ [ '501' ],                               502, $DOWN ],
    [ [ '502' ],                               502, $DOWN ],
    [ [ '503' ],                               503, $DOWN, 'edge', 5 ],
    [ [ '503', retry_after => 30 ],            503, $DOWN, 'edge', 30 ],
    [ [ '504' ],                               504, $LATE ],
    [ [ '599' ],                               502, $DOWN ],

    [ [ '400' ], 400, 'Missing required fields', 'checkout' ],
    [ [ '404' ], 404, 'Session not found', 'checkout' ],
    [ [ '400', message => "a\tb\nc", layer => 'Gate Way!' ],
                 400, 'a b c', 'api' ],
    [ [ '400', message => 'm' x 300 ],
                 400, 'm' x 200, 'checkout' ],
    [ [ '400', body => '<html>' ], 400,
      'the payment service does not accept this request', 'edge', undef,
      'error' ],
    [ [ '404', body => '' ], 404,
      'the payment service does not know what was asked for', 'edge', undef,
      'error' ],

    [ [ '409' ],                               409, $TWICE, 'edge', 1,
                                               'info' ],
    [ [ '429' ],                               429, $BUSY, 'edge', 5, 'warn' ],
    [ [ '429', retry_after => 7 ],             429, $BUSY, 'edge', 7, 'warn' ],
    [ [ '429', retry_after => 3600 ],          429, $BUSY, 'edge', 3600,
                                               'warn' ],
    [ [ '429', retry_after => 0 ],             429, $BUSY, 'edge', 5, 'warn' ],
    [ [ '429', retry_after => -1 ],            429, $BUSY, 'edge', 5, 'warn' ],
    [ [ '429', retry_after => 99999999 ],      429, $BUSY, 'edge', 5, 'warn' ],
    [ [ '429', retry_after => '9' x 40 ],      429, $BUSY, 'edge', 5, 'warn' ],
    [ [ '429', retry_after => 'soon' ],        429, $BUSY, 'edge', 5, 'warn' ],
    [ [ '429', retry_after => '' ],            429, $BUSY, 'edge', 5, 'warn' ],
    [ [ '429', retry_after => 'Fri, 31 Dec 2099 23:59:59 GMT' ],
                                               429, $BUSY, 'edge', 5, 'warn' ],
);

# Retry-After: what the API says, and what the buyer is told, with both kinds
# of answer that have it.

for my $case (
    [ 1, 1 ], [ 2, 2 ], [ 3599, 3599 ], [ 3600, 3600 ], [ '007', 7 ],
    [ ' 5', 5 ], [ '6 ', 6 ],
    [ 3601, 5 ], [ 7200, 5 ], [ 0, 5 ], [ '000', 5 ], [ -1, 5 ], [ '-7', 5 ],
    [ '+7', 5 ], [ '1.5', 5 ], [ '7.0', 5 ], [ '7s', 5 ], [ '7 s', 5 ],
    [ '0x7', 5 ], [ '1e1', 5 ], [ '7, 8', 5 ], [ '7;a', 5 ], [ '"7"', 5 ],
    [ "\t7", 5 ], [ "\xe0\xa5\xad", 5 ], [ 'soon; or later', 5 ],
    [ 'Wed, 21 Oct 2026 07:28:00 GMT', 5 ], [ '4294967303', 5 ],
    [ '18446744073709551623', 5 ], [ '9' x 300, 5 ], [ '', 5 ],

    # of two lines the first counts

    [ [ 7, 8 ], 7 ], [ [ 7, 7 ], 7 ], [ [ 'soon', 8 ], 5 ], [ [ '', 8 ], 5 ],
) {
    my ($said, $told) = @$case;
    my @lines = map { ('Retry-After' => $_) } ref $said ? @$said : $said;

    push @answers,
         [ [ '429', headers => \@lines ], 429, $BUSY, 'edge', $told, 'warn' ],
         [ [ '503', headers => \@lines ], 503, $DOWN, 'edge', $told ];
}

# no other answer hands it on

for my $case ([ 200, 302 ], [ 400, 400, 'Missing required fields',
                              'checkout' ],
              [ 401, 502, $UNAVAILABLE ], [ 409, 409, $TWICE, 'edge', 1,
                                            'info' ],
              [ 500, 502, $DOWN ], [ 501, 502, $DOWN ], [ 504, 504, $LATE ])
{
    my ($api, @rest) = @$case;
    push @answers, [ [ $api, retry_after => 7 ], @rest ];
}

# checkoutUrl: a name, the status, the URL (a reference: other JSON), and
# where to post if not to /buy.

my $GOOD = 'https://checkout.waffo.ai/my-store/checkout/cs_1';
my $LONG = 'https://checkout.waffo.ai/';

my @urls = (
    [ 'the usual one',          302, $GOOD ],
    [ 'the other host',         302, 'https://pancake.waffo.ai/store/a/1' ],
    [ 'a query',                302, "$GOOD?test=true&a=%20" ],
    [ 'no path',                302, 'https://checkout.waffo.ai' ],
    [ '2048 bytes',             302, $LONG . 'x' x (2048 - length $LONG) ],
    [ '2049 bytes',             502, $LONG . 'x' x (2049 - length $LONG) ],
    [ '3000 bytes',             502, $LONG . 'x' x (3000 - length $LONG) ],
    [ 'none',                   502 ],
    [ 'empty',                  502, '' ],
    [ 'null',                   502, \'null' ],
    [ 'a number',               502, \'1' ],
    [ 'true',                   502, \'true' ],
    [ 'an array',               502, \qq(["$GOOD"]) ],
    [ 'an object',              502, \qq({"url":"$GOOD"}) ],
    [ 'another host',           502, 'https://evil.example/checkout' ],
    [ 'a host behind',
                      502, 'https://checkout.waffo.ai.evil.example/' ],
    [ 'a host before',          502, 'https://evilcheckout.waffo.ai/' ],
    [ 'a subdomain',            502, 'https://a.checkout.waffo.ai/' ],
    [ 'the parent domain',      502, 'https://waffo.ai/' ],
    [ 'the host in the path',   502, "https://evil.example/$GOOD" ],
    [ 'the host in the query',  502, "https://evil.example?$GOOD" ],
    [ 'capitals in the host',   502, 'https://CHECKOUT.waffo.ai/a' ],
    [ 'a dot behind the host',  502, 'https://checkout.waffo.ai./a' ],
    [ 'an escape in the host',  502, 'https://checkout%2ewaffo.ai/a' ],
    [ 'http',                   502, 'http://checkout.waffo.ai/a' ],
    [ 'ftp',                    502, 'ftp://checkout.waffo.ai/a' ],
    [ 'no scheme',              502, '//checkout.waffo.ai/a' ],
    [ 'a path',                 502, '/a' ],
    [ 'a word',                 502, 'a' ],
    [ 'scheme only',            502, 'https://' ],
    [ 'no slashes',             502, 'https:checkout.waffo.ai/a' ],
    [ 'one slash',              502, 'https:/checkout.waffo.ai/a' ],
    [ 'three slashes',          502, 'https:///checkout.waffo.ai/a' ],
    [ 'javascript',             502, 'javascript:alert(1)' ],
    [ 'javascript and a host',
                      502, 'javascript://checkout.waffo.ai/%0aalert(1)' ],
    [ 'data',                   502, 'data:text/html,a' ],
    [ 'user',                   502, 'https://a@checkout.waffo.ai/a' ],
    [ 'user and password',      502, 'https://a:b@checkout.waffo.ai/a' ],
    [ 'the host as user',
                      502, 'https://checkout.waffo.ai@evil.example/' ],
    [ 'empty user',             502, 'https://@checkout.waffo.ai/' ],
    [ 'the usual port',         502, 'https://checkout.waffo.ai:443/a' ],
    [ 'another port',           502, 'https://checkout.waffo.ai:8443/a' ],
    [ 'an empty port',          502, 'https://checkout.waffo.ai:/a' ],
    [ 'a fragment',             502, "$GOOD#a" ],
    [ 'an empty fragment',      502, "$GOOD#" ],
    [ 'CR LF and a header',     502, "$GOOD\r\nSet-Cookie: a=b" ],
    [ 'CR',                     502, "$GOOD\rA: b" ],
    [ 'LF',                     502, "$GOOD\nA: b" ],
    [ 'LF in front',            502, "\n$GOOD" ],
    [ 'LF in the host',         502, "https://checkout.waffo.ai\n/a" ],
    [ 'NUL',                    502, "$GOOD\0" ],
    [ 'NUL in the host',
                      502, "https://checkout.waffo.ai\0.evil.example/" ],
    [ 'a tab',                  502, "$GOOD\ta" ],
    [ 'DEL',                    502, "$GOOD\x7f" ],
    [ 'a space',                502, "$GOOD a" ],
    [ 'a space in front',       502, " $GOOD" ],
    [ 'a quote',                502, $GOOD . '"a' ],
    [ 'an apostrophe in the host', 502, "https://checkout.waffo.ai'/a" ],
    [ 'an angle bracket',       502, "$GOOD<a" ],
    [ 'a backslash',            502, 'https://checkout.waffo.ai\\a' ],
    [ 'a backslash and a host',
                      502, 'https://evil.example\\@checkout.waffo.ai/' ],
    [ 'two backslashes',        502, 'https:\\\\checkout.waffo.ai/a' ],
    [ 'a Cyrillic letter',      502, "https://\xd1\x81heckout.waffo.ai/a" ],
    [ 'a full-width dot',
                      502, "https://checkout\xef\xbc\x8ewaffo.ai/a" ],
    [ 'UTF-8 in the path',      502, "$GOOD/caf\xc3\xa9" ],
    [ 'not UTF-8',              502, "$GOOD/\xe9" ],
    [ 'IPv4',                   502, 'https://192.0.2.1/a' ],
    [ 'IPv6',                   502, 'https://[2001:db8::1]/a' ],
    [ 'loopback',               502, 'https://127.0.0.1/a' ],
    [ 'an escaped letter',
                      302, \qq("https:\\/\\/\\u0063heckout.waffo.ai\\/a"),
                                     '/buy', 'https://checkout.waffo.ai/a' ],
    [ 'an escaped LF',          502, \qq("$GOOD\\u000aA: b") ],

    [ 'an own host',            302, 'https://pay.example.com/a', '/hosts' ],
    [ 'own hosts replace',      502, $GOOD, '/hosts' ],
    [ 'insecure, still good',   302, $GOOD, '/insecure' ],
    [ 'insecure, loopback',     302, 'http://127.0.0.1:8080/a', '/insecure' ],
    [ 'insecure, localhost',    302, 'http://localhost/a', '/insecure' ],
    [ 'insecure, elsewhere',    502, 'http://checkout.waffo.ai/a',
                                     '/insecure' ],
    [ 'insecure, almost',       502, 'http://127.0.0.1.evil.example/a',
                                     '/insecure' ],
    [ 'insecure, user',         502, 'http://localhost@evil.example/a',
                                     '/insecure' ],
);

# expiresAt: a name, the status, the text (a reference: other JSON).

my @expires = (
    [ 'absent',                 302 ],
    [ 'null',                   302, \'null' ],
    [ 'far away',               302, '2999-12-31T23:59:59.999Z' ],
    [ 'no fraction',            302, '2999-12-31T23:59:59Z' ],
    [ 'an offset east',         302, '2999-12-31T23:59:59+14:00' ],
    [ 'an offset west',         302, '2999-12-31T23:59:59.5-12:00' ],
    [ 'an hour away by offset', 302, time_text(3600 + 8 * 3600) . '+08:00' ],
    [ 'an hour ago by offset',  502, time_text(-3600 - 8 * 3600) . '-08:00' ],
    [ 'past only by offset',    502, time_text(3600) . '+08:00' ],
    [ 'future only by offset',  302, time_text(-3600) . '-08:00' ],
    [ 'an hour ago',            502, time_text(-3600) . 'Z' ],
    [ 'a minute ago',           502, time_text(-60) . '.000Z' ],
    [ 'the epoch',              502, '1970-01-01T00:00:00Z' ],
    [ 'empty',                  502, '' ],
    [ 'a number',               502, \'4102444800' ],
    [ 'a number as text',       502, '4102444800' ],
    [ 'true',                   502, \'true' ],
    [ 'an object',              502, \'{}' ],
    [ 'a word',                 502, 'tomorrow' ],
    [ 'no zone',                502, '2999-12-31T23:59:59' ],
    [ 'a date only',            502, '2999-12-31' ],
    [ 'a space for T',          502, '2999-12-31 23:59:59Z' ],
    [ 'month 13',               502, '2999-13-01T00:00:00Z' ],
    [ 'hour 24',                502, '2999-12-31T24:00:00Z' ],
    [ 'text behind',            502, '2999-12-31T23:59:59Zx' ],
    [ 'an HTTP date',           502, 'Tue, 31 Dec 2999 23:59:59 GMT' ],
    [ 'a sign',                 502, '+2999-12-31T23:59:59Z' ],
    [ 'no digits in fraction',  502, '2999-12-31T23:59:59.Z' ],
);

sub time_text {
    my ($seconds) = @_;
    my @t = gmtime(time + $seconds);
    return sprintf('%04d-%02d-%02dT%02d:%02d:%02d', $t[5] + 1900, $t[4] + 1,
                   @t[3, 2, 1, 0]);
}

$t->plan(9 * @answers + 4 * @urls + 4 * @expires + 35)->backend(1)->run;


my $FORM = 'buyerEmail=secret-buyer-22%40example.com';

sub name_of {
    my ($mode, @o) = @{ $_[0] };
    my $text = join ' ', map { ref ? "(@$_)" : $_ } @o;
    $text =~ s/[^\x20-\x7e]/./g;
    $text = substr($text, 0, 60) . '...' if length $text > 60;
    return length $text ? "$mode, $text" : $mode;
}


for my $case (@answers) {
    my ($mode, $status, $message, $layer, $retry, $level) = @$case;
    my $name = name_of($mode);
    my $good = $status == 302;

    my $r = $t->clear_requests->mode(@$mode)->mark->post_form('/buy', $FORM);
    my @requests = $t->requests;
    my @log = $t->messages(qr/^pancake checkout: /);

    is($r->status, $status, "$name: status");
    is($r->location, $good ? $requests[0]->checkout_url : undef,
       "$name: Location");
    is($r->body, $good ? '' : '{"data":null,"errors":[{"message":"'
       . $message . '","layer":"' . ($layer // 'edge') . '"}]}',
       "$name: body");
    is($r->header('Content-Type'), $good ? undef : 'application/json',
       "$name: type");
    is($r->header('Cache-Control'), 'no-store', "$name: Cache-Control");
    is($r->header('Retry-After'), $retry, "$name: Retry-After");
    is($r->header('Set-Cookie'), undef, "$name: no cookie");
    is(scalar @requests, 1, "$name: one call");
    is(join(' ', map { $_->[0] } @log), $good ? '' : $level // 'error',
       "$name: level in the log");
}


# Both kinds of reply obey the same rules.

for my $list ([ 'checkoutUrl', 'url', \@urls ],
              [ 'expiresAt', 'expires', \@expires ])
{
    my ($field, $mode, $cases) = @$list;

    for my $case (@$cases) {
        my ($name, $status, $value, $uri, $want) = @$case;
        my $given = @$case > 2;
        my $good = $status == 302;

        $t->clear_requests->mode($mode, $given ? ($mode => $value) : ());

        my $r = $t->post_form($uri // '/buy', $FORM);
        my ($req) = $t->requests;

        $want //= $mode eq 'url' ? $value : $req->checkout_url;

        is($r->status, $status, "$field, $name: status");
        is($r->location, $good ? $want : undef, "$field, $name: Location");
        is($good ? '' : $r->body, $good ? '' :
           qq({"data":null,"errors":[{"message":"$UNAVAILABLE",)
           . '"layer":"edge"}]}',
           "$field, $name: body");

        $r = $t->post_form($uri && $uri ne '/buy' ? $uri : '/json', $FORM);
        is($r->status, $uri && $uri ne '/buy' ? $status : $good ? 200 : 502,
           "$field, $name: JSON reply");
    }
}


# The error log tells the merchant what to do, and nothing else.

for my $case (
    [ [ '401', message => 'secret-text' ], 'pancake checkout: 502,'
      . ' checkout is not available: the API answered 401: check the merchant'
      . ' id, that its key is this one, and this machine\'s clock' ],
    [ [ 'cut_length' ], 'pancake checkout: 502, checkout is not '
      . 'available: the API\'s answer was cut off' ],
    [ [ 'url', url => 'https://evil.example/secret-path' ], 'pancake checkout:'
      . ' 502, checkout is not available: the API\'s answer has a'
      . ' "checkoutUrl" to "evil.example", which is not one of'
      . ' "pancake_redirect_hosts"' ],
) {
    my ($mode, $text) = @$case;

    $t->secret('secret-text', 'secret-path');
    $t->mode(@$mode)->mark->post_form('/buy', $FORM);
    my @log = $t->messages(qr/^pancake checkout: /);

    is(join("\n", map { "$_->[0] $_->[1]" } @log), "error $text",
       name_of($mode) . ': message in the log');
}


# An error page takes the place of the body, and of the redirect.

for my $case ([ '503', 303 ], [ 'cut_length', 303 ], [ 'ok', 302 ],
              [ '404', 404 ])
{
    my ($mode, $status) = @$case;

    my $r = $t->clear_requests->mode($mode)->post_form('/page', $FORM);
    is($r->status, $status, "error page, $mode: status");
    is($r->location, $status == 302 ? ($t->requests)[0]->checkout_url
                     : $status == 303 ? 'http://localhost:' . $t->port(0)
                                        . '/cart.html' : undef,
       "error page, $mode: Location");
}


# Nothing there, nothing coming, nothing more coming.

for my $case (
    [ 'hang_header', 504, $LATE ],
    [ 'hang_body',   502, $UNAVAILABLE ],
) {
    my ($mode, $status, $message) = @$case;

    my $r = $t->mode($mode)->post_form('/hasty', $FORM);
    is($r->status, $status, "$mode: status");
    is($r->location, undef, "$mode: no redirect");
    is($r->json->{errors}[0]{message}, $message, "$mode: message");
}

my $early = $t->clear_requests->mode('early_hints', close => 1)
              ->post_form('/buy', $FORM);
is($early->status, $OLD_HINTS ? 502 : 302, 'early hints: status');
is($early->location, $OLD_HINTS ? undef : ($t->requests)[0]->checkout_url,
   'early hints: Location');


# A keepalive connection that the API has given up: what was sent is not sent
# again by nginx.

$t->clear_requests->mode('stale_keepalive');
is($t->post_form('/stale', $FORM)->status, 302, 'keepalive: fresh');
is($t->post_form('/stale', $FORM)->status, 502, 'keepalive: stale');
is(join(' ', map { $_->{nth} } $t->requests), '1 2', 'keepalive: two calls');
is($t->post_form('/stale', $FORM)->status, 302, 'keepalive: fresh again');


# A location that does not buffer what the API answers.

for my $case ([ 'ok', 302 ], [ 'chunked', 302 ], [ 'slow_body', 302 ],
              [ 'cut_length', 502 ], [ 'cut_chunk', 502 ],
              [ 'close_delimited', 502 ], [ 'oversize_length', 502 ],
              [ 'oversize_chunk', 502 ])
{
    my ($mode, $status) = @$case;
    my $r = $t->mode($mode)->post_form('/unbuffered', $FORM);
    is($r->status, $status, "unbuffered, $mode: status");
}


# The good answer comes through after all of them, and so does a refusal.

is($t->mode('ok')->post_form('/buy', $FORM)->status, 302, 'still good');

my $down = $t->backend_stop(1)->post_form('/buy', $FORM);
is($down->status, 502, 'refused connection: status');
is($down->location, undef, 'refused connection: no redirect');
is($down->json->{errors}[0]{message}, $DOWN, 'refused connection: message');
