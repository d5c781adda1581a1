# pgwake: make, make test, make demo, make help
VERSION := 0.1.0

PREFIX  ?= /usr/local
DESTDIR ?=
CC      ?= cc
CFLAGS  ?= -O2 -g

# SANITIZE=address,undefined   DEVELOPER=1 (warnings are errors)   COVERAGE=1
comma   := ,
variant := $(if $(SANITIZE),-$(subst $(comma),-,$(SANITIZE)))$(if $(COVERAGE),-coverage)
B       := build$(variant)

DECODER_LIBS := libpcre2-8 libcrypto
AGENT_LIBS   := libpq libssl rdkafka json-c libconfig

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

# In which allocations are counted.
$B/unit/test_allocation: ALL_LDFLAGS += -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free

.PHONY: unit
unit: $(unit_bin)
	@set -e; for t in $(unit_bin); do $$t; done

# A long run of the simulator; SIM_SEED repeats one.
SIM_ROUNDS ?= 50000
.PHONY: simulate
simulate: $B/unit/test_simulator
	@SIM_ROUNDS=$(SIM_ROUNDS) $<

# --- Fuzzing: every tests/fuzz/fuzz_NAME.c, built by clang into build-fuzz/ ---
# What a run finds new stays in build-fuzz/corpus/; inputs that crash in build-fuzz/.
FUZZ_SECONDS ?= 300
CLANG ?= $(firstword $(foreach c,clang clang-19 clang-16 clang-14,$(shell command -v $c 2>&-)))
fuzz_src := $(wildcard tests/fuzz/fuzz_*.c)
fuzz_bin := $(fuzz_src:tests/fuzz/%.c=build-fuzz/%)

$B/fuzz_%: tests/fuzz/fuzz_%.c $B/libagent.a $B/libdecoder.a
	$(CC) $(ALL_CFLAGS) -MMD -MP -fsanitize=fuzzer $(ALL_LDFLAGS) -o $@ $< \
		$B/libagent.a $B/libdecoder.a $(LDLIBS)

.PHONY: fuzz fuzz-build fuzz-replay fuzz-short
fuzz-build:
	@test -n "$(CLANG)" || { echo "fuzzing needs clang and libclang-rt-dev" >&2; exit 1; }
	$(MAKE) B=build-fuzz CC=$(CLANG) CFLAGS='-O1 -g' COVERAGE= \
		SANITIZE=fuzzer-no-link,address,undefined $(fuzz_bin)

