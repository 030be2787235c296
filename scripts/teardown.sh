#!/bin/sh
# A door to `shipway teardown kind`, from wherever it is called.
set -eu
cd "$(dirname "$0")/.."
make --quiet setup
exec .venv/bin/shipway teardown kind "$@"
