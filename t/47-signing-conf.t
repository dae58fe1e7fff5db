# Where signatures are made and how many are kept: what "nginx -t" refuses,
# what each level of the configuration may say, and how many threads a worker
# has then.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use Test::More;

plan(skip_all => 'valgrind runs one process') if $ENV{TEST_VALGRIND};

my $t = PancakeTest->new->has(qw( threads ));

sub number { qq(invalid number of arguments in "$_[0]" directive) }
sub twice { qq("$_[0]" directive is duplicate) }
sub misplaced { qq("$_[0]" directive is not allowed here) }

sub place {
    qq(invalid value "$_[0]" in "pancake_signing" directive, it must be )
    . '"inline", "threads" or "threads=pool"';
}

sub entries {
    qq(invalid number of entries "$_[0]" in "pancake_signature_cache" )
    . 'directive, it must be 1 to 100000, or "off" alone';
}

sub reuse {
    qq(invalid parameter "$_[0]" in "pancake_signature_cache" directive, it )
    . 'must be "reuse=time" of 1s to 30s';
}

my $DEFAULT = 'the thread pool "default" reads files and cannot sign, name '
    . 'another in "pancake_signing" directive';


# One line, at each level: what is wrong with it.

my @lines = (

    # pancake_signing

    [ 'pancake_signing;',             number('pancake_signing') ],
    [ 'pancake_signing threads inline;', number('pancake_signing') ],
    [ 'pancake_signing threads pool;', number('pancake_signing') ],
    (map { [ "pancake_signing $_;", place($_ eq '""' ? '' : $_) ] }
     '""', qw( on off auto Inline INLINE inlin inline= inline=1 thread Threads
               threads= threadspool threads:pool threadss =pool pool
               $signing )),
    [ 'pancake_signing threads=default;', $DEFAULT ],
    [ 'pancake_signing threads=nosuch;', 'unknown thread pool "nosuch"' ],
    [ 'pancake_signing threads=Default;', 'unknown thread pool "Default"' ],
    [ 'pancake_signing threads=defaults;', 'unknown thread pool "defaults"' ],
    [ 'pancake_signing threads=$pool;', 'unknown thread pool "$pool"' ],
    [ 'pancake_signing threads==;',   'unknown thread pool "="' ],
    [ 'pancake_signing inline; pancake_signing inline;',
                                      twice('pancake_signing') ],
    [ 'pancake_signing threads; pancake_signing inline;',
                                      twice('pancake_signing') ],
    [ 'pancake_signing inline; pancake_signing threads;',
                                      twice('pancake_signing') ],
    [ 'pancake_signing inline; pancake_signing threads=nosuch;',
                                      twice('pancake_signing') ],

    # pancake_signature_cache

    [ 'pancake_signature_cache;',     number('pancake_signature_cache') ],
    [ 'pancake_signature_cache 1 reuse=1s reuse=1s;',
                                      number('pancake_signature_cache') ],
    (map { [ "pancake_signature_cache $_;", entries($_ eq '""' ? '' : $_) ] }
     '""', qw( 0 -1 100001 99999999999999999999 abc 1k 1m 1.5 +1 0x10 on Off
               offs reuse=1s $entries )),
    [ 'pancake_signature_cache off reuse=1s;', entries('off') ],
    [ 'pancake_signature_cache off off;', entries('off') ],
    [ 'pancake_signature_cache 0 reuse=1s;', entries('0') ],
    [ 'pancake_signature_cache reuse=1s 1024;', entries('reuse=1s') ],
    [ 'pancake_signature_cache 100001 reuse=31s;', entries('100001') ],
    (map { [ "pancake_signature_cache 1024 $_;", reuse($_ eq '""' ? '' : $_) ]
         }
     '""', qw( reuse reuse= reuse=0 reuse=0s reuse=31 reuse=31s reuse=1m
               reuse=1h reuse=0m31s reuse=abc reuse=500ms reuse=1000ms
               reuse=1.5s reuse=-1s reuse=1s1s reuse=99999999999999999999s
               reuse=off Reuse=1s reuse:1s use=1s size=1 off 1s )),
    [ 'pancake_signature_cache 1; pancake_signature_cache 1;',
                                      twice('pancake_signature_cache') ],
    [ 'pancake_signature_cache off; pancake_signature_cache 1;',
                                      twice('pancake_signature_cache') ],
    [ 'pancake_signature_cache 1 reuse=2s; pancake_signature_cache off;',
                                      twice('pancake_signature_cache') ],
);

