"""The settings of an environment's file, as the variables that the task would get."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.worker.builders import LAPTOP
from worker.config.settings import read_settings
from worker.config.settings_file import with_settings_file
from worker.errors import ConfigurationError, UsageError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "dev.toml"


def test_a_byte_order_mark_does_not_count(file: Path) -> None:
    file.write_text("MaxAttempts = 7\r\n", encoding="utf-8-sig")

    assert read_settings(with_settings_file(LAPTOP, file)).max_attempts == 7


def test_the_file_stands_for_all_settings_of_the_sync(file: Path) -> None:
    file.write_text('BambooCompanyDomain = "other"\nHireLookaheadDays = 3\nScheduleTimezone = "Europe/London"\n')

    settings = read_settings(with_settings_file({**LAPTOP, "MAX_ATTEMPTS": "7", "HIRE_LOOKAHEAD_DAYS": "9"}, file))

    assert (settings.bamboo_company_domain, settings.hire_lookahead_days, settings.max_attempts) == ("other", 3, 0)


def test_the_addresses_credentials_and_state_are_the_environments_where_the_file_has_none(file: Path) -> None:
    file.write_text('[FieldMapping]\ninstitution = "division"\ndepartment = false\n')

    settings = read_settings(with_settings_file(LAPTOP, file))

    before = read_settings(LAPTOP)
    assert settings.mapping.rule("department") is None
    expected = (before.binding, before.state_file, before.moodle_credential)
    assert (settings.binding, settings.state_file, settings.moodle_credential) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("BatchSize = true", "BatchSize = true is not allowed; expected a whole number from -1000000 to 1000000"),
        ('FieldMaping = "x"', 'FieldMaping is an unknown key; did you mean "FieldMapping"?'),
        ("DatesAsEvents = true", "DatesAsEvents is no longer a setting; hires and leavers are always processed"),
        ('[FieldMapping]\ninstitution = "shoe_size"', 'FieldMapping.institution = "shoe_size" is not allowed'),
        ("[FieldMapping]\ninstitution = 2026-01-01", 'FieldMapping.institution = "2026-01-01" is not allowed'),
        ("UsernameTemplate = 7", "UsernameTemplate = 7 is not allowed; expected a template"),
        ('[Limits]\ncreate = "many"', "create"),
    ],
)
def test_a_fault_is_reported_as_synthesis_reports_it(file: Path, text: str, expected: str) -> None:
    file.write_text(text)

    with pytest.raises(ConfigurationError) as caught:
        with_settings_file(LAPTOP, file)

    (line,) = caught.value.faults
    assert line.startswith(f"{file}: ")
    assert expected in line


def test_all_faults_are_reported_at_once(file: Path) -> None:
    file.write_text('BatchSize = "all"\nMaxAttempts = -1\nFieldMaping = "x"\n')

    with pytest.raises(ConfigurationError) as caught:
        with_settings_file(LAPTOP, file)

    assert len(caught.value.faults) == 3


@pytest.mark.parametrize(
    ("text", "expected"), [(None, "cannot be read"), ("[FieldMapping", "is not TOML"), ("a = " + "[" * 100_000, "TOML")]
)
def test_a_file_that_is_no_toml_is_a_usage_error(file: Path, text: str | None, expected: str) -> None:
    if text is not None:
        file.write_text(text)

    with pytest.raises(UsageError, match=expected):
        with_settings_file(LAPTOP, file)
