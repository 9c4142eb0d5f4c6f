"""`nachschub key`: for a vendor's pages and REST, or for the operator's desk; shown once."""

from enum import StrEnum
from typing import Final
from uuid import UUID, uuid5

from accounts import principal
from accounts.principal import Audience
from accounts.scoping import ALL_OWNERS
from runtime.startup import CannotStart
from runtime.wiring import Platform
from vendor_policy import store

OPERATORS: Final = UUID("798748f0-43b2-4a8c-8f74-16fb3084047d")  # names of desks to parties


class Party(StrEnum):
    VENDOR = "vendor"
    OPERATOR = "operator"


async def issue(party: Party, name: str, platform: Platform) -> str:
    """name: a registered vendor's id, or who sits at the desk. Raises CannotStart."""
    wall = platform.wall.now()
    async with platform.database.transaction(ALL_OWNERS) as session:
        if party is Party.OPERATOR:
            return principal.issue_api_key(
                session,
                Audience.OPERATOR,
                uuid5(OPERATORS, name),
                label=name,
                ids=platform.ids,
                wall=wall,
            )
        known = sorted(vendor.vendor_id for vendor in await store.vendors(session))
        if name not in known:
            listed = ", ".join(known) or "none; register them: nachschub market FILE"
            raise CannotStart(f"no vendor {name!r}; there is {listed}")
        return principal.issue_vendor_key(
            session, name, label=name, ids=platform.ids, wall=wall
        )
