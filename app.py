"""The CDK application, which the CDK's command line runs: `cdk synth -c env=dev`."""

from cdk_app.application import main

main()
