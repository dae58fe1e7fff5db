# A buyer who wants more than is hers: every field that the merchant, the edge
# or nobody owns (contract.md, trust column M, A, E, X), sent in every way
# that might get past a check.  Each way costs a 400 that names the field, and
# nothing reaches the API.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use Test::More;

my $t = PancakeTest->new->conf(<<'EOC');
%%CREDENTIALS%%
%%RETRY_OFF%%
underscores_in_headers on;

pancake_set productId %%PRODUCT%%;
pancake_set currency USD;

# what nginx itself logs of a link is the merchant's to decide
access_log off;

server {
    listen 127.0.0.1:%%PORT_0%%;
    server_name localhost;

    location = /session {
        pancake_checkout create-session;
        pancake_input json form;
    }

    location = /session/drop {
        pancake_checkout create-session;
        pancake_unknown_fields drop;
    }

    location = /session/args {
        pancake_checkout create-session;
        pancake_input args;
    }

    location = /session/args/drop {
        pancake_checkout create-session;
        pancake_input args;
        pancake_unknown_fields drop;
    }

    location = /order {
        pancake_checkout create-order;
    }

    location = /order/drop {
        pancake_checkout create-order;
        pancake_unknown_fields drop;
    }

    location = /order/args {
        pancake_checkout create-order;
        pancake_input args;
    }

    location = /order/args/drop {
        pancake_checkout create-order;
        pancake_input args;
        pancake_unknown_fields drop;
    }

    location = /chain {
        pancake_checkout create-session create-order;
    }

    location = /chain/drop {
        pancake_checkout create-session create-order;
        pancake_unknown_fields drop;
    }

    # the merchant has set everything: equal values only

    location = /fixed {
        pancake_checkout create-session;
        pancake_set productId %%PRODUCT%%;
        pancake_set currency USD;
        pancake_set storeId STO_0123456789ABCDEFabcdef;
        pancake_set productType subscription;
        pancake_set priceSnapshot.amount 29.00;
        pancake_set priceSnapshot.taxCategory saas;
        pancake_set withTrial false;
        pancake_set successUrl https://shop.example/thanks;
        pancake_set expiresInSeconds 600;
        pancake_set metadata.cart 4711;
        pancake_set orderMerchantExternalId A1;
        pancake_set includePaymentMethods card;
        pancake_set originOrderId ORD_0123456789ABCDEFabcdef;
        pancake_set changeTiming immediate;
        pancake_set changeAmount 10.00;
    }

    location = /fixed/exclude {
        pancake_checkout create-session;
        pancake_set productId %%PRODUCT%%;
        pancake_set currency USD;
        pancake_set excludePaymentMethods wechat;
        pancake_set originOrderId ORD_0123456789ABCDEFabcdef;
        pancake_set changeCreditAmount 10.00;
    }

    %%API_LOCATION%%
}
EOC

my $P = $t->product;
my $B22 = '0123456789ABCDEFabcdef';
my $SESSION = 'cs_550e8400-e29b-41d4-a716-446655440000';

# Each field with a value that is fine in itself: as JSON, and as pairs of a
# form [ member or '' => value ].

my $PRICE = [ '{"amount":"0.01","taxCategory":"ebook"}',
              [ amount => '0.01' ], [ taxCategory => 'ebook' ] ];

sub text { [ qq("$_[0]"), [ '' => $_[0] ] ] }
sub word { [ $_[0], [ '' => $_[0] ] ] }

my %session = (
    productId               => text("PROD_$B22"),
    currency                => text('JPY'),
    storeId                 => text("STO_$B22"),
    productType             => text('onetime'),
    priceSnapshot           => $PRICE,
    withTrial               => word('true'),
    successUrl              => text('https://localhost/thanks'),
    expiresInSeconds        => word('604800'),
    metadata                => [ '{"paid":"yes"}', [ paid => 'yes' ] ],
    orderMerchantExternalId => text('ORDER-1'),
    includePaymentMethods   => [ '["card"]', [ '[]' => 'card' ] ],
    excludePaymentMethods   => [ '["card"]', [ '[]' => 'card' ] ],
    originOrderId           => text("ORD_$B22"),
    changeTiming            => text('next_period'),
    changeAmount            => text('0.01'),
    changeCreditAmount      => text('99.00'),
    buyerIdentity           => text('somebody-else'),
    buyerIp                 => text('192.0.2.7'),
);

