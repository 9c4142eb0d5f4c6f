"""Work of the processor that would hold up the loop: done in another process.

Anything above about 50 ms goes there, so that the process that hears devices and shows pages
stays free.
"""

import asyncio
import logging
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection, Pipe
from multiprocessing.reduction import ForkingPickler
from typing import Any, NamedTuple, Protocol, TypeVar, TypeVarTuple, cast

from core import garbage
from core.logging_setup import configure_logging

T = TypeVar("T")
Values = TypeVarTuple("Values")


class Offload(Protocol):
    async def __call__(self, work: Callable[[*Values], T], /, *values: *Values) -> T: ...


class ProcessEnded(OSError):
    """The other process was killed; the work was done or not. The next work starts another."""


class _Child(NamedTuple):
    process: subprocess.Popen[bytes]
    pipe: Connection


class OtherProcess:
    """One process that does what it is given, in that order. It starts with the first work and
    ends with `close` or with its parent, however that ends. Work, what it is given, what it
    gives and what it raises are pickled.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="offload")
        self._child: _Child | None = None

    async def __call__(self, work: Callable[[*Values], T], /, *values: *Values) -> T:
        """Raises ProcessEnded, and what `work` raises."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._done, work, *values)

    @property
    def pid(self) -> int | None:
        return self._child.process.pid if self._child else None

    def close(self) -> None:
        """Work that has begun is finished."""
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._end()

    def _done(self, work: Callable[[*Values], T], *values: *Values) -> T:
        self._child = self._child or _started()
        pipe = self._child.pipe
        try:
            pipe.send((work, values))
            result, failure = pipe.recv()
        except (EOFError, ConnectionError) as error:
            pid = self.pid
            self._end()
            raise ProcessEnded(f"process {pid}, which does the work, has ended") from error
        if failure is not None:
            raise failure
        return cast(T, result)

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.pipe.close()
            child.process.wait()


async def here(work: Callable[[*Values], T], /, *values: *Values) -> T:
    """In the caller's own process: for tests and simulations."""
    return work(*values)


def _started() -> _Child:
    # A fresh interpreter: forking a process with threads and sockets is not safe. Of the pipe
    # it has one end only, so it is told when the other is closed, by whomever.
    ours, theirs = Pipe()
    level = logging.getLevelName(logging.getLogger().level)
    program = f"from core.offload import work_for; work_for({theirs.fileno()}, {level!r})"
    process = subprocess.Popen(  # noqa: S603 - our own words
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.DEVNULL,
        pass_fds=[theirs.fileno()],
    )
    theirs.close()
    return _Child(process, ours)


def work_for(parent: int, log_level: str) -> None:
    """Until the parent closes the pipe with this number, or is gone."""
    configure_logging(log_level)
    for number in (signal.SIGINT, signal.SIGTERM):  # they are meant for the parent
        signal.signal(number, signal.SIG_IGN)
    garbage.collect_seldom()
    pipe = Connection(parent)
    while True:
        try:
            asked = pipe.recv_bytes()
        except EOFError:
            return
        pipe.send_bytes(_answer(asked))


def _answer(asked: bytes) -> Any:
    """(result, failure), pickled."""
    try:
        work, values = ForkingPickler.loads(asked)
        return ForkingPickler.dumps((work(*values), None))
    except Exception as failure:  # noqa: BLE001 - it is raised where the work was asked for
        trace = traceback.format_exc()
        failure.add_note(trace)
        try:
            return ForkingPickler.dumps((None, failure))
        except Exception:  # noqa: BLE001 - what the failure holds cannot be pickled
            return ForkingPickler.dumps((None, RuntimeError(trace)))
