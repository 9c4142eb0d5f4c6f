"""The pictures of the README, from a demo of its own that ends with it: `make screenshots`."""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from signal import SIGINT

from playwright.sync_api import Page, sync_playwright
from playwright.sync_api import TimeoutError as NothingAsked

sys.path.insert(0, str(Path(__file__).parents[1]))

from runtime.demo_household import EMAIL, PASSWORD
from scripts.screenshots import CHROMIUM, FLAGS, sign_in

ROOT = Path(__file__).parents[1]
OUT = ROOT / "docs/screenshots"
COMMAND = [sys.executable, "-c", "from runtime.cli import main; main()", "demo", "--days"]
READY = re.compile(r"Time walks on.*(http://[\d.]+:\d+)")
ENDS_WITHIN_S = 30.0


@contextmanager
def demo(days: int) -> Iterator[str]:
    """The address of its pages, once the days are lived through."""
    with tempfile.TemporaryDirectory() as home:
        environment = {
            **os.environ,
            "NACHSCHUB_HOME": home,
            "NACHSCHUB_HTTP_PORT": "0",
            "COLUMNS": "200",  # no line is wrapped
        }
        process = subprocess.Popen(
            [*COMMAND, str(days)], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
        )
        try:
            yield _address(process)
        finally:
            process.send_signal(SIGINT)
            process.communicate(timeout=ENDS_WITHIN_S)


def _address(process: subprocess.Popen[str]) -> str:
    for line in process.stdout or ():
        if found := READY.search(line):
            return found[1]
    sys.exit(f"The demo ended with {process.wait()}.")


def take(page: Page, url: str, wait_s: float) -> None:
    sign_in(page, url, EMAIL, PASSWORD, "en")
    page.goto(url)
    with suppress(NothingAsked):  # the page loads again by itself
        page.wait_for_selector("section.ask", timeout=wait_s * 1000)
    page.screenshot(path=OUT / "home.png", full_page=True)
    page.set_viewport_size({"width": 390, "height": 844})
    page.screenshot(path=OUT / "home-phone.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 900})
    if page.query_selector("section.ask") is None:
        page.goto(f"{url}/orders")
        page.click("main ul a")
    page.click("main a[href^='/decisions/']")
    page.wait_for_load_state()
    page.screenshot(path=OUT / "why.png", full_page=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=25)
    parser.add_argument("--wait-s", type=float, default=300, help="for something to be asked")
    args = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    with demo(args.days) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
        take(page, url, args.wait_s)
        browser.close()


if __name__ == "__main__":
    main()
