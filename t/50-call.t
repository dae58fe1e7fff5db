# The call to the API is a subrequest with a body, header and variables of its
# own, and ends once, whatever the API answers and whatever else the server's
# configuration says.

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

$t->plan(736)->backend(1)->backend(2)->backend(3)->run;


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
