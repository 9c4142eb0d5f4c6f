"""Everything that may differ between two installations, in one frozen value.

Built once by `runtime.wiring` and passed down. Environment variables start with NACHSCHUB_.
"""

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import (
    Field,
    IPvAnyAddress,
    IPvAnyNetwork,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    StringConstraints,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

Port = Annotated[int, Field(ge=0, le=65535)]
# What is secret about a server is its token; an address with a password in it would be logged.
HttpUrl = Annotated[str, StringConstraints(pattern=r"^(https?://[^\s@]+)?$")]

LOOPBACK: Final = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="NACHSCHUB_", frozen=True, extra="forbid")

    home: Path = Path("var")
    database_url: str = ""  # empty: nachschub.db below `home`
    http_host: str = "127.0.0.1"
    http_port: Port = 8000  # 0: any free port
    door: Literal["gateway", "mosquitto"] = "gateway"
    mqtt_host: str = "127.0.0.1"
    mqtt_port: Port = 1883  # the gateway's listener, or the broker to subscribe at
    mqtt_user: str = "platform"  # behind Mosquitto only
    mqtt_password: str = ""
    # PEM files of the gateway's TLS; with a certificate it speaks nothing else. With a CA of
    # clients each needs a certificate, whose common name is the user name.
    mqtt_certificate: Path | None = None
    mqtt_certificate_key: Path | None = None  # None: in the same file
    mqtt_client_ca: Path | None = None
    # What the gateway bears of one connection, of one address, and in all (broker.limits).
    mqtt_connections: PositiveInt = 15_000
    mqtt_connections_per_address: PositiveInt = 1_000
    mqtt_messages_per_s: PositiveFloat = 200
    mqtt_burst_messages: PositiveInt = 5_000
    mqtt_address_messages_per_s: PositiveFloat = 10_000
    mqtt_failed_sign_ins_per_minute: PositiveFloat = 60
    mqtt_slow_reader_s: PositiveFloat = 30
    mqtt_packet_bytes: PositiveInt = 32 * 1024
    mqtt_trusted: tuple[IPvAnyNetwork, ...] = LOOPBACK  # not counted by address; name a proxy
    # A server that takes the InfluxDB v2 write API is told every reading; empty: none.
    mirror_url: HttpUrl = ""
    mirror_token: SecretStr = SecretStr("")
    mirror_org: str = ""
    mirror_bucket: str = "nachschub"
    allow_loopback_shops: bool = False  # plain HTTP to 127.0.0.1: demo and tests
    # Where the pages may look around for devices, as JSON lists; empty: nowhere.
    discover_interfaces: tuple[IPvAnyAddress, ...] = ()  # own addresses, for mDNS
    discover_brokers: tuple[str, ...] = ()  # mqtt://user:password@host
    claim_lease_s: Annotated[float, Field(gt=0)] = 30.0  # until another worker retries a row
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @model_validator(mode="after")
    def _check_tls(self) -> Self:
        if self.mqtt_certificate is None and (self.mqtt_certificate_key or self.mqtt_client_ca):
            raise ValueError("mqtt_certificate is missing beside its key or the clients' CA")
        return self

    @property
    def database(self) -> str:
        """SQLAlchemy URL with an async driver."""
        return self.database_url or f"sqlite+aiosqlite:///{self.home.resolve()}/nachschub.db"

    @property
    def keys(self) -> Path:
        """Folder of key files, one per purpose, mode 0600."""
        return self.home / "keys"