# The same at other levels, and other places.

my @places = (
    [ 'http{}', place('off'), <<'EOT' ],
pancake_signing off; # HERE
server { listen 127.0.0.1:%%PORT_0%%; }
EOT
    [ 'http{}: unknown pool', 'unknown thread pool "nosuch"', <<'EOT' ],
pancake_signing threads=nosuch; # HERE
server { listen 127.0.0.1:%%PORT_0%%; }
EOT
    [ 'http{}: no entries', entries('0'), <<'EOT' ],
pancake_signature_cache 0; # HERE
server { listen 127.0.0.1:%%PORT_0%%; }
EOT
    [ 'location{}', place('off'), <<'EOT' ],
location /buy {
    pancake_signing off; # HERE
}
EOT
    [ 'location{}: default pool', $DEFAULT, <<'EOT' ],
location /buy {
    pancake_signing threads=default; # HERE
}
EOT
    [ 'location{}: unknown pool', 'unknown thread pool "nosuch"', <<'EOT' ],
pancake_signing threads;
location /buy {
    pancake_signing threads=nosuch; # HERE
}
EOT
    [ 'location{}: twice', twice('pancake_signing'), <<'EOT' ],
pancake_signing threads;
location /buy {
    pancake_signing inline;
    pancake_signing threads; # HERE
}
EOT
    [ 'location{}: cache twice', twice('pancake_signature_cache'), <<'EOT' ],
pancake_signature_cache off;
location /buy {
    pancake_signature_cache off;
    pancake_signature_cache 2; # HERE
}
EOT
    [ 'location{}: reuse', reuse('reuse=31s'), <<'EOT' ],
location /buy {
    pancake_signature_cache 2 reuse=31s; # HERE
}
EOT

    # the directives that a location's blocks have are the location's

    (map {
        my ($block, $name, $value) = @$_;
        [ "$name in $block", misplaced($name), <<"EOT" ]
location /buy {
    $block {
        $name $value; # HERE
    }
}
EOT
    } map { my $block = $_;
            [ $block, 'pancake_signing', 'inline' ],
            [ $block, 'pancake_signature_cache', 'off' ] }
      'if ($http_x_a)', 'limit_except GET'),

    # outside of http{}; what is behind it is too late for what is in it

    [ 'beside http{}', misplaced('pancake_signing'), <<'EOT' ],
server { listen 127.0.0.1:%%PORT_0%%; }
}
pancake_signing inline; # HERE
http {
EOT
    [ 'cache beside http{}', misplaced('pancake_signature_cache'), <<'EOT' ],
server { listen 127.0.0.1:%%PORT_0%%; }
}
pancake_signature_cache off; # HERE
http {
EOT
    [ 'a pool behind http{}', 'duplicate thread pool "pancake_checkout"',
      <<'EOT' ],
server {
    listen 127.0.0.1:%%PORT_0%%;
    %%CREDENTIALS%%
    pancake_accept productId currency;
    location = /buy { pancake_checkout create-session; }
}
}
thread_pool pancake_checkout threads=2; # HERE
http {
EOT
);

# Where there is nothing to sign; and what is no duplicate.

my @good = (
    [ 'no checkout', 'pancake_signing inline; pancake_signature_cache 1;' ],
    [ 'all levels', <<'EOT' ],
pancake_signing threads;
pancake_signature_cache 100000 reuse=30s;
server {
    listen 127.0.0.1:%%PORT_0%%;
    pancake_signing inline;
    pancake_signature_cache off;
    location / {
        pancake_signing threads;
        pancake_signature_cache 1;
        location /a/ { pancake_signing inline;
                       pancake_signature_cache 1 reuse=1s; }
    }
}
EOT
    (map { [ $_, "pancake_signature_cache $_;" ] }
     '1', '100000', 'off', '007', '1 reuse=1', '1 reuse=1s', '1 reuse=30',
     '1 reuse=30s', '1 reuse=01s', '1 reuse=0m30s'),
);


