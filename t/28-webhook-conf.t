# Webhooks: what could never work is refused by "nginx -t", with the line and
# in words that say what to do.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use PancakeTest::Webhook;
use Test::More;

my $t = PancakeTest->new;
my $VECTORS = $t->top . '/t/vectors';

PancakeTest::Webhook->new($t);
PancakeTest::Webhook->new($t, $_) for qw( second third );
PancakeTest::Webhook->new($t, 'small', 1024);

sub file { PancakeTest::Log::slurp($_[0]) }

my $PEM = file("$VECTORS/test-key.pub.pem");
my $TEST = file("$VECTORS/waffo-webhook-test.pub.pem");

(my $body = $PEM) =~ s/-----.*?-----//g;

sub openssl {
    my ($command, $file) = @_;
    local ($?, $!);
    system("cd '${\ $t->dir}' && openssl $command >/dev/null 2>&1") == 0
        or die "openssl $command";
}

openssl('genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.key');
openssl('pkey -in ec.key -pubout -out ec.pub');
openssl('genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 '
        . '-out pss.key');
openssl('pkey -in pss.key -pubout -out pss.pub');
openssl('rsa -in second.key -RSAPublicKey_out -out pkcs1.pub');
openssl('req -x509 -new -key second.key -subj /CN=a -out cert.pem');

$t->write_file('conf/own.pub', $PEM)
  ->write_file('empty.pub', '')
  ->write_file('text.pub', "no key\n")
  ->write_file('both.pub', $PEM . $TEST)
  ->write_file('cut.pub', substr($PEM, 0, 200))
  ->write_file('damaged.pub', $PEM =~ s/MIIB/MIIC/r)
  ->write_file('bare.pub', $body)
  ->write_file('private.pub', file("$VECTORS/test-key.pem"), 0600)
  ->write_file('large.pub', $PEM . ' ' x 16384)
  ->write_file('test.pub', $TEST)
  ->write_file('crlf.pub', $PEM =~ s/\n/\r\n/gr)
  ->write_file('told.pub', "of the dashboard\n$PEM\n\n");


sub number { qq(invalid number of arguments in "$_[0]" directive) }
sub twice { qq("$_[0]" directive is duplicate) }
sub misplaced { qq("$_[0]" directive is not allowed here) }

sub environment {
    qq(invalid environment "$_[0]" in "pancake_webhook" directive, it must be )
    . '"test" or "prod", or "off" alone';
}

sub parameter {
    qq(invalid parameter "$_[0]" in "pancake_webhook" directive, it must be )
    . '"tolerance=time" of 1s to 1d or "future=time" of 1s to 1h, once, or '
    . '"store=id", "key=file" or "key=builtin"';
}

sub store {
    qq(invalid store "$_[0]" in "pancake_webhook" directive, it must be STO_ )
    . 'and 22 letters or digits';
}

sub key { qq(public key "$_[0]" in "pancake_webhook" directive $_[1]) }

sub again { qq("key=$_[0]" in "pancake_webhook" directive is the same key )
            . 'again' }

sub missing {
    qq(open() "%%DIR%%/$_[0]" failed (2: No such file or directory));
}

sub valid {
    qq(invalid parameter "$_[0]" in "pancake_webhook_zone" directive, it must )
    . 'be "valid=time" of 1s to 7d';
}

sub forgets {
    my ($valid, $window) = @_;
    return qq("pancake_webhook_zone" forgets events after ${valid}s and )
        . qq("pancake_webhook" takes them for ${window}s, so that one could )
        . qq(be sent again: set "valid=${window}s" or more in %%HERE%%);
}

my $MANY = '"pancake_webhook" directive has more than two keys, remove those '
    . 'that nothing is signed with';
my $BOTH = '"pancake_checkout" answers buyers, and "pancake_webhook" lets in '
    . 'the platform alone: use another location, or "pancake_webhook off" in '
    . 'a nested one';
my $W = 'pancake_webhook';
my $Z = 'pancake_webhook_zone';

# In a location: the line, and the message; none: it is accepted.

