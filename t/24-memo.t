# What a worker remembers of an input changes nothing: every input, however
# often it comes, gets the answer and sends the body that it gets where
# nothing is remembered.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use Test::More;

my $PRODUCT = PancakeTest->product;
my $OTHER = 'PROD_5dXBtmF2HLkHfbPNm0Wcnz';

# Each location twice: as it is, and without a memory.

my %locations = (
    buy => 'pancake_set productId %%PRODUCT%%; pancake_set currency USD;',
    choose => 'pancake_accept productId currency;',
    drop => 'pancake_set productId %%PRODUCT%%; pancake_set currency USD;
             pancake_unknown_fields drop;',
    mapped => 'pancake_set productId $product; pancake_set currency EUR;',
    cookie => "pancake_set productId %%PRODUCT%%; pancake_set currency USD;
               pancake_set orderMerchantExternalId \$cookie_sid;
               pancake_set metadata.from \$http_x_from;",
    back => 'pancake_set productId %%PRODUCT%%; pancake_set currency USD;
             pancake_accept successUrl;',
    links => 'pancake_set productId %%PRODUCT%%; pancake_set currency USD;
              pancake_input json form args;',
);

my $conf = '';

for my $name (sort keys %locations) {
    $conf .= <<"EOT" for '', '/new';
location = /$name@{[ $_ ]} {
    pancake_checkout create-session;
    pancake_signature_cache @{[ $_ ? 'off' : '1024' ]};
    $locations{$name}
}
EOT
}

my $t = PancakeTest->new->conf(<<"EOT")->backend(1);
log_format input '\$uri \$pancake_result \$pancake_input_plan';

map \$pancake_input_plan \$product {
    pro    %%PRODUCT%%;
    basic  $OTHER;
}

server {
    listen 127.0.0.1:%%PORT_0%%;
    server_name localhost shop.example;
    access_log %%DIR%%/input.log input;

    %%CREDENTIALS%%
    %%RETRY_OFF%%

$conf

    location = /second {
        pancake_checkout create-session;
        pancake_set productId $OTHER;
        pancake_set currency USD;
    }

    location = /if {
        pancake_checkout create-session;
        pancake_set productId %%PRODUCT%%;
        pancake_set currency USD;

        if (\$http_x_other) {
            add_header X-Other 1;
        }
    }

    %%API_LOCATION%%
}
EOT

my $J = 'application/json';
my $F = 'application/x-www-form-urlencoded';
my $long = 'x' x 5000;

# What is sent: location, type, body, more header fields.

my @cases = (
    [ 'buy', $J, '{}' ],
    [ 'buy', $F, '' ],
    [ 'buy', $J, '{"buyerEmail":"a@example.com"}' ],
    [ 'buy', $J, ' {"buyerEmail":"a@example.com"}' ],
    [ 'buy', $J, '{"buyerEmail":"b@example.com"}' ],
    [ 'buy', $J, '{"buyerEmail":"a@example.co"}' ],
    [ 'buy', $F, 'buyerEmail=a%40example.com' ],
    [ 'buy', $J, 'buyerEmail=a%40example.com' ],
    [ 'buy', $F, '{"buyerEmail":"a@example.com"}' ],
    [ 'buy', $J, '{"buyerEmail":"no address"}' ],
    [ 'buy', $J, '{"buyerEmail":' ],
    [ 'buy', $J, '{"nothing":1}' ],
    [ 'buy', $J, '{"metadata":{"a":"' . substr($long, 0, 900) . '"}}' ],
    [ 'drop', $J, '{"nothing":1}' ],
    [ 'drop', $J, qq({"nothing":"$long"}) ],
    [ 'drop', $J, '{"nothing":2,"darkMode":true}' ],
    [ 'choose', $J, qq({"productId":"$PRODUCT","currency":"USD"}) ],
    [ 'choose', $J, qq({"productId":"$PRODUCT","currency":"JPY"}) ],
    [ 'choose', $J, qq({"productId":"$OTHER","currency":"JPY"}) ],
    [ 'choose', $J, '{}' ],
    [ 'mapped', $J, '{"plan":"pro"}' ],
    [ 'mapped', $J, '{"plan":"basic"}' ],
    [ 'mapped', $J, '{"plan":"none"}' ],
    [ 'mapped', $J, '{"plan":' ],
    [ 'mapped', $F, 'plan=pro' ],
    [ 'cookie', $F, '', 'Cookie: sid=one' ],
    [ 'cookie', $F, '', 'Cookie: sid=two' ],
    [ 'cookie', $F, '', 'Cookie: sid=onetwo' ],
    [ 'cookie', $F, '', 'Cookie: sid=one', 'X-From: two' ],
    [ 'cookie', $F, '', 'X-From: onetwo' ],
    [ 'cookie', $F, '' ],
    [ 'back', $J, '{"successUrl":"https://shop.example/thanks"}',
      'Host: shop.example' ],
    [ 'back', $J, '{"successUrl":"https://shop.example/thanks"}',
      'Host: localhost' ],
    [ 'back', $J, '{"successUrl":"https://elsewhere.example/"}',
      'Host: shop.example' ],
);

