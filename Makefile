# Sluice: `make run` and `make test` are the newcomer's two; `make help` lists the rest.

BUILD ?= build
CC ?= gcc
CFLAGS ?= -O2 -g
SAN ?=
PYTHON ?= /usr/bin/python3
V ?=
Q := $(if $(V),,@)

# of the last tag, with what came after it: 0.2.0, 0.2.0-4-gd6599bb, ...-dirty; without a tag or without git this number
RELEASE := 0.2.0
VERSION = $(or $(patsubst v%,%,$(shell git describe --tags --match 'v[0-9]*' --dirty 2>/dev/null)),$(addprefix $(RELEASE)-g,$(shell git describe --always --dirty 2>/dev/null)),$(RELEASE))

ROOMS := watcher resolver translator publisher
PKGS := libczmq libzmq libcurl msgpack yaml-0.1 libcrypto libprotobuf-c libmicrohttpd libcjson libpcre2-8 libseccomp

# what an initializer does not name is zero
WARN := -Wall -Wextra -Wno-missing-field-initializers -Wshadow -Wvla -Wmissing-prototypes -Wstrict-prototypes -Wformat=2 -Werror
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS := $(shell pkg-config --libs $(PKGS) 2>/dev/null)
ALL_CFLAGS = -std=gnu11 $(WARN) -D_GNU_SOURCE -I. -Icommon -I$(BUILD)/gen -include base/banned.h \
	-fno-omit-frame-pointer $(SAN) $(CFLAGS) $(PKG_CFLAGS)
GEN_CFLAGS = -std=gnu11 -I. -I$(BUILD)/gen -w $(SAN) $(CFLAGS) $(PKG_CFLAGS)
LIBS = -Wl,--as-needed $(PKG_LIBS) -lm -lpthread

# What the compiler has of it, on this machine and processor; the fortified libc wants an optimizer and no sanitizer.
# tests/flow/test_hardening.py looks for each in what was built.
cc_has = $(shell echo | $(CC) -Werror $(1) -x c -c -o /dev/null - 2>/dev/null && echo $(1))
HARDEN := -fPIE -fstack-protector-strong $(foreach flag,-fstack-clash-protection -fcf-protection=full -mbranch-protection=standard,$(call cc_has,$(flag))) \
	$(if $(SAN),,$(if $(filter -O1 -O2 -O3 -Os,$(CFLAGS)),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3))
# no name of a folder of this machine: two builds of one tree are equal, wherever they were made
HARDEN += -ffile-prefix-map=$(CURDIR)=.
ALL_CFLAGS += $(HARDEN)
GEN_CFLAGS += $(HARDEN)
LIBS += -pie -Wl,-z,relro,-z,now,-z,noexecstack

