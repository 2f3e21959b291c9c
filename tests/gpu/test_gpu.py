"""On an NVIDIA GPU: the numbers of a CPU, graphs that change none, a killed run that goes on, the device chosen."""

import signal
import sys
from itertools import starmap

import pytest
import torch
from pytorch_lightning import Trainer

from helpers.cluster import scaling
from helpers.course.notebook.measure import training_step
from helpers.data import DigitsDataModule
from helpers.engine.kernels import can_compile
from helpers.model import SpikingConvNet
from helpers.neuron import LI, LIF
from tests import LAYERS
from tests.studies.benchmark import graphed_step
from tests.test_model import louder
from tests.test_train import TINY, TRAIN, assert_same_training, start

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(
        not torch.cuda.is_available(), reason="there is no NVIDIA GPU on this machine"
    ),
]
LENGTHS = [6, 8, 16, 32]
EXACT = {
    torch.float64: (0.0, 1e-9),
    torch.float32: (1e-4, 2e-2),
}  # share of spikes that may move, relative difference


@pytest.fixture(autouse=True)
def without_tf32():
    """Products in full float32. By default, PyTorch's convolutions on a GPU round factors to 11 significant bits."""
    before = torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    yield
    torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = before


@pytest.mark.parametrize("neuron", [LIF(), LI()], ids=["LIF", "LI"])
@pytest.mark.parametrize("seq_length", LENGTHS)
def test_neurons_give_the_bits_of_a_cpu(seq_length, neuron, seed):
    x = torch.randn(seq_length, 3, 500) * 3 + 1
    (ours, state), (theirs, expected) = neuron(x.cuda()), neuron(x)
    assert theirs.any()
    assert all(starmap(torch.equal, zip((y.cpu() for y in (ours, *state)), (theirs, *expected))))


@pytest.mark.parametrize("neuron", [LIF, LI])
def test_compiled_neurons_are_one_kernel_for_all_time_steps(neuron):
    """One forward, and one backward."""
    if not can_compile():
        pytest.skip("torch.compile does not work on this GPU")
    compiled = neuron(compile=True)
    x = torch.randn(32, 64, 11520, device="cuda", requires_grad=True)  # the most in chapter 3
    gradient = torch.ones_like(x)
    compiled(x)[0].backward(gradient)  # compiles
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as profile:
        compiled(x)[0].backward(gradient)
        torch.cuda.synchronize()
    kernels = [event.name for event in profile.events() if event.name.startswith("triton_")]
    assert len(kernels) == 2, kernels


def numbers(
    net: SpikingConvNet, images: torch.Tensor
) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """Spikes of each layer; voltages of the readout, and gradients of all weights for a loss that takes them all."""
    spikes = []
    for layer in LAYERS:
        getattr(net, layer).register_forward_hook(
            lambda module, x, y: spikes.append(y[0].detach().cpu())
        )
    v = net(images)
    return spikes, [
        y.detach().cpu()
        for y in (v, *torch.autograd.grad(v.square().mean(), list(net.parameters())))
    ]


@pytest.mark.parametrize(
    "compile, dtype", [(False, torch.float64), (False, torch.float32), (True, torch.float32)]
)
@pytest.mark.parametrize("seq_length", LENGTHS)
def test_the_network_gives_the_numbers_of_a_cpu(seq_length, compile, dtype, images, seed):
    if compile and not can_compile():
        pytest.skip("torch.compile does not work on this GPU")
    cpu, gpu = (
        louder(SpikingConvNet(seq_length)).to(dtype),
        SpikingConvNet(seq_length, compile=compile),
    )
    gpu = gpu.to("cuda", dtype)
    gpu.load_state_dict(cpu.state_dict())
    may_move, tolerance = EXACT[dtype]
    (ours, found), (theirs, expected) = (
        numbers(gpu, images.to("cuda", dtype)),
        numbers(cpu, images.to(dtype)),
    )
    for a, b in zip(ours, theirs, strict=True):
        assert b.mean() > 0.001 and (a != b).double().mean() <= may_move
    for a, b in zip(found, expected, strict=True):
        assert (a - b).norm() <= tolerance * b.norm()


def test_a_step_by_graph_has_the_gradients_of_one_without(images, seed):
    net, labels, x = (
        louder(SpikingConvNet(8)).cuda(),
        torch.tensor([1, 2, 3], device="cuda"),
        images.cuda(),
    )
    kept, found = {}, []
    for name, parameter in net.named_parameters():
        parameter.register_post_accumulate_grad_hook(
            lambda p, name=name: kept.update({name: p.grad})
        )
    for record in (lambda step: step, graphed_step):
        step = record(training_step(net, x, labels))
        step()
        found.append([gradient.clone() for gradient in kept.values()])
        torch.cuda.synchronize()
    for a, b in zip(*found, strict=True):
        assert b.abs().max() > 0 and (a - b).norm() <= 1e-4 * b.norm()


ON_GPU = ["--trainer.accelerator=gpu", "--trainer.devices=1", "--trainer.deterministic=warn"]
SIGNALLED = """
import sys
from helpers import train
from helpers.classifier import SpikingClassifier
from tests.signals import signal_at
_, number, place, n, *arguments = sys.argv
signal_at(SpikingClassifier, place, int(n), int(number))
train.main(arguments)
"""
REPRODUCIBLE = {"CUBLAS_WORKSPACE_CONFIG": ":4096:8", "PYTHONWARNINGS": "ignore"}


def fit(folder, name, *options, at=()):
    """The folder of a run; at: the method before whose n-th call the command gets a signal, n, and the signal."""
    arguments = (
        ["fit", *TINY, *ON_GPU, f"--run={name}", *options]
        if "--resume" not in options
        else [*options]
    )
    method, call, number = at or ("", "", 0)
    command = [sys.executable, "-c", SIGNALLED, str(int(number)), method, str(call), *arguments]
    process = start(command if at else [*TRAIN, *arguments], folder, **REPRODUCIBLE)
    _, err = process.communicate(timeout=300)
    assert process.returncode == -number, err
    return folder / name


@pytest.mark.parametrize("encoding", ["current", "poisson"])
def test_training_by_graph_ends_with_the_same_bits(encoding, tmp_path):
    compile = f"--model.compile={'null' if encoding == 'current' else 'false'}"
    plain = fit(tmp_path, "plain", f"--model.encoding={encoding}", compile)
    graph = fit(tmp_path, "graph", f"--model.encoding={encoding}", compile, "--model.graph=true")
    assert_same_training(graph, plain)


def test_a_run_that_was_killed_ends_with_the_same_bits(tmp_path):
    never = fit(tmp_path, "never", "--model.compile=false")
    fit(tmp_path, "killed", "--model.compile=false", at=("training_step", 5, signal.SIGKILL))
    fit(tmp_path, "killed", "fit", "--run=killed", "--resume")
    assert_same_training(tmp_path / "killed", never)


def test_a_gpu_is_chosen_and_the_digits_lie_in_its_memory(images):
    options = {"logger": False, "enable_checkpointing": False, "enable_model_summary": False}
    trainer = Trainer(devices=1, **options)
    digits = DigitsDataModule(source="embedded", batch_size=3)
    assert trainer.strategy.root_device.type == "cuda" and scaling.accelerator_for(1) == "gpu"
    assert scaling.accelerator_for(1 + torch.cuda.device_count()) == "cpu"
    digits.setup()
    digits.trainer = trainer
    ours, labels = next(iter(digits.test_dataloader()))
    assert ours.is_cuda and labels.is_cuda
    torch.testing.assert_close(ours.cpu(), images)
