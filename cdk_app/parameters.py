"""The parameters of an environment: one TOML file, validated as a whole before anything is synthesised.

`Parameters` is the one list of the keys; docs/configuration.md explains them. `load` reads the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field
from pydantic.alias_generators import to_pascal

from cdk_app import schedule_expression
from cdk_app.allowed_values import (
    LOG_RETENTION,
    LONGEST_SILENCE_HOURS,
    are_principals,
    is_github_repository,
    is_project_name,
    regions,
    timezones,
)
from worker.config.faults import Faults, Problem, refusal
from worker.config.settings_file import worker_environment
from worker.config.settings_model import REMOVED, SharedSettings
from worker.config.tables import mapping_problems, scope_problems
from worker.config.texts import read_toml
from worker.model.moodle_fields import is_email

ENVIRONMENTS = Path(__file__).parent / "environments"

_PRODUCTION_NAMES = frozenset({"prod", "production"})
_REGISTRY_SUFFIX = "-registry"
_ID = "([0-9a-f]{8}|[0-9a-f]{17})"


class ParameterError(Exception):
    """An environment cannot be deployed; `faults` has one line for each reason."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


def _valid_if(is_valid: Callable[[Any], bool]) -> AfterValidator:
    """Return a validator that refuses the values for which `is_valid` is false."""

    def check(value: Any) -> Any:
        if not is_valid(value):
            raise refusal()
        return value

    return AfterValidator(check)


def _one_of(choices: Callable[[], Iterable[str]]) -> AfterValidator:
    """Return a validator that refuses other values than these, and suggests the most similar one."""

    def check(text: str) -> str:
        if text not in choices():
            raise refusal(choices=choices())
        return text

    return AfterValidator(check)


def _check_schedule(expression: str) -> str:
    try:
        schedule_expression.parse(expression)
    except schedule_expression.ScheduleExpressionError as fault:
        raise refusal(detail=str(fault)) from None
    return expression


_ProjectName = Annotated[str, _valid_if(lambda name: is_project_name(name) and not name.endswith(_REGISTRY_SUFFIX))]
_Schedule = Annotated[str, AfterValidator(_check_schedule)]
_SubnetId = Annotated[str, Field(pattern=f"^subnet-{_ID}$")]


class Parameters(SharedSettings):
    """One environment: the keys of its file, those of the worker and those of the infrastructure."""

    model_config = ConfigDict(alias_generator=to_pascal)
    _environment: str = ""

    project_name: _ProjectName = Field(
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
    region: Annotated[str | None, _one_of(regions)] = Field(
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
    subnet_ids: Annotated[list[_SubnetId], _valid_if(lambda ids: len(set(ids)) == len(ids))] = Field(
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
    schedule_timezone: Annotated[str, _one_of(timezones)] = Field(
        description="the IANA time zone of the schedules", examples=["Europe/London"]
    )
    reconcile_schedule: _Schedule | None = Field(
        None,
        description="when all employees are compared: an EventBridge Scheduler expression; if not set, never",
        examples=["cron(30 10 ? * SUN *)"],
    )
    alert_email: Annotated[str, _valid_if(is_email)] = Field(
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
    log_retention_days: Annotated[int, _valid_if(LOG_RETENTION.__contains__)] = Field(
        90,
        description=f"the number of days that the log is kept: one of {', '.join(map(str, LOG_RETENTION))}",
        examples=[365],
    )
    cpu_architecture: Literal["X86_64", "ARM64"] = Field(
        "X86_64",
        description="X86_64, or ARM64, which is cheaper and needs an image built on or for ARM",
        examples=["ARM64"],
    )
    operator_principals: Annotated[list[str], _valid_if(are_principals)] = Field(
        [],
        description="1 to 20 different ARNs of IAM users or roles that may assume a role for the operator's commands",
        examples=[["arn:aws:iam::111122223333:role/Operators"]],
    )
    github_repository: Annotated[str | None, _valid_if(is_github_repository)] = Field(
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
    def worker_environment(self) -> Mapping[str, str]:
        """The worker's settings, as the container's variables."""
        return worker_environment(self)


def load(environment: str, file: Path | None = None, *, environments: Path = ENVIRONMENTS) -> Parameters:
    """Return the parameters of an environment.

    Args:
        environment: The environment's name.
        file: Its file; `<environments>/<environment>.toml` if not given.
        environments: The folder of the environments.

    Raises:
        ParameterError: With every fault of the file, including a ProjectName that another environment has.
    """
    path = file or environments / f"{environment}.toml"
    values = _read(path, environment, environments)
    by_name = not {environment, path.stem}.isdisjoint(_PRODUCTION_NAMES)
    given = values.get("Production")
    production = given if isinstance(given, bool) else by_name
    advice = {to_pascal(name): text for name, text in REMOVED.items()}
    advice["Production"] = f"Production = {str(production).lower()} keeps what this environment is today"
    faults = Faults(values, where=f"{_shown(path)}: ", advice=advice)
    parameters = faults.validate(Parameters)
    faults.check(_account_problems(values, production=production))
    faults.check(_network_problems(values))
    faults.check(_schedule_problems(values))
    faults.check(mapping_problems("FieldMapping", values.get("FieldMapping")))
    faults.check(scope_problems("Scope", values.get("Scope")))
    other = _same_project(values.get("ProjectName"), path, environment, environments)
    if other is not None:
        faults.check([Problem("ProjectName", f"expected a name of its own: {_shown(other)} has it already")])
    if parameters is None or faults.lines:
        raise ParameterError(faults.lines)
    parameters._environment = environment
    return parameters


def names(environments: Path = ENVIRONMENTS) -> tuple[str, ...]:
    """Return the names of the environments that have a file."""
    return tuple(sorted(path.stem for path in environments.glob("*.toml")))


def _read(path: Path, environment: str, environments: Path) -> Mapping[str, object]:
    """Return the values of the file. Raise a ParameterError if it is another environment's, or not TOML."""
    shown = _shown(path)
    if path.stem != environment and path.resolve().parent == environments.resolve():
        # Production under another environment's name would be deployed without what protects production.
        raise ParameterError([f"{shown}: is the file of {path.stem}, but {environment} is named; name {path.stem}"])
    try:
        return read_toml(path)
    except FileNotFoundError:
        known = ", ".join(names(environments)) or "none yet"
        reason = f"there is no such file; the environments are {known}"
    except (OSError, UnicodeDecodeError) as fault:
        reason = f"cannot be read ({fault})"
    except RecursionError:
        reason = "is not an environment's file (it is nested too deeply)"
    except ValueError as fault:
        reason = f"is not TOML ({fault})"
    raise ParameterError([f"{shown}: {reason}"])


def _same_project(project: object, path: Path, environment: str, environments: Path) -> Path | None:
    """Return the file of another environment with the same ProjectName; None if there is none."""
    for other in sorted({*environments.glob("*.toml"), *path.parent.glob("*.toml")}):
        is_replaced = other.parent == environments and other.stem == environment
        if is_replaced or other.resolve() == path.resolve():
            continue
        try:
            taken = read_toml(other).get("ProjectName")
        except (OSError, RecursionError, ValueError):
            # The faults of another environment are reported when that one is synthesised.
            continue
        if taken is not None and taken == project:
            return other
    return None


def _shown(path: Path) -> str:
    """Return the path for a message: relative to the working directory if it is in it."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


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
