# pancake_status_zone and pancake_status: counters of all workers.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use Test::More;

my $t = PancakeTest->new(workers => 2)->conf(<<'EOT');
    pancake_status_zone checkouts 128k;

    %%CREDENTIALS%%
    %%RETRY_OFF%%
    pancake_set productId %%PRODUCT%%;
    pancake_set currency USD;

    server {
        listen 127.0.0.1:%%PORT_0%%;
        server_name shop.example;
        location = /checkout { pancake_checkout create-session; }
        location = /status { pancake_status; }
        %%API_LOCATION%%
    }
EOT

$t->plan(4)->run;

is($t->post_json('/checkout', '{"a":1,"buyerEmail":7}')->status, 400);

my $r = $t->get('/status');

is($r->status, 200);
like($r->body, qr/^pancake_checkouts_total\{.*result="invalid"\} 1$/m);
is(promtool($r->body), '', 'promtool check metrics');


# what promtool has to complain about

sub promtool {
    my ($text) = @_;

    chomp(my $promtool = `@{[ $t->top ]}/t/tools/promtool`);

    $t->write_file('metrics', $text);

    my $said = `$promtool check metrics < @{[ $t->dir ]}/metrics 2>&1`;

    return $? ? "$said(status $?)" : $said;
}
