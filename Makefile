# Everything a person or CI does with a checkout. Needs make and Python 3.11 or newer, nothing else.
SHELL := /bin/sh
PYTHON ?= python3
PORT ?= 8000
SIZE ?= 1m
PY := .venv/bin/python
# Twice as quick with uv, where it is found; pip does the same job.
UV := $(shell command -v uv 2>/dev/null)

.PHONY: setup demo test check bench lock vendor format clean

setup: .venv/dev.stamp

demo: .venv/runtime.stamp
	$(PY) manage.py migrate --verbosity 0
	$(PY) manage.py demo load --brief
	exec $(PY) manage.py serve --port $(PORT) --notice "$${COSTLINE_DATA_DIR:-var}/demo/sign-ins.txt"

# One process more than CI has cores: some tests wait for what they start.
test: .venv/dev.stamp
	$(PY) -m pytest -n 3 --dist loadfile

check: .venv/dev.stamp
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/lint-imports
	.venv/bin/mypy
	.venv/bin/djlint templates --check --lint --quiet
	$(PY) manage.py makemigrations --check --dry-run
	SECURE=yes $(PY) manage.py check --deploy --fail-level WARNING
	$(PY) manage.py spectacular --validate --fail-on-warn --file /dev/null
	.venv/bin/codespell

bench: .venv/dev.stamp
	$(PY) -m bench --size $(SIZE)

# One environment; the development lock holds the runtime lock's versions and more.
.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("Costline needs Python 3.11 or newer" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv

.venv/runtime.stamp: requirements.lock | .venv/bin/python
	@test -f .venv/dev.stamp || $(call install,requirements.lock)
	@touch $@

.venv/dev.stamp: requirements-dev.lock | .venv/bin/python
	$(call install,requirements-dev.lock)
	@touch .venv/runtime.stamp $@

define install
$(if $(UV),"$(UV)" pip install --quiet --python .venv/bin/python --compile-bytecode --require-hashes -r $(1),$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1))
endef

lock:
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

# Browser files are committed; only whoever updates them needs npm.
vendor:
	cd frontend && npm ci --ignore-scripts --no-audit --no-fund
	$(PYTHON) frontend/vendor.py

format: .venv/dev.stamp
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .
	.venv/bin/djlint templates --reformat --quiet

clean:
	rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
