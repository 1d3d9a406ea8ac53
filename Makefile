# Lifestring: `make run` and `make test` do all the set-up on a machine with Python 3.11 or newer.
# Variables: PORT=8000, DATA=.lifestring (a second run side by side needs its own of both), AI=demo, ARGS (more options),
# N=2 (test processes), PYTHON=python3 (what makes .venv), REQUESTS=20000 (of `make fuzz`), RUNS=20 (of `make chaos-rooms`),
# SEED (of these and `make chaos`).

PYTHON ?= python3
N ?= 2
RUNS ?= 20
VENV := .venv/bin
MANAGE := $(VENV)/python manage.py
# With the tests' settings in the environment, and with servers of its own unless told not to start any.
TESTING := $(VENV)/python -m lifestring.testing

ifdef DATA
export LIFESTRING_DATA := $(DATA)
endif

# Runs tools/bootstrap.py with the first Python 3 there is; that one finds a newer Python where it is too old itself.
define bootstrap
@for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	if command -v $$python >/dev/null 2>&1; then exec $$python tools/bootstrap.py $(1); fi; \
done; echo "Lifestring needs Python 3.11 or newer, and there is no python3 on the PATH." >&2; exit 2
endef

.PHONY: help setup run worker seed reset test fuzz chaos chaos-rooms rolling load soak lint types check sizes scan audit sbom bench

help: ## Show these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

setup: ## Make .venv with everything that running, testing and checking need
	$(call bootstrap,test)

run: ## Run everything on this machine until Ctrl-C: PORT=8000 DATA=.lifestring AI=demo
	$(call bootstrap,run)
	@exec $(VENV)/python -m lifestring.local $(if $(PORT),--port "$(PORT)") $(if $(AI),--ai "$(AI)") $(ARGS)

worker: ## Run one more worker beside a running `make run`
	$(call bootstrap,run)
	@exec $(VENV)/python -m dramatiq lifestring.worker --processes 1 --threads 4 $(ARGS)

seed: ## Fill the database of a running `make run` with demo data
	$(call bootstrap,run)
	@exec $(MANAGE) seed $(ARGS)

reset: ## Stop what runs on DATA and delete it; the next run starts over
	$(call bootstrap,run)
	@exec $(VENV)/python -m lifestring.local reset

test: ## Run all tests, with coverage, against servers of their own: ARGS="-k feed"
	$(call bootstrap,test)
	@exec $(VENV)/python -m pytest -n $(N) --dist loadgroup --cov --cov-report=term $(ARGS)

fuzz: ## Send 20,000 requests nobody thought of: SEED=1 sends those of an earlier run
	$(call bootstrap,test)
	@FUZZ_REQUESTS=$(or $(REQUESTS),20000) FUZZ_SEED=$(or $(SEED),$(shell date +%s)) \
		exec $(VENV)/python -m pytest -q -s lifestring/tests/test_contract_fuzzing.py $(ARGS)

chaos: ## Break one thing after the other and count what is lost: ARGS=--only=redis-pause
	$(call bootstrap,test)
	@exec $(VENV)/python -m lifestring.testing.faults $(ARGS)

chaos-rooms: ## Break everything beneath live rooms, RUNS=20 times; SEED=… repeats one
	$(call bootstrap,test)
	@exec $(VENV)/python -m lifestring.testing.chaos --runs=$(if $(SEED),1,$(RUNS)) $(ARGS)

rolling: ## Replace every process under load, RUNS=1 times, and see whether anything is lost
	$(call bootstrap,test)
	@exec $(VENV)/python -m lifestring.testing.rolling --runs=$(if $(filter command line environment,$(origin RUNS)),$(RUNS),1) $(ARGS)

lint: ## Check style and formatting
	$(call bootstrap,test)
	@exec $(VENV)/ruff check .
	@exec $(VENV)/ruff format --check .

types: ## Check types
	$(call bootstrap,test)
	@exec $(TESTING) --without-servers $(VENV)/mypy .

check: ## Check settings, migrations and the models against a real database
	$(call bootstrap,test)
	@exec $(TESTING) sh -ec '$(MANAGE) migrate --no-input -v 0; $(MANAGE) check --database default; \
		$(MANAGE) makemigrations --check --dry-run'

sizes: ## Hold modules and functions to their budgets
	$(call bootstrap,test)
	@exec $(VENV)/python tools/sizes.py

scan: ## Look for unsafe code and for secrets in the tree
	$(call bootstrap,test)
	@exec $(VENV)/bandit --quiet --configfile pyproject.toml --recursive .
	@exec $(VENV)/python tools/leaks.py

audit: scan ## The same, and ask whether a pinned package has a known hole (needs the network)
	@for list in requirements.txt requirements-tracing.txt; do \
		$(VENV)/pip-audit --strict --no-deps --disable-pip --requirement $$list || exit 1; done

sbom: ## Write sbom.json: what a release is made of, as CycloneDX
	$(call bootstrap,test)
	@exec $(VENV)/cyclonedx-py requirements requirements.txt \
		--spec-version 1.6 --output-reproducible --of JSON --output-file $(or $(SBOM),sbom.json)

bench: ## Run the benchmarks: ARGS="feed"
	$(call bootstrap,test)
	@exec $(TESTING) $(VENV)/python -m benchmarks $(ARGS)

# Locust has an environment of its own (requirements-load.txt says why).
.venv-load/installed: requirements-load.txt
	$(call bootstrap,test)
	@$(VENV)/python -m venv --clear .venv-load
	@.venv-load/bin/python -m pip install -q --disable-pip-version-check --only-binary :all: -r requirements-load.txt
	@touch $@

load: .venv-load/installed ## Find the limit of the usual mix of requests, and its times at 60 % of that
	$(call bootstrap,test)
	@exec $(VENV)/python -m benchmarks.mix.load $(ARGS)

soak: .venv-load/installed ## Serve the mix for MINUTES=30, and see that nothing grows
	$(call bootstrap,test)
	@exec $(VENV)/python -m benchmarks.mix.soak $(if $(MINUTES),--minutes=$(MINUTES)) $(ARGS)
