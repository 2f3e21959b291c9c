"""Full copies of MNIST and its like: checked before use, downloaded where files are missing."""

import gzip
import hashlib
import socket
import zlib
from contextlib import ExitStack, suppress
from http.client import HTTPException
from pathlib import Path

from filelock import FileLock

TIMEOUT = 10  # s, for an answer from a server
PATIENCE = 60  # s, for another process that downloads

# MD5 of the bytes inside the .gz files, where a distribution compresses them anew
# (Debian: dataset-fashion-mnist)
INSIDE = {
    "FashionMNIST": {
        "train-images-idx3-ubyte.gz": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
        "train-labels-idx1-ubyte.gz": "9018921c3c673c538a1fc5bad174d6f9",
        "t10k-images-idx3-ubyte.gz": "8181f5470baa50b63fa0f6fddb340f0a",
        "t10k-labels-idx1-ubyte.gz": "15d484375f8d13e6eb1aabb0c3f46965",
    }
}


def faults(folder: Path, name: str) -> dict[str, str]:
    """Return the files that keep a full copy from being used, and what is wrong with each.

    A whole copy gives an empty dict.
    """
    found = {}
    for file, md5 in _published(name).resources:
        md5_inside = INSIDE.get(name, {}).get(file)
        try:
            packed = (folder / file).read_bytes()
            if md5 != _md5(packed) and md5_inside != _md5(gzip.decompress(packed)):
                found[file] = "is not the published file"
        except (FileNotFoundError, NotADirectoryError):
            found[file] = "is missing"
        except (OSError, EOFError, zlib.error) as error:
            reason = getattr(error, "strerror", None) or error
            found[file] = f"cannot be read ({reason})"
    return found


def _md5(content):
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def download(folder: Path, name: str) -> None:
    """Fetch what is missing or broken, one process at a time. Raises OSError when that fails."""
    from torchvision.datasets.utils import download_url

    published = _published(name)
    checksums = dict(published.resources)
    new = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    lock = folder / ".lock"
    with FileLock(lock, PATIENCE, mode=0o666), ExitStack() as afterwards:
        afterwards.callback(socket.setdefaulttimeout, socket.getdefaulttimeout())
        socket.setdefaulttimeout(TIMEOUT)  # torchvision would wait for ever
        for file, fault in faults(folder, name).items():
            for mirror in published.mirrors:
                try:
                    download_url(mirror + file, str(folder), file, checksums[file])
                    break
                except (OSError, HTTPException, RuntimeError) as error:
                    # RuntimeError: the checksum is another one
                    problem = f"{file} {fault}; {mirror}{file}: {error}"
            else:
                with suppress(OSError):  # there is something in one of the folders
                    lock.unlink()
                    for path in new:
                        path.rmdir()
                raise OSError(problem)


def _published(name):
    """Return the class of the data set in torchvision.

    It knows the names and MD5 of the files (`resources`), and where they are published (`mirrors`).
    """
    import torchvision  # only here, as it takes a second

    return getattr(torchvision.datasets, name)
