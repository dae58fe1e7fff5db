#!/usr/bin/perl

# The fault matrix: each way in which the API can fail, met once or always, in
# each kind of checkout.  The buyer gets the right answer after the right
# number of attempts, all attempts of a call have its key and a signature of
# their own, and the API never does twice what was asked for once.
#
# With TEST_TABLE=1 the matrix is printed as a table.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use PancakeTest::Faults;
use Test::More;

use JSON::PP ();

my $t = PancakeTest->new->has(qw( http_ssl node ));

my $BASE = 'https://checkout.waffo.ai/pancake-shop';
my $PATH = qr{^/v1/actions/(?:checkout|onetime-order)/};

# What buyers get.

my @DOWN = (502, 'unavailable');
my @BROKEN = (502, 'error');
my @LATE = (504, 'unavailable');

# The faults.  "both" makes two rows: what did not reach the API's own code,
# and what it has executed without being able to say so.

my @rows;

sub row {
    my ($name, $fault, $seen, $tries, $answer, %o) = @_;

    push @rows, { name => $name, set => 'plain', fault => $fault,
                  seen => $seen, tries => $tries, answer => $answer,
                  done => 0, %o };
}

sub both {
    my ($name, @row) = @_;

    row($name, @row);
    row("$name, executed", @row, done => 1);
}

sub status {
    my ($status, @retry_after) = @_;

    return { mode => 'status', status => $status,
             @retry_after ? (retryAfter => $retry_after[0]) : () };
}

row('connection refused', undef, 502, 3, \@DOWN, set => 'refused');
row('TLS with a wrong name', undef, 502, 3, \@DOWN, set => 'name');
row('TLS, expired certificate', undef, 502, 3, \@DOWN, set => 'expired');

both('closed unanswered', { mode => 'close' }, 502, 3, \@DOWN);
both('reset unanswered', { mode => 'reset' }, 502, 3, \@DOWN);
both('reset in the header', { mode => 'reset', at => 'header' }, 502, 3,
     \@DOWN);
both('reset in the body', { mode => 'reset', at => 'body' }, 200, 3,
     \@BROKEN);
both('silence', { mode => 'delay', delayMs => 30_000 }, 504, 3, \@LATE,
     set => 'silent');

# a byte a second: each comes in time, the whole does not

both('slow drip', { mode => 'drip', everyMs => 1000 }, 200, 1, \@LATE,
     set => 'short');

both('garbage status line', { mode => 'garbage-status' }, 502, 3, \@DOWN);
both('1xx before answer', { mode => 'early-hints' }, 103, 3, \@BROKEN)
    if $t->nginx_version < 1_029_000;
both('chunked without end', { mode => 'cut-chunked' }, 200, 3, \@BROKEN);
both('short length', { mode => 'truncate' }, 200, 3, \@BROKEN);

# whole answers: the next would be the same

both('oversize', { mode => 'oversize' }, 200, 1, \@BROKEN);
both('empty 200', { mode => 'empty' }, 200, 1, \@BROKEN);
both('204', { mode => 'no-content' }, 204, 1, \@BROKEN);
row('301', { mode => 'redirect', status => 301 }, 301, 1, \@BROKEN);
row('400', status(400), 400, 1, [ 400, 'rejected' ]);
row('401', status(401), 401, 1, \@BROKEN);
row('403', status(403), 403, 1, \@BROKEN);
row('404', status(404), 404, 1, [ 404, 'rejected' ]);
row('410', status(410), 410, 1, \@BROKEN);

# asked for again after 250, 500 and 1000 ms; after 2000 more it is too late

both('409', status(409), 409, 4, [ 409, 'rejected', 1 ], set => 'conflict');

for my $case ([ '7', 7, 7 ], [ 'a date', 'date', 5 ],
              [ 'garbage', 'garbage', 5 ], [ 'absent', undef, 5 ],
              [ '7200', 7200, 5 ])
{
    my ($name, $sent, $given) = @$case;
    row("429, Retry-After $name", status(429, grep { defined } $sent), 429,
        1, [ 429, 'rejected', $given ]);
}

both('500', status(500), 500, 3, \@DOWN);
row('501', status(501), 501, 1, \@DOWN);
both('502', status(502), 502, 3, \@DOWN);
both('503', status(503), 503, 3, [ 503, 'unavailable', 5 ]);
row('503, Retry-After 1', status(503, 1), 503, 3, [ 503, 'unavailable', 1 ],
    slow => 1);
