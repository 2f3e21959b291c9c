"""Chapter 8: operations are counted right, the penalty is what it says, int8 and NIR carry the network faithfully."""

import re
import subprocess
import sys
from functools import partial
from importlib.metadata import version
from itertools import pairwise

import jupytext
import nir
import norse.torch as norse
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from helpers import InputError
from helpers.assets.recorded import read_sparse
from helpers.course.chapter_8 import check, energy
from helpers.course.chapter_8.back_end import snntorch_neuron
from helpers.course.chapter_8.energy import (
    SPIKE_LAYERS,
    Work,
    count_macs,
    evaluate,
    fan_out,
    keep_inputs,
)
from helpers.course.chapter_8.networks import ReluTwin, SparseClassifier, changed
from helpers.course.chapter_8.nir_export import export
from helpers.course.chapter_8.nir_simulator import Simulator
from helpers.course.notebook.measure import count_flops
from helpers.digits_classifier import DigitsClassifier
from helpers.model import SpikingConvNet
from helpers.network import record_spikes
from tests import ROOT

CHAPTER = jupytext.read(ROOT / "solutions" / "08_deploy.md")


def of_the_chapter(*names: str, **given):
    """What the chapter's cells with these definitions define, executed together."""
    space = {"torch": torch, "trained": lambda file: DigitsClassifier(), **given}
    for name in names:
        (source,) = (c.source for c in CHAPTER.cells if c.cell_type == "code" and name in c.source)
        exec(re.sub("^!.*", "", source, flags=re.MULTILINE), space)  # without lines of a shell
    return space


@pytest.fixture
def net(seed) -> SpikingConvNet:
    return SpikingConvNet().eval()


@pytest.fixture
def batch(digits):
    return digits.test[:200]


def test_a_copy_with_other_weights_keeps_all_options(images, seed):
    net = SpikingConvNet(5, encoding="latency", alpha=7.0, data="KMNIST")
    copy = changed(net, torch.clone)
    assert copy is not net and copy.lif2.alpha == 7.0 and copy.pixels == net.pixels
    assert torch.equal(copy(images), net(images))  # five steps, encoded alike


def test_accuracy_is_that_of_the_classifier(batch, seed):
    model = DigitsClassifier().eval()
    with torch.no_grad():
        answers = model(batch[0]).argmax(1)
    answers[:50] += 1
    assert evaluate(model.net, batch[0], answers)[0] == 0.75 and len(answers.unique()) > 2


# Operations and energy


SHAPES = [
    (torch.nn.Conv2d(2, 3, 3), (2, 5, 6)),
    (torch.nn.Conv2d(4, 4, 3, stride=2, padding=1, groups=2), (4, 6, 5)),
    (torch.nn.Linear(5, 3), (5,)),
]


@pytest.mark.parametrize("layer, shape", SHAPES)
@pytest.mark.parametrize("share", [0.0, 0.5])
def test_fan_out_is_what_each_input_reaches(layer, shape, share):
    """Also of a pruned layer."""
    with torch.no_grad():
        layer.weight.uniform_(0.1, 1).mul_(torch.rand_like(layer.weight) >= share)
    inputs = torch.eye(int(np.prod(shape))).reshape(-1, *shape)  # one spike each
    reached = (layer(inputs) != layer(0 * inputs)).flatten(1).sum(1)
    assert torch.equal(fan_out(layer, shape), reached.reshape(shape).float())


def test_bad_input_gets_a_sentence():
    with pytest.raises(InputError, match="this layer is ReLU"):
        fan_out(torch.nn.ReLU(), (3,))
    with pytest.raises(InputError, match="strength is -1"):
        SparseClassifier(strength=-1)


def test_operations_are_those_of_the_spikes_after_pooling(net, images):
    _, spikes = record_spikes(net, images)
    first, second = (F.max_pool2d(spikes[name].flatten(0, 1), 2) for name in ("lif1", "lif2"))
    conv2 = F.conv2d(first, torch.ones(50, 20, 5, 5)).sum()
    totals = [conv2, 500 * second.sum(), 10 * spikes["lif3"].sum()]
    _, counts = evaluate(net, images, torch.zeros(3))
    assert list(counts) == list(SPIKE_LAYERS) and min(totals) > 0
    assert list(counts.values()) == pytest.approx([total.item() / 3 for total in totals])


def test_macs_are_half_of_the_floating_point_operations(net, images):
    flops = count_flops(lambda: SpikingConvNet(seq_length=1)(images[:1]))
    macs = count_macs(net, images, ("conv1", *SPIKE_LAYERS))
    assert sum(macs.values()) == flops / 2 == 2_293_000


