"""What a manufacturer says about products for its device, as published with the model.

Pure. It may recommend and it may warn. It excludes on technical grounds only, with a public
reason that the owner can read and contest; a commercial preference of anyone but the owner
excludes nothing and credits nothing: such a claim does not load.
"""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from vendor_policy.declarations import Frozen, Gtin, Name

Words = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{2,59}$")]


class Statement(Frozen):
    """About offers of `products`, with one of `attributes`, or of another brand than
    `brands_but`; at least one of the three is named.
    """

    claim_id: Code
    kind: Literal["recommend", "warn", "exclude", "credit"]
    grounds: Literal["technical", "warranty", "commercial"]
    reason: Code  # public and stable
    text_en: Words
    text_de: Words
    products: Annotated[tuple[Gtin, ...], Field(max_length=200)] = ()
    attributes: Annotated[tuple[Name, ...], Field(max_length=20)] = ()
    brands_but: Annotated[tuple[Name, ...], Field(max_length=20)] = ()

    @model_validator(mode="after")
    def _loads(self) -> Self:
        if not (self.products or self.attributes or self.brands_but):
            raise PydanticCustomError(
                "claim_of_all", "name products, attributes or brands_but: whom it is about"
            )
        if self.kind == "credit" or (self.kind == "exclude" and self.grounds != "technical"):
            raise PydanticCustomError(
                "claim_commercial",
                "a preference of anyone but the owner never excludes and never ranks:"
                " publish it as kind `recommend` or `warn`",
                {"field": "kind"},
            )
        if self.kind == "exclude" and self.brands_but:
            raise PydanticCustomError(
                "claim_by_brand",
                "a brand is no technical reason: name products or attributes",
                {"field": "brands_but"},
            )
        return self


class Claim(Statement):
    """A statement as published: by whom, and since when."""

    maker: Name
    since: date
