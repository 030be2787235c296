#!/bin/sh
# A door to `shipway setup eks`, from wherever it is called.
set -eu
cd "$(dirname "$0")/.."
make --quiet setup infra-setup
exec .venv/bin/shipway setup eks "$@"
