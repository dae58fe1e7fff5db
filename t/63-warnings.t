# What works and will hurt is said: a secret that others may read, a log that
# keeps signatures, a call that goes to another machine unprotected.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use Test::More;

my $t = PancakeTest->new->has(qw( ssl ));
my $DIR = $t->dir;

my $KEY = PancakeTest::Log::slurp($t->top . '/t/vectors/test-key.pem');

{
    local ($?, $!);
    system('openssl req -x509 -newkey rsa:2048 -nodes -days 2 '
           . "-keyout '$DIR/api.key' -out '$DIR/api.crt' "
           . '-subj /CN=api.waffo.ai -addext subjectAltName=DNS:api.waffo.ai '
           . '2>/dev/null') == 0 or die 'openssl';
}

# On Linux 0.0.0.0 leads to this very machine, and is no address of loopback:
# it stands for every other machine here.

my $TLS = 'proxy_ssl_server_name on; proxy_ssl_name api.waffo.ai;';
my $VERIFY = "$TLS proxy_ssl_verify on; "
             . 'proxy_ssl_trusted_certificate %%DIR%%/api.crt;';

my %apis = (
    plain    => [ 'http://0.0.0.0:%%PORT_1%%/' ],
    tls      => [ 'https://0.0.0.0:%%PORT_3%%/', $TLS ],
    verified => [ 'https://0.0.0.0:%%PORT_6%%/', $VERIFY ],
    loop     => [ 'http://127.0.0.1:%%PORT_1%%/' ],
    net      => [ 'http://127.1.2.3:%%PORT_4%%/' ],
    looptls  => [ 'https://127.0.0.1:%%PORT_3%%/', $TLS ],
    unix     => [ 'http://unix:%%DIR%%/api.sock:/' ],
    dead     => [ 'http://0.0.0.0:%%PORT_5%%/' ],
    kept     => [ 'http://kept/', 'proxy_set_header Connection "";' ],
    if       => [ 'http://127.0.0.1:%%PORT_1%%/',
                  'if ($request_method = POST) { '
                  . 'proxy_pass http://0.0.0.0:%%PORT_1%%; }' ],
);

my $six = eval {
    require IO::Socket::IP;
    IO::Socket::IP->new(LocalHost => '::1', Listen => 1);
};

if ($six) {
    $apis{six} = [ 'http://[::1]:%%PORT_4%%/' ];
    $apis{mapped} = [ 'http://[::ffff:127.0.0.1]:%%PORT_1%%/' ];
}

my $listen6 = $six ? 'listen [::1]:%%PORT_4%%;' : '';

