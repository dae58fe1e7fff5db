package PancakeTest::HTTP;

# Copyright (C) 2026 pancake checkout contributors

# An HTTP/1 client on a raw socket, and HTTP/2 through curl.
#
#   my $c = PancakeTest::HTTP->connect(port => 8080, timeout => 20);
#   $c->send('POST / HTTP/1.1' . "\r\n", ...);     # a write() for each piece
#   my $r = $c->response;                          # or ->responses(2)
#   $c->half_close; $c->close; $c->reset;          # FIN on our side, FIN, RST
#   $c->closed                                     # the server has closed
#
# A response is a hash:
#
#   status     number; 0 when there was no response
#   error      "closed", "reset", "timeout", "malformed" or ""
#   complete   1 when the framing says that the body is whole
#   version, reason, head (as received), body (chunks taken apart)
#   list       [ [ name, value ], ... ] in order
#   headers    { lower-case name => value }, duplicates joined by ", "
#   all        { lower-case name => [ value, ... ] }
#   interim    [ status of each 1xx response ]
#
# with the methods status, head, body, complete, location, header($name), json.

use strict;
use warnings;

use Carp qw( croak );
use Errno qw( EINTR ECONNRESET EPIPE );
use File::Temp ();
use IO::Select ();
use IO::Socket::INET ();
use Socket qw( IPPROTO_TCP TCP_NODELAY SOL_SOCKET SO_LINGER );
use Time::HiRes qw( sleep time );

our $PIECE_DELAY = 0.002;       # seconds between the pieces of send()


sub connect {
    my ($class, %o) = @_;

    my $s = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1',
        PeerPort => $o{port},
        Proto    => 'tcp',
        ($o{source} ? (LocalAddr => $o{source}) : ()),
        Timeout  => $o{timeout},
    ) or return undef;

    setsockopt($s, IPPROTO_TCP, TCP_NODELAY, 1);
    $s->blocking(1);

    return bless { socket => $s, timeout => $o{timeout}, buffer => '',
                   state => '' }, $class;
}


sub socket { $_[0]{socket} }


# Returns how many pieces went out; fewer when the server has closed.

sub send {
    my ($self, @pieces) = @_;

    local $SIG{PIPE} = 'IGNORE';
    my $sent = 0;

    for my $piece (@pieces) {
        sleep $PIECE_DELAY if $sent;

        my $off = 0;

        while ($off < length $piece) {
            my $n = syswrite($self->{socket}, $piece, length($piece) - $off,
                             $off);

            if (!defined $n) {
                next if $! == EINTR;
                return $sent;
            }

            $off += $n;
        }

        $sent++;
    }

    return $sent;
}


sub half_close { shutdown($_[0]{socket}, 1); $_[0] }

sub close {
    my ($self) = @_;
    close $self->{socket} if $self->{socket};
    $self->{socket} = undef;
}


sub reset {
    my ($self) = @_;
    setsockopt($self->{socket}, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0));
    $self->close;
}


# Reads more; 1, or 0 with {state} telling why not.

sub _fill {
    my ($self, $deadline) = @_;

    return 0 if $self->{state};

    while (1) {
        my $left = $deadline - time;

        if ($left <= 0) {
            $self->{state} = 'timeout';
            return 0;
        }

        next unless IO::Select->new($self->{socket})->can_read($left);

        my $n = sysread($self->{socket}, $self->{buffer}, 65536,
                        length $self->{buffer});

        return 1 if $n;

        if (!defined $n) {
            next if $! == EINTR;
            $self->{state} = 'reset';
            return 0;
        }

        $self->{state} = 'closed';
        return 0;
    }
}


# 1 when the server closes within the timeout and sends nothing more.

sub closed {
    my ($self) = @_;
    my $deadline = time + $self->{timeout};

    while ($self->_fill($deadline)) { }

    return $self->{state} ne 'timeout' && $self->{buffer} eq '' ? 1 : 0;
}


sub responses {
    my ($self, $n, %o) = @_;
    my @list;

    for (1 .. $n) {
        push @list, $self->response(%o);
        last unless $list[-1]{status};
    }

    return @list;
}


# Option: head => 1 for the response to a HEAD request.

