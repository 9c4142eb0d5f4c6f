"""Mutated MQTT against the codec and a running gateway: nothing but a clean end may come of it.
No exception but MalformedPacket, no hang, no growth, and neighbours are served.

    python -m benchmarks.mqtt_fuzz --packets 1000000
"""

import argparse
import asyncio
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Sequence
from typing import Final

from broker.gateway import Gateway
from broker.ingest import Committed
from broker.limits import Limits
from core import mqtt
from core.clock import WallClock
from core.mqtt_decoder import Decoder, MalformedPacket
from devices.batch import Outcome
from devices.intake import Arrival

MOST_BYTES: Final = 32 * 1024  # of a packet, as at the gateway
SLOWEST_S: Final = 1.0  # for one stream, however it is cut
MOST_GROWTH_MB: Final = 10.0  # after the first tenth
PONG: Final = mqtt.encode(mqtt.Pingresp())
OWN: Final = "v1/devices/washer-0001/"
SECRET: Final = b"first-secret"

SEEDS: Final[tuple[mqtt.Packet, ...]] = (
    mqtt.Connect("washer-0001", username="washer-0001", password=SECRET),
    mqtt.Connect("", is_clean_session=False, will=mqtt.Will(OWN + "status", b"{}", 1, True)),
    mqtt.Publish(OWN + "telemetry", b'{"v":1,"boot_id":17,"seq":1,"slots":{}}', 1, 7),
    mqtt.Publish(OWN + "event", bytes(200), 2, 8),
    mqtt.Publish(OWN + "status", b"", 0),
    mqtt.Puback(7),
    mqtt.Pubrec(7),
    mqtt.Pubrel(8),
    mqtt.Pubcomp(7),
    mqtt.Subscribe(3, ((OWN + "#", 1), (OWN + "command", 2))),
    mqtt.Suback(3, (0, 1, 0x80)),
    mqtt.Unsubscribe(4, (OWN + "receipt",)),
    mqtt.Unsuback(4),
    mqtt.Connack(),
    mqtt.Pingreq(),
    mqtt.Pingresp(),
    mqtt.Disconnect(),
)
_ENCODED: Final = tuple(map(mqtt.encode, SEEDS))


def seeded(seed: int) -> random.Random:
    """The same faults each time."""
    return random.Random(seed)  # noqa: S311 - nothing is kept secret with it


def mutated(chance: random.Random) -> bytes:
    """One packet with one to four faults."""
    raw = bytearray(chance.choice(_ENCODED))
    for _ in range(chance.randint(1, 4)):
        _damage(raw, chance)
    return bytes(raw)


def _damage(raw: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(raw) + 1)
    match chance.randrange(7):
        case 0 if raw:
            raw[at % len(raw)] ^= 1 << chance.randrange(8)
        case 1 if raw:
            raw[at % len(raw)] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
        case 2:
            del raw[at : at + chance.randint(1, 8)]
        case 3:
            raw[at:at] = chance.randbytes(chance.randint(1, 8))
        case 4:  # a length that lies
            raw[1:2] = bytes(chance.choice((0x80, 0xFF)) for _ in range(chance.randint(0, 4)))
        case 5:
            raw[at:at] = raw[at : at + chance.randint(1, 40)]
        case _:
            raw += chance.choice(_ENCODED)


def fuzz_codec(chance: random.Random, count: int) -> Counter[str]:
    """How many streams ended how. Raises whatever the decoder should not."""
    found: Counter[str] = Counter()
    for number in range(count):
        stream = mutated(chance)
        cut = chance.randrange(len(stream) + 1)
        decoder = Decoder(MOST_BYTES)
        began_s = time.monotonic()
        try:
            packets = decoder.feed(stream[:cut]) + decoder.feed(stream[cut:])
            found["read" if packets else "incomplete"] += 1
        except MalformedPacket:
            found["malformed"] += 1
        found["slow"] += time.monotonic() - began_s > SLOWEST_S
        if number == count // 10:
            found["rss_kb_early"] = rss_kb()
    found["rss_kb_late"] = rss_kb()
    return found


async def authenticate(_device_id: str, secret: bytes) -> str | None:
    return "hash" if secret == SECRET else None


async def ingest(batch: Sequence[Arrival]) -> Committed:
    return Committed([Outcome.RECORDED] * len(batch), {})


async def fuzz_gateway(chance: random.Random, count: int) -> Counter[str]:
    """Mutated packets over real connections, after a good CONNECT or instead of one; between
    them a neighbour is asked whether he is still served.
    """
    gateway = Gateway(
        authenticate=authenticate,
        ingest=ingest,
        clock=WallClock(),
        limits=Limits(
            messages_per_s=1e9, address_messages_per_s=1e9, failed_sign_ins_per_minute=1e9
        ),
    )
    port = await gateway.start("127.0.0.1", 0)
    found: Counter[str] = Counter()
    reader, writer = await admitted(port, "neighbour")
    sent = 0
    while sent < count:
        sent += await _attack(port, chance, found)
        writer.write(mqtt.encode(mqtt.Pingreq()))
        async with asyncio.timeout(SLOWEST_S * 10):
            found["neighbour served"] += await reader.readexactly(2) == PONG
            found["attacks"] += 1
    found["packets"] = sent
    writer.transport.abort()
    await asyncio.sleep(1)  # for the last ends to be seen
    found["left open"] = gateway.connected_count
    await gateway.close()
    return found


async def admitted(
    port: int, device_id: str
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(mqtt.encode(mqtt.Connect("", username=device_id, password=SECRET)))
    if await reader.readexactly(4) != mqtt.encode(mqtt.Connack()):
        raise ConnectionRefusedError
    return reader, writer


async def _attack(port: int, chance: random.Random, found: Counter[str]) -> int:
    """One connection: up to fifty packets, then its end or ours. Returns how many."""
    if chance.random() < 0.8:
        reader, writer = await admitted(port, "washer-0001")
    else:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    count = chance.randint(1, 50)
    writer.write(b"".join(mutated(chance) for _ in range(count)))
    writer.write_eof()
    try:
        async with asyncio.timeout(SLOWEST_S * 10):
            while await reader.read(65_536):
                pass
        found["closed"] += 1
    except ConnectionError:
        found["reset"] += 1
    except TimeoutError:
        found["hung"] += 1
    writer.transport.abort()
    return count


def rss_kb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Mutated MQTT packets against codec and gateway."
    )
    parser.add_argument("--packets", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    chance = seeded(wanted.seed)
    codec = fuzz_codec(chance, wanted.packets)
    grown_mb = (codec.pop("rss_kb_late") - codec.pop("rss_kb_early")) / 1024
    print(f"codec: {wanted.packets} mutated streams, {dict(codec)}, grown by {grown_mb:.1f} MB")
    before_kb = rss_kb()
    gateway = asyncio.run(fuzz_gateway(chance, wanted.packets // 10))
    print(f"gateway: {dict(gateway)}, grown by {(rss_kb() - before_kb) / 1024:.1f} MB")
    return 0 if is_clean(codec, gateway) and grown_mb < MOST_GROWTH_MB else 1


def is_clean(codec: Counter[str], gateway: Counter[str]) -> bool:
    is_served = gateway["neighbour served"] == gateway["attacks"]
    return is_served and not (codec["slow"] or gateway["hung"] or gateway["left open"])


if __name__ == "__main__":
    sys.exit(main())
