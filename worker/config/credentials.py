"""The two credentials: from Secrets Manager, or from the environment where that was chosen.

Missing or never set, malformed, and refused are three different messages, each with the command that mends it. (Secrets
Manager answers ResourceNotFoundException both for a secret that does not exist and for one without a value.)
"""

from __future__ import annotations

import json
import re
import shlex
from typing import Protocol

from worker import advice
from worker.aws import aws_client, aws_failure
from worker.config.settings import Credential
from worker.errors import CredentialError

KEYS = {"BAMBOOHR_API_KEY": "bamboohr_api_key", "MOODLE_TOKEN": "moodle_token"}
"""What each credential is called inside its JSON secret."""

_SYSTEMS = {"BAMBOOHR_API_KEY": "bamboohr", "MOODLE_TOKEN": "moodle"}

_UNREADABLE = {
    "NoCredentialsError": "no AWS credentials were found: log in, or set AWS_PROFILE",
    "ExpiredTokenException": "the AWS credentials have expired: log in again",
    "EndpointConnectionError": "Secrets Manager does not answer: check the network, AWS_REGION and AWS_ENDPOINT_URL",
}
_UNREADABLE_OTHERWISE = "check that the task role may read it, its region, and that it is not scheduled for deletion"
_PRINTABLE = re.compile(r"[!-~]{1,512}")


class SecretReader(Protocol):
    """The one call that is needed of Secrets Manager."""

    def get_secret_value(self, *, SecretId: str) -> dict[str, object]:  # noqa: N803 - boto3's own name
        """The secret, its text under "SecretString"."""


def fix_command(credential: Credential) -> str:
    """The command that sets a credential again. The value is typed or pasted, never an argument that a shell keeps."""
    if not credential.secret_id:
        return f"read -rs {credential.variable} && export {credential.variable}"
    if advice.current().environment:
        return advice.command("secret", "set", _SYSTEMS[credential.variable])
    return (
        f"aws secretsmanager put-secret-value --secret-id {shlex.quote(credential.secret_id)}"
        " --secret-string file:///dev/stdin"
    )


def _how(credential: Credential) -> str:
    """What to do, for the advice of a message."""
    mend = fix_command(credential)
    if not credential.secret_id or advice.current().environment:
        return f"set it: {mend}"
    document = json.dumps({KEYS[credential.variable]: "..."})
    return f"set it: {mend} (then type {document} and Ctrl-D; or use the command of the RUNBOOK)"


def read_credential(credential: Credential, reader: SecretReader | None = None) -> str:
    """The credential's value. Raises :class:`CredentialError`; no message ever holds any of the value."""
    mend = _how(credential)
    if not credential.secret_id:
        return _well_formed(credential.value, f"{credential.variable} is", mend)
    secret = f"the secret {credential.secret_id}"
    document = _secret_string(credential, reader, secret, mend)
    key = KEYS[credential.variable]
    try:
        value = json.loads(document)[key]
    except (ValueError, TypeError, KeyError, IndexError, RecursionError):
        raise CredentialError(f'{secret} is malformed: it must hold JSON with the key "{key}"', advice=mend) from None
    return _well_formed(value, f'"{key}" in {secret} is', mend)


def _secret_string(credential: Credential, reader: SecretReader | None, secret: str, mend: str) -> str:
    if reader is None:
        reader = aws_client("secretsmanager")
    try:
        answer = reader.get_secret_value(SecretId=credential.secret_id)
    except Exception as fault:
        code = aws_failure(fault)
        if code == "ResourceNotFoundException":
            raise CredentialError(f"{secret} does not exist or was never set", advice=mend) from None
        raise CredentialError(
            f"{secret} cannot be read ({code})", advice=_UNREADABLE.get(code, _UNREADABLE_OTHERWISE)
        ) from None
    document = answer.get("SecretString")
    return document if isinstance(document, str) else ""


def _well_formed(value: object, what: str, mend: str) -> str:
    if isinstance(value, str) and _PRINTABLE.fullmatch(value.strip()):
        return value.strip()
    raise CredentialError(f"{what} malformed: it must be one text without blanks, and not empty", advice=mend) from None