my %order = (
    buyerIp                 => text('192.0.2.7'),
    successUrl              => text('https://localhost/thanks'),
    storeId                 => text("STO_$B22"),
    productId               => text("PROD_$B22"),
    currency                => text('JPY'),
    priceSnapshot           => $PRICE,
);

my %chain = (
    %session,
    checkoutSessionId       => text($SESSION),
);

my %TARGET = (
    session => [ \%session, '', '' ],
    order   => [ \%order,
                 qq("checkoutSessionId":"$SESSION","billingDetail":)
                 . '{"country":"DE","isBusiness":false}',
                 "checkoutSessionId=$SESSION&billingDetail.country=DE"
                 . '&billingDetail.isBusiness=0' ],
    chain   => [ \%chain, '"billingDetail":{"country":"DE",'
                 . '"isBusiness":false}', 'billingDetail.country=DE'
                 . '&billingDetail.isBusiness=0' ],
);

my @cases;      # [ name, method, uri, text, field ]


sub escaped { # the n-th letter, or all
    my ($name, $n) = @_;
    my $i = 0;
    $name =~ s/(.)/$i++ == $n || $n < 0 ? sprintf('\u%04x', ord $1) : $1/ge;
    return $name;
}

sub percent {
    my ($name, $n) = @_;
    my $i = 0;
    $name =~ s/(.)/$i++ == $n || $n < 0 ? sprintf('%%%02X', ord $1) : $1/ge;
    return $name;
}


# JSON objects: [ way, members, field of the error, 1: only when unknown
# fields are refused ].

