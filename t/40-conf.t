# What could never work at a request is refused by "nginx -t", with the line
# and in words that say what to do; what is dangerous is warned about.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use Test::More;

my $t = PancakeTest->new;

my $KEY = PancakeTest::Log::slurp($t->top . '/t/vectors/test-key.pem');

$t->write_file('open.pem', $KEY, 0640);
$t->write_file('world.pem', $KEY, 0604);
$t->write_file('secret', "0123456789abcdef\n", 0600);
$t->write_file('short', "0123456789abcde\n", 0600);
$t->write_file('open-secret', '0123456789abcdef', 0644);

my $READY = 'pancake_accept productId currency;';
my $CREDENTIALS = '"pancake_private_key" and "pancake_store_slug" are two '
    . 'credentials, remove one of them or move it to another level';

sub number { qq(invalid number of arguments in "$_[0]" directive) }
sub twice { qq("$_[0]" directive is duplicate) }
sub misplaced { qq("$_[0]" directive is not allowed here) }
sub flag { qq(invalid value "$_[1]" in "$_[0]" directive, it must be "on" )
           . 'or "off"' }

sub unknown { qq(unknown field "$_[1]" in "$_[0]" directive) }

sub action {
    qq(unknown action "$_[0]" in "pancake_checkout" directive, it must be )
    . '"create-session", "create-order", "create-subscription", '
    . '"preview-tax", "cancel-order", "cancel-subscription", '
    . '"create-product", "issue-session-token" or "graphql"';
}

sub order {
    qq(action "$_[1]" cannot follow "$_[0]" in "pancake_checkout" directive, )
    . 'two actions must be "create-session" and "create-order" or '
    . '"create-subscription"';
}

sub api {
    qq(invalid URI prefix "$_[0]" in "pancake_api" directive, it must begin )
    . 'and not end with "/" and have no arguments';
}

sub merchant {
    qq(invalid merchant id "$_[0]" in "pancake_merchant_id" directive, it )
    . 'must be "MER_" and letters or digits';
}

sub short_merchant {
    qq(merchant id "$_[0]" in "pancake_merchant_id" directive has not 22 )
    . 'letters or digits after "MER_"';
}

sub slug {
    qq(invalid store slug "$_[0]" in "pancake_store_slug" directive, it must )
    . 'be small letters, digits and hyphens';
}

sub environment {
    qq(invalid environment "$_[0]" in "pancake_store_slug" directive, it )
    . 'must be "test" or "prod"';
}

sub host {
    qq(invalid host "$_[0]" in "pancake_redirect_hosts" directive, it must )
    . 'be a host name in small letters without scheme, port and wildcard';
}

sub constant {
    qq(constant "$_[0]" in "pancake_idempotency_key" directive would let all )
    . 'buyers share one session, use a variable that tells them apart, such '
    . 'as $cookie_NAME';
}

sub attempts {
    qq(invalid number of attempts "$_[0]" in "pancake_retry" directive, it )
    . 'must be 1 to 10, or "off" alone';
}

sub parameter {
    qq(invalid parameter "$_[0]" in "pancake_retry" directive, it must be )
    . '"backoff=time" or "deadline=time", once, of 1ms to 10m';
}

sub too_late {
    my ($backoff, $deadline) = @_;

    return "no second attempt after ${backoff}ms can begin before the "
        . "deadline of ${deadline}ms in \"pancake_retry\" directive, set a "
        . 'shorter backoff= or a longer deadline=';
}

sub everybody {
    qq(constant "$_[0]" in "pancake_require" directive is the same for )
    . 'everybody, use a variable, or "on" alone when access is controlled '
    . 'elsewhere';
}

sub no_field {
    qq(action "$_[0]" has no field "$_[1]", remove its "pancake_set");
}

sub unset {
    qq(action "create-session" needs field "$_[0]", add "pancake_set $_[0]" )
    . qq(or let buyers choose with "pancake_accept $_[0]");
}

sub object {
    qq(field "$_[0]" in "pancake_set" directive is an object, set its members )
    . qq(one by one as "$_[0].NAME");
}

sub unsettable {
    qq(field "$_[0]" cannot be set by "pancake_set" directive, it $_[1]);
}

sub unacceptable {
    qq(field "$_[0]" in "pancake_accept" directive cannot be taken from a )
    . "buyer, it $_[1]";
}

my $LOCKED = 'is locked by the checkout session and must not be sent';
my $ADDRESS = 'is the client address and set by nginx';
my $HANDLER = '"pancake_checkout" cannot share a location with "proxy_pass" '
    . 'or another directive that answers requests';


# One directive at the level of the server: the line, and the message.

