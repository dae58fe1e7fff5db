package PancakeTest::Frames;

# Copyright (C) 2026 pancake checkout contributors

# HTTP/2 frame by frame, for buyers who leave in ways that curl has not.
#
#   my $c = PancakeTest::Frames->connect($t);   # %%PORT_8%%
#   my $stream = $c->post($uri, length $json, $json);
#   $c->answer($stream)                         # the status, see below
#   $c->rst($stream); $c->goaway; $c->close; $c->reset;

use strict;
use warnings;

use IO::Select ();


# The greeting, and no settings.

sub connect {
    my ($class, $t) = @_;

    my $self = bless { c => $t->connect(-port => 8), next => 1,
                       buffer => '' }, $class;

    $self->{c}->send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" . frame(4, 0, 0, ''));

    return $self;
}


sub frame {
    my ($type, $flags, $stream, $data) = @_;
    return substr(pack('N', length $data), 1)
           . pack('CCN', $type, $flags, $stream) . $data;
}


sub field { pack('C C/a C/a', 0, @_) }


# Opens a stream, returns its number.  Without a body that is all; of a body
# this part is sent, and it is the end unless more was announced.

sub post {
    my ($self, $uri, $length, $part) = @_;

    my $stream = $self->{next};
    $self->{next} += 2;

    $self->{c}->send(frame(1, 4, $stream, "\x83\x86" . field(':path', $uri)
        . field(':authority', 'localhost')
        . field('content-type', 'application/json')
        . field('content-length', $length)));

    if (defined $part) {
        $self->{c}->send(frame(0, length $part == $length ? 1 : 0, $stream,
                               $part));
    }

    return $stream;
}


# The first byte of the header block that answers: the status for those that
# HTTP/2 knows, or 72 (a status in plain text).

sub answer {
    my ($self, $stream) = @_;
    my $s = $self->{c}->socket;

    while (1) {
        my ($size, $type, $flags, $id);

        until (length $self->{buffer} >= 9
               && (($size, $type, $flags, $id) =
                       unpack 'N C C N', "\0$self->{buffer}")
               && length $self->{buffer} >= 9 + $size)
        {
            return 'timeout' unless IO::Select->new($s)
                                    ->can_read($self->{c}{timeout});
            sysread $s, $self->{buffer}, 65536, length $self->{buffer}
                or return 'closed';
        }

        my $data = substr $self->{buffer}, 9, $size;
        substr $self->{buffer}, 0, 9 + $size, '';

        $self->{c}->send(frame(4, 1, 0, '')) if $type == 4 && !($flags & 1);

        return $data =~ /^[\x20-\x3f]?[\x08\x48]\x03(\d+)/ ? $1
               : 'indexed ' . ord $data if $type == 1 && $id == $stream;
    }
}


sub rst {
    my ($self, $stream) = @_;
    $self->{c}->send(frame(3, 0, $stream, pack 'N', 8));
}


sub goaway {
    my ($self, $stream) = @_;
    $self->{c}->send(frame(7, 0, 0, pack 'NN', 0, 0));
    $self->{c}->close;
}


sub close { $_[0]{c}->close if $_[0]{c}->socket }
sub reset { $_[0]{c}->reset }


1;
