"""Entries of a policy that say more than a name and a number.

Pure: frozen values, refused with the field and the way to mend it.
"""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from core.money import PPM
from vendor_policy.declarations import Frozen, Gtin, Name
from vendor_policy.expression_source import ExpressionRefused
from vendor_policy.expressions import compiled

CreditShare = Annotated[int, Field(strict=True, gt=0, le=PPM // 2)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class Substitute(Frozen):
    """What the owner also takes where `product` was picked; all count the same, unless the
    picked one is worth more.
    """

    product: Gtin
    instead: Annotated[tuple[Gtin, ...], Field(min_length=1, max_length=50)]
    credit_ppm: CreditShare | None = None  # of its price, to the picked product


class OrderLimit(Frozen):
    """Of one order. `category` None: of every category without an entry of its own."""

    category: Name | None = None
    packs_most: Annotated[int, Field(strict=True, ge=1, le=1000)] | None = None
    delivery_most_days: Annotated[int, Field(strict=True, ge=0, le=60)] | None = None
    days_between: Annotated[int, Field(strict=True, ge=1, le=365)] | None = None


class CustomRule(Frozen):
    """`expression`: in CEL, true of an offer that is all right; see docs/policy.md."""

    name: Slug
    wording: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    expression: str
    otherwise: Literal["exclude", "ask"] = "exclude"
    since: date

    @model_validator(mode="after")
    def _compiles(self) -> Self:
        try:
            compiled(self.expression)
        except ExpressionRefused as refused:
            raise PydanticCustomError(
                "expression_wrong",
                "{problem} at line {line}, column {column}: {hint}",
                {
                    "field": "expression",
                    "problem": refused.mistake.problem,
                    "line": refused.line,
                    "column": refused.column,
                    "hint": refused.mistake.hint,
                    "said": {
                        "key": f"policy.expression.{refused.mistake.code}",
                        "params": dict(refused.mistake.params),
                    },
                },
            ) from refused
        return self


class Contest(Frozen):
    """A technical rule that the owner, having read its reason, does not believe of one product
    or for one stock: it is still asked and shown, and no longer excludes.
    """

    rule_id: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    product: Gtin | None = None
    stock_id: Name | None = None

    @model_validator(mode="after")
    def _aimed(self) -> Self:
        if self.product is None and self.stock_id is None:
            raise PydanticCustomError(
                "contest_of_all", "name the product or the stock that the rule is wrong about"
            )
        if self.rule_id not in CONTESTABLE and not self.rule_id.startswith(CLAIM):
            raise PydanticCustomError(
                "not_contestable",
                "`{rule_id}` is not a technical rule; only those can be contested",
                {"field": "rule_id", "rule_id": self.rule_id},
            )
        return self


CLAIM = "claim:"  # before the id of what a manufacturer says, see claims
CUSTOM = "custom:"  # before the name of an owner's own rule
CONTESTABLE = frozenset({"fits", "unit_matches"})  # a test binds it to the technical rules
