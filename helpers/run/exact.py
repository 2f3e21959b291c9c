"""Train any Lightning script exactly: stopped or killed anywhere, it ends as if left alone.

    from helpers.run.exact import fit

    trainer = fit("runs/mine", Model(), Data(), max_epochs=3)

    python -m helpers.run.exact prove mine.py      stops your script and says what then differs

The same command goes on after Ctrl-C, SIGTERM, SIGHUP, SLURM's warning or `kill -9`, and ends with
the weights of the same command left alone: the same examples in the same order, and the same random
numbers of torch, numpy and random, in any number of processes and of workers that load data. It is
not the same as a plain `Trainer.fit`, which draws other random numbers.

Each batch is seeded by its place: once when its examples are chosen, once when they are loaded, in
whatever worker, and once when they are used. So between two batches no random state has to be kept.
last.ckpt is written there, with the position in each loader and with what Lightning leaves out of a
checkpoint in mid-epoch.

Not exact: StochasticWeightAveraging, limits by the clock, a dataset that remembers, a sampler that
counts its epochs by itself, and an IterableDataset in persistent workers, in another number of
them, or that reads what the training changes. Each is said, as is a change of what is not kept:
names of the script, a DataModule, a sampler's weights, a network in an attribute. Not said: objects
of libraries in attributes. Give them a `state_dict`.

This file needs torch, Lightning and filelock alone, so it may be copied. What Lightning and
PyTorch keep to themselves, and may change without notice, is marked "private".
"""

import atexit
import copy
import gc
import os
import pickle
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import deque, namedtuple
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache, partial
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from weakref import WeakSet

import numpy as np
import torch
import torch.distributed as dist
from filelock import FileLock, Timeout
from torch.nn.parallel import DistributedDataParallel
from torch.nn.utils import prune
from torch.utils._pytree import tree_leaves, tree_map_only  # private
from torch.utils.data import DataLoader, Dataset, IterableDataset, RandomSampler, get_worker_info

# Lightning has two names: the one that the script has imported, or the one that is installed
if "lightning.pytorch" in sys.modules or not find_spec("pytorch_lightning"):
    import lightning.pytorch as pl
else:
    import pytorch_lightning as pl

MisconfigurationException = pl.utilities.exceptions.MisconfigurationException

LAST = "last.ckpt"
PREVIOUS = "previous.ckpt"
LOCK = ".lock"  # held while the run lasts
STOPPED = 130  # exit status
START_AGAIN = 75  # exit status of a job that SLURM is about to end
SIGNALS = [signal.SIGINT, signal.SIGTERM]  # they ask a run to stop
if hasattr(signal, "SIGHUP"):  # not on Windows
    SIGNALS.append(signal.SIGHUP)
TRAIN, VAL, TEST, ORDER, LOADING, EPOCH, UPDATE, TRANSFER = range(8)  # what a seed is for
PROOF = "EXACT_PROOF"  # variable of a script that is proved: a path, named after the start
IS_KEPT = ", and keeps it"
UNWRITABLE = (
    "{} cannot be written ({}): it may be somebody else's, a file, or a link that leads nowhere. "
    "Name another folder."
)


def fit(
    run: Path | str,
    model: pl.LightningModule,
    train_dataloaders=None,
    val_dataloaders=None,
    *,
    every_n_train_steps: int = 50,
    callbacks: list[pl.Callback] | pl.Callback = (),
    ckpt_path: Path | str | None = None,
    keep_last: "KeepLast | None" = None,
    make_trainer: Callable[..., pl.Trainer] = pl.Trainer,
    **options,
) -> pl.Trainer:
    """Train, or go on with, the run in this folder.

    Asked to stop, it saves the run after the step in progress, says so, and exits with status 130;
    with 75 where SLURM has sent SIGUSR1, its warning: the job script then has to requeue the job. A
    second Ctrl-C stops at once. No other process can train in the folder meanwhile.

    Args:
        run: folder of the run, for last.ckpt and the one before it, previous.ckpt
        model: any LightningModule; call `seed_everything` before you make it
        train_dataloaders: a DataModule, or loaders, as `Trainer.fit` takes them
        val_dataloaders: loaders
        every_n_train_steps: write last.ckpt after so many steps; on a GPU, every 5 s at most
        callbacks: those of the Trainer
        ckpt_path: a checkpoint to begin with, where the folder holds none
        keep_last: writes last.ckpt; without it, one that writes the first before the first step
        make_trainer: makes the Trainer
        options: the others of the Trainer

    Returns:
        The Trainer, when the training has come to its end.

    Raises:
        MisconfigurationException: if the folder is in use, its checkpoints are broken, or what is
            to be kept in them is no data, or a weight that is inf or nan
    """
    proof = os.environ.get(PROOF)
    if proof:
        run = Path(proof).with_name("run")
    name = Path(run).expanduser()
    run = name.absolute()  # the script may change its working folder
    if "PL_GLOBAL_SEED" not in os.environ:
        say("seed_everything was not called: the first weights are those of chance")
    in_first_process = pl.utilities.rank_zero_only
    lock = in_first_process(hold)(name)
    if (run / LAST).exists() or (run / PREVIOUS).exists():
        ckpt_path = run / LAST
        say(f"going on with {name} after step {in_first_process(find_last)(run)}")
    if not keep_last:
        keep_last = KeepLast(every_n_train_steps)
        keep_last.begins_with_checkpoint = True
    if isinstance(callbacks, pl.Callback):
        callbacks = [callbacks]
    callbacks = [SeedBatches(), *(callbacks or ()), keep_last]
    for callback in callbacks:
        if not isinstance(callback, pl.Callback):
            raise MisconfigurationException(
                f"callbacks has {callback!r}: it must be a Callback of {pl.__name__}."
            )
        if isinstance(callback, pl.callbacks.ModelCheckpoint) and not callback.dirpath:
            callback.dirpath = str(run / "checkpoints")  # not in that of a logger's next version
    if proof:
        interval = options.get("val_check_interval") or 1.0
        options |= {
            "max_epochs": 3,
            "max_steps": -1,
            "limit_train_batches": 20,
            "limit_val_batches": 2,
            "num_sanity_val_steps": 0,  # as a run that goes on has none
            "val_check_interval": min(interval, 20),
        }
    trainer = make_trainer(default_root_dir=run, callbacks=callbacks, **options)
    atexit.register(leave_processes)
    seed(EPOCH)
    try:
        trainer.fit(model, train_dataloaders, val_dataloaders, ckpt_path=ckpt_path)
    except Exception as error:  # of many kinds, if a worker was killed
        if not end_workers(keep_last.with_workers):
            raise
        print("a process that loads data was killed: start the same command again", file=sys.stderr)
        raise SystemExit(START_AGAIN) from error
    finally:
        for number, handler in keep_last.handlers_before.items():
            signal.signal(number, handler)
        end_workers(keep_last.with_workers)
        if lock:
            lock.release()
    if proof:
        raise SystemExit  # what the script does after the training is not proved
    return trainer


