"""Alerts: one topic, a message for every end of the task, and alarms for what no event reports."""

from __future__ import annotations

from aws_cdk import Aws, Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk_app import arguments, console, image_scan, task_end
from cdk_app.schedule_checks import LONGEST_SILENCE_HOURS
from cdk_app.sync_task import CONTAINER, SyncTaskConstruct

_HOUR = Duration.hours(1)
_FIVE_MINUTES = Duration.minutes(5)


class AlertingConstruct(Construct):
    """E-mails to the operator: how each run ended, and that a scheduled run did not happen.

    - `success_rule` and `failure_rule`: exactly one of them matches each end of the task.
    - `silence_alarm`: no successful sync for `silence_hours` (None where that is 0). Only a sync of all employees that
      wrote, without errors, feeds it: no dry run, no run for single employees, no second delivery of the same start,
      no start during a pause, and no reconcile, which would hide that the scheduled syncs have stopped. Whether the
      schedule or an operator started it does not matter, since either leaves the site in sync. It is in ALARM until the
      first one.
    - `dead_letter_alarm`: the schedule could not start the task, or a message could not be sent.
    - `parked_alarm`: employees are parked, so no longer counted as errors, and need attention.
    - `scan_rule`: the scan of an image found vulnerabilities of severity HIGH or CRITICAL (None without a repository).

    `topic` and `subscription` are where all of it goes. Messages hold no personal data, so a customer-managed key
    (`encryption_key`) is an option and not the default: neither the events nor the alarms could use the account's
    default key for topics.

    Args:
        task: The task to report on; cluster, family, log group and dead-letter queue are read from it.
        alert_email: Who gets the e-mails, once they have confirmed the subscription.
        silence_hours: Hours without a successful sync before the alarm, 2 to 168, or 0 for no such alarm.
        operator_environment: The environment's name in the commands that an e-mail quotes; without it none are quoted.
        image_repository_name: The ECR repository whose scan findings are reported.
        encryption_key: A key for the topic; its policy is extended so that events and alarms can use it.

    Raises:
        ValueError: An argument is not allowed; the message names it, its value and what is allowed.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        task: SyncTaskConstruct,
        alert_email: str,
        silence_hours: int = 30,
        operator_environment: str | None = None,
        image_repository_name: str | None = None,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        arguments.email("alert_email", alert_email)
        if silence_hours != 0:
            arguments.whole_number("silence_hours", silence_hours, low=2, high=LONGEST_SILENCE_HOURS)
        watched = _watched(task, operator_environment)
        self._project_name = task.project_name
        self._log_group = task.log_group
        self._dead_letter_queue = task.schedules.dead_letter_queue
        self.topic = self._topic(encryption_key)
        self.subscription = self.topic.add_subscription(subscriptions.EmailSubscription(alert_email))
        end = f"{task.project_name}: an end of the sync task"
        self.success_rule = self._rule(
            "SuccessRule", end, task_end.success_pattern(watched), task_end.success_message(watched)
        )
        self.failure_rule = self._rule(
            "FailureRule", end, task_end.failure_pattern(watched), task_end.failure_message(watched)
        )
        self.scan_rule = self._scan_rule(image_repository_name, operator_environment)
        # The metric is made without an alarm, too: a filter that comes later knows nothing of earlier runs.
        clean_runs = self._clean_runs()
        self.silence_alarm = self._silence_alarm(clean_runs, silence_hours) if silence_hours else None
        self.parked_alarm = self._parked_alarm(silence_hours or LONGEST_SILENCE_HOURS)
        self.dead_letter_alarm = self._dead_letter_alarm(self._dead_letter_queue)

    @property
    def alarms(self) -> list[cloudwatch.Alarm]:
        """Every alarm that there is."""
        return [alarm for alarm in (self.silence_alarm, self.dead_letter_alarm, self.parked_alarm) if alarm]

    def _topic(self, key: kms.IKey | None) -> sns.Topic:
        topic = sns.Topic(self, "Topic", display_name="LXP sync", enforce_ssl=True, master_key=key)
        # An explicit policy takes the place of the default one, by which the account's alarms could publish.
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsPublish",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )
        if key:
            for service in ("events.amazonaws.com", "cloudwatch.amazonaws.com"):
                # No condition: EventBridge sends none of the usual context with its use of a key.
                key.add_to_resource_policy(
                    iam.PolicyStatement(
                        principals=[iam.ServicePrincipal(service)],
                        actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                        resources=["*"],
                    )
                )
        return topic

    def _rule(
        self, construct_id: str, description: str, pattern: events.EventPattern, message: events.RuleTargetInput
    ) -> events.Rule:
        # The target's grant on the topic carries no condition, and must not: with one, nothing is delivered.
        target = targets.SnsTopic(self.topic, message=message, dead_letter_queue=self._dead_letter_queue)
        return events.Rule(self, construct_id, description=description, event_pattern=pattern, targets=[target])

    def _scan_rule(self, repository: str | None, environment: str | None) -> events.Rule | None:
        if repository is None:
            return None
        return self._rule(
            "ScanRule",
            f"{self._project_name}: serious findings of an image scan",
            image_scan.findings_pattern(repository),
            image_scan.findings_message(self._project_name, repository, environment),
        )

    def _clean_runs(self) -> cloudwatch.Metric:
        # Another metric name would have no history, and raise the alarm with the deploy that changes it.
        return self._metric(
            "CleanNights",
            logs.FilterPattern.all(
                *_whole_sync(),
                logs.FilterPattern.boolean_value("$.ok", True),
                logs.FilterPattern.string_value("$.outcome", "!=", "duplicate"),
                logs.FilterPattern.string_value("$.outcome", "!=", "paused"),
            ),
            value="1",
            statistic="Sum",
        )

    def _silence_alarm(self, metric: cloudwatch.Metric, hours: int) -> cloudwatch.Alarm:
        return self._alarm(
            "SilenceAlarm",
            "silence",
            f"No successful sync for {hours} hours: the task did not run, or it ended with errors. See the RUNBOOK, "
            "silence alarm. A new stack is in the ALARM state until its first successful sync.",
            metric,
            cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            periods=hours,
            datapoints=hours,
            missing=cloudwatch.TreatMissingData.BREACHING,
        )

    def _parked_alarm(self, hours: int) -> cloudwatch.Alarm:
        metric = self._metric(
            "ParkedPeople",
            logs.FilterPattern.all(*_whole_sync(), logs.FilterPattern.number_value("$.parked", ">", 0)),
            value="$.parked",
            statistic="Maximum",
        )
        return self._alarm(
            "ParkedAlarm",
            "parked",
            "Employees are parked: NovaLXP refused each of them individually in run after run, and they no longer "
            "count as errors. See the RUNBOOK, parked employees.",
            metric,
            cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            periods=hours,
            # One run of the last: with fewer hours the alarm would come and go between two runs.
            datapoints=1,
            missing=cloudwatch.TreatMissingData.NOT_BREACHING,
        )

    def _dead_letter_alarm(self, queue: sqs.IQueue) -> cloudwatch.Alarm:
        return self._alarm(
            "DeadLetterAlarm",
            "dead-letters",
            "The schedule could not start the task, or a message about its end could not be sent. The reason is in the "
            "attributes of the messages in the dead-letter queue. See the RUNBOOK.",
            queue.metric_approximate_number_of_messages_visible(period=_FIVE_MINUTES, statistic="Maximum"),
            cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            periods=1,
            datapoints=1,
            missing=cloudwatch.TreatMissingData.NOT_BREACHING,
        )

    def _metric(self, name: str, pattern: logs.IFilterPattern, *, value: str, statistic: str) -> cloudwatch.Metric:
        # No default value: a metric is charged by the hour with data.
        return logs.MetricFilter(
            self,
            f"{name}Filter",
            log_group=self._log_group,
            filter_pattern=pattern,
            metric_namespace=f"LxpSync/{self._project_name}",
            metric_name=name,
            metric_value=value,
        ).metric(period=_HOUR, statistic=statistic)

    def _alarm(
        self,
        construct_id: str,
        name: str,
        description: str,
        metric: cloudwatch.Metric,
        comparison: cloudwatch.ComparisonOperator,
        *,
        periods: int,
        datapoints: int,
        missing: cloudwatch.TreatMissingData,
    ) -> cloudwatch.Alarm:
        """More than a day is only allowed in periods of an hour or more (CloudWatch API, PutMetricAlarm)."""
        alarm = cloudwatch.Alarm(
            self,
            construct_id,
            alarm_name=f"{self._project_name}-{name}",
            alarm_description=description,
            metric=metric,
            comparison_operator=comparison,
            threshold=1,
            evaluation_periods=periods,
            datapoints_to_alarm=datapoints,
            treat_missing_data=missing,
        )
        action = actions.SnsAction(self.topic)
        alarm.add_alarm_action(action)
        alarm.add_ok_action(action)
        return alarm


def _whole_sync() -> tuple[logs.JsonPattern, ...]:
    """The summary line of a sync of all employees that wrote."""
    return (
        logs.FilterPattern.string_value("$.event", "=", "sync.summary"),
        logs.FilterPattern.string_value("$.command", "=", "sync"),
        logs.FilterPattern.string_value("$.scope", "=", "all"),
        logs.FilterPattern.boolean_value("$.dry_run", False),
    )


def _watched(task: SyncTaskConstruct, environment: str | None) -> task_end.WatchedTask:
    return task_end.WatchedTask(
        project_name=task.project_name,
        cluster_arn=task.cluster_arn,
        cluster_name=task.cluster_name,
        family_arn_prefix=task.family_arn_prefix,
        container_name=CONTAINER,
        log_group_name=task.log_group_name,
        environment=environment,
        console=console.host(Stack.of(task).region),
    )
