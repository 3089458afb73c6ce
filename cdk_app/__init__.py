"""The infrastructure: one construct a file, and thin stacks that compose them and wire their grants."""

import os

# The CDK runs a Node process, which prints a banner of ten lines at every start on a Node that is past its end of life.
# Which Node is wanted is said once, in the README; this must be set before the CDK is imported. The value is a list of
# major versions.
os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")