sub json_ways {
    my ($f, $v) = @_;
    my $esc = escaped($f, 0);
    my $all = escaped($f, -1);
    my $mid = escaped($f, 4) =~ s/(\\u00..)/uc($1) =~ s{U}{u}r/er;

    return (
        [ 'plain', qq("$f":$v), $f ],
        [ 'escaped name', qq("$esc":$v), $f ],
        [ 'name escaped within', qq("$mid":$v), $f ],
        [ 'name escaped as a whole', qq("$all":$v), $f ],
        [ 'blanks around', qq( "$f" \n:\t$v ), $f ],
        [ 'twice', qq("$f":$v,"$f":$v), $f ],
        [ 'twice, first null', qq("$f":null,"$f":$v), $f ],
        [ 'twice, then null', qq("$f":$v,"$f":null), $f ],
        [ 'twice, first escaped', qq("$esc":$v,"$f":$v), $f ],
        [ 'twice, then escaped', qq("$f":$v,"$all":$v), $f ],
        [ 'null', qq("$f":null), $f ],
        [ 'empty', qq("$f":""), $f ],
        [ 'false', qq("$f":false), $f ],
        [ 'number', qq("$f":0), $f ],
        [ 'empty object', qq("$f":{}), $f ],
        [ 'empty array', qq("$f":[]), $f ],
        [ 'in an array', qq("$f":[$v]), $f ],
        [ 'in itself', qq("$f":{"$f":$v}), $f ],
        [ 'in an object in an array', qq("$f":[{"$f":$v}]), $f ],
        [ 'in billingDetail', qq("billingDetail":{"country":"DE",)
          . qq("isBusiness":false,"$f":$v}), "billingDetail.$f", 1 ],
        [ 'in an unknown object', qq("data":{"$f":$v}), 'data', 1 ],
        [ 'in an unknown array', qq("data":[{"$f":$v}]), 'data', 1 ],
        [ 'under an empty name', qq("":{"$f":$v}), '' ],
        [ 'first letter in the other case', '"' . ucfirst($f) . qq(":$v),
          ucfirst($f), 1 ],
        [ 'in capitals', '"' . uc($f) . qq(":$v), uc($f), 1 ],
        [ 'in small letters', '"' . lc($f) . qq(":$v), lc($f), 1 ],
        [ 'a blank behind', qq("$f ":$v), "$f ", 1 ],
        [ 'a blank before', qq(" $f":$v), " $f", 1 ],
        [ 'a zero-width space', qq("$f\\u200b":$v), "$f\xe2\x80\x8b", 1 ],
        [ 'a NUL behind', qq("$f\\u0000":$v), '' ],
        [ 'a raw NUL behind', qq("$f\0":$v), '' ],
        [ 'an overlong letter', '"' . "\xc1" . chr(0x80 | ord($f) & 0x3f)
          . substr($f, 1) . qq(":$v), '' ],
        [ 'with a dot', qq("$f.":$v), "$f.", 1 ],
        [ 'a dotted name', qq("$f.amount":"0.01"), "$f.amount", 1 ],
        [ 'a dotted name before', qq(".$f":$v), ".$f", 1 ],
        [ 'in brackets', qq("[$f]":$v), "[$f]", 1 ],
        [ '__proto__', qq("__proto__":{"$f":$v}), '__proto__', 1 ],
    );
}

# Members of an object one by one, and the like.

sub object_ways {
    my ($f, $member) = @_;
    my $esc = escaped($member, 0);

    return (
        [ 'one member', qq("$f":{"$member":"1"}), $f ],
        [ 'one escaped member', qq("$f":{"$esc":"1"}), $f ],
        [ 'one member twice', qq("$f":{"$member":"1","$member":"2"}),
          "$f.$member" ],
        [ 'an unknown member', qq("$f":{"x":"1"}), $f ],
        [ 'the member alone', qq("$member":"1"), $member, 1 ],
    );
}

sub form_ways {
    my ($f, @pairs) = @_;
    my @ways;

    my $join = sub {
        my ($name, $how) = @_;
        return join '&', map {
            my ($member, $value) = @$_;
            PancakeTest::HTTP::form($name => $value)
                =~ s/^[^=]*/$name . $how->($member)/er;
        } @pairs;
    };

    my $dotted = sub { $_[0] eq '' || $_[0] eq '[]' ? $_[0] : ".$_[0]" };
    my $square = sub { $_[0] eq '' || $_[0] eq '[]' ? $_[0] : "[$_[0]]" };
    my $coded = sub {
        $_[0] eq '' ? '' : $_[0] eq '[]' ? '%5B%5D' : "%5b$_[0]%5D"
    };
    my $value = $pairs[0][1];

    return (
        [ 'form', $join->($f, $dotted), $f ],
        [ 'form, brackets', $join->($f, $square), $f ],
        [ 'form, brackets in percent', $join->($f, $coded), $f ],
        [ 'form, name in percent', $join->(percent($f, -1), $dotted), $f ],
        [ 'form, a letter in percent', $join->(percent($f, 3), $square), $f ],
        [ 'form, twice', $join->($f, $dotted) . '&'
          . $join->($f, $dotted),
          $pairs[0][0] eq '[]' || $pairs[0][0] eq '' ? $f
                                                     : "$f.$pairs[0][0]" ],
        [ 'form, empty', "$f=", $f, 2 ],
        [ 'form, no value', $f, $f, 2 ],
        [ 'form, as a scalar', "$f=$value", $f ],
        [ 'form, in itself', "$f.$f=$value", $f ],
        [ 'form, in itself by brackets', "${f}[$f]=$value", $f ],
        [ 'form, as a list', "${f}[]=$value", $f ],
        [ 'form, with a key', "${f}[0]=$value", $f ],
        [ 'form, among others', "&&darkMode=1&$f=$value&", $f, 3 ],
        [ 'form, a NUL behind', "$f%00=$value", '' ],
        [ 'form, in capitals', uc($f) . "=$value", uc($f), 1 ],
        [ 'form, a blank behind', "$f+=$value", "$f ", 1 ],
        [ 'form, a blank before', "+$f=$value", " $f", 1 ],
        [ 'form, percent twice', percent(percent($f, 0), 0) . "=$value",
          percent($f, 0), 1 ],
        [ 'form, in billingDetail', "billingDetail.$f=$value"
          . '&billingDetail[country]=DE&billingDetail[isBusiness]=0',
          "billingDetail.$f", 4 ],
        [ 'form, bracket left open', "${f}[=$value", "${f}[" ],
        [ 'form, bracket within', "x[$f]]=$value", "x[$f]]" ],
        [ 'form, in an unknown object', "x[$f]=$value", 'x', 1 ],
        [ 'form, in an unknown list', "x[]=$f&x[]=$value", 'x', 1 ],
    );
}


# The fourth column: 1 depends on pancake_unknown_fields; 2 says nothing, and
# is refused only where nobody else speaks for the field; 3, only where there
# is a darkMode; 4, like 1, and brings a billingDetail of its own.

my %SPOKEN = (
    session => { productId => 1, currency => 1 },
    order   => { buyerIp => 1 },
    chain   => { productId => 1, currency => 1, buyerIp => 1,
                 checkoutSessionId => 1 },
);

# The chain resolves the same tables: for it these are enough.

my %CHAIN = map { $_ => 1 }
    'plain', 'escaped name', 'twice', 'twice, first escaped', 'null',
    'in an array', 'in an unknown object', 'in capitals', 'one member',
    'form', 'form, brackets in percent', 'form, name in percent',
    'form, twice', 'form, empty', 'form, as a scalar';

for my $target (sort keys %TARGET) {
    my ($fields, $json, $form) = @{ $TARGET{$target} };

    for my $f (sort keys %$fields) {
        my ($v, @pairs) = @{ $fields->{$f} };
        my $member = ref $pairs[0] && $pairs[0][0] =~ /^\w/ ? $pairs[0][0]
                                                             : undef;

        for my $way (json_ways($f, $v),
                     defined $member ? object_ways($f, $member) : ())
        {
            my ($name, $members, $field, $unknown) = @$way;

            # the names are the same in other letters

            next if $unknown && $field eq $f;
            next if $target eq 'chain' && !$CHAIN{$name};
            next if $name eq 'in billingDetail' && $target ne 'session';

            my $body = "{$members" . ($json ? ",$json" : '') . '}';

            push @cases, [ "$target: $f: $name", POST => "/$target", $body,
                           $field ];
            push @cases, [ "$target, drop: $f: $name", POST =>
                           "/$target/drop", $body,
                           $unknown ? undef : $field ];
        }

        for my $way (form_ways($f, @pairs)) {
            my ($name, $pairs, $field, $unknown) = @$way;

            $unknown //= 0;
            next if $target eq 'chain' && !$CHAIN{$name};
            next if $unknown == 3 && $target eq 'order';
            next if $unknown == 4 && $target ne 'session';
            next if $unknown == 1 && $field eq $f;

            $field = undef if $unknown == 2 && $SPOKEN{$target}{$f};

            my $text = $pairs . ($form ? "&$form" : '');
            my $drop = $unknown == 1 || $unknown == 4 ? undef : $field;

            push @cases,
                [ "$target: $f: $name", POST => "/$target", $text, $field ],
                [ "$target, drop: $f: $name", POST => "/$target/drop", $text,
                  $drop ];

            next if $target eq 'chain';

            push @cases,
                [ "$target: args: $f: $name", GET => "/$target/args", $text,
                  $field ],
                [ "$target, drop: args: $f: $name", GET =>
                  "/$target/args/drop", $text, $drop ];
        }
    }
}

# Inside of what the merchant owns.

for my $f (sort keys %session) {
    my $v = $session{$f}[0];

    push @cases,
        [ "session: $f in metadata", POST => '/session',
          qq({"metadata":{"$f":$v}}), 'metadata' ],
        [ "session, drop: $f in metadata", POST => '/session/drop',
          qq({"metadata":{"$f":$v}}), 'metadata' ],
        [ "session: $f in priceSnapshot", POST => '/session',
          qq({"priceSnapshot":{"$f":$v}}), 'priceSnapshot' ],
        [ "fixed: $f in metadata", POST => '/fixed',
          qq({"metadata":{"cart":"4711","$f":$v}}), "metadata.$f" ];
}

# Where the merchant has set a value: the good one and a bad one together.

my @fixed = (
    [ storeId => qq("STO_$B22"), '"STO_0123456789ABCDEFabcdeg"' ],
    [ productId => qq("$P"), qq("PROD_$B22") ],
    [ currency => '"USD"', '"JPY"' ],
    [ productType => '"subscription"', '"onetime"' ],
    [ withTrial => 'false', 'true' ],
    [ successUrl => '"https://shop.example/thanks"',
      '"https://localhost/thanks"' ],
    [ expiresInSeconds => '600', '604800' ],
    [ metadata => '{"cart":"4711"}', '{"cart":"4712"}', 'metadata.cart' ],
    [ orderMerchantExternalId => '"A1"', '"A2"' ],
    [ includePaymentMethods => '["card"]', '["wechat"]' ],
    [ originOrderId => qq("ORD_$B22"), '"ORD_0123456789ABCDEFabcdeg"' ],
    [ changeTiming => '"immediate"', '"next_period"' ],
    [ changeAmount => '"10.00"', '"0.01"' ],
    [ priceSnapshot => '{"amount":"29.00","taxCategory":"saas"}',
      '{"amount":"0.01","taxCategory":"saas"}', 'priceSnapshot.amount' ],
    [ excludePaymentMethods => '["wechat"]', '["card"]', undef,
      '/fixed/exclude' ],
    [ changeCreditAmount => '"10.00"', '"99.00"', undef, '/fixed/exclude' ],
);

for (@fixed) {
    my ($f, $good, $bad, $field, $uri) = @$_;
    my $esc = escaped($f, 0);

    $uri //= '/fixed';

    push @cases,
        [ "set: $f: bad", POST => $uri, qq({"$f":$bad}), $field // $f ],
        [ "set: $f: bad, escaped", POST => $uri, qq({"$esc":$bad}),
          $field // $f ],
        [ "set: $f: good", POST => $uri, qq({"$f":$good}), undef ],
        [ "set: $f: good, escaped", POST => $uri, qq({"$esc":$good}), undef ],
        [ "set: $f: good, then bad", POST => $uri,
          qq({"$f":$good,"$f":$bad}), $f ],
        [ "set: $f: bad, then good", POST => $uri,
          qq({"$f":$bad,"$f":$good}), $f ],
        [ "set: $f: good, then bad escaped", POST => $uri,
          qq({"$f":$good,"$esc":$bad}), $f ],
        [ "set: $f: bad escaped, then good", POST => $uri,
          qq({"$esc":$bad,"$f":$good}), $f ],
        [ "set: $f: good twice", POST => $uri,
          qq({"$f":$good,"$f":$good}), $f ];
}

my %FIXED = (
    '/fixed' => qq({"productId":"$P","currency":"USD",)
        . qq("storeId":"STO_$B22","productType":"subscription",)
        . '"priceSnapshot":{"amount":"29.00","taxCategory":"saas"},'
        . '"withTrial":false,"successUrl":"https://shop.example/thanks",'
        . '"expiresInSeconds":600,"metadata":{"cart":"4711"},'
        . '"orderMerchantExternalId":"A1","includePaymentMethods":["card"],'
        . qq("originOrderId":"ORD_$B22","changeTiming":"immediate",)
        . '"changeAmount":"10.00"}',
    '/fixed/exclude' => qq({"productId":"$P","currency":"USD",)
        . qq("excludePaymentMethods":["wechat"],"originOrderId":"ORD_$B22",)
        . '"changeCreditAmount":"10.00"}',
);

# What the API gets where something unknown was dropped: nothing of it.

my $SAFE = qq({"productId":"$P","currency":"USD"});
my $DE = '"billingDetail":{"country":"DE","isBusiness":false}';
my $ORDER = qq({"checkoutSessionId":"%SESSION%",$DE,"buyerIp":"127.0.0.1"});
my $BILLED = qq({"productId":"$P","currency":"USD",$DE});

my %DROPPED = (session => $SAFE, order => $ORDER, chain => "$BILLED $ORDER");


$t->plan(@cases + 22)->backend(1)->run;

my $called = 0;
my $connection;


sub ask {
    my ($method, $uri, $text, %h) = @_;

    my $type = $text =~ /^\{/ ? 'application/json'
                              : 'application/x-www-form-urlencoded';
    my ($head, $body) = PancakeTest::HTTP->build(
        $method, $method eq 'GET' ? "$uri?$text" : $uri,
        $method eq 'GET' ? undef : $text,
        Connection => undef, 'Content-Type' => $type, %h);

    for my $try (1, 2) {
        my $fresh = !$connection;
        $connection ||= $t->connect;
        $connection->send($head . $body);

        my $r = $connection->response;
        $connection = undef
            if !$r->status || lc($r->header('Connection') // '') eq 'close';

        return $r if $r->status || $fresh;
    }
}


# The recorded requests are only read when there may be new ones.

sub outcome {
    my ($method, $uri, $text) = @_;

    my $r = ask($method, $uri, $text);

    my @requests = $t->requests;

    if (@requests) {
        $called += @requests;
        $t->clear_requests;
    }

    my $got = join ' ', map { $_->body } @requests;
    $got =~ s/"cs_[0-9a-f-]{36}"/"%SESSION%"/g;

    return $got if $r->status == 302;

    my $errors = ($r->json || {})->{errors} || [];
    my %seen;
    my @fields = grep { !$seen{$_}++ }
                 sort map { $_->{field} // '' } @$errors;
    utf8::encode($_) for @fields;

    return join '', $r->status, ' ', join(',', @fields),
                @requests ? " after $got" : '';
}


for my $case (@cases) {
    my ($name, $method, $uri, $text, $field) = @$case;
    my ($target) = $uri =~ m{^/(\w+)};

    my $expected = defined $field ? "400 $field"
                 : $FIXED{$uri} // $DROPPED{$target};

    $expected = $BILLED
        if !defined $field && $target eq 'session'
           && $text =~ /billingDetail/;

    is(outcome($method, $uri, $text), $expected, $name);
}


# The header of the buyer never goes upstream.

my @HOSTILE = (
    'X-Merchant-Id'               => [ 'MER_0123456789ABCDEFabcdef' ],
    'x-merchant-id'               => [ 'MER_small', 'MER_twice' ],
    'X_Merchant_Id'               => [ 'MER_underscores' ],
    'X-Timestamp'                 => [ '1', '99999999999' ],
    'X-Signature'                 => [ 'A' x 342 . '==' ],
    'X_Signature'                 => [ 'underscores' ],
    'X-Store-Slug'                => [ 'somebody-elses-store' ],
    'X-Environment'               => [ 'prod', 'test' ],
    'X-Context-Buyer-Identity'    => [ 'victim@example.com' ],
    'X-Context-Visiting-Store-Id' => [ "STO_$B22" ],
    'X-Context-Merchant-Id'       => [ 'MER_1' ],
    'X-Context-'                  => [ 'nameless' ],
    'X-CONTEXT-ROLE'              => [ 'admin' ],
    'X_Context_Role'              => [ 'admin' ],
    'Authorization'               => [ 'Bearer stolen-session-token' ],
    'Proxy-Authorization'         => [ 'Basic eDp5' ],
    'Cookie'                      => [ 'sid=1', 'token=2' ],
    'X-Forwarded-For'             => [ '192.0.2.7' ],
    'X-Forwarded-Host'            => [ 'evil.example' ],
    'X-Forwarded-Proto'           => [ 'gopher' ],
    'X-Real-IP'                   => [ '192.0.2.7' ],
    'Forwarded'                   => [ 'for=192.0.2.7' ],
    'X-Original-URL'              => [ '/v1/graphql' ],
    'X-Rewrite-URL'               => [ '/v1/graphql' ],
    'X-HTTP-Method-Override'      => [ 'DELETE' ],
    'X-Accel-Redirect'            => [ '/_pancake/v1/graphql' ],
    'Upgrade'                     => [ 'websocket' ],
    'TE'                          => [ 'trailers' ],
    'Trailer'                     => [ 'X-Evil' ],
    'Via'                         => [ '1.1 evil' ],
    'Referer'                     => [ 'http://localhost/x' ],
    'User-Agent'                  => [ 'evil/1.0' ],
    'Accept'                      => [ 'text/html' ],
    'Accept-Encoding'             => [ 'gzip' ],
    'Accept-Language'             => [ 'xx' ],
    'Content-Encoding'            => [ 'identity' ],
    'Content-MD5'                 => [ 'x' ],
    'Digest'                      => [ 'x' ],
    'If-Match'                    => [ '"x"' ],
    'Range'                       => [ 'bytes=0-0' ],
    'X-Request-Id'                => [ 'evil' ],
    'traceparent'                 => [ '00-1-1-00' ],
);

my @ALLOWED = qw( accept accept-encoding content-length content-type host
                  user-agent x-idempotency-key x-merchant-id x-signature
                  x-timestamp );

for my $way (
    [ session => '{"darkMode":true}', 1 ],
    [ session => 'darkMode=1', 1 ],
    [ chain   => "{$DE}", 2 ],
) {
    my ($target, $text, $n) = @$way;
    my $name = "header, $target" . ($text =~ /^\{/ ? '' : ' by form');

    my $r = ask(POST => "/$target", $text, @HOSTILE);
    my @requests = $t->requests;

    is($r->status, 302, "$name: status");
    is(scalar @requests, $n, "$name: calls");
    is(join(' | ', map { join ' ', sort map { lc } $_->names } @requests),
       join(' | ', ("@ALLOWED") x $n), "$name: names");

    my $all = join '', map { $_->head } @requests;
    my @seen = grep { index(lc $all, lc $_) >= 0 && length $_ > 3 }
               grep { !/^(?:prod|test|admin|identity|gzip)$/ }
               map { @$_ } grep { ref } @HOSTILE;
    is("@seen", '', "$name: no value");

    is(join(' ', map { $_->header('X-Merchant-Id') } @requests),
       join(' ', ($t->merchant) x $n), "$name: merchant");
    is(join(' ', map { $_->signature_ok } @requests),
       join(' ', (1) x $n), "$name: signature");

    $called += @requests;
    $t->clear_requests;
}

# A key of the buyer's is taken into account, not passed on.

my @keys;

for my $key ('buyers-own-key', 'buyers-own-key', 'another-key') {
    ask(POST => '/session', '{}', 'X-Idempotency-Key' => $key);
    push @keys, map { $_->header('X-Idempotency-Key') } $t->requests;
    $called++;
    $t->clear_requests;
}

like($keys[0], qr/^[A-Za-z0-9_-]{43}\z/, 'key: one of our own');
is($keys[1], $keys[0], 'key: the same again');
isnt($keys[2], $keys[0], 'key: another for another');

# A call that came after its test had looked would be counted here.

ask(POST => '/session', '{}');
is(($t->requests)[0]{seq}, $called + 1, 'no call has come too late');
