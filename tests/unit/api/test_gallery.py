"""Every page is made from its sample View, in both languages, as sound HTML."""

import re
from html.parser import HTMLParser
from itertools import product
from pathlib import Path

import pytest

from api.render import Pages, Shell, read_pages
from tests.unit.api.samples import OUTSIDE, PAGES
from tests.unit.api.samples_home import HOME
from tests.unit.api.samples_orders import DECISION, ORDER

TEMPLATES = Path("api/web/templates")
VOID = {
    "meta",
    "link",
    "input",
    "br",
    "hr",
    "img",
    "circle",
    "rect",
    "line",
    "polyline",
    "polygon",
}


class Reader(HTMLParser):
    """Complains of tags that are left open, ids that stand twice, fields without a label."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.labels: set[str] = set()
        self.fields: set[str] = set()
        self.problems: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if "id" in found:
            self.ids.append(found["id"])
        if tag == "label" and "for" in found:
            self.labels.add(found["for"])
        is_text = tag == "select" or (
            tag == "input" and found.get("type") not in ("hidden", "radio", "checkbox")
        )
        if is_text:
            self.fields.add(found.get("id", ""))
        if "style" in found or any(name.startswith("on") for name in found):
            self.problems.append(f"{tag} with a style or script of its own")

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> closes nothing")


@pytest.fixture(scope="module")
def pages() -> Pages:
    return read_pages()


def rendered(pages: Pages, name: str, language: str) -> str:
    template, view, section = PAGES[name]
    owner = "" if name in OUTSIDE else "Familie Nord"
    shell = Shell(language=language, path="/", section=section, owner_name=owner)
    return pages.render(template, view, shell, "Europe/Berlin")


@pytest.mark.parametrize(("name", "language"), list(product(PAGES, ("en", "de"))))
def test_every_page_is_sound_html(pages: Pages, name, language):
    html = rendered(pages, name, language)
    reader = Reader(html)
    assert reader.problems == []
    assert reader.open == []
    assert len(reader.ids) == len(set(reader.ids))
    assert reader.fields <= reader.labels
    assert html.count("<h1>") == 1
    assert f'<html lang="{language}">' in html


def test_every_template_stands_in_the_gallery():
    shown = {template for template, _, _ in PAGES.values()}
    made = {path.name for path in TEMPLATES.glob("[!_]*.html")} - {"base.html"}
    assert made == shown


def test_the_button_says_what_it_does_and_costs(pages: Pages):
    assert "Order 54.90\u00a0€ with obligation to pay" in rendered(pages, "home", "en")
    assert "Zahlungspflichtig bestellen (54,90\u00a0€)" in rendered(pages, "home", "de")


def test_sums_in_the_picture_add_up():
    for column, counts_as in enumerate(DECISION.counts_as):
        assert sum(line.amounts[column].minor for line in DECISION.lines) == counts_as.minor
    goods = sum(line.sum.minor for line in ORDER.lines)
    assert goods + ORDER.delivery.minor == ORDER.summary.total.minor
    assert HOME.month.waiting == HOME.asks[0].total


def test_an_unknown_tank_is_dashed_and_holds_nothing(pages: Pages):
    html = rendered(pages, "home", "en")
    (unknown,) = re.findall(r'<svg class="tank unknown".*?</svg>', html, flags=re.DOTALL)
    assert "level unknown" in unknown
    assert 'class="fill"' not in unknown


def test_what_a_vendor_or_owner_wrote_is_text_and_never_markup(pages: Pages):
    template, view, _ = PAGES["sign_in"]
    evil = type(view)(email='"><script>alert(1)</script>')
    html = pages.render(template, evil, Shell(language="en", path='/"><b>'))
    assert "<script>alert" not in html
    assert '"><b>' not in html
