"""A network split over 2 and 3 processes is the network in one. 4 processes are in tests/cluster/test_slurm.py."""

import pytest
import torch
from filelock import FileLock, Timeout

from helpers import InputError
from helpers.recurrent import split_network
from tests.recurrent import split_network_cases
from tests.test_neuron import assert_close

CODE = """
import runpy
from pathlib import Path
cases = runpy.run_path({!r})  # the package of tests takes a second to import
cases[{!r}](n, size, Path.cwd() / str(size))
dist.destroy_process_group()
"""


@pytest.fixture(autouse=True)
def exact(seed):
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.fixture(scope="module")
def folder(forks, tmp_path_factory):
    """Of the checkpoints that 3 and 2 processes left: whole, stopped, and gone on from those of three."""
    folder = tmp_path_factory.mktemp("split")
    for size, part in [(3, "first"), (3, "second"), (2, "first"), (2, "second")]:
        (folder / str(size)).mkdir(exist_ok=True)
        for ended in forks.run(folder, CODE.format(split_network_cases.__file__, part), size):
            assert ended.status == 0, ended.err
    return folder


def read(folder) -> dict:
    checkpoint = torch.load(folder / "last.ckpt", weights_only=True)
    del checkpoint["facts"]  # words
    return checkpoint


@pytest.mark.parametrize("pieces", [(), (1, 2, 9)])
@pytest.mark.parametrize("delay", split_network_cases.DELAYS)
def test_one_process_is_the_network(delay, pieces, tmp_path):
    split_network_cases.compare(delay, pieces, tmp_path)


def test_any_number_of_processes_trains_the_same_network(folder):
    net, optimizer = split_network_cases.begin()
    split_network_cases.train(net, optimizer, range(5))
    for size in (2, 3):
        checkpoint = read(folder / f"{size}/whole")
        assert_close(checkpoint["state_dict"], dict(net.state_dict()), 1e-9)
        given, wanted = checkpoint["optimizer"]["state"], optimizer.state_dict()["state"]
        assert_close(given, wanted, 1e-9)


@pytest.mark.parametrize("size", [2, 3])
def test_what_was_stopped_goes_on_bit_for_bit(size, folder):
    whole, parts = read(folder / f"{size}/whole"), read(folder / f"{size}/parts")
    assert_close(parts, whole, 0)


def test_two_processes_and_one_go_on_from_a_checkpoint_of_three(folder, tmp_path):
    split_network_cases.read_three(folder / "of_three", tmp_path)
    wanted = read(folder / "3/whole")
    for path in (folder / "3/from_three", folder / "2/from_three", tmp_path):
        assert_close(read(path), wanted, 1e-9)


def test_a_broken_checkpoint_is_replaced_by_the_one_before(tmp_path):
    net, optimizer = split_network_cases.begin()
    assert split_network.load(tmp_path, net, optimizer) == 0
    split_network_cases.train(net, optimizer, range(2), tmp_path)
    (tmp_path / "last.ckpt").write_bytes(b"broken")
    assert split_network.load(tmp_path, net, optimizer) == 1


OTHER = {  # what a checkpoint was made with, and what is said of another one
    "another delay of lif, 3 instead of 4": {"delay": 4},
    "another lr, [0.05] instead of [0.1]": {"lr": 0.1},
    "another optimizer, Adam instead of SGD": {"kind": torch.optim.SGD},
    "another order of parameters, ['lif.": {"reverse": True},
}


@pytest.mark.parametrize("sentence", OTHER)
def test_what_a_checkpoint_was_made_with_is_said_if_it_changes(sentence, tmp_path, capsys):
    def begin(delay=3, lr=0.05, kind=torch.optim.Adam, reverse=False):
        net = split_network_cases.make(delay)
        return net, kind([*net.parameters()][:: -1 if reverse else 1], lr=lr)

    split_network.save(tmp_path, 0, *begin())
    split_network.load(tmp_path, *begin())
    assert capsys.readouterr().out == ""
    split_network.load(tmp_path, *begin(**OTHER[sentence]))
    assert f"this run began with {sentence}" in capsys.readouterr().out


def test_a_folder_in_use_is_refused(tmp_path):
    with FileLock(tmp_path / ".lock"), pytest.raises(InputError, match="is in use by process"):
        split_network.load(tmp_path, *split_network_cases.begin())
    split_network.load(tmp_path, *split_network_cases.begin())
    with pytest.raises(Timeout):
        FileLock(tmp_path / ".lock", timeout=0).acquire()


def test_a_checkpoint_with_nan_is_refused_unless_it_is_not_trained(tmp_path):
    net, optimizer = split_network_cases.begin()
    net.lif.raw_a.data[1] = torch.nan
    split_network.save(tmp_path, 1, net, optimizer)
    net, optimizer = split_network_cases.begin()
    with pytest.raises(InputError, match="last.ckpt has a weight that is inf or nan"):
        split_network.load(tmp_path, net, optimizer)
    net.lif.raw_a.requires_grad = False
    assert split_network.load(tmp_path, net, optimizer) == 1


@pytest.mark.parametrize("n", [1, 7, 8, 9, 4096])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_spikes_are_sent_as_bits(n, dtype):
    spikes = (torch.rand(2, 3, n) < 0.3).to(dtype)
    octets = split_network.pack(spikes, spikes.numel() + 5)
    assert octets.dtype == torch.uint8 and len(octets) == (spikes.numel() + 5 + 7) // 8
    back = split_network.unpack(octets, spikes)
    assert torch.equal(back, spikes) and back.dtype == dtype


def test_more_processes_than_neurons_are_refused(monkeypatch):
    monkeypatch.setattr(split_network.dist, "is_initialized", lambda: True)
    monkeypatch.setattr(split_network.dist, "get_world_size", lambda: 4)
    with pytest.raises(InputError, match="^There are 3 neurons for 4 processes: each .* at least"):
        split_network.SplitRecurrentLIF(5, 3)
