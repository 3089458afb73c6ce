"""The one exception that ends a verb, the exit codes, and the faults of AWS in words."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
)


class OpsExit(IntEnum):
    """How a verb ended. A verb that starts a task or the worker ends with the exit code of that, if it has one."""

    DONE = 0
    NO = 1
    USAGE = 2
    FAILED = 69
    INTERRUPTED = 130

    @property
    def meaning(self) -> str:
        """One line for `--help`."""
        return _MEANINGS[self]


_MEANINGS = {
    OpsExit.DONE: "done",
    OpsExit.NO: "the answer is no: an alert is not delivered, there are dead letters, there is no run to show",
    OpsExit.USAGE: "the command line was not understood, or a confirmation is needed and there is no terminal",
    OpsExit.FAILED: "it could not be done: AWS refused, there is no stack, the task has no exit code",
    OpsExit.INTERRUPTED: "interrupted with Ctrl-C",
}


class OpsError(Exception):
    """A verb cannot continue. `message` says what and where, `advice` what to do."""

    def __init__(self, message: str, *, advice: str = "", exit_code: OpsExit = OpsExit.FAILED) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice
        self.exit_code = exit_code


_NOT_ALLOWED = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"})
_NOT_ACCEPTED = frozenset(
    {
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_LOG_IN = "log in to AWS again, or name other credentials with AWS_PROFILE"


def code_of(fault: ClientError) -> str:
    """The code of an error that AWS returned."""
    return str(fault.response.get("Error", {}).get("Code", "unknown"))


def refusal(fault: ClientError | BotoCoreError) -> OpsError:
    """The error for an operator, from one of boto3."""
    if isinstance(fault, ClientError):
        return _client_error(fault)
    if isinstance(fault, NoRegionError):
        return OpsError(
            "no AWS region is set",
            advice="set Account and Region in the environment's file, or AWS_REGION, or a profile",
        )
    if isinstance(fault, (NoCredentialsError, PartialCredentialsError)):
        return OpsError("no AWS credentials were found", advice="log in to AWS, or name a profile with AWS_PROFILE")
    if isinstance(fault, ProfileNotFound):
        return OpsError(str(fault), advice="correct AWS_PROFILE; `aws configure list-profiles` lists the profiles")
    if isinstance(fault, (EndpointConnectionError, HTTPClientError)):
        return OpsError(f"AWS cannot be reached: {fault}", advice="check the network, the region and AWS_ENDPOINT_URL")
    return OpsError(f"AWS could not be called: {fault}")


def _client_error(fault: ClientError) -> OpsError:
    code, operation = code_of(fault), fault.operation_name
    if code in _NOT_ALLOWED:
        return OpsError(
            f"AWS does not allow {operation} to these credentials ({code})",
            advice="use other credentials (AWS_PROFILE); the RUNBOOK lists the rights that an operator needs",
        )
    if code in _NOT_ACCEPTED:
        return OpsError(f"AWS does not accept these credentials ({code})", advice=_LOG_IN)
    detail: dict[str, Any] = dict(fault.response.get("Error", {}))
    return OpsError(f"AWS refused {operation} ({code}): {detail.get('Message', 'no reason given')}")
