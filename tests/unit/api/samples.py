"""One sample View for each page, of the demo household, for the gallery and its pictures."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from accounts.texts import text
from api.web.views import (
    AddressView,
    ApprovalsView,
    BridgeCodeView,
    ClaimView,
    ConsentView,
    DevicesView,
    NoticesView,
    ReleasedView,
    ReleaseView,
    SignInView,
)
from api.web.views_orders import (
    OrdersView,
    OverrideView,
)
from api.web.views_public import VendorSignIn
from tests.unit.api import samples_at_home, samples_devices, samples_maker
from tests.unit.api.samples_at_home import PLUG
from tests.unit.api.samples_cycles import CYCLES, NO_CYCLES
from tests.unit.api.samples_home import (
    ASK,
    COFFEE,
    EMPTY_HOME,
    ERROR,
    HOME,
    NOTICES,
    PRINTER,
    SHEET,
    SIGN_UP,
    STOCK,
    WASHER,
    an_id,
)
from tests.unit.api.samples_orders import (
    CONTEST,
    DECISION,
    EXCLUDED,
    EXPIRED,
    MAKE_RULE,
    MANDATE,
    NOTHING,
    ORDER,
    SHIPPED,
    WAITING,
)
from tests.unit.api.samples_policy import (
    POLICY,
    RECOMMENDATIONS,
    TIME_MACHINE,
    VERSIONS_PAGE,
)
from tests.unit.api.samples_public import (
    EMPTY_METER,
    METER,
    NEW_COMPLAINT,
    STATEMENT,
    VENDOR,
    VERIFY,
)

# name of the picture -> (template, view, section of the navigation)
PAGES: Mapping[str, tuple[str, Any, str]] = {
    "home": ("home.html", HOME, "home"),
    "home_empty": ("home.html", EMPTY_HOME, "home"),
    "address": (
        "address.html",
        AddressView(
            recipient="Nora Nord",
            street="Hafenweg 7",
            postal_code="24103",
            city="Kiel",
            region="DE",
        ),
        "",
    ),
    "consent": ("consent.html", ConsentView(is_shared=False), ""),
    "approvals": ("approvals.html", ApprovalsView(asks=(ASK,)), "approvals"),
    "approvals_empty": ("approvals.html", ApprovalsView(asks=()), "approvals"),
    "stock": ("stock.html", STOCK, "home"),
    "decision": ("decision.html", DECISION, "orders"),
    "decision_nothing": ("decision.html", NOTHING, "orders"),
    "contest": ("contest.html", CONTEST, "policy"),
    "make_rule": ("make_rule.html", MAKE_RULE, "orders"),
    "override": (
        "override.html",
        OverrideView(order_id=an_id(101), record_id=an_id(102), offer=EXCLUDED[0]),
        "orders",
    ),
    "orders": ("orders.html", OrdersView(orders=(WAITING, SHIPPED, EXPIRED)), "orders"),
    "orders_empty": ("orders.html", OrdersView(orders=()), "orders"),
    "order": ("order.html", ORDER, "orders"),
    "policy": ("policy.html", POLICY, "policy"),
    "versions": ("policy_versions.html", VERSIONS_PAGE, "policy"),
    "recommendations": ("recommendations.html", RECOMMENDATIONS, "policy"),
    "recommendations_off": (
        "recommendations.html",
        replace(RECOMMENDATIONS, is_on=False, entries=()),
        "policy",
    ),
    "time_machine": ("time_machine.html", TIME_MACHINE, "policy"),
    "mandate": ("mandate.html", MANDATE, "home"),
    "devices": (
        "devices.html",
        DevicesView(devices=(WASHER, PRINTER, COFFEE), may_change=True),
        "devices",
    ),
    "devices_empty": ("devices.html", DevicesView(devices=(), may_change=True), "devices"),
    "bridge_code": (
        "bridge_code.html",
        BridgeCodeView(command=PLUG.command("PBKD7Q2M", "http://h:8000"), is_plug=True),
        "devices",
    ),
    **samples_at_home.PAGES,
    "claim": ("claim.html", ClaimView(code="X", problem=text("claim.unknown")), "devices"),
    "release": (
        "release.html",
        ReleaseView(
            device_id="washer-0001",
            device_name="Washing machine",
            stocks=("Detergent", "Fabric softener"),
            is_by_hand=False,
        ),
        "devices",
    ),
    "released": (
        "released.html",
        ReleasedView(device_name="Washing machine", code="PBKD7Q2MXYZ4"),
        "devices",
    ),
    "data_sheet": ("data_sheet.html", SHEET, "devices"),
    "cycles": ("cycles.html", CYCLES, "devices"),
    "cycles_empty": ("cycles.html", NO_CYCLES, "devices"),
    **samples_devices.PAGES,
    "notices": ("notices.html", NOTICES, "notices"),
    "notices_empty": ("notices.html", NoticesView(notices=()), "notices"),
    "sign_in": ("sign_in.html", SignInView(problem=text("sign_in.wrong")), ""),
    "sign_up": ("sign_up.html", SIGN_UP, ""),
    "meter": ("meter.html", METER, ""),
    "meter_empty": ("meter.html", EMPTY_METER, ""),
    "verify": ("verify.html", VERIFY, ""),
    "vendor_sign_in": (
        "vendor_sign_in.html",
        VendorSignIn(problem=text("vendor.key_wrong")),
        "",
    ),
    "vendor": ("vendor.html", VENDOR, ""),
    "vendor_statement": ("vendor_statement.html", STATEMENT, ""),
    "vendor_complaint": ("vendor_statement.html", NEW_COMPLAINT, ""),
    **samples_maker.PAGES,
    **samples_devices.MAKERS,
    "error": ("error.html", ERROR, ""),
}
OUTSIDE = (
    "sign_in",
    "sign_up",
    "meter",
    "meter_empty",
    "verify",
    "vendor_sign_in",
    "vendor",
    "vendor_statement",
    "vendor_complaint",
    *samples_maker.PAGES,
    *samples_devices.MAKERS,
)  # nobody is signed in there
