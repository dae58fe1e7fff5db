package PancakeTest::Backend;

# Copyright (C) 2026 pancake checkout contributors

# A server that plays the payment API at byte level: it records what arrives
# and answers as its mode says.  One process for each connection; what they
# share is in files of the backend's own directory.
#
#   ->mode($name, %opt)             for every request from now on
#   ->mode([$name, %opt], ...)      one step for each request, the last stays
#   ->mode_for($path, $name, %opt)  only where the path contains this text
#   ->release                       opens the gate (option "gate")
#   ->requests, ->clear_requests, ->wait_for_requests($n), ->events
#
# Options of every mode:
#
#   gate => 'header' | 'body'   nothing, or no body, is sent before ->release
#   headers => [ name, value, ... ]    more headers
#   close => 1                  no keepalive
#
# Modes: see %MODE below, and each status from 200 to 599 as a mode of its
# own: an envelope with "errors", and from "retry_after" a Retry-After.

use strict;
use warnings;

use Carp qw( croak );
use Fcntl qw( :flock );
use IO::Select ();
use JSON::PP ();
use POSIX ();
use Socket qw( IPPROTO_TCP TCP_NODELAY SOL_SOCKET SO_LINGER );
use Storable ();
use Time::HiRes qw( sleep time );

my $SLOW = 0.01;            # seconds between the pieces of a slow answer
my $HOST = 'https://checkout.waffo.ai/my-store';

my %MESSAGE = (
    400 => 'Missing required fields',
    401 => 'Invalid API key',
    403 => 'No permission for this store',
    404 => 'Session not found',
    409 => 'A request with this idempotency key is in progress',
    429 => 'Too many requests',
    500 => 'Internal server error',
    502 => 'Bad gateway',
    503 => 'Service unavailable',
);


sub start {
    my ($class, %o) = @_;

    my $self = bless { dir => $o{dir}, port => $o{port}, owner => $$,
                       timeout => $o{timeout}, public => $o{public_key} },
                     $class;

    mkdir $o{dir};
    $self->mode('ok');

    listen($o{socket}, 128) or croak "listen: $!";

    pipe(my $alive, $self->{pipe}) or croak "pipe: $!";

    my $pid = fork;
    croak "fork: $!" unless defined $pid;

    if (!$pid) {
        setpgrp(0, 0);
        $SIG{$_} = 'DEFAULT' for qw( INT TERM QUIT ALRM );
        $SIG{HUP} = $SIG{PIPE} = 'IGNORE';

        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', "$o{dir}/stderr";
        open STDERR, '>>', "$o{dir}/stderr";

        close $self->{pipe};
        $o{in_child}->();

        eval { $self->_serve($o{socket}, $alive) };
        print STDERR $@ if $@;
        POSIX::_exit(1);
    }

    close $alive;
    setpgrp($pid, $pid);
    $self->{pid} = $pid;

    return $self;
}


sub stop {
    my ($self) = @_;

    my $pid = delete $self->{pid} or return;
    return if $self->{owner} != $$;

    local ($?, $!);
    kill TERM => -$pid, $pid;
    close $self->{pipe};

    for (1 .. 500) {
        return if waitpid($pid, POSIX::WNOHANG()) != 0;
        sleep 0.01;
    }

    kill KILL => -$pid, $pid;
    waitpid $pid, 0;
}


sub DESTROY { $_[0]->stop }

sub port { $_[0]{port} }


# What the server itself complained about.

sub complaints {
    my ($self) = @_;
    return _slurp("$self->{dir}/stderr");
}


sub mode {
    my ($self, @args) = @_;

    my @steps = ref $args[0] ? @args : [ @args ];
    _mode($_->[0]) for @steps;

    unlink "$self->{dir}/open";
    $self->{for} = {};
    $self->{steps} = \@steps;
    return $self->_store;
}


sub mode_for {
    my ($self, $path, @args) = @_;
    $self->{for}{$path} = ref $args[0] ? [ @args ] : [ [ @args ] ];
    return $self->_store;
}


