"""What the platform relies on behind a broker, each promise tried against a running one.

Two devices and the platform's own login talk to it as they would every day; only acts and
answers are judged, so that the same promises hold for any MQTT broker.
"""

import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

from broker.mosquitto import DEVICE_READS, DEVICE_WRITES
from broker.mosquitto_probe import Address, NoAnswer, Probe, opened
from core import mqtt
from core.mqtt import ConnackCode
from devices import wire

LARGEST_PAYLOAD: Final = 16_384  # bytes that devices may send; four times that is cut off
MORE_THAN_A_DEFAULT: Final = 1_200  # messages; brokers keep 100 or 1,000 unless told otherwise
KEPT_OVER_A_KILL: Final = 50  # messages
REVOKED_WITHIN_S: Final = 5.0
SLOT: Final = "check"

Act = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Login:
    username: str
    secret: str

    def connect(
        self, client_id: str = "", *, will: mqtt.Will | None = None, is_kept: bool = False
    ) -> mqtt.Connect:
        """is_kept: the broker remembers the session. client_id empty: the user name."""
        return mqtt.Connect(
            client_id or self.username,
            is_clean_session=not is_kept,
            username=self.username,
            password=self.secret.encode(),
            will=will,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """`boot_id`: above that of any earlier check, as of a device that started again."""

    address: Address
    platform: Login
    device: Login
    neighbour: Login
    boot_id: int
    kill_and_restart: Act | None = None  # None: not ours to kill
    revoke_neighbour: Act | None = None

    def reading(self, seq: int) -> bytes:
        body = {"v": 1, "boot_id": self.boot_id, "seq": seq, "measured_at": None}
        return json.dumps({**body, "slots": {SLOT: {"level": 0.5}}}).encode()

    def status(self, state: str) -> bytes:
        return json.dumps({"v": 1, "state": state, "boot_id": self.boot_id}).encode()


@dataclass(frozen=True, slots=True)
class Promise:
    """`directives`: lines of Mosquitto's configuration that keep it, as they should stand."""

    name: str
    directives: tuple[str, ...]
    broken: Callable[[Scene], Awaitable[str]]  # what was seen instead; empty: it is kept
    is_possible: Callable[[Scene], bool] = lambda _: True


class Refused(Exception):
    """A login that should be good was not admitted."""


async def entered(stack: AsyncExitStack, scene: Scene, packet: mqtt.Connect) -> Probe:
    """Raises Refused and NoAnswer."""
    probe = await stack.enter_async_context(opened(scene.address))
    answer = await probe.connect(packet)
    if answer.code is not ConnackCode.ACCEPTED:
        raise Refused(f"{packet.username} was not admitted ({answer.code.name})")
    return probe


async def anonymous_admitted(scene: Scene) -> str:
    return await _admitted(scene, mqtt.Connect("nobody"), "a client without a name")


async def wrong_secret_admitted(scene: Scene) -> str:
    wrong = Login(scene.device.username, scene.neighbour.secret)
    return await _admitted(scene, wrong.connect(), "a device with another's secret")


async def _admitted(scene: Scene, packet: mqtt.Connect, who: str) -> str:
    try:
        async with opened(scene.address) as probe:
            answer = await probe.connect(packet)
    except NoAnswer:  # closed at once: refused as well
        return ""
    return f"{who} was admitted" if answer.code is ConnackCode.ACCEPTED else ""


async def published_as_another(scene: Scene) -> str:
    """What the platform hears between a forged message and a true one."""
    own = wire.topic(scene.device.username, "telemetry")
    async with AsyncExitStack() as stack:
        platform = await entered(stack, scene, scene.platform.connect("nachschub-check-1"))
        await platform.subscribe(*(wire.topic("+", channel) for channel in DEVICE_WRITES))
        device = await entered(stack, scene, scene.device.connect())
        for channel in DEVICE_WRITES:
            forged = wire.topic(scene.neighbour.username, channel)
            await device.publish(forged, [scene.reading(1)])
        await device.publish(own, [scene.reading(2)])
        heard = await _until(platform, own, {scene.device.username, scene.neighbour.username})
    return f"{scene.device.username} published to {heard[0]}" if heard else ""


async def spoke_for_the_platform(scene: Scene) -> str:
    """A device that writes commands could set its neighbour's."""
    own = wire.topic(scene.neighbour.username, "command")
    async with AsyncExitStack() as stack:
        neighbour = await entered(stack, scene, scene.neighbour.connect())
        await neighbour.subscribe(*_read_by(scene.neighbour))
        device = await entered(stack, scene, scene.device.connect())
        for topic in _read_by(scene.neighbour):
            await device.publish(topic, [b'{"v":1,"forged":true}'])
        platform = await entered(stack, scene, scene.platform.connect("nachschub-check-1"))
        await platform.publish(own, [b'{"v":1}'])
        first = await neighbour.receive()
    return "" if b"forged" not in first.payload else f"a device published to {first.topic}"


async def read_as_another(scene: Scene) -> str:
    own = wire.topic(scene.device.username, "command")
    async with AsyncExitStack() as stack:
        device = await entered(stack, scene, scene.device.connect())
        await device.subscribe(own, *_read_by(scene.neighbour), "v1/devices/+/command", "#")
        platform = await entered(stack, scene, scene.platform.connect("nachschub-check-1"))
        await platform.publish(wire.topic(scene.neighbour.username, "command"), [b'{"v":1}'])
        await platform.publish(own, [b'{"v":1}'])
        heard = await _until(device, own, {scene.device.username, scene.neighbour.username})
    return f"{scene.device.username} read {heard[0]}" if heard else ""


async def status_forgotten(scene: Scene) -> str:
    """The last will of a device that vanished stands where the platform looks later."""
    topic = wire.topic(scene.device.username, "status")
    will = mqtt.Will(topic, scene.status("offline"), 1, is_retained=True)
    async with AsyncExitStack() as stack:
        device = await entered(stack, scene, scene.device.connect(will=will))
        await device.publish(topic, [scene.status("online")], is_retained=True)
        watching = await entered(stack, scene, scene.platform.connect("nachschub-check-2"))
        await watching.subscribe(topic)
        first = await watching.receive()
        device.abort()
        await watching.receive()
        later = await entered(stack, scene, scene.platform.connect("nachschub-check-3"))
        await later.subscribe(topic)
        last = await later.receive()
    if not (first.is_retained and last.is_retained):
        return "a status came without the mark that it was retained"
    return "" if last.payload == scene.status("offline") else "the last will was not published"


async def waiting_lost(scene: Scene) -> str:
    """Messages sent while the platform is away."""
    kept = scene.platform.connect("nachschub-check-away", is_kept=True)
    sent = await _send_while_away(scene, kept, MORE_THAN_A_DEFAULT)
    came = await _fetch(scene, kept, sent)
    return f"{came} of {len(sent)} messages came" if came < len(sent) else ""


async def forgotten_by_a_kill(scene: Scene) -> str:
    if scene.kill_and_restart is None:
        return "the broker was not killed"
    kept = scene.platform.connect("nachschub-check-kill", is_kept=True)
    sent = await _send_while_away(scene, kept, KEPT_OVER_A_KILL)
    await scene.kill_and_restart()
    came = await _fetch(scene, kept, sent)
    if came < len(sent):
        return f"{came} of {len(sent)} messages came after kill -9"
    topic = wire.topic(scene.device.username, "status")
    async with AsyncExitStack() as stack:
        later = await entered(stack, scene, scene.platform.connect("nachschub-check-3"))
        await later.subscribe(topic)
        await later.receive()
    return ""


async def oversized_taken(scene: Scene) -> str:
    topic = wire.topic(scene.device.username, "telemetry")
    async with AsyncExitStack() as stack:
        device = await entered(stack, scene, scene.device.connect())
        device.send(mqtt.Publish(topic, b" " * (4 * LARGEST_PAYLOAD + 1), 1, 1))
        if await device.closed(within_s=2):
            return ""
    return f"a payload of {4 * LARGEST_PAYLOAD + 1} bytes was taken"


async def revoked_stayed(scene: Scene) -> str:
    if scene.revoke_neighbour is None:
        return "nobody was revoked"
    async with AsyncExitStack() as stack:
        neighbour = await entered(stack, scene, scene.neighbour.connect())
        await scene.revoke_neighbour()
        if not await neighbour.closed(REVOKED_WITHIN_S):
            return f"its connection was open {REVOKED_WITHIN_S:g} s later"
    return await _admitted(scene, scene.neighbour.connect(), "a revoked device")


RIGHTS: Final = ("acl_file var/mosquitto/acl",)
PROMISES: Final = (
    Promise("nobody comes in without a name", ("allow_anonymous false",), anonymous_admitted),
    Promise(
        "nobody comes in with another's secret",
        ("password_file var/mosquitto/passwords",),
        wrong_secret_admitted,
    ),
    Promise("no device publishes as another", RIGHTS, published_as_another),
    Promise("no device speaks for the platform", RIGHTS, spoke_for_the_platform),
    Promise("no device reads as another", RIGHTS, read_as_another),
    Promise(
        "the last status of a device is kept", ("retain_available true",), status_forgotten
    ),
    Promise(
        f"{MORE_THAN_A_DEFAULT:,} messages wait for the platform",
        ("max_queued_messages 1000000", "max_queued_bytes 0"),
        waiting_lost,
    ),
    Promise(
        "a message above 64 KiB ends its sender", ("max_packet_size 65536",), oversized_taken
    ),
    Promise(
        "kill -9 forgets nothing older than six seconds",
        ("persistence true", "persistence_location var/mosquitto/", "autosave_interval 4"),
        forgotten_by_a_kill,
        lambda scene: scene.kill_and_restart is not None,
    ),
    Promise(
        f"a revoked device is out within {REVOKED_WITHIN_S:g} s",
        ("pid_file var/mosquitto/mosquitto.pid",),
        revoked_stayed,
        lambda scene: scene.revoke_neighbour is not None,
    ),
)


async def tried(promise: Promise, scene: Scene) -> str:
    """What was seen instead of what was promised; empty: it is kept."""
    try:
        return await promise.broken(scene)
    except (Refused, NoAnswer) as problem:
        return str(problem)


def _read_by(login: Login) -> Sequence[str]:
    return [wire.topic(login.username, channel) for channel in DEVICE_READS]


async def _until(probe: Probe, last: str, devices: set[str]) -> list[str]:
    """Topics of these devices that came before `last`, which others may share."""
    heard = []
    while (topic := (await probe.receive()).topic) != last:
        if (wire.split_topic(topic) or ("", ""))[0] in devices:
            heard.append(topic)
    return heard


async def _send_while_away(scene: Scene, kept: mqtt.Connect, count: int) -> list[bytes]:
    topic = wire.topic(scene.device.username, "telemetry")
    payloads = [scene.reading(seq) for seq in range(count)]
    async with AsyncExitStack() as stack:
        away = await entered(stack, scene, kept)
        await away.subscribe(topic)
        await away.disconnect()
        device = await entered(stack, scene, scene.device.connect())
        await device.publish(topic, payloads)
    return payloads


async def _fetch(scene: Scene, kept: mqtt.Connect, sent: Sequence[bytes]) -> int:
    """How many of the messages wait in the session, which is forgotten afterwards."""
    missing = set(sent)
    async with AsyncExitStack() as stack:
        back = await entered(stack, scene, kept)
        try:
            while missing:
                missing.discard((await back.receive(within_s=2)).payload)
        except NoAnswer:
            pass
        await back.disconnect()
        await (await entered(stack, scene, _forgotten(kept))).disconnect()
    return len(sent) - len(missing)


def _forgotten(kept: mqtt.Connect) -> mqtt.Connect:
    return mqtt.Connect(kept.client_id, username=kept.username, password=kept.password)