fuzz-replay: fuzz-build
	@set -e; for t in $(fuzz_bin); do c=tests/fuzz/corpus/$${t#*/fuzz_}; \
		if test -d $$c; then echo "$$t: replay of $$c"; \
		$$t -runs=0 $$c 2>build-fuzz/replay.log || { cat build-fuzz/replay.log; exit 1; }; \
		fi; done

fuzz: fuzz-replay
	@set -e; for t in $(fuzz_bin); do n=$${t#*/fuzz_}; mkdir -p build-fuzz/corpus/$$n; \
		c=tests/fuzz/corpus/$$n; test -d $$c || c=; echo "$$t: $(FUZZ_SECONDS) s"; \
		$$t -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=4096 \
		-print_final_stats=1 -artifact_prefix=build-fuzz/ build-fuzz/corpus/$$n $$c \
		2>build-fuzz/$$n.log || { tail -100 build-fuzz/$$n.log; exit 1; }; \
		grep -E 'executed_units|new_units' build-fuzz/$$n.log; done

fuzz-short:
	@$(MAKE) fuzz FUZZ_SECONDS=10
# --- end of fuzzing ---

# --- docs/OPTIONS.md, from the options table; a unit test says when it is old;
# the deviations in docs/COMPATIBILITY.md, from deviations.json: lint says so ---
.PHONY: docs
docs: $B/pgwake
	$B/pgwake --print-reference >docs/OPTIONS.md
	tests/conformance/table.py
# --- end of docs ---

# --- Conformance: what Debezium's connector emits for the scenarios, and we ---
# SCENARIOS=dir takes other scenarios, ONLY="04 15" some of them.
.PHONY: conformance
conformance: all
	@tests/conformance/run.py $(if $(SCENARIOS),--scenarios $(SCENARIOS)) $(ONLY)

# Debezium beside pgwake on one server, then random tables: SEED=1 repeats them,
# RANDOM_SCENARIOS=100 takes more. Needs Java and Maven.
.PHONY: conformance-live
conformance-live: all
	@tests/conformance/live.py $(if $(SCENARIOS),--scenarios $(SCENARIOS)) \
		$(if $(SEED),--seed $(SEED)) $(if $(RANDOM_SCENARIOS),--random $(RANDOM_SCENARIOS)) $(ONLY)
# --- end of conformance ---

# --- Lint: the rules of the house, see tests/tools/lint ---
.PHONY: lint
lint: $B/libdecoder.a $B/libagent.a
	@tests/tools/lint --objects $B
	@tests/conformance/table.py --check
# --- end of lint ---

# --- What a fresh machine needs: Debian packages, and a cache for the rest ---
# Groups of packages: build, demo, test, fuzz; DEPS="build demo" for some.
.PHONY: deps
deps:
	@tests/tools/deps $(DEPS)
# --- end of what a fresh machine needs ---

# --- Demo: PostgreSQL, Kafka, the agent and a workload under .demo/ ---
# The flags above are found by pkg-config, so the build is a second make.
.PHONY: demo
demo:
	@tests/tools/deps build demo
	@test -x pgwake || echo "building pgwake"
	@$(MAKE) -s --no-print-directory -j"$$(nproc)" all
	@deploy/demo
# --- end of demo ---

# --- Install ---
DOCDIR  = $(PREFIX)/share/doc/pgwake
MANDIR  = $(PREFIX)/share/man/man1
UNITDIR = $(PREFIX)/lib/systemd/system

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(DOCDIR) $(DESTDIR)$(UNITDIR)
	install -m 755 $B/pgwake $(DESTDIR)$(PREFIX)/bin/pgwake
	for f in $(wildcard README.md NEWS.md LICENSE pgwake.conf); do \
		install -m 644 $$f $(DESTDIR)$(DOCDIR)/ || exit 1; done
	sed 's|@PREFIX@|$(PREFIX)|g' deploy/pgwake.service >$(DESTDIR)$(UNITDIR)/pgwake.service
	chmod 644 $(DESTDIR)$(UNITDIR)/pgwake.service
	for f in $(wildcard docs/pgwake.1); do install -d $(DESTDIR)$(MANDIR) && \
		install -m 644 $$f $(DESTDIR)$(MANDIR)/ || exit 1; done

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/pgwake $(DESTDIR)$(UNITDIR)/pgwake.service \
		$(DESTDIR)$(MANDIR)/pgwake.1
	rm -f $(foreach f,README.md NEWS.md LICENSE pgwake.conf,$(DESTDIR)$(DOCDIR)/$f)
	-rmdir $(DESTDIR)$(DOCDIR) 2>/dev/null
# --- end of install ---

# --- Tests: everything, and the parts; PG=14|15|16|17|18 chooses the major ---
PG ?= 15

.PHONY: test pytest coverage bench-decoder
test:
	@tests/tools/deps build test fuzz
	@PG=$(PG) MAKE='$(MAKE) --no-print-directory' tests/run

# Only the integration tests, on the build at hand: make pytest ARGS="-k toast"
pytest: $B/pgwake
	@tests/tools/deps test
	@PGWAKE_BIN='$(abspath $B/pgwake)' "$$(tests/tools/venv)" -m pytest tests/integration --pg $(PG) $(ARGS)

# The hand-over from snapshot to stream, with misfortunes at random; SEED repeats one.
CHAOS_SECONDS ?= 600
CHAOS_ROUNDS ?= 1000
.PHONY: chaos
chaos: $B/pgwake
	@tests/tools/deps test
	@PGWAKE_BIN='$(abspath $B/pgwake)' CHAOS_SECONDS=$(CHAOS_SECONDS) CHAOS_ROUNDS=$(CHAOS_ROUNDS) \
		SEED=$(or $(SEED),$$(date +%s)) "$$(tests/tools/venv)" -m pytest --pg $(PG) -rP -k chaos \
		tests/integration/test_snapshot_handover.py $(ARGS)

# Of what must be covered by units alone: the decoder and the tracker.
coverage:
	@tests/tools/deps build coverage
	@rm -f $$(find build-coverage -name '*.gcda' 2>/dev/null)
	@mkdir -p build-coverage
	@$(MAKE) --no-print-directory COVERAGE=1 unit >build-coverage/unit.log 2>&1 || \
		{ tail -n 30 build-coverage/unit.log; exit 1; }
	@gcovr --root . --object-directory build-coverage --filter decoder/ \
		--filter agent/track.c --filter include/cursor.h --exclude-unreachable-branches \
		--fail-under-line 95 --print-summary build-coverage
# --- end of tests ---

# --- Bench: rates, latency and memory beside a pipe and peers; tests/bench/README.md ---
$B/bench/pipe: tests/bench/pipe.c tests/bench/publish.c tests/bench/publish.h
	@mkdir -p $(@D)
	$(CC) -std=gnu11 $(WARNINGS) -O2 $(CFLAGS) $(pkg_cflags) -o $@ $(filter %.c,$^) \
		$(LDFLAGS) $(pkg_libs)

# The decoder alone: it and the recordings are all that this depends on.
$B/bench/decoder: tests/bench/decoder.c $B/libdecoder.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP $(ALL_LDFLAGS) -o $@ $< $B/libdecoder.a $(LDLIBS)

# ns and instructions per row; ARGS=--check compares with tests/bench/decoder.budget,
# ARGS=--renew writes it.
bench-decoder: $B/bench/decoder
	@tests/bench/decoder.py --program $< --cc '$(CC)' --cflags '$(CFLAGS)' $(ARGS)

bench_suites := bench bench-peers bench-snapshot
.PHONY: $(bench_suites) bench-report
$(bench_suites): $B/pgwake $B/bench/pipe
	@tests/tools/deps test
	@PGWAKE_BIN='$(abspath $B/pgwake)' "$$(tests/tools/venv bench)" tests/bench/bench.py \
		--out $B/bench $(@:bench-%=%)

# The results of all suites that have run, into docs/bench/ and README.md.
bench-report:
	@"$$(tests/tools/venv bench)" tests/bench/report.py --results $B/bench
# --- end of bench ---

# --- Help ---
define help_text
make                   builds ./pgwake and libdecoder.a; SANITIZE=address,undefined DEVELOPER=1
make install           into PREFIX (/usr/local), below DESTDIR
make deps              installs what builds, demo, tests and fuzzing need (Debian)
make demo              PostgreSQL, Kafka, pgwake and a workload to look at; DEMO_SECONDS=20 ends it
make test              everything below up to lint, in under 15 minutes; PG=14..18

make unit              the unit tests
make pytest            integration tests on real servers; ARGS="-k toast" PG=14..18
make conformance       what Debezium emitted, and we; ONLY="04 15"
make fuzz-short        every fuzzer for 10 s
make lint              the rules of the house

make fuzz              every fuzzer for FUZZ_SECONDS (300)
make chaos             the hand-over from snapshot to stream under misfortunes; SEED=1
make simulate          a long run of the simulator
make conformance-live  Debezium itself beside pgwake; SEED=1 RANDOM_SCENARIOS=100
make coverage          of the decoder and the tracker
make bench             rates, latency, memory; bench-peers, bench-snapshot, bench-decoder
make bench-report      their results into docs/bench and README.md
make docs              what is generated in docs/
make clean             removes what was built
endef
export help_text

.PHONY: help
help:
	@echo "$$help_text"
# --- end of help ---

clean:
	rm -rf build build-* pgwake libdecoder.a

-include $(shell find $B -name '*.d' 2>/dev/null)
