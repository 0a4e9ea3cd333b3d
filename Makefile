# make run    set up .venv, install, run all steps on the dataset of config.py
# make test   set up .venv, install, run every test
# make app    set up .venv, install, search by photo in a web page
# Arguments for the steps: make run ARGS="--set DATASET=shoes"
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: run test app install install-app clean

run: $(VENV)/.installed
	$(BIN)/python run_all.py $(ARGS)

# Several processes share the cores: none is to start threads for all of them.
test: export OMP_NUM_THREADS = 1
test: export TF_NUM_INTRAOP_THREADS = 1
test: export TF_NUM_INTEROP_THREADS = 1
test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)

app: $(VENV)/.installed-app
	$(BIN)/python 08_app.py $(ARGS)

install: $(VENV)/.installed

install-app: $(VENV)/.installed-app

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
		{ echo "Python 3.11, 3.12 or 3.13 is needed; name one with: make PYTHON=python3.12"; exit 2; }
	$(PYTHON) -m venv $(VENV) || { rm -f $@; exit 1; }

$(VENV)/.installed: $(VENV)/bin/python requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

$(VENV)/.installed-app: $(VENV)/.installed requirements-app.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-app.txt
	@touch $@

clean:
	rm -rf $(VENV)
