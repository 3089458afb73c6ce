# Every verb sets up what it needs. `make help` lists them.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EMULATOR := .venv-ministack
BROWSER := .venv-browser
MUTATION := .venv-mutation
WORKERS ?= 3
LOCK := --quiet --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "make lock" $(ARGS)
ENV ?= $(if $(ENV_FILE),$(basename $(notdir $(ENV_FILE))),dev)
ENVIRONMENTS := $(patsubst cdk_app/environments/%.toml,%,$(wildcard cdk_app/environments/*.toml))
CDK = node_modules/.bin/cdk --app "$(BIN)/python app.py" --output cdk.out/$(ENV) -c env=$(ENV) $(if $(ENV_FILE),-c env_file=$(ENV_FILE))
.DEFAULT_GOAL := help

.PHONY: help
help: ## list the verbs
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

$(VENV)/.ready: requirements.txt worker/requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one with: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.PHONY: setup
setup: $(VENV)/.ready ## make the virtual environment

.PHONY: lint
lint: setup ## ruff and mypy strict
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

.PHONY: unit
unit: setup ## the worker and the operator's verbs, module by module
	$(BIN)/pytest -n $(WORKERS) --dist worksteal tests/worker tests/ops --ignore=tests/worker/end_to_end $(PYTEST_ARGS)

.PHONY: suites
suites: setup ## every suite but the emulator's, side by side: modules, sandbox, whole nights, templates
	$(BIN)/pytest -n $(WORKERS) --dist worksteal $(PYTEST_ARGS)

.PHONY: test
test: lint suites synth-all test-e2e ## lint and every suite that needs nothing but Python, Node and make

.PHONY: demo
demo: setup ## several nights of a company against local stand-ins, end to end
	$(BIN)/python -m tests.sandbox demo

node_modules/.ready: package.json package-lock.json
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' || { echo "Node 20 or newer is needed (22 or newer is best)"; exit 1; }
	npm ci --silent --no-audit --no-fund
	@touch $@

.PHONY: setup-cdk
setup-cdk: setup node_modules/.ready ## setup, and the pinned CDK command line

.PHONY: cdk-test
cdk-test: setup ## the suite of the infrastructure alone
	$(BIN)/pytest tests/cdk_app

$(EMULATOR)/.ready: tests/e2e/requirements.txt
	$(PYTHON) -m venv $(EMULATOR)
	$(EMULATOR)/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

.PHONY: setup-e2e
setup-e2e: setup-cdk $(EMULATOR)/.ready ## setup-cdk, and an emulator of AWS in a virtual environment of its own

.PHONY: test-e2e
test-e2e: setup-e2e ## deploy to the emulator, run nights there, hear how they end
	$(BIN)/pytest tests/e2e

.PHONY: test-image
test-image: setup ## build the image, deploy it to the emulator, run it as the task does; needs docker or podman
	@$(BIN)/python -m tests.image.engine
	@$(MAKE) --no-print-directory setup-e2e
	$(BIN)/pytest tests/image $(PYTEST_ARGS)

.PHONY: test-faults
test-faults: setup ## every call of a night fails in every way, or the process dies: how many are survived
	$(BIN)/pytest tests/faults -n $(WORKERS) --dist worksteal $(PYTEST_ARGS)

$(BROWSER)/.ready: tests/browser/requirements.txt
	$(PYTHON) -m venv $(BROWSER)
	$(BROWSER)/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

.PHONY: test-browser
test-browser: $(BROWSER)/.ready ## open the page of a plan in chromium, click and type; needs chromium and chromium-driver
	$(BROWSER)/bin/pytest --confcutdir=tests/browser tests/browser $(PYTEST_ARGS)

$(MUTATION)/.ready: tests/mutation/requirements.txt
	$(PYTHON) -m venv $(MUTATION)
	$(MUTATION)/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

.PHONY: test-mutation
test-mutation: $(MUTATION)/.ready ## are the tests good? each small fault put into the code has to make one fail; takes half an hour
	rm -rf mutants
	PATH="$(CURDIR)/$(MUTATION)/bin:$$PATH" mutmut run --max-children $(WORKERS)
	$(MUTATION)/bin/python -m tests.mutation.survivors

.PHONY: audit
audit: setup ## pins, hashes and licences; then known vulnerabilities, as PyPI and npm tell them
	$(BIN)/pytest --quiet tests/test_supply.py
	$(BIN)/pip check
	$(PYTHON) -m venv .venv-audit
	.venv-audit/bin/pip install --quiet --disable-pip-version-check pip-audit==2.10.1
	.venv-audit/bin/pip-audit --strict --requirement worker/requirements.txt --require-hashes --disable-pip
	npm audit --package-lock-only

.PHONY: schema
schema: setup ## write docs/configuration.md and the JSON Schema of the environment files
	$(BIN)/python -m cdk_app.configuration

.PHONY: bench
bench: setup ## how fast, how much, and are the budgets met; ARGS=--quick, ARGS=--help; about eight minutes
	$(BIN)/python -m tests.bench $(ARGS)

.PHONY: synth
synth: setup-cdk ## write the templates of ENV (dev) to cdk.out/ENV; needs no account, container engine or network
	$(CDK) synth --quiet

.PHONY: synth-all
synth-all: setup-cdk ## synth of every environment
	@set -e; for env in $(ENVIRONMENTS); do $(MAKE) --no-print-directory synth ENV=$$env ENV_FILE=; done

.PHONY: bootstrap
bootstrap: setup-cdk ## once an account and region: what the CDK needs there, and ECS's service-linked role
	$(CDK) bootstrap
	$(BIN)/python -m cdk_app.service_linked_role

.PHONY: diff
diff: setup-cdk ## what a deploy of ENV (dev) would change
	$(CDK) diff

.PHONY: deploy
deploy: setup-cdk ## deploy ENV (dev) whole: registry, image, sync; ARGS go to cdk deploy
	$(CDK) deploy --all $(ARGS)

.PHONY: destroy
destroy: setup-cdk ## remove ENV (dev); the CDK asks first; ARGS go to cdk destroy
	@echo "Outside production this removes the state, the log and the images as well, and the values of both secrets at once."
	$(CDK) destroy --all $(ARGS)

.PHONY: lock
lock: setup ## write the pins again from the requirements.in files, the worker's with hashes; ARGS=--upgrade takes newer ones
	$(BIN)/pip install --quiet --disable-pip-version-check uv==0.13.9
	$(BIN)/uv pip compile $(LOCK) requirements.in -o requirements.txt
	$(BIN)/uv pip compile $(LOCK) --generate-hashes -c requirements.txt worker/requirements.in -o worker/requirements.txt
	$(BIN)/uv pip compile $(LOCK) tests/e2e/requirements.in -o tests/e2e/requirements.txt
	$(BIN)/uv pip compile $(LOCK) -c requirements.txt tests/browser/requirements.in -o tests/browser/requirements.txt
	$(BIN)/uv pip compile $(LOCK) -c requirements.txt tests/mutation/requirements.in -o tests/mutation/requirements.txt

# The operator's verbs: `.venv/bin/python -m ops VERB --help` explains each. Further options go in ARGS. make itself ends
# with 2 whatever the exit code was; `.venv/bin/python -m ops` ends with the code itself.
OPS = @$(BIN)/python -m ops
IN_ENV = --env $(ENV) $(if $(ENV_FILE),--env-file $(ENV_FILE)) $(ARGS)

.PHONY: doctor plan explain
doctor: setup ## is everything as it must be? here, or as a task: ARGS=--task
	$(OPS) doctor $(IN_ENV)
plan: setup ## what would tonight's run do? ARGS="--html plan.html --show-values", ARGS=--everybody
	$(OPS) plan $(IN_ENV)
explain: setup ## why is one person treated so? ARGS="--employee 4711"
	$(OPS) explain $(IN_ENV)

.PHONY: run dry-run approve reconcile undo
run: setup ## run the sync of ENV (dev) now, wait, print its summary; ARGS="--employee 4711"
	$(OPS) run $(IN_ENV)
dry-run: setup ## the same without writing anything
	$(OPS) run --dry-run $(IN_ENV)
approve: setup ## let the suspensions through that a run held; ARGS=RUN, ARGS="RUN --dry-run"
	$(OPS) approve $(IN_ENV)
reconcile: setup ## compare everybody with Moodle and mend what has drifted; asks first; ARGS=--dry-run
	$(OPS) reconcile $(IN_ENV)
undo: setup ## take back what a run wrote; asks first; ARGS="RUN --dry-run", ARGS="RUN --only suspensions"
	$(OPS) undo $(IN_ENV)

.PHONY: stop tail summaries task
stop: setup ## stop the task that is at work
	$(OPS) stop $(IN_ENV)
tail: setup ## the log of the last run; ARGS=--errors, ARGS=--follow
	$(OPS) tail $(IN_ENV)
summaries: setup ## how the last runs went, a line each; ARGS="--last 30"
	$(OPS) summaries $(IN_ENV)
task: setup ## why the last task stopped, its exit code, its times; ARGS=TASK
	$(OPS) task $(IN_ENV)

.PHONY: parked-list parked-retry parked-drop
parked-list: setup ## who is waiting, parked or undone, and why
	$(OPS) parked list $(IN_ENV)
parked-retry: setup ## let the next run try these people afresh; ARGS="4711 4712"
	$(OPS) parked retry $(IN_ENV)
parked-drop: setup ## forget why these people were remembered; ARGS=4711
	$(OPS) parked drop $(IN_ENV)

.PHONY: state-show state-rewind state-reset
state-show: setup ## where the sync stands, who holds the lock, who is remembered
	$(OPS) state show $(IN_ENV)
state-rewind: setup ## read changes again from an earlier moment; ARGS="--days 3"
	$(OPS) state rewind $(IN_ENV)
state-reset: setup ## forget where the sync stands
	$(OPS) state reset $(IN_ENV)

.PHONY: pause resume alerts dead-letters
pause: setup ## no more nights until resume; the silence alarm keeps quiet too
	$(OPS) pause $(IN_ENV)
resume: setup ## let the nights and the silence alarm go on
	$(OPS) resume $(IN_ENV)
alerts: setup ## do the alerts reach somebody? ARGS=--test, ARGS=--subscribe
	$(OPS) alerts $(IN_ENV)
dead-letters: setup ## why the schedule or an alert could not get through; ARGS=--clear
	$(OPS) dead-letters $(IN_ENV)

.PHONY: secret-bamboohr secret-moodle
secret-bamboohr: setup ## set the BambooHR API key, from a hidden prompt or stdin
	$(OPS) secret set bamboohr $(IN_ENV)
secret-moodle: setup ## set the Moodle token, from a hidden prompt or stdin
	$(OPS) secret set moodle $(IN_ENV)
