"""Puts a run together: settings in, real clients out. The one place that knows all of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

from worker.bamboohr import BambooHR
from worker.credentials import mending_command, read_credential
from worker.errors import CredentialError
from worker.moodle import Moodle
from worker.run import Job, Run
from worker.settings import Settings, is_loopback
from worker.state.items import Items
from worker.state.store import Store
from worker.stopping import Stopping
from worker.summary import Summary
from worker.transport import Transport, new_session


def assemble(
    settings: Settings,
    job: Job,
    stopping: Stopping,
    summary: Summary,
    progress: Callable[[int], Callable[[], None]],
) -> Run:
    """Read the credentials, open the state, make the clients. Nothing of BambooHR or Moodle is called yet."""
    api_key, token = _credentials(settings)
    to_bamboo = Transport(
        "bamboohr",
        new_session(1, (api_key, "x"), proxies=_uses_proxies(settings.bamboo_api)),
        settings.http_timeout,
        stopping,
    )
    to_moodle = Transport(
        "moodle",
        new_session(settings.moodle_concurrency, proxies=_uses_proxies(settings.moodle_endpoint)),
        settings.http_timeout,
        stopping,
    )
    summary.count_calls(bamboohr=lambda: to_bamboo.calls, moodle=lambda: to_moodle.calls)
    return Run(
        settings=settings,
        job=job,
        store=Store(open_items(settings), settings.state_id),
        source=BambooHR(to_bamboo, settings.bamboo_api, mending_command(settings.bamboo)),
        target=Moodle(
            to_moodle,
            settings.moodle_endpoint,
            token,
            mapping=settings.mapping,
            batch_size=settings.moodle_batch_size,
            concurrency=settings.moodle_concurrency,
            mend=mending_command(settings.moodle),
        ),
        stopping=stopping,
        summary=summary,
        clock=lambda: datetime.now(UTC),
        progress=progress,
    )


def _uses_proxies(url: str) -> bool:
    """A proxy of the environment is used for hosts elsewhere; what goes to this machine would only leave it by one."""
    return not is_loopback(urlsplit(url).hostname or "")


def _credentials(settings: Settings) -> list[str]:
    """Both credentials, or what is wrong with either of them."""
    values: list[str] = []
    faults: list[CredentialError] = []
    for credential in (settings.bamboo, settings.moodle):
        try:
            values.append(read_credential(credential))
        except CredentialError as fault:
            faults.append(fault)
    if faults:
        raise CredentialError(
            "; ".join(fault.message for fault in faults), advice="; ".join(fault.advice for fault in faults)
        )
    return values


def open_items(settings: Settings) -> Items:
    """The store that was chosen. Only the chosen one is loaded."""
    if settings.state_table:
        from worker.state.dynamodb import DynamoItems

        return DynamoItems(settings.state_table)
    from worker.state.sqlite import SqliteItems

    return SqliteItems(settings.state_file)
