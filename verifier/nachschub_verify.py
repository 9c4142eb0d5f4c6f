#!/usr/bin/env python3
"""Verifies the proof bundle of an order made by Nachschub, without any code of Nachschub.

    python nachschub_verify.py proof.json --key "nachschub.log/0123456789abcdef+89abcdef+AbC..."

Needs Python 3.11 and the package `cryptography`. Ends with 0 when everything holds, else with 1
and the first thing that does not. What each step shows, and what it cannot: docs/verify.md.
"""

import argparse
import hashlib
import json
import re
import sys
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Json = dict[str, Any]
Head = tuple[int, bytes]  # size and root of a tree
MOST_PACK_COUNTS = 12  # numbers of packs tried of one offer
PER_QUANTITY = {"ml": 1000, "g": 1000, "pieces": 1, "fill": 1}
WANTED = ("vendor", "lines", "total", "is_override")
AT_THE_VENDOR = ("submitting", "needs_owner", "placed")
UNSOLD = ("refuse", "find_changed", "cancel")  # a shop's no; then it counts as sold out
OUTSIDE_THE_HASH = ("offer_id", "seen_at", "expires_at", "in_stock")  # of a listed offer
LIFE = """proposed ask awaiting_approval approve approved
awaiting_approval approve approved reject rejected expire expired cancel cancelled
approved submit submitting refuse refused find_changed changed hand_off needs_owner
approved cancel cancelled
submitting acknowledge placed refuse refused find_changed changed hand_off needs_owner
submitting take_back stopping give_up needs_owner cancel cancelled
stopping acknowledge placed give_up needs_owner cancel cancelled
needs_owner acknowledge placed cancel cancelled
placed ship shipped deliver delivered cancel cancelled
shipped deliver delivered
cancelled turn_up placed"""  # state of an order, then each event and the state it leads to
LIVES = [line.split() for line in LIFE.splitlines()]
MOVES = {(line[0], *line[at : at + 2]) for line in LIVES for at in range(1, len(line), 2)}
MAY = dict.fromkeys(("law", "technical", "platform"), ("exclude",))  # by author of a rule
MAY |= {"manufacturer": ("recommend", "warn"), "owner": ("exclude", "credit", "ask")}
HYGIENE = ("fact_missing", "out_of_stock", "offer_expired", "other_currency")
SAID_BY = {"findings": "exclude", "notes": "recommend warn exclude", "asks": "ask"}
COSTS = ("price", "shipping", "lateness", "risk", "holding")  # lines that are no credit
SHAPE = "checkpoint decision events first key listed listings order schema witnesses"
instant = datetime.fromisoformat
UNREADABLE = Exception  # whatever a malformed file leads to


class Fails(Exception):
    """What does not hold, and why."""


