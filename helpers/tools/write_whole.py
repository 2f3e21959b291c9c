"""Files that are written whole or not at all."""

import csv
import io
import os
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Write a file beside its place, and move it there when all of it is on the disk.

    Whoever sees the file can rely on it. Raises OSError if it cannot be written; what was there
    before then stays.

    path: of the file, in a folder that exists
    """
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(part, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_csv(path: Path, lines: list) -> None:
    """Write a table, whole or not at all."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    write_whole(path, text.getvalue())
