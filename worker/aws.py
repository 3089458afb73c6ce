"""Clients of the AWS services. boto3 is loaded only where AWS is used: it takes a third of the start-up time."""

from __future__ import annotations

import json
import os
import re
from http import HTTPStatus
from typing import Any, Literal

from worker.errors import ConfigurationError

_CODE = re.compile(r"[A-Za-z.]{1,80}")
_PARSER_FAULTS = (AttributeError, KeyError, TypeError, ValueError)
"""The exceptions that boto3's parsers raise for an answer that does not have AWS's form."""
_EXPIRED = "the AWS credentials have expired"
_NOT_ACCEPTED = "AWS does not accept these credentials"
CREDENTIAL_FAULTS = {
    "NoCredentialsError": "no AWS credentials were found",
    "PartialCredentialsError": "the AWS credentials are incomplete",
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
    "RequestExpired": _EXPIRED,
    "AuthFailure": _NOT_ACCEPTED,
    "InvalidClientTokenId": _NOT_ACCEPTED,
    "InvalidSignatureException": _NOT_ACCEPTED,
    "SignatureDoesNotMatch": _NOT_ACCEPTED,
    "UnrecognizedClientException": _NOT_ACCEPTED,
}
"""What is wrong with the credentials for AWS, by what :func:`aws_failure` returns. What to do about it: LOG_IN."""
LOG_IN = "log in to AWS, or name other credentials with AWS_PROFILE"


def aws_client(service: Literal["dynamodb", "secretsmanager"]) -> Any:
    """Return a client with bounded time-outs and retries. boto3's own settings (AWS_ENDPOINT_URL too) are honoured."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    config = Config(connect_timeout=5, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 4})
    try:
        # ECS sets AWS_REGION, which boto3 does not read; without it, boto3 chooses.
        client = boto3.client(service, region_name=os.environ.get("AWS_REGION") or None, config=config)
    except (BotoCoreError, ValueError) as fault:
        raise ConfigurationError(
            [f"AWS_REGION or another AWS setting cannot be used ({type(fault).__name__})"],
            advice="set AWS_REGION; without AWS set STATE_FILE, BAMBOOHR_API_KEY and MOODLE_TOKEN instead",
        ) from None
    client.meta.events.register("before-parse", _only_objects)
    client.meta.events.register("after-call", _answered)
    return client


def _only_objects(response_dict: dict[str, Any], **_: object) -> None:
    """Turn a web page, or half an answer, into an error that boto3 retries.

    boto3 takes what is not JSON for an empty answer (no item; a write that succeeded), and crashes on another type.
    """
    if response_dict["status_code"] >= HTTPStatus.MULTIPLE_CHOICES:
        return
    try:
        whole = isinstance(json.loads(response_dict["body"] or b"{}"), dict)
    except ValueError:
        whole = False
    if not whole:
        response_dict.update(status_code=HTTPStatus.INTERNAL_SERVER_ERROR, body=b'{"__type": "RequestTimeout"}')


def _answered(http_response: Any, parsed: dict[str, Any], **_: object) -> None:
    """Raise the error of :func:`_only_objects`: boto3 uses the status of the last attempt, which was a success."""
    from botocore.exceptions import HTTPClientError

    if "Error" in parsed and http_response.status_code < HTTPStatus.MULTIPLE_CHOICES:
        raise HTTPClientError(error="no answer of AWS")


def aws_failure(fault: Exception) -> str:
    """Return AWS's error code, or the exception's name if AWS did not answer or boto3 could not parse the answer."""
    from botocore.exceptions import BotoCoreError, ClientError

    if isinstance(fault, ClientError):
        code = str(fault.response.get("Error", {}).get("Code", ""))
        return code if _CODE.fullmatch(code) else "unknown error"
    if isinstance(fault, (BotoCoreError, *_PARSER_FAULTS)):
        return type(fault).__name__
    raise fault