def require(holds: bool, what: str) -> None:
    if not holds:
        raise Fails(what)


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def canonical(value: Any) -> bytes:
    """RFC 8785 for JSON without fractions and with ASCII keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def hash_of(value: Any) -> str:
    return sha256(canonical(value)).hex()


def loaded(data: bytes) -> Any:
    value = json.loads(data, parse_float=str, parse_constant=str)  # none is allowed
    require(canonical(value) == data, "file: not canonical JSON, so a byte was changed")
    taken_for_one = re.search(rb'"packs":(true|false|-|0)', data)
    require(not taken_for_one, "file: not a number of packs")
    return value


def decoded(text: str, length: int = 32) -> bytes:
    data = b64decode(text, validate=True)
    is_standard = b64encode(data).decode() == text and len(data) == length
    require(is_standard, f"file: not {length} bytes in base64: {text[:60]}")
    return data


def parsed_key(text: str) -> tuple[str, int, bytes, bytes]:
    """Name, kind (1 log, 4 witness), public key and key id of a C2SP verifier key."""
    name, key_id, material = text.split("+", 2)
    data = decoded(material, 33)
    found = sha256(name.encode() + b"\n" + data)[:4]
    require(found.hex() == key_id, f"key: {name} does not have the id {key_id}")
    return name, data[0], data[1:], found


def checkpoint(what: str, note: str, keys: list[str]) -> Head:
    """Once exactly the holders of `keys`, the log first, have signed."""
    body, _, signatures = note.rpartition("\n\n")
    origin, size, root = body.split("\n")
    known, lines = [parsed_key(key) for key in keys], signatures.split("\n")
    require(known[0][:2] == (origin, 1), f"{what}: not of this log")
    is_whole = len(lines) == len(known) + 1 and not lines[-1]
    require(is_whole, f"{what}: other signatures than keys")
    for line, (name, kind, public, key_id) in zip(lines, known, strict=False):
        begin = f"\N{EM DASH} {name} "
        require(line.startswith(begin), f"{what}: no signature of {name}")
        blob = decoded(line.removeprefix(begin), 68 if kind == 1 else 76)
        time = f"cosignature/v1\ntime {int.from_bytes(blob[4:12])}\n" if kind == 4 else ""
        require(blob[:4] == key_id, f"{what}: signed with another key than {name}'s")
        try:
            key = Ed25519PublicKey.from_public_bytes(public)
            key.verify(blob[-64:], f"{time}{body}\n".encode())
        except InvalidSignature:
            raise Fails(f"{what}: the signature of {name} is wrong") from None
    return int(size), decoded(root)


def root_of(leaf: bytes, start: int, end: int, index: int, path: list[bytes]) -> bytes:
    """The root of leaves start..end that leaf and path lead to; uses up the path. A tree parts
    behind the largest power of two below its width (RFC 6962).
    """
    if end - start == 1:
        return leaf
    middle, sibling = (
        start + (1 << (end - start - 1).bit_length() - 1),
        path.pop() if path else b"",
    )
    if index < middle:
        return sha256(b"\x01", root_of(leaf, start, middle, index, path), sibling)
    return sha256(b"\x01", sibling, root_of(leaf, middle, end, index, path))


def check_included(what: str, logged: Json, head: Head) -> None:
    is_whole = " ".join(logged) == "index path record salt"
    require(is_whole, f"{what}: more or less than a record with its proof")
    opened = sha256(decoded(logged["salt"]) + sha256(canonical(logged["record"])))
    path, index = [decoded(each) for each in logged["path"]], logged["index"]
    root = root_of(sha256(b"\x00" + opened), 0, head[0], index, path)
    holds = 0 <= index < head[0] and root == head[1]
    require(holds and not path, f"{what}: not what was put into the log at this place")


def both_roots(start: int, end: int, old: Head, path: list[bytes]) -> tuple[bytes, bytes]:
    """Roots of start..old and of start..end, from a consistency proof."""
    if end == old[0]:
        same = old[1] if start == 0 else path.pop()
        return same, same
    middle, sibling = start + (1 << (end - start - 1).bit_length() - 1), path.pop()
    if old[0] <= middle:
        before, after = both_roots(start, middle, old, path)
        return before, sha256(b"\x01", after, sibling)
    before, after = both_roots(middle, end, old, path)
    return sha256(b"\x01", sibling, before), sha256(b"\x01", sibling, after)


def check_consistent(old: Head, new: Head, proof: list[str]) -> None:
    path = [decoded(each) for each in proof]
    holds = old == new and not path
    if 0 < old[0] < new[0] and path:
        holds = both_roots(0, new[0], old, path) == (old[1], new[1]) and not path
    require(holds, "consistency proof: the newer checkpoint does not begin with the first")


def pick(ranked: Json) -> Json:
    return {"offer_id": ranked["offer_id"], "packs": ranked["packs"]}


def pack_counts(offer: Json, need: Json) -> range:
    if offer["unit"] != need["unit"]:
        return range(1, 2)
    least = -(-need["quantity_least"] // offer["pack_quantity"])
    most = max(least, need["quantity_most"] // offer["pack_quantity"])
    return range(least, min(most, least + MOST_PACK_COUNTS - 1) + 1)


def paid_for(picks: list[tuple[Json, int]]) -> tuple[int, int, Json]:
    """Goods, shipping and total of one parcel: offers with their numbers of packs."""
    goods = sum(packs * offer["price"]["minor"] for offer, packs in picks)
    terms = [offer["shipping"] for offer, _ in picks]
    limits = [(each["free_from_minor"], each["flat_minor"]) for each in terms]
    delivery = max((flat for free, flat in limits if free is None or goods < free), default=0)
    total = {"minor": goods + delivery, "currency": picks[0][0]["price"]["currency"]}
    return goods, delivery, total


def effective_price(what: str, ranked: Json, offer: Json, granted: set[str]) -> Fraction:
    """Per use, after its lines were added up again. `granted`: credits of the owner's."""
    price, packs, unit = ranked["price"], ranked["packs"], offer["unit"]
    goods, delivery, total = paid_for([(offer, packs)])
    found = ranked["total"], ranked["delivery"], price["unit"], price["per_quantity"]
    is_same = found == (total, offer["delivery"], unit, PER_QUANTITY[unit])
    require(is_same, f"{what}: another total, delivery promise or unit than the offer's")
    denominator, lines = int(price["denominator"]), price["lines"]
    exact = [(line["name"], Fraction(int(line["numerator"]), denominator)) for line in lines]
    for name, amount in exact:
        is_sound = amount <= 0 if name in granted else name in COSTS and amount >= 0
        require(is_sound, f"{what}: line {name} is neither a cost nor a credit of the owner's")
    for name, minor in (("price", goods), ("shipping", delivery)):
        mine = [amount for each, amount in exact if each == name] or [Fraction(0)]
        paid = Fraction(minor * PER_QUANTITY[unit], packs * offer["pack_quantity"])
        require(mine == [paid], f"{what}: line {name} is not {minor} of the order")
    total_price = Fraction(int(price["numerator"]), denominator)
    shown = sum(line["shown_minor"] for line in lines)
    adds_up = total_price == sum(amount for _, amount in exact)
    adds_up = adds_up and shown == price["shown_minor"] == round(total_price)
    require(adds_up, f"{what}: lines do not add up")
    return total_price