my @lines = (
    [ "$W;",                            number($W) ],
    [ "$W \"\";",                       environment('') ],
    [ "$W on;",                         environment('on') ],
    [ "$W Prod;",                       environment('Prod') ],
    [ "$W production;",                 environment('production') ],
    [ "$W \$mode;",                     environment('$mode') ],
    [ "$W off test;",                   environment('off') ],
    [ "$W key=webhook.pub test;",       environment('key=webhook.pub') ],
    [ "$W test; $W prod;",              twice($W) ],
    [ "$W off; $W off;",                twice($W) ],
    [ "$W test;" ],
    [ "$W prod store=STO_3bVzrkD0FJjFdZNLk8Ualx;" ],
    [ "$W off;" ],

    [ "$W test prod;",                  parameter('prod') ],
    [ "$W test tolerance;",             parameter('tolerance') ],
    [ "$W test tolerance=;",            parameter('tolerance=') ],
    [ "$W test tolerance=0;",           parameter('tolerance=0') ],
    [ "$W test tolerance=-1m;",         parameter('tolerance=-1m') ],
    [ "$W test tolerance=999ms;",       parameter('tolerance=999ms') ],
    [ "$W test tolerance=25h;",         parameter('tolerance=25h') ],
    [ "$W test tolerance=99999d;",      parameter('tolerance=99999d') ],
    [ "$W test tolerance=soon;",        parameter('tolerance=soon') ],
    [ "$W test tolerance=5m tolerance=5m;", parameter('tolerance=5m') ],
    [ "$W test future=0;",              parameter('future=0') ],
    [ "$W test future=61m;",            parameter('future=61m') ],
    [ "$W test future=1m future=2m;",   parameter('future=2m') ],
    [ "$W test store=;",                parameter('store=') ],
    [ "$W test store=STO_mine;",        store('STO_mine') ],
    [ "$W test store=PROD_3bVzrkD0FJjFdZNLk8Uaxy;",
      store('PROD_3bVzrkD0FJjFdZNLk8Uaxy') ],
    [ "$W test store=\$store;",         store('$store') ],
    [ "$W test store=STO_3bVzrkD0FJjFdZNLk8Ualx tolerance=1m "
      . 'store=STO_4cWAslE1GKkGeAOMl9Vbmy;' ],
    [ "$W test past=1m;",               parameter('past=1m') ],
    [ "$W test tolerance=1s future=1s;" ],
    [ "$W test future=1h tolerance=1d;" ],

    [ "$W test key=;",                  parameter('key=') ],
    [ "$W test key=none.pub;",          missing('none.pub') ],
    [ "$W test key=empty.pub;",         key('empty.pub', 'is not PEM') ],
    [ "$W test key=text.pub;",          key('text.pub', 'is not PEM') ],
    [ "$W test key=cut.pub;",           key('cut.pub', 'is not PEM') ],
    [ "$W test key=bare.pub;",          key('bare.pub', 'is not PEM') ],
    [ "$W test key=damaged.pub;",       key('damaged.pub', 'is damaged') ],
    [ "$W test key=both.pub;",          key('both.pub',
                                            'has more than one PEM block') ],
    [ "$W test key=private.pub;",       key('private.pub',
                                            'is a private key') ],
    [ "$W test key=cert.pem;",          key('cert.pem', 'is a certificate') ],
    [ "$W test key=pkcs1.pub;",         key('pkcs1.pub', 'does not begin with '
                                        . '"-----BEGIN PUBLIC KEY-----"') ],
    [ "$W test key=ec.pub;",            key('ec.pub', 'is not an RSA key') ],
    [ "$W test key=pss.pub;",           key('pss.pub', 'is not an RSA key') ],
    [ "$W test key=small.pub;",         key('small.pub',
                                            'has fewer than 2048 bits') ],
    [ "$W test key=large.pub;",         key('large.pub',
                                            'has more than 16384 bytes') ],
    [ "$W test key=webhook.pub key=second.pub key=third.pub;", $MANY ],
    [ "$W test key=webhook.pub key=conf/own.pub;", again('conf/own.pub') ],
    [ "$W test key=builtin key=builtin;", again('builtin') ],
    [ "$W test key=test.pub key=builtin;", again('builtin') ],
    [ "$W prod store=STO_3bVzrkD0FJjFdZNLk8Ualx key=test.pub key=builtin;" ],
    [ "$W test key=builtin;" ],
    [ "$W test key=conf/own.pub key=builtin;" ],
    [ "$W test key=crlf.pub key=told.pub;", again('told.pub') ],
    [ "$W test key=%%DIR%%/told.pub;" ],

    [ "$Z a 1m;",                       misplaced($Z) ],
);

