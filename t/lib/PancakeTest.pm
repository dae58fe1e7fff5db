package PancakeTest;

# Copyright (C) 2026 pancake checkout contributors

=head1 NAME

PancakeTest - runs nginx with the pancake checkout module for a test

=head1 SYNOPSIS

    use FindBin;
    use lib "$FindBin::Bin/lib";
    use PancakeTest;
    use Test::More;

    my $t = PancakeTest->new->has(qw( http_v2 ))->conf(<<'EOT');
    %%CREDENTIALS%%
    location = /buy { pancake_checkout create-session; ... }
    %%API_LOCATION%%
    EOT

    $t->plan(2)->backend(1)->run;

    my $r = $t->mode('cut_length')->post_form('/buy', [ buyerEmail => $mail ]);

    is($r->status, 502, 'cut answer: status');
    is($r->location, undef, 'cut answer: no redirect');

=head1 CONFIGURATION

=over

=item new(%opt)

C<< module => 0 >> does not load the module; C<< workers => n >>;
C<< log_level => 'debug' >>.

=item has(@features)

Skips the file when something is missing: names from C<nginx -V> (C<http_v2>,
C<threads>, C<realip>, C<debug>, C<limit_req>, ...), C<nginx_1.29.0> (that or
a newer one), C<curl_http2>, C<node>, C<faketime>, or a directive of the module
(C<pancake_retry>).

=item conf($text, main => $text, events => $text)

