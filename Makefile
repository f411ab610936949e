# `make run` and `make test` need only Python 3.11 or later; all else they install for themselves.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN_HOME := var/open-data-home
DEMO_HOME := var/saltmere-home
PAPERS := var/papers
SITE := var/docs
CODE := src tests tools benchmarks docs/conf.py

.PHONY: help run test java check docs bench clean

help: ## What can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/.installed: pyproject.toml constraints.txt
	@echo "Making the environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) || (echo "Python's venv is missing: apt-get install python3-venv" && exit 1)
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test,check,docs]'
	@touch $@

run: $(VENV)/.installed ## Import the open data, write the papers, make the fictitious force, and start the service on it
	@FOURFOLD_HOME=$(RUN_HOME) $(BIN)/python tools/first_run.py $(PAPERS)
	@if [ "$$FOURFOLD_NO_SERVE" = 1 ]; then \
		echo; echo "To start the service: FOURFOLD_HOME=$(DEMO_HOME) FOURFOLD_FORCE=saltmere $(BIN)/fourfold serve"; \
	else echo; echo "Starting the service on the fictitious force; Ctrl-C ends it."; \
		FOURFOLD_HOME=$(DEMO_HOME) FOURFOLD_FORCE=saltmere exec $(BIN)/fourfold serve; fi

test: $(VENV)/.installed java ## Every test
	@$(BIN)/ruff check $(CODE) && $(BIN)/ruff format --check $(CODE)
	@$(BIN)/mypy && $(BIN)/lint-imports
	@$(BIN)/pytest -n auto --dist worksteal

java: # Spark's engine, which the tests start once
	@java -version >/dev/null 2>&1 || (apt-get update -qq && apt-get install -y -qq openjdk-17-jre-headless >/dev/null) \
		|| (echo "Java 17 is missing: apt-get install openjdk-17-jre-headless" && exit 1)

check: $(VENV)/.installed ## Lint, types, layers and the quick tests
	@$(BIN)/ruff check $(CODE) && $(BIN)/ruff format --check $(CODE)
	@$(BIN)/mypy && $(BIN)/lint-imports
	@$(BIN)/pytest -n auto -m "not slow"

docs: $(VENV)/.installed ## The docs site, its reference drawn from the code; any warning is an error
	@$(BIN)/python -m sphinx -E -W --keep-going -q -c docs . $(SITE)
	@echo "Open $(SITE)/index.html in a browser."

bench: $(VENV)/.installed ## Speed and memory; results under benchmarks/results
	@$(BIN)/python benchmarks/run.py

clean: ## Remove the environment and what `make run` made
	rm -rf $(VENV) var