def hold(run: Path) -> FileLock:
    """Take the lock of the folder of a run, or raise MisconfigurationException.

    The process that holds it may take it again. A restart waits for what is left of the start
    before: of a lost node, a network file system may keep the lock for a minute or two.
    """
    patience = 120 if os.environ.get("SLURM_RESTART_COUNT", "0") != "0" else 1  # s
    lock = FileLock(run.absolute() / LOCK, timeout=patience, is_singleton=True)
    try:
        run.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        holder = name_holder(run / LOCK) or "another process"
        raise MisconfigurationException(
            f"{run} is in use by {holder}: wait until it has ended, or name another folder."
        ) from None
    except OSError as error:
        raise MisconfigurationException(UNWRITABLE.format(run, error)) from None
    return lock


def name_holder(lock: Path) -> str:
    """Name the process that holds a lock, and its user.

    The result is empty where Linux does not know them, as of a process on another machine.
    """
    with suppress(OSError, KeyError):
        file = lock.stat()
        name = f"{os.major(file.st_dev):02x}:{os.minor(file.st_dev):02x}:{file.st_ino}"
        for line in Path("/proc/locks").read_text().splitlines():
            if name in line:
                process = line.split()[4]
                return f"process {process} of {Path('/proc', process).owner()}"
    return ""


def say(sentence: str) -> None:
    """Print a sentence, in the first process alone."""
    pl.utilities.rank_zero_only(print)(sentence, flush=True)


def leave_processes() -> None:
    """End the process group: its threads would, rarely, abort Python at its exit."""
    if dist.is_initialized():
        dist.destroy_process_group()


# Seeds


def seed_of_run() -> int:
    """The seed that `seed_everything` was given."""
    return int(os.environ.get("PL_GLOBAL_SEED", 0))


@lru_cache
def seed_of(*place: int) -> int:
    """The seed of a place in the run, independent of that of another place.

    A sum of these numbers would give batch 1 of seed 0 the random numbers of batch 0 of seed 1, so
    they are hashed: numpy.org/doc/stable/reference/random/parallel.html
    """
    return int(np.random.SeedSequence(place).generate_state(1, np.uint64)[0])


class Seeds:
    """Seeds torch, numpy and random, and the generators that these things hold.

    Args:
        things: datasets, networks, callbacks, or anything else
    """

    def __init__(self, *things):
        self.things = things
        self.generators = None  # found at the first call, in each worker's copy

    def __call__(self, *place: int, number: int = 0) -> None:
        """Seed them all by a place in the run.

        Args:
            place: what the seed is for, and the number of the batch or epoch, of the process, and
                so on; zeros at its end change nothing
            number: of the batch, where there are many at one place: hashing takes longer than all
                the rest
        """
        if self.generators is None:
            self.generators = find_generators(self.things)
        # between the numbers of two batches lie those of generators
        number = (seed_of(seed_of_run(), *place) + 1_000_003 * number) % 2**64
        torch.default_generator.manual_seed(number)  # torch.manual_seed takes 90 times as long
        if torch.cuda.is_initialized():
            torch.cuda.manual_seed(number)
        if torch.backends.mps.is_available():
            torch.mps.manual_seed(number)
        np.random.seed(number % 2**32)
        random.seed(number)
        for other, generator in enumerate(self.generators, start=number % 2**32 + 1):
            if isinstance(generator, torch.Generator):
                generator.manual_seed(other)
            elif isinstance(generator, np.random.Generator):
                generator.bit_generator.state = type(generator.bit_generator)(other).state
            else:
                generator.seed(other % 2**32)


seed = Seeds()


def find_generators(thing) -> list:
    """The random generators in the attributes of a dataset and its transforms, or a network.

    And those in the names of the script in which these are defined.
    """
    kinds = torch.Generator, np.random.Generator, np.random.RandomState, random.Random
    found = []
    seen = {}  # the things themselves: the number of one that is gone may become another's
    left = [thing]
    while left:
        thing = left.pop()
        if id(thing) in seen or isinstance(thing, type | ModuleType | pl.Trainer):
            continue
        seen[id(thing)] = thing
        if isinstance(thing, kinds):
            if thing is not torch.default_generator:
                found.append(thing)
            continue
        parts = thing
        if isinstance(thing, dict):
            parts = thing.values()
        elif not isinstance(thing, list | tuple):
            parts = [*getattr(thing, "__dict__", {}).values()]
            parts += gc.get_referents(*(getattr(thing, "__closure__", None) or ()))
            if is_of_script(thing):
                names_of_script = vars(sys.modules[thing.__module__]).values()
                parts += [part for part in names_of_script if isinstance(part, kinds)]
        if len(parts) <= 10_000:  # more are examples: there may be millions, without a generator
            left += reversed(parts)
    return found


class SeedBatches(pl.Callback):
    """Seeds the random numbers with which a batch is used, by its number and the process."""

    # private: what is None is not called, and each call of a hook takes 3 us
    on_before_zero_grad = on_before_backward = on_before_optimizer_step = on_train_batch_end = None

    def setup(self, trainer, module, stage):
        self.seed = Seeds(module, *trainer.callbacks)

    def on_train_epoch_start(self, trainer, module):
        Seeds(module, *trainer.callbacks)(EPOCH, trainer.current_epoch)
        self.setup(trainer, module, "fit")  # other hooks may make generators now

    def on_train_batch_start(self, trainer, *arguments):
        number = trainer.fit_loop.total_batch_idx
        if number % 100 == 0:
            for ahead in range(number, number + 100):  # in a row, they take a quarter of the time
                seed_of(seed_of_run(), TRAIN, ahead, trainer.global_rank)
        self.seed(TRAIN, number, trainer.global_rank)

    def on_after_backward(self, trainer, module):
        # all processes add the same noise to gradients and weights, or these would part
        if trainer.world_size > 1 and module.automatic_optimization:
            self.seed(UPDATE, trainer.fit_loop.total_batch_idx)

    def on_validation_batch_start(self, trainer, module, batch, batch_idx, dataloader_idx=0):
        stage = TEST if trainer.testing else VAL
        self.seed(stage, batch_idx, trainer.global_rank)

    on_test_batch_start = on_validation_batch_start


# Loaders