def check_decision(record: Json) -> None:
    offers = {offer["offer_id"]: offer for offer in record["offers"].values()}
    hashed = {hash_of(offer): offer for offer in offers.values()}
    require(hashed == record["offers"], "decision: an offer stands twice or was changed")
    require(isinstance(record["policy"], dict), "decision: no policy")
    require(hash_of(record["policy"]) == record["policy_hash"], "decision: another policy")
    first, *others = record["needs"]
    answers = [record, *record["further"]]
    named = [answer["need_id"] for answer in record["further"]]
    require(named == [need["need_id"] for need in others], "decision: a need is missing")
    everything = {offer["category"] for offer in offers.values()}
    elsewhere = {need["category"] for need in others} - {first["category"]}
    for need, answer in zip(record["needs"], answers, strict=True):
        foreign = elsewhere if need is first else everything - {need["category"]}
        mine = {key: each for key, each in offers.items() if each["category"] not in foreign}
        check_rules(answer)
        check_answer(answer, need, mine)
    require(bool(record["basket"]) == bool(others), "decision: a basket is for several needs")
    if others:
        check_basket(record["basket"], record["needs"], answers, offers)


def check_rules(answer: Json) -> None:
    """Nobody but the owner prefers, and nothing is said that no rule says."""
    kinds = {rule["rule_id"]: rule["kind"] for rule in answer["rules"]}
    require(len(kinds) == len(answer["rules"]), "decision: a rule stands twice")
    for rule in answer["rules"]:
        author, kind = rule["author"], rule["kind"]
        may = kind in MAY.get(author, ()) and (
            author != "platform" or rule["reason"] in HYGIENE
        )
        require(may, f"decision: {rule['rule_id']}: {author} may not {kind} for that")
    for part, allowed in SAID_BY.items():
        said = [tuple(map(each.get, ("rule_id", "offer_id", "packs"))) for each in answer[part]]
        for rule_id, *_ in said:
            is_known = kinds.get(rule_id) in allowed.split()
            require(is_known, f"decision: {rule_id} stands in {part}, but no such rule")
        require(len(set(said)) == len(said), f"decision: {part}: one stands twice")


