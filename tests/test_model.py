"""The network computes what Norse's cells compute step by step, and is trained, checked and stored as promised."""

import copy
import re
import warnings
from functools import partial
from types import SimpleNamespace

import norse.torch as norse
import pytest
import torch
import torch.nn.functional as F
from pytorch_lightning import Trainer

from helpers import InputError
from helpers.digits_classifier import DigitsClassifier
from helpers.encoders import ENCODERS, encode
from helpers.engine.scores import rate_name
from helpers.model import SpikingConvNet
from helpers.network import DECODERS, record_spikes
from tests import LAYERS

SEQ_LENGTH = 12
ENCODED = {  # for each of ENCODERS: images as a sequence, by an encoder that is not ours
    "current": lambda images: images.repeat(SEQ_LENGTH, 1, 1, 1, 1),
    "lif": norse.ConstantCurrentLIFEncoder(SEQ_LENGTH),
    "poisson": lambda images: norse.PoissonEncoder(SEQ_LENGTH, f_max=1000)(
        images * 0.3081 + 0.1307
    ),
    "latency": norse.SpikeLatencyLIFEncoder(SEQ_LENGTH),
}
DECODED = {  # for each of DECODERS: voltages as logits, computed another way
    "max": lambda v: v.max(0).values,
    "mean": lambda v: v.sum(0) / SEQ_LENGTH,
    "last": lambda v: v[SEQ_LENGTH - 1],
}
QUIET = {
    "logger": False,
    "enable_progress_bar": False,
    "enable_model_summary": False,
    "accelerator": "cpu",
}


def louder(net: torch.nn.Module) -> torch.nn.Module:
    """The network with weights so large that every layer spikes within 6 steps."""
    with torch.no_grad():
        for parameter in net.parameters():
            parameter *= 3
    return net


def lively_net(encoding="current") -> SpikingConvNet:
    return louder(SpikingConvNet(SEQ_LENGTH, encoding, n_hidden=40))


def norse_net(net, sequence):
    """Readout voltages and states of the network, with its weights, by Norse's cells, one time step after the other."""
    cells = norse.LIFCell(), norse.LIFCell(), norse.LIFCell(), norse.LICell()
    states = [None] * 4
    voltages = []
    for x in sequence:
        z, states[0] = cells[0](net.conv1(x), states[0])
        z, states[1] = cells[1](net.conv2(F.max_pool2d(z, 2)), states[1])
        z, states[2] = cells[2](net.hidden(F.max_pool2d(z, 2).flatten(1)), states[2])
        v, states[3] = cells[3](net.out(z), states[3])
        voltages.append(v)
    return torch.stack(voltages), states


assert_close = partial(torch.testing.assert_close, atol=1e-5, rtol=1e-5)  # takes nested tuples too


@pytest.mark.parametrize("encoding", ENCODERS)
def test_outputs_states_and_gradients_equal_norse_step_by_step(encoding, images, seed):
    net, before = lively_net(encoding), images.clone()
    spikes = record_spikes(net, images)[1]
    assert all(0.01 < spikes[name].mean() < 0.9 for name in LAYERS)  # silence would prove nothing

    torch.manual_seed(1)
    v, states = net(images, return_state=True)
    torch.manual_seed(1)
    sequence = ENCODED[encoding](images)
    expected, expected_states = norse_net(net, sequence)
    assert v.shape == (SEQ_LENGTH, 3, 10) and v.abs().max() > 0.1
    assert_close((v, *states), (expected, *expected_states))
    assert_close(net(sequence), expected)  # images give what their spikes give
    assert torch.equal(images, before), f"{encoding} changes the images that it is given"

    weights = list(net.parameters())
    ours, theirs = (torch.autograd.grad((y * y).sum(), weights) for y in (v, expected))
    assert all(gradient.abs().max() > 0.01 for gradient in theirs)
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b, atol=1e-5 * b.abs().max().item(), rtol=1e-4)


def test_two_halves_with_the_state_carried_equal_one_pass(images, seed):
    net, spikes = lively_net(), encode(images, "lif", SEQ_LENGTH)
    first, state = net(spikes[:5], return_state=True)
    second, end = net(spikes[5:], state, return_state=True)
    assert_close((torch.cat([first, second]), end), net(spikes, return_state=True))
    assert not torch.allclose(net(spikes[5:]), second)  # the state matters


@pytest.mark.parametrize(
    "x, got",
    [
        (torch.zeros(2, 28, 28), "(2, 28, 28)"),
        (torch.zeros(2, 1, 28, 28, dtype=torch.uint8), "torch.uint8"),
        ([[0.0]], "list"),
    ],
)
def test_a_wrong_input_gets_a_sentence_that_says_what_it_was(x, got):
    with pytest.raises(InputError, match=re.escape(got)):
        SpikingConvNet()(x)


