import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.catalog import described
from devices.description import Description, model_of
from devices.description_file import BadDescription, Flaw, read, schema
from devices.models import Measure

ROOT = Path(__file__).parents[3]
SCALE = """\
format: 1
name: cat-food-scale
maker: Third Reality
title: {en: Cat food, de: Katzenfutter}
recordings: [scale.jsonl]
sends: "The weight of the box with the food."
slots:
  food:
    title: {en: Dry food, de: Trockenfutter}
    category: pet-food
    unit: g
    capacity: 2000
    typical_use_per_day: 60
    most_per_day: 500
    condition:
      mqtt: {topic: zigbee2mqtt/food scale, path: [weight]}
    replacements:
      - {scheme: gtin14, number: "04006381333931"}
    order: {at_percent: 20}
"""


def flaws(text: str) -> list[Flaw]:
    with pytest.raises(BadDescription) as caught:
        read(text, "scale.yaml")
    return list(caught.value.flaws)


def changed(before: str, after: str) -> str:
    assert before in SCALE
    return SCALE.replace(before, after)


def test_one_file_describes_a_device() -> None:
    description = read(SCALE, "scale.yaml")
    model = model_of(description)
    assert model is not None
    [food] = model.slots
    assert (food.slot, food.unit, food.capacity) == ("food", "g", 2000)
    assert food.measure is Measure.QUANTITY
    assert food.fits == ("04006381333931",)
    assert food.title_in("de") == "Trockenfutter"
    assert food.order_at_percent == 20
    assert model.data_sheet.every_hours == 6


@pytest.mark.parametrize(
    ("before", "after", "line", "field", "fix"),
    [
        (
            "category: pet-food",
            "categroy: pet-food",
            10,
            "slots.food.categroy",
            "write `category`",
        ),
        ("    unit: g", "    unit: gram", 11, "slots.food.unit", "take one of the words"),
        ("name: cat-food-scale\n", "", 1, "name", "add `name:`"),
        ("capacity: 2000", 'capacity: "2 kg"', 12, "slots.food.capacity", "change it"),
        ("maker: Third Reality", "maker: yes", 3, "maker", "put it in quotes"),
        ("at_percent: 20", "at_percent: 120", 19, "slots.food.order.at_percent", "change it"),
        (
            "path: [weight]",
            "path: weight",
            16,
            "slots.food.condition.mqtt.path",
            "write a list",
        ),
        ("format: 1", "format: 2", 1, "format", "take one of the words"),
        ("recordings: [scale.jsonl]", "recordings: []", 1, "file", "change it"),
        ("title: {en: Cat", "title: {en: A, en: Cat", 4, "en", "keep one of them"),
        ("title: {en: Cat", "title: {en: [Cat", 4, "file", "look at indentation"),
        (
            "maker: Third Reality",
            "maker: &x Third\nversion: *x",
            3,
            "file",
            "write the value out",
        ),
    ],
)
def test_a_flaw_is_named_with_file_line_and_fix(
    before: str, after: str, line: int, field: str, fix: str
) -> None:
    found = flaws(changed(before, after))
    named = [(each.line, each.field) for each in found]
    assert (line, field) in named, found
    flaw = found[named.index((line, field))]
    assert flaw.fix.startswith(fix), flaw
    assert str(flaw).startswith(f"scale.yaml:{line}: {field}: ")


def test_a_misspelt_word_is_one_flaw_and_not_a_missing_one_besides() -> None:
    [flaw] = flaws(changed("category: pet-food", "categroy: pet-food"))
    assert flaw.fix == "write `category`"