def test_work_is_counted_for_spikes_and_for_relu(net, batch):
    images, labels = batch
    work = energy.work_of(net, images)
    assert work.macs == 288_000 and work.updates == 8 * (20 * 24 * 24 + 50 * 8 * 8 + 500 + 10)
    assert work.synops == pytest.approx(sum(evaluate(net, images, labels)[1].values()))
    twin = ReluTwin().eval()
    assert count_macs(twin.net, images) == count_macs(net, images)
    assert sum(count_macs(net, images).values()) == energy.SYNAPSES
    weights = [sum(weight.numel() for weight in each.parameters()) for each in (net, twin.net)]
    assert weights[0] == weights[1] and energy.work_of(twin.net, images)[1:] == (0, 0)
    assert 288_000 < energy.work_of(twin.net, images).macs < 288_000 + energy.SYNAPSES


@pytest.mark.parametrize("cost", [energy.ARITHMETIC, energy.WITH_MEMORY])
@pytest.mark.parametrize("density", [1.0, 0.5])
def test_both_cost_the_same_at_break_even(cost, density):
    macs, updates = 2_005_000, 121_840
    spikes = energy.break_even(macs, updates, cost, density)
    relu = Work(density * macs)
    assert Work(0, spikes * macs, updates).energy(cost) == pytest.approx(relu.energy(cost))


def limit(density: float = 1.0, n_steps: int = 8) -> float:
    """Where spikes cost as much as ReLU, with memory; density: of its inputs, the share that are not 0."""
    return energy.break_even(2_005_000, 121_840 / 8 * n_steps, energy.WITH_MEMORY, density)


def test_where_relu_skips_zeros_our_sparse_network_gains_little():
    """Half to six tenths of ReLU's inputs are not 0: the limit is then as in the text."""
    assert [limit(), limit(0.5), limit(0.6)] == pytest.approx([0.796, 0.337, 0.429], abs=1e-3)
    for seed, points in read_sparse().items():
        spikes, accuracy = points[3]  # strength 0.1
        assert 0.75 * limit(0.5) < spikes < limit(0.5) and accuracy > 0.96, seed


def test_updates_alone_cost_as_much_as_relu_from_some_sixty_steps_on():
    assert limit(n_steps=55) > 0 > limit(n_steps=65)


def test_an_input_of_any_size_is_one_mac(batch, seed):
    images, labels = batch
    twin = ReluTwin().net.eval()
    with torch.no_grad(), keep_inputs(twin) as inputs:
        twin(images)
    n_active = (inputs["out"] > 0).sum().item()
    assert evaluate(twin, images, labels)[1]["out"] == pytest.approx(10 * n_active / len(images))
    assert inputs["out"].unique().numel() > 100


def test_energy_is_in_microjoules():
    assert Work(1e6, 2e6, 3e6).energy(energy.ARITHMETIC) == pytest.approx(4.6 + 2 * 0.9 + 3 * 11.9)


def loss_of(model, batch):
    """The loss of one training step, and what it logs."""
    logged = {}
    model.log = lambda name, value, **options: logged.update({name: value.item()})
    model.log_dict = lambda *args, **options: None
    torch.manual_seed(1)
    return model.training_step([part[:8] for part in batch], 0), logged


def test_without_strength_training_is_the_usual(batch, seed):
    sparse, usual = SparseClassifier(), DigitsClassifier()
    usual.load_state_dict(sparse.state_dict())
    for model in (sparse, usual):
        loss_of(model, batch)[0].backward()
    for weight, other in zip(sparse.parameters(), usual.parameters(), strict=True):
        torch.testing.assert_close(weight.grad, other.grad)


def test_the_penalty_is_strength_times_spikes_per_synapse_and_lowers_them(batch, seed):
    model = SparseClassifier(distort=0)

    def spikes_per_synapse():
        return sum(evaluate(model.net, *(part[:8] for part in batch))[1].values()) / 2_005_000

    before = spikes_per_synapse()
    without, _ = loss_of(model, batch)
    model.strength = 2.0
    loss, logged = loss_of(model, batch)
    assert logged["spikes_per_synapse"] == pytest.approx(before, rel=1e-5)
    penalty = loss - without
    assert penalty.item() == pytest.approx(2 * before, rel=1e-3)
    penalty.backward()
    with torch.no_grad():
        for weight in model.parameters():
            weight -= 0.01 * weight.grad
    assert spikes_per_synapse() < before
    assert model.net.conv1.weight.grad.abs().sum() > 0.1


def test_the_counter_leaves_no_hook_behind(net, images):
    with pytest.raises(RuntimeError), keep_inputs(net):
        net.conv2(images)
    assert not any(getattr(net, name)._forward_pre_hooks for name in SPIKE_LAYERS)


