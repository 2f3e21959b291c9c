"""What a test says while it waits for a cell, and that no reply of a kernel is missed."""

import re
import time

import nbformat
import pytest

from tests.execute import Client, LostReply, Waiting

SLEEP = "import time\ntime.sleep(4)"
LOSE_REPLY = """kernel = get_ipython().kernel
send = kernel.session.send


def send_others(stream, kind, content=None, parent=None, **options):
    if kind == "execute_reply":
        return kernel.session.msg(kind, content, parent)
    return send(stream, kind, content, parent, **options)


kernel.session.send = send_others
"""
BUSY = r"chapter waits for the cell `import time`: no message for \d s, and the kernel is busy\."
IDLE = r"chapter waits for the cell `kernel = get_ipython\(\)\.kernel`: "
IDLE += r"no message for \d s, and the kernel is idle\. Its reply is lost\."


def notebook(*sources: str) -> nbformat.NotebookNode:
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    return nbformat.v4.new_notebook(cells=cells)


def test_a_cell_that_is_waited_for_is_named_and_a_lost_reply_is_an_error():
    said = []
    waiting = Waiting("chapter", said.append, say_after=1.5, lost_after=2)
    with pytest.raises(LostReply, match=IDLE):
        Client(notebook(SLEEP, LOSE_REPLY), waiting, timeout=60).execute()
    assert re.fullmatch(BUSY, said[0])
    seconds, cell = waiting.longest
    assert seconds > 3 and cell == "import time"


def test_a_reply_that_comes_before_a_widget_is_answered_is_not_missed():
    """nbclient alone waits here until its timeout."""

    class SlowClient(Client):
        """On a machine so busy that a cell ends before what it shows is looked at."""

        def process_message(self, message, cell, cell_index):
            if message["msg_type"] == "stream":
                time.sleep(0.5)
            return super().process_message(message, cell, cell_index)

    show = "import ipywidgets\nout = ipywidgets.Output()\nout"
    cells = notebook(show, "with out:\n    print('shown')")
    start = time.monotonic()
    SlowClient(cells, Waiting("chapter", lost_after=60), timeout=30).execute()
    assert time.monotonic() - start < 20
