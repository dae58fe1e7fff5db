# Webhooks at the edge: what the platform signed goes to the shop as it came,
# and nothing else does.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use PancakeTest::Webhook;
use Test::More;

my $t = PancakeTest->new->has(qw( faketime http_v2 curl_http2 ));

my $VECTORS = JSON::PP->new->utf8->decode(
    PancakeTest::Log::slurp($t->top . '/t/vectors/webhook.json'));
my $JSON = JSON::PP->new->utf8(0);

my $NOW = $VECTORS->{tMs} / 1000 + 1;
my $MS = $VECTORS->{tMs};

my $platform = PancakeTest::Webhook->new($t);
my $stranger = PancakeTest::Webhook->new($t, 'stranger');
my $larger = PancakeTest::Webhook->new($t, 'larger', 3072);

my $SHOP = 'proxy_pass http://127.0.0.1:%%PORT_1%%';
my $TEST = 'pancake_webhook test key=webhook.pub';
my $MINE = 'STO_3bVzrkD0FJjFdZNLk8Ualx';
my $ALSO = 'STO_4cWAslE1GKkGeAOMl9Vbmy';

$t->write_file('password', "shop:{PLAIN}sesame\n");
$t->write_file('html/there', "a file\n");
$t->write_file('html/401.html', "no entry\n");

$t->plan(260)->clock($NOW)->conf(<<"EOT")->backend(1)->run;
log_format hook '\$uri \$status \$pancake_webhook_id|\$pancake_webhook_event|'
                '\$pancake_webhook_mode';

server {
    listen 127.0.0.1:%%PORT_0%%;
    listen 127.0.0.1:%%PORT_8%% http2;
    server_name localhost;
    root %%DIR%%/html;
    access_log %%DIR%%/hook.log hook;
    client_body_buffer_size 4k;

    location = /hook {
        $TEST;
        proxy_set_header X-Event-Id   \$pancake_webhook_id;
        proxy_set_header X-Event-Type \$pancake_webhook_event;
        proxy_set_header X-Event-Mode \$pancake_webhook_mode;
        $SHOP/shop;
    }

    location = /prod     { pancake_webhook prod key=webhook.pub; $SHOP; }
    location = /builtin  { pancake_webhook prod; $SHOP; }
    location = /store    { $TEST store=$MINE store=$ALSO;
                           proxy_set_header X-Store \$pancake_webhook_store;
                           $SHOP; }
    location = /rotation { $TEST key=larger.pub; $SHOP; }
    location = /short    { $TEST tolerance=2s future=1s; $SHOP; }
    location = /stream   { $TEST; proxy_request_buffering off;
                           proxy_http_version 1.1; $SHOP; }
    location = /file     { $TEST; client_body_in_file_only clean; $SHOP; }

    location = /any      { $TEST; satisfy any; allow all; $SHOP;
                           auth_basic shop; auth_basic_user_file password; }
    location = /closed   { $TEST; deny all; $SHOP; }

    location /outer {
        $TEST; $SHOP;
        location /outer/inner { $SHOP; }
        location /outer/open  { pancake_webhook off; $SHOP; }
    }
    location = /if       { $TEST; if (\$arg_a) { $SHOP; } $SHOP; }
    location = /except   { $TEST; limit_except POST { $SHOP; } $SHOP; }

    location = /mirrored { $TEST; mirror /copy; $SHOP; }
    location = /copy     { internal; $SHOP; }
    location = /files    { $TEST; try_files /there =404; }
    location = /tried    { $TEST; try_files /none \@shop; }
    location \@shop       { $SHOP; }
    location = /sub      { auth_request /hook; $SHOP; }

    location = /paged    { $TEST; error_page 401 405 /401.html; $SHOP; }
    location /looped     { $TEST; error_page 401 /looped/401; $SHOP; }
    location /led        { $TEST; error_page 503 = /led/again;
                           proxy_intercept_errors on; $SHOP; }
    location = /leads    { $SHOP; }
    location = /thrown   { error_page 302 = \@guarded; return 302 /; }
    location \@guarded    { $TEST; $SHOP; }
    location = /endless  { $TEST; client_max_body_size 0; $SHOP; }
    location = /less     { client_max_body_size 10; error_page 413 = \@late;
                           $SHOP; }
    location \@late       { $TEST; $SHOP; }
}
EOT


