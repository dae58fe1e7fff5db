# Idempotency keys: equal for one buyer's attempt on every edge, different
# for everything else, and never what a client wrote.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use Test::More;

use Digest::SHA qw( hmac_sha256 );
use MIME::Base64 qw( decode_base64 encode_base64 );

my $SESSION = '/v1/actions/checkout/create-session';
my $ORDER = '/v1/actions/onetime-order/create-order';
my $OTHER_MERCHANT = 'MER_OTHERMERCHANTxxxxxxxxx';

my $CONF = <<'EOT';
pancake_merchant_id %%MERCHANT%%;
%%RETRY_OFF%%
pancake_set productId %%PRODUCT%%;
pancake_set currency USD;

location = /default { pancake_checkout create-session; }
location = /order   { pancake_checkout create-order; }
location = /chain   { pancake_checkout create-session create-order; }

location /cookie/ {
    pancake_idempotency_key $cookie_sid;
    pancake_idempotency_window 30m;

    location = /cookie/session  { pancake_checkout create-session; }
    location = /cookie/again    { pancake_checkout create-session; }
    location = /cookie/order    { pancake_checkout create-order; }
    location = /cookie/chain    { pancake_checkout
                                  create-session create-order; }
    location = /cookie/product  { pancake_checkout create-session;
                                  pancake_set productId
                                              PROD_BASICmNpQrStUvWxYz1A2b;
                                  pancake_set currency USD; }
    location = /cookie/merchant { pancake_checkout create-session;
                                  pancake_merchant_id
                                              MER_OTHERMERCHANTxxxxxxxxx; }
    location = /cookie/key      { pancake_checkout create-session;
                                  pancake_private_key other.pem; }
    location = /cookie/off      { pancake_checkout create-session;
                                  pancake_idempotency_key off; }
    location = /cookie/seconds  { pancake_checkout create-session;
                                  pancake_idempotency_window 10s; }
    location = /cookie/joined   { pancake_checkout create-session;
                                  pancake_idempotency_key
                                      "order-$http_x_order$cookie_sid"; }

    location = /cookie/secret {
        pancake_checkout create-session;
        pancake_idempotency_secret secret;
    }
    location = /cookie/secret-key {
        pancake_checkout create-session;
        pancake_private_key other.pem;
        pancake_idempotency_secret secret;
    }
    location = /cookie/secret-lf {
        pancake_checkout create-session;
        pancake_idempotency_secret secret-lf;
    }
    location = /cookie/secret-crlf {
        pancake_checkout create-session;
        pancake_idempotency_secret secret-crlf;
    }
    location = /cookie/secret-env {
        pancake_checkout create-session;
        pancake_idempotency_secret env:PANCAKE_TEST_SECRET;
    }
    location = /cookie/secret-other {
        pancake_checkout create-session;
        pancake_idempotency_secret secret-other;
    }

    location = /cookie/slug       { pancake_checkout create-session;
                                    pancake_store_slug my-store test; }
    location = /cookie/slug-again { pancake_checkout create-session;
                                    pancake_store_slug my-store test; }
    location = /cookie/slug-secret {
        pancake_checkout create-session;
        pancake_store_slug my-store test;
        pancake_idempotency_secret secret;
    }
    location = /cookie/slug-prod {
        pancake_checkout create-session;
        pancake_store_slug my-store prod;
        pancake_idempotency_secret secret;
    }
    location = /cookie/slug-other {
        pancake_checkout create-session;
        pancake_store_slug other-store test;
        pancake_idempotency_secret secret;
    }
}

location /merchant/ {
    pancake_merchant_id MER_OTHERMERCHANTxxxxxxxxx;

    location = /merchant/default { pancake_checkout create-session; }
    location = /merchant/order   { pancake_checkout create-order; }
    location = /merchant/cookie  { pancake_checkout create-session;
                                   pancake_idempotency_key $cookie_sid;
                                   pancake_idempotency_window 30m; }
}

