import json
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from accounts import catalogues
from accounts.texts import Words
from core.money import Money
from runtime import home_assistant
from runtime.home_assistant import Ask, Press, Supply

# Home Assistant's documentation: "MQTT sensor", "MQTT button", "MQTT discovery".
COMMON = {"unique_id", "name", "availability_topic", "device", "origin", "icon", "qos"}
FIELDS = {
    "sensor": COMMON
    | {"state_topic", "value_template", "unit_of_measurement", "device_class", "state_class"},
    "button": COMMON | {"command_topic", "payload_press"},
}
REQUIRED = {"sensor": {"state_topic"}, "button": {"command_topic"}}
NODE = home_assistant.node_of(UUID(int=7, version=4))
ORDER = UUID(int=9, version=4)
SUPPLY = Supply(
    stock_id=UUID(int=1, version=4),
    name="Detergent",
    level_percent=41.26,
    days_left=5.04,
    next_order_at=datetime(2026, 11, 23, 8, tzinfo=UTC),
    ask=Ask(order_id=ORDER, total=Money(5490, "EUR")),
    by_hand=("by-hand-1", "detergent"),
)


@pytest.fixture(params=["en", "de"])
def words(request: pytest.FixtureRequest) -> Words:
    sentences = catalogues.read_catalogue(request.param)
    return Words(request.param, sentences, ZoneInfo("Europe/Berlin"))


def configs(supply: Supply, words: Words) -> dict[str, dict]:
    found = home_assistant.messages(NODE, [supply], words)
    return {t: json.loads(each) for t, each in found.items() if t.endswith("/config")}


def test_every_config_has_only_documented_fields_and_the_required_ones(words: Words) -> None:
    found = configs(SUPPLY, words)
    assert len(found) == 6
    for topic, config in found.items():
        prefix, component, node, name, last = topic.split("/")
        assert (prefix, node, last) == ("homeassistant", NODE, "config")
        assert name.replace("_", "").isalnum()
        assert config.keys() <= FIELDS[component]
        assert config.keys() >= REQUIRED[component]
        assert config["device"]["identifiers"]
        assert config["origin"]["name"]
    assert len({each["unique_id"] for each in found.values()}) == 6


def test_states_are_numbers_and_unknown_is_said_as_home_assistant_wants(words: Words) -> None:
    topic = home_assistant.state_topic(NODE, SUPPLY)
    told = json.loads(home_assistant.messages(NODE, [SUPPLY], words)[topic])
    assert told == {"level": 41.3, "days_left": 5.0, "next_order": "2026-11-23T08:00:00+00:00"}
    unknown = replace(SUPPLY, level_percent=None, days_left=None, next_order_at=None)
    told = json.loads(home_assistant.messages(NODE, [unknown], words)[topic])
    assert set(told.values()) == {"None"}


def test_the_button_says_what_it_costs_and_names_the_order_it_answers(words: Words) -> None:
    found = {c["unique_id"].rsplit("_", 1)[-1]: c for c in configs(SUPPLY, words).values()}
    approve = found["approve"]
    assert "54" in approve["name"]
    assert ("obligation to pay" in approve["name"]) or ("ahlungspflichtig" in approve["name"])
    assert approve["payload_press"] == str(ORDER)
    press = home_assistant.pressed(NODE, approve["command_topic"], approve["payload_press"])
    assert press == Press(SUPPLY.stock_id, "approve", str(ORDER))


def test_only_what_can_be_pressed_has_a_button(words: Words) -> None:
    plain = replace(SUPPLY, ask=None, by_hand=None)
    assert not [each for each in configs(plain, words) if "/button/" in each]


@pytest.mark.parametrize(
    "topic", ["x", f"{NODE}/nonsense/press/approve", "other/x/press/approve"]
)
def test_other_topics_are_no_press(topic: str) -> None:
    assert home_assistant.pressed(NODE, topic, "x") is None