def check_answer(answer: Json, need: Json, offers: Json) -> None:
    """Every offer exactly once, ranked or objected to; in order; the first one wins."""
    asked = {(name, packs) for name in offers for packs in pack_counts(offers[name], need)}
    objected = set()
    for finding in answer["findings"]:
        name, packs, rule = finding["offer_id"], finding["packs"], finding["rule_id"]
        hit = {each for each in asked if each[0] == name and packs in (None, each[1])}
        require(bool(hit), f"decision: {rule} objects to {name}, which was not there")
        objected |= hit
    places = [(each["offer_id"], each["packs"]) for each in answer["ranked"]]
    is_whole = objected | set(places) == asked and len(objected) + len(places) == len(asked)
    require(is_whole, "decision: an offer is not once either ranked or objected to")
    check_ranking(answer, need, offers)


def check_ranking(answer: Json, need: Json, offers: Json) -> None:
    rules = [each for each in answer["rules"] if each["kind"] == "credit" and each["params"]]
    granted, order = {each["rule_id"] for each in rules}, []
    for ranked in answer["ranked"]:
        name, days, what = ranked["offer_id"], ranked["delivery"], f"decision: {pick(ranked)}"
        price = effective_price(what, ranked, offers[name], granted)
        lottery = sha256(f"{need['need_id']}\n{name}".encode())
        tie = ranked["total"]["minor"], days["latest_days"], days["earliest_days"], lottery
        order.append((price, *tie, ranked["packs"]))
    require(order == sorted(order), "decision: the ranking is not in the order of its prices")
    places = [pick(each) for each in answer["ranked"]]
    others = [each for each in places if each["offer_id"] != places[0]["offer_id"]]
    told = answer["chosen"], answer["runner_up"], answer["nothing"] is None
    is_first = told == ([*places, None][0], [*others, None][0], bool(places))
    require(is_first, "decision: not the first of the ranking was chosen, or another runner-up")


def check_basket(basket: Json, needs: list[Json], answers: list[Json], offers: Json) -> None:
    """Every need has a winner that was ranked for it, in a parcel that adds up."""
    both = zip(needs, answers, strict=True)
    ranked = {need["need_id"]: [*map(pick, a["ranked"])] for need, a in both if a["ranked"]}
    winners = [each for parcel in basket["parcels"] for each in parcel["winners"]]
    is_met = sorted(each["need_id"] for each in winners) == sorted(ranked)
    is_met = is_met and all(pick(each) in ranked[each["need_id"]] for each in winners)
    require(is_met, "decision: a need without its ranked winner, or a winner too many")
    for parcel in basket["parcels"]:
        inside = [(offers[each["offer_id"]], each["packs"]) for each in parcel["winners"]]
        found = len({o["vendor"] for o, _ in inside}), parcel["shipping_minor"], parcel["total"]
        require(found == (1, *paid_for(inside)[1:]), "decision: a parcel does not add up")


