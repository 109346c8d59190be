#!/usr/bin/env bash
# Checks the workflows of GitHub with actionlint, which Go installs beside the build output where it is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=${ACTRA_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/actra/tools}
export PATH=$PATH:$tools/bin
if ! command -v actionlint >/dev/null; then
  if ! command -v go >/dev/null; then
    echo "SKIPPED: the workflows, since neither actionlint nor Go is here"
    exit 0
  fi
  if ! GOBIN=$tools/bin go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12 2>/dev/null; then
    echo "SKIPPED: the workflows, since Go could not install actionlint"
    exit 0
  fi
fi
actionlint .github/workflows/*.yml
