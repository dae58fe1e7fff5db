# Copyright (C) 2026 pancake checkout contributors

# The shop of the demo as buyers meet it: headless Chromium in front of nginx
# as conf.example/demo.conf has it, behind that the shop of t/shop/ and the
# double of the API.  What is done there is in t/browser/; pictures of all
# pages are left in t/output/screenshots/.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use Test::More;

use File::Path qw( make_path );
use IPC::Open2 qw( open2 );
use JSON::PP ();

# t/browser/cases/NAME.mjs, in the order in which they run

my %CASES = (
    'buy'     => 'from the catalogue to the thank-you page',
    'unpaid'  => 'the thank-you page before the payment',
    'twice'   => 'two clicks are one purchase',
    'login'   => 'a customer who is signed in',
    'empty'   => 'nothing in the cart',
    'foreign' => 'a form on a page of somebody else',
    'look'    => 'how the pages look and how they are used',
);

my @ORDER = qw( buy unpaid twice login empty foreign look );


my $t = PancakeTest->new->has(qw( node pancake_quote pancake_graphql_query ));
my $TOP = $t->top;
my $HERE = "$TOP/t/browser";

# Debian's node will do; the lock file says which driver belongs to it

my ($node) = `node --version 2>&1` =~ /^v(\d+)/;

plan(skip_all => "node $node is older than 18") if $node < 18;
plan(skip_all => 'no npm') if `npm --version 2>/dev/null` !~ /^\d+\./;

my ($chromium) = grep { -x } map { "$_/chromium" } split(/:/, $ENV{PATH});

plan(skip_all => 'no chromium') unless defined $chromium;

delete @ENV{qw( http_proxy HTTP_PROXY NODE_USE_ENV_PROXY )};

my $PAGES = "$TOP/t/output/screenshots";

make_path($PAGES);
unlink glob "$PAGES/*.png";

$t->plan(5 + @ORDER);


my $npm = `cd '$HERE' && npm ci --no-audit --no-fund --ignore-scripts 2>&1`;

is($?, 0, 'npm ci') or diag($npm);
unlike(slurp("$HERE/package-lock.json"), qr/"resolved"|https?:/,
       'the lock file names no addresses');

$t->sandbox('checkout-base' => 'self');

my $EDGE = 'http://127.0.0.1:' . $t->port(0);
my $DOUBLE = 'http://127.0.0.1:' . $t->port(1);

my $pid = open2(my $out, my $in, 'sh', '-c', 'exec node "$@" 2>"$0"',
                $t->dir . '/shop-stderr', "$TOP/t/shop/shop.js",
                '--port', 0, '--edge', $EDGE, '--exit-with-stdin');
my $shop = JSON::PP::decode_json(scalar(<$out>) // '{"port":0}')->{port};

$t->secret('buyer-75')->conf(demo_conf())->run;

my $results = run_browser();

for my $name (@ORDER) {
    subtest($CASES{$name} => sub { report($results->{$name}) });
}

is($results->{end}, 'exit 0', 'the browser came to its end');

close $in;
waitpid $pid, 0;
is($?, 0, 'the shop ended with its standard input');

# t/browser/cases/look.mjs has taken the edge away from it

unlike($t->log_text('shop-stderr'), qr/^(?!order-status: .*ECONNREFUSED)./m,
       'the shop has nothing else to complain about');


# demo.conf as it ships, but for the double, which is plain HTTP here, and for
# what nginx of a test has anyway.

sub demo_conf {
    my $examples = "$TOP/conf.example";
    my ($conf) = slurp("$examples/demo.conf") =~ /^http \{\n(.*)^\}/ms;

    $conf = change($conf, qr/^ *\w+_temp_path .*\n/m => '');
    $conf = change($conf, qr/\@PORT\@/ => '%%PORT_0%%');
    $conf = change($conf, qr/\@SHOP\@/ => $shop);
    $conf = change($conf, qr/\bmerchant\.pem;/ => '%%KEY%%;');
    $conf = change($conf, qr{\.\./\.\./conf\.example/} => "$examples/");

    my $api = change(slurp("$examples/pancake-api.conf"),
                     qr/api\.waffo\.ai:443/ => '127.0.0.1:%%PORT_1%%');
    my $location = change(slurp("$examples/pancake-location.conf"),
                          qr{https://pancake_api} => 'http://pancake_api');

    $t->write_file('pancake-api.conf', $t->expand($api))
      ->write_file('pancake-location.conf', $location)
      ->write_file('access-log-json.conf',
                   slurp("$examples/access-log-json.conf"));

    return $conf;
}


sub change {
    my ($text, $pattern, $with) = @_;

    $text =~ s/$pattern/$with/g or die "the example has no $pattern";

    return $text;
}


# What each case says, by its name: a list of [ ok, what, details ].

sub run_browser {
    my %all;
    my $case = 'start';

    open my $tap, '-|', 'node', "$HERE/run.mjs", JSON::PP::encode_json({
        edge => $EDGE, double => $DOUBLE, chromium => $chromium,
        shop => "http://127.0.0.1:$shop", pictures => $PAGES,
        cases => \@ORDER, seconds => $t->timeout,
    }) or die "cannot run node: $!";

    while (my $line = <$tap>) {
        chomp $line;
        note($line) if $ENV{TEST_VERBOSE};

        if ($line =~ /^# case (\w+)$/) {
            $case = $1;

        } elsif ($line =~ /^(not )?ok \d+ - (.*)/) {
            push @{ $all{$case} }, [ !$1, $2, '' ];

        } elsif ($line =~ /^# (.*)/ && $all{$case}) {
            $all{$case}[-1][2] .= "$1\n";

        } else {
            diag($line);
        }
    }

    close $tap;
    $all{end} = $? & 127 ? 'signal ' . ($? & 127) : 'exit ' . ($? >> 8);

    return \%all;
}


sub report {
    my ($list) = @_;

    fail('it was not run') unless $list;

    for my $one (@{ $list || [] }) {
        my ($ok, $what, $details) = @$one;

        ok($ok, $what);

        if ($details ne '' && !$ok) {
            diag($details);
        } elsif ($details ne '') {
            note($details);
        }
    }
}


sub slurp {
    my ($file) = @_;

    open my $in, '<', $file or die "cannot read $file: $!";
    local $/;
    return scalar <$in>;
}
