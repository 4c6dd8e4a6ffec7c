# Every target sets up .venv by itself; all it needs is Python 3.11 to 3.13 with pip, and make.
#   make demo    grade a class of real notebooks, leave the feedback in demo/out
#   make test    linters, types and the fast tests
#   make bench   compare with other graders (downloads them; about half an hour)

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Name an interpreter yourself: make test PYTHON=/opt/python3.12/bin/python3
PYTHON :=
CANDIDATES := $(if $(PYTHON),$(PYTHON),python3.11 python3.12 python3.13 python3 python)
WORKERS := 2

# One thread each, so that parallel tests do not fight for the cores.
export OMP_NUM_THREADS := 1

.PHONY: help install demo test lint unit test-slow bench format clean
.DELETE_ON_ERROR:

help:
	@sed -n 's/^#   //p' Makefile

install: $(STAMP)

# An interpreter counts when it runs, has the right version, and can make an environment: with ensurepip, or with
# a pip of its own that installs another one there (Debian's python3 without python3-venv).
$(STAMP): pyproject.toml constraints.txt
	@set -eu; \
	if ! $(BIN)/python -c 'import pip' 2>/dev/null; then \
	  found=; \
	  for candidate in $(CANDIDATES); do \
	    if $$candidate -c 'import sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null; \
	    then found=$$candidate; break; fi; \
	  done; \
	  if [ -z "$$found" ]; then \
	    echo "No Python 3.11 to 3.13 with the venv module found (tried: $(CANDIDATES))." >&2; \
	    echo "Install one, or name it: make $(or $(MAKECMDGOALS),test) PYTHON=/path/to/python3" >&2; \
	    exit 2; \
	  fi; \
	  echo "Setting up $(VENV) with $$($$found --version)"; \
	  if $$found -c 'import ensurepip' 2>/dev/null; then \
	    $$found -m venv --clear $(VENV); \
	  elif $$found -m pip --version >/dev/null 2>&1; then \
	    $$found -m venv --clear --without-pip $(VENV); \
	    $$found -m pip --python $(BIN)/python install --quiet pip; \
	  else \
	    echo "$$found has no pip, nor ensurepip to get it. Install python3-pip or python3-venv." >&2; \
	    exit 2; \
	  fi; \
	fi
	@echo "Installing into $(VENV) (a few minutes at first: PyTorch is large)"
	$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(STAMP)
	rm -rf demo
	$(BIN)/python benchmarks/classroom.py demo/submissions --notebooks 14
	$(BIN)/grade batch demo/submissions -a linear_regression -o demo/out --jobs $(WORKERS)
	@test -s demo/out/index.html
	@echo
	@echo "The class: $(CURDIR)/demo/out/index.html (open it in a browser)"

test: lint unit

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

unit: $(STAMP)
	$(BIN)/python -m pytest -n $(WORKERS) -m "not slow"

test-slow: $(STAMP)
	$(BIN)/python -m pytest -m slow

bench: $(STAMP)
	$(BIN)/python benchmarks/compare.py

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) demo dist build benchmarks/work .pytest_cache .mypy_cache .ruff_cache .hypothesis