location /off/ {
    pancake_idempotency_key off;

    location = /off/session { pancake_checkout create-session; }
    location = /off/order   { pancake_checkout create-order; }
    location = /off/chain   { pancake_checkout create-session create-order; }
    location = /off/cookie  { pancake_checkout create-session;
                              pancake_idempotency_key $cookie_sid;
                              pancake_idempotency_window 30m; }
}
EOT

my $REALIP = <<'EOT';
location = /realip {
    pancake_checkout create-session;
    set_real_ip_from 127.0.0.0/8;
    real_ip_header X-Real-IP;
}
EOT


# The two edges; and clocks that stand, in seconds since midnight.

my $MIDNIGHT = 1767225600;
my @CLOCKS = (0, 9, 10, 1799, 1800);

my $t = PancakeTest->new;
my $edge = PancakeTest->new;
my %clock = $t->has_feature('faketime')
          ? map { $_ => PancakeTest->new->faketime($MIDNIGHT + $_) } @CLOCKS
          : ();
my $realip = $t->has_feature('realip');

my $PKCS1 = PancakeTest::Log::slurp($t->top . '/t/vectors/test-key.pkcs1.pem');
my $DER = decode_base64($PKCS1 =~ s/^-.*$//mgr);
my $DERIVED = hmac_sha256('pancake checkout idempotency 1', $DER);

my $SECRET = 'secret-of-the-shop-1';
my $dir = $t->dir;

system("openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 "
       . "-out '$dir/other.pem' 2>'$dir/openssl.txt'") == 0
    or die PancakeTest::Log::slurp("$dir/openssl.txt");
my $OTHER = PancakeTest::Log::slurp("$dir/other.pem");

$ENV{PANCAKE_TEST_KEY} = $PKCS1 =~ s/\n/\\n/gr;
$ENV{PANCAKE_TEST_SECRET} = $SECRET;

for my $node ($t, $edge, values %clock) {
    $node->write_file('other.pem', $OTHER, 0600);
    $node->write_file('secret', $SECRET, 0600);
    $node->write_file('secret-lf', "$SECRET\n", 0600);
    $node->write_file('secret-crlf', "$SECRET\r\n", 0600);
    $node->write_file('secret-other', 'secret-of-the-shop-2', 0600);
    $node->secret('secret-of-the-shop', grep { !/^-/ && length > 16 }
                                        split /\n/, $OTHER);
    $node->conf("pancake_private_key "
                . ($node == $edge ? 'env:PANCAKE_TEST_KEY' : '%%KEY%%')
                . ";\n$CONF" . ($realip ? $REALIP : '')
                . "%%API_LOCATION%%\n");
}


# The key, computed from its definition.

sub key_of {
    my (%in) = @_;

    my %kind = (body => 0, merchant => 1, client => 2);
    my $data = "pancake-idempotency-1\n";
    my @scope = @{ $in{scope} || [] };

    $data .= pack 'Q>/a*', $_ for $in{merchant} // $t->merchant, $in{path};
    $data .= chr $kind{ $in{kind} };
    $data .= pack 'Q>/a*', $_ // '' for @scope[0, 1];
    $data .= pack 'Q>', $in{window} // 0;
    $data .= pack 'Q>/a*', $in{body};

    my $text = encode_base64(hmac_sha256($data, $in{secret} // $DERIVED), '');
    $text =~ tr{+/=}{-_}d;

    return $text;
}

# All keys that a request brings to the API, and the bodies.

my @bodies;

sub keys_of {
    my ($node, $uri, $body, %h) = @_;

    $node->clear_requests;
    my $r = ref $body ? $node->post_json($uri, $$body, %h)
                      : $node->post_form($uri, $body, %h);
    my @requests = $node->requests;

    @bodies = map { $_->body } @requests;
    return ("status " . $r->status) if $r->status != 302;
    return map { $_->header('X-Idempotency-Key') // 'none' } @requests;
}

sub key { (keys_of(@_))[0] }

sub cookie { (Cookie => "sid=$_[0]") }

my $MAIL = 'buyerEmail=secret-buyer-44%40example.com';
my $OTHER_MAIL = 'buyerEmail=secret-buyer-45%40example.com';
my $ADDRESS = 'billingDetail.country=DE&billingDetail.isBusiness=false';
my $PAY = "checkoutSessionId=cs_5e550000-0000-4000-8000-0000000000ff"
          . "&$ADDRESS";


# Keys that clients may send, and what they mean; and what they may not.

my @well_formed = (
    [ 'a', 'a' ],
    [ 'Ab_-9', 'Ab_-9' ],
    [ ' spaces-around ', 'spaces-around' ],
    [ '"quoted"', 'quoted' ],
    [ 'x' x 256, 'x' x 256 ],
    [ '"' . 'x' x 256 . '"', 'x' x 256 ],
    [ '   "padded"   ', 'padded' ],
    [ '-', '-' ],
    [ '"_"', '_' ],
    [ '9f8b1c9a-0f3e-4a55-9f6e-0c7d9a1b2c3d',
      '9f8b1c9a-0f3e-4a55-9f6e-0c7d9a1b2c3d' ],
    [ '"9f8b1c9a-0f3e-4a55-9f6e-0c7d9a1b2c3d"',
      '9f8b1c9a-0f3e-4a55-9f6e-0c7d9a1b2c3d' ],
);

my @malformed = (
    [ 'nothing',            '' ],
    [ 'quotes only',        '""' ],
    [ 'one quote',          '"' ],
    [ 'a quote in front',   '"a' ],
    [ 'a quote behind',     'a"' ],
    [ 'two pairs of quotes', '""a""' ],
    [ 'apostrophes',        "'a'" ],
    [ 'a space',            'a b' ],
    [ 'a comma',            'a,b' ],
    [ 'a dot',              'a.b' ],
    [ 'base64',             'a+b/c=' ],
    [ 'a backslash',        'a\\b' ],
    [ 'Latin 1',            "caf\xe9" ],
    [ 'UTF-8',              "caf\xc3\xa9" ],
    [ '257 bytes',          'x' x 257 ],
    [ '257 quoted bytes',   '"' . 'x' x 257 . '"' ],
    [ 'a parameter',        'a;b=c' ],

    # the IETF draft says "sf-string", and that has no parameters

    [ 'a string with a parameter', '"a";x=1' ],
    [ 'a string with a flag', '"a";x' ],
    [ 'a list of strings',  '"a", "a"' ],
    [ 'two strings',        '"a" "b"' ],
    [ 'a string and a word', '"a"b' ],
    [ 'an escaped quote',   '"a\\"b"' ],
    [ 'an escaped backslash', '"a\\\\b"' ],
    [ 'a blank in quotes',  '" "' ],
    [ 'blanks in quotes',   '" a "' ],
    [ 'blanks',             '   ' ],
    [ 'a tab',              "a\tb" ],
    [ 'a byte sequence',    ':YQ==:' ],
    [ 'a control character', "a\x01b" ],
    [ 'two lines',          [ 'a', 'a' ] ],
    [ 'two different lines', [ 'a', 'b' ] ],
    [ 'two quoted lines',   [ '"a"', '"a"' ] ],
    [ 'an empty second line', [ 'a', '' ] ],
    [ 'an empty first line', [ '', 'a' ] ],
);

my @FIELDS = ('Idempotency-Key', 'X-Idempotency-Key');

my $clocked = 12;

$t->plan(3 * @FIELDS * @well_formed + 3 * @FIELDS * @malformed + 99 + 4
         + 31 + 2 * 9
         + ($realip ? 3 : 0) + ($clock{0} ? $clocked : 1));

for my $node ($t, $edge, values %clock) {
    $node->backend(1)->run;
}

# No test may run over the border of a window.

$t->wait_for(sub { time % 1800 < 1785 });
my $WINDOW = int(time / 1800) + 1;


# The merchant's expression.

my $first = key($t, '/cookie/session', $MAIL, cookie('a'));
my $body = $bodies[0];

is($first, key_of(path => $SESSION, kind => 'merchant', scope => [ 'a' ],
                  window => $WINDOW, body => $body),
   'expression: as defined');
like($first, qr/^[A-Za-z0-9_-]{43}\z/, 'expression: shape');

for my $case (
    [ 'again',              $t, '/cookie/session', $MAIL, 'a' ],
    [ 'as JSON',            $t, '/cookie/session',
      \'{"buyerEmail":"secret-buyer-44@example.com"}', 'a' ],
    [ 'another location',   $t, '/cookie/again', $MAIL, 'a' ],
    [ 'another query',      $t, '/cookie/session?a=b', $MAIL, 'a' ],
    [ 'another address',    $t, '/cookie/session', $MAIL, 'a',
      -source => '127.0.0.2' ],
    [ 'another program',    $t, '/cookie/session', $MAIL, 'a',
      'User-Agent' => 'other' ],
    [ 'another host',       $t, '/cookie/session', $MAIL, 'a',
      Host => 'other.example' ],
    [ 'a client\'s key too', $t, '/cookie/session', $MAIL, 'a',
      'Idempotency-Key' => 'client' ],
    [ 'a malformed one too', $t, '/cookie/session', $MAIL, 'a',
      'X-Idempotency-Key' => 'not a key' ],
    [ 'another edge',       $edge, '/cookie/session', $MAIL, 'a' ],
) {
    my ($name, $node, $uri, $text, $sid, %h) = @$case;
    is(key($node, $uri, $text, cookie($sid), %h), $first,
       "expression, same key: $name");
}

my %seen = ($first => 1);

for my $case (
    [ 'another cookie',     '/cookie/session', $MAIL, cookie('b') ],
    [ 'another body',       '/cookie/session', $OTHER_MAIL, cookie('a') ],
    [ 'another product',    '/cookie/product', $MAIL, cookie('a') ],
    [ 'another merchant',   '/cookie/merchant', $MAIL, cookie('a') ],
    [ 'another private key', '/cookie/key', $MAIL, cookie('a') ],
    [ 'another secret',     '/cookie/secret', $MAIL, cookie('a') ],
    [ 'a third secret',     '/cookie/secret-other', $MAIL, cookie('a') ],
    [ 'another window',     '/cookie/seconds', $MAIL, cookie('a') ],
    [ 'another action',     '/cookie/order', $PAY, cookie('a') ],
    [ 'a slug',             '/cookie/slug', $MAIL, cookie('a') ],
    [ 'a slug with a secret', '/cookie/slug-secret', $MAIL, cookie('a') ],
    [ 'another slug',       '/cookie/slug-other', $MAIL, cookie('a') ],
    [ 'the slug in production', '/cookie/slug-prod', $MAIL, cookie('a') ],
    [ 'no cookie',          '/cookie/session', $MAIL ],
    [ 'no cookie again',    '/cookie/session', $MAIL ],
    [ 'an empty cookie',    '/cookie/session', $MAIL, cookie('') ],
    [ 'the cookie as client\'s key', '/cookie/session', $MAIL,
      'Idempotency-Key' => 'a' ],
) {
    my ($name, $uri, $text, %h) = @$case;
    my $key = key($t, $uri, $text, %h);

    like($key, qr/^[A-Za-z0-9_-]{43}\z/, "expression, $name: shape");
    is($seen{$key}++ // 0, 0, "expression, $name: another key");
}

is(key($t, '/cookie/merchant', $MAIL, cookie('a')),
   key_of(path => $SESSION, kind => 'merchant', scope => [ 'a' ],
          merchant => $OTHER_MERCHANT, window => $WINDOW, body => $body),
   'expression, another merchant: as defined');
is(key($t, '/cookie/joined', $MAIL, cookie('a'), 'X-Order' => 7),
   key_of(path => $SESSION, kind => 'merchant', scope => [ 'order-7a' ],
          window => $WINDOW, body => $body),
   'expression of several parts: as defined');
is(key($t, '/off/cookie', $MAIL, cookie('a')),
   key($t, '/off/cookie', $MAIL, cookie('a')),
   'expression inside "off": same key');


# No window for orders: a second order is worse than a replay.

my $order = key($t, '/cookie/order', $PAY, cookie('a'));
is($order, key_of(path => $ORDER, kind => 'merchant', scope => [ 'a' ],
                  body => $bodies[0]), 'expression for an order: as defined');
isnt(key($t, '/cookie/order', $PAY, cookie('b')), $order,
     'expression for an order: another cookie, another key');


# Clients' keys.

for my $field (@FIELDS) {

    for my $case (@well_formed) {
        my ($value, $means) = @$case;
        my $name = "$field: " . substr($value, 0, 20);

        my $key = key($t, '/default', $MAIL, $field => $value);

        is($key, key_of(path => $SESSION, kind => 'client',
                        scope => [ $means, '127.0.0.1' ], body => $bodies[0]),
           "$name, as defined");
        is(key($t, '/default', $MAIL, $field => $value), $key,
           "$name, same key");
        is(join(' ', grep { lc eq 'idempotency-key' } ($t->requests)[0]->names),
           '', "$name, not forwarded");
    }

    for my $case (@malformed) {
        my ($name, $value) = @$case;

        $t->clear_requests;
        my $r = $t->post_form('/default', $MAIL, $field => $value);

        is($r->status, 400, "$field, $name: status");
        is($r->body, qq({"data":null,"errors":[{"message":"$field must be one )
           . 'key of 1 to 256 letters, digits, hyphens and underscores",'
           . qq("layer":"edge","field":"$field"}]}), "$field, $name: body");
        is(scalar $t->requests, 0, "$field, $name: no call");
    }
}

my $client = key($t, '/default', $MAIL, 'Idempotency-Key' => 'k1');

for my $case (
    [ 'in quotes',            $t, 1, '/default', $MAIL,
                              'Idempotency-Key' => '"k1"' ],
    [ 'under the other name', $t, 1, '/default', $MAIL,
                              'X-Idempotency-Key' => 'k1' ],
    [ 'under both names',     $t, 1, '/default', $MAIL,
                  'Idempotency-Key' => 'k1', 'X-Idempotency-Key' => 'k1' ],
    [ 'under a name in capitals', $t, 1, '/default', $MAIL,
                              'IDEMPOTENCY-KEY' => 'k1' ],
    [ 'in one name quoted, in the other not', $t, 1, '/default', $MAIL,
              'Idempotency-Key' => '"k1"', 'X-Idempotency-Key' => 'k1' ],

    # the standard's name goes before the older one

    [ 'and another under the other name', $t, 1, '/default', $MAIL,
              'X-Idempotency-Key' => 'k2', 'Idempotency-Key' => 'k1' ],
    [ 'under the other name, and another', $t, 0, '/default', $MAIL,
              'X-Idempotency-Key' => 'k1', 'Idempotency-Key' => 'k2' ],
    [ 'and no key under the other name', $t, 1, '/default', $MAIL,
              'X-Idempotency-Key' => 'not a key', 'Idempotency-Key' => 'k1' ],
    [ 'without a cookie',     $t, 1, '/cookie/session', $MAIL,
                              'Idempotency-Key' => 'k1' ],
    [ 'on another edge',      $edge, 1, '/default', $MAIL,
                              'Idempotency-Key' => 'k1' ],
    [ 'another one',          $t, 0, '/default', $MAIL,
                              'Idempotency-Key' => 'k2' ],
    [ 'in other letters',     $t, 0, '/default', $MAIL,
                              'Idempotency-Key' => 'K1' ],
    [ 'from another address', $t, 0, '/default', $MAIL,
                              'Idempotency-Key' => 'k1',
                              -source => '127.0.0.2' ],
    [ 'from an address that only says so', $t, 1, '/default', $MAIL,
                              'Idempotency-Key' => 'k1',
                              'X-Forwarded-For' => '192.0.2.1',
                              'X-Real-IP' => '192.0.2.1' ],
    [ 'with another body',    $t, 0, '/default', $OTHER_MAIL,
                              'Idempotency-Key' => 'k1' ],
) {
    my ($name, $node, $same, @request) = @$case;
    is(key($node, @request) eq $client ? 1 : 0, $same,
       "a client's key, $name: " . ($same ? 'same key' : 'another key'));
}

is(key($t, '/order', $PAY, 'Idempotency-Key' => 'k1'),
   key_of(path => $ORDER, kind => 'client', scope => [ 'k1', '127.0.0.1' ],
          body => $bodies[0]), "a client's key for an order: as defined");

SKIP: {
    skip 'nginx without realip', 0 unless $realip;

    my @request = ($t, '/realip', $MAIL, 'Idempotency-Key' => 'k1');

    is(key(@request), $client, 'real address: none given');
    is(key(@request, 'X-Real-IP' => '192.0.2.1'),
       key_of(path => $SESSION, kind => 'client',
              scope => [ 'k1', '192.0.2.1' ], body => $bodies[0]),
       'real address: as defined');
    is(key(@request, 'X-Real-IP' => '127.0.0.1'), $client,
       'real address: same key');
}


# Whichever the scope: equal on both edges, different for another body, path,
# merchant and buyer.  A buyer without a key is told from another by address.

for my $scope (
    [ 'expression', $SESSION, { kind => 'merchant', scope => [ 'm' ],
                                window => $WINDOW },
      [ '/cookie/session', $MAIL ], [ '/cookie/session', $OTHER_MAIL ],
      [ '/cookie/order', $PAY ], [ '/merchant/cookie', $MAIL ],
      [ cookie('m') ], [ cookie('n') ] ],
    [ "client's key", $SESSION, { kind => 'client',
                                  scope => [ 'm', '127.0.0.1' ] },
      [ '/default', $MAIL ], [ '/default', $OTHER_MAIL ],
      [ '/order', $PAY ], [ '/merchant/default', $MAIL ],
      [ 'Idempotency-Key' => 'm' ], [ 'Idempotency-Key' => 'n' ],
      [ 'Idempotency-Key' => 'm', -source => '127.0.0.2' ] ],
    [ 'order', $ORDER, { kind => 'body' },
      [ '/order', $PAY ], [ '/order', $PAY =~ s/DE/FR/r ],
      [ '/default', $MAIL ], [ '/merchant/order', $PAY ],
      [ ], [ -source => '127.0.0.2' ] ],
) {
    my ($name, $path, $of, $base, $body, $action, $merchant, $buyer, @others)
        = @$scope;

    my $key = key($t, @$base, @$buyer);
    my %of = (path => $path, body => $bodies[0], %$of);

    is($key, key_of(%of), "$name: as defined");
    is(key($edge, @$base, @$buyer), $key, "$name, equal: another edge");
    is(key($t, @$base, @$buyer, 'User-Agent' => 'other', Accept => '*/*'),
       $key, "$name, equal: another program");

    my %other = (
        body     => key($t, @$body, @$buyer),
        path     => key($t, @$action, @$buyer),
        merchant => key($t, @$merchant, @$buyer),
        map { ("buyer $_" => key($t, @$base, @{ $others[$_] })) }
            0 .. $#others
    );

    isnt($other{$_}, $key, "$name, different: another $_")
        for sort keys %other;

    my %all = map { $_ => 1 } $key, values %other;
    is(scalar keys %all, 1 + keys %other, "$name: no two are equal");

    # nothing but the path, nothing but the merchant

    isnt(key_of(%of, path => $path eq $ORDER ? $SESSION : $ORDER), $key,
         "$name, different: nothing but the path");
    is($other{merchant}, key_of(%of, merchant => $OTHER_MERCHANT),
       "$name, different: nothing but the merchant");
}


# What the client wrote goes nowhere: to no part of the calls, to no log, and
# not back.

for my $case (
    [ '/default', $MAIL, 'Idempotency-Key' => 'secret-client-key-44' ],
    [ '/default', $MAIL, 'X-Idempotency-Key' => '"secret-client-key-44"' ],
    [ '/default', $MAIL, 'Idempotency-Key' => 'secret-client-key-44',
                         'X-Idempotency-Key' => 'secret-client-key-45' ],
    [ '/order', $PAY, 'Idempotency-Key' => 'secret-client-key-44' ],
    [ '/chain', $ADDRESS, 'Idempotency-Key' => 'secret-client-key-44' ],
    [ '/cookie/session', $MAIL, 'Idempotency-Key' => 'secret-client-key-44',
                                cookie('secret-client-key-45') ],
    [ '/off/session', $MAIL, 'Idempotency-Key' => 'secret-client-key-44',
                             'X-Idempotency-Key' => 'secret-client-key 45' ],
    [ '/default', $MAIL, 'Idempotency-Key' => 'secret-client-key-44;a' ],
    [ '/default', $MAIL, 'X-Idempotency-Key' => [ 'secret-client-key-44',
                                                  'secret-client-key-45' ] ],
) {
    my ($uri, $form, @header) = @$case;

    $t->secret('secret-client-key')->clear_requests;
    my $r = $t->post_form($uri, $form, @header);
    my $name = "$uri, $header[0], " . $r->status;

    is(join(' ', map { ($_->head . $_->body) =~ /client-key/ ? 'found' : () }
                 $t->requests), '', "$name: not in the calls");
    unlike(join("\n", $r->body, map { $r->header($_) // () }
                qw( Location Content-Type Retry-After )), qr/client-key/,
           "$name: not in the answer");
}


# Without any of these.

my @unique = map { key($t, '/default', $MAIL) } 1 .. 3;
like($unique[0], qr/^[A-Za-z0-9_-]{43}\z/, 'session: shape');
my %different = map { $_ => 1 } @unique;
is(scalar keys %different, 3, 'session: a key for each request');

my @same = (map({ key($t, '/order', $PAY) } 1 .. 2), key($edge, '/order', $PAY));
is($same[0], key_of(path => $ORDER, kind => 'body', body => $bodies[0]),
   'order: as defined');
is($same[1], $same[0], 'order: same key');
is($same[2], $same[0], 'order: same key on another edge');
isnt(key($t, '/order', $PAY =~ s/ff&/fe&/r), $same[0],
     'order: another session, another key');
isnt(key($t, '/order', $PAY =~ s/DE/FR/r), $same[0],
     'order: another body, another key');


# Chains.

my @chain = keys_of($t, '/chain', $ADDRESS);
my @chain_bodies = @bodies;
is(scalar @chain, 2, 'chain: two keys');
isnt($chain[0], $chain[1], 'chain: they differ');
is($chain[1], key_of(path => $ORDER, kind => 'body', body => $bodies[1]),
   'chain: the key of the order');
isnt((keys_of($t, '/chain', $ADDRESS))[0], $chain[0],
     'chain again: another session');

@chain = keys_of($t, '/chain', $ADDRESS, 'Idempotency-Key' => 'k1');
is(join(' ', @chain), join(' ', map {
       key_of(path => $_->[0], kind => 'client',
              scope => [ 'k1', '127.0.0.1' ], body => $bodies[ $_->[1] ])
   } [ $SESSION, 0 ], [ $ORDER, 1 ]), "chain with a client's key: as defined");

@chain = keys_of($t, '/cookie/chain', $ADDRESS, cookie('a'));
is(join(' ', @chain), join(' ', map {
       key_of(path => $_->[0], kind => 'merchant', scope => [ 'a' ],
              window => $_->[2], body => $bodies[ $_->[1] ])
   } [ $SESSION, 0, $WINDOW ], [ $ORDER, 1, 0 ]),
   'chain with an expression: as defined');


# Off.

is(join(' ', keys_of($t, '/off/session', $MAIL)), 'none', 'off: session');
is(join(' ', keys_of($t, '/off/order', $PAY)), 'none', 'off: order');
is(join(' ', keys_of($t, '/off/chain', $ADDRESS)), 'none none', 'off: chain');
is(key($t, '/cookie/off', $MAIL, cookie('a')), 'none',
   'off inside an expression');
is(key($t, '/off/session', $MAIL, 'Idempotency-Key' => 'k1',
       'X-Idempotency-Key' => 'k1'), 'none', "off: a client's key");
is(key($t, '/off/session', $MAIL, 'Idempotency-Key' => 'not a key'), 'none',
   "off: a client's malformed key");


# Secrets.

my $secret = key($t, '/cookie/secret', $MAIL, cookie('a'));
is($secret, key_of(path => $SESSION, kind => 'merchant', scope => [ 'a' ],
                   window => $WINDOW, body => $body, secret => $SECRET),
   'secret: as defined');

for my $case (
    [ 'and a line end',            $t, 'secret-lf' ],
    [ 'and a line end of two bytes', $t, 'secret-crlf' ],
    [ 'from the environment',      $t, 'secret-env' ],
    [ 'and another private key',   $t, 'secret-key' ],
    [ 'on another edge',           $edge, 'secret' ],
    [ 'and another private key on another edge', $edge, 'secret-key' ],
) {
    my ($name, $node, $uri) = @$case;
    is(key($node, "/cookie/$uri", $MAIL, cookie('a')), $secret,
       "secret $name: same key");
}


# Slugs have no key to derive a secret from.

my @slug = ($t, '/cookie/slug', $MAIL, cookie('a'));
my $slug = key(@slug);

is(key(@slug), $slug, 'slug: same key');
is(key($t, '/cookie/slug-again', $MAIL, cookie('a')), $slug,
   'slug: same key in another location');
isnt(key($edge, @slug[1 .. $#slug]), $slug, 'slug: another key on another edge');

my $shared = key($t, '/cookie/slug-secret', $MAIL, cookie('a'));
is(key($edge, '/cookie/slug-secret', $MAIL, cookie('a')), $shared,
   'slug with a secret: same key on another edge');


# A reload.

is($t->reload, 1, 'reload');
isnt(key(@slug), $slug, 'reload, slug: another key');
is(key($t, '/cookie/slug-secret', $MAIL, cookie('a')), $shared,
   'reload, slug with a secret: same key');
is(key($t, '/cookie/session', $MAIL, cookie('a')), $first,
   'reload, expression: same key');
is(key($t, '/default', $MAIL, 'Idempotency-Key' => 'k1'), $client,
   "reload, a client's key: same key");
is(key($t, '/order', $PAY), $same[0], 'reload, order: same key');


# Windows begin where the clock says, not with the first request.

SKIP: {
    skip 'no libfaketime', 1 unless $clock{0};

    my %at;

    for my $second (@CLOCKS) {
        my $node = $clock{$second};

        $at{$second} = {
            half   => key($node, '/cookie/session', $MAIL, cookie('a')),
            ten    => key($node, '/cookie/seconds', $MAIL, cookie('a')),
            order  => key($node, '/cookie/order', $PAY, cookie('a')),
            client => key($node, '/default', $MAIL,
                          'Idempotency-Key' => 'k1'),
        };
    }

    is($at{0}{half}, key_of(path => $SESSION, kind => 'merchant',
           scope => [ 'a' ], window => $MIDNIGHT / 1800 + 1, body => $body),
       'clock: as defined');

    is($at{9}{ten}, $at{0}{ten}, 'clock, 10s: 9s later');
    isnt($at{10}{ten}, $at{0}{ten}, 'clock, 10s: 10s later');
    is($at{10}{half}, $at{0}{half}, 'clock, 30m: 10s later');
    is($at{1799}{half}, $at{0}{half}, 'clock, 30m: the last second');
    isnt($at{1800}{half}, $at{0}{half}, 'clock, 30m: the next window');
    isnt($at{1800}{half}, $at{1799}{half}, 'clock, 30m: a second later');

    for my $what (qw( order client )) {
        my %keys = map { $at{$_}{$what} => 1 } @CLOCKS;
        is(scalar keys %keys, 1, "clock, $what: always the same key");
    }

    is($at{0}{order}, $order, 'clock, order: the same as today');
    is($at{0}{client}, $client, 'clock, client: the same as today');
    isnt($at{0}{half}, $first, 'clock, 30m: not the same as today');
}
