# Thousands of requests of all kinds leave a worker as large as it was, and no
# file; the same with bodies in files, and with memory that is never zero.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use Test::More;

use constant ROUNDS => 100;         # of 20 requests
use constant SLACK => 40;           # kB in the second half

my $CONF = <<'EOT';
    %%CREDENTIALS%%

    # full from the beginning
    pancake_signature_cache 4;
    %%RETRY_OFF%%

    pancake_set productId %%PRODUCT%%;
    pancake_set currency USD;

    log_format kind '$status $pancake_result $pancake_error_field '
                    '$pancake_session_id $pancake_idempotency_key';

    server {
        listen 127.0.0.1:%%PORT_0%%;
        access_log %%DIR%%/kinds.log kind;
        keepalive_requests 100000;
        %%BUFFER%%

        location = /buy     { pancake_checkout create-session; }
        location = /json    { pancake_checkout create-session;
                              pancake_reply json; }
        location = /chain   { pancake_checkout create-session create-order; }
        location = /cut     { pancake_checkout create-session;
                              pancake_api /_cut; }
        location = /large   { pancake_checkout create-session;
                              pancake_api /_large; }
        location = /refused { pancake_checkout create-session;
                              pancake_api /_refused; }
        location = /lost    { pancake_checkout create-session;
                              pancake_api /_nowhere; }
        location = /page    { pancake_checkout create-session;
                              pancake_api /_refused; error_page 502 = /buy;
                              error_page 400 = @sorry; }
        location @sorry     { return 302 /cart; }

        location /_cut/     { internal;
                              proxy_pass http://127.0.0.1:%%PORT_2%%/; }
        location /_large/   { internal;
                              proxy_pass http://127.0.0.1:%%PORT_3%%/; }
        location /_refused/ { internal;
                              proxy_pass http://127.0.0.1:%%PORT_9%%/; }

        %%API_LOCATION%%
    }
EOT

my $JSON = '{"buyerEmail":"secret-buyer-61@example.com","darkMode":false}';
my $FORM = 'buyerEmail=secret-buyer-61%40example.com&darkMode=false';
my $BOTH = '{"billingDetail":{"country":"US","isBusiness":false,'
           . '"postcode":"94105","state":"CA"}}';

# One round: place, body, more header fields, status; 0: the buyer leaves.

my @round = (
    [ '/buy',     $JSON, {}, 302 ],
    [ '/buy',     $FORM, {}, 302 ],
    [ '/buy',     "$JSON " . ' ' x 20_000, {}, 302 ],
    [ '/json',    $JSON, {}, 200 ],
    [ '/json',    $FORM, { Accept => 'application/json' }, 200 ],
    [ '/buy',     '{"buyerEmail":', {}, 400 ],
    [ '/buy',     '{"priceSnapshot":{"amount":"1.00"},"a":1,"b":[{}]}', {},
                  400 ],
    [ '/buy',     'a=1&b[c]=2&%zz', {}, 400 ],
    [ '/buy',     $FORM, { Origin => 'http://elsewhere.example' }, 403 ],
    [ '/buy',     $JSON, { 'Sec-Purpose' => 'prefetch' }, 403 ],
    [ '/buy',     $JSON, { 'Content-Type' => 'text/plain' }, 415 ],
    [ '/buy',     $JSON . ' ' x 70_000, {}, 413 ],
    [ '/cut',     $JSON, {}, 502 ],
    [ '/large',   $JSON, {}, 502 ],
    [ '/refused', $JSON, {}, 502 ],
    [ '/lost',    $JSON, {}, 500 ],
    [ '/chain',   $BOTH, {}, 302 ],
    [ '/page',    $JSON, {}, 405 ],
    [ '/chain',   $BOTH, {}, 0 ],
    [ '/buy',     $JSON, {}, 0 ],
);

my @kinds = (
    [ 'bodies in memory', '', {} ],
    [ 'bodies in files', 'client_body_buffer_size 16;', {} ],
    [ 'memory that is never zero', '', { MALLOC_PERTURB_ => 165 } ],
);

my @tests = map { PancakeTest->new } @kinds;

$tests[0]->plan(6 * @kinds);


for my $kind (@kinds) {
    my ($name, $buffer, $env) = @$kind;
    my $t = shift @tests;

    (my $conf = $CONF) =~ s/%%BUFFER%%/$buffer/;

    $t->env(%$env)->conf($conf)->backend(1)->backend(2)->backend(3);
    $t->upstream(2)->mode('cut_length');
    $t->upstream(3)->mode('oversize_chunk');
    $t->run;

    my ($worker) = $t->worker_pids;
    my %wrong;
    my @rss;

    for my $half (0, 1) {
        one_round($t, \%wrong) for 1 .. ROUNDS / 2;

        my $all = ($half + 1) * @round * ROUNDS / 2;

        is($t->wait_for(sub {
            return (() = $t->log_text('kinds.log') =~ /\n/g) >= $all;
        }), 1, "$name: all are in the access log");

        push @rss, $t->rss($worker);
    }

    is(join(', ', map { "$_ ($wrong{$_})" } sort keys %wrong), '',
       "$name: every answer is as it should be");
    is(($t->worker_pids)[0], $worker, "$name: the worker lives");

    SKIP: {
        skip 'memory means nothing here', 1
            if $ENV{TEST_ASAN} || $ENV{TEST_VALGRIND};

        cmp_ok($rss[1] - $rss[0], '<=', SLACK,
               "$name: the worker does not grow, kB");
    }

    is(join(' ', files($t->dir . '/temp')), '', "$name: no file is left");

    $t->finish;
}


# The answers are counted by what was wrong with them.

sub one_round {
    my ($t, $wrong) = @_;
    my $c = $t->connect;

    for my $case (@round) {
        my ($uri, $body, $headers, $status) = @$case;

        my $type = $body =~ /^\{/ ? 'application/json'
                                  : 'application/x-www-form-urlencoded';
        my ($head, $text) = PancakeTest::HTTP->build('POST', $uri, $body,
            Connection => undef, 'Content-Type' => $type, %$headers);

        if (!$status) {
            my $gone = $t->connect;
            $gone->send($head . $text);
            $gone->reset;
            next;
        }

        $c->send($head . $text);
        my $r = $c->response;

        if ($r->status != $status) {
            $wrong->{ "$uri: " . $r->status . " for $status" }++;
        }

        if (($r->header('Connection') // '') eq 'close' || !$r->status) {
            $c->close;
            $c = $t->connect;
        }
    }

    $c->close;
}


sub files {
    my ($dir) = @_;
    my @found;

    for my $file (glob "$dir/*") {
        push @found, -d $file ? files($file) : $file;
    }

    return @found;
}