@pytest.mark.parametrize(
    ("number", "says"),
    [
        ("04006381333932", "check digit is wrong"),
        ("4006381333931", "write it as 04006381333931"),
        ("gtin14xxxxxxxx", "placeholder"),
        ("00000000000000", "placeholder"),
    ],
)
def test_a_product_number_without_a_right_check_digit_is_refused(
    number: str, says: str
) -> None:
    [flaw] = flaws(changed("04006381333931", number))
    assert says in flaw.problem
    assert flaw.line == 18


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("topic: zigbee2mqtt/food scale", "topic: zigbee2mqtt/#", "+ for one level"),
        ("path: [weight]}", "path: [weight]}\n      oid: 1.3.6.1", "exactly one of"),
        (
            "      mqtt: {topic: zigbee2mqtt/food scale, path: [weight]}",
            "      factor: 2",
            "one of",
        ),
        ("    unit: g\n    capacity: 2000\n", "    capacity: 2000\n", ""),
    ],
)
def test_a_binding_names_one_value(before: str, after: str, says: str) -> None:
    text = changed(before, after)
    if says:
        assert says in flaws(text)[0].problem
    else:  # the catalogue's own rules hold for what is made of a description
        with pytest.raises(ValueError, match="fill"):
            model_of(read(text, "scale.yaml"))


def test_a_dose_needs_a_unit_and_stands_alone() -> None:
    dose = "    dose_per_cycle: {amount: 50, cycles: {reading: cycles}}\n"
    both = changed("    order:", dose + "    order:")
    assert "measured already" in flaws(both)[0].problem
    alone = SCALE.replace(SCALE[SCALE.index("    condition") : SCALE.index("    replac")], dose)
    description = read(alone, "scale.yaml")
    assert description.slots["food"].measure is Measure.USAGE
    in_fills = alone.replace("    unit: g\n    capacity: 2000\n", "")
    assert "needs a unit" in flaws(in_fills)[0].problem


def test_a_container_is_followed_by_words_and_never_by_its_level_alone() -> None:
    waste = changed("category: pet-food", "category: printer-waste\n    direction: filled")
    assert read(waste, "x.yaml").slots["food"].measure is Measure.STATE
    filtering = changed("category: pet-food", "category: air-filter\n    direction: filled")
    assert read(filtering, "x.yaml").slots["food"].measure is Measure.QUANTITY


@settings(max_examples=100)
@given(
    text=st.text(max_size=200)
    | st.sampled_from(
        ["[" * 5000, "a: " * 200, "? ? ?", "- " * 90, "a: 2020-13-45", "a: 1e999"]
    )
)
def test_any_other_text_is_refused_with_a_line_and_a_fix(text: str) -> None:
    found = flaws(text)
    assert found
    assert all(flaw.line >= 1 and flaw.fix for flaw in found)


def test_the_published_schema_is_the_one_of_the_code() -> None:
    published = json.loads((ROOT / "docs" / "device-description.schema.json").read_text())
    assert published == schema()


def test_every_description_keeps_the_published_schema() -> None:
    checking = jsonschema.Draft202012Validator(schema())
    for path in described.FOLDER.glob("*.yaml"):
        content: Any = yaml.safe_load(path.read_text())
        assert list(checking.iter_errors(content)) == []


def test_every_shipped_description_is_whole() -> None:
    everything = described.all_described()
    names = [each.name for each in everything]
    assert len(set(names)) == len(names) >= 55
    for each in everything:
        model = model_of(each)
        assert (model is None) == (not each.slots)
        assert each.title.de


@pytest.mark.parametrize(
    ("interface", "name", "description"),
    [
        ("ipp", "ECOSYS M2040dn", "kyocera-m2040dn"),
        ("snmp", "OKI MC873", "oki-mc873"),
        ("snmp", "Brother DCP-9020CDW series", "brother-dcp-9020cdw"),
        ("ipp", "Brother DCP-9020CDW series", None),
        ("lg", "lg", None),
        ("ipp", "", None),
    ],
)
def test_a_device_is_recognised_by_its_own_name(
    interface: str, name: str, description: str | None
) -> None:
    found = described.recognised(interface, name)
    assert (found.name if found else None) == description


def test_a_description_without_anything_to_follow_is_refused() -> None:
    text = SCALE[: SCALE.index("slots:")]
    assert "at least one slot" in flaws(text)[0].problem
    assert read(text + "samples: {power: {reading: power}}\n", "x.yaml").slots == {}
    assert isinstance(described.all_described()[0], Description)
