# Entrepot.  `make` lists the targets.  Everything is set up on the way: uv, Python packages, front end, browser.
.DEFAULT_GOAL := help
SHELL := /bin/bash

# A uv that works wherever a Python >= 3.12 is: the one on PATH, else one of our own in .tools.
UV := $(shell uv --version >/dev/null 2>&1 && echo uv || echo .tools/bin/uv)
PYTHON := $(shell for p in python3.13 python3.12 python3.14 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1 && command -v $$p && break; done)
ROOM := .venv/bin
WORKERS ?= 3
SEED ?= $(shell date +%s)
# Without compiled modules, every start of a process takes four seconds longer.
unexport PYTHONDONTWRITEBYTECODE

GATES := check-pyright check-mypy check-style check-frontend check-product

.PHONY: $(GATES) help setup demo up test check bench eval chaos contract build browser pictures fmt openapi clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

.tools/bin/uv:
	@test -n "$(PYTHON)" || { echo "Entrepot needs Python 3.12 or later: install python3.13 (and python3-venv)."; exit 1; }
	$(PYTHON) -m venv .tools && .tools/bin/pip install --quiet uv

.venv/.ready: pyproject.toml uv.lock $(filter .tools/bin/uv,$(UV))
	@test -n "$(PYTHON)" || { echo "Entrepot needs Python 3.12 or later on PATH."; exit 1; }
	UV_PROJECT_ENVIRONMENT=.venv $(UV) sync --frozen --quiet --compile-bytecode --python "$(PYTHON)"
	@touch $@

frontend/node_modules/.ready: frontend/package.json frontend/package-lock.json
	@command -v npm >/dev/null || { echo "Entrepot's pages are built with Node 20 or later: install nodejs and npm."; exit 1; }
	cd frontend && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# Templates and pages too: the sprite holds the icons they name.
FRONTEND := $(shell find frontend/src frontend/public frontend/steps -type f 2>/dev/null) frontend/vite.config.ts \
	frontend/icons.txt $(shell find src/entrepot -name '*.html' -o -path '*/pages*.py')

src/entrepot/web/static/dist/manifest.json: frontend/node_modules/.ready $(FRONTEND)
	cd frontend && npm run --silent build
	@touch $@

setup: .venv/.ready src/entrepot/web/static/dist/manifest.json ## Install everything the hub needs
build: src/entrepot/web/static/dist/manifest.json ## Build the front end

demo: setup ## Run the hub beside a simulated marketplace, carrier and mailbox
	@$(ROOM)/entrepot demo

up: setup ## Run the hub
	@$(ROOM)/entrepot up

browser: ## Install Chromium for the browser tests, where this user may
	@command -v chromium-headless-shell >/dev/null || \
		{ [ "$$(id -u)" = 0 ] && apt-get update -qq && \
		apt-get install -y -qq --no-install-recommends chromium chromium-headless-shell >/dev/null; } || \
		command -v chromium >/dev/null || command -v chromium-browser >/dev/null || \
		echo "Chromium is not here and may not be installed: the browser tests will be skipped."

test: setup browser ## Run every test
	$(ROOM)/pytest -n $(WORKERS) --dist loadgroup

# Two at a time; all of them, however many fail.
check: setup ## Run every gate: linters, types, layers, schema, API
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target --keep-going $(GATES)

check-pyright:
	cd frontend && npx --no-install pyright --project .. --pythonpath ../$(ROOM)/python

check-mypy:
	$(ROOM)/mypy

check-style:
	$(ROOM)/ruff check --output-format concise .
	$(ROOM)/ruff format --check --quiet .
	$(ROOM)/lint-imports
	$(ROOM)/deptry src
	$(ROOM)/vulture

check-frontend:
	cd frontend && npm run --silent check

check-product: check-mypy
	$(ROOM)/python -m tests.gates

bench: setup ## Measure; one benchmark with ONLY=order_import
	@$(ROOM)/python -m bench $(ONLY)

eval: setup ## Measure how well product pages are read, beside published systems (VERBOSE=1: each miss)
	@$(ROOM)/python -m bench.extraction_eval

chaos: setup ## Kill processes at random moments of runs and look for damage (SEED=..., ROUNDS=10, SEEDS=50)
	$(ROOM)/python -m tests.chaos --seed $(SEED) --rounds $(or $(ROUNDS),10) --seeds $(or $(SEEDS),50)

contract: setup ## Check every request to bol.com against its official specification
	$(ROOM)/pytest tests/contract -m contract -n 0

pictures: setup browser ## Make the pictures of the manual
	ENTREPOT_PICTURES=1 $(ROOM)/pytest tests/browser -n 0

openapi: setup ## Write the description of the API into docs/openapi.json
	$(ROOM)/python -m tests.gates --write

fmt: setup ## Format the code
	$(ROOM)/ruff check --fix --quiet . ; $(ROOM)/ruff format .

clean: ## Remove what was built; data in var stay
	rm -rf .venv .tools frontend/node_modules src/entrepot/web/static/dist .mypy_cache .ruff_cache .pytest_cache
