# pancake_status_zone over time: slow answers, reloads that keep, begin anew,
# add, take away or are refused, workers that die, scrapes under load; and
# which configurations are refused.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use PancakeTest::Metrics;
use Test::More;

use POSIX ();
use Time::HiRes qw( sleep time );

plan(skip_all => 'there is no master under valgrind') if $ENV{TEST_VALGRIND};

use constant BUYERS => 3;           # processes
use constant CHECKOUTS => 100;      # of each
use constant MANY => 500;           # locations

my $MAIL = 'secret-buyer-29@example.com';
my $JSON = qq({"buyerEmail":"$MAIL"});

my $t = PancakeTest->new(workers => 2);

$t->expect_log(qr/\[alert\].* worker process \d+ exited on signal 9/);

my $API = 'http://127.0.0.1:' . $t->port(1) . '/';

my $HTTP = <<"EOT";
    %%CREDENTIALS%%
    %%RETRY_OFF%%
    pancake_signing inline;
    pancake_set productId %%PRODUCT%%;
    pancake_set currency USD;
EOT

my $SERVER = <<"EOT";
        location = /buy    { pancake_checkout create-session; }
        location = /slug   { pancake_checkout create-session;
                             pancake_store_slug my-store test; }
        location = /long   { pancake_checkout create-session;
                             pancake_retry 2 backoff=100s deadline=500s; }
        location = /pid    { return 200 \$pid; }
        location = /status { access_log off; pancake_status; }
        location = /values { access_log off; pancake_status json; }
EOT


# The same with another zone, and locations more.

sub conf_with {
    my ($zone, @more) = @_;

    return <<"EOT";
    $HTTP
    pancake_status_zone $zone;

    server {
        listen 127.0.0.1:%%PORT_0%% reuseport;
        server_name shop.example;
        $SERVER
        @more
        %%API_LOCATION=$API%%
    }
EOT
}


sub numbers {
    return PancakeTest::Metrics::text($t->get('/status')->body);
}

sub name { "$_[0] shop.example $_[1] create-session $_[2]" }

sub series {
    my ($family, $uri, $label) = @_;
    return numbers()->{ name($family, $uri, $label) } // 'none';
}

