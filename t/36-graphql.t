# Fixed GraphQL queries: the text is the configuration's, to the byte; a buyer
# sends variables that are named, and nothing else; and what comes back, data
# and errors, is passed on clean.  Contract.md, section 6.8.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use Test::More;

my $FILE = <<'EOQ';
# is it paid?
query ($reference: String!) {
    onetimeOrders(filter: { orderMerchantExternalId: { eq: $reference } }) {
        id status amount currency orderMerchantExternalId
    }
}
EOQ

my $CONF = <<'EOC';
server {
    listen 127.0.0.1:%%PORT_0%%;
    server_name localhost;

    # what nginx itself logs of a link is the merchant's to decide

    access_log off;

    %%CREDENTIALS%%
    %%RETRY_OFF%%

    location = /paid {
        pancake_checkout graphql;
        pancake_graphql_query queries/paid.graphql;
        pancake_accept variables.reference;
    }

    location = /paid/args {
        pancake_checkout graphql;
        pancake_graphql_query %%DIR%%/queries/paid.graphql;
        pancake_accept variables.reference;
        pancake_input args;
    }

    location = /plain {
        pancake_checkout graphql;
        pancake_graphql_query '{ a }';
    }

    location = /drop {
        pancake_checkout graphql;
        pancake_graphql_query '{ a }';
        pancake_accept variables.a;
        pancake_unknown_fields drop;
    }

    location = /all {
        pancake_checkout graphql;
        pancake_graphql_query '{ a }';
        pancake_accept variables;
    }

    location = /some {
        pancake_checkout graphql;
        pancake_graphql_query '{ a }';
        pancake_set variables.shop one;
        pancake_set variables.order $cookie_order;
        pancake_accept variables.first variables.order;
    }

    # characters that JSON has to escape, and others

    location = /odd {
        pancake_checkout graphql;
        pancake_graphql_query
            '{ a(b: "\\\\ \" é 🥞 </script>", c: $d) # e
        f }';
    }

    location /outer {
        pancake_graphql_query 'query { outer }';

        location = /outer/inherits { pancake_checkout graphql; }
        location = /outer/replaces { pancake_checkout graphql;
                                     pancake_graphql_query '{ inner }'; }
        location = /outer/other    { pancake_checkout create-session;
                                     pancake_accept productId currency; }
    }

    location = /again {
        pancake_checkout graphql;
        pancake_graphql_query '{ a }';
        pancake_retry 3 backoff=10ms;
    }

    location = /staff {
        pancake_checkout graphql;
        pancake_graphql_query '{ a }';
        pancake_require $http_x_staff;
    }

    location = /redirect {
        pancake_checkout graphql;
        pancake_graphql_query '{ a }';
        pancake_reply redirect;
    }

    location = /buy {
        pancake_checkout create-session;
        pancake_accept productId currency;
        pancake_set orderMerchantExternalId $http_x_reference;
    }

    location = /order { pancake_checkout create-order; }

    %%API_LOCATION%%
}

server {
    listen 127.0.0.1:%%PORT_3%%;
    server_name localhost;

    pancake_store_slug my-store-abc123 test;
    %%RETRY_OFF%%

    location = /plain {
        pancake_checkout graphql;
        pancake_graphql_query '{ a }';
        pancake_accept variables.a;
    }

    %%API_LOCATION%%
}
EOC

my $t = PancakeTest->new;
my $s = PancakeTest->new->has('node');

$_->write_file('queries/paid.graphql', $FILE)->conf($CONF) for $t, $s;

my $JSON = 'application/json';
my $FORM = 'application/x-www-form-urlencoded';

my $PAID = '"query":"' . $FILE =~ s/\n/\\n/gr . '"';
my $A = '"query":"{ a }"';
my $E = "\xc3\xa9";


# A place, what is sent, and what is expected: "400 FIELD ..." and no call, or
# the bytes that the API gets.

