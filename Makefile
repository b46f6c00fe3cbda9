# Thin on purpose: each target is the command you would type. Tools are set up in pyproject.toml.
#   make demo     the whole job on a simulated foundation, offline
#   make test     everything a change must pass
#   make help     the other words

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
LOCKED := $(VENV)/.locked
READY  := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help demo test check test-only bench samples package lock format clean

help:
	@echo "make demo       the whole job on a simulated foundation, offline"
	@echo "make test       check, then the tests with coverage"
	@echo "make check      format, lint, types, floors"
	@echo "make format     let ruff write what check asks for"
	@echo "make test-only  the tests alone: make test-only PYTHON=python3.13 VENV=.venv-3.13"
	@echo "make bench      measure speed and memory at size"
	@echo "make samples    make samples/ again"
	@echo "make package    wheel and source distribution, in dist/"
	@echo "make lock       resolve the dependencies again: make lock UPGRADE=--upgrade for the newest"
	@echo "make clean      remove what was built, and the environments"

demo: $(READY)
	$(BIN)/collect demo

test: check
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage report

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test-only: $(READY)
	$(BIN)/python -m pytest

bench: $(READY)
	$(BIN)/python -m tests.bench

samples: $(READY)
	$(BIN)/python -m tests.samples

package: $(READY)
	$(BIN)/python -m build --no-isolation

lock: .venv-lock/.ready
	.venv-lock/bin/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
	  --no-strip-extras --no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet $(UPGRADE) --output-file requirements.lock

clean:
	rm -rf build dist demo-evidence .venv* .coverage* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find collector tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The locked packages first, each by its hash, and nothing that is not locked (a resolver would look for newer ones);
# then the project itself, with nothing fetched.
$(LOCKED): requirements.lock
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
	  --requirement requirements.lock
	$(BIN)/python -m pip check --disable-pip-version-check
	@touch $@

$(READY): $(LOCKED) pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv-lock/.ready:
	$(PYTHON) -m venv --clear .venv-lock
	.venv-lock/bin/python -m pip install --quiet --disable-pip-version-check uv
	@touch $@
