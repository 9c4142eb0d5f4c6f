"""What the answers of a server mean for the points it was given."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from core.settings import Settings
from runtime.mirror import Away, Refused, Taken
from runtime.mirror_server import opened

LINES = ("reading,device_id=a seq=1i 1", "reading,device_id=a seq=2i 2")


class Door(ThreadingHTTPServer):
    """Answers every write with one status, and keeps what it was asked."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.status, self.message = status, message
        self.asked: list[tuple[str, str, str]] = []  # path, token, body


class Answering(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        door = self.server
        assert isinstance(door, Door)
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        door.asked.append((self.path, self.headers["Authorization"], body))
        said = json.dumps({"code": "x", "message": door.message}).encode()
        self.send_response(door.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said) if door.status != 204 else 0))
        self.end_headers()
        if door.status != 204:
            self.wfile.write(said)

    def log_message(self, *_arguments: object) -> None:
        pass


@contextmanager
def door(status: int, message: str = "") -> Iterator[Door]:
    with Door(status, message) as found:
        thread = threading.Thread(target=found.serve_forever, daemon=True)
        thread.start()
        yield found
        found.shutdown()
        thread.join()


def at(port: int) -> Settings:
    return Settings(
        mirror_url=f"http://127.0.0.1:{port}",
        mirror_token="of-the-bucket",  # noqa: S106 - of nobody
        mirror_org="home",
        mirror_bucket="readings",
    )


async def test_lines_are_written_as_they_are_with_the_token_to_the_bucket() -> None:
    with door(204) as found, opened(at(found.server_port)) as give:
        assert await give(LINES) == Taken()
    [(path, token, body)] = found.asked
    assert path == "/api/v2/write?org=home&bucket=readings&precision=ns"
    assert (token, body) == ("Token of-the-bucket", "\n".join(LINES))


@pytest.mark.parametrize("status", [400, 413])
async def test_refused_because_of_the_points(status: int) -> None:
    with door(status, "unable to parse") as found, opened(at(found.server_port)) as give:
        answer = await give(LINES)
    assert answer == Refused(f"status {status}: unable to parse")


async def test_taken_but_for_those_the_bucket_does_not_keep() -> None:
    message = "points beyond retention policy dropped=1"
    with door(422, message) as found, opened(at(found.server_port)) as give:
        assert await give(LINES) == Taken(f"status 422: {message}")


@pytest.mark.parametrize("status", [401, 404, 429, 500, 503])
async def test_any_other_answer_is_none(status: int) -> None:
    with door(status, "not now") as found, opened(at(found.server_port)) as give:
        answer = await give(LINES)
        assert len(found.asked) == 1  # it is tried again by who asked
    assert answer == Away(f"status {status}: not now")


async def test_nobody_there_is_no_answer() -> None:
    with door(204) as found:
        port = found.server_port
    with opened(at(port)) as give:
        answer = await give(LINES)
    assert isinstance(answer, Away)
    assert "of-the-bucket" not in answer.why
