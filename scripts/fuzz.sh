#!/usr/bin/env bash
# Runs every fuzz target for the given number of seconds (default 60), on the committed corpus.
set -euo pipefail
cd "$(dirname "$0")/../fuzz"
seconds=${1:-60}
command -v cargo-fuzz >/dev/null || cargo install cargo-fuzz --locked
for target in yaml expression request compile_decide; do
  echo "== $target: $seconds s"
  cargo +nightly fuzz run "$target" "corpus/$target" -- -max_total_time="$seconds" -timeout=10 -rss_limit_mb=4096 -max_len=8192
done
