# The harness itself, with nothing but nginx: what it promises to the other
# tests, and that each closing check can fail.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use Test::More;

my $API = '/v1/actions/checkout/create-session';

my $t = PancakeTest->new(module => 0)->conf(<<'EOT');
upstream api {
    server 127.0.0.1:%%PORT_1%%;
    keepalive 4;
}

server {
    listen 127.0.0.1:%%PORT_0%%;

    location / {
        proxy_pass http://127.0.0.1:%%PORT_1%%;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_read_timeout 1s;
    }

    location /keep/ {
        proxy_pass http://api;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_pass_header X-Accel-Redirect;
        proxy_ignore_headers X-Accel-Redirect;
    }

    location /twice {
        add_header X-Twice one;
        add_header X-Twice two;
        return 204;
    }

    location /number { return 200 one; }

    %%API_LOCATION%%
}
EOT


# Mode of the API double, and what plain proxy_pass makes of it: the status,
# whether the answer is whole, and whether it is the good answer.

my @modes = (
    [ 'ok',                  200, 1, 1 ],
    [ 'slow_header',         200, 1, 1 ],
    [ 'slow_body',           200, 1, 1 ],
    [ 'slow_chunks',         200, 1, 1 ],
    [ 'chunked',             200, 1, 1 ],
    [ 'close_before_header', 502, 1, 0 ],
    [ 'reset_before_header', 502, 1, 0 ],
    [ 'close_in_header',     502, 1, 0 ],
    [ 'reset_in_body',       200, 0, 0 ],
    [ 'cut_length',          200, 0, 1 ],
    [ 'cut_chunk',           200, 0, 1 ],
    [ 'oversize_length',     200, 1, 0 ],
    [ 'oversize_chunk',      200, 1, 0 ],
    [ 'oversize_close',      200, 1, 0 ],
    [ 'close_delimited',     200, 1, 1 ],
    [ 'hang_header',         504, 1, 0 ],
    [ 'hang_body',           200, 0, 0 ],
    [ 'gzip',                200, 1, 0 ],
    [ 204,                   204, 1, 0 ],
    [ 301,                   301, 1, 1 ],
    [ 307,                   307, 1, 1 ],
    [ 404,                   404, 1, 0 ],
    [ 503,                   503, 1, 0 ],
    [ 'wrong_type',          200, 1, 1 ],
    [ 'no_type',             200, 1, 1 ],
    [ 'not_json',            200, 1, 0 ],
    [ 'bad_json',            200, 1, 0 ],
    [ 'trailing_json',       200, 1, 0 ],
    [ 'array_root',          200, 1, 0 ],
    [ 'duplicate_keys',      200, 1, 0 ],
    [ 'empty_200',           200, 1, 0 ],
    [ 'null_data',           200, 1, 0 ],
    [ 'empty_data',          200, 1, 0 ],
    [ 'errors_with_200',     200, 1, 0 ],
    [ 'empty_errors',        200, 1, 0 ],
    [ 'warnings',            200, 1, 0 ],
    [ 'set_cookie',          200, 1, 1 ],
);

# A script that breaks one promise, and the closing test that must notice it.

