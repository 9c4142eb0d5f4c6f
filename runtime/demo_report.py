"""The demo's closing table: what was ordered and spent, what went wrong, what it cost."""

import resource
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.table import Table
from sqlmodel import select

from accounts.scoping import ALL_OWNERS
from core.database import Transaction
from devices.tables import StockRow
from replenishment.order_states import OrderState
from replenishment.tables import OrderRow
from runtime.reconcile import Findings
from vendor_policy import record
from vendor_policy.record import Agrees
from vendor_policy.tables import DecisionRow

BOUGHT: Final = (OrderState.PLACED, OrderState.SHIPPED, OrderState.DELIVERED)
MEGABYTE: Final = 1024  # of the kilobytes that getrusage counts in on Linux
SHOWN_WRONG: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """What the run cost. `took_s`: real seconds."""

    days: int
    took_s: float

    @property
    def days_per_s(self) -> float:
        return self.days / self.took_s

    @property
    def peak_mb(self) -> float:
        """Of this process, in which platform, shops and devices all live, and its children."""
        whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        return sum(resource.getrusage(each).ru_maxrss for each in whose) / MEGABYTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    effort: Effort
    findings: Findings
    orders: Counter[str]  # by state
    automatic: int
    chosen_by_owner: int
    spend_minor: int  # EUR
    promised_ppm: int  # service level, the lowest of all stocks
    records: int
    disagreeing: tuple[str, ...]  # records whose replay differs

    @property
    def is_right(self) -> bool:
        return not self.disagreeing and self.findings.is_right

    def table(self) -> Table:
        table = Table(title=f"{self.effort.days} days", show_header=False, min_width=60)
        for title, said in (*self._ordering(), *self._truth(), *self._cost()):
            table.add_row(title, said)
        return table

    def _ordering(self) -> Sequence[tuple[str, str]]:
        states = ", ".join(f"{count} {state}" for state, count in sorted(self.orders.items()))
        cycles = self.findings.refills + self.findings.stock_outs
        share = self.findings.stock_outs / cycles if cycles else 0.0
        return [
            ("orders", f"{self.orders.total()}: {states}"),
            ("", f"{self.automatic} by mandate, {self.chosen_by_owner} chosen by the owner"),
            ("spent", f"{self.spend_minor / 100:.2f} EUR"),
            (
                "stock-outs",
                f"{self.findings.stock_outs} in {cycles} cycles ({share:.1%});"
                f" promised at most {1 - self.promised_ppm / 1e6:.1%}",
            ),
            (
                "decision records",
                f"{self.records}, {len(self.disagreeing)} differ when replayed",
            ),
        ]

    def _truth(self) -> Sequence[tuple[str, str]]:
        faults = ", ".join(f"{n} {kind}" for kind, n in sorted(self.findings.faults.items()))
        rows = [("faults injected", faults or "none")]
        for each in self.findings.comparisons:
            verdict = "as in truth" if not each.wrong else f"{len(each.wrong)} WRONG"
            said = f"{each.compared} compared, {verdict}" if each.compared else "none"
            rows.append((each.what, said))
            rows += [("", wrong) for wrong in each.wrong[:SHOWN_WRONG]]
        return rows

    def _cost(self) -> Sequence[tuple[str, str]]:
        return [
            ("time", f"{self.effort.took_s:.0f} s, {self.effort.days_per_s:.1f} days a second"),
            ("memory", f"{self.effort.peak_mb:.0f} MB at its peak, all processes"),
        ]


async def report(findings: Findings, effort: Effort, *, transaction: Transaction) -> Report:
    async with transaction(ALL_OWNERS) as session:
        orders = (await session.exec(select(OrderRow))).all()
        records = (await session.exec(select(DecisionRow))).all()
        stocks = (await session.exec(select(StockRow))).all()
    return Report(
        effort=effort,
        findings=findings,
        orders=Counter(str(order.state) for order in orders),
        automatic=sum(order.mandate_id is not None for order in orders),
        chosen_by_owner=sum(order.is_override for order in orders),
        spend_minor=sum(order.total_minor for order in orders if order.state in BOUGHT),
        promised_ppm=min(map(_promised_ppm, stocks)),
        records=len(records),
        disagreeing=tuple(
            str(row.record_id)
            for row in records
            if not isinstance(record.replay(row.record), Agrees)
        ),
    )


def _promised_ppm(stock: StockRow) -> int:
    """As the last review counted, where a day without has a price; else as chosen."""
    told = stock.forecast or {}
    return int(told.get("service_level_ppm", stock.service_level_ppm))