sub _store {
    my ($self) = @_;
    my $file = "$self->{dir}/mode";

    $self->_locked(sub {
        Storable::nstore({ steps => $self->{steps}, for => $self->{for} },
                         "$file.new");
        rename "$file.new", $file or croak "$file: $!";
        Storable::nstore({}, "$self->{dir}/used");
    });

    return $self;
}


sub release {
    my ($self) = @_;
    open my $f, '>', "$self->{dir}/open" or croak "gate: $!";
    return $self;
}


sub _locked {
    my ($self, $code) = @_;

    open my $lock, '>>', "$self->{dir}/lock" or croak "lock: $!";
    flock($lock, LOCK_EX) or croak "flock: $!";

    return $code->();
}


# The recorded requests, oldest first.

sub requests {
    my ($self) = @_;
    return $self->_locked(sub { $self->_recorded });
}


sub _recorded {
    my ($self) = @_;
    my $text = _slurp("$self->{dir}/requests");
    my @list;

    while (length $text) {
        my $len = unpack 'N', $text;
        my $r = Storable::thaw(substr $text, 4, $len);
        substr $text, 0, 4 + $len, '';
        push @list, bless { %$r, public => $self->{public} },
                          'PancakeTest::Backend::Request';
    }

    return @list;
}


sub clear_requests {
    my ($self) = @_;

    $self->_locked(sub {
        $self->_remember($self->_recorded);
        truncate "$self->{dir}/requests", 0;
        unlink "$self->{dir}/events";
    });

    return $self;
}


sub _remember {
    my ($self, @requests) = @_;

    for my $req (@requests) {
        my $signature = $req->header('X-Signature');
        $self->{signatures}{$signature} = 1 if defined $signature;
    }
}


# Every signature that ever arrived here.

sub signatures {
    my ($self) = @_;
    $self->_remember($self->requests);
    return grep { length > 16 } keys %{ $self->{signatures} };
}


# Every session token that "ok" gave away.

sub tokens {
    my ($self) = @_;
    return map { $_->token }
           grep { $_->target =~ m{/issue-session-token$} } $self->requests;
}


# Waits until at least n requests have arrived; returns what there is.

sub wait_for_requests {
    my ($self, $n) = @_;
    my $deadline = time + $self->{timeout};

    while (1) {
        my @list = $self->requests;
        return @list if @list >= $n || time > $deadline;
        sleep 0.02;
    }
}


# Lines about connections: "N accepted", "N closed by peer".

sub events {
    my ($self) = @_;
    return split /\n/, _slurp("$self->{dir}/events");
}


sub wait_for_event {
    my ($self, $pattern) = @_;
    my $deadline = time + $self->{timeout};

    while (1) {
        my ($found) = grep { $_ =~ $pattern } $self->events;
        return $found if defined $found || time > $deadline;
        sleep 0.02;
    }
}


sub _event {
    my ($self, $text) = @_;
    open my $f, '>>', "$self->{dir}/events" or croak "events: $!";
    syswrite $f, "$self->{conn} $text\n";
}


sub _slurp {
    open my $f, '<:raw', $_[0] or return '';
    local $/;
    return <$f> // '';
}


# The server's side.

sub _serve {
    my ($self, $listen, $alive) = @_;

    $SIG{CHLD} = 'IGNORE';
    $self->{conn} = 0;
    my $select = IO::Select->new($listen, $alive);

    while (1) {
        for my $ready ($select->can_read) {

            if ($ready == $alive) {
                kill KILL => -$$;       # the test is gone
                POSIX::_exit(0);
            }

            accept(my $c, $listen) or next;
            $self->{conn}++;

            my $pid = fork;
            die "fork: $!" unless defined $pid;

            if (!$pid) {
                close $listen;
                eval { $self->_connection($c) };
                print STDERR $@ if $@;
                POSIX::_exit(0);
            }

            close $c;
        }
    }
}


