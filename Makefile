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
say = @$(if $(V),:,printf '  %-8s%s\n' $(1) $(2))

# What has to be installed depends on what is asked for.
GOALS  := $(or $(MAKECMDGOALS),all)
groups  = build $(if $(filter demo test owners bench install,$(GOALS)),owners) \
	$(if $(filter test programs interop,$(GOALS)),test) $(filter lint format fuzz interop bench,$(GOALS:format=lint))

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
ifndef mode.$(MODE)
$(error MODE is one of release debug asan tsan, not "$(MODE)")
endif

# Asked once, and only when something is compiled: pkg-config may come with the set-up.
LIBRARIES := libisal libzstd jansson libmaxminddb libpsl libidn2
once = $(eval $(1) := $$(shell $(2)))$($(1))
library_cflags = $(call once,library_cflags,pkg-config --cflags $(LIBRARIES))
library_libs   = $(call once,library_libs,pkg-config --libs $(LIBRARIES))

# NDEBUG is never set: broken invariants stop a release too.
all_cflags = -std=gnu17 -g $(mode.$(MODE)) $(warnings) $(hardening) -pthread $(CFLAGS)
all_cppflags = -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DNEZUMI_VERSION='"$(VERSION)"' -Isrc $(CPPFLAGS)
all_ldflags = -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed -pthread $(mode.$(MODE)) $(LDFLAGS)
all_libs = $(library_libs) -lm $(LDLIBS)

# ---- files ---------------------------------------------------------------------------------------

O       := $(BUILD)/$(MODE)
BIN     := $(O)/nezumi
LIB     := $(O)/libnezumi.a
SRC     := $(sort $(wildcard src/*/*.c))
DATA    := $(sort $(wildcard catalogue/*.csv catalogue/*.txt))
MAIN    := src/cmd/main.c
LIB_OBJ := $(patsubst %.c,$(O)/%.o,$(filter-out $(MAIN),$(SRC))) $(DATA:%=$(O)/%.o)
MAIN_OBJ := $(MAIN:%.c=$(O)/%.o)

UNIT := $(patsubst tests/%.c,$(O)/%,$(sort $(wildcard tests/unit/test_*.c)))
PROP := $(patsubst tests/%.c,$(O)/%,$(sort $(wildcard tests/prop/prop_*.c)))
FUZZ := $(patsubst tests/%.c,$(O)/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
BENCH := $(patsubst tests/%.c,$(O)/%,$(sort $(wildcard tests/bench/bench_*.c)))
PROGRAMS := $(UNIT) $(PROP) $(FUZZ)

OWNERS := $(BUILD)/owners.nzo

# ---- program -------------------------------------------------------------------------------------

.PHONY: all help setup programs lib
all: $(BIN) ## the program (MODE=release unless told otherwise)
lib: $(LIB)
programs: $(PROGRAMS)

setup: ## install what the build needs (other targets do this by themselves)
	$(Q)tools/setup $(sort $(groups))

$(BIN): $(MAIN_OBJ) $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(all_ldflags) -o $@ $^ $(all_libs)

$(LIB): $(LIB_OBJ) $(O)/objects
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $(LIB_OBJ)

$(O)/%.o: %.c $(O)/flags | setup
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(all_cppflags) $(library_cflags) $(all_cflags) -MMD -MP -c -o $@ $<

# The project's own data becomes part of the program: catalogue/a-b.csv is found between the symbols
# catalogue_a_b_csv_begin and catalogue_a_b_csv_end (tools/embed.S).
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
$(FUZZ): $(O)/%: $(O)/tests/%.o $(O)/tests/fuzz/replay.o $(LIB)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(all_ldflags) -o $@ $^ $(all_libs)

$(BENCH): $(O)/%: $(O)/tests/%.o $(LIB)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(all_ldflags) -o $@ $^ $(all_libs)

# Objects of tests are kept, and know their headers.
.SECONDARY:
-include $(patsubst %.c,$(O)/%.d,$(SRC) $(wildcard tests/*/*.c))

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{ printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
