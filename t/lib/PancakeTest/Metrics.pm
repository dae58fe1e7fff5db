package PancakeTest::Metrics;

# Copyright (C) 2026 pancake checkout contributors

# What pancake_status answers, taken apart: both formats become the same hash
# of numbers, by names such as
#
#   checkouts_total shop.example /buy create-session redirected
#   api_duration_seconds_bucket shop.example /buy create-session 0.005
#   waiting
#
# without "pancake_" in front and with the values of labels in their order.
# A series that comes twice, or a line that is none, dies.
#
#   PancakeTest::Metrics::text($body), ::json($body)
#   PancakeTest::Metrics::odd($numbers)     what histograms have wrong
#   PancakeTest::Metrics::promtool($t, $body)   what promtool complains about

use strict;
use warnings;

use Carp qw( croak );
use JSON::PP ();


sub text {
    my ($body) = @_;
    my (%n, %type);

    croak 'no end of line' if $body !~ /\n\z/;

    for (split /\n/, $body) {

        if (/^# TYPE pancake_(\w+) (counter|gauge|histogram)\z/) {
            croak "twice: $_" if $type{$1}++;
            next;
        }

        next if /^# HELP pancake_\w+ \S/;

        my ($name, $labels, $value)
            = /^pancake_(\w+)(?:\{(.*)\})? ([0-9]+(?:\.[0-9]{3})?)\z/
              or croak "no metric: $_";

        my @values = labels($labels // '');
        my ($family) = $name =~ /^(\w+?)(?:_bucket|_sum|_count)?\z/;
        my $key = join ' ', $name, @values;

        croak "no type: $_" unless $type{$family};
        croak "twice: $_" if exists $n{$key};

        $n{$key} = $value;
    }

    return \%n;
}


# name="value",... with its backslashes

sub labels {
    my ($text) = @_;
    my @values;

    while (length $text) {
        $text =~ s/^\w+="((?:[^"\\\n]|\\[\\"n])*)"(?:,(?=.)|\z)//
            or croak "no label: $text";

        push @values, $1 =~ s/\\(.)/$1 eq 'n' ? "\n" : $1/ger;
    }

    return @values;
}


my %FAMILY = (
    results => 'checkouts_total',
    validationFailures => 'validation_failures_total',
    calls => 'api_calls_total',
    attempts => 'api_attempts_total',
    signatures => 'signatures_total',
    replays => 'replays_total',
);

sub json {
    my ($body) = @_;

    # the bytes of names are compared

    my $root = JSON::PP->new->decode($body);
    my %n = (waiting => delete $root->{waiting},
             api_in_flight => delete $root->{inFlight});

    $n{ join ' ', 'build_info', map { delete $root->{$_} }
                                    qw( version nginx openssl ) } = 1;

    for my $location (@{ delete $root->{locations} }) {
        my @place = map { delete $location->{$_} } qw( server location );
        my $calls = delete $location->{api};

        object(\%n, 'checkout', $location, @place);
        object(\%n, 'api', $_, @place) for @$calls;
    }

    for my $webhook (@{ delete $root->{webhooks} }) {
        my @labels = map { delete $webhook->{$_} } qw( server location
                                                       action );
        my $results = delete $webhook->{results};

        $n{ join ' ', 'webhooks_total', @labels, $_ } = $results->{$_}
            for keys %$results;

        croak "what is @{[ %$webhook ]}?" if %$webhook;
    }

    croak "what is @{[ %$root ]}?" if %$root;

    return \%n;
}


sub object {
    my ($n, $what, $object, @place) = @_;

    my @labels = (@place, delete $object->{action});
    my $time = delete $object->{time};
    my $buckets = delete $time->{buckets};
    my %all;

    for my $member (keys %$object) {
        my $family = $FAMILY{$member} or croak "what is $member?";
        my $values = $object->{$member};
        $all{ join ' ', $family, @labels, $_ } = $values->{$_}
            for keys %$values;
    }

    my $name = "${what}_duration_seconds";

    $all{ join ' ', "${name}_bucket", @labels, $_ } = $buckets->{$_}
        for keys %$buckets;

    my $count = delete $time->{count};
    $all{ join ' ', "${name}_bucket", @labels, '+Inf' } = $count;
    $all{ join ' ', "${name}_count", @labels } = $count;
    $all{ join ' ', "${name}_sum", @labels }
        = sprintf '%.3f', delete($time->{sumMs}) / 1000;

    croak "what is @{[ %$time ]}?" if %$time;

    for my $key (keys %all) {
        croak "twice: $key" if exists $n->{$key};
        $n->{$key} = $all{$key};
    }
}


# Buckets that go down, that do not end in the count, and counts that are not
# those of what is measured.  In flight: how much one may be ahead.

sub odd {
    my ($n, %o) = @_;
    my (%sum, @odd);

    for my $key (keys %$n) {
        my ($name, $rest) = split / /, $key, 2;
        next unless $name =~ /^(?:checkouts|api_attempts)_total\z/;
        $rest =~ s/ \w+\z//;
        $sum{ $name =~ /^api/ ? "api $rest" : "checkout $rest" } += $n->{$key};
    }

    for my $key (sort keys %sum) {
        my ($what, $rest) = split / /, $key, 2;
        my $name = "${what}_duration_seconds";
        my $last = 0;

        for my $le (qw( 0.005 0.01 0.025 0.05 0.1 0.25 0.5 1 2.5 5 10 20 60
                        +Inf ))
        {
            my $now = $n->{"${name}_bucket $rest $le"} // -1;
            push @odd, "$key: $now at $le after $last" if $now < $last;
            $last = $now;
        }

        my $count = $n->{"${name}_count $rest"} // -1;

        push @odd, "$key: $last up to +Inf, $count in all" if $last != $count;
        push @odd, "$key: $sum{$key} and $count measured"
            if abs($sum{$key} - $count) > ($o{slack} // 0);
    }

    return @odd;
}


sub promtool {
    my ($t, $body) = @_;

    local ($?, $!);
    chomp(my $promtool = `@{[ $t->top ]}/t/tools/promtool`);

    $t->write_file('metrics', $body);

    my $said = `$promtool check metrics < @{[ $t->dir ]}/metrics 2>&1`;

    return $? ? "$said(status $?)" : $said;
}


1;
