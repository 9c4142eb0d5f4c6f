"""Mutated recordings against the decoders: no exception, no hang, no level out of nowhere.

Seeded. The check of a level knows nothing of the decoders: the numbers that a reading says it
came from must stand in the input, and the level must follow from them.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from time import process_time

from benchmarks.recordings import DECODERS, Recording, brother_walk, walk_of
from broker.bridges.clouds import roborock
from broker.bridges.mqtt import zigbee2mqtt
from broker.bridges.payloads import LARGEST, LARGEST_NUMBER, parsed
from broker.bridges.reading import Reading

LONGEST_S = 1.0  # of the processor, for one input; the slowest recording takes milliseconds
PLACE = re.compile(r"(supply|tray)=\S+")  # where in a table, not how much
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
DIGITS = re.compile(rb"-?\d+")
LIVES = (zigbee2mqtt.FILTER_LIFE_MIN, *(life for _, _, life in roborock.PARTS.values()))
FULL = (100, 10_000)  # of percent, and of Brother's 0.01 %
NEAR = 1e-6
OF_FOUR_BYTES = 2**32
IN_NO_INPUT = bytes(LARGEST)
ODD = (
    *(b"-1", b"-2", b"-3", b"0", b"1", b"50", b"100", b"101", b"1e999", b"-0.0", b"NaN"),
    *(b"null", b"true", b'""', b"[]", b"{}", b"[" * 3000, b"9" * 400, b"Infinity"),
    *(b"\xff\xfe", b"\\ud800", b"\0", b"\xd9\xa3", b"INV", b"unavailable", b"2147483648"),
)
# In half of the inputs only values change: most others are refused before anything is decoded.
VALUE = re.compile(
    rb'(?<=[:\[,\t ])(?:-?\d[\d.eE+-]*|"(?:[^"\\]|\\.)*"|true|false|null)(?=\s*[,}\]])'
)
IPP_INTEGER = re.compile(rb"(?<=\x00\x04).{4}", re.DOTALL)
OTHER_VALUES = (
    *(
        b"null",
        b"true",
        b"false",
        b"[]",
        b"{}",
        b"[1]",
        b'{"a": 1}',
        b'""',
        b'"x"',
        b'"\\ud800"',
    ),
    *(
        b"-121",
        b"-3",
        b"-2",
        b"-1",
        b"0",
        b"-0.0",
        b"1e-9",
        b"1",
        b"50",
        b"100",
        b"100.5",
        b"907",
    ),
    *(b"1e15", b"9" * 40, b'"-1"', b'"0"', b'"100"', b'"101"', b'"1e3"', b'"INV"', b'"none"'),
)
OTHER_INTEGERS = (-(2**31), -1000, -3, -2, -1, 0, 1, 50, 100, 101, 65_536, 2**31 - 1)
# Of a whole walk, only what a decoder looks at: the rest of it would take most of the hits.
OF_PRINTERS = re.compile(r"1\.3\.6\.1\.2\.1\.(43\.(5|8|10|11|12)|1\.[125]|25\.3\.2)\.")
OF_CONSUMABLES = {
    "valetudo": re.compile(rb"/ConsumableMonitoringCapability/[^/]+(/\$unit)?\t"),
    "home-assistant": re.compile(rb"\t(homeassistant/sensor/\w+/|\w+/\w+/hass/)\w+Consumable"),
}


@dataclass(slots=True)
class Fuzzed:
    inputs: int = 0
    crashes: list[str] = field(default_factory=list)
    cpu_s: float = 0.0


def trimmed(recording: Recording) -> Recording:
    lines = recording.content.splitlines()
    if recording.decoder == "snmp":
        kept = [line for line in lines if OF_PRINTERS.match(line.decode("latin-1"))]
    elif recording.decoder in OF_CONSUMABLES:
        wanted = OF_CONSUMABLES[recording.decoder]
        kept = [line for line in lines if wanted.search(line)]
    else:
        return recording
    return Recording(recording.path, recording.decoder, b"\n".join(kept))


def fuzz(recordings: Sequence[Recording], inputs: int, seed: int) -> Fuzzed:
    """`inputs` mutations over the recordings of one decoder."""
    random, result = Random(seed), Fuzzed()  # noqa: S311 - repeatable is what is wanted
    started = process_time()
    seeds = [trimmed(each) for each in recordings]
    for n in range(inputs):
        recording = seeds[n % len(seeds)]
        content = mutated(recording.content, random)
        problem = complaint(recording.decoder, content)
        result.inputs += 1
        if problem:
            result.crashes.append(f"{recording.path}, seed {seed}, input {n}: {problem}")
    result.cpu_s = process_time() - started
    return result


def mutated(content: bytes, random: Random) -> bytes:
    mutations = random.choice((MUTATIONS, (_value,)))
    for _ in range(random.choice((1, 1, 2, 4, 16))):
        content = random.choice(mutations)(content, random)
    return content


def _flip(content: bytes, random: Random) -> bytes:
    here = random.randrange(len(content) + 1)
    return content[:here] + bytes([random.randrange(256)]) + content[here + 1 :]


def _cut(content: bytes, random: Random) -> bytes:
    start = random.randrange(len(content) + 1)
    return content[:start] + content[start + random.choice((1, 2, 7, 64)) :]


def _end(content: bytes, random: Random) -> bytes:
    return content[: random.randrange(len(content) + 1)]


def _odd(content: bytes, random: Random) -> bytes:
    here = random.randrange(len(content) + 1)
    return content[:here] + random.choice(ODD) + content[here:]


def _number(content: bytes, random: Random) -> bytes:
    """Another number where one stands near a place taken at random."""
    found = DIGITS.search(content, random.randrange(len(content) + 1))
    if not found:
        return content
    return content[: found.start()] + random.choice(ODD) + content[found.end() :]


def _value(content: bytes, random: Random) -> bytes:
    """Another value, of JSON or of an integer of IPP; a number in what is neither."""
    start = random.randrange(len(content) + 1)
    if found := VALUE.search(content, start):
        other = random.choice(OTHER_VALUES)
    elif found := IPP_INTEGER.search(content, start):
        other = random.choice(OTHER_INTEGERS).to_bytes(4, signed=True)
    else:
        return _number(content, random)
    return content[: found.start()] + other + content[found.end() :]


def _again(content: bytes, random: Random) -> bytes:
    start = random.randrange(len(content) + 1)
    piece = content[start : start + random.choice((4, 32, 256))]
    here = random.randrange(len(content) + 1)
    return content[:here] + piece + content[here:]


MUTATIONS = (_flip, _cut, _end, _odd, _number, _number, _again)


def complaint(decoder: str, content: bytes) -> str | None:
    started = process_time()
    try:
        readings = DECODERS[decoder](content)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
        return f"{type(error).__name__}: {error}"
    if process_time() - started > LONGEST_S:
        return f"took {process_time() - started:.1f} s"
    measured = [each for each in readings if each.level_pct is not None]
    said = {number for each in measured for number in said_by(each)}
    known = stated_in(decoder, content, said) if said else frozenset()
    return next((wrong for each in measured if (wrong := made_up(each, known))), None)


def said_by(reading: Reading) -> list[float]:
    said = [float(each) for each in NUMBER.findall(PLACE.sub("", reading.raw))]
    return [each for each in said if abs(each) <= LARGEST_NUMBER]


def made_up(reading: Reading, known: frozenset[float]) -> str | None:
    level = reading.level_pct
    if level is None or not 0 <= level <= 100:
        return f"{reading.slot}: {level} %"
    stated = [each for each in said_by(reading) if each in known]
    if any(abs(level - each) < NEAR for each in follows(stated)):
        return None
    return f"{reading.slot}: {level} % does not follow from {reading.raw!r}"


def follows(said: Sequence[float]) -> Iterator[float]:
    """Every level that these numbers can stand for."""
    for part in said:
        yield from (part, 100 - part)
        for whole in (*FULL, *LIVES, *said):
            if whole > 0:
                yield from (100 * part / whole, 100 - 100 * part / whole)


def stated_in(decoder: str, content: bytes, said: set[float]) -> frozenset[float]:
    """Those of the numbers that stand in the input, in its own way of writing them."""
    octets = content if decoder == "ipp" else b""
    if decoder == "brother":
        strings = brother_walk(content).values()
        octets = b"|".join(each for each in strings if isinstance(each, bytes))
    found = {each for each in said if _packed(each) in octets or is_written(each, content)}
    # What is written in another way, as 1e2 or in hexadecimals, is looked for the long way.
    return frozenset(found if found == said else found | (said & _numbers(decoder, content)))


def is_written(number: float, content: bytes) -> bool:
    digits = f"{int(number)}" if number == int(number) else f"{number}"
    return bool(re.search(rb"(?<![\d.])%s(?:\.0+)?(?![\d.])" % digits.encode(), content))


def _numbers(decoder: str, content: bytes) -> set[float]:
    found = NUMBER.findall(content.decode("latin-1"))
    whole = parsed(content)
    if whole is not None:
        found += NUMBER.findall(json.dumps(whole))
    walked = walk_of(content).values() if decoder == "snmp" else ()
    return {float(each) for each in [*found, *(n for n in walked if isinstance(n, int))]}


def _packed(number: float) -> bytes:
    """In four bytes; longer than any input where it does not fit."""
    fits = number == int(number) and abs(number) < OF_FOUR_BYTES
    return (int(number) % OF_FOUR_BYTES).to_bytes(4) if fits else IN_NO_INPUT
