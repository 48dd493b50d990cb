# Afterword from one command. `make` alone lists what there is.

SHELL := /bin/sh
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$python && break; done)
VENV := .venv
PY := $(VENV)/bin/python
CODE := accounts actions bench config devstack integrations live outbound postmortems tests manage.py

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export UV_SYSTEM_CERTS := 1
unexport DJANGO_SETTINGS_MODULE

.DEFAULT_GOAL := help
.PHONY: help run manage test test-fast drills lint format types checks bench bench-live
.PHONY: reset lock editor

help: ## List what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

# --- Running ------------------------------------------------------------------------

run: $(VENV)/.run ## Start Afterword here (PORT=9000, DEMO=0 for an empty one)
	@exec $(PY) -m devstack run --stop-with-parent

manage: $(VENV)/.run ## A command of manage.py beside it (ARGS="export_report INC-…")
	@$(PY) -m devstack manage $(ARGS)

reset: ## Empty var/, after asking (YES=1 does not ask)
	@$(or $(PYTHON),python3) -m devstack reset $(if $(YES),--yes)

# --- Testing ------------------------------------------------------------------------

TEST_SERVERS = AFTERWORD_ENV=test AFTERWORD_VAR=var/test AFTERWORD_PG_FAST=1 \
	$(PY) -m devstack exec
FAST_TESTS = $(PY) -m pytest -q -rs -n 2 --dist loadgroup -m "not drill" --ignore=tests/browser
DRILLS = $(PY) -m pytest -q -rs -m drill $(ARGS)
BROWSER_TESTS = $(PY) -m pytest -q -rs -m "not drill" tests/browser

test: $(VENV)/.dev ## Every test but the drills, in two runs: the browser has its own
	@browser="$$($(PY) -m devstack browser)" || { echo "$$browser" >&2; exit 1; }; \
	AFTERWORD_CHROMIUM="$$browser" $(TEST_SERVERS) sh -c \
		'$(FAST_TESTS); fast=$$?; $(BROWSER_TESTS); exit $$((fast | $$?))'

test-fast: $(VENV)/.dev ## The tests without the browser (ARGS="-k publishing")
	@$(TEST_SERVERS) $(FAST_TESTS) $(ARGS)

# 5 says that no test was asked for, as where ARGS name those of the other run.
drills: $(VENV)/.dev ## The long runs: kills, cuts and storms (ARGS="-k dr4")
	@browser="$$($(PY) -m devstack browser)" || { echo "$$browser" >&2; exit 1; }; \
	AFTERWORD_CHROMIUM="$$browser" $(TEST_SERVERS) sh -c \
		'$(DRILLS) --ignore=tests/browser; long=$$?; [ $$long -eq 5 ] && long=0; \
		$(DRILLS) tests/browser; page=$$?; [ $$page -eq 5 ] && page=0; \
		exit $$((long | page))'

lint: $(VENV)/.dev ## Style, and who may import whom
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/lint-imports

format: $(VENV)/.dev ## Put the code into the house's form
	@$(VENV)/bin/ruff check --fix-only .
	@$(VENV)/bin/ruff format .
	@git ls-files '*.html' | xargs $(VENV)/bin/djade --target-version 5.2

types: $(VENV)/.dev ## Check the types
	@$(VENV)/bin/mypy $(CODE)

checks: $(VENV)/.dev ## Migrations, compose file, Dockerfile and the built editor
	@$(TEST_SERVERS) $(PY) manage.py makemigrations --check --dry-run
	@$(VENV)/bin/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	@$(VENV)/bin/hadolint Dockerfile
	@PYTHON=$(CURDIR)/$(PY) frontend/check.sh

editor: ## Build static/dist/editor.js from frontend/ (needs Node 20 or newer)
	@cd frontend && PYTHON=$(or $(wildcard $(CURDIR)/$(PY)),python3) ./with-node.sh \
		sh -c 'npm ci --ignore-scripts --silent && node build.mjs'

bench: $(VENV)/.dev ## What pages, lists, ticks and mails cost, one JSON object a line
	-@AFTERWORD_VAR=var/bench $(PY) -m devstack exec $(PY) -m bench
	-@AFTERWORD_VAR=var/bench $(PY) -m devstack exec $(PY) -m bench.actions
	-@AFTERWORD_VAR=var/bench $(PY) -m devstack exec $(PY) -m bench.mails

bench-live: $(VENV)/.dev ## What live editing costs (ARGS="typing editors")
	@browser="$$($(PY) -m devstack browser)" || { echo "$$browser" >&2; exit 1; }; \
	AFTERWORD_CHROMIUM="$$browser" AFTERWORD_VAR=var/bench-live \
		$(PY) -m devstack exec $(PY) -m bench.live $(ARGS)

# --- Packages -----------------------------------------------------------------------

COMPILE = $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-header --no-annotate pyproject.toml

lock: $(VENV)/.uv ## Write requirements/ anew from pyproject.toml (ARGS=--upgrade)
	@$(COMPILE) $(ARGS) -o requirements/prod.txt
	@$(COMPILE) $(ARGS) --group run -o requirements/run.txt
	@$(COMPILE) $(ARGS) --group dev -o requirements/dev.txt

$(VENV)/.made:
	@$(or $(PYTHON),false) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11" >&2; \
		exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "Python cannot make environments here. Run: apt-get install python3-venv" >&2; \
		exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version) …"
	@rm -rf $(VENV) && $(PYTHON) -m venv $(VENV) && touch $@

$(VENV)/.uv: requirements/bootstrap.txt $(VENV)/.made
	@echo "Installing what installs the rest …"
	@$(PY) -m pip install --quiet --require-hashes -r $< \
		|| echo "uv is not to be had here; pip does its work."
	@touch $@

# uv is quicker; pip knows the proxies and certificates of pip.conf.
define install
	@echo "Installing the packages of $< (up to a minute the first time) …"
	@$(VENV)/bin/uv pip install --quiet --python $(PY) --compile-bytecode \
		--require-hashes -r $< \
		|| { echo "Trying again with pip …"; \
			$(PY) -m pip install --quiet --require-hashes -r $<; }
	@touch $@
endef

$(VENV)/.run: requirements/run.txt $(VENV)/.uv
	$(install)

$(VENV)/.dev: requirements/dev.txt $(VENV)/.uv
	$(install)
	@touch $(VENV)/.run