# In http: the same, in front of a location with "pancake_webhook test".

my @zones = (
    [ "$Z;",                            number($Z) ],
    [ "$Z hooks;",                      number($Z) ],
    [ "$Z hooks 1m valid=2h a;",        number($Z) ],
    [ "$Z hooks 1m; $Z other 1m;",      twice($Z) ],
    [ "$Z hooks small;", 'invalid zone size "small" in "pancake_webhook_zone" '
                         . 'directive' ],
    [ "$Z '' 1m;", 'invalid zone name "" in "pancake_webhook_zone" directive' ],
    [ "$Z hooks 31k;", 'zone "hooks" in "pancake_webhook_zone" directive is '
                       . 'too small, it needs at least 32k' ],
    [ "$Z hooks 1m 2h;",                valid('2h') ],
    [ "$Z hooks 1m valid=;",            valid('valid=') ],
    [ "$Z hooks 1m valid=0;",           valid('valid=0') ],
    [ "$Z hooks 1m valid=8d;",          valid('valid=8d') ],
    [ "limit_req_zone \$uri zone=hooks:1m rate=1r/s; $Z hooks 1m;",
      'the shared memory zone "hooks" is already declared for a different '
      . 'use' ],
    [ "$Z hooks 32k;" ],
    [ "$Z hooks 1m valid=2760s;" ],
    [ "$W test;",                       misplaced($W) ],
);

sub server {
    my ($line, $before) = @_;
    return ($before // '') . <<"EOT";

server {
    listen 127.0.0.1:%%PORT_0%%;
    server_name localhost;
    %%CREDENTIALS%%
    pancake_accept productId currency;
    location / {
        $line # HERE
    }
}
EOT
}

my @nested = (
    [ "$W test; pancake_checkout create-session;", $BOTH ],
    [ "pancake_checkout create-session; $W off;" ],
    [ "$W test; location /buy { pancake_checkout create-session; }", $BOTH ],
    [ "$W test; location /buy { $W off; pancake_checkout create-session; }" ],
    [ "if (\$args) { $W test; }",       misplaced($W) ],
    [ "limit_except GET { $W test; }",  misplaced($W) ],
);

my @warnings = (
    [ "$Z hooks 1m valid=2759s; # HERE", "$W test;", forgets(2759, 2760) ],
    [ "$Z hooks 1m; # HERE", "$W test tolerance=1d future=1500ms;",
      forgets(3600, 86402) ],
    [ "$Z hooks 1m valid=1s;", '' ],
);

$t->plan(@lines + @nested + @zones + @warnings + 1);

for my $case (@lines, @nested) {
    my ($line, $message) = @$case;
    my $conf = server($line);

    defined $message
        ? $t->must_fail_config($conf, "$message in %%HERE%%",
                               "$line: " . substr $message, 0, 60)
        : $t->warns_config($conf);
}

for my $case (@zones) {
    my ($line, $message) = @$case;
    my $conf = server("$W test;", "$line # HERE\n");
    $conf =~ s/ # HERE(?=\n    \})//;

    defined $message
        ? $t->must_fail_config($conf, "$message in %%HERE%%",
                               "$line: " . substr $message, 0, 60)
        : $t->warns_config($conf);
}

for my $case (@warnings) {
    my ($zone, $line, @messages) = @$case;
    my $conf = server($line, "$zone\n");
    $conf =~ s/ # HERE(?=\n    \})//;

    $t->warns_config($conf, @messages);
}

$t->warns_config(server("$W prod;"),
    qq("$W" takes events of every merchant's stores, name yours: )
    . '"store=STO_..." in %%HERE%%');
