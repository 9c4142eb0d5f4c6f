"""Sample Views of everything at home and of adding what cannot report."""

from collections.abc import Mapping
from typing import Any

from accounts.texts import text
from api.web.views import Gauge, GuideView
from api.web.views_at_home import AtHomeLine, AtHomeView, ByHandView, Kind
from devices.discovered import Discovery, Found
from tests.unit.api.samples_home import COFFEE, COMING, PRINTER, TAP, WASHER

WASTE = Gauge(
    name="Resttonerbehälter",
    stock_id=None,
    level_ppm=1_000_000,
    condition="empty",
    supply=text("container.full"),
)


def line(gauge: Gauge, in_use: Any, **more: Any) -> AtHomeLine:
    plain = {"order": None, "is_asked": False, "used_in": (), "taps": ()}
    return AtHomeLine(gauge=gauge, in_use=in_use, **{**plain, **more})


AT_HOME = AtHomeView(
    lines=(
        line(
            PRINTER.gauges[0],
            text("amount.g", n=12),
            order=COMING,
            is_asked=True,
            used_in=("Farbdrucker",),
        ),
        line(
            WASHER.gauges[1],
            text("amount.ml", n=210),
            order=COMING,
            used_in=("Waschmaschine", "Waschmaschine im Keller"),
        ),
        line(
            COFFEE.gauges[0], text("amount.g", n=240), used_in=("Kaffeemaschine",), taps=(TAP,)
        ),
        line(PRINTER.gauges[2], None, used_in=("Farbdrucker",)),
    ),
    containers=(WASTE,),
    asks=1,
    may_change=True,
)
ADD = ByHandView(
    sold=(Kind(key="gtin:1", title="Espresso Bohnenwerk", pack=text("amount.g", n=1000)),),
    known=(
        Kind(
            key="slot:coffee-b4/beans",
            title="Kaffeemaschine B4: Kaffeebohnen",
            pack=text("amount.g", n=500),
        ),
    ),
    filled={"what": "own", "pack": "zwei", "unit": "g", "is_full": "yes"},
    problems={"own": text("by_hand.own"), "pack": text("by_hand.number")},
)
PLUG = Found(
    kind="plug",
    name="Waschkeller",
    address="mqtt://192.168.1.2:1883",
    options=("device=tasmota_AABB", "plug=tasmota", "appliance=washer"),
)
PRINTER_FOUND = Found(
    kind="ipp", name="Kyocera ECOSYS M2040dn", address="ipp://192.168.1.9:631/ipp/print"
)
TOLD = Discovery(found=(PRINTER_FOUND, PLUG), problems=("192.168.1.3:1883: timed out",))
PAGES: Mapping[str, tuple[str, Any, str]] = {
    "at_home": ("at_home.html", AT_HOME, "home"),
    "at_home_empty": (
        "at_home.html",
        AtHomeView(lines=(), containers=(), asks=0, may_change=True),
        "home",
    ),
    "guide": ("guide.html", GuideView(can_look=False), "devices"),
    "guide_found": ("guide.html", GuideView(can_look=True, told=TOLD), "devices"),
    "by_hand": ("by_hand.html", ADD, "devices"),
}