my @cases = (

    # nothing of the buyer's in it

    [ '/plain', '{}', "{$A}" ],
    [ '/plain', '', "{$A}" ],
    [ '/plain', '{"variables":{}}', '400 variables' ],
    [ '/plain', '{"variables":{"a":"b"}}', '400 variables' ],
    [ '/plain', '{"variables":null}', '400 variables' ],
    [ '/plain', 'variables.a=b', '400 variables' ],
    [ '/plain', 'variables[a]=', '400 variables' ],

    # the query: only what is said already

    (map { [ $_->[0], $_->[1], '400 query' ] }
        map { my $uri = $_; map { [ $uri, $_ ] }
        '{"query":"{ b }"}', '{"query":"{ a } "}', '{"query":""}',
        '{"query":null}', '{"query":["{ a }"]}', '{"query":{"a":"b"}}',
        '{"query":5}', '{"quer\u0079":"{ b }"}',
        '{"\u0071\u0075\u0065\u0072\u0079":"{ b }"}',
        '{"query":"{ a }","query":"{ b }"}',
        '{"query":"{ a }","quer\u0079":"{ b }"}',
        '{"query":"mutation { a }"}', 'query=%7B+b+%7D',
        '%71uery=%7B+b+%7D', 'query[]=%7B+a+%7D', 'query.x=1',
        'query=%7B+a+%7D&query=%7B+b+%7D' } qw( /plain /drop /all )),
    [ '/plain', '{"query":"{ a }"}', "{$A}" ],
    [ '/plain', 'query=%7B+a+%7D', "{$A}" ],
    [ '/plain', 'query=', "{$A}" ],

    (map { [ '/plain', qq({"$_":"a"}), "400 $_" ],
           [ '/drop', qq({"$_":"a"}), "{$A}" ] }
        qw( operationName extensions id Query QUERY Variables document
            productId orderId )),
    [ '/plain', '[{"query":"{ b }"}]', '400' ],
    [ '/plain', '"{ b }"', '400' ],
    [ '/plain', '{"query\u0000":"{ b }"}', '400' ],
    [ '/plain', '{ b }', '400' ],

    # one variable

    [ '/paid', '{"variables":{"reference":"A-1"}}',
      "{$PAID," . '"variables":{"reference":"A-1"}}' ],
    [ '/paid', 'variables.reference=A-1',
      "{$PAID," . '"variables":{"reference":"A-1"}}' ],
    [ '/paid', 'variables%5Breference%5D=A%2B1',
      "{$PAID," . '"variables":{"reference":"A+1"}}' ],
    [ '/paid/args', 'variables.reference=A-1',
      "{$PAID," . '"variables":{"reference":"A-1"}}' ],
    [ '/paid/args', 'variables[reference]=12',
      "{$PAID," . '"variables":{"reference":"12"}}' ],
    [ '/paid', '{}', "{$PAID}" ],
    [ '/paid', 'variables.reference=', "{$PAID}" ],
    [ '/paid', '{"variables":{}}', "{$PAID}" ],
    (map { [ '/paid', qq({"variables":{"reference":$_}}),
             qq({$PAID,"variables":{"reference":$_}}) ] }
        '""', '"' . 'x' x 1024 . '"', qq("$E\\n\\t"), '"\"\\\\"', 'null',
        'true', 'false', '0', '-1', '1.5', '1e3', '-0.0',
        '12345678901234567890123', '"$reference"', '"{ b }"',
        '"\\") { b } #"'),
    (map { [ '/paid', qq({"variables":{"reference":$_}}),
             '400 variables.reference' ] }
        '{}', '[]', '["A-1"]', '{"eq":"A-1"}', '[null]',
        '"' . 'x' x 1025 . '"', '"' . $E x 513 . '"'),
    (map { [ '/paid', qq({"variables":$_}), '400 variables' ] }
        'null', '"A-1"', '[]', '5', 'true', '[{"reference":"A-1"}]'),
    (map { [ '/paid', qq({"variables":{$_}}), '400 variables.other' ] }
        '"other":"a"', '"other":null', '"reference":"A-1","other":"a"',
        '"other":{"reference":"A-1"}', '"oth\u0065r":""'),
    (map { [ '/paid', qq({"variables":{"$_":"a"}}), "400 variables.$_" ] }
        'Reference', 'reference ', ' reference', 'reference.x', 'referenc',
        'referencex', '$reference', 'variables.reference', '__proto__'),
    [ '/paid', '{"variables.reference":"a"}', '400 variables.reference' ],
    [ '/paid', '{"reference":"a"}', '400 reference' ],
    [ '/paid', 'reference=a', '400 reference' ],
    [ '/paid', '{"variables":{"reference":"a","reference":"b"}}',
      '400 variables.reference' ],
    [ '/paid', '{"variables":{"reference":"a","\u0072eference":"b"}}',
      '400 variables.reference' ],
    [ '/paid', '{"variables":{"reference":"a"},"variables":{}}',
      '400 variables' ],
    [ '/paid', 'variables.reference=a&variables[reference]=b',
      '400 variables.reference' ],
    [ '/paid', 'variables.reference[]=a', '400 variables.reference' ],
    [ '/paid', 'variables.reference.eq=a', '400 variables.reference' ],
    [ '/paid', 'variables=a', '400 variables' ],
    [ '/paid', '{"variables":{"reference":1e}}', '400' ],
    [ '/paid', '{"variables":{"reference":01}}', '400' ],

    # whatever there is

    [ '/all', '{"variables":{"b":1,"a":"x","c":null,"d":true}}',
      "{$A," . '"variables":{"a":"x","b":1,"c":null,"d":true}}' ],
    [ '/all', '{"variables":{"a.b":"x"}}',
      "{$A," . '"variables":{"a.b":"x"}}' ],
    [ '/all', '{"variables":{"a":[1]}}', '400 variables.a' ],
    [ '/all', '{"variables":{"a\nb":"x"}}', "400 variables.a\nb" ],
    [ '/all', '{"variables":{' . variables(50) . '}}',
      "{$A," . '"variables":{' . variables(50) . '}}' ],
    [ '/all', '{"variables":{' . variables(51) . '}}', '400 variables' ],

    # the shop's first, then the buyer's

    [ '/some', '{}', "{$A," . '"variables":{"shop":"one"}}' ],
    [ '/some', '{"variables":{"first":10}}',
      "{$A," . '"variables":{"shop":"one","first":10}}' ],
    [ '/some', '{"variables":{"shop":"one","first":10}}',
      "{$A," . '"variables":{"shop":"one","first":10}}' ],
    [ '/some', '{"variables":{"shop":"two"}}', '400 variables.shop' ],
    [ '/some', '{"variables":{"shop":null}}', '400 variables.shop' ],
    [ '/some', '{"variables":{"shop":1}}', '400 variables.shop' ],
    [ '/some', '{}', "{$A," . '"variables":{"shop":"one","order":"7"}}',
      Cookie => 'order=7' ],
    [ '/some', '{"variables":{"order":"8"}}', '400 variables.order',
      Cookie => 'order=7' ],
    [ '/some', '{"variables":{"order":7}}', '400 variables.order',
      Cookie => 'order=7' ],
    [ '/some', '{"variables":{"order":"7"}}',
      "{$A," . '"variables":{"shop":"one","order":"7"}}',
      Cookie => 'order=7' ],

    # set to nothing it stays the shop's

    [ '/some', '{"variables":{"order":"7"}}', '400 variables.order' ],
    [ '/some', '{}', '500 variables.order',
      Cookie => 'order=' . 'x' x 1025 ],

    # dropped is what is unknown, not what is the shop's

    [ '/drop', '{"variables":{"a":"1"},"x":{"y":[]}}',
      "{$A," . '"variables":{"a":"1"}}' ],
    [ '/drop', '{"variables":{"a":"1","b":"2"}}', '400 variables.b' ],

    # bytes

    [ '/odd', '{}', '{"query":"{ a(b: \"\\\\\\\\ \\" ' . $E
      . " \xf0\x9f\xa5\x9e" . ' </script>\", c: $d) # e\n        f }"}' ],
    [ '/outer/inherits', '{}', '{"query":"query { outer }"}' ],
    [ '/outer/replaces', '{}', '{"query":"{ inner }"}' ],
    [ '/outer/other', '{"query":"query { outer }"}',
      '400 currency productId query' ],
);


