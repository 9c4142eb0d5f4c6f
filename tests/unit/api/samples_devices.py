"""Sample Views of the pages about one device."""

from dataclasses import replace

from accounts.texts import text
from api.web.views_devices import (
    AccessView,
    MakerQuarantine,
    QuarantinedMessage,
    QuarantineFault,
    QuarantineView,
    RetentionView,
    SecretView,
)
from tests.unit.api.samples_home import NOW

IMPOSSIBLE = QuarantinedMessage(
    quarantine_id=41,
    device_id="washer-0001",
    received_at=NOW,
    faults=(
        QuarantineFault(
            reason=text("quarantine.bad_payload"),
            field="slots.detergent.level",
            value="1.7",
            fix="send a fraction between 0 and 1",
        ),
        QuarantineFault(
            reason=text("quarantine.unknown_slot"),
            field="slots.bleach",
            value="bleach",
            fix="the model has the slots detergent, softener",
        ),
    ),
    raw='{"v":1,"boot_id":17,"seq":4021,"measured_at":"2026-11-20T11:58:00Z",'
    '"slots":{"detergent":{"level":1.7},"bleach":{"level":0.5,"raw":"<script>alert(1)</script>"}}}',
    payload_bytes=171,
    may_be_released=True,
    is_released=False,
)
GLITCH = QuarantinedMessage(
    quarantine_id=40,
    device_id="washer-0001",
    received_at=NOW,
    faults=(
        QuarantineFault(
            reason=text("quarantine.glitch"),
            field="slots.detergent",
            value="1012 ml",
            fix="the next reading said otherwise; look at the sensor if it lasts",
        ),
    ),
    raw='{"boot_id": 17, "seq": 4019, "slot": "detergent"}',
    payload_bytes=49,
    may_be_released=False,
    is_released=False,
)
WAITS = replace(IMPOSSIBLE, quarantine_id=39, may_be_released=False, is_released=True)
QUARANTINE = QuarantineView(
    device_id="washer-0001",
    device_name="Waschmaschine",
    total=140,
    messages=(IMPOSSIBLE, GLITCH, WAITS),
    kept_a_day=100,
    may_change=True,
)
MAKER = "Hausgeraete Nord"
ACCESS = AccessView(device_id="washer-0001", device_name="Washing machine", is_revoked=False)
RETENTION = RetentionView(days="400", least_days=30, most_days=3650)
PAGES = {
    "quarantine": ("quarantine.html", QUARANTINE, "devices"),
    "quarantine_read": ("quarantine.html", replace(QUARANTINE, may_change=False), "devices"),
    "quarantine_none": (
        "quarantine.html",
        replace(QUARANTINE, total=0, messages=()),
        "devices",
    ),
    "access": ("access.html", ACCESS, "devices"),
    "access_revoked": (
        "access.html",
        replace(ACCESS, is_revoked=True, problem=text("access.not_sure")),
        "devices",
    ),
    "secret": (
        "secret.html",
        SecretView(device_name="Washing machine", device_id="washer-0001", secret="s" * 43),
        "devices",
    ),
    "retention": ("retention.html", RETENTION, "devices"),
    "retention_wrong": (
        "retention.html",
        replace(RETENTION, days="7", problem=text("retention.wrong", least="30", most="3650")),
        "devices",
    ),
}
MAKERS = {
    "maker_quarantine": (
        "maker_quarantine.html",
        MakerQuarantine(
            csrf_token="t" * 43, maker=MAKER, messages=(IMPOSSIBLE, GLITCH), kept_a_day=100
        ),
        "",
    ),
    "maker_no_quarantine": (
        "maker_quarantine.html",
        MakerQuarantine(csrf_token="t" * 43, maker=MAKER, messages=(), kept_a_day=100),
        "",
    ),
}
