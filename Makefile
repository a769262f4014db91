# Every target only calls dev.py, which needs nothing but Python 3.11 or newer.
# Variables given to make reach the command as environment: make demo PORT=8001 RESET=1

PYTHON ?= python3

.PHONY: help setup demo test simulate bench powercuts failures drill lint format lock

help:
	@$(PYTHON) dev.py help

setup:
	@$(PYTHON) dev.py setup

demo:
	@$(PYTHON) dev.py demo

# ARGS go to pytest: make test ARGS="tests/api -k visits"
test:
	@$(PYTHON) dev.py test $(ARGS)

# The long proofs, described in docs/reliability.md and docs/performance.md.
# make simulate DAYS=10000 SEED=1 CLIENT=tablet (or companion, mixed); make bench ARGS=push
simulate bench powercuts failures drill:
	@$(PYTHON) dev.py $@ $(ARGS)

lint:
	@$(PYTHON) dev.py lint

format:
	@$(PYTHON) dev.py format

lock:
	@$(PYTHON) dev.py lock
