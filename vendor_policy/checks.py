"""What law, technique and the platform's hygiene ask of a candidate.

Pure. A check is bound once a decision to need, policy and facts; what comes back is asked about
every candidate, or is None while the rule has nothing to hold. No answer: no objection. An
objection is a set of facts, so that a page can word it in the owner's language; `missing` names
the fact without which the question could not be answered (money is spent: what is unknown
objects). Amounts are minor units of `currency`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from vendor_policy.candidates import Candidate
from vendor_policy.facts import Facts
from vendor_policy.needs import Need
from vendor_policy.policy import Policy

Params = Mapping[str, int | str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    facts: Params = field(default_factory=dict)
    missing: str | None = None


Asked = Callable[[Candidate], Objection | None]
Check = Callable[[Need, Policy, Facts], Asked | None]


def complete(need: Need, policy: Policy, facts: Facts) -> Asked:
    def ask(candidate: Candidate) -> Objection | None:
        if candidate.brand and candidate.category and candidate.fits:
            return None
        names = ("brand", "category", "fits")
        return Objection(missing=next(each for each in names if not getattr(candidate, each)))

    return ask


def fits(need: Need, policy: Policy, facts: Facts) -> Asked:
    wanted, listed = frozenset(need.fits), ", ".join(need.fits)

    def ask(candidate: Candidate) -> Objection | None:
        if candidate.category != need.category:
            return Objection(facts={"offered": candidate.category, "wanted": need.category})
        if wanted.isdisjoint(candidate.fits):
            return Objection(facts={"offered": ", ".join(candidate.fits), "wanted": listed})
        return None

    return ask


def unit_matches(need: Need, policy: Policy, facts: Facts) -> Asked:
    def ask(candidate: Candidate) -> Objection | None:
        if candidate.unit == need.unit:
            return None
        return Objection(facts={"offered": candidate.unit, "wanted": need.unit})

    return ask


def trader_verified(need: Need, policy: Policy, facts: Facts) -> Asked:
    return lambda candidate: None if candidate.trader_verified else Objection()


def in_stock(need: Need, policy: Policy, facts: Facts) -> Asked:
    return lambda candidate: None if candidate.in_stock else Objection()


def not_expired(need: Need, policy: Policy, facts: Facts) -> Asked:
    def ask(candidate: Candidate) -> Objection | None:
        if facts.now_at < candidate.expires_at:
            return None
        return Objection(facts={"expired_at": candidate.expires_at.isoformat()})

    return ask


def same_currency(need: Need, policy: Policy, facts: Facts) -> Asked:
    wanted = policy.currency

    def ask(candidate: Candidate) -> Objection | None:
        if candidate.price.currency == wanted:
            return None
        return Objection(facts={"offered": candidate.price.currency, "wanted": wanted})

    return ask
