"""What can be made to go wrong in a shop, for tests and demonstrations."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Count = Annotated[int, Field(ge=0)]


class Knobs(BaseModel):
    """Counts fall by one each time they bite."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    out_of_stock: frozenset[str] = frozenset()  # SKUs
    checkout_price_ppm: Annotated[int, Field(ge=-900_000, le=9_000_000)] = (
        0  # over the catalogue's
    )
    lose_answers: Count = 0  # to complete: the order is kept, the answer is a 500
    hide_sales: Count = 0  # a look at a session that is sold: answered 500
    refuse_repeats: bool = False  # a repeated create: answered 422, not with its stored answer
    fail_requests: Count = 0  # answered 500 before anything is done
    talk_nonsense: Count = 0  # done as asked, but the answer is not UCP

    def bites(self, count: str) -> bool:
        """Whether the named count was above zero; takes one off."""
        left: int = getattr(self, count)
        if left > 0:
            setattr(self, count, left - 1)
        return left > 0
