
# Copyright (C) 2026 pancake checkout contributors

# "make help" tells what there is.  Everything made goes into build/.

ifeq ($(origin CC), default)
CC = gcc
endif

PROVE_FLAGS ?= -j2
TESTS       ?= t
SOAK_COUNT  ?= 100000

VERSIONS_TESTS ?= $(addprefix t/, 10-* 20-* 21-* 22-* 24-* 26-* 30-* 35-* \
                                  36-* 40-* 42-* 44-* 46-* 51-* 52-* 59-* \
                                  60-* 62-*)

BENCH_ROUNDS  ?= 5
BENCH_SECONDS ?= 3

MODULE = build/ngx_http_pancake_checkout_module.so
OBJS   = $(CURDIR)/build/$(notdir $(firstword $(CC)))
SRC    = /usr/share/nginx/src

MAKEFLAGS += --no-print-directory

.PHONY: module demo test test-asan versions versions-quick faults soak bench \
        bench-waiting bench-instructions bench-status check dist deb \
        test-package clean help


module:
	@t/tools/need build $(filter clang, $(notdir $(CC)))
	@t/tools/configure $(SRC) $(OBJS) $(CC)
	@$(MAKE) -s -j$$(nproc) -C $(SRC) -f $(OBJS)/Makefile modules
	@cmp -s $(OBJS)/$(notdir $(MODULE)) $(MODULE) \
	    || { cp $(OBJS)/$(notdir $(MODULE)) $(MODULE).new \
	         && mv $(MODULE).new $(MODULE); }
	@echo "$(MODULE): made with $(CC)"

demo: module
	@t/tools/need build demo
	@t/tools/demo $(MODULE)

test: module
	@t/tools/need build test source browser
	@t/tools/promtool > /dev/null
	@t/tools/prove $(PROVE_FLAGS) $(TESTS)

test-asan:
	@t/tools/need build test source browser
	@t/tools/promtool > /dev/null
	@t/tools/prove --asan $(PROVE_FLAGS) $(TESTS)

versions:
	@t/tools/need build clang test source browser versions
	@TESTS="$(TESTS)" PROVE_FLAGS="$(PROVE_FLAGS)" t/tools/versions $(CELLS)

versions-quick:
	@t/tools/need build clang test source versions
	@NGINX_CFLAGS="-O1 -g0" TESTS="$(VERSIONS_TESTS)" \
	    PROVE_FLAGS="$(PROVE_FLAGS)" t/tools/versions \
	    sid:dynamic:gcc trixie:static:clang

faults: module
	@t/tools/need build test source
	@TEST_TABLE=1 t/tools/prove -Q t/52-faults.t

soak: module
	@t/tools/need build test source
	@SOAK_COUNT=$(SOAK_COUNT) t/tools/prove -v t/70-soak.t

bench: module
	@t/tools/need build demo bench peers \
	    || { t/tools/need build demo bench \
	         && echo "bench: without nginx's njs and Lua" >&2; }
	@cd t/sdk && npm ci --no-audit --no-fund --ignore-scripts --silent
	@node t/bench/run.mjs $(MODULE) $(BENCH_ROUNDS) $(BENCH_SECONDS)

bench-instructions: module
	@t/tools/need build demo bench valgrind
	@node t/bench/instructions.mjs $(MODULE)

bench-status: module
	@t/tools/need build demo bench
	@node t/bench/status.mjs $(MODULE)

bench-waiting: module
	@t/tools/need build demo
	@node t/bench/waiting.mjs $(MODULE)

check:
	@t/tools/need check
	@t/tools/style
	@cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c99 \
	    --enable=warning,performance,portability \
	    --suppress=missingInclude -I src/core -I src/http src t/unit
	@echo "check: nothing to complain about"

dist:
	@t/tools/need dist
	@t/tools/dist build

deb:
	@t/tools/need build dist deb
	@t/tools/deb

test-package: deb
	@t/tools/need build demo debootstrap
	@TEST_PACKAGE=build/deb prove -v t/85-package.t

clean:
	rm -rf build

help:
	@echo "make             build $(MODULE)"
	@echo "make CC=clang    the same with clang"
	@echo "make demo        show a checkout in a browser (DEMO_ONCE=1: and stop)"
	@echo "make test        run the tests (PROVE_FLAGS=-v TESTS=t/10-unit.t: so)"
	@echo "make test-asan   run them with nginx and module under sanitizers"
	@echo "make versions    build and test with other versions of nginx"
	@echo "make versions-quick   the newest and the one before, in short"
	@echo "make faults      a table of what every fault of the API leads to"
	@echo "make soak        100,000 checkouts, 5 % of the API's answers fail"
	@echo "make bench       speed beside proxy_pass, openssl and others"
	@echo "make bench-instructions   instructions of a request, under valgrind"
	@echo "make bench-status   what pancake_status_zone costs a checkout"
	@echo "make bench-waiting   what 10,000 buyers who wait cost a worker"
	@echo "make check       look at the style of the code, and cppcheck"
	@echo "make dist        the release's tarball, the same bytes everywhere"
	@echo "make deb         the Debian package, into build/deb/"
	@echo "make test-package   install, upgrade, purge it in a clean Debian"
	@echo "make clean       remove build/"
	@echo
	@echo "Every target installs through apt what it misses."
