#!/usr/bin/perl

# Copyright (C) pancake checkout contributors

# The C unit tests of src/core: builds t/unit/test_*.c and passes their TAP
# on, one subtest a program.
#
# TEST_NGINX_SRC    a configured nginx source tree (default build/nginx-src)
# TEST_ASAN         build with sanitizers
# TEST_UNIT_OUT     where to build (default build/unit or build/unit-asan)
# CC CFLAGS LDFLAGS passed to t/unit/build.sh

use warnings;
use strict;

use Test::More;

use Cwd qw/ abs_path /;
use Digest::SHA qw/ hmac_sha256 hmac_sha256_hex /;
use File::Basename qw/ basename dirname /;
use File::Path qw/ make_path /;
use JSON::PP;
use MIME::Base64 qw/ decode_base64 encode_base64url /;

my $top = abs_path(dirname(__FILE__) . '/..');
my $src = $ENV{TEST_NGINX_SRC} || "$top/build/nginx-src";
my $out = $ENV{TEST_UNIT_OUT}
    || "$top/build/unit" . ($ENV{TEST_ASAN} ? '-asan' : '');
my $vectors = "$top/t/vectors";

plan(skip_all => 'no configured nginx sources: set TEST_NGINX_SRC or run'
    . ' t/tools/nginx-source')
    unless -f "$src/objs/ngx_auto_config.h";

###############################################################################

if ($ENV{TEST_ASAN}) {
    my $sanitize = '-fsanitize=address,undefined -fno-omit-frame-pointer'
        . ' -fno-sanitize-recover=undefined';

    $ENV{$_} = join(' ', grep { defined } $ENV{$_}, $sanitize)
        for qw/ CFLAGS LDFLAGS /;
}

make_path($out);

my $log = `'$top/t/unit/build.sh' '$src' '$out' 2>&1`;
my $built = $? == 0;

ok($built, 'build') or diag($log);

if ($built) {
    my %input = (
        test_json => \&json_lines,
        test_signature => \&signature_lines,
        test_idempotency => \&idempotency_lines,
    );

    for my $program (glob("$out/test_*")) {
        my $name = basename($program);
        my $lines = $input{$name} ? $input{$name}->() : '';

        subtest($name => sub { run($program, $lines) });
    }
}

done_testing();

###############################################################################

sub run {
    my ($program, $lines) = @_;

    my $file = "$out/obj/" . basename($program) . '.in';

    open(my $in, '>', $file) or die "cannot write $file: $!";
    binmode($in);
    print $in $lines;
    close($in);

    open(my $tap, '-|', "'$program' '$vectors' < '$file'")
        or die "cannot run $program: $!";

    my ($seen, $plan) = (0, -1);

    while (my $line = <$tap>) {
        if ($line =~ /^(not )?ok \d+ - (.*)/) {
            $seen++;
            ok(!$1, $2);

        } elsif ($line =~ /^1\.\.(\d+)$/) {
            $plan = $1;

        } else {
            chomp($line);
            diag($line);
        }
    }

    close($tap);

    is($?, 0, 'exit status');
    is($seen, $plan, 'ran to its end');
}

sub signing {
    return decode_json(slurp("$vectors/signing.json"))->{vectors};
}

sub slurp {
    my ($file) = @_;

    open(my $in, '<', $file) or die "cannot read $file: $!";
    binmode($in);
    local $/;
    return <$in>;
}

sub row {
    return join("\t", @_) . "\n";
}

sub hex_of {
    my ($text) = @_;

    return length($text) ? unpack('H*', $text) : '-';
}

sub json_lines {
    return join('', map { row($_->{name}, $_->{bodyHex}) } @{signing()});
}

# the key's PKCS#1 bytes as the HMAC key, whatever form the file has

sub signature_lines {
    my $pem = slurp("$vectors/test-key.pkcs1.pem");

    $pem =~ s/-----.*?-----//g;

    my $der = decode_base64($pem);

    return join('',
        (map { row('sign', @{$_}{qw/ name method path timestamp bodyHex
            bodySha256Base64 signature /}) } @{signing()}),
        (map { row('derive', $_, hmac_sha256_hex($_, $der)) }
            'pancake-idempotency', 'x'));
}

# the format that pancake_idempotency.c tells, written a second time

sub idempotency_lines {
    my @cases = (
        ['secret', 'MER_2aUyqjCzEIiEcYMKj7TZtw',
            '/v1/actions/checkout/create-session', 2,
            'key', '192.0.2.1', 170531220, '{"currency":"USD"}'],
        ["\0\1\xff" x 11, 'slug:test', '/', 0, '', '', 0, '{}'],
        ['s', '', '', 2, pack('C*', 0 .. 15), '', 0, ''],
        ['k' x 200, 'm', '/v1', 1, "a\nb", '', 2 ** 33 + 5,
            'x' x 20000],
    );

    my $lines = '';

    for (@cases) {
        my ($secret, $merchant, $path, $kind, $a, $b, $window, $body) = @$_;

        my $part = sub { pack('Q>', length($_[0])) . $_[0] };

        my $text = "pancake-idempotency-1\n" . $part->($merchant)
            . $part->($path) . pack('C', $kind) . $part->($a)
            . $part->($b) . pack('Q>', $window) . $part->($body);

        $lines .= row((map { hex_of($_) } $secret, $merchant, $path),
            $kind, hex_of($a), hex_of($b), $window, hex_of($body),
            encode_base64url(hmac_sha256($text, $secret)));
    }

    return $lines;
}

###############################################################################
