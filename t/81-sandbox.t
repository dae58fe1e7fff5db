#!/usr/bin/perl

# Copyright (C) 2026 pancake checkout contributors

# The API double proves itself: signing vectors, credentials, the idempotency
# cache, and that each fault gives the bytes it promises.

use warnings;
use strict;

use Test::More;

use Cwd qw/ abs_path /;
use File::Basename qw/ dirname /;

plan(skip_all => 'nothing here is built with sanitizers')
    if $ENV{TEST_ASAN};

my $t = abs_path(dirname(__FILE__));

my ($major, $minor) = (`node --version 2>&1` || '') =~ /^v(\d+)\.(\d+)/
    or plan(skip_all => 'no node');

# resetAndDestroy() and parseArgs()

plan(skip_all => "node $major.$minor is older than 18.3")
    if $major < 18 || ($major == 18 && $minor < 3);

###############################################################################

open(my $tap, '-|', 'node', "$t/sandbox/selftest.mjs", "$t/vectors")
    or die "cannot run node: $!";

my ($seen, $plan) = (0, -1);

while (my $line = <$tap>) {
    if ($line =~ /^(not )?ok \d+ - (.*)/) {
        $seen++;
        ok(!$1, $2);

    } elsif ($line =~ /^1\.\.(\d+)$/) {
        $plan = $1;

    } elsif ($line =~ /^# (?:got|wanted) /) {
        diag(substr($line, 2));

    } else {
        note($line);
    }
}

close($tap);

is($?, 0, 'exit status');
is($seen, $plan, 'ran to its end');

done_testing();

###############################################################################
