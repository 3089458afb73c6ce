"""What an environment is made of: one TOML file, validated whole before anything is synthesised.

`load` returns `Parameters`, which is the one list of the keys, or raises `ParameterError` with every fault of the file.
docs/configuration.md explains the keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field
from pydantic.alias_generators import to_pascal

from cdk_app import parameter_reader, regions, schedule_expression, timezones
from cdk_app.iam_names import are_principals, is_github_repository
from cdk_app.log_retention import RETENTION
from cdk_app.parameter_reader import ParameterError
from cdk_app.schedule_checks import LONGEST_SILENCE_HOURS
from worker.config.faults import Faults, Problem, refusal
from worker.config.settings_file import worker_environment
from worker.config.settings_model import REMOVED, SharedSettings
from worker.config.tables import mapping_problems, scope_problems
from worker.model.moodle_fields import is_email

ENVIRONMENTS = Path(__file__).parent / "environments"

_PRODUCTION_NAMES = frozenset({"prod", "production"})
_REGISTRY_SUFFIX = "-registry"
_ID = "([0-9a-f]{8}|[0-9a-f]{17})"


def _project_name(name: str) -> str:
    if "--" in name or name.endswith(("-", _REGISTRY_SUFFIX)):
        raise ValueError
    return name


def _region(name: str) -> str:
    if not regions.is_region(name):
        raise refusal(choices=regions.names())
    return name


def _principals(names: list[str]) -> list[str]:
    if not are_principals(names):
        raise ValueError
    return names


def _repository(name: str) -> str:
    if not is_github_repository(name):
        raise ValueError
    return name


def _timezone(name: str) -> str:
    if not timezones.is_timezone(name):
        raise refusal(choices=timezones.names())
    return name


def _email(text: str) -> str:
    if not is_email(text):
        raise ValueError
    return text


def _schedule(expression: str) -> str:
    try:
        schedule_expression.check(expression)
    except schedule_expression.ScheduleExpressionError as fault:
        raise refusal(detail=str(fault)) from None
    return expression


_Schedule = Annotated[str, AfterValidator(_schedule)]


def _different(items: list[str]) -> list[str]:
    if len(set(items)) < len(items):
        raise ValueError
    return items


def _log_retention(days: int) -> int:
    if days not in RETENTION:
        raise ValueError
    return days


@dataclass(frozen=True, kw_only=True)
class NetworkParameters:
    """Where the task runs: an existing network, or (`create`) a small public one of its own."""

    create: bool
    flow_logs: bool
    vpc_id: str
    subnet_ids: tuple[str, ...]
    security_group_id: str | None
    assign_public_ip: bool


class Parameters(SharedSettings):
    """One environment: the keys of its file, those of the worker and those of the infrastructure."""

    model_config = ConfigDict(alias_generator=to_pascal)
    _environment: str = ""

    project_name: Annotated[str, AfterValidator(_project_name)] = Field(
        pattern="^[a-z][a-z0-9-]{2,39}$",
        description=f"3 to 40 lower-case letters, digits and single hyphens, starting with a letter, not ending in "
        f"{_REGISTRY_SUFFIX}: the name of the stacks, secrets, log group and image repository",
        examples=["acme-lxp-sync"],
    )
    production: bool = Field(
        description="true: resources that hold data outlive the stack, and Account and Region are required",
        examples=[True],
    )
    account: str | None = Field(
        None,
        pattern="^[0-9]{12}$",
        description="the AWS account, twelve digits in quotes; required in production",
        examples=["111122223333"],
    )
    region: Annotated[str | None, AfterValidator(_region)] = Field(
        None, description="the AWS region; set together with Account", examples=["eu-west-2"]
    )
    create_public_network: bool = Field(
        False, description="create a small public network without a NAT gateway", examples=[True]
    )
    vpc_flow_logs: bool = Field(
        False, description="record the connections in the network that the stack creates", examples=[True]
    )
    vpc_id: str | None = Field(
        None,
        pattern=f"^vpc-{_ID}$",
        description="the id of an existing VPC",
        examples=["vpc-0123456789abcdef0"],
    )
    subnet_ids: Annotated[list[Annotated[str, Field(pattern=f"^subnet-{_ID}$")]], AfterValidator(_different)] = Field(
        [],
        min_length=1,
        max_length=16,
        description="a list of 1 to 16 different ids of subnets in that VPC",
        examples=[["subnet-0123456789abcdef0"]],
    )
    security_group_id: str | None = Field(
        None,
        pattern=f"^sg-{_ID}$",
        description="a security group id in that VPC; if not set, the stack creates one that lets only HTTPS out",
        examples=["sg-0123456789abcdef0"],
    )
    assign_public_ip: bool = Field(
        False, description="true if the subnets are public and have no NAT gateway", examples=[True]
    )
    schedule_expression: _Schedule = Field(
        description="when the sync runs: an EventBridge Scheduler expression", examples=["cron(30 3 * * ? *)"]
    )
    schedule_timezone: Annotated[str, AfterValidator(_timezone)] = Field(
        description="the IANA time zone of the schedules", examples=["Europe/London"]
    )
    reconcile_schedule: _Schedule | None = Field(
        None,
        description="when all employees are compared: an EventBridge Scheduler expression; if not set, never",
        examples=["cron(30 10 ? * SUN *)"],
    )
    alert_email: Annotated[str, AfterValidator(_email)] = Field(
        description="the e-mail address that is notified of how runs end", examples=["lxp-sync@example.com"]
    )
    silence_hours: int = Field(
        30,
        ge=0,
        le=LONGEST_SILENCE_HOURS,
        description="the number of hours without a successful sync after which an alarm is raised; 0: never",
        examples=[54],
    )
    dashboard: bool = Field(False, description="create a CloudWatch dashboard", examples=[True])
    log_retention_days: Annotated[int, AfterValidator(_log_retention)] = Field(
        90,
        description=f"the number of days that the log is kept: one of {', '.join(map(str, RETENTION))}",
        examples=[365],
    )
    cpu_architecture: Literal["X86_64", "ARM64"] = Field(
        "X86_64",
        description="X86_64, or ARM64, which is cheaper and needs an image built on or for ARM",
        examples=["ARM64"],
    )
    operator_principals: Annotated[list[str], AfterValidator(_principals)] = Field(
        [],
        description="1 to 20 different ARNs of IAM users or roles that may assume a role for the operator's commands",
        examples=[["arn:aws:iam::111122223333:role/Operators"]],
    )
    github_repository: Annotated[str | None, AfterValidator(_repository)] = Field(
        None,
        alias="GitHubRepository",
        description="the GitHub repository (organisation/name) that may deploy this environment; if not set, none",
        examples=["acme/lxp-sync"],
    )

    @property
    def environment(self) -> str:
        """The environment's name."""
        return self._environment

    @property
    def network(self) -> NetworkParameters:
        """Where the task runs."""
        return NetworkParameters(
            create=self.create_public_network,
            flow_logs=self.vpc_flow_logs,
            vpc_id=self.vpc_id or "",
            subnet_ids=tuple(self.subnet_ids),
            security_group_id=self.security_group_id,
            assign_public_ip=self.assign_public_ip or self.create_public_network,
        )

    @property
    def worker_environment(self) -> Mapping[str, str]:
        """The settings that go to the container as they are."""
        return worker_environment(self)


