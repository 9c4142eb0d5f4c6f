import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.offload import OtherProcess, ProcessEnded, here

ORPHAN_MAKER = """
import asyncio, os, sys
from core.offload import OtherProcess

other = OtherProcess()
print(asyncio.run(other(os.getpid)), flush=True)
sys.stdin.read()
"""


def where(number: int) -> tuple[int, int]:
    return os.getpid(), number * 2


def level() -> int:
    return logging.getLogger().getEffectiveLevel()


def fail(message: str) -> None:
    raise LookupError(message)


class Unspeakable(Exception):
    def __init__(self) -> None:
        super().__init__("cannot travel")
        self.tell = lambda: None


def fail_unspeakably() -> None:
    raise Unspeakable


@pytest.fixture
def other() -> Iterator[OtherProcess]:
    made = OtherProcess()
    yield made
    made.close()


async def test_work_is_done_in_one_other_process(other: OtherProcess):
    pid, doubled = await other(where, 21)
    assert (pid != os.getpid(), doubled) == (True, 42)
    assert await other(where, 4) == (other.pid, 8) == (pid, 8)


async def test_it_logs_as_much_as_its_parent(other: OtherProcess, caplog):
    caplog.set_level(logging.ERROR)
    assert await other(level) == logging.ERROR


async def test_what_the_work_raises_is_raised_with_its_trace(other: OtherProcess):
    with pytest.raises(LookupError, match="no such slot") as raised:
        await other(fail, "no such slot")
    assert "in fail" in raised.value.__notes__[0]


async def test_a_failure_that_cannot_travel_is_told_as_text(other: OtherProcess):
    with pytest.raises(RuntimeError, match="Unspeakable: cannot travel"):
        await other(fail_unspeakably)


async def test_work_that_cannot_be_pickled_is_refused_and_the_next_is_done(
    other: OtherProcess,
):
    with pytest.raises(AttributeError, match="pickle"):
        await other(lambda: 1)
    assert (await other(where, 1))[1] == 2


async def test_a_killed_process_is_told_and_the_next_work_starts_another(other: OtherProcess):
    first, _ = await other(where, 1)
    os.kill(first, signal.SIGKILL)
    with pytest.raises(ProcessEnded, match=str(first)):
        await other(where, 1)
    second, _ = await other(where, 1)
    assert second not in (first, os.getpid())


async def test_signals_of_the_terminal_are_left_to_the_parent(other: OtherProcess):
    pid, _ = await other(where, 1)
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(pid, number)
    assert (await other(where, 1))[0] == pid


def test_the_process_ends_when_its_parent_is_killed():
    maker = [sys.executable, "-c", ORPHAN_MAKER]
    with subprocess.Popen(maker, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert Path(f"/proc/{pid}").exists()
        parent.kill()
        # The child holds the other end of this pipe: it is at its end when both are gone.
        assert parent.stdout.read() == b""


def test_a_parent_that_forgets_to_close_it_ends_all_the_same():
    maker = [sys.executable, "-c", ORPHAN_MAKER]
    done = subprocess.run(maker, input=b"", capture_output=True, timeout=60, check=True)
    assert int(done.stdout) > 0


async def test_a_simulation_may_keep_it_in_its_own():
    assert await here(where, 21) == (os.getpid(), 42)
