# tidepool: make run | make test | make deep | make | make install PREFIX=... | make check | make bench | make fuzz | make format
# The packages that are missing are installed by make run and make test; plain make names them.
#
# Objects go to build/<kind>/, where kind is release (the product), asan (what the tests run) or fuzz.

KIND    ?= release
PREFIX  ?= /usr/local
CC      ?= cc
AR      := $(if $(findstring clang,$(CC)),ar,gcc-ar)
BUILD   := build/$(KIND)

# --- what the build needs (Debian's names).  llhttp comes as C source on 12 and as a library since 13; which of them is asked
# of the system's name, not of apt: a fresh machine has no lists yet.
PKGS      := pkg-config libuv1-dev libcjson-dev liblua5.4-dev libsqlite3-dev libssl-dev libyaml-dev
LLHTTP    := $(if $(shell grep -s bookworm /etc/os-release),node-llhttp,libllhttp-dev)
NODE      := $(if $(shell command -v npm),,nodejs npm)
TEST_PKGS := libcmocka-dev python3 python3-boto3 awscli $(NODE) curl

# --- flags
WARN     := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat-security
X86      := $(filter x86_64% i686%,$(shell $(CC) -dumpmachine 2>/dev/null))
HARDEN   := -fPIE -fstack-protector-strong -fstack-clash-protection -D_FORTIFY_SOURCE=2 $(if $(X86),-fcf-protection)
SAN      := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
CFLAGS_release := -O2 -g -flto=auto -fno-plt $(HARDEN)
CFLAGS_asan    := -O1 -g $(SAN) -Werror
CFLAGS_fuzz    := -O1 -g -fsanitize=fuzzer-no-link,address,undefined
LDFLAGS_release := -O2 -flto=auto -pie -Wl,-z,relro,-z,now
LDFLAGS_asan    := $(SAN)
LDFLAGS_fuzz    := -fsanitize=fuzzer,address,undefined

