"""The infrastructure: one construct per file, and two stacks that compose them."""

import os

# On a Node past its end of life, the Node process of the CDK prints a warning of ten lines at every start. The README
# says which Node is required. The value is a list of major versions, and is read when the CDK is imported.
os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")
