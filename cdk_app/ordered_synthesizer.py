"""A stack synthesizer whose images are built only after another stack is deployed.

The sync stack's image is published to a repository that the registry stack creates. The CDK CLI waits for a stack's
dependencies before it *publishes* an asset, but not before it *builds* one, which requires the repository. The first
`cdk deploy --all` would therefore end with "No ECR repository named ...". The CLI does heed dependencies of the asset
manifest itself, which the default synthesizer does not set.
"""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import cloud_assembly_schema as schema

# The version that the default synthesizer requires; a test compares the two.
_BOOTSTRAP_VERSION = 6


class OrderedSynthesizer(cdk.StackSynthesizer):
    """A `DefaultStackSynthesizer` with which the assets of a stack depend on another stack.

    It wraps the default one instead of inheriting from it: a stack copies a default synthesizer before it uses it, and
    the copy does not have the methods of a Python subclass.

    Args:
        after: The stack to deploy first.
        image_assets_repository_name: The repository of the images.
    """

    def __init__(self, *, after: cdk.Stack, image_assets_repository_name: str) -> None:
        super().__init__()
        self._after = after
        self._default = cdk.DefaultStackSynthesizer(image_assets_repository_name=image_assets_repository_name)
        self._stack: cdk.Stack | None = None

    @property
    def bootstrap_qualifier(self) -> str | None:
        """The qualifier of the bootstrap stack."""
        return self._default.bootstrap_qualifier

    def bind(self, stack: cdk.Stack) -> None:
        """Attach the synthesizer to its stack."""
        self._stack = stack
        self._default.bind(stack)

    # The library passes one struct, while the methods of the wrapped object accept its fields.

    def add_file_asset(self, asset: Any) -> cdk.FileAssetLocation:  # type: ignore[override]
        """Register a file asset."""
        return self._default.add_file_asset(**_fields(asset))

    def add_docker_image_asset(self, asset: Any) -> cdk.DockerImageAssetLocation:  # type: ignore[override]
        """Register an image asset."""
        return self._default.add_docker_image_asset(**_fields(asset))

    def synthesize(self, session: cdk.ISynthesisSession) -> None:
        """Write the stack into the assembly, and its asset manifest again, with the dependency."""
        self._default.synthesize(session)
        assert self._stack is not None
        manifest_id = f"{self._stack.artifact_id}.assets"
        session.assembly.add_artifact(
            manifest_id,
            type=schema.ArtifactType.ASSET_MANIFEST,
            properties=schema.AssetManifestProperties(
                file=f"{manifest_id}.json",
                requires_bootstrap_stack_version=_BOOTSTRAP_VERSION,
                bootstrap_stack_version_ssm_parameter=f"/cdk-bootstrap/{self.bootstrap_qualifier}/version",
            ),
            dependencies=[self._after.artifact_id],
        )


def _fields(struct: Any) -> dict[str, Any]:
    names = [name for name, member in vars(type(struct)).items() if isinstance(member, property)]
    return {name: value for name in names if (value := getattr(struct, name)) is not None}
