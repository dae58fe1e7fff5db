# Webhooks in the counters of pancake_status_zone, over two workers and a
# reload; and the alerts of README, as Prometheus reads them.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use PancakeTest::Metrics;
use PancakeTest::Webhook;
use Test::More;

my $t = PancakeTest->new(workers => 2)->conf(<<'EOT');
pancake_status_zone all 128k;
pancake_webhook_zone hooks 1m;

server {
    listen 127.0.0.1:%%PORT_0%%;
    server_name shop.example;

    location /hook {
        pancake_webhook test key=webhook.pub;
        proxy_pass http://127.0.0.1:%%PORT_1%%;

        location /hook/inside { proxy_pass http://127.0.0.1:%%PORT_1%%; }
    }

    location = /prod {
        pancake_webhook prod key=webhook.pub;
        proxy_pass http://127.0.0.1:%%PORT_1%%;
    }

    location = /status { pancake_status; charset utf-8; charset_types *; }
    location = /values { pancake_status json; }

    location = /page {
        ssi on;
        default_type text/html;
        return 200 'begin <!--#include virtual="/status" --> end';
    }
}
EOT

my $platform = PancakeTest::Webhook->new($t);
my %expected = map {
    my $place = $_;
    map { ("webhooks_total shop.example $place $_" => 0) }
        qw( refused duplicate in_flight failed accepted )
} '/hook webhook test', '/prod webhook prod';

$t->plan(19)->backend(1)->run;
$t->mode_for('/hook/broken', '500');


sub hook {
    my ($uri, $body) = @_;
    return $t->post($uri, $body, $platform->header($body))->status;
}


# A request is counted once its connection has done with it.

sub counted {
    my ($name, $series) = @_;
    my $n;

    $expected{"webhooks_total shop.example $series"}++ if $series;

    $t->wait_for(sub {
        $n = PancakeTest::Metrics::text($t->get('/status')->body);
        return !grep { $n->{$_} != $expected{$_} } keys %expected;
    });

    is_deeply({ map { $_ => $n->{$_} } grep { /^webhooks/ } keys %$n },
              \%expected, $name);
}


my $body = $platform->event;

is(hook('/hook', $body), 200, 'an event');
counted('accepted', '/hook webhook test accepted');

is(hook('/hook', $body), 200, 'again');
counted('duplicate', '/hook webhook test duplicate');

is(hook('/hook/inside', $platform->event), 200, 'in a nested location');
counted('nested: as around it', '/hook webhook test accepted');

is(hook('/hook/broken', $platform->event), 500, 'the shop fails');
counted('failed', '/hook webhook test failed');

is($t->get('/hook')->status, 405, 'another method');
counted('refused', '/hook webhook test refused');

is(hook('/prod', $platform->event), 401, 'another environment');
counted('refused there', '/prod webhook prod refused');

is($t->reload, 1, 'reload');
counted('reload: the same');

my ($text, $json) = map { $t->get($_)->body } qw( /status /values );

is_deeply(PancakeTest::Metrics::json($json), PancakeTest::Metrics::text($text),
          'JSON has the same');
is(PancakeTest::Metrics::promtool($t, $text), '', 'promtool: the metrics');


# The answer among others of nginx.

like($t->get('/page')->body, qr/\Abegin # HELP.*\n end\z/s, 'in a page');
is($t->get('/status')->header('Content-Type'),
   'text/plain; version=0.0.4; charset=utf-8', 'one charset');


# The alerts of README.

my ($rules) = PancakeTest::Log::slurp($t->top . '/README.md')
    =~ /^```yaml\n(groups:.*?)^```/ms;

$t->write_file('rules.yml', $rules);

chomp(my $promtool = `@{[ $t->top ]}/t/tools/promtool`);
my $said = `$promtool check rules @{[ $t->dir ]}/rules.yml 2>&1`;

like($said, qr/SUCCESS: \d+ rules found/, 'promtool: the alerts of README');
