"""Shapes of the REST API that several routes share. Inputs forbid unknown fields."""

from datetime import UTC, datetime
from typing import Annotated, Final, Self

from pydantic import AfterValidator, BaseModel, ConfigDict
from pydantic_core import PydanticCustomError

from core.money import Money

EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(9000, 1, 1, tzinfo=UTC)


def _in_reach(at: datetime) -> datetime:
    """Beyond it an instant may have no form in UTC. Without a zone it is meant in UTC."""
    known = at if at.tzinfo else at.replace(tzinfo=UTC)
    if not EARLIEST <= known <= LATEST:
        raise PydanticCustomError(
            "instant_out_of_reach", "an instant between the years 1900 and 9000"
        )
    return known


Instant = Annotated[datetime, AfterValidator(_in_reach)]


class Output(BaseModel):
    model_config = ConfigDict(frozen=True)


class Input(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MoneyView(Output):
    """`minor`: cents for EUR. `currency`: ISO 4217."""

    minor: int
    currency: str

    @classmethod
    def of(cls, money: Money) -> Self:
        return cls(minor=money.minor, currency=money.currency)
