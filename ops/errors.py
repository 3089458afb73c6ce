"""How a command ends that could not be done, and the faults of AWS in words."""

from __future__ import annotations

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    HTTPClientError,
    NoRegionError,
    ProfileNotFound,
)

from worker.aws import CREDENTIAL_FAULTS, LOG_IN, aws_failure
from worker.errors import ExitCode, SyncError


class Unavailable(SyncError):
    """What a command needs is not there, or AWS refuses it."""

    exit_code = ExitCode.UNAVAILABLE


class Interrupted(SyncError):
    """The operator pressed Ctrl-C."""

    exit_code = ExitCode.INTERRUPTED


_NOT_ALLOWED = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"})


def refusal(fault: ClientError | BotoCoreError) -> Unavailable:
    """The error for an operator, from one of boto3."""
    code = aws_failure(fault)
    if code in CREDENTIAL_FAULTS:
        return Unavailable(f"{CREDENTIAL_FAULTS[code]} ({code})", advice=LOG_IN)
    if isinstance(fault, NoRegionError):
        return Unavailable(
            "no AWS region is set",
            advice="set Account and Region in the environment's file, or AWS_REGION, or a profile",
        )
    if isinstance(fault, ProfileNotFound):
        return Unavailable(str(fault), advice="correct AWS_PROFILE; `aws configure list-profiles` lists the profiles")
    if isinstance(fault, (EndpointConnectionError, HTTPClientError)):
        return Unavailable(
            f"AWS cannot be reached: {fault}", advice="check the network, the region and AWS_ENDPOINT_URL"
        )
    if not isinstance(fault, ClientError):
        return Unavailable(f"AWS could not be called: {fault}")
    operation = fault.operation_name
    if code in _NOT_ALLOWED:
        return Unavailable(
            f"AWS does not allow these credentials to call {operation} ({code})",
            advice="use other credentials (AWS_PROFILE); for the permissions that an operator needs, see"
            ' "What an operator\'s AWS credentials must allow" (RUNBOOK, First deploy)',
        )
    reason = fault.response.get("Error", {}).get("Message", "no reason given")
    return Unavailable(f"AWS refused {operation} ({code}): {reason}")
