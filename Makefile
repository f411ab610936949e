# `make run` and `make test` need only Python 3.11 or later; all else they install for themselves.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN_HOME := var/open-data-home
PAPERS := var/papers

.PHONY: help run test check bench clean

help: ## What can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/.installed: pyproject.toml constraints.txt
	@echo "Making the environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) || (echo "Python's venv is missing: apt-get install python3-venv" && exit 1)
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test,check]'
	@touch $@

run: $(VENV)/.installed ## Import the shipped open data, write the papers, print the headline figures
	@FOURFOLD_HOME=$(RUN_HOME) $(BIN)/python tools/first_run.py $(PAPERS)

test: $(VENV)/.installed ## Every test
	@$(BIN)/ruff check src tests tools benchmarks && $(BIN)/ruff format --check src tests tools benchmarks
	@$(BIN)/mypy && $(BIN)/lint-imports
	@$(BIN)/pytest -n auto --dist worksteal

check: $(VENV)/.installed ## Lint, types, layers and the quick tests: under a minute
	@$(BIN)/ruff check src tests tools benchmarks && $(BIN)/ruff format --check src tests tools benchmarks
	@$(BIN)/mypy && $(BIN)/lint-imports
	@$(BIN)/pytest -n auto -m "not slow"

bench: $(VENV)/.installed ## Speed and memory; results under benchmarks/results
	@$(BIN)/python benchmarks/run.py

clean: ## Remove the environment and what `make run` made
	rm -rf $(VENV) var
