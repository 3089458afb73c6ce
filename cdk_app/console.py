"""The address of AWS's web console."""

from __future__ import annotations

from aws_cdk import Aws, Token
from aws_cdk.region_info import RegionInfo

_HOSTS = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}


def host(region: str) -> str | None:
    """The console's host of a region, which may be a token; None in a partition whose console has no known address."""
    if Token.is_unresolved(region):
        return f"{Aws.REGION}.{_HOSTS['aws']}"
    known = _HOSTS.get(RegionInfo.get(region).partition or "aws")
    return f"{region}.{known}" if known else None
