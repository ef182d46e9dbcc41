# make demo and make test set up all they need; only Python 3.11 to 3.13 and make must be there.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# Whether a Python can run this project and make a virtual environment.
VERSION_OK := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))
VENV_OK := import ensurepip, venv

.DEFAULT_GOAL := help
.PHONY: help demo test lint format setup clean

help: ## Show what can be made
	@echo "make demo    set up, train the three default models, see them answer, export one"
	@echo "make test    set up, then ruff, mypy and every test"
	@echo "make lint    set up, then ruff and mypy"
	@echo "make format  set up, then rewrite the code in the house format"
	@echo "make setup   only the set-up: $(VENV) with the project and its tools"
	@echo "make clean   remove $(VENV), caches and built packages; runs and models stay"
	@echo "PYTHON=/path/to/python3.12 make ... chooses the Python."

demo: $(READY)
	$(BIN)/python -m nlp_apps.demo

test: lint
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

setup: $(READY)

# The stamp is newer than pyproject.toml when the installed packages are the ones it asks for.
$(READY): pyproject.toml
	@set -e; \
	if $(BIN)/python -c '$(VERSION_OK)' 2>/dev/null && $(BIN)/python -m pip --version >/dev/null 2>&1; then \
	  echo "Using $(VENV)"; \
	else \
	  found=; without_venv=; \
	  for python in $(PYTHON) python3.13 python3.12 python3.11 python3 python; do \
	    $$python -c '$(VERSION_OK)' 2>/dev/null || continue; \
	    if $$python -c '$(VENV_OK)' 2>/dev/null; then found=$$python; break; fi; \
	    without_venv=$${without_venv:-$$python}; \
	  done; \
	  if [ -z "$$found" ] && [ -n "$$without_venv" ]; then \
	    version=$$($$without_venv -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	    echo "error: $$without_venv cannot make virtual environments: its venv or ensurepip module is missing." >&2; \
	    echo "On Debian and Ubuntu: sudo apt install python$$version-venv" >&2; \
	    exit 1; \
	  fi; \
	  if [ -z "$$found" ]; then \
	    echo "error: no Python 3.11, 3.12 or 3.13 was found (looked for python3.13, python3.12, python3.11, python3, python $(PYTHON))." >&2; \
	    echo "Install one from your system's packages or python.org, or name it: PYTHON=/path/to/python3.12 make $(MAKECMDGOALS)" >&2; \
	    exit 1; \
	  fi; \
	  echo "Making $(VENV) with $$($$found --version)"; \
	  $$found -m venv --clear $(VENV); \
	fi; \
	echo "Installing the project and its tools (TensorFlow is about 600 MB; a few minutes the first time)"; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'; \
	touch $(READY)

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
