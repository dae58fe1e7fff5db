package PancakeTest::Keys;

# Copyright (C) 2026 pancake checkout contributors

# Private keys besides the one of the vectors.
#
#   PancakeTest::Keys::fresh($t, 'new.pem')         its PEM text
#   PancakeTest::Keys::large($t, 'slow', 16384)     the public key's file
#
# In the test's directory are then NAME and NAME.pub, or NAME.pem and
# NAME.pub.  Nothing of a fresh one may be in a log.

use strict;
use warnings;

use Math::BigInt ();
use MIME::Base64 qw( encode_base64 );


sub fresh {
    my ($t, $name) = @_;
    my $file = $t->dir . "/$name";

    local ($?, $!);
    system("openssl genrsa -traditional -out '$file' 2048 2>/dev/null && "
           . "openssl rsa -in '$file' -pubout -out '$file.pub' 2>/dev/null")
        == 0 or die 'openssl';

    my $text = PancakeTest::Log::slurp($file);
    $t->secret(grep { !/^-/ && length > 16 } split /\n/, $text);

    return $text;
}


# Of two primes that everybody knows: to look for some of this size takes
# minutes.

sub large {
    my ($t, $name, $bits) = @_;

    my $file = $t->dir . "/$name";
    my $half = $bits / 2;
    my ($p, $q) = map {
        my $text = qx(openssl genpkey -genparam -algorithm DH \\
                      -pkeyopt group:$_ | openssl asn1parse);
        Math::BigInt->from_hex($text =~ /INTEGER +:([0-9A-F]{100,})/);
    } "modp_$half", "ffdhe$half";

    # the inverse of e, without a division of such numbers by each other

    my $e = 65537;
    my $phi = ($p - 1) * ($q - 1);
    my $d = (1 + ($e - ($phi % $e)->bmodinv($e)) * $phi) / $e;

    my $pem = encode_base64(_der(0x30, join '', map {
        my $hex = Math::BigInt->new($_)->as_hex =~ s/^0x//r;
        my $bytes = pack 'H*', length($hex) % 2 ? "0$hex" : $hex;
        _der(2, ord $bytes > 127 ? "\0$bytes" : $bytes);
    } 0, $p * $q, $e, $d, $p, $q, $d % ($p - 1), $d % ($q - 1),
      $q->copy->bmodinv($p)));

    $t->write_file("$name.pem", "-----BEGIN RSA PRIVATE KEY-----\n$pem"
                   . "-----END RSA PRIVATE KEY-----\n", 0600);

    local ($?, $!);
    system("openssl rsa -in '$file.pem' -pubout -out '$file.pub' "
           . "2>'$file.txt'") == 0
        or die 'openssl: ' . $t->log_text("$name.txt");

    return "$file.pub";
}


sub _der {
    my ($type, $data) = @_;
    my $n = length $data;

    return pack('C', $type)
           . ($n < 128 ? pack('C', $n) : $n < 256 ? pack('CC', 0x81, $n)
                                       : pack('Cn', 0x82, $n)) . $data;
}


1;
