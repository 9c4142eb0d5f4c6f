"""The codec as properties: what is encoded comes back, and no bytes do harm."""

import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core import mqtt
from core.mqtt import Publish, Will
from core.mqtt_decoder import Decoder, MalformedPacket

MAX_PACKET_BYTES = 4_096

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
levels = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0+#/"), max_size=8
)
topics = st.lists(levels, min_size=1, max_size=5).map("/".join).filter(bool)
filters = st.builds(
    lambda parts, last: "/".join([*parts, last]),
    st.lists(levels | st.just("+"), min_size=1, max_size=4),
    levels | st.sampled_from("+#"),
)
payloads = st.binary(max_size=300)
qos = st.integers(0, 2)
packet_ids = st.integers(1, 0xFFFF)
wills = st.builds(Will, topics, payloads, qos, st.booleans())
connects = st.builds(
    mqtt.Connect,
    texts,
    st.booleans(),
    st.integers(0, 0xFFFF),
    st.none(),
    st.none(),
    st.none() | wills,
) | st.builds(
    mqtt.Connect,
    texts,
    st.booleans(),
    st.integers(0, 0xFFFF),
    texts,
    st.none() | payloads,
    st.none() | wills,
)
publishes = st.builds(
    Publish, topics, payloads, st.just(0), st.just(0), st.booleans()
) | st.builds(
    Publish, topics, payloads, st.integers(1, 2), packet_ids, st.booleans(), st.booleans()
)
packets = st.one_of(
    connects,
    publishes,
    st.builds(mqtt.Connack, st.sampled_from(mqtt.ConnackCode), st.booleans()),
    st.builds(mqtt.Puback, packet_ids),
    st.builds(mqtt.Pubrec, packet_ids),
    st.builds(mqtt.Pubrel, packet_ids),
    st.builds(mqtt.Pubcomp, packet_ids),
    st.builds(
        mqtt.Subscribe,
        packet_ids,
        st.lists(st.tuples(filters, qos), min_size=1, max_size=4).map(tuple),
    ),
    st.builds(
        mqtt.Suback,
        packet_ids,
        st.lists(qos | st.just(mqtt.SUBSCRIPTION_REFUSED), min_size=1, max_size=4).map(tuple),
    ),
    st.builds(
        mqtt.Unsubscribe, packet_ids, st.lists(filters, min_size=1, max_size=4).map(tuple)
    ),
    st.builds(mqtt.Unsuback, packet_ids),
    st.just(mqtt.Pingreq()),
    st.just(mqtt.Pingresp()),
    st.just(mqtt.Disconnect()),
)


def pieces(stream: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    return [stream[start:end] for start, end in pairwise(edges)]


@given(st.lists(packets, max_size=6), st.lists(st.integers(0), max_size=8))
def test_packets_come_back_however_the_stream_is_cut(sent, cuts):
    stream = b"".join(map(mqtt.encode, sent))
    decoder = Decoder(MAX_PACKET_BYTES)
    received = [packet for piece in pieces(stream, cuts) for packet in decoder.feed(piece)]
    assert received == sent


@given(st.lists(packets, min_size=1, max_size=3))
def test_packets_come_back_byte_by_byte(sent):
    decoder = Decoder(MAX_PACKET_BYTES)
    stream = b"".join(map(mqtt.encode, sent))
    assert [
        each for at in range(len(stream)) for each in decoder.feed(stream[at : at + 1])
    ] == sent


def outcome(stream: bytes, cuts: list[int], max_packet_bytes: int) -> tuple[list, bool]:
    """(packets, is the stream still good)."""
    decoder = Decoder(max_packet_bytes)
    received = []
    for piece in pieces(stream, cuts):
        try:
            received += decoder.feed(piece)
        except MalformedPacket as malformed:
            return received + malformed.decoded_before, False
    return received, True


def damage(sent: list[mqtt.Packet], at: int, byte: bytes) -> bytes:
    stream = b"".join(map(mqtt.encode, sent))
    place = at % len(stream)
    return stream[:place] + byte + stream[place + 1 :]


damaged = st.builds(
    damage,
    st.lists(packets, min_size=1, max_size=3),
    st.integers(0),
    st.binary(min_size=1, max_size=2),
)


@given(
    st.binary(max_size=200) | damaged,
    st.lists(st.integers(0), max_size=5),
    st.sampled_from([16, MAX_PACKET_BYTES]),
)
@example(b"\x30\xff\xff\xff\x7f\x00\x01+", [3], 16)
@example(b"\x30\xff\xff\xff\xff", [], 16)
@example(b"\x30\x14\xff\xff" + bytes(18), [5], 16)
def test_any_bytes_give_packets_or_malformed_packet_however_they_are_cut(stream, cuts, bound):
    assert outcome(stream, cuts, bound) == outcome(stream, [], bound)


@given(st.integers(MAX_PACKET_BYTES, 50_000), st.integers(1, 2), st.lists(st.integers(0)))
def test_an_oversized_publish_is_reported_by_its_head_and_the_next_packet_is_read(
    payload_bytes, wanted_qos, cuts
):
    stream = mqtt.encode(Publish("a/b", bytes(payload_bytes), wanted_qos, 7)) + b"\xc0\x00"
    decoder = Decoder(MAX_PACKET_BYTES)
    received = [packet for piece in pieces(stream, cuts) for packet in decoder.feed(piece)]
    assert received == [
        mqtt.OversizedPublish("a/b", payload_bytes, wanted_qos, 7),
        mqtt.Pingreq(),
    ]


def test_skipping_an_oversized_publish_takes_no_memory():
    head = b"\x30\xff\xff\xff\x7f\x00\x03a/b"  # announces 268 million bytes
    decoder = Decoder(MAX_PACKET_BYTES)
    chunk = bytes(65_536)
    tracemalloc.start()
    decoder.feed(head)
    for _ in range(200):
        decoder.feed(chunk)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 4 * len(chunk)


def test_only_a_publish_may_be_oversized():
    with pytest.raises(MalformedPacket, match="too large"):
        Decoder(16).feed(mqtt.encode(mqtt.Connect("a" * 20)))


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        (b"GET / HTTP/1.1\r\n", "no packet starts with 0x47"),
        (b"\x16\x03\x01\x02\x00", "no packet starts with 0x16"),  # TLS
        (b"\x36\x05\x00\x01a\x00\x01", "no packet starts with 0x36"),  # qos 3
        (b"\x32\x05\x00\x01a\x00\x00", "packet id 0"),
        (b"\x30\x03\x00\x01+", "wildcards"),
        (b"\x30\x03\x00\x01\xff", "UTF-8"),
        (b"\x30\x03\x00\x01\x00", "U\\+0000"),
        (b"\x30\x03\x00\x09a", "ends inside a field"),
        (b"\x82\x02\x00\x01", "SUBSCRIBE to nothing"),
        (b"\x82\x06\x00\x01\x00\x01a\x03", "qos 3"),
        (b"\x10\x0c\x00\x04MQTT\x04\x03\x00\x00\x00\x00", "exclude each other"),
        (b"\x10\x0c\x00\x04MQTT\x04\x42\x00\x00\x00\x00", "exclude each other"),
        (b"\x10\x0c\x00\x04HTTP\x04\x02\x00\x00\x00\x00", "unknown protocol"),
        (b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x00\x00\x00x", "1 bytes too many"),
        (b"\xe0\x01x", "1 bytes too many"),
    ],
)
def test_what_is_wrong_is_named(stream, reason):
    with pytest.raises(MalformedPacket, match=reason):
        Decoder(MAX_PACKET_BYTES).feed(stream)


