"""A dict with the process that leaves an exchange out, and the line at which it does."""

from helpers.course.judge import exercise, expect, expect_type


@exercise("Who is missing?")
def missing(answer: dict) -> str:
    expect_type(answer, dict, "The answer is a dict: this is")
    expect({*answer} == {"process", "line"}, "The dict has two keys, process and line.")
    expect(answer["process"] in (0, 1), "The log has two processes: 0 and 1.")
    expect(
        answer["process"] == 1,
        "Process 0 printed each step, and waits for the sixth exchange. Who had only five?",
    )
    expect(
        answer["line"] != 16,
        "There process 1 waits in the end. Which step did it not print, and why?",
    )
    expect(answer["line"] != 13, "There process 0 waits. Where does process 1 turn off before it?")
    expect(answer["line"] in (10, 11), "Which line of the loop keeps a step from being printed?")
    return (
        "process 1 left step 2 out. From then on it was one step ahead, and nothing failed "
        "until the end. It should take part with a gradient of 0."
    )
