"""The CDK application, which the CDK CLI runs: `cdk synth -c env=dev`."""

from cdk_app.application import main

main()
