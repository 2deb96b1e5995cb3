"""Settings: from the environment (``ENTREPOT_...``, and ``DATABASE_URL``), with safe values for one machine."""

import secrets
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

KEY_BYTES = 32


class Settings(BaseSettings):
    """Everything that can be set from outside.  Read once, when a process starts."""

    model_config = SettingsConfigDict(env_prefix="ENTREPOT_", env_file=".env", extra="ignore", frozen=False)

    data_dir: Path = Path("var")
    """Embedded database, documents, keys and logs of this instance."""
    database_url: Annotated[SecretStr | None, Field(validation_alias="DATABASE_URL")] = None
    """PostgreSQL >= 15 of the user's own, as its owner; None: the embedded one in *data_dir*."""
    database_pool: int = 10
    """Connections each process may hold."""
    host: str = "127.0.0.1"
    port: int = 8800
    public_url: str = ""
    """Address people reach the hub at; empty: http://host:port."""
    secret_keys: SecretStr | None = None
    """Fernet keys, newest first, separated by commas; None: a key file made in *data_dir*."""
    storage_url: str = ""
    """Where documents are kept: empty for *data_dir*/documents, or ``s3://bucket/prefix``."""
    outside_allow: list[IPv4Network | IPv6Network] = []
    """Networks that outside calls may reach although they are private (``["127.0.0.0/8"]`` for the sandbox)."""
    drop_allow: list[Path] = []
    """Folders below which files may be dropped for other systems (``["/srv/exchange"]``)."""
    smtp_url: SecretStr | None = None
    """``smtp://user:password@host:587``; None: no mail is sent."""
    mail_from: str = "entrepot@localhost"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] = "json"
    max_body_mb: int = 20
    """Largest request body accepted, in MiB."""
    secure_cookies: bool = False
    """Set when the hub is served over HTTPS."""
    trusted_proxies: list[IPv4Network | IPv6Network] = []
    """Reverse proxies whose ``X-Forwarded-For`` tells where a request comes from (``["10.0.0.5/32"]``); none by default."""
    searxng_url: str = ""
    """A SearXNG instance that finds shops for the price watch (``https://search.example``); empty: none."""
    keep_calls_days: Annotated[int, Field(ge=1)] = 90
    """How long recorded outside calls are kept."""
    keep_documents_days: Annotated[int, Field(ge=1)] = 180
    """How long what channels sent is kept after it was imported or ignored; it holds buyers' addresses."""
    keep_runs_days: Annotated[int, Field(ge=1)] = 14
    """How long runs that succeeded are kept, with their lines."""
    keep_failed_runs_days: Annotated[int, Field(ge=1)] = 90
    keep_events_days: Annotated[int, Field(ge=0)] = 0
    """How long the event log is kept, which is also the audit log and the history of every order; 0: for ever."""
    keep_pages_days: Annotated[int, Field(ge=1)] = 14
    """How long fetched product pages are kept, besides the last good one of each listing and the corpus."""
    keep_fetches_days: Annotated[int, Field(ge=1)] = 60
    """How long it is kept what each fetch of a product page brought."""
    keep_competing_days: Annotated[int, Field(ge=31)] = 400
    """How long it is kept what others asked on the channels; whole months are dropped."""
    fetch_user_agent: str = "Mozilla/5.0 (X11; Linux x86_64; compatible; Entrepot/26.11; +https://entrepot.dev/bot)"
    """How the price watch introduces itself to web shops."""
    fetch_largest_mb: Annotated[int, Field(ge=1)] = 5
    """Largest product page, in MB, after decompression."""
    watch_pictures: bool = True
    """Whether pictures of watched products are fetched, once each, and shown."""
    browser_path: str = ""
    """Chromium for stores that are fetched by browser; empty: the system's."""
    browser_pages: Annotated[int, Field(ge=1, le=32)] = 6
    """Pages that are open in it at the same moment, in each process."""
    scraper_url: SecretStr | None = None
    """Outside service with ``GET /api/article?url=...`` for stores that are fetched by one (``http://scraper.lan:3000``)."""
    ai_url: str = ""
    """OpenAI-compatible endpoint (``http://127.0.0.1:11434/v1``) that people may let propose selectors; empty: none is asked."""
    ai_model: str = ""
    """Name of the model there."""
    ai_key: SecretStr | None = None
    """Its key, if it wants one."""
    ai_reads_pages: bool = False
    """Whether checks ask it about pages on which nothing else finds a price."""
    worker_slot: str = ""
    """Fixed name of this worker; empty: the first free slot."""

    @property
    def address(self) -> str:
        """Where people reach the hub."""
        return self.public_url.rstrip("/") or f"http://{self.host}:{self.port}"

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """Fernet keys, newest first.  Makes the key file on first use, readable by its owner only."""
        if self.secret_keys is not None:
            return tuple(key.strip() for key in self.secret_keys.get_secret_value().split(",") if key.strip())
        path = self.data_dir / "secret.keys"
        if not path.exists():
            self.data_dir.mkdir(parents=True, exist_ok=True)
            fresh = path.with_suffix(f".{secrets.token_hex(4)}")
            fresh.touch(mode=0o600)
            fresh.write_text(_new_key() + "\n")
            try:
                path.hardlink_to(fresh)  # fails if another process made it first; theirs counts then
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        return tuple(line for line in path.read_text().split() if line)


def _new_key() -> str:
    from cryptography.fernet import Fernet  # noqa: PLC0415 -- needed once in the life of an instance

    return Fernet.generate_key().decode()
