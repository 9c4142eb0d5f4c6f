"""UCP answers as this platform reads them: tolerant of what it does not know, strict about what
it uses. Amounts are whole minor units; 12.5, "1250" or true is not an amount.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    Strict,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from replenishment.vendors.port import Unreadable

Model = TypeVar("Model", bound=BaseModel)
Read = TypeVar("Read")


def _or_none(value: object, read: ValidatorFunctionWrapHandler) -> Any:
    try:
        return read(value)
    except ValidationError:
        return None


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError as error:  # year 1 or 9999, with an offset
        raise ValueError("an instant outside all calendars") from error


OrNone = Annotated[Read | None, WrapValidator(_or_none)]  # unusable counts as not said
Minor = Annotated[int, Field(ge=0)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Instant = Annotated[  # JSON has no instants, only texts
    AwareDatetime, Strict(strict=False), AfterValidator(_in_utc)
]
Name = Annotated[str, Field(min_length=1, max_length=512)]


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class Binding(Part):
    transport: str = ""
    endpoint: str | None = None


class ProfileMetadata(Part):
    version: str
    services: dict[str, list[Binding]]


class Profile(Part):
    ucp: ProfileMetadata


class Price(Part):
    amount: Minor
    currency: Currency


class Barcode(Part):
    value: str


class Availability(Part):
    available: bool | None = None
    status: str | None = None


class Rating(Part):
    value: Annotated[Any, Field()]  # int or Decimal, checked where it is used
    scale_max: Annotated[Any, Field()]
    count: Annotated[int, Field(ge=0)] | None = None


class Category(Part):
    value: str


class Variant(Part):
    id: Name
    title: OrNone[Name] = None
    price: OrNone[Price] = None
    barcodes: OrNone[list[Barcode]] = None
    availability: OrNone[Availability] = None
    rating: OrNone[Rating] = None


class Product(Part):
    title: Name
    categories: OrNone[list[Category]] = None
    rating: OrNone[Rating] = None
    variants: list[Variant]


class Pagination(Part):
    has_next_page: bool = False
    cursor: str | None = None


class SearchPage(Part):
    products: list[Product]
    pagination: Pagination = Pagination()


class Message(Part):
    type: str = ""
    code: str = ""
    content: str = ""
    severity: str = ""


class Instrument(Part):
    type: str


class PaymentWay(Part):
    id: Name
    available_instruments: list[Instrument] = []


class CheckoutMetadata(Part):
    payment_handlers: dict[str, list[PaymentWay]] = {}


class Item(Part):
    id: str
    price: Minor


class Line(Part):
    id: str
    item: Item
    quantity: Annotated[int, Field(ge=1)]


class Total(Part):
    type: str
    amount: int


class Option(Part):
    id: str
    totals: list[Total]
    latest_fulfillment_time: OrNone[Instant] = None


class Group(Part):
    id: str
    options: list[Option] = []
    selected_option_id: str | None = None


class Method(Part):
    id: str
    groups: list[Group] = []


class Fulfillment(Part):
    methods: list[Method] = []


class Confirmation(Part):
    id: Name


class Checkout(Part):
    ucp: CheckoutMetadata
    id: Name
    status: str
    currency: Currency
    line_items: list[Line]
    totals: list[Total]
    messages: list[Message] = []
    fulfillment: Fulfillment = Fulfillment()
    continue_url: str | None = None
    order: Confirmation | None = None


class ErrorMetadata(Part):
    status: Annotated[str, Field(pattern="^error$")]


class ErrorAnswer(Part):
    """A business outcome without a resource."""

    ucp: ErrorMetadata
    messages: list[Message]


class Share(Part):
    id: str
    quantity: int


class Quantity(Part):
    total: Annotated[int, Field(ge=0)]


class OrderLine(Part):
    id: str
    quantity: Quantity


class Event(Part):
    type: str
    occurred_at: OrNone[Instant] = None
    line_items: list[Share]


class OrderFulfillment(Part):
    events: list[Event] = []


class Order(Part):
    id: str
    permalink_url: str
    currency: Currency
    line_items: list[OrderLine]
    fulfillment: OrderFulfillment
    totals: list[Total]


def read(model: type[Model], body: object) -> Model | Unreadable:
    """Names the first field that cannot be used, as in `products.3.title`."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(each) for each in first["loc"]) or "body"
        return Unreadable(field, first["msg"])
