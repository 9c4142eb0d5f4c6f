"""VictoriaMetrics of Debian: a real server that takes the write API of InfluxDB v2."""

import json
import subprocess
from pathlib import Path

import httpx

from tests.processes import answers, free_port, program, wait_until

START_S = 30


class VictoriaMetrics:
    """On 127.0.0.1, with its storage in `folder`; samples of one millisecond are one."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = folder / "victoria-metrics.log"
        self._command = [
            program("victoria-metrics", "victoria-metrics"),
            f"-httpListenAddr=127.0.0.1:{self.port}",
            f"-storageDataPath={folder / 'victoria-metrics'}",
            "-retentionPeriod=100y",
            "-dedup.minScrapeInterval=1ms",
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        what = f"VictoriaMetrics, see {self._log}"
        wait_until(lambda: answers(self.port), what=what, within_s=START_S)

    def kill(self) -> None:
        """With -9: what it holds in memory only is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def exported(self, field: str) -> dict[str, list[tuple[int, float]]]:
        """Of `reading_FIELD`, by device and slot: milliseconds and values, oldest first."""
        with httpx.Client(base_url=self.url, trust_env=False, timeout=30) as client:
            client.get("/internal/force_flush").raise_for_status()
            answer = client.get("/api/v1/export", params={"match[]": f"reading_{field}"})
        found: dict[str, list[tuple[int, float]]] = {}
        for line in answer.raise_for_status().text.splitlines():
            series = json.loads(line)
            name = f"{series['metric']['device_id']}/{series['metric']['slot']}"
            samples = zip(series["timestamps"], series["values"], strict=True)
            found[name] = sorted(found.get(name, []) + list(samples))
        return found