class KeyedDataset:
    """A dataset that is asked by a place in the run together with an index, or a list of them."""

    was_asked = False

    def __init__(self, dataset: Dataset, collate_fn: Callable):
        self.dataset = dataset
        self.seed = Seeds(dataset, collate_fn)  # the second goes on with the same random numbers

    def __getitem__(self, keyed):
        place, number, index = keyed
        self.seed(*place, number=number)
        return self.dataset[index]

    def __getitems__(self, keyed):
        examples = self._read(*keyed)
        if not self.was_asked and getattr(get_worker_info(), "id", 0) == 0:
            self.was_asked = True
            with suppress(TypeError, RuntimeError):  # what is no data cannot be compared
                if differences(to_data(examples), to_data(self._read(*keyed))):
                    say(
                        "the dataset gives something else for the same index and the same random "
                        "numbers: a run that was stopped is not exact"
                    )
        return examples  # collate_fn goes on with the same random numbers

    def _read(self, place, number, indices):
        self.seed(*place, number=number)
        if hasattr(self.dataset, "__getitems__"):
            return self.dataset.__getitems__(indices)
        # a generator makes an error of a StopIteration, which would end the epoch in silence
        return list(self.dataset[index] for index in indices)


class KeyedOrder:
    """A sampler, or batch sampler, that gives with each choice the place in the run to load it by.

    Each choice has random numbers of its own, so that a sampler may draw one at a time.
    """

    def __init__(self, sampler, loader: "ExactLoader"):
        self.sampler = sampler
        self.loader = loader

    def __iter__(self):
        loader = self.loader
        # without the rank: the processes share one order
        loader.seed(ORDER, *loader.place)
        for number, choice in enumerate(self.sampler):
            if number >= loader.skip:
                yield (LOADING, loader.rank, *loader.place), number, choice
            loader.seed(ORDER, *loader.place, number=number + 1)


class ExactLoader:
    """Takes the place of a loader: seeds its batches, and goes on after those that were used.

    Args:
        loader: a DataLoader, or anything that can be iterated
        stage: TRAIN or VAL
        keep_last: has the Trainer, and gets the iterators that have workers
    """

    loader = None  # a copy asks before it has one
    epoch = -1
    cycle = 0  # a short loader beside a longer one is run through again in its epoch
    skip = 0  # batches that were used before the run was stopped
    given = 0
    is_keyed = False
    n_workers = None  # of a stream: a sampler's choices do not depend on it

    def __init__(self, loader, stage: int, keep_last: "KeepLast"):
        self.loader = loader
        self.stage = stage
        self.trainer = keep_last.trainer
        self.rank = self.trainer.global_rank
        self.with_workers = keep_last.with_workers
        self.source = loader
        if not isinstance(loader, DataLoader):
            if not isinstance(loader, list | tuple):
                say(
                    "a loader that is no DataLoader: if it counts its epochs, or gives its batches "
                    "once only, a run that was stopped is not exact"
                )
            return
        self.source = copy.copy(loader)
        parts = vars(self.source)  # a DataLoader refuses to have them set
        parts["_iterator"] = None
        parts["worker_init_fn"] = partial(begin_worker, loader.worker_init_fn)
        if isinstance(loader.dataset, IterableDataset):
            self.n_workers = loader.num_workers
            say(
                "a stream: if it reads what the training changes, as a replay buffer, or, in "
                "persistent workers, counts its epochs or draws random numbers, a run that was "
                "stopped is not exact"
            )
        else:
            sampler = "sampler" if loader.batch_sampler is None else "batch_sampler"
            inner = getattr(loader.batch_sampler, "sampler", None)
            if any(map(is_of_script, (loader.sampler, loader.batch_sampler, inner))):
                say(
                    "a sampler of the script: if it counts its epochs, and has no set_epoch, a run "
                    "that was stopped is not exact"
                )
            self.is_keyed = True
            parts[sampler] = KeyedOrder(parts[sampler], self)
            parts["dataset"] = KeyedDataset(loader.dataset, loader.collate_fn)

    def __getattr__(self, name):
        return getattr(self.loader, name)

    def __len__(self):
        return len(self.loader)

    def __iter__(self):
        # a generator starts at the first next(), when Lightning has told the sampler its epoch
        loop = self.trainer.fit_loop
        epoch = loop.epoch_progress.current.processed
        if self.stage == VAL:
            epoch = loop.epoch_loop.batch_progress.total.ready
        if epoch != self.epoch:
            self.epoch = epoch
            self.cycle = 0
            self.skip = 0
        self.place = self.stage, epoch, self.cycle
        self.given = self.skip if self.is_keyed else 0
        self.seed = Seeds(self.loader)
        self.seed(ORDER, *self.place)
        batches = iter(self.source)
        if hasattr(batches, "_workers"):  # private
            self.with_workers.add(batches)
        while True:
            if not self.is_keyed:
                self.seed(LOADING, self.rank, *self.place, number=self.given)
            batch = next(batches, batches)
            if batch is batches:  # there are no more
                break
            self.given += 1
            if self.given > self.skip:  # what has no order is loaded anew from its beginning
                # for what is done to it before the step
                seed(TRANSFER, self.rank, *self.place, number=self.given)
                yield batch
        self.cycle += 1
        self.skip = 0

    def state_dict(self) -> dict:
        # batches that Lightning has fetched ahead, where their number is not known
        ahead = len(getattr(self.trainer.fit_loop._data_fetcher, "batches", ()))  # private
        return {
            "epoch": self.epoch,
            "cycle": self.cycle,
            "given": self.given - ahead,
            "number of workers": self.n_workers,
        }

    def load_state_dict(self, state: dict) -> None:
        self.epoch = state["epoch"]
        self.cycle = state["cycle"]
        self.skip = state["given"]
        compare(state, {"number of workers": self.n_workers})


def begin_worker(worker_init_fn, worker_id: int) -> None:
    """Leave signals to the process that trains: a terminal and SLURM send them to workers too.

    And let worker_init_fn change the dataset itself, which lies in one of ours.
    """
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    info = get_worker_info()
    if isinstance(info.dataset, KeyedDataset):
        object.__setattr__(info, "dataset", info.dataset.dataset)
    if worker_init_fn:
        worker_init_fn(worker_id)


def end_workers(iterators: WeakSet) -> bool:
    """End the workers left: Python would wait for them for ever, as they ignore its SIGTERM.

    Returns:
        Whether one of them was killed, as by Linux when the memory is used up.
    """
    workers = []
    for iterator in list(iterators):
        iterator._shutdown_workers()  # private
        workers += iterator._workers
    return any(worker.exitcode == -9 for worker in workers)  # SIGKILL


