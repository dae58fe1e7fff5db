# What tells buyers apart when pancake_idempotency_key joins variables: one
# that is empty makes the whole no scope, and what all buyers have in common
# is refused.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use Test::More;

my $HEAD = <<'EOT';
    %%CREDENTIALS%%
    %%RETRY_OFF%%
    pancake_set productId %%PRODUCT%%;
    pancake_set currency USD;
    pancake_idempotency_window 30m;
EOT

my $t = PancakeTest->new->conf("$HEAD\n" . <<'EOT');
    server {
        listen 127.0.0.1:%%PORT_0%%;

        location = /host   { pancake_checkout create-session;
                             pancake_idempotency_key "$host-$cookie_sid"; }
        location = /braces { pancake_checkout create-session;
                             pancake_idempotency_key "${host}${cookie_sid}"; }
        location = /two    { pancake_checkout create-session;
                             pancake_idempotency_key
                                 "$cookie_sid:$cookie_cart"; }
        location ~ ^/shop/(\w*)/(?<name>\w*)$ {
                             pancake_checkout create-session;
                             pancake_idempotency_key $1$cookie_sid$name; }

        %%API_LOCATION%%
    }
EOT

my @refused = map { "$_$_" } qw(
    $remote_addr ${remote_addr} $host $http_x_forwarded_for $uri
    $proxy_protocol_addr $time_iso8601 );
push @refused, 'a$remote_addr', '$remote_addr$http_user_agent',
               '${host}-${uri}';

$t->plan(11 + @refused)->backend(1)->run;


# The keys of requests with these cookies.

sub keys_of {
    my ($uri, @cookies) = @_;

    $t->clear_requests;

    for my $cookie (@cookies) {
        $t->post_json($uri, '{}', Cookie => $cookie);
    }

    return map { $_->header('X-Idempotency-Key') } $t->requests;
}


for my $uri (qw( /host /braces )) {
    my @k = keys_of($uri, undef, undef, 'sid=a', 'sid=a', 'sid=b', 'sid=');

    isnt($k[0], $k[1], "$uri: no cookie, two sessions");
    is($k[2], $k[3], "$uri: one cookie, one session");
    isnt($k[2], $k[4], "$uri: another cookie, another session");
}

{
    my @k = keys_of('/two', 'sid=a', 'sid=a', 'sid=a; cart=1',
                    'sid=a; cart=1');

    isnt($k[0], $k[1], 'one of two cookies is no scope');
    is($k[2], $k[3], 'two of two are one');
}

{
    my @k = (keys_of('/shop/x/y', 'sid=a', 'sid=a'),
             keys_of('/shop/x/', 'sid=a', 'sid=a'),
             keys_of('/shop/z/y', 'sid=a'));

    is($k[0], $k[1], 'captures: a scope');
    isnt($k[2], $k[3], 'captures: an empty one with a name is none');
    isnt($k[0], $k[4], 'captures: another number');
}


for my $value (@refused) {
    $t->must_fail_config("$HEAD\n" . <<"EOT",
    server {
        listen 127.0.0.1:%%PORT_0%%;
        location = /buy {
            pancake_checkout create-session;
            pancake_idempotency_key "$value"; # HERE
        }
        %%API_LOCATION%%
    }
EOT
        qq("$value" in "pancake_idempotency_key" directive does not tell )
        . 'buyers behind one address or with one browser apart, use a '
        . 'variable such as $cookie_NAME in %%HERE%%');
}
