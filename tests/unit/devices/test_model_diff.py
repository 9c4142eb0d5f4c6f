"""What a new version of a model says otherwise."""

from devices.model_diff import ModelChange, changes
from tests.devices_world import a_model, a_spec


def test_only_what_differs_is_a_change_and_the_version_itself_is_none():
    assert changes(a_model(version=1), a_model(version=2)) == ()
    after = a_model(a_spec(capacity=900, fits=("a", "b")), version=2)
    assert changes(a_model(), after) == (
        ModelChange("slots.detergent.fits", "laundry-liquid", "a, b"),
        ModelChange("slots.detergent.capacity", "1000", "900"),
    )


def test_a_new_slot_has_no_before_and_a_dropped_one_no_after():
    before, after = a_model(a_spec("left")), a_model(a_spec("right"))
    found = {each.field: each for each in changes(before, after)}
    assert found["slots.left.capacity"] == ModelChange("slots.left.capacity", "1000", "")
    assert found["slots.right.capacity"] == ModelChange("slots.right.capacity", "", "1000")


def test_a_data_sheet_is_compared_line_by_line():
    model = a_model()
    sheet = model.data_sheet.model_copy(update={"kept_days": 30})
    after = model.model_copy(update={"data_sheet": sheet})
    assert changes(model, after) == (ModelChange("data_sheet.kept_days", "400", "30"),)
