"""Sample Views of a maker's pages."""

from datetime import timedelta

from accounts.texts import text
from api.web import qr
from api.web.views_maker import (
    DeviceLine,
    Fee,
    MakerDevices,
    MakerPage,
    MakerSignIn,
    ModelFormPage,
    ModelLine,
    ModelPage,
    ShownDevice,
    ShownDevices,
    SlotLine,
    TestOrder,
    Version,
)
from devices.model_diff import ModelChange
from tests.unit.api.samples_home import NOW, an_id, euro

TOKEN = "x"  # noqa: S105 - of nobody
MAKER = "Hausgeräte Nord"
SIGN_IN = MakerSignIn(problem=text("maker.key_wrong"))
OVERVIEW = MakerPage(
    csrf_token=TOKEN,
    maker=MAKER,
    models=(
        ModelLine(
            model_id=an_id(501),
            title="Waschmaschine W7",
            name="washer-w7",
            version=3,
            made=12_400,
            claimed=9_871,
        ),
    ),
    unclaimed=2_529,
    claimed=9_871,
    test_orders=(
        TestOrder(
            order_id=an_id(502),
            stock="Waschmittel",
            state=text("order.state.delivered"),
            total=euro("12.30"),
            created_at=NOW,
        ),
    ),
    fees=(
        Fee(vendor="Tintenwelt", amount=None, share_ppm=30_000),
        Fee(vendor="Billigblitz", amount=euro("0.50"), share_ppm=None),
    ),
)
EMPTY = MakerPage(
    csrf_token=TOKEN, maker=MAKER, models=(), unclaimed=0, claimed=0, test_orders=(), fees=()
)
MODEL = ModelPage(
    csrf_token=TOKEN,
    maker=MAKER,
    title="Waschmaschine W7",
    name="washer-w7",
    version=3,
    sends="Füllstand beider Tanks und das Ende jedes Waschgangs",
    every_hours=6,
    kept_where="auf dieser Instanz",
    kept_days=400,
    slots=(
        SlotLine(
            slot="detergent",
            title="Waschmittel",
            capacity=text("amount.ml", n=1500),
            measure=text("measure.level"),
            fits="laundry-liquid, laundry-liquid-color",
        ),
    ),
    versions=tuple(
        Version(
            model_id=an_id(510 + n), version=n, created_at=NOW - timedelta(days=100 - 30 * n)
        )
        for n in (3, 2, 1)
    ),
    before=2,
    changes=(
        ModelChange("data_sheet.kept_days", "200", "400"),
        ModelChange("slots.softener.capacity", "", "800"),
        ModelChange("slots.detergent.fits", "laundry-liquid, laundry-gel", ""),
    ),
)
FORM = ModelFormPage(
    csrf_token=TOKEN,
    maker=MAKER,
    description='{"name": "washer-w7", "version": 4}',
    problem="data_sheet: Field required",
)
DEVICES = MakerDevices(
    csrf_token=TOKEN,
    maker=MAKER,
    models=("washer-w7",),
    devices=(
        DeviceLine(
            device_id="device-1f2e3d4c5b6a",
            serial="SN-000001",
            model="washer-w7 3",
            is_test=True,
            is_claimed=True,
            is_revoked=False,
            is_online=True,
            firmware="7.1.2",
            last_heard_at=NOW,
            quarantined=2,
        ),
        DeviceLine(
            device_id="device-0a1b2c3d4e5f",
            serial="SN-000002",
            model="washer-w7 3",
            is_test=False,
            is_claimed=False,
            is_revoked=False,
            is_online=False,
            firmware="",
            last_heard_at=None,
            quarantined=0,
        ),
        DeviceLine(
            device_id="device-00aa11bb22cc",
            serial="SN-000003",
            model="washer-w7 2",
            is_test=False,
            is_claimed=False,
            is_revoked=True,
            is_online=False,
            firmware="",
            last_heard_at=NOW,
            quarantined=0,
        ),
    ),
    most=100,
    claimed=9_871,
    serials_most=50,
    problem=text("maker.serials_wrong", n=50),
)
NO_DEVICES = MakerDevices(
    csrf_token=TOKEN, maker=MAKER, models=(), devices=(), most=100, claimed=0, serials_most=50
)
CODE = "ABCDEFGHJKLM"
SHOWN = ShownDevices(
    csrf_token=TOKEN,
    maker=MAKER,
    devices=(
        ShownDevice(
            device_id="device-1f2e3d4c5b6a",
            serial="SN-000001",
            secret="s" * 43,
            claim_code=CODE,
            qr=qr.svg(qr.claim_address("https://nachschub.example", CODE)),
        ),
        ShownDevice(device_id="device-0a1b2c3d4e5f", serial="", secret="s" * 43),
    ),
)
PAGES = {
    "maker_sign_in": ("maker_sign_in.html", SIGN_IN, ""),
    "maker": ("maker.html", OVERVIEW, ""),
    "maker_empty": ("maker.html", EMPTY, ""),
    "maker_model": ("maker_model.html", MODEL, ""),
    "maker_model_form": ("maker_model_form.html", FORM, ""),
    "maker_devices": ("maker_devices.html", DEVICES, ""),
    "maker_no_devices": ("maker_devices.html", NO_DEVICES, ""),
    "maker_shown_once": ("maker_shown_once.html", SHOWN, ""),
}
