#!/usr/bin/env bash
# Licences, bans and sources of all dependencies; advisories too where the database can be had.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v cargo-deny >/dev/null; then
  echo "cargo-deny is not installed: licences were not checked (cargo install cargo-deny)" >&2
  exit 0
fi
cargo deny --all-features check licenses bans sources
