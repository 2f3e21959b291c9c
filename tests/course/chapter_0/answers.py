"""Answers to the exercises of chapter 0."""

from helpers.course.chapter_0 import check
from tests.course.judge.answers import edited

run = edited(
    "spike, state = neuron(x_t, state)\ni.append(state.i)\nv.append(state.v)\nz.append(spike)"
)
layers = edited("""\
last = [Flatten(), Linear(50 * 4 * 4, 500), norse.LIFCell()]
last += [Linear(500, 10), norse.LICell()]""")
job = edited("""\
#!/bin/bash
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=4
#SBATCH --gpus-per-node=4
#SBATCH --signal=SIGUSR1@120
#SBATCH --requeue
#SBATCH --open-mode=append
srun python -m helpers.train fit --run=/scratch/runs/$SLURM_JOB_ID
""")
step = edited("images, labels = batch\nreturn cross_entropy(self(images), labels)")


RIGHT = {
    check.run_neuron: [
        run(),
        "s, state = neuron(x_t, state)\nfor values, y in ((i, state.i), (v, state.v), (z, s)):\n    values.append(y)",
    ],
    check.build: [
        layers(),
        layers("50 * 4 * 4", "800"),
        layers("last = ", "first[2] = MaxPool2d((2, 2))\nlast = "),
        "last = Flatten(), Linear(800, 500), norse.LIFCell(), Linear(500, 10), norse.LICell()",
    ],
    check.training_step: [
        step(),
        step(
            "images, labels = batch",
            "images, labels = (part.to(self.device) for part in batch)\nself.print(1)",
        ),
        step("return", "loss =")
        + "\nself.log('train_loss', loss, prog_bar=True)\nself.log_dict({'loss': loss})\nreturn loss",
        "x, y = batch\nlogits = self.forward(x)\nreturn -logits.log_softmax(1)[range(len(y)), y].mean()",
        step("cross_entropy", "torch.nn.CrossEntropyLoss()"),
        step("return", "loss =") + "\nreturn {'loss': loss}",
    ],
    check.job: [
        job(),
        job("SIG"),
        job("SIGUSR1", "10"),
        job("SIG", "R:SIG"),
        job("gpus-per-node=4", "gpus-per-node=h100:4"),
        job("nodes=2", "nodes=2-2"),
        job("SIGUSR1@120", '"SIGUSR1@120"'),
        job("SIGUSR1@120", "'SIGUSR1@120'"),
        job("--nodes=2", "--nodes 2"),
        job("#SBATCH ", "#SBATCH\t"),
    ],
}
WRONG = {
    check.run_neuron: {
        "The lists are still empty": "spike, state = neuron(x_t, state)",
        "i[0, 0] should be 0.268": run("neuron(", "norse.LIFCell()("),
        "z[8, 2] should be 1: yours is 0": run(
            "z.append(spike)", "z.append((state.v > 1).float())"
        ),
        "i should be shaped (30, 2) here: yours is (40, 2)": lambda neuron, x: (
            check.run_neuron.ours(neuron, x.repeat(2, 1)[:40])
        ),
        "i holds what should be in v": (
            run("i.append(state.i)\nv.append(state.v)", "i.append(state.v)\nv.append(state.i)")
        ),
        "z should be shaped (40, 3)": run("z.append(spike)", "z.append(spike.sum())"),
    },
    check.build: {
        "LIFCell takes no size": layers("LIFCell()", "LIFCell(500)"),
        "norse.LICell(), without parameters": layers("LICell()", "LICell(norse.LIFParameters())"),
        "without parameters": layers(
            "LICell()", "LICell(norse.LIParameters(tau_mem_inv=torch.tensor(50.0)))"
        ),
        "Layer 3 should be MaxPool2d(kernel_size=2": layers(
            "last = ", "first[2] = MaxPool2d(1, 2)\nlast = "
        ),
        "Layer 10, Linear, is frozen": layers() + "\nlast[3].requires_grad_(False)",
        "Layer 8 should be Linear: yours is LIFCell": layers("Linear(50 * 4 * 4, 500), "),
        "Layer 11 should be LICell: yours is LIFCell. LIF fires, LI does not": layers(
            "LICell", "LIFCell"
        ),
        "yours is Linear(in_features=400, out_features=500": layers("50 * 4 * 4", "50 * 4 * 2"),
        "out_features=10, bias=True): yours is Linear(": layers("500, 10", "500, 10, bias=False"),
        "Layer 6 should be MaxPool2d(kernel_size=2": layers(
            "last = ", "second[2] = MaxPool2d(3)\nlast = "
        ),
        "what is missing is LICell": layers(", norse.LICell()"),
        "The readout must be last; yours is followed by Softmax": layers(
            "LICell()", "LICell(), torch.nn.Softmax(1)"
        ),
        "made with brackets: norse.LIFCell()": layers(
            "500), norse.LIFCell()", "500), norse.LIFCell"
        ),
    },
    check.training_step: {
        "must be Tensor, not tuple self(images) goes through all time steps": (
            step("self(images)", "self.network(images)")
        ),
        "leave out backward()": step("return", "loss =") + "\nloss.backward()\nreturn loss",
        "The loss should be": step("labels)", "torch.arange(len(images)))"),
        "should be one number: yours is a tensor shaped (4, 10)": step(
            "cross_entropy(self(images), labels)", "self(images)"
        ),
        "a mean over the images, should be one number": step(
            "labels)", "labels, reduction='none')"
        ),
        "argmax has no slope to follow": "inputs, labels = batch\nreturn (self(inputs).argmax(1) != labels).float().mean()",
        "That is a mean square": "x, labels = batch\nwanted = torch.eye(10)[labels]\n"
        "return (self(x).softmax(1) - wanted).square().mean()",
        "detach() and no_grad() cut it off": (
            step("labels)", "labels).item()"),
            step("self(images)", "self(images).detach()") + ".requires_grad_()",
        ),
        "shape mismatch: indexing tensors": "x, y = batch\nreturn -self(x).log_softmax(1)[range(6), y].mean()",
        "changes batch in place": "batch[0].mul_(2)\n" + step(),
        "self takes only the images": "return cross_entropy(self(batch), batch[1])",
    },
    check.job: {
        "the job is to have 2 nodes. #SBATCH --nodes=8": job("nodes=2", "nodes=8"),
        "the number of all processes": job("tasks-per-node=4", "tasks-per-node=8"),
        "one process for each GPU": job("tasks-per-node=4", "tasks-per-node=1"),
        "with B: only the shell is warned": job("SIG", "B:SIG"),
        "the processes wait for the signal SIGUSR1. #SBATCH --signal=SIGTERM@120": job(
            "USR1", "TERM"
        ),
        "it does not say how early": job("@120"),
        "120 seconds early": job("@120", "@60"),
        "signal@seconds, no more": job("@120", " 120"),
        "a node has 4 GPUs": job("gpus-per-node=4", "gpus-per-node=1"),
        "what starts them?": job("srun "),
        "without it the job may not come back": job("srun", "#SBATCH --no-requeue\nsrun"),
        "There is no line #SBATCH --nodes": job("#SBATCH --nodes=2"),
        "down to the first command": job("#SBATCH --nodes", "hostname\n#SBATCH --nodes"),
        "srun takes the numbers of the #SBATCH lines": job("srun", "srun -n 1"),
        "as a string": ["2", "4"],
    },
}
NOT_DONE = {check.job: [..., job("nodes=2", "nodes=Ellipsis"), job("SIGUSR1@120", "Ellipsis")]}
