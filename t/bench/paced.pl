#!/usr/bin/perl

# Copyright (C) 2026 pancake checkout contributors

# Asks for one page again and again at a fixed pace, over one connection, and
# tells how long that took: what a visitor of the shop feels.
#
# usage: paced.pl PORT PATH COUNT INTERVAL_MS
#
# Prints the 50th and the 99th percentile and the maximum in microseconds.

use strict;
use warnings;

use IO::Socket::INET;
use Socket qw/IPPROTO_TCP TCP_NODELAY/;
use Time::HiRes qw/sleep clock_gettime CLOCK_MONOTONIC/;

my ($port, $path, $count, $interval) = @ARGV;

my $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port")
    or die "connect: $!\n";

setsockopt($socket, IPPROTO_TCP, TCP_NODELAY, 1);

my $request = "GET $path HTTP/1.1\r\nHost: shop.example\r\n\r\n";
my $next = clock_gettime(CLOCK_MONOTONIC);
my @times;

for (1 .. $count) {
    my $now = clock_gettime(CLOCK_MONOTONIC);

    sleep($next - $now) if $next > $now;
    $next += $interval / 1000;

    my $start = clock_gettime(CLOCK_MONOTONIC);

    syswrite($socket, $request) or die "write: $!\n";

    my $answer = '';

    until (whole($answer)) {
        sysread($socket, $answer, 65536, length $answer) or die "read: $!\n";
    }

    push @times, clock_gettime(CLOCK_MONOTONIC) - $start;

    die "not 200: $answer\n" unless $answer =~ /^HTTP\/1\.1 200 /;
}

@times = sort { $a <=> $b } @times;

printf "%.0f %.0f %.0f\n", map { 1e6 * $_ }
    $times[int(0.5 * @times)], $times[int(0.99 * @times)], $times[-1];


sub whole {
    my ($answer) = @_;

    return 0 unless $answer =~ /\r\n\r\n/;

    my $size = $+[0];

    return $answer =~ /^Content-Length: (\d+)/mi
        && length($answer) >= $size + $1;
}
