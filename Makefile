# `make demo` and `make test` install all they need, except Python 3.11 to 3.13 and make.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
LATEST := .venv-latest
LOCKER := .venv-lock
AUDITOR := .venv-audit
BENCHER := .venv-bench
ENGINES := .venv-ray .venv-beam
NOTEBOOKER := .venv-notebooks
DOCS := .venv-docs

# Whether a Python can run this project and make a virtual environment.
VERSION_OK := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))
VENV_OK := import ensurepip, venv

# Prints the requirements of an extra.
EXTRA := import sys, tomllib; \
  print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"][sys.argv[1]], sep="\n")

PIP_INSTALL := -m pip install --quiet --disable-pip-version-check

# Compiles a lock file. It names no package index: pip and uv use the configured one.
COMPILE = $(LOCKER)/bin/uv pip compile --quiet --upgrade --universal --generate-hashes \
  --no-emit-index-url --python $(LOCKER)/bin/python --custom-compile-command 'make lock'

.DEFAULT_GOAL := help
.PHONY: help demo test test-latest lint format setup lock audit soak fuzz bench engines notebooks docs \
  gpu-check clean FORCE

help:
	@echo "make demo         set up, train the three default models, see them answer, export one"
	@echo "make test         set up, then ruff, mypy and every test"
	@echo "make lint         set up, then ruff and mypy"
	@echo "make format       set up, then rewrite the code in the house format"
	@echo "make setup        only the set-up: $(VENV) with the project and the locked versions"
	@echo "make lock         renew requirements.lock and deploy/requirements.lock"
	@echo "make test-latest  as make test, with the newest versions allowed, in $(LATEST)"
	@echo "make soak         attack the server for 15 minutes while versions change, disconnect a host"
	@echo "                  of a training, interrupt commands"
	@echo "make fuzz         attack readers, recipes, servers and models with 100,000 generated inputs"
	@echo "make bench        measure speed, memory and cold start beside PyTorch: docs/benchmarks.md"
	@echo "make engines      install Ray and Apache Beam in environments of their own, and run their tests"
	@echo "make notebooks    execute notebooks/ and store their outputs in them (10 minutes at most)"
	@echo "make docs         build the site with the documentation in site/; needs no TensorFlow"
	@echo "make gpu-check    compare training on the CPU, on one GPU and on several (at most 5 minutes)"
	@echo "make audit        list known vulnerabilities of the locked versions"
	@echo "make clean        remove environments, caches and built packages; runs and models stay"
	@echo "PYTHON=/path/to/python3.12 make ... chooses the Python."

demo: $(READY)
	$(BIN)/python -m nlp_apps.demo

test: lint
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

# The versions that `pip install` installs today: without the lock, and upgraded on every call.
test-latest:
	$(MAKE) test VENV=$(LATEST) NEWEST=yes

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

setup: $(READY)

# Makes the virtual environment $(1), unless one is there that can run this project.
define make_environment
	@set -e; \
	if $(1)/bin/python -c '$(VERSION_OK)' 2>/dev/null && $(1)/bin/python -m pip --version >/dev/null 2>&1; then \
	  echo "Using $(1)"; \
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
	  echo "Making $(1) with $$($$found --version)"; \
	  $$found -m venv --clear $(1); \
	fi
endef

# The stamp is newer than these two files when the packages that they name are installed.
$(READY): pyproject.toml requirements.lock $(if $(NEWEST),FORCE)
	$(call make_environment,$(VENV))
	@echo "Installing the project and its tools (TensorFlow is about 600 MB; a few minutes the first time)"
ifdef NEWEST
	@$(BIN)/python $(PIP_INSTALL) --upgrade --upgrade-strategy eager --editable '.[dev]'
else
	@$(BIN)/python $(PIP_INSTALL) --require-hashes --requirement requirements.lock
	@$(BIN)/python $(PIP_INSTALL) --no-deps --no-build-isolation --editable .
endif
	@touch $(READY)

# The first file is for development, on every supported Python and system. The second is for the image: the same
# versions without the tools, but with the build backend of the wheel. The image does not train, so it has no
# scikit-learn (190 MB with SciPy).
lock:
	$(call make_environment,$(LOCKER))
	@$(LOCKER)/bin/python $(PIP_INSTALL) --upgrade uv
	$(COMPILE) --python-version 3.11 --extra dev --output-file requirements.lock pyproject.toml
	@echo hatchling > $(LOCKER)/build.in
	$(COMPILE) --python-version 3.12 --extra serve --constraint requirements.lock --no-annotate \
	  $(addprefix --no-emit-package ,scikit-learn scipy joblib threadpoolctl cloudpickle narwhals) \
	  --output-file deploy/requirements.lock pyproject.toml $(LOCKER)/build.in

