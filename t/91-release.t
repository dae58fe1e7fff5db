# A release: the version is the same wherever it is told, the tarball is the
# same bytes wherever it is made, and it has all that it needs.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use Archive::Tar ();
use Cwd qw( abs_path );
use Digest::SHA ();
use File::Basename qw( dirname );
use File::Temp ();
use Test::More;

plan(skip_all => 'nothing here is built with sanitizers')
    if $ENV{TEST_ASAN};

my $TOP = abs_path(dirname(__FILE__) . '/..');
my $HEADER = 'src/http/ngx_http_pancake.h';
my $DIR = File::Temp::tempdir('pancake-release-XXXXXX', TMPDIR => 1,
                              CLEANUP => 1);

# neither the outer make's nor the outer git's affair

delete @ENV{ grep { /^(?:GIT_|MAKE|MFLAGS)/ } keys %ENV, 'MFLAGS' };
delete $ENV{SOURCE_DATE_EPOCH};


# The version, and the day of the release.

my ($version) = slurp("$TOP/$HEADER")
                =~ /^#define NGX_HTTP_PANCAKE_VERSION +"(.*)"$/m;
my ($changes, $day) = slurp("$TOP/CHANGES")
                =~ /^Changes with pancake checkout (\S+) +(.*)$/m;

like($version, qr/^\d+\.\d+\.\d+$/, 'a version');
is($changes, $version, 'CHANGES: the version');
like($day, qr/^\d\d [A-Z][a-z]{2} \d{4}$/, 'CHANGES: the day');
is(run("'$TOP/t/tools/version'"), "0 $version\n", 't/tools/version');

SKIP: {
    skip 'no debian/, as in a tarball', 2 if !-d "$TOP/debian";

    my $text = slurp("$TOP/debian/changelog");
    my ($upstream) = $text =~ /\A\S+ \((.+?)(?:-[^-)]+)?\) /;
    my ($date) = $text =~ /^ -- .*?>  \w+, (\d\d \w+ \d{4}) /m;

    is($upstream, $version, 'debian/changelog: the version');

    # a later revision of the package has a later day

    my ($revision) = $text =~ /\A\S+ \(.+-(.+)\) /;
    is($revision ne '1' || $date eq $day, 1, 'debian/changelog: the day');
}


# The rest is about a clone.

if (!-e "$TOP/.git" || run("git -C '$TOP' rev-parse HEAD") !~ /^0 /) {
    note('not a git clone: no tarballs are made');
    done_testing();
    exit;
}

my @tracked = split /\0/, `git -C '$TOP' ls-files -z`;
my $number = qr/(?<![\w.])\Q$version\E(?!\w|\.\d)/;

is(join("\n", grep { -f "$TOP/$_" && slurp("$TOP/$_") =~ $number }
              grep { !m{(?:^|/)package(?:-lock)?\.json$} } sort @tracked),
   join("\n", grep { -e "$TOP/$_" } 'CHANGES', 'README.md',
                                    'debian/changelog', $HEADER),
   'nobody else tells the version');


# Two clones, in places of different names, by users of different habits; the
# files of the second are old, and somebody else's.

clone('one', '022');
clone('quite-another/two', '077');

my $sources = "$DIR/quite-another/two/src";

is(run("touch -d 1999-12-31 '$sources'/*/*.c"), '0 ', 'old files');
is(run("chown 12345:12345 '$sources'/*/*.h"), '0 ', "somebody else's files")
    if $> == 0;

my $one = dist('one', 'umask 022; export LC_ALL=C TZ=Asia/Tokyo');
my $two = dist('quite-another/two', 'umask 077; export LC_ALL=C.UTF-8'
               . ' TZ=America/Lima TAR_OPTIONS=--owner=x GZIP=-1');

is($two, $one, 'two clones, the same bytes');

my $tarball = "$DIR/one/build/pancake-checkout-$version.tar.gz";
my $tar = Archive::Tar->new($tarball) or die "$tarball: $Archive::Tar::error";
my @members = $tar->get_files;
my $prefix = "pancake-checkout-$version";

is(join("\n", map { $_->full_path } @members),
   join("\n", map { "$prefix/$_" } sort grep { !m{^debian/} }
              split /\0/, `git -C '$DIR/one' ls-files -z`),
   'the tarball: the files of the commit, sorted, in one folder');

my $time = `git -C '$DIR/one' log -1 --format=%ct` + 0;