# A room is a folder with floors in it: publisher/*.c, publisher/wanted/*.c. What is there is built.
sources = $(wildcard $(1)/*.c $(1)/*/*.c $(1)/*/*/*.c)
objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
PROTOS := $(wildcard common/pb/*.proto)
GEN_C := $(PROTOS:common/pb/%.proto=$(BUILD)/gen/pb/%.pb-c.c)
GEN_H := $(GEN_C:.c=.h)
COMMON_O := $(call objects,$(call sources,common)) $(GEN_C:$(BUILD)/gen/%.c=$(BUILD)/obj/gen/%.o)
LINT_SRC := $(foreach folder,common cli $(ROOMS),$(call sources,$(folder)))
ROOM_LIBS := $(ROOMS:%=$(BUILD)/lib%.a)
BINS := $(BUILD)/sluice $(ROOMS:%=$(BUILD)/sluice-%)
VERSION_O := $(BUILD)/obj/gen/version.o
UNIT_SRC := $(wildcard tests/unit/*/test_*.c tests/unit/*/*/test_*.c)
UNITS := $(UNIT_SRC:%.c=$(BUILD)/%)
FUZZ_SRC := $(wildcard tests/fuzz/*/fuzz_*.c)
FUZZERS := $(FUZZ_SRC:tests/fuzz/%.c=$(BUILD)/fuzz/%)

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: FORCE all bins deps test-deps run test bench conformance plan model sweep planted walk failing soak gateway fuzz asan tsan valgrind sanitize coverage ci lint objects tidy cppcheck style format units fuzzers man rules flags install uninstall clean help

JOBS := -j$(shell nproc)
FUZZ_BUILD ?= build/fuzz
FUZZ_SAN := -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=undefined
TSAN_OPTIONS := ignore_noninstrumented_modules=1:die_after_fork=0:suppressions=$(CURDIR)/tests/lib/tsan.supp
TEST_PACKAGES := strace chromium clang libclang-rt-14-dev valgrind python3-pytest python3-zmq python3-msgpack python3-yaml python3-venv etcd-server mandoc nginx prometheus faketime debootstrap lintian skopeo spin iproute2
LINT_PACKAGES := clang clang-tidy clang-format cppcheck

all: deps
	@$(MAKE) --no-print-directory $(JOBS) bins

bins: $(BINS)

deps:
	@scripts/bootstrap

test-deps:
	@SLUICE_EXTRA_PACKAGES="$(TEST_PACKAGES)" scripts/bootstrap

# ---- the newcomer's two ----

run: all
	@mkdir -p $(BUILD)/demo
	@$(BUILD)/sluice up -f deploy/demo --out $(BUILD)/demo/pomerium.yaml --format yaml --workers 2 --table --log-level warn $(if $(ONCE),--once)

test: test-deps
	@$(MAKE) --no-print-directory $(JOBS) bins units
	@$(MAKE) --no-print-directory $(JOBS) BUILD=$(FUZZ_BUILD) CC=clang SAN="$(FUZZ_SAN)" fuzzers
	@BUILD=$(BUILD) FUZZ_BUILD=$(FUZZ_BUILD) $(PYTHON) tests/run.py

# ---- more ----

check-%: test-deps
	@$(MAKE) --no-print-directory $(JOBS) $$(BUILD=$(BUILD) $(PYTHON) tests/run.py --needs $*)
	@BUILD=$(BUILD) FUZZ_BUILD=$(FUZZ_BUILD) $(PYTHON) tests/run.py $*

bench: test-deps
	@$(MAKE) --no-print-directory $(JOBS) bins $(BUILD)/bench_translate
	@BUILD=$(BUILD) $(PYTHON) tests/bench/bench.py
	@BUILD=$(BUILD) $(PYTHON) tests/bench/bench_cluster.py
	@BUILD=$(BUILD) $(PYTHON) tests/bench/bench_databroker.py
	@BUILD=$(BUILD) $(PYTHON) tests/bench/bench_gateway.py
	@BUILD=$(BUILD) $(PYTHON) tests/bench/bench_curve.py
	@BUILD=$(BUILD) $(PYTHON) tests/bench/bench_hostile.py
	@BUILD=$(BUILD) $(PYTHON) tests/bench/bench_limit.py

# the suite of the Gateway API; with POMERIUM_BIN=/path/to/pomerium that one serves the routes, else a stand-in
conformance: test-deps
	@$(MAKE) --no-print-directory $(JOBS) bins
	@$(PYTHON) tests/conformance/rig.py --report docs/conformance $(BUILD)/sluice

# every promise of the protocol's models, and every rule taken out once; see docs/reliability.md
model: test-deps
	@$(PYTHON) tests/model/models.py -v

# what a plan names happens: as many random changes as one has patience for
plan: test-deps
	@$(MAKE) --no-print-directory $(JOBS) bins
	@BUILD=$(BUILD) PLAN_STEPS=$(or $(STEPS),500) $(PYTHON) -m pytest -q tests/cluster/test_plan.py

# objects of the Gateway API come, change and go while rooms and the API server die; see docs/reliability.md
gateway: test-deps
	@$(MAKE) --no-print-directory $(JOBS) bins
	@BUILD=$(BUILD) GATEWAY_STEPS=$(or $(STEPS),5000) GATEWAY_SEED=$(or $(SEED),1) $(PYTHON) -m pytest -q tests/cluster/test_gateway_random.py

# something goes wrong between two messages, at POINTS=5000 of them; see docs/reliability.md
sweep: test-deps
	@$(MAKE) --no-print-directory $(JOBS) bins
	@BUILD=$(BUILD) $(PYTHON) tests/sweep/sweep.py --points $(or $(POINTS),5000) --seed $(or $(SEED),1)

# one fault at a time is planted into a copy of the tree, and must be found: ONLY=NAME for one of them; see docs/reliability.md
planted: test-deps
	@$(MAKE) --no-print-directory $(JOBS) bins
	@BUILD=$(BUILD) $(PYTHON) tests/sweep/planted.py $(ONLY)

# all that users can say, and ROUNDS times a hundred turns of several things at once; see docs/reliability.md
walk: test-deps
	@$(MAKE) --no-print-directory $(JOBS) bins
	@BUILD=$(BUILD) $(PYTHON) tests/walk/walk.py --rounds $(or $(ROUNDS),10) --seed $(or $(SEED),1)

# an allocation or a call fails, once on each path of calls that leads to one, or at POINTS=2000 of all; see docs/reliability.md
failing: test-deps
	@$(MAKE) --no-print-directory $(JOBS) bins $(FAILING)
	@BUILD=$(BUILD) $(PYTHON) tests/failing/failing.py $(if $(POINTS),--points $(POINTS) --seed $(or $(SEED),1))

# hours of all of it together: SOAK_MINUTES=120; see docs/reliability.md
soak: test-deps
	@$(MAKE) --no-print-directory $(JOBS) bins
	@BUILD=$(BUILD) $(PYTHON) tests/walk/soak.py --minutes $(or $(SOAK_MINUTES),120) --seed $(or $(SEED),1)

# each fuzzer until it finds nothing new, half an hour at most: ONLY=NAME for one of them; see docs/reliability.md
fuzz: test-deps
	@$(MAKE) --no-print-directory $(JOBS) BUILD=$(FUZZ_BUILD) CC=clang SAN="$(FUZZ_SAN)" fuzzers
	@FUZZ_BUILD=$(FUZZ_BUILD) $(PYTHON) tests/fuzz/dry.py $(ONLY)

asan: test-deps
	@$(MAKE) --no-print-directory $(JOBS) BUILD=build/asan CC=clang SAN="-fsanitize=address,undefined -fno-sanitize-recover=undefined" bins units
	@BUILD=build/asan FUZZ_BUILD=none $(PYTHON) tests/run.py

tsan: test-deps
	@$(MAKE) --no-print-directory $(JOBS) BUILD=build/tsan CC=clang SAN="-fsanitize=thread" bins units
	@BUILD=build/tsan FUZZ_BUILD=none TSAN_OPTIONS="$(TSAN_OPTIONS)" $(PYTHON) tests/run.py

# memcheck has the unit programs: flow tests have deadlines, and a room's sandbox knows nothing of Valgrind
valgrind: test-deps
	@$(MAKE) --no-print-directory $(JOBS) bins units
	@scripts/valgrind-units $(BUILD)

sanitize: valgrind asan tsan

# lines of the parsers that the unit tests reach
coverage: test-deps
	@$(MAKE) --no-print-directory $(JOBS) BUILD=build/gcov CC=gcc CFLAGS="-O0 -g --coverage -Wno-error" units
	@scripts/coverage build/gcov

# what a change must pass
ci:
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory test

lint: style
	@SLUICE_EXTRA_PACKAGES="$(LINT_PACKAGES)" scripts/bootstrap
	@clang-format --dry-run -Werror $(shell git ls-files '*.c' '*.h')
	@$(MAKE) --no-print-directory $(JOBS) objects
	@$(MAKE) --no-print-directory $(JOBS) BUILD=build/lint CC=clang CFLAGS= objects cppcheck tidy
	@echo "lint: clean"

style: all
	@BUILD=$(BUILD) scripts/check-style

format:
	clang-format -i $(shell git ls-files '*.c' '*.h')

help:
	@echo "make             build into $(BUILD)/"
	@echo "make run         the real pipeline on deploy/demo/, follows edits until Ctrl-C (ONCE=1: once)"
	@echo "make test        all tests; the last line is N passed, N failed"
	@echo "make check-NAME  builds and runs the tests with NAME in their name: check-golden, check-test_kill, check-test_map ..."
	@echo "make bench       figures with N and their growth with N"
	@echo "make conformance runs the suite of the Gateway API and writes its report into docs/conformance/"
	@echo "make model       searches the models of the protocol with spin: ten minutes"
	@echo "make plan        STEPS=500 random changes of a cluster, each foreseen by sluice plan"
	@echo "make gateway     STEPS=5000 random operations on objects of the Gateway API under kills, seeded by SEED=1: ten minutes"
	@echo "make sweep       lets one thing go wrong between two messages, at POINTS=5000 places of SEED=1: an hour and a half"
	@echo "make planted     plants one fault after the other into a copy of the tree, and looks for it: a quarter of an hour"
	@echo "make walk        says all that users can say, then several things at once, ROUNDS=10 SEED=1: five minutes"
	@echo "make failing     lets one allocation or one call fail, on each path of calls, or at POINTS=2000 of SEED=1: half an hour"
	@echo "make soak        all that can be said and all that can go wrong for SOAK_MINUTES=120; no room may grow"
	@echo "make sanitize    unit tests under Valgrind, then all tests under ASan, UBSan and TSan; make coverage: lines of the parsers"
	@echo "make fuzz        each fuzzer until it finds nothing new, half an hour at most; make asan, make tsan: all tests under a sanitizer"
	@echo "make install     programs, manual pages, documentation, systemd unit; PREFIX=/usr/local DESTDIR=; make uninstall; make man"
	@echo "make rules       writes the tables of docs/validation.md anew: whoever changes a rule"
	@echo "make flags       writes docs/flags.md anew: whoever changes a flag"
	@echo "make deb         a Debian package in $(DIST)/; make image: a container image IMAGE=$(IMAGE), ARCH=$(ARCH); make chart: a Helm chart"
	@echo "make release     all of these with their SPDX lists, the notes and checksums; two builds of one tree are equal"
	@echo "make lint        style, format, gcc and clang -Werror, clang-tidy, cppcheck; make style: the checks of the tree; make format"
	@echo "make ci          lint, then test: what a change must pass"

$(BUILD)/gen/pb/%.pb-c.c: common/pb/%.proto $(PROTOS)
	@mkdir -p $(@D)
	@echo '  PROTO  $<'
	$(Q)protoc-c --proto_path=common/pb --c_out=$(@D) $<

$(BUILD)/gen/pb/%.pb-c.h: $(BUILD)/gen/pb/%.pb-c.c ;

$(BUILD)/obj/gen/%.o: $(BUILD)/gen/%.c Makefile | $(GEN_H)
	@mkdir -p $(@D)
	@echo '  CC     $<'
	$(Q)$(CC) $(GEN_CFLAGS) -c -o $@ $<

$(BUILD)/obj/%.o: %.c Makefile | $(GEN_H)
	@mkdir -p $(@D)
	@echo '  CC     $<'
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Written anew only if it says something else. Tests are not linked again for it (behind the |).
$(BUILD)/gen/version.c: FORCE
	@mkdir -p $(@D)
	@line='extern const char conf_version[]; const char conf_version[] = "$(VERSION)";'; \
		echo "$$line" | cmp -s - $@ || echo "$$line" >$@
FORCE:

$(BUILD)/libcommon.a: $(COMMON_O)
	@rm -f $@; ar rcs $@ $^

# library of a folder: all of it but the file with main()
define library_rules
$(BUILD)/lib$(1).a: $(call objects,$(filter-out $(1)/$(2).c,$(call sources,$(1))))
	@rm -f $$@; ar rcs $$@ $$^
endef
define room_rules
$(call library_rules,$(1),$(1))
$(BUILD)/sluice-$(1): $(BUILD)/obj/$(1)/$(1).o $(VERSION_O) $(BUILD)/lib$(1).a $(BUILD)/libcommon.a
	@echo '  LINK   $$@'
	$(Q)$(CC) $(SAN) $(CFLAGS) -o $$@ $$^ $(LIBS)
endef
$(foreach room,$(ROOMS),$(eval $(call room_rules,$(room))))

$(eval $(call library_rules,cli,sluice))
# the page of `sluice web`, compiled in
PAGE := $(addprefix cli/web/page.,html css js)
$(BUILD)/libcli.a: $(BUILD)/obj/gen/page.o
$(BUILD)/gen/page.c: scripts/embed $(PAGE)
	@mkdir -p $(@D)
	$(Q)$(PYTHON) scripts/embed $(PAGE) >$@
$(BUILD)/sluice: $(BUILD)/obj/cli/sluice.o $(VERSION_O) $(BUILD)/libcli.a $(ROOM_LIBS) $(BUILD)/libcommon.a
	@echo '  LINK   $@'
	$(Q)$(CC) $(SAN) $(CFLAGS) -o $@ $^ $(LIBS)

# ---- lint: every object by both compilers, then two readers of code, each of what changed alone ----

objects: $(call objects,$(LINT_SRC) $(wildcard tests/*/*.c tests/*/*/*.c tests/*/*/*/*.c))

TIDY_FLAGS = -std=gnu11 -D_GNU_SOURCE -I. -Icommon -I$(BUILD)/gen -include base/banned.h $(PKG_CFLAGS)
$(BUILD)/tidy/%.ok: $(BUILD)/obj/%.o .clang-tidy
	@mkdir -p $(@D)
	@echo '  TIDY   $*.c'
	$(Q)clang-tidy --quiet --warnings-as-errors='*' $*.c -- $(TIDY_FLAGS) 2>$@.log || { cat $@.log; exit 1; }
	@touch $@

tidy: $(LINT_SRC:%.c=$(BUILD)/tidy/%.ok)

# it does not find sys/queue.h and cJSON.h, whose macros declare or loop
cppcheck: $(GEN_H)
	@mkdir -p $(BUILD)/cppcheck
	@echo '  CPPCHECK'
	$(Q)cppcheck --quiet --error-exitcode=1 --inline-suppr --enable=warning,performance,portability --std=c11 -D_GNU_SOURCE \
		-I. -Icommon -I$(BUILD)/gen --include=$(firstword $(wildcard /usr/include/*/sys/queue.h /usr/include/sys/queue.h)) \
		--include=$(firstword $(wildcard /usr/include/cjson/cJSON.h)) \
		--suppress=missingIncludeSystem --suppress='*:build/*' --cppcheck-build-dir=$(BUILD)/cppcheck $(JOBS) $(LINT_SRC)

