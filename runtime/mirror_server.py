"""A server that takes the InfluxDB v2 write API, through influxdb-client."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final

from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS, WriteApi
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError

from core.settings import Settings
from runtime.mirror import Answer, Away, Give, Refused, Taken

TIMEOUT_MS: Final = 10_000
LONGEST_WHY: Final = 200  # characters
# None of the batch is stored: a line cannot be read, or there are too many at once.
OF_THE_POINTS: Final = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
# What could be stored is; the rest is, for example, older than the bucket keeps.
IN_PART: Final = HTTPStatus.UNPROCESSABLE_ENTITY


@contextmanager
def opened(settings: Settings) -> Iterator[Give]:
    """Connects at the first batch."""
    client = InfluxDBClient(
        url=settings.mirror_url,
        token=settings.mirror_token.get_secret_value(),
        org=settings.mirror_org,
        timeout=TIMEOUT_MS,
    )
    with client, client.write_api(write_options=SYNCHRONOUS) as writer:

        async def give(lines: Sequence[str]) -> Answer:
            return await asyncio.to_thread(_give, writer, settings.mirror_bucket, lines)

        yield give


def _give(writer: WriteApi, bucket: str, lines: Sequence[str]) -> Answer:
    try:
        writer.write(bucket, record="\n".join(lines))  # in nanoseconds, if nothing is said
    except ApiException as problem:
        why = f"status {problem.status}: {problem.message or problem.reason}"[:LONGEST_WHY]
        if problem.status in OF_THE_POINTS:
            return Refused(why)
        return Taken(why) if problem.status == IN_PART else Away(why)
    except (HTTPError, OSError) as problem:
        return Away(str(problem)[:LONGEST_WHY])
    return Taken()