my $turns = 4;

$t->plan(@cases * $turns + 9)->run;

sub send_it {
    my ($path, $type, $body, @more) = @_;

    my %headers = map { split /: /, $_, 2 } @more;
    my $r = $t->clear_requests->post($path, $body, 'Content-Type' => $type,
                                     %headers);

    return join "\n", $r->status, ($r->status == 302 ? '' : $r->body),
                map { $_->body } $t->requests;
}

# By turns, so that each is looked for among all the others.

my %expected;

for my $i (0 .. $#cases) {
    my ($name, @request) = @{ $cases[$i] };

    $expected{$i} = send_it("/$name/new", @request);
}

for my $turn (1 .. $turns) {
    for my $i (0 .. $#cases) {
        my ($name, $type, $body, @more) = @{ $cases[$i] };
        my $what = substr "$name $type $body @more", 0, 60;

        is(send_it("/$name", $type, $body, @more), $expected{$i},
           "turn $turn: $what");
    }
}

is(scalar(grep { /^302/ } values %expected), 23, 'most of them are good');


# Arguments of a link are not a form with the same bytes.

for my $turn (1 .. 3) {
    my $link = $t->get('/links?darkMode=true');
    my $form = $t->post('/links', 'darkMode=true');

    is($link->status . $form->status, '302302', "link and form, turn $turn");
}

is(join(' ', map { $_->body =~ /"darkMode":true/ ? 'dark' : 'no' }
                 ($t->requests)[-6 .. -1]), join(' ', ('dark') x 6),
   'link and form: their field');


# Neither another location nor a block inside it has the same memory.

for my $turn (1 .. 3) {
    $t->clear_requests;
    $t->post('/buy', '{}');
    $t->post('/second', '{}');
    $t->post('/if', '{}');
    $t->post('/if', '{}', 'X-Other' => 1);

    is(join(' ', map { $_->body } $t->requests),
       qq({"productId":"$PRODUCT","currency":"USD"} )
       . qq({"productId":"$OTHER","currency":"USD"} )
       . qq({"productId":"$PRODUCT","currency":"USD"} )
       . qq({"productId":"$PRODUCT","currency":"USD"}),
       "locations, turn $turn");
}


# The log still reads the input, remembered or not.

for my $name ('mapped', 'mapped/new') {
    $t->post("/$name", '{"plan":"pro"}') for 1 .. 3;
}

$t->stop;

my @lines = grep { m{^/mapped} } split /^/, $t->log_text('input.log');

is(join('', @lines[-6 .. -1]), "/mapped redirected pro\n" x 3
                               . "/mapped/new redirected pro\n" x 3,
   '$pancake_input_NAME of what is remembered');
