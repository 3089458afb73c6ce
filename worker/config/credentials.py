"""Reads the two credentials from Secrets Manager or, if that was chosen, from the environment.

Missing or never set, malformed, and refused are three different messages, each with the command that fixes it. (Secrets
Manager answers ResourceNotFoundException both for a secret that does not exist and for one without a value.)
"""

from __future__ import annotations

import json
import re
import shlex
import threading
from typing import Any

from worker import advice, logs
from worker.aws import CREDENTIAL_FAULTS, LOG_IN, aws_client, aws_failure
from worker.config.settings import Credential
from worker.config.texts import visible
from worker.errors import CredentialError

KEYS = {"BAMBOOHR_API_KEY": "bamboohr_api_key", "MOODLE_TOKEN": "moodle_token"}
"""The key of each credential inside its JSON secret."""

_SYSTEMS = {"BAMBOOHR_API_KEY": "bamboohr", "MOODLE_TOKEN": "moodle"}

_UNREADABLE = {
    **{code: f"{fault}: {LOG_IN}" for code, fault in CREDENTIAL_FAULTS.items()},
    "EndpointConnectionError": "Secrets Manager does not answer: check the network, AWS_REGION and AWS_ENDPOINT_URL",
}
_UNREADABLE_OTHERWISE = "check that the task role may read it, its region, and that it is not scheduled for deletion"
_PRINTABLE = re.compile(r"[!-~]{1,512}")


class RenewableCredential:
    """A credential in use, which is read again from its secret, once, when it is refused (rotation).

    Threads share it. Its value is never shown. `client`: boto3's client of Secrets Manager, by default a new one.
    """

    def __init__(self, value: str, source: Credential | None = None, client: Any = None) -> None:
        self.value = value
        self._source = source
        self._client = client
        self._mutex = threading.Lock()

    def __repr__(self) -> str:
        return "RenewableCredential(...)"

    def renew(self, refused: str) -> bool:
        """Read the secret again after a value was refused; return whether another attempt has another value.

        Only the first refusal reads the secret; a value from the environment cannot change.
        """
        with self._mutex:
            if self.value != refused:
                return True
            if self._source is None or not self._source.secret_id:
                return False
            source, self._source = self._source, None
            try:
                self.value = read_credential(source, self._client)
            except CredentialError:
                return False
            if self.value == refused:
                return False
            logs.warning(
                "credential.renewed",
                secret=source.secret_id,
                reason="the credential was refused; its secret holds another one now, which is used from here on",
            )
            return True


def fix_command(credential: Credential) -> str:
    """Return the command that sets a credential. The value is typed or pasted, never an argument that a shell keeps."""
    if not credential.secret_id:
        return f"read -rs {credential.variable} && export {credential.variable}"
    if advice.current().environment:
        return advice.command("secret", "set", _SYSTEMS[credential.variable])
    return (
        f"aws secretsmanager put-secret-value --secret-id {shlex.quote(credential.secret_id)}"
        " --secret-string file:///dev/stdin"
    )


def open_credential(credential: Credential, client: Any = None) -> RenewableCredential:
    """Return the credential for a run. Raises :class:`CredentialError` as :func:`read_credential` does."""
    return RenewableCredential(read_credential(credential, client), credential, client)


def read_credential(credential: Credential, client: Any = None) -> str:
    """Return the credential's value. Raises :class:`CredentialError`, whose message contains no part of the value."""
    how_to_set = _how_to_set(credential)
    if not credential.secret_id:
        return _well_formed(credential.value, f"{credential.variable} is", how_to_set)
    secret = f"the secret {credential.secret_id}"
    document = _document(credential, client or aws_client("secretsmanager"), secret, how_to_set)
    key = KEYS[credential.variable]
    try:
        value = json.loads(visible(_decoded(document)))[key]
    except (ValueError, TypeError, KeyError, IndexError, RecursionError):
        raise CredentialError(
            f'{secret} is malformed: it must hold JSON with the key "{key}"', advice=how_to_set
        ) from None
    return _well_formed(value, f'"{key}" in {secret} is', how_to_set)


def _how_to_set(credential: Credential) -> str:
    command = fix_command(credential)
    if not credential.secret_id or advice.current().environment:
        return f"set it: {command}"
    document = json.dumps({KEYS[credential.variable]: "..."})
    return f"set it: {command} (then type {document} and Ctrl-D; or see RUNBOOK, Rotate a secret)"


def _document(credential: Credential, client: Any, secret: str, how_to_set: str) -> object:
    try:
        answer = client.get_secret_value(SecretId=credential.secret_id)
    except Exception as fault:
        code = aws_failure(fault)
        if code == "ResourceNotFoundException":
            raise CredentialError(f"{secret} does not exist or was never set", advice=how_to_set) from None
        raise CredentialError(
            f"{secret} cannot be read ({code})", advice=_UNREADABLE.get(code, _UNREADABLE_OTHERWISE)
        ) from None
    return answer.get("SecretString") or answer.get("SecretBinary")


def _decoded(document: object) -> str:
    """Return the text of a secret. A file that was uploaded unchanged may be UTF-8 or UTF-16."""
    if isinstance(document, bytes):
        return document.decode(json.detect_encoding(document))
    return document if isinstance(document, str) else ""


def _well_formed(value: object, what: str, how_to_set: str) -> str:
    if isinstance(value, str) and _PRINTABLE.fullmatch(visible(value)):
        return visible(value)
    expected = "not be empty or contain blanks" if isinstance(value, str) else "be a text, in quotes"
    raise CredentialError(f"{what} malformed: it must {expected}", advice=how_to_set) from None
