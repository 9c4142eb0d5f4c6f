"""Pictures of pages, in both languages, light and dark, on a phone and a desk.

    python scripts/screenshots.py OUT                        the gallery of sample pages
    python scripts/screenshots.py OUT --url http://127.0.0.1:8000 --email E --password P /orders

Uses Debian's chromium. Reports pages that scroll sideways at 320 pixels and targets below 44.
"""

import argparse
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from api.render import STATIC, Shell, read_pages
from api.security import HEADERS
from tests.unit.api.samples import OUTSIDE, PAGES

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDTHS = (390, 1280)
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
# Small targets: what can be tapped, is not part of a sentence, and is lower than 44 pixels.
SMALL = """() => [...document.querySelectorAll(
    'a, button, input:not([type=hidden]), summary, select')]
  .filter(e => { const r = (e.closest('label.choice') || e).getBoundingClientRect();
    return r.height > 0 && r.height < 43.5 && getComputedStyle(e).display !== 'inline'
      && !e.classList.contains('skip'); })
  .map(e => e.outerHTML.slice(0, 90))"""


def gallery() -> dict[str, bytes]:
    pages = read_pages()
    rendered = {}
    for (name, (template, view, section)), language in product(PAGES.items(), ("en", "de")):
        owner = "" if name in OUTSIDE else "Familie Nord"
        shell = Shell(
            language=language,
            path=f"/{name}",
            section=section,
            owner_name=owner,
            asks=1,
            unseen=2,
        )
        html = pages.render(template, view, shell, "Europe/Berlin")
        rendered[f"/{name}.{language}"] = html.encode()
    return rendered


class _Static(BaseHTTPRequestHandler):
    def __init__(self, pages: dict[str, bytes], *args: object) -> None:
        self.pages = pages
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        body = self.pages.get(path)
        kind = "text/html; charset=utf-8"
        if body is None and path.startswith("/static/"):
            file = STATIC / Path(path).name
            body, kind = file.read_bytes(), TYPES[file.suffix]
        self.send_response(200 if body is not None else 404)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_: object) -> None: ...


def shoot(browser: Browser, url: str, out: Path, language: str = "") -> Iterator[str]:
    for scheme, width in product(("light", "dark"), WIDTHS):
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        page.on("console", _complain)
        page.goto(url, wait_until="load")
        page.screenshot(path=out.with_name(f"{out.name}-{width}-{scheme}.png"), full_page=True)
        if (scheme, width) == ("light", 390):
            yield from _problems(page, url)
        page.close()


def _complain(message: ConsoleMessage) -> None:
    if "Content Security Policy" in message.text:
        print(message.text)


def _problems(page: Page, url: str) -> Iterator[str]:
    for small in page.evaluate(SMALL):
        yield f"{url}: small target {small}"
    page.set_viewport_size({"width": 320, "height": 700})
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > 320:
        yield f"{url}: {wide} pixels wide at 320"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--url")
    parser.add_argument("--email")
    parser.add_argument("--password")
    parser.add_argument("names", nargs="*", help="sample pages, or paths with --url")
    args = parser.parse_intermixed_args()
    args.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        problems = live(browser, args) if args.url else samples(browser, args)
        browser.close()
    print("\n".join(problems) or "no problems")
    sys.exit(bool(problems))


def samples(browser: Browser, args: argparse.Namespace) -> list[str]:
    pages = gallery()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Static, pages))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found: list[str] = []
    for path in pages:
        if not args.names or path[1:].partition(".")[0] in args.names:
            url = f"http://127.0.0.1:{server.server_port}{path}"
            found += shoot(browser, url, args.out / path[1:].replace(".", "-"))
    server.shutdown()
    return found


def sign_in(page: Page, url: str, email: str, password: str, language: str) -> None:
    page.goto(f"{url}/sign-in")
    page.fill("#email", email)
    page.fill("#password", password)
    page.click("main button")
    if page.locator("#password").count():
        raise SystemExit(f"{url} does not know {email} with this password")
    if page.get_attribute("html", "lang") != language:
        page.click(f"button[lang={language}]")


def live(browser: Browser, args: argparse.Namespace) -> list[str]:
    found: list[str] = []
    for language, scheme, width in product(("en", "de"), ("light", "dark"), WIDTHS):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme
        )
        page = context.new_page()
        sign_in(page, args.url, args.email, args.password, language)
        for path in args.names or ["/"]:
            page.goto(args.url + path)
            name = path.strip("/").replace("/", "-") or "home"
            shot = args.out / f"{name}-{language}-{width}-{scheme}.png"
            page.screenshot(path=shot, full_page=True)
            if (scheme, width) == ("light", 390):
                found += _problems(page, args.url + path)
                page.set_viewport_size({"width": width, "height": 900})
        context.close()
    return found


if __name__ == "__main__":
    main()
