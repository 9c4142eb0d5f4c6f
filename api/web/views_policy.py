"""What the pages about the owner's rules show: questions, versions, time machine. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from accounts.texts import Share, Text
from core.money import Money
from vendor_policy.rules import Author


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """`label`: words of ours, or a name as it is."""

    value: str
    label: Text | str
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What is worth more than its price; `share`: percent, as typed."""

    field: str
    label: Text | str
    share: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Instead:
    """What the owner also takes for a product that was picked."""

    gtin: str
    title: str
    others: tuple[Choice, ...]
    worth: str  # percent, as typed


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryCriteria:
    """What the owner wants of one kind of consumable; amounts and numbers as typed."""

    category: str
    title: Text
    brands: tuple[Choice, ...]
    per: Text  # the price band is for so much
    band_most: str
    days_most: str
    packs_most: str
    days_between: str
    attributes: tuple[Choice, ...]
    instead: tuple[Instead, ...]

    @property
    def is_fine(self) -> bool:
        """Finer limits are set, so they are shown unfolded."""
        chosen = (*self.attributes, *(each for of in self.instead for each in of.others))
        typed = (self.days_most, self.packs_most, self.days_between)
        return any(typed) or any(each.is_chosen for each in chosen)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRule:
    """A condition written by the owner; a row with nothing in it awaits another."""

    at: int
    name: str
    wording: str
    expression: str
    asks: bool  # instead of excluding
    problem: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contested:
    key: str
    rule: Text
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyVersion:
    version: int
    author: Text
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleLine:
    words: Text
    author: Author


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyView:
    version: int  # 0: none saved yet
    preset: str
    presets: tuple[tuple[str, Text], ...]  # (name, what it means)
    ask_above: str
    ask_rise: str
    price_rise: str
    late: str
    loyalty: str
    stock_out_per_day: str
    categories: tuple[CategoryCriteria, ...]
    worth: tuple[Worth, ...]
    vendors: tuple[Choice, ...]  # chosen: blocked
    contested: tuple[Contested, ...]
    own_rules: tuple[OwnRule, ...]
    fields: tuple[str, ...]  # what a rule of one's own may name
    rules: tuple[RuleLine, ...]
    versions: tuple[PolicyVersion, ...]
    may_change: bool
    problems: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionsView:
    """Two versions side by side; `changes` in words."""

    versions: tuple[PolicyVersion, ...]
    before: int
    after: int
    changes: tuple[Text, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One figure of the time machine. `change` None: the same."""

    label: Text
    before: Text | Money | Share
    after: Text | Money | Share
    change: Text | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    vendor: str
    words: Text
    paid: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedOrder:
    """None: nothing was acceptable."""

    record_id: UUID | None
    stock_name: str
    decided_on: date
    before: Bought | None
    after: Bought | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeMachineView:
    """What other rules would have bought. `fields`: of the draft, to be sent again when it is
    saved or changed; none for a version or a preset that is only looked at.
    """

    kind: Literal["draft", "version", "preset"]
    title: Text
    changes: tuple[Text, ...]  # against what is in force
    needs: int
    unreadable: int
    first_on: date | None
    last_on: date | None
    figures: tuple[Compared, ...]
    changed: tuple[ChangedOrder, ...]
    more_changed: int  # not listed
    fields: tuple[tuple[str, str], ...]
    presets: tuple[str, ...]
    versions: tuple[int, ...]
    may_change: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendationEntry:
    """One change and its computation, see `vendor_policy.recommendations`."""

    key: str
    words: Text
    saved_a_year: Money
    saved: Money
    needs: int
    changed: int
    first_on: date
    last_on: date
    late_before_ppm: int
    late_after_ppm: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendationsPage:
    is_on: bool
    version: int  # of the rules in force
    entries: tuple[RecommendationEntry, ...]
    may_change: bool
