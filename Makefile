PORT ?= 8000
SCALE ?= 100
PYTEST_ARGS ?=
python := .venv/bin/python
# Where this is set, each process compiles all packages again, which takes seconds.
unexport PYTHONDONTWRITEBYTECODE

help: ## what there is
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile

demo: ## set everything up and serve the site with demo data on http://localhost:8000 (PORT= changes it)
	@bin/setup
	@$(python) manage.py demo --port $(PORT)

# A folder of its own: the tests' worker must never take the work of a demo that is running.
# Four workers on two cores: tests of the browser and of services mostly wait.
test: export LOCAL_DIR := $(CURDIR)/.local/test
test: ## set everything up and run the whole test suite
	@bin/setup test
	@DATABASE_URL=postgresql://none REDIS_URL=redis://none $(python) manage.py collectstatic --noinput --verbosity 0
	@.venv/bin/pytest -n 4 --dist worksteal $(PYTEST_ARGS)

coverage: export LOCAL_DIR := $(CURDIR)/.local/test
coverage: ## which lines the tests without browser and services reach; fails below the floor in pyproject.toml
	@bin/setup test
	@DATABASE_URL=postgresql://none REDIS_URL=redis://none $(python) manage.py collectstatic --noinput --verbosity 0
	@.venv/bin/pytest -n 3 --dist worksteal -m "not browser and not services" --cov --cov-report=term:skip-covered

lint: export LOCAL_DIR := $(CURDIR)/.local/test
# mypy ends without tidying up, so it starts no services: it gets addresses that it never calls.
lint: ## style, types, templates, who imports whom, missing migrations
	@bin/setup test
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	DATABASE_URL=postgresql://none REDIS_URL=redis://none .venv/bin/mypy .
	git ls-files --cached --others --exclude-standard 'templates/*.html' | xargs .venv/bin/djade --check
	bin/npm run --silent lint
	.venv/bin/lint-imports
	$(python) manage.py makemigrations --check --dry-run
	$(python) manage.py check --fail-level WARNING

bench bench-scale bench-cycle throughput soak: export LOCAL_DIR := $(CURDIR)/.local/bench
bench: ## what each page and report costs, beside the figures that are kept in bench/results
	@bin/setup test
	@$(python) -m bench --compare bench/results/bench.json

# Page by page in turn, on two databases: that of the country takes 3 GB on the disk while it is measured.
bench-scale: ## what the pages of every day cost on the rows of SCALE hundredths of the country, and on one hundredth
	@bin/setup test
	@$(python) -m bench --scale 1 $(SCALE)

bench-cycle: ## a cycle of 1,500 applications and 40 reviewers, led to its release by its pages; a worker is killed meanwhile
	@bin/setup test
	@$(python) -m bench --cycle

throughput: ## how many pages a second visitors of all roles get from the server as in production
	@bin/setup test
	@$(python) -m bench --throughput

soak: ## ten minutes of pages and reports, a whole cycle's documents among them; the API with thousands of made-up requests
	@bin/setup test
	@$(python) -m bench --soak
	@API_EXAMPLES=200 .venv/bin/pytest -q -n 2 --timeout 3600 tests/config/test_api_contract.py

audit: ## known weaknesses of the packages that are installed, where their lists can be reached
	@bin/setup
	@bin/audit

licenses: ## write docs/licenses.md anew
	@bin/setup test
	@$(python) bin/licenses

mutants: export LOCAL_DIR := $(CURDIR)/.local/mutants
# One at a time, because they use the same test database.
mutants: ## change the code of the rules bit by bit and see whether a test fails (MUTANTS= which, as "workflow.rights*")
	@bin/setup test
	@nice .venv/bin/mutmut run --max-children 1 $(MUTANTS)
	@.venv/bin/mutmut results

clean: ## remove what was installed and made here, the demo's data too
	rm -rf .venv node_modules .local mutants .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

.PHONY: help demo test coverage lint bench bench-scale bench-cycle throughput soak audit licenses mutants clean