def check_listings(bundle: Json, record: Json) -> None:
    about, at = bundle["listings"]["record"], instant(record["decided_at"])
    found = about["record"], instant(about["at"])
    require(found == (hash_of(record), at), "listings: of another decision")
    opened = {}
    for each in bundle["listed"]:
        require(each["index"] < bundle["listings"]["index"], "listing: newer than the decision")
        salted = decoded(each["salt"]) + sha256(canonical(each["record"]))
        opened[b64encode(sha256(salted)).decode()] = each["record"]
    named = sorted(line["commitment"] for line in about["listings"])
    require(named == sorted(opened), "listings: not the ones that stood at the decision")
    seen = {(each["vendor"], each["sku"]): each for each in record["offers"].values()}
    require(len(seen) == len(record["offers"]), "listing: an article stands twice")
    told = {(r["vendor"], r["sku"]): [r["fields"], r["reasons"]] for r in record["refused"]}
    listed = set()
    for line in about["listings"]:
        listing = opened[line["commitment"]]
        both = [(each["vendor"], each["category"]) for each in (listing, line)]
        require(both[0] == both[1], "listing: of another vendor or category")
        for entry in listing["entries"]:
            key = line["vendor"], entry["sku"]
            listed.add(key)
            if instant(line["expires_at"]) <= at:
                continue  # not seen for too long to decide on
            if "refused" in entry:
                is_told = told.get(key) == [entry["refused"], entry["reasons"]]
                require(is_told, f"listing: {key} was refused unsaid")
            else:
                require(key in seen, f"listing: {key} was listed and left out")
                check_listed(bundle, seen[key], entry)
    require(listed >= {*seen, *told}, "listing: the decision holds what nobody listed")


def check_listed(bundle: Json, offer: Json, entry: Json) -> None:
    hashed = {name: value for name, value in offer.items() if name not in OUTSIDE_THE_HASH}
    sku, minor = offer["sku"], offer["price"]["minor"]
    require(hash_of(hashed) == entry["offer"], f"listing: {sku} not as it was listed")
    decided_at = bundle["decision"]["index"]  # events of another need: check_events
    refused = any(
        event["event"] in UNSOLD
        and (event["by"], event["vendor"]) == ("vendor", offer["vendor"])
        and any((line["sku"], line["price_minor"]) == (sku, minor) for line in event["lines"])
        for event in (e["record"] for e in bundle["events"] if e["index"] < decided_at)
    )
    is_fair = offer["in_stock"] == entry["in_stock"] or (refused and not offer["in_stock"])
    require(is_fair, f"listing: {sku} was listed in stock and counted as sold out")


def check_events(bundle: Json, record: Json, first_size: int) -> None:
    covers = max(bundle["decision"]["index"], bundle["listings"]["index"])
    require(first_size > covers, "first checkpoint: the decision is not under it")
    indexes = [each["index"] for each in bundle["events"]]
    require(indexes == sorted(set(indexes)), "events: not in the order of the log")
    needs = {need["need_id"] for need in record["needs"]}
    states: dict[str, str] = {}
    for event in (each["record"] for each in bundle["events"]):
        name, after = event["event"], event["after"]
        before = states.get(event["order"], "proposed")
        require(event["need"] in needs, f"events: {name} is of another need")
        is_move = event["before"] == before and (before, name, after) in MOVES
        require(is_move, f"events: {name} never makes {before} {after}")
        states[event["order"]] = after
    check_order(bundle, record, first_size)


def check_order(bundle: Json, record: Json, first_size: int) -> None:
    """Nobody sent it unapproved, or before its decision was in the log."""
    mine = [each for each in bundle["events"] if each["record"]["order"] == bundle["order"]]
    require(bool(mine), "order: nothing is known of it")
    approved, wanted = False, [mine[0]["record"][field] for field in WANTED]
    for event, index in ((each["record"], each["index"]) for each in mine):
        require(event["record"] == hash_of(record), "order: rests on another decision")
        require([event[k] for k in WANTED] == wanted, "order: changed on the way")
        if event["event"] == "approve":
            approved = may_approve(event, record)
            require(approved, f"order: {event['by']} may not approve it")
        if event["after"] in AT_THE_VENDOR:
            require(approved, "order: sent, and nobody had approved it")
            require(index >= first_size, "order: sent before its decision was in the log")
    check_lines(mine[0]["record"], record)