sub _connection {
    my ($self, $c) = @_;

    setsockopt($c, IPPROTO_TCP, TCP_NODELAY, 1);
    $self->_event('accepted');

    my $buf = '';
    my $nth = 0;

    while (my $req = $self->_read_request($c, \$buf)) {
        $req->{nth} = ++$nth;
        my ($name, %opt) = $self->_record($req);

        $req = bless $req, 'PancakeTest::Backend::Request';

        last unless $self->_answer($c, $req, $name, \%opt);
    }

    close $c;
}


sub _more {
    my ($self, $c, $buf) = @_;
    my $n = sysread($c, $$buf, 65536, length $$buf);
    return $n ? 1 : 0;
}


sub _read_request {
    my ($self, $c, $buf) = @_;
    my $end;

    until (($end = index($$buf, "\r\n\r\n")) >= 0) {
        if (!$self->_more($c, $buf)) {
            $self->_event('closed by peer');
            return undef;
        }
    }

    my $head = substr($$buf, 0, $end + 4, '');
    my $body = '';

    if ($head =~ /^Transfer-Encoding:.*chunked/mi) {
        my $size = -1;

        while ($size) {
            my ($line, $hex);

            until (($line, $hex) = $$buf =~ /^(([0-9a-f]+)[^\r\n]*\r\n)/i) {
                return undef unless $self->_more($c, $buf);
            }

            ($line, $size) = (length $line, hex $hex);

            until (length $$buf >= $line + $size + 2) {
                return undef unless $self->_more($c, $buf);
            }

            $body .= substr($$buf, $line, $size);
            substr($$buf, 0, $line + $size + 2, '');
        }

    } elsif ($head =~ /^Content-Length:[ \t]*(\d+)/mi) {
        my $len = $1;

        until (length $$buf >= $len) {
            if (!$self->_more($c, $buf)) {
                $self->_event('closed by peer');
                return undef;
            }
        }

        $body = substr($$buf, 0, $len, '');
    }

    return { head => $head, body => $body, conn => $self->{conn},
             time => time };
}


# Writes the request down, and takes the mode's next step.

