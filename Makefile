# train: train the network · listen: the same for spoken digits · lab: open the course · test: everything CI runs, two tests at a time
#   the first of them installs the course; with CPU=1 the small build of PyTorch, without GPU support: make lab CPU=1
# chapter: execute one solution, write its learner's copy: make chapter NAME=02_train · chapters: all of them
# site: the course as pages, in build/site · slides: those of chapters 0, 1, 4 and 5 alone, in build/site/slides
# links: asks every address that the pages name whether it is still there
# quick: all tests that start no process, browser, notebook or SLURM, in a minute or two; tests/conftest.py has the list
# check: lint, stale pairs and copies, names in texts
# oldest, newest: the tests with the oldest and with the newest versions that pyproject.toml admits · versions: both
#   uv fetches that Python, or takes the one you name: make oldest PYTHON_VERSION=/usr/bin/python3.10
# colab: every chapter with what Colab has, in particular its PyTorch (a download of 3 GB)
# sparse, batch: what chapter 8 shows of fewer spikes, and chapter 4 of larger batches, recorded anew
# gpu: on a machine with an NVIDIA GPU: its tests, the benchmark, the ladder, chapters 0 and 3; in build/gpu.
#   With no registry, name a Python that has the course: make gpu GPU_PYTHON=python3
# bench, study: what chapter 3 shows beside its own measurements, recorded anew in helpers/assets/measured
PYTHON ?= python3
CPU ?=
RUN = .venv/bin/python
UV = .venv-uv/bin/uv
TESTS = -n 2 --dist loadgroup --no-loadscope-reorder # tests/conftest.py has the order
GPU_PYTHON ?=
GPU_RUN = $(or $(GPU_PYTHON),.venv-bench/bin/python)
SITE = .venv-site/bin/python
CARRIED = mathjax@3 reveal.js@5 axe-core@4 # scripts of the pages and the slides, and of the test of their access
# sixteen bits on a processor that has units for them; an NVIDIA GPU may have none
HALF = $(shell grep -qsE 'avx512_bf16|amx_bf16' /proc/cpuinfo && [ ! -e /dev/nvidia0 ] && \
	echo --trainer.precision bf16-mixed)
takes = $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, $(1)))' || { echo \
	"$(PYTHON) is older than Python 3.$(1): name a newer one, as in: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }

.PHONY: train listen lab site slides links test quick chapter chapters check colab versions oldest newest bench gpu study sparse batch
.DELETE_ON_ERROR:

train: .venv/course
	@echo "The network learns, for about a minute."
	$(RUN) -m helpers.train fit --data.source embedded --data.batch_size 32 --trainer.max_epochs 4 \
		--model.label_smoothing 0.05 $(HALF)
	@echo "Look at the two pictures. To go on: make lab opens the chapters." >&2 # on stdout, the accuracy is last

listen: .venv/course
	@echo "Recurrent neurons learn to listen, for about a minute."
	$(RUN) -m helpers.train fit --own spoken --data.train_on_validation true --trainer.max_epochs 12

lab: .venv/course
	.venv/bin/jupyter lab --config helpers/setup/jupyter_lab.json notebooks/00_half_hour.ipynb

site: slides
	PYTHONPATH=. $(SITE) site/make_pages.py build/pages
	$(SITE) -m sphinx --quiet --fail-on-warning --keep-going -c site -d build/doctrees build/pages build/site
	find build/site -name '*.map' -delete # for those who work on the theme: a third of all bytes

links: site
	$(SITE) -m sphinx --quiet -b linkcheck -c site -d build/doctrees build/pages build/links

slides: .venv-site/done
	PYTHONPATH=. $(SITE) site/make_slides.py build/site/slides

test: .venv/test .venv-site/done
	$(RUN) -m pytest $(TESTS)

quick: .venv/test
	$(RUN) -m pytest -q -m "not processes" $(TESTS)

chapter: .venv/test
	@test -f solutions/$(NAME).md || { echo "which chapter? As in: make chapter NAME=02_train"; exit 1; }
	$(RUN) solutions/make_chapters.py $(NAME)

chapters: .venv/test
	$(RUN) solutions/make_chapters.py

check: .venv/test
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m pytest -q tests/chapters/test_source.py tests/chapters/test_contributing.py

versions: oldest newest

oldest: VERSIONS = --resolution lowest-direct 'pyparsing==3.2.*' # matplotlib below 3.10.8 complains of a newer one
oldest: PYTHON_VERSION = 3.10
newest: PYTHON_VERSION = 3.13
oldest newest: $(UV) .venv-site/done
	$(UV) venv --quiet --allow-existing --python $(PYTHON_VERSION) .venv-$@
	$(UV) pip install --python .venv-$@ --compile-bytecode --upgrade $(VERSIONS) --editable '.[lab,test]'
	.venv-$@/bin/python -m pytest $(TESTS)

colab: .venv/test
	COLAB=1 $(RUN) -m pytest tests/chapters/test_colab.py

bench: .venv-bench/done
	.venv-bench/bin/python -m tests.studies.benchmark --compiled --rounds 9 --out helpers/assets/measured/benchmark.md
	.venv-bench/bin/python -m tests.studies.benchmark --batch 128 --only "this course" Norse

gpu: $(if $(GPU_PYTHON),,.venv-bench/done)
	mkdir -p build/gpu
	$(GPU_RUN) -m helpers
	-$(GPU_RUN) -m pytest -q -m gpu tests/gpu
	-$(GPU_RUN) -m tests.studies.benchmark --batch 64 1024 --compiled "this course" "ReLU control" \
		--out build/gpu/benchmark.md
	-$(GPU_RUN) -m tests.studies.ladder --runs 1 --out build/gpu
	-$(GPU_RUN) -m pytest tests/chapters/test_chapters.py -k "solution and (00_half_hour or 03_one_device)"

study: .venv/course
	$(RUN) -m tests.studies.accuracy

sparse: .venv/course
	$(RUN) -m tests.studies.sparse

.venv/course: pyproject.toml
	@$(call takes,10)
	@echo "Installing the course into .venv. PyTorch is large: the first time takes some minutes."
	test -x $(RUN) || $(PYTHON) -m venv .venv
	$(if $(CPU),$(RUN) -m pip install --quiet torch torchvision --index-url https://download.pytorch.org/whl/cpu)
	$(RUN) -m pip install --quiet --editable '.[lab]'
	touch $@

.venv/test: .venv/course
	$(RUN) -m pip install --quiet --editable '.[lab,test]'
	touch $@

.venv-site/done: pyproject.toml Makefile
	@$(call takes,11)
	$(PYTHON) -m venv .venv-site
	$(SITE) -m pip install --quiet --upgrade 'pip>=25.1' # older ones know no --group
	$(SITE) -m pip install --quiet --group site
	$(SITE) -m pip install --quiet --no-deps --group citation --group tonic
	.venv-site/bin/npm install --silent --no-audit --no-fund --prefix .venv-site $(CARRIED)
	touch $@

.venv-bench/done: pyproject.toml
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --upgrade 'pip>=25.1' # older ones know no --group
	.venv-bench/bin/python -m pip install --quiet --editable '.[bench,test]'
	.venv-bench/bin/python -m pip install --quiet --no-deps --group sinabs
	touch $@

$(UV):
	$(PYTHON) -m venv .venv-uv
	.venv-uv/bin/python -m pip install --quiet uv

batch: .venv/course
	$(RUN) -m tests.studies.batches
