# SPDX-License-Identifier: Apache-2.0
# Nezumi's build. `make help` lists what there is to make.
#
#   MODE=release|debug|asan|tsan   what to build for; each has its own folder below build/
#   CC=clang                       another compiler (give it another BUILD folder too)
#   V=1                            show the commands
#   NEZUMI_NO_SETUP=1              install nothing

VERSION := 0.1.0
MODE    ?= release
BUILD   ?= build
PREFIX  ?= /usr/local
WERROR  ?= -Werror
PYTHON  ?= python3
SECONDS ?= 60

# Real data for tests lies beside a working copy; what needs it is skipped by name where it is absent.
export NEZUMI_SHARED ?= ../shared

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif
Q := $(if $(V),,@)
say = @$(if $(V),:,printf '  %-9s%s\n' $(1) $(2))

# What has to be installed depends on what is asked for.
GOALS  := $(or $(MAKECMDGOALS),all)
groups  = build $(if $(filter demo test owners bench install,$(GOALS)),owners) \
	$(if $(filter test programs lint% interop,$(GOALS)),test) \
	$(if $(filter lint% format,$(GOALS)),lint) $(filter demo fuzz interop bench,$(GOALS))

# ---- compiler ------------------------------------------------------------------------------------

ifeq ($(origin CC),default)
CC := gcc
endif

warnings := -Wall -Wextra -Wshadow -Wpointer-arith -Wcast-qual -Wwrite-strings -Wstrict-prototypes \
	-Wmissing-prototypes -Wold-style-definition -Wvla -Wundef -Wformat=2 -Wnull-dereference \
	-Wimplicit-fallthrough $(WERROR)
hardening := -fstack-protector-strong -fPIE
fortify   := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
mode.release := -O3 $(fortify)
mode.debug   := -O1
mode.asan    := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
mode.tsan    := -O1 -fsanitize=thread
mode.fuzz    := -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
ifndef mode.$(MODE)
$(error MODE is one of release debug asan tsan, not "$(MODE)")
endif

# Asked once, and only when something is compiled: pkg-config may come with the set-up.
LIBRARIES := libisal libzstd liblz4 lzo2 jansson libmaxminddb libpsl libidn2 expat libfyaml sqlite3
# Loaded by the program itself when it needs them (app/fetch_curl.h): only their headers are wanted here.
LOADED := libcurl
once = $(eval $(1) := $$(shell $(2)))$($(1))
library_cflags = $(call once,library_cflags,pkg-config --cflags $(LIBRARIES) $(LOADED))
library_libs   = $(call once,library_libs,pkg-config --libs $(LIBRARIES))

# NDEBUG is never set: broken invariants stop a release too.
all_cflags = -std=gnu17 -g $(mode.$(MODE)) $(warnings) $(hardening) -pthread $(CFLAGS)
all_cppflags = -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DNEZUMI_VERSION='"$(VERSION)"' -Isrc $(CPPFLAGS)
all_ldflags = -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed -pthread $(mode.$(MODE)) $(LDFLAGS)
all_libs = $(library_libs) -lbz2 -lm $(LDLIBS)

# ---- files ---------------------------------------------------------------------------------------

