# The Debian package in a clean Debian: apt installs it, a site of ten lines
# is a checkout against the double of the API, an upgrade keeps what the
# operator has changed, and a purge leaves nothing.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use Test::More;

use Digest::SHA ();
use File::Find ();
use POSIX ();

my $PACKAGE = 'libnginx-mod-http-pancake-checkout';
my $SNIPPETS = '/etc/nginx/snippets';

# What apt, dpkg, the linker and nginx write down for themselves.

my $OWN = qr{^/(?:etc/ld\.so\.cache
                 |var/(?:cache/(?:apt|ldconfig|debconf)|log|lib/(?:apt|nginx))
                 |var/lib/dpkg/(?:status|available|lock.*|triggers|.*-old)
                 |proc|dev|run|tmp)(?:/|$)}x;

plan(skip_all => '"make test-package" builds the package and runs this')
    if !$ENV{TEST_PACKAGE};
plan(skip_all => 'only root installs packages') if $> != 0;

my ($DEB) = glob "$ENV{TEST_PACKAGE}/${PACKAGE}_*.deb";
BAIL_OUT("no package in \"$ENV{TEST_PACKAGE}\"") if !$DEB;

my $t = PancakeTest->new(module => 0);
my $TOP = $t->top;
my $ROOT = "$TOP/build/package-root";

my $server;                 # the pid of nginx in the root

$t->has('node')->plan(39);

# Before the harness' own END, which would report what still runs.

END {
    local ($?, $!);
    stop_nginx();
    remove_root();
}


# A clean Debian with nginx, and what is in it.

chomp(my $base = `'$TOP/t/tools/debian-root' make`);
BAIL_OUT('no root to install into') if $? != 0;

remove_root();
system('cp', '-a', '--reflink=auto', $base, $ROOT) == 0 or die 'cp';

my %before = files();
my @packages = packages();


# Installed.

my $deb = copy_in($DEB);

is(apt('install', $deb), 0, 'install: apt');
is(readlink "$ROOT/etc/nginx/modules-enabled/50-mod-http-pancake-checkout.conf",
   '/usr/share/nginx/modules-available/mod-http-pancake-checkout.conf',
   'install: the module is enabled');
is(nginx_t(), '', 'install: nginx -t');
is(-e "$ROOT$SNIPPETS/pancake-$_.conf", 1, "install: the snippet $_")
    for qw( api location );
is(-e "$ROOT/usr/share/doc/$PACKAGE/$_", 1, "install: $_")
    for qw( README.Debian README.md.gz changelog.gz copyright
            examples/shop.conf );

like(within('dpkg', '--verify', $PACKAGE), qr/\A\z/, 'install: all as packed');


# The ten lines of README.Debian, with the shipped snippets.

my $readme = slurp("$ROOT/usr/share/doc/$PACKAGE/README.Debian");
my ($site) = $readme =~ /^((?: {5}[^\n]*\n)* {5}server \{.*?\n {5}\}\n)/ms;

$site =~ s/^ {5}//mg;

