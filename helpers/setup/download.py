"""Full copies of MNIST and its like: looked at before they are used, and fetched where they are missing."""

import gzip
import hashlib
import socket
import zlib
from http.client import HTTPException
from pathlib import Path

from filelock import FileLock

# MD5 of the bytes inside the .gz files, where a distribution (Debian: dataset-fashion-mnist) compresses them anew.
INSIDE = {
    "FashionMNIST": {
        "train-images-idx3-ubyte.gz": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
        "train-labels-idx1-ubyte.gz": "9018921c3c673c538a1fc5bad174d6f9",
        "t10k-images-idx3-ubyte.gz": "8181f5470baa50b63fa0f6fddb340f0a",
        "t10k-labels-idx1-ubyte.gz": "15d484375f8d13e6eb1aabb0c3f46965",
    }
}


def faults(folder: Path, name: str) -> list[str]:
    """What is wrong with the four files of a full copy, some words for each: nothing, if it can be used."""
    wrong = {file: _fault(folder / file, md5, INSIDE.get(name, {}).get(file)) for file, md5 in _resources(name)}
    return [f"{file} {what}" for file, what in wrong.items() if what]


def _fault(path: Path, md5: str, inside: str | None) -> str:
    try:
        packed = path.read_bytes()
        same = md5 == _md5(packed) or inside == _md5(gzip.decompress(packed))
        return "" if same else "is whole, and not the published file"
    except (FileNotFoundError, NotADirectoryError):
        return "is missing"
    except (OSError, EOFError, zlib.error) as error:
        return f"cannot be read ({error})"


def _md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def download(folder: Path, name: str) -> None:
    """Fetch what is missing or broken into a folder, one process at a time. Raises OSError when that fails."""
    import torchvision

    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock", mode=0o666):
        wrong, before = " ".join(faults(folder, name)), socket.getdefaulttimeout()
        socket.setdefaulttimeout(10)  # s: torchvision would wait for ever
        for file, md5 in _resources(name):
            for mirror in getattr(torchvision.datasets, name).mirrors if file in wrong else ():
                try:
                    torchvision.datasets.utils.download_url(mirror + file, str(folder), file, md5)
                    break
                except (OSError, HTTPException, RuntimeError) as error:  # the last where its checksum is another one
                    problem = OSError(f"{mirror}{file}: {error}")
            else:
                if file in wrong:
                    raise problem
        socket.setdefaulttimeout(before)


def _resources(name: str) -> list[tuple[str, str]]:
    """Names and MD5 of the four files, as torchvision lists them."""
    import torchvision  # here and above, as importing it takes a second

    return getattr(torchvision.datasets, name).resources