my $locations = join '', map { <<"EOT" } sort keys %apis;
location = /$_ {
    pancake_checkout create-session;
    pancake_api /_$_;
}
location /_$_/ {
    internal;
    proxy_pass $apis{$_}[0];
    proxy_http_version 1.1;
    @{[ $apis{$_}[1] // '' ]}
}
EOT

my $CONF = <<"EOT";
    %%CREDENTIALS%%
    %%RETRY_OFF%%

    pancake_set productId %%PRODUCT%%;
    pancake_set currency USD;

    proxy_ssl_session_reuse off;        # nginx never frees the last one

    upstream kept {
        server 0.0.0.0:%%PORT_4%%;
        keepalive 2;
    }

    server {
        listen 127.0.0.1:%%PORT_0%%;
        $locations
    }

    server {
        listen 127.0.0.1:%%PORT_3%% ssl;
        listen 127.0.0.1:%%PORT_6%% ssl;        # no session of the other
        listen 127.0.0.1:%%PORT_4%%;
        listen 127.1.2.3:%%PORT_4%%;
        $listen6
        listen unix:%%DIR%%/api.sock;

        ssl_certificate %%DIR%%/api.crt;
        ssl_certificate_key %%DIR%%/api.key;

        location / {
            proxy_pass http://127.0.0.1:%%PORT_1%%;
        }
    }
EOT

my @quiet = (qw( verified loop net looptls unix ),
             $six ? qw( six mapped ) : ());

$t->plan(@quiet + 40)->conf($CONF)->backend(1)->run;


# Calls to other machines.

my $ANY = qr/reaches the API|does not verify/;

sub plain {
    my ($api, $port) = @_;
    return qq(pancake checkout: location "/_$api/" reaches the API at )
           . $t->expand("0.0.0.0:%%PORT_$port%%") . ' without TLS: anybody on '
           . 'the way can read what buyers send and answer in its place, use '
           . '"proxy_pass https://..."';
}

sub unverified {
    my ($api) = @_;
    return qq(pancake checkout: location "/_$api/" does not verify the )
           . 'certificate of the API at ' . $t->expand('0.0.0.0:%%PORT_3%%')
           . ': anybody on the way can answer in its place, add '
           . '"proxy_ssl_verify on"';
}

sub says {
    my ($name, $api, @want) = @_;

    $t->mark;
    is($t->post_form("/$api", '')->status, 302, "$name: status");
    is_deeply([ $t->messages($ANY) ], [ map { [ 'warn', $_ ] } @want ], $name);
}

says('plain HTTP', 'plain', plain('plain', 1));
says('plain HTTP, said once', 'plain');
says('TLS without verification', 'tls', unverified('tls'));
says('TLS without verification, said once', 'tls');
says('a server of an upstream', 'kept', plain('kept', 4));
says('a server of an upstream, over the same connection', 'kept');
says('inside an "if"', 'if', plain('if', 1));
says('inside an "if", said once', 'if');

$t->mark;

for my $api (@quiet) {
    is($t->post_form("/$api", '')->status, 302, "nothing about $api: status");
}

is_deeply([ $t->messages($ANY) ], [], 'nothing about any of them');

$t->mark;
is($t->post_form('/dead', '')->status, 502, 'no connection: status');
is_deeply([ $t->messages($ANY) ], [], 'no connection: nothing was given away');

is($t->mark->reload, 1, 'a new worker: reloaded');
says('a new worker says it again', 'plain', plain('plain', 1));
says('a new worker says it again, once', 'plain');


# Secret files.

sub mode {
    my ($mode, $directive, $file, $says) = @_;

    chmod $mode, "$DIR/$file" or die "chmod: $!";

    $mode = sprintf '%04o', $mode;
    $t->warns_config("$directive %%DIR%%/$file; # HERE", $says ?
        qq(secret file "%%DIR%%/$file" in "$directive" directive is open to )
        . qq(other users, its mode is $mode, use "chmod 600" in %%HERE%%)
        : ());
}

$t->write_file('mode.pem', $KEY)->write_file('mode.secret', 'x' x 16);

mode($_, 'pancake_private_key', 'mode.pem', 0) for 0600, 0400, 0700;
mode($_, 'pancake_private_key', 'mode.pem', 1) for 0640, 0620, 0604, 0444;
mode(0600, 'pancake_idempotency_secret', 'mode.secret', 0);
mode(0660, 'pancake_idempotency_secret', 'mode.secret', 1);


# The error log of a checkout.

my $WORDS = '"error_log" with level "debug" writes signatures, cookies and '
            . 'tokens of this checkout to the log, use "info"';
my $HERE = "$WORDS in %%HERE%%";
my $BUY = "pancake_checkout create-session; # HERE\n"
          . "pancake_accept productId currency;";
my $OTHER = 'pancake_checkout create-session; '
            . 'pancake_accept productId currency;';

SKIP: {
    skip 'nginx without debug', 7 if !$t->has_feature('debug');
    skip 'everything is logged', 7 if $ENV{TEST_DEBUG};

    $t->warns_config("%%CREDENTIALS%%\nlocation = /buy { $BUY\n"
                     . 'error_log %%DIR%%/d.log debug; }', $HERE);
    $t->warns_config("%%CREDENTIALS%%\nerror_log %%DIR%%/d.log debug;\n"
                     . "location = /buy { $BUY }\n"
                     . "location = /other { $OTHER }", $HERE);
    $t->warns_config("%%CREDENTIALS%%\nlocation = /buy { $BUY\n"
                     . 'error_log %%DIR%%/a.log info; '
                     . 'error_log %%DIR%%/d.log debug_http; }', $HERE);
    $t->warns_config("%%CREDENTIALS%%\nerror_log %%DIR%%/d.log debug;\n"
                     . "location = /buy { $BUY\nerror_log %%DIR%%/a.log; }\n"
                     . 'location = /shop { error_log %%DIR%%/e.log debug; }');
    $t->warns_config("%%CREDENTIALS%%\nlocation = /buy { $BUY\n"
                     . 'error_log memory:1m debug; '
                     . 'error_log %%DIR%%/a.log; }');

    # what stands behind "http" holds for all of it; a reload says it, too

    $t->conf($CONF);
    $t->write_file('nginx.conf', PancakeTest::Log::slurp("$DIR/nginx.conf")
                                 . "error_log $DIR/late.log debug;\n");
    is($t->mark->reload, 1, 'debug behind "http": reloaded');
    is_deeply([ map { $_->[1] =~ s/ in \S+:\d+\z//r }
                $t->messages(qr/"debug" writes/) ],
              [ $WORDS ], 'debug behind "http", at a reload');
}