def compare(
    before: dict,
    now: dict,
    effect: str = ": its results are not those of a run that was never stopped",
) -> None:
    """Say what has changed since the run was stopped, and what follows from it."""
    for what, value in now.items():
        if before.get(what, value) != value:
            say(f"this run began with another {what}, {before[what]} instead of {value}{effect}")


# Checkpoints


class Interrupted(SystemExit):
    """The run was asked to stop, and is saved: the process ends."""


def find_last(run: Path) -> int:
    """Return the number of steps behind last.ckpt of a run.

    If it is missing or broken, previous.ckpt replaces it.

    Raises:
        MisconfigurationException: if that does not help
    """
    last = run / LAST
    for path in (last, run / PREVIOUS):
        try:
            step = WholeCheckpoints().load_checkpoint(path)["global_step"]
        except Exception:  # of many kinds
            continue
        if path != last:
            say(f"{last} is missing or broken: {PREVIOUS}, the one before it, takes its place")
            path.replace(last)
        return step
    raise MisconfigurationException(
        f"{run} has neither a whole {LAST} nor a whole {PREVIOUS} to go on from: "
        "begin a new run, in another folder."
    )


class WholeCheckpoints(pl.plugins.io.TorchCheckpointIO):
    """Writes checkpoints whole or not at all, and reads data alone, never code.

    The last.ckpt before is kept as previous.ckpt. Lightning's own lies in a temporary folder first:
    from another file system, its move is a copy, which may stop half-way.
    """

    was_read = False  # whether a first one was read again

    def save_checkpoint(self, checkpoint, path, storage_options=None):
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.part")
        try:
            with open(part, "wb") as file:
                torch.save(checkpoint, file)
                file.flush()
                os.fsync(file.fileno())
            if not self.was_read:
                self.was_read = True
                read_again(part)
            if path.name == LAST and path.exists():
                keep_previous(path)
            part.replace(path)
        except RuntimeError as error:  # PyTorch's, when the disk is full
            raise (error.__context__ or error) from None
        finally:
            part.unlink(missing_ok=True)

    def load_checkpoint(self, path, map_location="cpu", weights_only=True):
        # whether a byte has changed: PyTorch itself does not look
        if zipfile.is_zipfile(path) and zipfile.ZipFile(path).testzip():
            raise MisconfigurationException(f"{path} is broken: use another checkpoint.")
        return super().load_checkpoint(path, map_location, weights_only=True)


def read_again(path: Path) -> None:
    """Raise MisconfigurationException if a checkpoint holds more than data."""
    try:
        torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except pickle.UnpicklingError as error:
        names = re.findall(r"GLOBAL (\S+)", str(error))
        raise MisconfigurationException(
            f"a checkpoint of this run would hold {', '.join(names) or 'code'}, but only data are "
            "read from it: leave it out of save_hyperparameters and of any state_dict, or allow it "
            "by torch.serialization.add_safe_globals."
        ) from None


def keep_previous(path: Path) -> None:
    """Keep a checkpoint that is about to be replaced as previous.ckpt."""
    previous = path.with_name(PREVIOUS)
    previous.unlink(missing_ok=True)
    try:
        previous.hardlink_to(path)  # not moved: a process that is killed now leaves last.ckpt, too
    except OSError:  # a file system without links
        path.replace(previous)