def test_training_images_are_distorted_each_another_way(images, seed):
    model = DigitsClassifier(n_hidden=10)
    same = images[:1].expand(4, -1, -1, -1)
    distorted = model.augment(same)
    assert len({tuple(image.flatten().tolist()) for image in distorted}) == 4
    assert distorted.min() >= images.min() - 1e-5 and distorted.max() <= images.max() + 1e-5
    torch.testing.assert_close(
        distorted.mean(), images[:1].mean(), atol=0.1, rtol=0
    )  # the digit is still in it
    spikes = torch.zeros(2, 4, 1, 28, 28)
    assert model.augment(spikes) is spikes
    assert DigitsClassifier(distort=0, n_hidden=10).augment(same) is same


@pytest.mark.parametrize("option, value", [("n_hidden", 0), ("alpha", 0.0), ("distort", 3)])
def test_a_wrong_option_gets_a_sentence_that_names_it(option, value):
    with pytest.raises(InputError, match=f"^{option} is {value}: it must be [^\n]+\\.$"):
        DigitsClassifier(**{option: value})


def test_an_unknown_name_is_refused_with_the_choices():
    sentence = f"decode is 'no_such': it must be one of {', '.join(DECODERS)}."
    with pytest.raises(InputError, match=sentence):
        DigitsClassifier(decode="no_such")


@pytest.mark.parametrize("decode", DECODERS)
def test_logits_are_the_decoded_voltage(decode, images, seed):
    model = DigitsClassifier(SEQ_LENGTH, decode=decode)
    torch.testing.assert_close(model(images), DECODED[decode](model.net(images)))


def test_smoothed_labels_are_trained_with_and_the_loss_of_the_others_is_logged(digits, seed):
    model = DigitsClassifier(SEQ_LENGTH, n_hidden=20, distort=0, label_smoothing=0.5)
    untrained, seen = copy.deepcopy(model), {}
    model.on_train_batch_end = lambda outputs, batch, batch_idx: seen.update(outputs, batch=batch)
    trainer = Trainer(max_steps=1, limit_val_batches=0, enable_checkpointing=False, **QUIET)
    trainer.fit(model, digits)
    images, labels = seen["batch"]
    logits = untrained(images)
    torch.testing.assert_close(
        seen["loss"], F.cross_entropy(logits, labels, label_smoothing=0.5).detach()
    )
    torch.testing.assert_close(
        trainer.callback_metrics["train_loss"], F.cross_entropy(logits, labels).detach()
    )


def rate_warnings(model, digits) -> list[str]:
    """What a validation warns of spike rates and logits."""
    trainer = Trainer(limit_val_batches=1, **QUIET)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        trainer.validate(model, digits, verbose=False)
    assert all(0 <= trainer.callback_metrics[rate_name(name)] <= 1 for name in LAYERS)
    return [
        str(warning.message)
        for warning in caught
        if re.search("spikes|logits", str(warning.message))
    ]


def test_layers_that_hardly_spike_or_always_do_warn(digits, seed):
    dead = DigitsClassifier(encoding="lif", seq_length=2, n_hidden=20)
    said = rate_warnings(dead, digits)
    assert said[0] == "all examples get the same logits: does the network use its input?"
    assert said[-1].startswith("lif3 hardly spikes (rate 0.0000)")
    always = DigitsClassifier(seq_length=2, n_hidden=20)
    torch.nn.init.constant_(always.net.conv1.bias, 1000.0)
    assert rate_warnings(always, digits)[1].startswith(
        "lif1 spikes at nearly every step (rate 1.0000)"
    )
    lively = DigitsClassifier(SEQ_LENGTH, n_hidden=40)
    lively.net.load_state_dict(lively_net().state_dict())
    assert rate_warnings(lively, digits) == []


def learning_rates(processes=1, steps=100, **options) -> list[float]:
    """The learning rate at each of so many steps."""
    model = DigitsClassifier(n_hidden=20, **options)
    model.trainer = SimpleNamespace(world_size=processes, estimated_stepping_batches=steps)
    configured, rates = model.configure_optimizers(), []
    for _ in range(steps):
        rates += configured["lr_scheduler"]["scheduler"].get_last_lr()
        configured["optimizer"].step()
        configured["lr_scheduler"]["scheduler"].step()
    return rates


def test_the_learning_rate_rises_for_a_tenth_of_the_steps_then_falls_to_zero():
    rates = learning_rates(learning_rate=0.5)
    assert (
        rates[0] == pytest.approx(0.05)
        and rates[9] == max(rates) == 0.5
        and rates[99] == pytest.approx(0)
    )
    assert rates[54] == pytest.approx(0.25)  # half-way down the cosine


def test_the_learning_rate_is_scaled_by_the_processes_only_if_asked():
    assert max(learning_rates(processes=4, learning_rate=0.01)) == pytest.approx(0.01)
    scaled = learning_rates(processes=4, learning_rate=0.01, scale_lr=True)
    assert max(scaled) == pytest.approx(0.02)  # by the square root, as Adam asks
