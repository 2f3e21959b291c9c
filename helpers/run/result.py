"""The result of a run: its scores, and what it took, in result.json of its folder."""

import json
import os
from pathlib import Path

RESULT = "result.json"


def write_result(run: Path, result: dict) -> None:
    """Write it whole or not at all: whoever sees the file can rely on it."""
    part = run / f".{RESULT}"
    with open(part, "w") as file:
        file.write(json.dumps(result, indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())  # written to disk before it is renamed
    os.replace(part, run / RESULT)
