"""Orders one step of a deploy that the CDK's command line leaves to chance.

The sync stack's image is built for a repository that the registry stack makes. The command line waits for a stack's
dependencies before it *publishes* an asset, but not before it *builds* one, and building begins with a look for the
repository. So the first `cdk deploy --all` would end with "No ECR repository named ...". An asset's own artifact may
have dependencies too, which the command line honours, and which no API of the library sets.

The fallback without this step: deploy the registry stack first, by name, and then the rest.
"""

from __future__ import annotations

import json
from pathlib import Path


def build_images_after(assembly: Path, *, image_stack: str, registry_stack: str) -> None:
    """In a synthesised assembly, let the assets of one stack wait for another stack. Both are artifact ids.

    Raises KeyError where the assembly has no such artifacts.
    """
    path = assembly / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    artifacts = manifest["artifacts"]
    assets, registry = artifacts[f"{image_stack}.assets"], artifacts[registry_stack]
    if registry["type"] != "aws:cloudformation:stack":
        raise KeyError(f"{registry_stack} is no stack")
    dependencies = assets.setdefault("dependencies", [])
    if registry_stack not in dependencies:
        dependencies.append(registry_stack)
        path.write_text(json.dumps(manifest, indent=2), encoding="utf-8")
