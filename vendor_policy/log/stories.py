"""Whether the records of a proof bundle tell one story: the listings of the decision, what was
decided, and what became of it.

Pure. `vendor_policy.record.replay` and the stand-alone verifier judge the decision itself.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from core.canonical import dumps
from vendor_policy.log import listings
from vendor_policy.log.bundles import LoggedRecord, NotProven, ProvenBundle
from vendor_policy.log.commitments import commitment
from vendor_policy.log.notes import from_base64, to_base64

EVENT: Final = "nachschub/event/1"
BEGINS_AS: Final = "proposed"
SUBMIT: Final = "submit"
UNSOLD: Final = frozenset({"refuse", "find_changed", "cancel"})  # by the vendor
VENDOR: Final = "vendor"

Json = Mapping[str, Any]


def check(proven: ProvenBundle) -> None:
    """Raises NotProven."""
    for part in (_check_listings, _check_offers, _check_events, _check_order):
        try:
            part(proven)
        except (LookupError, TypeError, ValueError) as error:
            raise NotProven("records", f"a field is missing or wrong: {error}") from None


def _check_listings(proven: ProvenBundle) -> None:
    bundle, record = proven.bundle, proven.bundle.decision.record
    about = bundle.listings.record
    _require("listings", about.get("schema") == listings.LISTINGS, "not a list of listings")
    _require("listings", about["record"] == proven.record_hash, "of another decision")
    _require("listings", about["at"] == _instant(record["decided_at"]), "of another moment")
    _require("listings", about["root"] == listings.root(about["listings"]), "another root")
    categories = {need["category"] for need in record["needs"]}
    named = {each["commitment"]: each for each in about["listings"]}
    _require("listings", len(named) == len(about["listings"]), "one stands twice")
    opened = {to_base64(committed(each)): each for each in bundle.listed}
    _require("listings", set(opened) == set(named), "not the ones that stood at the decision")
    for at, (name, each) in enumerate(opened.items()):
        what, line = f"listing {at}", named[name]
        _require(what, each.record["schema"] == listings.LISTING, "not a listing")
        for field in ("vendor", "category"):
            _require(what, each.record[field] == line[field], f"of another {field}")
        _require(what, line["category"] in categories, "of a category that was not needed")
        _require(what, each.index < bundle.listings.index, "logged after the decision")


def committed(logged: LoggedRecord) -> bytes:
    return commitment(from_base64(logged.salt), logged.data)


def _instant(text: str) -> str:
    return datetime.fromisoformat(text).isoformat()


def _check_offers(proven: ProvenBundle) -> None:
    """Every live entry of every listing is in the record, and nothing else is."""
    for vendor, sku, why in overlooked(proven):
        raise NotProven("offers", f"{sku} of {vendor} {why}")
    count = len(proven.bundle.decision.record["offers"])
    _require("offers", len(seen_offers(proven)) == count, "an article stands twice")
    listed = {(vendor, entry["sku"]) for vendor, entry, _ in _entries(proven)}
    for vendor, sku in (*seen_offers(proven), *_refused(proven)):
        _require("offers", (vendor, sku) in listed, f"{sku} of {vendor} was never listed")


def overlooked(proven: ProvenBundle) -> Iterator[tuple[str, str, str]]:
    """Vendor, SKU and what is wrong, of every listed entry that the record does not hold."""
    seen, refused = seen_offers(proven), _refused(proven)
    for vendor, entry, is_live in _entries(proven):
        key = vendor, entry["sku"]
        if not is_live:
            continue
        if "refused" in entry:
            told = [entry["refused"], entry["reasons"]]
            why = "" if refused.get(key) == told else "was refused unsaid"
        else:
            why = _wrong(proven, seen.get(key), entry)
        if why:
            yield *key, why


def seen_offers(proven: ProvenBundle) -> dict[tuple[str, str], Json]:
    found = proven.bundle.decision.record["offers"].values()
    return {(each["vendor"], each["sku"]): each for each in found}


def _refused(proven: ProvenBundle) -> dict[tuple[str, str], list[list[str]]]:
    found = proven.bundle.decision.record["refused"]
    return {(each["vendor"], each["sku"]): [each["fields"], each["reasons"]] for each in found}


def _entries(proven: ProvenBundle) -> Iterator[tuple[str, Json, bool]]:
    """Vendor, entry, and whether it still counted when it was decided."""
    about = proven.bundle.listings.record
    decided_at = datetime.fromisoformat(about["at"])
    opened = {to_base64(committed(each)): each.record for each in proven.bundle.listed}
    for line in about["listings"]:
        is_live = datetime.fromisoformat(line["expires_at"]) > decided_at
        for entry in opened[line["commitment"]]["entries"]:
            yield line["vendor"], entry, is_live


def _wrong(proven: ProvenBundle, offer: Json | None, entry: Json) -> str:
    """One listed in stock may count as sold out only after the shop would not sell it."""
    if offer is None:
        return "was listed and is not in the record"
    if listings.listed_hash(offer) != entry["offer"]:
        return "is not in the record as it was listed"
    is_unsold = not offer["in_stock"] and any(
        event["event"] in UNSOLD
        and (event["by"], event["vendor"]) == (VENDOR, offer["vendor"])
        and (offer["sku"], offer["price"]["minor"]) in _bought(event)
        for event in _before(proven)
    )
    is_same = offer["in_stock"] == entry["in_stock"]
    return "" if is_same or is_unsold else "was listed in stock and counted as sold out"


def _bought(event: Json) -> set[tuple[str, int]]:
    return {(line["sku"], line["price_minor"]) for line in event["lines"]}


def _before(proven: ProvenBundle) -> list[Json]:
    decided = proven.bundle.decision.index
    return [each.record for each in proven.bundle.events if each.index < decided]


def _check_events(proven: ProvenBundle) -> None:
    bundle = proven.bundle
    indexes = [each.index for each in bundle.events]
    _require("events", indexes == sorted(set(indexes)), "not in the order of the log")
    need_ids = {need["need_id"] for need in bundle.decision.record["needs"]}
    states: dict[str, str] = {}
    for at, logged in enumerate(bundle.events):
        what, event = f"event {at}", logged.record
        _require(what, event["schema"] == EVENT, "not an event")
        _require(what, event["need"] in need_ids, "of another need")
        before = states.get(event["order"], BEGINS_AS)
        _require(what, event["before"] == before, f"does not follow on {before}")
        states[event["order"]] = event["after"]


def _check_order(proven: ProvenBundle) -> None:
    """What was approved and bought is what was decided, or openly the owner's own choice; and
    nothing was sent before the decision stood under a signed checkpoint.
    """
    bundle = proven.bundle
    mine = [each for each in bundle.events if each.record["order"] == bundle.order]
    _require("order", bool(mine), "nothing is known of it")
    covers = max(bundle.decision.index, bundle.listings.index)
    _require("first checkpoint", proven.first.size > covers, "the decision is not under it")
    for each in mine:
        event = each.record
        _require("order", event["record"] == proven.record_hash, "rests on another decision")
        _require("order", _wanted(event) == _wanted(mine[0].record), "was changed on the way")
        is_in_time = event["event"] != SUBMIT or each.index >= proven.first.size
        _require("order", is_in_time, "was sent before its decision was in the log")
    _check_lines(bundle.decision.record, mine[0].record)


def _wanted(event: Json) -> bytes:
    return dumps([event[field] for field in ("vendor", "lines", "total", "is_override")])


def _check_lines(record: Json, event: Json) -> None:
    by_id = {each["offer_id"]: each for each in record["offers"].values()}
    for line in event["lines"]:
        offer = by_id.get(line["offer_id"])
        is_known = offer is not None and line["price_minor"] == offer["price"]["minor"]
        _require("order", is_known, "an offer that the decision did not see")
    if not event["is_override"]:
        picked = [(line["offer_id"], line["packs"]) for line in event["lines"]]
        _require("order", (picked, event["total"]) in _decided(record), "not what was decided")


def _decided(record: Json) -> list[tuple[list[tuple[str, int]], Json]]:
    """Picks and total of each order that the decision leads to."""
    if record["basket"] is not None:
        parcels = record["basket"]["parcels"]
        return [([_pick(each) for each in p["winners"]], p["total"]) for p in parcels]
    best = record["ranked"][:1] if record["chosen"] else []
    return [([_pick(each)], each["total"]) for each in best]


def _pick(picked: Json) -> tuple[str, int]:
    return picked["offer_id"], picked["packs"]


def _require(what: str, holds: bool, why: str) -> None:
    if not holds:
        raise NotProven(what, why)
