#!/usr/bin/env bash
# Licences, bans and sources of all dependencies. Installs cargo-deny beside the build output where it is missing.
# Advisories need a database from outside and are not checked here: `cargo deny check advisories`.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=${ACTRA_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/actra/tools}
export PATH=$PATH:$tools/bin
command -v cargo-deny >/dev/null || cargo install cargo-deny --locked --quiet --root "$tools"
cargo deny --log-level error check licenses bans sources
