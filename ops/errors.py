"""How a command ends that could not be done, and the faults of AWS in words."""

from __future__ import annotations

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

from worker.errors import ExitCode, SyncError


class Unavailable(SyncError):
    """What a command needs is not there, or AWS refuses it."""

    exit_code = ExitCode.UNAVAILABLE


class Interrupted(SyncError):
    """The operator pressed Ctrl-C."""

    exit_code = ExitCode.INTERRUPTED


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


def code_of(fault: ClientError) -> str:
    """The code of an error that AWS returned."""
    return str(fault.response.get("Error", {}).get("Code", "unknown"))


def refusal(fault: ClientError | BotoCoreError) -> Unavailable:
    """The error for an operator, from one of boto3."""
    if isinstance(fault, NoRegionError):
        return Unavailable(
            "no AWS region is set",
            advice="set Account and Region in the environment's file, or AWS_REGION, or a profile",
        )
    if isinstance(fault, (NoCredentialsError, PartialCredentialsError)):
        return Unavailable("no AWS credentials were found", advice="log in to AWS, or name a profile with AWS_PROFILE")
    if isinstance(fault, ProfileNotFound):
        return Unavailable(str(fault), advice="correct AWS_PROFILE; `aws configure list-profiles` lists the profiles")
    if isinstance(fault, (EndpointConnectionError, HTTPClientError)):
        return Unavailable(
            f"AWS cannot be reached: {fault}", advice="check the network, the region and AWS_ENDPOINT_URL"
        )
    if not isinstance(fault, ClientError):
        return Unavailable(f"AWS could not be called: {fault}")
    code, operation = code_of(fault), fault.operation_name
    if code in _NOT_ALLOWED:
        return Unavailable(
            f"AWS does not allow these credentials to call {operation} ({code})",
            advice="use other credentials (AWS_PROFILE); for the permissions that an operator needs, see"
            ' "What an operator\'s AWS credentials must allow" (RUNBOOK, First deploy)',
        )
    if code in _NOT_ACCEPTED:
        return Unavailable(
            f"AWS does not accept these credentials ({code})",
            advice="log in to AWS again, or name other credentials with AWS_PROFILE",
        )
    reason = fault.response.get("Error", {}).get("Message", "no reason given")
    return Unavailable(f"AWS refused {operation} ({code}): {reason}")
