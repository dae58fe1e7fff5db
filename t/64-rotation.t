# Another private key while checkouts run, twice: no request fails, each is
# signed by a key that the API accepts at that time, and when the old workers
# are gone the old key is of no use any more.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use PancakeTest::Keys;
use Test::More;

use POSIX ();
use Time::HiRes qw( sleep );

use constant BUYERS => 3;
use constant MOST => 3000;          # checkouts of one buyer
use constant SOME => 30;            # checkouts that say something

my $SCOPE = 'pancake_idempotency_key $cookie_sid; '
            . 'pancake_idempotency_window 30m;';

my $t = PancakeTest->new(workers => 2)->has(qw( node ))->conf(<<"EOT");
    pancake_merchant_id %%MERCHANT%%;
    pancake_private_key waffo.pem;

    pancake_set productId PROD_4cWAslE1GKkGeaOMl9Vbmy;
    pancake_set currency USD;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        location = /buy   { pancake_checkout create-session; }
        location = /bare  { pancake_checkout create-session;
                            $SCOPE }
        location = /click { pancake_checkout create-session;
                            pancake_idempotency_secret idem.secret;
                            $SCOPE }

        %%API_LOCATION%%
    }
EOT

my $DIR = $t->dir;


my @keys = (undef, map { PancakeTest::Keys::fresh($t, "key-$_.pem") } 1 .. 3);

# What an operator does: the file is there as a whole or not at all.

sub install {
    my ($text) = @_;

    $t->write_file('waffo.new', $text, 0600);
    rename "$DIR/waffo.new", "$DIR/waffo.pem" or die "rename: $!";
}


$t->plan(35);

install($keys[1]);
$t->write_file('idem.secret', 'one secret for all keys', 0600);
$t->secret('one secret for all keys');

$t->sandbox('public-key' => [ map { "$DIR/key-$_.pem.pub" } 1 .. 3 ],
            'max-requests' => BUYERS * MOST)->run;


# A stream of checkouts in processes of their own; each writes down what it
# got, until a file tells it to stop.

my @pids;

for my $i (1 .. BUYERS) {
    my $pid = fork;
    die "fork: $!" unless defined $pid;

    if (!$pid) {
        $SIG{$_} = 'DEFAULT' for qw( INT TERM HUP );
        open my $f, '>', "$DIR/buyer-$i";
        $f->autoflush(1);

        for my $n (1 .. MOST) {
            last if -e "$DIR/enough";

            my $r = eval { $t->post_form('/buy', 'buyerEmail=' . mail("$i-$n")) };
            print $f join(' ', $r ? $r->status . $r->{error} : 'refused',
                          $r && $r->location // '-'), "\n";
            sleep 0.01;
        }

        POSIX::_exit(0);
    }

    push @pids, $pid;
}


sub mail { "rotation-$_[0]\@example.com" }

sub seen { $t->sandbox_get('state')->{requests} }

sub since { @{ $t->sandbox_get("requests?since=$_[0]") } }

# that many more, and what they were signed with

sub more {
    my ($name) = @_;
    my $before = seen();

    ok($t->wait_for(sub { seen() >= $before + SOME }), "$name: checkouts");

    my %signers;
    $signers{ $_->{signer} // 'none' }++ for since($before);

    return join ' ', sort keys %signers;
}


sub clicks {
    my ($uri, $sid) = @_;
    my $body = 'buyerEmail=' . mail($sid);

    return $t->post_form($uri, $body, Cookie => "sid=$sid");
}


# Old and new are valid at the API; then the old key is withdrawn.

sub rotate {
    my ($from, $to) = @_;
    my $name = "key $to";

    is(more("before $name"), $from, "before $name: signed by the old one");

    # a click that is under way while nginx is reloaded, and one before it

    my $first = clicks('/click', "first-$to");
    my $bare = clicks('/bare', "first-$to");

    $t->sandbox_post('settings', { inFlightMs => 3000 });

    my $body = 'buyerEmail=' . mail("second-$to");
    my $before = seen();
    my ($head) = PancakeTest::HTTP->build('POST', '/click', $body,
        'Content-Type' => 'application/x-www-form-urlencoded',
        Cookie => "sid=second-$to");
    my $c = $t->connect;
    $c->send($head . $body);

    ok($t->wait_for(sub { grep { $_->{body} =~ /second-$to/ }
                          since($before) }), "$name: a click is under way");

    install($keys[$to]);
    is($t->reload(keep_old => 1), 1, "$name: reloaded");

    my $again = clicks('/click', "second-$to");
    my $second = $c->response;
    $c->close;

    $t->sandbox_post('settings', { inFlightMs => 0 });

    is($second->status, 302, "$name: what was under way ends well");
    is($again->location, $second->location,
       "$name: a double click over it is one session");

    is($t->wait_for(sub { $t->worker_pids(all => 1) == 2 }), 1,
       "$name: the old workers end");

    is(clicks('/click', "first-$to")->location, $first->location,
       "$name: a click before and one after it are one session");
    isnt(clicks('/bare', "first-$to")->location, $bare->location,
         "$name: without the secret they are two");

    $t->sandbox_post('settings', { withdrawnKeys => $from });
    is(more("after $name"), $to, "after $name: signed by the new one");
}

rotate(1, 2);
rotate(2, 3);


# A file that is no key: nginx says so, and goes on with the one it has.

$t->expect_log(qr/private key "waffo\.pem"/);

for my $case ([ 'garbage', "no key at all\n",
                'is neither PEM nor base64 of a PKCS#8 or PKCS#1 key' ],
              [ 'the public key',
                PancakeTest::Log::slurp("$DIR/key-3.pem.pub"),
                'is a public key' ])
{
    my ($name, $text, $reason) = @$case;

    install($text);
    is($t->mark->reload, 0, "$name: refused");

    my ($emerg) = map { $_->[1] } grep { $_->[0] eq 'emerg' } $t->messages;
    like($emerg, qr{^private\ key\ "waffo\.pem"\ \Q$reason\E
                    \ in\ \Q$DIR\E/nginx\.conf:\d+\z}x, "$name: message");

    is(more($name), 3, "$name: the old key signs");
}


$t->write_file('enough', '1');
waitpid $_, 0 for @pids;

my @lines = map { split /\n/, $t->log_text("buyer-$_") } 1 .. BUYERS;
my @bad = grep { $_->{verdict} ne 'ok' && $_->{status} != 409 } since(0);
my %urls = map { $_ => 1 } @lines;

is(join("\n", grep { !/^302 http/ } @lines), '', 'every checkout went well');
is(scalar keys %urls, scalar @lines, 'each has a session of its own');
is(join("\n", map { "$_->{status} $_->{verdict}" } @bad), '',
   'the API refused none');
cmp_ok(scalar @lines, '<', BUYERS * MOST, 'there were checkouts all the time');
is($t->sandbox_get('state')->{sessions}, @lines + 2 * 4,
   'no session more than that');

note(scalar @lines, ' checkouts');
