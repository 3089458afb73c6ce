"""Alerting: a topic, a message about every end of the task, and alarms for what events do not report."""

from __future__ import annotations

from aws_cdk import Aws, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from cdk_app import arguments, notifications
from cdk_app.allowed_values import LONGEST_SILENCE_HOURS
from cdk_app.sync_task import SyncTaskConstruct


class AlertingConstruct(Construct):
    """E-mails to the operator about how each run ended, and about scheduled runs that did not take place.

    Messages contain no personal data, so the topic has no customer-managed key by default. With the account's default
    key for topics, neither events nor alarms could publish.

    Attributes:
        topic: The topic of all alerts.
        subscription: The operator's subscription.
        success_rule: The rule for a success; either this one or `failure_rule` matches each end of the task.
        failure_rule: The rule for any other end.
        scan_rule: The rule for vulnerabilities of severity HIGH or CRITICAL in an image; None without a repository.
        silence_alarm: No successful sync for `silence_hours`; None if that is 0. Only syncs of all employees that wrote
            and had no errors count: no dry run, no run for single employees, no second delivery of the same start, no
            start during a pause, and no reconcile, which would hide that the scheduled syncs have stopped. It does not
            matter whether a schedule or an operator started the sync. The alarm is in ALARM until the first one.
        parked_alarm: Employees are parked, so they are no longer counted as errors, and need attention.
        dead_letter_alarm: The schedule could not start the task, or a message could not be sent.

    Args:
        task: The task to report on.
        alert_email: The address to which e-mails are sent, once the subscription is confirmed.
        silence_hours: Hours without a successful sync before the alarm, 2 to 168, or 0 for no such alarm.
        operator_environment: The environment's name in the commands that an e-mail quotes; without it, none are quoted.
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
        self._project_name = task.project_name
        self._log_group = task.log_group
        self._dead_letter_queue = task.schedules.dead_letter_queue
        self.topic = self._topic(encryption_key)
        self.subscription = self.topic.add_subscription(subscriptions.EmailSubscription(alert_email))
        end = f"{task.project_name}: an end of the sync task"
        self.success_rule = self._rule(
            "SuccessRule",
            end,
            notifications.success_pattern(task),
            notifications.success_message(task, operator_environment),
        )
        self.failure_rule = self._rule(
            "FailureRule",
            end,
            notifications.failure_pattern(task),
            notifications.failure_message(task, operator_environment),
        )
        self.scan_rule = self._scan_rule(image_repository_name, operator_environment)
        # The metric exists without the alarm, too: a filter that is added later does not count earlier runs.
        successful_syncs = self._successful_syncs()
        self.silence_alarm = self._silence_alarm(successful_syncs, silence_hours) if silence_hours else None
        self.parked_alarm = self._parked_alarm(silence_hours or LONGEST_SILENCE_HOURS)
        self.dead_letter_alarm = self._dead_letter_alarm()

    @property
    def alarms(self) -> list[cloudwatch.Alarm]:
        """The alarms of the environment."""
        return [alarm for alarm in (self.silence_alarm, self.dead_letter_alarm, self.parked_alarm) if alarm]

    def _topic(self, key: kms.IKey | None) -> sns.Topic:
        topic = sns.Topic(self, "Topic", display_name="LXP sync", enforce_ssl=True, master_key=key)
        # An explicit policy replaces the default one, which lets the account's alarms publish.
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
                # No condition: EventBridge sends none of the usual context keys when it uses a key.
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
        # The target's grant on the topic has no condition: with one, no message would be delivered.
        target = targets.SnsTopic(self.topic, message=message, dead_letter_queue=self._dead_letter_queue)
        return events.Rule(self, construct_id, description=description, event_pattern=pattern, targets=[target])

    def _scan_rule(self, repository: str | None, environment: str | None) -> events.Rule | None:
        if repository is None:
            return None
        return self._rule(
            "ScanRule",
            f"{self._project_name}: serious findings of an image scan",
            notifications.findings_pattern(repository),
            notifications.findings_message(self._project_name, repository, environment),
        )

    def _successful_syncs(self) -> cloudwatch.Metric:
        # A metric with another name would have no history, so the deploy that renames it would raise the alarm.
        return self._metric(
            "CleanNights",
            logs.FilterPattern.all(
                *_sync_of_all_employees(),
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
            periods=hours,
            datapoints=hours,
            comparison=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            missing=cloudwatch.TreatMissingData.BREACHING,
        )

    def _parked_alarm(self, hours: int) -> cloudwatch.Alarm:
        metric = self._metric(
            "ParkedPeople",
            logs.FilterPattern.all(*_sync_of_all_employees(), logs.FilterPattern.number_value("$.parked", ">", 0)),
            value="$.parked",
            statistic="Maximum",
        )
        return self._alarm(
            "ParkedAlarm",
            "parked",
            "Employees are parked: NovaLXP refused each of them individually in run after run, and they no longer "
            "count as errors. See the RUNBOOK, parked employees.",
            metric,
            # Over fewer hours, the alarm would end between two runs.
            periods=hours,
        )

    def _dead_letter_alarm(self) -> cloudwatch.Alarm:
        return self._alarm(
            "DeadLetterAlarm",
            "dead-letters",
            "The schedule could not start the task, or a message about its end could not be sent. The reason is in the "
            "attributes of the messages in the dead-letter queue. See the RUNBOOK.",
            self._dead_letter_queue.metric_approximate_number_of_messages_visible(
                period=Duration.minutes(5), statistic="Maximum"
            ),
            periods=1,
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
        ).metric(period=Duration.hours(1), statistic=statistic)

    def _alarm(
        self,
        construct_id: str,
        name: str,
        description: str,
        metric: cloudwatch.Metric,
        *,
        periods: int,
        datapoints: int = 1,
        comparison: cloudwatch.ComparisonOperator = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        missing: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING,
    ) -> cloudwatch.Alarm:
        # More than a day is only allowed in periods of an hour or more (CloudWatch API, PutMetricAlarm).
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


def _sync_of_all_employees() -> tuple[logs.JsonPattern, ...]:
    """Return the conditions on the summary line of a sync of all employees that wrote."""
    return (
        logs.FilterPattern.string_value("$.event", "=", "sync.summary"),
        logs.FilterPattern.string_value("$.command", "=", "sync"),
        logs.FilterPattern.string_value("$.scope", "=", "all"),
        logs.FilterPattern.boolean_value("$.dry_run", False),
    )
