# README.md and CHANGES say what the sources say: directives, variables,
# fields, configuration, messages, version.  Each check is also shown to fail:
# it is run again on texts in which one thing was changed.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use Cwd qw( abs_path );
use File::Basename qw( basename dirname );
use Test::More;

plan(skip_all => 'nothing here is built with sanitizers')
    if $ENV{TEST_ASAN};

my $top = abs_path(dirname(__FILE__) . '/..');

my %texts = map { $_ => slurp("$top/$_") }
            qw( README.md CHANGES conf.example/shop.conf
                conf.example/access-log-json.conf ),
            map { substr $_, 1 + length $top }
            glob "$top/src/core/*.[ch] $top/src/http/*.[ch]";

my $ROOT = '(top)';             # the names in the root of the repository

$texts{$ROOT} = join '', map { "$_\n" } root_names();

# Nothing else belongs into the root; "make" puts everything into build/.

my @ALLOWED = qw( config src t conf.example README.md LICENSE Makefile CHANGES
                  debian .ci .gitignore );

my $MODULE = 'src/http/ngx_http_pancake_checkout_module.c';
my $VARIABLES = 'src/http/ngx_http_pancake_variables.c';
my $LABELS = 'src/http/ngx_http_pancake_labels.c';
my $ERRORS = 'src/http/ngx_http_pancake_kinds.c';
my $VERDICT = 'src/http/ngx_http_pancake_verdict.c';
my $ANSWER = 'src/core/pancake_answer.c';
my $SCHEMA = 'src/core/pancake_schema.c';
my $TABLES = 'src/core/pancake_table_checkout.c';
my $OFFICE = 'src/core/pancake_table_office.c';
my $TABLE = 'src/core/pancake_table.h';
my $KEY = 'src/core/pancake_key.c';
my $HEADER = 'src/http/ngx_http_pancake.h';
my @WEBHOOK = qw( src/core/pancake_webhook.c
                  src/core/pancake_webhook_payload.c );
my $WEBHOOK_KEY = 'src/core/pancake_webhook_key.c';

my %OWNERS = (
    BUYER => 'buyer', CHOICE => 'choice', MERCHANT => 'merchant',
    EDGE => 'nginx', NOBODY => 'nobody',
);

# what stands for the name of an object among many

my %BELOW = (PANCAKE_KIND_MAP => 'USD.', PANCAKE_KIND_LIST => '0.');

my %KINDS = (
    BOOLEAN => qr/\bboolean\b/, INTEGER => qr/\bnumber\b/,
    OBJECT => qr/\bobject\b/, MAP => qr/\bobject\b/, LIST => qr/\blist\b/,
);

# Messages in README that nginx itself gives.

my $NGINX = qr/^(?:invalid[ ]value[ ]"\w+"
                 (?:[ ]in[ ]"\w+"[ ]directive,[ ]it[ ]must[ ]be[ ]"on"
                    [ ]or[ ]"off")?
                |unknown[ ]"\w+"[ ]variable)$/x;

# A message that no request gets to see: whoever refuses has better words.

my $UNUSED = 'request is not valid';

# What is checked: a name, the check, and changes that it has to notice, each
# with its name, the text that is changed, how, and what the check then says.

