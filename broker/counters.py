"""What a door has seen since it was opened."""

from dataclasses import dataclass


@dataclass(slots=True)
class Counters:
    connections: int = 0  # sessions that were accepted
    messages: int = 0  # handed to the ingest
    refused: int = 0  # wrong secret, someone else's topic, another version of MQTT
    malformed: int = 0  # streams that were no MQTT
    too_large: int = 0
    failed_sign_ins: int = 0  # wrong secrets
    turned_away: int = 0  # connections beyond what the door or their address may have
    throttled: int = 0  # times somebody who sent too fast was made to wait
    slow_readers: int = 0  # dropped, because they did not read what they were sent
    revoked: int = 0  # connections that ended with their secret
    commands: int = 0  # acknowledged by devices
    streamed: int = 0  # messages to owners' clients

    def incidents(self) -> dict[str, int]:
        """What an operator may want to know of."""
        calm = {"connections", "messages", "commands", "streamed"}
        return {
            name: count
            for name in self.__slots__
            if name not in calm and (count := getattr(self, name))
        }