sub variables {
    return join ',', map { sprintf '"k%02d":"v"', $_ } 1 .. $_[0];
}


# What the API answers, and what is told: the status, and the body or the
# start of the first message.

sub told { qq({"data":{"a":1},"errors":[$_[0]]}) }

my $LONG = 'x' x 300;

my @answers = (
    [ '{"data":{"a":1}}', 200, '{"data":{"a":1}}' ],
    [ '{"data":{}}', 200, '{"data":{}}' ],
    [ '{"data":{"a":null}}', 200, '{"data":{"a":null}}' ],
    [ ' { "data" : { "a" : [ 1 , 1.50 , -0 , 1e3 , true , null , "" ] } } ',
      200, '{"data":{"a":[1,1.50,-0,1e3,true,null,""]}}' ],
    [ '{"data":{"a":12345678901234567890.0}}', 200,
      '{"data":{"a":12345678901234567890.0}}' ],
    [ '{"data":{"a":"\u00e9\u0001\ud83e\udd5e\/"}}', 200,
      qq({"data":{"a":"$E\\u0001\xf0\x9f\xa5\x9e/"}}) ],
    [ '{"data":{"z":1,"a":{"c":[{"b":[[]]}]}}}', 200,
      '{"data":{"z":1,"a":{"c":[{"b":[[]]}]}}}' ],
    [ '{"data":{"a":1},"extensions":{"cost":5},"x":1}', 200,
      '{"data":{"a":1}}' ],
    [ '{"data":{"a":1},"warnings":[{"message":"slow","layer":"graphql"}]}',
      200, '{"data":{"a":1}}' ],
    [ '{"data":{"a":1},"errors":[]}', 200, '{"data":{"a":1}}' ],
    [ '{"data":{"a":1},"errors":null}', 200, '{"data":{"a":1}}' ],

    # data and errors

    [ told('{"message":"b is null"}'), 200,
      told('{"message":"b is null","layer":"api"}') ],
    [ '{"errors":[{"message":"b"}],"data":{"a":1}}', 200,
      told('{"message":"b","layer":"api"}') ],
    [ told('{"message":"b","layer":"graphql","path":["a",0],"locations":'
           . '[{"line":1,"column":2}],"extensions":{"stack":"secret"},'
           . '"aiHint":"ask"}'), 200,
      told('{"message":"b","layer":"graphql"}') ],
    [ told('{"message":"b"},{"message":"c","layer":"order"}'), 200,
      told('{"message":"b","layer":"api"},{"message":"c","layer":"order"}')
    ],
    [ told('{"message":"a\r\nb\u0000c\u007f","layer":"A b"}'), 502 ],
    [ told('{"message":"a\r\nb\u001bc\u007f","layer":"A b"}'), 200,
      told('{"message":"a  b c ","layer":"api"}') ],
    [ told(qq({"message":"$LONG"})), 200,
      told('{"message":"' . 'x' x 200 . '","layer":"api"}') ],
    [ told('5,null,"a",{},{"message":5}'), 200,
      told(join ',', ('{"message":"no message","layer":"api"}') x 5) ],
    [ told(join ',', ('{"message":"a"}') x 40), 200,
      told(join ',', ('{"message":"a","layer":"api"}') x 16) ],

    # neither

    [ '{"data":null}', 502 ], [ '{}', 502 ], [ '[]', 502 ], [ '', 502 ],
    [ '{"data":[]}', 502 ], [ '{"data":"a"}', 502 ], [ 'null', 502 ],
    [ '{"data":null,"errors":[{"message":"Too costly"}]}', 502 ],
    [ '{"errors":[{"message":"Too costly"}]}', 502 ],
    [ '{"data":{"a":1},"errors":{"message":"b"}}', 502 ],
    [ '{"data":{"a":1},"errors":"b"}', 502 ],
    [ '{"data":{"a":1,"a":2}}', 502 ],
    [ '{"data":{"a":1}', 502 ], [ '{"data":{"a":1}}{}', 502 ],
    [ '{"data":{"a":01}}', 502 ], [ "{\"data\":{\"a\":\"\xff\"}}", 502 ],
);

