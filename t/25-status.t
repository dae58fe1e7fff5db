# pancake_status_zone and pancake_status: after known traffic over two workers
# every counter is exact and nothing else has moved, in both formats, which
# hold nothing that a buyer has sent; and what they refuse.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use PancakeTest::Frames;
use PancakeTest::Metrics;
use Test::More;

plan(skip_all => 'valgrind runs one process') if $ENV{TEST_VALGRIND};

my $MAIL = 'secret-buyer-25@example.com';
my $JSON = qq({"buyerEmail":"$MAIL"});
my $BOTH = qq({"buyerEmail":"$MAIL","billingDetail":{"country":"US",)
           . '"isBusiness":false,"postcode":"94105","state":"CA"}}';

my $RE = '~^(?<who>.+)\.re\.example$';
my $ORDER = $BOTH =~ s/"buyerEmail":"[^"]+"
                      /"checkoutSessionId":"cs_550e8400-e29b-41d4-a716-44665544
                       0000"/xr =~ s/\s//gr;

my $t = PancakeTest->new(workers => 2)->has(qw( http_v2 ));
my $without = PancakeTest->new;

$t->conf(<<"EOT");
    pancake_status_zone checkouts 256k;

    %%CREDENTIALS%%
    %%RETRY_OFF%%
    pancake_signing inline;
    pancake_signature_cache off;

    pancake_set productId %%PRODUCT%%;
    pancake_set currency USD;

    server {
        listen 127.0.0.1:%%PORT_0%% reuseport;
        listen 127.0.0.1:%%PORT_8%% http2 reuseport;
        server_name shop.example other.example;

        location = /buy     { pancake_checkout create-session; }
        location = /json    { pancake_checkout create-session;
                              pancake_reply json; }
        location = /set     { pancake_checkout create-session;
                              pancake_set productId %%PRODUCT%%;
                              pancake_set currency \$http_x_currency; }
        location = /missing { pancake_checkout create-session;
                              pancake_set currency USD;
                              pancake_accept productId; }
        location = /quote   { pancake_checkout create-session;
                              pancake_set withTrial false;
                              pancake_quote /_quote; }
        location = /member  { pancake_checkout create-session;
                              pancake_require \$http_x_member; }
        location = /small   { pancake_checkout create-session;
                              client_max_body_size 64; }
        location = /slug    { pancake_checkout create-session;
                              pancake_store_slug my-store test; }
        location = /order   { pancake_checkout create-order;
                              pancake_bearer \$http_x_token test;
                              pancake_require on; }
        location = /again   { pancake_checkout create-session;
                              pancake_retry 3 backoff=20ms deadline=120s; }
        location = /long    { pancake_checkout create-session;
                              pancake_retry 2 backoff=100s deadline=500s; }
        location = /late    { pancake_checkout create-session;
                              pancake_retry 1 deadline=1s; }
        location = /down    { pancake_checkout create-session;
                              pancake_api /_down; }
        location = /keyed   { pancake_checkout create-session;
                              pancake_idempotency_key \$http_x_cart;
                              pancake_retry 3 backoff=20ms deadline=120s; }
        location = /chain   { pancake_checkout create-session create-order; }
        location = /token   { pancake_checkout create-session;
                              pancake_set productId %%PRODUCT%%;
                              pancake_set currency USD;
                              pancake_set buyerIdentity customer-25; }
        location = /page    { pancake_checkout create-session;
                              error_page 502 = \@second; }
        location \@second    { pancake_checkout create-session; }
        location = /thread  { pancake_checkout create-session;
                              pancake_signing threads;
                              pancake_signature_cache 16 reuse=30s; }

        location = /if {
            pancake_checkout create-session;
            if (\$http_x_if) { set \$a 1; }
            limit_except POST { deny all; }
        }

        # names: quotes, backslashes, a line end, UTF-8 and Latin-1

        location ~ '^/re"g\\\\\\\\d+\\\\.\$' { pancake_checkout create-session; }
        location = "/line\\nend"       { pancake_checkout create-session; }
        location = "/caf\xc3\xa9"      { pancake_checkout create-session; }
        location = "/caf\xe9"          { pancake_checkout create-session; }

        location = /pid    { return 200 \$pid; }
        location = /status { pancake_status; }
        location = /prom   { pancake_status prometheus; }
        location = /values { pancake_status json; }
        location = /denied { pancake_status; deny all; }
        location = /except { pancake_status;
                             if (\$http_x_if) { set \$a 1; }
                             limit_except GET { deny all; } }

        location = /_quote { internal;
                             proxy_pass http://127.0.0.1:%%PORT_2%%/quote; }
        location /_down/   { internal;
                             proxy_pass http://127.0.0.1:%%PORT_9%%/; }
        %%API_LOCATION%%
    }

    server {
        listen 127.0.0.1:%%PORT_0%%;
        server_name b.example;
        location = /buy { pancake_checkout create-session; }
        %%API_LOCATION%%
    }

    server {
        listen 127.0.0.1:%%PORT_0%%;
        server_name *.wild.example;
        location = /buy { pancake_checkout create-session; }
        %%API_LOCATION%%
    }

    # names that are the same as far as labels go

    server {
        listen 127.0.0.1:%%PORT_0%%;
        server_name ~^(?<who>.+)\\.re\\.example\$;
        location = /buy { pancake_checkout create-session; }
        location   /buy { pancake_checkout create-session; }
        location = /two { pancake_checkout create-session create-order; }
        location   /two { pancake_checkout create-session; }
        %%API_LOCATION%%
    }
EOT

my $api = $t->port(1);

my $WITHOUT = <<"EOT";
    %%CREDENTIALS%%
    %%RETRY_OFF%%
    pancake_set productId %%PRODUCT%%;
    pancake_set currency USD;

    location = /buy   { pancake_checkout create-session; }
    location = /chain { pancake_checkout create-session create-order; }
    %%API_LOCATION=http://127.0.0.1:$api/%%
EOT


# Each worker by its number: a connection that it has accepted.

my @workers;

sub at {
    my ($n) = @_;

    for (1 .. 1000) {
        my $c = $t->connect;
        $c->send(join '', PancakeTest::HTTP->build('GET', '/pid', undef,
                                                   Connection => undef));
        return $c if $c->response->body eq $workers[$n];
        $c->close;
    }

    die "no connection to worker $n";
}


sub head { (PancakeTest::HTTP->build(@_))[0] }

sub say_to {
    my ($n, $method, $uri, $body, %h) = @_;

    $h{'Content-Type'} //= 'application/json' if defined $body;

    my $c = at($n);
    $c->send(join '', PancakeTest::HTTP->build($method, $uri, $body, %h));

    return $c;
}

sub ask {
    my $c = say_to(@_);
    my $r = $c->response;
    $c->close;
    return $r;
}


sub numbers { PancakeTest::Metrics::text($t->get('/status')->body) }


# What has been counted between two scrapes, without the times.

sub changes {
    my ($before, $after) = @_;
    my %n;

    for my $key (keys %$after) {
        next if $key !~ /^(?:(\w+)_total|waiting|api_in_flight) ?/;
        my $more = $after->{$key} - ($before->{$key} // 0) or next;
        $n{ $key =~ s/_total (?:shop\.example )?/ /r } = $more;
    }

    return join "\n", map { "$_: $n{$_}" } sort keys %n;
}


# A request is counted when it is over, which may be after its answer.

my $before;

sub counted {
    my ($name, %expect) = @_;

    my $want = join "\n", map { "$_: $expect{$_}" } sort keys %expect;
    my $after;

    $t->wait_for(sub {
        $after = numbers();
        return changes($before, $after) eq $want
               && !PancakeTest::Metrics::odd($after);
    });

    is(changes($before, $after), $want, "$name: counted");
    is(join("\n", PancakeTest::Metrics::odd($after)), '', "$name: times");

    $before = $after;
}


# "checkouts redirected 2" of the case's own location and first action, or
# with both between.

sub expected {
    my ($uri, $times, @lines) = @_;
    my %n;

    for (@lines) {
        my ($family, $place, $label, $n)
            = /^(\w+) (?:(.+) )?([a-z]\w*|[2-5]xx)(?: (\d+))?\z/s or die $_;

        $family = "api_$family" if $family =~ /^(?:calls|attempts)\z/;
        $family = 'validation_failures' if $family eq 'failures';
        $place //= "$uri create-session";
        $n{"$family $place $label"} += ($n // 1) * $times;
    }

    return %n;
}


# One call in one attempt.

sub api {
    my ($class, @place) = @_;
    return map { join ' ', $_->[0], @place, $_->[1] }
           [ calls => $class ], [ attempts => $class ],
           [ signatures => 'inline' ];
}


my $OK = [ 'ok' ];
my $OLD = [ 'expires', expires => '2020-01-01T00:00:00.000Z' ];
my $SHOP = { productId => $t->product, currency => 'USD' };

sub refused { ('checkouts invalid', map { "failures $_" } @_) }
sub forbidden { ('checkouts forbidden', "failures $_[0]") }

my %CLIENT = ('X-Cart' => 'secret-cart-25', 'Idempotency-Key' => 'key-25');

my @cases = (
    { name => 'redirected', uri => '/buy', status => 302,
      expect => [ 'checkouts redirected', api('2xx') ] },
    { name => 'replied', uri => '/json', status => 200,
      expect => [ 'checkouts replied', api('2xx') ] },
    { name => 'a store slug', uri => '/slug', status => 302,
      expect => [ 'checkouts redirected', 'calls 2xx', 'attempts 2xx',
                  'signatures none' ] },
    { name => 'in "if"', uri => '/if', headers => { 'X-If' => 1 },
      status => 302, expect => [ 'checkouts redirected', api('2xx') ] },
    { name => 'limit_except', uri => '/if', method => 'PUT', status => 403,
      expect => [] },

    { name => 'quote', uri => '/quote', shop => $SHOP, status => 302,
      expect => [ 'checkouts redirected', api('2xx') ] },
    { name => 'quote, passed', uri => '/quote', shop => $SHOP,
      shop_status => 404, status => 404, expect => [ 'checkouts passed' ] },
    { name => 'quote, invalid', uri => '/quote', status => 502,
      shop => { %$SHOP, currency => 'dollars', productId => 'x' },
      expect => [ 'checkouts error', 'failures quote 2' ] },
    { name => 'quote, the shop fails', uri => '/quote', shop => $SHOP,
      shop_status => 500, status => 500,
      expect => [ 'checkouts passed' ] },

    { name => 'method', uri => '/buy', method => 'GET', status => 405,
      expect => [ refused('method') ] },
    { name => 'preview', uri => '/buy', status => 403,
      headers => { 'Sec-Purpose' => 'prefetch' },
      expect => [ forbidden('preview') ] },
    { name => 'origin', uri => '/buy', status => 403,
      body => 'buyerEmail=a%40example.com',
      headers => { 'Content-Type' => 'application/x-www-form-urlencoded',
                   Origin => 'https://secret-site-25.example' },
      expect => [ forbidden('origin') ] },
    { name => 'require', uri => '/member', status => 403,
      expect => [ forbidden('require') ] },
    { name => 'token', uri => '/order', status => 401,
      body => $ORDER, expect => [ 'checkouts /order create-order forbidden',
                  'failures /order create-order token' ] },
    { name => 'media_type', uri => '/buy', status => 415,
      headers => { 'Content-Type' => 'text/plain' },
      expect => [ refused('media_type') ] },
    { name => 'too_large', uri => '/buy', status => 413,
      body => '{"a":"' . 'x' x 65536 . '"}',
      expect => [ refused('too_large') ] },
    { name => 'syntax', uri => '/buy', body => '{', status => 400,
      expect => [ refused('syntax') ] },
    { name => 'value', uri => '/buy', body => '{"buyerEmail":7}',
      status => 400, expect => [ refused('value') ] },
    { name => 'required', uri => '/missing', body => '{}', status => 400,
      expect => [ refused('required') ] },
    { name => 'owner', uri => '/buy', body => '{"productId":"x"}',
      status => 400, expect => [ refused('owner') ] },
    { name => 'unknown', uri => '/buy', body => '{"secretField25":1}',
      status => 400, expect => [ refused('unknown') ] },
    { name => 'each field', uri => '/buy', status => 400,
      body => '{"buyerEmail":7,"darkMode":7,"productId":"x","a":1,"b":2,'
              . '"c":3}',
      expect => [ refused('value 2', 'owner', 'unknown 3') ] },
    { name => 'set', uri => '/set', status => 500,
      headers => { 'X-Currency' => 'secret-dollars-25' },
      expect => [ 'checkouts error', 'failures set' ] },

    { name => "nginx's own 413, read", uri => '/small', status => 413,
      body => qq({"a":"$JSON$JSON"}), headers => { -chunked => 1 },
      expect => [ 'checkouts none' ] },
    { name => "nginx's own 413, announced", uri => '/small', status => 413,
      body => qq({"a":"$JSON$JSON"}), expect => [] },

    (map { { name => "the API answers $_->[0]", uri => '/buy',
             api => [ $_->[0] ], status => $_->[1],
             expect => [ "checkouts $_->[2]", api($_->[3]) ] } }
         [ 400, 400, 'rejected', '4xx' ], [ 404, 404, 'rejected', '4xx' ],
         [ 409, 409, 'rejected', '4xx' ], [ 429, 429, 'rejected', '4xx' ],
         [ 401, 502, 'error', '4xx' ], [ 302, 502, 'error', '3xx' ],
         [ 500, 502, 'unavailable', '5xx' ],
         [ 503, 503, 'unavailable', '5xx' ],
         [ 'not_json', 502, 'error', '2xx' ],
         [ 'cut_length', 502, 'error', '2xx' ],
         [ 'close_before_header', 502, 'unavailable', 'none' ],
         [ 'garbage_status', 502, 'unavailable', 'none' ]),

    { name => 'no connection', uri => '/down', status => 502,
      expect => [ 'checkouts unavailable', api('none') ] },
    { name => 'the deadline', uri => '/late', api => [ 'hang_header' ],
      status => 504, expect => [ 'checkouts unavailable', api('none') ] },
    { name => 'the deadline in a body', uri => '/late',
      api => [ 'hang_body' ], status => 504,
      expect => [ 'checkouts unavailable', api('none') ] },

    { name => 'retries', uri => '/again', status => 302,
      api => [ [ '500' ], [ 'close_before_header' ], $OK ],
      expect => [ 'checkouts redirected', 'calls 2xx', 'attempts 5xx',
                  'attempts none', 'attempts 2xx', 'signatures inline 3' ] },
    { name => 'retries for nothing', uri => '/again', status => 503,
      api => [ [ '500' ], [ '500' ], [ '503' ] ],
      expect => [ 'checkouts unavailable', 'calls 5xx', 'attempts 5xx 3',
                  'signatures inline 3' ] },
    { name => 'conflicts', uri => '/again', status => 302,
      api => [ [ '409' ], [ '409' ], $OK ],
      expect => [ 'checkouts redirected', 'calls 2xx', 'attempts 4xx 2',
                  'attempts 2xx', 'signatures inline 3',
                  'replays conflict' ] },
    { name => 'a conflict without an end', uri => '/again', status => 400,
      api => [ [ '409' ], [ '400' ] ],
      expect => [ 'checkouts rejected', 'calls 4xx', 'attempts 4xx 2',
                  'signatures inline 2' ] },
    { name => 'expired', uri => '/keyed', status => 302, headers => \%CLIENT,
      api => [ $OLD, $OK ],
      expect => [ 'checkouts redirected', 'calls 2xx 2', 'attempts 2xx 2',
                  'signatures inline 2', 'replays expired' ] },
    { name => 'expired twice', uri => '/keyed', status => 502,
      headers => \%CLIENT, api => [ $OLD, $OLD ],
      expect => [ 'checkouts error', 'calls 2xx 2', 'attempts 2xx 2',
                  'signatures inline 2', 'replays expired' ] },

    { name => 'chain', uri => '/chain', body => $BOTH, status => 302,
      expect => [ 'checkouts /chain create-session create-order redirected',
                  api('2xx'), api('2xx', '/chain create-order') ] },
    { name => 'chain, no session', uri => '/chain', body => $BOTH,
      status => 400, api => [ '400' ],
      expect => [ 'checkouts /chain create-session create-order rejected',
                  api('4xx') ] },
    { name => 'chain, no order', uri => '/chain', body => $BOTH,
      status => 502, api => [ $OK, [ '500' ] ],
      expect => [ 'checkouts /chain create-session create-order unavailable',
                  api('2xx'), api('5xx', '/chain create-order') ] },
    { name => 'chain, invalid', uri => '/chain', body => '{', status => 400,
      expect => [ 'checkouts /chain create-session create-order invalid',
                  'failures /chain create-session create-order syntax' ] },

    { name => 'a call beside', uri => '/token', status => 302,
      expect => [ 'checkouts redirected', api('2xx'),
                  api('2xx', '/token issue-session-token') ] },
    { name => 'a call beside that fails', uri => '/token', status => 502,
      api_for => { 'create-session' => [ 'hang_header' ],
                   'issue-session-token' => [ '500' ] },
      expect => [ 'checkouts unavailable', api('none'),
                  api('5xx', '/token issue-session-token') ] },

    { name => 'a customer', uri => '/order', status => 302,
      headers => { 'X-Token' => 'secret-token-25' },
      body => $ORDER,
      expect => [ map { s/ (?=\w+\z)/ \/order create-order /r }
                  'checkouts redirected', 'calls 2xx', 'attempts 2xx',
                  'signatures none' ] },

    { name => 'a page that is a checkout', uri => '/page', status => 302,
      api => [ [ '500' ], $OK ],
      expect => [ 'checkouts unavailable', api('5xx'),
                  'checkouts @second create-session redirected',
                  api('2xx', '@second create-session') ] },

    { name => 'another name of the server', uri => '/buy', status => 302,
      headers => { Host => 'other.example' },
      expect => [ 'checkouts redirected', api('2xx') ] },
    { name => 'a host that nobody has', uri => '/buy', status => 302,
      headers => { Host => 'secret-host-25.example:81' },
      expect => [ 'checkouts redirected', api('2xx') ] },

    # labels of other servers; in one of them two locations share a call

    { name => 'a name with a call that another has', uri => '/two',
      headers => { Host => 'secret-who-25.re.example' }, body => $BOTH,
      status => 302,
      expect => [ "checkouts $RE /two create-session create-order redirected",
                  api('2xx', "$RE /two create-session"),
                  api('2xx', "$RE /two create-order") ] },

    (map { my ($host, $server, $uri, $location) = @$_;
           my $place = ($server ? "$server " : '')
                       . ($location // $uri) . ' create-session';
           { name => "$host$uri", uri => $uri, status => 302,
             headers => { Host => $host },
             expect => [ "checkouts $place redirected",
                         api('2xx', $place) ] } }
         [ 'b.example', 'b.example', '/buy' ],
         [ 'secret-shop-25.wild.example', '*.wild.example', '/buy' ],
         [ 'secret-who-25.re.example', $RE, '/buy' ],
         [ 'secret-who-25.re.example', $RE, '/buy/secret-path-25', '/buy' ],
         [ 'secret-who-25.re.example', $RE, '/two/secret-path-25', '/two' ],
         [ 'shop.example', '', '/re"g%5Cdd.', '^/re"g\\\\d+\.$' ],
         [ 'shop.example', '', '/line%0Aend', "/line\nend" ],
         [ 'shop.example', '', '/caf%C3%A9', "/caf\xc3\xa9" ],
         [ 'shop.example', '', '/caf%E9', '/caf?' ]),
);

$t->secret($MAIL, 'secret-token-25');
$t->plan(6 * @cases + 76)->backend(1)->backend(2);
$t->run;

@workers = $t->worker_pids;
is(scalar @workers, 2, 'two workers');
$before = numbers();


sub run_case {
    my ($case, $worker) = @_;

    my $shop = $case->{shop};
    $t->upstream(2)->mode('reply', status => $case->{shop_status} // 200,
                          body => JSON::PP->new->encode($shop)) if $shop;

    my $steps = $case->{api} // $OK;
    $t->mode(ref $steps->[0] ? @$steps : $steps);

    for my $path (sort keys %{ $case->{api_for} // {} }) {
        $t->mode_for($path, @{ $case->{api_for}{$path} });
    }

    my $method = $case->{method} // 'POST';
    my $body = $method eq 'GET' ? undef : $case->{body} // $JSON;

    return ask($worker, $method, "$case->{uri}?secret-query-25", $body,
               Cookie => 'secret-cookie-25', %{ $case->{headers} // {} });
}


for my $case (@cases) {
    my $name = $case->{name};

    for my $worker (0, 1) {
        is(run_case($case, $worker)->status, $case->{status},
           "$name, worker $worker: status");
    }

    counted($name, expected($case->{uri}, 2, @{ $case->{expect} }));

    my ($text, $json) = map { $t->get($_)->body } '/prom', '/values';

    is_deeply(PancakeTest::Metrics::json($json),
              PancakeTest::Metrics::text($text), "$name: JSON");
    unlike("$text$json", qr/secret/i, "$name: nothing of the buyer's");
}


# Nothing is left, and all of it is what Prometheus reads.

my $body = $t->get('/status')->body;

is(PancakeTest::Metrics::promtool($t, $body), '', 'promtool');
is("$before->{waiting} $before->{api_in_flight}", '0 0', 'nothing under way');
like($body, qr/^pancake_build_info\{version="0\.1\.0",nginx="[\d.]+",
                openssl="[\w.+~-]+"\}\ 1$/mx, 'build info');
like($body, qr{location="\^/re\\"g\\\\\\\\d\+\\\\\.\$"},
     'quotes and backslashes of a name are escaped');
like($body, qr{location="/line\\nend"}, 'a line end is escaped');
is(utf8::decode(my $copy = $body), 1, 'text: UTF-8');
is(utf8::decode($copy = $t->get('/values')->body), 1, 'JSON: UTF-8');

{
    my @series = grep { /^checkouts_total .* redirected$/s } keys %$before;

    is(scalar @series, 29, 'a series for each name');
    is(scalar(grep { / ~\^.* \/buy / } @series), 1, 'one for equal names');
    is(scalar(grep { / ~\^.* \/two / } @series), 2,
       'and two for other actions');
    is(scalar(grep { /^api_calls_total ~\^.* \/two .* 2xx$/s }
              keys %$before), 2, 'of which one call is the same');
}


# Signatures of threads and of the cache: a thread that gets no time leaves
# one to the event loop.

{
    $t->mode('ok');
    ask($_ >> 1, 'POST', '/thread', $JSON) for 0 .. 3;

    my ($after, %n);

    $t->wait_for(sub {
        $after = numbers();
        %n = map { my $key = "signatures_total shop.example /thread "
                             . "create-session $_";
                   $_ => $after->{$key} } qw( none cached inline thread );
        return $n{cached} + $n{inline} + $n{thread} == 4;
    });

    is($n{thread} + $n{inline}, 2, 'threads: fresh ones');
    cmp_ok($n{thread}, '>', 0, 'threads: most of them');
    is($n{cached}, 2, 'threads: the cache');

    $t->wait_for(sub { !PancakeTest::Metrics::odd($after = numbers()) });
    $before = $after;
}


# HTTP/2.

{
    my @place = ('/buy', 1);

    $t->mode('ok');
    is($t->h2('POST', '/buy', $JSON, -port => 8,
              'Content-Type' => 'application/json')->status, 302,
       'HTTP/2: status');
    counted('HTTP/2', expected(@place, 'checkouts redirected', api('2xx')));

    is($t->h2('POST', '/buy', '{', -port => 8,
              'Content-Type' => 'application/json')->status, 400,
       'HTTP/2, invalid: status');
    counted('HTTP/2, invalid', expected(@place, refused('syntax')));

    my $r = $t->h2('GET', '/status', undef, -port => 8);
    is($r->status, 200, 'HTTP/2, scrape: status');
    is_deeply(PancakeTest::Metrics::text($r->body), $before,
              'HTTP/2, scrape: the same');
    is($t->h2('HEAD', '/status', undef, -port => 8)->status, 200,
       'HTTP/2, HEAD');
}


# Buyers who wait are in the gauges of all workers together, and are not when
# they have left or are answered.

sub gauges {
    my ($name, $want) = @_;
    my ($n, $got);

    $t->wait_for(sub {
        $n = numbers();
        $got = "$n->{waiting} $n->{api_in_flight}";
        return $got eq $want;
    });

    is($got, $want, "$name: waiting, in flight");
}

{
    $t->mode('ok', gate => 'header');
    my @c = map { say_to($_ % 2, 'POST', '/buy', $JSON) } 0 .. 5;

    gauges('six wait for the API', '0 6');
    counted('six wait for the API', 'api_in_flight' => 6,
            expected('/buy', 6, 'signatures inline'));

    $t->release;
    is(join(' ', map { $_->response->status } @c), '302 ' x 5 . '302',
       'six are answered');
    $_->close for @c;

    counted('six are answered', 'api_in_flight' => -6,
            expected('/buy', 6, 'checkouts redirected', 'calls 2xx',
                     'attempts 2xx'));
}

{
    $t->mode('500');
    my @c = map { say_to($_ % 2, 'POST', '/long', $JSON) } 0 .. 3;

    gauges('four pause', '4 0');
    counted('four pause', waiting => 4,
            expected('/long', 4, 'attempts 5xx', 'signatures inline'));

    $_->close for @c;
    counted('four leave in a pause', waiting => -4,
            expected('/long', 4, 'checkouts unavailable', 'calls 5xx'));
}

for my $way (qw( close reset )) {
    $t->mode('ok', gate => 'header');
    my $c = say_to(0, 'POST', '/buy', $JSON);

    gauges("$way in flight", '0 1');
    $c->$way;
    ask(0, 'GET', '/pid') for 1 .. 3;
    gauges("$way in flight, still", '0 1');

    $t->release;
    counted("$way in flight",
            expected('/buy', 1, 'checkouts redirected', api('2xx')));
}

for my $way (qw( rst close )) {
    $t->mode('ok', gate => 'header');
    my $c = PancakeTest::Frames->connect($t);
    my $stream = $c->post('/buy', length $JSON, $JSON);

    gauges("HTTP/2 $way in flight", '0 1');
    $c->$way($stream);
    ask($_, 'GET', '/pid') for 0, 1;

    $t->release;
    counted("HTTP/2 $way in flight",
            expected('/buy', 1, 'checkouts none', api('2xx')));
    $c->close;
}

for my $worker (0, 1) {
    my $c = at($worker);
    $c->send(head('POST', '/buy', $JSON,
                  'Content-Type' => 'application/json')
             . substr $JSON, 0, 10);
    ask($worker, 'GET', '/pid');
    $c->close;

    counted("leaves in the body, worker $worker",
            expected('/buy', 1, 'checkouts none'));
}


# The answer itself, and who gets it.

for my $case ([ '/status', 'text/plain; version=0.0.4; charset=utf-8' ],
              [ '/values', 'application/json' ])
{
    my ($uri, $type) = @$case;
    my ($get, $head) = map { $t->send_request($_, $uri) } qw( GET HEAD );

    is(join(' ', map { $get->header($_) } qw( Content-Type Cache-Control )),
       "$type no-store", "$uri: header");
    is($get->header('Content-Length'), length $get->body, "$uri: length");
    is(join(' ', $head->status, length $head->body,
            $head->header('Content-Length')),
       '200 0 ' . length $get->body, "$uri: HEAD");
    is($t->post($uri, 'a=b')->status, 405, "$uri: POST");
}

is($t->get('/denied')->status, 403, 'deny');
is($t->get('/except', 'X-If' => 1)->status, 200, 'in "if"');
is($t->send_request('HEAD', '/except')->status, 200, 'limit_except: HEAD');
is($t->post('/except', 'a=b')->status, 403, 'limit_except: POST');
is($t->send_request('GET', '/status', 'a body')->status, 200,
   'GET with a body');
is_deeply(numbers(), $before, 'nothing of that is counted');


# A reload changes no number.

is($t->reload, 1, 'reload');
@workers = $t->worker_pids;
is_deeply(numbers(), $before, 'reload: the same numbers');

$t->mode('ok');
is(ask($_, 'POST', '/buy', $JSON)->status, 302, "reload: worker $_")
    for 0, 1;
counted('reload', expected('/buy', 2, 'checkouts redirected', api('2xx')));


# Without a zone there is nothing to show, and nothing else is different.

$without->conf($WITHOUT)->run;
$t->mode('ok');
is($without->post_json('/buy', $JSON)->status, 302, 'no zone: a checkout');
is($without->post_json('/chain', $BOTH)->status, 302, 'no zone: a chain');
is($without->post_json('/buy', '{')->status, 400, 'no zone: refused');