O       := $(BUILD)/$(MODE)
BIN     := $(O)/nezumi
LIB     := $(O)/libnezumi.a
SRC     := $(sort $(wildcard src/*/*.c))
DATA    := $(sort $(wildcard catalogue/*.csv catalogue/*.txt catalogue/*.css catalogue/*.js catalogue/*.yaml))
MAIN    := src/cmd/main.c
LIB_OBJ := $(patsubst %.c,$(O)/%.o,$(filter-out $(MAIN),$(SRC))) $(DATA:%=$(O)/%.o)
MAIN_OBJ := $(MAIN:%.c=$(O)/%.o)

UNIT := $(patsubst tests/%.c,$(O)/%,$(sort $(wildcard tests/unit/test_*.c)))
PROP := $(patsubst tests/%.c,$(O)/%,$(sort $(wildcard tests/prop/prop_*.c)))
FUZZ := $(patsubst tests/%.c,$(O)/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
BENCH := $(O)/bench/bench_gen $(O)/bench/feed.so

OWNERS := $(BUILD)/owners.nzo

# ---- program -------------------------------------------------------------------------------------

.PHONY: all help setup programs measuring lib
all: $(BIN) ## the program (MODE=release unless told otherwise)
	@:
lib: $(LIB)
programs: $(if $(filter fuzz,$(MODE)),,$(UNIT) $(PROP)) $(FUZZ)
	@:

measuring: $(BENCH)
	@:

setup: ## install what the build needs (other targets do this by themselves)
	$(Q)tools/setup $(sort $(groups))

$(BIN): $(MAIN_OBJ) $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(all_ldflags) -o $@ $^ $(all_libs)

$(LIB): $(LIB_OBJ) $(O)/objects
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $(LIB_OBJ)

# Code for one instruction set lies in files of its own; base/cpu says at run time which may be called.
%_avx2.o %_avx2.tidy: isa_cflags = -mavx2 -mbmi -mbmi2 -mpopcnt -mlzcnt
%_avx512.o %_avx512.tidy: isa_cflags = -mavx2 -mbmi -mbmi2 -mpopcnt -mlzcnt -mavx512f -mavx512bw -mavx512dq \
	-mavx512vl -mavx512vbmi -mavx512vbmi2 -mgfni $(gcc_frames)
# gcc 12's address sanitizer does not align to 64 bytes the frames that it watches after a return (seen as faults).
%_avx512.o: gcc_frames = $(if $(findstring clang,$(CC)),,--param asan-use-after-return=0)

$(O)/%.o: %.c $(O)/flags | setup
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(all_cppflags) $(library_cflags) $(all_cflags) $(isa_cflags) -MMD -MP -c -o $@ $<

# The project's own data becomes part of the program: catalogue/a-b.csv lies between the symbols
# catalogue_a_b_csv_begin and _end, and catalogue_a_b_csv_size says its length (tools/embed.S).
symbol = $(subst -,_,$(subst .,_,$(subst /,_,$(1))))
$(DATA:%=$(O)/%.o): $(O)/%.o: % tools/embed.S $(O)/flags | setup
	$(call say,EMBED,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) -DFILE='"$<"' -DNAME=$(call symbol,$<) -c -o $@ tools/embed.S

# Other flags, or another set of files, make a new build although no file changed.
$(O)/flags: now = $(CC) $(all_cppflags) $(all_cflags) $(all_ldflags)
$(O)/objects: now = $(LIB_OBJ)
$(O)/flags $(O)/objects: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(now))' | cmp -s - $@ || printf '%s\n' '$(subst ','\'',$(now))' >$@
.PHONY: FORCE
FORCE:

# ---- test programs -------------------------------------------------------------------------------

$(UNIT) $(PROP): $(O)/%: $(O)/tests/%.o $(LIB)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(all_ldflags) -o $@ $^ $(all_libs) -lcmocka

# A fuzz target linked with a main that replays files; `make fuzz` links the same with libFuzzer.
ifeq ($(MODE),fuzz)
$(FUZZ): fuzzer := -fsanitize=fuzzer
else
$(FUZZ): $(O)/tests/fuzz/replay.o
endif
$(FUZZ): $(O)/%: $(O)/tests/%.o $(LIB)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(all_ldflags) $(fuzzer) -o $@ $^ $(all_libs)

# What data to measure with are made by, and what makes a collector read a file.
$(O)/bench/bench_gen: $(patsubst %.c,$(O)/%.o,$(sort $(wildcard tests/bench/gen_*.c tests/bench/bench_gen.c)))
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(all_ldflags) -o $@ $^ $(all_libs)
$(O)/bench/feed.so: tests/bench/feed.c $(O)/flags | setup
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(all_cppflags) $(filter-out -fPIE,$(all_cflags)) -fPIC -shared -o $@ $<

# Objects of tests are kept, and know their headers.
.SECONDARY:
-include $(patsubst %.c,$(O)/%.d,$(SRC) $(wildcard tests/*/*.c))

