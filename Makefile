# `make demo` and `make test` set up all they need. Everything else is for those who work on Tocsin.
PYTHON ?= python3
PIP = .venv/bin/pip install --quiet --disable-pip-version-check --use-pep517
LOCK = .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

.PHONY: demo test test-quick test-foreign pictures faults check format playground bench bench-names texts lock clean help

help:  ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile

demo: .venv/.run  ## play a campaign in the terminal, no account needed
	@.venv/bin/python -m bot demo $(ARGS)

test: .venv/.dev .venv-synapse/.ready prosody  ## run every test, against real servers
	@.venv/bin/python -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder $(ARGS)

test-quick: .venv/.dev  ## run the tests that need no server: neither Synapse nor Prosody is installed for them
	@.venv/bin/python -m pytest --numprocesses 3 --dist loadfile -m "not live and not foreign" $(ARGS)

test-foreign: .venv/.dev .venv-synapse/.ready prosody  ## run the tests with clients in other languages (they need Node)
	@sh tests/foreign/install.sh
	@.venv/bin/python -m pytest -m foreign tests/foreign $(ARGS)

pictures: .venv/.dev .venv-synapse/.ready prosody  ## take the pictures of docs/pictures anew, from graphical clients
	@sh tests/foreign/install.sh
	@sh tests/foreign/install-screens.sh
	@.venv/bin/python -m tests.foreign.pictures

faults: .venv/.dev .venv-synapse/.ready prosody  ## kill, cut and fill everything: SEEDS=1-50 ROWS='"kill points"'
	@.venv/bin/python -m tests.faults $(ROWS)

check: .venv/.dev  ## ruff, mypy strict, layers
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports

format: .venv/.dev  ## lay out the code and mend what can be mended by itself
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

playground: .venv/.dev .venv-synapse/.ready prosody  ## both test servers with a campaign, for any client
	@.venv/bin/python -m tests.live.playground

bench: .venv/.bench .venv-synapse/.ready .venv-maubot/.ready prosody  ## time the bot beside other bots, its intake and its storage
	@for one in answer crowd strict flood intake hops; do .venv/bin/python -m benchmarks.$$one || exit 1; echo; done

bench-names: .venv/.dev  ## how many doubles are found among made names, and how long a suggestion takes
	@.venv/bin/python -m benchmarks.names
	@.venv/bin/python -m benchmarks.suggest

texts: .venv/.dev  ## bring the catalogues up to date with what the code says
	.venv/bin/pybabel -q extract -F babel.cfg --no-default-keywords -k N_ -k NN_:1,2 --sort-output --no-location --no-wrap --omit-header -o tocsin.pot bot commands storage campaign
	.venv/bin/pybabel -q update -i tocsin.pot -o bot/locale/fr/LC_MESSAGES/tocsin.po -D tocsin -l fr --no-fuzzy-matching --ignore-obsolete --no-wrap --ignore-pot-creation-date
	@rm tocsin.pot

lock: .venv/.dev  ## pin the dependencies anew, with hashes
	$(LOCK) pyproject.toml --group build -o requirements/run.lock
	$(LOCK) pyproject.toml --group dev -o requirements/dev.lock
	$(LOCK) --group bench -o requirements/bench.lock
	$(LOCK) requirements/synapse.in -o requirements/synapse.lock
	$(LOCK) requirements/maubot.in -o requirements/maubot.lock

clean:  ## remove the environments
	rm -rf .venv .venv-synapse .venv-maubot

.venv/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Tocsin needs Python 3.11 or newer; say which with: make PYTHON=python3.12"; exit 1; }
	@echo "Making a Python environment in .venv (once) …"
	@$(PYTHON) -m venv .venv

.venv/.run: requirements/run.lock pyproject.toml | .venv/bin/pip
	@echo "Installing what Tocsin needs into .venv (once) …"
	@$(PIP) --require-hashes -r requirements/run.lock
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: requirements/dev.lock .venv/.run
	@echo "Installing what its tests need into .venv (once) …"
	@$(PIP) --require-hashes -r requirements/dev.lock
	@touch $@

.venv/.bench: requirements/bench.lock .venv/.dev
	@echo "Installing what it is measured against into .venv (once) …"
	@$(PIP) --require-hashes -r requirements/bench.lock
	@touch $@

.venv-synapse/.ready: requirements/synapse.lock
	@echo "Installing Synapse, the Matrix server of the tests, into .venv-synapse (once) …"
	@$(PYTHON) -m venv .venv-synapse
	@.venv-synapse/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/synapse.lock
	@touch $@

.venv-maubot/.ready: requirements/maubot.lock
	@echo "Installing maubot, with which Tocsin is compared, into .venv-maubot (once) …"
	@$(PYTHON) -m venv .venv-maubot
	@.venv-maubot/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/maubot.lock
	@touch $@

.PHONY: prosody
prosody:
	@sh tests/live/install-prosody.sh
