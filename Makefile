# The one door for people. `make` alone says what there is.
PYTHON ?= python3
BIN := .venv/bin
LAB := PYTHONPATH=scripts $(BIN)/python -m docker_lab
LOCK := $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

# uv has settings of its own: an index that pip was given counts for it too. No lock names an index.
ifdef PIP_INDEX_URL
export UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
endif

.DEFAULT_GOAL := help
.PHONY: help setup release dev test test-docker docker-lab infra-setup infra-test check lock bench clean

help: ## what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .shipway/tools/.ready ## everything this project needs, inside this folder
	@:

release: setup ## take the sample through every stage to dev, staging and prod; ARGS="--env dev"
	@$(BIN)/shipway run $(ARGS)

dev: setup ## the sample on port 3000, reloaded at every change
	@$(BIN)/uvicorn sample_app.main:app --app-dir app --reload --reload-dir app/sample_app --port 3000

test: setup $(if $(T),,infra-test) ## all tests, or some: T=tests/config
	@SHIPWAY_HELM=$(CURDIR)/.shipway/tools/helm SHIPWAY_KUBECTL=$(CURDIR)/.shipway/tools/kubectl \
		$(BIN)/pytest $(or $(T),-q -n 2 --dist loadfile)

test-docker: setup ## the tests that need a Docker engine, on the one that answers, or some: T=tests/stories
	@$(LAB) test $(T)

docker-lab: setup ## the same on an engine made for them, on Debian as root; ARGS=up keeps it, ARGS=down ends it
	@$(LAB) $(ARGS)

infra-setup: .venv-infra/.locked ## what infra/ needs: CDK and node, in an environment of its own
	@:

infra-test: .venv-infra/.tested ## the infrastructure's own tests, unless nothing of it has changed
	@:

check: setup ## lint, format, types, and who may import whom
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

lock: setup ## renew every lock
	@$(LOCK) requirements/uv.in --output-file requirements/uv.txt
	@cd app && ../$(LOCK) requirements.in --output-file requirements.txt
	@cd app && ../$(LOCK) requirements-dev.in --output-file requirements-dev.txt
	@$(LOCK) requirements/infra.in --output-file requirements/infra.txt
	@$(LOCK) pyproject.toml --group dev app/requirements.in --constraint app/requirements.txt --output-file requirements/dev.txt

bench: setup ## how fast: set-up, release, and the same steps in plain bash
	@$(BIN)/python scripts/bench.py $(ARGS)

clean: ## stop what runs here and remove all that was made
	@if test -x $(BIN)/shipway && test -d .shipway/embedded; then $(BIN)/shipway teardown embedded; fi
	@if test -f .shipway/docker-lab/lab.json; then $(LAB) down; fi
	@rm -rf .venv .venv-infra .shipway .mypy_cache .import_linter_cache .ruff_cache app/.ruff_cache .pytest_cache app/.pytest_cache
	@find app helm infra scripts src tests -name __pycache__ -prune -exec rm -rf {} +

.shipway/tools/.ready: .venv/.locked src/shipway/tools/pins.py
	@$(BIN)/shipway setup tools
	@touch $@

.venv-infra/.tested: .venv-infra/.locked $(shell find infra -type f ! -name '*.pyc' ! -path '*/cdk.out/*')
	@.venv-infra/bin/pytest -q -c infra/pytest.ini infra/tests
	@touch $@

# Beside .venv, not in it: jsii wants an old typeguard, and only infra/ needs these 600 MB.
.venv-infra/.locked: requirements/infra.txt | .venv/.locked
	@echo "setting up .venv-infra"
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-infra
	@$(BIN)/uv pip sync --quiet --python .venv-infra/bin/python --require-hashes requirements/infra.txt
	@touch $@

.venv/.locked: requirements/uv.txt requirements/dev.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not here: install Python 3.11 or newer, or name it: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$$($(PYTHON) --version) is too old: Python 3.11 or newer is needed: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "$(PYTHON) cannot make virtual environments: install its venv package, on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@test -x $(BIN)/python || { echo "setting up .venv"; $(PYTHON) -m venv --clear .venv; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/uv.txt
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements/uv.txt requirements/dev.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@
