"""What the pages about money show: decisions, orders and mandates. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from accounts.texts import Text
from api.web.views_public import Review
from core.money import Money
from vendor_policy.rules import Author

Typed = Money | str  # of an input field: what holds, or what the owner typed


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptLine:
    label: Text
    amounts: tuple[Money, ...]  # one for each column
    note: Text | None = None
    author: Author | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """An offer times packs, as the winner or the runner-up."""

    offer_id: str
    packs: int
    vendor: str
    title: str
    total: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelStep:
    left: int
    words: Text
    author: Author | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Objected:
    words: Text
    author: Author


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedOffer:
    place: int
    column: Column
    counts_as: Money  # effective price for `per`
    arrives: Text
    notes: tuple[Objected, ...] = ()  # that moved nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcludedOffer:
    """`contestable`: rules of technology that may be wrong about it, by id."""

    column: Column
    objections: tuple[Objected, ...]
    notes: tuple[Objected, ...] = ()
    contestable: tuple[tuple[str, Text], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedEntry:
    """A catalogue entry that lacked a mandatory fact, so that it has no price to compare."""

    vendor: str
    title: str
    objections: tuple[Objected, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidPlace:
    """What a vendor declared it pays for selling here."""

    vendor: str
    words: Text
    is_paid: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionView:
    record_id: UUID
    record_hash: str
    decided_at: datetime
    stock_id: UUID
    stock_name: str
    device_name: str
    headline: Text
    lead: Text
    per: Text  # what the lines are for: "per 1,000 ml"
    columns: tuple[Column, ...]  # winner, runner-up
    lines: tuple[ReceiptLine, ...]
    counts_as: tuple[Money, ...]
    runner_up: Text | None  # by how much it counts as dearer
    what_if: tuple[Text, ...]  # what alone would have changed the choice
    blocked: tuple[Objected, ...]  # nothing was acceptable: what stands most against it
    funnel: tuple[FunnelStep, ...]
    ranked: tuple[RankedOffer, ...]
    excluded: tuple[ExcludedOffer, ...]
    refused: tuple[RefusedEntry, ...]
    paid_places: tuple[PaidPlace, ...]
    asks: tuple[Text, ...]  # why the owner was asked
    order_id: UUID | None
    order_state: Text | None
    may_choose: bool
    may_change: bool  # the rules
    may_make_rule: bool  # of the owner's own choice
    may_contest: bool = False  # the order


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestView:
    """The second look before a technical rule no longer excludes a product."""

    record_id: UUID
    offer_id: str
    rule_id: str
    product: str
    stock_name: str
    rule: Text
    said: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleIdea:
    """A rule by which the owner's own choice would have been the policy's."""

    name: str
    words: Text
    changes: tuple[Text, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeRuleView:
    """`version`: of the rules that the ideas start from."""

    order_id: UUID
    version: int
    chosen: Column
    proposed: Column | None
    ideas: tuple[RuleIdea, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideView:
    """The second look before an excluded offer is ordered."""

    order_id: UUID
    record_id: UUID
    offer: ExcludedOffer


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSummary:
    order_id: UUID
    stock_name: str
    product: str
    vendor: str
    total: Money
    state: Text
    tone: Literal["waiting", "coming", "done", "ended"]
    created_at: datetime
    expected_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersView:
    orders: tuple[OrderSummary, ...]
    next_before: str = ""  # cursor of the next page


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    title: str
    packs: int
    pack: Text
    price: Money
    sum: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One row of an order's history."""

    at: datetime
    words: Text
    by: Text | None
    remark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    summary: OrderSummary
    record_id: UUID
    stock_id: UUID
    lines: tuple[OrderLine, ...]
    delivery: Money  # total minus lines
    timeline: tuple[Moment, ...]
    vendor_order_number: str | None
    continue_url: str | None
    state_reason: Text | None  # why nothing moves, where a word for the state does not say it
    is_override: bool
    expires_at: datetime | None
    may_approve: bool
    may_rule_out: bool  # the product, for good
    may_cancel: bool
    contest: Review | None = None
    may_contest: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateView:
    """Permission to order one stock automatically, read before it is given."""

    stock_id: UUID
    stock_name: str
    device_name: str
    products: tuple[Option, ...]
    vendors: tuple[Option, ...]
    cap: Typed
    currency: str
    days_between: str  # as typed; empty: as often as needed
    ends_on: date
    least_ends_on: date
    most_ends_on: date
    problems: tuple[Text, ...] = ()
