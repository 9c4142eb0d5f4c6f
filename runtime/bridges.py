"""All kinds of bridges: one is run by its command, the kept ones by `nachschub all` as well."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from runtime import adoption, bridge, bridge_plug, home_assistant_link, wiring
from runtime.adoption import Bridge, Platform
from runtime.bridged import KINDS as LOOKED_AT
from runtime.bridged import OPTIONS as OF_LOOKED_AT

KINDS: Final = (*LOOKED_AT, bridge_plug.KIND)
OPTIONS: Final = (*OF_LOOKED_AT, *bridge_plug.OPTIONS)

_log = logging.getLogger(__name__)


async def run(meant: Bridge, platform: Platform, *, claim: str, stop: asyncio.Event) -> None:
    """Until `stop` is set. `claim` empty: added before. Raises CannotStart."""
    of_kind = bridge_plug if meant.kind == bridge_plug.KIND else bridge
    await of_kind.run(meant, platform, claim=claim, stop=stop)


@asynccontextmanager
async def running(
    platform: Platform, wired: wiring.Platform, stop: asyncio.Event
) -> AsyncIterator[int]:
    """The kept ones, while the block runs; how many. One that fails is logged, and leaves the
    others and the platform alone.
    """
    tasks = [
        asyncio.create_task(_guarded(each, platform, wired, stop))
        for each in adoption.kept_bridges(platform.folder)
    ]
    try:
        yield len(tasks)
    finally:
        stop.set()
        await asyncio.gather(*tasks)


async def _guarded(
    meant: Bridge, platform: Platform, wired: wiring.Platform, stop: asyncio.Event
) -> None:
    try:
        if meant.kind == home_assistant_link.KIND:
            await home_assistant_link.run(home_assistant_link.read(meant), wired, stop=stop)
        else:
            await run(meant, platform, claim="", stop=stop)
    except Exception:  # noqa: BLE001 - one bridge never ends the others
        _log.exception("%s has ended", meant.name)
