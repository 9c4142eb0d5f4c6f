"""`nachschub all` and `nachschub api`."""

from runtime import serve
from runtime.console import out, own_settings, run


def all_command() -> None:
    run(serve.run_all(own_settings(), out))


def api_command() -> None:
    run(serve.run_api(own_settings(), out))
