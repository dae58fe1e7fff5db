# Private keys: every form that the contract names, from a file and from the
# environment, signs the same; every other is refused with the reason.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use Test::More;

use MIME::Base64 qw( decode_base64 encode_base64 );
use POSIX ();

my $t = PancakeTest->new;
my $DIR = $t->dir;
my $VECTORS = $t->top . '/t/vectors';

my $PKCS8 = PancakeTest::Log::slurp("$VECTORS/test-key.pem");
my $PKCS1 = PancakeTest::Log::slurp("$VECTORS/test-key.pkcs1.pem");
my $PUBLIC = PancakeTest::Log::slurp("$VECTORS/test-key.pub.pem");


# What openssl makes of its arguments; %d is the test's own directory.

sub openssl {
    my ($args, $name) = @_;

    $args =~ s/%d/$DIR/g;
    local ($?, $!);
    system("openssl $args >'$DIR/openssl.txt' 2>&1") == 0
        or die "openssl $args: " . PancakeTest::Log::slurp("$DIR/openssl.txt");

    my $text = PancakeTest::Log::slurp("$DIR/$name");

    # none of them may get into a log either

    $t->secret(grep { !/^-/ && length > 16 } split /\n/, $text)
        if $text =~ /PRIVATE KEY/;

    return $text;
}

