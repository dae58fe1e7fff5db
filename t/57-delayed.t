# An attempt that the internal location holds back before it asks the API, as
# a delaying limit_req does, ends at the deadline like any other, and leaves
# nothing behind.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use Test::More;

my $t = PancakeTest->new->has(qw( http_v2 limit_req ))->conf(<<'EOT');
    %%CREDENTIALS%%
    pancake_retry 3 backoff=50ms deadline=1s;
    pancake_set productId %%PRODUCT%%;
    pancake_set currency USD;

    limit_req_zone $server_port zone=slow:64k rate=1r/m;
    log_format late '$status [$pancake_result] $pancake_attempts '
                    '[$pancake_upstream_status]';

    server {
        listen 127.0.0.1:%%PORT_0%%;
        listen 127.0.0.1:%%PORT_8%% http2;
        access_log %%DIR%%/late.log late;

        location = /buy  { pancake_checkout create-session; }
        location = /ping { access_log off; return 204; }

        location /_pancake/ {
            internal;
            limit_req zone=slow burst=100;
            proxy_pass http://127.0.0.1:%%PORT_1%%/;
        }
    }
EOT

$t->plan(6)->backend(1)->run;

# The first of a minute passes, the others are held back.

is($t->post_json('/buy', '{}')->status, 302, 'the first');

my @late = map {
    my $c = $t->connect;
    my ($head) = PancakeTest::HTTP->build('POST', '/buy', '{}',
        'Content-Type' => 'application/json');
    $c->send($head . '{}');
    $c;
} 1 .. 4;

# one leaves

$late[0]->close;

sub lines { my @l = split /\n/, $t->log_text('late.log'); return @l }

is(join(' ', map { ($_->responses(1))[0]->status } @late[ 1 .. 3 ]),
   '504 504 504', 'the others: answered');

$t->wait_for(sub { lines() >= 5 });

my @lines = lines();

is(scalar @lines, 5, 'each has its line in the access log');
is($lines[0], '302 [redirected] 1 [200]', 'the first: the log');
is(scalar(grep { $_ eq '504 [unavailable] 1 [504]' } @lines[ 1 .. 4 ]), 4,
   'the others: the deadline') or diag(join "\n", @lines);
is(scalar($t->requests), 1, 'the API was asked once');
