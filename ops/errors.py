"""What stops a verb: one exception, in words that say what, where and what to do; and the exit codes."""

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
    """How a verb ended. What starts a task or the worker ends with its exit code instead, where it has one."""

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
    OpsExit.NO: "the answer is no: the alerts reach nobody, dead letters are there, there is no run to look at",
    OpsExit.USAGE: "the command line was not understood, or an answer is needed and nobody is there to give it",
    OpsExit.FAILED: "it could not be done: AWS refused, the stack is not there, the task has no exit code",
    OpsExit.INTERRUPTED: "interrupted with Ctrl-C",
}


class OpsError(Exception):
    """A verb cannot go on. `message` says what and where, `advice` what to do."""

    def __init__(self, message: str, *, advice: str = "", exit_code: OpsExit = OpsExit.FAILED) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice
        self.exit_code = exit_code


_NOT_ALLOWED = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"})
_NOT_KNOWN = frozenset(
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
    """What AWS calls a refusal."""
    return str(fault.response.get("Error", {}).get("Code", "unknown"))


def refusal(fault: ClientError | BotoCoreError) -> OpsError:
    """A fault of AWS in an operator's words."""
    if isinstance(fault, ClientError):
        return _answered(fault)
    if isinstance(fault, NoRegionError):
        return OpsError(
            "no AWS region is set",
            advice="set Account and Region in the environment's file, or AWS_REGION, or a profile",
        )
    if isinstance(fault, (NoCredentialsError, PartialCredentialsError)):
        return OpsError("no AWS credentials were found", advice="log in to AWS, or name a profile with AWS_PROFILE")
    if isinstance(fault, ProfileNotFound):
        return OpsError(str(fault), advice="correct AWS_PROFILE; `aws configure list-profiles` lists those there are")
    if isinstance(fault, (EndpointConnectionError, HTTPClientError)):
        return OpsError(f"AWS cannot be reached: {fault}", advice="check the network, the region and AWS_ENDPOINT_URL")
    return OpsError(f"AWS could not be asked: {fault}")


def _answered(fault: ClientError) -> OpsError:
    code, operation = code_of(fault), fault.operation_name
    if code in _NOT_ALLOWED:
        return OpsError(
            f"AWS does not allow {operation} to these credentials ({code})",
            advice="use credentials that may (AWS_PROFILE); the RUNBOOK lists what an operator needs",
        )
    if code in _NOT_KNOWN:
        return OpsError(f"AWS does not take these credentials ({code})", advice=_LOG_IN)
    detail: dict[str, Any] = dict(fault.response.get("Error", {}))
    return OpsError(f"AWS refused {operation} ({code}): {detail.get('Message', 'no reason given')}")
