# Everything starts from a fresh clone with Python 3.11 or newer, pip, make and git.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: venv demo test lint lock bench-venv migration screenshots clean

venv: .venv/installed

.venv/installed: requirements.lock scripts/make_venv.sh
	@PYTHON="$(PYTHON)" sh scripts/make_venv.sh

demo: venv
	@$(BIN)/nachschub demo $(ARGS)

test: venv
	@sh scripts/debian_packages.sh
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal --durations 20 --durations-min 5 $(ARGS)

lint: venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest --quiet tests/test_house_rules.py

# The peers that benchmarks/ measures against, into the same .venv; several hundred megabytes.
bench-venv: venv
	$(BIN)/python -m pip -qq --disable-pip-version-check install --require-hashes -r requirements-bench.lock

# Again from pyproject.toml; versions that still fit are kept. UPGRADE=--upgrade takes the newest.
lock:
	$(PYTHON) -m venv build/lock
	build/lock/bin/pip install --quiet --disable-pip-version-check pip-tools
	CUSTOM_COMPILE_COMMAND="make lock" build/lock/bin/pip-compile --quiet $(UPGRADE) \
	  --extra test --build-deps-for editable --allow-unsafe --strip-extras --generate-hashes \
	  --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
	  --output-file requirements.lock pyproject.toml
	CUSTOM_COMPILE_COMMAND="make lock" build/lock/bin/pip-compile --quiet $(UPGRADE) \
	  --extra bench --constraint requirements.lock --allow-unsafe --strip-extras --generate-hashes \
	  --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
	  --output-file requirements-bench.lock pyproject.toml

migration: venv
	$(BIN)/python scripts/make_migration.py $(if $(MESSAGE),"$(MESSAGE)")

screenshots: venv
	$(BIN)/python scripts/make_screenshots.py $(ARGS)

clean:
	rm -rf .venv build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
