# A signature that was made serves again for the same key, path, body and
# second, and for nothing else: what goes to the API is, to the byte, what
# openssl makes of it, wherever the signature came from.

# Copyright (C) 2026 pancake checkout contributors

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use PancakeTest;
use Test::More;

use Math::BigInt ();
use MIME::Base64 qw( encode_base64 );

use constant CLICKS => 50;

my $SESSION = '/v1/actions/checkout/create-session';
my $ORDER = '/v1/actions/onetime-order/create-order';

# The second at which the clock stands first.  It is long over, so that what
# the API promises for the next minutes is never over on a clock put forward.

my $START = 1767225600;
my $DAY = 86400;

my $CONF = <<'EOT';
    %%CREDENTIALS%%
    %%RETRY_OFF%%
    HTTP_LEVEL

    pancake_set productId %%PRODUCT%%;
    pancake_set currency USD;

    # what an inner level has is added, not put in the place of this

    add_header X-How $pancake_signature always;

    server {
        listen 127.0.0.1:%%PORT_0%%;

        location = /buy    { pancake_checkout create-session; }
        location = /again  { pancake_checkout create-session; }
        location = /chain  { pancake_checkout create-session create-order; }
        location = /second { pancake_checkout create-session;
                             pancake_private_key second.pem; }
        location = /slug   { pancake_checkout create-session;
                             pancake_private_key "";
                             pancake_store_slug my-store test; }

        # a cache of its own

        location = /own    { pancake_checkout create-session;
                             pancake_signature_cache 1024; }
        location = /off    { pancake_checkout create-session;
                             pancake_signature_cache off; }
        location = /two    { pancake_checkout create-session;
                             pancake_signature_cache 2; }
        location = /half   { pancake_checkout create-session;
                             pancake_signature_cache 16 reuse=30s; }
        location = /inline { pancake_checkout create-session;
                             pancake_signature_cache 16;
                             pancake_signing inline; }
        location = /inline-off { pancake_checkout create-session;
                             pancake_signature_cache off;
                             pancake_signing inline; }
        location = /slow   { pancake_checkout create-session;
                             pancake_signature_cache 16;
                             pancake_private_key slow.pem; }

        # attempts

        location = /retry  { pancake_checkout create-session;
                             pancake_signature_cache 16;
                             pancake_retry 3 backoff=50ms deadline=60s; }
        location = /retry-half { pancake_checkout create-session;
                             pancake_signature_cache 16 reuse=30s;
                             pancake_retry 3 backoff=50ms deadline=60s; }

        %%API_LOCATION%%
    }

    # has nothing of its own

    server {
        listen 127.0.0.1:%%PORT_2%%;
        location = /buy    { pancake_checkout create-session; }
        %%API_LOCATION%%
    }

    # has a cache for all its locations

    server {
        listen 127.0.0.1:%%PORT_3%%;
        pancake_signature_cache 16;
        location = /buy    { pancake_checkout create-session; }
        location = /again  { pancake_checkout create-session; }
        %%API_LOCATION%%
    }
EOT

# The store slug is another server's credential: a location cannot take away
# the key that it inherits.

$CONF =~ s/^ *location = \/slug .*?\}\n//ms;
$CONF .= <<'EOT';
EOT

my ($A, $B, $C) = map { qq({"buyerEmail":"buyer-$_\@example.com"}) } 1 .. 3;
my $ADDRESS = '{"billingDetail":{"country":"US","isBusiness":false,'
              . '"postcode":"94105","state":"CA"}}';
