package PancakeTest::Log;

# Copyright (C) 2026 pancake checkout contributors

# What nginx has written: reading logs, and looking for what must never be
# in them.

use strict;
use warnings;


sub new {
    my ($class, %o) = @_;
    return bless { dir => $o{dir}, mark => 0 }, $class;
}


sub slurp {
    my ($file) = @_;
    open my $f, '<:raw', $file or return '';
    local $/;
    return <$f> // '';
}


# Every file nginx or its test runs may have written text to.

sub files {
    my ($self) = @_;
    return grep { -f } glob("$self->{dir}/*.log $self->{dir}/*.out "
                            . "$self->{dir}/*.err");
}


sub text {
    my ($self, $name) = @_;
    my $text = slurp("$self->{dir}/" . ($name // 'error.log'));

    # of a line that is being written there is nothing to say yet

    $text =~ s/[^\n]+\z// if ($name // 'error.log') =~ /\.log$/;

    return $text;
}


# Later messages() begin here.

sub mark {
    my ($self) = @_;
    $self->{mark} = -s "$self->{dir}/error.log" || 0;
}


# The error log's messages since the last mark: [ level, text ], the text
# without time, process, connection, and what nginx appends (while, client,
# server, request, ...).

sub messages {
    my ($self, $pattern) = @_;
    my @list;

    for my $line (split /\n/, substr($self->text, $self->{mark})) {
        my ($level, $text) = $line =~
            m{^\d{4}/\d\d/\d\d\ \d\d:\d\d:\d\d\ \[(\w+)\]\ \d+\#\d+:
              \ (?:\*\d+\ )?(.*)$}x or next;

        $text =~ s{(?: while [^,]+)?, client: [^,]+, server: .*$}{};

        push @list, [ $level, $text ] if !$pattern || $text =~ $pattern;
    }

    return @list;
}


# Lines of the error log since the beginning that match.

sub lines {
    my ($self, $pattern, $name) = @_;
    return grep { $_ =~ $pattern } split /\n/, $self->text($name);
}


# Where a secret stands in a log: "file: what".  The secret itself is not in
# the text, since this goes to the terminal.  With "own" only lines of our
# module count in the error log: nginx's debug level prints everything.

sub leaks {
    my ($self, $secrets, %o) = @_;
    my @found;

    for my $file ($self->files) {
        my $text = slurp($file);
        my ($name) = $file =~ m{([^/]+)$};

        if ($o{own} && $name eq 'error.log') {
            $text = join "\n", grep { /pancake checkout/ } split /\n/, $text;
        }

        if (my ($token) = $text =~ /(#|%23)token=/i) {
            push @found, "$name: a session token";
        }

        for my $s (@$secrets) {
            my ($what, $value) = @$s;
            push @found, "$name: $what" if index($text, $value) >= 0;
        }
    }

    return @found;
}


1;
