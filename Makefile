# pgwake: make, make test, make demo, make help
VERSION := 0.1.0

PREFIX  ?= /usr/local
DESTDIR ?=
CC      ?= cc
CFLAGS  ?= -O2 -g

# SANITIZE=address,undefined   DEVELOPER=1 (warnings are errors)   COVERAGE=1
variant := $(if $(SANITIZE),-$(subst $(comma),-,$(SANITIZE)))$(if $(COVERAGE),-coverage)
comma   := ,
B       := build$(variant)

DECODER_LIBS := libpcre2-8 libcrypto
AGENT_LIBS   := libpq rdkafka json-c libconfig libcurl libmicrohttpd

# libconfig's and librdkafka's headers are found through pkg-config; a missing
# one is reported by `make deps`, not by a page of compiler errors.
pkg_cflags := $(shell pkg-config --cflags $(DECODER_LIBS) $(AGENT_LIBS) 2>/dev/null)
pkg_libs   := $(shell pkg-config --libs $(DECODER_LIBS) $(AGENT_LIBS) 2>/dev/null)

WARNINGS := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes \
	-Wpointer-arith -Wwrite-strings -Wvla -Wformat=2 -Wundef
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -DPGWAKE_VERSION='"$(VERSION)"' -Iinclude \
	$(WARNINGS) $(if $(DEVELOPER),-Werror) $(CFLAGS) $(pkg_cflags) \
	$(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer) \
	$(if $(COVERAGE),--coverage -O0)
ALL_LDFLAGS = $(LDFLAGS) $(if $(SANITIZE),-fsanitize=$(SANITIZE)) $(if $(COVERAGE),--coverage)
LDLIBS = $(pkg_libs) -lpthread -lm

decoder_src := $(wildcard decoder/*.c)
agent_src   := $(wildcard agent/*.c)
decoder_obj := $(decoder_src:%.c=$B/%.o)
agent_obj   := $(filter-out $B/agent/main.o,$(agent_src:%.c=$B/%.o))
unit_src    := $(wildcard tests/unit/test_*.c)
unit_bin    := $(unit_src:tests/unit/%.c=$B/unit/%)

.PHONY: all clean install uninstall
all: $B/pgwake $B/libdecoder.a
	@ln -sf $B/pgwake pgwake; ln -sf $B/libdecoder.a libdecoder.a

$B/pgwake: $B/agent/main.o $B/libagent.a $B/libdecoder.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

$B/libdecoder.a: $(decoder_obj)
	@rm -f $@; $(AR) rcs $@ $^
$B/libagent.a: $(agent_obj)
	@rm -f $@; $(AR) rcs $@ $^

$B/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# A unit test is one file that links the archives; only what it uses is pulled in.
$B/unit/%: tests/unit/%.c $B/libagent.a $B/libdecoder.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP $(ALL_LDFLAGS) -o $@ $< $B/libagent.a $B/libdecoder.a -lcmocka $(LDLIBS)

.PHONY: unit
unit: $(unit_bin)
	@set -e; for t in $(unit_bin); do $$t; done

clean:
	rm -rf build build-* pgwake libdecoder.a

-include $(shell find $B -name '*.d' 2>/dev/null)
