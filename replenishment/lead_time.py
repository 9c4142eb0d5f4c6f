"""How long a refill takes from the decision to order until it is usable.

Pure. Review, the owner's answer and delivery are each a distribution over whole days. What a
vendor promises and how an owner is taken to answer are priors; each recorded delivery or answer
adds a count (Dirichlet prior, multinomial counts): with prior shares q of weight k and n_d of n
observations that took d days,

    P(d) = (k q_d + n_d) / (k + n)

Gelman et al. (2013), Bayesian Data Analysis, section 3.4. Before it is known who will deliver,
every vendor that may is as likely as the next.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Final

from replenishment.reorder import REVIEW_DAYS, LeadTime
from vendor_policy.declarations import DeliveryPromise

Chances = tuple[float, ...]  # of exactly 0, 1, 2 ... days

UNDECLARED: Final = DeliveryPromise(earliest_days=2, latest_days=7)  # where no vendor is known
PROMISE_WEIGHT: Final = 8.0  # deliveries; a promise weighs as much as that many seen
LATE_SHARE: Final = (
    0.05  # of a promise's deliveries, taken to be LATE_DAYS late (one in twenty,
)
LATE_DAYS: Final = 2  # by two days: what `vendor_policy.facts.PRIOR` says of every vendor)
ANSWERS: Final[Chances] = (0.4, 0.3, 0.2, 0.1)  # an unknown owner: one day, give or take one
ANSWERS_WEIGHT: Final = 4.0  # answers
LONGEST_DAYS: Final = 60  # what took longer says nothing of the next


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplier:
    """A vendor that may deliver. `took_days`: of its recorded deliveries to this region."""

    promise: DeliveryPromise
    took_days: Sequence[int] = ()


def lead_time(suppliers: Sequence[Supplier], answers: Chances | None = None) -> LeadTime:
    """answers: of the owner; None: nobody is asked."""
    delivery = delivered(suppliers)
    if answers is not None:
        delivery = summed(delivery, answers)
    return LeadTime.over_days(delivery).later(int(REVIEW_DAYS))


def delivered(suppliers: Sequence[Supplier]) -> Chances:
    """Days on the way, over all who may deliver."""
    each = [deliveries(one) for one in suppliers] or [promised(UNDECLARED)]
    longest = max(map(len, each))
    return tuple(
        fmean(one[day] if day < len(one) else 0.0 for one in each) for day in range(longest)
    )


def deliveries(supplier: Supplier) -> Chances:
    return learned(promised(supplier.promise), PROMISE_WEIGHT, supplier.took_days)


def promised(promise: DeliveryPromise) -> Chances:
    """Even over the promised days, but for the few that come late."""
    window = promise.latest_days - promise.earliest_days + 1
    chances = [0.0] * (promise.latest_days + LATE_DAYS + 1)
    for day in range(promise.earliest_days, promise.latest_days + 1):
        chances[day] = (1 - LATE_SHARE) / window
    chances[-1] += LATE_SHARE
    return tuple(chances)


def answers(took_days: Iterable[int]) -> Chances:
    """Of an owner whose earlier answers took that long, in whole days."""
    return learned(ANSWERS, ANSWERS_WEIGHT, took_days)


def learned(prior: Chances, weight: float, took_days: Iterable[int]) -> Chances:
    """The formula above."""
    seen = [min(max(0, days), LONGEST_DAYS) for days in took_days]
    size = max(len(prior), *(days + 1 for days in seen)) if seen else len(prior)
    counts = [weight * share for share in prior] + [0.0] * (size - len(prior))
    for days in seen:
        counts[days] += 1
    return tuple(count / (weight + len(seen)) for count in counts)


def summed(one: Chances, other: Chances) -> Chances:
    """Of the sum of two independent numbers of days."""
    chances = [0.0] * (len(one) + len(other) - 1)
    for day, chance in enumerate(one):
        for more, then in enumerate(other):
            chances[day + more] += chance * then
    return tuple(chances)