# ---- owner data ----------------------------------------------------------------------------------

# AS and country of addresses: two npm packages, fetched once, compiled into one file (again when
# that file's format may have changed).
NPM := $(BUILD)/npm
.PHONY: owners
owners: $(OWNERS) ## fetch who owns which addresses (npm) and compile it for the program

$(NPM)/fetched: tools/fetch-owners | setup
	$(Q)tools/fetch-owners $(NPM)
	@touch $@

$(OWNERS): $(NPM)/fetched $(wildcard src/*/owner*.[ch]) | $(BIN)
	$(call say,OWNERS,$@)
	$(Q)$(BIN) owners compile --asn $(NPM)/asn/package/asn-ipv4.csv \
		--asn $(NPM)/asn/package/asn-ipv6.csv \
		--country $(NPM)/country/package/geo-whois-asn-country-ipv4.csv \
		--country $(NPM)/country/package/geo-whois-asn-country-ipv6.csv -o $@

# ---- what to do with it --------------------------------------------------------------------------

# For another make of the same tree: what it needs has been installed by then.
again := NEZUMI_NO_SETUP=1
# Goals that run such makes must not meet each other in one folder.
ifneq ($(word 2,$(GOALS)),)
.NOTPARALLEL:
endif

.PHONY: demo test interop bench fuzz lint format install clean
demo: $(BIN) $(OWNERS) ## the main job on both reports, with a report to look at
	$(Q)NEZUMI=$(BIN) BUILD=$(BUILD) demo/run

test: setup ## all tests (TESTS="unit e2e" for some of them)
	$(Q)$(MAKE) $(again) MODE=release all
	$(Q)$(MAKE) $(again) MODE=release measuring
	$(Q)$(MAKE) $(again) MODE=asan all programs
	$(Q)$(MAKE) $(again) MODE=release owners || echo "owners: none; tests that need them are skipped"
	$(Q)tools/run-tests --build $(BUILD) $(TESTS)

VENV := $(BUILD)/venv
interop: $(BIN) ## checks against other people's clients (PyPI, in a virtual environment)
ifeq ($(wildcard tests/interop/run),)
	@echo "interop: nothing to check"
else
	$(Q)$(MAKE) $(again) $(VENV)/ready
	$(Q)PATH=$(abspath $(VENV))/bin:$$PATH tools/run-tests --build $(BUILD) interop
endif

$(VENV)/ready: tests/interop/requirements.txt
	$(call say,VENV,$(VENV))
	$(Q)rm -rf $(VENV) && $(PYTHON) -m venv $(VENV)
	$(Q)$(VENV)/bin/pip install --quiet --disable-pip-version-check --retries 10 --timeout 60 -r $<
	@touch $@

bench: $(BIN) $(BENCH) $(OWNERS) ## how fast it is (BENCH_FLAGS=--quick)
	$(Q)NEZUMI=$(BIN) BUILD=$(BUILD) tests/bench/run $(BENCH_FLAGS)

fuzz: setup ## look for crashes (SECONDS=60 for each target, FUZZ_FLAGS for libFuzzer)
	$(Q)$(MAKE) $(again) MODE=fuzz CC=clang programs
	$(Q)for f in $(notdir $(FUZZ)); do \
		mkdir -p $(BUILD)/fuzz/found/$$f && \
		$(BUILD)/fuzz/fuzz/$$f -max_total_time=$(SECONDS) -timeout=10 -rss_limit_mb=2048 \
			-print_final_stats=1 -artifact_prefix=$(BUILD)/fuzz/found/ \
			$(patsubst %,-dict=%,$(wildcard tests/fuzz/*.dict)) $(FUZZ_FLAGS) \
			$(BUILD)/fuzz/found/$$f tests/fuzz/corpus/$$f || exit 1; \
	done

# ---- lint ----------------------------------------------------------------------------------------

C_FILES = $(wildcard src/*/*.[ch] tests/*/*.[ch])
SCRIPTS = $(shell git ls-files -co --exclude-standard | while read -r f; do \
	[ -f "$$f" ] && head -n 1 "$$f" | grep -a -q '^.!/bin/\(ba\)\?sh' && echo "$$f"; done)
CHECKS := lint-layers lint-words lint-scripts lint-format lint-gcc lint-clang lint-cppcheck
.PHONY: $(CHECKS) tidy
lint: $(CHECKS) ## both compilers, clang-tidy, cppcheck, shellcheck, format, layers, words
lint-layers: setup
	$(call say,LAYERS,src)
	$(Q)tools/check-layers
lint-words: setup
	$(call say,WORDS,.)
	$(Q)tools/check-words
lint-scripts: setup
	$(call say,SCRIPTS,.)
	$(Q)shellcheck $(SCRIPTS)
lint-format: setup
	$(call say,FORMAT,.)
	$(Q)for f in $(C_FILES); do clang-format --dry-run -Werror $$f 2>/dev/null || \
		{ echo "$$f: not in the project's format: make format"; bad=1; }; done; exit $$bad
lint-gcc: setup
	$(Q)$(MAKE) $(again) MODE=release CC=gcc all
	$(Q)$(MAKE) $(again) MODE=asan CC=gcc all programs
lint-clang: setup
	$(Q)$(MAKE) $(again) BUILD=$(BUILD)/clang MODE=debug CC=clang all programs tidy
lint-cppcheck: setup
	$(call say,CPPCHECK,src)
	@mkdir -p $(BUILD)/cppcheck
	$(Q)cppcheck --quiet --std=c11 --language=c --enable=warning,performance,portability \
		--error-exitcode=1 --inline-suppr --suppress=uninitvar --cppcheck-build-dir=$(BUILD)/cppcheck \
		-D_GNU_SOURCE -DNEZUMI_VERSION='""' -Isrc src

# A file is looked at again when its object was made again, so when a header of it changed.
tidy: $(patsubst %.c,$(O)/%.tidy,$(SRC))
	@:
$(O)/%.tidy: $(O)/%.o .clang-tidy
	$(call say,TIDY,$*.c)
	$(Q)clang-tidy --quiet $*.c -- -std=gnu17 $(all_cppflags) $(isa_cflags) 2>$@.log || { cat $@.log; exit 1; }
	@touch $@

format: setup ## put the source files into the project's format
	$(Q)clang-format -i $(C_FILES)

# ---- installation --------------------------------------------------------------------------------

# The program finds owners.nzo by its own place: in ../share/nezumi from where it lies. The manual and
# completion come from the program's table of commands.
bin   = $(DESTDIR)$(PREFIX)/bin
share = $(DESTDIR)$(PREFIX)/share
install: $(BIN) $(OWNERS) ## program, manual, completion, owner data: DESTDIR, PREFIX=/usr/local
	install -d $(bin) $(share)/nezumi $(share)/man/man1 $(share)/bash-completion/completions \
		$(share)/zsh/site-functions $(share)/fish/vendor_completions.d
	install -m 755 $(BIN) $(bin)/nezumi
	install -m 644 $(OWNERS) $(share)/nezumi/owners.nzo
	$(BIN) --man | gzip -9n >$(share)/man/man1/nezumi.1.gz
	$(BIN) --completion >$(share)/bash-completion/completions/nezumi
	install -m 644 tools/completion/_nezumi $(share)/zsh/site-functions/_nezumi
	install -m 644 tools/completion/nezumi.fish $(share)/fish/vendor_completions.d/nezumi.fish

clean: ## forget all that was built
	rm -rf $(BUILD)

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | \
		awk -F '\t' '{ printf "  %-10s %s\n", $$1, $$2 }'