my @breaks = (

    [ 'an alert' => 'no alert, no emerg', <<'EOT' ],
kill KILL => ($t->worker_pids)[0];
$t->wait_for_message(qr/exited on signal 9/);
$t->wait_for(sub { $t->worker_pids });
EOT

    [ 'an emerg' => 'no alert, no emerg', <<'EOT' ],
$t->conf('location / { nonsense; }');
$t->reload;
EOT

    [ 'an open socket' => 'no open socket left', <<'EOT' ],
append('error.log', '[alert] 1#1: *9 open socket #3 left in connection 4');
EOT

    [ 'a report in a file' => 'no sanitizer report', <<'EOT' ],
append('sanitizer.asan.1', '==1==ERROR: AddressSanitizer: heap');
EOT

    [ 'a report on stderr' => 'no sanitizer report', <<'EOT' ],
append('nginx.err', 'a.c:1:2: runtime error: null pointer');
EOT

    [ 'a planted word' => 'no secret in a log', <<'EOT' ],
$t->secret('marmalade');
$t->get('/marmalade');
EOT

    [ 'an e-mail of a JSON body' => 'no secret in a log', <<'EOT' ],
$t->post_json('/', { buyerEmail => 'secret-buyer-1@example.com' });
$t->get('/?secret-buyer-1@example.com');
EOT

    [ 'an e-mail of a form' => 'no secret in a log', <<'EOT' ],
$t->post_form('/', [ buyerEmail => 'secret-buyer-2@example.com' ]);
$t->get('/?secret-buyer-2@example.com');
EOT

    [ 'a name in a nested field' => 'no secret in a log', <<'EOT' ],
$t->post_form('/', 'billingDetail%5BbusinessName%5D=Secret%20Bakery');
append('error.log', 'Secret Bakery');
EOT

    [ 'a line of the key' => 'no secret in a log', <<'EOT' ],
my ($line) = grep { !/^-/ } split /\n/, $t->log_text('test-key.pem');
append('error.log', $line);
EOT

    [ 'a signature' => 'no secret in a log', <<'EOT' ],
$t->get('/log', 'X-Signature' => 'c2lnbmF0dXJlIHNpZ25hdHVyZQ==');
EOT

    [ 'a forgotten signature' => 'no secret in a log', <<'EOT' ],
$t->get('/log', 'X-Signature' => 'c2lnbmF0dXJlIHNpZ25hdHVyZQ==');
$t->clear_requests;
EOT

    [ 'a session token' => 'no secret in a log', <<'EOT' ],
append('error.log', 'https://checkout.waffo.ai/a#token=x');
EOT

    [ 'a secret on stderr' => 'no secret in a log', <<'EOT' ],
$t->secret('marmalade');
append('nginx.err', 'marmalade');
EOT

    [ 'a secret in a check' => 'no secret in a log', <<'EOT' ],
$t->secret('marmalade');
$t->must_fail_config('marmalade; # HERE',
                     'unknown directive "marmalade" in %%HERE%%');
EOT

    [ 'a body in a file' => 'no body left in a temporary file', <<'EOT' ],
$t->post('/kept', 'a=1');
EOT

    # TERM is what makes nginx complain itself, about what hangs until 1.25.4

    [ 'a master that stays' => 'nginx stopped on QUIT, workers exited'
      . ($t->nginx_version < 1_025_004
         ? ', no alert, no emerg, no open socket left' : ''), <<'EOT' ],
$t->mode('hang_header');
our $c = $t->connect;
$c->send("GET /log HTTP/1.1\r\nHost: a\r\n\r\n");
$t->wait_for_requests(1);
EOT

    [ 'a backend that fails' => 'no complaint of the API double', <<'EOT' ],
unlink $t->dir . '/backend_1/mode';
$t->get('/log');
EOT
);

my $SCRIPT = <<'EOT';
use strict;
use warnings;

use lib 'LIB';
use PancakeTest;
use Test::More;

my $t = PancakeTest->new(module => 0, stop_timeout => 0.5)->conf(<<'EOC');
log_format signature '$http_x_signature';

server {
    listen 127.0.0.1:%%PORT_0%%;

    location / { return 200; }

    location /log {
        access_log %%DIR%%/access.log signature;
        proxy_pass http://127.0.0.1:%%PORT_1%%;
    }

    location /kept {
        client_body_in_file_only on;
        proxy_pass http://127.0.0.1:%%PORT_1%%;
    }
}
EOC

sub append {
    my ($name, $text) = @_;
    open my $f, '>>', $t->dir . "/$name" or die $!;
    print $f "$text\n";
    close $f;
}

$t->plan(TESTS)->backend(1)->run;

BREAK
EOT

$t->plan(66 + 3 * @modes + 2 * (1 + @breaks))->backend(1)->run;


# Requests as they arrive.

my $json = '{"buyerEmail":"secret-buyer-3@example.com"}';

my $r = $t->post_json($API, $json, 'X-Twice' => [ 1, 2 ], Host => 'shop');
my ($req) = $t->requests;

is($r->status, 200, 'JSON post: status');
is($r->json->{data}{checkoutUrl}, $req->checkout_url, 'JSON post: answer');
is($req->line, "POST $API HTTP/1.1", 'request line');
is($req->body, $json, 'body');
is(join(' ', $req->names),
   'Host Content-Length Content-Type X-Twice X-Twice', 'header names');
