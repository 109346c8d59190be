# Thin doors to cargo. `make demo` and `make test` are all that a new machine needs.

SHELL := /bin/bash
# Build output lives outside of the clone, so that a fresh clone builds warm.
CACHE ?= $(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME),$(HOME)/.cache)/actra
export CARGO_TARGET_DIR ?= $(CACHE)/target
# The directory of corpora that others wrote; tests that need one are skipped without it.
override ACTRA_CORPORA := $(if $(ACTRA_CORPORA),$(abspath $(ACTRA_CORPORA)))
export ACTRA_CORPORA
ACTRA = $(CARGO_TARGET_DIR)/release/actra

.PHONY: demo test lint fmt bench soak e2e fuzz docs package release clean wasm python mcp

demo:
	cargo build --release --quiet -p actra-cli
	scripts/demo.sh $(ACTRA)

test:
	scripts/timed.sh --begin
	scripts/timed.sh "without an operating system" $(MAKE) --no-print-directory wasm
	scripts/timed.sh "Rust" cargo test --workspace --quiet --no-fail-fast
	@if [ -n "$(ACTRA_CORPORA)" ]; then \
	scripts/timed.sh "input written by others" cargo test --workspace --quiet --test corpora -- --nocapture; \
	else echo "SKIPPED: input written by others, since ACTRA_CORPORA names no directory of corpora"; fi
	scripts/timed.sh "Python" scripts/python.sh
	scripts/timed.sh "MCP: real clients and servers" scripts/mcp.sh
	@scripts/timed.sh --table

lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --quiet -- -D warnings
	@if command -v c++ >/dev/null; then cargo check --manifest-path fuzz/Cargo.toml --quiet; \
	else echo "SKIPPED: the fuzz targets, since there is no C++ compiler"; fi
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet
	scripts/deny.sh
	scripts/workflows.sh

fmt:
	cargo fmt --all

# Builds, installs and tests the Python package.
python:
	scripts/python.sh

# Tests the gateway between real clients and servers.
mcp:
	scripts/mcp.sh

# The crates below the hosts must build without an operating system.
wasm:
	scripts/wasm.sh -p actra-engine -p actra-wire

# Compares with other engines, at most about ten minutes; ARGS="--only actra --sizes 10,1000" takes seconds.
BENCHES = --release --quiet --manifest-path benches/Cargo.toml
bench:
	cargo build $(BENCHES)
	cargo run $(BENCHES) -- $(ARGS)

# Chaos of stores, and other versions of Python.
e2e:
	scripts/e2e.sh

# Full counts of the property tests: ten million generated requests, in release mode. Fifty processes on one store of
# approvals, 1,000 damaged ones, and two minutes of threads and tasks.
soak:
	ACTRA_SOAK=10000000 cargo test --release -p actra-conformance --test oracle --test index -- --nocapture
	ACTRA_SOAK=25000 cargo test --release -p actra-conformance --test analyze -- --nocapture
	ACTRA_SOAK=100000 cargo test --release -p actra-conformance --test enumerate -- --nocapture
	ACTRA_SOAK=1000000 cargo test --release -p actra-conformance --test format -- --nocapture
	ACTRA_SOAK_PROCESSES=50 ACTRA_SOAK_DAMAGE=1000 cargo test --release -p actra-host --features sqlite --test approvals -- --nocapture
	ACTRA_SOAK_SECONDS=120 scripts/python.sh -s tests/test_soak.py
	ACTRA_SOAK=1000000 scripts/python.sh -s tests/test_shapes.py

# Fifteen minutes for each target; needs a nightly toolchain and cargo-fuzz.
fuzz:
	scripts/fuzz.sh 900

# The book, if mdbook is installed; the API documentation always.
docs:
	cargo doc --workspace --no-deps
	@if command -v mdbook >/dev/null; then mdbook build docs; else echo "SKIPPED: the book, since mdbook is not installed; docs/src is plain Markdown"; fi

# What would go to crates.io, in the order of dependencies; nothing is uploaded.
package:
	scripts/package.sh

release:
	cargo build --release -p actra-cli
	@ls -l $(ACTRA)

clean:
	cargo clean
