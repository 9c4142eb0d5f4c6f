"""What differs between two policies, field by field and entry by entry, in words.

Pure: text keys with parameters, see `explain`. A field that is added to the policy shows up
here by itself; only its name must be put into the catalogues.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vendor_policy import policy as policies
from vendor_policy.explain import Part
from vendor_policy.policy import Policy

Words = Mapping[str, Any]  # a text within a text, or a plain value


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """`entry`: of a list, which; None for a field with one value. `before` and `after` in JSON;
    None: not set.
    """

    field: str
    entry: str | None
    before: Any
    after: Any
    words: Part


def diff(before: Policy, after: Policy) -> tuple[FieldChange, ...]:
    """In the order of the policy's fields."""
    left, right = policies.to_json(before), policies.to_json(after)
    return tuple(
        change
        for field in Policy.model_fields
        if left[field] != right[field]
        for change in _changes(field, left[field], right[field], (before, after))
    )


def _changes(
    field: str, before: Any, after: Any, both: tuple[Policy, Policy]
) -> Iterator[FieldChange]:
    is_list = isinstance(before, list) or isinstance(after, list)
    left = _entries(before) if is_list else {None: before}
    right = _entries(after) if is_list else {None: after}
    for entry in dict.fromkeys((*left, *right)):
        old, new = left.get(entry), right.get(entry)
        if old != new:
            yield FieldChange(
                field=field,
                entry=entry,
                before=old,
                after=new,
                words=_words(field, entry, (old, new), both),
            )


def _entries(values: list[Any]) -> dict[str | None, Any]:
    """By what an entry is about: the first thing said in it, or as much as tells it from the
    others; a plain name is about itself.
    """
    if not all(isinstance(each, dict) for each in values):
        return {str(each): each for each in values}
    said = [[str(part) for part in each.values() if part is not None] for each in values]
    is_enough = len({each[0] for each in said}) == len(values)
    names = (each[0] if is_enough else ", ".join(each) for each in said)
    return dict(zip(names, values, strict=True))


def _words(
    field: str,
    entry: str | None,
    values: tuple[Any, Any],
    both: tuple[Policy, Policy],
) -> Part:
    named = {"key": f"policy.field.{field}", "params": {"entry": entry or ""}}
    old, new = (
        _shown(field, value, policy.currency)
        for value, policy in zip(values, both, strict=True)
    )
    if new is None:
        return Part("diff.gone", {"field": named, "before": old})
    if old is None:
        return Part("diff.new", {"field": named, "after": new})
    return Part("diff.changed", {"field": named, "before": old, "after": new})


def _shown(field: str, value: Any, currency: str) -> Words | str | None:
    match value:
        case None:
            return None
        case int():
            is_share = "_ppm" in field
            return _share(value) if is_share else {"minor": value, "currency": currency}
        case dict():
            return _shown_entry(value, currency)
    return str(value)


def _shown_entry(value: Mapping[str, Any], currency: str) -> Words | str:
    match value:
        case {"credit_ppm": int(share_ppm), "name": str()}:
            return _share(share_ppm)
        case {"names": list(names)}:
            return ", ".join(names)
        case {"per_quantity": int(), "most_minor": int()}:
            return {"key": "value.band", "params": {**value, "currency": currency}}
    return ", ".join(f"{name}: {each}" for name, each in value.items() if each is not None)


def _share(share_ppm: int) -> Words:
    return {"key": "value.share", "params": {"share_ppm": share_ppm}}