# tests/unit/<room>/test_<module>.c: a cmocka program. tests/fuzz/<room>/fuzz_<what>.c: a libFuzzer program, by clang, see
# `make fuzz`; its kept inputs are in tests/fuzz/corpus/<what>/. Both are linked with their room's library and common's, for
# a part of common with common's alone, for cli with all. Of several rules the one that names most of the path wins.
define test_rules
$(BUILD)/tests/unit/$(1)%: $(BUILD)/obj/tests/unit/$(1)%.o $(2) $(BUILD)/libcommon.a | $(VERSION_O)
	@mkdir -p $$(@D)
	@echo '  LINK   $$@'
	$(Q)$(CC) $(SAN) $(CFLAGS) -o $$@ $$^ $(VERSION_O) $(LIBS) -lcmocka

$(BUILD)/fuzz/$(1)%: $(BUILD)/obj/tests/fuzz/$(1)%.o $(2) $(BUILD)/libcommon.a | $(VERSION_O)
	@mkdir -p $$(@D)
	@echo '  LINK   $$@'
	$(Q)$(CC) $(SAN) -fsanitize=fuzzer $(CFLAGS) -o $$@ $$^ $(VERSION_O) $(LIBS)
endef
$(eval $(call test_rules,,))
$(foreach room,$(ROOMS),$(eval $(call test_rules,$(room)/,$(BUILD)/lib$(room).a)))
$(eval $(call test_rules,cli/,$(BUILD)/libcli.a $(ROOM_LIBS)))

