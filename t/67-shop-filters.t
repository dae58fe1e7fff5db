# What passes on to the buyer goes through nginx's own filters on its way, some
# of which look at the request and some at the subrequest.  And what else a
# review of this has found.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use Compress::Zlib ();
use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use Test::More;

my $ORD = 'ORD_0123456789ABCDEFabcdef';

my $t = PancakeTest->new->has(qw( http_gunzip ))->conf(<<'EOT');
%%CREDENTIALS%%
pancake_bearer $http_x_token test;

map $pancake_quote_plan $product { default ""; pro %%PRODUCT%%; }

sendfile on;

server {
    listen 127.0.0.1:%%PORT_2%%;

    location = /page {
        default_type text/html;
        add_header ETag '"a"';
        add_header Last-Modified "Sat, 21 Nov 2026 10:00:00 GMT";
        return 200 "<p>sold out</p>";
    }

    location = /packed {
        alias %%DIR%%/packed.gz;
        error_page 405 =200 /packed-page;
    }

    location = /packed-page {
        internal;
        default_type text/html;
        add_header Content-Encoding gzip;
        alias %%DIR%%/packed.gz;
    }

    location = /plan {
        default_type application/json;
        return 200 '{"plan":"pro","currency":"USD"}';
    }

    location = /many {
        default_type application/json;
        alias %%DIR%%/many.json;
        error_page 405 =200 /many-page;
    }

    location = /many-page {
        internal;
        default_type application/json;
        alias %%DIR%%/many.json;
    }
}

server {
    listen 127.0.0.1:%%PORT_0%%;

    # the bearer of the outermost level

    location = /cancel {
        pancake_checkout cancel-order;
        pancake_require on;
        pancake_accept orderId;
    }

    %%API_LOCATION%%
}

server {
    listen 127.0.0.1:%%PORT_3%%;

    %%CREDENTIALS%%
    %%RETRY_OFF%%
    pancake_unknown_fields drop;

    location = /file {
        pancake_checkout create-session;
        pancake_quote /_file;
        gzip on;
        gzip_min_length 1;
    }

    location = /_file { internal; return 404; error_page 404 /_sorry.html; }
    location = /_sorry.html { internal; root %%DIR%%; }

    location = /page {
        pancake_checkout create-session;
        pancake_quote /_page;
        gzip on;
        gzip_min_length 1;
    }

    # a shop that does not look at conditions

    location = /_page {
        internal;
        proxy_set_header If-Match "";
        proxy_set_header If-None-Match "";
        proxy_set_header If-Modified-Since "";
        proxy_set_header If-Unmodified-Since "";
        proxy_pass http://127.0.0.1:%%PORT_2%%/page;
    }

    location = /packed {
        pancake_checkout create-session;
        pancake_quote /_packed;
        gunzip on;
    }

    location = /_packed { internal;
                          proxy_pass http://127.0.0.1:%%PORT_2%%/packed; }

    location = /map {
        pancake_checkout create-session;
        pancake_quote /_plan;
        pancake_set productId $product;
    }

    location = /_plan { internal;
                        proxy_pass http://127.0.0.1:%%PORT_2%%/plan; }

    location = /many {
        pancake_checkout create-session;
        pancake_quote /_many;
    }

    location = /_many { internal;
                        proxy_pass http://127.0.0.1:%%PORT_2%%/many; }

    %%API_LOCATION%%
}
EOT

my $sorry = 'sorry ' x 200;
my $packed = Compress::Zlib::memGzip('<p>packed</p>');

$t->write_file('_sorry.html', $sorry);
$t->write_file('packed.gz', $packed);
$t->write_file('many.json', '{"productId":"' . $t->product
               . '","currency":"USD","metadata":{'
               . join(',', map { qq("m$_":"$_") } 1 .. 80) . '}}');

$t->backend(1)->run->plan(24);

sub ask { $t->post_form("/$_[0]", 'a=b', -port => 3, @_[1 .. $#_]) }


# gzip compresses what a file of the subrequest holds

my $r = ask('file', 'Accept-Encoding' => 'gzip');
is($r->status, 404, 'a page from a file: status');
is($r->header('Content-Encoding'), 'gzip', 'a page from a file: gzip');
is(Compress::Zlib::memGunzip($r->body), $sorry, 'a page from a file: body');

is(ask('file')->body, $sorry, 'a page from a file, not compressed');

$r = ask('page', 'Accept-Encoding' => 'gzip');
is(Compress::Zlib::memGunzip($r->body), '<p>sold out</p>', 'a page: gzip');


# The shop has acted: conditions of the buyer's come too late.

for my $condition ([ 'If-Match' => '"zz"' ], [ 'If-None-Match' => '"a"' ],
                   [ 'If-None-Match' => '*' ],
                   [ 'If-Unmodified-Since' =>
                     'Sat, 21 Nov 2020 10:00:00 GMT' ],
                   [ 'If-Modified-Since' =>
                     'Sat, 21 Nov 2026 10:00:00 GMT' ])
{
    $r = ask('page', @$condition);
    is($r->status . ' ' . $r->body, '200 <p>sold out</p>', "@$condition");
}


# Of a compressed page of the shop nobody unpacks half.

$r = ask('packed');
is($r->status, 200, 'a compressed page: status');
is($r->header('Content-Encoding'), 'gzip', 'a compressed page: still is');
is($r->body, $packed, 'a compressed page: byte for byte');


# What a map makes of the quote is made once the quote is there.

$t->clear_requests;
is(ask('map')->status, 302, 'a map');
is(($t->requests)[0]{body}, '{"productId":"' . $t->product
   . '","currency":"USD"}', 'a map: the body');


# Too many keys are the shop's fault.

$r = ask('many');
is($r->status, 502, 'many keys: status');
is($r->json->{errors}[0]{field}, 'metadata', 'many keys: field');


# Without a token the merchant's key must not step in.

$t->clear_requests;
$r = $t->post_json('/cancel', qq({"orderId":"$ORD"}));
is($r->status, 401, 'no token: status');
is($r->header('WWW-Authenticate'), 'Bearer', 'no token: how');
is($r->header('Cache-Control'), 'no-store', 'no token: not stored');
is(scalar($t->requests), 0, 'no token: no call');

$t->post_json('/cancel', qq({"orderId":"$ORD"}), 'X-Token' => 'secret-67');

my ($call) = $t->requests;
is($call->header('Authorization'), 'Bearer secret-67', 'a token: sent');
is($call->header('X-Environment'), 'test', 'a token: its environment');
is($call->header('X-Signature'), undef, 'a token: nothing of the merchant');
