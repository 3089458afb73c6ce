"""Setting a credential: `secret set bamboohr|moodle`. The value is not shown, and never an argument."""

from __future__ import annotations

import argparse
import json
import re
from dataclasses import dataclass

from ops.context import Context
from worker import advice
from worker.commands.parser import Parsers, add_command
from worker.config.credentials import KEYS
from worker.errors import ExitCode, UsageError

_USABLE = re.compile(r"[!-~]{1,512}")


@dataclass(frozen=True)
class _Kind:
    """One of the two credentials: its name, its key in the JSON secret, and its usual length."""

    name: str
    key: str
    digits: int

    def has_form_of(self, value: str) -> bool:
        return re.fullmatch(f"[0-9A-Fa-f]{{{self.digits}}}", value) is not None


_KINDS = {
    "bamboohr": _Kind("BambooHR API key", KEYS["BAMBOOHR_API_KEY"], 40),
    "moodle": _Kind("Moodle token", KEYS["MOODLE_TOKEN"], 32),
}


def add(parsers: Parsers) -> None:
    """Add the parsers."""
    summary = "set the BambooHR API key or the Moodle token"
    details = "Sets the BambooHR API key or the Moodle token."
    group = parsers.add_parser("secret", help=summary, description=details).add_subparsers(
        metavar="WHAT", required=True
    )
    systems = group.add_parser("set", help=summary, description=details).add_subparsers(metavar="SYSTEM", required=True)
    for system, kind in _KINDS.items():
        parser = add_command(
            systems,
            system,
            operate=set_secret,
            summary=f"set the {kind.name}",
            details=f"Asks for the {kind.name} without showing it, or reads it from stdin, checks its form, and writes"
            " it to\nAWS Secrets Manager. The next run reads it; no deploy is needed.",
        )
        parser.set_defaults(system=system)
        parser.add_argument(
            "--any-form", action="store_true", help=f"accept a value that is not {kind.digits} hexadecimal digits"
        )


def set_secret(context: Context) -> int:
    """Ask for a credential, check its form, and store it."""
    system, deployment = context.options.system, context.deployment
    kind = _KINDS[system]
    secret = deployment.bamboo_secret_arn if system == "bamboohr" else deployment.moodle_secret_arn
    value = _checked(context.terminal.read_secret(f"{kind.name} (not shown): ").strip(), kind, context.options)
    context.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=json.dumps({kind.key: value}))
    context.terminal.print(
        f"The {kind.name} of {context.environment} is set. The next run uses it; to try it now without writing:\n"
        f"{advice.command('sync', '--dry-run')}"
    )
    return ExitCode.OK


def _checked(value: str, kind: _Kind, options: argparse.Namespace) -> str:
    if not value:
        raise _wrong(f"no {kind.name} was given")
    if not _USABLE.fullmatch(value):
        raise _wrong(f"this is not a {kind.name}: it must be one word of at most 512 printable ASCII characters")
    if options.any_form or kind.has_form_of(value):
        return value
    other = next((one for one in _KINDS.values() if one.has_form_of(value)), None)
    if other:
        raise _wrong(f"this looks like a {other.name}, not like a {kind.name} ({kind.digits} hexadecimal digits)")
    raise _wrong(
        f"this does not look like a {kind.name}, which has {kind.digits} hexadecimal digits",
        fix="copy the whole value again; if it is correct nevertheless, add --any-form",
    )


def _wrong(message: str, fix: str = "copy the value again, and nothing else with it") -> UsageError:
    return UsageError(f"{message}; nothing was changed", advice=fix)
