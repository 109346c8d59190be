#!/usr/bin/env bash
# Checks that crates build for wasm32-unknown-unknown; arguments go to `cargo check`.
# rustup adds the target where it can; elsewhere Debian's own web toolchain, which root can install, builds the standard
# library. Where there is neither, nothing is checked.
set -euo pipefail
cd "$(dirname "$0")/.."
target=wasm32-unknown-unknown
if command -v rustup >/dev/null && rustup target add "$target" >/dev/null 2>&1; then
  exec cargo check --quiet --target "$target" "$@"
fi
if ! [ -x /usr/bin/cargo ] || ! [ -d /usr/lib/rustlib ]; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "SKIPPED: building for $target, since rustup cannot add that target"
    exit 0
  fi
  apt-get update -qq && apt-get install -y -qq rustc-web cargo-web rust-web-src lld >/dev/null
fi
export PATH=/usr/bin:/bin RUSTC_BOOTSTRAP=1 CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld
exec /usr/bin/cargo build --quiet -Zbuild-std=std,panic_abort --target "$target" "$@"
