"""Apps that use the constructs of `cdk_app`."""
