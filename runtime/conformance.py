"""`nachschub conformance DEVICE`: a firmware talks to a suite that anyone can run.

The suite is our own door with nothing behind it: it takes what the device says, gives receipts
only for what it heard twice, hangs up once and stays silent for a while, and judges.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from broker.gateway import Gateway
from broker.ingest import Committed
from core.clock import Clock
from devices import wire
from devices.batch import Outcome
from devices.intake import Arrival
from runtime.conformance_rules import (
    Finding,
    Heard,
    MessageId,
    Observed,
    State,
    judged,
)
from runtime.startup import CannotStart

LOOK_S: Final = 0.1
HANG_UP_AFTER: Final = 4  # messages, so that there is something to lose
LATEST_HANG_UP: Final = 0.5  # of the time there is
WILL_S: Final = 0.5  # for the last will to be published


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """`secret` empty: any will do. `outage_s`: how long the suite does not answer."""

    device_id: str
    host: str
    port: int
    secret: str = ""
    longest_s: float = 180.0
    outage_s: float = 5.0


@dataclass(slots=True)
class Suite:
    wishes: Wishes
    clock: Clock
    tell: Callable[[str], None]
    heard: list[Heard] = field(default_factory=list)
    receipts: dict[MessageId, float] = field(default_factory=dict)
    began_s: float = 0.0
    cut_at_s: float | None = None
    open_again_at_s: float | None = None
    port: int = 0
    stop: asyncio.Event = field(default_factory=asyncio.Event)  # set: judge what was heard

    async def run(self) -> list[Finding]:
        """Until every rule is decided or the time is over. Raises CannotStart."""
        self.began_s = self._loop_s()
        door = await self._open(self.wishes.port)
        self.tell(f"{self.wishes.device_id} may connect to {self.wishes.host}:{self.port}")
        try:
            while not self._is_over():
                await asyncio.sleep(LOOK_S)
                if self._should_hang_up():
                    door = await self._hang_up(door)
        finally:
            await door.close()
        return judged(self.observed())

    def observed(self) -> Observed:
        return Observed(
            heard=tuple(self.heard),
            receipts=dict(self.receipts),
            now_s=self._now_s(),
            cut_at_s=self.cut_at_s,
            open_again_at_s=self.open_again_at_s,
        )

    async def _open(self, port: int) -> Gateway:
        door = Gateway(authenticate=self._authenticate, ingest=self._ingest, clock=self.clock)
        try:
            self.port = await door.start(self.wishes.host, port)
        except OSError as error:
            where = f"{self.wishes.host}:{port}"
            raise CannotStart(f"{where}: {error.strerror}. Choose another: --port") from None
        return door

    async def _hang_up(self, door: Gateway) -> Gateway:
        self.tell(f"hanging up, back in {self.wishes.outage_s:g} s")
        self.cut_at_s = self._now_s()
        door.disconnect(self.wishes.device_id)
        await asyncio.sleep(WILL_S)
        await door.close()
        await asyncio.sleep(self.wishes.outage_s)
        again = await self._open(self.port)
        self.open_again_at_s = self._now_s()
        return again

    def _should_hang_up(self) -> bool:
        if self.cut_at_s is not None or not self.heard:
            return False
        is_late = self._now_s() > LATEST_HANG_UP * self.wishes.longest_s
        return is_late or len(self.heard) >= HANG_UP_AFTER

    def _is_over(self) -> bool:
        if self.stop.is_set() or self._now_s() > self.wishes.longest_s:
            return True
        return all(each.state is not State.NOT_SEEN for each in judged(self.observed()))

    async def _authenticate(self, device_id: str, secret: bytes) -> str | None:
        """What the gateway remembers a right secret by: here there is one device."""
        is_right = not self.wishes.secret or self.wishes.secret.encode() == secret
        if device_id == self.wishes.device_id and is_right:
            return device_id
        self.tell(f"refused: {device_id} with {'its' if is_right else 'a wrong'} secret")
        return None

    async def _ingest(self, batch: Sequence[Arrival]) -> Committed:
        receipts = []
        for arrival in batch:
            heard = Heard(self._now_s(), arrival.received_at, arrival.channel, arrival.payload)
            self.heard.append(heard)
            self.tell(f"{arrival.channel}: {arrival.payload[:160].decode(errors='replace')}")
            message = heard.message
            if isinstance(message, wire.Event) and self._was_heard_before(heard):
                name = message.boot_id, message.seq
                self.receipts.setdefault(name, heard.at_s)
                receipts.append(name)
        by_device = {self.wishes.device_id: receipts} if receipts else {}
        return Committed([Outcome.RECORDED] * len(batch), by_device)

    def _was_heard_before(self, heard: Heard) -> bool:
        return any(each.payload == heard.payload for each in self.heard[:-1])

    def _now_s(self) -> float:
        return self._loop_s() - self.began_s

    def _loop_s(self) -> float:
        return asyncio.get_running_loop().time()
