"""One reader's visit: who it is, the frame around the page, and the proof that an act came
from one of our own pages.
"""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final
from urllib.parse import urlencode, urlsplit

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from accounts.principal import Audience, Principal
from accounts.tables import NoticeRow, OwnerRow
from accounts.texts import LANGUAGES, Words, text
from api.deps import (
    CsrfMissing,
    MaybePrincipal,
    NotSignedIn,
    Platform,
    PlatformDep,
    WrongAudience,
    check_csrf,
)
from api.render import Shell
from api.storable import check_form
from api.web.filled import FilledForm
from replenishment.order_states import OrderState
from replenishment.tables import OrderRow

LANGUAGE_COOKIE: Final = "language"
GUEST_COOKIE: Final = "guest"  # the token of forms before anyone is signed in
YEAR_S: Final = 365 * 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    request: Request
    platform: Platform
    principal: Principal | None

    @property
    def member(self) -> Principal:
        """Raises NotSignedIn."""
        if self.principal is None:
            raise NotSignedIn
        if self.principal.audience is not Audience.OWNER:
            raise WrongAudience
        return self.principal

    @property
    def admin(self) -> Principal:
        if not self.member.may_change:
            raise WrongAudience
        return self.member

    @property
    def now(self) -> datetime:
        return self.platform.clock.now()

    def reading(self) -> AbstractAsyncContextManager[AsyncSession]:
        """What the member's own household holds, and nobody else's."""
        return self.platform.database.snapshot(self.member.party_id)

    @property
    def timezone(self) -> str:
        return self.principal.timezone if self.principal else "UTC"

    @property
    def language(self) -> str:
        if self.principal:
            return self.principal.language
        chosen = self.request.cookies.get(LANGUAGE_COOKIE, "")
        return chosen if chosen in LANGUAGES else _accepted(self.request)

    @property
    def words(self) -> Words:
        return self.platform.pages.words(self.language, self.timezone)

    @property
    def csrf_token(self) -> str:
        if self.principal and self.principal.csrf_token:
            return self.principal.csrf_token
        return self.request.cookies.get(GUEST_COOKIE, "")

    async def page(
        self, template: str, view: Any, section: str = "", *, status: int = 200
    ) -> HTMLResponse:
        shell = await self._shell(section)
        guest = "" if shell.csrf_token else self.platform.ids.secret()
        if guest:
            shell = Shell(language=shell.language, path=shell.path, csrf_token=guest)
        html = self.platform.pages.render(template, view, shell, self.timezone)
        response = HTMLResponse(html, status)
        if guest:
            self.set_cookie(response, GUEST_COOKIE, guest)
        return response

    def set_cookie(
        self, response: HTMLResponse | RedirectResponse, name: str, value: str
    ) -> None:
        response.set_cookie(
            name,
            value,
            max_age=YEAR_S if name == LANGUAGE_COOKIE else None,
            httponly=True,
            samesite="lax",
            secure=self.platform.is_https,
        )

    async def _shell(self, section: str) -> Shell:
        language, path = self.language, _path_of(self.request)
        if self.principal is None or self.principal.audience is not Audience.OWNER:
            return Shell(language=language, path=path, csrf_token=self.csrf_token)
        async with self.platform.database.snapshot(self.principal.party_id) as session:
            owner = await session.get_one(OwnerRow, self.principal.party_id)
            return Shell(
                language=language,
                path=path,
                section=section,
                owner_name=owner.name,
                csrf_token=self.csrf_token,
                asks=await _count_asks(session),
                unseen=await _count_unseen(session),
                changed_at=at.isoformat() if (at := self.principal.changed_at) else "",
                is_auto_stopped=owner.is_auto_stopped,
                said=text(said) if (said := self._said()) else None,
            )

    def _said(self) -> str:
        key = f"said.{self.request.query_params.get('said', '')}"
        return key if key in self.words.sentences else ""


async def _count_asks(session: AsyncSession) -> int:
    found = await session.exec(
        select(func.count())
        .select_from(OrderRow)
        .where(OrderRow.state == OrderState.AWAITING_APPROVAL)
    )
    return found.one()


async def _count_unseen(session: AsyncSession) -> int:
    found = await session.exec(
        select(func.count()).select_from(NoticeRow).where(col(NoticeRow.seen_at).is_(None))
    )
    return found.one()


def _accepted(request: Request) -> str:
    """The first language of `Accept-Language` that we speak."""
    for part in request.headers.get("accept-language", "").split(","):
        language = part.strip()[:2].lower()
        if language in LANGUAGES:
            return language
    return "en"


def _path_of(request: Request) -> str:
    """Of this page, without what the last act said; for a form's answer, the start page."""
    if request.method != "GET":
        return "/"
    query = urlencode([(k, v) for k, v in request.query_params.multi_items() if k != "said"])
    return request.url.path + (f"?{query}" if query else "")


def get_visit(request: Request, platform: PlatformDep, principal: MaybePrincipal) -> Visit:
    return Visit(request=request, platform=platform, principal=principal)


VisitDep = Annotated[Visit, Depends(get_visit)]


def visiting_admin(visit: VisitDep) -> Principal:
    return visit.admin


async def checked_form(visit: VisitDep) -> FilledForm:
    """The form of an act, after its token was compared with the session's, or before sign-in
    with the guest cookie's. Raises CsrfMissing.
    """
    if visit.request.headers.get("sec-fetch-site", "same-origin") not in (
        "same-origin",
        "none",
    ):
        raise CsrfMissing
    if visit.request.headers.get("content-type", "").startswith("multipart/"):
        raise HTTPException(415, "no form of ours sends files")  # each part in its own charset
    form = filled(await visit.request.form())
    check_csrf(form.exactly("csrf_token"), visit.csrf_token)
    check_form((name, value) for name in form.values for value in form.many(name))
    return form


def filled(form: FormData) -> FilledForm:
    texts = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    names = dict.fromkeys(name for name, _ in texts)
    return FilledForm(
        {name: tuple(value for other, value in texts if other == name) for name in names}
    )


CheckedForm = Annotated[FilledForm, Depends(checked_form)]


def back(path: str, said: str = "") -> RedirectResponse:
    """After an act: 303, so that loading again does not act again."""
    return RedirectResponse(f"{path}?said={said}" if said else path, status_code=303)


def local_path(wanted: str) -> str:
    """A path of ours, never another site."""
    try:
        parts = urlsplit(wanted)
    except ValueError:  # "//[" opens an address that never ends
        return "/"
    is_ours = not parts.scheme and not parts.netloc and wanted.startswith("/")
    return wanted if is_ours and not wanted.startswith(("//", "/\\")) else "/"