is(join(' ', uniq(map { $_->mtime } @members)), $time,
   'the tarball: the time of the commit');
is(join(' ', uniq(map { sprintf '%o', $_->mode & 07777 } @members)), '644 755',
   'the tarball: modes');
is(join(' ', uniq(map { $_->uid . ':' . $_->gid } @members)), '0:0',
   'the tarball: owner');
is(join(' ', uniq(map { '"' . $_->uname . $_->gname . '"' } @members)), '""',
   'the tarball: no name of an owner');


# The tarball, unpacked, is a source to build and to release from.

my $unpacked = "unpacked/$prefix";

mkdir "$DIR/unpacked" or die "mkdir: $!";
is(run("cd '$DIR/unpacked' && tar -xf '$tarball'"), '0 ', 'unpacked');
is(dist($unpacked), $one, 'unpacked: the same bytes once more');

SKIP: {
    skip 'the build is tested without sanitizers', 2 if $ENV{TEST_ASAN};

    like(run("make -C '$DIR/$unpacked'"), qr/^0 .*: made with /s,
         'unpacked: make');
    is(dist($unpacked), $one, 'unpacked: what make has made is left out');
}

like(run("'$DIR/$unpacked/t/tools/deb'"), qr/^1 deb: there is no debian/,
     'unpacked: no package is made of it');


# What is not committed is no release.

append("$DIR/one/README.md", "more\n");
append("$DIR/one/new.txt", "new\n");
unlink $tarball;

is(run("'$DIR/one/t/tools/dist' '$DIR/one/build'"), <<'EOT', 'changes: no');
1  M README.md
?? new.txt
dist: the above is not committed
EOT
is(-e $tarball, undef, 'changes: no tarball');

like(run("'$DIR/one/t/tools/dist' --dirty '$DIR/one/build'"), qr/^0 /,
     'changes: with --dirty');
like(Archive::Tar->new($tarball)->get_content("$prefix/README.md"),
     qr/\nmore\n\z/, 'changes: with --dirty they are in it');

unlike(run("'$DIR/one/t/tools/dist' --dirty '$DIR/one/none/a'; "
           . "ls -A '$DIR/one/none/a'"), qr/^\.dist/m,
       'nothing but the tarball is left behind');


# Versions that differ.

{
    my $text = slurp("$DIR/one/$HEADER");
    $text =~ s/(VERSION +")\Q$version\E"/${1}99.0.0"/ or die;
    spew("$DIR/one/$HEADER", $text);

    like(run("'$DIR/one/t/tools/deb'"),
         qr/^1 \Qdeb: debian\E\/changelog is at .*, the module at 99\.0\.0:/,
         'two versions: no package');

    $text =~ s/#define NGX_HTTP_PANCAKE_VERSION.*\n// or die;
    spew("$DIR/one/$HEADER", $text);

    is(run("'$DIR/one/t/tools/version'"),
       "1 version: $HEADER has none\n", 'no version');
}

done_testing();


sub clone {
    my ($name, $umask) = @_;

    my $said = run("umask $umask; git -c advice.detachedHead=false clone -q '$TOP' "
                   . "'$DIR/$name'");
    die $said if $said !~ /^0 /;
}


# The checksum of the tarball that "make dist" makes there.

sub dist {
    my ($name, $before) = @_;
    my $file = "$DIR/$name/build/pancake-checkout-$version.tar.gz";

    unlink $file;

    my $said = run(($before // ':') . "; make -C '$DIR/$name' dist");

    return $said if $said !~ /^0 /;
    return Digest::SHA->new(256)->addfile($file)->hexdigest;
}


# The status, and what was said.

sub run {
    my ($script) = @_;

    open my $pipe, '-|', 'sh', '-c', "exec 2>&1 < /dev/null; $script"
        or die "sh: $!";
    my $text = do { local $/; <$pipe> } // '';
    close $pipe;

    return ($? >> 8) . " $text";
}


sub uniq {
    my %seen;
    return sort grep { !$seen{$_}++ } @_;
}


sub slurp {
    my ($file) = @_;

    open my $in, '<', $file or die "$file: $!\n";
    local $/;

    return scalar <$in> // '';
}


sub spew {
    my ($file, $text) = @_;

    open my $out, '>', $file or die "$file: $!\n";
    print $out $text;
    close $out or die "$file: $!\n";
}


sub append {
    my ($file, $text) = @_;
    spew($file, (-e $file ? slurp($file) : '') . $text);
}
