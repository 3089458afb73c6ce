"""The dashboard: charts of the summary lines, and the alarms."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

_WIDTH = 24
_SUMMARIES = 'filter event = "sync.summary" and command = "sync" and scope = "all" and dry_run = 0'


class DashboardConstruct(Construct):
    """A CloudWatch dashboard. It queries the log when it is opened, so it needs no metrics, which are charged.

    Args:
        dashboard_name: Its name.
        log_group_name: The log group with the summary lines.
        alarms: The alarms whose state is shown.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        dashboard_name: str,
        log_group_name: str,
        alarms: Sequence[cloudwatch.IAlarm],
    ) -> None:
        super().__init__(scope, construct_id)
        self._log_group_name = log_group_name
        self.dashboard = cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=dashboard_name,
            # By default, it shows the last three hours, which rarely contain a run.
            default_interval=Duration.days(30),
        )
        self.dashboard.add_widgets(cloudwatch.AlarmStatusWidget(title="Alarms", alarms=alarms, width=_WIDTH, height=3))
        self.dashboard.add_widgets(
            self._chart("Employees written, by day", "created", "updated", "suspended", "reactivated"),
            self._chart("Employees that need attention, by day", "errors", "held_suspensions", "conflicts", "parked"),
        )
        self.dashboard.add_widgets(
            cloudwatch.LogQueryWidget(
                title="Last runs",
                log_group_names=[log_group_name],
                view=cloudwatch.LogQueryVisualizationType.TABLE,
                width=_WIDTH,
                height=9,
                query_lines=[
                    "fields @timestamp, run_id, command, scope, trigger, dry_run, outcome, errors, processed, created, "
                    "updated, suspended, held_suspensions, parked, duration_seconds",
                    'filter event = "sync.summary"',
                    "sort @timestamp desc",
                    "limit 30",
                ],
            )
        )

    def _chart(self, title: str, *counts: str) -> cloudwatch.LogQueryWidget:
        sums = ", ".join(f"sum({count}) as {count}_" for count in counts)
        return cloudwatch.LogQueryWidget(
            title=title,
            log_group_names=[self._log_group_name],
            view=cloudwatch.LogQueryVisualizationType.BAR,
            width=_WIDTH // 2,
            height=7,
            query_lines=[_SUMMARIES, f"stats {sums} by bin(1d)"],
        )
