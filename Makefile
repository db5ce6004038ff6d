# What a newcomer runs: `make demo`, `make test`, `make app`. What a contributor runs: `make check`.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# A worker for each processor, four at most: what some tests time is other processes' work. A file
# stays with one worker, so that what its tests share is made once.
PYTEST := $(BIN)/python -m pytest -q -n logical --maxprocesses 4 --dist loadfile \
    --no-loadscope-reorder
STAMP := $(VENV)/.installed
# Hundreds of tests start a process: each would compile the product anew where nothing may be cached.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test test-fast app check lint format mutants attack speed lock reference docs clean

help:  ## Show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(STAMP)  ## Create .venv with everything in it (a second time takes a second)

$(STAMP): pyproject.toml constraints.txt scripts/setup
	@PYTHON=$(PYTHON) VENV=$(VENV) scripts/setup
	@touch $@

demo: $(STAMP)  ## Run the main job on the embedded example; writes out/demo
	@$(BIN)/advisor demo

test: $(STAMP)  ## Run the tests
	@$(PYTEST)

test-fast: $(STAMP)  ## Run the tests that take no seconds: no browser, server or benchmark
	@$(PYTEST) -m "not slow and not browser"

app: $(STAMP)  ## Open the explorer in the browser
	@$(BIN)/advisor app

check: lint test  ## What a contributor runs before a commit

lint: $(STAMP)  ## Format, lint, types and import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(STAMP)  ## Rewrite the code in the house format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

mutants: $(STAMP)  ## Leave out a line of a new platform at a time: all must be noticed
	@$(BIN)/python scripts/mutants.py

attack: $(STAMP)  ## Try to break in, lose something, leave something behind: tried, held, failed
	@$(BIN)/python -m tests.attack

speed: $(STAMP)  ## Benchmarks of the product itself: ratios against a baseline in the same run
	@for script in tests/speed/speed_*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

lock: $(STAMP)  ## Resolve constraints.txt anew
	@scripts/lock

reference: $(STAMP)  ## Write the reference pages that follow from the program
	@$(BIN)/python scripts/build_reference.py

docs: $(STAMP)  ## Build the documentation as a site, offline, into out/site
	@$(BIN)/python scripts/build_reference.py --check
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet
	@echo "open out/site/index.html"

clean:  ## Remove what was built, keep the runs
	@rm -rf $(VENV) out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