my @statuses = (
    [ [ 400, message => 'Cannot query field "b"' ], 400,
      'Cannot query field "b"' ],
    [ [ 401 ], 502, 'checkout is not available' ],
    [ [ 403, message => 'Only queries are supported' ], 502,
      'checkout is not available' ],
    [ [ 404 ], 404, 'Session not found' ],
    [ [ 429 ], 429, 'too many checkouts at once' ],
    [ [ 500 ], 502, 'the payment service is not' ],
    [ [ 503 ], 503, 'the payment service is not' ],
    [ [ 302 ], 502, 'checkout is not available' ],
    [ [ 'wrong_type' ], 502, 'checkout is not available' ],
    [ [ 'gzip' ], 502, 'checkout is not available' ],
    [ [ 'oversize_chunk' ], 502, 'checkout is not available' ],
    [ [ 'cut_chunk' ], 502, 'checkout is not available' ],
    [ [ 'close_before_header' ], 502, 'the payment service is not' ],
);


# nginx -t

my $KEY = "%%CREDENTIALS%%\n";
my $BEGINS = 'query in "pancake_graphql_query" directive must begin with '
    . '"query" or "{", the API answers queries only';

$t->write_file('one.graphql', '{ a }');
$t->write_file('commented.graphql',
               "# mutation { b }\r\n\n ,\t# x\rquery Paid { a }");
