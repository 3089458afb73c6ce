"""Findings of severity HIGH and above reach the topic; others do not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cdk_app.event_matcher import matches
from tests.cdk_app.synthesis import Synthesis
from tests.cdk_app.test_task_end import told

RULE = "AWS::Events::Rule"


def scan(repository: str = "snap", status: str = "COMPLETE", **counts: int) -> dict[str, Any]:
    """An event as "Amazon ECR events and EventBridge" (ECR user guide) shows it."""
    return {
        "version": "0",
        "detail-type": "ECR Image Scan",
        "source": "aws.ecr",
        "account": "111122223333",
        "region": "eu-west-2",
        "resources": [f"arn:aws:ecr:eu-west-2:111122223333:repository/{repository}"],
        "detail": {
            "scan-status": status,
            "repository-name": repository,
            "finding-severity-counts": counts,
            "image-digest": "sha256:7f5b",
            "image-tags": ["1234"],
        },
    }


@pytest.mark.parametrize(
    ("event", "reported"),
    [
        (scan(HIGH=1), True),
        (scan(CRITICAL=2), True),
        (scan(CRITICAL=1, HIGH=3, MEDIUM=9), True),
        (scan(MEDIUM=9, LOW=1), False),
        (scan(HIGH=0), False),
        (scan(), False),
        (scan("snap-dev", HIGH=1), False),
        ({**scan(HIGH=1), "detail-type": "ECR Image Action"}, False),
    ],
)
def test_which_scans_are_reported(prod: Synthesis, event: dict[str, Any], reported: bool) -> None:
    assert matches(prod.sync.properties("ScanRule", RULE)["EventPattern"], event) is reported


def test_the_message_counts_the_findings_and_says_what_to_do(prod: Synthesis) -> None:
    (target,) = prod.sync.properties("ScanRule", RULE)["Targets"]

    assert told(target["InputTransformer"], scan(HIGH=3)) == [
        "FINDINGS: the scan of an image of snap, the BambooHR to NovaLXP sync, found vulnerabilities.",
        "CRITICAL: , HIGH: 3 (blank: none)",
        "Image: snap@sha256:7f5b",
        "A deploy builds on the current base image, which usually removes them: make deploy ENV=prod",
        "The findings: aws ecr describe-image-scan-findings --region eu-west-2 --repository-name snap "
        "--image-id imageDigest=sha256:7f5b",
    ]