# int8 and pruning


def test_int8_keeps_weights_to_half_a_step_runs_and_is_a_quarter_of_the_size(net, batch):
    space = of_the_chapter("def kilobytes", "quantize_(int8", net=net)
    int8, kilobytes = space["int8"], space["kilobytes"]
    assert kilobytes(int8) < 0.29 * kilobytes(net)
    assert torch.equal(int8.conv1.weight, net.conv1.weight)
    for name in SPIKE_LAYERS:
        weight, stored = getattr(net, name).weight.detach(), getattr(int8, name).weight
        assert stored.qdata.dtype == torch.int8 and stored.qdata.unique().numel() > 200
        # one scale for each output and, in a convolution, each place of the kernel
        step = weight.abs().amax(1, keepdim=True) / 127
        assert ((stored.dequantize() - weight).abs() <= 0.51 * step).all()
        weight.copy_(stored.dequantize())
    with torch.no_grad():
        torch.testing.assert_close(net(batch[0][:20]), int8(batch[0][:20]))


def test_pruned_weights_are_the_smallest_and_cost_nothing(net, batch):
    pruned = changed(net, partial(of_the_chapter("def prune")["prune"], share=0.7))
    for name in SPIKE_LAYERS:
        kept, whole = (getattr(each, name).weight.flatten() for each in (pruned, net))
        assert (kept == 0).float().mean() == pytest.approx(0.7, abs=1e-3)
        assert whole[kept == 0].abs().max() <= kept[kept != 0].abs().min()
    assert count_macs(pruned, batch[0])["conv2"] < 0.4 * 1_600_000
    assert torch.equal(pruned.conv1.weight, net.conv1.weight)


# NIR


@pytest.fixture
def graph(net, tmp_path):
    """The network, written and read back: the file has nodes by name, in another order than edges."""
    nir.write(tmp_path / "net.nir", export(net))
    return nir.read(tmp_path / "net.nir")


def test_the_simulator_gives_the_same_spikes_and_classes(net, graph, batch):
    images, _ = batch
    v, spikes = record_spikes(net, images)
    theirs = Simulator(graph, graph.metadata["dt"]).run(
        images.numpy(), net.seq_length, [*spikes, "readout"]
    )
    agree = np.concatenate([(theirs[name] == z.numpy()).ravel() for name, z in spikes.items()])
    assert all(0.001 < z.mean() < 0.9 for z in spikes.values())
    assert agree.mean() >= 0.999
    assert (theirs["readout"][-1].argmax(1) == v[-1].argmax(1).numpy()).mean() >= 0.99
    np.testing.assert_allclose(theirs["readout"][0], v[0], atol=1e-4, rtol=1e-3)
    assert theirs["readout"].dtype == np.float32


def test_the_learners_neuron_runs_in_the_simulator(net, graph, batch):
    """The chapter's answer to its exercise; its export with the answer to the other one is that of the course."""
    space = of_the_chapter("def to_snntorch", "def to_nir")

    def run(*lif_step):
        simulator = Simulator(graph, 1e-3, *lif_step)
        return simulator.run(batch[0][:20].numpy(), 8, ["lif3", "readout"])

    ours, theirs = run(), run(snntorch_neuron(space["to_snntorch"]))
    assert (ours["lif3"] == theirs["lif3"]).mean() > 0.999
    np.testing.assert_array_equal(ours["readout"][-1].argmax(1), theirs["readout"][-1].argmax(1))
    silent = run(lambda node, x, i, v, dt: (np.zeros_like(x), i, v))
    assert ours["lif3"].any() and not silent["lif3"].any()
    node, other = graph.nodes["lif3"], export(net, 1e-3, space["to_nir"]).nodes["lif3"]
    for name in ("tau_mem", "tau_syn", "w_in"):
        np.testing.assert_allclose(getattr(node, name), getattr(other, name))


def test_a_step_of_snntorch_is_that_of_the_chapter(seed):
    snntorch = pytest.importorskip("snntorch")
    constants = 0.8, 0.9, 1.5  # alpha, beta, threshold
    real = snntorch.Synaptic(*constants, reset_mechanism="zero", reset_delay=False)
    written = snntorch_neuron(lambda node, dt: constants)
    syn = mem = np.zeros(50, np.float32)
    spikes = 0
    for x in 0.5 * torch.rand(20, 50):
        z, syn, mem = written(None, x.numpy(), syn, mem, 1e-3)
        wanted, real.syn, real.mem = real(x)
        np.testing.assert_array_equal(wanted.detach().numpy(), z)
        np.testing.assert_allclose(real.mem.detach().numpy(), mem, rtol=1e-4, atol=1e-5)
        spikes += z.sum()
    assert 50 < spikes < 500


