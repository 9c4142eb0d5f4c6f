"""A maker's fleet from a CSV: every line by itself, every secret shown once, nothing twice."""

import csv
from pathlib import Path

import pytest
from rich.console import Console
from sqlmodel import select

from accounts.scoping import ALL_OWNERS
from core.settings import Settings
from devices.credentials import verify
from devices.registry import ToProvision
from devices.tables import DeviceRow, SlotRow
from runtime import provision_csv, wiring
from runtime.provision import Batch
from runtime.provision_csv import Tally
from runtime.startup import CannotStart
from tests.devices_world import a_model, a_spec

BATCH = Batch(manufacturer="Maker", model=a_model(a_spec(), a_spec("softener")))


@pytest.fixture
async def platform(tmp_path: Path):
    async with wiring.opened(Settings(home=tmp_path / "home"), public_url="") as opened:
        yield opened


async def provisioned(
    platform, folder: Path, fleet: bytes, result: str = "result.csv"
) -> Tally:
    (folder / "fleet.csv").write_bytes(fleet)
    return await provision_csv.provision_csv(
        folder / "fleet.csv", BATCH, folder / result, platform, Console(stderr=True)
    )


def results(folder: Path, name: str = "result.csv") -> list[dict[str, str]]:
    with (folder / name).open(newline="") as file:
        return list(csv.DictReader(file))


async def rows(platform, table):
    async with platform.database.snapshot(ALL_OWNERS) as session:
        return (await session.exec(select(table))).all()


async def test_every_line_gets_a_line_with_a_secret_that_is_stored_as_a_hash(
    platform, tmp_path
):
    tally = await provisioned(platform, tmp_path, b"serial,device_id\nA1,washer-a1\nA2,\n")
    assert tally == Tally(provisioned=2, refused=0)
    first, second = results(tmp_path)
    devices = {row.device_id: row for row in await rows(platform, DeviceRow)}
    assert first["device_id"] == "washer-a1"
    assert second["device_id"].startswith("device-")
    for each in (first, second):
        row = devices[each["device_id"]]
        assert verify(each["secret"], row.secret_hash, platform.device_key)
        assert verify(each["claim_code"], row.claim_hash, platform.device_key)
        assert (row.serial, row.boot_id, row.timezone) == (each["serial"], -1, "UTC")
    slots = await rows(platform, SlotRow)
    assert sorted(row.slot for row in slots) == 2 * ["detergent"] + 2 * ["softener"]
    assert {row.condition for row in slots} == {"unknown"}
    assert (tmp_path / "result.csv").stat().st_mode & 0o777 == 0o600


async def test_bad_lines_are_named_and_stop_no_other(platform, tmp_path):
    fleet = (
        b'\xef\xbb\xbfserial,device_id,is_test\nA1,,\n"never closed,,\nA3,UPPER,\nA4\n'
        b"A5,,perhaps\n\xff\xfe,,\n" + b"x" * 9_000 + b"\n,,\n\nA10,washer-10,yes\n"
        b"A11,washer-10,\nA12,,\n"
    )
    tally = await provisioned(platform, tmp_path, fleet)
    assert tally == Tally(provisioned=3, refused=8)
    found = {int(each["line"]): each["problem"] for each in results(tmp_path)}
    assert [line for line, problem in found.items() if not problem] == [2, 11, 13]
    assert 10 not in found  # an empty line
    assert found[3] == "unexpected end of data"
    assert found[4].startswith("device_id: ")
    assert found[5] == "1 fields, not 3"
    assert found[6].startswith("is_test: ")
    assert found[7] == "not UTF-8"
    assert found[8] == "longer than 4096 bytes"
    assert found[9] == "serial: Field required"
    assert found[12] == "washer-10 is provisioned; every device_id once"
    test_devices = [row.device_id for row in await rows(platform, DeviceRow) if row.is_test]
    assert test_devices == ["washer-10"]


async def test_the_same_file_again_provisions_nothing_twice(platform, tmp_path):
    fleet = b"serial,device_id\n" + b"".join(b"S%d,washer-%d\n" % (n, n) for n in range(2_500))
    assert await provisioned(platform, tmp_path, fleet) == Tally(2_500, 0)
    assert await provisioned(platform, tmp_path, fleet, "again.csv") == Tally(0, 2_500)
    assert len(await rows(platform, DeviceRow)) == 2_500


async def test_secrets_are_never_written_over(platform, tmp_path):
    (tmp_path / "result.csv").write_text("secrets of another fleet")
    with pytest.raises(CannotStart, match="--result"):
        await provisioned(platform, tmp_path, b"serial\nA1\n")
    assert (tmp_path / "result.csv").read_text() == "secrets of another fleet"
    assert await rows(platform, DeviceRow) == []


@pytest.mark.parametrize("head", [b"", b"name\nA1\n", b"serial,serial\n", b"serial,colour\n"])
async def test_a_file_without_usable_columns_provisions_nothing(platform, tmp_path, head):
    with pytest.raises(CannotStart, match="must name the columns"):
        await provisioned(platform, tmp_path, head)
    assert not (tmp_path / "result.csv").exists()


async def test_no_device_exists_whose_secret_could_not_be_written(platform, tmp_path):
    makes = await provision_csv._registered(BATCH, platform)
    wanted = [ToProvision(model="washer", serial="A1", device_id="washer-a1")]

    def disk_full(_outcomes):
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        await provision_csv.registry.provision_each(
            wanted, makes, shown=disk_full, transaction=platform.database.transaction
        )
    assert await rows(platform, DeviceRow) == []