def test_packets_before_the_fault_are_handed_over_with_it():
    with pytest.raises(MalformedPacket) as raised:
        Decoder(MAX_PACKET_BYTES).feed(b"\xc0\x00\x00")
    assert raised.value.decoded_before == [mqtt.Pingreq()]


@pytest.mark.parametrize(("name", "protocol_level"), [(b"MQTT", 5), (b"MQIsdp", 3)])
def test_a_connect_of_another_version_is_known_by_its_level(name, protocol_level):
    body = len(name).to_bytes(2) + name + bytes([protocol_level]) + b"\x02\x00\x3c\x00\x00\x00"
    stream = bytes([0x10, len(body)]) + body
    assert Decoder(MAX_PACKET_BYTES).feed(stream) == [mqtt.UnsupportedConnect(protocol_level)]


def test_a_publish_is_the_bytes_of_the_standard():
    packet = Publish("a/b", b"hi", qos=1, packet_id=10)  # figure 3.11 with a payload
    assert mqtt.encode(packet) == bytes.fromhex("32 09 0003 612f62 000a 6869")


@pytest.mark.parametrize(
    "packet",
    [
        Publish("a", b"", qos=1),
        mqtt.Puback(0),
        Publish("a" * 65_536, b""),
        Publish("a", bytes(mqtt.LONGEST_BODY)),
    ],
)
def test_what_the_standard_cannot_carry_is_not_encoded(packet):
    with pytest.raises(ValueError, match=r"packet id|bytes is above"):
        mqtt.encode(packet)


@pytest.mark.parametrize(
    ("topic_filter", "topic", "is_match"),
    [
        ("sport/tennis/+", "sport/tennis/player1", True),
        ("sport/tennis/+", "sport/tennis/player1/ranking", False),
        ("sport/+", "sport", False),
        ("sport/+", "sport/", True),
        ("+/+", "/finance", True),
        ("/+", "/finance", True),
        ("+", "/finance", False),
        ("sport/tennis/#", "sport/tennis", True),
        ("sport/#", "sport/tennis/player1", True),
        ("#", "sport", True),
        ("#", "$SYS/broker", False),
        ("+/broker", "$SYS/broker", False),
        ("$SYS/#", "$SYS/broker", True),
        ("a/b", "a/b/c", False),
        ("a/b/#", "a/c", False),
        ("Sport", "sport", False),
    ],
)
def test_topic_filters_match_as_in_section_4_7(topic_filter, topic, is_match):
    assert mqtt.matches(topic_filter, topic) is is_match


@pytest.mark.parametrize("text", ["", "a/#/b", "a#", "a/b+", "+a", "##"])
def test_misplaced_wildcards_are_no_filter(text):
    assert not mqtt.is_filter(text)


@given(topics)
def test_a_topic_matches_itself_and_the_filter_of_everything_beside_it(topic):
    assert mqtt.matches(topic, topic)
    assert mqtt.is_filter(topic)
    if not topic.startswith("$"):
        assert mqtt.matches("#", topic)
