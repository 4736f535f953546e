# The two commands: `make run` opens the desk, `make test` proves it. Everything is installed into .venv.
PYTHON ?= python3
PY := .venv/bin/python
READY := .venv/.ready

.PHONY: setup run test test-slow check bench bench-quick pictures lock clean

setup: $(READY)

run: $(READY)
	@$(PY) -m bot run

test: $(READY)
	@$(PY) -m pytest -n 2 --dist worksteal -m "not slow"

test-slow: $(READY)
	@$(PY) -m pytest -n 2 -m slow

# All figures on both databases as one table, in some minutes; the quick one is a look at a smaller record.
bench: $(READY)
	@$(PY) -m tests.bench

bench-quick: $(READY)
	@$(PY) -m tests.bench --quick

# Pages to be looked at in a browser 390 pixels wide; and the pictures that the desk draws.
pictures: $(READY)
	@mkdir -p build
	@$(PY) -m tests.pictures build

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
	rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(READY): requirements.lock pyproject.toml
	@echo "Setting up .venv (once; about a minute)"
	@$(PYTHON) -m venv .venv
	@$(PY) -m pip install --quiet --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(PY) -m pip install --quiet --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)
