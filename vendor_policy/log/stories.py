"""Whether the records of a proof bundle tell one story: the listings of the decision, what was
decided, and what became of it.

Pure. `vendor_policy.record.replay` and the stand-alone verifier judge the decision itself.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from vendor_policy.log import listings, purchases
from vendor_policy.log.bundles import LoggedRecord, NotProven, ProvenBundle, require
from vendor_policy.log.commitments import commitment
from vendor_policy.log.notes import from_base64, to_base64

UNSOLD: Final = frozenset({"refuse", "find_changed", "cancel"})  # by the vendor
VENDOR: Final = "vendor"
# What a record that is not one makes the checks raise.
MALFORMED: Final = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)

Json = Mapping[str, Any]


def check(proven: ProvenBundle) -> None:
    """Raises NotProven."""
    for part in (
        _check_listings,
        _check_offers,
        purchases.check_events,
        purchases.check_order,
    ):
        try:
            part(proven)
        except MALFORMED as error:
            raise NotProven("records", f"a field is missing or wrong: {error!r}") from None


def _check_listings(proven: ProvenBundle) -> None:
    bundle, record = proven.bundle, proven.bundle.decision.record
    about = bundle.listings.record
    require("listings", about.get("schema") == listings.LISTINGS, "not a list of listings")
    require("listings", about["record"] == proven.record_hash, "of another decision")
    require("listings", about["at"] == _instant(record["decided_at"]), "of another moment")
    require("listings", about["root"] == listings.root(about["listings"]), "another root")
    categories = {need["category"] for need in record["needs"]}
    named = {each["commitment"]: each for each in about["listings"]}
    require("listings", len(named) == len(about["listings"]), "one stands twice")
    opened = {to_base64(committed(each)): each for each in bundle.listed}
    require("listings", set(opened) == set(named), "not the ones that stood at the decision")
    for at, (name, each) in enumerate(opened.items()):
        what, line = f"listing {at}", named[name]
        require(what, each.record["schema"] == listings.LISTING, "not a listing")
        for field in ("vendor", "category"):
            require(what, each.record[field] == line[field], f"of another {field}")
        require(what, line["category"] in categories, "of a category that was not needed")
        require(what, each.index < bundle.listings.index, "logged after the decision")


def committed(logged: LoggedRecord) -> bytes:
    return commitment(from_base64(logged.salt), logged.data)


def _instant(text: str) -> str:
    return datetime.fromisoformat(text).isoformat()


def _check_offers(proven: ProvenBundle) -> None:
    """Every live entry of every listing is in the record, and nothing else is."""
    for vendor, sku, why in overlooked(proven):
        raise NotProven("offers", f"{sku} of {vendor} {why}")
    count = len(proven.bundle.decision.record["offers"])
    require("offers", len(seen_offers(proven)) == count, "an article stands twice")
    listed = {(vendor, entry["sku"]) for vendor, entry, _ in _entries(proven)}
    for vendor, sku in (*seen_offers(proven), *_refused(proven)):
        require("offers", (vendor, sku) in listed, f"{sku} of {vendor} was never listed")


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
