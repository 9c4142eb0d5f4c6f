"""A platform that is killed with -9 again and again while messages come in.

Run as `python -m tests.system.ingest_lives SETTINGS KILLS SEED`, SETTINGS as JSON. Each life is
forked off before anything is opened, so that it starts without the time that imports take. It
is killed within a second of its door being open, one in two a moment after its ingest's process
was; the last one lives until stdin is closed.
"""

import asyncio
import gc
import os
import random
import signal
import sys
import time
from typing import cast

from broker.ingest_process import IngestProcess
from core.settings import Settings
from runtime import wiring

LONGEST_S = 1.0


async def live(settings: Settings, opened: int) -> None:
    async with wiring.opened(settings, public_url="") as platform:
        await platform.ingest(())  # its process starts
        if settings.door == "gateway":
            await wiring.gateway(platform).start("127.0.0.1", settings.mqtt_port)
        else:
            subscriber = wiring.subscriber(platform)
            subscriber.start()
            while not subscriber.is_subscribed:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.01)
        ingest = cast(IngestProcess, platform.ingest)
        os.write(opened, str(ingest.pid).encode())
        await asyncio.Event().wait()


def forked(settings: Settings) -> tuple[int, int]:
    """The process ids of platform and ingest, once the door is open."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        asyncio.run(live(settings, writing))
    os.close(writing)
    ingest = int(os.read(reading, 20))
    os.close(reading)
    return pid, ingest


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def main(settings: Settings, kills: int, seed: int) -> None:
    gc.freeze()  # so that no life copies these pages only to look through them
    chance = random.Random(seed)  # noqa: S311 - it keeps no secret
    pid, ingest = forked(settings)
    say("open")  # a broker has a session from now on, in which messages wait
    for _ in range(kills):
        time.sleep(chance.uniform(0, LONGEST_S))
        if chance.random() < 1 / 2:
            os.kill(ingest, signal.SIGKILL)
            time.sleep(chance.uniform(0, LONGEST_S))
        kill(pid)
        say("killed")
        pid, ingest = forked(settings)
    sys.stdin.read()
    kill(pid)


if __name__ == "__main__":
    main(Settings.model_validate_json(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
