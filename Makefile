# docplatform. `make help` lists what there is; `make run` and `make test` are the two commands to know.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= python3
PORT ?= 3000
UI ?= 1
VENV := .venv
BIN := $(VENV)/bin
SYSTEM := .tmp
EXTRAS := azure postgres openvino tesseract mlflow heic embeddings serve dev

.PHONY: help setup run test lint types contracts unit system lock lock-studio docs clean

help: ## This list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.complete ## The virtual environment, from requirements.lock.

$(VENV)/.complete: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "docplatform needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) --version). Try: make PYTHON=python3.11"; exit 1; }
	@echo "Setting up $(VENV) (once, a minute or two) …"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

run: setup ## Sample corpus, the whole graph once, then the UI on PORT=3000 (UI=0: stop after the summary).
	@$(BIN)/docplatform samples --if-missing
	@$(BIN)/docplatform run
	@$(BIN)/docplatform samples check
	@if [ "$(UI)" != "0" ]; then exec $(BIN)/docplatform ui --port $(PORT); fi

test: setup system lint types contracts unit ## Everything that must be green: lint, types, import contracts, tests.

lint: setup
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: setup
	@$(BIN)/mypy

contracts: setup
	@$(BIN)/lint-imports
	@$(BIN)/dagster definitions validate -w workspace.yaml
	@$(BIN)/dg check defs

unit: setup
	@OMP_NUM_THREADS=1 $(BIN)/coverage erase
	@OMP_NUM_THREADS=1 $(BIN)/pytest --cov --cov-report=term:skip-covered

system: ## What some tests want besides Python (browser, PostgreSQL, Azurite): installed where CI=true, else those tests skip.
ifeq ($(CI),true)
	@bash .ci/system-packages $(SYSTEM)
endif

lock: ## requirements.lock anew, from pyproject.toml: every extra but torch, which weighs gigabytes.
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-strip-extras \
		$(addprefix --extra ,$(EXTRAS)) --custom-compile-command "make lock" pyproject.toml -o requirements.lock

lock-studio: setup ## What Label Studio needs, anew: label-studio.lock.txt.
	@echo "label-studio==$$($(BIN)/python -c 'from docplatform.labels.studio.client import TESTED_VERSION as v; print(v)')" | \
		$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
		--custom-compile-command "make lock-studio" - -o docplatform/labels/studio/label-studio.lock.txt

docs: setup ## docs/tables.md anew, from the table schemas.
	@$(BIN)/python -m docplatform.lake.tables_doc

clean: ## Remove the virtual environment and caches; not the home.
	@rm -rf $(VENV) $(SYSTEM) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage* *.egg-info
