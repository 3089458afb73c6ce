"""Setting a credential: `secret set bamboohr|moodle`. The value is never shown, and never an argument."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ops.errors import OpsError, OpsExit
from ops.verbs import Context, add_group, add_verb
from worker.config.credentials import KEYS

if TYPE_CHECKING:
    from ops.verbs import Parsers

_USABLE = re.compile(r"[!-~]{1,512}")


@dataclass(frozen=True)
class _Kind:
    """One of the two credentials: its name, its key in the JSON secret, and what it looks like."""

    what: str
    key: str
    digits: int


_KINDS = {
    "bamboohr": _Kind("BambooHR API key", KEYS["BAMBOOHR_API_KEY"], 40),
    "moodle": _Kind("Moodle token", KEYS["MOODLE_TOKEN"], 32),
}


def add(verbs: Parsers) -> None:
    """`secret set`."""
    setting = add_group(verbs, "secret", summary="set the BambooHR API key or the Moodle token").add_parser(
        "set", help="set one", description="Set the BambooHR API key or the Moodle token."
    )
    systems = setting.add_subparsers(metavar="SYSTEM", required=True)
    for name, kind in _KINDS.items():
        parser = add_verb(
            systems,
            name,
            _setter(name),
            summary=f"set the {kind.what}",
            teaches=f"Asks for the {kind.what} without showing it, or reads it from stdin, checks its form, and writes "
            "it to AWS Secrets Manager. The next run reads it; nothing has to be deployed.",
        )
        parser.add_argument(
            "--any-form", action="store_true", help=f"take a value that is not {kind.digits} hexadecimal digits, too"
        )


def _setter(name: str) -> Callable[[Context], int]:
    return lambda context: set_secret(context, name)


def set_secret(context: Context, name: str) -> int:
    """Ask for it, check it, write it."""
    kind = _KINDS[name]
    deployment = context.deployment
    secret = deployment.bamboo_secret_arn if name == "bamboohr" else deployment.moodle_secret_arn
    value = _checked(context.terminal.hidden(f"{kind.what} (it is not shown): ").strip(), kind, context.options)
    context.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=json.dumps({kind.key: value}))
    context.terminal.say(
        f"The {kind.what} of {context.env} is set. The next run uses it; try it now, without writing anything:\n"
        f"make dry-run {context.in_env}"
    )
    return OpsExit.DONE


def _checked(value: str, kind: _Kind, options: argparse.Namespace) -> str:
    if not value:
        raise _wrong(f"no {kind.what} was given")
    if not _USABLE.fullmatch(value):
        raise _wrong(f"this is no {kind.what}: it must be one text without blanks, of at most 512 plain characters")
    if options.any_form or re.fullmatch(f"[0-9A-Fa-f]{{{kind.digits}}}", value):
        return value
    other = next((one for one in _KINDS.values() if re.fullmatch(f"[0-9A-Fa-f]{{{one.digits}}}", value)), None)
    if other:
        raise _wrong(f"this looks like a {other.what}, not like a {kind.what} ({kind.digits} hexadecimal digits)")
    raise _wrong(
        f"this does not look like a {kind.what}, which has {kind.digits} hexadecimal digits",
        advice="copy it again, whole; if it is right all the same, say --any-form",
    )


def _wrong(message: str, advice: str = "copy it again, and only it") -> OpsError:
    return OpsError(f"{message}; nothing was changed", advice=advice, exit_code=OpsExit.USAGE)
