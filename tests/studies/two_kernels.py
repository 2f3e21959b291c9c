"""How much two notebook kernels slow each other down, on a quiet machine.

    python -m tests.studies.two_kernels [kernels]        2 unless said otherwise

Each kernel trains the network of the course as chapter 2 does, for six seconds: alone first, then all at once.

By it `helpers.setup.environment` sets GOMP_SPINCOUNT. One step of each of two kernels on two cores, alone and with the
other: on a quiet AMD EPYC with AVX-512, 300,000 rounds 70 ms and 4 s; 3,000 rounds 73 and 202 ms; 300 rounds 73 and
138 ms; none 90 and 126 ms. On a busy one without AVX-512, where waking up takes long: 10,000 rounds 162 and 601 ms;
3,000 rounds 179 and 374; 700 rounds 215 and 346; 300 rounds 310 and 310.
"""

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import nbformat
from nbclient import NotebookClient

from tests.studies.progress import say

SECONDS = 6
SETUP = """
import statistics, time, torch
from helpers.digits_classifier import DigitsClassifier
from helpers.data import DigitsDataModule
from helpers.setup import environment
from helpers.course.notebook.measure import training_step
environment.setup()
digits = DigitsDataModule(source="embedded")
digits.setup()
step = training_step(DigitsClassifier().net, *digits.train[:64])
for _ in range(5):
    step()
"""
MEASURE = """
time.sleep(max(0, {start} - time.time()))
marks = [time.perf_counter()]
while marks[-1] - marks[0] < {seconds}:
    step()
    marks.append(time.perf_counter())
print(torch.get_num_threads(), statistics.median(after - before for before, after in zip(marks, marks[1:])))
"""


def measure(kernels: int) -> tuple[str, list[float]]:
    """The number of threads of each kernel, and the median seconds for a step in each, while all of them train."""
    start = time.time() + 4 + 6 * kernels  # all are ready by then
    say(f"training in {kernels} kernel(s) at once, for {SECONDS} s")
    cells = [SETUP, MEASURE.format(start=start, seconds=SECONDS)]

    def train(_) -> str:
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(source) for source in cells]
        )
        NotebookClient(notebook, timeout=300).execute()
        return notebook.cells[-1].outputs[0].text

    with ThreadPoolExecutor(kernels) as pool:
        threads, seconds = zip(*(text.split() for text in pool.map(train, range(kernels))))
    return threads[0], [float(text) for text in seconds]


if __name__ == "__main__":
    kernels = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    threads, (alone,) = measure(1)
    _, together = measure(kernels)
    print(f"{threads} threads each. Alone {1e3 * alone:.0f} ms per step; of {kernels} at once:")
    print(
        ", ".join(f"{1e3 * seconds:.0f} ms ({seconds / alone:.2f} times)" for seconds in together)
    )
