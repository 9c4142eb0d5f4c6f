"""The command line of `nachschub conformance`."""

import asyncio
import json
from typing import Annotated, Final

import typer
from rich.console import Console

from core.clock import WallClock
from runtime.conformance import Suite, Wishes
from runtime.conformance_rules import Finding, State
from runtime.loop import stop_on_signals

BROKEN: Final = 3
SIGNS: Final = {State.KEPT: "ok", State.BROKEN: "!!", State.NOT_SEEN: "--"}
out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)


def conformance(
    device: Annotated[str, typer.Argument(help="Its device id, which is its MQTT user name.")],
    secret: Annotated[str, typer.Option(help="The only one that is taken; else any.")] = "",
    host: Annotated[
        str, typer.Option(help="0.0.0.0 for a device on the network.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one.")] = 1883,
    seconds: Annotated[float, typer.Option(min=5, help="The longest it may take.")] = 180,
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of text.")] = False,
) -> None:
    """Lets a firmware talk to a suite of rules and reports; 3 when it breaks one.

    While it runs: let the device measure, refill it, and restart it once.
    """
    wishes = Wishes(device_id=device, secret=secret, host=host, port=port, longest_s=seconds)
    suite = Suite(wishes, WallClock(), lambda said: err.print(said, markup=False))
    findings = asyncio.run(_judged(suite))
    _report(findings, as_json=as_json)
    raise typer.Exit(BROKEN if any(each.state is State.BROKEN for each in findings) else 0)


async def _judged(suite: Suite) -> list[Finding]:
    """Ctrl-C ends the suite, and it judges what it has heard."""
    suite.stop = stop_on_signals()
    return await suite.run()


def _report(findings: list[Finding], *, as_json: bool) -> None:
    if as_json:
        found = [{"rule": f.rule, "state": f.state, "said": f.said} for f in findings]
        out.print_json(json.dumps(found))
        return
    for each in findings:
        said = f": {each.said}" if each.said else ""
        out.print(f"{SIGNS[each.state]}  {each.rule}{said}", markup=False)
    counted = {state: sum(f.state is state for f in findings) for state in State}
    out.print(", ".join(f"{count} {state}" for state, count in counted.items()))
