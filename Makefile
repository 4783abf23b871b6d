# `make demo` needs only make, git and Python 3.11 or newer. PYTHON says which one:
#   make demo PYTHON=python3.12
PYTHON ?= python3
SPEC ?= specs/googlenet.yaml
# Tests that share a browser are of one group.
PYTEST_FLAGS ?= -n auto --maxprocesses 4 --dist loadgroup

PEERS := torchvision timm aeon tsai

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
COMPILE := $(BIN)/inception-compile

# Each is written when all that it stands for is installed, so an interrupted set-up starts over.
DEMO := $(VENV)/.installed
DEV := $(VENV)/.installed-dev
DOCS := $(VENV)/.installed-docs

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo site playground test browser browser-test lowest newest accept drawn fuzz defects bench families linted lint format types drift wheel vscode freeze clean distclean

help:  ## What there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

demo: $(DEMO)  ## Compile GoogLeNet into generated/googlenet (or SPEC=specs/...)
	$(COMPILE) $(SPEC)

test: $(DEV)  ## Run the tests
	$(BIN)/python -m pytest $(PYTEST_FLAGS)

lowest:  ## Run the tests with every direct dependency at its declared minimum, in .venv-lowest
	@$(MAKE) --no-print-directory VENV=.venv-lowest venv
	.venv-lowest/bin/python tests/bounds.py >.venv-lowest/pins.txt
	.venv-lowest/bin/python tests/bounds.py peers >.venv-lowest/peers.txt
	.venv-lowest/bin/pip install --disable-pip-version-check -r .venv-lowest/pins.txt
	.venv-lowest/bin/pip install --disable-pip-version-check --no-deps -r .venv-lowest/peers.txt -e .
	.venv-lowest/bin/python -m pytest $(PYTEST_FLAGS)

newest:  ## Run the tests with the newest of all that there is, in .venv-newest
	@$(MAKE) --no-print-directory VENV=.venv-newest venv
	.venv-newest/bin/pip install --disable-pip-version-check -U -e '.[bench,test,weights]'
	.venv-newest/bin/pip install --disable-pip-version-check -U --no-deps $(PEERS)
	.venv-newest/bin/python -m pytest $(PYTEST_FLAGS)

accept: $(DEV)  ## Write generated/ anew, and all else that tests compare with
	$(BIN)/python -m pytest --accept

drawn: $(DEV)  ## Hold all opinions against each other on 2,000 random networks, in about an hour
	DRAWN=2000 $(BIN)/python -m pytest $(PYTEST_FLAGS) tests/test_properties.py -k all_opinions

fuzz: $(DEV)  ## Make 20,000 mutants of texts and 5,000 of values, and see that each is answered (long)
	nice $(BIN)/python -m tests.fuzzing --texts 20000 --trees 5000

defects: $(DEV)  ## Plant faults in the compiler, one at a time, and see that each is found (long)
	nice $(BIN)/python -m tests.defects

bench: $(DEV)  ## Compare with public implementations
	$(BIN)/python -m benchmarks

families: $(DEV)  ## Import one of each family of torchvision and timm, for the table in docs (long)
	nice $(BIN)/python -m benchmarks.families --write

linted: $(DEV)  ## Lint public networks, for the table in docs (minutes)
	nice $(BIN)/python -m benchmarks.linted --write

lint: $(DEV)  ## Check style, of specs too; of what is generated, by ruff's defaults as well
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(COMPILE) fmt --check specs
	$(BIN)/ruff check --isolated generated
	$(BIN)/ruff format --isolated --check generated

format: $(DEV)  ## Mend what ruff can, and lay out specs
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(COMPILE) fmt specs

types: $(DEV)  ## Check types: mypy on everything, pyright on what is generated
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python

drift: $(DEMO)  ## Check that generated/ is what the compiler emits (make accept writes it anew)
	$(COMPILE) drift specs

browser: $(DEV)  ## Install what the tests of the report need: Chromium with its driver (Debian), axe; needs npm
	@{ command -v chromium || command -v google-chrome; } >/dev/null && command -v chromedriver >/dev/null || { \
		sudo=$$(test "$$(id -u)" = 0 || echo sudo); \
		$$sudo apt-get update && $$sudo apt-get install -y chromium chromium-driver poppler-utils; }
	cd tests/browser && npm ci

site: $(DOCS)  ## Build documentation and playground into site/, to be served as they are; needs npm
	@$(MAKE) --no-print-directory playground
	$(BIN)/python -m website site

playground: $(DEMO)  ## Build the page that runs the compiler in a browser, into site/playground; needs npm
	cd playground && npm ci --silent
	$(BIN)/python -m playground.building site/playground

browser-test: browser site  ## Try the reports, the playground and the site in a browser
	$(BIN)/python -m pytest $(PYTEST_FLAGS) tests/test_*browser.py

vscode:  ## Build the extension for VS Code and run its tests; needs npm
	cd editors/vscode && npm ci && npm run build && npm test

wheel: $(DEV)  ## Check that sdist and wheel build, and that the wheel works by itself
	@set -eu; dir=$$(mktemp -d); \
	trap 'rm -rf "$$dir"' EXIT; trap 'exit 1' HUP INT TERM; \
	$(BIN)/python -m build --outdir "$$dir" .; \
	$(BIN)/python -m venv "$$dir/env"; \
	"$$dir/env/bin/pip" install --disable-pip-version-check -c constraints.txt "$$dir"/*.whl; \
	cd "$$dir"; PYTHONPATH= env/bin/inception-compile googlenet

freeze: $(DEV) $(DOCS)  ## Pin what is installed now
	@{ sed -n '/^#/p' constraints.txt; $(PIP) freeze --all --exclude-editable --exclude pip | sed 's/+.*//'; } >.freeze
	@mv .freeze constraints.txt

clean:  ## Remove what checks and builds leave behind
	rm -rf build dist site playground/node_modules editors/vscode/dist editors/vscode/node_modules *.egg-info .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -path "./.venv*" -prune -o -name __pycache__ -type d -exec rm -rf {} +

distclean: clean  ## Remove the virtual environment as well
	rm -rf $(VENV) .venv-lowest .venv-newest

# A virtual environment that runs pip is kept; any other is made anew.
define venv
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	echo "This needs Python 3.11 or newer, and $(PYTHON) is '$$($(PYTHON) -V 2>&1)'." >&2; \
	echo "Say which to use: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
@$(PIP) --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
endef

.PHONY: venv
venv:
	$(venv)

$(DEMO): pyproject.toml constraints.txt
	$(venv)
	@echo "Setting up $(VENV), once; torch is large"
	$(PIP) install -c constraints.txt -e .
	@touch $@

# The peers go in alone: torchvision asks for one torch, timm for that and its hub's client, aeon and
# tsai for much that their one network here does without.
$(DEV): pyproject.toml constraints.txt
	$(venv)
	@echo "Setting up $(VENV), once; torch is large"
	$(PIP) install -c constraints.txt -e '.[dev]'
	$(PIP) install -c constraints.txt --no-deps $(PEERS)
	@touch $(DEMO) $@

$(DOCS): pyproject.toml constraints.txt
	$(venv)
	$(PIP) install -c constraints.txt -e '.[docs]'
	@touch $(DEMO) $@
