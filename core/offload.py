"""Work of the processor that would hold up the loop: done in another process.

Anything above about 50 ms goes there, so that the process that ingests stays free.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Protocol, TypeVar, TypeVarTuple

T = TypeVar("T")
Values = TypeVarTuple("Values")


class Offload(Protocol):
    async def __call__(self, work: Callable[[*Values], T], /, *values: *Values) -> T: ...


class ProcessPool:
    """One process; it starts with the first work and ends with `close` or with its parent.
    Work and what it is given and gives are pickled.
    """

    def __init__(self) -> None:
        # A fresh interpreter: forking a process with threads and sockets is not safe.
        self._pool = ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn"))

    async def __call__(self, work: Callable[[*Values], T], /, *values: *Values) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *values)

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)


async def here(work: Callable[[*Values], T], /, *values: *Values) -> T:
    """In the caller's own process: for tests and simulations."""
    return work(*values)
