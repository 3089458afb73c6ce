"""The two credentials: what is wrong, how it is fixed, and never any of the value."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, NoCredentialsError
from moto import mock_aws
from types_boto3_secretsmanager import SecretsManagerClient

from tests.worker.clients import Secret
from worker import advice
from worker.advice import LXP, CommandLine
from worker.config.credentials import fix_command, open_credential, read_credential
from worker.config.settings import Credential
from worker.errors import ConfigurationError, CredentialError, ExitCode

BAMBOO = Credential("BAMBOOHR_API_KEY", "sync/bamboohr")
MOODLE = Credential("MOODLE_TOKEN", "sync/moodle")


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> Iterator[SecretsManagerClient]:
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "testing"),
        ("AWS_SECRET_ACCESS_KEY", "testing"),
        ("AWS_DEFAULT_REGION", "eu-central-1"),
    ):
        monkeypatch.setenv(name, value)
    with mock_aws():
        yield boto3.client("secretsmanager")


class Refusing:
    """A Secrets Manager that fails every read."""

    def __init__(self, fault: Exception) -> None:
        self.fault = fault

    def get_secret_value(self, *, SecretId: str) -> dict[str, object]:  # noqa: N803 - boto3's own name
        raise self.fault


def refused(code: str) -> Refusing:
    said = "User: arn:aws:iam::1:role/r is not authorized"
    return Refusing(ClientError({"Error": {"Code": code, "Message": said}}, "GetSecretValue"))


def refusal(credential: Credential, client: Any = None) -> CredentialError:
    with pytest.raises(CredentialError) as caught:
        read_credential(credential, client)
    assert caught.value.exit_code is ExitCode.CONFIGURATION
    return caught.value


@pytest.mark.parametrize(
    ("credential", "secret"),
    [
        (BAMBOO, {"SecretString": '{"bamboohr_api_key": "abc123", "other": 1}'}),
        (MOODLE, {"SecretString": '{"moodle_token": " abc123\\n"}'}),
        (MOODLE, {"SecretBinary": b'{"moodle_token": "abc123"}'}),
    ],
)
def test_a_credential_is_read_out_of_its_json_secret(
    secrets: SecretsManagerClient, credential: Credential, secret: Any
) -> None:
    secrets.create_secret(Name=credential.secret_id, **secret)

    assert read_credential(credential) == "abc123"


def test_a_credential_of_the_environment_needs_no_aws() -> None:
    assert read_credential(Credential("MOODLE_TOKEN", "", " abc123 "), refused("Unasked")) == "abc123"


@pytest.mark.parametrize("deployed", [False, True], ids=["no secret", "deployed and never set"])
def test_a_missing_secret_is_reported_with_the_command_that_sets_it(
    secrets: SecretsManagerClient, deployed: bool
) -> None:
    if deployed:
        secrets.create_secret(Name=MOODLE.secret_id)

    end = refusal(MOODLE)

    assert end.message == "the secret sync/moodle does not exist or was never set"
    assert end.advice.startswith(f"set it: {fix_command(MOODLE)} (then type ")


NO_KEY = 'the secret sync/moodle is malformed: it must hold JSON with the key "moodle_token"'
BLANK = '"moodle_token" in the secret sync/moodle is malformed: it must not be empty or contain blanks'
NO_TEXT = '"moodle_token" in the secret sync/moodle is malformed: it must be a text, in quotes'
NO_DOCUMENTS = (
    "hush-abc123",
    '{"hush": "abc123"}',
    '"hush-abc123"',
    '["hush-abc123"]',
    "7",
    "null",
    '{"moodle_token": ',
)
NO_BINARIES = (b"", b"hush", b"\xff\xfe{", b"\x00")
NO_TOKENS = ("", "  ", "\u200b", "hush abc123", "hush-\u00e4bc", "hush\nabc", "h" * 513)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        *((document, NO_KEY) for document in (*NO_DOCUMENTS, *NO_BINARIES)),
        *((json.dumps({"moodle_token": value}), BLANK) for value in NO_TOKENS),
        *((json.dumps({"moodle_token": value}), NO_TEXT) for value in (123456, None, ["hush"])),
        (b'{"moodle_token": "hush\xff"}', "is malformed"),
    ],
)
def test_a_malformed_secret_is_reported_and_not_repeated(document: str | bytes, message: str) -> None:
    end = refusal(MOODLE, Secret(document))

    assert message in end.message
    assert fix_command(MOODLE) in end.advice
    assert_silent(end)


def test_a_malformed_value_of_the_environment_is_not_repeated() -> None:
    end = refusal(Credential("MOODLE_TOKEN", "", "hush abc123"))

    assert end.message.startswith("MOODLE_TOKEN is malformed")
    assert end.advice == "set it: read -rs MOODLE_TOKEN && export MOODLE_TOKEN"
    assert_silent(end)


def test_a_secret_that_may_not_be_read_is_reported_with_the_name_of_the_refusal_alone() -> None:
    end = refusal(MOODLE, refused("AccessDeniedException"))

    assert end.message == "the secret sync/moodle cannot be read (AccessDeniedException)"
    assert "task role" in end.advice
    assert "arn:" not in end.message + end.advice


def test_a_secret_that_is_scheduled_for_deletion_is_unreadable(secrets: SecretsManagerClient) -> None:
    secrets.create_secret(Name=MOODLE.secret_id, SecretString='{"moodle_token": "hush"}')
    secrets.delete_secret(SecretId=MOODLE.secret_id)

    end = refusal(MOODLE)

    assert end.message == "the secret sync/moodle cannot be read (InvalidRequestException)"
    assert "scheduled for deletion" in end.advice


@pytest.mark.parametrize("credential", [BAMBOO, MOODLE, Credential("MOODLE_TOKEN", "arn:aws:x:y it's")])
def test_the_fix_command_survives_the_shell(credential: Credential) -> None:
    words = shlex.split(fix_command(credential))

    assert words[:4] == ["aws", "secretsmanager", "put-secret-value", "--secret-id"]
    assert words[4:] == [credential.secret_id, "--secret-string", "file:///dev/stdin"]


def test_what_the_advice_says_to_type_fixes_it(secrets: SecretsManagerClient) -> None:
    secrets.create_secret(Name=MOODLE.secret_id)
    (document,) = re.findall(r"then type (\{.*?\})", refusal(MOODLE).advice)
    secrets.put_secret_value(SecretId=MOODLE.secret_id, SecretString=document.replace("...", "abc123"))

    assert read_credential(MOODLE) == "abc123"


def test_an_operator_is_told_the_operators_command(secrets: SecretsManagerClient) -> None:
    with advice.using(CommandLine(LXP, "prod")):
        assert refusal(MOODLE).advice == "set it: ./lxp --env prod secret set moodle"
        assert fix_command(BAMBOO) == "./lxp --env prod secret set bamboohr"


def test_a_task_which_does_not_know_its_environment_names_its_secret() -> None:
    with advice.using(CommandLine()):
        assert f"--secret-id {MOODLE.secret_id}" in fix_command(MOODLE)


@pytest.mark.parametrize("credential", [Credential("MOODLE_TOKEN", "", "a b"), BAMBOO])
def test_no_advice_puts_a_value_on_a_command_line(credential: Credential) -> None:
    assert "..." not in fix_command(credential)


def test_aws_without_a_region_is_a_configuration_error_that_names_the_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "none")

    with pytest.raises(ConfigurationError) as caught:
        read_credential(MOODLE)

    (fault,) = caught.value.faults
    assert fault.startswith("AWS_REGION")


def test_aws_without_credentials_is_no_crash() -> None:
    end = refusal(MOODLE, Refusing(NoCredentialsError()))

    assert end.message == "the secret sync/moodle cannot be read (NoCredentialsError)"
    assert end.advice.startswith("no AWS credentials were found: log in to AWS")


def assert_silent(end: CredentialError) -> None:
    """Neither the message, nor the advice, nor what Python would print as the cause holds any of the value."""
    assert "hush" not in end.message + end.advice
    assert end.__cause__ is None
    assert end.__suppress_context__


@pytest.mark.parametrize(
    "document",
    [
        '\ufeff{"moodle_token": "abc123"}',
        '\ufeff\ufeff{"moodle_token": "abc123"}\u200b',
        '\u00a0{"\ufeffmoodle_token": "\u200babc\u200b123\ufeff"}\u00a0',
        '{"moodle_token": "\\ufeffabc\\u200d123\\u00a0"}',
        b'{"moodle_token": "abc123"}',
        b'\xef\xbb\xbf\xef\xbb\xbf{"moodle_token": "abc123"}\r\n',
        '{"moodle_token": "abc123"}'.encode("utf-16"),
    ],
)
def test_what_cannot_be_seen_in_a_secret_does_not_count(document: str | bytes) -> None:
    """Editors, web pages and secret managers add byte order marks and zero-width spaces, or upload a file as it is."""
    assert read_credential(MOODLE, Secret(document)) == "abc123"


def test_what_cannot_be_seen_in_a_variable_does_not_count() -> None:
    assert read_credential(Credential("MOODLE_TOKEN", "", "\ufeffabc\u200b123 ")) == "abc123"


# Rotation


def secret_of(token: str) -> Secret:
    return Secret(json.dumps({"moodle_token": token}))


def test_a_refused_credential_is_read_once_more_from_its_secret() -> None:
    secret = secret_of("old")
    credential = open_credential(MOODLE, secret)
    secret.document = secret_of("new").document

    assert credential.renew("old")
    assert credential.value == "new"
    assert credential.renew("old"), "another thread was refused with the same old value"
    assert not credential.renew("new"), "once"
    assert secret.reads == 2


@pytest.mark.parametrize("now", ['{"moodle_token": "old"}', "not json"], ids=["unchanged", "unreadable"])
def test_a_secret_without_a_new_value_renews_nothing(now: str) -> None:
    secret = secret_of("old")
    credential = open_credential(MOODLE, secret)
    secret.document = now

    assert not credential.renew("old")
    assert not credential.renew("old")
    assert (credential.value, secret.reads) == ("old", 2)


def test_a_credential_of_the_environment_cannot_change() -> None:
    assert not open_credential(Credential("MOODLE_TOKEN", "", "abc123")).renew("abc123")


def test_a_credential_never_shows_its_value() -> None:
    assert "hush" not in repr(open_credential(MOODLE, secret_of("hush")))
