"""`doctor`: whether everything is set up correctly, before the first run and whenever something is wrong."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict

from worker import streams
from worker.commands.base import Call
from worker.commands.parser import Parsers, add_command
from worker.config.credentials import RenewableCredential, open_credential
from worker.config.settings import Settings
from worker.errors import ConfigurationError, CredentialError, ExitCode, ListRefused, SyncError
from worker.progress import bar
from worker.runs import checks
from worker.runs.checks import Check, CheckStatus, failed_by, ok
from worker.runs.company_checks import check_accounts, check_employees, check_profile_fields
from worker.runs.run_input import AllEmployees, RunRequest
from worker.runs.services import Credentials, now, open_bamboohr, open_moodle, open_services, open_store
from worker.runs.sync import preview
from worker.transport.patience import Patience
from worker.words import counted

_DETAILS = """\
Checks, without writing anything: the configuration; both credentials; BambooHR and what its key may see, field by
field; Moodle, the four functions, and whether the token can see accounts; clocks; the state, its lock, and whether a
reconcile is due; protected accounts; duplicate addresses and idnumbers; how many employees each rule would link to
accounts; and whether the custom profile fields of the mapping exist and are filled.

Prints one line per check: ok, warning or failed, with what to do and whom to ask. The exit code is 0 if no check
failed, 3 if the configuration or a credential is invalid, and 1 otherwise. Doctor reads all employees; with --quick, it
does not.

Two calls that cannot succeed check whether the token may create and change accounts: an update of an account that does
not exist, and a new account with the guest's username. Neither writes anything.

examples:
  {command:doctor}
  {command:doctor --quick --json}"""


def add(parsers: Parsers) -> None:
    """Add the parser."""
    parser = add_command(
        parsers,
        "doctor",
        report=doctor,
        summary="check that everything is set up correctly; say what to do and whom to ask",
        details=_DETAILS,
    )
    parser.add_argument("--quick", action="store_true", help="skip the checks that read all employees")
    parser.add_argument("--json", action="store_true", help="print one JSON object per line")


def doctor(call: Call) -> int:
    """Run all checks, and print each result as it arrives."""
    found: list[Check] = []
    for check in _examine(call):
        found.append(check)
        print_check(check, as_json=call.options.json)
    if not call.options.json:
        counts = Counter(check.verdict for check in found)
        warnings = counted(counts[CheckStatus.WARNING], "warning")
        streams.write_stdout(f"\n{counts[CheckStatus.OK]} ok, {warnings}, {counts[CheckStatus.FAILED]} failed")
    codes = {check.exit_code for check in found} - {ExitCode.OK}
    if ExitCode.CONFIGURATION in codes:
        return ExitCode.CONFIGURATION
    return ExitCode.ERRORS if codes else ExitCode.OK


_PATIENCE_SECONDS = 10.0
"""How long doctor waits for a transient fault: its reader waits too, and a site in maintenance is a result."""


def _examine(call: Call) -> Iterator[Check]:
    try:
        settings = call.settings()
    except ConfigurationError as fault:
        for one in fault.faults:
            yield checks.failed("configuration", one, fault.advice, fault.exit_code)
        return
    yield ok("configuration", "every variable is set and valid")
    try:
        store = open_store(settings)
        yield from checks.check_state(store, now(), call.summary.run_id, settings.plan_digest)
    except SyncError as fault:
        yield failed_by("state", fault)
    values: list[RenewableCredential] = []
    both = (settings.bamboohr_credential, settings.moodle_credential)
    for credential in both:
        area = f"credential {credential.variable}"
        try:
            values.append(open_credential(credential))
        except CredentialError as fault:
            yield failed_by(area, fault)
        else:
            yield ok(area, f"is set ({'in ' + credential.secret_id if credential.secret_id else 'in the environment'})")
    if len(values) == len(both):
        yield from _systems(call, settings, Credentials(values[0], values[1], Patience.for_reader(_PATIENCE_SECONDS)))


def _systems(call: Call, settings: Settings, credentials: Credentials) -> Iterator[Check]:
    bamboo, to_bamboo = open_bamboohr(settings, credentials, call.stop)
    moodle, to_moodle = open_moodle(settings, credentials, call.stop)
    healthy = True
    for check in checks.check_feed(bamboo, now()):
        healthy = healthy and check.verdict is not CheckStatus.FAILED
        yield check
    yield from checks.check_clock("clock, against BambooHR", to_bamboo, now())
    try:
        for check in checks.check_functions(moodle):
            healthy = healthy and not (check.area == "Moodle visibility" and check.verdict is CheckStatus.FAILED)
            yield check
        yield from checks.check_clock("clock, against Moodle", to_moodle, now())
        if healthy:
            yield from checks.check_protected(settings, moodle, call.stop.wait)
    except SyncError as fault:
        healthy = False
        yield failed_by("Moodle", fault)
    if call.options.quick:
        return
    if not healthy:
        yield checks.warning("all employees", "were not read", "fix what failed above, then run doctor again")
        return
    try:
        services = open_services(settings, credentials, call.stop, call.summary, bar)
        seen = preview(RunRequest(AllEmployees(), dry_run=True), services, call.summary)
        yield from check_employees(seen, settings)
        yield from check_accounts(seen, settings, call.summary.listed_ids.get("unexplained_accounts", []))
        yield from check_profile_fields(seen, settings, services.moodle.field_kinds)
    except ListRefused as fault:
        yield from checks.check_without_listing(bamboo, fault)
    except SyncError as fault:
        yield failed_by("all employees", fault)


def print_check(check: Check, *, as_json: bool) -> None:
    """Print one result: its line and the advice, or a JSON object."""
    if as_json:
        line = {name: value for name, value in asdict(check).items() if name != "exit_code"}
        streams.write_stdout(json.dumps({"event": "doctor.check", **line}))
    else:
        streams.write_stdout(f"{check.verdict:<8} {check.area}: {check.what}")
        if check.advice:
            streams.write_stdout(f"{'':<9}-> {check.advice}")
