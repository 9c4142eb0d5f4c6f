"""`nachschub shop`."""

import typer

from demo_shop import __main__ as demo_shop


def shop_command(context: typer.Context) -> None:
    raise typer.Exit(demo_shop.main(context.args))