# What is served.  How many threads a worker has beside its own, the text in
# front of events{}, the text of http{}, and for each request the location,
# what $pancake_signature says, and header fields.

my $SERVER = <<'EOT';
    %%CREDENTIALS%%
    %%RETRY_OFF%%
    pancake_set productId %%PRODUCT%%;
    pancake_set currency USD;
    add_header X-How $pancake_signature always;
    server {
        listen 127.0.0.1:%%PORT_0%%;
EOT

# So that no second ends between two requests.

my $KEEP = 'pancake_signature_cache 1024 reuse=30s;';

my $API = "%%API_LOCATION%%\n}\n";
my $BUY = 'location = /buy { pancake_checkout create-session; }';

my @served = (
    [ 'no checkout', 0, '', "$SERVER pancake_signing threads;
        pancake_signature_cache 1; $API" ],

    [ 'no directive', 1, '', "$SERVER $BUY $API", [ '/buy', 'thread' ] ],

    [ 'several locations', 1, '', "$KEEP $SERVER $BUY
        location = /a { pancake_checkout create-session; }
        location = /b { pancake_checkout create-session create-order; }
        location /c/  { pancake_checkout create-session;
                        location /c/d { pancake_checkout create-session; } }
        $API server { listen 127.0.0.1:%%PORT_2%%; $BUY $API",
      [ '/buy', 'thread' ], [ '/a', 'cached' ], [ '/c/', 'cached' ],
      [ '/c/d', 'cached' ], [ '/buy', 'cached', -port => 2 ] ],

    [ 'store slug', 0, '', "$SERVER
        location = /buy { pancake_checkout create-session;
                          pancake_store_slug my-store test; } $API",
      [ '/buy', 'none' ] ],

    [ 'store slug, threads', 0, '', "$SERVER pancake_signing threads;
        location = /buy { pancake_checkout create-session;
                          pancake_signature_cache off;
                          pancake_store_slug my-store test; } $API",
      [ '/buy', 'none' ] ],

    [ 'store slug and key', 1, '', "$SERVER $BUY
        location = /slug { pancake_checkout create-session;
                           pancake_store_slug my-store test; } $API",
      [ '/slug', 'none' ], [ '/buy', 'thread' ] ],

    [ 'inline in http{}', 0, '', "pancake_signing inline; $KEEP $SERVER
        $BUY $API",
      [ '/buy', 'inline' ], [ '/buy', 'cached' ] ],

    [ 'inline in server{}', 0, '', "$SERVER pancake_signing inline;
        $BUY $API",
      [ '/buy', 'inline' ] ],

    [ 'inline in location{}', 0, '', "$SERVER
        location = /buy { pancake_checkout create-session;
                          pancake_signing inline; } $API",
      [ '/buy', 'inline' ] ],

    [ 'threads in http{}', 1, '', "pancake_signing threads; $SERVER
        $BUY $API",
      [ '/buy', 'thread' ] ],

    [ 'threads in server{}', 1, '', "pancake_signing inline; $SERVER
        pancake_signing threads; pancake_signature_cache off; $BUY $API",
      [ '/buy', 'thread' ], [ '/buy', 'thread' ] ],

    [ 'threads in location{}', 1, '', "pancake_signing inline;
        pancake_signature_cache off; $SERVER $BUY
        location = /threads { pancake_checkout create-session;
                              pancake_signing threads; } $API",
      [ '/buy', 'inline' ], [ '/threads', 'thread' ],
      [ '/buy', 'inline' ] ],

    [ 'inline beside threads', 1, '', "pancake_signature_cache off; $SERVER
        pancake_signing threads; $BUY
        location /inline/ { pancake_signing inline;
            location /inline/a { pancake_checkout create-session; }
            location /inline/b { pancake_checkout create-session;
                                 pancake_signing threads; } } $API",
      [ '/inline/a', 'inline' ], [ '/inline/b', 'thread' ],
      [ '/buy', 'thread' ] ],

    [ 'a nested location without a word', 1, '', "$SERVER
        location /buy { pancake_checkout create-session;
                        pancake_signing threads; pancake_signature_cache off;
                        location /buy/a { pancake_checkout create-session; } }
        $API",
      [ '/buy', 'thread' ], [ '/buy/a', 'thread' ] ],

    # pools

    [ 'its pool is the operator\'s', 2,
      'thread_pool pancake_checkout threads=2;', "$KEEP $SERVER $BUY $API",
      [ '/buy', 'thread' ], [ '/buy', 'cached' ] ],

    [ 'its pool is the operator\'s, by name', 2,
      'thread_pool pancake_checkout threads=2;', "$SERVER $BUY
        location = /named { pancake_checkout create-session;
                            pancake_signature_cache off;
                            pancake_signing threads=pancake_checkout; } $API",
      [ '/buy', 'thread' ], [ '/named', 'thread' ] ],

    # there by itself, also where it is named first

    [ 'its own pool, by name', 1, '', "pancake_signature_cache off; $SERVER
        location = /named { pancake_checkout create-session;
                            pancake_signing threads=pancake_checkout; }
        $BUY $API",
      [ '/named', 'thread' ], [ '/buy', 'thread' ] ],

    [ 'its own pool, by name in http{}', 1, '',
      "pancake_signing threads=pancake_checkout; $SERVER $BUY $API",
      [ '/buy', 'thread' ] ],

    [ 'a named pool', 3, 'thread_pool rsa threads=3;',
      "$SERVER pancake_signing threads=rsa; $KEEP $BUY $API",
      [ '/buy', 'thread' ], [ '/buy', 'cached' ] ],

    [ 'a named pool in http{}', 3, 'thread_pool rsa threads=3;',
      "pancake_signing threads=rsa; $SERVER $BUY
        location = /a { pancake_checkout create-session;
                        pancake_signature_cache off; } $API",
      [ '/buy', 'thread' ], [ '/a', 'thread' ] ],

    [ 'a named pool and its own', 4, 'thread_pool rsa threads=3;',
      "pancake_signature_cache off; $SERVER pancake_signing threads=rsa; $BUY
        location = /own { pancake_checkout create-session;
                          pancake_signing threads; } $API",
      [ '/buy', 'thread' ], [ '/own', 'thread' ] ],

    [ 'two named pools', 5, 'thread_pool rsa threads=3;
        thread_pool d-d threads=2 max_queue=16;',
      "pancake_signature_cache off; $SERVER pancake_signing threads=rsa; $BUY
        location = /d { pancake_checkout create-session;
                        pancake_signing threads=d-d; } $API",
      [ '/buy', 'thread' ], [ '/d', 'thread' ] ],

    # blocks inside of a location, where the same location goes on

    (map { my ($name, $where, $how, $outside) = @$_;
    [ "blocks, $name", $how eq 'inline' ? 0 : 1, '',
      "pancake_signature_cache off; $outside $SERVER
        location = /if  { pancake_checkout create-session; $where
                          if (\$http_x_a) { set \$a 1; } }
        location = /own { pancake_checkout create-session; $where
                          if (\$http_x_a) {
                              add_header X-How \$pancake_signature; } }
        location = /two { pancake_checkout create-session; $where
                          if (\$http_x_a) { set \$a 1; }
                          if (\$http_x_b) { set \$b 1; }
                          limit_except GET { allow all; } }
        location = /except { pancake_checkout create-session; $where
                             limit_except GET { allow 127.0.0.1; deny all; } }
        $API",
      (map { [ '/if', $how, @$_ ], [ '/own', $how, @$_ ] }
       [ ], [ 'X-A' => 1 ]),
      [ '/two', $how ], [ '/two', $how, 'X-A' => 1 ],
      [ '/two', $how, 'X-B' => 1 ],
      [ '/two', $how, 'X-A' => 1, 'X-B' => 1 ],
      [ '/except', $how ] ] }
    [ 'no directive', '', 'thread', '' ],
    [ 'threads', 'pancake_signing threads;', 'thread',
      'pancake_signing inline;' ],
    [ 'inline', 'pancake_signing inline;', 'inline', '' ]),

    [ 'blocks, a named pool', 3, 'thread_pool rsa threads=3;',
      "$SERVER
        location = /buy { pancake_checkout create-session;
                          pancake_signing threads=rsa;
                          pancake_signature_cache 2 reuse=30s;
                          limit_except GET { allow all; } }
        location = /if  { pancake_checkout create-session;
                          pancake_signing threads=rsa;
                          pancake_signature_cache 2 reuse=30s;
                          if (\$http_x_a) { set \$a 1; } } $API",
      [ '/buy', 'thread' ], [ '/buy', 'cached' ],
      [ '/if', 'thread', 'X-A' => 1 ], [ '/if', 'cached' ] ],
);

my @requests = map { @$_[4 .. $#$_] } @served;

$t->plan(@lines + @places + @good + 2 + 3 * @served + 3 * @requests + 4);


for my $case (@lines) {
    my ($line, $message) = @$case;
    $t->must_fail_config("$line # HERE\n", "$message in %%HERE%%", $line);
}

for my $case (@places) {
    my ($name, $message, $text) = @$case;
    $t->must_fail_config($text, "$message in %%HERE%%", $name);
}

for my $case (@good) {
    my ($name, $text) = @$case;
    $t->warns_config($text);
}

# The line is that of the file it stands in.

$t->write_file('part.conf', "\n\npancake_signature_cache 0;\n");
$t->must_fail_config("location /buy {\n\ninclude part.conf;\n}\n",
                     entries('0') . ' in %%DIR%%/part.conf:3',
                     'in another file');

$t->write_file('part.conf', "\npancake_signing threads=nosuch;\n");
$t->must_fail_config("location /buy {\n\ninclude part.conf;\n}\n",
                     'unknown thread pool "nosuch" in %%DIR%%/part.conf:2',
                     'a pool in another file');


sub threads {
    my ($worker) = $t->worker_pids;
    return -1 + (() = glob "/proc/$worker/task/*");
}


# What nginx -t says to the file: its status and words.

sub tested {
    my ($dir, $binary) = ($t->dir, $t->{binary});

    local $ENV{ASAN_OPTIONS} = join ':', $ENV{ASAN_OPTIONS} // (),
                                         'detect_leaks=0';
    local ($?, $!);
    my $out = qx('$binary' -p '$dir/' -c nginx.conf -e '$dir/config.log' \\
                     -t 2>&1);

    return ($? >> 8) . ' ' . join ' ', $out =~ /\[(warn|error|\w*erg)\] (.*)/g;
}


$t->backend(1);

for my $case (@served) {
    my ($name, $threads, $main, $text, @requests) = @$case;

    $t->conf($text, main => $main);
    is(tested(), '0 ', "$name: nginx -t");

    if ($t->pid) {
        is($t->reload, 1, "$name: reload");
    } else {
        ok($t->run, "$name: run");
    }

    is(threads(), $threads, "$name: threads");

    for my $request (@requests) {
        my ($uri, $how, %h) = @$request;
        my $what = join ' ', "$name, $uri", map { "$_ $h{$_}" } sort keys %h;

        my $r = $t->clear_requests->post_json($uri, '{}', %h);
        my ($req) = $t->requests;

        is($r->status, 302, "$what: status");
        is($r->header('X-How'), $how, "$what: \$pancake_signature");
        is($req && $req->signature_ok, $how eq 'none' ? 0 : 1,
           "$what: signature");
    }
}


# nginx learns of a pool also after who uses it.

$t->conf("$SERVER pancake_signing threads=late; $BUY $API");
$t->write_file('nginx.conf', PancakeTest::Log::slurp($t->dir . '/nginx.conf')
                             . "thread_pool late threads=2;\n");

is($t->reload, 1, 'a pool behind http{}: reload');
is(threads(), 2, 'a pool behind http{}: threads');

my $r = $t->post_json('/buy', '{}');

is($r->status, 302, 'a pool behind http{}: status');
is($r->header('X-How'), 'thread', 'a pool behind http{}: signature');
