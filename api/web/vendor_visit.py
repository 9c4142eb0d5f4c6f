"""A vendor at its pages, signed in with its API key."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends

from accounts.principal import Audience, Principal
from api.web.filled import FilledForm
from api.web.key_visit import KeyDoor
from api.web.visit import Visit, VisitDep, checked_form

VENDORS: Final = KeyDoor(Audience.VENDOR, "vendor", "/vendor")
SIGN_IN: Final = "/vendor/sign-in"


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorVisit:
    """`vendor` None: nobody is signed in as one. Its token of acts is on `vendor`."""

    visit: Visit
    vendor: Principal | None

    @property
    def csrf_token(self) -> str:
        return (self.vendor.csrf_token if self.vendor else None) or ""


async def get_vendor_visit(visit: VisitDep) -> VendorVisit:
    return VendorVisit(visit=visit, vendor=await VENDORS.principal(visit))


VendorVisitDep = Annotated[VendorVisit, Depends(get_vendor_visit)]


async def checked_vendor_form(at: VendorVisitDep) -> FilledForm:
    """The form of a vendor's act, with the token of its own session. Raises CsrfMissing."""
    visit = Visit(request=at.visit.request, platform=at.visit.platform, principal=at.vendor)
    return await checked_form(visit)


VendorForm = Annotated[FilledForm, Depends(checked_vendor_form)]
