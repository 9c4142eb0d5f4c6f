"""The SNMP bridge against snmpsim, which answers from the recorded walks of real printers."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from broker.bridges import printer_mib
from broker.bridges.publishing import DeviceUnreadable
from broker.bridges.snmp import SnmpDevice
from devices.tables import ReadingRow
from devices.wire import SlotState
from tests.processes import shop
from tests.system.installation import asked, bridge_code, installed, signed_up, until
from tests.system.snmpsim import AUTHENTICATION_KEY, PRIVACY_KEY, USER, snmpsim

KONICA = "konica_c250i.snmprec"
BLACK_LEVEL = "1.3.6.1.2.1.43.11.1.1.9.1.4|2|"


@pytest.fixture(scope="module")
def recordings(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recorded walks, and one of a printer whose black toner has run low since."""
    folder = tmp_path_factory.mktemp("walks")
    for each in (shared_data / "devices" / "snmp").glob("*.snmprec"):
        shutil.copy(each, folder)
    walk = (folder / KONICA).read_text()
    assert f"{BLACK_LEVEL}86" in walk
    (folder / "low.snmprec").write_text(walk.replace(f"{BLACK_LEVEL}86", f"{BLACK_LEVEL}3"))
    return folder


@pytest.fixture(scope="module")
def port(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with snmpsim(recordings, tmp_path_factory.mktemp("snmpsim")) as running:
        yield running


async def test_a_printer_is_read_with_a_community(port: int) -> None:
    seen = await SnmpDevice(host="127.0.0.1", port=port, community="konica_c250i").look()
    assert (seen.name, seen.serial) == ("KONICA MINOLTA bizhub C250i", "AA2M021115700")
    levels = {each.slot: each.level_pct for each in seen.readings if "toner" in each.kind}
    assert levels == {"cyan": 76, "magenta": 78, "yellow": 77, "black": 86, "waste": None}


async def test_a_printer_is_read_with_a_user_of_version_3(port: int) -> None:
    printer = SnmpDevice(
        host="127.0.0.1",
        port=port,
        user=USER,
        authentication_key=AUTHENTICATION_KEY,
        privacy_key=PRIVACY_KEY,
        context="xerox",
    )
    seen = await printer.look()
    black = next(each for each in seen.readings if each.slot == "black")
    assert (black.level_pct, black.title) == (20, "Black Toner, PN 006R01509")


async def test_a_brother_says_what_its_mib_knows_and_the_rest_stays_unknown(port: int) -> None:
    seen = await SnmpDevice(host="127.0.0.1", port=port, community="brother").look()
    found = {each.slot: (each.level_pct, each.state) for each in seen.readings}
    assert found["black"] == (None, SlotState.SOME_REMAINING)
    assert found["opc"][0] == pytest.approx(95.84, abs=0.01)


async def test_objects_of_a_description_are_asked_too(port: int) -> None:
    pages = "1.3.6.1.2.1.43.10.2.1.4.1.1"
    absent = "1.3.6.1.4.1.99999.1.0"
    printer = SnmpDevice(
        host="127.0.0.1", port=port, community="konica_c250i", extra=(pages, absent)
    )
    said = (await printer.look()).said
    assert said[pages] == 33810
    assert absent not in said
    assert said[printer_mib.MODEL] == b"KONICA MINOLTA bizhub C250i"


async def test_a_wrong_community_is_said_to_be_unreadable(port: int) -> None:
    with pytest.raises(DeviceUnreadable, match="No SNMP response"):
        await SnmpDevice(host="127.0.0.1", port=port, community="nobody").look()


def sells_black_toner(market: dict[str, Any]) -> None:
    """What the shop has for another printer fits this one."""
    for card in market["cards"]:
        if card["fits"] == ["P-200-K"]:
            card["fits"] = ["Black toner"]


async def test_a_recorded_printer_that_runs_low_leads_to_a_proposed_order(
    port: int, tmp_path: Path
) -> None:
    with shop(tmp_path / "shop") as shop_url:
        async with installed(tmp_path, shop_url, sells_black_toner) as installation:
            await signed_up(installation)
            code = await bridge_code(installation)
            bridging = ("bridge", "snmp", f"snmp://127.0.0.1:{port}", "--claim", code)
            options = ("--set", "community=low", "--every-s", "1")
            platform = ("--platform", installation.pages)
            async with installation.command(*bridging, *options, *platform):
                await asked(installation)
            assert (await installation.levels("black"))[0] == 0.03

            async def waste_is_heard() -> bool:
                readings = await installation.stored(ReadingRow)
                return any(each.slot == "waste" for each in readings)

            await until(waste_is_heard)
            waste = [r for r in await installation.stored(ReadingRow) if r.slot == "waste"]
            assert {(each.level, each.state) for each in waste} == {(None, "some_remaining")}
