"""mend(script) gives a job script for two nodes with four GPUs each, without its faults."""

from pathlib import Path

from helpers.course.judge import Solution, call, exercise, expect_type
from helpers.course.judge.job_scripts import look_at_job_script

# handed to the script, which is to hand them on
OPTIONS = ("--trainer.max_epochs=7", "--data.batch_size=32", "--seed_everything=3")
FAULTY = Path(__file__).parents[1] / "faulty.sbatch"


solution = Solution(
    r"""
def mend(script):
    script = script.replace("@120", "@120\n#SBATCH --requeue")
    script = script.replace("/local", "/scratch")
    return script.replace("python", "srun python")
""",
    {},
)


@exercise("A job script", ours=solution)
def job_script(answer) -> str:
    script = call(answer, script=FAULTY.read_text())
    expect_type(script, str, "Return the script, as a text: yours is")
    look_at_job_script(script, *OPTIONS)
    return "eight processes on two nodes, and a job that comes back."