class KeepLast(pl.callbacks.Checkpoint):
    """Writes last.ckpt, goes on from it exactly, and stops the training when it is asked to.

    It writes every few steps, after each epoch, and before it stops: on Ctrl-C, SIGTERM, SIGHUP and
    SLURM's warning. It stops only between two steps: in the middle of one, weights are half updated
    or gradients half accumulated. Where a validation is due after the step, it comes first.

    A GPU does a step in milliseconds: to ask all processes takes as long, to write a checkpoint far
    longer. So there it looks for a signal every ten steps, all processes at the same one, and
    writes every 5 s at most.

    Args:
        every_n_train_steps: write last.ckpt after so many steps; on a GPU, every 5 s at most
    """

    # private, as in SeedBatches
    on_before_zero_grad = on_before_backward = on_before_optimizer_step = on_train_batch_end = None
    on_train_batch_start = on_after_backward = None

    begins_with_checkpoint = False  # whether it writes one before the first step, too
    how_to_go_on = "the same command goes on"
    trainer = None
    steps_between_looks = 1
    seconds_between_saves = 0.0
    saved_at = 0.0  # s, by the monotonic clock
    asked_for = 0  # the exit status that a signal has asked for

    def __init__(self, every_n_train_steps: int = 50):
        if every_n_train_steps < 1 or every_n_train_steps % 1:
            raise MisconfigurationException(
                f"last.every_n_train_steps is {every_n_train_steps}: it must be a whole number "
                "from 1 on."
            )
        self.every_n_train_steps = every_n_train_steps
        self.handlers_before = {}
        self.with_workers = WeakSet()  # iterators over data, also of a test that comes later
        atexit.register(end_workers, self.with_workers)
        self.said = set()  # names of what is not kept and changes
        self.facts = {}  # by which the results of the run so far were made
        self.left_out = []  # of Lightning's checkpoint, for each process

    def is_requeued(self) -> bool:
        """Whether SLURM, which has sent its warning, will start the job again by itself."""
        return False

    def state_dict(self) -> dict:
        return {"facts": self.facts, "left out": self.left_out}

    def load_state_dict(self, state: dict) -> None:
        if "left out" not in state:
            raise MisconfigurationException(
                "this checkpoint was written by another version of the course: begin a new run."
            )
        self.facts = state["facts"]
        self.left_out = state["left out"]

    def setup(self, trainer, module, stage):
        if stage != "fit" or trainer is self.trainer:
            return
        self.trainer = trainer
        self.options = {  # a hook may freeze weights when a checkpoint is loaded
            f"requires_grad of {name}": weight.requires_grad
            for name, weight in module.named_parameters()
        }
        epochs = trainer.fit_loop
        batches = epochs.epoch_loop
        strategy = trainer.strategy
        strategy.checkpoint_io = WholeCheckpoints()
        strategy.process_dataloader = partial(self._take_loader, strategy.process_dataloader)
        trainer.save_checkpoint = partial(self._write, trainer.save_checkpoint)
        for source in (epochs._data_source, batches.val_loop._data_source):  # private
            source.dataloader = partial(self._make_loader, source.dataloader)
        # a callback's hooks come before those of the module and before a validation
        epochs.run = partial(self._run, epochs.run)
        epochs.on_run_start = partial(self._begin, epochs.on_run_start)
        epochs.on_advance_end = partial(self._end_epoch, epochs.on_advance_end)
        batches.on_run_start = partial(self._begin_epoch, batches.on_run_start)
        batches.on_advance_end = partial(self._end_batch, batches.on_advance_end)
        # private: Lightning's own handlers wait for other processes, wherever those are
        trainer._signal_connector.register_signal_handlers = lambda: None
        if trainer.ckpt_path:
            trainer.num_sanity_val_steps = 0  # it draws random numbers
        if "SLURM_JOB_ID" in os.environ:
            # its warning stays pending, also in new threads and workers; those there are may get it
            signal.signal(signal.SIGUSR1, self._take_warning)
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
        for one in trainer.callbacks:
            if isinstance(one, pl.callbacks.StochasticWeightAveraging | pl.callbacks.Timer):
                say(f"with {type(one).__name__}, a run that was stopped is not exact")
        if getattr(trainer, "_val_check_time_interval", None):  # private
            say("with validations by the clock, a run that was stopped is not exact")

    def on_fit_start(self, trainer, module):
        self.options |= options_of(trainer)  # a checkpoint is about to bring its own

    def _write(self, write, *arguments, **options):
        """Write a checkpoint, whoever asks for it."""
        if self.trainer.global_step:  # before, a weight may wait for its first numbers
            check_numbers(self.trainer, f"step {self.trainer.global_step}")
        write(*arguments, **options)

    def _make_loader(self, make):
        """Make a loader alike in each start: data may be drawn or split at random with it."""
        epoch = 0
        if self.trainer.reload_dataloaders_every_n_epochs:
            epoch = self.trainer.current_epoch
        with pl.utilities.seed.isolate_rng():
            seed(EPOCH, epoch)
            return make()

    def _take_loader(self, process, loader):
        stage = TRAIN if self.trainer.training else VAL
        return ExactLoader(process(loader), stage, self)

    def _run(self, run):
        epochs = self.trainer.fit_loop
        # with max_steps, Lightning takes the end of an epoch for its middle
        progress = epochs.epoch_progress.current
        pl.loops._Loop.restarting.fset(epochs, progress.processed != progress.started)
        if epochs._data_fetcher:  # private: loaders were asked for, to count steps, and are set now
            epochs._load_combined_loader_states()
            iter(epochs._data_fetcher)
        run()
        n_batches = epochs.epoch_loop.batch_progress.total.ready
        if 0 in (n_batches, epochs.max_batches, self.trainer.limit_train_batches):
            raise MisconfigurationException(
                "there is no batch to train on: the loader gives none, as with drop_last and fewer "
                "examples than a batch has, or limit_train_batches, max_epochs or max_steps is 0."
            )
        if not self.handlers_before:  # it was stopped at its very end: the last hooks are left
            say("this run is done: nothing is left to train")
            epochs.on_run_start()
            epochs.on_run_end()

    def _begin(self, begin):
        begin()
        trainer = self.trainer
        self._compare_facts()
        if trainer.strategy.root_device.type == "cuda":
            self.steps_between_looks = 10
            self.seconds_between_saves = 5.0
        sort_gradients(trainer.model)
        self.attributes_before = copy.deepcopy(attributes_of(trainer))
        for number in SIGNALS:
            before = signal.getsignal(number)
            if number in SIGNALS[:2] or before != signal.SIG_IGN:  # nohup ignores SIGHUP
                self.handlers_before[number] = signal.signal(number, self._ask_to_stop)
        if self.left_out:
            # private: a last batch has ended, also where Lightning guesses something else, as a
            # loader has given None in the place of one
            trainer.fit_loop.epoch_loop._restart_stage = "restarted_on_last"
            if trainer.fit_loop.restarted_mid_epoch:
                begin_epoch_again(trainer)
            kept = self.left_out[trainer.global_rank % len(self.left_out)]
            restore(trainer, kept, self.attributes_before)
        elif self.begins_with_checkpoint:
            self._save(is_due=True)
        if trainer.ckpt_path:
            check_numbers(trainer, trainer.ckpt_path)

    def _compare_facts(self):
        trainer = self.trainer
        before = self.facts
        _, *trainers = trained(trainer)  # without the weights
        what_trains = [type(one).__name__ for one in trainers]
        what_trained = before.get("what trains", what_trains)
        if what_trained != what_trains:
            raise MisconfigurationException(
                f"this run began with {', '.join(what_trained)}, and cannot go on with "
                f"{', '.join(what_trains)}: name another folder."
            )
        sampler = getattr(trainer.train_dataloader, "sampler", None)
        facts = {
            "what trains": what_trains,
            "number of processes": trainer.world_size,
            "batch size": getattr(trainer.train_dataloader, "batch_size", None),
            "shuffle": isinstance(sampler, RandomSampler) or getattr(sampler, "shuffle", 0) is True,
            "seed": seed_of_run(),
            "number of threads": torch.get_num_threads(),
            "processor": name_of_processor(trainer.strategy.root_device),
            "number of batches": trainer.num_training_batches,
            "precision": trainer.precision,
            "gradient_clip_val": trainer.gradient_clip_val,
            "gradient_clip_algorithm": trainer.gradient_clip_algorithm,
            "accumulate_grad_batches": trainer.accumulate_grad_batches,
        }
        compare(before, facts)
        compare(before, self.options, IS_KEPT)
        self.facts = facts | self.options
        size = facts["batch size"]
        is_other_size = size and before.get("batch size", size) != size
        if is_other_size and trainer.fit_loop.restarted_mid_epoch:  # the epoch begins again
            trainer.fit_loop.epoch_loop.batch_progress.current.reset()
            trainer.train_dataloader.skip = 0

    def _ask_to_stop(self, number, frame):
        self.asked_for = STOPPED
        # a second Ctrl-C stops at once, but not a second SIGTERM, which SLURM may well send
        signal.signal(signal.SIGINT, self.handlers_before[signal.SIGINT])

    def _take_warning(self, number, frame):
        self.asked_for = START_AGAIN

    def _begin_epoch(self, begin, fetcher):
        self.not_kept = not_kept(self.trainer)  # its hooks have changed what they change
        begin(fetcher)

    def _end_batch(self, end, fetcher):
        trainer = self.trainer
        batches = trainer.fit_loop.epoch_loop
        middle = trainer.num_training_batches // 2
        is_middle = trainer.current_epoch == 1 and batches.batch_idx == middle
        if is_middle and os.environ.get(PROOF, "").endswith("stopped"):
            self.steps_between_looks = 1
            signal.raise_signal(signal.SIGTERM)
        if batches._skip_next_val:  # private: going on, it comes to the end of a batch once more
            batches._skip_next_val = False
            return
        end(fetcher)
        # private
        if not (batches._is_training_done or batches._should_accumulate() or batches.done):
            self._save()

    def _end_epoch(self, end):
        # else Lightning leaves ReduceLROnPlateau out at the end of an epoch that was stopped
        self.trainer.fit_loop._restarting = False  # private
        end()
        for name in changed(self.not_kept, not_kept(self.trainer)):
            if name not in self.said:
                self.said.add(name)
                say(
                    f"{name} changes in the training, and is not kept: a run that was stopped is "
                    "not exact. Keep it in an attribute of the module, or in a state_dict."
                )
        self._save(is_due=True)

    def _save(self, is_due=False):
        trainer = self.trainer
        step = trainer.global_step
        is_step_due = step % self.every_n_train_steps == 0
        if not (is_due or is_step_due or step % self.steps_between_looks == 0):
            return
        # the clocks differ: what one process finds is done by all
        any_process = partial(trainer.strategy.reduce_boolean_decision, all=False)
        asked_for = self.asked_for
        if "SLURM_JOB_ID" in os.environ and signal.SIGUSR1 in signal.sigpending():
            asked_for = START_AGAIN
        stops = any_process(asked_for > 0)
        is_late = time.monotonic() - self.saved_at >= self.seconds_between_saves
        if stops or is_due or is_step_due and any_process(is_late):
            for logger in trainer.loggers:  # what a resumed run will not log again
                logger.save()
            self.left_out = gather(left_out(trainer, self.attributes_before))
            trainer.save_checkpoint(Path(trainer.default_root_dir, LAST), weights_only=False)
            self.saved_at = time.monotonic()
        if stops:
            status = STOPPED
            if any_process(asked_for == START_AGAIN):
                # the first process asks SLURM, and all do what it hears
                is_requeued = any_process(trainer.is_global_zero and self.is_requeued())
                status = STOPPED if is_requeued else START_AGAIN
            say(f"\nstopped after step {step}; {self.how_to_go_on}")
            raise Interrupted(status)