What stands in C<http {}>; without a C<server {> in it the text becomes the
content of one server that listens on C<%%PORT_0%%>.  Expanded are
C<%%DIR%%>, C<%%PORT_n%%>, C<%%KEY%%> (the test key, mode 0600),
C<%%MERCHANT%%>, C<%%PRODUCT%%>, C<%%CREDENTIALS%%> (C<pancake_merchant_id>
and C<pancake_private_key>), C<%%RETRY_OFF%%> (C<pancake_retry off>, where
the module has it) and C<%%API_LOCATION%%>, the internal location
F</_pancake/> that passes to C<http://127.0.0.1:%%PORT_1%%/>, or
C<%%API_LOCATION=URL%%>.  Ports are this test's own until its end; until
C<run> they refuse connections.  Calling it again and C<reload> changes a
running nginx.

=item must_fail_config($text, $message), warns_config($text, @messages)

One test each: C<nginx -t> refuses with exactly this [emerg] message (several:
one a line), or accepts with exactly these [warn] messages.  C<%%HERE%%> in a
message is C<FILE:LINE> of the line in $text that ends in C<# HERE>.

=item config_says($text)

All that C<nginx -t> says, and no test.

=item faketime($unix_seconds), env(NAME => $value)

The clock stands still at this second, which may have a fraction of
milliseconds, for nginx alone; timers run.

=item clock($unix_seconds)

The same; called again while nginx runs, it puts the clock to another second.

=back

=head1 CONTROL

C<run>, C<reload(keep_old =E<gt> 1)> (1, or 0 when nginx refused), C<stop>,
C<crash> (all of nginx dies at once), C<plan($n)> (adds the closing tests),
C<finish> (runs them; called at the end anyway), C<pid>, C<worker_pids>,
C<port($n)>, C<dir>, C<rss($pid)> in kB, C<rss_growth($pid, $code, %opt)>,
C<secret(@words)> (must not get into a log), C<expect_log($regex)> (this
[alert] or [emerg] is part of the test), C<wait_for($code)>,
C<wait_for_file($name)>, C<write_file($name, $text, $mode)>,
C<nginx_version> (1.22.1 is 1022001), C<has_feature($name)>, C<top>,
C<merchant>, C<product>.

C<mark> and C<messages($regex)>: the error log since the mark as C<[ level,
text ]>; C<wait_for_message($regex)>; C<log_text($file)>.

=head1 REQUESTS

C<get($uri, %headers)>, C<post($uri, $body, %headers)>, C<post_json($uri,
$text_or_data, %headers)>, C<post_form($uri, $text_or_pairs, %headers)>,
C<send_request($method, $uri, $body, %headers)>, C<request(\@pieces, %opt)>
and C<request($bytes, %opt)> with C<< responses => n >>; C<connect(%opt)>;
C<h2($method, $uri, $body, %headers)> through curl.  The value C<undef>
removes a default header, an array repeats one.  Names with a dash are
options: C<-port> (number n of C<%%PORT_n%%>), C<-split> (1: byte by byte,
n: so many bytes), C<-chunked> (1, or a list of chunks), C<-expect> (waits
for 100), C<-length> (h2: 0 for none), C<-version>, C<-source>.
See L<PancakeTest::HTTP> for what a response offers.

=head1 THE API

C<backend($n)> starts a byte-level server on C<PORT_n> and returns the test;
C<upstream($n)> is the server itself.  C<mode>, C<mode_for>, C<release>,
C<requests>, C<clear_requests>, C<wait_for_requests>, C<events> and
C<wait_for_event> on the test are those of upstream(1); see
L<PancakeTest::Backend>.  C<backend_stop($n)> refuses connections.

C<sandbox(%opt)> starts F<t/sandbox/sandbox.js>: plain HTTP on C<PORT_1>, TLS
on C<PORT_2>; options are its own without dashes in front (C<< slug =>
'my-store' >>), a list for one that is given more than once.  C<sandbox_get($what)> and C<sandbox_post($what, $data)> talk
to F</_sandbox/$what>.  C<vector($name)> is an entry of
F<t/vectors/signing.json>.

=head1 ENVIRONMENT

TEST_NGINX_BINARY, TEST_NGINX_MODULE (empty: it is built into the binary),
TEST_ASAN, TEST_VALGRIND, TEST_TIMEOUT_FACTOR, TEST_DEBUG (error log level),
TEST_LEAVE, TEST_CATLOG, TEST_VERBOSE, TEST_GLOBALS, TEST_GLOBALS_HTTP.

=cut

use strict;
use warnings;

use Test::More import => [qw( is BAIL_OUT )];   # first, so that its END
                                                # block runs after ours

use Carp qw( croak );
use Cwd qw( abs_path );
use Errno qw( EINTR );
use File::Basename qw( dirname );
use File::Path ();
use File::Temp ();
use IO::Socket::INET ();
use JSON::PP ();
use POSIX ();
use Scalar::Util qw( weaken );
use Socket qw( SOCK_DGRAM SOCK_STREAM );
use Time::HiRes qw( sleep time );

use PancakeTest::Backend;
use PancakeTest::HTTP;
use PancakeTest::Log;

use constant CLOSING => 7;      # tests that finish() adds

my $TOP = abs_path(dirname(__FILE__) . '/../..');
my $VECTORS = "$TOP/t/vectors";

my $MERCHANT = 'MER_2aUyqjCzEIiEcYMKj7TZtw';
my $PRODUCT = 'PROD_3kF9mNpQrStUvWxYz1A2bC';

my @live;               # weak references to every test object


sub new {
    my ($class, %o) = @_;

    my $self = bless {
        owner   => $$,
        module  => $o{module} // 1,
        workers => $o{workers} // 1,
        level   => $ENV{TEST_DEBUG} ? 'debug' : $o{log_level} // 'info',
        binary  => _find_binary(),
        complaints => '',
        ports   => {},
        env     => {},
        secrets => [],
        expect  => [],
        stops   => [],
        pids    => {},
        stop_timeout => $o{stop_timeout} // 10,
    }, $class;

    my $factor = $ENV{TEST_TIMEOUT_FACTOR}
                 // ($ENV{TEST_VALGRIND} ? 10 : $ENV{TEST_ASAN} ? 3 : 1);
    $self->{factor} = $factor;
    $self->{timeout} = 20 * $factor;

    if ($self->{module}) {
        my $so = $ENV{TEST_NGINX_MODULE}
                 // "$TOP/build/ngx_http_pancake_checkout_module.so";

        BAIL_OUT("no module \"$so\": run \"make\", or set TEST_NGINX_MODULE")
            unless $so eq '' || -e $so;

        $self->{so} = abs_path($so) if $so ne '';
    }

    $self->{dir} = abs_path(File::Temp::tempdir('pancake-test-XXXXXX',
                                                TMPDIR => 1));
    $self->{log} = PancakeTest::Log->new(dir => $self->{dir});

    my $key = PancakeTest::Log::slurp("$VECTORS/test-key.pem");
    $self->write_file('test-key.pem', $key, 0600);

    my $n = 0;

    for my $line (split /\n/, $key) {
        push @{ $self->{secrets} },
             [ 'line ' . ++$n . ' of the private key', $line ]
            if $line !~ /^-/ && length $line > 16;
    }

    push @live, $self;
    weaken($live[-1]);

    return $self;
}


sub _find_binary {
    my $name = $ENV{TEST_NGINX_BINARY};

    return $name if $name && -x $name;

    BAIL_OUT("no nginx \"$name\" (TEST_NGINX_BINARY)") if $name;

    for my $dir (split(/:/, $ENV{PATH}), '/usr/sbin', '/usr/local/sbin') {
        return "$dir/nginx" if -x "$dir/nginx";
    }

    BAIL_OUT('no nginx in PATH: install it, or set TEST_NGINX_BINARY');
}


sub dir     { $_[0]{dir} }
sub top     { $TOP }
sub timeout { $_[0]{timeout} }


# nginx as built.

my %built;

sub built {
    my ($self) = @_;
    return $built{ $self->{binary} } //= `'$self->{binary}' -V 2>&1`;
}


sub nginx_version {         # 1.22.1 is 1022001
    my ($self) = @_;
    my ($x, $y, $z) = $self->built
                      =~ m{nginx version: \S+?/(\d+)\.(\d+)\.(\d+)};
    return $x * 1_000_000 + $y * 1000 + $z;
}


sub has {
    my ($self, @features) = @_;

    for my $name (@features) {
        my $missing = $self->_missing($name) or next;
        $self->{skipped} = 1;
        Test::More::plan(skip_all => $missing);
    }

    return $self;
}


sub has_feature { !$_[0]->_missing($_[1]) }


my %optional = map { $_ => 1 } qw(
    addition auth_request dav degradation flv gunzip gzip_static image_filter
    mp4 perl random_index realip secure_link slice ssl stub_status sub v2 v3
    xslt
);

sub _missing {
    my ($self, $name) = @_;

    my $built = $self->built;

    if ($name eq 'curl_http2') {
        return PancakeTest::HTTP->has_curl_http2 ? '' : 'curl has no HTTP/2';

    } elsif ($name eq 'node') {
        return `node --version 2>/dev/null` =~ /^v\d/ ? '' : 'no node';

    } elsif ($name eq 'faketime') {
        return _faketime_library() ? '' : 'no libfaketime';

    } elsif ($name =~ /^nginx_(\d+)\.(\d+)\.(\d+)$/) {
        return $self->nginx_version >= $1 * 1_000_000 + $2 * 1000 + $3
            ? '' : "nginx before $1.$2.$3";

    } elsif ($name =~ /^pancake_/) {
        return $self->_module_knows($name)
            ? '' : "the module has no directive \"$name\"";

    } elsif ($name eq 'http') {
        return '';

    } elsif ($name eq 'debug' || $name eq 'threads') {
        return $built =~ /--with-$name\b/ ? '' : "nginx without $name";
    }

    (my $short = $name) =~ s/^http_//;

    if ($optional{$short}) {
        return $built =~ /--with-http_${short}_module(?!=dynamic)\b/
            ? '' : "nginx without $name";
    }

    return $built =~ /--without-http_${short}\b/ ? "nginx without $name" : '';
}


my %strings;

sub _module_knows {
    my ($self, $word) = @_;
    return 0 unless $self->{module};
    my $file = $self->{so} // $self->{binary};
    $strings{$file} //= PancakeTest::Log::slurp($file);
    return $strings{$file} =~ /\0\Q$word\E\0/ ? 1 : 0;
}


# Ports.  The UDP port of the same number is the lock among tests; foreign
# programs get theirs from another range.

sub port {
    my ($self, $n) = @_;
    return ($self->{ports}{$n} ||= $self->_new_port)->{port};
}


sub _new_port {
    my ($self) = @_;

    for (1 .. 2000) {
        my $port = 10000 + int rand 20000;

        my $udp = IO::Socket::INET->new(Proto => 'udp', LocalPort => $port,
                                        LocalAddr => '127.0.0.1') or next;
        my $tcp = _bind($port) or next;

        return { port => $port, udp => $udp, tcp => $tcp };
    }

    croak 'no free port';
}


# Bound, not listening: connections are refused.

sub _bind {
    my ($port) = @_;

    socket(my $s, Socket::PF_INET(), SOCK_STREAM, 0) or croak "socket: $!";
    setsockopt($s, Socket::SOL_SOCKET(), Socket::SO_REUSEADDR(), 1);
    bind($s, Socket::pack_sockaddr_in($port, Socket::inet_aton('127.0.0.1')))
        or return undef;

    return $s;
}


# Configuration.

my $API_LOCATION = <<'EOF';
location /_pancake/ {
    internal;
    proxy_pass %%URL%%;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host api.waffo.ai;
    proxy_ignore_headers X-Accel-Redirect X-Accel-Buffering
                         X-Accel-Limit-Rate X-Accel-Charset Set-Cookie;
    proxy_pass_request_headers on;
    proxy_pass_request_body on;
    proxy_buffering on;
    proxy_next_upstream error timeout;
    proxy_max_temp_file_size 0;
    subrequest_output_buffer_size 64k;
}
EOF


sub expand {
    my ($self, $text) = @_;

    my $credentials = "pancake_merchant_id %%MERCHANT%%;\n"
                      . "pancake_private_key %%KEY%%;\n";
    my $retry = $self->_module_knows('pancake_retry') ? 'pancake_retry off;'
                                                      : '';

    $text =~ s{%%API_LOCATION(?:=(\S+?))?%%(?=\s|\z)}{
        my $url = $1 // 'http://127.0.0.1:%%PORT_1%%/';
        (my $location = $API_LOCATION) =~ s/%%URL%%/$url/;
        $location;
    }gex;

    $text =~ s/%%CREDENTIALS%%/$credentials/g;
    $text =~ s/%%RETRY_OFF%%/$retry/g;
    $text =~ s/%%MERCHANT%%/$MERCHANT/g;
    $text =~ s/%%PRODUCT%%/$PRODUCT/g;
    $text =~ s{%%KEY%%}{$self->{dir}/test-key.pem}g;
    $text =~ s/%%DIR%%/$self->{dir}/g;
    $text =~ s/%%PORT_(\d+)%%/$self->port($1)/ge;

    return $text;
}


sub conf {
    my ($self, $text, %o) = @_;

    $self->write_file('nginx.conf', $self->_whole($text, %o));
    $self->{configured} = 1;

    return $self;
}


sub _whole {
    my ($self, $text, %o) = @_;

    my $dir = $self->{dir};
    my $log = $o{log} // 'error.log';
    my $user = $> == 0 ? 'user ' . getpwuid($>) . ' ' . getgrgid($) + 0) . ';'
                       : '';
    my $load = $self->{so} ? "load_module $self->{so};" : '';
    my $master = $ENV{TEST_VALGRIND} ? 'master_process off;' : '';
    my $env = join ' ', map { "env $_;" } sort keys %{ $self->{env} };
    my $temp = join "\n    ", map { "${_}_temp_path $dir/temp/$_;" }
               qw( client_body proxy fastcgi uwsgi scgi );
    my ($main, $events) = map { $_ // '' } @o{qw( main events )};

    if ($text !~ /^\s*server\s*\{/m) {
        $text = "server {\nlisten 127.0.0.1:%%PORT_0%%;\n"
              . "server_name localhost;\n$text\n}\n";
    }

    return $self->expand(<<"EOF");
$load
$user
$master
worker_processes $self->{workers};
pid $dir/nginx.pid;
error_log $dir/$log $self->{level};
$env
$main
@{[ $ENV{TEST_GLOBALS} // '' ]}

events {
    worker_connections 512;
    $events
}

http {
    access_log $dir/access.log;
    $temp
    @{[ $ENV{TEST_GLOBALS_HTTP} // '' ]}

$text
}
EOF
}


sub write_file {
    my ($self, $name, $text, $mode) = @_;

    my $file = "$self->{dir}/$name";
    File::Path::make_path(dirname($file));

    open my $f, '>:raw', $file or croak "$file: $!";
    chmod $mode, $file if defined $mode;
    print $f $text;
    close $f or croak "$file: $!";

    return $self;
}


# The environment of nginx.

sub env {
    my ($self, %env) = @_;
    $self->{env} = { %{ $self->{env} }, %env };
    return $self;
}


sub _environment {
    my ($self, %o) = @_;

    my %env = %{ $self->{env} };

    if ($ENV{TEST_ASAN}) {
        my $leaks = $o{leaks} // 1;

        # a dynamic module repeats nginx's table of modules

        $env{ASAN_OPTIONS} = join ':', grep { length }
            $ENV{ASAN_OPTIONS} // '', 'detect_odr_violation=0',
            'abort_on_error=0', 'exitcode=99', 'verify_asan_link_order=0',
            "detect_leaks=$leaks", "log_path=$self->{dir}/sanitizer.asan";
        $env{UBSAN_OPTIONS} = join ':', grep { length }
            $ENV{UBSAN_OPTIONS} // '', 'print_stacktrace=1',
            "log_path=$self->{dir}/sanitizer.ubsan";

        my $supp = "$TOP/t/tools/leaks.supp";
        $env{LSAN_OPTIONS} = $ENV{LSAN_OPTIONS}
            // (-e $supp ? "suppressions=$supp:print_suppressions=0" : '');
    }

    if (defined $self->{faketime}) {
        $env{LD_PRELOAD} = join ' ', grep { length } $self->_asan_runtime,
                                                     _faketime_library();
    }

    return %env;
}


sub _asan_runtime {
    my ($self) = @_;
    return '' unless $ENV{TEST_ASAN};

    my ($lib) = map { m{(/\S*lib(?:clang_rt\.)?asan\S*)} }
                split /\n/, `ldd '$self->{binary}' 2>/dev/null`;
    return $lib // '';
}


sub _faketime_library {
    for my $dir ('/usr/lib/*/faketime', '/usr/lib/faketime',
                 '/usr/local/lib/faketime')
    {
        for my $name (qw( libfaketimeMT.so.1 libfaketime.so.1 )) {
            my ($lib) = grep { -e } glob "$dir/$name";
            return $lib if $lib;
        }
    }

    return '';
}


sub faketime {
    my ($self, $seconds) = @_;

    croak 'no libfaketime' unless _faketime_library();

    $self->{faketime} = $seconds;

    # nginx drops what "env" does not name, and the library looks again

    return $self->env(
        FAKETIME            => _date($seconds),
        DONT_FAKE_MONOTONIC => 1,
        FAKETIME_DONT_FAKE_MONOTONIC => 1,
        FAKETIME_DISABLE_SHM => 1,
        TZ                  => 'UTC',
    );
}


# The library reads the file each time it is asked, so that has to be whole
# at every moment.

sub clock {
    my ($self, $seconds) = @_;

    my $file = "$self->{dir}/clock";

    $self->write_file('clock.new', _date($seconds));
    rename "$file.new", $file or croak "$file: $!";

    return $self if $self->{env}{FAKETIME_TIMESTAMP_FILE};

    $self->faketime($seconds);
    delete $self->{env}{FAKETIME};

    return $self->env(FAKETIME_TIMESTAMP_FILE => $file,
                      FAKETIME_NO_CACHE => 1);
}


sub _date {
    my ($seconds) = @_;
    my $ms = POSIX::floor($seconds * 1000 + 0.5) % 1000;

    return POSIX::strftime('%Y-%m-%d %H:%M:%S', gmtime int $seconds)
           . ($ms ? sprintf('.%03d', $ms) : '');
}


# Runs nginx; its output goes to files.

sub _spawn {
    my ($self, $out, $env, @args) = @_;

    # nginx without -g copies a null pointer, which UBSan reports

    my @cmd = ($self->{binary}, '-p', "$self->{dir}/", '-g', 'daemon off;',
               @args);

    if ($ENV{TEST_VALGRIND}) {
        unshift @cmd, qw( valgrind -q --leak-check=full ),
                      "--log-file=$self->{dir}/sanitizer.valgrind.%p";
    }

    my $pid = fork;
    croak "fork: $!" unless defined $pid;

    if (!$pid) {
        $self->_close_ports;
        @ENV{ keys %$env } = values %$env;
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', "$self->{dir}/$out.out";
        open STDERR, '>>', "$self->{dir}/$out.err";
        { exec @cmd };
        print STDERR "exec: $!\n";
        POSIX::_exit(127);
    }

    return $pid;
}


# In a child: the parent's sockets are none of its business.

sub _close_ports {
    for my $test (grep { defined } @live) {
        for my $p (values %{ $test->{ports} }) {
            close $_ for grep { $_ } @$p{qw( udp tcp )};
        }
    }
}


# The ports that nginx will listen on become free; nobody else takes them.

sub _free_ports {
    my ($self) = @_;

    for my $p (values %{ $self->{ports} }) {
        close delete $p->{tcp} if $p->{tcp};
    }
}


sub run {
    my ($self) = @_;

    croak 'no conf()' unless $self->{configured};
    croak 'is running' if $self->{pid};

    mkdir "$self->{dir}/temp";
    unlink "$self->{dir}/nginx.pid";
    $self->_free_ports;

    my %env = $self->_environment;
    my $pid = $self->_spawn('nginx', \%env, '-c', 'nginx.conf', '-e',
                            "$self->{dir}/error.log");
    $self->{pid} = $pid;
    my $dead;

    my $up = $self->wait_for(sub {
        local ($?, $!);
        return $dead = 1 if waitpid($pid, POSIX::WNOHANG()) == $pid;
        my @workers = $self->worker_pids;
        return -s "$self->{dir}/nginx.pid" && @workers >= $self->{workers};
    });

    delete $self->{pid} if $dead;

    croak "nginx did not start:\n" . $self->_tail if $dead || !$up;

    return $self;
}


sub _tail {
    my ($self) = @_;
    my @lines = map { split /\n/, PancakeTest::Log::slurp("$self->{dir}/$_") }
                qw( nginx.err error.log );
    splice @lines, 0, -20 if @lines > 20;
    return join "\n", @lines, '';
}


sub pid { $_[0]{pid} }


sub _children {
    my ($pid) = @_;
    my %title;

    for my $file (glob '/proc/[0-9]*/stat') {
        my $stat = PancakeTest::Log::slurp($file);
        next unless $stat =~ /^(\d+) \(.*\) (\S) (\d+)/s && $3 == $pid;
        my ($child, $state) = ($1, $2);
        next if $state eq 'Z';
        ($title{$child} = PancakeTest::Log::slurp("/proc/$child/cmdline"))
            =~ tr/\0/ /;
    }

    return %title;
}


# The workers that serve; with all => 1 also those that are shutting down.

sub worker_pids {
    my ($self, %o) = @_;

    my $pid = $self->{pid} or return ();
    return ($pid) if $ENV{TEST_VALGRIND};

    my %title = _children($pid);
    my @pids = sort { $a <=> $b }
               grep { $title{$_} =~ /worker process/
                      && ($o{all} || $title{$_} !~ /shutting down/) }
               keys %title;

    $self->{pids}{$_} = 1 for @pids;

    return @pids;
}


sub reload {
    my ($self, %o) = @_;

    my %old = map { $_ => 1 } $self->worker_pids(all => 1);
    my $size = -s "$self->{dir}/error.log" || 0;
    my $refused;

    $self->_free_ports;
    kill HUP => $self->{pid};

    my $done = $self->wait_for(sub {
        return $refused = 1
            if substr($self->{log}->text, $size) =~ /\[emerg\]/;

        my @now = $self->worker_pids;
        my @all = $self->worker_pids(all => 1);

        return 0 if grep { $old{$_} } $o{keep_old} ? @now : @all;
        return (grep { !$old{$_} } @now) >= $self->{workers};
    });

    croak "nginx did not reload in time:\n" . $self->_tail unless $done;

    return $refused ? 0 : 1;
}


sub stop {
    my ($self) = @_;

    my $pid = $self->{pid} or return $self;
    return $self if $self->{owner} != $$;

    $self->worker_pids(all => 1);

    local ($?, $!);
    my $status;

    kill QUIT => $pid;

    for my $next (qw( TERM KILL ), '') {
        my $limit = $next eq 'TERM' ? $self->{stop_timeout} * $self->{factor}
                                    : 5;

        $self->wait_for(sub {
            return 0 if waitpid($pid, POSIX::WNOHANG()) != $pid;
            $status = $?;
            return 1;
        }, $limit);

        last if defined $status || !$next;

        push @{ $self->{stops} }, "did not stop in time, sent $next";
        kill $next => $pid;
    }

    push @{ $self->{stops} }, "status $status" if $status;

    for my $worker (keys %{ $self->{pids} }) {
        next if $self->wait_for(sub { !_is_worker($worker) }, 5);

        push @{ $self->{stops} }, 'a worker is left';
        kill KILL => $worker;
    }

    delete $self->{pid};
    $self->{pids} = {};

    return $self;
}


# The master first, so that it starts no worker for one that has died.

sub crash {
    my ($self) = @_;

    croak 'is not running' unless $self->{pid};

    my @workers = $self->worker_pids(all => 1);
    my $pid = delete $self->{pid};

    local ($?, $!);

    kill KILL => $pid;
    waitpid $pid, 0;
    kill KILL => @workers;

    for my $worker (@workers) {
        $self->wait_for(sub { !_is_worker($worker) })
            or croak "worker $worker is left";
    }

    return $self;
}


sub _is_worker {
    my ($pid) = @_;
    return PancakeTest::Log::slurp("/proc/$pid/cmdline") =~ /worker process/
        && PancakeTest::Log::slurp("/proc/$pid/stat") !~ /^\d+ \(.*\) Z /s;
}


# Whether the code became true within the timeout.

sub wait_for {
    my ($self, $code, $seconds) = @_;
    my $deadline = time + ($seconds // $self->{timeout});

    while (1) {
        return 1 if $code->();
        return 0 if time > $deadline;
        sleep 0.02;
    }
}


sub wait_for_file {
    my ($self, $name) = @_;
    return $self->wait_for(sub { -s "$self->{dir}/$name" });
}


# Configurations that are only looked at: the exit status, the messages by
# level, and all the output.

sub _check {
    my ($self, $text, $want) = @_;

    my $whole = $self->_whole($text, log => 'config.log');
    $self->write_file('check.conf', $whole);
    mkdir "$self->{dir}/temp";

    my ($before) = $whole =~ /\A(.*?)\# HERE$/ms;
    my $line = 1 + ($before // '') =~ tr/\n//;

    for my $message (@$want) {
        $message =~ s/%%HERE%%/%%DIR%%\/check.conf:$line/g;
        $message = $self->expand($message);
        chomp $message;
    }

    unlink "$self->{dir}/check.err";
    my %env = $self->_environment(leaks => 0);
    my $pid = $self->_spawn('check', \%env, '-t', '-c', 'check.conf', '-e',
                            "$self->{dir}/config.log");
    my $status;

    {
        local ($?, $!);
        waitpid $pid, 0;
        $status = $? & 127 ? "signal " . ($? & 127) : $? >> 8;
    }

    my $out = $self->log_text('check.err');
    my %by;

    while ($out =~ /^nginx: \[(\w+)\] (.*)$/mg) {
        push @{ $by{$1} }, $2;
    }

    # kept for the search for secrets

    open my $all, '>>:raw', "$self->{dir}/checks.err" or croak "checks: $!";
    print $all $out;
    close $all;

    return ($status, \%by, $out);
}


sub must_fail_config {
    my ($self, $text, $message, $name) = @_;

    my @want = ($message);
    my ($status, $by) = $self->_check($text, \@want);
    my $got = $status eq '0' ? 'accepted'
            : $status ne '1' ? "status $status"
            : join "\n", @{ $by->{emerg} || [] };

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is($got, $want[0], $name // 'refused: ' . _short($message));

    return $self;
}


sub warns_config {
    my ($self, $text, @messages) = @_;

    my @want = @messages;
    my ($status, $by, $out) = $self->_check($text, \@want);
    my $got = $status eq '0' ? join "\n", @{ $by->{warn} || [] }
                             : "refused: $out";

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is($got, join("\n", @want),
       @messages ? 'warns: ' . _short($messages[0]) : 'no warning');

    return $self;
}


sub config_says { ($_[0]->_check($_[1], []))[2] }


sub _short {
    my ($text) = @_;
    $text =~ s/ in %%HERE%%.*//s;
    return $text;
}


# Requests.

sub connect {
    my ($self, %o) = @_;

    return PancakeTest::HTTP->connect(
        port    => $self->port($o{-port} // $o{port} // 0),
        source  => $o{-source} // $o{source},
        timeout => $o{-timeout} // $self->{timeout},
    ) || croak "connect: $!";
}


sub request {
    my ($self, $bytes, %o) = @_;

    my $c = $self->connect(%o);
    $c->send(ref $bytes ? @$bytes : $bytes);

    my @list = $c->responses($o{responses} // 1, head => $o{head});
    $c->close;

    return wantarray ? @list : $list[0];
}


sub send_request {
    my ($self, $method, $uri, $body, %h) = @_;

    my ($head, $content) = PancakeTest::HTTP->build($method, $uri, $body, %h);
    my $c = $self->connect(%h);
    my %o = (head => $method eq 'HEAD');

    if ($h{-expect}) {
        $head =~ s/\r\n\r\n$/\r\nExpect: 100-continue\r\n\r\n/;
        $c->send($head);

        my $first = $c->response(interim => 1, %o);

        if ($first->{status} == 100) {
            $c->send($content);
            $first = $c->response(%o);
            unshift @{ $first->{interim} }, 100;
        }

        $c->close;
        return $first;
    }

    my @pieces = $head . $content;

    if (my $size = $h{-split}) {
        @pieces = unpack "(a$size)*", $pieces[0];
    }

    $c->send(@pieces);
    my $r = $c->response(%o);
    $c->close;

    return $r;
}


sub get {
    my ($self, $uri, %h) = @_;
    return $self->send_request('GET', $uri, undef, %h);
}


# The type follows the body unless it is given.

sub post {
    my ($self, $uri, $body, %h) = @_;

    $h{'Content-Type'} = $body =~ /^\s*[\[{]/
                         ? 'application/json'
                         : 'application/x-www-form-urlencoded'
        unless grep { lc eq 'content-type' } keys %h;

    return $self->send_request('POST', $uri, $body, %h);
}


sub post_json {
    my ($self, $uri, $data, %h) = @_;

    my $text = ref $data ? JSON::PP->new->utf8->canonical->encode($data)
                         : $data;
    $self->_personal($text);

    return $self->send_request('POST', $uri, $text,
                               'Content-Type' => 'application/json', %h);
}


sub post_form {
    my ($self, $uri, $data, %h) = @_;

    my $text = ref $data ? PancakeTest::HTTP::form($data) : $data;
    $self->_personal($text);

    return $self->send_request('POST', $uri, $text, 'Content-Type' =>
                               'application/x-www-form-urlencoded', %h);
}


sub h2 {
    my ($self, $method, $uri, $body, %h) = @_;

    $self->_personal($body) if defined $body;

    return PancakeTest::HTTP->h2($self->port($h{-port} // 0),
                                 $self->{timeout}, $method, $uri, $body, %h);
}


# What a buyer tells about herself stays out of the logs.

my $PERSONAL = qr/buyerEmail|businessName|taxId/;

sub _personal {
    my ($self, $text) = @_;

    while ($text =~ /"($PERSONAL)"\s*:\s*"((?:[^"\\]|\\.)*)"/g) {
        $self->_secret($1, $2);
    }

    while ($text =~ /(?:^|&)[^=&]*($PERSONAL)(?:\]|%5D)?=([^&]*)/gi) {
        my ($name, $value) = ($1, $2);
        $self->_secret($name, $value);

        $value =~ tr/+/ /;
        $value =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge;
        $self->_secret($name, $value);
    }
}


sub _secret {
    my ($self, $what, $value) = @_;
    return if length $value < 8;
    return if grep { $_->[1] eq $value } @{ $self->{secrets} };
    push @{ $self->{secrets} }, [ $what, $value ];
}


sub secret {
    my ($self, @words) = @_;
    push @{ $self->{secrets} }, map { [ 'a planted word', $_ ] } @words;
    return $self;
}


# Logs.

sub expect_log {
    my ($self, $pattern) = @_;
    push @{ $self->{expect} }, $pattern;
    return $self;
}


sub mark     { $_[0]{log}->mark; $_[0] }
sub messages { my $self = shift; $self->{log}->messages(@_) }
sub log_text { $_[0]{log}->text($_[1]) }


# The lines that a log has got since the last time, at least one; "" when
# there is none in time.

sub next_lines {
    my ($self, $log) = @_;
    my $seen = \$self->{seen}{$log};
    my @lines;

    $$seen //= 0;

    $self->wait_for(sub {
        @lines = split /\n/, $self->log_text($log);
        return @lines > $$seen;
    });

    @lines = splice @lines, $$seen;
    $$seen += @lines;

    return join "\n", @lines;
}


# Waits for so many more lines and passes over them.

sub skip_lines {
    my ($self, $log, $n) = @_;

    $self->{seen}{$log} += $n;

    $self->wait_for(sub {
        my @lines = split /\n/, $self->log_text($log);
        return @lines >= $self->{seen}{$log};
    });
}


sub lines_seen { $_[0]{seen}{$_[1]} // 0 }


sub wait_for_message {
    my ($self, $pattern) = @_;
    my @found;

    $self->wait_for(sub { @found = $self->messages($pattern) });

    return $found[0];
}


# Memory.

sub rss {
    my ($self, $pid) = @_;
    my $status = PancakeTest::Log::slurp("/proc/$pid/status");
    return $status =~ /^VmRSS:\s+(\d+) kB/m ? $1 : undef;
}


# Runs the code "warm" times, then "times" times; how many kB the process has
# grown between.

sub rss_growth {
    my ($self, $pid, $code, %o) = @_;

    $code->() for 1 .. $o{warm} // 5;
    my $before = $self->rss($pid);

    $code->() for 1 .. $o{times} // 15;
    return $self->rss($pid) - $before;
}


# The API.

sub backend {
    my ($self, $n) = @_;

    croak "backend $n is there" if $self->{backend}{$n};

    my $port = $self->port($n);
    my $socket = delete $self->{ports}{$n}{tcp};

    $self->wait_for(sub { $socket ||= _bind($port) })
        or croak "port $port: $!";

    $self->{backend}{$n} = PancakeTest::Backend->start(
        dir        => "$self->{dir}/backend_$n",
        port       => $port,
        socket     => $socket,
        timeout    => $self->{timeout},
        public_key => "$VECTORS/test-key.pub.pem",
        in_child   => \&_close_ports,
    );

    close $socket;

    return $self;
}


sub backend_stop {
    my ($self, $n) = @_;

    my $backend = delete $self->{backend}{$n} or return $self;
    $self->_retire($backend);

    return $self;
}


sub _retire {
    my ($self, $backend) = @_;

    $backend->stop;
    $self->{complaints} .= $backend->complaints;
    $self->_secret('a signature', $_) for $backend->signatures;
    $self->_secret('a session token', $_) for $backend->tokens;
}


sub upstream {
    my ($self, $n) = @_;
    return $self->{backend}{ $n // 1 } || croak 'no backend ' . ($n // 1);
}


sub mode           { my $self = shift; $self->upstream->mode(@_); $self }
sub mode_for       { my $self = shift; $self->upstream->mode_for(@_); $self }
sub release        { $_[0]->upstream->release; $_[0] }
sub clear_requests { $_[0]->upstream->clear_requests; $_[0] }
sub requests       { $_[0]->upstream->requests }
sub events         { $_[0]->upstream->events }

sub wait_for_requests { $_[0]->upstream->wait_for_requests($_[1]) }
sub wait_for_event    { $_[0]->upstream->wait_for_event($_[1]) }


sub sandbox {
    my ($self, %o) = @_;

    $self->has('node');
    croak 'no t/sandbox/sandbox.js' unless -e "$TOP/t/sandbox/sandbox.js";

    my @ports = map { $self->port($_) } 1, 2;
    $self->_free_ports;

    my %arg = ('http-port' => $ports[0], 'port' => $ports[1],
               'public-key' => "$VECTORS/test-key.pub.pem",
               'merchant' => $MERCHANT, %o);
    my @cmd = ('node', "$TOP/t/sandbox/sandbox.js",
               map { my $name = $_;
                     map { ("--$name", $_) }
                     ref $arg{$name} ? @{ $arg{$name} } : $arg{$name} }
               sort keys %arg);

    my $pid = fork;
    croak "fork: $!" unless defined $pid;

    if (!$pid) {
        _close_ports();
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', "$self->{dir}/sandbox.json";
        open STDERR, '>', "$self->{dir}/sandbox-stderr";
        { exec @cmd };
        POSIX::_exit(127);
    }

    $self->{sandbox} = $pid;

    my $up = $self->wait_for(sub {
        local ($?, $!);
        croak 'the sandbox did not start: ' . $self->log_text('sandbox-stderr')
            if waitpid($pid, POSIX::WNOHANG()) == $pid;
        return $self->log_text('sandbox.json') =~ /\n/;
    });

    croak 'the sandbox did not start in time' unless $up;

    return $self;
}


sub sandbox_get {
    my ($self, $what) = @_;
    return $self->get("/_sandbox/$what", -port => 1)->json;
}


sub sandbox_post {
    my ($self, $what, $data) = @_;

    return $self->send_request('POST', "/_sandbox/$what",
                               JSON::PP->new->utf8->encode($data // {}),
                               -port => 1,
                               'Content-Type' => 'application/json')->json;
}


sub _sandbox_stop {
    my ($self) = @_;

    my $pid = delete $self->{sandbox} or return;

    my $text = eval { $self->get('/_sandbox/requests', -port => 1)->body };

    while (($text // '') =~ /"x-signature"\s*[:,]\s*"([^"]+)"/gi) {
        $self->_secret('a signature', $1);
    }

    local ($?, $!);
    kill TERM => $pid;

    if (!$self->wait_for(sub { waitpid($pid, POSIX::WNOHANG()) != 0 }, 5)) {
        kill KILL => $pid;
        waitpid $pid, 0;
    }

    $self->{complaints} .= $self->log_text('sandbox-stderr');
}


# Data.

my $vectors;

sub vector {
    my ($self, $name) = @_;

    $vectors //= JSON::PP->new->utf8->decode(
        PancakeTest::Log::slurp("$VECTORS/signing.json"));

    my ($v) = grep { $_->{name} eq $name } @{ $vectors->{vectors} };
    croak "no vector \"$name\"" unless $v;

    return { %$v, bytes => pack('H*', $v->{bodyHex}) };
}


sub merchant { $MERCHANT }
sub product  { $PRODUCT }


# The end.

sub plan {
    my ($self, $n) = @_;

    my @tests = grep { defined && $_->{owner} == $$ } @live;
    Test::More::plan(tests => $n + CLOSING * @tests);

    return $self;
}


sub finish {
    my ($self) = @_;

    return $self if $self->{finished} || $self->{owner} != $$;
    $self->{finished} = 1;

    local ($?, $!, $@);

    $self->stop;
    $self->_sandbox_stop;
    $self->_retire($_) for values %{ $self->{backend} };

    $self->_closing_tests unless $self->{skipped};

    Test::More::diag($self->log_text) if $ENV{TEST_CATLOG};

    if ($ENV{TEST_LEAVE}) {
        Test::More::diag("left: $self->{dir}");
    } else {
        File::Path::remove_tree($self->{dir});
    }

    return $self;
}


my $SANITIZER = qr/Sanitizer|: runtime error: |^==\d+==/m;

sub _closing_tests {
    my ($self) = @_;

    my $log = $self->{log};
    my @bad = $log->lines(qr/\[(?:alert|emerg)\]/);

    for my $pattern (@{ $self->{expect} }) {
        @bad = grep { $_ !~ $pattern } @bad;
    }

    my @sockets = grep { /open socket/ } @bad;
    @bad = grep { !/open socket/ } @bad;

    my %seen;
    my @secrets = grep { !$seen{$_}++ }
                  $log->leaks($self->{secrets},
                              own => scalar $self->{level} =~ /^debug/);
    my @files;
    _find_files("$self->{dir}/temp", \@files);

    # UBSan does not always heed log_path, and stderr is the error log

    my @reports = grep { PancakeTest::Log::slurp($_) =~ $SANITIZER }
                  glob("$self->{dir}/sanitizer.*"), $log->files;

    for my $file (@reports) {
        my ($report) = PancakeTest::Log::slurp($file)
                       =~ /^([^\n]*(?:$SANITIZER).{0,4000})/ms;
        Test::More::diag($report);
    }

    _fine('nginx stopped on QUIT, workers exited', @{ $self->{stops} });
    _fine('no alert, no emerg', @bad);
    _fine('no open socket left', @sockets);
    _fine('no sanitizer report', map { s{.*/}{}r } @reports);
    _fine('no secret in a log', @secrets);
    _fine('no body left in a temporary file', map { s{.*/}{}r } @files);
    _fine('no complaint of the API double', $self->{complaints} || ());
}


sub _fine {
    my ($name, @found) = @_;
    splice @found, 10, @found - 10, '...' if @found > 10;
    is(join("\n", @found), '', $name);
}


sub _find_files {
    my ($dir, $found) = @_;

    opendir my $d, $dir or return;

    for my $name (grep { !/^\.\.?$/ } readdir $d) {
        if (-d "$dir/$name") {
            _find_files("$dir/$name", $found);
        } else {
            push @$found, "$dir/$name";
        }
    }
}


sub DESTROY {
    my ($self) = @_;
    $self->finish if ${^GLOBAL_PHASE} ne 'DESTRUCT';
}


END {
    for my $test (grep { defined && $_->{owner} == $$ } @live) {
        $test->{skipped} = 1
            unless (Test::More->builder->has_plan // 'skip') =~ /^\d+$/;
        $test->finish;
    }
}


# A signal ends the test, and what it has started.

$SIG{$_} ||= sub { exit 130 } for qw( INT TERM HUP );


1;
