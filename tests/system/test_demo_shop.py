"""The shop as a process of its own."""

import socket
import subprocess
import sys
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[2]
START = [sys.executable, "-m", "demo_shop", "--assortment", "tintenwelt"]


def test_it_prints_its_address_and_answers_there(tmp_path: Path) -> None:
    command = [*START, "--port", "0", "--folder", str(tmp_path / "shops")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as shop:
        try:
            assert shop.stdout is not None
            name, url = shop.stdout.readline().split()
            profile = httpx.get(f"{url}/.well-known/ucp", trust_env=False).json()
        finally:
            shop.terminate()
    assert name == "Tintenwelt"
    services = profile["ucp"]["services"]["dev.ucp.shopping"]
    assert services[0]["endpoint"] == f"{url}/ucp"
    assert (tmp_path / "shops" / "tintenwelt.db").exists()


def test_a_port_in_use_is_one_line(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        command = [*START, "--port", port, "--folder", str(tmp_path)]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert "--port" in ended.stderr
