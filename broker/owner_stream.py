"""What devices said, once it is committed, to the programs of their owners.

Whose a device is stands in the database, which the watch reads twice a second; what it found
holds for a few seconds only, so that nothing goes to a former owner while it cannot look.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from uuid import UUID

from broker.ingest import Committed
from broker.owner_client import OwnerClient
from devices.batch import Outcome
from devices.intake import Arrival

HOLDS_S: Final = 5.0


class OwnerStream:
    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self.clients: dict[str, OwnerClient] = {}  # by name
        self._now_s = now_s
        self._listeners: dict[str, list[OwnerClient]] = {}  # by device id
        self._ends_s = 0.0

    @property
    def owner_ids(self) -> set[UUID]:
        return {each.owner_id for each in self.clients.values()}

    def leave(self, client: OwnerClient) -> None:
        if self.clients.get(client.name) is client:
            del self.clients[client.name]
            for each in self._listeners.values():
                if client in each:
                    each.remove(client)

    def learn(self, owner_of: Mapping[str, UUID]) -> None:
        """owner_of: by device id, of all owners in `owner_ids`."""
        clients: dict[UUID, list[OwnerClient]] = {}
        for client in self.clients.values():
            clients.setdefault(client.owner_id, []).append(client)
        devices: dict[UUID, list[str]] = {}
        for device_id, owner_id in owner_of.items():
            devices.setdefault(owner_id, []).append(device_id)
        for client in self.clients.values():
            client.device_ids = devices.get(client.owner_id, ())
        self._listeners = {
            device_id: list(clients[owner_id])
            for device_id, owner_id in owner_of.items()
            if owner_id in clients
        }
        self._ends_s = self._now_s() + HOLDS_S

    def committed(self, batch: Sequence[Arrival], committed: Committed) -> None:
        if not self._listeners or self._now_s() > self._ends_s:
            return
        heard: dict[OwnerClient, list[tuple[str, str, bytes]]] = {}
        for arrival, outcome in zip(batch, committed.outcomes, strict=True):
            clients = self._listeners.get(arrival.device_id)
            if not clients or outcome is Outcome.DUPLICATE:
                continue
            is_bad = outcome is Outcome.QUARANTINED
            channel = "quarantine" if is_bad else arrival.channel
            for client in clients:
                said = (arrival.device_id, channel, arrival.payload)
                heard.setdefault(client, []).append(said)
        for client, messages in heard.items():
            client.heard(messages)