$t->write_file('largest.graphql', '{' . ' ' x 65534 . '}');
$t->write_file('large.graphql', '{' . ' ' x 65535 . '}');
$t->write_file('empty.graphql', '');
$t->write_file('comment.graphql', '# { a }');
$t->write_file('blank.graphql', " \n\t,");
$t->write_file('latin.graphql', "{ a(b: \"\xe9\") }");
$t->write_file('mutation.graphql', "# a\nmutation { a }");

my @refused = (
    [ 'no value', 'pancake_graphql_query; # HERE',
      'invalid number of arguments in "pancake_graphql_query" directive' ],
    [ 'two values', "pancake_graphql_query '{ a }' '{ b }'; # HERE",
      'invalid number of arguments in "pancake_graphql_query" directive' ],
    [ 'twice', q(pancake_graphql_query '{a}'; pancake_graphql_query '{b}';)
      . ' # HERE', '"pancake_graphql_query" directive is duplicate' ],
    (map { [ "text: $_", "pancake_graphql_query '$_'; # HERE", $BEGINS ] }
        'mutation { a }', 'subscription { a }', 'fragment f on A { a }',
        '# query { a }', 'Query { a }', 'QUERY { a }', '[{ a }]',
        '"query" { a }', 'quer { a }', 'a { b }', "\xef\xbb\xbf{ a }",
        ' mutation { a }', "# x\nmutation { a }", 'queryx { a }',
        'query_a { b }'),
    (map { [ "file: $_", "pancake_graphql_query $_.graphql; # HERE",
             $BEGINS ] } qw( empty comment blank mutation )),
    [ 'too large', 'pancake_graphql_query large.graphql; # HERE',
      'query in "pancake_graphql_query" directive has more than 65536 '
      . 'bytes' ],
    [ 'not UTF-8', 'pancake_graphql_query latin.graphql; # HERE',
      'query in "pancake_graphql_query" directive is not UTF-8' ],
    [ 'text not UTF-8', "pancake_graphql_query '{ a(b: \"\xe9\") }'; # HERE",
      'query in "pancake_graphql_query" directive is not UTF-8' ],
    [ 'no file', 'pancake_graphql_query none.graphql; # HERE',
      'open() "%%DIR%%/none.graphql" failed (2: No such file or '
      . 'directory)' ],
    [ 'no query', 'pancake_checkout graphql; # HERE',
      'action "graphql" needs "pancake_graphql_query"' ],
    [ 'accept query', 'pancake_accept query; # HERE',
      'field "query" in "pancake_accept" directive cannot be taken from a '
      . 'buyer, it is what "pancake_graphql_query" says' ],
    [ 'set query', "pancake_set query '{ a }'; # HERE",
      'field "query" cannot be set by "pancake_set" directive, it is what '
      . '"pancake_graphql_query" says' ],
    [ 'set variables', 'pancake_set variables a; # HERE',
      'field "variables" in "pancake_set" directive is an object, set its '
      . 'members one by one as "variables.NAME"' ],
    (map { [ "unknown $_", "pancake_accept $_; # HERE",
             qq(unknown field "$_" in "pancake_accept" directive) ] }
        'variables.', 'variables.a.b', 'operationName', 'extensions'),
    [ 'a long value', "pancake_checkout graphql;\n"
      . "pancake_graphql_query '{ a }';\n"
      . 'pancake_set variables.a ' . 'x' x 1025 . '; # HERE',
      'field "variables.a" in "pancake_set" must be an object of at most 50 '
      . 'strings of at most 1024 bytes, numbers or booleans' ],
    [ 'a field of another action', "pancake_checkout graphql;\n"
      . "pancake_graphql_query '{ a }';\npancake_accept productId; # HERE",
      'action "graphql" has no field "productId", remove it from '
      . '"pancake_accept"' ],
    [ 'a chain', 'pancake_checkout create-session graphql; # HERE',
      'action "graphql" cannot follow "create-session" in '
      . '"pancake_checkout" directive, two actions must be "create-session" '
      . 'and "create-order" or "create-subscription"' ],
);