row('503, Retry-After 1000', status(503, 1000), 503, 1,
    [ 503, 'unavailable', 1000 ]);
both('504', status(504), 504, 3, \@LATE);

my @cells = PancakeTest::Faults::cells(@rows);
my @again = grep { PancakeTest::Faults::unlucky($_) } @cells;
my @silent = grep { $_->{row}{set} eq 'silent' } @cells;

# What nginx says of each bad attempt of a set: the cells are what they are
# called.

my @said = (
    [ 'refused', qr/connect\(\) failed \(111: Connection refused\)/ ],
    [ 'name', qr/upstream SSL certificate does not match "api\.waffo\.ai"/ ],
    [ 'expired', qr/certificate verify error: \(10:certificate has expired/ ],
    [ 'silent', qr/upstream timed out/ ],
    [ 'conflict', qr/the API answered 409/ ],
    [ 'short', qr/the deadline of "pancake_retry" has passed/ ],
);


# Certificates: of the API, of another host, and of the API but long ago.

sub certificates {
    my $dir = $t->dir;

    $t->write_file('tls/index.txt', '')->write_file('tls/serial', "01\n")
      ->write_file('tls/ca.conf', <<"EOF");
[ ca ]
default_ca = ca_default
[ ca_default ]
database = $dir/tls/index.txt
serial = $dir/tls/serial
new_certs_dir = $dir/tls
certificate = $dir/tls/ca.crt
private_key = $dir/tls/key.pem
default_md = sha256
policy = any
[ any ]
commonName = supplied
[ req ]
distinguished_name = name
[ name ]
[ root ]
basicConstraints = critical,CA:true
keyUsage = keyCertSign
[ api ]
subjectAltName = DNS:api.waffo.ai
[ other ]
subjectAltName = DNS:api.example
EOF

    my $openssl = sub {
        my ($args) = @_;
        system("cd '$dir/tls' && openssl $args >>openssl.txt 2>&1 "
               . '</dev/null') == 0
            or die "openssl $args: " . $t->log_text('tls/openssl.txt');
    };

    $openssl->('genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 '
               . '-out key.pem');
    $openssl->('req -x509 -new -key key.pem -subj /CN=Test -days 30 '
               . '-config ca.conf -extensions root -out ca.crt');

    for my $case ([ 'good', 'api', '-days 30' ],
                  [ 'name', 'other', '-days 30' ],
                  [ 'expired', 'api', '-startdate 20200101000000Z '
                                      . '-enddate 20200201000000Z' ])
    {
        my ($name, $extensions, $dates) = @$case;

        $openssl->("req -new -key key.pem -subj /CN=$name -config ca.conf "
                   . "-out $name.csr");
        $openssl->("ca -batch -notext -config ca.conf -extensions "
                   . "$extensions $dates -in $name.csr -out $name.crt");
    }
}


sub checkouts {
    my ($set, $retry, $api) = @_;

    return <<"EOF";
location /$set/ {
    pancake_retry $retry;
    pancake_api $api;
    location = /$set/session { pancake_checkout create-session; }
    location = /$set/order   { pancake_checkout create-order; }
    location = /$set/chain   { pancake_checkout create-session
                                                create-order; }
}
EOF
}

my $usual = '3 backoff=20ms deadline=20s';
my $proxy = <<'EOF';
    internal;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host api.waffo.ai;
    proxy_ignore_headers X-Accel-Redirect;
EOF

my $checkouts = join '',
    checkouts('plain', $usual, '/_pancake'),
    checkouts('silent', $usual, '/_silent'),
    checkouts('short', '3 backoff=20ms deadline=3s', '/_pancake'),
    checkouts('conflict', '3 backoff=20ms deadline=3600ms', '/_pancake'),
    map {
        my $door = $_;
        map { checkouts("$door-$_", $usual, "/_door/$door/$_") }
            qw( once1 once2 always1 always2 )
    } qw( refused name expired );

# The servers with bad certificates would pass on what they got.

my $tls = join '', map {
    my ($name, $port) = @$_;
    <<"EOF";
server {
    listen 127.0.0.1:%%PORT_$port%% ssl;
    ssl_certificate %%DIR%%/tls/$name.crt;
    ssl_certificate_key %%DIR%%/tls/key.pem;
    access_log off;
    location / {
        proxy_pass http://127.0.0.1:%%PORT_1%%;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host api.waffo.ai;
    }
}
EOF
} [ good => 4 ], [ name => 5 ], [ expired => 6 ];

certificates();

# Behind a "door" the number of the attempt says which port is tried: a bad
# one for the first or second call, once or always.

$t->conf(<<"EOT");
%%CREDENTIALS%%

pancake_set productId %%PRODUCT%%;
pancake_set currency USD;

log_format cells escape=json '{"cell":"\$http_x_cell","status":"\$status",'
    '"result":"\$pancake_result","attempts":"\$pancake_attempts",'
    '"upstream":"\$pancake_upstream_status",'
    '"keys":"\$pancake_idempotency_key"}';

map "\$when \$pancake_attempts" \$bad {
    "once1 1"           -bad;
    "once2 2"           -bad;
    ~^always1           -bad;
    "~^always2 [2-9]"   -bad;
    default             "";
}

map \$door\$bad \$gate {
    refused-bad  127.0.0.1:%%PORT_3%%;
    refused      127.0.0.1:%%PORT_1%%;
    name-bad     127.0.0.1:%%PORT_5%%;
    expired-bad  127.0.0.1:%%PORT_6%%;
    default      127.0.0.1:%%PORT_4%%;
}

$tls

server {
    listen 127.0.0.1:%%PORT_0%%;
    access_log %%DIR%%/cells.log cells;

    $checkouts

    %%API_LOCATION%%

    location /_silent/ {
        $proxy
        proxy_pass http://127.0.0.1:%%PORT_1%%/;
        proxy_read_timeout 1s;
    }

    location ~ ^/_door/(?<door>refused)/(?<when>\\w+)(?<path>/v1/.*)\$ {
        $proxy
        proxy_pass http://\$gate\$path;
    }

    location ~ ^/_door/(?<door>name|expired)/(?<when>\\w+)(?<path>/v1/.*)\$ {
        $proxy
        proxy_pass https://\$gate\$path;
        proxy_ssl_server_name on;
        proxy_ssl_name api.waffo.ai;
        proxy_ssl_verify on;
        proxy_ssl_trusted_certificate %%DIR%%/tls/ca.crt;
    }
}
EOT

my $json = JSON::PP->new->utf8->canonical;
my $billing = { country => 'US', isBusiness => JSON::PP::false,
                postcode => '94105', state => 'CA' };

$t->secret('@cells.example');
$t->plan(10 * @cells + @silent + @said + 5 * @again)->sandbox->run;


# Each cell has a mail address of its own, by which the API knows it.

sub mail { sprintf '%s%03d@cells.example', $_[1] // 'c', $_[0]{n} }


sub uri {
    my ($cell) = @_;

    my $row = $cell->{row};
    my $set = $row->{set};
    my ($action) = $cell->{place} =~ /^(\w+)/;

    $set .= "-$cell->{times}" . (1 + PancakeTest::Faults::faulty($cell))
        unless $row->{fault};

    return "/$set/$action";
}


sub ask {
    my ($cell, $uri, $data, %h) = @_;

    my ($head, $body) = PancakeTest::HTTP->build('POST', $uri,
        $json->encode($data), 'Content-Type' => 'application/json',
        'X-Cell' => $cell->{n}, %h);

    my $c = $t->connect;
    $c->send($head . $body);

    return $c;
}


# A buyer who may come again has a key.

sub ask_for {
    my ($cell) = @_;

    my %data = (buyerEmail => mail($cell));
    my ($first) = PancakeTest::Faults::steps($cell);

    $data{billingDetail} = $billing unless $cell->{place} eq 'session';
    $data{checkoutSessionId} = $cell->{session} if $first eq 'create-order';

    my %key = $cell->{times} eq 'once'
              ? ('Idempotency-Key' => "cell-$cell->{n}") : ();

    return ask($cell, uri($cell), \%data, %key);
}


# Asks for many cells, a dozen at once; those that take long go first and
# together.

sub all {
    my ($ask, @cells) = @_;

    my (%r, @open);
    my @slow = grep { slow($_) } @cells;

    for my $cell (@slow, grep { !slow($_) } @cells) {
        push @open, [ $cell, $ask->($cell) ];
        collect(\%r, splice @open, scalar @slow, 1) if @open > @slow + 12;
    }

    collect(\%r, $_) for @open;

    return %r;
}


sub collect {
    my ($r, $pair) = @_;
    my ($cell, $c) = @$pair;

    $r->{ $cell->{n} } = $c->response;
    $c->close;
}


sub slow {
    my ($cell) = @_;
    return $cell->{row}{set} =~ /^(?:silent|short|conflict)$/
           || $cell->{row}{slow};
}


# What the log says of each cell, in $n lines after the first $skip.

sub logged {
    my ($skip, $n) = @_;
    my @lines;

    $t->wait_for(sub {
        @lines = split /\n/, $t->log_text('cells.log');
        return @lines >= $skip + $n;
    });

    return map { $_->{cell} => $_ }
           map { $json->decode($_) } @lines[$skip .. $#lines];
}


# What the API has of each cell: requests after number $since, sessions and
# orders.

sub api {
    my ($since) = @_;

    my %api = (last => $since);
    my $mine = sub {
        my ($text) = @_;
        return $api{ $text =~ /\bc0*(\d+)\@cells\.example/ ? $1 : 'none' }
               //= {};
    };

    for my $request (@{ $t->sandbox_get("requests?since=$since") }) {
        push @{ $mine->($request->{body})->{requests} }, $request;
        $api{last} = $request->{n};
    }

    for my $what (qw( sessions orders )) {
        push @{ $mine->($_->{buyerEmail} // '')->{$what} }, $_
            for @{ $t->sandbox_get($what) };
    }

    return \%api;
}


# Keys as letters, in the order in which the cell's attempts first had them.

sub letters {
    my ($cell, @keys) = @_;
    my $known = $cell->{keys} ||= {};
    my @letters;

    for my $key (@keys) {
        my $next = chr(ord('a') + keys %$known);
        push @letters, $key =~ /^[\w-]{43}\z/ ? $known->{$key} ||= $next
                                              : 'none';
    }

    return join ' ', @letters;
}


sub keys_logged { split /, /, $_[0]{keys} // '' }


sub arrived {
    my ($name, @requests) = @_;

    return map {
        my %header = @{ $_->{rawHeaders} };
        $header{$name} // '';
    } @requests;
}


sub requests {
    return join ', ', map {
        my $effect = $_->{effect} || {};
        ($_->{target} =~ s/$PATH//r) . ' '
            . ($effect->{created} ? 'created'
               : $effect->{replay} ? 'replay' : '-');
    } @_;
}


sub wanted_requests { join ', ', map { "$_->[0] $_->[1]" } @_ }


# Where the buyer is sent.

sub place {
    my ($r, $mine) = @_;

    my $location = $r->location // return 'none';
    my $id = ($mine->{sessions} || [])->[0]{id} // '';

    return $location eq "$BASE/checkout/$id" ? 'session'
         : $location =~ m{^\Q$BASE\E/payment/[\w-]{20,}\z} ? 'payment'
         : $location;
}


sub wanted_place {
    my ($cell, $e) = @_;

    return $e->{status} != 302 ? 'none'
         : $cell->{place} eq 'session' ? 'session' : 'payment';
}


# Sessions and orders of a cell; an order must be of the cell's session.

sub effects {
    my ($cell, $mine) = @_;

    my @sessions = @{ $mine->{sessions} || [] };
    my @orders = @{ $mine->{orders} || [] };
    my $id = $cell->{session} // ($sessions[0] || {})->{id} // '';

    return @sessions . ' sessions, ' . @orders . ' orders'
           . ((grep { $_->{sessionId} ne $id } @orders)
              ? ', not of this session' : '');
}


sub wanted_effects {
    my ($state) = @_;

    return join ', ', map { ($state->{"create-$_"} ? 1 : 0) . " ${_}s" }
                      qw( session order );
}


sub check {
    my ($cell, $what, $got, $want) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is($got, $want, "$cell->{name}: $what")
        or $cell->{failed} = 1;
}


# Orders need a session: one for each cell, made in peace.

my @orders = grep { $_->{place} eq 'order' } @cells;

my %r = all(sub {
    my ($cell) = @_;
    return ask($cell, '/plain/session', { buyerEmail => mail($cell, 'p') },
               Accept => 'application/json');
}, @orders);

for my $cell (@orders) {
    $cell->{session} = ($r{ $cell->{n} }->json || {})->{data}{sessionId}
        || die "no session for $cell->{name}: " . $r{ $cell->{n} }->head;
}

logged(0, scalar @orders);
my $api = api(0);


# The faults, each for the requests of its cell.

my $posted = $t->sandbox_post('fault', [ map {
    my $row = $_->{row};

    +{ %{ $row->{fault} },
       path => (PancakeTest::Faults::steps($_))
               [ PancakeTest::Faults::faulty($_) ],
       within => mail($_),
       times => $_->{times} eq 'once' ? 1 : -1,
       process => $row->{done} ? JSON::PP::true : JSON::PP::false };
} grep { $_->{row}{fault} } @cells ]);

die 'faults: ' . $json->encode($posted) if ref $posted ne 'ARRAY';

$t->mark;
%r = all(\&ask_for, @cells);
my %line = logged(scalar @orders, scalar @cells);
$api = api($api->{last});

for my $cell (@cells) {
    my $n = $cell->{n};
    my ($r, $line, $mine) = ($r{$n}, $line{$n} || {}, $api->{$n} || {});
    my @requests = @{ $mine->{requests} || [] };
    my $e = PancakeTest::Faults::expected($cell, $cell->{state} = {});
    my @arrive = @{ $e->{requests} };

    check($cell, 'status', $r->status . ', logged ' . ($line->{status} // ''),
          "$e->{status}, logged $e->{status}");
    check($cell, 'Location', place($r, $mine), wanted_place($cell, $e));
    check($cell, 'attempts', $line->{attempts}, $e->{attempts});
    check($cell, 'requests', requests(@requests), wanted_requests(@arrive));
    check($cell, 'keys',
          letters($cell, keys_logged($line)) . ', arrived: '
          . letters($cell, arrived('X-Idempotency-Key', @requests)),
          join(' ', @{ $e->{keys} }) . ', arrived: '
          . join ' ', map { $_->[2] } @arrive);

    check($cell, 'upstream status', $line->{upstream},
          join ', ', @{ $e->{upstream} });
    check($cell, 'result', $line->{result}, $e->{result});
    check($cell, 'Retry-After', $r->header('Retry-After'), $e->{retry_after});
    check($cell, 'signatures',
          join(' ', map { $_->{verdict} // 'none', @{ $_->{notes} } }
                        @requests),
          join ' ', ('ok') x @arrive);
    check($cell, 'effects', effects($cell, $mine),
          wanted_effects($cell->{state}));

    # more than a second lies between its attempts

    if ($cell->{row}{set} eq 'silent') {
        my %seen = map { $_ => 1 } arrived('X-Signature', @requests);
        check($cell, 'another signature each time', scalar keys %seen,
              scalar @arrive);
    }

    $cell->{got} = $r->status . '/' . ($line->{attempts} || '-');
}

for my $case (@said) {
    my ($set, $pattern) = @$case;
    my $bad = 0;

    for my $cell (grep { $_->{row}{set} eq $set } @cells) {
        $bad += $cell->{times} eq 'once' ? 1 : $cell->{row}{tries};
    }

    is(scalar $t->messages($pattern), $bad, "messages: $set");
}


# A buyer who was left with an error, and asks again with the same key, ends
# at what there is.

%r = all(\&ask_for, @again);
%line = logged(@orders + @cells, scalar @again);
$api = api($api->{last});

for my $cell (@again) {
    my $n = $cell->{n};
    my ($r, $line, $mine) = ($r{$n}, $line{$n} || {}, $api->{$n} || {});
    my @requests = @{ $mine->{requests} || [] };
    my $e = PancakeTest::Faults::expected($cell, $cell->{state}, well => 1);

    check($cell, 'asked again: status', $r->status, 302);
    check($cell, 'asked again: Location', place($r, $mine),
          wanted_place($cell, $e));
    check($cell, 'asked again: requests', requests(@requests),
          wanted_requests(@{ $e->{requests} }));
    check($cell, 'asked again: keys', letters($cell, keys_logged($line)),
          join ' ', @{ $e->{keys} });
    check($cell, 'asked again: effects', effects($cell, $mine),
          wanted_effects($cell->{state}));
}


if ($ENV{TEST_TABLE}) {
    print STDERR "\n", PancakeTest::Faults::table(@cells);

} else {
    note(PancakeTest::Faults::count(@cells));
}