sub response {
    my ($self, %o) = @_;

    my $deadline = time + $self->{timeout};
    my $buf = \$self->{buffer};
    my @interim;

    while (1) {
        my $end;

        until (($end = index($$buf, "\r\n\r\n")) >= 0) {
            if (!$self->_fill($deadline)) {
                return _response(error => $self->{state} || 'closed',
                                 head => $$buf, interim => \@interim);
            }
        }

        my $head = substr($$buf, 0, $end + 4, '');
        my %r = _parse_head($head);

        if (!$r{status}) {
            return _response(error => 'malformed', head => $head,
                             interim => \@interim);
        }

        if ($r{status} >= 100 && $r{status} < 200) {
            push @interim, $r{status};

            if ($o{interim}) {
                return _response(%r, complete => 1, interim => \@interim);
            }

            next;
        }

        $r{interim} = \@interim;
        $self->_body(\%r, $deadline)
            unless $o{head} || $r{status} == 204 || $r{status} == 304;
        $r{complete} = 1 unless exists $r{complete};
        $r{error} = $r{complete} ? '' : $self->{state};

        return _response(%r);
    }
}


sub _body {
    my ($self, $r, $deadline) = @_;

    my $buf = \$self->{buffer};
    $r->{body} = '';
    $r->{complete} = 0;

    if (($r->{headers}{'transfer-encoding'} // '') =~ /chunked/i) {

        while (1) {
            my ($line, $size);

            until (($line, $size) = $$buf =~ /^(([0-9a-f]+)[^\r\n]*\r\n)/i) {
                return unless $self->_fill($deadline);
            }

            ($line, $size) = (length $line, hex $size);

            until (length $$buf >= $line + $size + 2) {
                return unless $self->_fill($deadline);
            }

            $r->{body} .= substr($$buf, $line, $size);
            substr($$buf, 0, $line + $size + 2, '');

            if ($size == 0) {
                $r->{complete} = 1;
                return;
            }
        }
    }

    if (exists $r->{headers}{'content-length'}) {
        my $len = $r->{headers}{'content-length'};

        until (length $$buf >= $len) {
            last unless $self->_fill($deadline);
        }

        $r->{complete} = 1 if length $$buf >= $len;
        $r->{body} = substr($$buf, 0, $len, '');
        return;
    }

    while ($self->_fill($deadline)) { }

    $r->{complete} = 1 if $self->{state} eq 'closed';
    $r->{body} = $$buf;
    $$buf = '';
}


sub _parse_head {
    my ($head) = @_;

    my ($first, @lines) = split /\r\n/, $head;
    my %r = (head => $head, list => [], all => {}, headers => {});

    return %r unless ($first // '') =~ m{^HTTP/(\d(?:\.\d)?) (\d{3}) ?(.*)$};

    @r{qw( version status reason )} = ($1, $2 + 0, $3);

    for my $line (@lines) {
        my ($name, $value) = $line =~ /^([^:]+):[ \t]*(.*?)[ \t]*$/s or next;
        push @{ $r{list} }, [ $name, $value ];
        push @{ $r{all}{lc $name} }, $value;
    }

    $r{headers}{$_} = join(', ', @{ $r{all}{$_} }) for keys %{ $r{all} };

    return %r;
}


sub _response {
    my (%r) = @_;

    return bless { status => 0, error => '', complete => 0, version => '',
                   reason => '', head => '', body => '', list => [],
                   headers => {}, all => {}, interim => [], %r },
                 'PancakeTest::HTTP::Response';
}


# A request as bytes.  Names beginning with "-" are not headers; undef takes
# a default header away, an array sends one more than once.

sub build {
    my ($class, $method, $uri, $body, %h) = @_;

    my $version = $h{-version} // '1.1';
    my %default = (Host => 'localhost', Connection => 'close');

    if (defined $body && !$h{-chunked}) {
        $default{'Content-Length'} = length $body;
    }

    $default{'Transfer-Encoding'} = 'chunked' if $h{-chunked};

    my %seen = map { lc $_ => 1 } keys %h;
    my @lines = ("$method $uri HTTP/$version");

    for my $name (sort grep { !$seen{lc $_} } keys %default) {
        push @lines, "$name: $default{$name}";
    }

    for my $name (sort grep { !/^-/ } keys %h) {
        for my $value (ref $h{$name} ? @{ $h{$name} } : $h{$name}) {
            push @lines, "$name: $value" if defined $value;
        }
    }

    my $head = join('', map { "$_\r\n" } @lines) . "\r\n";

    return ($head, '') unless defined $body;
    return ($head, $body) unless $h{-chunked};

    my @chunks = ref $h{-chunked} ? @{ $h{-chunked} } : $body;

    return ($head, join('', map { sprintf("%x\r\n%s\r\n", length $_, $_) }
                            grep { length } @chunks) . "0\r\n\r\n");
}


sub urlencode {
    my ($text) = @_;

    utf8::encode($text) if utf8::is_utf8($text);
    $text =~ s/([^A-Za-z0-9_.~-])/sprintf('%%%02X', ord $1)/ge;

    return $text;
}


# Pairs in order: form(a => 1, b => 2), also given as one array or a hash.

sub form {
    my @pairs = @_ == 1 && ref $_[0] eq 'ARRAY' ? @{ $_[0] }
              : @_ == 1 && ref $_[0] eq 'HASH'
                    ? map { $_ => $_[0]{$_} } sort keys %{ $_[0] }
              : @_;
    my @out;

    while (my ($name, $value) = splice @pairs, 0, 2) {
        push @out, urlencode($name) . '=' . urlencode($value);
    }

    return join '&', @out;
}


my $curl_http2;

sub has_curl_http2 {
    $curl_http2 //= `curl --version 2>/dev/null` =~ /^Features:.*\bHTTP2\b/m
        ? 1 : 0;
    return $curl_http2;
}


# One request over HTTP/2 without TLS.  -length => 0 sends the body without
# content-length.

sub h2 {
    my ($class, $port, $timeout, $method, $uri, $body, %h) = @_;

    my $dir = File::Temp->newdir('pancake-h2-XXXXXX', TMPDIR => 1);
    my @cmd = ('curl', '-q', '-s', '--http2-prior-knowledge', '--max-time',
               int($timeout) + 1, '-X', $method, '-D', "$dir/head",
               '-o', "$dir/body", '--noproxy', '*', '-H', 'Accept:',
               '-H', 'User-Agent:', '-H', 'Expect:');

    push @cmd, '-I' if $method eq 'HEAD';

    for my $name (sort grep { !/^-/ } keys %h) {
        for my $value (ref $h{$name} ? @{ $h{$name} } : $h{$name}) {
            push @cmd, '-H', defined $value ? "$name: $value" : "$name:";
        }
    }

    my $in = '/dev/null';

    if (defined $body) {
        $in = "$dir/in";
        open my $f, '>:raw', $in or croak "$in: $!";
        print $f $body;
        CORE::close($f) or croak "$in: $!";

        push @cmd, '-H', 'Content-Type:' unless grep { lc eq 'content-type' }
                                                keys %h;

        if (exists $h{-length} && !$h{-length}) {
            push @cmd, '-T', '-';
        } else {
            push @cmd, '--data-binary', "\@$in";
        }
    }

    push @cmd, "http://127.0.0.1:$port$uri";

    my $pid = fork;
    croak "fork: $!" unless defined $pid;

    if (!$pid) {
        open STDIN, '<', $in;
        open STDOUT, '>', '/dev/null';
        open STDERR, '>', "$dir/err";
        { exec @cmd };
        require POSIX;
        POSIX::_exit(127);
    }

    {
        local ($?, $!);
        waitpid $pid, 0;
        $h{-rc} = $? >> 8;
    }

    my ($head, $content) = map { _slurp("$dir/$_") } qw( head body );
    my ($last) = reverse split /(?<=\r\n\r\n)/, $head;
    my %r = _parse_head($last // '');

    return _response(%r, body => $content, error => "curl $h{-rc}")
        if $h{-rc};

    return _response(%r, body => $method eq 'HEAD' ? '' : $content,
                     complete => 1);
}


sub _slurp {
    open my $f, '<:raw', $_[0] or return '';
    local $/;
    return <$f> // '';
}


package PancakeTest::HTTP::Response;

sub status   { $_[0]{status} }
sub head     { $_[0]{head} }
sub body     { $_[0]{body} }
sub complete { $_[0]{complete} }
sub location { $_[0]{headers}{location} }
sub header   { $_[0]{headers}{lc $_[1]} }


# The body as a structure; undef when it is not JSON.

sub json {
    my ($self) = @_;
    require JSON::PP;
    return scalar eval { JSON::PP->new->utf8->decode($self->{body}) };
}


1;
