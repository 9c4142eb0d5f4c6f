"""Which use case does which kind of outbox row: one table."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from core.clock import Clock
from core.database import Transaction
from core.ids import Ids
from core.offload import Offload
from core.outbox import OutboxRow
from devices import credentials, quarantine, quarantine_answers, retention
from replenishment import approvals, calibrating, fulfil, offers_refresh, replenish, work
from replenishment.case import Occasion
from replenishment.demand.families import Families, shipped
from replenishment.forecast import Forecaster
from replenishment.fulfil import VendorOf
from runtime.worker import UseCase
from vendor_policy import metering
from vendor_policy.log import cosigning, sequencer, store
from vendor_policy.log.cosigning import Post
from vendor_policy.log.notes import Signer


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCases:
    """Everything the use cases need from outside."""

    transaction: Transaction
    clock: Clock
    ids: Ids
    forecaster: Forecaster
    vendor_of: VendorOf
    offload: Offload
    signer: Signer
    post: Post
    families: Families = field(default_factory=shipped)
    write_broker_files: Callable[[], Awaitable[None]] | None = None  # None: no Mosquitto

    def table(self) -> Mapping[str, UseCase]:
        return {
            work.REVIEW: self._review,
            work.REVIEW_DUE: self._review_due,
            work.REFRESH_OFFERS: self._refresh_offers,
            work.EXPIRE_ASK: self._expire_ask,
            work.SUBMIT_ORDER: self._submit_order,
            work.POLL_ORDER: self._poll_order,
            quarantine.TELL_RECURRING: self._tell_recurring,
            quarantine_answers.RELEASE: self._release_quarantined,
            credentials.TELL_BROKER: self._tell_broker,
            retention.PRUNE: self._prune_readings,
            metering.MEASURE: self._measure_meter,
            metering.STATE: self._state_to_vendors,
            store.SEQUENCE: self._sequence_log,
            store.COSIGN: self._cosign_checkpoint,
            calibrating.COUNT: self._count_outcomes,
        }

    async def _review(self, row: OutboxRow) -> None:
        await replenish.review(
            UUID(row.payload["stock_id"]),
            Occasion(
                is_requested=row.payload.get("requested", False), correlation=row.correlation
            ),
            transaction=self.transaction,
            clock=self.clock,
            ids=self.ids,
            forecaster=self.forecaster,
        )

    async def _review_due(self, _row: OutboxRow) -> None:
        await replenish.review_due(
            transaction=self.transaction,
            clock=self.clock,
            ids=self.ids,
            forecaster=self.forecaster,
        )

    async def _refresh_offers(self, row: OutboxRow) -> None:
        await offers_refresh.refresh(
            row.payload["vendor_id"],
            row.payload["category"],
            transaction=self.transaction,
            clock=self.clock,
            ids=self.ids,
            vendor_of=self.vendor_of,
        )

    async def _expire_ask(self, row: OutboxRow) -> None:
        await approvals.expire(
            UUID(row.payload["order_id"]),
            transaction=self.transaction,
            clock=self.clock,
            ids=self.ids,
        )

    async def _submit_order(self, row: OutboxRow) -> None:
        await fulfil.submit(
            UUID(row.payload["order_id"]),
            transaction=self.transaction,
            clock=self.clock,
            ids=self.ids,
            vendor_of=self.vendor_of,
        )

    async def _poll_order(self, row: OutboxRow) -> None:
        await fulfil.poll(
            UUID(row.payload["order_id"]),
            transaction=self.transaction,
            clock=self.clock,
            ids=self.ids,
            vendor_of=self.vendor_of,
        )

    async def _prune_readings(self, row: OutboxRow) -> None:
        device_id, slot = row.payload["after"]
        await retention.prune((device_id, slot), transaction=self.transaction, clock=self.clock)

    async def _tell_recurring(self, row: OutboxRow) -> None:
        await quarantine.tell_recurring(
            row.payload["device_id"],
            transaction=self.transaction,
            clock=self.clock,
            ids=self.ids,
        )

    async def _release_quarantined(self, row: OutboxRow) -> None:
        await quarantine_answers.take_again(
            row.payload["quarantine_id"], transaction=self.transaction, clock=self.clock
        )

    async def _tell_broker(self, _row: OutboxRow) -> None:
        if self.write_broker_files is not None:
            await self.write_broker_files()

    async def _measure_meter(self, _row: OutboxRow) -> None:
        await metering.measure_new(
            transaction=self.transaction, clock=self.clock, offload=self.offload
        )

    async def _state_to_vendors(self, _row: OutboxRow) -> None:
        await metering.state_new(
            transaction=self.transaction, clock=self.clock, offload=self.offload
        )

    async def _count_outcomes(self, _row: OutboxRow) -> None:
        await calibrating.count(
            transaction=self.transaction,
            clock=self.clock,
            offload=self.offload,
            families=self.families,
        )

    async def _sequence_log(self, _row: OutboxRow) -> None:
        await sequencer.sequence(
            transaction=self.transaction, clock=self.clock, signer=self.signer
        )

    async def _cosign_checkpoint(self, _row: OutboxRow) -> None:
        await cosigning.cosign(transaction=self.transaction, clock=self.clock, post=self.post)