sub _record {
    my ($self, $req) = @_;

    return @{ $self->_locked(sub {
        my $seq = (_slurp("$self->{dir}/seq") || 0) + 1;
        open my $f, '>', "$self->{dir}/seq" or die "seq: $!";
        print $f $seq;
        close $f;

        $req->{seq} = $seq;

        my $record = Storable::nfreeze($req);
        open $f, '>>:raw', "$self->{dir}/requests" or die "requests: $!";
        print $f pack('N', length $record), $record;
        close $f;

        my $mode = Storable::retrieve("$self->{dir}/mode");
        my $used = Storable::retrieve("$self->{dir}/used");

        my ($target) = $req->{head} =~ /^\S+ (\S+)/;
        my ($for) = grep { index($target // '', $_) >= 0 }
                    sort keys %{ $mode->{for} };
        my $steps = defined $for ? $mode->{for}{$for} : $mode->{steps};
        my $key = defined $for ? "for $for" : '';

        my $n = $used->{$key}++ // 0;
        Storable::nstore($used, "$self->{dir}/used");

        return $steps->[ $n < @$steps ? $n : -1 ];
    }) };
}


# What is sent: strings, and between them "reset", "close", "hang", "gate" or
# a pause as references.  Returns whether the connection stays.

sub _answer {
    my ($self, $c, $req, $name, $opt) = @_;

    my @plan = _mode($name)->($req, $opt);

    my $gate = $opt->{gate} // '';

    if ($gate eq 'body') {
        @plan = map { !ref && /^(.*?\r\n\r\n)(.*)$/s
                      ? ($1, \'gate', $2) : $_ } @plan;

    } elsif ($gate) {
        unshift @plan, \'gate';
    }

    local $SIG{PIPE} = 'IGNORE';

    for my $step (@plan) {

        if (!ref $step) {
            my $off = 0;

            while ($off < length $step) {
                my $n = syswrite($c, $step, length($step) - $off, $off);

                if (!defined $n) {
                    $self->_event('closed by peer');
                    return 0;
                }

                $off += $n;
            }

        } elsif ($$step eq 'gate') {
            $self->_gate($c);

        } elsif ($$step eq 'close') {
            return 0;

        } elsif ($$step eq 'hang') {
            my $rest = '';
            while ($self->_more($c, \$rest)) { }
            $self->_event('closed by peer');
            return 0;

        } elsif ($$step eq 'reset') {
            setsockopt($c, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0));
            return 0;

        } else {
            sleep $$step;
        }
    }

    return 0 if $opt->{close} || $req->{head} =~ /^Connection:.*close/mi
                || $req->{head} =~ m{^\S+ \S+ HTTP/1\.0\r}
                   && $req->{head} !~ /^Connection:.*keep-alive/mi;

    return 1;
}


# Waits for ->release; a peer that leaves meanwhile is noted.

sub _gate {
    my ($self, $c) = @_;
    my $gone;

    until (-e "$self->{dir}/open") {
        if (!$gone && IO::Select->new($c)->can_read(0.01)) {
            $gone = 1;
            $self->_event('closed by peer');
        }

        sleep 0.01;
    }
}


# Answers.

sub _http {
    my ($status, $body, $opt, @headers) = @_;

    my %given = @headers;
    my %named = map { lc $_ => 1 } keys %given;
    my @lines = ("HTTP/1.1 $status " . ($status < 400 ? 'OK' : 'Not OK'),
                 'Server: pancake-test');

    if (defined $body) {
        push @lines, 'Content-Type: application/json; charset=utf-8'
            unless $named{'content-type'};
        push @lines, 'Content-Length: ' . length $body
            unless $named{'content-length'} || $named{'transfer-encoding'}
                   || $named{'x-no-length'};
    }

    my @pairs = (@headers, @{ $opt->{headers} || [] });

    while (my ($name, $value) = splice @pairs, 0, 2) {
        push @lines, "$name: $value" unless $name eq 'X-No-Length';
    }

    return join('', map { "$_\r\n" } @lines) . "\r\n"
        . (defined $body ? $body : '');
}


sub _chunked {
    my ($body, $size) = @_;
    my $out = '';

    for (my $i = 0; $i < length $body; $i += $size) {
        my $part = substr $body, $i, $size;
        $out .= sprintf "%x\r\n%s\r\n", length $part, $part;
    }

    return "${out}0\r\n\r\n";
}


sub _later { # seconds from now
    return POSIX::strftime('%Y-%m-%dT%H:%M:%S.000Z', gmtime(time + $_[0]));
}


# The good answer of each action, as JSON text.

sub _envelope {
    my ($req, $opt) = @_;
    my $path = $req->target;
    my @data;

    if ($path =~ m{/create-order$}) {
        @data = ([ checkoutUrl => $req->checkout_url ]);

    } elsif ($path =~ m{/create-session$}) {
        @data = ([ sessionId => $req->session_id ],
                 [ checkoutUrl => $req->checkout_url ],
                 [ expiresAt => _later(2700) ]);

    } elsif ($path =~ m{/issue-session-token$}) {
        @data = ([ token => $req->token ], [ expiresAt => _later(300) ]);

    } elsif ($path =~ m{/preview-tax$}) {
        @data = ([ subtotal => '29.00' ], [ taxAmount => '2.61' ],
                 [ total => '31.61' ], [ taxRate => \'0.09' ]);

    } elsif ($path =~ m{/cancel-order$}) {
        my $in = eval { JSON::PP->new->utf8->decode($req->body) } || {};
        @data = ([ orderId => $in->{orderId} ], [ status => 'canceled' ]);

    } else {
        @data = ([ ok => \'true' ]);
    }

    for my $field (@{ $opt->{data} || [] }) {
        @data = grep { $_->[0] ne $field->[0] } @data;
        push @data, $field if @$field > 1;
    }

    return '{"data":{' . join(',', map { _json($_->[0]) . ':'
               . (ref $_->[1] ? ${ $_->[1] } : _json($_->[1])) } @data)
           . '}}';
}


# A string; bytes above ASCII stay as they are, and are UTF-8 already.

sub _json {
    my ($s) = @_;
    return 'null' unless defined $s;
    $s =~ s/(["\\])/\\$1/g;
    $s =~ s/([\x00-\x1f])/sprintf '\\u%04x', ord $1/ge;
    return qq("$s");
}


sub _errors {
    my ($status, $opt) = @_;

    my $message = $opt->{message} // $MESSAGE{$status} // 'Refused';
    my $layer = $opt->{layer} // 'checkout';

    return '{"data":null,"errors":[{"message":' . _json($message)
           . ',"layer":' . _json($layer) . '}]}';
}


sub _status {
    my ($status, $req, $opt) = @_;

    my $body = $opt->{body} // ($status < 300 ? _envelope($req, $opt)
                                              : _errors($status, $opt));

    return _http($status, $body, $opt,
                 defined $opt->{retry_after}
                     ? ('Retry-After' => $opt->{retry_after}) : ());
}


sub _ok {
    my ($req, $opt, @headers) = @_;
    return _http(200, _envelope($req, $opt), $opt, @headers);
}


# An envelope larger than 64k.

sub _big {
    my ($req, $opt) = @_;
    return _envelope($req, { %$opt, data => [
        @{ $opt->{data} || [] }, [ padding => 'x' x ($opt->{size} // 70000) ]
    ] });
}


sub _slowly {
    my ($text, $size) = @_;
    return map { ($_, \$SLOW) } unpack "(a$size)*", $text;
}


sub _head_and_body {
    my ($answer) = @_;
    return $answer =~ /^(.*?\r\n\r\n)(.*)$/s;
}


my %MODE = (

    ok => sub { _ok(@_) },

    # sends exactly these pieces, "delay" seconds between them; then "end":
    # close, keep, reset, or hang (until nginx closes)

    raw => sub {
        my ($req, $opt) = @_;
        my $end = $opt->{end} // 'close';
        my $delay = $opt->{delay} // $SLOW;
        my @plan = map { ($_, \$delay) } @{ $opt->{pieces} };
        pop @plan;
        return (@plan, $end eq 'keep' ? () : \$end);
    },

    # status, type, body, and as usual headers

    reply => sub {
        my ($req, $opt) = @_;
        return _http($opt->{status} // 200, $opt->{body} // '', $opt,
                     'Content-Type' => $opt->{type} // 'application/json');
    },

    slow_header => sub {
        my ($head, $body) = _head_and_body(_ok(@_));
        return (_slowly($head, 8), $body);
    },

    slow_body => sub {
        my ($head, $body) = _head_and_body(_ok(@_));
        return ($head, _slowly($body, 8));
    },

    slow_chunks => sub {
        my ($req, $opt) = @_;
        my ($head) = _head_and_body(_http(200, '', $opt,
                                    'Transfer-Encoding' => 'chunked'));
        return ($head, _slowly(_chunked(_envelope($req, $opt), 5), 7));
    },

    chunked => sub {
        my ($req, $opt) = @_;
        return _http(200, _chunked(_envelope($req, $opt), 16), $opt,
                     'Transfer-Encoding' => 'chunked');
    },

    hang_header => sub { \'hang' },

    hang_body => sub {
        my ($head, $body) = _head_and_body(_ok(@_));
        return ($head, substr($body, 0, 10), \'hang');
    },

    close_before_header => sub { \'close' },
    reset_before_header => sub { \'reset' },

    close_in_header => sub {
        return (substr(_ok(@_), 0, 40), \'close');
    },

    reset_in_body => sub {
        my ($head, $body) = _head_and_body(_ok(@_));
        return ($head . substr($body, 0, 10), \0.05, \'reset');
    },

    # the whole JSON text, and a Content-Length that promises more

    cut_length => sub {
        my ($req, $opt) = @_;
        my $body = _envelope($req, $opt);
        return (_http(200, $body, $opt,
                      'Content-Length' => 100 + length $body), \'close');
    },

    # the whole JSON text, and no last chunk

    cut_chunk => sub {
        my ($req, $opt) = @_;
        my $body = _chunked(_envelope($req, $opt), 1000);
        $body =~ s/0\r\n\r\n$//;
        return (_http(200, $body, $opt, 'Transfer-Encoding' => 'chunked'),
                \'close');
    },

    oversize_length => sub { _http(200, _big(@_), $_[1]) },

    oversize_chunk => sub {
        return _http(200, _chunked(_big(@_), 4000), $_[1],
                     'Transfer-Encoding' => 'chunked');
    },

    oversize_close => sub {
        return (_http(200, _big(@_), $_[1], 'X-No-Length' => 1,
                      Connection => 'close'), \'close');
    },

    close_delimited => sub {
        return (_ok(@_, 'X-No-Length' => 1, Connection => 'close'), \'close');
    },

    gzip => sub {
        my ($req, $opt) = @_;
        require IO::Compress::Gzip;
        my ($in, $out) = _envelope($req, $opt);
        IO::Compress::Gzip::gzip(\$in, \$out) or die "gzip";
        return _http(200, $out, $opt, 'Content-Encoding' => 'gzip');
    },

    204 => sub { _http(204, undef, $_[1]) },

    301 => sub {
        my ($req, $opt) = @_;
        return _http(301, _envelope($req, $opt), $opt,
                     Location => $req->checkout_url);
    },

    302 => sub {
        my ($req, $opt) = @_;
        return _http(302, _envelope($req, $opt), $opt,
                     Location => $req->checkout_url);
    },

    307 => sub {
        my ($req, $opt) = @_;
        return _http(307, _envelope($req, $opt), $opt,
                     Location => 'http://127.0.0.1:1/elsewhere');
    },

    wrong_type => sub { _ok(@_, 'Content-Type' => 'text/html') },

    no_type => sub {
        my $answer = _ok(@_);
        $answer =~ s/^Content-Type:.*\r\n//m;
        return $answer;
    },

    not_json => sub {
        _http(200, '<html><body>Welcome</body></html>', $_[1]);
    },

    bad_json => sub {
        my ($req, $opt) = @_;
        my $body = _envelope($req, $opt);
        return _http(200, substr($body, 0, -1), $opt);
    },

    trailing_json => sub {
        my ($req, $opt) = @_;
        return _http(200, _envelope($req, $opt) . '{}', $opt);
    },

    duplicate_keys => sub {
        my ($req, $opt) = @_;
        my $body = _envelope($req, $opt);
        $body =~ s/"checkoutUrl":/"checkoutUrl":"$HOST\/checkout\/x",$&/;
        return _http(200, $body, $opt);
    },

    empty_200 => sub { _http(200, '', $_[1]) },

    null_data => sub { _http(200, '{"data":null}', $_[1]) },

    empty_data => sub { _http(200, '{"data":{}}', $_[1]) },

    array_root => sub {
        my ($req, $opt) = @_;
        return _http(200, '[' . _envelope($req, $opt) . ']', $opt);
    },

    errors_with_200 => sub {
        my ($req, $opt) = @_;
        my $body = _envelope($req, $opt);
        $body =~ s/\}$/,"errors":[{"message":"Half done","layer":"order"}]}/;
        return _http(200, $body, $opt);
    },

    empty_errors => sub {
        my ($req, $opt) = @_;
        my $body = _envelope($req, $opt);
        $body =~ s/\}$/,"errors":[]}/;
        return _http(200, $body, $opt);
    },

    warnings => sub {
        my ($req, $opt) = @_;
        my $body = _envelope($req, $opt);
        $body =~ s/\}$/,"warnings":[{"message":"Soon","layer":"store"}]}/;
        return _http(200, $body, $opt);
    },

    early_hints => sub {
        return ("HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n"
                . "\r\n", \$SLOW, _ok(@_));
    },

    garbage_status => sub {
        my $answer = _ok(@_);
        $answer =~ s/^HTTP\/1\.1 200 OK/PANCAKE two hundred/;
        return ($answer, \'close');
    },

    x_accel_redirect => sub {
        my ($req, $opt) = @_;
        return _ok(@_, 'X-Accel-Redirect' => $opt->{to} // '/secret');
    },

    set_cookie => sub {
        return _ok(@_, 'Set-Cookie' => 'api=1; Path=/');
    },

    # answers on a fresh connection, closes it when it is used again

    stale_keepalive => sub {
        my ($req, $opt) = @_;
        return $req->{nth} > 1 ? \'close' : _ok($req, $opt);
    },

    # "url": the checkoutUrl, a string, or a reference to JSON text; without
    # it the answer has none.  "expires": the same for expiresAt.

    url => sub {
        my ($req, $opt) = @_;
        return _ok($req, { %$opt, data => [ [ 'checkoutUrl',
                   exists $opt->{url} ? $opt->{url} : () ] ] });
    },

    expires => sub {
        my ($req, $opt) = @_;
        return _ok($req, { %$opt, data => [ [ 'expiresAt',
                   exists $opt->{expires} ? $opt->{expires} : () ] ] });
    },
);