my @lines = (

    # pancake_checkout anywhere but in a location

    [ 'pancake_checkout create-session;', misplaced('pancake_checkout') ],

    # pancake_api

    [ 'pancake_api;',                 number('pancake_api') ],
    [ 'pancake_api /a /b;',           number('pancake_api') ],
    [ 'pancake_api "";',              api('') ],
    [ 'pancake_api /;',               api('/') ],
    [ 'pancake_api api;',             api('api') ],
    [ 'pancake_api /api/;',           api('/api/') ],
    [ 'pancake_api /api?a;',          api('/api?a') ],
    [ 'pancake_api /api#a;',          api('/api#a') ],
    [ 'pancake_api /a%20b;',          api('/a%20b') ],
    [ 'pancake_api "/a b";',          api('/a b') ],
    [ "pancake_api /caf\xc3\xa9;",    api("/caf\xc3\xa9") ],
    [ 'pancake_api https://api.waffo.ai;', api('https://api.waffo.ai') ],
    [ 'pancake_api /a; pancake_api /a;', twice('pancake_api') ],

    # pancake_merchant_id

    [ 'pancake_merchant_id;',         number('pancake_merchant_id') ],
    [ 'pancake_merchant_id MER_1 a;', number('pancake_merchant_id') ],
    [ 'pancake_merchant_id "";',      merchant('') ],
    [ 'pancake_merchant_id MER_;',    merchant('MER_') ],
    [ 'pancake_merchant_id PROD_1;',  merchant('PROD_1') ],
    [ 'pancake_merchant_id 2aUyqjCzEIiEcYMKj7TZtw;',
                                      merchant('2aUyqjCzEIiEcYMKj7TZtw') ],
    [ 'pancake_merchant_id mer_2aUyqjCzEIiEcYMKj7TZtw;',
                                      merchant('mer_2aUyqjCzEIiEcYMKj7TZtw') ],
    [ 'pancake_merchant_id MER_2aUyqjCzEIiEcYMKj7TZt-;',
                                      merchant('MER_2aUyqjCzEIiEcYMKj7TZt-') ],
    [ 'pancake_merchant_id $merchant;', merchant('$merchant') ],
    [ 'pancake_merchant_id %%MERCHANT%%; pancake_merchant_id %%MERCHANT%%;',
                                      twice('pancake_merchant_id') ],

    # pancake_private_key; its forms are in 41-keys.t

    [ 'pancake_private_key;',         number('pancake_private_key') ],
    [ 'pancake_private_key %%KEY%% a;', number('pancake_private_key') ],
    [ 'pancake_private_key %%KEY%%; pancake_private_key %%KEY%%;',
                                      twice('pancake_private_key') ],

    # pancake_store_slug

    [ 'pancake_store_slug;',          number('pancake_store_slug') ],
    [ 'pancake_store_slug my-store;', number('pancake_store_slug') ],
    [ 'pancake_store_slug my-store test a;', number('pancake_store_slug') ],
    [ 'pancake_store_slug "" test;',  slug('') ],
    [ 'pancake_store_slug My-Store test;', slug('My-Store') ],
    [ 'pancake_store_slug my_store test;', slug('my_store') ],
    [ 'pancake_store_slug my.store test;', slug('my.store') ],
    [ 'pancake_store_slug $slug test;', slug('$slug') ],
    [ 'pancake_store_slug ' . 'a' x 129 . ' test;', slug('a' x 129) ],
    [ 'pancake_store_slug my-store "";', environment('') ],
    [ 'pancake_store_slug my-store Test;', environment('Test') ],
    [ 'pancake_store_slug my-store live;', environment('live') ],
    [ 'pancake_store_slug my-store production;', environment('production') ],
    [ 'pancake_store_slug a test; pancake_store_slug a test;',
                                      twice('pancake_store_slug') ],

    # both credentials

    [ 'pancake_private_key %%KEY%%; pancake_store_slug my-store test;',
                                      $CREDENTIALS ],
    [ 'pancake_store_slug my-store test; pancake_private_key %%KEY%%;',
                                      $CREDENTIALS ],

    # pancake_set

    [ 'pancake_set;',                 number('pancake_set') ],
    [ 'pancake_set currency;',        number('pancake_set') ],
    [ 'pancake_set currency USD EUR;', number('pancake_set') ],
    [ 'pancake_set "" a;',            unknown(pancake_set => '') ],
    [ 'pancake_set price 1;',         unknown(pancake_set => 'price') ],
    [ 'pancake_set ProductId 1;',     unknown(pancake_set => 'ProductId') ],
    [ 'pancake_set $field 1;',        unknown(pancake_set => '$field') ],
    [ 'pancake_set currency. USD;',   unknown(pancake_set => 'currency.') ],
    [ 'pancake_set .currency USD;',   unknown(pancake_set => '.currency') ],
    [ 'pancake_set currency.code USD;',
                                      unknown(pancake_set => 'currency.code') ],
    [ 'pancake_set priceSnapshot.price 1;',
                                 unknown(pancake_set => 'priceSnapshot.price') ],
    [ 'pancake_set billingDetail.city a;',
                                 unknown(pancake_set => 'billingDetail.city') ],
    [ 'pancake_set metadata. a;',     unknown(pancake_set => 'metadata.') ],
    [ 'pancake_set metadata.a.b 1;',  unknown(pancake_set => 'metadata.a.b') ],
    [ 'pancake_set priceSnapshot 1;', object('priceSnapshot') ],
    [ 'pancake_set billingDetail 1;', object('billingDetail') ],
    [ 'pancake_set metadata 1;',      object('metadata') ],
    [ 'pancake_set buyerIp 192.0.2.1;', unsettable('buyerIp', $ADDRESS) ],
    [ 'pancake_set priceSnapshot.taxIncluded true;',
      unsettable('priceSnapshot.taxIncluded',
                 'was removed from the API, which ignores it') ],
    [ 'pancake_set priceSnapshot.trialAmount 1.00;',
      unsettable('priceSnapshot.trialAmount',
                 'is ignored by the API inside priceSnapshot') ],
    [ 'pancake_set currency USD; pancake_set currency USD;',
      'field "currency" in "pancake_set" directive is duplicate' ],
    [ 'pancake_set metadata.a 1; pancake_set metadata.a 2;',
      'field "metadata.a" in "pancake_set" directive is duplicate' ],
    [ 'pancake_set productId $nosuch;', 'unknown "nosuch" variable' ],
    [ 'pancake_set productId "${nosuch";',
      'the closing bracket in "nosuch" variable is missing' ],

    # pancake_accept

    [ 'pancake_accept;',              number('pancake_accept') ],
    [ 'pancake_accept price;',        unknown(pancake_accept => 'price') ],
    [ 'pancake_accept "";',           unknown(pancake_accept => '') ],
    [ 'pancake_accept currency price;', unknown(pancake_accept => 'price') ],
    [ 'pancake_accept currency; pancake_accept price;',
                                      unknown(pancake_accept => 'price') ],
    [ 'pancake_accept currency,productId;',
                           unknown(pancake_accept => 'currency,productId') ],
    [ 'pancake_accept buyerIp;',      unacceptable('buyerIp', $ADDRESS) ],
    [ 'pancake_accept priceSnapshot.trialAmount;',
      unacceptable('priceSnapshot.trialAmount',
                   'is ignored by the API inside priceSnapshot') ],

    # words to choose from

    [ 'pancake_unknown_fields;',      number('pancake_unknown_fields') ],
    [ 'pancake_unknown_fields ignore;',
      'invalid value "ignore" in "pancake_unknown_fields" directive, it must be '
      . '"reject" or "drop"' ],
    [ 'pancake_unknown_fields drop; pancake_unknown_fields drop;',
                                      twice('pancake_unknown_fields') ],
    [ 'pancake_input;',               number('pancake_input') ],
    [ 'pancake_input xml;',
      'invalid value "xml" in "pancake_input" directive, it must be '
      . '"json", "form" or "args"' ],
    [ 'pancake_input json query;',
      'invalid value "query" in "pancake_input" directive, it must be '
      . '"json", "form" or "args"' ],
    [ 'pancake_reply;',               number('pancake_reply') ],
    [ 'pancake_reply html;',
      'invalid value "html" in "pancake_reply" directive, it must be '
      . '"auto", "redirect" or "json"' ],
    [ 'pancake_reply auto json;',     number('pancake_reply') ],
    [ 'pancake_reply auto; pancake_reply auto;', twice('pancake_reply') ],
    [ 'pancake_redirect_status;',     number('pancake_redirect_status') ],
    [ 'pancake_redirect_status 301;',
      'invalid value "301" in "pancake_redirect_status" directive, it must be '
      . '"302" or "303"' ],
    [ 'pancake_redirect_status 307;',
      'invalid value "307" in "pancake_redirect_status" directive, it must be '
      . '"302" or "303"' ],
    [ 'pancake_redirect_status found;',
      'invalid value "found" in "pancake_redirect_status" directive, it must be '
      . '"302" or "303"' ],
    [ 'pancake_redirect_status 302; pancake_redirect_status 303;',
                                      twice('pancake_redirect_status') ],

    # flags

    [ 'pancake_same_origin;',         number('pancake_same_origin') ],
    [ 'pancake_same_origin yes;',     flag('pancake_same_origin', 'yes') ],
    [ 'pancake_same_origin on; pancake_same_origin on;',
                                      twice('pancake_same_origin') ],
    [ 'pancake_redirect_insecure;',   number('pancake_redirect_insecure') ],
    [ 'pancake_redirect_insecure 1;', flag('pancake_redirect_insecure', '1') ],
    [ 'pancake_redirect_insecure on; pancake_redirect_insecure off;',
                                      twice('pancake_redirect_insecure') ],

    # what looks like a price, or like a buyer

    [ 'pancake_set priceSnapshot.amount $29.00;',
      'value "$29.00" of field "priceSnapshot.amount" in "pancake_set" '
      . 'directive has a numbered capture, write amounts without "$" and '
      . 'captures with a name' ],
    (map { [ "pancake_idempotency_key $_;",
             qq("$_" in "pancake_idempotency_key" directive does not tell )
             . 'buyers behind one address or with one browser apart, use a '
             . 'variable such as $cookie_NAME' ] }
     qw( $remote_addr $binary_remote_addr $http_user_agent )),

    # pancake_redirect_hosts

    [ 'pancake_redirect_hosts;',      number('pancake_redirect_hosts') ],
    [ 'pancake_redirect_hosts "";',   host('') ],
    [ 'pancake_redirect_hosts https://a.example;', host('https://a.example') ],
    [ 'pancake_redirect_hosts a.example:443;', host('a.example:443') ],
    [ 'pancake_redirect_hosts a.example/;', host('a.example/') ],
    [ 'pancake_redirect_hosts A.example;', host('A.example') ],
    [ 'pancake_redirect_hosts *.example;', host('*.example') ],
    [ 'pancake_redirect_hosts .example;', host('.example') ],
    [ 'pancake_redirect_hosts a.example.;', host('a.example.') ],
    [ 'pancake_redirect_hosts a@b.example;', host('a@b.example') ],
    [ 'pancake_redirect_hosts [::1];', host('[::1]') ],
    [ 'pancake_redirect_hosts a.example $host;', host('$host') ],
    [ 'pancake_redirect_hosts a.example; pancake_redirect_hosts b.example;',
                                      twice('pancake_redirect_hosts') ],

    # pancake_idempotency_key

    [ 'pancake_idempotency_key;',     number('pancake_idempotency_key') ],
    [ 'pancake_idempotency_key $host $uri;',
                                      number('pancake_idempotency_key') ],
    [ 'pancake_idempotency_key "";',  constant('') ],
    [ 'pancake_idempotency_key on;',  constant('on') ],
    [ 'pancake_idempotency_key order-1;', constant('order-1') ],
    [ 'pancake_idempotency_key $nosuch;', 'unknown "nosuch" variable' ],
    [ 'pancake_idempotency_key off; pancake_idempotency_key $cookie_sid;',
                                      twice('pancake_idempotency_key') ],
    [ 'pancake_idempotency_key $cookie_sid; pancake_idempotency_key off;',
                                      twice('pancake_idempotency_key') ],

    # pancake_idempotency_secret

    [ 'pancake_idempotency_secret;',  number('pancake_idempotency_secret') ],
    [ 'pancake_idempotency_secret %%DIR%%/none;',
      'open() "%%DIR%%/none" failed (2: No such file or directory)' ],
    [ 'pancake_idempotency_secret env:PANCAKE_TEST_NONE;',
      'environment variable "PANCAKE_TEST_NONE" is not set or empty' ],
    [ 'pancake_idempotency_secret %%DIR%%/short;',
      'secret "%%DIR%%/short" in "pancake_idempotency_secret" directive has '
      . '15 bytes, it must have at least 16' ],
    [ 'pancake_idempotency_secret %%DIR%%/secret; '
      . 'pancake_idempotency_secret %%DIR%%/secret;',
                                      twice('pancake_idempotency_secret') ],

    # pancake_idempotency_window

    [ 'pancake_idempotency_window;',  number('pancake_idempotency_window') ],
    [ 'pancake_idempotency_window 10x;',
      '"pancake_idempotency_window" directive invalid value' ],
    [ 'pancake_idempotency_window 0;',
      '"pancake_idempotency_window" must be between 1s and 30m' ],
    [ 'pancake_idempotency_window 30m1s;',
      '"pancake_idempotency_window" must be between 1s and 30m' ],
    [ 'pancake_idempotency_window 1h;',
      '"pancake_idempotency_window" must be between 1s and 30m' ],
    [ 'pancake_idempotency_window -1;',
      '"pancake_idempotency_window" directive invalid value' ],
    [ 'pancake_idempotency_window none;',
      '"pancake_idempotency_window" directive invalid value' ],
    [ 'pancake_idempotency_window 1s; pancake_idempotency_window 1s;',
                                      twice('pancake_idempotency_window') ],

    # pancake_retry

    [ 'pancake_retry;',               number('pancake_retry') ],
    [ 'pancake_retry 3 backoff=1s deadline=9s more;',
                                      number('pancake_retry') ],
    (map { [ "pancake_retry $_;",     attempts($_ =~ s/^"|"$//gr) ] }
     '0', '00', '11', '100', '-1', '+3', '3x', 'x3', '3.0', '0x3', '1e1',
     '"3 3"', '" 3"', '""', '"3 backoff=1s"', 'on', 'OFF', 'Off', 'offx',
     '"off "', 'none', '$arg_n', 'backoff=1s', 'deadline=1s',
     '18446744073709551617', '4294967297', '9' x 40),

    # "off" alone is a word, and a bad number beside others

    [ 'pancake_retry off backoff=1s;', attempts('off') ],
    [ 'pancake_retry off deadline=1s;', attempts('off') ],
    [ 'pancake_retry off off;',       attempts('off') ],
    [ 'pancake_retry off 3;',         attempts('off') ],
    [ 'pancake_retry 0 backoff=1s;',  attempts('0') ],
    [ 'pancake_retry 3 off;',         parameter('off') ],
    [ 'pancake_retry 3 3;',           parameter('3') ],
    [ 'pancake_retry 3 5s;',          parameter('5s') ],
    [ 'pancake_retry 3 "";',          parameter('') ],

    (map { [ "pancake_retry 3 $_;",   parameter($_ =~ s/^"|"$//gr) ] }
     map({ my $name = $_; map { "$name$_" } '', '=', '=0', '=0s', '=0ms',
           '=-1', '=-1s', '=+1s', '=5x', '=s', '=5ss', '=5s5s', '=1.5s',
           '=0x10', '=11m', '=10m1s', '=10m1ms', '=601s', '=600001ms', '=1h',
           '=1d', '=1M', '=1y', '=off', '=none', '=$arg_t',
           '=' . '9' x 40, '=18446744073709551617ms' }
         'backoff', 'deadline'),
     '"backoff = 1s"', '"backoff =1s"', '"backoff= 1s"', '" backoff=1s"',
     'Backoff=1s', 'BACKOFF=1s', 'Deadline=9s', 'DEADLINE=9s', 'back=1s',
     'backoffs=1s', 'delay=1s', 'attempts=3', 'timeout=1s', '=1s'),

    [ 'pancake_retry 3 backoff=1s backoff=1s;', parameter('backoff=1s') ],
    [ 'pancake_retry 3 backoff=1s backoff=2s;', parameter('backoff=2s') ],
    [ 'pancake_retry 3 deadline=9s deadline=8s;', parameter('deadline=8s') ],
    [ 'pancake_retry 3 backoff=1s deadline=0;', parameter('deadline=0') ],
    [ 'pancake_retry 3 backoff=0 deadline=0;', parameter('backoff=0') ],
    [ 'pancake_retry 1 backoff=0;',   parameter('backoff=0') ],

    # a second attempt that cannot be; the times are told as they were taken

    [ 'pancake_retry 2 backoff=1s deadline=1s;', too_late(1000, 1000) ],
    [ 'pancake_retry 2 deadline=2s backoff=1m30s;', too_late(90000, 2000) ],
    [ 'pancake_retry 10 backoff=2ms deadline=1ms;', too_late(2, 1) ],
    [ 'pancake_retry 3 backoff=10m deadline=10m;',
                                      too_late(600000, 600000) ],
    [ 'pancake_retry 3 backoff=20s;', too_late(20000, 20000) ],
    [ 'pancake_retry 3 backoff=10m;', too_late(600000, 20000) ],
    [ 'pancake_retry 3 deadline=5s;', too_late(5000, 5000) ],
    [ 'pancake_retry 2 deadline=1ms;', too_late(5000, 1) ],

    [ 'pancake_retry 3; pancake_retry 3;', twice('pancake_retry') ],
    [ 'pancake_retry 3; pancake_retry off;', twice('pancake_retry') ],
    [ 'pancake_retry off; pancake_retry off;', twice('pancake_retry') ],
    [ 'pancake_retry off; pancake_retry 0;', twice('pancake_retry') ],

    # pancake_require

    [ 'pancake_require;',             number('pancake_require') ],
    [ 'pancake_require $nosuch;',     'unknown "nosuch" variable' ],
    [ 'pancake_require is_admin;',    everybody('is_admin') ],
    [ 'pancake_require off;',         everybody('off') ],
    [ 'pancake_require 0;',           everybody('0') ],
    [ 'pancake_require "";',          everybody('') ],
    [ 'pancake_require ON;',          everybody('ON') ],
    [ 'pancake_require $host on;',    everybody('on') ],
    [ 'pancake_require on; pancake_require $host;', twice('pancake_require') ],
    [ 'pancake_require $host; pancake_require on;', twice('pancake_require') ],

    # variables

    [ 'set $a $pancake_nosuch;',      'unknown "pancake_nosuch" variable' ],
);


# A whole server: a name, the text, and the message for the line "# HERE".

my @servers = (

    # pancake_checkout

    [ 'no action', <<'EOT', number('pancake_checkout') ],
location = /buy {
    pancake_checkout; # HERE
}
EOT

    [ 'three actions', <<'EOT', number('pancake_checkout') ],
location = /buy {
    pancake_checkout create-session create-order create-order; # HERE
}
EOT

    [ 'unknown action', <<'EOT', action('create-sessions') ],
location = /buy {
    pancake_checkout create-sessions; # HERE
}
EOT

    [ 'action in capitals', <<'EOT', action('Create-Session') ],
location = /buy {
    pancake_checkout Create-Session; # HERE
}
EOT

    [ 'empty action', <<'EOT', action('') ],
location = /buy {
    pancake_checkout ""; # HERE
}
EOT

    [ 'action in a variable', <<'EOT', action('$action') ],
location = /buy {
    pancake_checkout $action; # HERE
}
EOT

    [ 'unknown second action', <<'EOT', action('pay') ],
location = /buy {
    pancake_checkout create-session pay; # HERE
}
EOT

    [ 'chain in the wrong order', <<'EOT',
location = /buy {
    pancake_checkout create-order create-session; # HERE
}
EOT
      order('create-order', 'create-session') ],

    [ 'two sessions', <<'EOT', order('create-session', 'create-session') ],
location = /buy {
    pancake_checkout create-session create-session; # HERE
}
EOT

    [ 'two orders', <<'EOT', order('create-order', 'create-order') ],
location = /buy {
    pancake_checkout create-order create-order; # HERE
}
EOT

    [ 'pancake_checkout twice', <<'EOT', twice('pancake_checkout') ],
location = /buy {
    pancake_checkout create-session;
    pancake_checkout create-session; # HERE
}
EOT

    [ 'pancake_checkout in "if"', <<'EOT', misplaced('pancake_checkout') ],
location = /buy {
    if ($http_x_a) {
        pancake_checkout create-session; # HERE
    }
}
EOT

    [ 'pancake_retry in "if"', <<'EOT', misplaced('pancake_retry') ],
location = /buy {
    if ($arg_x) {
        pancake_retry 3; # HERE
    }
}
EOT

    [ 'pancake_retry in "limit_except"', <<'EOT', misplaced('pancake_retry') ],
location = /buy {
    limit_except GET {
        pancake_retry 3; # HERE
    }
}
EOT

    [ 'pancake_retry twice in a location', <<'EOT', twice('pancake_retry') ],
pancake_retry 5;
location = /buy {
    pancake_retry 3;
    pancake_retry off; # HERE
}
EOT

    # what an inner level leaves out is the default, not the outer value

    [ 'pancake_retry takes nothing from outside', <<'EOT',
pancake_retry 3 backoff=1s deadline=1m;
location = /buy {
    pancake_retry 3 backoff=30s; # HERE
}
EOT
      too_late(30000, 20000) ],

    [ 'pancake_set in "if"', <<'EOT', misplaced('pancake_set') ],
location = /buy {
    if ($http_x_a) {
        pancake_set currency EUR; # HERE
    }
}
EOT

    [ 'pancake_checkout in "limit_except"', <<'EOT',
location = /buy {
    limit_except GET {
        pancake_checkout create-session; # HERE
    }
}
EOT
      misplaced('pancake_checkout') ],

    # who else answers

    [ 'proxy_pass before', <<"EOT", $HANDLER ],
%%CREDENTIALS%%
location = /buy {
    proxy_pass http://127.0.0.1:%%PORT_1%%;
    pancake_checkout create-session; # HERE
    $READY
}
EOT

    [ 'proxy_pass after', <<"EOT", $HANDLER ],
%%CREDENTIALS%%
location = /buy {
    pancake_checkout create-session; # HERE
    $READY
    proxy_pass http://127.0.0.1:%%PORT_1%%;
}
EOT

    [ 'fastcgi_pass before', <<"EOT", $HANDLER ],
%%CREDENTIALS%%
location = /buy {
    fastcgi_pass 127.0.0.1:%%PORT_1%%;
    pancake_checkout create-session; # HERE
    $READY
}
EOT

    [ 'empty_gif after', <<"EOT", $HANDLER ],
%%CREDENTIALS%%
location = /buy {
    pancake_checkout create-session; # HERE
    $READY
    empty_gif;
}
EOT

    # credentials

    [ 'no credential', <<"EOT",
location = /buy {
    pancake_checkout create-session; # HERE
    $READY
}
EOT
      '"pancake_checkout" has no credential, add "pancake_private_key" or '
      . '"pancake_store_slug"' ],

    [ 'a merchant only', <<"EOT",
pancake_merchant_id %%MERCHANT%%;
location = /buy {
    pancake_checkout create-session; # HERE
    $READY
}
EOT
      '"pancake_checkout" has no credential, add "pancake_private_key" or '
      . '"pancake_store_slug"' ],

    [ 'no merchant', <<"EOT",
pancake_private_key %%KEY%%;
location = /buy {
    pancake_checkout create-session; # HERE
    $READY
}
EOT
      '"pancake_checkout" has a private key but no merchant, add '
      . '"pancake_merchant_id"' ],

    [ 'both credentials in the location', <<"EOT", $CREDENTIALS ],
location = /buy {
    pancake_checkout create-session;
    pancake_merchant_id %%MERCHANT%%;
    pancake_private_key %%KEY%%;
    pancake_store_slug my-store test; # HERE
    $READY
}
EOT

    # a store slug

    [ 'slug and an order', <<'EOT',
pancake_store_slug my-store test;
location = /buy {
    pancake_checkout create-order; # HERE
}
EOT
      'action "create-order" cannot be called with "pancake_store_slug", use '
      . '"pancake_private_key"' ],

    [ 'slug and a chain', <<"EOT",
pancake_store_slug my-store test;
location = /buy {
    pancake_checkout create-session create-order; # HERE
    $READY
}
EOT
      'action "create-order" cannot be called with "pancake_store_slug", use '
      . '"pancake_private_key"' ],

    # fields that the action does not have

    [ 'productId of an order', <<'EOT',
%%CREDENTIALS%%
location = /pay {
    pancake_checkout create-order;
    pancake_set productId %%PRODUCT%%; # HERE
}
EOT
      no_field('create-order', 'productId') ],

    [ 'metadata of an order', <<'EOT',
%%CREDENTIALS%%
location = /pay {
    pancake_checkout create-order;
    pancake_set metadata.cart 1; # HERE
}
EOT
      no_field('create-order', 'metadata.cart') ],

    [ 'price of an order', <<'EOT',
%%CREDENTIALS%%
location = /pay {
    pancake_checkout create-order;
    pancake_set priceSnapshot.amount 1.00; # HERE
}
EOT
      no_field('create-order', 'priceSnapshot.amount') ],

    [ 'session of a session', <<"EOT",
%%CREDENTIALS%%
location = /buy {
    pancake_checkout create-session;
    $READY
    pancake_set checkoutSessionId \$cookie_session; # HERE
}
EOT
      no_field('create-session', 'checkoutSessionId') ],

    # what nobody sets and nobody may choose

    [ 'no productId', <<'EOT', unset('productId') ],
%%CREDENTIALS%%
location = /buy {
    pancake_checkout create-session; # HERE
    pancake_set currency USD;
}
EOT

    [ 'no currency', <<'EOT', unset('currency') ],
%%CREDENTIALS%%
location = /buy {
    pancake_checkout create-session; # HERE
    pancake_set productId %%PRODUCT%%;
}
EOT

    [ 'an empty productId', <<'EOT', unset('productId') ],
%%CREDENTIALS%%
location = /buy {
    pancake_checkout create-session; # HERE
    pancake_set productId "";
    pancake_set currency USD;
}
EOT

    [ 'no currency in a chain', <<'EOT', unset('currency') ],
%%CREDENTIALS%%
location = /buy {
    pancake_checkout create-session create-order; # HERE
    pancake_accept productId;
}
EOT

    [ 'an own pancake_set takes the place of all outer ones', <<'EOT',
%%CREDENTIALS%%
pancake_set productId %%PRODUCT%%;
pancake_set currency USD;
location = /buy {
    pancake_checkout create-session; # HERE
    pancake_set language en;
}
EOT
      unset('productId') ],

    [ 'an own pancake_accept takes the place of all outer ones', <<"EOT",
%%CREDENTIALS%%
$READY
location = /buy {
    pancake_checkout create-session; # HERE
    pancake_accept currency;
}
EOT
      unset('productId') ],

    # outer levels

    [ 'a bad constant at server level', <<"EOT",
%%CREDENTIALS%%
pancake_set language de; # HERE
$READY
location = /buy {
    pancake_checkout create-session;
}
EOT
      'field "language" in "pancake_set" must be a language of the checkout '
      . 'page, such as en or ja-JP' ],

    [ 'an API-key field at server level, and a slug', <<"EOT",
%%CREDENTIALS%%
pancake_set metadata.cart 1; # HERE
location = /buy {
    pancake_checkout create-session;
    pancake_store_slug my-store test;
    $READY
}
EOT
      'the API ignores field "metadata.cart" with "pancake_store_slug", '
      . 'remove its "pancake_set" or use "pancake_private_key"' ],

    [ 'in a nested location', <<"EOT", unset('currency') ],
%%CREDENTIALS%%
location /shop/ {
    location = /shop/buy {
        pancake_checkout create-session; # HERE
        pancake_accept productId;
    }
}
EOT
);


# What a store slug cannot set.

my @key_only = (
    [ 'storeId',                'STO_3kF9mNpQrStUvWxYz1A2bC' ],
    [ 'priceSnapshot.amount',   '29.00' ],
    [ 'priceSnapshot.taxCategory', 'saas' ],
    [ 'withTrial',              'true' ],
    [ 'withTrial',              '$arg_trial' ],
    [ 'expiresInSeconds',       '600' ],
    [ 'metadata.cart',          '1' ],
    [ 'orderMerchantExternalId', '$request_id' ],
    [ 'includePaymentMethods',  'card' ],
    [ 'excludePaymentMethods',  'card' ],
    [ 'originOrderId',          'ORD_3kF9mNpQrStUvWxYz1A2bC' ],
    [ 'changeTiming',           'immediate' ],
    [ 'changeAmount',           '1.00' ],
    [ 'changeCreditAmount',     '1.00' ],
);


# Constants that could never be valid: field, value, message; the last is
# about this field.  More lines may stand before and after.

my $AMOUNT = 'must be a positive decimal amount as a string, such as 29.00';
my $URL = 'must be an https URL of at most 512 characters';
my $CURRENCY = 'must be one of USD, EUR, GBP, HKD, JPY, CNY';
my $METHODS = 'must be a list of different methods: card, applepay, '
    . 'googlepay, wechat';
my $SECONDS = 'must be a whole number from 1 to 604800';
my $BOOLEAN = 'must be true or false';
my $EXTERNAL = 'must have 1 to 128 printable ASCII characters';
my $MAIL = 'must be an e-mail address';
my $COUNTRY = 'must be an ISO 3166-1 alpha-2 country code in capitals, such '
    . 'as DE';
my $MAP = 'must be an object of at most 50 strings of at most 1024 bytes';
my $DIGITS = 'has more digits after the point than the currency';

sub id { "must be $_[0]_ and 22 letters or digits" }
sub line { "must have 1 to $_[0] characters, no control characters" }

my @constants = (
    [ 'productId', 'PROD_1', id('PROD') ],
    [ 'productId', 'MER_3kF9mNpQrStUvWxYz1A2bC', id('PROD') ],
    [ 'productId', 'PROD_3kF9mNpQrStUvWxYz1A2b', id('PROD') ],
    [ 'productId', 'PROD_3kF9mNpQrStUvWxYz1A2bCd', id('PROD') ],
    [ 'productId', 'PROD_3kF9mNpQrStUvWxYz1A2b-', id('PROD') ],
    [ 'productId', ' PROD_3kF9mNpQrStUvWxYz1A2bC', id('PROD') ],
    [ 'productId', "PROD_\xff", 'is not valid UTF-8' ],
    [ 'currency', 'usd', $CURRENCY ],
    [ 'currency', 'EURO', $CURRENCY ],
    [ 'currency', 'CHF', $CURRENCY ],
    [ 'currency', 'USD EUR', $CURRENCY ],
    [ 'storeId', 'my-store', id('STO') ],
    [ 'productType', 'one-time', 'must be onetime or subscription' ],
    [ 'priceSnapshot.amount', '0', $AMOUNT ],
    [ 'priceSnapshot.amount', '0.00', $AMOUNT ],
    [ 'priceSnapshot.amount', '-1', $AMOUNT ],
    [ 'priceSnapshot.amount', '29,00', $AMOUNT ],
    [ 'priceSnapshot.amount', '29.', $AMOUNT ],
    [ 'priceSnapshot.amount', '.5', $AMOUNT ],
    [ 'priceSnapshot.amount', '029.00', $AMOUNT ],
    [ 'priceSnapshot.amount', '1e3', $AMOUNT ],
    [ 'priceSnapshot.amount', '29.00 USD', $AMOUNT ],
    [ 'priceSnapshot.amount', '1' x 21, $AMOUNT ],
    [ 'priceSnapshot.taxCategory', 'books',
      'must be one of digital_goods, saas, software, ebook, online_course, '
      . 'consulting, professional_service' ],
    [ 'withTrial', 'yes', $BOOLEAN ],
    [ 'darkMode', 'dark', $BOOLEAN ],
    [ 'expiresInSeconds', '0', $SECONDS ],
    [ 'expiresInSeconds', '604801', $SECONDS ],
    [ 'expiresInSeconds', '45m', $SECONDS ],
    [ 'expiresInSeconds', '1.5', $SECONDS ],
    [ 'expiresInSeconds', '010', $SECONDS ],
    [ 'successUrl', 'http://shop.example/thanks', $URL ],
    [ 'successUrl', '/thanks', $URL ],
    [ 'successUrl', 'shop.example/thanks', $URL ],
    [ 'successUrl', 'https://a@shop.example/', $URL ],
    [ 'successUrl', 'https:///thanks', $URL ],
    [ 'successUrl', 'javascript://a', $URL ],
    [ 'successUrl', 'https://shop.example/a b', $URL ],
    [ 'successUrl', 'https://shop.example/' . 'x' x 492, $URL ],
    [ 'metadata.note', 'x' x 1025, $MAP ],
    [ 'orderMerchantExternalId', 'x' x 129, $EXTERNAL ],
    [ 'orderMerchantExternalId', "caf\xc3\xa9", $EXTERNAL ],
    [ 'language', 'de', 'must be a language of the checkout page, such as en '
                        . 'or ja-JP' ],
    [ 'language', 'ja-jp', 'must be a language of the checkout page, such as '
                           . 'en or ja-JP' ],
    [ 'includePaymentMethods', 'paypal', $METHODS ],
    [ 'includePaymentMethods', 'card,card', $METHODS ],
    [ 'includePaymentMethods', ',', $METHODS ],
    [ 'excludePaymentMethods', 'Card', $METHODS ],
    [ 'originOrderId', 'ORD_1', id('ORD') ],
    [ 'changeTiming', 'now', 'must be immediate or next_period' ],
    [ 'changeAmount', '-1.00', $AMOUNT ],
    [ 'changeCreditAmount', 'all', $AMOUNT ],
    [ 'buyerEmail', 'nobody', $MAIL ],
    [ 'buyerEmail', 'a@b@c', $MAIL ],
    [ 'buyerEmail', 'a@' . 'b' x 253, $MAIL ],
    [ 'billingDetail.country', 'Germany', $COUNTRY ],
    [ 'billingDetail.country', 'UK', $COUNTRY ],
    [ 'billingDetail.country', 'de', $COUNTRY ],
    [ 'billingDetail.isBusiness', 'no', $BOOLEAN ],
    [ 'billingDetail.state', 'x' x 65, line(64) ],
    [ 'billingDetail.postcode', 'x' x 17, line(16) ],
    [ 'billingDetail.businessName', 'x' x 129, line(128) ],
    [ 'billingDetail.taxId', 'x' x 33, line(32) ],

    # beside another constant, which stands in front

    [ 'priceSnapshot.amount', '29.001', $DIGITS, 'pancake_set currency USD;' ],
    [ 'priceSnapshot.amount', '4500.00', $DIGITS,
      'pancake_set currency JPY;' ],
    [ 'changeAmount', '1.005', $DIGITS, 'pancake_set currency EUR;' ],
    [ 'changeCreditAmount', '1.5', $DIGITS, 'pancake_set currency JPY;' ],
    [ 'excludePaymentMethods', 'card',
      'must not stand beside includePaymentMethods',
      'pancake_set includePaymentMethods wechat;' ],
    [ 'includePaymentMethods', 'card',
      'has a method that the currency does not offer',
      'pancake_set currency CNY;' ],
    [ 'includePaymentMethods', 'wechat',
      'has a method that the currency does not offer',
      'pancake_set currency USD; pancake_set productType subscription;' ],
    [ 'withTrial', 'true', 'needs a subscription product',
      'pancake_set productType onetime;' ],
    [ 'currency', 'CNY', 'cannot be charged for a subscription',
      'pancake_set productType subscription;' ],
    [ 'changeCreditAmount', '1.00', 'must not stand beside changeAmount',
      'pancake_set changeAmount 1.00;' ],
    [ 'buyerEmail', 'a@example.com',
      'is taken from the original subscription and must not be sent',
      'pancake_set originOrderId ORD_3kF9mNpQrStUvWxYz1A2bC;' ],
    [ 'billingDetail.state', 'New York',
      'must be two capital letters in US and CA, such as NY',
      'pancake_set billingDetail.country US;' ],
);

my @order_constants = (
    [ 'checkoutSessionId', 'cs_1',
      'must be a checkout session id: cs_ and a UUID' ],
    [ 'buyerEmail', 'nobody', $MAIL ],
    [ 'successUrl', 'http://shop.example/', $URL ],
    [ 'billingDetail.country', 'XX', $COUNTRY ],
    [ 'billingDetail.state', 'ny',
      'is required in US and CA: two capital letters, such as NY',
      'pancake_set billingDetail.country CA;' ],
);


# What a merchant gives away.

my @risks = (
    [ 'storeId',                 'the store' ],
    [ 'productType',             'the kind of sale' ],
    [ 'priceSnapshot',           'the price' ],
    [ 'priceSnapshot.amount',    'the price' ],
    [ 'priceSnapshot.taxCategory', 'the tax rate' ],
    [ 'withTrial',               'free trials without end' ],
    [ 'successUrl',              'the page, on this site, where buyers land' ],
    [ 'expiresInSeconds',        'how long a price stays valid' ],
    [ 'metadata',                'what the shop is told about its own order' ],
    [ 'metadata.note',           'what the shop is told about its own order' ],
    [ 'orderMerchantExternalId',
      'the order number, also one of another buyer' ],
    [ 'includePaymentMethods',   'the payment methods' ],
    [ 'excludePaymentMethods',   'the payment methods' ],
    [ 'originOrderId',           'the subscriptions of other buyers' ],
    [ 'changeTiming',            'the time of a plan change' ],
    [ 'changeAmount',            'the price of a plan change' ],
    [ 'changeCreditAmount',      'the credit for a plan change' ],
);


# Warnings: the server and the messages, all for the line "# HERE".

my @warnings = (
    [ 'pancake_private_key %%DIR%%/open.pem; # HERE',
      'secret file "%%DIR%%/open.pem" in "pancake_private_key" directive '
      . 'is open to other users, its mode is 0640, use "chmod 600"' ],
    [ 'pancake_private_key %%DIR%%/world.pem; # HERE',
      'secret file "%%DIR%%/world.pem" in "pancake_private_key" directive '
      . 'is open to other users, its mode is 0604, use "chmod 600"' ],
    [ 'pancake_idempotency_secret %%DIR%%/open-secret; # HERE',
      'secret file "%%DIR%%/open-secret" in "pancake_idempotency_secret" directive '
      . 'is open to other users, its mode is 0644, use "chmod 600"' ],
    [ 'pancake_merchant_id MER_2aUyqjCzEIiEcYMK; # HERE',
      short_merchant('MER_2aUyqjCzEIiEcYMK') ],
    [ 'pancake_merchant_id MER_2aUyqjCzEIiEcYMKj7TZtwx; # HERE',
      short_merchant('MER_2aUyqjCzEIiEcYMKj7TZtwx') ],
    [ 'pancake_merchant_id MER_2aUyqjCzEIi_cYMKj7TZtw; # HERE',
      short_merchant('MER_2aUyqjCzEIi_cYMKj7TZtw') ],
    [ "location = /buy {\npancake_checkout create-session; # HERE\n$READY\n"
      . "pancake_store_slug my-store test;\n"
      . "pancake_idempotency_key \$cookie_sid;\n}",
      '"pancake_idempotency_key" with "pancake_store_slug" holds for this '
      . 'node until its next reload, add "pancake_idempotency_secret"' ],
    [ "%%CREDENTIALS%%\npancake_idempotency_key \$cookie_sid;\n"
      . "location = /buy {\npancake_checkout create-session; # HERE\n$READY\n"
      . "pancake_store_slug my-store test;\n}",
      '"pancake_idempotency_key" with "pancake_store_slug" holds for this '
      . 'node until its next reload, add "pancake_idempotency_secret"' ],
    [ 'pancake_input json json; # HERE', 'duplicate value "json"' ],
    [ "%%CREDENTIALS%%\nlocation = /buy {\n"
      . "pancake_checkout create-session;\n"
      . "pancake_accept productId storeId currency withTrial; # HERE\n}",
      '"pancake_accept" lets every buyer set "storeId": the store',
      '"pancake_accept" lets every buyer set "withTrial": free trials without '
      . 'end' ],
);


# Accepted, and nothing to warn about.

my @good = (
    [ 'all directives at http level', <<"EOT" ],
%%CREDENTIALS%%
pancake_api /api;
pancake_set productId %%PRODUCT%%;
pancake_set currency USD;
pancake_accept language buyerEmail;
pancake_unknown_fields drop;
pancake_input json form args;
pancake_same_origin off;
pancake_reply json;
pancake_redirect_status 303;
pancake_redirect_hosts a.example b-1.example;
pancake_redirect_insecure on;
pancake_idempotency_key \$cookie_sid;
pancake_idempotency_secret %%DIR%%/secret;
pancake_idempotency_window 30m;
pancake_retry 5 backoff=250ms deadline=1m;
pancake_require \$host;
server {
    location = /buy { pancake_checkout create-session; }
}
EOT

    [ 'each level has its own', <<'EOT' ],
%%CREDENTIALS%%
pancake_api /a;
pancake_set currency USD;
pancake_unknown_fields drop;
pancake_input json;
pancake_same_origin off;
pancake_reply json;
pancake_redirect_status 303;
pancake_redirect_hosts a.example;
pancake_redirect_insecure on;
pancake_idempotency_key off;
pancake_idempotency_secret %%DIR%%/secret;
pancake_idempotency_window 30m;
pancake_retry off;
pancake_require $host;
server {
    %%CREDENTIALS%%
    pancake_api /a;
    pancake_set currency EUR;
    pancake_unknown_fields reject;
    pancake_input form;
    pancake_same_origin on;
    pancake_reply redirect;
    pancake_redirect_status 302;
    pancake_redirect_hosts b.example;
    pancake_redirect_insecure off;
    pancake_idempotency_key $cookie_sid;
    pancake_idempotency_secret %%DIR%%/secret;
    pancake_idempotency_window 1m;
    pancake_retry 3;
    pancake_require on;
    location = /buy {
        pancake_checkout create-session;
        %%CREDENTIALS%%
        pancake_api /a;
        pancake_set currency GBP;
        pancake_set productId $arg_product;
        pancake_unknown_fields reject;
        pancake_input args;
        pancake_same_origin off;
        pancake_reply auto;
        pancake_redirect_status 303;
        pancake_redirect_hosts c.example;
        pancake_redirect_insecure on;
        pancake_idempotency_key "$cookie_sid-1";
        pancake_idempotency_secret %%DIR%%/secret;
        pancake_idempotency_window 1s;
        pancake_retry 2 deadline=30s;
        pancake_require $host "$arg_a$arg_b";
    }
}
EOT

    [ 'a slug inside a server with a key', <<'EOT' ],
%%CREDENTIALS%%
pancake_accept productId currency;
location = /buy {
    pancake_checkout create-session;
    pancake_store_slug my-store-1 prod;
}
EOT

    [ 'a slug with a key and a secret for it', <<"EOT" ],
pancake_store_slug my-store-1 prod;
location = /buy {
    pancake_checkout create-session;
    $READY
    pancake_idempotency_key \$cookie_sid;
    pancake_idempotency_secret %%DIR%%/secret;
}
EOT

    [ 'a key inside a server with a slug', <<'EOT' ],
pancake_store_slug my-store-1 prod;
pancake_accept productId currency;
location = /buy {
    pancake_checkout create-session create-order;
    %%CREDENTIALS%%
}
EOT

    [ 'outer fields of other actions', <<'EOT' ],
%%CREDENTIALS%%
pancake_set productId %%PRODUCT%%;
pancake_set currency USD;
pancake_set metadata.cart $arg_cart;
location = /buy { pancake_checkout create-session; }
location = /pay { pancake_checkout create-order; }
location = /all { pancake_checkout create-session create-order; }
EOT

    [ 'constants at their limits', <<"EOT" ],
%%CREDENTIALS%%
location = /buy {
    pancake_checkout create-session;
    pancake_set productId %%PRODUCT%%;
    pancake_set currency JPY;
    pancake_set storeId STO_3kF9mNpQrStUvWxYz1A2bC;
    pancake_set productType subscription;
    pancake_set priceSnapshot.amount 4500;
    pancake_set priceSnapshot.taxCategory saas;
    pancake_set withTrial on;
    pancake_set buyerEmail "";
    pancake_set successUrl https://shop.example/@{[ 'x' x 491 ]};
    pancake_set expiresInSeconds 604800;
    pancake_set darkMode 0;
    pancake_set metadata.note "@{[ 'x' x 1024 ]}";
    pancake_set orderMerchantExternalId "@{[ '~' x 128 ]}";
    pancake_set language zh-Hant-TW;
    pancake_set includePaymentMethods "card, applepay googlepay";
    pancake_set billingDetail.country US;
    pancake_set billingDetail.state NY;
    pancake_set billingDetail.postcode "@{[ 'x' x 16 ]}";
    pancake_set billingDetail.businessName "@{[ 'x' x 128 ]}";
    pancake_set billingDetail.taxId "@{[ 'x' x 32 ]}";
}
EOT

    [ 'characters, not bytes', <<"EOT" ],
%%CREDENTIALS%%
location = /buy {
    pancake_checkout create-session;
    $READY
    pancake_set billingDetail.businessName "@{[ "\xc3\xa9" x 128 ]}";
}
EOT

    [ 'the smallest amount', <<"EOT" ],
%%CREDENTIALS%%
location = /buy {
    pancake_checkout create-session;
    $READY
    pancake_set priceSnapshot.amount 0.01;
    pancake_set priceSnapshot.taxCategory saas;
    pancake_set successUrl http://127.0.0.1:8080/thanks;
    pancake_set expiresInSeconds 1;
}
EOT

    [ 'variables are judged at the request', <<"EOT" ],
%%CREDENTIALS%%
location = /buy {
    pancake_checkout create-session;
    pancake_set productId \$arg_product;
    pancake_set currency \$pancake_input_money;
    pancake_set priceSnapshot.amount "\$arg_amount,00";
    pancake_set priceSnapshot.taxCategory saas;
}
EOT

    [ 'fifty metadata', "%%CREDENTIALS%%\nlocation = /buy {\n"
      . "pancake_checkout create-session; $READY\n"
      . join('', map { "pancake_set metadata.m$_ 1;\n" } 1 .. 50) . "}\n" ],

    (map { [ "pancake_retry $_", "pancake_retry $_;\n" ] }
     'off', '"off"', 1 .. 10, '03', '"3"', '3 backoff=5s',
     '3 deadline=20s', '3 backoff=5s deadline=20s',
     '3 deadline=20s backoff=5s', '3 backoff=1ms',
     '10 backoff=1ms deadline=2ms', '3 deadline=10m',
     '2 backoff=9m59s999ms deadline=10m',
     '2 backoff=599999ms deadline=600s', '3 backoff=1s500ms "deadline=1m 30s"',
     '3 backoff=5', '3 backoff=19999ms', '3 deadline=5001ms',

     # one attempt has no pause before it

     '1 backoff=10m', '1 deadline=1ms', '1 backoff=1m deadline=1s'),

    [ 'a retry for locations that are no checkout', <<'EOT' ],
location / { pancake_retry 3; proxy_pass http://127.0.0.1:%%PORT_1%%; }
EOT

    [ 'a retry without keys, of which there is none', <<'EOT' ],
%%CREDENTIALS%%
pancake_accept productId currency;
location = /buy {
    pancake_checkout create-session;
    pancake_idempotency_key off;
    pancake_retry 3;
}
EOT

    [ 'nothing to check where there is no checkout', <<'EOT' ],
pancake_set language de;
pancake_private_key %%KEY%%;
location = / { proxy_pass http://127.0.0.1:%%PORT_1%%; }
EOT
);


$t->plan(@lines + @servers + @key_only + @constants + @order_constants
         + @risks + @warnings + @good + 4);


for my $case (@lines) {
    my ($line, $message) = @$case;
    (my $name = $line) =~ s/(.)\1{30,}/$1.../g;
    $name =~ s/[^\x20-\x7e]/?/g;

    # nginx looks for variables when all lines have been read

    $message .= ' in %%HERE%%' unless $message =~ /^unknown "\w+" variable$/;

    $t->must_fail_config("$line # HERE\n", $message, $name);
}

for my $case (@servers) {
    my ($name, $text, $message) = @$case;
    $t->must_fail_config($text, "$message in %%HERE%%", $name);
}

for my $case (@key_only) {
    my ($field, $value) = @$case;

    $t->must_fail_config(<<"EOT",
pancake_store_slug my-store test;
location = /buy {
    pancake_checkout create-session;
    $READY
    pancake_set $field "$value"; # HERE
}
EOT
        qq(the API ignores field "$field" with "pancake_store_slug", remove )
        . 'its "pancake_set" or use "pancake_private_key" in %%HERE%%',
        "slug: $field $value");
}

for my $list ([ 'create-session', $READY, \@constants ],
              [ 'create-order', '', \@order_constants ])
{
    my ($action, $ready, $cases) = @$list;

    for my $case (@$cases) {
        my ($field, $value, $message, $before) = @$case;
        my $shown = length $value > 30 ? length($value) . ' bytes' : $value;
        $shown =~ s/[^\x20-\x7e]/?/g;

        $before //= '';

        $t->must_fail_config(<<"EOT",
%%CREDENTIALS%%
location = /buy {
    pancake_checkout $action;
    $ready
    $before
    pancake_set $field "$value"; # HERE
}
EOT
            qq(field "$field" in "pancake_set" $message in %%HERE%%),
            "$action: $field $shown" . ($before ? " after $before" : ''));
    }
}

for my $case (@risks) {
    my ($field, $risk) = @$case;

    $t->warns_config("%%CREDENTIALS%%\nlocation = /buy {\n"
                     . "pancake_checkout create-session;\n"
                     . "pancake_set productId %%PRODUCT%%;\n"
                     . "pancake_set currency USD;\n"
                     . "pancake_accept $field; # HERE\n}\n",
        qq("pancake_accept" lets every buyer set "$field": $risk in %%HERE%%));
}

for my $case (@warnings) {
    my ($text, @messages) = @$case;
    $t->warns_config("$text\n", map { "$_ in %%HERE%%" } @messages);
}

for my $case (@good) {
    my ($name, $text) = @$case;

    # a server that is written out needs its port too

    $text =~ s/^server \{$/server {\nlisten 127.0.0.1:%%PORT_0%%;/m;
    $t->warns_config($text);
}


# Too many values together are one value's fault.

$t->must_fail_config("%%CREDENTIALS%%\nlocation = /buy {\n"
    . "pancake_checkout create-session; $READY\n"
    . "pancake_set metadata.m1 1; # HERE\n"
    . join('', map { "pancake_set metadata.m$_ 1;\n" } 2 .. 51) . "}\n",
    qq(field "metadata" in "pancake_set" $MAP in %%HERE%%),
    'fifty-one metadata');


# The line is that of the file it stands in.

$t->write_file('part.conf', "\n\npancake_set language de;\n");
$t->must_fail_config(<<"EOT",
%%CREDENTIALS%%
$READY
location = /buy {
    pancake_checkout create-session;
    include part.conf;
}
EOT
    'field "language" in "pancake_set" must be a language of the checkout '
    . 'page, such as en or ja-JP in %%DIR%%/part.conf:3', 'in another file');

$t->write_file('buy.conf', "\nlocation = /buy {\n\n"
                           . "    pancake_checkout create-session;\n}\n");
$t->must_fail_config("%%CREDENTIALS%%\ninclude buy.conf;\n",
    unset('productId') . ' in %%DIR%%/buy.conf:4', 'a location in another file');


# What nginx -T prints holds no secret.

my $out = do {
    $t->conf("%%CREDENTIALS%%\npancake_idempotency_secret %%DIR%%/secret;");
    my ($dir, $binary) = ($t->dir, $t->{binary});

    # nginx leaves what it has read to the end of the process

    local $ENV{ASAN_OPTIONS} = join ':', $ENV{ASAN_OPTIONS} // (),
                                         'detect_leaks=0';

    qx('$binary' -p '$dir/' -c nginx.conf -e '$dir/config.log' -T 2>&1);
};

is(join(' ', map { index($out, $_) >= 0 ? 'found' : () } '0123456789abcdef',
        grep { !/^-/ } split /\n/, $KEY), '', 'nginx -T');
