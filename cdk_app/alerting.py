"""Who is told: one topic, a message for every end of the task, and alarms for what no event tells."""

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
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk_app import task_end

_HOUR = Duration.hours(1)
_FIVE_MINUTES = Duration.minutes(5)


class AlertingConstruct(Construct):
    """Mails the operator how each night ended, and when a night did not happen.

    - `success_rule` and `failure_rule`: exactly one of them matches each end of the task.
    - `silence_alarm`: no clean night for `silence_hours`. Only a sync of everybody that wrote, without errors, feeds
      it: no dry run, no run for single employees, no second delivery of the same night, and no reconcile, which would
      hide for a day that the nights have stopped. Whether the schedule or an operator started it does not matter, since
      either leaves the site in step. It is in ALARM until the first one.
    - `dead_letter_alarm`: the schedule could not start the task, or a message could not be sent.
    - `parked_alarm`: somebody is parked, so no longer counted as an error, and should be looked at.

    `topic` and `subscription` are where all of it goes. Messages hold no personal data, so a key of one's own
    (`encryption_key`) is an option and not the default: neither the events nor the alarms could use the account's
    default key for topics.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        task: task_end.WatchedTask,
        log_group: logs.ILogGroup,
        dead_letter_queue: sqs.IQueue,
        alert_email: str,
        silence_hours: int = 30,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._project_name = task.project_name
        self._log_group = log_group
        self.topic = self._topic(encryption_key)
        self.subscription = self.topic.add_subscription(subscriptions.EmailSubscription(alert_email))
        self.success_rule = self._rule(
            "SuccessRule", task_end.success_pattern(task), task_end.success_message(task), dead_letter_queue
        )
        self.failure_rule = self._rule(
            "FailureRule", task_end.failure_pattern(task), task_end.failure_message(task), dead_letter_queue
        )
        self.silence_alarm = self._silence_alarm(silence_hours)
        self.parked_alarm = self._parked_alarm(silence_hours)
        self.dead_letter_alarm = self._dead_letter_alarm(dead_letter_queue)

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
        self,
        construct_id: str,
        pattern: events.EventPattern,
        message: events.RuleTargetInput,
        dead_letter_queue: sqs.IQueue,
    ) -> events.Rule:
        # The target's grant on the topic carries no condition, and must not: with one, nothing is delivered.
        target = targets.SnsTopic(self.topic, message=message, dead_letter_queue=dead_letter_queue)
        return events.Rule(
            self,
            construct_id,
            description=f"{self._project_name}: an end of the sync task",
            event_pattern=pattern,
            targets=[target],
        )

    def _silence_alarm(self, hours: int) -> cloudwatch.Alarm:
        metric = self._metric(
            "CleanNights",
            logs.FilterPattern.all(
                *_whole_sync(),
                logs.FilterPattern.boolean_value("$.ok", True),
                logs.FilterPattern.string_value("$.outcome", "!=", "duplicate"),
            ),
            value="1",
            statistic="Sum",
        )
        return self._alarm(
            "SilenceAlarm",
            "silence",
            f"No clean night for {hours} hours: the task did not run, or it ended with errors. See the RUNBOOK, "
            "silence alarm. A new stack is in this state until its first clean night.",
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
            "People are parked: NovaLXP refused them by name night after night, and they no longer count as errors. "
            "See the RUNBOOK, parked people.",
            metric,
            cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            periods=hours,
            # One night of the last: with fewer hours it would come and go between two nights.
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
    """The summary line of a sync of everybody that wrote."""
    return (
        logs.FilterPattern.string_value("$.event", "=", "sync.summary"),
        logs.FilterPattern.string_value("$.command", "=", "sync"),
        logs.FilterPattern.string_value("$.scope", "=", "all"),
        logs.FilterPattern.boolean_value("$.dry_run", False),
    )