sub sold { series('checkouts_total', $_[0] // '/buy', 'redirected') }


# Waits until it is so.

sub becomes {
    my ($code, $want, $name) = @_;
    my $got;

    $t->wait_for(sub { ($got = $code->()) eq $want });
    is($got, $want, $name);
}

sub gauges {
    my $n = numbers();
    return "$n->{waiting} $n->{api_in_flight}";
}


sub waiting_buyer {
    my ($uri) = @_;

    my $c = $t->connect;
    $c->send(join '', PancakeTest::HTTP->build('POST', $uri, $JSON,
        'Content-Type' => 'application/json'));

    return $c;
}

sub buy { $t->post_json($_[0] // '/buy', $JSON)->status }


# At each worker one buyer at least.

sub at_both {
    my ($uri) = @_;
    my (%pids, @c);

    my @workers = $t->worker_pids;

    for (1 .. 1000) {
        my $c = $t->connect;
        $c->send(join '', PancakeTest::HTTP->build('GET', '/pid', undef,
                                                   Connection => undef));
        my $pid = $c->response->body;

        if ($pids{$pid}++ || !grep { $_ eq $pid } @workers) {
            $c->close;
            next;
        }

        $c->send(join '', PancakeTest::HTTP->build('POST', $uri, $JSON,
            'Content-Type' => 'application/json'));
        push @c, { c => $c, pid => $pid };

        return @c if @c == @workers;
    }

    die 'no connection to some worker';
}


$t->secret($MAIL);
$t->conf(conf_with('checkouts 128k'));
$t->plan(88)->backend(1)->run;


# An answer that takes more than a second.

{
    $t->mode('ok', gate => 'header');

    my $begin = time;
    my $c = waiting_buyer('/buy');

    becomes(sub { gauges() }, '0 1', 'slow: in flight');
    sleep 1.1;
    $t->release;
    is($c->response->status, 302, 'slow: status');
    $c->close;

    becomes(sub { sold() }, 1, 'slow: counted');

    my $took = time - $begin;
    my $n = numbers();

    for my $what (qw( checkout api )) {
        my $h = "${what}_duration_seconds";
        my $sum = $n->{"${h}_sum shop.example /buy create-session"};

        cmp_ok($sum, '>=', 1.1, "slow, $what: not less than it took");
        cmp_ok($sum, '<=', $took, "slow, $what: and not more");
        is(join(' ', map { $n->{ name("${h}_bucket", '/buy', $_) } }
                         qw( 0.005 1 60 +Inf )), '0 0 1 1',
           "slow, $what: its bucket");
    }
}


# A reload keeps the numbers, and requests that the old workers still have
# are counted in the same ones.

{
    $t->mode('ok', gate => 'header');

    my @c = map { $_->{c} } at_both('/buy');

    becomes(sub { gauges() }, '0 2', 'reload: in flight');
    $t->reload(keep_old => 1);
    is(gauges(), '0 2', 'reload: in flight at old workers');

    push @c, map { $_->{c} } at_both('/buy');
    becomes(sub { gauges() }, '0 4', 'reload: and at new ones');
    is(sold(), 1, 'reload: the numbers are kept');

    $t->release;
    is(join(' ', map { $_->response->status } @c), '302 302 302 302',
       'reload: all are answered');
    $_->close for @c;

    becomes(sub { sold() . ' ' . gauges() }, '5 0 0', 'reload: counted');
    is($t->wait_for(sub { $t->worker_pids(all => 1) == 2 }), 1,
       'reload: the old workers have gone');
}


# Locations come and go, and change what they do.

{
    $t->mode('ok');

    $t->conf(conf_with('checkouts 128k', <<'EOT'))->reload;
        location = /new { pancake_checkout create-session; }
EOT
    is(sold('/new'), 0, 'a new location: 0');
    is(buy('/new'), 302, 'a new location: a checkout');
    becomes(sub { sold('/new') }, 1, 'a new location: counted');

    $t->conf(conf_with('checkouts 128k', <<'EOT'))->reload;
        location = /new { pancake_checkout create-session;
                          pancake_set productId %%PRODUCT%%;
                          pancake_set currency USD;
                          pancake_set buyerIdentity customer-29; }
EOT
    is(buy('/new'), 302, 'a call beside: a checkout');
    becomes(sub { sold('/new') }, 2, 'a call beside: the same checkouts');
    is(numbers()->{'api_calls_total shop.example /new issue-session-token '
                   . '2xx'}, 1, 'a call beside: its own counters');

    $t->conf(conf_with('checkouts 128k', <<'EOT'))->reload;
        location = /new { pancake_checkout create-session create-order; }
EOT
    is(series('api_calls_total', '/new', '2xx'), 2,
       'a chain: the same calls');
    is($t->post_json('/new', '{"billingDetail":{"country":"US","isBusiness":'
                     . 'false,"postcode":"94105","state":"CA"}}')->status,
       302, 'a chain: a checkout');
    becomes(sub { series('api_calls_total', '/new', '2xx') }, 3,
            'a chain: counted');
    is(sold('/new'), 2, 'a chain: its checkouts are other ones');
    is(PancakeTest::Metrics::promtool($t, $t->get('/status')->body), '',
       'a chain: promtool');

    $t->conf(conf_with('checkouts 128k'))->reload;
    is(sold('/new'), 2, 'a location that has gone keeps its numbers');
    is(sold(), 5, 'and all the others do');
    is_deeply(PancakeTest::Metrics::json($t->get('/values')->body), numbers(),
              'JSON: the same');
}


# More locations than there is room for: those that find none are not counted,
# and nothing else is the worse for it.

my $PLAIN = 'location = /then { pancake_checkout create-session; }';
my $BESIDE = <<'EOT';
        location = /then { pancake_checkout create-session;
                           pancake_set productId %%PRODUCT%%;
                           pancake_set currency USD;
                           pancake_set buyerIdentity customer-29; }
EOT

sub many { map { "location = /many-$_ { pancake_checkout create-session; }\n" }
               1 .. $_[0] }

{
    $t->conf(conf_with('checkouts 128k', $PLAIN))->reload;

    for my $time (1, 2) {
        $t->mark;
        $t->conf(conf_with('checkouts 128k', $BESIDE, many(MANY - 1)));
        is($t->reload, 1, "too many, $time: reload");

        my @said = map { "$_->[0] $_->[1]" }
                   $t->messages(qr/too small|no memory|is full/);
        my $all = MANY + 3;

        like(join("\n", @said), qr/^warn\ pancake_status_zone\ "checkouts"
             \ is\ full,\ \d+\ of\ $all\ locations\ are\ not\ counted,
             \ give\ it\ another\ size:\ it\ starts\ from\ 0\ then$/x,
             "too many, $time: what the log says");
    }

    is(buy(), 302, 'too many: a checkout');
    becomes(sub { sold() }, 6, 'too many: one that was there counts on');
    is(buy('/many-' . (MANY - 1)), 302, 'too many: one without counters');
    is(buy(), 302, 'too many: another checkout');
    becomes(sub { sold() }, 7, 'too many: counted');
    is(sold('/many-' . (MANY - 1)), 'none', 'too many: the other is not');

    $t->conf(conf_with('checkouts 128k', many(40), $BESIDE));
    is($t->reload, 1, 'forty are not too many');
    is(buy('/many-40'), 302, 'forty: a checkout');
    becomes(sub { sold('/many-40') }, 1, 'forty: counted');

    # a call beside, for which there was no room before

    is(buy('/then'), 302, 'a call beside in the end: a checkout');
    becomes(sub { numbers()->{'api_calls_total shop.example /then '
                              . 'issue-session-token 2xx'} // 'none' }, 1,
            'a call beside in the end: counted');
}


# A zone of another size, and of another name.

for my $zone ('checkouts 2m', 'others 2m') {
    $t->conf(conf_with($zone, many(MANY)));
    is($t->reload, 1, "zone $zone: reload");
    is(sold(), 0, "zone $zone: from 0");
    is(buy('/many-' . MANY), 302, "zone $zone: a checkout");
    becomes(sub { sold('/many-' . MANY) }, 1, "zone $zone: counted");
}


# What a worker had under way when it died goes with it.

$t->conf(conf_with('checkouts 128k'))->reload;

{
    $t->mode('ok', gate => 'header');
    $t->mode_for('create-session', [ '500' ], [ '500' ],
                 [ 'ok', gate => 'header' ]);

    my @pausing = at_both('/long');
    becomes(sub { gauges() }, '2 0', 'death: in a pause');

    my @flying = at_both('/buy');
    becomes(sub { gauges() }, '2 2', 'death: in flight');

    my $victim = $flying[0]{pid};
    kill KILL => $victim;

    becomes(sub { gauges() }, '1 1', 'death: of one worker');
    is($t->wait_for(sub {
           my @pids = $t->worker_pids;
           return @pids == 2 && !grep { $_ == $victim } @pids;
       }), 1, 'death: there is a new worker');
    becomes(sub { gauges() }, '1 1', 'death: of one worker, and still');

    $t->release;
    $_->{c}->close for @pausing;
    is($flying[1]{c}->response->status, 302, 'death: the other one answers');
    $_->{c}->close for @flying;

    becomes(sub { gauges() }, '0 0', 'death: nothing is left');
    is(sold(), 1, 'death: one checkout');

    # an old worker that dies has no heir

    $t->mode('ok', gate => 'header');
    my @old = at_both('/buy');
    becomes(sub { gauges() }, '0 2', 'old workers: in flight');

    $t->reload(keep_old => 1);
    kill KILL => map { $_->{pid} } @old;
    becomes(sub { gauges() }, '0 0', 'old workers: died');
    $t->release;
    $_->{c}->close for @old;
}


# Scrapes while buyers buy.

sub buyers {
    my @pids;

    for (1 .. BUYERS) {
        my $pid = fork;
        die "fork: $!" unless defined $pid;

        if (!$pid) {
            $SIG{$_} = 'DEFAULT' for qw( INT TERM HUP );
            my $bad = grep { (eval { buy() } // 0) != 302 } 1 .. CHECKOUTS;
            POSIX::_exit($bad ? 1 : 0);
        }

        push @pids, $pid;
    }

    return @pids;
}

{
    $t->mode('ok');
    is($t->reload, 1, 'load: reload');

    my $before = sold();
    my @pids = buyers();
    my ($last, $scrapes, $failed, @wrong, @complaints) = ({}, 0, 0);

    while (@pids) {
        my $body = $t->get('/status')->body;
        my $n = eval { PancakeTest::Metrics::text($body) };

        push @wrong, $@ if !$n;
        $n //= $last;

        push @wrong, map { "$_: $last->{$_}, then " . ($n->{$_} // 'none') }
                     grep { !/^(?:waiting|api_in_flight)/
                            && ($n->{$_} // -1) < $last->{$_} } keys %$last;
        push @wrong, PancakeTest::Metrics::odd($n, slack => BUYERS);
        push @complaints, PancakeTest::Metrics::promtool($t, $body)
            if $scrapes++ % 10 == 0;
        $last = $n;

        local ($?, $!);
        @pids = grep { waitpid($_, POSIX::WNOHANG()) == 0
                       || ($? && $failed++, 0) } @pids;
    }

    is($failed, 0, 'load: all checkouts');
    cmp_ok($scrapes, '>=', 10, 'load: scrapes');
    is(join("\n", @wrong), '', 'load: every scrape is sane');
    is(join('', @complaints), '', 'load: promtool');
    becomes(sub { sold() - $before }, BUYERS * CHECKOUTS, 'load: the sum');
    becomes(sub { join ' ', gauges(), PancakeTest::Metrics::odd(numbers()) },
            '0 0', 'load: nothing is left');
}


# What is refused.

my $ZONE = 'pancake_status_zone checkouts 128k;';
my $SMALL = 8 * POSIX::sysconf(POSIX::_SC_PAGESIZE());

for my $case (
    [ 'pancake_status_zone checkouts 12x; # HERE',
      'invalid zone size "12x" in "pancake_status_zone" directive' ],
    [ 'pancake_status_zone "" 128k; # HERE',
      'invalid zone name "" in "pancake_status_zone" directive' ],
    [ "pancake_status_zone checkouts $SMALL; # HERE",
      'zone "checkouts" in "pancake_status_zone" directive is too small, it '
      . 'needs at least ' . POSIX::ceil(($SMALL + 24 * 1024 + 32) / 1024)
      . 'k' ],
    [ "$ZONE\npancake_status_zone other 128k; # HERE",
      '"pancake_status_zone" directive is duplicate' ],
    [ 'pancake_status_zone checkouts; # HERE',
      'invalid number of arguments in "pancake_status_zone" directive' ],
    [ "limit_req_zone \$uri zone=checkouts:128k rate=1r/s;\n$ZONE # HERE",
      'the shared memory zone "checkouts" is already declared for a '
      . 'different use' ],
    [ "server { listen 127.0.0.1:%%PORT_7%%;\n$ZONE # HERE\n}",
      '"pancake_status_zone" directive is not allowed here' ],

    (map { [ "$ZONE\nserver { listen 127.0.0.1:%%PORT_7%%; $_->[0] }",
             $_->[1] ] }
         [ "location /s { pancake_status xml; # HERE\n }",
           'invalid format "xml" in "pancake_status" directive, it must be '
           . '"prometheus" or "json"' ],
         [ "location /s { pancake_status;\npancake_status json; # HERE\n }",
           '"pancake_status" directive is duplicate' ],
         [ "location /s { pancake_status json json; # HERE\n }",
           'invalid number of arguments in "pancake_status" directive' ],
         [ "pancake_status; # HERE\n",
           '"pancake_status" directive is not allowed here' ],
         [ "location /s { if (\$uri) { pancake_status; # HERE\n } }",
           '"pancake_status" directive is not allowed here' ],
         [ "location /s { limit_except GET { pancake_status; # HERE\n } }",
           '"pancake_status" directive is not allowed here' ],
         [ "location /s { pancake_status;\n"
           . "pancake_checkout create-session; # HERE\n }",
           '"pancake_checkout" cannot share a location with "proxy_pass" or '
           . 'another directive that answers requests' ],
         [ "location /s { pancake_checkout create-session; # HERE\n"
           . 'pancake_status; }',
           '"pancake_checkout" cannot share a location with "proxy_pass" or '
           . 'another directive that answers requests' ]),

    [ "server { listen 127.0.0.1:%%PORT_7%%; location /s {\n"
      . "pancake_status; # HERE\n } }",
      '"pancake_status" has nothing to show, add "pancake_status_zone" to '
      . '"http"' ],
) {
    my ($text, $message) = @$case;

    $text .= "\nserver { listen 127.0.0.1:%%PORT_7%%; }" if $text !~ /server/;
    $t->must_fail_config("$HTTP\n$text", "$message in %%HERE%%");
}

$t->must_fail_config(conf_with('checkouts 128k', many(MANY)),
    'pancake_status_zone "checkouts" is too small for ' . (MANY + 3)
    . ' locations, make it larger');

# the smallest that is not refused has room

$t->warns_config(conf_with(sprintf 'checkouts %dk',
    POSIX::ceil(($SMALL + 24 * 1024 + 32) / 1024)));
