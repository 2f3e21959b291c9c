"""Full copies of MNIST and its like: checked before use, downloaded where files are missing."""

import socket
from contextlib import ExitStack, suppress
from http.client import HTTPException
from pathlib import Path

from filelock import FileLock

TIMEOUT = 10  # s, for an answer from a server
PATIENCE = 60  # s, for another process that downloads


def faults(folder: Path, name: str) -> dict[str, str]:
    """Return the files that keep a full copy from being used, and what is wrong with each.

    A whole copy gives an empty dict.
    """
    from torchvision.datasets.utils import check_md5

    found = {}
    for file, md5 in _published(name).resources:
        try:
            if not check_md5(folder / file, md5):
                found[file] = "is not the published file"
        except (FileNotFoundError, NotADirectoryError):
            found[file] = "is missing"
        except OSError as error:
            found[file] = f"cannot be read ({error.strerror})"
    return found


def download(folder: Path, name: str) -> None:
    """Fetch what is missing or broken, one process at a time. Raises OSError when that fails."""
    from torchvision.datasets.utils import download_url

    published = _published(name)
    checksums = dict(published.resources)
    new = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    lock = folder / ".lock"
    with FileLock(lock, PATIENCE), ExitStack() as afterwards:
        afterwards.callback(socket.setdefaulttimeout, socket.getdefaulttimeout())
        socket.setdefaulttimeout(TIMEOUT)  # torchvision would wait for ever
        for file, fault in faults(folder, name).items():
            for mirror in published.mirrors:
                try:
                    download_url(mirror + file, folder, file, checksums[file])
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
