# With the clock at a vector's second nginx sends what the official SDK sent:
# the same body, the same signature, byte for byte.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use Test::More;

# Name of the vector, configuration, what the buyer sends.

my @cases = (
    [ 'ascii', <<'EOT',
pancake_accept productId currency;
pancake_set successUrl https://example.com/thank-you;
EOT
      '{"productId":"PROD_3kF9mNpQrStUvWxYz1A2bC","currency":"USD",'
      . '"buyerEmail":"customer@example.com"}' ],

    [ 'utf8', <<'EOT',
pancake_accept productId currency;
EOT
      '{"productId":"PROD_3kF9mNpQrStUvWxYz1A2bC","currency":"JPY",'
      . '"billingDetail":{"country":"JP","isBusiness":true,"businessName":'
      . '"\u682a\u5f0f\u4f1a\u793e\u30ab\u30d5\u30a7 Zo\u00eb \ud83e\udd5e"},'
      . '"language":"ja-JP"}' ],
);

# The same content in another order, with other blanks, and as a form: equal
# content is equal bytes.

my %again = (
    ascii => [
        '{ "buyerEmail" : "customer@example.com", "currency" : "USD",'
        . "\r\n\t" . '"productId" : "PROD_3kF9mNpQrStUvWxYz1A2bC" }',
        'currency=USD&buyerEmail=customer%40example.com'
        . '&productId=PROD_3kF9mNpQrStUvWxYz1A2bC',
    ],
    utf8 => [
        '{"language":"ja-JP","billingDetail":{"businessName":'
        . "\"\xe6\xa0\xaa\xe5\xbc\x8f\xe4\xbc\x9a\xe7\xa4\xbe"
        . "\xe3\x82\xab\xe3\x83\x95\xe3\x82\xa7 Zo\xc3\xab \xf0\x9f\xa5\x9e\","
        . '"isBusiness":true,"country":"JP"},"currency":"JPY",'
        . '"productId":"PROD_3kF9mNpQrStUvWxYz1A2bC"}',
        'billingDetail.isBusiness=true&billingDetail%5Bcountry%5D=JP'
        . '&billingDetail.businessName=%E6%A0%AA%E5%BC%8F%E4%BC%9A%E7%A4%BE'
        . '%E3%82%AB%E3%83%95%E3%82%A7+Zo%C3%AB+%F0%9F%A5%9E&language=ja-JP'
        . '&currency=JPY&productId=PROD_3kF9mNpQrStUvWxYz1A2bC',
    ],
);

my @tests = map { PancakeTest->new->has('faketime') } @cases;

$tests[0]->plan(@cases * 3 * 7);

for my $i (0 .. $#cases) {
    my ($name, $conf, $body) = @{ $cases[$i] };
    my $t = $tests[$i];
    my $vector = $t->vector($name);

    $t->faketime($vector->{timestamp})->conf(<<"EOT")->backend(1)->run;
%%CREDENTIALS%%
%%RETRY_OFF%%
location = /buy {
    pancake_checkout create-session;
    $conf
}
%%API_LOCATION%%
EOT

    my $n = 0;

    for my $text ($body, @{ $again{$name} }) {
        my $what = $name . ($n++ ? " again, $n" : '');
        my $r = $text =~ /^\{/
              ? $t->clear_requests->post_json('/buy', $text)
              : $t->clear_requests->post_form('/buy', $text);
        my ($req) = $t->requests or next;

        is($r->status, 302, "$what: status");
        is($req->target, $vector->{path}, "$what: path");
        is($req->header('X-Merchant-Id'), $t->merchant, "$what: merchant");
        is($req->header('X-Timestamp'), $vector->{timestamp},
           "$what: timestamp");
        is($req->body, $vector->{bytes}, "$what: body");
        is($req->canonical, $vector->{canonical}, "$what: canonical string");
        is($req->header('X-Signature'), $vector->{signature},
           "$what: signature");
    }
}
