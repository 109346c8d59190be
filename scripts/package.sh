#!/usr/bin/env bash
# Packs every crate that is published, as `cargo publish` would, in the order of dependencies, and builds each from its
# archive alone: a file that lies outside of its crate is found here. Uploads nothing. Needs Rust 1.90 or newer.
set -euo pipefail
cd "$(dirname "$0")/.."
unpublished=(actra-conformance actra-reference actra-python actra-examples)
cargo publish --workspace --dry-run "${unpublished[@]/#/--exclude=}" "$@"
