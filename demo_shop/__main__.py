"""`python -m demo_shop --assortment tintenwelt --port 0 --folder DIR`: one shop, wall clock."""

import argparse
import socket
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import uvicorn

from demo_shop import assortment
from demo_shop.app import create_shop


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="demo_shop", description="A demonstration shop.")
    parser.add_argument("--assortment", choices=assortment.names(), required=True)
    parser.add_argument("--port", type=int, default=0, help="0 takes any free one")
    parser.add_argument("--folder", type=Path, required=True, help="where its ledger is kept")
    parser.add_argument("--seed", type=int, default=0, help="of prices and parcels")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> int:
    """Serves until interrupted; 1 with one line on stderr when it cannot start."""
    asked = arguments(given)
    # asyncio turns Nagle's algorithm off only when the protocol is named: 40 ms an answer
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        asked.folder.mkdir(parents=True, exist_ok=True)
        listener.bind(("127.0.0.1", asked.port))
        listener.listen()  # whoever reads the address may connect at once
    except OSError as error:
        sys.stderr.write(
            f"The shop cannot start: {error}. Choose another --port or --folder.\n"
        )
        return 1
    public_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    app = create_shop(
        assortment.load(asked.assortment),
        asked.folder / f"{asked.assortment}.db",
        lambda: datetime.now(UTC),
        seed=asked.seed,
        public_url=public_url,
    )
    sys.stdout.write(f"{app.title} {public_url}\n")
    sys.stdout.flush()
    config = uvicorn.Config(app, log_level="warning", lifespan="off", ws="none")
    uvicorn.Server(config).run(sockets=[listener])
    app.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
