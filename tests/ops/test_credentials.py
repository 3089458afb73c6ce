"""`secret set`: a value is not shown, and is written to its secret only."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from tests.ops.deployed_environment import Environment
from worker.config.credentials import read_credential
from worker.config.settings import Credential

API_KEY = "0123456789abcdef0123456789abcdef01234567"
TOKEN = "fedcba9876543210fedcba9876543210"
SYSTEMS = pytest.mark.parametrize(("system", "value"), [("bamboohr", API_KEY), ("moodle", TOKEN)])


def stored(deployed: Environment, system: str) -> str | None:
    try:
        answer = deployed.client("secretsmanager").get_secret_value(SecretId=f"acme-sync/{system}")
    except ClientError:
        return None
    return str(answer["SecretString"])


@SYSTEMS
def test_from_stdin(deployed: Environment, system: str, value: str) -> None:
    deployed.pipes(f"{value}\n")

    end = deployed.ops("secret", "set", system)

    assert end.code == 0
    assert (
        json.loads(stored(deployed, system) or "")
        == {
            "bamboohr": {"bamboohr_api_key": API_KEY},
            "moodle": {"moodle_token": TOKEN},
        }[system]
    )
    assert value not in end.out + end.err
    assert f"{deployed.lxp} sync --dry-run" in end.out


@SYSTEMS
def test_from_a_prompt_that_shows_nothing(
    deployed: Environment, system: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompts: list[str] = []
    deployed.types("")

    def answer(prompt: str) -> str:
        prompts.append(prompt)
        return value

    monkeypatch.setattr("getpass.getpass", answer)

    end = deployed.ops("secret", "set", system)

    assert end.code == 0
    assert "(not shown)" in prompts[0]
    assert value in (stored(deployed, system) or "")
    assert value not in end.out + end.err


def test_the_worker_reads_what_was_set(deployed: Environment) -> None:
    deployed.pipes(TOKEN)
    deployed.ops("secret", "set", "moodle")

    credential = Credential("MOODLE_TOKEN", deployed.outputs["MoodleSecretArn"])

    assert read_credential(credential, deployed.client("secretsmanager")) == TOKEN


@pytest.mark.parametrize(
    ("system", "value", "message"),
    [
        ("moodle", "", "no Moodle token was given"),
        ("moodle", "two words", "one word of at most 512 printable ASCII characters"),
        ("moodle", "schlüssel", "one word of at most 512 printable ASCII characters"),
        ("bamboohr", "x" * 513, "one word of at most 512 printable ASCII characters"),
        ("moodle", API_KEY, "this looks like a BambooHR API key"),
        ("bamboohr", TOKEN, "this looks like a Moodle token"),
        ("moodle", TOKEN[:-1], "32 hexadecimal digits"),
        ("bamboohr", '{"bamboohr_api_key":"x"}', "40 hexadecimal digits"),
    ],
)
def test_a_value_of_a_wrong_form_is_refused_and_not_shown(
    deployed: Environment, system: str, value: str, message: str
) -> None:
    deployed.pipes(value)

    end = deployed.ops("secret", "set", system)

    assert end.code == 2
    assert message in end.err
    assert "nothing was changed" in end.err
    assert not value or value not in end.out + end.err
    assert stored(deployed, system) is None


def test_any_form_accepts_another_form(deployed: Environment) -> None:
    deployed.pipes("a-token-of-another-kind")

    assert deployed.ops("secret", "set", "moodle", "--any-form").code == 0
    assert json.loads(stored(deployed, "moodle") or "") == {"moodle_token": "a-token-of-another-kind"}


def test_the_value_cannot_be_an_argument(deployed: Environment) -> None:
    end = deployed.ops("secret", "set", "moodle", TOKEN)

    assert end.code == 2
    assert stored(deployed, "moodle") is None