def may_approve(event: Json, record: Json) -> bool:
    """A member; or the mandate in the record, where nothing was to be asked first."""
    if not event["by"].startswith("mandate:"):
        return event["by"] not in ("", "platform", "vendor")
    asks = (record["basket"] or record)["asks"]
    is_named = event["by"] == f"mandate:{record['mandate_id']}"
    return is_named and not asks and not event["is_override"]


def check_lines(event: Json, record: Json) -> None:
    offers = {offer["offer_id"]: offer for offer in record["offers"].values()}
    lines, bought = event["lines"], []
    for line in lines:
        offer = offers.get(line["offer_id"])
        require(offer is not None, "order: an offer that the decision did not see")
        found = event["vendor"], line["sku"], line["price_minor"]
        is_it = found == (offer["vendor"], offer["sku"], offer["price"]["minor"])
        require(is_it, "order: not the vendor, article and price of the offer")
        bought.append((offer, line["packs"]))
    require(event["total"] == paid_for(bought)[2], "order: its total is not goods and shipping")
    decided = [([pick(each)], each["total"]) for each in record["ranked"][:1]]
    if record["basket"] is not None:
        parcels = record["basket"]["parcels"]
        decided = [([*map(pick, each["winners"])], each["total"]) for each in parcels]
    is_decided = ([*map(pick, lines)], event["total"]) in decided
    require(is_decided or event["is_override"], "order: not what was decided")


def verify(data: bytes, trusted: str | None, witnesses: Iterable[str] = ()) -> Iterator[str]:
    """Yields what holds, step by step. Raises Fails, or whatever a malformed file leads to."""
    bundle = loaded(data)
    shape = bundle["schema"], " ".join(bundle), " ".join(bundle["first"])  # in canonical order
    is_bundle = shape == ("nachschub/proof/1", SHAPE, "checkpoint consistency")
    require(is_bundle, "file: not a proof bundle")
    require(trusted in (None, bundle["key"]), f"key: the log signs with {bundle['key']}")
    for wanted in witnesses:
        require(wanted in bundle["witnesses"], f"checkpoint: not co-signed by {wanted}")
    record = bundle["decision"]["record"]
    yield f"record       {hash_of(record)}"
    check_decision(record)
    yield f"decision     {len(record['ranked'])} ranked, the winner follows from the lines"
    keys = [bundle["key"], *bundle["witnesses"]]
    head = checkpoint("checkpoint", bundle["checkpoint"], keys)
    first = checkpoint("first checkpoint", bundle["first"]["checkpoint"], keys[:1])
    yield f"signature    {len(keys)} over {head[0]} leaves, by {keys[0].split('+')[0]}"
    check_consistent(first, head, bundle["first"]["consistency"])
    yield f"consistency  from {first[0]} leaves on nothing was rewritten"
    logged = [bundle["decision"], bundle["listings"], *bundle["listed"], *bundle["events"]]
    for each in logged:
        check_included(f"record {each['index']}", each, head)
    yield f"inclusion    {len(logged)} records stand in the log"
    check_listings(bundle, record)
    yield f"listings     all that {len(bundle['listed'])} vendors listed was considered"
    check_events(bundle, record, first[0])
    yield f"events       {len(bundle['events'])}; bought what was decided, after it was logged"


def main() -> int:
    parser = argparse.ArgumentParser(description="Verifies a proof bundle offline.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--key", help="the log's key as you know it from elsewhere")
    parser.add_argument("--witness", action="append", default=[], help="a key that co-signed")
    chosen = parser.parse_args()
    try:
        for line in verify(chosen.file.read_bytes(), chosen.key, chosen.witness):
            print(f"ok  {ascii(line)[1:-1]}")
    except UNREADABLE as problem:
        why = (
            problem if isinstance(problem, Fails) else f"file: not a proof bundle: {problem!r}"
        )
        print(f"FAILS  {ascii(str(why))[1:-1]}")  # nothing of a file reaches the terminal raw
        return 1
    if chosen.key is None:
        print("The log's key was taken from the file. Compare it with the one you know: --key")
    return 0


if __name__ == "__main__":
    sys.exit(main())
