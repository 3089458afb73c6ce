"""`plan`: what would be done, for a reader."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

from worker.commands.base import Call, Parsers, add_command, add_employees, employees
from worker.errors import UsageError
from worker.planning.digests import digest
from worker.progress import bar
from worker.reports.build import build
from worker.reports.document import document
from worker.reports.output import check_values, check_writable, put, width
from worker.reports.page import page
from worker.reports.table import table
from worker.runs.request import AllEmployees, ChangedEmployees, RunRequest, SelectedEmployees
from worker.runs.services import open_services, read_credentials
from worker.runs.sync import preview

_TEACHES = """\
Reads, plans and guards as `sync` does, without a write call, a lock or a move of the state. Shows which employees would
be created, changed, suspended or held, and why; unchanged employees are only counted. Personal values are shown only
with --show-values, on a terminal or in a named file.

examples:
  {command:plan}                                    what would the next run do?
  {command:plan --html plan.html --show-values}     a page to read and to search
  {command:plan --everybody}                        what would a reconcile do?
  {command:plan --mapping new-mapping.json}         what would another mapping do to all employees?
  {command:plan --json --output plan.json}          for a script

The mapping file is JSON as in FIELD_MAPPING, or an environment's TOML file with its [FieldMapping]. The exit code is
the one that the run itself would end with."""


def add(parsers: Parsers) -> None:
    """Add the parser."""
    parser = add_command(
        parsers, "plan", report=plan, summary="what would be done, as a table, JSON or a page", teaches=_TEACHES
    )
    add_employees(parser, "only this employee (repeatable)")
    parser.add_argument(
        "--everybody", action="store_true", help="all employees, not only the changed ones: as reconcile does"
    )
    parser.add_argument("--mapping", metavar="FILE", type=Path, help="with this mapping instead, for all employees")
    parser.add_argument("--json", action="store_true", help="as JSON, with a keyed digest of each row's values")
    parser.add_argument("--html", metavar="FILE", type=Path, help="as one self-contained page, into a file")
    parser.add_argument("--output", metavar="FILE", type=Path, help="the table or the JSON into a file, not to stdout")
    parser.add_argument("--show-values", action="store_true", help="old and new values as well: personal data")


def plan(call: Call) -> int:
    """Plan without writing, and report."""
    options, summary = call.options, call.summary
    selected = employees(options)
    everybody = options.everybody or options.mapping is not None
    if selected and everybody:
        raise UsageError("--employee selects some, --everybody and --mapping are about all", advice="give one of them")
    if options.html and (options.json or options.output):
        raise UsageError("--html writes a page of its own", advice="leave out --json and --output")
    file = options.html or options.output
    check_values(shows_values=options.show_values, file=file)
    check_writable(file)
    settings = call.settings(**_other_mapping(options.mapping))
    credentials = read_credentials(settings)
    summary.dry_run = True
    scope = AllEmployees() if everybody else SelectedEmployees(selected) if selected else ChangedEmployees()
    request = RunRequest("sync", scope, dry_run=True, releases=bool(selected), resends=bool(selected))
    seen = preview(request, open_services(settings, credentials, call.stop, summary, bar), summary)
    summary.finish()
    report = build(
        seen,
        summary,
        scope="everybody" if everybody else request.scope_name,
        site=settings.moodle_endpoint,
        company=settings.bamboo_api,
        digest=lambda step: digest(step, credentials.moodle.value),
        shows_values=options.show_values,
    )
    if options.html:
        put(page(report), file)
    else:
        put(document(report) if options.json else table(report, 0 if file else width()), file)
    return summary.exit_code


def _other_mapping(path: Path | None) -> dict[str, str]:
    """Return the variables that a mapping file stands for; faults of the mapping itself are reported as a setting's."""
    if path is None:
        return {}
    try:
        text = path.read_text(encoding="utf-8")
        content = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except OSError as fault:
        raise UsageError(f"{path} cannot be read ({fault.strerror})", advice="name a file that is there") from None
    except (ValueError, RecursionError) as fault:
        raise UsageError(f"{path} is no {'TOML' if path.suffix == '.toml' else 'JSON'} ({fault})") from None
    if path.suffix != ".toml":
        return {"FIELD_MAPPING": text}
    entries, template = content.get("FieldMapping", {}), content.get("UsernameTemplate", "")
    if not isinstance(entries, dict):
        raise UsageError(f"{path}: FieldMapping is no table", advice="write it as [FieldMapping]")
    if not isinstance(template, str):
        raise UsageError(f"{path}: UsernameTemplate is no text")
    mapping = {field: None if entry is False else entry for field, entry in entries.items()}
    # A date of TOML becomes a text, which the mapping refuses by name.
    return {
        "FIELD_MAPPING": json.dumps(mapping, default=str),
        **({"USERNAME_TEMPLATE": template} if template else {}),
    }