my @checks = (
    [ 'directives', \&directives,
        [ 'one not documented', 'README.md',
          sub { s/^### pancake_api$/### API/m },
          'pancake_api: not in README.md' ],
        [ 'one not built', $MODULE,
          sub { s/^    \{ ngx_string\("pancake_require"\).*?\},\n//ms },
          'pancake_require: not in the module' ],
        [ 'one twice', 'README.md',
          sub { s/^### pancake_api$/### pancake_input/m },
          'pancake_input: twice in README.md' ],
        [ 'no Syntax', 'README.md',
          sub { s/^Syntax:   (pancake_reply )/$1/m },
          'pancake_reply: no Syntax' ],
        [ 'no Default', 'README.md',
          sub { s/^Default:  pancake_reply .*\n//m },
          'pancake_reply: no Default' ],
        [ 'no Context', 'README.md',
          sub { s/(Syntax:   pancake_checkout .*\n.*\n)Context: .*\n/$1/ },
          'pancake_checkout: no Context' ],
        [ 'no Since', 'README.md',
          sub { s/(Syntax:   pancake_checkout .*\n.*\n.*\n)Since: .*\n/$1/ },
          'pancake_checkout: no Since' ],
        [ 'syntax of another', 'README.md',
          sub { s/^(Syntax:   )pancake_reply /$1pancake_replay /m },
          'pancake_reply: Syntax' ],
        [ 'default of another', 'README.md',
          sub { s/^(Default:  )pancake_reply /$1pancake_input /m },
          'pancake_reply: Default' ],
        [ 'wider context', 'README.md',
          sub { s/^(Context:  )location$/$1server, location/m },
          'pancake_checkout: Context is "location"' ],
        [ 'wider in the module', $MODULE,
          sub { s/(NGX_HTTP_LOC_CONF)(?=\|NGX_CONF_TAKE12)
                 /NGX_HTTP_SRV_CONF|$1/x },
          'pancake_checkout: Context is "server, location"' ],
        [ 'a flag', $MODULE,
          sub { s/(pancake_reply"\),\s+\w+\|NGX_CONF_)TAKE1/$1FLAG/ },
          'pancake_reply: Syntax' ],
        [ 'no flag', 'README.md',
          sub { s/^(Syntax:   pancake_same_origin on \| off);/$1 | auto;/m },
          'pancake_same_origin: Syntax' ],
    ],
    [ 'variables', \&variables,
        [ 'one not documented', 'README.md',
          sub { s/^\| `\$pancake_attempts` .*\n//m },
          '$pancake_attempts: not in README.md' ],
        [ 'one not built', $VARIABLES,
          sub { s/"pancake_attempts"/"pancake_tries"/ },
          '$pancake_attempts: not in the module' ],
        [ 'the prefix', $VARIABLES,
          sub { s/"pancake_input_"/"pancake_field_"/ },
          '$pancake_input_NAME: not in the module' ],
    ],
    [ 'results', \&results,
        [ 'one not documented', 'README.md',
          sub { s/^\| `unavailable` .*\n//m },
          'unavailable: not in README.md' ],
        [ 'one not built', $LABELS, sub { s/"unavailable"/"failed"/ },
          'unavailable: not in the module' ],
    ],
    [ 'fields', \&fields,
        [ 'one not documented', 'README.md',
          sub { s/^\| `darkMode` .*\n//m },
          'create-session: darkMode: not in README.md' ],
        [ 'one not in the table', $TABLES,
          sub { s/ngx_string\("darkMode"\)/ngx_string("brightMode")/ },
          'create-session: darkMode: not in the schema' ],
        [ 'one of an object', 'README.md',
          sub { s/^\| `billingDetail\.taxId` .*\n//m },
          'billingDetail: billingDetail.taxId: not in README.md' ],
        [ 'an action', 'README.md',
          sub { s/^### create-order$/### Orders/m },
          'create-order: no table' ],
        [ 'its path', 'README.md',
          sub { s{onetime-order/create-order`}{order`} },
          'create-order: path' ],
        [ 'another owner', 'README.md',
          sub { s/^(\| `withTrial` \| )merchant /$1buyer /m },
          'create-session: withTrial: owner is "merchant"' ],
        [ 'another owner in the schema', $TABLES,
          sub { s/("darkMode"\),\s+\w+, PANCAKE_OWNER_)BUYER/$1MERCHANT/ },
          'create-session: darkMode: owner is "merchant"' ],
        [ 'not required', 'README.md',
          sub { s/^(\| `billingDetail\.country` \| buyer), required/$1/m },
          'billingDetail.country: owner is "buyer, required"' ],
        [ 'no key needed', 'README.md',
          sub { s/^(\| `metadata` .*)API key/$1/m },
          'create-session: metadata: needs "API key"' ],
        [ 'a key needed', $TABLES,
          sub { s/("darkMode"\),\s+\w+, \w+, )0/$1PANCAKE_KEY_ONLY/ },
          'create-session: darkMode: needs "API key"' ],
        [ 'a word', $TABLES, sub { s/"immediate next_period"/"later"/ },
          'create-session: changeTiming: no "later"' ],
        [ 'a word of a macro', $TABLES,
          sub { s/"card applepay googlepay wechat"/"card crypto"/ },
          'create-session: includePaymentMethods: no "crypto"' ],
        [ 'a prefix', $TABLES, sub { s/"STO_"/"SHOP_"/ },
          'create-session: storeId: no "SHOP_"' ],
        [ 'a length', $TABLES,
          sub { s/(pancake_check_line, NULL, )16\b/$1 20/ },
          'billingDetail: billingDetail.postcode: no "20"' ],
        [ 'a type', 'README.md',
          sub { s/^(\| `darkMode` \| buyer \| )a boolean/$1yes or no/m },
          'create-session: darkMode: type' ],
    ],
    [ 'configuration', \&configuration,
        [ 'in README', 'README.md', sub { s/pancake_set currency  USD;//  },
          'conf.example/shop.conf: another in README.md' ],
        [ 'in the file', 'conf.example/shop.conf', sub { s/443/8443/ },
          'conf.example/shop.conf: another in README.md' ],
        [ 'the access log', 'conf.example/access-log-json.conf',
          sub { s/"status"/"code"/ },
          'conf.example/access-log-json.conf: another in README.md' ],
    ],
    [ 'messages in README', \&messages,
        [ 'of nginx -t', 'src/http/ngx_http_pancake_fields.c',
          sub { s/"unknown field /"strange field / },
          'not documented: strange field' ],
        [ 'of nginx -t, in README', 'README.md',
          sub { s/`unknown field /`strange field /  },
          'no such message: strange field "prize"' ],
        [ 'of a key', $KEY, sub { s/"is encrypted"/"has a password"/ },
          'not documented: has a password' ],
        [ 'of a key, in README', 'README.md',
          sub { s/^- `is encrypted`$/- `has a password`/m },
          'no such message: has a password' ],
        [ 'in the log', $ERRORS,
          sub { s/"access is not granted"/"go away"/ },
          'not documented: go away' ],
        [ 'in the log, in README', 'README.md',
          sub { s/`403, access is not granted`/`403, go away`/ },
          'no such message: 403, go away' ],
        [ 'the status', $ERRORS,
          sub { s/NGX_HTTP_UNSUPPORTED_MEDIA_TYPE/NGX_HTTP_BAD_REQUEST/ },
          'no such message: 415, Content-Type' ],
        [ 'a detail', $VERDICT, sub { s/answer is compressed/is packed/ },
          "not documented: the API's is packed" ],
        [ 'a detail, in README', 'README.md',
          sub { s/answer is compressed/answer is packed/ },
          'no such message: 502, checkout is not available' ],
        [ 'of an answer', $ANSWER, sub { s/"is too large"/"is huge"/ },
          'not documented: is huge' ],
        [ 'of a webhook', $WEBHOOK[0],
          sub { s/"it was signed longer ago/"it comes longer after/ },
          'not documented: it comes longer after' ],
        [ 'of a webhook, in README', 'README.md',
          sub { s/^\| `401, there is no X-Waffo/| `401, where is X-Waffo/m },
          'no such message: 401, where is X-Waffo' ],
        [ 'of a public key', $WEBHOOK_KEY,
          sub { s/"is a certificate"/"is a paper"/ },
          'not documented: is a paper' ],
        [ 'of a field', 'src/core/pancake_unknown.c',
          sub { s/"is not a field of this checkout"/"is strange"/g },
          'no such message: 400, field "foo"' ],
    ],
    [ 'version', \&version,
        [ 'in the module', $HEADER, sub { s/"\d+\.\d+\.\d+"/"9.9.9"/ },
          'README.md: version' ],
        [ 'in README', 'README.md',
          sub { s/^(This is version \d+\.\d+)/$1.9/m },
          'README.md: version' ],
        [ 'in CHANGES', 'CHANGES',
          sub { s/^(Changes with pancake checkout )\d/${1}9/m },
          'CHANGES: version' ],
        [ 'Since of no version', 'README.md',
          sub { s/^(Since:    ).*/${1}0.0.9/m },
          'README.md: Since 0.0.9 is not in CHANGES' ],
    ],
    [ 'CHANGES', \&changes,
        [ 'no entry', 'CHANGES', sub { s/^    \*\) .*?(?=^Changes|\z)//ms },
          'no entry' ],
        [ 'a long entry', 'CHANGES',
          sub { s/(\*\) .*\n(?:       .*\n)*)/$1       a\n       b\n/ },
          'more than three lines' ],
        [ 'no type', 'CHANGES', sub { s/\*\) Feature: /*) / },
          'neither Security, Change, Feature nor Bugfix' ],
        [ 'a long line', 'CHANGES', sub { s/(\*\) Feature:)/$1 . ' x' x 40/e },
          'over 79 columns' ],
    ],
    [ 'links in README', \&links,
        [ 'to a heading', 'README.md', sub { s/^## Limits$/## Limit/m },
          '#limits: no such heading' ],
        [ 'to a file', 'README.md', sub { s/\(LICENSE\)/(LICENCE)/ },
          'LICENCE: no such file' ],
    ],
    [ 'the root of the repository', \&root,
        [ 'a stray file', $ROOT, sub { $_ .= "core.1234\n" },
          'core.1234: does not belong here' ],
        [ 'no licence', $ROOT, sub { s/^LICENSE\n//m },
          'LICENSE: missing' ],
    ],
);

my $tests = 0;
$tests += @$_ - 1 for @checks;

plan tests => $tests;

for my $check (@checks) {
    my ($name, $run, @changes) = @$check;

    is_deeply([ $run->(\%texts) ], [], $name);

    for my $change (@changes) {
        my ($what, $file, $edit, $complaint) = @$change;
        my %changed = %texts;

        $edit->() for $changed{$file};

        my @found = $run->(\%changed);

        ok($changed{$file} ne $texts{$file}
           && grep({ index($_, $complaint) >= 0 } @found),
           "$name, noticed: $what")
            or diag("expected: $complaint\n", map { "found: $_\n" } @found);
    }
}


# The checks: each takes the texts and returns complaints.

sub directives {
    my ($t) = @_;

    my ($any) = $t->{$MODULE} =~ /NGX_HTTP_PANCAKE_ANY_CONF.*\n +\((.*)\)\n/;
    my ($table) = $t->{$MODULE}
        =~ /ngx_http_pancake_commands\[\] = \{(.*?)^\};/ms;

    $table =~ s/NGX_HTTP_PANCAKE_ANY_CONF/$any/g;

    my %flags = $table =~ /ngx_string\("(\w+)"\),\s*([\w|\s]+?),/g;
    my %docs = sections($t->{'README.md'}, qr/pancake_\w+/);
    my (%seen, @bad);

    $seen{$_}++ and push @bad, "$_: twice in README.md"
        for $t->{'README.md'} =~ /^### (pancake_\w+)$/mg;

    push @bad, compare([ keys %flags ], [ keys %docs ]);

    for my $name (grep { $docs{$_} } sort keys %flags) {
        my ($box) = $docs{$name} =~ /^```\n(.*?)^```$/ms;
        my %box = ($box // '') =~ /^(\w+): +(.+)$/mg;

        push @bad, map { "$name: no $_" } grep { !defined $box{$_} }
                   qw( Syntax Default Context Since );

        my ($syntax, $default, $context)
            = map { $_ // '' } @box{qw( Syntax Default Context )};

        my $is = join ', ', map { $_->[0] } grep { $flags{$name} =~ $_->[1] } (
            [ http => qr/NGX_HTTP_MAIN_CONF/ ],
            [ server => qr/NGX_HTTP_SRV_CONF/ ],
            [ location => qr/NGX_HTTP_LOC_CONF/ ],
            [ 'if in location' => qr/NGX_HTTP_LIF_CONF/ ],
        );

        push @bad, "$name: Context is \"$is\", not \"$context\""
            if $context ne $is;

        push @bad, "$name: Syntax is not that of a flag"
            if ($flags{$name} =~ /NGX_CONF_FLAG/)
               != ($syntax eq "$name on | off;");

        push @bad, "$name: Syntax: $syntax" if $syntax !~ /^$name [^;]+;$/;
        push @bad, "$name: Default: $default"
            if $default !~ /^(?:none(?: \(.+\))?|$name [^;]+;)$/;
    }

    return @bad;
}


sub variables {
    my ($t) = @_;

    my %macros = macros($t->{$VARIABLES});
    my ($table) = $t->{$VARIABLES}
        =~ /ngx_http_pancake_variables\[\] = \{(.*?)^\};/ms;

    my @built = map { '$' . unquote($_, \%macros) }
                $table =~ /\{ ngx_string\(([^)]+)\)/g;
    s/_$/_NAME/ for @built;

    my @docs = map { $_->[0] =~ /^`(.*)`$/ ? $1 : $_->[0] }
               rows(section($t->{'README.md'}, '## Variables'), 'variable');

    return compare(\@built, \@docs);
}


sub results {
    my ($t) = @_;

    my ($table) = $t->{$LABELS}
        =~ /pancake_results\[\] = \{\s+ngx_string\("none"\)(.*?)^\};/ms;

    my @docs = map { $_->[0] =~ /^`(.*)`$/ ? $1 : () }
               rows(section($t->{'README.md'}, '## Variables'),
                    '`$pancake_result`');

    return compare([ $table =~ /ngx_string\("(\w+)"\)/g ], \@docs);
}


sub fields {
    my ($t) = @_;

    my %macros = map { macros($t->{$_}) } $TABLE, $TABLES, $OFFICE;
    my $source = "$t->{$TABLES}$t->{$OFFICE}";
    my ($actions) = $t->{$SCHEMA} =~ /pancake_actions\[\] = \{(.*?)^\};/ms;
    my (%tables, @bad);

    # heading in README => [ C table, what stands before its names ]

    while ($actions =~ /ngx_string\("([\w-]+)"\),\s*ngx_string\("(.*?)"\),
                        \s*(\w+)/xg)
    {
        my ($action, $path, $table) = ($1, $2, $3);
        my $section = section($t->{'README.md'}, "### $action");

        push @bad, "$action: path" if $section !~ /POST \Q$path\E`/;

        $tables{$action} = [ $table, '' ];

        for my $row (table($source, $table, \%macros)) {
            my $below = $BELOW{$row->[1]} // '';

            $tables{$row->[0]} = [ $row->[9], "$row->[0].$below" ]
                if $row->[9] ne 'NULL';
        }
    }

    for my $heading (sort keys %tables) {
        my ($table, $prefix) = @{ $tables{$heading} };
        my @docs = rows(section($t->{'README.md'}, "### $heading"), 'field');
        my %docs = map { (strip($_->[0]) => $_) } @docs;
        my @rows = table($source, $table, \%macros);

        if (!@docs) {
            push @bad, "$heading: no table";
            next;
        }

        push @bad, map { "$heading: $_" }
                   compare([ map { "$prefix$_->[0]" } @rows ],
                           [ map { strip($_->[0]) } @docs ], 'schema');

        push @bad, map { "$heading: $_" }
                   map { field($_, $prefix, $docs{"$prefix$_->[0]"}) } @rows;
    }

    return @bad;
}


# one row of the schema against its row in README

sub field {
    my ($row, $prefix, $doc) = @_;
    my ($name, $kind, $owner, $flags, $check, $param, $max) = @$row;

    return if !$doc;

    my (undef, $who, $what, $needs) = @$doc;
    my @bad;

    $kind =~ s/^PANCAKE_KIND_//;
    $owner =~ s/^PANCAKE_OWNER_//;

    my $is = $OWNERS{$owner} . ($flags =~ /REQUIRED/ ? ', required' : '');
    my $key = $flags =~ /KEY_ONLY/ ? 'API key' : '';

    push @bad, qq($prefix$name: owner is "$is", not "$who") if $who ne $is;
    push @bad, qq($prefix$name: needs "$key", not "$needs") if $needs ne $key;

    return @bad if $owner eq 'NOBODY';

    push @bad, "$prefix$name: type" if $KINDS{$kind} && $what !~ $KINDS{$kind};

    push @bad, map { qq($prefix$name: no "$_") }
               grep { $what !~ /(?<![\w-])\Q$_\E(?![\w-])/ }
               ($param eq 'NULL' ? () : split / /, $param),
               ($max ? $max : ());

    return @bad;
}


sub configuration {
    my ($t) = @_;
    my $readme = $t->{'README.md'};

    my ($shop) = section($readme, '## The configuration')
        =~ /^```nginx\n(.*?)^```$/ms;
    my ($log) = section($readme, '## Variables') =~ /^```nginx\n(.*?)^```$/ms;

    my $file = $t->{'conf.example/access-log-json.conf'};
    $file =~ s/^#.*\n|^\n//mg;

    return (
        ($shop // '') eq $t->{'conf.example/shop.conf'}
            ? () : 'conf.example/shop.conf: another in README.md',
        ($log // '') eq $file
            ? () : 'conf.example/access-log-json.conf: another in README.md',
    );
}


sub messages {
    my ($t) = @_;

    my $readme = $t->{'README.md'};
    my $log = section($readme, '## Log messages');
    my $directives = section($readme, '## Directives');
    my @bad;

    # From the sources: formats of calls, and texts that complete them.

    my @formats = map { formats($t->{$_}) } grep { m{^src/http/.*\.c$} }
                  sort keys %$t;
    my %texts = map { ($_ => 1) } map { literals($t->{$_}) }
                grep { /\.c$/ } keys %$t;
    my %kinds = kinds($t->{$ERRORS});

    my @faults = map { unquote($_) }
                 $t->{$ANSWER} =~ /fault = ((?:\s*"(?:\\.|[^"\\])*")+)/g;
    my @key = grep { /^(?:is|has|does) / } map { literals($t->{$_}) }
              $KEY, $WEBHOOK_KEY;
    my @webhook = grep { / / } map { literals($t->{$_}) } @WEBHOOK;
    my %webhook = map { ($_ => 1) } map { literals($t->{$_}) }
                  grep { /webhook\w*\.c$/ } keys %$t;
    my @details = grep { !/^the API answered / } literals($t->{$VERDICT});

    # Each of them is in README ...

    my @spans = $readme =~ /`([^`\n]+)`/g;
    my $all = join "\n", @spans;

    for my $format (@formats) {
        my $re = pattern($format);

        push @bad, "not documented: $format"
            if !grep { /^(?:\d+, )?$re$/ } @spans;
    }

    my %once = map { ($_ => 1) } @faults, @key, @details, @webhook,
               grep { $_ ne $UNUSED } keys %kinds;

    for my $text (sort keys %once) {
        push @bad, "not documented: $text" if index($all, $text) < 0;
    }

    # ... and what is in README is in the sources.

    my @quoted = map { /^- (.*)/ || /^  (`.*)/ ? $1 =~ /`([^`]+)`/g : () }
                 grep { !/^(?:- )?\*\*/ } split /\n/, $directives;
    my %known = (%texts, map { ($_ => 1) } @key);

    for my $span (grep { / / } @quoted) {
        next if $span =~ $NGINX || $known{$span};
        next if grep { $span =~ /^${\ pattern($_) }$/ } @formats;
        next if tail_known($span, \%known);

        push @bad, "no such message: $span";
    }

    for my $row (map { rows($_, 'message') } tables($log)) {
        for my $span ($row->[0] =~ /`([^`]+)`/g) {
            push @bad, "no such message: $span"
                if !logged($span, \@formats, \%known, \%kinds, \%webhook);
        }
    }

    return @bad;
}


# "it is not a field of this action": the end of another message

sub tail_known {
    my ($span, $known) = @_;

    return $span =~ /^it (.+)$/ && $known->{$1};
}


# a line of the error log, after "pancake checkout: "

sub formatted {
    my ($span, $known) = @_;

    return scalar grep { $span =~ /^${\ pattern($_) }$/ }
                  grep { /%/ && /[a-z]{4}/ } keys %$known;
}


sub logged {
    my ($span, $formats, $known, $kinds, $webhook) = @_;

    return 1 if $span !~ / / || $known->{$span};        # also: a fault

    return 1 if formatted($span, $known);

    my ($status, $rest) = $span =~ /^(\d{3}), (.*)$/
        or return scalar grep { $span =~ /^${\ pattern($_) }$/ } @$formats;

    return 1 if $webhook->{$rest}
                || grep { $span =~ /^${\ pattern($_) }$/ }
                   grep { /^\d{3}, / } @$formats;

    if ($rest =~ /^field ".*?"(?: as set by "pancake_set"| as the shop quotes it)? (.+)$/
        || $rest =~ /^(?:body|query) (.+)$/ && $known->{$1})
    {
        return $known->{$1};
    }

    for my $kind (keys %$kinds) {
        next if !$kinds->{$kind}{$status} || index($rest, $kind) != 0;

        my $detail = substr $rest, length $kind;

        return 1 if $detail eq ''
                    || $detail =~ /^: (.+)$/ && $known->{$1}
                    || $detail =~ /^: the API answered \d+: (.+)$/
                       && $known->{$1}
                    || $detail =~ /^: the API's answer (.+)$/
                       && ($known->{$1} || formatted($1, $known));
    }

    return scalar grep { $rest =~ /^${\ pattern($_) }$/ }
                  map { /^%ui, (.+)/ ? $1 : () } @$formats;
}


sub version {
    my ($t) = @_;

    my ($version) = $t->{$HEADER} =~ /NGX_HTTP_PANCAKE_VERSION\s+"(.*?)"/;
    my ($readme) = $t->{'README.md'} =~ /^This is version (\S+?)\.(?:\s|$)/m;
    my @changes = $t->{CHANGES} =~ /^Changes with pancake checkout (\S+)/mg;
    my %changes = map { ($_ => 1) } @changes;
    my @bad;

    push @bad, 'README.md: version' if ($readme // '') ne $version;
    push @bad, 'CHANGES: version' if ($changes[0] // '') ne $version;

    push @bad, map { "README.md: Since $_ is not in CHANGES" }
               grep { !$changes{$_} }
               $t->{'README.md'} =~ /^Since: +(\S+)$/mg;

    return @bad;
}


sub changes {
    my ($t) = @_;
    my (undef, @versions) = split /^(?=Changes with )/m, "\n$t->{CHANGES}";
    my @bad;

    for my $version (@versions) {
        my (undef, @entries) = split /^    (?=\*\) )/m, $version;

        push @bad, 'no entry' if !@entries;

        for my $entry (map { s/\n+\z//r } @entries) {
            push @bad, "neither Security, Change, Feature nor Bugfix: $entry"
                if $entry !~ /^\*\) (?:Security|Change|Feature|Bugfix): \S/;
            push @bad, "more than three lines: $entry"
                if $entry =~ tr/\n// > 2;
        }
    }

    push @bad, 'no version' if !@versions;
    push @bad, 'over 79 columns' if $t->{CHANGES} =~ /^.{80}/m;

    return @bad;
}


sub links {
    my ($t) = @_;
    my $readme = $t->{'README.md'};

    (my $text = $readme) =~ s/^```.*?^```$//msg;

    my %anchors;

    for my $heading ($text =~ /^#+ (.+)$/mg) {
        my $anchor = lc $heading;
        $anchor =~ s/[^\w -]//g;
        $anchor =~ tr/ /-/;
        $anchors{"#$anchor"} = 1;
    }

    return map { /^#/ ? $anchors{$_} ? () : "$_: no such heading"
                 : -e "$top/$_" ? () : "$_: no such file" }
           grep { !/^https:/ } $text =~ /\]\(([^)\s]+)\)/g;
}


sub root {
    my ($t) = @_;

    my %allowed = map { ($_ => 1) } @ALLOWED;
    my %there = map { ($_ => 1) } split /\n/, $t->{$ROOT};

    return (
        (map { "$_: does not belong here" }
         grep { !$allowed{$_} } sort keys %there),
        (map { "$_: missing" } grep { !$there{$_} }
         qw( config src t conf.example README.md LICENSE Makefile CHANGES )),
    );
}


# Markdown.

# from a heading to the next one of the same or a higher level

sub section {
    my ($text, $heading) = @_;
    my ($level) = $heading =~ /^(#+)/;
    my ($inside, $fenced, $section) = (0, 0, '');

    for my $line (split /^/, $text) {
        $fenced = !$fenced if $line =~ /^```/;

        if (!$fenced && $line =~ /^(#+) / && length $1 <= length $level) {
            last if $inside;
            $inside = $line eq "$heading\n";

        } elsif ($inside) {
            $section .= $line;
        }
    }

    return $section;
}


sub sections {
    my ($text, $name) = @_;

    return map { ($_ => section($text, "### $_")) }
           $text =~ /^### ($name)$/mg;
}


sub tables {
    my ($text) = @_;

    return $text =~ /((?:^\|.*\n)+)/mg;
}


# the rows of the table whose head begins with this cell

sub rows {
    my ($text, $head) = @_;

    for my $table (tables($text)) {
        my ($first, undef, @rows) = map { [ cells($_) ] } split /\n/, $table;

        return @rows if $first->[0] eq $head;
    }

    return;
}


sub cells {
    my ($line) = @_;

    $line =~ s/^\|\s*//;
    $line =~ s/\s*\|\s*$//;

    return split /\s*(?<!\\)\|\s*/, $line, -1;
}


sub strip {
    my ($text) = @_;

    return $text =~ s/`//gr;
}


# C.

sub macros {
    my ($text) = @_;
    my %macros;

    # both lines of a continued one

    $macros{$1} = $2 while $text =~ /^#define (\w+)\s+((?:.*\\\n)*.*)$/mg;

    return %macros;
}


# adjacent string literals and macros for them, as one text

sub unquote {
    my ($code, $macros) = @_;
    my $text = '';

    while ($code =~ /"((?:\\.|[^"\\])*)"|([A-Z]\w+)/g) {
        my ($literal, $name) = ($1, $2);

        $text .= defined $literal ? $literal =~ s/\\(.)/$1/gr
                 : unquote($macros->{$name} // '', $macros);
    }

    return $text;
}


# the rows of a table of fields; cells are texts or code

sub table {
    my ($text, $name, $macros) = @_;
    my ($body) = $text =~ /\Q$name\E\[\] = \{\n(.*?)^\};/ms or return;
    my @rows;

    while ($body =~ /^    \{ (.*?) \},$/msg) {
        my $row = $1;
        my @cells;

        $row =~ s/^PANCAKE_SESSION_FIELD/$macros->{PANCAKE_SESSION_FIELD}/;

        while ($row =~ /\G\s*((?:"(?:\\.|[^"\\])*"|[^",])+)(?:,|$)/g) {
            my $cell = $1;

            push @cells, $cell =~ /"|^\s*PANCAKE_(?:METHODS|TAX)/
                         ? unquote($cell, $macros)
                         : $cell =~ s/\s+//gr;
        }

        push @rows, \@cells;
    }

    return @rows;
}


# all texts of a file, adjacent literals joined

sub literals {
    my ($text) = @_;

    $text =~ s{/\*.*?\*/}{}gs;
    $text =~ s{^#include.*}{}mg;
    $text =~ s{'"'}{}g;

    return map { unquote($_) } $text =~ /("(?:\\.|[^"\\])*"
                                          (?:\s*"(?:\\.|[^"\\])*")*)/xg;
}


# what is logged: the formats, without the common beginning

sub formats {
    my ($text) = @_;
    my @formats;

    while ($text =~ /\b(?:ngx_conf_log_error|ngx_log_error
                         |ngx_http_pancake_conf_log)\(
                     (?!NGX_LOG_ALERT) (.*?;)/xsg)
    {
        my $call = $1;

        # a name such as ngx_open_file_n stands for the name of a call

        my ($format) = $call =~ /((?:ngx_\w+_n\s*)?"(?:\\.|[^"\\])*"
                                  (?:\s*(?:ngx_\w+_n\s*)?
                                     "(?:\\.|[^"\\])*")*)/x
            or next;

        $format =~ s/ngx_\w+_n\b/"%s"/g;
        $format = unquote($format);
        $format =~ s/^pancake (?:checkout|webhook): //;

        # without words of its own it says what other texts say

        push @formats, $format if $format =~ s/%\*?[a-zA-Z]+//gr =~ /\w{4}/
                                  && $format !~ /^(?:400|%ui), field /;
    }

    return @formats;
}


sub pattern {
    my ($format) = @_;

    # an error number of the system may follow

    return join('.*?', map { quotemeta } map { s/%Z//r }
                       split /%(?:\*s|ui|uz|[VOMTizds])/, $format, -1)
           . '(?: \(\d+: [\w ]+\))?';
}


# message => the statuses it is sent with

sub kinds {
    my ($text) = @_;
    my %kinds;
    my %statuses = (
        BAD_REQUEST => 400, FORBIDDEN => 403, NOT_FOUND => 404,
        NOT_ALLOWED => 405, CONFLICT => 409, REQUEST_ENTITY_TOO_LARGE => 413,
        UNSUPPORTED_MEDIA_TYPE => 415, UNAUTHORIZED => 401, TOO_MANY_REQUESTS => 429,
        INTERNAL_SERVER_ERROR => 500, BAD_GATEWAY => 502,
        SERVICE_UNAVAILABLE => 503, GATEWAY_TIME_OUT => 504,
    );

    my ($table) = $text =~ /ngx_http_pancake_kinds\[\] = \{(.*?)^\};/ms;

    while ($table =~ /\{ NGX_HTTP_(\w+),(.*?) \}/sg) {
        my ($status, $rest) = ($statuses{$1}, $2);

        $kinds{(literals($rest))[0]}{$status} = 1;
    }

    return %kinds;
}


# Plain helpers.

# two lists of names, of the sources and of README

sub compare {
    my ($built, $docs, $where) = @_;

    my %built = map { ($_ => 1) } @$built;
    my %docs = map { ($_ => 1) } @$docs;

    return (
        (map { "$_: not in README.md" } grep { !$docs{$_} } sort keys %built),
        (map { "$_: not in the " . ($where // 'module') }
         grep { !$built{$_} } sort keys %docs),
    );
}


sub root_names {
    opendir my $dir, $top or die "opendir: $!\n";

    return grep { !/^(?:\.\.?|\.git|build)$/ } sort readdir $dir;
}


sub slurp {
    my ($file) = @_;

    open my $in, '<', $file or die "$file: $!\n";
    local $/;

    return scalar <$in>;
}
