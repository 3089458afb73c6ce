"""What ECR's image scan found, as an event pattern and the message it becomes.

Event fields: "Amazon ECR events and EventBridge", ECR user guide. A severity without findings has no count.
"""

from __future__ import annotations

from aws_cdk import Aws
from aws_cdk import aws_events as events

_GRAVE = ("CRITICAL", "HIGH")
_COUNTS = "finding-severity-counts"


def findings_pattern(repository_name: str) -> events.EventPattern:
    """A completed scan of an image of the repository, with at least one finding of severity HIGH or CRITICAL."""
    return events.EventPattern(
        source=["aws.ecr"],
        detail_type=["ECR Image Scan"],
        detail={
            "repository-name": [repository_name],
            "$or": [{_COUNTS: {severity: [{"numeric": [">", 0]}]}} for severity in _GRAVE],
        },
    )


def findings_message(project_name: str, repository_name: str, environment: str | None) -> events.RuleTargetInput:
    """How many findings there are, where to read them, and what usually removes them."""
    field = events.EventField.from_path
    counts = ", ".join(f"{severity}: {field(f'$.detail.{_COUNTS}.{severity}')}" for severity in _GRAVE)
    lines = (
        f"FINDINGS: the scan of an image of {project_name}, the BambooHR to NovaLXP sync, found vulnerabilities.",
        f"{counts} (blank: none)",
        f"Image: {repository_name}@{field('$.detail.image-digest')}",
        "A deploy builds on the current base image, which usually removes them"
        + (f": make deploy ENV={environment}" if environment else "."),
        f"The findings: aws ecr describe-image-scan-findings --region {Aws.REGION} --repository-name {repository_name} "
        f"--image-id imageDigest={field('$.detail.image-digest')}",
    )
    return events.RuleTargetInput.from_multiline_text("\n".join(lines))
