"""How long a refill takes from the decision to order until it is usable.

Pure. Before it is known who will deliver, every vendor that may is as likely as the next.
"""

from collections.abc import Sequence
from statistics import fmean
from typing import Final

from replenishment.reorder import REVIEW_DAYS, LeadTime
from vendor_policy.declarations import DeliveryPromise

OWNER_DAYS: Final = LeadTime(mean=1.0, sd=1.0)  # until an owner answers an ask
UNDECLARED: Final = DeliveryPromise(earliest_days=2, latest_days=7)  # where no vendor is known


def lead_time(promises: Sequence[DeliveryPromise], *, waits_for_owner: bool) -> LeadTime:
    """Days: review, owner's answer, delivery.

    A promise is uniform on its days e..l: mean (e + l) / 2, variance ((l - e + 1)^2 - 1) / 12.
    The vendors are an even mixture, whose variance adds that of their means.
    """
    each = promises or [UNDECLARED]
    means = [(promise.earliest_days + promise.latest_days) / 2 for promise in each]
    spreads = [((p.latest_days - p.earliest_days + 1) ** 2 - 1) / 12 for p in each]
    mean = fmean(means)
    variance = fmean(spreads) + fmean((one - mean) ** 2 for one in means)
    if waits_for_owner:
        mean += OWNER_DAYS.mean
        variance += OWNER_DAYS.sd**2
    return LeadTime(mean=mean + REVIEW_DAYS, sd=variance**0.5)