fuzzers: $(FUZZERS)

# one of them, in their own build
.PHONY: $(notdir $(FUZZERS))
$(foreach path,$(FUZZ_SRC:tests/fuzz/%.c=%),$(eval $(notdir $(path)): ; \
	@$$(MAKE) --no-print-directory BUILD=$$(FUZZ_BUILD) CC=clang SAN="$$(FUZZ_SAN)" $$(FUZZ_BUILD)/fuzz/$(path)))

# the translator as tests/flow wants it: it dies over one Ingress
CRASHING := $(BUILD)/tests/flow/crashing_translator
$(CRASHING): $(BUILD)/obj/translator/translator.o $(BUILD)/obj/tests/flow/crashing_translator.o $(BUILD)/libtranslator.a $(BUILD)/libcommon.a | $(VERSION_O)
	@mkdir -p $(@D)
	@echo '  LINK   $@'
	$(Q)$(CC) $(SAN) $(CFLAGS) -Wl,--wrap=translator_translate -o $@ $^ $(VERSION_O) $(LIBS)

# each room as tests/flow wants it: it tries what it must not do
define probing_rules
$(BUILD)/tests/flow/probing_$(1): $(BUILD)/obj/$(1)/$(1).o $(BUILD)/obj/tests/flow/probing_room.o $(BUILD)/lib$(1).a $(BUILD)/libcommon.a | $(VERSION_O)
	@mkdir -p $$(@D)
	@echo '  LINK   $$@'
	$(Q)$(CC) $(SAN) $(CFLAGS) -Wl,--wrap=actor_loop_run -o $$@ $$^ $(VERSION_O) $(LIBS)
