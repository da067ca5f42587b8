# Each target is a line that calls the grader or a tool; `make` alone lists them.
#   MODULE=02_tensor  SUBMISSION=path-or-URL  COMMIT=…  STUDENT=…  ROSTER=…  FORGE=folder|github:ORG  STATE=…  FORM=canvas
#   MODULES=all  OUTPUT=…  LIKE=exported.csv  SECTION=A  APP=number  DRY_RUN=1  AGAIN=1  JOBS=2  ARGS=…

.DEFAULT_GOAL := help

# Refuse a variable that no target knows: with the slip DRYRUN=1 a target would do what DRY_RUN=1 only shows.
KNOWN := AGAIN ALL APP ARGS COMMIT DRY_RUN FORGE FORM JOBS LIKE MODULE MODULES OUTPUT PYTHON ROSTER SECTION STATE STUDENT SUBMISSION
typed := $(foreach name,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $(name)))),$(name)))
$(if $(filter-out $(KNOWN) -%,$(typed)),$(error There is no variable $(filter-out $(KNOWN) -%,$(typed)). Known: $(KNOWN)))

JOBS ?= $(shell getconf _NPROCESSORS_ONLN)
GRADER := .venv/bin/grader
export OMP_NUM_THREADS := 1

# quote: any text, in single quotes for the shell; option: `--name 'value'` if the variable is set
quote = '$(subst ','\'',$1)'
option = $(if $($2),$1 $(call quote,$($2)))
module = $(if $(MODULE),$(call quote,$(MODULE)))
modules = $(foreach name,$(MODULE),--module $(call quote,$(name)))
dry_run = $(if $(filter-out 0 no false,$(DRY_RUN)),--dry-run)
records = $(call option,--roster,ROSTER) $(call option,--state,STATE)
class = $(call option,--forge,FORGE) $(records)

.PHONY: help
help: ## Show this list
	@echo "make TARGET [VARIABLE=value …]"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-17s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

.PHONY: setup environment
setup: ## Make .venv from the lock and install bubblewrap (a second run costs nothing); PYTHON=python3.12 chooses the Python
	@scripts/setup.sh
environment:
	@scripts/setup.sh --if-needed

.PHONY: demo
demo: environment ## Run a class of eight on disk: release, pushes, grading in jails, reports and a leaderboard [MODULES=all]
	$(GRADER) demo $(call option,--modules,MODULES) $(call option,--workers,JOBS)

.PHONY: build check-build course-check
build: environment ## Write assignments/ and solutions/ from tinytorch_ref/ and modules/ [MODULE=02_tensor]
	$(GRADER) build $(module)
check-build: environment ## Fail if the committed editions differ from a fresh build [MODULE=02_tensor]
	$(GRADER) build --check $(module)
course-check: environment ## Explain every mistake in course.yaml and in the order of the sources
	$(GRADER) course check

.PHONY: wall
wall: needs-MODULE environment ## Run a module's wall on the reference, as students run it on theirs: MODULE=06_optimizers
	@.venv/bin/python -m modules.walls $(call quote,$(MODULE))

.PHONY: audit
audit: environment ## Check that a module is fit for students, and write modules/STEM/audit.json [MODULE="02_tensor …" JOBS=2 ARGS=--quick]
	$(GRADER) audit $(foreach name,$(MODULE),$(call quote,$(name))) $(call option,--workers,JOBS) $(ARGS)

.PHONY: grade provision release collect publish report
grade: needs-SUBMISSION environment ## Grade a folder or repository: SUBMISSION=path [MODULE=02_tensor COMMIT=… STUDENT=… ROSTER=… STATE=…]
	$(GRADER) grade $(call quote,$(SUBMISSION)) $(modules) $(call option,--commit,COMMIT) $(call option,--student,STUDENT) $(records)
provision: environment ## Make a repository for every student in the class list, and invite the student [DRY_RUN=1 APP=number ROSTER=… FORGE=… STATE=…]
	$(GRADER) provision $(dry_run) $(call option,--app,APP) $(class)
release: needs-MODULE environment ## Give a module to students: MODULE=02_tensor [DRY_RUN=1 ROSTER=… FORGE=… STATE=…]
	$(GRADER) release $(call quote,$(MODULE)) $(dry_run) $(class)
collect: environment ## Grade every student's newest push, in jails and in parallel [MODULE=… ROSTER=… FORGE=… STATE=…]
	$(GRADER) collect $(modules) $(class)
publish: environment ## Post statuses, comments, badges and the leaderboard [DRY_RUN=1 ROSTER=… FORGE=… STATE=…]
	$(GRADER) publish $(dry_run) $(class)
