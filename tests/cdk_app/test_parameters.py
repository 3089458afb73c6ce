import tomllib
from pathlib import Path

import pytest

from cdk_app import parameters
from cdk_app.parameter_reader import ParameterError
from tests.cdk_app.environment_files import LEAST, Folder
from tests.cdk_app.synthesis import ENVIRONMENTS

GIVEN_NETWORK = {
    "CreatePublicNetwork": None,
    "VpcId": '"vpc-0123456789abcdef0"',
    "SubnetIds": '["subnet-01234567"]',
    "SecurityGroupId": '"sg-0123456789abcdef0"',
}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_the_shortest_file_has_sensible_defaults(folder: Folder) -> None:
    folder.write()

    loaded = folder.load()

    assert not loaded.production
    assert (loaded.account, loaded.region) == (None, None)
    assert loaded.network.create
    assert loaded.network.assign_public_ip
    assert (loaded.silence_hours, loaded.log_retention_days, loaded.dashboard) == (30, 90, False)
    assert loaded.cpu_architecture == "X86_64"
    assert loaded.reconcile_schedule is None


def test_a_given_network(folder: Folder) -> None:
    folder.write(**GIVEN_NETWORK)

    network = folder.load().network

    assert not network.create
    assert network.vpc_id == "vpc-0123456789abcdef0"
    assert network.subnet_ids == ("subnet-01234567",)
    assert network.security_group_id == "sg-0123456789abcdef0"
    assert not network.assign_public_ip


def test_the_environments_that_are_shipped_are_right() -> None:
    loaded = {name: parameters.load(name) for name in parameters.names()}

    assert not loaded["dev"].production
    assert loaded["prod"].production


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("ProjectName", '"Acme"', "lower-case letters, digits and single hyphens"),
        ("ProjectName", '"a"', "3 to 40"),
        ("ProjectName", f'"{"x" * 41}"', "3 to 40"),
        ("ProjectName", '"acme--sync"', "single hyphens"),
        ("ProjectName", '"acme-registry"', "not ending in -registry"),
        ("ProjectName", "7", "lower-case"),
        ("Account", "111122223333", "twelve digits in quotes"),
        ("Account", '"1111"', "twelve digits"),
        ("Region", '"eu-wst-2"', 'AWS region; set together with Account, as in "eu-west-2"; did you mean "eu-west-2"?'),
        ("Region", '"aws-global"', "AWS region"),
        ("Production", '"yes"', "true or false"),
        ("CreatePublicNetwork", "1", "true or false"),
        ("ScheduleExpression", '"cron(0 3 * * * *)"', "(exactly one of day-of-month and day-of-week must be ?)"),
        ("ReconcileSchedule", '"cron(0 3 * * * *)"', "(exactly one of day-of-month and day-of-week must be ?)"),
        ("ReconcileSchedule", '""', '"cron(30 10 ? * SUN *)" (it is not cron(...)'),
        ("ReconcileSchedule", "true", 'an EventBridge Scheduler expression; if not set, never, as in "cron(30 10'),
        ("ScheduleTimezone", '"Europe/Lndon"', '"Europe/London"; did you mean "Europe/London"?'),
        ("ScheduleTimezone", '"localtime"', "IANA time zone"),
        ("ScheduleTimezone", '"GMT+1"', "IANA time zone"),
        ("AlertEmail", '"ops at example.com"', "the e-mail address"),
        ("AlertEmail", '"ops@localhost"', "the e-mail address"),
        ("SilenceHours", "-1", "a whole number from 0 to 168"),
        ("SilenceHours", "169", "a whole number from 0 to 168"),
        ("SilenceHours", "30.5", "a whole number"),
        ("SilenceHours", "true", "a whole number"),
        ("Dashboard", "0", "true or false"),
        ("CpuArchitecture", '"arm64"', '"X86_64" or "ARM64"'),
        ("LogRetentionDays", "100", "one of 7, 14, 30"),
        ("VpcFlowLogs", '"on"', "true or false"),
        ("AssignPublicIp", "false", "true: the public network has no other way out"),
        ("VpcId", '"vpc-0123456789abcdef0"', "no network where CreatePublicNetwork = true makes one"),
    ],
)
def test_a_fault_names_file_key_value_and_what_is_expected(folder: Folder, key: str, value: str, allowed: str) -> None:
    start = f"{folder.path}/test.toml: {key} = {value} is not allowed; "

    (fault,) = [fault for fault in folder.faults(**{key: value}) if fault.startswith(start)]

    assert allowed in fault


