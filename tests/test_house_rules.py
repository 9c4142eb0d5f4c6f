"""The tree keeps the rules of the house, and each rule can fail."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import house_rules
from tests.house_rules import Complaint, Module, Rule

ROOT = Path(__file__).parents[1]
LINTER = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
PACKAGES = tuple(LINTER["root_packages"])
BESIDE = ("tests", "scripts", "examples", "verifier")

GLOSSARY = house_rules.terms((ROOT / "docs" / "glossary.md").read_text())

EVERYWHERE: dict[str, Rule] = {
    "file_length": house_rules.file_length,
    "function_length": house_rules.function_length,
    "late_import": house_rules.late_import,
    "banned_name": house_rules.banned_name,
    "package_marker": house_rules.package_marker,
}
IN_PACKAGES: dict[str, Rule] = {
    "module_docstring": house_rules.module_docstring,
    "raw_sql": house_rules.raw_sql,
    "blind_except": house_rules.blind_except,
    "order_state_writer": house_rules.order_state_writer,
    "impure_call": house_rules.impure_call,
    "unlisted_noun": house_rules.unlisted_noun(GLOSSARY),
}

BAD: list[tuple[str, str, str]] = [
    ("file_length", "core/long.py", "x = 1\n" * 401),
    ("function_length", "core/long.py", "def f():\n" + "    x = 1\n" * 40),
    ("late_import", "core/late.py", "def f():\n    import json\n"),
    (
        "late_import",
        "core/late.py",
        "async def f():\n    if x:\n        from json import dumps\n",
    ),
    ("banned_name", "core/x.py", "class OrderManager: ..."),
    ("banned_name", "core/x.py", "class StockInfo: ..."),
    ("banned_name", "core/x.py", "class PaymentError(Exception): ..."),
    ("banned_name", "core/utils.py", ""),
    ("banned_name", "api/order_helper.py", ""),
    ("banned_name", "core/common.py", ""),
    ("package_marker", "core/__init__.py", "import core.money"),
    ("module_docstring", "core/x.py", "x = 1"),
    ("raw_sql", "api/orders.py", "from sqlalchemy import text"),
    ("raw_sql", "api/orders.py", "from sqlmodel import select, delete"),
    ("raw_sql", "api/orders.py", "from sqlalchemy.dialects.sqlite import insert as put"),
    ("raw_sql", "api/orders.py", "connection.exec_driver_sql('SELECT 1')"),
    ("raw_sql", "api/orders.py", "await session.execute(statement)"),
    ("raw_sql", "api/orders.py", "sqlite3.connect(file)"),
    ("raw_sql", "api/orders.py", "select(StockRow.__table__)"),
    ("raw_sql", "devices/tables.py", "from sqlmodel import update"),
    ("blind_except", "api/x.py", "try:\n    f()\nexcept Exception:\n    pass"),
    ("blind_except", "api/x.py", "try:\n    f()\nexcept (OSError, BaseException):\n    pass"),
    ("blind_except", "api/x.py", "try:\n    f()\nexcept:\n    pass"),
    ("order_state_writer", "api/orders.py", "order.state = OrderState.APPROVED"),
    ("order_state_writer", "api/orders.py", "OrderRow\na, row.state = 1, 'placed'"),
    ("order_state_writer", "api/orders.py", "setattr(order, 'state', 'placed')"),
    ("order_state_writer", "api/orders.py", "session.exec(update(OrderRow).values(total=1))"),
    ("order_state_writer", "runtime/x.py", "tables.OrderRow(state='placed')"),
    ("impure_call", "devices/x.py", '"""Pure."""\nat = datetime.now(UTC)'),
    ("impure_call", "devices/x.py", '"""Pure."""\nwith open("x") as file: ...'),
    ("impure_call", "devices/x.py", '"""Pure."""\nx = random.random()'),
    ("unlisted_noun", "core/x.py", "class Zeppelin: ..."),
    ("unlisted_noun", "core/x.py", "class ZeppelinRow(SQLModel): ..."),
    ("unlisted_noun", "core/x.py", "class OrderRow(SQLModel):\n    __tablename__ = 'zeppelin'"),
]
GOOD: list[tuple[str, str, str]] = [
    ("function_length", "core/x.py", "def f():\n" + "    x = 1\n" * 39),
    ("banned_name", "core/database.py", "class Database: ..."),
    ("raw_sql", "devices/readings.py", "from sqlalchemy import text, insert"),
    ("raw_sql", "replenishment/tables.py", "from sqlalchemy import Index, text"),
    ("raw_sql", "replenishment/orders.py", "from sqlmodel import update"),
    ("raw_sql", "api/orders.py", "from sqlmodel import select\nawait session.exec(select(X))"),
    ("blind_except", "runtime/worker.py", "try:\n    f()\nexcept Exception:\n    pass"),
    ("blind_except", "api/x.py", "try:\n    f()\nexcept ValueError:\n    pass"),
    ("order_state_writer", "replenishment/orders.py", "order.state = after"),
    ("order_state_writer", "demo_shop/ledger.py", "order.state = 'shipped'"),
    ("order_state_writer", "api/orders.py", "if order.state == before: ..."),
    ("order_state_writer", "devices/levels.py", "track.state = folded"),
    ("blind_except", "api/x.py", "try:\n    f()\nexcept BaseException:\n    undo()\n    raise"),
    ("banned_name", "replenishment/vendors/ucp.py", "class Service: ..."),
    ("unlisted_noun", "replenishment/vendors/ucp.py", "class Barcode: ..."),
    ("impure_call", "firmware_sim/x.py", '"""Pure."""\nx = random.Random(seed).random()'),
    ("impure_call", "core/clock.py", '"""The clock."""\nat = datetime.now(UTC)'),
    ("unlisted_noun", "core/x.py", "class SlotReading: ..."),
    ("unlisted_noun", "core/x.py", "class RandomIds: ..."),
    ("unlisted_noun", "core/x.py", "class SignedIn: ..."),
    ("unlisted_noun", "demo_shop/x.py", "class Zeppelin: ..."),
    ("unlisted_noun", "core/x.py", "class OrderMoved(Exception): ..."),
]


def modules(*folders: str) -> Iterator[Module]:
    for folder in folders:
        for file in sorted((ROOT / folder).rglob("*.py")):
            yield Module(file.relative_to(ROOT).as_posix(), file.read_text())


def complaints(rule: Rule, *folders: str) -> list[Complaint]:
    return [complaint for module in modules(*folders) for complaint in rule(module)]


def report(found: list[Complaint]) -> str:
    return "\n" + "\n".join(map(str, found))


@pytest.mark.parametrize("rule", EVERYWHERE)
def test_every_file_keeps(rule: str) -> None:
    found = complaints(EVERYWHERE[rule], *PACKAGES, *BESIDE)
    assert not found, report(found)


@pytest.mark.parametrize("rule", IN_PACKAGES)
def test_every_package_keeps(rule: str) -> None:
    found = complaints(IN_PACKAGES[rule], *PACKAGES)
    assert not found, report(found)


@pytest.mark.parametrize(("rule", "path", "source"), BAD)
def test_a_rule_sees_what_it_forbids(rule: str, path: str, source: str) -> None:
    assert list((EVERYWHERE | IN_PACKAGES)[rule](Module(path, source)))


@pytest.mark.parametrize(("rule", "path", "source"), GOOD)
def test_a_rule_lets_the_rest_pass(rule: str, path: str, source: str) -> None:
    assert not list((EVERYWHERE | IN_PACKAGES)[rule](Module(path, source)))


def test_every_rule_is_seen_to_fail() -> None:
    assert {rule for rule, _, _ in BAD} == set(EVERYWHERE | IN_PACKAGES)


def test_files_that_say_pure_are_the_ones_in_the_import_contract() -> None:
    [contract] = [each for each in LINTER["contracts"] if each["id"] == "pure"]
    pure = {
        module.path.removesuffix(".py").replace("/", ".")
        for module in modules(*PACKAGES)
        if house_rules.is_pure(module)
    }
    listed = set(contract["source_modules"])
    assert pure == listed, f"list {sorted(pure - listed)}, not {sorted(listed - pure)}"
