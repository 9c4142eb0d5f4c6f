"""Whether the moves of an order are an order's, and what was bought is what was decided or the
owner's own choice, approved by somebody who may.

Pure. `MOVES` says the same as `replenishment.order_states.TRANSITIONS`; a test holds them
together, and the stand-alone verifier's with them.
"""

from collections.abc import Mapping
from typing import Any, Final

from core.canonical import dumps
from vendor_policy.log.bundles import LoggedRecord, ProvenBundle, require

EVENT: Final = "nachschub/event/1"
BEGINS_AS: Final = "proposed"
APPROVE: Final = "approve"
# By event: what an order is after it, and what it may be before.
MOVES: Final[Mapping[str, tuple[str, frozenset[str]]]] = {
    event: (after, frozenset(before.split()))
    for event, after, before in (
        ("ask", "awaiting_approval", "proposed"),
        (APPROVE, "approved", "proposed awaiting_approval"),
        ("reject", "rejected", "awaiting_approval"),
        ("expire", "expired", "awaiting_approval"),
        ("submit", "submitting", "approved"),
        ("acknowledge", "placed", "submitting stopping needs_owner"),
        ("refuse", "refused", "approved submitting"),
        ("find_changed", "changed", "approved submitting"),
        ("hand_off", "needs_owner", "approved submitting"),
        ("take_back", "stopping", "submitting"),
        ("give_up", "needs_owner", "submitting stopping"),
        ("turn_up", "placed", "cancelled"),
        ("ship", "shipped", "placed"),
        ("deliver", "delivered", "placed shipped"),
        (
            "cancel",
            "cancelled",
            "awaiting_approval approved submitting stopping needs_owner placed",
        ),
    )
}
AT_THE_VENDOR: Final = frozenset({"submitting", "needs_owner", "placed"})
NOT_A_MEMBER: Final = frozenset({"", "platform", "vendor"})
BY_MANDATE: Final = "mandate:"

Json = Mapping[str, Any]


def check_events(proven: ProvenBundle) -> None:
    """Of every order for the same need. Raises NotProven, LookupError, TypeError."""
    bundle = proven.bundle
    indexes = [each.index for each in bundle.events]
    require("events", indexes == sorted(set(indexes)), "not in the order of the log")
    need_ids = {need["need_id"] for need in bundle.decision.record["needs"]}
    states: dict[str, str] = {}
    for at, logged in enumerate(bundle.events):
        what, event = f"event {at}", logged.record
        require(what, event["schema"] == EVENT, "not an event")
        require(what, event["need"] in need_ids, "of another need")
        before, after = states.get(event["order"], BEGINS_AS), event["after"]
        require(what, event["before"] == before, f"does not follow on {before}")
        leads_to, begins = MOVES.get(event["event"], ("", frozenset()))
        is_move = after == leads_to and before in begins
        require(what, is_move, f"{event['event']} never makes {before} {after}")
        states[event["order"]] = after


def check_order(proven: ProvenBundle) -> None:
    """Nothing was sent unapproved, or before the decision stood under a signed checkpoint."""
    bundle, record = proven.bundle, proven.bundle.decision.record
    mine = [each for each in bundle.events if each.record["order"] == bundle.order]
    require("order", bool(mine), "nothing is known of it")
    covers = max(bundle.decision.index, bundle.listings.index)
    require("first checkpoint", proven.first.size > covers, "the decision is not under it")
    is_approved = False
    for each in mine:
        event = each.record
        require("order", event["record"] == proven.record_hash, "rests on another decision")
        require("order", _wanted(event) == _wanted(mine[0].record), "was changed on the way")
        if event["event"] == APPROVE:
            require("order", _may_approve(event, record), f"{event['by']} may not approve it")
            is_approved = True
        _check_sent(proven, each, is_approved)
    _check_lines(record, mine[0].record)


def _check_sent(proven: ProvenBundle, logged: LoggedRecord, is_approved: bool) -> None:
    if logged.record["after"] in AT_THE_VENDOR:
        require("order", is_approved, "was sent, and nobody had approved it")
        is_in_time = logged.index >= proven.first.size
        require("order", is_in_time, "was sent before its decision was in the log")


def _may_approve(event: Json, record: Json) -> bool:
    """A member; or the mandate in the record, where nothing was to be asked first."""
    if not event["by"].startswith(BY_MANDATE):
        return event["by"] not in NOT_A_MEMBER
    asks = (record["basket"] or record)["asks"]
    is_named = event["by"] == f"{BY_MANDATE}{record['mandate_id']}"
    return is_named and not asks and not event["is_override"]


def _wanted(event: Json) -> bytes:
    return dumps([event[field] for field in ("vendor", "lines", "total", "is_override")])


def _check_lines(record: Json, event: Json) -> None:
    by_id = {each["offer_id"]: each for each in record["offers"].values()}
    bought = []
    for line in event["lines"]:
        is_seen = line["offer_id"] in by_id
        require("order", is_seen, "an offer that the decision did not see")
        offer = by_id[line["offer_id"]]
        seen = [offer["vendor"], offer["sku"], offer["price"]["minor"]]
        is_it = [event["vendor"], line["sku"], line["price_minor"]] == seen
        require("order", is_it, "not the vendor, article and price of the offer")
        require("order", _is_count(line["packs"]), "not a number of packs")
        bought.append((offer, line["packs"]))
    require("order", bool(bought), "nothing is in it")
    require("order", event["total"] == _total(bought), "its total is not goods and shipping")
    if not event["is_override"]:
        picked = [_pick(line) for line in event["lines"]]
        require("order", (picked, event["total"]) in _decided(record), "not what was decided")


def _is_count(packs: object) -> bool:
    return type(packs) is int and packs >= 1  # true is an int too


def _total(bought: list[tuple[Json, int]]) -> Json:
    goods = sum(packs * offer["price"]["minor"] for offer, packs in bought)
    delivery = max(_shipping(offer["shipping"], goods) for offer, _ in bought)
    return {"minor": goods + delivery, "currency": bought[0][0]["price"]["currency"]}


def _shipping(terms: Json, goods_minor: int) -> int:
    free_from = terms["free_from_minor"]
    is_free = free_from is not None and goods_minor >= free_from
    return 0 if is_free else int(terms["flat_minor"])


def _decided(record: Json) -> list[tuple[list[tuple[str, int]], Json]]:
    """Picks and total of each order that the decision leads to."""
    if record["basket"] is not None:
        parcels = record["basket"]["parcels"]
        return [([_pick(each) for each in p["winners"]], p["total"]) for p in parcels]
    best = record["ranked"][:1] if record["chosen"] else []
    return [([_pick(each)], each["total"]) for each in best]


def _pick(picked: Json) -> tuple[str, int]:
    return picked["offer_id"], picked["packs"]