def options_of(trainer: pl.Trainer) -> dict:
    """Learning rates, weight decays and the like, as the script has them."""
    parts = {}
    for number, one in enumerate(trainer.optimizers, start=1):
        for place, group in enumerate(one.param_groups, start=1):
            group_of = f"group {place} of " if place > 1 else ""
            rate = group.get("initial_lr", group.get("lr"))  # that of now may be a schedule's
            parts[f"{group_of}optimizer {number}"] = group | {"lr": rate}
    for number, one in enumerate(trainer.lr_scheduler_configs, start=1):
        parts[f"scheduler {number}"] = one.scheduler.state_dict()
    options = {}
    for place, part in parts.items():
        for name, value in part.items():
            is_option = name not in ("params", "initial_lr", "base_lrs") and name[0] != "_"
            if is_option:
                with suppress(TypeError):
                    options[f"{name} of {place}"] = to_data(value)
    return options


def check_numbers(trainer: pl.Trainer, where: Path | str) -> None:
    """Raise MisconfigurationException if the training has come to inf or nan.

    An infinity may be meant in what is not trained, and in the state of an optimizer.

    Args:
        trainer: with the weights and the optimizers
        where: a checkpoint that was loaded, or the step after which one is to be written
    """
    weights = [w for w in trainer.lightning_module.parameters() if w.requires_grad]
    states = filter(torch.is_tensor, tree_leaves(states_of(trainer.optimizers)))
    if not all(w.isfinite().all() for w in weights) or any(y.isnan().any() for y in states):
        raise MisconfigurationException(
            f"{where} has a weight, or the state of an optimizer, with inf or nan: train from "
            "another checkpoint, or begin a new run, in another folder, with a lower learning rate."
        )


