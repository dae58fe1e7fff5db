# The examples of conf.example/, as they ship but for addresses, ports and
# files: "nginx -t" says nothing about them, and each is used, by a buyer who
# succeeds and by one who must not.  What stands behind them is the double of
# the API and, where they need one, the shop of t/shop/.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use PancakeTest::Webhook;
use Test::More;

use IPC::Open2 qw( open2 );
use JSON::PP ();

my $SESSION = '/v1/actions/checkout/create-session';
my $ORDER = '/v1/actions/onetime-order/create-order';
my $TOKEN = '/v1/actions/auth/issue-session-token';
my $GRAPHQL = '/v1/graphql';

my $PRO = 'PROD_4cWAslE1GKkGeaOMl9Vbmy';
my $OTHER_MERCHANT = 'MER_5bZrWkNe8QmYhUvT3LpXc7';

my $HOST = 'shop.example';
my $PAGE = qr{^https://checkout\.waffo\.ai/pancake-shop/};

# What each buyer sends in headers of her own; the API hears nothing of it.

my $MARK = 'buyer-65';              # nginx logs these two
my $SECRET = "secret-$MARK";        # and none of these
my @MARKS = (
    'User-Agent'      => $MARK,
    'Referer'         => "http://$MARK.example/",
    'X-Forwarded-For' => '203.0.113.65',
    (map { ($_ => $SECRET) } qw( X-Buyer X-Merchant-Id X-Signature
                                 X-Store-Slug X-Environment X-Context-Buyer
                                 Accept-Encoding )),
);

# What the API is told in headers, and nothing else.

my $HEADERS = qr/^(?: host | connection | content-type | content-length
                  | accept | accept-encoding | user-agent | x-merchant-id
                  | x-timestamp | x-signature | x-idempotency-key
                  | x-store-slug | x-environment )$/xi;


# "merchants" is the double of another merchant.

my $t = PancakeTest->new->has(qw( node ssl auth_request limit_req limit_conn
                                  map access pancake_quote
                                  pancake_graphql_query ));
my $merchants = PancakeTest->new(module => 0);

$_->secret($SECRET) for $t, $merchants;

my $EXAMPLES = $t->top . '/conf.example';
my $DIR = $t->dir;

my ($BUYERS, $API, $TLS, $LOOPBACK, $SHOP, $ROUTER, $OFFICE, $HOOKED)
    = map { $t->port($_) } 0 .. 7;


# What is changed in all examples, and in each.  Every line must be there, and
# afterwards no address or file may be left that is not of this test.

my @LISTEN = ('listen 443 ssl' => "listen 127.0.0.1:$BUYERS");
my @KEY = ('/etc/nginx/waffo.pem' => "$DIR/test-key.pem");
my @CERT = ('/etc/nginx/shop.crt' => "$DIR/api.pem",
            '/etc/nginx/shop.key' => "$DIR/api.key");
my @ROOT = ('/var/www/shop' => "$DIR/www");
my @BEHIND = ('127.0.0.1:3000' => "127.0.0.1:$SHOP");

my %CHANGES = (
    'buy-button.conf' => [ @LISTEN, @KEY, @CERT, @ROOT ],
    'cart.conf' => [ @LISTEN, @KEY, @CERT, @BEHIND,
                     '127.0.0.1:8081' => "127.0.0.1:$LOOPBACK" ],
    'customers.conf' => [ @LISTEN, @KEY, @CERT, @BEHIND ],
    'orders.conf' => [ @LISTEN, @KEY, @CERT, @BEHIND ],
    'tax-preview.conf' => [ @LISTEN, @KEY, @CERT, @ROOT ],
    'back-office.conf' => [
        @KEY,
        'listen 8443 ssl' => "listen 127.0.0.1:$OFFICE ssl",
        '/etc/nginx/office.crt' => "$DIR/office.pem",
        '/etc/nginx/office.key' => "$DIR/office.key",
        '/etc/nginx/staff-ca.crt' => "$DIR/staff-ca.pem",
        '/var/log/nginx/office.log' => "$DIR/office.log",
        '10.20.0.0/16' => '127.0.0.1',
        '127.0.0.1:8082' => "127.0.0.1:$LOOPBACK",
    ],
    'two-merchants.conf' => [
        @LISTEN,
        (map { ("/etc/nginx/$_.crt" => "$DIR/api.pem",
                "/etc/nginx/$_.key" => "$DIR/api.key") }
             qw( pancakes waffles )),
        '/etc/nginx/pancakes-waffo.pem' => "$DIR/test-key.pem",
        '/etc/nginx/waffles-waffo.pem' => "$DIR/other-key.pem",
    ],
    'test-and-production.conf' => [
        @LISTEN, @CERT,
        '/etc/nginx/staging.crt' => "$DIR/api.pem",
        '/etc/nginx/staging.key' => "$DIR/api.key",
        '/etc/nginx/waffo-prod.pem' => "$DIR/test-key.pem",
        '/etc/nginx/waffo-test.pem' => "$DIR/other-key.pem",
        '10.20.0.0/16' => '127.0.0.2',
    ],
    'buy-links.conf' => [ @LISTEN, @KEY, @CERT, @ROOT,
                          '/var/log/nginx/links.log' => "$DIR/links.log" ],
    'order-status.conf' => [ @LISTEN, @KEY, @CERT, @ROOT ],
    'webhook.conf' => [
        @LISTEN, @CERT,
        'pancake_webhook prod' => 'pancake_webhook prod key=webhook.pub',
        '127.0.0.1:3000' => "127.0.0.1:$HOOKED",
        '/var/log/nginx/webhooks.log' => "$DIR/webhooks.log",
    ],
);

# files that are no example of their own, or that other tests run

my %ELSEWHERE = map { $_ => 1 } qw( access-log-json.conf demo.conf
                                    pancake-api.conf pancake-location.conf
                                    shop.conf );


sub fill {
    my ($text, @changes) = @_;

    while (my ($from, $to) = splice @changes, 0, 2) {
        $text =~ s/\Q$from\E(?![\w.-])/$to/g
            or die "not in the example: $from\n";
    }

    return $text;
}


# What is within "http"; around it there may be nothing but these lines.

sub example {
    my ($name) = @_;

    my ($http) = PancakeTest::Log::slurp("$EXAMPLES/$name")
        =~ m{\A (?:\#.*\n)+ \n
             load_module\ modules/ngx_http_pancake_checkout_module\.so;\n \n
             events\ \{\} \n\n http\ \{\n (.*) ^\}\n \z}xms
        or die "$name is more than what is tested\n";

    my $text = fill($http, @{ $CHANGES{$name} });

    (my $code = $text) =~ s/^\s*#.*//mg;
    die "$name: left as it was: $1\n"
        if $code =~ m{((?:/etc/|/var/)\S+|\b10(?:\.\d+){3}\S*)}
           || $code =~ /(listen (?!127\.0\.0\.1)\S+)/;

    return $text;
}


# The snippets.  A worker of nginx does not free the last TLS session of an
# upstream when it ends, which would be reported as a leak.

sub snippets {
    my ($api) = @_;
    my $host = 'proxy_set_header Host api.waffo.ai;';
    my $more = $ENV{TEST_ASAN} ? ' proxy_ssl_session_reuse off;' : '';

    $t->write_file('pancake-api.conf',
        fill(PancakeTest::Log::slurp("$EXAMPLES/pancake-api.conf"),
             'api.waffo.ai:443' => "127.0.0.1:$api"));

    $t->write_file('pancake-location.conf',
        fill(PancakeTest::Log::slurp("$EXAMPLES/pancake-location.conf"),
             $host => "$host$more",
             '/etc/ssl/certs/ca-certificates.crt' => "$DIR/api.pem"));
}


# Files that an example names.

sub openssl {
    my ($args) = @_;

    system("openssl $args >>$DIR/openssl.txt 2>&1") == 0
        or die "openssl $args:\n" . $t->log_text('openssl.txt');
}


sub certificate {
    my ($name, $host) = @_;

    openssl('req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes '
            . "-subj /CN=$host -addext subjectAltName=DNS:$host -days 7 "
            . "-keyout $DIR/$name.key -out $DIR/$name.pem");
}


sub files {
    certificate(api => 'api.waffo.ai');
    certificate(office => 'office.example');
    certificate('staff-ca' => 'staff.example');
    certificate(stranger => 'stranger.example');

    openssl('req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes '
            . "-subj /CN=ann -keyout $DIR/ann.key -out $DIR/ann.csr");
    openssl("x509 -req -in $DIR/ann.csr -CA $DIR/staff-ca.pem "
            . "-CAkey $DIR/staff-ca.key -set_serial 65 -days 7 "
            . "-out $DIR/ann.pem");

    openssl("genrsa -out $DIR/other-key.pem 2048");
    openssl("rsa -in $DIR/other-key.pem -pubout -out $DIR/other-key.pub.pem");
    chmod 0600, "$DIR/other-key.pem" or die "chmod: $!";

    $t->write_file('mime.types', "types { text/html html; }\n");
    $t->write_file("www/$_.html", "<title>the page $_</title>\n")
        for qw( index thanks sorry );
}


# The shop.  It ends with its standard input.

my ($shop_pid, $shop_in);

sub shop {
    $shop_pid = open2(my $out, $shop_in, 'node',
                      $t->top . '/t/shop/shop.js', '--port', $SHOP,
                      '--exit-with-stdin',
                      '--edge', "http://127.0.0.1:$LOOPBACK");

    my $line = <$out> // '';
    die "the shop did not start: $line\n" if $line !~ /"port":$SHOP\b/;
}


END {
    if ($shop_pid) {
        local ($?, $!);
        close $shop_in;
        kill TERM => $shop_pid;
        waitpid $shop_pid, 0;
    }
}


sub at_shop {
    my ($method, $uri, $body) = @_;

    my $c = PancakeTest::HTTP->connect(port => $SHOP, timeout => $t->timeout)
        or die "no shop: $!\n";
    $c->send(join '', PancakeTest::HTTP->build($method, $uri, $body,
        defined $body ? ('Content-Type' => 'application/json') : ()));
    my $r = $c->response;
    $c->close;

    return $r->json;
}


my $shop_seen = 0;

# What the shop heard since the last look: [ "METHOD path", record ].

sub shop_heard {
    my $list = at_shop('GET', "/_shop/requests?since=$shop_seen");

    $shop_seen = $list->[-1]{n} if @$list;
    return map { [ "$_->{method} $_->{path}", $_ ] } @$list;
}


sub shop_paths { return join ', ', map { $_->[0] } shop_heard() }


# Buyers.

sub headers {
    my (%h) = @_;
    return (Host => $HOST, @MARKS, %h);
}


sub form {
    my ($uri, $pairs, %h) = @_;
    return $t->post_form($uri, $pairs, headers(%h));
}


sub json {
    my ($uri, $data, %h) = @_;
    return $t->post_json($uri, $data, headers(%h));
}


sub page {
    my ($uri, %h) = @_;
    return $t->get($uri, headers(%h));
}


sub cookie_of {
    my ($r, $name) = @_;
    my ($value) = map { /^\Q$name\E=([^;]*)/ ? $1 : () }
                  @{ $r->{all}{'set-cookie'} // [] };
    return $value;
}


sub pay {
    my ($r) = @_;
    my ($path) = ($r->location // '') =~ m{^https://checkout\.waffo\.ai(/.*)};
    $path =~ s/#.*//;
    return $t->post_form($path, '', -port => 1);
}


# nginx writes it when the buyer has the answer already.

sub is_logged {
    my ($file, $pattern, $n) = @_;

    $t->wait_for(sub { $t->log_text($file) =~ $pattern });
    like($t->log_text($file), $pattern, $n);
}


# The double.

sub calls {
    my ($path) = @_;
    return grep { !defined $path || $_->{target} eq $path }
           @{ $t->sandbox_get('requests') };
}


# of a call that was not made there is nothing, and no end of this test

sub sent {
    my ($call) = @_;
    return $call ? JSON::PP->new->utf8->decode($call->{body}) : {};
}


sub header_of {
    my ($call, $name) = @_;
    my %h = @{ $call->{rawHeaders} };
    my ($is) = grep { lc eq lc $name } keys %h;
    return $is && $h{$is};
}


# An example is run, on a double without memory ...

my $running;

sub begin {
    my ($name, %o) = @_;
    my $text = example($name) . ($o{more} // '');

    $t->stop if $running;
    $running = $name;

    note($name);
    $t->warns_config($text);

    $t->sandbox_post('reset');
    shop_heard() if $shop_pid;
    $t->conf($text)->run;
}


# ... and at its end the double has heard so many calls, nothing of what buyers
# put into headers, and nothing that it found odd.

sub heard_well {
    my ($n, @calls) = @_;

    @calls = calls() if !@calls;
    is(scalar @calls, $n, "$running: calls of the API");

    my (@odd, %names);

    for my $call (@calls) {
        my @h = @{ $call->{rawHeaders} };
        my $all = join "\n", @h, $call->{body}, $call->{target};

        push @odd, "a buyer's word at $call->{target}"
            if $all =~ /\Q$MARK\E|203\.0\.113\.65|token-(?:ada|bob)|sid=/;
        push @odd, @{ $call->{notes} };

        while (my ($name) = splice @h, 0, 2) {
            push @odd, "header $name" if $name !~ $HEADERS;
        }
    }

    is(join("\n", @odd), '', "$running: what the API is told");
}


$t->plan(238);

files();
snippets($TLS);

my %THERE = map { s{.*/}{}r => 1 } glob "$EXAMPLES/*.conf";

is(join(' ', sort grep { !$ELSEWHERE{$_} } keys %THERE),
   join(' ', sort keys %CHANGES), 'every example is in here');

$t->sandbox('tls-cert' => "$DIR/api.pem", 'tls-key' => "$DIR/api.key",
            environment => 'prod',
            'prod-public-key' => "$DIR/other-key.pub.pem");
shop();


# 1. A button of a fixed price.

{
    my $n = 'button';
    begin('buy-button.conf');

    my $r = page('/');
    my $sid = cookie_of($r, 'sid') // '';
    like($r->body, qr/the page index/, "$n: the page");
    like($sid, qr/^[0-9a-f]{32}$/, "$n: a cookie for who has none");
    is(cookie_of(page('/', Cookie => "sid=$sid"), 'sid'), undef,
       "$n: none for who has one");

    my @cookie = (Cookie => "sid=$sid");
    my @r = map { form('/buy/pro', [ buyerEmail => "$n\@example.com" ],
                       @cookie) } 1, 2;
    is($r[0]->status, 302, "$n: status");
    like($r[0]->location, $PAGE, "$n: to the checkout");
    is($r[1]->location, $r[0]->location, "$n: a second click comes there");

    $r = form('/buy/cookbook', '', @cookie);
    is($r->status, 302, "$n: the other one");

    my ($pro, undef, $book) = map { sent($_) } calls($SESSION);
    is("$pro->{productId} $pro->{currency}", "$PRO USD", "$n: what is sold");
    isnt($book->{productId}, $PRO, "$n: something else");
    is($book->{currency}, 'EUR', "$n: for another price");
    is($pro->{successUrl}, "https://$HOST/thanks.html", "$n: the way back");
    like(page('/thanks.html')->body, qr/the page thanks/, "$n: thanks");

    # refused

    $r = form('/buy/pro', [ productId => $book->{productId} ], @cookie);
    is($r->status, 400, "$n: another product: status");
    $r = form('/buy/pro', '', Origin => 'https://other.example');
    is($r->status, 403, "$n: another site's button: status");

    heard_well(3);

    $t->sandbox_post('fault', { mode => 'status', status => 429,
                                path => 'create-session', times => 1 });
    $r = form('/buy/pro', '');
    is($r->status, 429, "$n: too many for the API: status");
    like($r->body, qr/the page sorry/, "$n: too many for the API: a page");
}


# 2. A cart.

{
    my $n = 'cart';
    begin('cart.conf');

    my $r = form('/cart/add', [ sku => 'buttermilk', quantity => 2 ]);
    my @sid = (Cookie => 'sid=' . cookie_of($r, 'sid'));
    is($r->location, '/cart', "$n: an article is put in");
    form('/cart/add', [ sku => 'syrup' ], @sid);
    shop_heard();

    my $mail = "$n\@example.com";
    my @r = map { form('/checkout', [ buyerEmail => $mail, gift => 'yes' ],
                       @sid) } 1, 2;

    is($r[0]->status, 302, "$n: status");
    like($r[0]->location, $PAGE, "$n: to the checkout");
    is($r[1]->location, $r[0]->location, "$n: a second click comes there");

    my ($call) = calls($SESSION);
    my $sent = sent($call);
    my $reference = $sent->{orderMerchantExternalId} // '';

    is("$sent->{productId} $sent->{currency}", "$PRO USD", "$n: the product");
    is($sent->{priceSnapshot}{amount}, '41.50', "$n: the shop's price");
    is($sent->{metadata}{cart}, '2x buttermilk, 1x syrup', "$n: the cart");
    like($reference, qr/^S-\d+$/, "$n: the shop's number");
    is($sent->{buyerEmail}, $mail, "$n: the buyer's address");

    # the shop hears the buyer, and which attempt it is

    my @heard = shop_heard();
    is(join(', ', map { $_->[0] } @heard),
       'POST /checkout/quote, POST /checkout/quote',
       "$n: the shop is asked once for each click");

    my $h = $heard[0][1]{headers};
    is($h->{'x-buyer'}, $SECRET, "$n: it hears the buyer's headers");
    is($h->{cookie}, $sid[1], "$n: and the cookie");
    like($h->{'x-pancake-request-id'}, qr/^[0-9a-f]{32}$/,
         "$n: and which request it is");
    is(join(' ', sort grep { /pancake/ } keys %$h), 'x-pancake-request-id',
       "$n: nothing else of ours");
    like($heard[0][1]{body}, qr/gift=yes/, "$n: and the form");

    # the shop asks whether it is paid

    like(page('/thanks', @sid)->body, qr/not\b.*\bpaid/is,
         "$n: not paid yet");
    is(pay($r[0])->status, 303, "$n: the buyer pays");

    my $status = $t->get("/order-status?variables.reference=$reference",
                         -port => 3, headers());
    is($status->json->{data}{onetimeOrders}[0]{status}, 'completed',
       "$n: paid, says nginx");

    $r = page('/thanks/status', @sid);
    is($r->json->{state}, 'paid', "$n: paid, says the shop");
    is(page('/order-status?variables.reference=x', @sid)->status, 404,
       "$n: buyers cannot ask");

    # another number, and other variables

    $status = $t->get('/order-status?variables.reference=S-none',
                      -port => 3);
    is(scalar @{ $status->json->{data}{onetimeOrders} }, 0,
       "$n: no such number");
    is($t->get('/order-status?variables.other=x', -port => 3)->status, 400,
       "$n: another variable: status");
    is($t->get('/order-status?query=x', -port => 3)->status, 400,
       "$n: another query: status");

    # refused

    shop_heard();
    $r = form('/checkout', '', @sid);
    is($r->status . ' ' . $r->location, '303 /cart?empty=1',
       "$n: empty: the shop's own redirect");

    form('/cart/add', [ sku => 'crepes' ], @sid);
    $r = form('/checkout', [ 'priceSnapshot.amount' => '0.01' ], @sid);
    like($r->status . ' ' . $r->location, qr{^303 .*/cart$},
         "$n: a buyer's price: back to the cart");
    is(page('/checkout/quote', @sid)->status, 404,
       "$n: the quote is nobody's business");
    is(shop_paths(), 'POST /checkout/quote, POST /cart/add',
       "$n: the shop is not asked for that");

    at_shop('POST', '/_shop/control', JSON::PP::encode_json({ fail =>
        { path => '/checkout/quote', status => 503,
          body => 'Out of flour.' } }));
    $r = form('/checkout', '', @sid);
    is($r->status . ' ' . $r->body, '503 Out of flour.',
       "$n: what the shop says goes to the buyer");

    $t->sandbox_post('fault', { mode => 'status', status => 429,
                                path => 'create-session', times => 1 });
    $r = form('/checkout', '', @sid);
    is($r->status, 303, "$n: too many for the API: status");
    like($r->location, qr{^http://$HOST:$BUYERS/cart$},
       "$n: too many for the API: back to the cart");

    heard_well(2 + 1 + 1 + 1 + 1 + 1);
}


# 3. Customers.

{
    my $n = 'customers';
    begin('customers.conf');

    # nobody yet

    my $r = form('/buy/club', '');
    is($r->status, 303, "$n: no login: status");
    like($r->location, qr{^http://$HOST:$BUYERS/login$}, "$n: no login");
    $r = form('/buy/club', '', Cookie => 'sid=forged',
              'X-Customer' => 'customer-ada');
    is($r->status, 303, "$n: a login of the buyer's own making");
    is(form('/buy/club', [ buyerIdentity => 'customer-ada' ])->status, 303,
       "$n: an identity without a login");
    is(scalar calls(), 0, "$n: nobody asks the API");

    # who has logged in

    $r = form('/login', [ email => 'ada@example.com' ]);
    my @sid = (Cookie => 'sid=' . cookie_of($r, 'sid'));
    my @r = map { form('/buy/club', '', @sid) } 1, 2;

    is($r[0]->status, 302, "$n: status");
    like($r[0]->location, qr/$PAGE[^#]+#token=\S+$/, "$n: with a token");
    is(join(' ', map { $_->location =~ s/#.*//r } @r),
       join(' ', ($r[0]->location =~ s/#.*//r) x 2), "$n: one checkout");
    $t->secret(map { $_->location =~ /#token=(.*)/ } @r);

    my ($token) = calls($TOKEN);
    my ($session) = calls($SESSION);
    is(sent($token)->{buyerIdentity}, 'customer-ada', "$n: who it is");
    is(header_of($token, 'X-Idempotency-Key'), undef, "$n: without a key");
    ok(!exists sent($session)->{buyerIdentity}, "$n: only there");

    is(form('/buy/club', [ buyerIdentity => 'customer-bob' ], @sid)->status,
       400, "$n: as somebody else: status");
    is(page('/login/check', @sid)->status, 404,
       "$n: the check is nobody's business");

    # an answer that names nobody

    at_shop('POST', '/_shop/control',
            '{"fail":{"path":"/login/check","status":204}}');
    is(form('/buy/club', '', @sid)->status, 303, "$n: a login of nobody");
    heard_well(4);

    # by the quote: a guest and a customer

    $t->sandbox_post('reset');

    $r = form('/cart/add', [ sku => 'crepes' ]);
    my @guest = (Cookie => 'sid=' . cookie_of($r, 'sid'));
    form('/cart/add', [ sku => 'crepes' ], @sid);

    like(form('/checkout', '', @guest)->location, qr/$PAGE[^#]+$/,
         "$n: quoted guest");
    is(scalar calls($TOKEN), 0, "$n: quoted guest: no token");

    $r = form('/checkout', '', @sid);
    like($r->location, qr/$PAGE[^#]+#token=\S+$/, "$n: quoted customer");
    $t->secret($r->location =~ /#token=(.*)/);

    ($token) = calls($TOKEN);
    (undef, $session) = calls($SESSION);
    is(sent($token)->{buyerIdentity}, 'customer-ada',
       "$n: quoted customer: who it is");
    is(sent($session)->{buyerEmail}, 'ada@example.com',
       "$n: quoted customer: the shop's address");

    heard_well(3);
}


# Customers' own subscriptions.

{
    my $n = 'cancel';
    my $uri = '/account/cancel';

    $t->sandbox_post('reset');

    my $r = form('/login', [ email => 'bob@example.com' ]);
    $r = form('/buy/club', '', Cookie => 'sid=' . cookie_of($r, 'sid'));
    my ($token) = $r->location =~ /#token=(.*)/;
    my @bob = (Authorization => "Bearer $token");
    $t->secret($token);

    # what the page of the API would do

    my ($session) = @{ $t->sandbox_get('sessions') };
    $t->post_json('/v1/actions/subscription-order/create-order',
                  { checkoutSessionId => $session->{id},
                    billingDetail => { country => 'NZ',
                                       isBusiness => JSON::PP::false } },
                  -port => 1, @bob, 'X-Environment' => 'prod');
    my ($order) = grep { ($_->{owner} // '') eq 'customer-bob' }
                  @{ $t->sandbox_get('orders') };

    $r = json($uri, { orderId => $order->{id} }, @bob);
    is($r->status, 200, "$n: status");
    is($r->json->{data}{status}, 'canceled', "$n: it is cancelled");

    my ($call) = (calls())[-1];
    is(header_of($call, 'Authorization'), $bob[1], "$n: with the token");
    is(header_of($call, 'X-Signature'), undef, "$n: without a signature");

    is(json($uri, { orderId => $order->{id} })->status, 401,
       "$n: no token: status");
    is(json($uri, { orderId => 'ORD_0000000000000000active' }, @bob)->status,
       403, "$n: another's: status");
    is(scalar(calls()), 5, "$n: calls of the API");
}


# 4. The shop's own order API.

my %ADDRESS = (street_address => '123 Main St', postal_code => 12345,
               city => 'Anytown', state => 'CA', country => 'Canada');

{
    my $n = 'orders';
    my $uri = '/api/v1/i/orders/';
    my @ada = (Authorization => 'Bearer token-ada-0001');
    my @bob = (Authorization => 'Bearer token-bob-0001');
    my @cart = ('/api/v1/i/cart/', { sku => 'crepes', quantity => 2 });

    begin('orders.conf');

    is(json(@cart, @bob)->status, 200, "$n: a cart");
    my $r = json($uri, { action => 'save_order',
                         billing_address => \%ADDRESS }, @bob);
    is($r->status . ' ' . $r->body,
       '200 {"success":"Your Order has been saved"}', "$n: save_order");
    is(scalar calls(), 0, "$n: save_order: nobody asks the API");

    for my $way (qw( redirect json )) {
        my $name = "$n, $way";

        at_shop('POST', '/_shop/control', qq({"orderAnswer":"$way"}));
        json(@cart, @bob);
        shop_heard();

        $r = json($uri, { action => 'checkout',
                          billing_address => \%ADDRESS }, @bob);
        is($r->status, 302, "$name: status");
        like($r->location, $PAGE, "$name: to the checkout");

        my $sent = sent((calls($SESSION))[-1]);
        my $number = $sent->{orderMerchantExternalId} // '';

        like($number, qr/^O-\d+$/, "$name: the shop's number");
        is("$sent->{priceSnapshot}{amount} $sent->{currency}", '18.00 USD',
           "$name: the shop's price");
        is(join(' ', @{ $sent->{billingDetail} }{qw( country state
                                                     postcode )}),
           'CA CA 12345', "$name: the address");

        my @heard = shop_heard();
        is(join(', ', map { $_->[0] } @heard),
           join(', ', "POST $uri", $way eq 'json' ? ()
                      : "GET $uri$number/payment/"),
           "$name: the shop is asked once");
        is(join(' ', map { $_->[1]{headers}{authorization} } @heard),
           join(' ', ($bob[1]) x @heard), "$name: with the token");
    }

    # an address that the shop knows, and no slash at the end

    json(@cart, @ada);
    $r = json('/api/v1/i/orders', { action => 'checkout' }, @ada);
    is($r->status, 302, "$n: saved address, no slash: status");
    my $sent = sent((calls($SESSION))[-1]);
    is(join(' ', @{ $sent->{billingDetail} }{qw( country state )}),
       'CA ON', "$n: saved address");

    $r = page($uri, @ada);
    is($r->status, 200, "$n: the list is the shop's: status");
    is(ref $r->json->{orders}, 'ARRAY', "$n: the list is the shop's");

    # refused

    shop_heard();
    is(json($uri, { action => 'checkout' }, @ada)->status, 400,
       "$n: an empty cart: status");
    is(json($uri, { action => 'checkout' })->status, 401,
       "$n: no login: status");
    is(json($uri, { action => 'pay' }, @ada)->status, 400,
       "$n: another action: status");
    is(json($uri, { action => 'checkout', billing_address =>
                    { %ADDRESS, country => 'CA' } }, @ada)->status, 400,
       "$n: a country's code: status");
    is(shop_paths(), "POST $uri", "$n: only one of these is for the shop");

    heard_well(3);
}


# 5. Tax previews, on a checkout page of the shop's own.

my $TAX = '/v1/actions/checkout/preview-tax';
my %CANADA = (country => 'CA', state => 'ON', isBusiness => JSON::PP::false);

{
    my $n = 'tax preview';
    begin('tax-preview.conf');

    my $r = json('/checkout/session', {});
    my $id = $r->json->{data}{sessionId} // '';
    is($r->status, 200, "$n: a session: status");

    my $body = { checkoutSessionId => $id, billingDetail => \%CANADA };

    $r = json('/checkout/tax', $body);
    is($r->status, 200, "$n: status");
    is(join(' ', @{ $r->json->{data} }{qw( subtotal taxAmount total )}),
       '29.00 3.77 32.77', "$n: the tax");

    my ($call) = calls($TAX);
    is(header_of($call, 'X-Store-Slug') . ' '
       . header_of($call, 'X-Environment'), 'pancake-shop prod',
       "$n: for the store");
    is(header_of($call, 'X-Signature'), undef, "$n: not signed");

    $r = json('/checkout/order', $body);
    is($r->status, 200, "$n: an order: status");
    like($r->json->{data}{checkoutUrl}, $PAGE, "$n: an order");
    is(sent(calls($ORDER))->{buyerIp}, '127.0.0.1',
       "$n: an order: the buyer's address");

    # refused

    $r = json('/checkout/tax', { %$body, billingDetail =>
                                 { %CANADA, state => undef } });
    is($r->status, 400, "$n: no state: status");
    is($r->json->{errors}[0]{field}, 'billingDetail.state',
       "$n: no state: the field");
    is(json('/checkout/tax', { %$body, total => '0.01' })->status, 400,
       "$n: a buyer's total: status");
    is(form('/checkout/tax', [ checkoutSessionId => $id ])->status, 415,
       "$n: a form: status");

    heard_well(3);
    over_rate("$n, over the rate", 400, join '', PancakeTest::HTTP->build(
        'POST', '/checkout/tax', '{"total":"0.01"}',
        headers('Content-Type' => 'application/json')));
}


# So many at once are more than the rate allows in several seconds.

sub over_rate {
    my ($n, $status, $request) = @_;
    my @c = map { $t->connect } 1 .. 40;

    $_->send($request) for @c;
    my @status = map { my $r = $_->response; $_->close; $r->status } @c;

    my $through = grep { $_ == $status } @status;
    my $refused = grep { $_ == 429 } @status;

    cmp_ok($through, '>', 0, "$n: some pass");
    cmp_ok($refused, '>', 0, "$n: others do not");
    is($through + $refused, 40, "$n: all are answered");
}


# 6. The back office.

# by curl, which has client certificates: status and body

sub office {
    my ($who, $uri, @args) = @_;

    my $cert = $who ? "--cert $DIR/$who.pem --key $DIR/$who.key" : '';
    my $args = join ' ', map { s/'/'\\''/gr =~ s/.*/'$&'/r } @args;
    my $out = `curl -q -s --max-time 60 --noproxy '*' -X POST \\
        --cacert $DIR/office.pem -H 'X-Buyer: $SECRET' $cert $args \\
        --resolve office.example:$OFFICE:127.0.0.1 -w '\n%{http_code}' \\
        https://office.example:$OFFICE$uri 2>&1`;
    my ($body, $status) = $out =~ /(.*)\n(\d+)\z/s;

    return ($status, eval { JSON::PP->new->utf8->decode($body) } // {});
}


{
    my $n = 'back office';
    my @type = ('-H', 'Content-Type: application/json', '-d');
    my @new = (@type, '{"name":"Cookbook","prices":{"USD":{"amount":"9.00",'
                      . '"taxCategory":"ebook"}}}');
    my $pending = 'ORD_000000000000000pending';
    my $active = 'ORD_0000000000000000active';

    begin('back-office.conf');

    # who has no certificate, or another one

    my ($status) = office('', '/products', @new);
    is($status, 403, "$n: no certificate: status");
    ($status) = office('stranger', '/products', @new);
    is($status, 400, "$n: a stranger's certificate: status");
    ($status) = office('', "/orders/$pending/cancel");
    is($status, 403, "$n: no certificate, cancel: status");
    is(scalar calls(), 0, "$n: nobody asks the API");

    # who has one

    ($status, my $r) = office('ann', '/products', @new);
    is($status, 200, "$n: a product: status");
    like($r->{data}{product}{id}, qr/^PROD_\w{22}$/, "$n: a product");

    my ($call) = calls();
    is(sent($call)->{storeId}, 'STO_6kPsRtYv8NbQhLdF2XwJ4m',
       "$n: a product of the store");
    my $store = '"storeId":"STO_0000000000000000000403"';
    ($status, $r) = office('ann', '/products', @type,
                           $new[-1] =~ s/^\{/{$store,/r);
    is("$status $r->{errors}[0]{field}", '400 storeId',
       "$n: another store");

    ($status, $r) = office('ann', "/orders/$pending/cancel");
    is("$status $r->{data}{orderId} $r->{data}{status}",
       "200 $pending canceled", "$n: an order is cancelled");
    ($status, $r) = office('ann', "/orders/$pending/cancel");
    is($status, 200, "$n: twice is once: status");
    ($status, $r) = office('ann', "/subscriptions/$active/cancel");
    is("$status $r->{data}{status}", '200 canceling',
       "$n: a subscription is cancelled");
    ($status) = office('ann', "/orders/$pending/cancel", '-d',
                       "orderId=$active");
    is($status, 400, "$n: two orders at once: status");
    ($status) = office('ann', '/orders/ORD_1/cancel');
    is($status, 404, "$n: no order: status");

    is_logged('office.log', qr{ 200 replied "CN=ann" /products\n},
              "$n: the log says who it was");

    # the shop's own programs

    my @shop = (-port => 3);
    my $token = $t->post_json('/token', { customer => 'customer-17' },
                              headers(), @shop);
    is($token->status, 200, "$n: a token: status");
    like($token->json->{data}{token}, qr/^\S{20,}$/, "$n: a token");
    $t->secret($token->json->{data}{token});
    is(sent(calls($TOKEN))->{buyerIdentity}, 'customer-17',
       "$n: whose token it is");
    is($t->post_json('/token', {}, headers(), @shop)->status, 400,
       "$n: nobody's token: status");

    $r = $t->get('/order-status?variables.reference=S-1', headers(), @shop);
    is($r->status . ' ' . $r->body, '200 {"data":{"onetimeOrders":[]}}',
       "$n: an order's state");
    is($t->get('/order-status?variables.storeId=x', headers(),
               @shop)->status, 400, "$n: a foreign variable: status");
    is($t->get('/products', headers(), @shop)->status, 404,
       "$n: nothing else is here");

    heard_well(1 + 3 + 1 + 1);

    # somebody with a certificate, from elsewhere

    $t->stop->conf(fill(example('back-office.conf'),
                        'allow 127.0.0.1' => 'allow 127.0.0.2'))->run;
    ($status) = office('ann', '/products', @new);
    is($status, 403, "$n: from elsewhere: status");
}


# 7. Two merchants.  A double knows one, so in between there is a server which
# looks at the name.

{
    my $n = 'two merchants';

    $merchants->sandbox(merchant => $OTHER_MERCHANT,
                        'public-key' => "$DIR/other-key.pub.pem");
    my $other = '127.0.0.1:' . $merchants->port(1);

    snippets($ROUTER);
    begin('two-merchants.conf', more => <<"EOC");

    map \$http_x_merchant_id \$double {
        $OTHER_MERCHANT $other;
        default 127.0.0.1:$API;
    }

    server {
        listen 127.0.0.1:$ROUTER ssl;
        ssl_certificate     $DIR/api.pem;
        ssl_certificate_key $DIR/api.key;

        location / {
            proxy_pass http://\$double;
            proxy_set_header Host \$http_host;
        }
    }
EOC

    my %host = map { $_ => [ Host => "$_.example" ] }
               qw( pancakes waffles other );

    for my $who (qw( pancakes waffles )) {
        my $r = form('/buy/pro', '', @{ $host{$who} });
        is($r->status, 302, "$n: $who: status");
        like($r->location, $PAGE, "$n: $who: to the checkout");
    }

    my ($one) = calls();
    my ($two) = @{ $merchants->sandbox_get('requests') };
    is(sent($one)->{productId}, $PRO, "$n: what the one sells");
    is(sent($two)->{currency}, 'EUR', "$n: what the other one sells");
    is(header_of($two, 'X-Merchant-Id'), $OTHER_MERCHANT,
       "$n: in its own name");

    my $c = $t->connect;
    $c->send(join '', PancakeTest::HTTP->build('POST', '/buy/pro', '',
                                               headers(@{ $host{other} })));
    ok($c->closed, "$n: another host gets no answer");
    $c->close;

    heard_well(1);
    heard_well(1, @{ $merchants->sandbox_get('requests') });

    # a host whose merchant is forgotten is not the other one's

    (my $half = example('two-merchants.conf'))
        =~ s/^ +pancake_private_key \S+other-key\.pem;\n//m;
    $half =~ s/\A(.*pancake_checkout create-session;)/$1 # HERE/s;

    $t->must_fail_config($half, '"pancake_checkout" has no credential, add '
        . '"pancake_private_key" or "pancake_store_slug" in %%HERE%%');

    snippets($TLS);
}


# 8. Test and production.

{
    my $n = 'test and production';
    my @staging = (Host => 'staging.example', -source => '127.0.0.2');

    begin('test-and-production.conf');

    is(form('/buy/pro', '')->status, 302, "$n: the shop: status");
    is(form('/buy/pro', '', @staging)->status, 302, "$n: staging: status");

    my %environment = map { $_->{metadata}{site} => $_->{environment} }
                      @{ $t->sandbox_get('sessions') };
    is(join(' ', map { "$_=" . ($environment{$_} // '') } qw( live staging )),
       'live=prod staging=test', "$n: each with its own key");

    is(form('/buy/pro', '', Host => 'staging.example')->status, 403,
       "$n: staging is not for everybody: status");
    my $c = $t->connect(-source => '127.0.0.2');
    $c->send(join '', PancakeTest::HTTP->build('POST', '/buy/pro', '',
                                       headers(Host => 'other.example')));
    ok($c->closed, "$n: another host gets no answer");
    $c->close;

    heard_well(2);
}


# 9. Links.

{
    my $n = 'links';
    begin('buy-links.conf');

    # one address for each thing that is tried: all are counted

    my $last = 10;
    my $follow = sub {
        my ($query, %h) = @_;
        return page("/buy?$query", -source => '127.0.0.' . ++$last, %h);
    };

    my $r = $follow->('plan=pro&utm_source=letter');
    is($r->status, 302, "$n: status");
    like($r->location, $PAGE, "$n: to the checkout");
    is($follow->('plan=cookbook')->status, 302, "$n: the other one: status");
    is(join(', ', map { my $s = sent($_); "$s->{productId} $s->{currency}" }
                  calls()),
       "$PRO USD, PROD_7hTqLwXc2RbNvKyD5MsZ1e EUR", "$n: what is sold");

    $r = $follow->('plan=gold');
    is($r->status, 400, "$n: no such plan: status");
    like($r->body, qr/the page sorry/, "$n: no such plan: a page");
    is($follow->('')->status, 400, "$n: no plan: status");
    is($follow->('plan=pro&productId=PROD_0000000000000000000404')->status,
       400, "$n: a product of the buyer's own: status");
    isnt($follow->('plan=pro', 'Sec-Purpose' => 'prefetch')->status, 302,
         "$n: fetched ahead: status");
    is(form('/buy', 'plan=pro', -source => '127.0.0.9')->status, 405,
       "$n: a form: status");
    $r = $t->send_request('HEAD', '/buy?plan=pro', undef,
                          headers(-source => '127.0.0.8'));
    is($r->status, 405, "$n: HEAD: status");

    heard_well(2);

    # the next one is let through in ten seconds, and the log tells of each

    my ($through, $status) = (0);

    while ($through < 40) {
        $r = page('/buy?plan=pro');
        $status = $r->status;
        last if $status != 302;
        $through++;
    }

    is($status, 429, "$n, over the rate: status");
    like($r->body, qr/the page sorry/, "$n, over the rate: a page");
    cmp_ok($through, '>=', 6, "$n, over the rate: not before");
    is_logged('links.log', qr/ 302 redirected pro\n/, "$n: the log");
    is_logged('links.log', qr/ 429 /, "$n, over the rate: the log");
}


# 10. Whether it is paid.

{
    my $n = 'order status';
    begin('order-status.conf');

    is(page('/order-status')->status, 403, "$n: who has bought nothing");
    is(scalar calls(), 0, "$n: who has bought nothing: nobody asks the API");

    my ($mine, $hers) = map { cookie_of(page('/'), 'order') // '' } 1, 2;
    my ($one, $again, $two) = map { form('/buy/pro', '',
                                         Cookie => "order=$_") }
                              $mine, $mine, $hers;
    is($one->status, 302, "$n: status");
    is($again->location, $one->location, "$n: two clicks are one checkout");
    is($two->status, 302, "$n: another buyer");
    like($mine, qr/^[0-9a-f]{32}$/, "$n: a number");
    isnt($mine, $hers, "$n: another one for each");

    for my $cookie ('', 'order=S-1001', "order=$mine.") {
        my $r = form('/buy/pro', '', $cookie ? (Cookie => $cookie) : ());
        is($r->status, 303, "$n: no such number, $cookie");
    }

    my $ask = sub { page('/order-status' . ($_[1] // ''),
                         Cookie => "order=$_[0]") };

    is($ask->($mine)->body, '{"data":{"onetimeOrders":[]}}',
       "$n: not paid yet");
    is(pay($one)->status, 303, "$n: the buyer pays");
    is($ask->($mine)->body,
       '{"data":{"onetimeOrders":[{"status":"completed"}]}}', "$n: paid");
    is($ask->($hers)->body, '{"data":{"onetimeOrders":[]}}',
       "$n: that of another buyer is not");

    is($ask->($hers, "?variables.reference=$mine")->status, 400,
       "$n: another buyer's number: status");
    is($ask->($hers, '?query=%7Bshop%7D')->status, 400,
       "$n: another query: status");

    heard_well(6);
    over_rate("$n, over the rate", 200, join '', PancakeTest::HTTP->build(
        'GET', '/order-status', undef, headers(Cookie => "order=$mine")));
}


# 11. Webhooks.

{
    my $n = 'webhook';
    my $platform = PancakeTest::Webhook->new($t);
    my @store = (storeId => 'STO_3bVzrkD0FJjFdZNLk8Ualx');
    my $body = $platform->event(mode => 'prod', @store);
    my $hook = sub { my ($text, %h) = @_;
                     $t->post('/webhooks/waffo', $text, headers(%h)) };

    $t->backend(7);
    begin('webhook.conf');

    is($hook->($body)->status, 401, "$n: not signed");
    is($hook->($platform->event, $platform->header($platform->event))->status,
       401, "$n: signed for another body");
    is($t->post($_, $body, headers())->status, 404, "$n: another way, $_")
        for qw( /webhooks/other /webhooks/waffo/ /Webhooks/waffo
                /webhooks;a/waffo http://localhost/WEBHOOKS/WAFFO );
    my $foreign = $platform->event(mode => 'prod',
                                   storeId => 'STO_0000000000000000000000');
    is($hook->($foreign, $platform->header($foreign))->status, 401,
       "$n: of somebody else's store");
    is(scalar $t->upstream(7)->requests, 0, "$n: the shop has seen nothing");

    my $test = $platform->event(mode => 'test', @store);
    is($hook->($test, $platform->header($test))->status, 401,
       "$n: of a store in test mode");

    $t->upstream(7)->mode([ 500 ], [ 'ok' ]);
    is($hook->($body, $platform->header($body))->status, 500,
       "$n: the shop fails");
    is($hook->($body, $platform->header($body))->status, 200,
       "$n: and gets it again");
    is($hook->($body, $platform->header($body))->status, 200,
       "$n: the platform repeats it");
    is(scalar $t->upstream(7)->requests, 2, "$n: the shop does not see that");
    is(($t->upstream(7)->requests)[-1]->body, $body, "$n: what the shop sees");
    is(page('/')->status, 200, "$n: the other pages of the shop");

    is_logged('webhooks.log', qr/ 200 order\.completed 3f2b8c1e-\S+\n/,
              "$n: log");
    is(scalar calls(), 0, "$n: nobody asks the API");
}
