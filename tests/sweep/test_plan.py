"""A plan: what is asked for, evenly spread, the same anywhere; what cannot be gets a sentence before anything runs."""

import math

import pytest
import yaml

from helpers import InputError
from helpers.sweep.__main__ import main
from helpers.sweep.check_options import check_options
from helpers.sweep.plan import OPTIONS, make_plan, read_plan, write_plan

SWEEP = {
    "fit": {"trainer.max_epochs": 1, "data.source": "embedded"},
    "try": {
        "model.learning_rate": {
            "from": "1e-3",
            "to": 0.1,
            "log": True,
        },  # YAML takes 1e-3 for a text
        "model.n_hidden": {"from": 10, "to": 100},
        "model.graph": [True, False],
    },
    "settings": 8,
    "seeds": 3,
}


@pytest.fixture
def planned(tmp_path):
    """Plans the sweep above, with changes; None is as good as no such key."""

    def plan(**changes) -> list:
        (tmp_path / "sweep.yaml").write_text(yaml.safe_dump({**SWEEP, **changes}))
        return make_plan(tmp_path / "sweep.yaml")

    return plan


def test_settings_are_spread_evenly_and_crossed_with_seeds(planned):
    runs = planned()
    assert [run.number for run in runs] == list(range(24))
    assert [(run.setting, run.seed) for run in runs[:4]] == [(0, 0), (0, 1), (0, 2), (1, 0)]
    settings = [run.options for run in runs[::3]]
    # eight points of a Sobol sequence: each eighth of each option has one
    places = [math.log(float(options["model.learning_rate"]) / 1e-3, 100) for options in settings]
    assert sorted(int(8 * place) for place in places) == list(range(8))
    neurons = [int(options["model.n_hidden"]) for options in settings]
    assert len(set(neurons)) == 8 and min(neurons) < 25 and max(neurons) > 85
    assert [options["model.graph"] for options in settings].count("true") == 4
    assert {options["trainer.max_epochs"] for options in settings} == {"1"}


def test_the_same_file_gives_the_same_plan_anywhere(planned):
    rates = [run.options["model.learning_rate"] for run in planned(settings=4, seeds=1)]
    assert rates == ["0.0153", "0.0022", "0.0325", "0.0095"]
    assert planned(settings=16)[: 8 * 3] == planned()  # more settings keep the first ones


def test_without_a_number_of_settings_all_combinations_are_tried(planned):
    choices = {"model.graph": [True, False], "model.n_hidden": [10, 20, 30]}
    runs = planned(settings=None, seeds=[7, 9], **{"try": choices})
    assert len(runs) == 2 * 3 * 2 and {run.seed for run in runs} == {7, 9}
    assert len({tuple(run.options.values()) for run in runs}) == 6


RATE = "model.learning_rate"
WRONG = {  # what is said, and what was changed in the file
    "begins at 0, and steps by factors need numbers above 0": {
        "try": {RATE: {"from": 0, "to": 1, "log": True}}
    },
    "must be a list of values, or {from: lowest, to: highest}": {"try": {RATE: 0.1}},
    "its keys are own, fit, try, settings, seeds": {"tries": {}},
    "settings is 0: it must be a whole number from 1 on": {"settings": 0},
    "say by `settings` how many points of them are tried": {"settings": None},
    "seed_everything is set by the sweep itself": {"fit": {"seed_everything": 3}},
    "is in `fit` and in `try`": {"fit": {RATE: 0.1}},
    "has model and model.graph, model.learning_rate, model.n_hidden, a part of it": {
        "fit": {"model": {"learning_rate": 0.1}}
    },
    "asks for more than 10,000 runs: try fewer settings or seeds": {
        "try": {f"model.{name}": list(range(10)) for name in "abcdefg"},
        "settings": None,
    },
    "sweep.yaml asks for more than 10,000 runs": {"settings": 3000, "seeds": 100_000},
}


@pytest.mark.parametrize("sentence, changes", WRONG.items(), ids=WRONG)
def test_what_cannot_be_planned_gets_a_sentence(sentence, changes, planned):
    with pytest.raises(InputError) as error:
        planned(**changes)
    assert sentence in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"fit": {"model.learn_rate": 0.1}}, "learn_rate"),
        ({"fit": {"trainer.max_epochs": 0}}, "max_epochs is 0"),
        ({"try": {RATE: [-0.1]}}, "learning_rate is -0.1: it must be a number above 0"),
        ({"fit": {"data.batch_size": 0}}, "batch_size is 0"),
        ({"fit": {"trainer.devices": 2}}, "2 and auto, and a run of a sweep is one process on one"),
    ],
)
def test_what_fit_does_not_know_is_found_before_anything_runs(changes, said, planned):
    runs = planned(settings=1, seeds=1, **changes)
    with pytest.raises(InputError, match="fit does not take the options of setting 0") as error:
        check_options(runs)
    assert said in str(error.value) and "\n" not in str(error.value)


def test_a_plan_whose_runs_have_begun_can_be_extended(planned, tmp_path):
    sweep = tmp_path / "sweep"
    begun = planned(settings=4, seeds=2)
    write_plan(sweep, planned())
    write_plan(sweep, begun)  # nothing has begun: the plan may change
    assert read_plan(sweep) == begun
    (sweep / "runs" / "3").mkdir(parents=True)
    write_plan(sweep, planned(settings=2))  # nor was this one
    write_plan(sweep, begun)
    (sweep / "runs" / "3" / OPTIONS).write_text("\n".join(begun[3].lines))
    for changes in ({"settings": 4, "seeds": 3}, {"settings": 8, "seeds": 3}):
        wanted = planned(**changes)
        write_plan(sweep, wanted)
        runs = read_plan(sweep)
        assert runs[: len(begun)] == begun  # numbers stay
        assert sorted(run[1:3] for run in runs) == [run[1:3] for run in wanted]
        assert {run.setting: run.options for run in runs} == {
            run.setting: run.options for run in wanted
        }
        begun = runs
    for changes in ({"seeds": 2}, {"threads": 2}, {"fit": {}}):
        with pytest.raises(InputError, match="begun: more settings or seeds extend it; for any"):
            write_plan(sweep, planned(**changes))
    assert read_plan(sweep) == begun


def test_the_command_says_what_it_cannot_read(tmp_path, capsys):
    (tmp_path / "broken.yaml").write_text("try: [")
    for words, said in {
        ("plan", f"{tmp_path}/none.yaml"): "cannot be read",
        ("plan", f"{tmp_path}/broken.yaml"): "cannot be read",
        ("run", f"{tmp_path}/none"): f"sees no whole {tmp_path}/none/plan.csv: make it by `python",
    }.items():
        assert main(list(words)) == 2
        error = capsys.readouterr().err
        assert error.startswith("error: ") and said in error and error.count("\n") == 1
    with pytest.raises(SystemExit, match="2"):
        main(["array", f"{tmp_path}", "--at_once=0"])
    said = "error: --at_once: Not of type PositiveInt: 0 does not conform to restriction v>0\n"
    assert capsys.readouterr().err == said
