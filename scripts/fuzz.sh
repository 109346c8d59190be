#!/usr/bin/env bash
# Runs every fuzz target for the given number of seconds (default 60), from the kept corpora, which are packed in
# fuzz/corpus/TARGET.tar.gz. Needs a nightly toolchain; installs cargo-fuzz beside the build output if it is missing.
set -euo pipefail
cd "$(dirname "$0")/../fuzz"
seconds=${1:-60}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/actra
export PATH=$PATH:${ACTRA_TOOLS:-$cache/tools}/bin
command -v cargo-fuzz >/dev/null || cargo install cargo-fuzz --locked --quiet --root "${ACTRA_TOOLS:-$cache/tools}"
for target in yaml expression request json_scan compile_decide format import bundle governance slow; do
  corpus=$cache/fuzz/$target
  mkdir -p "$corpus"
  [ ! -f "corpus/$target.tar.gz" ] || tar -xzf "corpus/$target.tar.gz" -C "$corpus"
  echo "== $target: $seconds s"
  cargo +nightly fuzz run "$target" "$corpus" -- -max_total_time="$seconds" -timeout=10 -rss_limit_mb=4096 -max_len=8192
done