report: environment ## Write the gradebook, every report and the leaderboard again [SECTION=A ROSTER=… STATE=…]
	$(GRADER) report $(call option,--section,SECTION) $(records)

.PHONY: roster-check regrade export
roster-check: environment ## Check the class list; say who waits for a login and who reads which section [ROSTER=… STATE=…]
	$(GRADER) roster check $(records)
regrade: needs-MODULE environment ## Grade the commits that count again, after a suite was mended: MODULE=02_tensor [DRY_RUN=1 AGAIN=1 ROSTER=… FORGE=… STATE=…]
	$(GRADER) regrade $(call quote,$(MODULE)) $(dry_run) $(if $(filter-out 0 no false,$(AGAIN)),--again) $(class)
export: needs-FORM environment ## Write scores for another system: FORM=canvas, moodle, gradescope or csv [OUTPUT=file LIKE=exported.csv SECTION=A ROSTER=… STATE=…]
	$(GRADER) export $(call quote,$(FORM)) $(call option,--output,OUTPUT) $(call option,--like,LIKE) $(call option,--section,SECTION) $(records)

.PHONY: doctor allow-bubblewrap
doctor: environment ## Try each level of confinement and say which of them this machine reaches
	$(GRADER) doctor
allow-bubblewrap: ## On Ubuntu 24.04: make AppArmor allow bubblewrap (sudo make allow-bubblewrap)
	@scripts/allow-bubblewrap.sh

PYTEST := .venv/bin/python -m pytest -n $(JOBS) --dist worksteal
.PHONY: test test-all lint bench bench-core
test: environment ## Check every behaviour once; leave out what no edit since the last run can change [JOBS=2 ALL=1 ARGS="-k jail"]
	$(PYTEST) -m "not thorough" -p tests.affected.plugin $(if $(ALL),--run-all) $(ARGS)
test-all: environment ## Run every test: also workflows in act, the class run, all alternatives in the jail, long property tests [JOBS=2]
	$(PYTEST) $(ARGS)
lint: environment ## Check style, types and the order of rooms: ruff, mypy and import-linter
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-cache --no-logo
bench: environment ## Measure grading against a bare pytest process, and the course's suites in the jail against in process
	.venv/bin/python benchmarks/grading.py
	.venv/bin/python benchmarks/suites.py
bench-core: environment ## Measure the framework's core in one thread: an op, sums, and training steps beside PyTorch where it is installed
	OPENBLAS_NUM_THREADS=1 .venv/bin/python -m benchmarks.core

.PHONY: tables compare
tables: environment ## Write the tables of docs/security.md from the attacks and from the audits on record
	.venv/bin/python scripts/attack_table.py
compare: environment ## Compare results and gradients with PyTorch's, and record PyTorch's; without PyTorch it says what to install
	.venv/bin/python -m modules.recorded

.PHONY: fuzz kill-run github-run rivals channel
fuzz: environment ## Fuzz the boundary and the reports for an hour of processor time, for docs/audit/ [ARGS="--minutes 5"]
	.venv/bin/python -m tests.fuzz.long_run $(ARGS)
kill-run: environment ## Kill processes and fill disks at random moments of a batch, for docs/audit/ [ARGS="--kills 40 --seed 2"]
	.venv/bin/python -m tests.faults.kill_run $(ARGS)
rivals: environment ## Grade correct solutions beside submissions that take the machine, for docs/audit/ [ARGS="--rounds 1"]
	.venv/bin/python -m tests.security.rivals $(ARGS)
channel: environment ## Measure what one push can leave for the next in the memory of shared files, for docs/audit/ [ARGS="--bits 64"]
	.venv/bin/python -m tests.security.channel $(ARGS)
github-run: environment ## Run a class of 200 through a term on a fake GitHub, with faults and kills, for docs/audit/ [ARGS="--students 20"]
	.venv/bin/python -m tests.github.class_run $(ARGS)

.PHONY: clean
clean: ## Remove build/ and caches, but not .venv, .grader (records) or anything written by hand
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -not -path './.venv/*' -not -path './.grader/*' -prune -exec rm -rf {} +

needs-SUBMISSION:
	@: $(if $(SUBMISSION),,$(error SUBMISSION is missing. Type: make grade SUBMISSION=path/to/folder [MODULE=02_tensor]))
needs-MODULE:
	@: $(if $(MODULE),,$(error MODULE is missing. Type: make $(firstword $(MAKECMDGOALS)) MODULE=02_tensor$(if $(filter wall,$(MAKECMDGOALS)),, [DRY_RUN=1])))
needs-FORM:
	@: $(if $(FORM),,$(error FORM is missing. Type: make export FORM=canvas [OUTPUT=grades.csv]))