sub hook {
    my ($uri, $body, %h) = @_;
    return $t->post($uri, $body, $platform->header($body, $MS), %h);
}


# What the shop got since the last time.

sub shop {
    my @requests = $t->requests;
    $t->clear_requests;
    return @requests;
}


# The error log's last reason and its number of messages.

sub reason {
    my @found = $t->messages(qr/^pancake webhook: /);
    $t->mark;
    return 'nothing' if !@found;
    return @found . ' messages' if @found > 1;
    return join ' ', @{ $found[0] };
}


sub refused {
    my ($r, $status, $reason, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    subtest $name => sub {
        is($r->status, $status, 'status');
        is($r->header('WWW-Authenticate'), undef, 'no password is asked for');
        is($r->header('Cache-Control'), 'no-store', 'not to be kept');
        is(reason(), "error pancake webhook: $status, $reason", 'reason');
        is(scalar shop(), 0, 'the shop has not seen it');
    };
}


sub accepted {
    my ($r, $body, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    subtest $name => sub {
        my @seen = shop();

        is($r->status, 200, 'status');
        is(scalar @seen, 1, 'the shop has seen it');
        is(@seen && $seen[0]->body eq $body, 1, 'as it was sent');
        is(reason(), 'nothing', 'nothing to complain about');
    };
}


my $NONE = 'there is no X-Waffo-Signature, the platform sends one';
my $MISSING = 'X-Waffo-Signature has no "t" or no "v1"';
my $TWICE = 'X-Waffo-Signature has "t" or "v1" more than once';
my $TIME = '"t" of X-Waffo-Signature is not a time in milliseconds, which has '
         . '13 digits';
my $BASE64 = '"v1" of X-Waffo-Signature is not the base64 of a signature';
my $OLD = 'it was signed longer ago than "tolerance" allows: it comes late, '
        . "or somebody sends an old one again, or this machine's clock is "
        . 'fast';
my $FUTURE = 'it was signed later than now by more than "future" allows: this '
           . "machine's clock is slow";
my $NO_KEY = 'its signature fits no key of this location: is it of the '
           . 'platform, and of this environment';
my $NO_JSON = 'its payload is not one whole JSON object';
my $DEEP = 'its payload has more than 64 objects inside one another';
my $FIELDS = 'its payload has not "id", "eventType" and "mode" once each, '
           . '"storeId" at most once, in 1 to 128 characters without blanks';
my $STORE = '"storeId" of its payload is no "store" of this location';
my $MODE = '"mode" of its payload is not the environment of this location';
my $LARGE = 'the body has more than 262144 bytes';

my $BODY = $VECTORS->{body};
utf8::encode($BODY);


# The vectors, each with the SDK's own verdict.  One differs: of two
# signatures the SDK takes the last one, and we take neither.

my %reasons = (
    '45 min + 1 ms old' => $OLD,
    '60 s + 1 ms ahead' => $FUTURE,
    'body changed by one byte' => $NO_KEY,
    't changed' => $NO_KEY,
    't in seconds (signed as such)' => $TIME,
    'no v1' => $MISSING,
    'no t' => $MISSING,
    'empty header' => $NONE,
    't not a number' => $TIME,
    'duplicate v1, bad last' => $TWICE,
    'duplicate v1, good last' => $TWICE,
);

is(scalar @{ $VECTORS->{cases} }, 16, 'vectors');

for my $case (@{ $VECTORS->{cases} }) {
    my $name = "vector: $case->{name}";
    my $body = $case->{body} // $VECTORS->{body};
    utf8::encode($body);

    $t->clock($case->{nowMs} / 1000)->mark->secret($VECTORS->{v1});
    my $r = $t->post_json('/hook', $body,
                          'X-Waffo-Signature' => $case->{header});
    my $reason = $reasons{ $case->{name} };

    is($case->{sdkAccepts} ? 1 : 0,
       !$reason || $case->{name} eq 'duplicate v1, good last' ? 1 : 0,
       "$name: the SDK's verdict");

    $reason ? refused($r, 401, $reason, $name) : accepted($r, $body, $name);
}

$t->clock($NOW)->mark;


# What the shop gets.

{
    my %header = $platform->header($BODY, $MS);
    my $r = $t->post('/hook', $BODY, %header, 'X-Other' => 'kept');
    my ($seen) = shop();

    is($r->status, 200, 'passed on: status');
    is($r->header('Content-Type'), 'application/json; charset=utf-8',
       "passed on: the shop's answer");
    is($seen->target, '/shop', 'passed on: URI');
    is($seen->body, $BODY, 'passed on: body');
    is($seen->header('X-Waffo-Signature'), $header{'X-Waffo-Signature'},
       'passed on: signature');
    is($seen->header('X-Other'), 'kept', 'passed on: other fields');
    is($seen->header('X-Event-Id'), '3f2b8c1e-9d4a-4e6b-8f70-1a2b3c4d5e6f',
       '$pancake_webhook_id');
    is($seen->header('X-Event-Type'), 'order.completed',
       '$pancake_webhook_event');
    is($seen->header('X-Event-Mode'), 'test', '$pancake_webhook_mode');

    $r = hook('/hook', $BODY, 'X-Waffo-Signature' => "t=$MS,v1=AAAA",
              'X-Event-Id' => 'made-up');
    refused($r, 401, $NO_KEY, 'a signature of three bytes');

    is($t->wait_for(sub { $t->log_text('hook.log') =~ / 401 \S+\n\z/ }), 1,
       'access log');
    my @lines = split /\n/, $t->log_text('hook.log');
    is($lines[-2], '/hook 200 3f2b8c1e-9d4a-4e6b-8f70-1a2b3c4d5e6f|'
       . 'order.completed|test', 'access log: verified');
    is($lines[-1], '/hook 401 -|-|-', 'access log: refused');

    $r = hook('/hook', $platform->event(eventType => 'not.known.yet'));
    is((shop())[0]->header('X-Event-Type'), 'not.known.yet',
       'an event nobody knows passes');
}


# The header field.

my $V1 = $platform->sign("$MS.$BODY");
(my $LOOSE = $V1) =~ s/(.)==$/chr(1 + ord $1) . '=='/e;

my @headers = (
    [ 'blanks everywhere', " \t t \t = $MS \t , v1\t= $V1 \t" ],
    [ 'names nobody knows', "a=b,t=$MS,,=,v2=x,T=1,V1=x,v1=$V1,v1 x=y,flag" ],
    [ 't twice, the same', "t=$MS,t=$MS,v1=$V1", $TWICE ],
    [ 'v1 twice, the same', "t=$MS,v1=$V1,v1=$V1", $TWICE ],
    [ 'no equals sign', "t$MS,v1$V1", $MISSING ],
    [ 'commas', ',,,,', $MISSING ],
    [ 't empty', "t=,v1=$V1", $TIME ],
    [ 't with a sign', "t=+${\ substr $MS, 1},v1=$V1", $TIME ],
    [ 't of 14 digits', "t=0$MS,v1=$V1", $TIME ],
    [ 't in hexadecimal', 't=0x19b76c5a100,v1=' . $V1, $TIME ],
    [ 't far ahead', "t=9999999999999,v1=$V1", $FUTURE ],
    [ 't of zeros', "t=0000000000000,v1=$V1", $OLD ],
    [ 'v1 empty', "t=$MS,v1=", $BASE64 ],
    [ 'v1 not base64', "t=$MS,v1=" . '!' x length $V1, $BASE64 ],
    [ 'v1 base64url', "t=$MS,v1=" . $V1 =~ tr{+/}{-_}r, $BASE64 ],
    [ 'v1 without padding', "t=$MS,v1=" . $V1 =~ s/=+$//r, $BASE64 ],
    [ 'v1 with more padding', "t=$MS,v1=$V1=", $BASE64 ],
    [ 'v1 with loose bits', "t=$MS,v1=$LOOSE", $BASE64 ],
    [ 'v1 with a blank', "t=$MS,v1=" . substr($V1, 0, 9) . ' '
                         . substr($V1, 9), $BASE64 ],
    [ 'v1 of zeros', "t=$MS,v1=" . 'A' x 342 . '==', $NO_KEY ],
    [ 'v1 of ones', "t=$MS,v1=" . '/' x 341 . 'w==', $NO_KEY ],
    [ 'v1 too short', "t=$MS,v1=AAAA", $NO_KEY ],
    [ 'v1 larger than any key', "t=$MS,v1=" . 'A' x 3000, $BASE64 ],
    [ 'over 4096 bytes', "t=$MS,v1=$V1,x=" . 'x' x 4096,
      'X-Waffo-Signature has more than 4096 bytes' ],
    [ 'two fields', [ "t=$MS,v1=$V1", "t=$MS,v1=$V1" ],
      'there is more than one X-Waffo-Signature' ],
    [ 'none', undef, $NONE ],
);

for my $case (@headers) {
    my ($name, $value, $reason) = @$case;
    my $r = $t->post('/hook', $BODY, 'X-Waffo-Signature' => $value,
                     'Content-Type' => 'application/json');

    $reason ? refused($r, 401, $reason, "header: $name")
            : accepted($r, $BODY, "header: $name");
}


# The payload, signed as it is.

my @payloads = (
    [ 'empty', '', $NO_JSON ],
    [ 'a list', '[{"id":"a","eventType":"b","mode":"test"}]', $NO_JSON ],
    [ 'a text', '"id"', $NO_JSON ],
    [ 'a number', '1', $NO_JSON ],
    [ 'null', 'null', $NO_JSON ],
    [ 'cut', substr($BODY, 0, -1), $NO_JSON ],
    [ 'two objects', "$BODY$BODY", $NO_JSON ],
    [ 'text after it', "$BODY x", $NO_JSON ],
    [ 'blanks after it', "$BODY \r\n\t" ],
    [ 'a comment', '/* */' . $BODY, $NO_JSON ],
    [ 'bad UTF-8', $platform->event(x => "\xff"), $NO_JSON ],
    [ 'no id', $platform->event(id => undef), $FIELDS ],
    [ 'no eventType', $platform->event(eventType => undef), $FIELDS ],
    [ 'no mode', $platform->event(mode => undef), $FIELDS ],
    [ 'empty id', $platform->event(id => ''), $FIELDS ],
    [ 'a number as id', $platform->event(id => \'1'), $FIELDS ],
    [ 'null as id', $platform->event(id => \'null'), $FIELDS ],
    [ 'true as mode', $platform->event(mode => \'true'), $FIELDS ],
    [ 'an object as mode', $platform->event(mode => \'{"mode":"test"}'),
      $FIELDS ],
    [ 'a list as mode', $platform->event(mode => \'["test"]'), $FIELDS ],
    [ 'id of 128', $platform->event(id => 'x' x 128) ],
    [ 'id of 129', $platform->event(id => 'x' x 129), $FIELDS ],
    [ 'a blank in id', $platform->event(id => 'a b'), $FIELDS ],
    [ 'a line end in id', $platform->event(id => 'a\r\nX-Evil: 1'), $FIELDS ],
    [ 'a zero byte in id', $platform->event(id => 'a\u0000'), $FIELDS ],
    [ 'a quote in id', $platform->event(id => 'a\"b'), $FIELDS ],
    [ 'a letter of Unicode in eventType',
      $platform->event(eventType => '\u00e9'), $FIELDS ],
    [ 'id twice', '{"id":"a","id":"a","eventType":"b","mode":"test"}',
      $FIELDS ],
    [ 'mode twice', '{"id":"a","eventType":"b","mode":"test","mode":"prod"}',
      $FIELDS ],
    [ 'mode twice, once in escapes',
      '{"id":"a","eventType":"b","mode":"test","\u006dode":"prod"}',
      $FIELDS ],
    [ 'names in escapes',
      '{"\u0069d":"a","event\u0054ype":"b","mod\u0065":"te\u0073t"}' ],
    [ 'the same names deeper', $platform->event(
          data => \'{"id":1,"mode":"prod","eventType":[]}') ],
    [ 'only deeper', '{"data":' . $platform->event . '}', $FIELDS ],
    [ 'of production', $platform->event(mode => 'prod'), $MODE ],
    [ 'of another mode', $platform->event(mode => 'TEST'), $MODE ],
    [ '64 deep', $platform->event(x => \('[' x 63 . ']' x 63)) ],
    [ '65 deep', $platform->event(x => \('[' x 64 . ']' x 64)), $DEEP ],
    [ 'very deep', $platform->event(x => \('{"a":' x 20000)), $DEEP ],
    [ 'large numbers', $platform->event(x => \('9' x 4000)) ],
);

for my $case (@payloads) {
    my ($name, $body, $reason) = @$case;
    my $r = hook('/hook', $body);

    $reason ? refused($r, 401, $reason, "payload: $name")
            : accepted($r, $body, "payload: $name");
}


# Keys and environments.

refused($t->post('/hook', $BODY, $stranger->header($BODY, $MS)), 401, $NO_KEY,
        'signed by a stranger');
refused($t->post('/hook', $BODY, $larger->header($BODY, $MS)), 401, $NO_KEY,
        'signed by a stranger with a larger key');
refused(hook('/prod', $BODY), 401, $MODE,
        'a test event where production is expected');
refused(hook('/builtin', $platform->event(mode => 'prod')), 401, $NO_KEY,
        'a test signature where production is expected');

{
    my $body = $platform->event(mode => 'prod');
    accepted(hook('/prod', $body), $body, 'a production event');
}

accepted(hook('/rotation', $BODY), $BODY, 'rotation: the old key');
accepted($t->post('/rotation', $BODY, $larger->header($BODY, $MS)), $BODY,
         'rotation: the new key');
refused($t->post('/rotation', $BODY, $stranger->header($BODY, $MS)), 401,
        $NO_KEY, 'rotation: another key');

# The platform has one key for the events of all merchants.

for my $case (
    [ 'mine', $MINE ],
    [ 'another one of mine', $ALSO ],
    [ 'somebody else', 'STO_0000000000000000000000', $STORE ],
    [ 'a part of mine', substr($MINE, 0, -1), $STORE ],
    [ 'more than mine', $MINE . 'a', $STORE ],
    [ 'in other letters', lc $MINE, $STORE ],
    [ 'none', undef, $STORE ],
    [ 'null', \'null', $FIELDS ],
    [ 'a list', \qq(["$MINE"]), $FIELDS ],
    [ 'two', \qq("$MINE","store\\u0049d":"$ALSO"), $FIELDS ],
) {
    my ($name, $id, $reason) = @$case;
    my $body = $platform->event(defined $id ? (storeId => $id) : (),
                                data => \qq({"storeId":"$MINE"}));
    my $r = hook('/store', $body);

    $reason ? refused($r, 401, $reason, "store: $name")
            : accepted($r, $body, "store: $name");
}

hook('/store', $platform->event(storeId => $ALSO));
is((shop())[0]->header('X-Store'), $ALSO, '$pancake_webhook_store');
reason();


for (
    [ 'just in time', -2000 ],
    [ 'too late', -2001, $OLD ],
    [ 'just not too early', 1000 ],
    [ 'too early', 1001, $FUTURE ],
) {
    my ($name, $off, $reason) = @$_;
    my $r = $t->post('/short', $BODY,
                     $platform->header($BODY, $NOW * 1000 + $off));

    $reason ? refused($r, 401, $reason, "tolerance and future: $name")
            : accepted($r, $BODY, "tolerance and future: $name");
}


# However the body arrives.

my $MIDDLE = $platform->event(x => 'm' x 100_000);
my $MOST = $platform->event(id => 'most', x => 'x' x 261_000);
$MOST .= ' ' x (262_144 - length $MOST);

my @arrivals = (
    [ 'byte by byte', $BODY, -split => 1 ],
    [ 'chunked', $BODY, -chunked => 1 ],
    [ 'in many chunks', $BODY, -chunked => [ $BODY =~ /.{1,7}/sg ] ],
    [ 'in chunks, byte by byte', $BODY, -chunked => [ $BODY =~ /.{1,40}/sg ],
      -split => 1 ],
    [ 'after 100', $BODY, -expect => 1 ],
    [ 'in a file', $MIDDLE ],
    [ 'in a file, in pieces', $MIDDLE, -split => 3000 ],
    [ 'in a file, chunked', $MIDDLE, -chunked => [ $MIDDLE =~ /.{1,999}/sg ] ],
    [ 'of 262144 bytes', $MOST ],
    [ 'of 262144 bytes, chunked', $MOST, -chunked => 1 ],
);

for my $uri (qw( /hook /stream /file )) {
    for my $case (@arrivals) {
        my ($name, $body, %h) = @$case;

        accepted(hook($uri, $body, %h), $body, "$uri, $name");
    }
}

for my $uri (qw( /hook /stream /file )) {
    for my $case ([ 'small', $BODY ], [ 'large', $MIDDLE ]) {
        my ($name, $body) = @$case;
        my @signed = $platform->header($body, $MS);

        accepted($t->h2('POST', $uri, $body, @signed, -port => 8), $body,
                 "$uri, HTTP/2, $name");
        accepted($t->h2('POST', $uri, $body, @signed, -port => 8,
                        -length => 0), $body,
                 "$uri, HTTP/2, $name, without length");
        refused($t->h2('POST', $uri, "$body ", @signed, -port => 8), 401,
                $NO_KEY, "$uri, HTTP/2, $name, changed");
    }

    refused(hook($uri, $MIDDLE . ' ', $platform->header($MIDDLE, $MS)), 401,
            $NO_KEY, "$uri, in a file, changed");
    refused(hook($uri, "$MOST "), 413, $LARGE, "$uri, too large");
    refused(hook($uri, "$MOST ", -chunked => 1), 413, $LARGE,
            "$uri, too large, chunked");

    # nginx closes the stream with its answer, and not every curl tells of one
    # that came before it had sent all

    $t->h2('POST', $uri, "$MOST ", $platform->header("$MOST ", $MS),
           -port => 8, -length => 0);
    is(reason(), "error pancake webhook: 413, $LARGE",
       "$uri, too large, HTTP/2 without length: reason");
    is(scalar shop(), 0,
       "$uri, too large, HTTP/2 without length: the shop has not seen it");
}


# Of a body without a length no more is taken than may be needed, whatever
# client_max_body_size allows: this one has no end.

{
    my ($head) = PancakeTest::HTTP->build('POST', '/endless', undef,
        'Transfer-Encoding' => 'chunked', 'Content-Length' => undef,
        'X-Waffo-Signature' => "t=$MS,v1=$V1");
    my $c = $t->connect;

    $c->send($head . "40000\r\n" . 'x' x 262_144 . "\r\n1\r\nx\r\n");
    refused($c->response, 413, $LARGE, 'a body without an end');
    $c->close;
}


# What has thrown the body away has also thrown away what was signed.

for my $sent (0, length $BODY) {
    my ($head) = PancakeTest::HTTP->build('POST', '/less', $BODY,
                                          $platform->header($BODY, $MS));
    my $c = $t->connect;

    $c->send($head . substr $BODY, 0, $sent);
    is($c->response->status, 401, "a body that was dropped, $sent: status");
    is(scalar shop(), 0, "a body that was dropped, $sent: the shop");
    reason();
    $c->close;
}


# A request that nginx refuses early is refused before its body is read, and
# the next one on the connection is not touched.

{
    my ($bad) = PancakeTest::HTTP->build('POST', '/hook', $BODY,
                                         Connection => undef);
    my ($good) = PancakeTest::HTTP->build('POST', '/hook', $BODY,
                                          $platform->header($BODY, $MS));
    my @r = $t->request([ $bad . $BODY . $good . $BODY ], responses => 2);

    is(join(' ', map { $_->status } @r), '401 200', 'one after the other');
    is(scalar shop(), 1, 'one after the other: the shop has seen one');
    reason();

    my $c = $t->connect;
    $c->send($bad);
    is($c->response->status, 401, 'no signature: the body is not waited for');
    $c->close;
    reason();

    # a body that never comes to its end

    my ($head) = PancakeTest::HTTP->build('POST', '/hook', $BODY,
                                          $platform->header($BODY, $MS));
    $c = $t->connect;
    $c->send($head . substr $BODY, 0, 20);
    $c->reset;
    is(hook('/hook', $BODY)->status, 200,
       'a client that leaves: the next one');
    is(scalar shop(), 1, 'a client that leaves: the shop has not seen it');
}


# While a body is waited for, the window may close.

{
    my ($head) = PancakeTest::HTTP->build('POST', '/hook', $BODY,
                                          $platform->header($BODY, $MS));
    my $c = $t->connect;
    $c->send($head . substr $BODY, 0, 20);

    # the only worker has answered this, so it has seen that before

    $t->get('/leads');
    shop();

    $t->clock($NOW + 3600);
    $c->send(substr $BODY, 20);
    refused($c->response, 401, $OLD, 'a body that takes an hour');
    $c->close;
    $t->clock($NOW);
}


# Other requests.

{
    for my $method (qw( GET PUT DELETE OPTIONS )) {
        my $r = $t->send_request($method, '/hook', undef,
                                 $platform->header('', $MS));
        is($r->header('Allow'), 'POST', "$method: Allow");
        refused($r, 405, 'method is not POST', $method);
    }

    refused(hook('/hook', $BODY, 'Content-Encoding' => 'gzip'), 415,
            'the body is encoded', 'gzip');
    refused(hook('/hook', $BODY, 'Content-Encoding' => 'identity'), 415,
            'the body is encoded', 'identity');
}


# Access control comes first, and does not stand in for a signature.

accepted(hook('/any', $BODY), $BODY, 'satisfy any: signed');
refused($t->post('/any', $BODY), 401, $NONE, 'satisfy any: not signed');
refused($t->post('/any', $BODY, Authorization => 'Basic c2hvcDpzZXNhbWU='),
        401, $NONE, 'satisfy any: a password and no signature');
is(hook('/closed', $BODY)->status, 403, 'deny all: signed');
is(scalar shop(), 0, 'deny all: the shop has not seen it');
reason();


# Locations inside one another.

for my $uri (qw( /outer /outer/x /outer/inner /if /if?a=1 /except )) {
    accepted(hook($uri, $BODY), $BODY, "$uri: signed");
    refused($t->post($uri, $BODY), 401, $NONE, "$uri: not signed");
}

refused($t->get('/except'), 405, 'method is not POST', 'limit_except');
is($t->post('/outer/open', '{}')->status, 200, 'off: not signed');
is(scalar shop(), 1, 'off: the shop has seen it');


# What comes after it in the same phase, and what leads elsewhere.

refused($t->post('/mirrored', $BODY), 401, $NONE, 'mirror: not signed');
is(hook('/mirrored', $BODY)->status, 200, 'mirror: signed');
$t->wait_for_requests(2);
is(join(' ', sort map { $_->target . ($_->body eq $BODY) } shop()),
   '/copy1 /mirrored1', 'mirror: both have seen it');

refused($t->post('/tried', $BODY), 401, $NONE, 'try_files: not signed');
accepted(hook('/tried', $BODY), $BODY, 'try_files: signed');
refused($t->post('/files', $BODY), 401, $NONE, 'a file: not signed');

{
    my $r = hook('/sub', $BODY);
    is($r->status, 403, 'a subrequest: status');
    is(reason(), 'error pancake webhook: a webhook location cannot serve a '
       . 'subrequest', 'a subrequest: reason');
    is(scalar shop(), 0, 'a subrequest: the shop has not seen it');
}

{
    my $r = $t->post('/paged', $BODY);
    is($r->body, "no entry\n", 'error_page: its page');
    refused($r, 401, $NONE, 'error_page');
    refused($t->post('/looped', $BODY), 401, $NONE,
            'error_page into the same location');
    refused(hook('/looped', "$BODY ", $platform->header($BODY, $MS)), 401,
            $NO_KEY, 'error_page into the same location, after the body');
}

{
    $t->mode([ 503 ], [ 'ok' ]);
    is(hook('/led', $BODY)->status, 200, 'led on: status');
    my @seen = shop();
    is(join(' ', map { $_->method . $_->target } @seen),
       'POST/led GET/led/again', 'led on: within the same location');

    # X-Accel-Redirect of a shop that is not guarded leads a buyer's request
    # to one that is

    $t->mode([ 'x_accel_redirect', to => '/hook' ], [ 'ok' ]);
    my $r = $t->post('/leads', $BODY);
    is($r->status, 405, 'led into: status');
    is(scalar shop(), 1, 'led into: no further');
    is(reason(), 'error pancake webhook: 405, method is not POST',
       'led into: reason');

    $t->mode([ 'x_accel_redirect', to => '/prod' ], [ 'ok' ]);
    $r = hook('/hook', $BODY);
    is($r->status, 405, 'led to another environment: status');
    is(scalar shop(), 1, 'led to another environment: no further');
    reason();
    $t->mode('ok');

    # nginx throws the body away for a redirect, which an error_page replaces

    refused(hook('/thrown', $BODY, -expect => 1), 401, $NO_KEY,
            'led into, without the body');
}
