#!/bin/sh
# A door to `shipway setup kind`, from wherever it is called.
set -eu
cd "$(dirname "$0")/.."
make --quiet setup
exec .venv/bin/shipway setup kind "$@"
