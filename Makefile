# Every target sets up what it needs. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EMULATOR := .venv-ministack
BROWSER := .venv-browser
MUTATION := .venv-mutation
# The demo needs a fraction of the packages: it has an environment of its own, unless the whole one is there.
DEMO := $(if $(wildcard $(VENV)/.ready),$(VENV),.venv-demo)
WORKERS ?= 3
LOCK := --quiet --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "make lock" $(ARGS)
ENV ?= $(if $(ENV_FILE),$(basename $(notdir $(ENV_FILE))),dev)
ENVIRONMENTS := $(patsubst cdk_app/environments/%.toml,%,$(wildcard cdk_app/environments/*.toml))
CDK = node_modules/.bin/cdk --app "$(BIN)/python app.py" --output cdk.out/$(ENV) -c env=$(ENV) $(if $(ENV_FILE),-c env_file=$(ENV_FILE))
.DEFAULT_GOAL := help

# Make the virtual environment of the target with the packages of its first prerequisite, and show how far it is.
# Python compiles the modules that are used when they are used, which is a fraction of what is installed.
define make-environment
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one with: make PYTHON=python3.11 ...")'
@echo "Setting up $(@D) from $< ..."
@$(PYTHON) -m venv $(@D)
@total=$$(grep -Ecv "^( |#)|win32" $<); $(@D)/bin/pip install --disable-pip-version-check --no-compile -r $< | while read -r state name rest; do \
  case $$state in \
    Collecting) echo "  $$((number += 1))/$$total $$name" ;; \
    Installing) echo "  installing them ..." ;; \
  esac; \
done
@touch $@
endef

##@ Try it

.PHONY: help
help: ## list all targets
	@awk -F ':.*## ' '/^##@ / {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.ready: requirements.txt worker/requirements.txt
	$(make-environment)

.venv-demo/.ready: tests/sandbox/requirements.txt
	$(make-environment)

.PHONY: demo
demo: $(DEMO)/.ready ## fourteen runs for a company of 300 against sandbox servers; ARGS=--verbose, ARGS=--help
	@$(DEMO)/bin/python -m tests.sandbox demo $(ARGS)

.PHONY: emulator
emulator: setup-e2e ## an emulated AWS to deploy to by hand, with sandbox servers, until Ctrl-C; ARGS=--help
	@$(BIN)/python -m tests.e2e $(ARGS)

##@ Develop

.PHONY: setup
setup: $(VENV)/.ready ## create the virtual environment

.PHONY: lint
lint: setup ## ruff, mypy strict, and the layers of the worker
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

.PHONY: unit
unit: setup ## the suites of the worker and of the operator's commands, module by module
	$(BIN)/pytest -n $(WORKERS) --dist worksteal tests/worker tests/ops --ignore=tests/worker/end_to_end $(PYTEST_ARGS)

.PHONY: suites
suites: setup ## all suites except the emulator's: modules, sandbox servers, whole runs, templates
	$(BIN)/pytest -n $(WORKERS) --dist worksteal $(PYTEST_ARGS)

.PHONY: cdk-test
cdk-test: setup ## only the suite of the infrastructure
	$(BIN)/pytest tests/cdk_app $(PYTEST_ARGS)

BESIDE := $(addprefix beside-,lint suites synth-all test-e2e)

.PHONY: test
test: setup-e2e ## lint, all suites, synthesis and the emulator, in parallel; needs only Python, Node and make
	@$(MAKE) --no-print-directory -j$(words $(BESIDE)) $(BESIDE)

# Each line names its target, so that what is written at the same time can be told apart.
.PHONY: $(BESIDE)
$(BESIDE): beside-%:
	@$(MAKE) --no-print-directory $* 2>&1 | while IFS= read -r line; do printf '%-9s| %s\n' '$*' "$$line"; done

node_modules/.ready: package.json package-lock.json
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' || { echo "Node 20 or newer is needed (22 or newer is best)"; exit 1; }
	npm ci --silent --no-audit --no-fund
	@touch $@

.PHONY: setup-cdk
setup-cdk: setup node_modules/.ready ## setup, and the pinned CDK command line

$(EMULATOR)/.ready: tests/e2e/requirements.txt
	$(make-environment)

.PHONY: setup-e2e
setup-e2e: setup-cdk $(EMULATOR)/.ready ## setup-cdk, and an AWS emulator in its own virtual environment

.PHONY: test-e2e
test-e2e: setup-e2e ## deploy to the emulator, run there, and check how each run is reported
	$(BIN)/pytest tests/e2e $(PYTEST_ARGS)

.PHONY: test-image
test-image: setup ## build the image, deploy it to the emulator, and run it as the task does; needs docker or podman
	@$(BIN)/python -m tests.image.engine
	@$(MAKE) --no-print-directory setup-e2e
	$(BIN)/pytest tests/image $(PYTEST_ARGS)

.PHONY: test-faults
test-faults: setup ## let each call of a run fail in each way, or the process die; show how many faults the runs survive
	$(BIN)/pytest tests/faults -n $(WORKERS) --dist worksteal $(PYTEST_ARGS)

.PHONY: test-large
test-large: setup ## memory and calls with 50,000 employees and 10,000 changes, against the budgets
	$(BIN)/pytest tests/large -n $(WORKERS) --dist worksteal $(PYTEST_ARGS)

$(BROWSER)/.ready: tests/browser/requirements.txt
	$(make-environment)

.PHONY: test-browser
test-browser: $(BROWSER)/.ready ## open the page of a plan in Chromium, click and type; needs chromium and chromium-driver
	$(BROWSER)/bin/pytest --confcutdir=tests/browser tests/browser $(PYTEST_ARGS)

$(MUTATION)/.ready: tests/mutation/requirements.txt
	$(make-environment)

.PHONY: test-mutation
test-mutation: $(MUTATION)/.ready ## test the tests: each small fault put into the code must make a test fail; about half an hour
	rm -rf mutants
	PATH="$(CURDIR)/$(MUTATION)/bin:$$PATH" PYTEST_ADDOPTS=--hypothesis-profile=full mutmut run --max-children $(WORKERS)
	$(MUTATION)/bin/python -m tests.mutation.survivors

.PHONY: audit
audit: setup ## check pins, hashes and licences, then known vulnerabilities on PyPI and npm
	$(BIN)/pytest --quiet tests/test_supply.py
	$(BIN)/pip check
	$(PYTHON) -m venv .venv-audit
	.venv-audit/bin/pip install --quiet --disable-pip-version-check pip-audit==2.10.1
	.venv-audit/bin/pip-audit --strict --requirement worker/requirements.txt --require-hashes --disable-pip
	npm audit --package-lock-only

.PHONY: schema
schema: setup ## write docs/configuration.md and the JSON Schema of the environment files
	$(BIN)/python -m cdk_app.settings_reference

.PHONY: bench
bench: setup ## measure speed, calls and memory against the budgets; ARGS=--quick, ARGS=--help; about nine minutes
	$(BIN)/python -m tests.bench $(ARGS)

.PHONY: ordinary-weeks
ordinary-weeks: setup ## simulate how often the default limits hold ordinary changes; ARGS=--help
	$(BIN)/python -m tests.bench.ordinary_weeks $(ARGS)

.PHONY: lock
lock: setup ## write the pins from the requirements.in files, the worker's with hashes; ARGS=--upgrade takes newer versions
	$(BIN)/pip install --quiet --disable-pip-version-check uv==0.13.9
	$(BIN)/uv pip compile $(LOCK) requirements.in -o requirements.txt
	$(BIN)/uv pip compile $(LOCK) --generate-hashes -c requirements.txt worker/requirements.in -o worker/requirements.txt
	$(BIN)/uv pip compile $(LOCK) tests/e2e/requirements.in -o tests/e2e/requirements.txt
	$(BIN)/uv pip compile $(LOCK) -c requirements.txt tests/browser/requirements.in -o tests/browser/requirements.txt
	$(BIN)/uv pip compile $(LOCK) -c requirements.txt tests/mutation/requirements.in -o tests/mutation/requirements.txt
	$(BIN)/uv pip compile $(LOCK) -c requirements.txt tests/sandbox/requirements.in -o tests/sandbox/requirements.txt

##@ Deploy

.PHONY: synth
synth: setup-cdk ## write the templates of ENV (dev) to cdk.out/ENV; needs no account, container engine or network
	$(CDK) synth --quiet

.PHONY: synth-all
synth-all: setup-cdk ## synth for every environment
	@set -e; for env in $(ENVIRONMENTS); do $(MAKE) --no-print-directory synth ENV=$$env ENV_FILE=; done

.PHONY: bootstrap
bootstrap: setup-cdk ## once per account and region: create what the CDK needs, and ECS's service-linked role
	$(CDK) bootstrap
	$(BIN)/python -m cdk_app.service_linked_role

# The base image with the digest that its tag has today, where an engine can ask the registry; nothing otherwise.
BASE_IMAGE = $(BIN)/python -m cdk_app.base_image $(if $(BASE),--base "$(BASE)")

AFTER_DEPLOY = $(BIN)/python -m ops.after_deploy --env $(ENV) $(if $(ENV_FILE),--env-file $(ENV_FILE))

.PHONY: diff
diff: setup-cdk ## show what a deploy of ENV (dev) would change
	base=$$($(BASE_IMAGE)) && $(CDK) diff -c "base=$$base"

.PHONY: deploy
deploy: setup-cdk ## deploy all of ENV (dev): registry, image, sync; ARGS go to cdk deploy; BASE pins the base image
	paused=$$($(AFTER_DEPLOY) --before) && base=$$($(BASE_IMAGE)) && \
		$(CDK) deploy --all -c "base=$$base" $(ARGS) && \
		$(AFTER_DEPLOY) $${paused:+--was-paused}

.PHONY: destroy
destroy: setup-cdk ## remove ENV (dev); the CDK asks first; ARGS go to cdk destroy
	@echo "Outside production this removes the state, the log and the images as well, and the values of both secrets at once."
	$(CDK) destroy --all $(ARGS)

##@ Operate

# Forwards to ./lxp: `make VERB ENV=prod ARGS="--last 3"` is `./lxp --env prod VERB --last 3`. make itself ends with 2
# whatever the exit code was; ./lxp ends with the code itself.
FORWARDS := $(shell sed -n '/^\#\#@ Operate/,$$s/^\([a-z-]*\): \#\# .*/\1/p' $(MAKEFILE_LIST))

.PHONY: $(FORWARDS)
$(FORWARDS): setup
	@./lxp --env $(ENV) $(if $(ENV_FILE),--env-file $(ENV_FILE)) $@ $(ARGS)

secret-bamboohr: ## set the BambooHR API key, from a hidden prompt or stdin
secret-moodle: ## set the Moodle token, from a hidden prompt or stdin
doctor: ## check that everything is set up correctly, here, or in a task: ARGS=--task
plan: ## show what the next run would do; ARGS="--html plan.html --show-values", ARGS=--everybody
explain: ## explain why a run handles an employee the way it does; ARGS="--employee 4711"
run: ## run the sync of ENV (dev) now, wait, and print its summary; ARGS="--employee 4711"
dry-run: ## the same, but write nothing
approve: ## apply the changes that a run held; ARGS=RUN, ARGS="RUN --dry-run"
reconcile: ## compare all employees with Moodle and correct all differences; asks first; ARGS=--dry-run
undo: ## undo what a run wrote; asks first; ARGS="RUN --dry-run", ARGS="RUN --only suspend"
summaries: ## show the results of the last runs; ARGS="--last 30"
task: ## show why the last run stopped, its exit code and times; ARGS=TASK
tail: ## print the log of the last run; ARGS=--errors, ARGS=--follow
stop: ## stop the running task
people-list: ## list the employees with an open issue, and why
people-retry: ## let the next run try these employees again; ARGS="4711 4712"
people-drop: ## forget why these employees were remembered; ARGS=4711
parked-list: ## the former name of people-list
parked-retry: ## the former name of people-retry
parked-drop: ## the former name of people-drop
state-show: ## show the position of the sync, its lock, and the employees on record
state-rewind: ## read changes again from an earlier time; ARGS="--days 3"
state-reset: ## reset the position of the sync
state-rebind: ## bind the state to a renamed company or site
pause: ## stop scheduled runs and the silence alarm until resume; outlives deploys
resume: ## end the pause: enable scheduled runs and the silence alarm again
alerts: ## check that alerts reach the operator; ARGS=--test, ARGS=--subscribe
dead-letters: ## show the scheduled runs and alerts that were not delivered, and why; ARGS=--clear