def test_snntorch_s_importer_takes_its_own_conventions_alone(net, graph, batch):
    """Its step is 0.1 ms and its r is tau_mem / dt. With a file rewritten so, its spikes are ours."""
    pytest.importorskip("snntorch")
    from snntorch.import_nir import import_from_nir

    dt, theirs = 1e-3, 1e-4
    images = batch[0][:20].numpy()
    of_ours = Simulator(graph, dt).run(images, 8, ["flatten", "lif3", "out"])
    names = ["input", "hidden", "lif3", "out", "output"]
    ends = {"input": nir.Input(np.array([800])), "output": nir.Output(np.array([10]))}

    def imported(lif):
        nodes = {name: graph.nodes[name] for name in names} | ends | {"lif3": lif}
        return import_from_nir(nir.NIRGraph(nodes, list(pairwise(names))))

    lif = graph.nodes["lif3"]
    with pytest.raises(AssertionError, match="r not supported"):
        imported(lif)
    tau_syn, tau_mem = lif.tau_syn * theirs / dt, lif.tau_mem * theirs / dt
    rewritten = nir.CubaLIF(
        tau_mem=tau_mem,
        tau_syn=tau_syn,
        r=tau_mem / theirs,
        w_in=tau_syn / theirs,
        v_leak=lif.v_leak,
        v_reset=lif.v_reset,
        v_threshold=check.to_snntorch.ours(lif, dt)[2],
    )
    network = imported(rewritten)
    with torch.no_grad():
        found = [network(torch.from_numpy(x)) for x in of_ours["flatten"]]
    outputs = [out[0] if isinstance(out, tuple) else out for out in found]
    np.testing.assert_allclose(torch.stack(outputs).numpy(), of_ours["out"], atol=1e-4)
    assert of_ours["lif3"].any()


def test_the_simulator_knows_nothing_of_our_code():
    """Imported, it loads neither PyTorch nor Norse, nor a part of the course that `import helpers` did not load."""
    code = """
import sys, helpers
before = set(sys.modules)
import helpers.course.chapter_8.nir_simulator
print(*sorted(name for name in set(sys.modules) - before if name.startswith("helpers")))
print(*{"torch", "norse", "snntorch"} & set(sys.modules))"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    chapter = "helpers.course.chapter_8"
    assert done.stdout.split() == ["helpers.course", chapter, f"{chapter}.nir_simulator"]


def test_the_simulator_says_what_it_cannot():
    ends = {"input": nir.Input(np.array([2])), "output": nir.Output(np.array([2]))}
    delay = nir.NIRGraph({**ends, "d": nir.Delay(np.ones(2))}, [("input", "d"), ("d", "output")])
    with pytest.raises(ValueError, match="this simulator has no Delay"):
        Simulator(delay, 1e-3)
    linear = {name: nir.Linear(np.eye(2)) for name in ("a", "b")}
    split = [("input", "a"), ("input", "b"), ("a", "output"), ("b", "output")]
    for edges in (split, [("input", "a"), ("a", "b"), ("b", "a")]):  # the second goes round
        with pytest.raises(ValueError, match="do not form a chain"):
            Simulator(nir.NIRGraph({**ends, **linear}, edges), 1e-3)


@pytest.mark.parametrize("change", [{"padding": 1}, {"stride": 2}, {"dilation": 2}])
def test_the_simulator_refuses_convolutions_that_it_would_compute_wrong(change):
    options = {"stride": 1, "padding": 0, "dilation": 1} | change
    node = nir.Conv2d(
        (6, 6), np.ones((1, 1, 3, 3), np.float32), groups=1, bias=np.zeros(1, np.float32), **options
    )
    simulator = Simulator(nir.NIRGraph.from_list(node), 1e-3)
    with pytest.raises(ValueError, match="Conv2d without"):
        simulator.run(np.ones((1, 1, 6, 6), np.float32), 1, ["output"])


@pytest.mark.skipif(
    version("norse") != "1.1.0", reason="the text of chapter 8 speaks of Norse 1.1.0"
)
def test_the_faults_of_norse_are_those_of_the_text(tmp_path):
    small = norse.SequentialState(torch.nn.Linear(3, 2), norse.LIFCell())
    graph = norse.to_nir(small, torch.zeros(1, 3))
    assert graph.nodes["1"].tau_mem == pytest.approx(1e-5)
    with pytest.raises(TypeError):
        nir.write(tmp_path / "small.nir", graph)
    with pytest.raises(ValueError):
        norse.to_nir(norse.ConvNet(), torch.zeros(8, 2, 1, 28, 28))
