"""The sync inside an app of your own: `cdk --app "python -m examples.people_platform" synth`.

The constructs accept what the app already has: pass `cluster`, `log_group` or another `TaskNetwork` instead.
"""

import aws_cdk as cdk

from cdk_app.alerting import AlertingConstruct
from cdk_app.network import PublicNetworkConstruct
from cdk_app.state_table import StateTableConstruct
from cdk_app.sync_task import SyncTaskConstruct


def people_platform(app: cdk.App, region: str) -> cdk.Stack:
    """A stack with a network, the state, the task and its alerts."""
    stack = cdk.Stack(app, "PeoplePlatform", env=cdk.Environment(account="111122223333", region=region))
    state = StateTableConstruct(stack, "State")
    sync = SyncTaskConstruct(
        stack,
        "Sync",
        project_name="people-sync",
        network=PublicNetworkConstruct(stack, "Network").task_network,
        environment={
            "BAMBOO_COMPANY_DOMAIN": "acme",
            "MOODLE_BASE_URL": "https://acme.mylxp.example",
            "STATE_TABLE": state.table.table_name,
        },
        schedule_expression="cron(30 3 * * ? *)",
    )
    state.grant_worker(sync.task_role)
    AlertingConstruct(stack, "Alerting", task=sync, alert_email="people-sync@example.com")
    return stack


if __name__ == "__main__":
    tree = cdk.App()
    people_platform(tree, region="eu-west-2")
    tree.synth()
