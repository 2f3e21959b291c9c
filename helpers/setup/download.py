"""Full copies of MNIST and its like: looked at before they are used, and fetched where they are missing."""

import gzip
import hashlib
import socket
import zlib
from contextlib import ExitStack
from http.client import HTTPException
from pathlib import Path

from filelock import FileLock

TIMEOUT, PATIENCE = 10, 60  # s: for an answer from a server, and for another process that downloads
# MD5 of the bytes inside the .gz files, where a distribution (Debian: dataset-fashion-mnist) compresses them anew.
INSIDE = {
    "FashionMNIST": {
        "train-images-idx3-ubyte.gz": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
        "train-labels-idx1-ubyte.gz": "9018921c3c673c538a1fc5bad174d6f9",
        "t10k-images-idx3-ubyte.gz": "8181f5470baa50b63fa0f6fddb340f0a",
        "t10k-labels-idx1-ubyte.gz": "15d484375f8d13e6eb1aabb0c3f46965",
    }
}


def faults(folder: Path, name: str) -> dict[str, str]:
    """The files that keep a full copy from being used, and what is wrong with each. Empty where it is whole."""
    inside = INSIDE.get(name, {})
    looked_at = {file: _fault(folder / file, md5, inside.get(file)) for file, md5 in _published(name).resources}
    return {file: what for file, what in looked_at.items() if what}


def _fault(path: Path, md5: str, inside: str | None) -> str:
    try:
        packed = path.read_bytes()
        same = md5 == _md5(packed) or inside == _md5(gzip.decompress(packed))
        return "" if same else "is not the published file"
    except (FileNotFoundError, NotADirectoryError):
        return "is missing"
    except (OSError, EOFError, zlib.error) as error:
        return f"cannot be read ({getattr(error, 'strerror', None) or error})"


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def download(folder: Path, name: str) -> None:
    """Fetch what is missing or broken, one process at a time. Raises OSError when that fails."""
    from torchvision.datasets.utils import download_url

    published = _published(name)
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock", PATIENCE, mode=0o666), ExitStack() as afterwards:
        afterwards.callback(socket.setdefaulttimeout, socket.getdefaulttimeout())
        socket.setdefaulttimeout(TIMEOUT)  # torchvision would wait for ever
        for file, what in faults(folder, name).items():
            for mirror in published.mirrors:
                try:
                    download_url(mirror + file, str(folder), file, dict(published.resources)[file])
                    break
                except (OSError, HTTPException, RuntimeError) as error:  # the last where the checksum is another one
                    problem = f"{file} {what}; {mirror}{file}: {error}"
            else:
                raise OSError(problem)


def _published(name: str):
    """The data set as torchvision knows it: the names and MD5 of its files, and where they are published."""
    import torchvision  # only here, as it takes a second

    return getattr(torchvision.datasets, name)
