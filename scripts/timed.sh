#!/usr/bin/env bash
# Runs a part of the tests and notes how long it took: `scripts/timed.sh NAME COMMAND...`.
# `--begin` forgets what was noted before, `--table` prints it.
set -euo pipefail
notes=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/actra}/minutes
case $1 in
--begin)
    mkdir -p "$(dirname "$notes")"
    : > "$notes"
    ;;
--table)
    awk -F '\t' '
        BEGIN { print "minutes  part" }
        { printf "%7.1f  %s\n", $1 / 60, $2; sum += $1 }
        END { printf "%7.1f  in all, of 40\n", sum / 60 }' "$notes"
    ;;
*)
    name=$1
    shift
    began=$(date +%s)
    status=0
    "$@" || status=$?
    printf '%s\t%s\n' "$(($(date +%s) - began))" "$name" >> "$notes"
    exit "$status"
    ;;
esac
