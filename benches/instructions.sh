#!/bin/bash
# Prints how many instructions one decision takes, counted by callgrind: the difference of two runs that differ in
# their decisions only, divided by that difference.
#
# usage: benches/instructions.sh [ENGINE] [SIZE..]     (by default: actra 10 1000)
set -euo pipefail
cd "$(dirname "$0")"

engine=${1:-actra}
shift || true
sizes=("$@")
[ ${#sizes[@]} -gt 0 ] || sizes=(10 1000)
few=1280
many=129280

if ! command -v valgrind >/dev/null; then
    echo "valgrind is not installed (Debian and Ubuntu: apt-get install valgrind)" >&2
    exit 2
fi
cargo build --release --quiet
program=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/release/actra-benches
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# Instructions of a whole run: scenario, size, decisions, flags.
count() {
    local scenario=$1 size=$2 decisions=$3
    shift 3
    valgrind --tool=callgrind --callgrind-out-file="$out/counts" \
        "$program" --count "$scenario" "$size" "$decisions" --only "$engine" "$@" >/dev/null 2>"$out/log" || {
        cat "$out/log" >&2
        exit 3
    }
    sed -n 's/^\(summary\|totals\): //p' "$out/counts" | head -n 1
}

# Instructions of one decision.
each() {
    local scenario=$1 size=$2
    shift 2
    local less more
    less=$(count "$scenario" "$size" "$few" "$@")
    more=$(count "$scenario" "$size" "$many" "$@")
    echo $(((more - less) / (many - few)))
}

echo "| instructions per decision, $engine | native | JSON | native, a field missing | JSON, a field missing |"
echo "|---|--:|--:|--:|--:|"
row() {
    local native json
    native=$(each "$1" "$2")
    json=$(each "$1" "$2" --json)
    echo "| ($1)$3 | $native | $json | $(each "$1" "$2" --missing) | $(each "$1" "$2" --json --missing) |"
}
row a 10 ""
row b 20 ""
for scenario in c d e f; do
    for size in "${sizes[@]}"; do
        row "$scenario" "$size" " $size"
    done
done
