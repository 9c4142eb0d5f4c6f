"""The life of an order as one table.

Pure. The API's allowed acts, the picture in docs/flow.md and the state machine test are made
from `TRANSITIONS`.
"""

from enum import StrEnum
from typing import Final


class OrderState(StrEnum):
    PROPOSED = "proposed"
    AWAITING_APPROVAL = "awaiting_approval"
    APPROVED = "approved"
    SUBMITTING = "submitting"  # from here on the vendor may have it
    STOPPING = "stopping"  # taken back after that: never sent again, only asked about
    NEEDS_OWNER = "needs_owner"  # to be finished, or looked for, by the owner at the shop
    PLACED = "placed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    REJECTED = "rejected"
    EXPIRED = "expired"
    REFUSED = "refused"
    CHANGED = "changed"  # the shop's total was not the pinned one: asked again as a new attempt
    CANCELLED = "cancelled"


class OrderEvent(StrEnum):
    ASK = "ask"
    APPROVE = "approve"
    REJECT = "reject"
    EXPIRE = "expire"
    SUBMIT = "submit"
    ACKNOWLEDGE = "acknowledge"
    REFUSE = "refuse"
    FIND_CHANGED = "find_changed"
    HAND_OFF = "hand_off"
    TAKE_BACK = "take_back"
    GIVE_UP = "give_up"
    TURN_UP = "turn_up"
    SHIP = "ship"
    DELIVER = "deliver"
    CANCEL = "cancel"


S, E = OrderState, OrderEvent

TRANSITIONS: Final[dict[tuple[OrderState, OrderEvent], OrderState]] = {
    (S.PROPOSED, E.ASK): S.AWAITING_APPROVAL,
    (S.PROPOSED, E.APPROVE): S.APPROVED,  # by a mandate
    (S.AWAITING_APPROVAL, E.APPROVE): S.APPROVED,
    (S.AWAITING_APPROVAL, E.REJECT): S.REJECTED,
    (S.AWAITING_APPROVAL, E.EXPIRE): S.EXPIRED,  # a timeout means no
    (S.AWAITING_APPROVAL, E.CANCEL): S.CANCELLED,
    (S.APPROVED, E.SUBMIT): S.SUBMITTING,
    (S.APPROVED, E.REFUSE): S.REFUSED,  # and the next two: before anything was bought
    (S.APPROVED, E.FIND_CHANGED): S.CHANGED,
    (S.APPROVED, E.HAND_OFF): S.NEEDS_OWNER,
    (S.APPROVED, E.CANCEL): S.CANCELLED,
    (S.SUBMITTING, E.ACKNOWLEDGE): S.PLACED,
    (S.SUBMITTING, E.REFUSE): S.REFUSED,
    (S.SUBMITTING, E.FIND_CHANGED): S.CHANGED,
    (S.SUBMITTING, E.HAND_OFF): S.NEEDS_OWNER,
    (S.SUBMITTING, E.TAKE_BACK): S.STOPPING,
    (S.SUBMITTING, E.GIVE_UP): S.NEEDS_OWNER,  # no answer for too long
    (S.SUBMITTING, E.CANCEL): S.CANCELLED,  # the shop shows that it was not bought
    (S.STOPPING, E.ACKNOWLEDGE): S.PLACED,
    (S.STOPPING, E.GIVE_UP): S.NEEDS_OWNER,
    (S.STOPPING, E.CANCEL): S.CANCELLED,
    (S.NEEDS_OWNER, E.ACKNOWLEDGE): S.PLACED,
    (S.NEEDS_OWNER, E.CANCEL): S.CANCELLED,
    (S.PLACED, E.SHIP): S.SHIPPED,
    (S.PLACED, E.DELIVER): S.DELIVERED,  # some shops never say "shipped"
    (S.PLACED, E.CANCEL): S.CANCELLED,
    (S.SHIPPED, E.DELIVER): S.DELIVERED,
    (S.CANCELLED, E.TURN_UP): S.PLACED,  # cancelled without an answer, and bought after all
}

WAITING: Final = frozenset({S.PROPOSED, S.AWAITING_APPROVAL})
SENT: Final = frozenset({S.SUBMITTING, S.STOPPING, S.NEEDS_OWNER})  # and not yet answered for
COMING: Final = SENT | {S.APPROVED, S.PLACED, S.SHIPPED}
LIVE: Final = WAITING | COMING  # at most one order in these states per stock


class IllegalTransition(Exception):
    def __init__(self, state: OrderState, event: OrderEvent) -> None:
        super().__init__(f"cannot `{event}` an order that is `{state}`")
        self.state = state
        self.event = event


def next_state(state: OrderState, event: OrderEvent) -> OrderState:
    """Raises IllegalTransition."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise IllegalTransition(state, event) from None


def allowed(state: OrderState) -> frozenset[OrderEvent]:
    return frozenset(event for (before, event) in TRANSITIONS if before is state)