is($req->header('X-Twice'), '1, 2', 'header sent twice');
is($req->header('X-None'), undef, 'header not sent');
is($req->signature_ok, 0, 'no signature');

$t->clear_requests;
is(scalar $t->requests, 0, 'requests are forgotten');

for my $case (
    [ 'in one piece' ],
    [ 'byte by byte', -split => 1 ],
    [ 'in one chunk', -chunked => 1 ],
    [ 'in chunks', -chunked => [ '{', substr($json, 1) ] ],
    [ 'in chunks, byte by byte', -chunked => [ $json ], -split => 1 ],
    [ 'in HTTP/1.0', -version => '1.0' ],
) {
    my ($name, %o) = @$case;
    $r = $t->clear_requests->post_json($API, $json, %o);

    is($r->status, 200, "$name: status");
    is(($t->requests)[0]->body, $json, "$name: body");
}

$r = $t->post_json($API, $json, -expect => 1);
is($r->status, 200, 'Expect: status');
is("@{ $r->{interim} }", '100', 'Expect: continue');

$r = $t->clear_requests->post_form($API, [ 'a b' => "\xc3\xa9&", c => 1 ]);
is(($t->requests)[0]->body, 'a%20b=%C3%A9%26&c=1', 'form: body');
is(($t->requests)[0]->header('Content-Type'),
   'application/x-www-form-urlencoded', 'form: type');

$r = $t->clear_requests->send_request('PUT', '/x', 'abc', Host => 'other',
                                      'Content-Length' => undef,
                                      -version => '1.0');
is(($t->requests)[0]->header('Content-Length'), undef, 'header taken away');

$r = $t->send_request('HEAD', '/number');
is($r->status, 200, 'HEAD: status');
is($r->header('Content-Length'), 3, 'HEAD: length');
is($r->body, '', 'HEAD: no body');

$r = $t->get('/twice');
is("@{ $r->{all}{'x-twice'} }", 'one two', 'response header twice');
is($r->header('X-Twice'), 'one, two', 'response header joined');

my @two = $t->request("GET /number HTTP/1.1\r\nHost: a\r\n\r\n" x 2,
                      responses => 2);
is(join(' ', map { $_->body } @two), 'one one', 'pipelined');