is($site =~ tr/\n//, 10, 'site: ten lines');
is($site =~ s/listen 80;/"listen 127.0.0.1:" . $t->port(0) . ';'/e, 1,
   'site: it listens');

my ($link) = $readme =~ /^ +(ln -s .*)$/m;
my ($install) = $readme =~ /^ +(install .*)$/m;

write_in('/srv/waffo.pem', slurp("$TOP/t/vectors/test-key.pem"));
write_in('/etc/nginx/sites-enabled/shop', $site);

is(within('sh', '-ec', "cd /srv; $install; $link"), '',
   'site: the commands of README.Debian');
is(nginx_t(), '', 'site: nginx -t, with the snippets as they ship');


# An operator who is not in production yet: the API is the double, and the
# machine trusts the authority that has signed its certificate.

my $dir = $t->dir;

sh(<<"EOT");
cd '$dir'
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 7 \\
    -subj '/CN=package test authority' -keyout ca.key -out ca.pem
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \\
    -subj /CN=api.waffo.ai -keyout api.key -out api.csr
echo 'subjectAltName = DNS:api.waffo.ai' > api.ext
openssl x509 -req -in api.csr -CA ca.pem -CAkey ca.key -set_serial 1 -days 7 \\
    -extfile api.ext -out api.pem
EOT

$t->sandbox('tls-cert' => "$dir/api.pem", 'tls-key' => "$dir/api.key");

my $upstream = slurp("$ROOT$SNIPPETS/pancake-api.conf");
my $port = $t->port(2);

is($upstream =~ s/api\.waffo\.ai:443;/api.waffo.ai:$port;/, 1,
   'the operator changes the snippet of the API');
write_in("$SNIPPETS/pancake-api.conf", $upstream);

write_in('/usr/local/share/ca-certificates/test.crt', slurp("$dir/ca.pem"));
within('update-ca-certificates');

start_nginx();
like(buy()->location // '', qr{^https://checkout\.waffo\.ai/},
     'a checkout: 302 to the payment page');

my @requests = @{ $t->sandbox_get('requests') };

is(scalar @requests, 1, 'a checkout: one call of the API');
is(buy('priceSnapshot[amount]' => '0.01')->status, 400,
   'a buyer with a price: refused');
stop_nginx();
is(log_of_nginx(), '', 'a checkout: nothing in the error log');


# The same package in a higher version, both of its snippets with another line.

my $higher = higher($DEB);

is(apt('install', copy_in($higher)), 0, 'upgrade: apt');
like(within('dpkg-query', '-W', '-f', '${Version}', $PACKAGE), qr/\+test1$/,
     'upgrade: the version');
is(slurp("$ROOT$SNIPPETS/pancake-api.conf"), $upstream,
   'upgrade: the changed snippet is kept');
like(slurp("$ROOT$SNIPPETS/pancake-api.conf.dpkg-dist"), qr/^# higher$/m,
     'upgrade: the new one lies beside it');
like(slurp("$ROOT$SNIPPETS/pancake-location.conf"), qr/^# higher$/m,
     'upgrade: the other snippet is the new one');
is(nginx_t(), '', 'upgrade: nginx -t');

start_nginx();
is(buy()->status, 302, 'upgrade: a checkout');
stop_nginx();


# Removed, and installed again: the operator's snippet outlives that, too.

unlink "$ROOT/etc/nginx/sites-enabled/shop",
       "$ROOT/etc/nginx/conf.d/pancake-api.conf", "$ROOT/etc/nginx/waffo.pem";

is(apt('remove', $PACKAGE), 0, 'remove: apt');
is(nginx_t(), '', 'remove: nginx -t without the module');
is(slurp("$ROOT$SNIPPETS/pancake-api.conf"), $upstream,
   'remove: the changed snippet stays');
is(apt('install', $deb), 0, 'installed again: apt');
is(nginx_t(), '', 'installed again: nginx -t');


# Purged: what is left is what was there before.

unlink "$ROOT/usr/local/share/ca-certificates/test.crt";
within('update-ca-certificates', '--fresh');

is(apt('purge', $PACKAGE), 0, 'purge: apt');

# apt itself would like to keep ca-certificates

my %had = map { $_ => 1 } @packages;
my @came = grep { !$had{$_} } packages();

is(scalar grep({ $_ eq 'libyajl2' } @came), 1, 'purge: what it had needed');
is(apt('purge', @came), 0, 'purge: apt, what it had needed');
is(nginx_t(), '', 'purge: nginx -t');

unlink map { "$ROOT$_" } '/srv/waffo.pem', "/srv/$PACKAGE.deb";

my %after = files();

is(join("\n", grep { !exists $before{$_} } sort keys %after), '',
   'purge: no file is left');
is(join("\n", grep { !exists $after{$_} } sort keys %before), '',
   'purge: no file is missing');
is(join("\n", grep { $before{$_} ne ($after{$_} // $before{$_}) }
              sort keys %before), '', 'purge: no file has changed');


# Commands in the root: the output, and the status in $?

sub within {
    my @cmd = ("$TOP/t/tools/debian-root", 'run', $ROOT, @_);

    my $pid = open(my $out, '-|') // die "fork: $!";

    if (!$pid) {
        open STDIN, '<', '/dev/null';
        open STDERR, '>&', \*STDOUT;
        { exec @cmd };
        POSIX::_exit(127);
    }

    my $text = do { local $/; <$out> } // '';
    close $out;

    return $text;
}


sub apt {
    my ($verb, @args) = @_;

    my $text = within('apt-get', '-q', '-y', '-o',
                      'Dpkg::Options::=--force-confold', $verb, @args);
    my $status = $? >> 8;

    diag($text) if $status != 0;

    return $status;
}


sub packages {
    return split /\n/, within('dpkg-query', '-W', '-f', '${Package}\n');
}


sub nginx_t {
    my $text = within('nginx', '-t');
    return $? == 0 ? join '', grep { /\[/ } split /^/, $text : $text;
}


sub start_nginx {
    $server = fork // die "fork: $!";

    if (!$server) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', "$dir/nginx.out";
        open STDERR, '>&', \*STDOUT;
        { exec "$TOP/t/tools/debian-root", 'run', $ROOT, 'nginx', '-g',
               'daemon off;' };
        POSIX::_exit(127);
    }

    my $up = $t->wait_for(sub {
        if (waitpid($server, POSIX::WNOHANG()) == $server) {
            undef $server;
            die 'nginx did not start: ' . slurp("$dir/nginx.out");
        }

        my $c = eval { $t->connect } or return 0;
        $c->close;
        return 1;
    });

    die 'nginx does not listen' if !$up;
}


sub stop_nginx {
    return if !$server;

    kill QUIT => $server;

    if (!$t->wait_for(sub { waitpid($server, POSIX::WNOHANG()) == $server })) {
        kill KILL => $server;
        waitpid $server, 0;
    }

    undef $server;
}


sub buy {
    return $t->post_form('/buy/pro', [ buyerEmail => 'ada@example.com', @_ ]);
}


sub log_of_nginx { slurp("$ROOT/var/log/nginx/error.log") }


# Files of the root.

sub remove_root {
    system('rm', '-rf', '--one-file-system', $ROOT) if $ROOT;
}


sub write_in {
    my ($name, $text) = @_;

    open my $f, '>', "$ROOT$name" or die "$ROOT$name: $!";
    print $f $text;
    close $f or die "$ROOT$name: $!";
}


sub copy_in {
    my ($file) = @_;
    my $name = "/srv/$PACKAGE.deb";

    write_in($name, slurp($file));

    return $name;
}


sub files {
    my %files;

    File::Find::find({ no_chdir => 1, wanted => sub {
        my $name = substr $_, length $ROOT;

        return if $name =~ $OWN;

        my @stat = lstat;
        my $what = -l _ ? readlink
                   : -f _ ? Digest::SHA->new(256)->addfile($_)->hexdigest
                   : '';

        $files{$name} = sprintf '%o %d:%d %s', @stat[2, 4, 5], $what;
    } }, $ROOT);

    return %files;
}


sub higher {
    my ($file) = @_;

    sh(<<"EOT");
cd '$dir'
dpkg-deb -R '$TOP/$file' higher
sed -i 's/^Version: .*/&+test1/' higher/DEBIAN/control
for snippet in higher$SNIPPETS/*; do echo '# higher' >> \$snippet; done
dpkg-deb --root-owner-group -b higher higher.deb
EOT

    return "$dir/higher.deb";
}


# Outside.

sub sh {
    my ($script) = @_;

    open my $pipe, '|-', "sh -e > '$dir/sh.log' 2>&1" or die "sh: $!";
    print $pipe $script;
    close $pipe or die slurp("$dir/sh.log");
}


sub slurp { PancakeTest::Log::slurp($_[0]) }
