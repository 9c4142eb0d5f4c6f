"""Sample Views of the pages that need no household: meter, proof, vendors."""

from datetime import date, timedelta

from accounts.texts import text
from api.web.views_public import (
    Measured,
    MeterPage,
    Reason,
    RefusedAtDoor,
    Review,
    ReviewMove,
    StatementLine,
    StatementPage,
    VendorPage,
    VerifyPage,
)
from tests.unit.api.samples_home import NOW, an_id, euro

KEY = "nachschub.example/log+1a2b3c4d+AYbn0yZ5dlFrZ7f3E3j0gV2m1u8pJm6w3v4k0c9dXh2T"
CHECKPOINT = (
    "nachschub.example/log\n18204\nqk1c2NUj9kUyn3pVQ4dJm2r6hE1oT7vXxU8b0sL5aZ4=\n\n"
    "— nachschub.example/log GioM8Cw2c3RvbmUgaXMgaGVhdnkgYnV0IHBhcGVyIGlzIG5vdA==\n"
)
TOKEN = "x"  # noqa: S105 - of nobody
METER = MeterPage(
    decisions=1_204,
    unreadable=0,
    lines=(
        Measured(words=text("meter.again"), runs=1_204, changes=0),
        Measured(words=text("meter.swap.vendors"), runs=2_408, changes=0),
        Measured(words=text("meter.swap.ids"), runs=1_204, changes=0),
        Measured(words=text("meter.swap.order"), runs=1_204, changes=0),
        Measured(words=text("meter.swap.remuneration"), runs=1_204, changes=0),
    ),
    measured_at=NOW,
    checkpoint=CHECKPOINT,
)
EMPTY_METER = MeterPage(decisions=0, unreadable=0, lines=(), measured_at=None, checkpoint=None)
VERIFY = VerifyPage(key=KEY, size=18_204)
LOST = StatementLine(
    statement_id=an_id(301),
    decided_on=date(2026, 11, 19),
    sku="TW-2420",
    title="Printhaus P-200 K Toner schwarz",
    category=text("category.printer-toner"),
    outcome="lost",
    words=text("outcome.lost"),
    price=euro("53.30"),
    short=euro("2.17"),
    reasons=(),
    complaint=text("complaint.state.in_review"),
)
OUT = StatementLine(
    statement_id=an_id(302),
    decided_on=date(2026, 11, 18),
    sku="TW-3000",
    title="Printhaus P-300 K Toner schwarz",
    category=text("category.printer-toner"),
    outcome="excluded",
    words=text("outcome.excluded"),
    price=euro("61.90"),
    short=None,
    reasons=(
        Reason(
            words=text("reason.does_not_fit"),
            author=text("vendor.author.technical"),
            code="does_not_fit",
        ),
        Reason(
            words=text("reason.price_out_of_band"),
            author=text("vendor.author.owner"),
            code="price_out_of_band",
        ),
    ),
    complaint=None,
)
VENDOR = VendorPage(
    csrf_token=TOKEN,
    vendor="Tintenwelt",
    counts=(("won", 12), ("lost", 31), ("excluded", 8), ("refused", 1)),
    outcome="",
    refused=(
        RefusedAtDoor(
            sku="TW-9",
            title="Toner XL",
            seen_at=NOW,
            fields=(
                ("gtin", text("door.wrong_check_digit")),
                ("remuneration", text("door.not_said")),
            ),
        ),
    ),
    statements=(LOST, OUT),
    most=200,
)
STATEMENT = StatementPage(
    csrf_token=TOKEN,
    vendor="Tintenwelt",
    statement=LOST,
    complaint=Review(
        review_id=an_id(401),
        state=text("complaint.state.in_review"),
        may_withdraw=True,
        moves=(
            ReviewMove(
                words=text("complaint.event.open"),
                by=text("complaint.by_you"),
                said="Der Versand war ab 50 EUR frei, das fehlt.",
                at=NOW - timedelta(days=2),
            ),
            ReviewMove(
                words=text("complaint.event.take_up"),
                by=text("complaint.by_us"),
                said="Wir sehen nach.",
                at=NOW,
            ),
        ),
    ),
    words_most=4_000,
)
NEW_COMPLAINT = StatementPage(
    csrf_token=TOKEN,
    vendor="Tintenwelt",
    statement=OUT,
    complaint=None,
    words_most=4_000,
    problem=text("complaint.words_missing"),
)
