# The two commands for everybody: `make demo` shows a conference, `make test` checks everything.
# For developers: `scripts/cgo go test ./elements/...` runs one package's tests, `make shell` is a shell
# in which gst-launch-1.0 knows the elements.

SHELL := /bin/bash
MAKEFLAGS += --no-builtin-rules --no-print-directory

PLUGIN    := build/libgstjitsi.so
GST_ENV   := GST_PLUGIN_PATH=$(CURDIR)/build GST_REGISTRY=$(CURDIR)/build/registry.bin
DESTDIR   ?=
# where GStreamer looks, unless told otherwise
PLUGINDIR ?= $(shell pkg-config --variable=pluginsdir gstreamer-1.0)
DEMO_FLAGS ?= -length=15s

.PHONY: build deps test check unit elements-test av1-plugin meson-test e2e e2e-rewriting test-against fuzz soak bench demo inspect install uninstall shell clean

build: deps
	@mkdir -p build
	@scripts/cgo go build -buildmode=c-shared -o $(PLUGIN) ./plugin

deps:
	@scripts/deps

test: deps check unit fuzz build inspect elements-test meson-test av1-plugin e2e

# What can be said without compiling the bindings.
check:
	@unformatted=$$(gofmt -l elements plugin signaling tests); \
	if [ -n "$$unformatted" ]; then echo "gofmt would change:"; echo "$$unformatted"; exit 1; fi
	go vet ./signaling/... ./tests/...
	go vet -tags soak ./tests/soak ./tests/e2e ./tests/bench

unit:
	go test -race ./signaling/... ./tests/deployment/... ./tests/bench

# Every parser of what comes from the network, a minute each where CI is set and a few seconds elsewhere: `make fuzz FUZZ=1m`.
FUZZ ?= $(if $(CI),1m,3s)
fuzz:
	scripts/fuzz $(FUZZ)

elements-test: build
	scripts/cgo go vet ./elements/... ./plugin
	G_DEBUG=fatal-criticals $(GST_ENV) scripts/cgo go test ./elements/...

# Conferences mostly wait: a few at a time leave two processors half idle.
CONFERENCES ?= 3
e2e: build
	$(GST_ENV) go test -count=1 -p 1 -parallel $(CONFERENCES) -timeout 20m ./tests/footage ./tests/launch ./tests/media ./tests/robot ./tests/demo ./tests/e2e

# The same where the bridge sends everybody's media in a few SSRCs of its own; a few central tests do so always.
e2e-rewriting: build
	$(GST_ENV) JITSI_SSRC_REWRITING=1 go test -count=1 -parallel $(CONFERENCES) -timeout 20m ./tests/e2e

# Long random runs, apart from `make test`: `make soak`, `make soak SOAK=2h RUN=Guests`, `make soak SEED=17` to repeat one.
# Each test takes SOAK.
SOAK ?= 5m
SEED ?=
RUN  ?=
soak: build
	SOAK_LENGTH=$(SOAK) SOAK_SEED=$(SEED) go test -race -tags soak -count=1 -v -timeout 0 -run '^TestSoak.*$(RUN)' ./tests/soak
	$(GST_ENV) SOAK_LENGTH=$(SOAK) SOAK_SEED=$(SEED) go test -tags soak -count=1 -v -timeout 0 -run '^TestSoak.*$(RUN)' ./tests/e2e
	@if [ $$(id -u) = 0 ]; then go test -tags soak -count=1 -v -timeout 0 -run '^TestSoak.*$(RUN)' ./tests/bench; \
	else echo "tests/bench needs network namespaces, so root: left out"; fi

# The tests of whole conferences against any deployment: `make test-against LOCATION=https://meet.example.org/`, with further
# properties of the elements in PROPERTIES="xmpp-domain=… websocket-url=…", only some tests with RUN=Recording. Tests that need
# switches of the local deployment are skipped, with the reason.
LOCATION   ?=
PROPERTIES ?=
test-against: build
	@test -n "$(LOCATION)" || { echo "make test-against LOCATION=https://meet.example.org/" >&2; exit 1; }
	$(GST_ENV) JITSI_LOCATION='$(LOCATION)' JITSI_PROPERTIES='$(PROPERTIES)' go test -count=1 -v -parallel 1 -timeout 30m -run '$(RUN)' ./tests/e2e

# Payloaders for AV1, which Debian 12 lacks, so that it is tested, too. Without a cargo of today nothing is built.
av1-plugin:
	@scripts/av1-plugin

# Ours beside gst-meet, in network namespaces, so as root: `make bench GST_MEET=$$HOME/.cargo/bin/gst-meet`, after
# `cargo install gst-meet --version 0.5.0`; BENCH_FLAGS=-list names the cases, BENCH_FLAGS='-cases latency -rounds 3' takes some.
# BENCH_FLAGS='-location https://meet.example.org/' measures on another deployment what needs no network of our own.
GST_MEET ?= $(shell command -v gst-meet)
BENCH_FLAGS ?=
bench: build
	@go build -o build/jitsi-bench ./tests/bench && build/jitsi-bench -build $(CURDIR)/build -out $(CURDIR)/build/bench -gst-meet "$(GST_MEET)" $(BENCH_FLAGS)

# The elements load and document themselves.
inspect: build
	@for element in jitsisrc jitsisink jitsibin; do \
	  $(GST_ENV) gst-inspect-1.0 $$element >build/$$element.txt || exit 1; \
	done

# The other way to build: what a distribution runs. Not below build/, where GStreamer would find two plugins.
meson-test: build
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && \
	{ meson setup "$$dir" && meson test -C "$$dir" && \
	  DESTDIR="$$dir/staged" meson install --no-rebuild -C "$$dir" && find "$$dir/staged" -name libgstjitsi.so | grep -q .; } >build/meson.log 2>&1 \
	|| { tail -n 50 build/meson.log; exit 1; }

demo: build
	@go build -o build/jitsi-demo ./tests/demo && build/jitsi-demo $(DEMO_FLAGS)

install: build
	install -D -m 644 $(PLUGIN) $(DESTDIR)$(PLUGINDIR)/libgstjitsi.so

uninstall:
	rm -f $(DESTDIR)$(PLUGINDIR)/libgstjitsi.so

shell: build
	$(GST_ENV) $${SHELL:-bash}

clean:
	rm -rf build
