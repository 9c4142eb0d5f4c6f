"""`nachschub doctor`."""

import json

import typer
from rich.table import Table

from runtime import doctor
from runtime.console import CHECK_FAILED, AsJson, out, own_settings, run


def doctor_command(as_json: AsJson = False) -> None:
    checks = run(doctor.examine(own_settings()))
    is_wrong = any(check.fix and not check.is_optional for check in checks)
    if as_json:
        out.print_json(
            json.dumps([{"name": c.name, "found": c.found, "fix": c.fix} for c in checks])
        )
    else:
        table = Table("", "what", "found", "to mend it", box=None)
        for check in checks:
            sign = "ok" if not check.fix else "--" if check.is_optional else "!!"
            table.add_row(sign, check.name, check.found, check.fix)
        out.print(table)
    raise typer.Exit(CHECK_FAILED if is_wrong else 0)