my $c = $t->connect;
$c->send("GET /number HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
is($c->response->body, 'one', 'connection: response');
is($c->closed, 1, 'connection: closed by nginx');

is($t->get('/_pancake/x')->status, 404, 'the API location is internal');


# Modes.

for my $m (@modes) {
    my ($mode, $status, $complete, $good) = @$m;

    $r = $t->clear_requests->mode($mode)->post_json($API, '{}');
    my $url = ($t->requests)[0]->checkout_url;

    is($r->status, $status, "$mode: status");
    is($r->complete, $complete, "$mode: complete");
    is($r->body =~ /^\{"data":\{"sessionId":"[^"]*","checkoutUrl":"\Q$url\E",
                     "expiresAt":"[^"]*"\}\}\z/x ? 1 : 0,
       $good, "$mode: answer");
}

is($t->mode('429', retry_after => 7)->get('/')->header('Retry-After'), 7,
   '429: Retry-After');
is($t->mode('400', message => 'No "x"')->get('/')->body,
   '{"data":null,"errors":[{"message":"No \"x\"","layer":"checkout"}]}',
   '400: body');
is($t->mode('url', url => 'http://a/')->post_json($API, '{}')
     ->json->{data}{checkoutUrl}, 'http://a/', 'url');
is($t->mode('url', url => \'17')->post_json($API, '{}')
     ->json->{data}{checkoutUrl}, 17, 'url: another type');
ok(!exists $t->mode('url')->post_json($API, '{}')->json->{data}{checkoutUrl},
   'url: none');
is($t->mode('expires', expires => 'later')->post_json($API, '{}')
     ->json->{data}{expiresAt}, 'later', 'expires');
is($t->mode('ok')->get('/v1/actions/onetime-order/create-order')
     ->json->{data}{checkoutUrl}, ($t->requests)[-1]->checkout_url,
   'order');

is(join(' ', map { $t->get('/')->status }
    do { $t->mode([ 500 ], [ 404 ], [ 'ok' ]); 1 .. 4 }), '500 404 200 200',
   'steps');

$t->mode('ok')->mode_for('/b', '404');
is(join(' ', map { $t->get($_)->status } qw( /a /b )), '200 404',
   'mode for a path');

$r = $t->mode('raw', pieces => [ "HTTP/1.1 200 OK\r\nX-A", ": b\r\n",
                                 "Content-Length: 2\r\n\r\nhi" ])->get('/');
is($r->header('X-A') . $r->body, 'bhi', 'raw');

$r = $t->mode('reply', body => '<p>', type => 'text/html', status => 201,
              headers => [ 'X-B' => 'c' ])->get('/');
is(join(' ', $r->status, $r->body, $r->header('Content-Type'),
        $r->header('X-B')), '201 <p> text/html c', 'reply');

$t->clear_requests->mode('stale_keepalive');
is($t->post_json('/keep/', '{}')->status, 200, 'keepalive: fresh');
is($t->post_json('/keep/', '{}')->status, 502, 'keepalive: stale');
is(join(' ', map { $_->{nth} } $t->requests), '1 2',
   'keepalive: connections');

is($t->mode('x_accel_redirect', to => '/number')->get('/keep/')
     ->header('X-Accel-Redirect'), '/number', 'X-Accel-Redirect');

$c = $t->clear_requests->mode('ok', gate => 'header')->connect;
$c->send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
is(scalar $t->wait_for_requests(1), 1, 'gate: the request is there');
$t->release;
is($c->response->status, 200, 'gate: opened');

$c = $t->clear_requests->mode('hang_header')->connect;
$c->send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
$t->wait_for_requests(1);
$c->reset;
like($t->wait_for_event(qr/closed/), qr/^\d+ closed by peer$/,
     'the backend sees a connection close');

is($t->backend_stop(1)->get('/')->status, 502, 'stopped backend');
$t->backend(1);
is($t->get('/')->status, 200, 'started again');


# nginx.

my ($old) = $t->worker_pids;
is($t->reload, 1, 'reload');
my @new = $t->worker_pids;
is(scalar @new, 1, 'reload: one worker');
isnt($new[0], $old, 'reload: another one');

$t->must_fail_config("location / {\n    nonsense; # HERE\n}",
                     'unknown directive "nonsense" in %%HERE%%');
$t->warns_config('location / { }');
$t->warns_config("ssi on;\nssi_types text/html; # HERE",
                 'duplicate MIME type "text/html" in %%HERE%%');

$t->mark;
is($t->reload, 1, 'reload after the checks');
is(scalar(grep { $_->[1] eq 'reconfiguring' } $t->messages), 1, 'messages');

cmp_ok($t->rss($t->pid), '>', 500, 'memory of the master');

$t->stop;
is($t->pid, undef, 'stopped');
$t->run;
is($t->get('/number')->status, 200, 'run again');


# Closing tests.

my $NAMES = 'nginx stopped on QUIT, workers exited|no alert, no emerg|'
            . 'no open socket left|no sanitizer report|no secret in a log|'
            . 'no body left in a temporary file|'
            . 'no complaint of the API double';

sub child {
    my ($name, $code) = @_;
    (my $script = $SCRIPT) =~ s/LIB/$FindBin::Bin\/lib/;
    my $tests = () = $code =~ /must_fail_config/g;

    $code ||= 'pass(\'nothing broken\');';
    $code .= "\npass('end');" unless $tests;
    $script =~ s/TESTS/$tests || ($code =~ m{nothing}) + 1/e;
    $script =~ s/BREAK/$code/;

    $t->write_file('child.t', $script);
    my $dir = $t->dir;

    local @ENV{qw( TEST_VERBOSE TEST_LEAVE TEST_CATLOG TEST_DEBUG )};
    local $ENV{HARNESS_ACTIVE} = 1;
    my $out = qx($^X $dir/child.t 2>/dev/null);

    return ($?, $out);
}

for my $break ([ 'nothing' => '', '' ], @breaks) {
    my ($name, $test, $code) = @$break;
    my ($status, $out) = child($name, $code);

    my @failed = $out =~ /^not ok \d+ - (.*)$/mg;
    my @closing = $out =~ /^(?:not )?ok \d+ - ($NAMES)$/mg;

    is(join(', ', @failed), $test, "$name: is noticed");
    is(join('|', @closing), $NAMES, "$name: all closing tests ran");
}
