#!/usr/bin/perl

# What newer versions of nginx can do on the way to the API: hints that come
# before the answer, HTTP/2, connections that are kept unasked.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use Test::More;

my $t = PancakeTest->new->has(qw( http_v2 nginx_1.29.0 ));

my $TWO = $t->nginx_version >= 1_029_004;
my $KEPT = $t->nginx_version >= 1_029_007;

my $VERSION_2 = $TWO ? 'proxy_http_version 2;' : '';

$t->conf(<<"EOT");
    %%CREDENTIALS%%

    early_hints 1;

    pancake_retry 2 backoff=10ms deadline=20s;
    pancake_set productId %%PRODUCT%%;
    pancake_set currency USD;

    upstream kept {
        server 127.0.0.1:%%PORT_1%%;
    }

    server {
        listen 127.0.0.1:%%PORT_0%%;

        location = /buy { pancake_checkout create-session; }
        location = /two { pancake_checkout create-session; pancake_api /h2; }
        location = /own { pancake_checkout create-session;
                          pancake_api /bare; }

        location = /plain { proxy_pass http://127.0.0.1:%%PORT_1%%/; }

        location /h2/ {
            internal;
            proxy_pass http://127.0.0.1:%%PORT_2%%/;
            proxy_set_header Host api.waffo.ai;
            $VERSION_2
        }

        # nothing is said of the connection

        location /bare/ {
            internal;
            proxy_pass http://kept/;
            proxy_set_header Host api.waffo.ai;
        }

        %%API_LOCATION%%
    }

    server {
        listen 127.0.0.1:%%PORT_2%%;
        http2 on;
        access_log %%DIR%%/two.log combined;

        location / {
            proxy_pass http://127.0.0.1:%%PORT_1%%;
            proxy_set_header Host api.waffo.ai;
        }
    }
EOT

my $FORM = 'buyerEmail=secret-buyer-59%40example.com';

$t->plan(3 + 2 * 3 * 4 + 3 + 5)->backend(1)->run;

sub keys_of { map { $_->header('X-Idempotency-Key') } @_ }


# Hints are for who asked: those of the API stay here, although the server
# passes hints on.

my $plain = $t->mode('early_hints')->post_form('/plain', $FORM);

is($plain->status, 200, 'proxy_pass: status');
is("@{ $plain->{interim} }", '103', 'proxy_pass: hints are passed on');
is(scalar $t->requests, 1, 'proxy_pass: one request');

for my $mode (qw( ok early_hints )) {
    for my $uri (qw( /buy /two /own )) {
        my $n = "$uri, $mode";
        my $r = $t->clear_requests->mode($mode)->post_form($uri, $FORM);
        my ($call, @more) = $t->requests;

        is($r->location, $call->checkout_url, "$n: Location");
        is("@{ $r->{interim} }", '', "$n: no hints");
        ok($call->signature_ok, "$n: the signature holds");
        is(scalar @more, 0, "$n: one call");
    }
}


# HTTP/2 with the API: an answer that breaks off is no answer.

my $lines = () = $t->log_text('two.log') =~ / HTTP\/2\.0" /g;
is($lines, $TWO ? 2 : 0, 'HTTP/2: is what was spoken');

my $cut = $t->clear_requests->mode('cut_length')->post_form('/two', $FORM);
my %seen = map { $_ => 1 } keys_of($t->requests);

is($cut->status . ' ' . $t->requests, '502 2', 'HTTP/2: a cut answer');
is(scalar keys %seen, 1, 'HTTP/2: asked again with the same key');


# Connections that nginx has kept unasked and the API has given up: nginx does
# not send the call again by itself, the module does.

$t->clear_requests->mode('stale_keepalive');

is($t->post_form('/own', $FORM)->status, 302, 'kept connections: one');
is($t->post_form('/own', $FORM)->status, 302, 'kept connections: another');

my @calls = $t->requests;
my @keys = keys_of(@calls);

is(join(' ', map { $_->{nth} } @calls), $KEPT ? '3 1 2 1' : '1 1',
   'kept connections: each call, and again on a new one');
is("@keys[0, -1]", "@keys[@calls / 2 - 1, @calls / 2]",
   'kept connections: again with the same key');
isnt($keys[0], $keys[-1], 'kept connections: each checkout has its own');
