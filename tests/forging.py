"""Proof bundles of an operator who lies: every leaf, proof and signature in them is right."""

from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from json import loads
from typing import Any

from core.canonical import digest, dumps
from tests.unit.vendor_policy.builders import NOW, a_question, an_offer, some_circumstances
from vendor_policy.log import listings, tree
from vendor_policy.log.commitments import commitment, committed_leaf
from vendor_policy.log.notes import LogCheckpoint, Signer, to_base64
from vendor_policy.record import answer, record_bytes, written

Json = dict[str, Any]

LOG = Signer.of_seed(b"f" * 32, "forged.log")
ORDER = "0b1f1c0e-0000-4000-8000-00000000000a"
ANNA = "anna@example.org"
CHEAP = an_offer(vendor="billigblitz", vendor_name="Billigblitz", offer_id="cheap", sku="BB-1")
DEAR = an_offer(offer_id="dear", pack_quantity=1000)
ASKED = (
    ("ask", "proposed", "awaiting_approval", "platform"),
    ("approve", "awaiting_approval", "approved", ANNA),
    ("submit", "approved", "submitting", "platform"),
    ("acknowledge", "submitting", "placed", "vendor"),
)


@dataclass
class Story:
    """`early`: events that were logged before the decision."""

    record: Json
    events: list[Json]
    early: list[Json] = field(default_factory=list)
    cosigned_by: tuple[Signer, ...] = ()

    def change(self, **changes: Any) -> None:
        """In every event of the order."""
        for event in (*self.early, *self.events):
            event.update(changes)

    def take(self, offer_id: str, packs: int = 1) -> None:
        """Every event says that this was bought, at its right price."""
        self.change(**bought(self.record, offer_id, packs))

    def offer(self, offer_id: str) -> Json:
        return next(o for o in self.record["offers"].values() if o["offer_id"] == offer_id)

    def alter(self, offer_id: str, **changes: Any) -> None:
        """An offer in the record and, but for its stock, as it was listed."""
        offer = self.offer(offer_id)
        self.record["offers"] = {
            hash_: each for hash_, each in self.record["offers"].items() if each is not offer
        }
        offer.update(changes)
        self.record["offers"][digest(dumps(offer))] = offer

    def exclude(self, offer_id: str, rule_id: str) -> None:
        """The ranking, and the order, as if the rule had objected."""
        finding = {"offer_id": offer_id, "packs": None, "rule_id": rule_id}
        record = self.record
        record["findings"].append({**finding, "facts": {}, "missing": None})
        record["ranked"] = [r for r in record["ranked"] if r["offer_id"] != offer_id]
        self.choose_first()

    def choose_first(self) -> None:
        picks = [
            {"offer_id": each["offer_id"], "packs": each["packs"]}
            for each in self.record["ranked"]
        ]
        others = [each for each in picks if each["offer_id"] != picks[0]["offer_id"]]
        self.record.update(chosen=picks[0], runner_up=[*others, None][0])
        self.take(**picks[0])

    def signed(self, **changes: Any) -> bytes:
        """changes: of the record, after its offers were listed."""
        return _signed(self, changes)


def a_story(moves: tuple[tuple[str, ...], ...] = ASKED, **question: Any) -> Story:
    asked = a_question(CHEAP, DEAR, **question)
    record = loads(record_bytes(written(asked, answer(asked), some_circumstances())))
    events = [moved(*each) for each in moves]
    story = Story(record, events)
    story.take(**record["chosen"])
    return story


def moved(event: str, before: str, after: str, by: str, **changes: Any) -> Json:
    return {
        "schema": "nachschub/event/1",
        "order": ORDER,
        "need": "need-1",
        "event": event,
        "before": before,
        "after": after,
        "at": NOW.isoformat(),
        "by": by,
        "remark": "",
        "is_override": False,
        **changes,
    }


def bought(record: Json, offer_id: str, packs: int) -> Json:
    offer = next(o for o in record["offers"].values() if o["offer_id"] == offer_id)
    price = offer["price"]
    line = {"offer_id": offer_id, "sku": offer["sku"], "packs": packs}
    goods = packs * price["minor"]
    total = goods + (offer["shipping"]["flat_minor"] if goods < 3900 else 0)
    return {
        "vendor": offer["vendor"],
        "lines": [{**line, "price_minor": price["minor"]}],
        "total": {"minor": total, "currency": price["currency"]},
    }


def _signed(story: Story, changes: Json) -> bytes:
    record = {**story.record, **changes}
    record_hash = digest(dumps(record))
    for event in (*story.early, *story.events):
        event.setdefault("record", record_hash)
    listed = _listed(story.record)
    about = listings.listings(record_hash, NOW, [_line(at, it) for at, it in enumerate(listed)])
    before = [*listed, *story.early, record, about]
    nodes, opened = _opened([*before, *story.events])
    first, size, count = len(before), len(opened), len(listed)
    note, earlier = _note(size, nodes), _note(first, nodes)
    text = note.partition("\n\n")[0] + "\n"
    steps = _path(tree.consistency_ranges(first, size), nodes)
    bundle = {
        "schema": "nachschub/proof/1",
        "key": LOG.key.text,
        "witnesses": [each.key.text for each in story.cosigned_by],
        "checkpoint": note + "".join(w.cosigned_line(text, 1) for w in story.cosigned_by),
        "first": {"checkpoint": earlier, "consistency": steps},
        "order": ORDER,
        "decision": opened[first - 2],
        "listings": opened[first - 1],
        "listed": opened[:count],
        "events": [*opened[count : first - 2], *opened[first:]],
    }
    return dumps(bundle)


def _line(at: int, listing: Json) -> Json:
    committed = commitment(_salt(at), dumps(listing))
    until_at = NOW + timedelta(hours=6)
    return listings.listed(listing["vendor"], listing["category"], committed, NOW, until_at)


def _opened(logged: list[Json]) -> tuple[Any, list[Json]]:
    """The nodes of the tree, and each record with its proof."""
    leaves = [committed_leaf(_salt(at), dumps(each)) for at, each in enumerate(logged)]
    nodes = tree.appended(0, leaves, {})
    opened = []
    for at, each in enumerate(logged):
        path = _path(tree.inclusion_ranges(at, len(logged)), nodes)
        opened.append({"record": each, "salt": to_base64(_salt(at)), "index": at, "path": path})
    return nodes, opened


def _listed(record: Json) -> list[Json]:
    """Everything was listed in stock."""
    offers = sorted(record["offers"].values(), key=lambda each: str(each["vendor"]))
    return [
        listings.listing(
            each["vendor"],
            each["category"],
            [{"sku": each["sku"], "offer": listings.listed_hash(each), "in_stock": True}],
            NOW,
        )
        for each in offers
    ]


def _salt(at: int) -> bytes:
    return sha256(b"%d" % at).digest()


def _path(ranges: Any, nodes: Any) -> list[str]:
    return [to_base64(each) for each in tree.path(ranges, nodes)]


def _note(size: int, nodes: Any) -> str:
    return LogCheckpoint(LOG.name, size, tree.subtree((0, size), nodes)).signed(LOG)