def load(environment: str, file: Path | None = None, *, environments: Path = ENVIRONMENTS) -> Parameters:
    """The parameters of an environment, from `<environments>/<environment>.toml` or from `file` instead of it.

    Raises `ParameterError`. No other environment may have the same ProjectName: it names what exists once an account.
    """
    path = file or environments / f"{environment}.toml"
    values = parameter_reader.read_file(path, environment, environments)
    by_name = not {environment, path.stem}.isdisjoint(_PRODUCTION_NAMES)
    said = values.get("Production")
    production = said if isinstance(said, bool) else by_name
    advice = {to_pascal(name): text for name, text in REMOVED.items()}
    advice["Production"] = f"Production = {str(production).lower()} keeps what this environment is today"
    faults = Faults(values, where=f"{parameter_reader.shown_path(path)}: ", advice=advice)
    read = faults.validate(Parameters)
    faults.check(_account_problems(values, production=production))
    faults.check(_network_problems(values))
    faults.check(_schedule_problems(values))
    faults.check(mapping_problems("FieldMapping", values.get("FieldMapping")))
    faults.check(scope_problems("Scope", values.get("Scope")))
    taken = parameter_reader.same_project(values.get("ProjectName"), path, environment, environments)
    if taken is not None:
        shown = parameter_reader.shown_path(taken)
        faults.check([Problem("ProjectName", f"expected a name of its own: {shown} has it already")])
    if read is None or faults.lines:
        raise ParameterError(faults.lines)
    read._environment = environment
    return read


def names(environments: Path = ENVIRONMENTS) -> tuple[str, ...]:
    """The environments that have a file."""
    return parameter_reader.names(environments)


def _account_problems(values: Mapping[str, object], *, production: bool) -> Iterator[Problem]:
    for key, other in (("Account", "Region"), ("Region", "Account")):
        if key not in values and (production or other in values):
            named = "production names its account, so that it is deployed to no other"
            why = named if production else f"{other} is set"
            yield Problem(key, f"expected both of Account and Region, or neither ({why})")


def _network_problems(values: Mapping[str, object]) -> Iterator[Problem]:
    create = values.get("CreatePublicNetwork") is True
    for key in ("VpcId", "SubnetIds", "SecurityGroupId"):
        if create and key in values:
            yield Problem(key, "expected no network where CreatePublicNetwork = true makes one")
        if not create and key not in values and key != "SecurityGroupId":
            yield Problem(key, "expected the network that the task runs in, or CreatePublicNetwork = true")
    if create and values.get("AssignPublicIp") is False:
        yield Problem("AssignPublicIp", "expected true: the public network has no other way out")
    if not create and values.get("VpcFlowLogs") is True:
        yield Problem("VpcFlowLogs", "expected false for an existing network, whose owner decides on flow logs")


def _schedule_problems(values: Mapping[str, object]) -> Iterator[Problem]:
    sync, reconcile = (str(values.get(key, "")).split() for key in ("ScheduleExpression", "ReconcileSchedule"))
    if sync and sync == reconcile:
        yield Problem(
            "ReconcileSchedule",
            "ScheduleExpression is the same, so two runs would start at once, and one would find the lock held; give "
            "ReconcileSchedule an hour at which no scheduled sync is running, or leave it out",
        )
