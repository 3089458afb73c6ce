"""Puts a run together: settings in, real clients out. The one place that knows all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from worker.bamboohr.client import BambooHRClient
from worker.config.credentials import RenewableCredential, fix_command, open_credential
from worker.config.settings import Settings, StateLocation, is_loopback
from worker.errors import CredentialError
from worker.moodle.client import MoodleClient
from worker.planning.undo_plan import UndoScope
from worker.progress import Progress
from worker.runs.request import RunRequest
from worker.runs.summary import Summary
from worker.runs.sync import SyncRun
from worker.runs.undo import UndoRun
from worker.state.items import Items
from worker.state.store import Store
from worker.stopping import StopSignal
from worker.transport.http import Transport, new_session
from worker.transport.patience import Patience


@dataclass(frozen=True)
class Credentials:
    """The API key and the token, and how long a run waits for either system. Their values are never shown."""

    bamboo: RenewableCredential
    moodle: RenewableCredential
    patience: Patience = field(default_factory=Patience)


def open_credentials(settings: Settings) -> Credentials:
    """Both credentials, or what is wrong with either of them."""
    values: list[RenewableCredential] = []
    faults: list[CredentialError] = []
    for credential in (settings.bamboo, settings.moodle):
        try:
            values.append(open_credential(credential))
        except CredentialError as fault:
            faults.append(fault)
    if faults:
        raise CredentialError(
            "; ".join(fault.message for fault in faults), advice="; ".join(fault.advice for fault in faults)
        )
    return Credentials(values[0], values[1])


def open_bamboo(settings: Settings, credentials: Credentials, stopping: StopSignal) -> tuple[BambooHRClient, Transport]:
    """BambooHR, and the transport that counts its calls. Nothing is called yet."""
    transport = Transport(
        "bamboohr",
        new_session(1, proxies=_uses_proxies(settings.bamboo_api)),
        settings.http_timeout,
        stopping,
        credentials.patience,
    )
    return BambooHRClient(transport, settings.bamboo_api, credentials.bamboo, fix_command(settings.bamboo)), transport


def open_moodle(settings: Settings, credentials: Credentials, stopping: StopSignal) -> tuple[MoodleClient, Transport]:
    """Moodle, and the transport that counts its calls. Nothing is called yet."""
    transport = Transport(
        "moodle",
        new_session(settings.moodle_concurrency, proxies=_uses_proxies(settings.moodle_endpoint)),
        settings.http_timeout,
        stopping,
        credentials.patience,
    )
    moodle = MoodleClient(
        transport,
        settings.moodle_endpoint,
        credentials.moodle,
        mapping=settings.mapping,
        batch_size=settings.moodle_batch_size,
        concurrency=settings.moodle_concurrency,
        fix_command=fix_command(settings.moodle),
    )
    return moodle, transport


def open_store(where: StateLocation) -> Store:
    """The state of this sync."""
    return Store(open_items(where), where.state_id)


def assemble(
    settings: Settings,
    credentials: Credentials,
    job: RunRequest,
    stopping: StopSignal,
    summary: Summary,
    progress: Progress,
) -> SyncRun:
    """A run over real clients. Nothing of BambooHR or Moodle is called yet."""
    source, to_bamboo = open_bamboo(settings, credentials, stopping)
    target, to_moodle = open_moodle(settings, credentials, stopping)
    summary.count_calls(bamboohr=lambda: to_bamboo.calls, moodle=lambda: to_moodle.calls)
    return SyncRun(
        settings=settings,
        job=job,
        store=open_store(settings.state),
        source=source,
        target=target,
        stopping=stopping,
        summary=summary,
        clock=_now,
        progress=progress,
    )


def assemble_undo(
    settings: Settings,
    credentials: Credentials,
    stopping: StopSignal,
    summary: Summary,
    progress: Progress,
    *,
    run_id: str,
    only: UndoScope,
    employees: tuple[int, ...],
    dry_run: bool,
) -> UndoRun:
    """An undo over real clients. Nothing of Moodle is called yet."""
    target, to_moodle = open_moodle(settings, credentials, stopping)
    summary.count_calls(moodle=lambda: to_moodle.calls)
    return UndoRun(
        settings=settings,
        run_id=run_id,
        only=only,
        employees=employees,
        dry_run=dry_run,
        store=open_store(settings.state),
        target=target,
        stopping=stopping,
        summary=summary,
        clock=_now,
        progress=progress,
    )


def _now() -> datetime:
    return datetime.now(UTC)


def _uses_proxies(url: str) -> bool:
    """A proxy of the environment is used for hosts elsewhere; what goes to this machine would only leave it by one."""
    return not is_loopback(urlsplit(url).hostname or "")


def open_items(where: StateLocation) -> Items:
    """The store that was chosen. Only the chosen one is loaded."""
    if where.table:
        from worker.state.dynamodb import DynamoItems

        return DynamoItems(where.table)
    from worker.state.sqlite import SqliteItems

    return SqliteItems(where.file)
