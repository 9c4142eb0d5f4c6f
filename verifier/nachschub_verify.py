#!/usr/bin/env python3
"""Verifies the proof bundle of an order made by Nachschub, without any code of Nachschub.

    python nachschub_verify.py proof.json --key "nachschub.log/0123456789abcdef+89abcdef+AbC..."

Needs Python 3.11 and the package `cryptography`. Ends with 0 when everything holds, else with 1
and the first thing that does not. What each step shows, and what it cannot: docs/verify.md.
"""

import argparse
import hashlib
import json
import sys
from base64 import b64decode, b64encode
from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

MOST_PACK_COUNTS = 12  # numbers of packs tried of one offer
Json = dict[str, Any]
PARTS = {"schema", "key", "witnesses", "checkpoint", "first", "order", "decision", "listings"}
PARTS |= {"listed", "events"}
UNREADABLE = (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError)
FIRST, LOGGED = {"checkpoint", "consistency"}, {"record", "salt", "index", "path"}
UNSOLD = ("refuse", "find_changed", "cancel")


class Fails(Exception):
    """What does not hold, and why."""


def require(holds: bool, what: str) -> None:
    if not holds:
        raise Fails(what)


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def canonical(value: Any) -> bytes:
    """RFC 8785 for JSON without fractions and with ASCII keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def whole(text: str) -> int:
    raise Fails(f"file: the number {text} is no integer")


def loaded(data: bytes) -> Any:
    value = json.loads(data, parse_float=whole, parse_constant=whole)
    require(canonical(value) == data, "file: not canonical JSON, so a byte was changed")
    return value


def decoded(text: str, length: int | None = 32) -> bytes:
    data = b64decode(text, validate=True)
    require(b64encode(data).decode() == text, f"file: not standard base64: {text[:60]}")
    require(length in (None, len(data)), f"file: not {length} bytes: {text[:60]}")
    return data


# --- The log: C2SP signed notes and checkpoints, RFC 9162 proofs


def parsed_key(text: str) -> tuple[str, int, bytes, bytes]:
    """Name, kind (1 log, 4 witness), public key and key id of a C2SP verifier key."""
    name, key_id, material = text.split("+", 2)
    kind, *_ = material_bytes = decoded(material, 33)
    found = sha256(name.encode() + b"\n" + material_bytes)[:4]
    require(found.hex() == key_id, f"key: {name} does not have the id {key_id}")
    return name, kind, material_bytes[1:], found


def checkpoint(what: str, note: str, keys: list[str]) -> tuple[int, bytes]:
    """Size and root, once exactly the holders of `keys`, the log first, have signed."""
    body, _, lines = note.rpartition("\n\n")
    text, signed = body + "\n", lines.splitlines()
    require(note == f"{body}\n\n" + "".join(f"{line}\n" for line in signed), f"{what}: no note")
    origin, size, root = body.split("\n")
    known = [parsed_key(key) for key in keys]
    require(known[0][1] == 1 and origin == known[0][0], f"{what}: not of this log")
    require(len(signed) == len(known), f"{what}: {len(signed)} signatures, {len(known)} keys")
    for line, (name, kind, public, key_id) in zip(signed, known, strict=True):
        require(line.startswith(f"\N{EM DASH} {name} "), f"{what}: no signature of {name}")
        blob = decoded(line.removeprefix(f"\N{EM DASH} {name} "), 68 if kind == 1 else 76)
        require(blob[:4] == key_id, f"{what}: signed with another key")
        message = text.encode()
        if kind == 4:
            message = f"cosignature/v1\ntime {int.from_bytes(blob[4:12])}\n{text}".encode()
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(blob[-64:], message)
        except InvalidSignature:
            raise Fails(f"{what}: the signature of {name} is wrong") from None
    require(str(int(size)) == size, f"{what}: size {size}")
    return int(size), decoded(root)


def above(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right)


def taken(path: list[bytes]) -> bytes:
    return path.pop() if path else b"too short"


def root_of(leaf: bytes, start: int, end: int, index: int, path: list[bytes]) -> bytes:
    """The root of leaves start..end that leaf and path lead to; uses up the path."""
    if end - start == 1:
        return leaf
    middle = start + (1 << ((end - start - 1).bit_length() - 1))
    sibling = taken(path)
    if index < middle:
        return above(root_of(leaf, start, middle, index, path), sibling)
    return above(sibling, root_of(leaf, middle, end, index, path))


def included(what: str, logged: Json, head: tuple[int, bytes]) -> None:
    size, root = head
    require(set(logged) == LOGGED, f"{what}: more or less than a record with its proof")
    salt, index = decoded(logged["salt"]), logged["index"]
    leaf = sha256(b"\x00" + sha256(salt + sha256(canonical(logged["record"]))))
    path = [decoded(each) for each in logged["path"]]
    require(0 <= index < size, f"{what}: not a place in the log")
    holds = root_of(leaf, 0, size, index, path) == root and not path
    require(holds, f"{what}: not what was put into the log at this place")


def both_roots(
    start: int, end: int, old: int, path: list[bytes], old_root: bytes
) -> tuple[bytes, bytes]:
    """Roots of start..old and start..end, from a consistency proof."""
    if end == old:
        same = old_root if start == 0 else taken(path)
        return same, same
    middle = start + (1 << ((end - start - 1).bit_length() - 1))
    sibling = taken(path)
    if old <= middle:
        before, after = both_roots(start, middle, old, path, old_root)
        return before, above(after, sibling)
    before, after = both_roots(middle, end, old, path, old_root)
    return above(sibling, before), above(sibling, after)


def consistent(old: tuple[int, bytes], new: tuple[int, bytes], proof: list[str]) -> None:
    path = [decoded(each) for each in proof]
    holds = 0 < old[0] <= new[0]
    if holds and path:
        holds = both_roots(0, new[0], old[0], path, old[1]) == (old[1], new[1]) and not path
    elif holds:
        holds = old == new
    require(holds, "consistency proof: the newer checkpoint does not begin with the older")


# --- The decision: from findings and lines to the winner


def pack_counts(offer: Json, need: Json) -> range:
    if offer["unit"] != need["unit"]:
        return range(1, 2)
    least = -(-need["quantity_least"] // offer["pack_quantity"])
    most = max(least, need["quantity_most"] // offer["pack_quantity"])
    return range(least, min(most, least + MOST_PACK_COUNTS - 1) + 1)


def shipping(offer: Json, packs: int) -> int:
    free_from = offer["shipping"]["free_from_minor"]
    is_free = free_from is not None and packs * offer["price"]["minor"] >= free_from
    return 0 if is_free else int(offer["shipping"]["flat_minor"])


def check_sums(what: str, ranked: Json, offer: Json) -> Fraction:
    """The effective price per use, after its lines were added up again."""
    price, packs = ranked["price"], ranked["packs"]
    goods, delivery = packs * offer["price"]["minor"], shipping(offer, packs)
    total = {"minor": goods + delivery, "currency": offer["price"]["currency"]}
    require(ranked["total"] == total, f"{what}: the total is not price and shipping")
    require(ranked["delivery"] == offer["delivery"], f"{what}: another delivery promise")
    denominator, lines = int(price["denominator"]), price["lines"]
    exact = {line["name"]: int(line["numerator"]) for line in lines}
    require(denominator > 0 and lines[0]["name"] == "price", f"{what}: no price line")
    require(price["unit"] == offer["unit"], f"{what}: another unit")
    quantity = Fraction(packs * offer["pack_quantity"], price["per_quantity"])
    for name, minor in (("price", goods), ("shipping", delivery)):
        stated = Fraction(exact.get(name, 0), denominator)
        require(stated == minor / quantity, f"{what}: line {name} is not {minor} of the order")
    numerator = sum(int(line["numerator"]) for line in lines)
    require(numerator == int(price["numerator"]), f"{what}: lines do not add up")
    shown, rounded = (
        sum(line["shown_minor"] for line in lines),
        round(Fraction(numerator, denominator)),
    )
    require(shown == price["shown_minor"] == rounded, f"{what}: lines as shown do not add up")
    return Fraction(numerator, denominator)


def check_decision(record: Json) -> None:
    """Every offer exactly once, ranked or objected to; in order; the winner first."""
    (need,) = record["needs"]
    for name, offer in record["offers"].items():
        require(sha256(canonical(offer)).hex() == name, f"decision: offer {name} was changed")
    offers = {offer["offer_id"]: offer for offer in record["offers"].values()}
    require(len(offers) == len(record["offers"]), "decision: an offer stands twice")
    policy = sha256(canonical(record["policy"])).hex()
    require(policy == record["policy_hash"], "decision: another policy than its hash says")
    kinds = {rule["rule_id"]: rule["kind"] for rule in record["rules"]}
    require(len(kinds) == len(record["rules"]), "decision: a rule stands twice")
    asked = {
        (name, packs) for name, each in offers.items() for packs in pack_counts(each, need)
    }
    objected = set()
    for finding in record["findings"]:
        name, packs, rule = finding["offer_id"], finding["packs"], finding["rule_id"]
        require(kinds.get(rule) == "exclude", f"decision: {rule} excludes, but no such rule")
        hit = {each for each in asked if each[0] == name and packs in (None, each[1])}
        require(bool(hit), f"decision: {rule} objects to {name}, which was not there")
        objected |= hit
    places = [(each["offer_id"], each["packs"]) for each in record["ranked"]]
    require(len(set(places)) == len(places), "decision: an offer is ranked twice")
    require(not objected & set(places), "decision: an offer that a rule objects to is ranked")
    require(
        objected | set(places) == asked, "decision: an offer neither ranked nor objected to"
    )
    check_ranking(record, need, offers)


def check_ranking(record: Json, need: Json, offers: Json) -> None:
    order = []
    for ranked in record["ranked"]:
        name, days = ranked["offer_id"], ranked["delivery"]
        price = check_sums(f"decision: {name} x {ranked['packs']}", ranked, offers[name])
        lottery = sha256(f"{need['need_id']}\n{name}".encode()).hex()
        tie = ranked["total"]["minor"], days["latest_days"], days["earliest_days"], lottery
        order.append((price, *tie, ranked["packs"]))
    require(order == sorted(order), "decision: the ranking is not in the order of its prices")
    places = [{"offer_id": r["offer_id"], "packs": r["packs"]} for r in record["ranked"]]
    winner = places[0] if places else None
    require(record["chosen"] == winner, "decision: not the first of the ranking was chosen")
    others = [each for each in places if winner and each["offer_id"] != winner["offer_id"]]
    second = others[0] if others else None
    require(record["runner_up"] == second, "decision: another runner-up than the ranking's")
    require((record["nothing"] is None) == bool(places), "decision: nothing chosen, or is it")


# --- The listings: nothing that vendors listed was left out


def check_listings(bundle: Json, record: Json, record_hash: str) -> None:
    about = bundle["listings"]["record"]
    decided_at = datetime.fromisoformat(record["decided_at"])
    require(about["record"] == record_hash, "listings: of another decision")
    require(datetime.fromisoformat(about["at"]) == decided_at, "listings: of another moment")
    opened = {}
    for each in bundle["listed"]:
        require(each["index"] < bundle["listings"]["index"], "listing: newer than the decision")
        opening = decoded(each["salt"]) + sha256(canonical(each["record"]))
        opened[b64encode(sha256(opening)).decode()] = each["record"]
    named = [line["commitment"] for line in about["listings"]]
    is_complete = sorted(named) == sorted(opened) and len(opened) == len(bundle["listed"])
    require(is_complete, "listings: not the ones that stood at the decision")
    seen = {(each["vendor"], each["sku"]): each for each in record["offers"].values()}
    refused = {(each["vendor"], each["sku"]): each["fields"] for each in record["refused"]}
    listed = set()
    for line in about["listings"]:
        listing = opened[line["commitment"]]
        same = all(listing[field] == line[field] for field in ("vendor", "category"))
        require(same, "listing: of another vendor or category")
        is_live = datetime.fromisoformat(line["expires_at"]) > decided_at
        for entry in listing["entries"]:
            key = line["vendor"], entry["sku"]
            listed.add(key)
            if is_live and "refused" in entry:
                require(refused.get(key) == entry["refused"], f"listing: {key} left out")
            elif is_live:
                require(key in seen, f"listing: {key} was listed and left out")
                check_listed(bundle, seen[key], entry)
    require(listed >= {*seen, *refused}, "listing: the decision holds what nobody listed")


def check_listed(bundle: Json, offer: Json, entry: Json) -> None:
    outside = ("offer_id", "seen_at", "expires_at", "in_stock")
    kept = {name: value for name, value in offer.items() if name not in outside}
    name = offer["sku"]
    require(sha256(canonical(kept)).hex() == entry["offer"], f"listing: {name} not as listed")
    unsold = {
        (event["vendor"], line["sku"], line["price_minor"])
        for event in events_of(bundle)
        if event["event"] in UNSOLD and event["by"] == "vendor"
        if datetime.fromisoformat(event["at"])
        <= datetime.fromisoformat(bundle["listings"]["record"]["at"])
        for line in event["lines"]
    }
    is_unsold = (offer["vendor"], name, offer["price"]["minor"]) in unsold
    is_as_listed = offer["in_stock"] == entry["in_stock"]
    require(is_as_listed or (is_unsold and not offer["in_stock"]), f"listing: {name} sold out?")


# --- The events: what was bought is what was decided, and only after it was logged


def events_of(bundle: Json) -> Iterator[Json]:
    for each in bundle["events"]:
        yield each["record"]


def check_events(bundle: Json, record: Json, record_hash: str, first: int) -> None:
    covers = max(bundle["decision"]["index"], bundle["listings"]["index"])
    require(first > covers, "first checkpoint: the decision is not under it")
    states: dict[str, str] = {}
    mine = []
    last = -1
    for each in bundle["events"]:
        event = each["record"]
        require(each["index"] > last, "events: not in the order of the log")
        last = each["index"]
        before = states.get(event["order"], "proposed")
        require(event["before"] == before, f"events: {event['event']} after {before}")
        states[event["order"]] = event["after"]
        if event["order"] == bundle["order"]:
            mine.append(event)
            is_early = event["event"] == "submit" and each["index"] < first
            require(not is_early, "order: sent before its decision was in the log")
    require(bool(mine), "order: nothing is known of it")
    wanted = mine[0]
    for event in mine:
        require(event["record"] == record_hash, "order: rests on another decision")
        same = all(event[k] == wanted[k] for k in ("vendor", "lines", "total", "is_override"))
        require(same, "order: changed on the way")
    prices = {o["offer_id"]: o["price"]["minor"] for o in record["offers"].values()}
    for line in wanted["lines"]:
        known = prices.get(line["offer_id"]) == line["price_minor"]
        require(known, "order: an offer that the decision did not see")
    if not wanted["is_override"]:
        picks = [
            {"offer_id": each["offer_id"], "packs": each["packs"]} for each in wanted["lines"]
        ]
        require(picks == [record["chosen"]], "order: not what was decided")
        require(wanted["total"] == record["ranked"][0]["total"], "order: another total")


def verify(data: bytes, trusted: str | None) -> Iterator[str]:
    """Yields what holds, step by step. Raises Fails."""
    bundle = loaded(data)
    is_plain = set(bundle) == PARTS and bundle["schema"] == "nachschub/proof/1"
    require(is_plain and set(bundle["first"]) == FIRST, "file: not a proof bundle")
    require(trusted in (None, bundle["key"]), f"key: the log signs with {bundle['key']}")
    record = bundle["decision"]["record"]
    record_hash = sha256(canonical(record)).hex()
    yield f"record       {record_hash}"
    check_decision(record)
    yield f"decision     {len(record['ranked'])} ranked, winner as computed from its lines"
    keys = [bundle["key"], *bundle["witnesses"]]
    head = checkpoint("checkpoint", bundle["checkpoint"], keys)
    first = checkpoint("first checkpoint", bundle["first"]["checkpoint"], keys[:1])
    yield f"signature    {len(keys)} over {head[0]} leaves, by {keys[0].split('+')[0]}"
    consistent(first, head, bundle["first"]["consistency"])
    yield f"consistency  from {first[0]} leaves on nothing was rewritten"
    logged = [bundle["decision"], bundle["listings"], *bundle["listed"], *bundle["events"]]
    for each in logged:
        included(f"record at {each['index']}", each, head)
    yield f"inclusion    {len(logged)} records stand in the log"
    check_listings(bundle, record, record_hash)
    yield f"listings     all that {len(bundle['listed'])} vendors listed was considered"
    check_events(bundle, record, record_hash, first[0])
    yield f"events       {len(bundle['events'])}; bought what was decided, after it was logged"


def main() -> int:
    parser = argparse.ArgumentParser(description="Verifies a proof bundle offline.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--key", help="the log's key as you know it from elsewhere")
    chosen = parser.parse_args()
    try:
        for line in verify(chosen.file.read_bytes(), chosen.key):
            print(f"ok  {line}")
    except Fails as problem:
        print(f"FAILS  {problem}")
        return 1
    except UNREADABLE as error:
        print(f"FAILS  file: cannot be read as a proof bundle: {error!r}")
        return 1
    if chosen.key is None:
        print("The log's key was taken from the file. Compare it with the one you know: --key")
    return 0


if __name__ == "__main__":
    sys.exit(main())
