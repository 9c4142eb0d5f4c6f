"""Shapes of the REST API that several routes share. Inputs forbid unknown fields."""

from typing import Self

from pydantic import BaseModel, ConfigDict

from core.money import Money


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
