# What can be done in a checkout; `make` lists it. Arguments go along: make start ARGS="--port 9223"
PYTHON ?= python3
BIN = .venv/bin
BACKGROUND = $(BIN)/python scripts/background.py

.PHONY: help setup check test pure run start stop status logs phone demo bench soak fuzz chaos

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

setup: .venv/has-dev ## everything that working on it needs, into .venv

check: .venv/has-dev ## formatting, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy --platform win32 --cache-dir .mypy_cache/win32 agent protocols scripts
	$(BIN)/mypy --platform darwin --cache-dir .mypy_cache/darwin agent protocols scripts
	$(BIN)/python scripts/lint_pages.py

test: .venv/has-dev ## the tests; they need a Chromium and Mosquitto
	$(BIN)/python scripts/programs.py
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS) || \
	  { test $$? -eq 1 && echo "Once more, alone: what failed beside others" && \
	    $(BIN)/python -m pytest --last-failed $(ARGS); }

pure: .venv/has-dev ## the tests that need neither a browser nor a broker
	$(BIN)/python -m pytest -m pure $(ARGS)

run: .venv/has-run ## the agent in the foreground
	$(BIN)/colab-cdp-agent run $(ARGS)

start: .venv/has-run ## the agent in the background, with its own broker
	@$(BACKGROUND) start $(ARGS)

stop: ## end the agent in the background
	@$(PYTHON) scripts/background.py stop

status: ## how it stands with the agent in the background
	@$(PYTHON) scripts/background.py status

logs: ## what the agent in the background said lately
	@$(PYTHON) scripts/background.py logs

phone: .venv/has-run ## where the phone page is, and a code to scan
	@$(BIN)/colab-cdp-agent phone $(ARGS)

demo: .venv/has-demo ## no Colab at hand: the agent on a stand-in with real kernels
	$(BIN)/colab-cdp-agent demo $(ARGS)

bench: .venv/has-bench ## the benchmarks, a quarter of an hour; an hour with ARGS=--full
	$(BIN)/python scripts/programs.py
	$(BIN)/python -m benchmarks $(ARGS)

soak: .venv/has-dev ## hours of printing at 8 tabs, then ten minutes at 200; ARGS="--hours 1"
	$(BIN)/python scripts/programs.py
	@$(BIN)/python benchmarks/soak.py $(ARGS); first=$$?; \
	  $(BIN)/python benchmarks/soak.py --tabs 200 --rate 200 --minutes 10 && exit $$first

fuzz: .venv/has-fuzz ## the decoders on inputs nobody thought of; ARGS="--minutes 1 cdp jupyter"
	@PYTHONPATH=tests $(BIN)/python -m fuzz $(ARGS)

chaos: .venv/has-dev ## a night of faults in fast motion; ARGS="--seed 7 --faults 1000"
	$(BIN)/python scripts/programs.py
	$(BIN)/python tests/chaos $(ARGS)

.venv/has-bench: .venv/has-dev pyproject.toml benchmarks/contenders/package.json scripts/contenders.py
	$(BIN)/python scripts/contenders.py
	@touch $@

.venv/has-%: pyproject.toml scripts/environment.py
	$(PYTHON) scripts/environment.py $*
	@touch $@