soak: $(READY)
	$(BIN)/python -m tests.attack.soak
	$(BIN)/python -m pytest tests/attack/three_hosts.py
	$(BIN)/python -m tests.attack.interrupt_sweep

# The inputs of findings are in findings/.
fuzz: $(READY)
	$(BIN)/python -m tests.attack.generated --inputs 100000

# PyTorch has an environment of its own. The requirements are those of the extra `benchmarks`.
bench: $(READY)
	$(call make_environment,$(BENCHER))
	@$(BENCHER)/bin/python -c 'import torch' 2>/dev/null || { \
	  echo "Installing PyTorch (large; benchmarks/README.md has a smaller build)"; \
	  $(BIN)/python -c '$(EXTRA)' benchmarks > $(BENCHER)/requirements.in; \
	  $(BENCHER)/bin/python $(PIP_INSTALL) --requirement $(BENCHER)/requirements.in; \
	} || echo "warning: PyTorch could not be installed; the tables have no columns for it" >&2
	$(BIN)/python -m benchmarks.report $(if $(ONLY),--only $(ONLY))

# Ray and Beam have an environment each, which also finds the packages of the project's own. Ray opens ports on every
# address, so the tests run where the only network is loopback (Linux).
engines: $(READY) $(addsuffix /.ready,$(ENGINES))
	PYTHONPATH=$(CURDIR) unshare --net --map-root-user sh -c 'ip link set lo up && \
	  .venv-ray/bin/python -m pytest tests/batch_inference/test_ray_engine.py tests/workers/test_ray_workers.py && \
	  .venv-beam/bin/python -m pytest tests/examples/test_beam.py'

.venv-%/.ready: pyproject.toml $(READY)
	@$(BIN)/python -m venv --clear .venv-$*
	@$(BIN)/python -c 'import site; print(site.getsitepackages()[0])' > \
	  $$(.venv-$*/bin/python -c 'import site; print(site.getsitepackages()[0])')/project.pth
	@$(BIN)/python -c '$(EXTRA)' $* > .venv-$*/requirements.in
	.venv-$*/bin/python $(PIP_INSTALL) --requirement .venv-$*/requirements.in
	@touch $@

# ONLY="NAME ..." executes some of them. In this environment the tests also check the format with nbformat.
notebooks: $(NOTEBOOKER)/.ready
	PYTHONPATH=$(CURDIR) PATH="$(abspath $(BIN)):$$PATH" $(NOTEBOOKER)/bin/python -m tests.execute_notebooks $(ONLY)
	PYTHONPATH=$(CURDIR) $(NOTEBOOKER)/bin/python -m pytest tests/test_notebooks.py

# The sources are read, not imported, so the environment has no TensorFlow and needs no `make setup`.
docs: $(DOCS)/.ready
	NO_MKDOCS_2_WARNING=1 $(DOCS)/bin/mkdocs build --strict --config-file docs/mkdocs/mkdocs.yml
	@echo "The site is in site/. To read it at http://127.0.0.1:8765: python3 -m http.server --directory site 8765"

$(DOCS)/.ready: pyproject.toml
	$(call make_environment,$(DOCS))
	@$(DOCS)/bin/python -c '$(EXTRA)' docs > $(DOCS)/requirements.in
	@$(DOCS)/bin/python $(PIP_INSTALL) --requirement $(DOCS)/requirements.in
	@touch $@

gpu-check: $(READY)
	$(BIN)/python -m benchmarks.gpu_check

audit:
	$(call make_environment,$(AUDITOR))
	@$(AUDITOR)/bin/python $(PIP_INSTALL) --upgrade pip-audit
	for lock in requirements.lock deploy/requirements.lock; do \
	  $(AUDITOR)/bin/pip-audit --strict --disable-pip --require-hashes --progress-spinner off \
	    --requirement $$lock || exit 1; done

clean:
	rm -rf $(VENV) $(LATEST) $(LOCKER) $(AUDITOR) $(BENCHER) $(ENGINES) $(NOTEBOOKER) $(DOCS) site build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
