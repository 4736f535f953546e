# The two commands: `make run` opens the desk, `make test` proves it. Everything is installed into .venv.
PYTHON ?= python3
PY := .venv/bin/python
READY := .venv/.ready

.PHONY: setup run test test-slow check bench lock clean

setup: $(READY)

run: $(READY)
	@$(PY) -m bot run

test: $(READY)
	@$(PY) -m pytest -n 2 -m "not slow"

test-slow: $(READY)
	@$(PY) -m pytest -n 2 -m slow

bench: $(READY)
	@$(PY) -m tests.bench.sweep
	@$(PY) -m tests.bench.drain
	@$(PY) -m tests.bench.telegram
	@$(PY) -m tests.bench.slack

check: $(READY)
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

# Needs uv on the PATH; hashes, but no index or file addresses, so that any index will do.
lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --extra dev pyproject.toml -o requirements.lock

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(READY): requirements.lock pyproject.toml
	@echo "Setting up .venv (once; about a minute)"
	@$(PYTHON) -m venv .venv
	@$(PY) -m pip install --quiet --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(PY) -m pip install --quiet --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)
