# One command per need. Everything runs in .venv, made on first use and renewed when the
# dependencies or the interpreter change: `make test PYTHON=python3.12`.

PYTHON ?= python3
JOBS ?= 2

# Else every program that is started, by people and by tests, compiles all of its modules anew.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null)
READY := .venv/.ready-$(VERSION)
UV := $(BIN)/uv pip
CHECKED := ccm_core plugins/pagerduty tests docgen conftest.py .ci $(wildcard benchmarks)
# Each worker takes a row of neighbours, so that what a module prepares is prepared once, and then
# takes tests from the other.
PYTEST := $(BIN)/python -m pytest -n $(JOBS) --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help demo check test test-room lint format docs attacks pins clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do \
	  printf '  make %-10s %s\n' "$$name" "$$text"; done

demo: $(READY) ## Run 90 days of a simulated PagerDuty account; the report goes to demo/
	@$(BIN)/ccm demo

check: lint ## Style, types, imports, and the quick tests of the rooms that changed
	@rooms="$$($(BIN)/python .ci/changed_rooms.py)"; \
	if test -z "$$rooms"; then echo "No room changed: no tests to run."; exit 0; fi; \
	echo "Testing what changed: $$rooms"; \
	$(PYTEST) -q -m 'not slow' $$rooms

test: lint ## Everything that is checked: style, types, imports, tests, coverage, wheels
	@$(PYTEST) --cov --cov-report=term:skip-covered --attack-table=check

ROOM_TESTS = $(firstword $(wildcard $(foreach folder,tests plugins/pagerduty/tests,$(folder)/$(ROOM) $(folder)/test_$(ROOM).py)))

test-room: $(READY) ## All tests of one room: make test-room ROOM=rules
	@test -n "$(ROOM)" || { echo "Which room? make test-room ROOM=rules" >&2; exit 2; }
	@test -n "$(ROOM_TESTS)" || { echo "No tests of a room named $(ROOM); see tests/" >&2; exit 2; }
	@$(PYTEST) $(ROOM_TESTS)

lint: $(READY) ## Style, types (tests of the sdk and the model included) and imports
	@$(BIN)/ruff check $(CHECKED)
	@$(BIN)/ruff format --check $(CHECKED)
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(READY) ## Let ruff write the code the way lint wants it
	@$(BIN)/ruff check --fix-only $(CHECKED)
	@$(BIN)/ruff format $(CHECKED)

docs: $(READY) ## Write the pages that are generated from the code
	@$(BIN)/python -m docgen

attacks: $(READY) ## Try every attack, and write what came of it to docs/reference/attacks.md
	@$(PYTEST) -q -m attack --attack-table=write

pins: $(READY) ## Compile requirements-dev.txt anew: the newest versions that fit
	@$(UV) compile --quiet --upgrade --generate-hashes --universal --python-version 3.11 \
	  --no-header --no-emit-index-url \
	  --no-emit-package ccm-core --no-emit-package ccm-pagerduty \
	  requirements-dev.in --output-file requirements-dev.txt

clean: ## Remove the environment and everything that was built or cached
	rm -rf .venv build dist demo htmlcov .coverage .coverage.* .import_linter_cache
	rm -rf .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find ccm_core plugins tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# pip brings uv; where uv cannot be had, pip does the rest itself, only slower.
$(READY): pyproject.toml plugins/pagerduty/pyproject.toml requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "ccm needs Python 3.11 or newer; '$(PYTHON)' is $(or $(VERSION),not there)." \
	       "Name one: make PYTHON=python3.12" >&2; exit 2; }
	@test "$$($(BIN)/python -V 2>/dev/null)" = "Python $(VERSION)" || $(PYTHON) -m venv --clear .venv
	@echo "Installing into .venv (Python $(VERSION))"
	@awk '/^uv==/ { uv = 1 } /^[a-z]/ && !/^uv==/ { uv = 0 } \
	  { print > (uv ? ".venv/uv.txt" : ".venv/pins.txt") }' requirements-dev.txt
	@set -e; pip="$(BIN)/python -m pip install --quiet --disable-pip-version-check"; \
	if $$pip --require-hashes -r .venv/uv.txt; \
	then install="$(UV) install --quiet --python $(BIN)/python"; \
	else install="$$pip"; echo "uv cannot be installed here; pip goes on without it." >&2; fi; \
	$$install --require-hashes -r .venv/pins.txt; \
	$$install --no-deps --no-build-isolation -e . -e plugins/pagerduty
	@rm -f .venv/.ready-* && touch $@
