"""What the programs of a practice cluster read: keys, the names of nodes, and SLURM's settings."""

import os
import socket
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

FOLDER = Path("/var/lib/practice-cluster")
CONF = FOLDER / "slurm.conf"
TEMPLATE = Path(__file__).with_name("practice.conf")


def make_folders(folder: Path, nodes: Iterable[str]) -> None:
    """Make the folder of the cluster, with one for each node in it."""
    for name in (".", "state", "munge", *(f"spool.{node}" for node in nodes)):
        (folder / name).mkdir(mode=0o711, exist_ok=True)


def write_keys(folder: Path) -> None:
    """Write a key for SLURM and one for munge, of random bytes."""
    for key in (folder / "slurm.key", folder / "munge" / "key"):
        key.write_bytes(os.urandom(1024))
        key.chmod(0o600)


def add_hosts(hosts: Path, addresses: dict[str, str], folder: Path) -> None:
    """Name the nodes in /etc/hosts: each line ends with the folder, by which it is found again.

    The file is not replaced by another one: in a container it is a mount.

    Args:
        hosts: /etc/hosts
        addresses: for each node its address
        folder: that of the cluster
    """
    lines = [f"{address} {name} # {folder}\n" for name, address in addresses.items()]
    hosts.write_text("".join(lines) + hosts.read_text())


def remove_hosts(hosts: Path, folder: Path) -> None:
    """Remove the lines of `add_hosts`."""
    lines = hosts.read_text().splitlines(keepends=True)
    hosts.write_text("".join(line for line in lines if not line.endswith(f" # {folder}\n")))


def write_settings(folder: Path, addresses: dict[str, str], is_old: bool) -> None:
    """Write cgroup.conf and slurm.conf, with ports that are free now.

    Args:
        folder: that of the cluster
        addresses: for each node its address
        is_old: whether SLURM is older than version 24
    """
    if is_old:
        cgroups = "cgroup/v1"  # which it takes unmounted
        auth = "munge"
        how = f"socket={folder}/munge/socket"
    else:
        cgroups = "disabled"
        auth = "slurm"
        how = "use_client_ids"
    (folder / "cgroup.conf").write_text(f"CgroupPlugin={cgroups}\n")
    port, *node_ports = _free_ports(1 + len(addresses))
    settings = TEMPLATE.read_text().format(port=port, folder=folder, auth=auth, how=how)
    lines = [settings]
    for (name, address), node_port in zip(addresses.items(), node_ports):
        lines.append(
            f"NodeName={name} NodeHostname={socket.gethostname()} "
            f"NodeAddr={address} Port={node_port} CPUs=3 RealMemory={_memory_mib()}"
        )
    (folder / "slurm.conf").write_text("\n".join([*lines, ""]))


def _memory_mib() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20


def _free_ports(n: int) -> list[int]:
    """Return n different ports that nobody listens at."""
    with ExitStack() as held:  # all at once, or the same one would come twice
        servers = [held.enter_context(socket.create_server(("", 0))) for _ in range(n)]
        return [server.getsockname()[1] for server in servers]