endef
$(foreach room,$(ROOMS),$(eval $(call probing_rules,$(room))))
TRYING := $(CRASHING) $(ROOMS:%=$(BUILD)/tests/flow/probing_%)

# what makes an allocation or a call of a program fail; the programs know nothing of it
FAILING := $(BUILD)/tests/failing/failing.so
$(FAILING): tests/failing/failing.c Makefile
	@mkdir -p $(@D)
	@echo '  LINK   $@'
	$(Q)gcc -std=gnu11 $(WARN) -D_GNU_SOURCE -O2 -g -fPIC -shared -o $@ $<

units: $(UNITS) $(TRYING) $(FAILING)

$(BUILD)/bench_translate: $(BUILD)/obj/tests/bench/bench_translate.o $(BUILD)/libcli.a $(ROOM_LIBS) $(BUILD)/libcommon.a | $(VERSION_O)
	@echo '  LINK   $@'
	$(Q)$(CC) $(SAN) $(CFLAGS) -o $@ $^ $(VERSION_O) $(LIBS)

# ---- what a machine gets: needs neither network nor root with a DESTDIR ----

PREFIX ?= /usr/local
BINDIR = $(PREFIX)/bin
MANDIR = $(PREFIX)/share/man
DOCDIR = $(PREFIX)/share/doc/sluice
UNITDIR = $(PREFIX)/lib/systemd/system
SYSUSERSDIR = $(PREFIX)/lib/sysusers.d
unexport PREFIX # the programs would take it for --prefix
INSTALL ?= install
DOCS := README.md CHANGES.md LICENSE $(wildcard docs/*.md docs/*/*.md docs/pictures/*.svg docs/pictures/*.png) common/msg/PROTOCOL.md deploy/systemd/sluice.env

man: bins
	@scripts/make-man $(BUILD) $(BUILD)/man

rules:
	@mkdir -p $(BUILD)
	@scripts/make-rules >$(BUILD)/validation.md && mv $(BUILD)/validation.md docs/validation.md

flags: bins
	@scripts/make-flags $(BUILD) >$(BUILD)/flags.md && mv $(BUILD)/flags.md docs/flags.md

install: man
	$(INSTALL) -d $(addprefix $(DESTDIR),$(BINDIR) $(MANDIR)/man1 $(MANDIR)/man8 $(DOCDIR) $(UNITDIR) $(SYSUSERSDIR))
	$(INSTALL) $(BINS) scripts/kubectl-sluice $(DESTDIR)$(BINDIR)
	$(INSTALL) -m 644 $(BUILD)/man/*.1 $(DESTDIR)$(MANDIR)/man1
	$(INSTALL) -m 644 $(BUILD)/man/*.8 $(DESTDIR)$(MANDIR)/man8
	echo '.so man1/sluice.1' >$(DESTDIR)$(MANDIR)/man1/kubectl-sluice.1
	tar -cf - $(wildcard $(DOCS)) | tar -xf - -C $(DESTDIR)$(DOCDIR) --no-same-owner
	sed 's|@bin@|$(BINDIR)|' deploy/systemd/sluice.service >$(DESTDIR)$(UNITDIR)/sluice.service
	$(INSTALL) -m 644 deploy/systemd/sluice.sysusers $(DESTDIR)$(SYSUSERSDIR)/sluice.conf

uninstall:
	rm -f $(BINS:$(BUILD)/%=$(DESTDIR)$(BINDIR)/%) $(DESTDIR)$(BINDIR)/kubectl-sluice $(DESTDIR)$(UNITDIR)/sluice.service $(DESTDIR)$(SYSUSERSDIR)/sluice.conf
	rm -f $(DESTDIR)$(MANDIR)/man1/sluice.1 $(DESTDIR)$(MANDIR)/man1/kubectl-sluice.1 $(DESTDIR)$(MANDIR)/man1/sluice-*.1 $(ROOMS:%=$(DESTDIR)$(MANDIR)/man8/sluice-%.8)
	rm -rf $(DESTDIR)$(DOCDIR)

include scripts/packages.mk

clean:
	rm -rf build $(DIST)

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
