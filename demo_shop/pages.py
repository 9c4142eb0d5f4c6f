"""The few pages UCP links to: an order with its cancel button, an open checkout, the terms.

In German, as a German shop speaks to its customers.
"""

from html import escape

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse, RedirectResponse

from demo_shop.answers import happened
from demo_shop.records import Session
from demo_shop.shop import AlreadyShipped
from demo_shop.ucp import TheAnswers

router = APIRouter(default_response_class=HTMLResponse)
WORDS = {"shipped": "Versandt", "delivered": "Zugestellt", "canceled": "Storniert"}
TERMS = """Dies ist ein Vorführshop. Es wird nichts versandt und nichts berechnet; was hier
eingegeben wird, bleibt in der Datenbank dieses Shops auf diesem Rechner. Vor dem Versand lässt
sich eine Bestellung auf ihrer Seite stornieren, danach gilt ein Widerruf von vierzehn Tagen."""


@router.get("/orders/{order_id}")
async def order_page(answers: TheAnswers, order_id: str) -> HTMLResponse:
    order = answers.shop.ledger.order(order_id)
    if order is None:
        raise HTTPException(404, "no such order")
    now = answers.shop.now()
    events = [("Bestellt", order.placed_at)]
    events += [(WORDS[kind], at) for kind, at in happened(order, now)]
    body = lines_of(order.session) + "".join(
        f"<p>{word} am {at:%d.%m.%Y um %H:%M} Uhr (UTC)</p>" for word, at in events
    )
    if order.canceled_at is None and not order.has_shipped(now):
        action = f"/orders/{escape(order_id)}/cancel"
        body += f'<form method="post" action="{action}"><button>Stornieren</button></form>'
    return page(f"{answers.shop.assortment.name}: Bestellung {order_id}", body)


@router.post("/orders/{order_id}/cancel")
async def cancel_order(answers: TheAnswers, order_id: str) -> RedirectResponse:
    order = answers.shop.ledger.order(order_id)
    if order is None:
        raise HTTPException(404, "no such order")
    try:
        answers.shop.cancel_order(order)
    except AlreadyShipped as error:
        raise HTTPException(409, str(error)) from error
    return RedirectResponse(f"/orders/{order_id}", status_code=303)


@router.get("/checkouts/{session_id}")
async def checkout_page(answers: TheAnswers, session_id: str) -> HTMLResponse:
    session = answers.shop.ledger.session(session_id)
    if session is None:
        raise HTTPException(404, "no such checkout")
    problems = "".join(f"<p>{escape(each.content)}</p>" for each in session.problems)
    return page(f"{answers.shop.assortment.name}: Kasse", lines_of(session) + problems)


@router.get("/terms")
async def terms(answers: TheAnswers) -> HTMLResponse:
    return page(f"{answers.shop.assortment.name}: Bedingungen", f"<p>{TERMS}</p>")


def lines_of(session: Session) -> str:
    lines = "".join(
        f"<li>{line.quantity} × {escape(line.title)}</li>" for line in session.lines
    )
    whole, cents = divmod(session.total_minor, 100)
    return f"<ul>{lines}</ul><p>Summe: {whole},{cents:02d} € inkl. MwSt. und Versand</p>"


def page(title: str, body: str) -> HTMLResponse:
    head = (
        f'<!doctype html><html lang="de"><meta charset="utf-8"><title>{escape(title)}</title>'
    )
    return HTMLResponse(f"{head}<h1>{escape(title)}</h1>{body}</html>")
