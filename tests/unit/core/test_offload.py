import os

from core.offload import ProcessPool, here


def where(number: int) -> tuple[int, int]:
    return os.getpid(), number * 2


async def test_work_is_done_in_another_process():
    pool = ProcessPool()
    try:
        pid, doubled = await pool(where, 21)
    finally:
        pool.close()
    assert (pid != os.getpid(), doubled) == (True, 42)


async def test_a_simulation_may_keep_it_in_its_own():
    assert await here(where, 21) == (os.getpid(), 42)