def name_of_processor(device: torch.device) -> str:
    """The GPU of this process, or its processor, if Linux knows it."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    with suppress(OSError, TypeError):  # no such file, or no such line
        return re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())[1]
    return ""


def count_processes() -> int:
    return dist.get_world_size() if dist.is_initialized() else 1


def gather(value) -> list:
    """Return the values of all processes."""
    values = [value] * count_processes()
    if len(values) > 1:
        dist.all_gather_object(values, value)
    return values


def sort_gradients(net: torch.nn.Module) -> None:
    """Have DDP sort the gradients into their final buckets now, not in the first training step.

    DDP begins each start with one bucket for all gradients, and sorts them anew after the first
    backward pass, by the order in which they were ready. The processes' gradients are added up in
    an order that depends on the place in the bucket. So from three processes on (with two, a + b is
    b + a) the first step of a resumed run would be rounded otherwise than the same step of a run
    that was never stopped.
    """
    if not isinstance(net, DistributedDataParallel):
        return
    if not net.module.automatic_optimization:
        net.require_forward_param_sync = False  # else the first step alone sends buffers
    if net.find_unused_parameters or net.static_graph:
        return
    net.reducer.prepare_for_backward([])  # private: no forward pass has come before
    torch.autograd.backward([weight.sum() for weight in net.parameters() if weight.requires_grad])
    net.zero_grad()


# What Lightning leaves out of a checkpoint in mid-epoch; most names here are private

REDUCTIONS = torch.mean, torch.sum, torch.max, torch.min, sum, max, min
NOT_THE_USERS = {*vars(pl.LightningModule())} - {"training"}  # attributes of every module
INSTALLED = os.path.dirname(os.__file__), os.path.dirname(torch.__path__[0])
DATASET = "the dataset"  # of which numbers alone are kept


def left_out(trainer: pl.Trainer, attributes_before: dict) -> dict:
    """Return, as data, what this process needs beside Lightning's checkpoint to go on exactly.

    Args:
        trainer: between two batches
        attributes_before: those before the training
    """
    module = trainer.lightning_module
    is_manual = not module.automatic_optimization  # then gradients may be half accumulated
    return {
        "logged": how_it_was_logged(trainer),
        "attributes": changed(attributes_of(trainer), attributes_before),
        "weights": {
            name: (weight.requires_grad, weight.grad if is_manual else None)
            for name, weight in module.named_parameters()
        },
        # Lightning keeps these of the first process
        "buffers": dict(module.named_buffers()),
        "callbacks": {one.state_key: one.state_dict() for one in callbacks_of(trainer)},
        "parted": states_if_parted(trainer),
    }


def restore(trainer: pl.Trainer, kept: dict, attributes_before: dict) -> None:
    """Restore what `left_out` has returned in this process.

    Args:
        attributes_before: those before the training; hooks may have changed them since
    """
    module = trainer.lightning_module
    for name in kept["weights"].keys() - dict(module.named_parameters()):  # it was pruned
        owner, _, pruned = name.removesuffix("_orig").rpartition(".")
        prune.identity(module.get_submodule(owner), pruned)  # makes the mask, which is filled now
    for name, buffer in module.named_buffers():
        if name in kept["buffers"]:
            buffer.data = kept["buffers"][name].to(buffer.device)
    for name, weight in module.named_parameters():
        weight.requires_grad, gradient = kept["weights"][name]
        if gradient is not None:
            weight.grad = gradient.to(module.device)
    load_states(trained(trainer), kept["parted"])
    for callback in callbacks_of(trainer):
        if callback.state_key in kept["callbacks"]:
            callback.load_state_dict(kept["callbacks"][callback.state_key])
    log_again(trainer, kept["logged"])
    filled = [*module.parameters(), *module.buffers()]
    owners = owners_of(trainer)
    attributes = attributes_before | kept["attributes"]
    for place, data in changed(attributes, attributes_of(trainer)).items():
        owner, _, name = place.rpartition(".")
        if owner in owners:  # an object of the script may be made later
            parts = vars(owners[owner])
            parts[name] = from_data(data, parts.get(name), filled)


def begin_epoch_again(trainer: pl.Trainer) -> None:
    """Call the hooks of an epoch's beginning, for what they change that is in no checkpoint.

    They may make an object, freeze a layer, or set how many gradients are accumulated. What they do
    to weights and optimisers is taken back, as the checkpoint has it, and what they log is dropped.
    """
    copied = partial(torch.Tensor.to, device="cpu", copy=True)  # no room on a GPU for them twice
    states = tree_map_only(torch.Tensor, copied, states_of(trained(trainer)))
    loggers = trainer.loggers
    trainer.loggers = [pl.loggers.logger.DummyLogger()] * len(loggers)
    pl.trainer.call._call_callback_hooks(trainer, "on_train_epoch_start")  # private
    pl.trainer.call._call_lightning_module_hook(trainer, "on_train_epoch_start")
    trainer.loggers = loggers
    load_states(trained(trainer), states)


def trained(trainer: pl.Trainer) -> list:
    """The weights, their optimisers, and the schedulers of the learning rates."""
    weights = torch.nn.ParameterList(trainer.lightning_module.parameters())
    schedulers = [config.scheduler for config in trainer.lr_scheduler_configs]
    return [weights, *trainer.optimizers, *schedulers]


def states_of(things: list) -> list[dict]:
    """Return what each of these keeps by itself."""
    return [one.state_dict() for one in things]


def load_states(things: list, states: list[dict]) -> None:
    """Load what `states_of` has returned; nothing, if that is an empty list."""
    for one, state in zip(things, states):
        one.load_state_dict(state)


def states_if_parted(trainer: pl.Trainer) -> list[dict]:
    """Return what this process has trained, if others have other weights or learning rates now.

    They began with those of the first one. But DDP averages no gradients of a layer that was frozen
    at first, and a hook of the script may do something else in each process.
    """
    if not isinstance(trainer.model, DistributedDataParallel):
        return []
    numbers = [weight.sum().item() for weight in trainer.model.parameters()]
    numbers += [group["lr"] for one in trainer.optimizers for group in one.param_groups]
    if all(other == numbers for other in gather(numbers)):
        return []
    return states_of(trained(trainer))


def how_it_was_logged(trainer: pl.Trainer) -> list[dict]:
    """Return how metrics were logged. Their sums so far are attributes of Lightning's results."""
    found = []
    for result in trainer.fit_loop.epoch_loop._results.values():
        meta = result.meta
        log = {
            **vars(meta),
            "reduce_fx": REDUCTIONS.index(meta.reduce_fx),
            "sync_dist": meta.sync.should,
            "rank_zero_only": meta.sync.rank_zero_only,
        }
        del log["_sync"], log["dataloader_idx"]
        found.append(log)
    return found


def log_again(trainer: pl.Trainer, found: list[dict]) -> None:
    """Make the results again of which `how_it_was_logged` tells."""
    results = trainer.fit_loop.epoch_loop._results
    results.clear()
    metrics = dict(trainer.lightning_module.named_modules())
    zero = torch.tensor(0.0, device=trainer.strategy.root_device)
    for one in found:
        results.log(
            **{**one, "reduce_fx": REDUCTIONS[one["reduce_fx"]]},
            value=metrics.get(one["metric_attribute"], zero),
            sync_dist_fn=trainer.strategy.reduce,
        )


def owners_of(trainer: pl.Trainer) -> dict:
    """Those whose attributes are kept, with the script's objects in them.

    They are the modules, the Trainer, what Lightning has logged, the optimisers, and the callbacks
    without a state_dict.
    """
    callbacks = [
        one for one in callbacks_of(trainer) if type(one).state_dict is pl.Callback.state_dict
    ]
    left = [
        *trainer.lightning_module.named_modules(),
        *trainer.fit_loop.epoch_loop._results.items(),
        ("what is logged", trainer._logger_connector),
        ("the Trainer", trainer),
    ]
    for one in [*callbacks, *trainer.optimizers]:
        number = sum(type(other) is type(one) for _, other in left)
        left.append((f"{type(one).__name__} {number}", one))
    for place, owner in left:
        for name, part in vars(owner).items():
            if is_object_of_script(part) and not any(part is known for _, known in left):
                left.append((f"{place}.{name}", part))
    owners = dict(left)
    dataset = getattr(trainer.train_dataloader, "dataset", None)
    if hasattr(dataset, "__dict__"):
        owners[DATASET] = dataset
    return owners


def callbacks_of(trainer: pl.Trainer) -> list[pl.Callback]:
    """Those that are kept. Those that only show something may come and go between two starts."""
    others = pl.callbacks.ProgressBar | pl.callbacks.ModelSummary | KeepLast
    return [callback for callback in trainer.callbacks if not isinstance(callback, others)]


def is_of_script(thing) -> bool:
    """Whether a function, or the class of a thing, is defined in no installed package."""
    module = sys.modules.get(getattr(thing, "__module__", None))
    path = getattr(module, "__file__", None) or ""
    is_installed = not path or "-packages" in path or path.startswith(INSTALLED)
    return module is sys.modules["__main__"] or not is_installed


def is_object_of_script(thing) -> bool:
    """Whether this is an object with attributes, as a dataclass or a schedule is."""
    others = type | torch.nn.Module | Dataset | pl.LightningDataModule
    return hasattr(thing, "__dict__") and not isinstance(thing, others) and is_of_script(thing)


