# The call to the API is a subrequest with a body, header and variables of its
# own, and ends once, whatever the API answers and whatever else the server's
# configuration says.  How often it is made, and after which pauses, is what
# "pancake_retry" says on the innermost level.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use Test::More;

my $API = '/v1/actions/checkout/create-session';

my $t = PancakeTest->new->has(qw( http_v2 sub addition auth_request ssi
                                  mirror ));


# The internal location as it is shipped, towards a test's own API, and with
# other lines in front and behind.

my $SHIPPED = PancakeTest::Log::slurp($t->top
                                      . '/conf.example/pancake-location.conf');

sub internal {
    my ($name, $port, $more, $without) = @_;

    my $text = $SHIPPED;
    $text =~ s{location /_pancake/ \{}{location $name \{ $more};
    $port .= '/' unless $name =~ /^~/;
    $text =~ s{https://pancake_api/}{http://$port};
    $text =~ s{^\s*$_\b[^;]*;}{}mg for @{ $without || [] };

    return $text;
}


# A server for each port.

my @servers;

sub server {
    my ($n, $text, %o) = @_;

    my $where = internal($o{name} // '/_pancake/', $o{to}
                         // '127.0.0.1:%%PORT_1%%', $o{more} // '',
                         $o{without});
    $where = '' if $o{bare};
    my $h2 = $o{h2} ? 'http2' : '';

    push @servers, <<"EOT";
server {
    listen 127.0.0.1:%%PORT_$n%% $h2;
    server_name localhost;
    access_log %%DIR%%/calls.log call;
    $text
    $where
}
EOT
}

my $BUY = 'location = /buy { pancake_checkout create-session; }';
my $CHAIN = 'location = /chain { pancake_checkout create-session '
            . 'create-order; }';


# 0: as in the manual.

server(0, <<"EOT");
    $BUY $CHAIN

    location = /require { pancake_checkout create-session;
                          set \$own \$http_cookie; pancake_require \$own; }
    location /outer/ { location = /outer/buy {
                       pancake_checkout create-session; } }

    location = /slug { pancake_store_slug my-store-abc123 test;
                       pancake_checkout create-session; }

    location = /flush { return 204; }
    location = /limited { pancake_checkout create-session;
                          limit_req zone=one; }
    location = /basic { pancake_checkout create-session;
                        auth_basic shop; auth_basic_user_file users; }
    location = /any { pancake_checkout create-session; satisfy any; deny all;
                      auth_basic shop; auth_basic_user_file users; }
    location = /denied { pancake_checkout create-session; deny all; }
    location = /asked { pancake_checkout create-session;
                        auth_request /answer; }
    location = /answer { if (\$http_x_who = "") { return 403; } return 204; }
    location = /mirrored { pancake_checkout create-session;
                           mirror /mirror; }
    location = /mirror { internal; proxy_pass http://127.0.0.1:%%PORT_2%%; }
    location = /twice { pancake_checkout create-session; mirror /buy; }

    location = /ssi { ssi on; ssi_types *; alias %%DIR%%/html/ssi; }
    location = /part { alias %%DIR%%/html/part; }
    location = /ssi-buy { ssi on; ssi_types *; alias %%DIR%%/html/ssi-buy; }
EOT

# 20: HTTP/2.  21: a server refuses, the next takes over.

server(20, "$BUY $CHAIN", h2 => 1);
server(21, $BUY, to => 'refusing');
server(22, $BUY, to => 'two');
server(23, $BUY, to => 'again',
       more => 'proxy_next_upstream error timeout non_idempotent;',
       without => [ 'proxy_next_upstream', 'proxy_set_body' ]);
server(24, $BUY, to => 'kept');
server(29, $BUY, without => [ 'proxy_set_body', 'proxy_method' ]);
server(25, "$BUY $CHAIN", to => '127.0.0.1:%%PORT_9%%');
server(26, "$BUY $CHAIN error_page 400 502 500 /page;
            location = /page { internal; return 200 'the page'; }",
       to => '127.0.0.1:%%PORT_9%%');
server(27, "$BUY $CHAIN error_page 400 404 429 502 503 504 /page;
            proxy_intercept_errors on; recursive_error_pages on;
            location = /page { internal; return 200 'the page'; }");
server(28, "$BUY proxy_intercept_errors on;
            error_page 400 404 429 502 503 504 /page;
            location = /page { internal; return 200 'the page'; }",
       without => [ 'proxy_intercept_errors' ]);

# 30: how the answer is kept.

server(30, $BUY, without => [ 'proxy_buffering' ],
       more => 'proxy_buffering off;');
server(31, $BUY, without => [ 'subrequest_output_buffer_size' ]);
server(32, $BUY, without => [ 'subrequest_output_buffer_size' ],
       more => 'subrequest_output_buffer_size 1k;');
server(33, $BUY, without => [ 'subrequest_output_buffer_size',
                              'proxy_buffering' ],
       more => 'subrequest_output_buffer_size 1k; proxy_buffering off;');
server(34, $BUY, without => [ 'subrequest_output_buffer_size' ],
       more => 'subrequest_output_buffer_size 1k;', h2 => 1);
server(35, $BUY, more => 'proxy_buffer_size 1k; proxy_buffers 2 1k;
                          proxy_busy_buffers_size 1k;');
server(36, $BUY, without => [ 'proxy_max_temp_file_size' ],
       more => 'proxy_buffers 2 4k; proxy_busy_buffers_size 4k;');

# 40: what the location says of the buyer.

server(40, <<'EOT', more => <<'EOM');
    set $before "$http_cookie$cookie_sid$http_x_probe$remote_user";
    location = /buy { pancake_checkout create-session;
                      set $here $http_cookie;
                      pancake_require $who$arg_a$cookie_sid$content_type; }
EOT
    proxy_set_header X-1 "[$http_cookie]";
    proxy_set_header X-2 "[$cookie_sid]";
    proxy_set_header X-3 "[$http_x_probe]";
    proxy_set_header X-4 "[$who]";
    proxy_set_header X-5 "[$before]";
    proxy_set_header X-6 "[$here]";
    proxy_set_header X-7 "[$arg_a]";
    proxy_set_header X-8 "[$request_method]";
    proxy_set_header X-9 "[$content_length]";
    proxy_set_header X-10 "[$http_user_agent]";
    proxy_set_header X-11 "[$http_authorization$remote_user]";
    proxy_set_header X-12 "[$http_x_forwarded_for]";
    proxy_set_header X-13 "[$http_referer]";
    proxy_set_header X-14 "[$http_via]";
    proxy_set_header X-15 "[$args]";
    proxy_set_header X-16 "[$pancake_result]";
    proxy_set_header X-17 "[$host]";
EOM

# 50: the API gives orders.

my $ORDERS = <<'EOT';
    location = /buy { pancake_checkout create-session; }
    location = /secret { alias %%DIR%%/html/secret; }
    location = /large { alias %%DIR%%/html/large; }
    location = /shop { proxy_pass http://127.0.0.1:%%PORT_2%%; }
    location = /closed { internal; proxy_pass http://127.0.0.1:%%PORT_2%%; }
    location @named { proxy_pass http://127.0.0.1:%%PORT_2%%; }
EOT

server(50, $ORDERS);
server(51, $ORDERS, without => [ 'proxy_ignore_headers' ]);
server(52, $ORDERS, without => [ 'proxy_ignore_headers' ], h2 => 1);

# 60: what else the server does with answers.

server(60, <<"EOT");
    $BUY
    location = /json { pancake_checkout create-session; pancake_reply json; }
    sub_filter checkout replaced; sub_filter_types *; sub_filter_once off;
    gzip on; gzip_types *; gzip_min_length 1; gzip_proxied any;
    add_header X-Added yes always;
    charset utf-8; charset_types *;
    expires 1h; etag on; ssi on; ssi_types *; limit_rate 100k;
    userid on; userid_name uid;
EOT
server(61, <<"EOT");
    $BUY
    location = /json { pancake_checkout create-session; pancake_reply json; }
    add_before_body /before; add_after_body /after; addition_types *;
    location = /before { return 200 before; }
    location = /after { return 200 after; }
EOT
server(62, <<"EOT");
    $BUY
    proxy_cache calls; proxy_cache_valid any 1h; proxy_cache_key same;
    proxy_cache_methods GET HEAD POST; proxy_cache_use_stale error timeout;
    proxy_ignore_headers Cache-Control Expires;
EOT
server(63, <<"EOT");
    $BUY
    proxy_set_header Cookie \$http_cookie;
    proxy_set_header X-Shop yes;
    proxy_pass_request_body off; proxy_pass_request_headers off;
    proxy_hide_header X-Powered-By;
    proxy_http_version 1.0; proxy_request_buffering off;
    proxy_cookie_domain a b; proxy_redirect http://a http://b;
    proxy_limit_rate 10; proxy_store off; proxy_socket_keepalive on;
EOT

server(64, "$BUY proxy_method PUT; proxy_set_body nothing;");

# 70: where the call ends without its location.

my $SHOP = 'proxy_pass http://127.0.0.1:%%PORT_2%%;';

server(70, "$BUY location / { $SHOP }", bare => 1);
server(71, "$BUY location /_pancake/ { $SHOP }", bare => 1);
server(72, "$BUY location / { try_files \$uri \@shop; }
            location \@shop { $SHOP }", bare => 1);
server(73, "$BUY location / { rewrite ^ /app.php last; }
            location = /app.php { internal; $SHOP }", bare => 1);
server(74, "$BUY rewrite ^/_pancake/ /app.php;
            location = /app.php { internal; $SHOP }", bare => 1);
server(75, "$BUY error_page 404 500 = \@shop; root %%DIR%%/html;
            location \@shop { $SHOP }", bare => 1);
server(76, "$BUY location / { return 200 '{\"data\":{}}'; }", bare => 1);
server(77, "$BUY location / { root %%DIR%%/html; }", bare => 1);
server(78, "$BUY location / { auth_request /ask; $SHOP }
            location = /ask { $SHOP }", bare => 1);
server(79, "$BUY location / { mirror /ask; $SHOP }
            location = /ask { $SHOP }", bare => 1);
server(80, "pancake_api /buy; location /buy { internal;
                pancake_checkout create-session; }
            location = /go { pancake_checkout create-session; }", bare => 1);
server(83, "$BUY location / { rewrite ^ /app.php last; }
            location ~ \\.php\$ { internal; $SHOP }", bare => 1);
server(84, "$BUY location / { try_files /none /app.php; }
            location ~ \\.php\$ { internal; $SHOP }", bare => 1);
server(85, "$BUY location / { error_page 405 500 = /app.php; }
            location ~ \\.php\$ { internal; $SHOP }", bare => 1);
server(81, "pancake_api /elsewhere; $BUY", name => '/elsewhere/');
server(82, $BUY, name => '~ ^/_pancake/',
       more => 'rewrite ^/_pancake(/.*) $1 break;');

# 90: the server's own rules.

server(90, "$BUY if (\$host = localhost) { return 301 /www; }
            server_name www.localhost;");
server(91, "$BUY if (\$http_x_forwarded_proto != https) { return 301 /tls; }");
server(92, "$BUY if (\$http_user_agent = '') { return 403; }");
server(93, "$BUY rewrite ^/shop(/.*) \$1 last; rewrite ^/go\$ /buy;");
server(94, 'return 410;');
server(95, "$BUY client_max_body_size 64;");
server(96, "$BUY deny 127.0.0.1; location = /open { allow 127.0.0.1;
            pancake_checkout create-session; }");
server(97, "root %%DIR%%/html; $BUY
            location = /if { pancake_checkout create-session;
                             if (\$arg_x) { set \$y 1; } }
            location = /except { pancake_checkout create-session;
                                 limit_except POST { deny all; } }
            location = /get-only { pancake_checkout create-session;
                                   limit_except GET { allow all; } }");
server(98, "$BUY
            location = /other { pancake_checkout create-session;
                                pancake_api /down; error_page 502 = \@again; }
            location \@again { pancake_checkout create-session; }
            location = /link { pancake_checkout create-session;
                               pancake_api /down; error_page 502 = /got?a=b; }
            location = /got { internal; pancake_checkout create-session;
                              pancake_unknown_fields drop;
                              pancake_input args; }
            location = /loop { pancake_checkout create-session;
                               pancake_api /down; error_page 502 \@loop;
                               recursive_error_pages on; }
            location \@loop { pancake_checkout create-session;
                              pancake_api /down; error_page 502 \@loop;
                              recursive_error_pages on; }
            location /down/ { internal;
                              proxy_pass http://127.0.0.1:%%PORT_9%%/; }");

$t->write_file('html/secret', "the secret file\n")
  ->write_file('html/large', "the large file\n" x 100_000)
  ->write_file('html/ssi', 'a<!--# include virtual="/part" -->c')
  ->write_file('html/ssi-buy', 'a<!--# include virtual="/buy" -->c')
  ->write_file('html/part', 'b')
  ->write_file('html/v1/actions/checkout/create-session', '{"data":{}}')
  ->write_file('users', "buyer:{PLAIN}password\n");

$t->conf(join("\n", <<'EOT', @servers));
    %%CREDENTIALS%%
    %%RETRY_OFF%%

    pancake_set productId %%PRODUCT%%;
    pancake_set currency USD;

    log_format call '$server_port $uri $status $pancake_result '
                    '$pancake_attempts [$pancake_upstream_status] '
                    '[$upstream_status] cookie=$http_cookie '
                    'probe=$http_x_probe type=$content_type '
                    'length=$content_length signature=$http_x_signature '
                    'merchant=$http_x_merchant_id agent=$http_user_agent';

    map $cookie_sid $who { default nobody; ~. $cookie_sid; }

    limit_req_zone $server_port zone=one:1m rate=1r/m;
    proxy_cache_path %%DIR%%/cache keys_zone=calls:1m;

    upstream refusing {
        server 127.0.0.1:%%PORT_9%%;
        server 127.0.0.1:%%PORT_1%% backup;
    }

    upstream two {
        server 127.0.0.1:%%PORT_1%%;
        server 127.0.0.1:%%PORT_3%% backup;
    }

    upstream again {
        server 127.0.0.1:%%PORT_1%% max_fails=0;
        server 127.0.0.1:%%PORT_3%% backup;
    }

    upstream kept {
        server 127.0.0.1:%%PORT_1%%;
        keepalive 4;
    }
EOT

my $MAIL = 'secret-buyer-50@example.com';
my $JSON = qq({ "buyerEmail" : "$MAIL" });
my $BOTH = '{ "billingDetail": { "country": "US", "isBusiness": false, '
           . '"postcode": "94105", "state": "CA" } }';
my $BODY = '{"productId":"' . $t->product . '","currency":"USD",'
           . qq("buyerEmail":"$MAIL"});

my $DOWN = '{"data":null,"errors":[{"message":"the payment service is not '
           . 'available, try again later","layer":"edge"}]}';
my $UNAVAILABLE = '{"data":null,"errors":[{"message":"checkout is not '
                  . 'available","layer":"edge"}]}';

my $LOST = '"pancake_api" leads to no internal location, include '
           . 'pancake-location.conf in this server';

# For attempts: one node where each level says how many, and one that says
# nothing.

my ($again, $plain) = map { PancakeTest->new } 1 .. 2;

$t->plan(1175)->backend(1)->backend(2)->backend(3)->run;


sub fresh {
    my (@mode) = @_;

    $t->upstream($_)->clear_requests for 1 .. 3;
    $t->mode(@mode ? @mode : 'ok')->mark;

    return $t;
}


# One answer of each kind, and how often the API was asked for it.

sub good {
    my ($name, $r, $calls) = @_;
    my @requests = $t->requests;

    is($r->status, 302, "$name: status");
    is($r->location, @requests ? $requests[-1]->checkout_url : 'none',
       "$name: Location");
    is(scalar @requests, $calls // 1, "$name: calls");
}


sub bad {
    my ($name, $r, $status, $body, $calls) = @_;

    is($r->status, $status, "$name: status");
    is($r->body, $body, "$name: body");
    is(scalar $t->requests, $calls // 1, "$name: calls") if @_ > 4;
}


my $logged = 0;

# The lines of the access log since the last time, when there are n.

sub access {
    my ($n) = @_;
    my @lines;

    $t->wait_for(sub {
        @lines = split /\n/, $t->log_text('calls.log');
        return @lines >= $logged + $n;
    });

    @lines = splice @lines, $logged;
    $logged += @lines;

    return join "\n", @lines;
}


# Everything before is in the log, and is not looked at.

sub access_skip {
    $t->get('/flush');
    $t->wait_for(sub { $t->log_text('calls.log') =~ m{ /flush .*\n\z} });
    $logged = () = $t->log_text('calls.log') =~ /\n/g;
}


sub shop_is_untouched {
    my ($name) = @_;
    is(join(' ', map { $_->line } $t->upstream(2)->requests), '',
       "$name: nothing at the shop");
}


# M1: a call ends once.

for my $case (
    [ 'refused', 25, 'ok', 0, $DOWN ],
    [ 'refused, error page', 26, 'ok', 0, 'the page' ],
    [ 'closed', 0, 'close_before_header', 1, $DOWN ],
    [ 'closed, error page', 27, 'close_before_header', 1, 'the page' ],
    [ 'reset', 0, 'reset_before_header', 1, $DOWN ],
    [ 'cut in the header', 0, 'close_in_header', 1, $DOWN ],
) {
    my ($name, $port, $mode, $calls, $body) = @$case;

    for my $uri ('/buy', '/chain') {
        access_skip();
        my $r = fresh($mode)->post_json($uri, $uri eq '/buy' ? $JSON : $BOTH,
                                        -port => $port,
                                        Connection => undef);

        bad("$name, $uri", $r, 502, $body, $calls);

        my $where = $body eq 'the page' ? '/page' : $uri;
        like(access(1),
             qr{\A\d+ $where 502 unavailable 1 \[502\] \[502\] .*\z},
             "$name, $uri: one line in the access log");
        is(scalar $t->messages(qr/^pancake checkout: /), 1,
           "$name, $uri: one message");
    }
}

# ... and the connection goes on.

{
    fresh('close_before_header');

    my ($head, $body) = PancakeTest::HTTP->build('POST', '/buy', $JSON,
        'Content-Type' => 'application/json', Connection => undef);
    my @r = $t->request("$head$body" x 3, responses => 3);

    is(join(' ', map { $_->status } @r), '502 502 502',
       'closed, three on one connection: statuses');
    is(scalar $t->requests, 3, 'closed, three on one connection: calls');
}


# M2: cut answers, whatever keeps them.  M3, M4: large ones.

for my $port (0, 30 .. 36) {

    for my $mode (qw( cut_length cut_chunk close_delimited reset_in_body
                      oversize_length oversize_chunk oversize_close ))
    {
        my $post = $port == 34 ? sub { $t->h2('POST', '/buy', $JSON, @_) }
                               : sub { $t->post('/buy', $JSON, @_) };

        SKIP: {
            skip 'curl has no HTTP/2', 2
                if $port == 34 && !$t->has_feature('curl_http2');

            fresh($mode);
            bad("$mode at $port", $post->(-port => $port, 'Content-Type' =>
                                          'application/json'),
                502, $UNAVAILABLE);
        }
    }

    # not too large, but larger than "subrequest_output_buffer_size"

    for my $mode ([ 'ok' ], [ 'oversize_length', size => 50_000 ],
                  [ 'oversize_chunk', size => 50_000 ])
    {
        SKIP: {
            skip 'curl has no HTTP/2', 3
                if $port == 34 && !$t->has_feature('curl_http2');

            fresh(@$mode);
            good("@$mode at $port", $port == 34
                 ? $t->h2('POST', '/buy', $JSON, -port => 34,
                          'Content-Type' => 'application/json')
                 : $t->post_json('/buy', $JSON, -port => $port));
        }
    }
}

# nobody waits for what is too much already

for my $case (
    [ 'a length', "Content-Length: 1000000\r\n", 'x' x 70_000 ],
    [ 'chunks', "Transfer-Encoding: chunked\r\n",
      "20000\r\n" . 'x' x 0x20000 . "\r\n" ],
    [ 'a close', "Connection: close\r\n", 'x' x 70_000 ],
) {
    my ($name, $line, $text) = @$case;

    fresh('raw', end => 'hang', pieces => [ "HTTP/1.1 200 OK\r\n"
          . "Content-Type: application/json\r\n$line\r\n", $text ]);
    bad("too much and no end, $name", $t->post_json('/buy', $JSON), 502,
        $UNAVAILABLE, 1);
    like($t->upstream->wait_for_event(qr/closed/) // '', qr/closed by peer/,
         "too much and no end, $name: closed");
}

fresh([ 'ok' ], [ 'oversize_chunk' ]);
bad('the second of two is too large', $t->post_json('/chain', $BOTH), 502,
    $UNAVAILABLE, 2);


# M5: the length is that of our body, M8: also when the buyer gives none.

for my $case (
    [ 'longer',  $JSON . ' ' x 3000, 0 ],
    [ 'shorter', '{}', 0 ],
    [ 'chunked', $JSON, 0, -chunked => 1 ],
    [ 'longer, body of the request',  $JSON . ' ' x 3000, 29 ],
    [ 'shorter, body of the request', '{}', 29 ],
    [ 'chunked, body of the request', $JSON, 29, -chunked => 1 ],
    [ 'HTTP/2',  $JSON, 20 ],
    [ 'HTTP/2 without a length', $JSON, 20, -length => 0 ],
) {
    my ($name, $body, $port, %o) = @$case;

    SKIP: {
        skip 'curl has no HTTP/2', 6
            if $port == 20 && !$t->has_feature('curl_http2');

        fresh();
        my $method = $port == 20 ? 'h2' : 'send_request';
        good($name, $t->$method('POST', '/buy', $body, %o, -port => $port,
                                'Content-Type' => 'application/json'));

        my ($req) = $t->requests;
        my $want = $body eq '{}' ? $BODY =~ s/,"buyerEmail":".*?"//r : $BODY;
        is($req->line, "POST $API HTTP/1.1", "$name: request line");
        is($req->body, $want, "$name: body");
        is($req->header('Content-Length'), length $want, "$name: length");
    }
}


# M7: the buyer's own header stays as it was, short and long lists alike.

for my $n (0, 1, 10, 11, 12, 13, 18, 19, 20, 21, 60) {
    access_skip();
    fresh();

    my $r = $t->post_json('/buy', $JSON, Cookie => 'sid=mine',
                          'X-Probe' => 'here', 'User-Agent' => 'buyer',
                          map { ("X-More-$_" => $_) } 1 .. $n);

    is($r->status, 302, "$n more header fields: status");
    is(access(1), $t->port(0) . ' /buy 302 redirected 1 [200] [200] '
       . 'cookie=sid=mine probe=here type=application/json length='
       . length($JSON) . ' signature=- merchant=- agent=buyer',
       "$n more header fields: the buyer's own in the log");
}


# M10, M11: calls one after the other.

SKIP: for my $port (0, 20) {
    skip 'curl has no HTTP/2', 4 if $port && !$t->has_feature('curl_http2');

    access_skip();
    fresh();

    my $method = $port ? 'h2' : 'send_request';
    good("two calls at $port", $t->$method('POST', '/chain', $BOTH,
                                           -port => $port, 'Content-Type' =>
                                           'application/json'), 2);
    like(access(1),
         qr{^\d+ /chain 302 redirected 2 \[200, 200\] \[200, 200\] },
         "two calls at $port: the log");
}


# The call's variables are its own.

fresh();
good('variables', $t->post_json('/buy?a=args', $JSON, -port => 40,
    Host => 'shop.example', Cookie => 'sid=cookie', 'X-Probe' => 'probe',
    'User-Agent' => 'agent',
    Authorization => 'Basic YnV5ZXI6cGFzc3dvcmQ=',
    'X-Forwarded-For' => '192.0.2.1', Referer => 'http://localhost/',
    Via => '1.1 proxy'));

{
    my ($req) = $t->requests;
    my $length = length $BODY;

    is(join(' ', map { $req->header("X-$_") // '-' } 1 .. 17),
       "[] [] [] [nobody] [] [] [] [POST] [$length] [] [] [] [] [] [] [] "
       . '[shop.example]', 'variables: nothing of the buyer but $host');
    is($req->head =~ /cookie|probe|agent\r|args|YnV5|192\.0|Referer|Via/i
       ? $req->head : '', '', 'variables: no word of the buyer');
    is($req->signature_ok, 1, 'variables: signature');
}


# Other servers and kept connections.

fresh();
good('the first server refuses', $t->post_json('/buy', $JSON, -port => 21));

{
    my ($req) = $t->requests;
    is($req->body, $BODY, 'the first server refuses: body');
    is($req->header('Content-Length'), length $BODY,
       'the first server refuses: length');
    is($req->signature_ok, 1, 'the first server refuses: signature');
}

fresh('close_before_header');
bad('the first server closes', $t->post_json('/buy', $JSON, -port => 22),
    502, $DOWN, 1);
is(scalar $t->upstream(3)->requests, 0,
   'the first server closes: not sent again');

fresh('close_before_header');

{
    my $r = $t->post_json('/buy', $JSON, -port => 23);
    my ($first) = $t->requests;
    my @second = $t->upstream(3)->requests;

    is($r->status, 302, 'who wants it: status');
    is(scalar @second, 1, 'who wants it: sent again');
    is($second[0] && $second[0]->body, $BODY, 'who wants it: body');
    is($second[0] && $second[0]->head, $first->head, 'who wants it: header');
}

fresh('stale_keepalive');
good('a new connection', $t->post_json('/buy', $JSON, -port => 24));
bad('a stale connection', $t->post_json('/buy', $JSON, -port => 24), 502,
    $DOWN, 2);
good('after a stale connection', $t->post_json('/buy', $JSON, -port => 24),
     3);

fresh();
good("kept connection $_", $t->post_json('/buy', $JSON, -port => 24), $_)
    for 1 .. 3;
is(join(' ', map { $_->{conn} == ($t->requests)[0]{conn} } $t->requests),
   '1 1 1', 'kept connections are used');

fresh('cut_length', headers => [ Connection => 'keep-alive' ]);
is($t->post_json('/buy', $JSON, -port => 24)->status, 502,
   'cut answer on a kept connection');
fresh();
good('after a cut answer', $t->post_json('/buy', $JSON, -port => 24));


# Error pages and intercepted errors.  An internal location that intercepts
# them, against advice, leaves nothing of the API's answer.

for my $case (
    [ 400, 400 ], [ 404, 404 ], [ 429, 429 ], [ 503, 503 ], [ 504, 504 ],
    [ 500, 502 ], [ 401, 502 ],
) {
    my ($api, $status) = @$case;

    fresh($api);
    bad("$api, error page", $t->post_json('/buy', $JSON, -port => 27),
        $status, 'the page', 1);

    fresh($api);
    bad("$api, intercepted", $t->post_json('/buy', $JSON, -port => 28),
        $api == 504 ? 504 : 502, 'the page', 1);
}

fresh();
good('error pages, no error', $t->post_json('/buy', $JSON, -port => 27));


# Orders of the API are not followed.

for my $port (50 .. 52) {

    for my $to (qw( /secret /large /shop /closed @named /buy
                    /_pancake/v1/other /missing ))
    {
        SKIP: {
            skip 'curl has no HTTP/2', 4
                if $port == 52 && !$t->has_feature('curl_http2');

            my $name = "X-Accel-Redirect: $to at $port";

            fresh('x_accel_redirect', to => $to);
            my $method = $port == 52 ? 'h2' : 'send_request';
            my $r = $t->$method('POST', '/buy', $JSON, -port => $port,
                                'Content-Type' => 'application/json');

            # ignored as shipped, and refused without that

            is($r->status, $port == 50 ? 302 : 502, "$name: status");
            unlike($r->body, qr/secret|large/, "$name: no file");
            is(scalar $t->requests, 1, "$name: one call");
            shop_is_untouched($name);
        }
    }
}

for my $port (50, 51) {
    fresh('ok', headers => [ 'X-Accel-Buffering' => 'no',
                             'X-Accel-Limit-Rate' => '1',
                             'X-Accel-Charset' => 'koi8-r',
                             'X-Accel-Expires' => '3600',
                             'Set-Cookie' => 'api=1; Path=/',
                             'X-Api' => 'header', 'Server' => 'api',
                             'Link' => '</a>; rel=preload',
                             'Refresh' => '0; url=http://127.0.0.1/',
                             'Cache-Control' => 'public',
                             'Vary' => '*', 'ETag' => '"a"' ]);
    my $r = $t->post_json('/buy', $JSON, -port => $port);

    good("header fields of the API at $port", $r);
    is(join(' ', sort map { lc $_->[0] } @{ $r->{list} }),
       'cache-control connection content-length date location server',
       "header fields of the API at $port: none for the buyer");
}

fresh('raw', pieces => [ "HTTP/1.1 101 Switching Protocols\r\n"
                         . "Upgrade: websocket\r\n"
                         . "Connection: upgrade\r\n\r\nhello" ]);
bad('another protocol', $t->post_json('/buy', $JSON, Upgrade => 'websocket',
                                      Connection => 'upgrade'),
    502, $UNAVAILABLE, 1);


# What the server does with answers concerns the buyer's alone.

fresh();
{
    my $r = $t->post_json('/buy', $JSON, -port => 60,
                          'Accept-Encoding' => 'gzip');
    good('filters', $r);
    is($r->header('X-Added'), 'yes', 'filters: added once');
    is($r->body, '', 'filters: no body');
    is($r->header('Content-Encoding'), undef, 'filters: not compressed');
}

fresh();
{
    my $r = $t->post_json('/json', $JSON, -port => 60);
    my $url = ($t->requests)[0]->checkout_url;
    $url =~ s/checkout/replaced/g;

    is($r->status, 200, 'filters, JSON: status');
    is($r->json && $r->json->{data}{replacedUrl}, $url,
       'filters, JSON: replaced for the buyer');
}

fresh();
good('additions', $t->post_json('/buy', $JSON, -port => 61));

fresh();
like($t->post_json('/json', $JSON, -port => 61)->body,
     qr/\Abefore\{"data":\{.*\}\}after\z/, 'additions, JSON');

fresh('500');
bad('additions, no page', $t->post_json('/buy', $JSON, -port => 61), 502,
    $DOWN, 1);

fresh('ok', headers => [ 'Cache-Control' => 'max-age=3600' ]);
good('a cache, first', $t->post_json('/buy', $JSON, -port => 62));
good('a cache, second', $t->post_json('/buy', $JSON, -port => 62), 2);

fresh('close_before_header');
bad('a cache, stale', $t->post_json('/buy', $JSON, -port => 62), 502, $DOWN,
    1);

for my $port (63, 64) {
    my $name = "the server's own proxy rules at $port";

    fresh();
    good($name, $t->post_json('/buy', $JSON, -port => $port,
                              Cookie => 'sid=a'));

    my ($req) = $t->requests;

    is($req->line, "POST $API HTTP/1.1", "$name: request line");
    is($req->body, $BODY, "$name: body");
    is($req->signature_ok, 1, "$name: signature");
    is(join(' ', sort $req->names), 'Accept Accept-Encoding Content-Length '
       . 'Content-Type Host User-Agent X-Idempotency-Key X-Merchant-Id '
       . 'X-Signature X-Timestamp', "$name: header fields");
}


# Without the internal location nothing that was signed goes anywhere.

for my $case (
    [ 'no location', 70 ],
    [ 'a location that is not internal', 71 ],
    [ 'no location, try_files', 72 ],
    [ 'no location, rewrite to an internal one', 73 ],
    [ 'the server rewrites to an internal one', 74 ],
    [ 'no location, a fallback', 75 ],
    [ 'no location, return', 76 ],
    [ 'no location, a file of that name', 77 ],
    [ 'no location, auth_request', 78 ],
    [ 'no location, mirror', 79 ],
    [ 'no location, rewrite to an internal expression', 83 ],
    [ 'no location, try_files to an internal expression', 84 ],
    [ 'no location, a page of an internal expression', 85 ],
) {
    my ($name, $port) = @$case;

    fresh();
    $t->upstream(2)->mode('ok');
    my $r = $t->post_json('/buy', $JSON, -port => $port);
    my @told = map { "@$_" } $t->messages(qr/^pancake checkout: /);

    if ($port == 75) {
        is($r->status, 200, "$name: the buyer's request falls back");
        is(join(' ', map { $_->header('X-Signature') // '-' }
                     $t->upstream(2)->requests), '-',
           "$name: nothing signed at the shop");

    } else {
        bad($name, $r, 500, $UNAVAILABLE);
        shop_is_untouched($name);
    }

    is(join("\n", @told), 'error pancake checkout: 500, checkout is not '
       . "available: $LOST", "$name: the message");
}

fresh();
bad('a call of itself', $t->post_json('/go', $JSON, -port => 80), 502, $DOWN,
    0);

fresh();
good('another prefix', $t->post_json('/buy', $JSON, -port => 81));
fresh();
{
    my $r = $t->post_json('/buy', $JSON, -port => 82);
    my ($req) = $t->requests;

    good('an expression', $r);
    is($req && $req->target, $API, 'an expression: path');
}

for my $uri ("/_pancake$API", '/_pancake/', '/_pancake/../_pancake/x') {
    for my $port (0, 97) {
        fresh();
        is($t->post_json($uri, $JSON, -port => $port)->status, 404,
           "$uri from outside at $port");
        is(scalar $t->requests, 0, "$uri from outside at $port: no call");
    }
}


# What comes before.

fresh();
good('in time', $t->post_json('/limited', $JSON));
is($t->post_json('/limited', $JSON)->status, 503, 'too often: status');
is(scalar $t->requests, 1, 'too often: no call');

for my $uri ('/basic', '/any') {
    fresh();
    is($t->post_json($uri, $JSON)->status, 401, "$uri, nobody: status");
    is(scalar $t->requests, 0, "$uri, nobody: no call");

    good("$uri, somebody", $t->post_json($uri, $JSON, Authorization =>
                                         'Basic YnV5ZXI6cGFzc3dvcmQ='));
    is(($t->requests)[0]->header('Authorization'), undef,
       "$uri, somebody: not told to the API");
}

fresh();
is($t->post_json('/denied', $JSON)->status, 403, 'denied: status');
is($t->post_json('/asked', $JSON)->status, 403, 'asked, nobody: status');
is(scalar $t->requests, 0, 'denied: no call');
good('asked, somebody', $t->post_json('/asked', $JSON, 'X-Who' => 'me'));

fresh();
good('nested', $t->post_json('/outer/buy', $JSON));
fresh();
good('required', $t->post_json('/require', $JSON, Cookie => 'a=b'));
is($t->post_json('/require', $JSON)->status, 403, 'required, missing');

fresh();
$t->upstream(2)->mode('ok');
good('mirrored', $t->post_json('/mirrored', $JSON));
{
    my ($req) = $t->upstream(2)->wait_for_requests(1);
    is($req && $req->body, $JSON, "mirrored: the buyer's body");
    is($req && $req->header('X-Signature'), undef, 'mirrored: not signed');
}

fresh();
good('mirrored to a checkout', $t->post_json('/twice', $JSON));


# Subrequests of other modules.

is($t->get('/ssi')->body, 'abc', 'a page with a part');

fresh();
$t->get('/ssi-buy');
is(scalar $t->requests, 0, 'a page with a checkout: no call');
is(join("\n", map { "@$_" } $t->messages(qr/^pancake/)),
   'error pancake checkout: a checkout location cannot serve a subrequest',
   'a page with a checkout: the message');


# The server's own rules.

fresh();
good("the buyer's host", $t->post_json('/buy', $JSON, -port => 90,
                                       Host => 'www.localhost'));
fresh();
good('the scheme outside', $t->post_json('/buy', $JSON, -port => 91,
                                         'X-Forwarded-Proto' => 'https'));
fresh();
good('a user agent', $t->post_json('/buy', $JSON, -port => 92,
                                   'User-Agent' => 'buyer'));
fresh();
good('rewritten, last', $t->post_json('/shop/buy', $JSON, -port => 93));
fresh();
good('rewritten', $t->post_json('/go', $JSON, -port => 93));
fresh();
is($t->post_json('/buy', $JSON, -port => 94)->status, 410, 'returned');
is(scalar $t->requests, 0, 'returned: no call');

fresh();
good('a small body', $t->post_json('/buy', '{}', -port => 95));
is($t->post_json('/buy', '{}' . ' ' x 63, -port => 95)->status, 413,
   'not so small a body: status');
is(scalar $t->requests, 1, 'not so small a body: no call');

fresh();
is($t->post_json('/buy', $JSON, -port => 96)->status, 403, 'not allowed');
good('allowed', $t->post_json('/open', $JSON, -port => 96));

fresh();
good('if, not so', $t->post_json('/if', $JSON, -port => 97));
fresh();
good('if', $t->post_json('/if?x=1', $JSON, -port => 97));
fresh();
good('limit_except, the exception', $t->post_json('/except', $JSON,
                                                  -port => 97));
is($t->get('/except', -port => 97)->status, 403, 'limit_except, denied');
fresh();
good('limit_except, allowed', $t->post_json('/get-only', $JSON,
                                            -port => 97));


# From one checkout to the next by an error page.

access_skip();
fresh();
good('the next checkout', $t->post_json('/other', $JSON, -port => 98));
is(($t->requests)[0]->body, $BODY, 'the next checkout: body');
like(access(1), qr{^\d+ /other 302 redirected 1 \[200\] \[502, 200\] },
     'the next checkout: the log');

fresh();
good('the next checkout by GET', $t->post_json('/link', $JSON, -port => 98));
is(($t->requests)[0]->body, $BODY =~ s/,"buyerEmail":".*?"//r,
   'the next checkout by GET: body');

fresh();
is($t->post_json('/loop', $JSON, -port => 98)->status, 500,
   'round and round: status');
is(scalar $t->requests, 0, 'round and round: no call');


# Attempts.  Each place has a location of its own, on one of three servers, and
# the API's answers in order, of which the last stays.  Expected are the access
# log without keys, and the shortest pauses in ms; each may be 20 percent
# longer.

my $OK = [ 'ok' ];
my $FAILED = [ '500' ];
my $TAKEN = [ '409' ];

sub busy { [ '503', headers => [ map { ('Retry-After' => $_) } @_ ] ] }

my @places = (

    # what an outer level says holds until an inner one says something

    [ 'http', 0, '', [ $FAILED ],
      '502 [unavailable] 4 [500, 500, 500, 500]', 300, 600, 1200 ],
    [ 'server', 2, '', [ $FAILED ],
      '502 [unavailable] 3 [500, 500, 500]', 400, 800 ],
    [ 'location', 2, 'pancake_retry 2 backoff=500ms;', [ $FAILED ],
      '502 [unavailable] 2 [500, 500]', 500 ],
    [ 'inner', 2, 'NESTED', [ $FAILED ],
      '502 [unavailable] 2 [500, 500]', 600 ],
    [ 'if', 2, 'pancake_retry 2 backoff=700ms; if ($arg_x) { set $y 1; }',
      [ $FAILED ], '502 [unavailable] 2 [500, 500]', 700 ],
    [ 'one', 2, 'pancake_retry 1;', [ $FAILED ],
      '502 [unavailable] 1 [500]' ],
    [ 'ten', 2, 'pancake_retry 10 backoff=1ms;', [ $FAILED ],
      '502 [unavailable] 10 [' . join(', ', (500) x 10) . ']',
      1, 2, 4, 8, 16, 32, 64, 128, 256 ],

    # a conflict is no failure, and has pauses of its own

    [ 'mixed', 3, '',
      [ $FAILED, $TAKEN, $TAKEN, $FAILED, $OK ],
      '302 [redirected] 5 [500, 409, 409, 500, 200]', 20, 250, 500, 40 ],
    [ 'mixed_bad', 3, '', [ $FAILED, $TAKEN, $FAILED, $FAILED, $OK ],
      '502 [unavailable] 4 [500, 409, 500, 500]', 20, 250, 40 ],
    [ 'taken_bad', 3, '', [ $TAKEN, $TAKEN, $TAKEN, $FAILED ],
      '502 [unavailable] 6 [409, 409, 409, 500, 500, 500]',
      250, 500, 1000, 20, 40 ],
    [ 'taken_one', 3, 'pancake_retry 1;', [ $TAKEN, $OK ],
      '302 [redirected] 2 [409, 200]', 250 ],
    [ 'taken_one_bad', 3, 'pancake_retry 1;', [ $TAKEN, $FAILED, $OK ],
      '502 [unavailable] 2 [409, 500]', 250 ],
    [ 'taken_slow', 3, 'pancake_retry 3 backoff=5s;', [ $TAKEN, $OK ],
      '302 [redirected] 2 [409, 200]', 250 ],
    [ 'taken_on', 3, '', [ ($TAKEN) x 5, $OK ],
      '302 [redirected] 6 [409, 409, 409, 409, 409, 200]',
      250, 500, 1000, 2000, 2000 ],
    [ 'taken_later', 3, '', [ [ '409', retry_after => 9 ], $OK ],
      '302 [redirected] 2 [409, 200]', 250 ],

    # a longer Retry-After of a 503, and only of that

    [ 'busy', 3, '', [ busy(2), $OK ],
      '302 [redirected] 2 [503, 200]', 2000 ],
    [ 'busy_short', 3, 'pancake_retry 2 backoff=1500ms;', [ busy(1), $OK ],
      '302 [redirected] 2 [503, 200]', 1500 ],
    [ 'busy_each', 3, '', [ busy(1), busy(), $OK ],
      '302 [redirected] 3 [503, 503, 200]', 1000, 40 ],
    [ 'busy_first', 3, '', [ busy(1, 9), $OK ],
      '302 [redirected] 2 [503, 200]', 1000 ],
    (map { [ "busy_$_->[0]", 3, '', [ busy($_->[1]), $OK ],
             '302 [redirected] 2 [503, 200]', $_->[2] // 20 ] }
     [ 'none', 0 ], [ 'minus', -1 ], [ 'half', '1.5' ], [ 'much', 3601 ],
     [ 'word', 'soon' ], [ 'date', 'Wed, 21 Oct 2099 07:28:00 GMT' ],
     [ 'blank', ' 1', 1000 ]),
    [ 'busy_hour', 3, '', [ busy(3600), $OK ], '503 [unavailable] 1 [503]' ],
    [ 'failed_later', 3, '', [ [ '500', retry_after => 9 ], $OK ],
      '302 [redirected] 2 [500, 200]', 20 ],
    [ 'late_later', 3, '', [ [ '504', retry_after => 9 ], $OK ],
      '302 [redirected] 2 [504, 200]', 20 ],
    [ 'limited', 3, '', [ [ '429', retry_after => 1 ], $OK ],
      '429 [rejected] 1 [429]' ],

    # off, with and without a key

    (map {
        my ($what, $directive) = @$_;

        ([ "${what}_500", 2, $directive, [ $FAILED, $OK ],
           '502 [unavailable] 1 [500]' ],
         [ "${what}_409", 2, $directive, [ $TAKEN, $OK ],
           '409 [rejected] 1 [409]' ],
         [ "${what}_503", 2, $directive, [ busy(1), $OK ],
           '503 [unavailable] 1 [503]' ],
         [ "${what}_closed", 2, $directive, [ [ 'close_before_header' ], $OK ],
           '502 [unavailable] 1 [502]' ],
         [ "${what}_cut", 2, $directive, [ [ 'cut_length' ], $OK ],
           '502 [error] 1 [200]' ],
         [ "${what}_down", 2, "$directive pancake_api /_down;", [ $OK ],
           '502 [unavailable] 1 [502]' ],
         [ "${what}_good", 2, $directive, [ $OK ],
           '302 [redirected] 1 [200]' ])
     } [ 'off', 'pancake_retry off;' ],
       [ 'no_key', 'pancake_idempotency_key off;' ],
       [ 'neither', 'pancake_retry off; pancake_idempotency_key off;' ]),
);

my %on;

for my $place (@places) {
    my ($name, $n, $directives) = @$place;

    my $text = "pancake_checkout create-session;\n";
    $text .= "pancake_api /_to/$name;\n" unless $directives =~ /pancake_api/;

    $on{$n} .= $directives eq 'NESTED' ? <<"EOT" : <<"EOT";
location /in {
    pancake_retry 2 backoff=600ms;
    location = /$name { $text }
}
EOT
location = /$name { $text $directives }
EOT
}

my $ANSWERED = <<'EOT';
    location ~ ^/_to(/\w+/v1/.*) {
        internal;
        proxy_pass http://127.0.0.1:%%PORT_1%%$1;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
    }

    location /_down/ { internal; proxy_pass http://127.0.0.1:%%PORT_9%%/; }
EOT

$again->conf(<<"EOT")->backend(1)->run;
    %%CREDENTIALS%%
    pancake_retry 4 backoff=300ms deadline=1m;

    pancake_set productId %%PRODUCT%%;
    pancake_set currency USD;

    log_format again '\$uri \$status [\$pancake_result] \$pancake_attempts '
                     '[\$pancake_upstream_status] '
                     '[\$pancake_idempotency_key]';
    access_log %%DIR%%/again.log again;

    server {
        listen 127.0.0.1:%%PORT_0%%;
        $on{0}
        $ANSWERED
    }

    server {
        listen 127.0.0.1:%%PORT_2%%;
        pancake_retry 3 backoff=400ms deadline=1m;
        $on{2}
        $ANSWERED
    }

    server {
        listen 127.0.0.1:%%PORT_3%%;
        pancake_retry 3 backoff=20ms deadline=1m;
        $on{3}

        location = /jitter { pancake_checkout create-session;
                             pancake_api /_to/jitter;
                             pancake_retry 3 backoff=100ms; }
        location = /clicks { pancake_checkout create-session;
                             pancake_api /_to/clicks;
                             pancake_retry 3 backoff=20ms; }
        location = /partly { pancake_checkout create-session;
                             pancake_api /_to/partly;
                             pancake_retry 3; }
        location = /sign   { pancake_checkout create-session;
                             pancake_retry 2 backoff=1100ms; }

        location /cut/ {
            pancake_retry 1 deadline=1s;
            pancake_api /_to/gate;
            location = /cut/key    { pancake_checkout create-session; }
            location = /cut/no-key { pancake_checkout create-session;
                                     pancake_idempotency_key off; }
            location = /cut/off    { pancake_checkout create-session;
                                     pancake_retry off; }
        }

        $ANSWERED
        %%API_LOCATION%%
    }
EOT

$plain->conf(<<'EOT')->backend(1)->run;
    %%CREDENTIALS%%

    pancake_set productId %%PRODUCT%%;
    pancake_set currency USD;

    log_format again '$uri $status [$pancake_result] $pancake_attempts '
                     '[$pancake_upstream_status] [$pancake_idempotency_key]';

    server {
        listen 127.0.0.1:%%PORT_0%%;
        access_log %%DIR%%/again.log again;

        location = /failing { pancake_checkout create-session;
                              pancake_api /_to/failing; }
        location = /busy_15 { pancake_checkout create-session;
                              pancake_api /_to/busy_15; }
        location = /busy_20 { pancake_checkout create-session;
                              pancake_api /_to/busy_20; }

        location /_to/ { internal;
                         proxy_pass http://127.0.0.1:%%PORT_1%%/; }
    }
EOT


sub begin {
    my ($node, $uri, $port) = @_;

    my ($head, $body) = PancakeTest::HTTP->build('POST', $uri, $JSON,
        'Content-Type' => 'application/json');
    my $c = $node->connect(-port => $port // 0);
    $c->send($head . $body);

    return $c;
}


# The pauses that requests for this URI have begun, in their order.

sub paused {
    my ($node, $uri) = @_;
    return map { /, next in (\d+) ms: .* request: "POST \Q$uri\E[ ?]/ }
           split /\n/, $node->log_text;
}


sub outside { grep { $_->[0] < $_->[1] || $_->[0] > $_->[1] * 1.2 } @_ }


sub in_log {
    my ($node, $uri) = @_;
    my $line;

    $t->wait_for(sub {
        ($line) = $node->log_text('again.log') =~ /^\Q$uri\E (.*)$/m;
    });

    return $line // 'nothing';
}


# On the node that says nothing: 3 attempts, after 5 and 10 s, within 20 s.
# Somebody stays until the second pause; all places are looked at meanwhile.

$plain->mode_for('/failing/', '500')->mode_for('/busy_15/', @{ busy(15) })
      ->mode_for('/busy_20/', @{ busy(20) });

my %stays = map { $_ => begin($plain, "/$_") } qw( failing busy_15 );
my $over = begin($plain, '/busy_20')->response;

is($over->status, 503, 'default, a pause that ends too late: status');
is($over->header('Retry-After'), 20,
   'default, a pause that ends too late: Retry-After');
like(in_log($plain, '/busy_20'), qr/^503 \[unavailable\] 1 \[503\]/,
     'default, a pause that ends too late: the access log');

$t->wait_for(sub { paused($plain, '/failing') && paused($plain, '/busy_15') });

is(join(' ', outside([ (paused($plain, '/failing'))[0], 5000 ],
                     [ (paused($plain, '/busy_15'))[0], 15000 ])), '',
   'default: the first pause');


# All places at once.

$again->upstream->mode_for("/$_->[0]/", @{ $_->[3] }) for @places;

my %open = map {
    my ($name, $n) = @$_;
    $name => begin($again, "/$name?x=1", $n);
} @places;

for my $place (@places) {
    my ($name, undef, undef, undef, $line, @least) = @$place;
    my ($status, $n) = $line =~ /^(\d+) \[\w+\] (\d+)/;

    my $r = $open{$name}->response;
    $open{$name}->close;

    my $got = in_log($again, "/$name");
    my @requests = grep { $_->target =~ m{^/$name/} } $again->requests;
    my %different = map { ($_->header('X-Idempotency-Key') // 'none') => 1 }
                    @requests;
    my $keyless = $name =~ /^n/;
    my @key = @requests ? keys %different : 'none';

    is($r->status, $status, "$name: status");
    like($got, qr/^\Q$line\E \[/, "$name: the access log");

    if ($name =~ /_down$/) {
        is(scalar @requests, 0, "$name: no call");
        like($got, $keyless ? qr/ \[-\]\z/ : qr/ \[[\w-]{43}\]\z/,
             "$name: keys in the access log");
    } else {
        is(scalar @requests, $n, "$name: calls");
        my $logged = $keyless ? '-' : join ', ', (@key) x $n;
        like($got, qr/ \[\Q$logged\E\]\z/, "$name: keys in the access log");
        is(join(' ', @key) eq 'none' ? 1 : 0, $keyless ? 1 : 0,
           "$name: one key, or none");
    }

    my @pauses = paused($again, "/$name");
    is(scalar @pauses, scalar @least, "$name: pauses");
    is(join(' ', map { "@$_" } outside(map { [ $pauses[$_], $least[$_] ] }
                                       0 .. $#pauses)), '',
       "$name: as long as they should be");

    my @early = grep { $requests[$_ + 1]{time} - $requests[$_]{time}
                       < $least[$_] / 1000 - 0.05 } 0 .. $#requests - 1;
    is("@early", '', "$name: and as long as they say");
}


# Those who have stayed at the node that says nothing; on a slow machine it may
# be over by now.

$t->wait_for(sub { paused($plain, '/failing') > 1 });

is(join(' ', outside([ (paused($plain, '/failing'))[1] // 0, 10000 ])), '',
   'default: the second pause');
$_->close for values %stays;
like(in_log($plain, '/failing'), qr/^(?:499\ \[unavailable\]\ 2\ \[500,\ 500\]
     |502\ \[unavailable\]\ 3\ \[500,\ 500,\ 500\])/x,
     'default: at most three attempts');


# Jitter: many pauses, not all alike.

{
    $again->upstream->mode_for('/jitter/', '500')
                    ->mode_for('/clicks/', '409');

    my @open = map { begin($again, $_, 3) } ('/jitter', '/clicks') x 30;

    # the API goes on saying 409 until all have waited twice

    $t->wait_for(sub {
        30 == grep { $_ >= 500 && $_ <= 600 } paused($again, '/clicks');
    });
    $again->upstream->mode_for('/clicks/', 'ok');

    for my $c (@open) {
        $c->response;
        $c->close;
    }

    for my $case ([ 'jitter', 100 ], [ 'jitter', 200 ], [ 'clicks', 250 ],
                  [ 'clicks', 500 ])
    {
        my ($place, $least) = @$case;
        my @all = paused($again, "/$place");
        my @these = grep { $_ >= $least && $_ <= $least * 1.2 } @all;
        my %different = map { $_ => 1 } @these;

        is(scalar @these, 30, "$place: $least ms and up to 20 percent more");
        cmp_ok(scalar keys %different, '>', 4, "$place, $least ms: different");
    }

    is(scalar(grep { $_ < 100 || $_ > 240 } paused($again, '/jitter')), 0,
       'jitter: no other pauses');
    is(join(' ', grep { !($_ >= 250 && $_ <= 300 || $_ >= 500 && $_ <= 600
                          || $_ >= 1000 && $_ <= 1200
                          || $_ >= 2000 && $_ <= 2400) }
                 paused($again, '/clicks')), '', 'clicks: no other pauses');
}


# An inner level that leaves a part out has the default in its place.

{
    $again->upstream->mode_for('/partly/', '500');

    my $c = begin($again, '/partly', 3);
    $t->wait_for(sub { paused($again, '/partly') });
    is(join(' ', outside([ (paused($again, '/partly'))[0] // 0, 5000 ])), '',
       'partly: the default pause');
    $c->close;
    like(in_log($again, '/partly'), qr/^499 \[unavailable\] 1 \[500\]/,
         'partly: the access log');
}


# Each attempt is signed anew, over the same body.

{
    $again->upstream->clear_requests;
    $again->upstream->mode([ '500' ], [ 'ok' ]);

    my $r = begin($again, '/sign', 3)->response;
    my @requests = $again->requests;
    my @of = map {
        my $name = $_;
        [ map { $_->header("X-$name") // 'none' } @requests ];
    } qw( Timestamp Signature Idempotency-Key Merchant-Id );

    is($r->status, 302, 'signed anew: status');
    is(scalar @requests, 2, 'signed anew: two attempts');
    cmp_ok($of[0][1], '>', $of[0][0], 'signed anew: a later time');
    isnt($of[1][1], $of[1][0], 'signed anew: another signature');
    is(join(' ', map { $_->signature_ok } @requests), '1 1',
       'signed anew: both are valid');
    is($of[2][1], $of[2][0], 'signed anew: the same key');
    is($of[3][1], $of[3][0], 'signed anew: the same merchant');
    is($requests[1]->body, $requests[0]->body, 'signed anew: the same body');
    is($requests[0]->body, $BODY, 'signed anew: the right one');
    is(join(' ', $requests[1]->names), join(' ', $requests[0]->names),
       'signed anew: the same header');
}


# A deadline cuts an attempt, also a single one, with or without a key; "off"
# lifts the one of an outer level.

{
    $again->clear_requests->mark;
    $again->upstream->mode_for('/gate/', 'ok', gate => 'header');

    my @open = map { begin($again, "/cut/$_", 3) } qw( key no-key off );

    is(join(' ', map { $_->response->status } @open[0, 1]), '504 504',
       'deadline: status');
    is(join("\n", map { "$_->[0] $_->[1]" } $again->messages(qr/^pancake/)),
       join("\n", ('error pancake checkout: 504, the payment service did not '
                   . 'answer in time, try again later: the deadline of '
                   . '"pancake_retry" has passed') x 2),
       'deadline: the error log');

    $again->release;
    is($open[2]->response->status, 302, 'deadline, off: status');
    $_->close for @open;

    like(in_log($again, "/cut/$_->[0]"), qr/^\Q$_->[1]\E/,
         "deadline, $_->[0]: the access log")
        for [ 'key', '504 [unavailable] 1 [504] [' ],
            [ 'no-key', '504 [unavailable] 1 [504] [-]' ],
            [ 'off', '302 [redirected] 1 [200] [' ];
}
