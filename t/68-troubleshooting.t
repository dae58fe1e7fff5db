# "Troubleshooting" in README.md: every message that it quotes is brought
# about, and is what nginx really says.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use Test::More;

my $t = PancakeTest->new->has(qw( ssl limit_req ));
my $DIR = $t->dir;
my $MODULE = 'ngx_http_pancake_checkout_module.so';

# Shown elsewhere, since it takes long.

my %ELSEWHERE = (
    'more signatures are waited for than the threads can make in time' =>
        't/58-threads.t',
);

# What this nginx says where no authorities are, and what others say.

my @AUTHORITIES = (
    'cannot load certificate "/etc/ssl/certs/ca-certificates.crt"',
    'SSL_CTX_load_verify_locations("/etc/ssl/certs/ca-certificates.crt") '
        . 'failed',
);

@AUTHORITIES = reverse @AUTHORITIES if $t->nginx_version < 1_027_002;

$ELSEWHERE{$AUTHORITIES[1]} = 'another version of nginx';


# What README quotes: message => status or ''.

my ($section) = PancakeTest::Log::slurp($t->top . '/README.md')
    =~ /^## Troubleshooting\n(.*?)^## /ms;
my %quoted;

for my $line (split /\n/, $section // '') {
    my ($cell) = $line =~ /^\|(.*?)(?<!\\)\|/ or next;
    my ($status) = $cell =~ /^ (\d{3}), /;

    $cell =~ s/ \(`.*//;
    $quoted{$_} = $status // '' for grep { / / } $cell =~ /`([^`]+)`/g;
}


# Where README has the names of a real machine.

sub here {
    my ($text) = @_;

    $text =~ s{/etc/nginx/}{$DIR/}g;
    $text =~ s{/usr/lib/nginx/modules/}{$DIR/modules/}g;
    $text =~ s{/etc/ssl/certs/}{$DIR/certs/}g;
    $text =~ s{/var/www/shop/}{$DIR/www/}g;
    $text =~ s{api\.waffo\.ai:443}{api.invalid:443}g;

    my $pattern = quotemeta $text;

    $pattern =~ s/version\\ \d+\\ instead\\ of\\ \d+/version \\d+ instead of \\d+/;
    $pattern =~ s/process\\ \d+/process \\d+/;

    return qr/$pattern/;
}

my %seen;

sub says {
    my ($message, $got, $status) = @_;

    $seen{$message} = 1;

    like($got, here($message), $message);
    is($status // '', $quoted{$message} // 'not in README.md',
       "$message: status");
}


sub openssl {
    my ($args) = @_;

    $args =~ s/%d/$DIR/g;
    local ($?, $!);
    system("openssl $args >/dev/null 2>&1") == 0 or die "openssl $args";
}

my $KEY = PancakeTest::Log::slurp($t->top . '/t/vectors/test-key.pem');

for my $name (qw( ca other )) {
    openssl("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=$name "
            . "-keyout %d/$name.key -out %d/$name.crt");
}

openssl('req -newkey rsa:2048 -nodes -subj /CN=shop.example '
        . '-keyout %d/api.key -out %d/api.csr');
openssl('x509 -req -in %d/api.csr -CA %d/ca.crt -CAkey %d/ca.key '
        . '-CAcreateserial -days 2 -out %d/api.crt');


$t->plan(2 * keys(%quoted) - 2 * keys(%ELSEWHERE) + 2);


# nginx -t.

my $BUY = 'location = /buy { pancake_checkout create-session; '
          . 'pancake_accept productId currency; }';

sub checked {
    my ($message, $text) = @_;

    says($message, $t->config_says($text));
}


SKIP: {
    my $so = $t->{so} or skip 'the module is built in', 8;
    my $bytes = PancakeTest::Log::slurp($so);
    my $copy = "$DIR/modules/$MODULE";
    my $path = "/usr/lib/nginx/modules/$MODULE";

    local $t->{so} = undef;
    checked('unknown directive "pancake_checkout"', $BUY);

    $t->{so} = $copy;
    checked("dlopen() \"$path\" failed", $BUY);

    # a module of another version, and one that was configured otherwise

    my $version = pack 'L', $t->nginx_version;
    (my $older = $bytes) =~ s/\Q$version\E/pack 'L', 1_020_000/ge;

    $t->write_file("modules/$MODULE", $older);
    checked("module \"$path\" version 1022001 instead of 1026000", $BUY);

    (my $other = $bytes) =~ s/(\d,\d,\d,[01]{20,}[01]*)([01])/$1 . (1 - $2)/e;

    $t->write_file("modules/$MODULE", $other);
    checked("module \"$path\" is not binary compatible", $BUY);
}

{
    local $ENV{RES_OPTIONS} = 'timeout:1 attempts:1';

    checked('host not found in upstream "pancake_api"',
            'location / { proxy_pass https://pancake_api/; }');
    checked('host not found in upstream "api.waffo.ai:443"',
            "upstream pancake_api { server api.invalid:443; }\nserver { }\n");
}

checked('open() "/etc/nginx/pancake-location.conf" failed (2: No such file or '
        . 'directory)', 'include %%DIR%%/pancake-location.conf;');

checked($AUTHORITIES[0],
        'location / { proxy_pass https://127.0.0.1/; proxy_ssl_verify on; '
        . 'proxy_ssl_trusted_certificate '
        . '%%DIR%%/certs/ca-certificates.crt; }');

my $FILE = 'pancake_private_key %%DIR%%/waffo.pem;';

checked('open() "/etc/nginx/waffo.pem" failed (2: No such file or directory)',
        $FILE);

$t->write_file('waffo.pem', PancakeTest::Log::slurp(
                   $t->top . '/t/vectors/test-key.pub.pem'), 0600);
checked('private key "/etc/nginx/waffo.pem" is a public key', $FILE);

$t->write_file('waffo.pem', $KEY, 0644);
checked('secret file "/etc/nginx/waffo.pem" in "pancake_private_key" '
        . 'directive is open to other users, its mode is 0644, use "chmod '
        . '600"', $FILE);

checked('environment variable "WAFFO_KEY" is not set or empty',
        'pancake_private_key env:WAFFO_KEY;');

{
    my $message = 'open() "/etc/nginx/waffo.pem" failed '
                  . '(13: Permission denied)';

    chmod 0, "$DIR/waffo.pem";

    if ($> != 0) {
        checked($message, $FILE);

    } else {
        $t->config_says($FILE);     # writes the configuration

        my $check = PancakeTest::Log::slurp("$DIR/check.conf");
        $check =~ s/^pid .*|^user .*//mg;

        $t->write_file('check.conf', $check, 0644);

        # Root that modes hold for: another user would often be stopped before,
        # at a module in root's home.

        local $?;
        local %ENV = (%ENV, $t->_environment(leaks => 0));
        says($message, scalar qx(setpriv \\
             --bounding-set -dac_override,-dac_read_search \\
             --inh-caps -dac_override,-dac_read_search \\
             '$t->{binary}' -t -p '$DIR/' -c check.conf \\
             -e stderr -g 'pid /dev/null; error_log stderr;' 2>&1));
    }
}

chmod 0600, "$DIR/waffo.pem";


# Requests.

$t->write_file('www/index.html', 'shop');

$t->conf(<<'EOT')->backend(1)->run;
    pancake_merchant_id %%MERCHANT%%;
    pancake_private_key waffo.pem;
    pancake_retry off;

    proxy_ssl_session_reuse off;        # nginx never frees the last one

    limit_req_zone $binary_remote_addr zone=checkout:1m rate=1r/m;

    server {
        listen 127.0.0.1:%%PORT_0%%;
        root %%DIR%%/www;

        pancake_set currency USD;
        pancake_set productId %%PRODUCT%%;

        location = /buy     { pancake_checkout create-session; }
        location = /none    { pancake_checkout create-session;
                              pancake_api /_none; }
        location = /product { pancake_checkout create-session;
                              pancake_accept productId;
                              pancake_set currency USD; }
        location = /refused { pancake_checkout create-session;
                              pancake_api /_refused; }
        location = /slow    { pancake_checkout create-session;
                              pancake_api /_slow; }
        location = /issuer  { pancake_checkout create-session;
                              pancake_api /_issuer; }
        location = /name    { pancake_checkout create-session;
                              pancake_api /_name; }
        location = /small   { pancake_checkout create-session;
                              client_max_body_size 10; }
        location = /limited { pancake_checkout create-session;
                              limit_req zone=checkout;
                              limit_req_status 429; }

        location /_refused/ {
            internal;
            proxy_pass http://127.0.0.1:%%PORT_2%%/;
        }

        location /_slow/ {
            internal;
            proxy_pass http://127.0.0.1:%%PORT_1%%/;
            proxy_read_timeout 1s;
        }

        location /_issuer/ {
            internal;
            proxy_pass https://127.0.0.1:%%PORT_3%%/;
            proxy_ssl_verify on;
            proxy_ssl_name shop.example;
            proxy_ssl_trusted_certificate %%DIR%%/other.crt;
        }

        location /_name/ {
            internal;
            proxy_pass https://127.0.0.1:%%PORT_4%%/;
            proxy_ssl_verify on;
            proxy_ssl_name api.waffo.ai;
            proxy_ssl_trusted_certificate %%DIR%%/ca.crt;
        }

        %%API_LOCATION%%
    }

    server {
        listen 127.0.0.1:%%PORT_3%% ssl;
        listen 127.0.0.1:%%PORT_4%% ssl;
        ssl_certificate %%DIR%%/api.crt;
        ssl_certificate_key %%DIR%%/api.key;
    }
EOT

my $MAIL = 'buyerEmail=me@example.com';

# The message, the place, more of the form, header fields.

sub asked {
    my ($message, $uri, $more, %h) = @_;

    $t->mark;

    my $r = $t->post($uri, $MAIL . ($more // ''), %h);

    $t->wait_for_message(here($message));
    says($message, join("\n", map { $_->[1] } $t->messages), $r->status);
}

asked('open() "/var/www/shop/buy/pro" failed (2: No such file or directory)',
      '/buy/pro');
asked('"pancake_api" leads to no internal location, include '
      . 'pancake-location.conf in this server', '/none');
asked('field "plan" is not a field of this checkout', '/buy', '&plan=pro');
asked('field "productId" is required', '/product');

$t->mode('401');
asked('the API answered 401: check the merchant id, that its key is this '
      . 'one, and this machine\'s clock', '/buy');

$t->mode('reply', status => 404, body => '{"data":null,"errors":[{"message":'
         . '"Product not found","layer":"product"}]}');
asked('the API\'s layer "product" rejected the request', '/buy');

asked('connect() failed (111: Connection refused)', '/refused');

$t->mode('ok', gate => 'header');
asked('upstream timed out (110: Connection timed out)', '/slow');
$t->release;

asked('upstream SSL certificate verify error: (21:unable to verify the first '
      . 'certificate)', '/issuer');
asked('upstream SSL certificate does not match "api.waffo.ai"', '/name');

$t->mode('reply', type => 'text/html', body => '<p>Log in</p>');
asked('the API\'s answer is not application/json', '/buy');

$t->mode('url', url => 'https://pay.example/1');
asked('has a "checkoutUrl" to "pay.example", which is not one of '
      . '"pancake_redirect_hosts"', '/buy');

$t->mode('ok');
asked('the form was sent from another site', '/buy', '',
      Origin => 'https://evil.example');
asked('Content-Type is not one that this checkout reads', '/buy', '',
      'Content-Type' => 'multipart/form-data; boundary=x');
asked('client intended to send too large body', '/small');

{
    my $message = 'method is not allowed here';

    $t->mark;
    my $r = $t->get('/buy');
    $t->wait_for_message(here($message));
    says($message, join("\n", map { $_->[1] } $t->messages), $r->status);
}

$t->mode('409');
asked('the API answered 409: the same idempotency key is in flight', '/buy');
$t->mode('429');
asked('the API answered 429: its rate limit is reached', '/buy');

$t->mode('ok');
$t->post('/limited', $MAIL);
asked('limiting requests, excess:', '/limited');

SKIP: {
    my $message = 'worker process 4711 exited on signal 11';

    if ($ENV{TEST_ASAN} || $ENV{TEST_VALGRIND}) {
        $seen{$message} = 1;
        skip 'the tool takes the signal', 2;
    }

    $t->expect_log(qr/worker process \d+ exited on signal 11/);
    $t->mark;
    kill SEGV => $_ for $t->worker_pids;
    $t->wait_for_message(here($message));
    says($message, $t->log_text);
}


my @missing = grep { !$seen{$_} && !$ELSEWHERE{$_} } sort keys %quoted;

is(join("\n", @missing), '', 'nothing is quoted that was not seen here');
cmp_ok(scalar keys %quoted, '>', 25, 'README.md has the section');