LIBS_PC := libuv libcjson lua5.4 sqlite3 libcrypto yaml-0.1
LLHTTP_SRC := $(wildcard /usr/share/llhttp/*.c)
LLHTTP_OBJ := $(patsubst /usr/share/llhttp/%.c,$(BUILD)/llhttp/%.o,$(LLHTTP_SRC))
LIBS_CPPFLAGS := $(shell pkg-config --cflags $(LIBS_PC) 2>/dev/null)
CPPFLAGS += -D_GNU_SOURCE -Iruntime -Igateway -Itriggers -I/usr/share/include/llhttp -I/usr/share/include $(LIBS_CPPFLAGS)
CFLAGS   += -std=c11 $(WARN) $(CFLAGS_$(KIND))
LDFLAGS  += $(LDFLAGS_$(KIND))

# The release carries its libraries in itself where Debian has an archive of them, so that the one file runs where none is
# installed; what is left is libc, and libcjson, of which Debian has none.  The tests link the shared ones: the same code,
# sooner linked.
archive = $(filter /%,$(shell $(CC) -print-file-name=lib$(1).a 2>/dev/null))
ifeq ($(KIND),release)
library = $(or $(firstword $(foreach name,$(1),$(call archive,$(name)))),-l$(lastword $(1)))
else
library = -l$(lastword $(1))
endif
LIBRARIES := $(call library,uv_a uv) $(call library,cjson) $(call library,lua5.4) $(call library,sqlite3) \
             $(call library,crypto) $(call library,yaml) $(if $(LLHTTP_SRC),,$(call library,llhttp))
# Of what the archives name in their turn (Debian 13's libcrypto: zlib, zstd) the parts that we use need nothing more.
LDLIBS   += $(LIBRARIES) -ldl -lm -lpthread

# A compiler and the libraries' headers, or one line that says how to get them.
HEADERS := uv.h cjson/cJSON.h lua.h sqlite3.h openssl/evp.h yaml.h llhttp.h
.DEFAULT_GOAL := all
.PHONY: tools
tools:
	@for h in $(HEADERS); do echo "#include <$$h>"; done | $(CC) $(CPPFLAGS) -E -x c - >/dev/null 2>&1 || { \
	    echo "to build tidepool, install a C compiler and the libraries:  make deps   or, as root:"; \
	    echo "    apt-get install gcc make $(PKGS) $(LLHTTP)"; exit 1; } >&2

# --- sources by folder
SRC  := $(filter-out runtime/main.c,$(shell find runtime gateway triggers -name '*.c' 2>/dev/null))
OBJ  := $(SRC:%.c=$(BUILD)/%.o)
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))

# make V=1 shows the commands.
Q := $(if $(V),,@)

.PHONY: all run test deep unit check bench fuzz format install deps test-deps clean
all: build/tidepool

build/tidepool: $(BUILD)/tidepool
	@mkdir -p build && ln -sf $(KIND)/tidepool $@

$(BUILD)/tidepool: $(BUILD)/runtime/main.o $(BUILD)/libtidepool.a
	$(if $(V),,@echo "  ld    $@$(if $(filter release,$(KIND)), (the whole program is optimized: some seconds))")
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/libtidepool.a: $(OBJ) $(LLHTTP_OBJ)
	@rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/%.o: %.c | tools
	@mkdir -p $(@D)
	$(if $(V),,@echo "  cc    $<")
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/llhttp/%.o: /usr/share/llhttp/%.c | tools
	@mkdir -p $(@D)
	$(if $(V),,@echo "  cc    $(<F)")
	$(Q)$(CC) -I/usr/share/include/llhttp -I/usr/share/include -w -DLLHTTP_STRICT_MODE=1 \
	    $(if $(filter fuzz,$(KIND)),$(CFLAGS_fuzz),-O2 -fPIE) -c -o $@ $<

# One binary for each test file; make T=sqs unit builds and runs those whose name holds "sqs".
$(BUILD)/unit/%: $(BUILD)/tests/unit/%.o $(BUILD)/libtidepool.a
	@mkdir -p $(@D)
	$(if $(V),,@echo "  ld    $@")
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

# --- the two commands.  What is missing is installed first; then make begins anew, to see it.
run: deps
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@exec build/tidepool start

test: deps test-deps
	@tests/run $(T)

# Installs the packages of $(1) that are missing; where that is not possible, prints the line that would.
define install_missing
	@missing=""; for p in $(1); do dpkg-query -W -f '$${db:Status-Status}' $$p 2>/dev/null | grep -qx installed || \
	    missing="$$missing $$p"; done; \
	[ -z "$$missing" ] || sh tests/install-packages $$missing
endef

deps:
	$(call install_missing,gcc make $(PKGS) $(LLHTTP))

# What is too long for every run, tests/deep: make deep, make T=browser deep.
deep: deps test-deps
	$(call install_missing,chromium)
	@SUITES=deep tests/run $(T)

test-deps:
	$(call install_missing,$(TEST_PKGS))

install: all
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 build/release/tidepool $(DESTDIR)$(PREFIX)/bin/tidepool

unit:
	@$(MAKE) --no-print-directory KIND=asan run-unit

.PHONY: run-unit
.PRECIOUS: $(BUILD)/tests/%.o
run-unit: $(if $(T),$(foreach u,$(UNIT),$(if $(findstring $(T),$(u)),$(u))),$(UNIT))
	@for t in $^; do $$t || exit 1; done

# Programs that measure: build/bench/ceiling, build/bench/server.
build/bench/%: $(BUILD)/tests/bench/%.o $(BUILD)/libtidepool.a
	@mkdir -p $(@D)
	$(if $(V),,@echo "  ld    $@")
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# One libFuzzer program for each tests/fuzz/fuzz_*.c, each for FUZZ_S seconds; make T=http fuzz runs one.
FUZZ_S ?= 20
FUZZ   := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
$(BUILD)/fuzz_%: $(BUILD)/tests/fuzz/fuzz_%.o $(BUILD)/libtidepool.a
	$(if $(V),,@echo "  ld    $@")
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

fuzz:
	@$(MAKE) --no-print-directory KIND=fuzz CC=clang run-fuzz

.PHONY: run-fuzz
run-fuzz: $(foreach f,$(FUZZ),$(if $(or $(if $(T),,all),$(findstring $(T),$(f))),$(BUILD)/fuzz_$(f)))
	@for f in $^; do n=$${f##*/fuzz_}; mkdir -p $(BUILD)/corpus/$$n; echo "fuzz $$n for $(FUZZ_S) s"; \
	    dict=tests/fuzz/$$n.dict; test -f $$dict && dict=-dict=$$dict || dict=; \
	    $$f -max_total_time=$(FUZZ_S) -verbosity=0 -print_final_stats=1 $$dict -artifact_prefix=$(BUILD)/ \
	        $(BUILD)/corpus/$$n || exit 1; done

# The rules of the house that a machine can see.
check:
	@tests/check.sh

format:
	clang-format -i $(shell find runtime gateway triggers tests -name '*.[ch]')

# tidepool beside its peers: make bench WHAT=hello,tables ROUNDS=5
bench: all build/bench/ceiling
	$(call install_missing,wrk python3 $(NODE))
	@cd tests/bench/peers && npm install --silent --no-audit --no-fund --no-package-lock
	@python3 tests/bench/bench.py $(if $(WHAT),--what $(WHAT)) $(if $(ROUNDS),--rounds $(ROUNDS))

clean:
	rm -rf build

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
