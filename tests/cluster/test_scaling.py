"""Speed-up, efficiency, the laws from known numbers; and real measurements with two processes."""

import re
import sys

import pytest

from helpers.assets.study_results import steps_to
from helpers.cluster import scaling
from helpers.cluster.plot_scaling import plot_scaling
from helpers.cluster.scaling_report import (
    Measurement,
    amdahl,
    karp_flatt,
    read,
    serial_fraction,
    serial_fractions,
    summarise,
    table,
)
from helpers.tools.write_whole import write_csv
from tests import ROOT
from tests.test_train import said_at_once, start


def measured(serial=0.1, exchange=0.0, sizes=(1, 2, 4, 8)) -> list[Measurement]:
    """Measurements of a program, with steps of 0.1 s, then 0.11 s, ...

    It obeys Amdahl's law, but for an exchange that grows with the processes.
    """
    rows = []
    for repeat in range(3):
        one = 0.1 * (1 + 0.1 * repeat)
        for n in sizes:
            strong = one * (serial + (1 - serial) / n + exchange * (n - 1))
            weak = one * (1 + 0.05 * (n > 1))
            rows += [
                ("a CPU", "strong", n, 64 // n, repeat, strong, strong - 0.001, 0.0, 0.001),
                ("a CPU", "weak", n, 64, repeat, weak, one - 0.001, weak - one, 0.001),
            ]
    return [Measurement(*row) for row in rows]


def summary(measurements) -> dict:
    return {(row.mode, row.processes): row for row in summarise(measurements)}


@pytest.mark.parametrize("serial", [0.0, 0.1, 1.0])
def test_amdahls_law_gives_back_the_serial_fraction(serial):
    speed_ups = {n: 1 / (serial + (1 - serial) / n) for n in (1, 2, 4, 64)}
    assert amdahl(speed_ups) == pytest.approx(serial)
    for n in (2, 4, 64):
        assert karp_flatt(n, speed_ups[n]) == pytest.approx(serial)
    assert serial_fraction(measured(serial)) == pytest.approx([serial] * 3)


def test_a_fitted_serial_fraction_stays_between_0_and_1():
    assert amdahl({1: 1.0, 2: 2.5, 4: 5.0}) == 0.0
    assert amdahl({1: 1.0, 2: 0.5, 4: 0.5}) == 1.0


def test_serial_work_and_an_exchange_that_grows_are_told_apart():
    """By Karp and Flatt's fraction over the processes; the speed-ups of eight are the same."""
    serial, exchange = measured(0.1), measured(0.0, 0.0125)
    for rows in (serial, exchange):
        assert summary(rows)["strong", 8].speed_up.median == pytest.approx(8 / 1.7, rel=1e-3)
    fractions = serial_fractions(exchange)
    medians = {n: fraction.median for n, fraction in fractions.items()}
    assert medians == pytest.approx({2: 0.025, 4: 0.05, 8: 0.1})
    assert "at most 10 times as fast" in table(serial)
    said = table(exchange)
    assert "It grows with the processes" in said and "times as fast" not in said


def test_the_two_programs_of_the_chapter_are_those():
    """Its tables are the speed-ups of serial work of 0.1, and of an exchange of 0.0125 a process."""
    text = (ROOT / "solutions" / "04_cluster.md").read_text()
    tables = {"A": measured(0.1), "B": measured(0.0, 0.0125)}
    for name, rows in tables.items():
        found = summary(rows)
        speed_ups = [f"{found['strong', n].speed_up.median:.2f}" for n in (2, 4, 8)]
        assert f"| {name} | {' | '.join(speed_ups)} |" in text
        pairs = ", ".join(f"{n}: {s}" for n, s in zip((2, 4, 8), speed_ups))
        assert f'"{name}": {{{pairs}}}' in text


@pytest.mark.parametrize("sizes, cores", [((1, 2), 2), ((1, 2, 4, 8), 2)])
def test_no_law_is_fitted_below_three_numbers_of_processes(sizes, cores):
    """Nor to processes that share a core: they wait for each other, whatever the program."""
    rows = [row._replace(cores=cores) for row in measured(0.3, sizes=sizes)]
    assert serial_fraction(rows) is None
    said = table(rows)
    assert "A limit takes three numbers of processes" in said and "times as fast" not in said
    assert f"Measured on: a CPU, {cores} cores." in said
    shared = f"{sizes[-1]} processes share {cores} cores" in said
    assert shared == (sizes[-1] > cores)
    labels = plot_scaling(rows)[0, 1].get_legend().get_texts()
    assert not any("Amdahl" in text.get_text() for text in labels)


def test_the_summary_of_known_times():
    rows = summary(measured())
    four, weak = rows["strong", 4], rows["weak", 4]
    assert four.batch_size == 16
    assert rows["strong", 1].throughput == pytest.approx((64 / 0.11, 64 / 0.12, 64 / 0.1))
    assert four.speed_up == pytest.approx([1 / 0.325] * 3)
    assert four.efficiency == pytest.approx([0.25 / 0.325] * 3)
    assert weak.efficiency == pytest.approx([1 / 1.05] * 3)
    assert weak.speed_up.median == pytest.approx(4 / 1.05)
    assert weak.compute == pytest.approx(0.109) and weak.communication == pytest.approx(0.0055)
    hours = steps_to(0.8)[4 * 64] * 0.11 * 1.05 * 4 / 3600  # of all devices
    said = table(measured(), 0.8)
    assert re.search(f"^weak +4 .* {hours:.4f}$", said, re.MULTILINE)
    assert max(map(len, said.splitlines())) <= 80  # wider ones are wrapped in a narrow window


def test_the_file_holds_the_measurements(tmp_path):
    write_csv(tmp_path / "a.csv", [Measurement._fields, *measured()])
    for ours, theirs in zip(read(tmp_path / "a.csv"), measured(), strict=True):
        assert ours[:5] == theirs[:5] and ours[5:] == pytest.approx(theirs[5:], abs=1e-6)


def test_the_plot_shows_the_ideal_the_device_the_batch_and_the_repeats():
    axes = plot_scaling(measured())
    title = axes[0, 0].figure.get_suptitle()
    assert "a CPU" in title and "64 images" in title and "3 repeats" in title
    labels = [text.get_text() for text in axes[0, 1].get_legend().get_texts()]
    assert {"ideal", "Amdahl, s = 0.100"} <= set(labels)


def test_a_range_too_wide_is_no_basis_for_conclusions():
    busy = measured(0.1)[:8] + measured(0.9)[8:16]  # the first repeat of one, the second of another
    assert "A range too wide for a conclusion" in table(busy)


TORCHRUN = ["torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m"]
JOB = {"SLURM_JOB_ID": "7", "SLURM_JOB_NAME": "one", "SLURM_NTASKS": "1"}


@pytest.mark.parametrize(
    "launcher, job", [([], JOB), (TORCHRUN, {})], ids=["Lightning", "torchrun"]
)
def test_two_processes_are_measured_for_real(launcher, job, tmp_path):
    """In a SLURM job of one task, where Lightning starts them, as outside of any job; and by torchrun."""
    tiny = ["--model.n_hidden=20", "--model.seq_length=2", "--data.batch_size=16"]
    few = ["--processes=2", "--steps=2", "--repeats=2"]
    command = [sys.executable, "-m", *launcher, "helpers.cluster.scaling", *tiny, *few]
    process = start(command, tmp_path, **job)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0 and "Traceback" not in err, err
    sizes = [("strong", "1", "16"), ("strong", "2", "8"), ("weak", "1", "16"), ("weak", "2", "16")]
    assert re.findall(r"^(strong|weak) +(\d) +(\d+) ", out, re.MULTILINE) == sizes
    assert re.search(r"Serial fraction of 2 processes .* -?\d\.\d+", out) and "2 repeats" in out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["scaling.csv", "scaling.png"]
    for m in read(tmp_path / "scaling.csv"):
        assert m.seconds > 0 and m.compute > 0 and m.data > 0 and m.communication >= 0
        assert m.processes > 1 or m.communication == 0


REFUSED = {
    "error: repeats is 1: one measurement has no spread": ("--repeats=1",),
    "error: 63 images cannot be shared out equally": ("--processes=2", "--data.batch_size=63"),
    "error: nowhere is no folder to write to": ("--out=nowhere/a",),
    "holds no full copy of KMNIST: fit downloads it": ("--processes=2", "--data.name=KMNIST"),
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_what_cannot_be_measured_is_refused_with_a_sentence(
    sentence, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    status, out, err = said_at_once(scaling.main, list(REFUSED[sentence]), capsys)
    assert (status, out) == (2, "") and sentence in err and list(tmp_path.iterdir()) == []


def test_gpus_are_measured_by_more_steps_of_more_images(monkeypatch):
    for gpus, expected in ((0, (3, 64)), (4, (100, 1024))):
        monkeypatch.setattr("torch.cuda.device_count", lambda gpus=gpus: gpus)
        assert (scaling.parse([]).steps, scaling.parse([]).data.batch_size) == expected
        asked = scaling.parse(["--steps=7", "--data.batch_size=32"])
        assert (asked.steps, asked.data.batch_size) == (7, 32)
    assert scaling.parse(["--processes=8"]).steps == 3  # more than there are GPUs: on the CPU


@pytest.mark.parametrize("gpus, accelerator, default", [(1, "cpu", 2), (4, "gpu", 4)])
def test_gpus_are_taken_where_each_process_has_one(gpus, accelerator, default, monkeypatch):
    """Else the cores that the process may use, as taskset sets them, and not those of the machine."""
    monkeypatch.setattr("torch.cuda.device_count", lambda: gpus)
    monkeypatch.setattr("os.sched_getaffinity", lambda process: {0, 5})
    monkeypatch.setattr("os.cpu_count", lambda: 64)
    assert scaling.accelerator_for(2) == accelerator and scaling.default_processes() == default