sub der { decode_base64($_[0] =~ s/^-.*$//mgr) }
sub raw { encode_base64(der($_[0]), $_[1] // '') }
sub lines { my ($text, $end) = @_; $text =~ s/\n/$end/g; $text }
sub pem { "-----BEGIN $_[0]-----\n$_[1]-----END $_[0]-----\n" }

my $OTHER = openssl('genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 '
                    . '-out %d/other.pem', 'other.pem');
openssl('pkey -in %d/other.pem -pubout -out %d/other.pub', 'other.pub');

my $SMALL = openssl('genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 '
                    . '-out %d/small.pem', 'small.pem');
my $ALMOST = openssl('genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2047 '
                     . '-out %d/almost.pem', 'almost.pem');
my $PSS = openssl('genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 '
                  . '-out %d/pss.pem', 'pss.pem');
my $EC = openssl('genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 '
                 . '-out %d/ec.pem', 'ec.pem');
my $SEC1 = openssl('ec -in %d/ec.pem -out %d/sec1.pem', 'sec1.pem');
my $EC_PARAMETERS = openssl('ecparam -name prime256v1 -genkey '
                            . '-out %d/ecparam.pem', 'ecparam.pem');
my $ED25519 = openssl('genpkey -algorithm ED25519 -out %d/ed.pem', 'ed.pem');
my $LOCKED8 = openssl("pkcs8 -topk8 -in $VECTORS/test-key.pem -passout pass:a "
                      . '-out %d/locked8.pem', 'locked8.pem');
my $LOCKED1 = openssl("rsa -in $VECTORS/test-key.pem -aes128 -traditional "
                      . '-passout pass:a -out %d/locked1.pem', 'locked1.pem');
my $PUBLIC1 = openssl("rsa -in $VECTORS/test-key.pem -RSAPublicKey_out "
                      . '-out %d/public1.pem', 'public1.pem');
my $CERTIFICATE = openssl("req -x509 -new -key $VECTORS/test-key.pem "
                          . '-subj /CN=localhost -days 2 '
                          . '-out %d/cert.pem', 'cert.pem');

unlink glob "$DIR/*.pem";
$t->write_file('test-key.pem', $PKCS8, 0600);


# Forms that are the same key: name, bytes.

my @good = (
    [ 'PKCS#8 PEM',                 $PKCS8 ],
    [ 'PKCS#1 PEM',                 $PKCS1 ],
    [ 'PKCS#8, CRLF',               lines($PKCS8, "\r\n") ],
    [ 'PKCS#1, CRLF',               lines($PKCS1, "\r\n") ],
    [ 'PKCS#8, CR',                 lines($PKCS8, "\r") ],
    [ 'PKCS#8, backslash n',        lines($PKCS8, '\n') ],
    [ 'PKCS#1, backslash n',        lines($PKCS1, '\n') ],
    [ 'PKCS#8, one line',           lines($PKCS8, '') ],
    [ 'PKCS#1, one line',           lines($PKCS1, '') ],
    [ 'PKCS#8, one line with blanks', lines($PKCS8, ' ') ],
    [ 'PKCS#8, no last line end',   $PKCS8 =~ s/\n\z//r ],
    [ 'PKCS#8, two line ends',      lines($PKCS8, "\n\n") ],
    [ 'PKCS#8, blanks around',      "\n \t\r\n$PKCS8\n \t\r\n" ],
    [ 'PKCS#8, blanks in lines',    $PKCS8 =~ s/\n/ \t\n  /gr ],
    [ 'PKCS#8, backslash n around', '\n\n' . $PKCS8 . '\n' ],
    [ 'base64 of PKCS#8',           raw($PKCS8) ],
    [ 'base64 of PKCS#8, wrapped',  raw($PKCS8, "\n") ],
    [ 'base64 of PKCS#8, wrapped by CRLF', raw($PKCS8, "\r\n") ],
    [ 'base64 of PKCS#8, backslash n', lines(raw($PKCS8, "\n"), '\n') ],
    [ 'base64 of PKCS#8, blanks around', ' ' . raw($PKCS8) . " \n" ],
    [ 'base64 of PKCS#1',           raw($PKCS1) ],
);

# Forms that are refused: name, bytes, the reason.

my $FORM = 'is neither PEM nor base64 of a PKCS#8 or PKCS#1 key';
my $BITS = 'has fewer than 2048 bits';

my @bad = (
    [ 'PKCS#8, backslash r backslash n', lines($PKCS8, '\r\n'),
                                    'has text after its END line' ],
    [ 'PKCS#8, backslash r backslash n inside',
      lines($PKCS8, '\r\n') =~ s/\\r\\n\z//r, 'is damaged' ],
    [ 'encrypted PKCS#8',           $LOCKED8, 'is encrypted' ],
    [ 'encrypted PKCS#1',           $LOCKED1, 'is encrypted' ],
    [ 'public key',                 $PUBLIC, 'is a public key' ],
    [ 'public key, PKCS#1',         $PUBLIC1, 'is a public key' ],
    [ 'base64 of a public key',     raw($PUBLIC), $FORM ],
    [ 'certificate',                $CERTIFICATE, 'is a certificate' ],
    [ 'EC key in PKCS#8',           $EC, 'is not an RSA key' ],
    [ 'EC key',                     $SEC1, 'is not an RSA key' ],
    [ 'EC key behind its parameters', $EC_PARAMETERS, 'is not an RSA key' ],
    [ 'base64 of an EC key',        raw($EC), 'is not an RSA key' ],
    [ 'Ed25519 key',                $ED25519, 'is not an RSA key' ],
    [ 'RSA-PSS key',                $PSS, 'is not an RSA key' ],
    [ 'RSA 1024',                   $SMALL, $BITS ],
    [ 'RSA 2047',                   $ALMOST, $BITS ],
    [ 'base64 of RSA 1024',         raw($SMALL), $BITS ],
    [ 'OpenSSH key', pem('OPENSSH PRIVATE KEY', "b3BlbnNzaA==\n"),
      'is in OpenSSH form, not PKCS#8 or PKCS#1' ],
    [ 'unknown label', pem('SECRET KEY', raw($PKCS8, "\n")),
      'has an unknown PEM label' ],
    [ 'label of PKCS#8 around PKCS#1',
      pem('PRIVATE KEY', raw($PKCS1, "\n")), 'is damaged' ],
    [ 'no END line',                $PKCS8 =~ s/-----END.*//sr,
                                    'has no END line' ],
    [ 'another END line',           $PKCS8 =~ s/END PRIV/END RSA PRIV/r,
      'has an END line that does not match its BEGIN line' ],
    [ 'half a BEGIN line',          '-----BEGIN PRIVATE KEY',
                                    'has a malformed BEGIN line' ],
    [ 'nothing between',            pem('PRIVATE KEY', ''), 'is damaged' ],
    [ 'text before',                "waffo key\n$PKCS8",
                                    'has text before its BEGIN line' ],
    [ 'text after',                 "${PKCS8}waffo key\n",
                                    'has text after its END line' ],
    [ 'two keys',                   "$PKCS8$PKCS1",
                                    'has more than one PEM block' ],
    [ 'key and certificate',        "$PKCS8$CERTIFICATE",
                                    'has more than one PEM block' ],
    [ 'a byte-order mark',          "\xef\xbb\xbf$PKCS8",
                                    'has text before its BEGIN line' ],
    [ 'UTF-16',                     join('', map { "$_\0" } split //, $PKCS8),
                                    $FORM ],
    [ 'cut off',                    $PKCS8 =~ s/\n[^\n]+\n(?=-----END)/\n/r,
                                    'is damaged' ],
    [ 'a character too many',       $PKCS8 =~ s/(?=\n-----END)/A/r,
                                    'is damaged' ],
    [ 'no base64',                  $PKCS8 =~ s/\n./\n*/r, 'is damaged' ],
    [ 'padding inside',             $PKCS8 =~ s/\n../\n==/r, 'is damaged' ],
    [ 'a modulus changed',          $PKCS8 =~ s/(?<=\n)(.{64}\n){2}\K(.)/
                                        $2 eq 'A' ? 'B' : 'A'/er,
                                    'is damaged: its signature does not '
                                    . 'verify' ],
    [ 'DER',                        der($PKCS8), $FORM ],
    [ 'a NUL behind',               "$PKCS8\0", 'has text after its END line' ],
    [ 'a password',                 'correct horse battery staple', $FORM ],
    [ 'hex',                        unpack('H*', der($PKCS8)), $FORM ],
    [ 'blanks',                     " \n\n\t\r\n", 'is empty' ],
    [ 'backslash n only',           '\n\n', 'is empty' ],
);

# What cannot be in the environment.

my %no_env = map { $_ => 1 } ('UTF-16', 'DER', 'a NUL behind');


my $conf = <<'EOT';
pancake_merchant_id %%MERCHANT%%;
%%RETRY_OFF%%
pancake_set productId %%PRODUCT%%;
pancake_set currency USD;
EOT

my $n = 0;

for my $case (@good) {
    my ($name, $bytes) = @$case;

    $n++;
    $t->write_file("good-$n.pem", $bytes, 0600);
    $ENV{"PANCAKE_TEST_GOOD_$n"} = $bytes;      # and no "env" directive

    $conf .= <<"EOT";
location = /file-$n {
    pancake_checkout create-session;
    pancake_private_key good-$n.pem;
}
location = /env-$n {
    pancake_checkout create-session;
    pancake_private_key env:PANCAKE_TEST_GOOD_$n;
}
EOT
}

mkdir "$DIR/keys";
symlink '../test-key.pem', "$DIR/keys/link.pem";
$t->write_file('other.pem', $OTHER, 0600);
$t->write_file('changing.pem', $PKCS8, 0600);

$conf .= <<"EOT";
location = /relative {
    pancake_checkout create-session;
    pancake_private_key keys/../keys/link.pem;
}
location = /absolute {
    pancake_checkout create-session;
    pancake_private_key %%DIR%%/test-key.pem;
}
location = /larger {
    pancake_checkout create-session;
    pancake_private_key other.pem;
}
location = /changing {
    pancake_checkout create-session;
    pancake_private_key changing.pem;
}
location /outer/ {
    pancake_private_key other.pem;
    location = /outer/inner {
        pancake_checkout create-session;
    }
    location = /outer/own {
        pancake_checkout create-session;
        pancake_private_key %%KEY%%;
    }
    location = /outer/slug {
        pancake_checkout create-session;
        pancake_store_slug my-store test;
    }
}
%%API_LOCATION%%
EOT

my @names = (map { ([ "file, $good[$_ - 1][0]", "/file-$_" ],
                    [ "env, $good[$_ - 1][0]", "/env-$_" ]) } 1 .. $n);

my @requests = (
    @names,
    [ 'relative path, symbolic link', '/relative' ],
    [ 'absolute path',         '/absolute' ],
    [ 'a larger key',          '/larger', 'other.pub' ],
    [ 'key of the level above', '/outer/inner', 'other.pub' ],
    [ 'key of its own',        '/outer/own' ],
);

my $bad_env = grep { !$no_env{$_->[0]} } @bad;

$t->plan(3 * @requests + @bad + $bad_env + 3 * @names + 37)
  ->conf($conf)->backend(1)->run;


# Status, who signed, and whether openssl agrees.

sub signed {
    my ($name, $uri, $public) = @_;

    my $r = $t->clear_requests->post_form($uri, '');
    my ($req) = $t->requests;
    $req->{public} = "$DIR/$public" if $req && $public;

    is($r->status, 302, "$name: status");
    is($req && $req->header('X-Merchant-Id'), $t->merchant,
       "$name: merchant");
    is($req && $req->signature_ok, 1, "$name: signature");
}

signed(@$_) for @requests;

$t->clear_requests;
is($t->post_form('/outer/slug', '')->status, 302, 'slug below a key: status');

my ($req) = $t->requests;
is($req->header('X-Store-Slug'), 'my-store', 'slug below a key: slug');
is($req->header('X-Signature'), undef, 'slug below a key: no signature');
is($req->header('X-Merchant-Id'), undef, 'slug below a key: no merchant');


# A reload reads everything again; the environment is the one of the start.

$ENV{PANCAKE_TEST_GOOD_1} = 'gone';
$t->write_file('changing.pem', $OTHER, 0600);

is($t->reload, 1, 'reload');
signed("after a reload: $_->[0]", $_->[1]) for @names;
signed('after a reload: the new key', '/changing', 'other.pub');


# A key that is broken at a reload leaves the running one in use.

$t->write_file('changing.pem', 'nonsense', 0600);
$t->expect_log(qr/private key "changing\.pem" is neither/);

is($t->mark->reload, 0, 'reload with a broken key: refused');

my @emerg = map { $_->[1] } grep { $_->[0] eq 'emerg' } $t->messages;
like("@emerg", qr{^private\ key\ "changing\.pem"\ \Q$FORM\E
                  \ in\ \Q$DIR\E/nginx\.conf:\d+\z}x,
     'reload with a broken key: message');
signed('after a refused reload', '/changing', 'other.pub');


# What is refused.

sub refused {
    my ($name, $param, $message, $directive) = @_;
    $directive //= 'pancake_private_key';
    $t->must_fail_config("$directive $param; # HERE\n",
                         "$message in %%HERE%%", $name);
}

for my $case (@bad) {
    my ($name, $bytes, $reason) = @$case;

    $t->write_file('bad.pem', $bytes, 0600);
    refused("file, $name", 'bad.pem', qq(private key "bad.pem" $reason));

    next if $no_env{$name};

    local $ENV{PANCAKE_TEST_BAD} = $bytes;
    refused("env, $name", 'env:PANCAKE_TEST_BAD',
            qq(private key "env:PANCAKE_TEST_BAD" $reason));
}

$ENV{PANCAKE_TEST_EMPTY} = '';

refused('no variable', 'env:PANCAKE_TEST_NONE',
        'environment variable "PANCAKE_TEST_NONE" is not set or empty');
refused('empty variable', 'env:PANCAKE_TEST_EMPTY',
        'environment variable "PANCAKE_TEST_EMPTY" is not set or empty');
refused('variable, other case', 'env:pancake_test_good_1',
        'environment variable "pancake_test_good_1" is not set or empty');


# Files, for both directives that read secrets.

$t->write_file('empty.pem', '', 0600);
$t->write_file('huge.pem', 'x' x 65537, 0600);
POSIX::mkfifo("$DIR/fifo.pem", 0600) or die "mkfifo: $!";
symlink 'loop.pem', "$DIR/loop.pem";

open my $sparse, '>', "$DIR/sparse.pem" or die "sparse.pem: $!";
truncate $sparse, 5_000_000_000;
close $sparse;
chmod 0600, "$DIR/sparse.pem";

my @files = (
    [ 'missing file', 'none.pem',
      'open() "%%DIR%%/none.pem" failed (2: No such file or directory)' ],
    [ 'missing directory', 'none/none.pem',
      'open() "%%DIR%%/none/none.pem" failed (2: No such file or directory)' ],
    [ 'file as directory', 'test-key.pem/a',
      'open() "%%DIR%%/test-key.pem/a" failed (20: Not a directory)' ],
    [ 'circle of links', 'loop.pem',
      'open() "%%DIR%%/loop.pem" failed (40: Too many levels of symbolic '
      . 'links)' ],
    [ 'empty file', 'empty.pem',
      '"%%DIR%%/empty.pem" has 0 bytes, it must have 1 to 65536' ],
    [ 'huge file', 'huge.pem',
      '"%%DIR%%/huge.pem" has 65537 bytes, it must have 1 to 65536' ],
    [ 'file of 5 GB', 'sparse.pem',
      '"%%DIR%%/sparse.pem" has 5000000000 bytes, it must have 1 to 65536' ],
    [ 'directory', 'keys', '"%%DIR%%/keys" is not a regular file' ],
    [ 'named pipe', 'fifo.pem', '"%%DIR%%/fifo.pem" is not a regular file' ],
    [ 'device', '/dev/null', '"/dev/null" is not a regular file' ],
);

for my $case (@files) {
    my ($name, $file, $message) = @$case;

    refused("key, $name", $file, $message);
    refused("secret, $name", $file, $message, 'pancake_idempotency_secret');
}

SKIP: {
    skip 'root reads every file', 1 if $> == 0;

    $t->write_file('closed.pem', $PKCS8, 0);
    refused('unreadable file', 'closed.pem',
            'open() "%%DIR%%/closed.pem" failed (13: Permission denied)');
}