sub _mode {
    my ($name) = @_;
    return $MODE{$name} if $MODE{$name};
    return sub { _status($name, @_) } if $name =~ /^[2-5]\d\d$/;
    croak "no mode \"$name\"";
}


package PancakeTest::Backend::Request;

# A recorded request: head and body as received, conn (number of the
# connection), nth (of this connection), seq (of this backend), time.

use Digest::SHA qw( sha256 );
use MIME::Base64 qw( decode_base64 encode_base64 );


sub line   { ($_[0]{head} =~ /^(.*?)\r\n/)[0] }
sub method { ($_[0]{head} =~ /^(\S+) /)[0] }
sub target { ($_[0]{head} =~ /^\S+ (\S+)/)[0] }
sub head   { $_[0]{head} }
sub body   { $_[0]{body} }


# [ name, value ] pairs in order

sub list {
    my ($self) = @_;
    my ($first, @lines) = split /\r\n/, $self->{head};
    return map { [ /^([^:]+):[ \t]*(.*?)[ \t]*$/ ] } @lines;
}


sub names { map { $_->[0] } $_[0]->list }


sub header {
    my ($self, $name) = @_;
    my @values = map { $_->[1] } grep { lc $_->[0] eq lc $name } $self->list;
    return @values ? join(', ', @values) : undef;
}


