"""What the shop does: prices sessions, sells once, sends parcels. Speaks no protocol itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from demo_shop import parcels, prices
from demo_shop.assortment import Article, Assortment, Delivery
from demo_shop.knobs import Knobs
from demo_shop.records import (
    Line,
    Order,
    Problem,
    Session,
    SessionStatus,
    Wanted,
    Wish,
)
from demo_shop.store import Ledger

SESSION_LIFE = timedelta(hours=6)  # UCP's default
RESTOCKED_AFTER = timedelta(days=7)  # the supplier then replaces what was sold
INVOICE = "invoice"  # the one way to pay here
SHOP_SPACE = UUID("6f2d8f0a-94b1-5c5e-8f0e-3e5d1f7c2b90")  # of the ids this shop makes


class AlreadyShipped(Exception):
    def __init__(self, order_id: str) -> None:
        super().__init__(f"order {order_id} has left the shop")


@dataclass(frozen=True, kw_only=True)
class Shop:
    assortment: Assortment
    ledger: Ledger
    now: Callable[[], datetime]
    seed: int
    knobs: Knobs

    def price_minor(self, article: Article) -> int:
        """Today's price in the catalogue, tax included."""
        return prices.price_minor(article, seed=self.seed, on=self.now().date())

    def pieces_left(self, article: Article) -> int:
        if article.sku in self.knobs.out_of_stock:
            return 0
        sold = sum(
            line.quantity
            for order in self.ledger.orders_placed_after(self.now() - RESTOCKED_AFTER)
            for line in order.session.lines
            if line.sku == article.sku
        )
        return max(0, article.stock - sold)

    def open_session(self, idempotency_key: str, wish: Wish) -> Session:
        """The same key opens the session under the same id."""
        named = uuid5(SHOP_SPACE, f"{self.assortment.name}/{idempotency_key}")
        return self._written(wish, session_id=f"chk_{named.hex}", created_at=self.now())

    def replace_session(self, session: Session, wish: Wish) -> Session:
        """Prices it anew; a session that has ended is returned as it stands."""
        if session.status(self.now()) in (SessionStatus.COMPLETED, SessionStatus.CANCELED):
            return session
        return self._written(wish, session_id=session.session_id, created_at=session.created_at)

    def cancel_session(self, session: Session) -> Session:
        if session.order_id is not None:
            return session
        canceled = session.model_copy(update={"is_canceled": True})
        self.ledger.keep_session(canceled)
        return canceled

    def complete(
        self, session: Session, payment_handlers: Sequence[str]
    ) -> tuple[Session, tuple[Problem, ...]]:
        """Sells what the session says, at most once; else the session unsold and why."""
        if session.status(self.now()) is not SessionStatus.READY:
            return session, ()
        problems = tuple(
            problem
            for at, line in enumerate(session.lines)
            if (problem := self._shortage(line.sku, line.quantity, at)) is not None
        )
        if INVOICE not in payment_handlers:
            problems += (
                Problem(
                    code="payment_failed", content="We sell on invoice only.", path="$.payment"
                ),
            )
        return (session, problems) if problems else (self._sell(session), ())

    def cancel_order(self, order: Order) -> Order:
        """Raises AlreadyShipped once the parcel has left."""
        if order.canceled_at is not None:
            return order
        if order.has_shipped(self.now()):
            raise AlreadyShipped(order.order_id)
        canceled = order.model_copy(update={"canceled_at": self.now()})
        self.ledger.keep_order(canceled)
        return canceled

    def delivered_since(self, since: datetime) -> list[Order]:
        return self.ledger.orders_delivered_between(since, self.now())

    def next_event_at(self) -> datetime | None:
        """When the next parcel will be shipped or delivered; None when none is on its way."""
        return self.ledger.next_change_after(self.now())

    def delivery_of(self, session: Session) -> Delivery:
        delivery = self.assortment.delivery(session.option_id)
        return delivery if delivery is not None else self.assortment.deliveries[0]

    def _written(self, wish: Wish, *, session_id: str, created_at: datetime) -> Session:
        priced = [self._priced(wanted, at) for at, wanted in enumerate(wish.items)]
        lines = tuple(line for line, _ in priced if line is not None)
        problems = tuple(problem for _, problem in priced if problem is not None)
        delivery = (
            self.assortment.delivery(wish.option_id or "") or self.assortment.deliveries[0]
        )
        goods_minor = sum(line.total_minor for line in lines)
        session = Session(
            session_id=session_id,
            created_at=created_at,
            expires_at=created_at + SESSION_LIFE,
            lines=lines,
            problems=problems + wish.problems,
            buyer=wish.buyer,
            destination=wish.destination,
            option_id=delivery.option_id,
            delivery_minor=delivery.cost_minor(goods_minor) if wish.destination else 0,
        )
        self.ledger.keep_session(session)
        return session

    def _priced(self, wanted: Wanted, at: int) -> tuple[Line | None, Problem | None]:
        article = self.assortment.article(wanted.sku)
        if article is None:
            gone = f"We do not sell {wanted.sku!r}."
            return None, Problem(
                code="item_unavailable", content=gone, path=f"$.line_items[{at}]"
            )
        share_ppm = prices.PPM + self.knobs.checkout_price_ppm
        line = Line(
            line_id=wanted.line_id,
            sku=article.sku,
            gtin=article.gtin,
            title=article.title,
            quantity=wanted.quantity,
            price_minor=prices.with_share(self.price_minor(article), share_ppm),
        )
        return line, self._shortage(article.sku, wanted.quantity, at)

    def _shortage(self, sku: str, quantity: int, at: int) -> Problem | None:
        article = self.assortment.article(sku)
        if article is not None and self.pieces_left(article) >= quantity:
            return None
        short = f"There are not {quantity} of {sku!r} left."
        return Problem(code="out_of_stock", content=short, path=f"$.line_items[{at}]")

    def _sell(self, session: Session) -> Session:
        placed_at = self.now()
        delivery = self.delivery_of(session)
        number = uuid5(SHOP_SPACE, session.session_id).hex[:10].upper()
        order_id = f"{self.assortment.order_prefix}-{number}"
        parcel = parcels.parcel(
            order_id,
            delivery,
            placed_at=placed_at,
            seed=self.seed,
            late_ppm=self.assortment.late_ppm,
        )
        sold = session.model_copy(update={"order_id": order_id})
        order = Order(
            order_id=order_id,
            session=sold,
            placed_at=placed_at,
            shipped_at=parcel.shipped_at,
            delivered_at=parcel.delivered_at,
            promised_by=parcels.promise(delivery, placed_at=placed_at).latest_at,
        )
        self.ledger.keep_session(sold)
        self.ledger.keep_order(order)
        return sold
