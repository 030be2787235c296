.PHONY: setup
setup: .venv/.locked
.venv/.locked: requirements/uv.txt requirements/dev.txt pyproject.toml
	test -x .venv/bin/python || python3 -m venv .venv
	.venv/bin/pip install --quiet --require-hashes -r requirements/uv.txt
	.venv/bin/uv pip sync --quiet --python .venv/bin/python --require-hashes requirements/uv.txt requirements/dev.txt
	.venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
	touch $@
