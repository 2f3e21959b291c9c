"""The job script with nodes, processes on each node, and the warning filled in."""

from helpers.course.judge import NotDone, exercise, expect_type
from helpers.course.judge.job_scripts import look_at_job_script


@exercise("A job for eight GPUs")
def job(answer: str) -> str:
    expect_type(answer, str, "Hand over the script, as a string: this is")
    if "Ellipsis" in answer:
        raise NotDone
    look_at_job_script(answer)
    return "eight processes, warned two minutes before the job ends."