@pytest.mark.parametrize("region", ["us-east-1", "eusc-de-east-1", "cn-northwest-1", "us-gov-east-1", "us-iso-west-1"])
def test_every_partition_has_regions(folder: Folder, region: str) -> None:
    folder.write(Account='"111122223333"', Region=f'"{region}"')

    assert folder.load().region == region


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("VpcId", '"vpc-123"'),
        ("VpcId", '"subnet-0123456789abcdef0"'),
        ("SubnetIds", "[]"),
        ("SubnetIds", '"subnet-0123456789abcdef0"'),
        ("SubnetIds", '["subnet-01234567", "subnet-01234567"]'),
        ("SecurityGroupId", '"default"'),
    ],
)
def test_an_id_of_the_network_that_is_none(folder: Folder, key: str, value: str) -> None:
    (fault,) = folder.faults(**{**GIVEN_NETWORK, key: value})

    assert f"{key} = {value} is not allowed" in fault


@pytest.mark.parametrize("item", ['"subnet-0123456789ABCDEF0"', "7"])
def test_a_subnet_id_that_is_none_is_shown_alone(folder: Folder, item: str) -> None:
    (fault,) = folder.faults(**{**GIVEN_NETWORK, "SubnetIds": f'["subnet-01234567", {item}]'})

    assert f"SubnetIds = {item} is not allowed" in fault


@pytest.mark.parametrize("key", [key for key in LEAST if key != "CreatePublicNetwork"])
def test_what_must_be_there(folder: Folder, key: str) -> None:
    (fault,) = folder.faults(**{key: None})

    assert fault.startswith(f"{folder.path}/test.toml: {key} is missing; expected ")


def test_a_file_without_any_network(folder: Folder) -> None:
    faults = folder.faults(CreatePublicNetwork=None)

    assert [fault.split(": ")[1] for fault in faults] == [
        "VpcId is missing; expected the network that the task runs in, or CreatePublicNetwork = true",
        "SubnetIds is missing; expected the network that the task runs in, or CreatePublicNetwork = true",
    ]


def test_flow_logs_of_an_existing_network_are_its_owners(folder: Folder) -> None:
    (fault,) = folder.faults(**GIVEN_NETWORK, VpcFlowLogs="true")

    assert "VpcFlowLogs = true is not allowed" in fault


@pytest.mark.parametrize("expression", ["rate(7 days)", "cron(30 3 ? * SUN *)", "at(2030-01-31T10:30:00)"])
def test_a_schedule_of_a_reconcile(folder: Folder, expression: str) -> None:
    folder.write(ReconcileSchedule=f'"{expression}"')

    assert folder.load().reconcile_schedule == expression


@pytest.mark.parametrize("reconcile", ["cron(30 3 * * ? *)", "cron(30  3 * *  ? *)"])
def test_a_reconcile_never_starts_together_with_a_sync(folder: Folder, reconcile: str) -> None:
    (fault,) = folder.faults(ReconcileSchedule=f'"{reconcile}"')

    assert f'ReconcileSchedule = "{reconcile}" is not allowed; ScheduleExpression is the same' in fault
    assert fault.endswith("give ReconcileSchedule an hour at which no scheduled sync is running, or leave it out")


def test_two_schedules_that_are_wrong_in_the_same_way_are_reported_once_each(folder: Folder) -> None:
    faults = folder.faults(ScheduleExpression='"daily"', ReconcileSchedule='"daily"')

    assert [fault.split(": ")[1].split(" = ")[0] for fault in faults] == ["ScheduleExpression", "ReconcileSchedule"]


def test_account_and_region_go_together(folder: Folder) -> None:
    (fault,) = folder.faults(Account='"111122223333"')

    assert "Region is missing; expected both of Account and Region, or neither (Account is set)" in fault


@pytest.mark.parametrize(
    ("name", "today"), [("dev", "false"), ("live", "false"), ("prod", "true"), ("production", "true")]
)
def test_production_is_said_and_a_file_without_it_is_answered_with_what_it_is_today(
    folder: Folder, name: str, today: str
) -> None:
    faults = folder.faults(name, Production=None)

    assert faults[0].endswith(
        f"Production is missing; expected true or false; Production = {today} keeps what this environment is today"
    )


