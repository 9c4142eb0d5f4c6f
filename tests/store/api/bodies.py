"""What acts over REST send that came after the first ones, for the walk with hostile values."""

from typing import Any

from vendor_policy import policy as policies

SAID = {"words": "It was not needed."}
DRAFT = policies.to_json(policies.preset("cheapest"))
STATEMENT = {
    "claim_id": "no_vinegar",
    "kind": "warn",
    "grounds": "warranty",
    "reason": "corrodes_seals",
    "text_en": "Vinegar harms the seals.",
    "text_de": "Essig schadet den Dichtungen.",
    "products": [],
    "attributes": ["vinegar"],
    "brands_but": [],
}

LATER_BODIES: dict[tuple[str, str], Any] = {
    **{
        ("POST", f"/api/{whose}devices/{{device_id}}/{act}"): {}
        for whose, acts in {
            "": ("secret", "revoke", "deregister"),
            "makers/": ("secret", "claim-code", "revoke", "deregister"),
            "operator/": ("revoke", "deregister"),
        }.items()
        for act in acts
    },
    **{
        ("POST", f"/api/{whose}quarantine/{{quarantine_id}}/{act}"): {}
        for whose in ("", "makers/")
        for act in ("release", "discard")
    },
    ("PUT", "/api/retention"): {"readings_kept_days": 100},
    ("POST", "/api/policies/preview"): DRAFT,
    ("POST", "/api/policies/dry-run"): DRAFT,
    ("POST", "/api/models/{model}/claims"): STATEMENT,
    ("DELETE", "/api/models/{model}/claims/{claim_id}"): {},
    ("PUT", "/api/recommendations"): {"is_on": True},
    ("POST", "/api/recommendations/decline"): {"key": "any_shop"},
    ("POST", "/api/corrections"): {
        "stock_id": "{stock_id}",
        "kind": "ignore",
        "from_on": "2026-11-01",
        "until_on": "2026-11-02",
        "factor_ppm": 0,
        "remark": "",
    },
    ("DELETE", "/api/corrections/{correction_id}"): {},
    ("POST", "/api/stocks/{stock_id}/part"): {"device_id": "{device_id}", "slot": "detergent"},
    **{
        ("POST", f"/api/stocks/{{stock_id}}/{act}"): {
            "device_id": "{device_id}",
            "slot": "detergent",
        }
        for act in ("new-pack", "used")
    },
    ("POST", "/api/orders/{order_id}/make-rule"): {"name": "prefer_shop", "version": 1},
    ("POST", "/api/orders/{order_id}/contest"): SAID,
    ("POST", "/api/orders/{order_id}/contest/withdraw"): SAID,
    ("POST", "/api/operator/contests/{order_id}"): {"event": "take_up", **SAID},
    ("POST", "/api/operator/complaints/{complaint_id}"): {"event": "take_up", **SAID},
    ("POST", "/api/complaints"): {"statement_id": "{record_id}", **SAID},
    ("POST", "/api/complaints/{complaint_id}/withdraw"): SAID,
    ("POST", "/api/devices/{device_id}/cycles/corrections"): {
        "said": "not_a_wash",
        "boot_id": 1,
        "seq": 1,
    },
}
