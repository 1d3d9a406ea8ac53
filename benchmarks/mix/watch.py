"""Looking at processes every few seconds: what they hold."""

import contextlib
import threading
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

import psutil

from benchmarks.mix.verdict import Series

MB = 1024 * 1024


class Watch:
    """Samples of all processes below these programs, until it is left.

    Args:
        programs: the program behind each name.
        url: where the service answers.
        database, redis: addresses of the servers, whose connections are counted.
        every: seconds between two looks.
    """

    def __init__(
        self, programs: Mapping[str, psutil.Process], *, url: str, database: str, redis: str, every: float
    ) -> None:
        self.series: dict[tuple[str, str], Series] = {}
        self.faults: list[str] = []
        self._programs = programs
        self._ports = {urlsplit(database).port: "database", urlsplit(redis).port: "redis"}
        self._served = {urlsplit(url).port, urlsplit(redis).port}
        self._every = every
        self._names: dict[int, str] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)

    def __enter__(self) -> "Watch":
        """Begin."""
        self._began = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End, with the last look done."""
        self._over.set()
        self._thread.join()

    def _look_on(self) -> None:
        while not self._over.wait(self._every):
            now, seen = time.monotonic() - self._began, set[int]()
            for name, program in self._programs.items():
                with contextlib.suppress(psutil.NoSuchProcess):
                    for process in (program, *program.children(recursive=True)):
                        if (label := self._label(name, process)) is not None:
                            self._look_at(label, process, now)
                            seen.add(process.pid)
            self.faults += [f"{self._names.pop(pid)} ended" for pid in set(self._names) - seen]

    def _label(self, program: str, process: psutil.Process) -> str | None:
        """A process's name in the tables; None for what Python starts to clean up after it."""
        if process.pid not in self._names:
            if any("resource_tracker" in word for word in process.cmdline()):
                return None
            number = sum(name.split()[0] == program for name in self._names.values())
            self._names[process.pid] = f"{program} {number}" if number else program
        return self._names[process.pid]

    def _look_at(self, label: str, process: psutil.Process, now: float) -> None:
        with process.oneshot():
            memory = process.memory_full_info()
            found = {"RSS": memory.rss / MB, "USS": memory.uss / MB, "PSS": getattr(memory, "pss", memory.uss) / MB}
            found |= {"threads": process.num_threads(), "files": process.num_fds()}
        connections = [one for one in process.net_connections("tcp") if one.raddr]
        ports = [self._ports.get(one.raddr.port) for one in connections]
        found |= {name: ports.count(name) for name in self._ports.values()}
        # Who is connected comes and goes with the load, and is not the process's to keep.
        found["clients"] = sum(one.laddr.port in self._served for one in connections)
        found["files"] -= found["clients"]
        for quantity, value in found.items():
            self.series.setdefault((label, quantity), Series()).add(now, float(value))
