# train: train the network · lab: open the course · test: everything CI runs
# chapters: execute the solutions, write the learners' copies · check: lint, stale pairs and copies
# sparse: what chapter 6 shows of fewer spikes, recorded anew
# bench, study: what chapter 3 shows beside its own measurements, recorded anew in helpers/measured
PYTHON ?= python3
RUN = .venv/bin/python

.PHONY: train lab test chapters check bench study sparse
.DELETE_ON_ERROR:

train: .venv/course
	$(RUN) -m helpers.train fit --data.source embedded

lab: .venv/course
	.venv/bin/jupyter lab notebooks/01_build.ipynb

test: .venv/test
	$(RUN) -m pytest

chapters: .venv/test
	$(RUN) solutions/make_chapters.py

check: .venv/test
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m pytest -q tests/test_source.py

bench: .venv-bench/done
	.venv-bench/bin/python tests/benchmark.py --out helpers/measured/benchmark.md
	.venv-bench/bin/python tests/benchmark.py --batch 128 --only "this course" Norse

study: .venv/course
	$(RUN) tests/study.py

sparse: .venv/course
	$(RUN) tests/study_sparse.py

.venv/course: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
	{ echo "$(PYTHON) is older than Python 3.10: name a newer one, as in: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	test -x $(RUN) || $(PYTHON) -m venv .venv
	$(RUN) -m pip install --quiet --editable .
	touch $@

.venv/test: .venv/course
	$(RUN) -m pip install --quiet --editable '.[test]'
	touch $@

.venv-bench/done: pyproject.toml
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --editable '.[bench]'
	touch $@
