import aws_cdk as cdk
import pytest

from cdk_app import application
from cdk_app.parameters import ParameterError
from tests.cdk_app.synthesis import ENVIRONMENTS


def app_with(**context: str) -> cdk.App:
    return cdk.App(context=dict(context))


def test_the_environment_must_be_chosen() -> None:
    with pytest.raises(ParameterError, match=r"which environment.*-c env=dev or .*-c env=prod"):
        application.chosen(app_with())


def test_an_environment_by_name() -> None:
    assert application.chosen(app_with(env="prod")).production


def test_an_environment_from_a_file_elsewhere() -> None:
    assert application.chosen(app_with(env="e2e", env_file=str(ENVIRONMENTS / "dev.toml"))).project_name == "snap-dev"


def test_a_faulty_environment_ends_with_words_and_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    tree = app_with(env="nope")
    monkeypatch.setattr(cdk, "App", lambda: tree)

    with pytest.raises(SystemExit, match=r"nope\.toml: there is no such file(.|\n)*Nothing was synthesised"):
        application.main()
