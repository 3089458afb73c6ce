"""An environment's file: the accepted values, the faults, and the variables of the worker."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from cdk_app import parameters
from cdk_app.parameters import ParameterError, Parameters
from tests.cdk_app.environment_files import LEAST, Folder
from tests.cdk_app.synthesis import ENVIRONMENTS, ROOT
from tests.worker.builders import LAPTOP
from tests.worker.config.bad_values import BAD, is_message
from worker.config.faults import near_match
from worker.config.settings import read_settings
from worker.config.settings_model import SharedSettings

GIVEN_NETWORK = {
    "CreatePublicNetwork": None,
    "VpcId": '"vpc-0123456789abcdef0"',
    "SubnetIds": '["subnet-01234567"]',
    "SecurityGroupId": '"sg-0123456789abcdef0"',
}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Folder:
    """Another folder of environments."""
    (tmp_path / "elsewhere").mkdir()
    return Folder(tmp_path / "elsewhere")


def key(setting: str) -> str:
    return setting.title().replace("_", "")


def toml(value: object) -> str:
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{json.dumps(name)} = {toml(entry)}' for name, entry in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    return json.dumps(value, ensure_ascii=False)


# What is accepted


def test_the_shortest_file_has_sensible_defaults(folder: Folder) -> None:
    folder.write()

    loaded = folder.load()

    assert not loaded.production
    assert (loaded.account, loaded.region) == (None, None)
    assert (loaded.create_public_network, loaded.assign_public_ip) == (True, False)
    assert (loaded.silence_hours, loaded.log_retention_days, loaded.dashboard) == (30, 90, False)
    assert (loaded.cpu_architecture, loaded.reconcile_schedule) == ("X86_64", None)
    assert loaded.worker_environment == {
        "BAMBOO_COMPANY_DOMAIN": "acme",
        "MOODLE_BASE_URL": "https://lxp.example",
        "BATCH_SIZE": "0",
        "INITIAL_LOOKBACK_DAYS": "30",
    }


def test_a_byte_order_mark_does_not_count(folder: Folder) -> None:
    file = folder.write()
    file.write_text(file.read_text(), encoding="utf-8-sig")

    assert folder.load().project_name == "acme-sync"
    (fault,) = folder.faults("other")
    assert "expected a name of its own: " in fault


def test_what_no_reader_sees_in_a_file_does_not_count(folder: Folder) -> None:
    seen = {"ProjectName": "acme-sync", "BambooCompanyDomain": "acme", "UsernameTemplate": "{work_email}"}
    folder.write(**{key: f'" {value}\u200b"' for key, value in seen.items()}, ProtectedAccounts='["svc\u200b", " 3"]')

    loaded = folder.load()

    assert (loaded.project_name, loaded.protected_accounts) == ("acme-sync", ["svc", "3"])
    assert (loaded.bamboo_company_domain, loaded.username_template) == ("acme", "{work_email}")
    (fault,) = folder.faults(**{"BatchSize": "1", '"BatchSize\u200b"': "2"})
    assert fault.endswith('is an unknown key; did you mean "BatchSize"?')


def test_a_given_network(folder: Folder) -> None:
    folder.write(**GIVEN_NETWORK)

    loaded = folder.load()

    assert (loaded.create_public_network, loaded.assign_public_ip) == (False, False)
    assert (loaded.vpc_id, loaded.subnet_ids) == ("vpc-0123456789abcdef0", ["subnet-01234567"])
    assert loaded.security_group_id == "sg-0123456789abcdef0"


def test_every_setting_reaches_the_worker(folder: Folder) -> None:
    values = {name: field.examples[0] for name, field in SharedSettings.model_fields.items() if field.examples}
    mapping = {
        "institution": "division",
        "firstname": ["preferred_name", "first_name"],
        "country": {"from": "country", "when": "create"},
        "city": "bamboohr:customTown",
        "lang": {"from": "location", "map": {"St. Gallen": "de", "Cork": "ga"}, "otherwise": "en"},
        "department": False,
    }
    given = {**values, "field_mapping": mapping, "max_suspensions": 0}
    folder.write(**{key(setting): toml(value) for setting, value in given.items()})

    variables = folder.load().worker_environment

    assert variables.keys() == {name.upper() for name in SharedSettings.model_fields}
    assert json.loads(variables["FIELD_MAPPING"]) == {**mapping, "department": None}
    settings = read_settings({**LAPTOP, **variables})
    assert settings.max_suspensions == 0
    assert settings.protected == {"svc-bamboohr-sync", "4711"}
    assert settings.mapping.rule("department") is None
    assert settings.mapping.username_template == "{first_name}.{last_name}"


@pytest.mark.parametrize("region", ["us-east-1", "eusc-de-east-1", "cn-northwest-1", "us-gov-east-1", "us-iso-west-1"])
def test_every_partition_has_regions(folder: Folder, region: str) -> None:
    folder.write(Account='"111122223333"', Region=f'"{region}"')

    assert folder.load().region == region


@pytest.mark.parametrize("expression", ["rate(7 days)", "cron(30 3 ? * SUN *)", "at(2030-01-31T10:30:00)"])
def test_a_schedule_of_a_reconcile(folder: Folder, expression: str) -> None:
    folder.write(ReconcileSchedule=f'"{expression}"')

    assert folder.load().reconcile_schedule == expression


def test_the_shipped_environments_are_valid() -> None:
    assert {name: parameters.load(name).production for name in parameters.names()} == {"dev": False, "prod": True}


def test_the_tests_own_environment_sets_every_key_but_those_of_a_public_network() -> None:
    values = tomllib.loads((ENVIRONMENTS / "prod.toml").read_text())

    keys = {field.alias for field in Parameters.model_fields.values()}
    assert keys - values.keys() == {"CreatePublicNetwork", "VpcFlowLogs"}


def test_no_key_of_the_infrastructure_resembles_one_of_the_sync() -> None:
    keys = {field.alias or name for name, field in Parameters.model_fields.items()}
    shared = set(map(key, SharedSettings.model_fields))

    assert shared < keys
    assert [one for one in keys - shared if near_match(one, shared)] == []


def test_an_operators_command_does_not_wait_for_the_import_of_the_cdk() -> None:
    program = "import sys; import ops.deployment as d; d.parameters.load('dev'); sys.exit('aws_cdk' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT).returncode == 0


# One value that is not allowed

NOT_ALLOWED = [
    ('ProjectName = "Acme"', "lower-case letters, digits and single hyphens"),
    ('ProjectName = "a"', "3 to 40"),
    (f'ProjectName = "{"x" * 41}"', "3 to 40"),
    ('ProjectName = "acme--sync"', "single hyphens"),
    ('ProjectName = "acme-registry"', "not ending in -registry"),
    ("ProjectName = 7", "lower-case"),
    ("Account = 111122223333", "twelve digits in quotes"),
    ('Account = "1111"', "twelve digits"),
    ('Region = "eu-wst-2"', 'AWS region; set together with Account, as in "eu-west-2"; did you mean "eu-west-2"?'),
    ('Region = "aws-global"', "AWS region"),
    ('Production = "yes"', "true or false"),
    ("CreatePublicNetwork = 1", "true or false"),
    ('ScheduleExpression = "cron(0 3 * * * *)"', "(exactly one of day-of-month and day-of-week must be ?)"),
    ('ReconcileSchedule = "cron(0 3 * * * *)"', "(exactly one of day-of-month and day-of-week must be ?)"),
    ('ReconcileSchedule = ""', '"cron(30 10 ? * SUN *)" (it is not cron(...)'),
    ("ReconcileSchedule = true", 'an EventBridge Scheduler expression; if not set, never, as in "cron(30 10'),
    ('ScheduleTimezone = "Europe/Lndon"', '"Europe/London"; did you mean "Europe/London"?'),
    ('ScheduleTimezone = "localtime"', "IANA time zone"),
    ('ScheduleTimezone = "GMT+1"', "IANA time zone"),
    ('AlertEmail = "ops at example.com"', "the e-mail address"),
    ('AlertEmail = "ops@localhost"', "the e-mail address"),
    ("SilenceHours = -1", "a whole number from 0 to 168"),
    ("SilenceHours = 169", "a whole number from 0 to 168"),
    ("SilenceHours = 30.5", "a whole number"),
    ("SilenceHours = true", "a whole number"),
    ("Dashboard = 0", "true or false"),
    ('CpuArchitecture = "arm64"', '"X86_64" or "ARM64"'),
    ("LogRetentionDays = 100", "one of 7, 14, 30"),
    ('VpcFlowLogs = "on"', "true or false"),
    ("AssignPublicIp = false", "true: the public network has no other way out"),
    ('VpcId = "vpc-0123456789abcdef0"', "no network where CreatePublicNetwork = true makes one"),
    # Those of the worker, of a type that only TOML has.
    ("BatchSize = true", "expected a whole number from -1000000 to 1000000"),
    ("MaxSuspensions = 5.5", "expected a whole number from 0 to 200"),
    ("UsernameTemplate = 1", "expected a template"),
    ('ProtectedAccounts = "svc"', "expected usernames and employee ids that are never changed: a list"),
    ('BambooCompanyDomain = ""', "expected the company's subdomain of bamboohr.com"),
    ("FieldMapping = 1", "expected a table of Moodle fields"),
]


@pytest.mark.parametrize(("line", "allowed"), NOT_ALLOWED)
def test_a_fault_names_file_key_value_and_what_is_expected(folder: Folder, line: str, allowed: str) -> None:
    name, _, value = line.partition(" = ")

    (fault,) = [one for one in folder.faults(**{name: value}) if f": {name} = " in one]

    assert fault.startswith(f"{folder.path}/test.toml: {line} is not allowed; ")
    assert allowed in fault


@pytest.mark.parametrize(("setting", "value", "message"), BAD)
def test_a_fault_of_the_workers_settings_has_the_message_of_the_worker(
    folder: Folder, setting: str, value: object, message: str
) -> None:
    (fault,) = folder.faults(**{key(setting): toml(value)})

    assert is_message(fault, f"{folder.path}/test.toml: {key(setting)}", message)
    assert "hush" not in fault


# The value, and how the fault shows it: of a list, the item alone.
SHOWN = [
    ("VpcId", '"vpc-123"', '"vpc-123"'),
    ("VpcId", '"subnet-0123456789abcdef0"', '"subnet-0123456789abcdef0"'),
    ("SubnetIds", "[]", "[]"),
    ("SubnetIds", '"subnet-0123456789abcdef0"', '"subnet-0123456789abcdef0"'),
    ("SubnetIds", '["subnet-01234567", "subnet-01234567"]', '["subnet-01234567", "subnet-01234567"]'),
    ("SubnetIds", '["subnet-01234567", "subnet-0123456789ABCDEF0"]', '"subnet-0123456789ABCDEF0"'),
    ("SubnetIds", '["subnet-01234567", 7]', "7"),
    ("SecurityGroupId", '"default"', '"default"'),
    ("VpcFlowLogs", "true", "true"),
    ("ProtectedAccounts", '["svc", "a b"]', '"a b"'),
    ("FieldMapping", "2026-01-01", '"2026-01-01"'),
]


@pytest.mark.parametrize(("name", "value", "shown"), SHOWN)
def test_a_fault_shows_the_value_that_is_wrong(folder: Folder, name: str, value: str, shown: str) -> None:
    (fault,) = folder.faults(**{**GIVEN_NETWORK, name: value})

    assert f": {name} = {shown} is not allowed; " in fault


@pytest.mark.parametrize("name", [name for name in LEAST if name != "CreatePublicNetwork"])
def test_required_keys(folder: Folder, name: str) -> None:
    (fault,) = folder.faults(**{name: None})

    assert fault.startswith(f"{folder.path}/test.toml: {name} is missing; expected ")


# Several keys, and the faults in order; "..." stands for any text

NO_NETWORK = "is missing; expected the network that the task runs in, or CreatePublicNetwork = true"
SAME_TIME = "is not allowed; ScheduleExpression is the same...give ReconcileSchedule an hour at which no scheduled sync"
TOGETHER: list[tuple[dict[str, str | None], list[str]]] = [
    ({"CreatePublicNetwork": None}, [f"VpcId {NO_NETWORK}", f"SubnetIds {NO_NETWORK}"]),
    ({"ReconcileSchedule": '"cron(30 3 * * ? *)"'}, [f'ReconcileSchedule = "cron(30 3 * * ? *)" {SAME_TIME}']),
    ({"ReconcileSchedule": '"cron(30  3 * *  ? *)"'}, [f'ReconcileSchedule = "cron(30  3 * *  ? *)" {SAME_TIME}']),
    (
        {"ScheduleExpression": '"daily"', "ReconcileSchedule": '"daily"'},
        ['ScheduleExpression = "daily" is', 'ReconcileSchedule = "daily" is'],
    ),
    ({"Account": '"111122223333"'}, ["Region is missing; expected both of Account and Region, or neither (Account is"]),
    (
        {"Production": "true"},
        ["Account is missing;...so that it is deployed to no other", "Region is missing; expected"],
    ),
    (
        {"ProjectName": '"X"', "ScheduleTimezone": '"Mars"', "AlertEmail": None, "Surprise": "1", "BatchSize": "1.5"},
        ["BatchSize = 1.5", "ProjectName = ", "ScheduleTimezone = ", "AlertEmail is missing", "Surprise = 1"],
    ),
    (
        {"SilenceHour": "30", "Frobnicate": "1"},
        [
            'SilenceHour = 30 is an unknown key; did you mean "SilenceHours"?',
            "Frobnicate = 1 is an unknown key; known are Account, AlertEmail, AssignPublicIp,",
        ],
    ),
    (
        {"MoodleToken": '"d41d8cd98f00b204"', "MoodleKey": f'"{"d41d8cd98f00b204" * 2}"'},
        [
            "MoodleToken = (not shown) is an unknown key; a secret never belongs in a file",
            "MoodleKey = (not shown) is an unknown key",
        ],
    ),
    ({"DatesAsEvents": "false"}, ["DatesAsEvents = false is no longer a setting; hires and...; remove this setting"]),
    (
        {"FieldMapping": '{ shoe = "size", city = "town", firstname = false }'},
        ["FieldMapping.shoe is", "FieldMapping.shoe = ", "FieldMapping.city = ", "FieldMapping.firstname = false is"],
    ),
]


@pytest.mark.parametrize(("changes", "expected"), TOGETHER, ids=[" ".join(changes) for changes, _ in TOGETHER])
def test_all_faults_of_a_file_are_reported_at_once(
    folder: Folder, changes: dict[str, str | None], expected: list[str]
) -> None:
    faults = folder.faults(**changes)

    for fault, part in zip(faults, expected, strict=True):
        assert re.match(re.escape(f"{folder.path}/test.toml: {part}").replace(r"\.\.\.", ".*"), fault), fault
    assert "d41d8cd98f00b204" not in "".join(faults)


@pytest.mark.parametrize(
    ("name", "today"), [("dev", "false"), ("live", "false"), ("prod", "true"), ("production", "true")]
)
def test_a_file_without_production_is_refused_with_its_present_value(folder: Folder, name: str, today: str) -> None:
    faults = folder.faults(name, Production=None)

    assert faults[0].endswith(
        f"Production is missing; expected true or false; Production = {today} keeps what this environment is today"
    )


# The files of several environments


def test_no_two_environments_share_a_name(folder: Folder, elsewhere: Folder) -> None:
    folder.write("one")
    (fault,) = folder.faults("two")
    assert 'ProjectName = "acme-sync" is not allowed; expected a name of its own: ' in fault
    assert fault.endswith("one.toml has it already")

    elsewhere.write("prod")
    with pytest.raises(ParameterError, match=r"prod\.toml has it already"):
        parameters.load("dev", elsewhere.write("dev"), environments=folder.path)


def test_the_file_of_another_environment_is_refused(folder: Folder) -> None:
    """Otherwise, production would be deployed without what protects its data."""
    file = folder.write("prod", Account='"111122223333"', Region='"eu-west-2"')

    with pytest.raises(ParameterError, match=r"is the file of prod, but dev is named; name prod$"):
        parameters.load("dev", file, environments=folder.path)


def test_a_broken_file_of_another_environment_is_ignored(folder: Folder) -> None:
    (folder.path / "broken.toml").write_text("ProjectName =")
    folder.write()

    assert folder.load().project_name == "acme-sync"


def test_a_given_file_replaces_that_of_the_environment(folder: Folder, elsewhere: Folder) -> None:
    folder.write("dev")
    file = elsewhere.write("whatever", AlertEmail='"other@example.com"')

    assert parameters.load("dev", file, environments=folder.path).alert_email == "other@example.com"
    with pytest.raises(ParameterError, match="has it already"):
        parameters.load("test", file, environments=folder.path)


def test_a_missing_file(folder: Folder) -> None:
    folder.write("dev")

    with pytest.raises(ParameterError, match=r"nope\.toml: there is no such file; the environments are dev"):
        folder.load("nope")


@pytest.mark.parametrize("content", [b"ProjectName = ", b"\xff\xfe", b'ProjectName = "a"\nProjectName = "b"'])
def test_a_file_that_cannot_be_read(folder: Folder, content: bytes) -> None:
    (folder.path / "bad.toml").write_bytes(content)

    with pytest.raises(ParameterError, match=r"bad\.toml: (is not TOML|cannot be read)"):
        folder.load("bad")
