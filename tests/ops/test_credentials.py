"""`secret set`: a value comes in unseen, and goes nowhere but into its secret."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from tests.ops.town_hall import Hall
from worker.config.credentials import read_credential
from worker.config.settings import Credential

API_KEY = "0123456789abcdef0123456789abcdef01234567"
TOKEN = "fedcba9876543210fedcba9876543210"
SYSTEMS = pytest.mark.parametrize(("system", "value"), [("bamboohr", API_KEY), ("moodle", TOKEN)])


def stored(hall: Hall, system: str) -> str | None:
    try:
        answer = hall.client("secretsmanager").get_secret_value(SecretId=f"hall/{system}")
    except ClientError:
        return None
    return str(answer["SecretString"])


@SYSTEMS
def test_from_stdin(hall: Hall, system: str, value: str) -> None:
    hall.pipes(f"{value}\n")

    end = hall.ops("secret", "set", system)

    assert end.code == 0
    assert (
        json.loads(stored(hall, system) or "")
        == {
            "bamboohr": {"bamboohr_api_key": API_KEY},
            "moodle": {"moodle_token": TOKEN},
        }[system]
    )
    assert value not in end.out + end.err
    assert f"make dry-run {hall.in_env}" in end.out


@SYSTEMS
def test_from_a_prompt_that_shows_nothing(hall: Hall, system: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    hall.types("")

    def answer(prompt: str) -> str:
        asked.append(prompt)
        return value

    monkeypatch.setattr("getpass.getpass", answer)

    end = hall.ops("secret", "set", system)

    assert end.code == 0
    assert "it is not shown" in asked[0]
    assert value in (stored(hall, system) or "")
    assert value not in end.out + end.err


def test_the_worker_reads_what_was_set(hall: Hall) -> None:
    hall.pipes(TOKEN)
    hall.ops("secret", "set", "moodle")

    credential = Credential("MOODLE_TOKEN", hall.outputs["MoodleSecretArn"])

    assert read_credential(credential, hall.client("secretsmanager")) == TOKEN


@pytest.mark.parametrize(
    ("system", "value", "said"),
    [
        ("moodle", "", "no Moodle token was given"),
        ("moodle", "two words", "one text without blanks"),
        ("moodle", "schlüssel", "one text without blanks"),
        ("bamboohr", "x" * 513, "one text without blanks"),
        ("moodle", API_KEY, "this looks like a BambooHR API key"),
        ("bamboohr", TOKEN, "this looks like a Moodle token"),
        ("moodle", TOKEN[:-1], "32 hexadecimal digits"),
        ("bamboohr", '{"bamboohr_api_key":"x"}', "40 hexadecimal digits"),
    ],
)
def test_a_value_of_a_wrong_form_is_refused_and_not_shown(hall: Hall, system: str, value: str, said: str) -> None:
    hall.pipes(value)

    end = hall.ops("secret", "set", system)

    assert end.code == 2
    assert said in end.err
    assert "nothing was changed" in end.err
    assert not value or value not in end.out + end.err
    assert stored(hall, system) is None


def test_another_form_is_taken_if_the_operator_insists(hall: Hall) -> None:
    hall.pipes("a-token-of-another-kind")

    assert hall.ops("secret", "set", "moodle", "--any-form").code == 0
    assert json.loads(stored(hall, "moodle") or "") == {"moodle_token": "a-token-of-another-kind"}


def test_the_value_is_no_argument(hall: Hall) -> None:
    end = hall.ops("secret", "set", "moodle", TOKEN)

    assert end.code == 2
    assert stored(hall, "moodle") is None
