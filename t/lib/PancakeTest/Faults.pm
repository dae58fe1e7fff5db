package PancakeTest::Faults;

# Copyright (C) 2026 pancake checkout contributors

# The fault matrix: every way in which the API can fail, each met once or
# always, by each kind of checkout.  What must come of it is worked out here,
# from the rules of README.md alone.
#
# A row is a fault:
#
#   name      at most 29 characters, for the table
#   set       the locations that its cells use (t/52-faults.t)
#   fault     for the API double; undef: the requests do not get there
#   done      1: the API has executed the request that it does not answer
#   seen      $pancake_upstream_status of such an attempt
#   tries     how many attempts a call makes that always meets it; 1: such an
#             answer is never asked for again
#   answer    what the buyer gets then: status, $pancake_result, Retry-After
#
# A cell is a row with times ("once", "always") and place ("session", "order",
# "chain 1", "chain 2": the call that meets the fault).

use strict;
use warnings;

our @TIMES = qw( once always );
our @PLACES = ('session', 'order', 'chain 1', 'chain 2');

my %STEPS = (
    'session' => [ 'create-session' ],
    'order'   => [ 'create-order' ],
    'chain 1' => [ 'create-session', 'create-order' ],
    'chain 2' => [ 'create-session', 'create-order' ],
);


sub cells {
    my @rows = @_;
    my @cells;

    for my $row (@rows) {
        for my $times (@TIMES) {
            for my $place (@PLACES) {
                push @cells, {
                    row => $row, times => $times, place => $place,
                    n => scalar @cells,
                    name => "$row->{name}, $times, $place",
                };
            }
        }
    }

    return @cells;
}


sub steps { @{ $STEPS{ $_[0]{place} } } }


# The number of the call that meets the fault: 0 or 1.

sub faulty { $_[0]{place} eq 'chain 2' ? 1 : 0 }


# Whether the buyer is left with an error although the API is well again.

sub unlucky { $_[0]{times} eq 'once' && $_[0]{row}{tries} == 1 }


# What the calls for one buyer's request come to.  "state" is what the API
# remembers of them: which calls it has executed; it changes.
#
#   status, result, retry_after, attempts
#   upstream   the API's status of each attempt
#   keys       a letter for the key of each attempt, one letter a call
#   requests   [ call, effect, key ] of each that arrives

sub expected {
    my ($cell, $state, %o) = @_;

    my $row = $cell->{row};
    my @steps = steps($cell);
    my %e = (upstream => [], keys => [], requests => [], steps => \@steps);

    for my $i (0 .. $#steps) {
        my $call = $steps[$i];
        my $key = chr(ord('a') + $i);

        for (my $n = 1; ; $n++) {
            my $bad = $i == faulty($cell) && !$o{well}
                      && ($cell->{times} eq 'always' || $n == 1);

            push @{ $e{keys} }, $key;
            push @{ $e{upstream} }, $bad ? $row->{seen} : 200;

            if (!$bad || $row->{fault}) {
                my $effect = $bad && !$row->{done} ? '-'
                           : $state->{$call}++ ? 'replay' : 'created';
                push @{ $e{requests} }, [ $call, $effect, $key ];
            }

            last unless $bad;

            if ($n >= $row->{tries}) {
                @e{qw( status result retry_after )} = @{ $row->{answer} };
                $e{attempts} = @{ $e{keys} };
                return \%e;
            }
        }
    }

    @e{qw( status result )} = (302, 'redirected');
    $e{attempts} = @{ $e{keys} };

    return \%e;
}


# The matrix as a table: what the buyer got, and after how many attempts; "!"
# is a cell that failed, "?" one that is known to.

sub table {
    my @cells = @_;

    my @lines = sprintf '%-30s' . '%-24s' x @TIMES, 'status/attempts', @TIMES;
    my $row = '';

    push @lines, sprintf '%-30s' . '%-6s' x (@TIMES * @PLACES), '',
                 qw( sess. order ch.1 ch.2 ) x @TIMES;

    for my $cell (@cells) {
        if ($cell->{row}{name} ne $row) {
            $row = $cell->{row}{name};
            push @lines, sprintf '%-30s', $row;
        }

        $lines[-1] .= sprintf '%-6s', $cell->{got}
                                      . ($cell->{failed} ? '!'
                                         : $cell->{known} ? '?' : '');
    }

    return join '', map { s/ *\z/\n/r } @lines, '', count(@cells);
}


sub count {
    my @cells = @_;

    my $failed = grep { $_->{failed} } @cells;
    my $known = grep { $_->{known} && !$_->{failed} } @cells;

    return @cells . " cells, $failed failed"
           . ($known ? ", $known known to fail" : '');
}


1;
