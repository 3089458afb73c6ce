"""The clients and the state that a run works with, all opened in this one place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from worker.bamboohr.client import BambooHRClient
from worker.config.credentials import RenewableCredential, fix_command, open_credential
from worker.config.settings import Settings
from worker.config.settings_model import StateVariables, is_loopback
from worker.errors import CredentialError
from worker.moodle.client import MoodleClient
from worker.progress import Progress, no_bar
from worker.runs.summary import Summary
from worker.state.items import Items
from worker.state.store import Store
from worker.stopping import StopSignal
from worker.transport.http import Transport, new_session
from worker.transport.patience import Patience


@dataclass(frozen=True, kw_only=True)
class Services:
    """The settings, the state and the clients of a run.

    Attributes:
        clock: Returns the present moment in UTC.
        digest_key: The Moodle token, which keys the digests of planned values.
    """

    settings: Settings
    store: Store
    bamboohr: BambooHRClient
    moodle: MoodleClient
    stop: StopSignal
    clock: Callable[[], datetime]
    digest_key: str = field(repr=False)
    progress: Progress = no_bar


@dataclass(frozen=True)
class Credentials:
    """The API key and the token, and how long a run waits for either system. Their values are never shown."""

    bamboohr: RenewableCredential
    moodle: RenewableCredential
    patience: Patience = field(default_factory=Patience)


def read_credentials(settings: Settings, patience: Patience | None = None) -> Credentials:
    """Return both credentials and the patience, by default that of a scheduled run.

    Raises CredentialError with what is wrong with either of them.
    """
    values: list[RenewableCredential] = []
    faults: list[CredentialError] = []
    for credential in (settings.bamboohr_credential, settings.moodle_credential):
        try:
            values.append(open_credential(credential))
        except CredentialError as fault:
            faults.append(fault)
    if faults:
        raise CredentialError(
            "; ".join(fault.message for fault in faults), advice="; ".join(fault.advice for fault in faults)
        )
    return Credentials(values[0], values[1], patience or Patience())


def open_services(
    settings: Settings, credentials: Credentials, stop: StopSignal, summary: Summary, progress: Progress
) -> Services:
    """Return the real clients, whose calls the summary counts. Neither BambooHR nor Moodle is called yet."""
    bamboohr, to_bamboohr = open_bamboohr(settings, credentials, stop)
    moodle, to_moodle = open_moodle(settings, credentials, stop)
    summary.calls = {"bamboohr": lambda: to_bamboohr.calls, "moodle": lambda: to_moodle.calls}
    return Services(
        settings=settings,
        store=open_store(settings),
        bamboohr=bamboohr,
        moodle=moodle,
        stop=stop,
        clock=now,
        digest_key=credentials.moodle.value,
        progress=progress,
    )


def now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


def open_bamboohr(settings: Settings, credentials: Credentials, stop: StopSignal) -> tuple[BambooHRClient, Transport]:
    """Return BambooHR's client, and the transport that counts its calls."""
    transport = _transport("bamboohr", settings.bamboo_api, 1, settings, credentials, stop)
    return BambooHRClient(
        transport, settings.bamboo_api, credentials.bamboohr, fix_command(settings.bamboohr_credential)
    ), transport


def open_moodle(settings: Settings, credentials: Credentials, stop: StopSignal) -> tuple[MoodleClient, Transport]:
    """Return Moodle's client, and the transport that counts its calls."""
    concurrency = settings.moodle_concurrency
    transport = _transport("moodle", settings.moodle_endpoint, concurrency, settings, credentials, stop)
    moodle = MoodleClient(
        transport,
        settings.moodle_endpoint,
        credentials.moodle,
        mapping=settings.mapping,
        batch_size=settings.moodle_batch_size,
        concurrency=concurrency,
        fix_command=fix_command(settings.moodle_credential),
    )
    return moodle, transport


def open_store(settings: StateVariables) -> Store:
    """Return the state of this sync. Only the store that was chosen is loaded."""
    return Store(_open_items(settings), settings.state_id)


def _open_items(settings: StateVariables) -> Items:
    if settings.state_table:
        from worker.state.dynamodb import DynamoItems

        return DynamoItems(settings.state_table)
    from worker.state.sqlite import SqliteItems

    return SqliteItems(settings.state_file)


def _transport(
    system: str, url: str, connections: int, settings: Settings, credentials: Credentials, stop: StopSignal
) -> Transport:
    # The environment's proxy is for other hosts: through it, a request to this machine would leave the machine.
    session = new_session(connections, proxies=not is_loopback(urlsplit(url).hostname or ""))
    return Transport(system, session, settings.http_timeout_seconds, stop, credentials.patience)
