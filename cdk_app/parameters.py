"""What an environment is made of: one TOML file, validated whole before anything is synthesised.

`load` answers typed `Parameters` or raises `ParameterError` with every fault of the file. The files in
`cdk_app/environments` show and explain each key.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cdk_app import schedule_expression
from cdk_app.iam_names import are_principals, is_github_repository
from cdk_app.log_retention import RETENTION
from cdk_app.parameter_reader import ParameterError, ParameterReader, all_match, matches
from cdk_app.regions import is_region
from cdk_app.silence import LONGEST_SILENCE_HOURS
from cdk_app.timezones import is_timezone
from cdk_app.worker_parameters import worker_environment
from worker.model.moodle_fields import is_email

ENVIRONMENTS = Path(__file__).parent / "environments"

_PRODUCTION_NAMES = frozenset({"prod", "production"})
_REGISTRY_SUFFIX = "-registry"
_ID = "([0-9a-f]{8}|[0-9a-f]{17})"


@dataclass(frozen=True, kw_only=True)
class NetworkParameters:
    """Where the task runs: a network that is there already, or (`create`) a small public one of its own."""

    create: bool
    flow_logs: bool
    vpc_id: str
    subnet_ids: tuple[str, ...]
    security_group_id: str | None
    assign_public_ip: bool


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """One environment. `worker_environment` holds the settings that go to the container as they are."""

    environment: str
    project_name: str
    production: bool
    account: str | None
    region: str | None
    network: NetworkParameters
    schedule_expression: str
    schedule_timezone: str
    reconcile_schedule: str | None
    alert_email: str
    silence_hours: int
    dashboard: bool
    cpu_architecture: str
    log_retention_days: int
    operator_principals: tuple[str, ...]
    github_repository: str | None
    worker_environment: Mapping[str, str]


def load(environment: str, file: Path | None = None, *, environments: Path = ENVIRONMENTS) -> Parameters:
    """The parameters of an environment, from `<environments>/<environment>.toml` or from `file` instead of it.

    Raises `ParameterError`. No other environment may have the same ProjectName: it names what exists once an account.
    """
    path = file or environments / f"{environment}.toml"
    shown = _shown(path)
    _refuse_file_of_another(path, shown, environment, environments)
    reader = ParameterReader(file=shown, values=_table(path, shown, environments))
    parameters = _parameters(reader, environment, production=not {environment, path.stem}.isdisjoint(_PRODUCTION_NAMES))
    reader.refuse_unknown()
    _refuse_shared_name(reader, path, environment, environments)
    if reader.faults:
        raise ParameterError(reader.faults)
    return parameters


def names(environments: Path = ENVIRONMENTS) -> tuple[str, ...]:
    """The environments that have a file."""
    return tuple(sorted(path.stem for path in environments.glob("*.toml")))


def _refuse_file_of_another(path: Path, shown: str, environment: str, environments: Path) -> None:
    """Production's file under another environment's name would be deployed without what protects production."""
    if path.stem != environment and path.resolve().parent == environments.resolve():
        raise ParameterError(
            [f"{shown}: is the file of {path.stem}, and {environment} is named; name {path.stem} (ENV={path.stem})"]
        )


def _table(path: Path, shown: str, environments: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = ", ".join(names(environments)) or "none yet"
        raise ParameterError([f"{shown}: there is no such file; environments are {known}"]) from None
    except (OSError, UnicodeDecodeError) as fault:
        raise ParameterError([f"{shown}: cannot be read ({fault})"]) from None
    except RecursionError:
        raise ParameterError([f"{shown}: is not an environment's file (it is nested too deeply)"]) from None
    except ValueError as fault:
        raise ParameterError([f"{shown}: is not TOML ({fault})"]) from None


def _parameters(read: ParameterReader, environment: str, *, production: bool) -> Parameters:
    if not read.has("Production"):
        today = str(production).lower()
        read.fault("Production", f"true or false; Production = {today} keeps what this environment is today")
    production = read.boolean("Production", default=production)
    account = read.optional_text(
        "Account", allowed='twelve digits in quotes, as in "111122223333"', check=matches(r"\d{12}")
    )
    region = read.optional_text("Region", allowed='an AWS region, as in "eu-west-2"', check=is_region)
    for key, other in (("Account", "Region"), ("Region", "Account")):
        if not read.has(key) and (production or read.has(other)):
            why = (
                "production names its account, so that it is deployed to no other" if production else f"{other} is set"
            )
            read.fault(key, f"both of Account and Region, or neither ({why})")
    nightly, reconcile = _schedules(read)
    return Parameters(
        environment=environment,
        project_name=read.text(
            "ProjectName",
            allowed="3 to 40 lower-case letters, digits and single hyphens, starting with a letter, "
            f"not ending in {_REGISTRY_SUFFIX}",
            check=_is_project_name,
        ),
        production=production,
        account=account,
        region=region,
        network=_network(read),
        schedule_expression=nightly,
        reconcile_schedule=reconcile,
        schedule_timezone=read.text(
            "ScheduleTimezone",
            allowed='the name of an IANA time zone, as in "Europe/London"',
            check=is_timezone,
        ),
        alert_email=read.text("AlertEmail", allowed='an e-mail address, as in "hr-sync@example.com"', check=is_email),
        silence_hours=read.integer("SilenceHours", low=0, high=LONGEST_SILENCE_HOURS, default=30),
        dashboard=read.boolean("Dashboard", default=False),
        cpu_architecture=read.choice("CpuArchitecture", of=("X86_64", "ARM64"), default="X86_64"),
        log_retention_days=_log_retention_days(read),
        operator_principals=read.texts(
            "OperatorPrincipals",
            allowed='a list of ARNs of IAM users or roles, as in ["arn:aws:iam::111122223333:role/Operators"]',
            check=are_principals,
        ),
        github_repository=read.optional_text(
            "GitHubRepository", allowed='organisation/name, as in "acme/lxp-sync"', check=is_github_repository
        ),
        worker_environment=worker_environment(read),
    )


def _is_project_name(name: str) -> bool:
    shaped = matches(r"(?=.{3,40}\Z)[a-z][a-z0-9]*(-[a-z0-9]+)*")(name)
    # The registry's stack is named after the project, and would meet the sync stack of a project so named.
    return shaped and not name.endswith(_REGISTRY_SUFFIX)


def _network(read: ParameterReader) -> NetworkParameters:
    create = read.boolean("CreatePublicNetwork", default=False)
    vpc_id = read.optional_text("VpcId", allowed='a VPC id, as in "vpc-0123456789abcdef0"', check=matches(f"vpc-{_ID}"))
    subnet_ids = read.texts(
        "SubnetIds",
        allowed='a list of 1 to 16 different subnet ids, as in ["subnet-0123456789abcdef0"]',
        check=all_match(f"subnet-{_ID}", most=16),
    )
    security_group_id = read.optional_text(
        "SecurityGroupId",
        allowed='a security group id, as in "sg-0123456789abcdef0"; without it the stack makes one in VpcId',
        check=matches(f"sg-{_ID}"),
    )
    assign_public_ip = read.boolean("AssignPublicIp", default=create)
    flow_logs = read.boolean("VpcFlowLogs", default=False)
    for key in ("VpcId", "SubnetIds", "SecurityGroupId"):
        if create and read.has(key):
            read.fault(key, "no network where CreatePublicNetwork = true makes one")
        if not create and not read.has(key) and key != "SecurityGroupId":
            read.fault(key, "the network that the task runs in, or CreatePublicNetwork = true")
    if create and not assign_public_ip:
        read.fault("AssignPublicIp", "true: the public network has no other way out")
    if flow_logs and not create:
        read.fault("VpcFlowLogs", "false where the network is given: its flow logs are its owner's")
    return NetworkParameters(
        create=create,
        flow_logs=flow_logs,
        vpc_id=vpc_id or "",
        subnet_ids=subnet_ids,
        security_group_id=security_group_id,
        assign_public_ip=assign_public_ip,
    )


def _schedules(read: ParameterReader) -> tuple[str, str | None]:
    expression = "an EventBridge Scheduler expression, as in "
    every_day = f'{expression}"cron(30 3 * * ? *)" for every day at 03:30'
    every_week = f'{expression}"cron(30 10 ? * SUN *)" for every Sunday at 10:30'
    nightly = read.text("ScheduleExpression", allowed=every_day, check=lambda _: True)
    reconcile = read.optional_text("ReconcileSchedule", allowed=every_week)
    for key, told, allowed in (
        ("ScheduleExpression", nightly, every_day),
        ("ReconcileSchedule", reconcile, every_week),
    ):
        if told is not None and not read.faulted(key):
            _refuse_misunderstood(read, key, told, allowed)
    if reconcile is not None and reconcile.split() == nightly.split() and not read.faulted("ReconcileSchedule"):
        read.refuse(
            "ReconcileSchedule",
            "ScheduleExpression is the same, so two runs would start at once, and one would find the lock held; give "
            "ReconcileSchedule an hour at which no scheduled sync is running, or leave it out",
        )
    return nightly, reconcile


def _refuse_misunderstood(read: ParameterReader, key: str, expression: str, allowed: str) -> None:
    try:
        schedule_expression.check(expression)
    except schedule_expression.ScheduleExpressionError as fault:
        read.fault(key, f"{allowed} ({fault})")


def _log_retention_days(read: ParameterReader) -> int:
    days = read.integer("LogRetentionDays", low=1, high=max(RETENTION), default=90)
    if days not in RETENTION:
        read.fault("LogRetentionDays", "one of " + ", ".join(map(str, RETENTION)))
    return days


def _refuse_shared_name(reader: ParameterReader, path: Path, environment: str, environments: Path) -> None:
    for other in sorted({*environments.glob("*.toml"), *path.parent.glob("*.toml")}):
        replaced = other.parent == environments and other.stem == environment
        if replaced or other.resolve() == path.resolve():
            continue
        try:
            taken = tomllib.loads(other.read_text(encoding="utf-8")).get("ProjectName")
        except (OSError, RecursionError, ValueError):
            # What is wrong with another environment is reported when that one is synthesised.
            continue
        if reader.has("ProjectName") and taken == reader.value("ProjectName"):
            reader.fault("ProjectName", f"a name of its own: {_shown(other)} has it already")


def _shown(path: Path) -> str:
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
