"""A maker at its pages, signed in with its API key."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends

from accounts.principal import Audience, Principal
from api.web.filled import FilledForm
from api.web.key_visit import KeyDoor
from api.web.visit import Visit, VisitDep, checked_form

MAKERS: Final = KeyDoor(Audience.MAKER, "maker", "/maker")
SIGN_IN: Final = "/maker/sign-in"


@dataclass(frozen=True, slots=True, kw_only=True)
class MakerVisit:
    """`maker` None: nobody is signed in as one."""

    visit: Visit
    maker: Principal | None


async def get_maker_visit(visit: VisitDep) -> MakerVisit:
    return MakerVisit(visit=visit, maker=await MAKERS.principal(visit))


MakerVisitDep = Annotated[MakerVisit, Depends(get_maker_visit)]


async def checked_maker_form(at: MakerVisitDep) -> FilledForm:
    """The form of a maker's act, with the token of its own session. Raises CsrfMissing."""
    visit = Visit(request=at.visit.request, platform=at.visit.platform, principal=at.maker)
    return await checked_form(visit)


MakerForm = Annotated[FilledForm, Depends(checked_maker_form)]
