"""A sweep on a cluster of three hosts, each a network namespace of its own, one of which is cut off half way.

Run as ``unshare -rnm python tests/host_harness.py FOLDER``: the namespaces end with the process.  Prints a JSON object.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]

import tiny_model
from dask_cluster import Cluster
from distributed import Client

from experiments.storing.store import TABLES
from experiments.sweep import sweep

#: Of this host (scheduler and sweep), and of the two with workers.
HOSTS = ("10.97.0.1", "10.97.0.2", "10.97.0.3")
DESIGN: dict[str, Any] = {
    "variants": ["uk-pilot-2026"], "baseline": "uk-2025", "weeks": 4, "replicates": 150, "uncertainty": "seeds",
    "factors": {"offer.amount_per_person": [0, 1000]}, "set": {"offer.household_cap": "none"},
}  # fmt: skip
#: Dask waits five minutes for a worker that does not answer, and half a minute for a line that is dead.
SOON = {"DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "5s", "DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP": "12s"}


def wired() -> None:
    """A bridge here, and a cable from it to each of the other hosts.

    Raises
    ------
    CalledProcessError
        If this machine does not allow it.
    """
    lines = ["mount -t tmpfs none /run", "ip link set lo up", "ip link add name hub type bridge",
             f"ip addr add {HOSTS[0]}/24 dev hub", "ip link set hub up"]  # fmt: skip
    for k, host in enumerate(HOSTS[1:], 1):
        there = f"ip netns exec host{k}"
        lines += [f"ip netns add host{k}", f"ip link add name cable{k} type veth peer name card{k}",
                  f"ip link set card{k} netns host{k}", f"ip link set cable{k} master hub", f"ip link set cable{k} up",
                  f"{there} ip addr add {host}/24 dev card{k}", f"{there} ip link set card{k} up",
                  f"{there} ip link set lo up"]  # fmt: skip
    for line in lines:
        subprocess.run(line.split(), check=True, capture_output=True, text=True)


class Cut:
    """Progress that pulls a host's cable when so many runs are done."""

    def __init__(self, after: int) -> None:
        self.after, self.done = after, False

    def start(self, total: int, done: int, where: str) -> None: ...

    def update(self, done: int, failed: int, total: int) -> None:
        if done >= self.after and not self.done:
            self.done = True
            subprocess.run(["ip", "link", "set", "cable1", "down"], check=True)

    def say(self, message: str) -> None: ...

    def end(self) -> None: ...


def tables(folder: Path) -> dict[str, bytes]:
    """The bytes of the result tables."""
    return {name: (folder / name).read_bytes() for name in TABLES if (folder / name).is_file()}


def main(folder: Path) -> dict[str, Any]:
    """Sweep on both hosts with workers, and again with one of them cut off."""
    try:
        wired()
    except (OSError, subprocess.CalledProcessError) as fault:
        return {"refused": str(getattr(fault, "stderr", "") or fault).strip()}
    tiny_model.install()
    whole = tables(sweep(DESIGN, out=folder / "whole").folder)
    cluster = Cluster(folder / "cluster", {"TINY_SECONDS": "0.01", "TINY_WHO": str(folder / "who"), **SOON}, HOSTS[0])
    try:
        for k, host in enumerate(HOSTS[1:], 1):
            cluster.add_tiny("--no-nanny", host=host, within=("ip", "netns", "exec", f"host{k}"))
        with Client(cluster.address, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
            hosts = sorted(worker.split("//")[1].split(":")[0] for worker in client.nthreads())
        both = sweep(DESIGN, out=folder / "both", cluster=cluster.address)
        did = len(set((folder / "who").read_text().split()))
        cut = Cut(both.total // 2)
        one = sweep(DESIGN, out=folder / "one", cluster=cluster.address, progress=cut)
        with Client(cluster.address, set_as_default=False) as client:
            left = sorted(worker.split("//")[1].split(":")[0] for worker in client.nthreads())
        return {
            "hosts": hosts, "processes": did, "same": tables(both.folder) == whole,
            "cut": cut.done, "left": left, "lost": one.total - one.done + one.failed,
            "same_when_cut": tables(one.folder) == whole, "seconds_when_cut": round(one.seconds, 1),
        }  # fmt: skip
    finally:
        cluster.stop()


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
