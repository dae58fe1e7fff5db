package PancakeTest::Webhook;

# Copyright (C) 2026 pancake checkout contributors

# Plays the platform that sends webhooks: events, signed.
#
#   my $platform = PancakeTest::Webhook->new($t);       # the vectors' key
#   my $platform = PancakeTest::Webhook->new($t, 'b');  # a new one, b.pub
#
#   my $body = $platform->event(id => 'one', mode => 'test', ...);
#   $t->post('/hook', $body, $platform->header($body, $ms));
#
# The public key is in DIR/webhook.pub or DIR/NAME.pub of the test.

use strict;
use warnings;

use MIME::Base64 qw( encode_base64 );
use Time::HiRes qw( time );


sub new {
    my ($class, $t, $name, $bits) = @_;
    my $self = bless { t => $t, dir => $t->dir, serial => 0 }, $class;
    my $vectors = $t->top . '/t/vectors';

    if (defined $name) {
        $self->{key} = "$self->{dir}/$name.key";
        _run("openssl genrsa -out '$self->{key}' " . ($bits // 2048));
        _run("openssl rsa -in '$self->{key}' -pubout "
             . "-out '$self->{dir}/$name.pub'");

    } else {
        $self->{key} = "$vectors/test-key.pem";
        $t->write_file('webhook.pub', PancakeTest::Log::slurp(
                                          "$vectors/test-key.pub.pem"));
    }

    return $self;
}


sub _run {
    my ($command) = @_;
    local ($?, $!);
    system("$command >/dev/null 2>&1") == 0 or die "failed: $command";
}


# An event as JSON text; undef takes a member away, a reference is raw JSON.

sub event {
    my ($self, %with) = @_;

    my @members = (
        id => sprintf('3f2b8c1e-9d4a-4e6b-8f70-%012x', ++$self->{serial}),
        timestamp => '2026-01-01T00:00:00.000Z',
        eventType => 'order.completed', eventId => 'PAY_1', mode => 'test',
        data => \'{"orderId":"ORD_1","amount":"29.00"}',
    );
    my @parts;

    while (my ($name, $value) = splice @members, 0, 2) {
        $value = delete $with{$name} if exists $with{$name};
        push @parts, qq("$name":) . _json($value) if defined $value;
    }

    push @parts, map { qq("$_":) . _json($with{$_}) } sort keys %with;

    return '{' . join(',', @parts) . '}';
}


sub _json { ref $_[0] ? ${ $_[0] } : qq("$_[0]") }


# base64 of the signature of these bytes

sub sign {
    my ($self, $text) = @_;
    my $file = "$self->{dir}/to-sign";

    open my $f, '>:raw', $file or die "$file: $!";
    print $f $text;
    close $f;

    local ($?, $!);
    my $bytes = `openssl dgst -sha256 -sign '$self->{key}' '$file'`;
    die 'openssl' if $?;

    my $signature = encode_base64($bytes, '');
    $self->{t}->secret($signature);

    return $signature;
}


# The header field of a body, signed at this time, now without.

sub header {
    my ($self, $body, $ms) = @_;

    $ms //= int(time * 1000);

    return ('X-Waffo-Signature' => "t=$ms,v1=" . $self->sign("$ms.$body"),
            'Content-Type' => 'application/json');
}


1;