def attributes_of(trainer: pl.Trainer) -> dict[str, object]:
    """The attributes that are data, as data."""
    found = {}
    for owner, thing in owners_of(trainer).items():
        for name, part in vars(thing).items():
            may_be_large = owner == DATASET and not isinstance(part, int | float)
            if name not in NOT_THE_USERS and not may_be_large:
                with suppress(TypeError):
                    found[f"{owner}.{name}"] = to_data(part)
    return found


def not_kept(trainer: pl.Trainer) -> dict[str, object]:
    """What may change while it trains, and no checkpoint holds: its name, with sums for tensors.

    These are names of the script, attributes of a DataModule or of the sampler of a single loader,
    and networks in attributes that Lightning does not know.
    """
    others = [
        sys.modules["__main__"],
        trainer.datamodule,
        getattr(trainer.train_dataloader, "sampler", None),
    ]
    known = {*trainer.model.modules()}
    found = {}
    for owner in [*owners_of(trainer).values(), *others]:
        is_kept = not any(owner is other for other in others)
        for name, part in getattr(owner, "__dict__", {}).items():
            # and no proxy of one
            if issubclass(type(part), torch.nn.Module) and part not in known:
                part = part.state_dict()
            elif is_kept:
                continue
            n_bytes = getattr(part, "nbytes", 100 * sys.getsizeof(part))
            if n_bytes < 1e8:  # a long list takes longer than a large tensor
                place = f"{name} of {getattr(owner, '__name__', type(owner).__name__)}"
                with suppress(TypeError):
                    found[place] = tree_map_only(torch.Tensor, torch.sum, to_data(part))
    return found


def to_data(value):
    """Return a value as what a checkpoint may hold: numbers, strings, tensors, lists and dicts.

    Raises:
        TypeError: if it is something else
    """
    match value:
        case torch.nn.Parameter():
            pass
        case torch.Tensor():
            if not value.is_leaf:
                value = value.detach()
            return value if value.device.type == "cpu" else {"a tensor on a GPU": value}
        case np.ndarray() | np.generic():
            return {"an array of numpy": torch.from_numpy(np.array(value))}
        case dict():
            return {to_data(name): to_data(part) for name, part in value.items()}
        case deque():
            return {"a deque": to_data([*value]), "maxlen": value.maxlen}
        case tuple() if hasattr(value, "_fields"):
            return {"a namedtuple": to_data(value._asdict()), "name": type(value).__name__}
    for kind in (list, tuple, set):
        if isinstance(value, kind):
            return kind(map(to_data, value))
    if type(value) in (type(None), bool, int, float, complex, str, bytes):
        return value
    raise TypeError(f"{type(value).__name__} is no data")


def from_data(data, now, filled: list[torch.Tensor]):
    """Return the value that `to_data` has made data of.

    A tensor is filled again where it stands, as it may have another name too: that of a weight, or
    one in a list for clipping. Two names of one tensor that have become two tensors part.

    Args:
        data: from a checkpoint
        now: what stands in its place; a dict of a kind of its own is filled anew
        filled: the tensors that are as they should be, first those of the network. They are held,
            as their places in memory are used again.
    """
    match data:
        case torch.Tensor():
            if not isinstance(now, torch.Tensor):
                return data
            if now.shape != data.shape or now.dtype != data.dtype:
                return data
            if not differences(now, data.to(now.device)):
                return now
            if any(now.data_ptr() == other.data_ptr() for other in filled):
                return data
            filled.append(now)
            now.data.copy_(data)
            return now
        case list() | tuple():
            before = dict(enumerate(now)) if isinstance(now, list | tuple | deque) else {}
            return type(data)(from_data(part, before.get(n), filled) for n, part in enumerate(data))
        case {"an array of numpy": array}:
            return array.numpy()[()]
        case {"a tensor on a GPU": part}:
            part.data = part.data.to(filled[0].device)
            return from_data(part, now, filled)
        case {"a deque": parts, "maxlen": maxlen}:
            return deque(from_data(parts, now, filled), maxlen)
        case {"a namedtuple": parts, "name": name}:
            make = type(now) if hasattr(now, "_fields") else namedtuple(name, parts)
            return make(**from_data(parts, None, filled))
        case dict():
            before = now if isinstance(now, dict) else {}
            parts = {name: from_data(part, before.get(name), filled) for name, part in data.items()}
            before.clear()
            before.update(parts)
            return before
    return data


def changed(now: dict, before: dict) -> dict:
    """What of these data is new, or differs from before."""
    return {
        name: data
        for name, data in now.items()
        if name not in before or differences(data, before[name])
    }


def differences(a, b, place: str = "") -> list[str]:
    """The names of what differs between two values that are data, be it by one bit.

    Of a list, it is the first.
    """
    if type(a) is not type(b):
        return [place]
    if isinstance(a, list | tuple):
        return differences(dict(enumerate(a)), dict(enumerate(b)), place)[:1]
    if isinstance(a, dict):
        found = []
        for name in {**a, **b}:
            found += differences(a.get(name, ...), b.get(name, ...), f"{place} {name}")
        return found
    if isinstance(a, torch.Tensor):
        is_same = a.dtype == b.dtype and torch.equal(a.nan_to_num(), b.nan_to_num())
    else:
        is_same = a == b or a != a and b != b  # not a number, twice
    return [] if is_same else [place]


# Proof


def prove(*command: str) -> int:
    """Run a script once alone, and once stopped by a signal and started again, and compare them.

    Both train for three epochs of 20 batches at most, in a folder of their own, and the signal
    comes in the middle of the second.

    Args:
        command: words after `python`: a script that calls `fit`, and its arguments, or
            -m torch.distributed.run --nproc-per-node=2 before these

    Returns:
        How many things differ at the end, which it names.
    """
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder, "run")
        alone = Path(folder, "alone")
        for start in ("alone", "stopped", "resumed"):
            if start == "stopped":
                run.rename(alone)
            environment = os.environ | {PROOF: f"{folder}/{start}"}
            status = subprocess.call([sys.executable, *command], env=environment)
            # torchrun calls any status that is not 0 a failure
            if (status == 0) == (start == "stopped") or not (run / LAST).exists():
                sys.exit(
                    f"{' '.join(command)} has ended with status {status}: it has to train by fit, "
                    "for two epochs or more."
                )
        ends = [torch.load(one / LAST, weights_only=True) for one in (alone, run)]
    found = differences(*ends)
    print(*(found or ["nothing differs"]), sep="\n")
    return len(found)


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] != "prove" or "RANK" in os.environ:
        sys.exit(
            "usage: python exact.py prove [-m torch.distributed.run --nproc-per-node=2] SCRIPT "
            "[ARGUMENTS]"
        )
    sys.exit(prove(*sys.argv[2:]) > 0)
