# A soak: many buyers at once, some of whom leave or click twice, and an API
# that fails at random.  Every answer is accounted for, nothing is sold twice,
# and the workers end as they began.

# Copyright (C) 2026 pancake checkout contributors

# SOAK_COUNT, SOAK_RATE (checkouts, and how many a second) and SOAK_SEED make
# it another one; "make soak" runs a long one.  A seed repeats what buyers do
# and what fails for them, not who meets whom.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use Test::More;

use IPC::Open2 qw( open2 );
use JSON::PP ();

my $SLOW = $ENV{TEST_ASAN} || $ENV{TEST_VALGRIND};

my $COUNT = $ENV{SOAK_COUNT} || ($SLOW ? 1000 : 3000);
my $RATE = $ENV{SOAK_RATE} || ($SLOW ? 100 : 400);
my $FAULTS = $SLOW ? 0.2 : 0.05;        # of the API's requests
my $SEED = $ENV{SOAK_SEED} || int rand 1_000_000_000;

# What nginx may say, by level.  On a slow machine threads cannot keep up with
# the signatures for all these buyers: some are then told to come back.

my %EXPECTED = (
    notice => qr/./,
    info => qr/./,
    warn => qr/^pancake\ checkout:\ (?:
        attempt\ \d\ of\ "create-(?:session|order)"\ failed,\ next\ in
        |429,\ too\ many\ checkouts)/x,
    error => qr/^(?:
        pancake\ checkout:\ 50[234],\ (?:
            checkout\ is\ busy,\ try\ again\ in\ a\ moment:
            |the\ payment\ service\ (?:is\ not\ available|did\ not\ answer)
            |checkout\ is\ not\ available:\ the\ API(?:'s\ answer\ (?:
                is\ |was\ cut\ off|has\ (?:an?\ |no\ string\ )?"[a-zA-Z.]+")
            |\ answered\ (?:103|204|302):))
        |pancake\ checkout:\ 400,\ the\ API's\ layer\ "gateway"\ rejected
        |upstream\ prematurely\ closed\ connection
        |upstream\ sent\ no\ valid\ HTTP\/1\.0\ header
        |recv\(\)\ failed\ \(104:)/x,
);

my $t = PancakeTest->new(workers => 2)->has('node')->conf(<<'EOT');
    %%CREDENTIALS%%

    pancake_retry 3 backoff=20ms deadline=2s;
    pancake_idempotency_secret secret;
    pancake_set productId %%PRODUCT%%;
    pancake_set currency USD;

    log_format soak '$status $request_time $pancake_attempts '
                    '$pancake_idempotency_key';

    upstream pancake_api {
        server 127.0.0.1:%%PORT_1%%;
        keepalive 32;
    }

    server {
        listen 127.0.0.1:%%PORT_0%% reuseport;
        access_log %%DIR%%/soak.log soak;
        keepalive_timeout 10m;

        add_header X-Keys $pancake_idempotency_key always;
        add_header X-Attempts $pancake_attempts always;
        add_header X-Error $pancake_error always;

        location = /session { pancake_checkout create-session;
                              pancake_idempotency_key $cookie_sid;
                              pancake_idempotency_window 30m; }
        location = /script  { pancake_checkout create-session; }
        location = /order   { pancake_checkout create-order; }
        location = /chain   { pancake_checkout create-session create-order;
                              pancake_idempotency_key $cookie_sid;
                              pancake_idempotency_window 30m; }
        location = /slug    { pancake_checkout create-session;
                              pancake_store_slug soak-shop test; }
        location = /ping    { access_log off; return 204; }

        %%API_LOCATION=http://pancake_api/%%
    }
EOT

$t->secret('@soak.example', '%40soak.example')
  ->write_file('secret', "a secret of the soak's own\n", 0600)
  ->plan(6)->run;

my @workers = $t->worker_pids;
my $report = soak();
my ($lines, $attempts, $retries, $late) = access();

note(sprintf '%-28s %s', @$_)
    for [ 'retries', $retries ], @{ $report->{figures} };
note("    $_") for @{ $report->{faults} };

is(join("\n", @{ $report->{problems} }), '', 'all is accounted for');
is($report->{checkouts}, $COUNT, 'all checkouts were made');
is($lines, $report->{sent}, 'each request is in the access log');

# what the deadline cut on a slow machine may not have been sent yet

cmp_ok(abs($attempts - $report->{received}), '<=', $report->{late} + $late,
       'each attempt has reached the API');

is(join(' ', $t->worker_pids), "@workers", 'no worker died');
is(unexpected(), '', 'nothing unexpected in the error log');

diag("SOAK_SEED=$SEED SOAK_COUNT=$COUNT SOAK_RATE=$RATE")
    unless Test::More->builder->is_passing;


# Runs the buyers and the API; what they report.  In a few checkouts workers
# only get warm.

sub soak {
    my $patience = $ENV{TEST_TIMEOUT_FACTOR} || ($SLOW ? 3 : 1);

    my $options = JSON::PP->new->canonical->encode({
        count => $COUNT + 0, rate => $RATE + 0, seed => $SEED + 0,
        faultRate => $FAULTS + 0, port => $t->port(0), apiPort => $t->port(1),
        publicKey => $t->top . '/t/vectors/test-key.pub.pem',
        merchant => $t->merchant, workers => [ map { $_ + 0 } @workers ],
        patience => $patience + 0,
        hintsKnown => $t->nginx_version < 1_029_000 ? JSON::PP::false
                                                    : JSON::PP::true,
        judgeMemory => $SLOW || $COUNT < 3000 ? JSON::PP::false
                                              : JSON::PP::true,
    });

    # it ends when its standard input does, so at the latest with this test

    my $pid = open2(my $out, my $in, 'node', $t->top . '/t/soak/soak.mjs',
                    $options);
    my $report;

    while (my $line = <$out>) {
        if ($line =~ /^# (.*)/) {
            note($1);

        } else {
            $report = eval { JSON::PP->new->utf8->decode($line) };
        }
    }

    close $in;
    waitpid $pid, 0;

    return $report // { problems => [ "no report, status $?" ], sent => 0,
                        received => 0, late => 0, checkouts => 0 };
}


# Of the access log: lines, attempts, those that were not the first of their
# call, and buyers who left and for whom the deadline passed.

sub access {
    my ($lines, $attempts, $retries, $late) = (0) x 4;

    $t->wait_for(sub {
        $lines = () = $t->log_text('soak.log') =~ /\n/g;
        return $lines >= $report->{sent};
    });

    for my $line (split /\n/, $t->log_text('soak.log')) {
        my ($status, $time, $n, $keys) = $line =~ /^(\d+) (\S+) (\d+) (.*)/
            or next;
        my %call = map { $_ => 1 } split /, /, $keys;

        $attempts += $n;
        $retries += $n - keys %call;
        $late++ if $status == 499 && $time > 1.9;
    }

    return ($lines, $attempts, $retries, $late);
}


# The error log's messages that nobody expects, each once.

sub unexpected {
    my %seen;

    for my $message ($t->messages) {
        my ($level, $text) = @$message;
        my $pattern = $EXPECTED{$level};

        $seen{"[$level] $text"}++ unless $pattern && $text =~ $pattern;
    }

    my @list = sort keys %seen;
    splice @list, 10, @list - 10, '...' if @list > 10;

    return join "\n", @list;
}

