"""Clients of the AWS services. boto3 is loaded only where AWS is used: it takes a third of the start-up time."""

from __future__ import annotations

import os
import re
from typing import Any, Literal

from worker.errors import ConfigurationError

_CODE = re.compile(r"[A-Za-z.]{1,80}")


def aws_client(service: Literal["dynamodb", "secretsmanager"]) -> Any:
    """A client with bounded time-outs and retries. boto3's own settings (AWS_ENDPOINT_URL too) are honoured."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    config = Config(connect_timeout=5, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 4})
    try:
        return boto3.client(service, region_name=_region(), config=config)
    except (BotoCoreError, ValueError) as fault:
        raise ConfigurationError(
            [f"AWS_REGION or another AWS setting cannot be used ({type(fault).__name__})"],
            advice="set AWS_REGION; without AWS set STATE_FILE, BAMBOOHR_API_KEY and MOODLE_TOKEN instead",
        ) from None


def _region() -> str | None:
    """AWS_REGION, which ECS sets and boto3 does not read, or what boto3 finds for itself."""
    return os.environ.get("AWS_REGION") or None


def aws_failure(fault: Exception) -> str:
    """What AWS calls a failure; the name of the fault where AWS never answered. Other faults are raised again."""
    from botocore.exceptions import BotoCoreError, ClientError

    if isinstance(fault, ClientError):
        code = str(fault.response.get("Error", {}).get("Code", ""))
        return code if _CODE.fullmatch(code) else "unknown error"
    if isinstance(fault, BotoCoreError):
        return type(fault).__name__
    raise fault