@pytest.mark.parametrize("name", ["prod", "live"])
def test_production_names_its_account(folder: Folder, name: str) -> None:
    faults = folder.faults(name, Production="true")

    assert [fault.split(": ")[1].split(" is")[0] for fault in faults] == ["Account", "Region"]
    assert "so that it is deployed to no other" in faults[0]


def test_all_faults_are_reported_at_once(folder: Folder) -> None:
    faults = folder.faults(ProjectName='"X"', ScheduleTimezone='"Mars"', AlertEmail=None, Surprise="1", BatchSize="1.5")

    assert len(faults) == 5


def test_a_key_that_is_not_known(folder: Folder) -> None:
    typo, alien = folder.faults(SilenceHour="30", Frobnicate="1")

    assert 'SilenceHour = 30 is an unknown key; did you mean "SilenceHours"?' in typo
    assert "Frobnicate = 1 is an unknown key; known are Account, AlertEmail, AssignPublicIp," in alien


def test_a_secret_in_the_file_is_refused_and_not_repeated(folder: Folder) -> None:
    by_name, by_form = folder.faults(MoodleToken='"d41d8cd98f00b204"', MoodleKey=f'"{"d41d8cd98f00b204" * 2}"')

    assert "MoodleToken = (not shown) is an unknown key; a secret never belongs in a file" in by_name
    assert "MoodleKey = (not shown) is an unknown key" in by_form


def test_no_two_environments_share_a_name(folder: Folder) -> None:
    folder.write("one")
    (fault,) = folder.faults("two")

    assert 'ProjectName = "acme-sync" is not allowed; expected a name of its own: ' in fault
    assert fault.endswith("one.toml has it already")


def test_neither_do_files_that_lie_elsewhere_side_by_side(folder: Folder, tmp_path: Path) -> None:
    elsewhere = Folder(tmp_path / "elsewhere")
    elsewhere.path.mkdir()
    elsewhere.write("prod")

    with pytest.raises(ParameterError, match=r"prod\.toml has it already"):
        parameters.load("dev", elsewhere.write("dev"), environments=folder.path)


def test_the_file_of_one_environment_is_not_taken_under_the_name_of_another(folder: Folder) -> None:
    """Else production would be deployed without what protects its data."""
    file = folder.write("prod", Account='"111122223333"', Region='"eu-west-2"')

    with pytest.raises(ParameterError, match=r"is the file of prod, but dev is named; name prod$"):
        parameters.load("dev", file, environments=folder.path)


def test_a_broken_file_of_another_environment_is_not_this_ones_fault(folder: Folder) -> None:
    (folder.path / "broken.toml").write_text("ProjectName =")
    folder.write()

    assert folder.load().project_name == "acme-sync"


def test_a_file_from_elsewhere_stands_for_the_environments_own(folder: Folder, tmp_path: Path) -> None:
    folder.write("dev")
    elsewhere = Folder(tmp_path / "elsewhere")
    elsewhere.path.mkdir()
    file = elsewhere.write("whatever", AlertEmail='"other@example.com"')

    assert parameters.load("dev", file, environments=folder.path).alert_email == "other@example.com"
    with pytest.raises(ParameterError, match="has it already"):
        parameters.load("test", file, environments=folder.path)


def test_a_file_that_is_not_there(folder: Folder) -> None:
    folder.write("dev")

    with pytest.raises(ParameterError, match=r"nope\.toml: there is no such file; the environments are dev"):
        folder.load("nope")


@pytest.mark.parametrize("content", [b"ProjectName = ", b"\xff\xfe", b'ProjectName = "a"\nProjectName = "b"'])
def test_a_file_that_cannot_be_read(folder: Folder, content: bytes) -> None:
    (folder.path / "bad.toml").write_bytes(content)

    with pytest.raises(ParameterError, match=r"bad\.toml: (is not TOML|cannot be read)"):
        folder.load("bad")


def test_the_tests_own_environment_sets_every_key_but_those_of_a_public_network() -> None:
    values = tomllib.loads((ENVIRONMENTS / "prod.toml").read_text())

    keys = {field.alias for field in parameters.Parameters.model_fields.values()}
    assert keys - values.keys() == {"CreatePublicNetwork", "VpcFlowLogs"}
