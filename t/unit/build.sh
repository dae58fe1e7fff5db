#!/bin/sh

# Copyright (C) pancake checkout contributors

# Builds every t/unit/test_*.c with src/core and nginx's own core objects:
#
#     t/unit/build.sh NGINX_SRC_DIR OUT_DIR
#
# NGINX_SRC_DIR is a configured nginx source tree (objs/ngx_auto_config.h).
# CC, CFLAGS and LDFLAGS are used for nginx's objects too, so that a sanitizer
# sees the pools.  Nothing is done when neither sources nor flags changed.

set -eu

if [ $# -ne 2 ] || [ ! -f "$1/objs/ngx_auto_config.h" ]; then
    echo "usage: $0 NGINX_SRC_DIR OUT_DIR" >&2
    echo "NGINX_SRC_DIR must have objs/ngx_auto_config.h" >&2
    exit 2
fi

mkdir -p "$2"

nginx=$(cd "$1" && pwd)
out=$(cd "$2" && pwd)

cd "$(dirname "$0")/../.."

cc=${CC:-cc}

includes="-I $nginx/src/core -I $nginx/src/event -I $nginx/src/event/modules
          -I $nginx/src/event/quic -I $nginx/src/os/unix -I $nginx/objs
          -I src/core -I t/unit"

flags="-g -O1 -DNGX_DEBUG_PALLOC=1 ${CFLAGS:-}"
strict="-Wall -Wextra -Wpointer-arith -Werror -Wno-unused-parameter"

stamp=$(echo "$cc $flags ${LDFLAGS:-} $nginx";
        $cc --version;
        cat "$nginx/objs/ngx_auto_config.h" src/core/*.[ch] t/unit/* | cksum)

if [ "$(cat "$out/stamp" 2>/dev/null)" = "$stamp" ]; then
    exit 0
fi

rm -rf "$out/stamp" "$out/obj"
rm -f "$out"/test_*
mkdir "$out/obj"

for name in array hash inet list palloc queue rbtree string; do
    $cc $flags $includes -c "$nginx/src/core/ngx_$name.c" \
        -o "$out/obj/ngx_$name.o"
done

for file in src/core/*.c t/unit/stub.c t/unit/unit.c; do
    $cc $flags $strict $includes -c "$file" \
        -o "$out/obj/$(basename "$file" .c).o"
done

ar rc "$out/obj/core.a" "$out"/obj/*.o

for file in t/unit/test_*.c; do
    $cc $flags $strict $includes "$file" "$out/obj/core.a" \
        ${LDFLAGS:-} -lyajl -lcrypto -lpthread -o "$out/$(basename "$file" .c)"
done

echo "$stamp" > "$out/stamp"