sub json {
    my ($self) = @_;
    require JSON::PP;
    return scalar eval { JSON::PP->new->utf8->decode($self->{body}) };
}


# What mode "ok" answers to this request.

sub session_id {
    return sprintf 'cs_5e550000-0000-4000-8000-%012x', $_[0]{seq};
}


sub checkout_url {
    my ($self) = @_;

    return $self->target =~ m{/create-order$}
        ? "$HOST/payment/ORDER_TOKEN_$self->{seq}"
        : "$HOST/checkout/" . $self->session_id;
}


sub token { "SESSION-TOKEN-$_[0]{seq}-abcdefgh" }


sub canonical {
    my ($self) = @_;

    return join "\n", $self->method, $self->target,
                      $self->header('X-Timestamp') // '',
                      encode_base64(sha256($self->{body}), '');
}


# openssl's opinion on X-Signature: 1 or 0.

sub signature_ok {
    my ($self) = @_;
    require File::Temp;

    my $dir = File::Temp->newdir('pancake-sig-XXXXXX', TMPDIR => 1);
    my $signature = $self->header('X-Signature') // '';

    return 0 unless $signature =~ m{^[A-Za-z0-9+/]+={0,2}\z}
                    && encode_base64(decode_base64($signature), '')
                       eq $signature;

    for ([ text => $self->canonical ], [ sig => decode_base64($signature) ]) {
        open my $f, '>:raw', "$dir/$_->[0]" or die "$dir: $!";
        print $f $_->[1];
        close $f;
    }

    local ($?, $!);
    my $verify = "openssl dgst -sha256 -verify '$self->{public}'";
    my $out = qx($verify -signature '$dir/sig' '$dir/text' 2>&1);

    return $? == 0 && $out eq "Verified OK\n" ? 1 : 0;
}


1;