my @accepted = (
    [ 'a file', 'pancake_graphql_query one.graphql;' ],
    [ 'a path', 'pancake_graphql_query %%DIR%%/one.graphql;' ],
    [ 'comments', 'pancake_graphql_query commented.graphql;' ],
    [ 'the largest', 'pancake_graphql_query largest.graphql;' ],
    (map { [ $_, "pancake_graphql_query '$_';" ] }
        '{a}', ' { a }', 'query{a}', 'query { a }', 'query A($b: C) { a }',
        "query\n{ a }", 'query($b: C!){a}', "\n\t,{ a }", 'query @x { a }'),
    [ 'everything', "pancake_graphql_query '{ a }';\n"
      . 'pancake_accept variables; # HERE',
      '"pancake_accept" lets every buyer set "variables": every variable of '
      . 'the query' ],

    # what a merchant names is meant

    [ 'by name', "pancake_graphql_query '{ a }';\n"
      . 'pancake_accept variables.a variables.b; # HERE' ],
);


$s->sandbox(slug => 'my-store-abc123');

$t->plan(@cases + 2 + 2 * @answers + 4 * @statuses + 12 + 3 + 6 + 6 + 3
         + @refused + @accepted + 2 + 16)->backend(1)->run;

my $called = 0;


sub outcome {
    my ($uri, $text, @headers) = @_;

    my $get = $uri =~ m{/args$};
    my $r = $t->clear_requests->send_request(
        $get ? 'GET' : 'POST', $get ? "$uri?$text" : $uri,
        $get ? undef : $text,
        'Content-Type' => $get ? undef : $text =~ /^[\s"\[\{]/ ? $JSON
                                                                : $FORM,
        @headers);
    my @requests = $t->requests;
    $called += @requests;

    if ($r->status == 200) {
        return '200 without a call' unless @requests;
        return join ' ', map { $_->body } @requests;
    }

    my $errors = ($r->json || {})->{errors} || [];
    return join ' ', $r->status, (sort map { $_->{field} // () } @$errors),
                     @requests ? 'after a call' : ();
}

for my $case (@cases) {
    my ($uri, $text, $expected, @headers) = @$case;

    (my $name = substr $text, 0, 60) =~ s/[^\x20-\x7e]/?/g;
    is(outcome($uri, $text, @headers), $expected, "$uri: $name");
}

for my $case ([ '/plain', '{"query":"{ b }"}',
                'query is set by this server and must not be sent' ],
              [ '/paid', '{"variables":{"other":"a"}}',
                'variables.other is set by the shop and must not be sent' ])
{
    my ($uri, $text, $message) = @$case;

    is($t->post_json($uri, $text)->json->{errors}[0]{message}, $message,
       "$uri: message");
}


# Answers.

for my $case (@answers) {
    my ($text, $status, $expected) = @$case;

    $t->mode('reply', body => $text);
    my $r = $t->post_json('/plain', '{}');
    $called++;

    (my $name = substr $text, 0, 60) =~ s/[^\x20-\x7e]/?/g;

    is($r->status, $status, "answer $name: status");
    is($r->body, $expected // '{"data":null,"errors":[{"message":"checkout '
       . 'is not available","layer":"edge"}]}', "answer $name: told");
}

for my $case (@statuses) {
    my ($mode, $status, $text) = @$case;
    my ($what, %opt) = @$mode;

    $t->clear_requests->mode($what, %opt);
    my $r = $t->post_json('/plain', '{}');
    my $calls = $t->requests;
    $called += $calls;

    my $json = $r->json || {};
    my $message = ($json->{errors} || [ {} ])->[0]{message} // '';

    is($r->status, $status, "answer @$mode: status");
    is(substr($message, 0, length $text), $text, "answer @$mode: message");
    is(exists $json->{data} && !defined $json->{data} ? 1 : 0, 1,
       "answer @$mode: no data");
    is($calls, 1, "answer @$mode: one call");
}

# many orders, and deep in one another

for my $case (
    [ 'many', '{"orders":[' . join(',', map {
          qq({"id":"ORD_$_","status":"completed"}) } 1000 .. 1299) . ']}' ],
    [ 'deep', '{"a":' x 12 . '1' . '}' x 12 ],
) {
    my ($name, $data) = @$case;

    $t->mode('reply', body => "{\"data\":$data}");
    my $r = $t->post_json('/plain', '{}');
    $called++;

    is($r->status, 200, "answer $name: status");
    is($r->body, "{\"data\":$data}", "answer $name: told");
}

$t->mode('ok');


# Over the wire, and back.

for my $case ([ 0, 'x-merchant-id x-signature x-timestamp' ],
              [ 3, 'x-environment x-store-slug' ]) {
    my ($port, $credential) = @$case;

    my $r = $t->clear_requests->post_json('/plain', '{}', -port => $port,
        Accept => 'text/html', 'Idempotency-Key' => 'k36',
        Authorization => 'Bearer buyers-own');
    my ($req) = $t->requests;
    $called++;

    is($req->line, 'POST /v1/graphql HTTP/1.1', "wire, $port: line");
    is(join(' ', sort map { lc } $req->names),
       join(' ', sort qw( accept accept-encoding content-length content-type
                          host user-agent ), split / /, $credential),
       "wire, $port: header");
    is($r->status . ' ' . $r->header('Content-Type') . ' '
       . $r->header('Cache-Control'), "200 $JSON no-store",
       "wire, $port: answer");
    is($r->body, '{"data":{"ok":true}}', "wire, $port: body");
}

is(($t->clear_requests->post_json('/plain', '{}'), $t->requests)[1]
     ->signature_ok, 1, 'wire: signature');
$called++;
is($t->post_json('/redirect', '{}', Accept => 'text/html')->status, 200,
   'no redirect');
$called++;
is($t->get('/plain')->status, 405, 'no link');

for my $case ([ 403 ], [ 403, 'X-Staff' => 0 ], [ 200, 'X-Staff' => 1 ]) {
    my ($status, @headers) = @$case;

    my $r = $t->clear_requests->post_json('/staff', '{}', @headers);
    my $calls = $t->requests;
    $called += $calls;

    is($r->status, $status, "staff: @headers: status");
    is($calls, $status == 200 ? 1 : 0, "staff: @headers: calls");
}


# Reads are repeated, without a key.

for my $mode (500, 'close_before_header', 'cut_chunk') {
    $t->clear_requests->mode([ $mode ], [ $mode ], [ 'ok' ]);

    my $r = $t->post_json('/again', '{}');
    my @requests = $t->requests;
    $called += @requests;

    is($r->status . ' after ' . @requests, '200 after 3',
       "repeated after $mode");
    is(join(' ', map { $_->header('X-Idempotency-Key') // 'none' } @requests),
       'none none none', "repeated after $mode: no key");
}

for my $status (400, 404, 429) {
    $t->clear_requests->mode($status);
    $t->post_json('/again', '{}');
    my $calls = $t->requests;
    $called += $calls;
    is($calls, 1, "not repeated after $status");
}

# A call that came after its test had looked would be counted here.

$t->mode('ok')->clear_requests;
$t->post_json('/plain', '{}');
is(($t->requests)[0]{seq}, $called + 1, 'no call has come too late');

# What is read is read once: a changed file counts at the next reload.

$t->write_file('queries/paid.graphql', '{ changed }');
is(outcome('/paid', '{}'), "{$PAID}", 'a changed file: not yet');
$t->reload;
is(outcome('/paid', '{}'), '{"query":"{ changed }"}',
   'a changed file: reloaded');


# nginx -t

for my $case (@refused) {
    my ($name, $text, $message) = @$case;

    $name =~ s/[^\x20-\x7e]/?/g;
    $t->must_fail_config("${KEY}location = /a {\n$text\n}\n",
                         "$message in %%HERE%%", "nginx -t: $name");
}

for my $case (@accepted) {
    my ($name, $text, @messages) = @$case;

    $t->warns_config("${KEY}location = /a {\npancake_checkout graphql;\n"
                     . "$text\n}\n", map { "$_ in %%HERE%%" } @messages);
}


# Is it paid?  An API that knows.

$s->run;

sub paid {
    my ($reference, $form) = @_;

    my $r = $form
        ? $s->post_form('/paid', [ 'variables.reference' => $reference ])
        : $s->post_json('/paid', { variables => { reference => $reference } });
    return $r->status . ' ' . join ' ', map { "$_->{status} $_->{amount}" }
           @{ ($r->json->{data} || {})->{onetimeOrders} || [] };
}

is(paid('A-36'), '200 ', 'no such order');

my $made = $s->post_json('/buy', '{"currency":"USD","productId":'
    . '"PROD_4cWAslE1GKkGeaOMl9Vbmy"}', 'X-Reference' => 'A-36',
    Accept => $JSON);
my $id = $made->json->{data}{sessionId};

is($made->status, 200, 'a session');
is(paid('A-36'), '200 ', 'a session is no order');

my $order = $s->post_json('/order', qq({"checkoutSessionId":"$id",)
    . '"billingDetail":{"country":"DE","isBusiness":false}}');
my ($page) = ($order->location // '') =~ m{^https?://[^/]+(/.*)};

is($order->status, 302, 'an order');
is(paid('A-36'), '200 pending 29.00', 'an order is not paid');
is($s->send_request('POST', $page // '/none', '', -port => 1)->status, 200,
   'it is paid there');
is(paid('A-36'), '200 completed 29.00', 'paid');
is(paid('A-36', 1), '200 completed 29.00', 'paid, asked by form');
is(paid('A-37'), '200 ', 'another is not');

my $link = $s->get('/paid/args?variables.reference=A-36');
is($link->json->{data}{onetimeOrders}[0]{status}, 'completed',
   'paid, asked by a link');
is(join(' ', sort keys %{ $link->json->{data}{onetimeOrders}[0] }),
   'amount currency id orderMerchantExternalId status',
   'what the query names');

my $before = $s->sandbox_get('state')->{requests};
is($s->post_json('/paid', '{"query":"{ onetimeOrders { id } }"}')->status,
   400, 'another query');
is($s->sandbox_get('state')->{requests}, $before, 'another query: no call');
is($s->post_json('/plain', '{}', -port => 3)->body, '{"data":{"a":null}}',
   'by slug');
is(join(' ', map { @{ $_->{notes} } } @{ $s->sandbox_get('requests') }), '',
   'nothing odd on the wire');
