import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from cdk_app import service_linked_role


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-2")


@mock_aws
def test_is_created_once(capsys: pytest.CaptureFixture[str]) -> None:
    service_linked_role.main()
    service_linked_role.main()

    assert capsys.readouterr().out.splitlines() == [
        "The service-linked role of ecs.amazonaws.com was made.",
        "The service-linked role of ecs.amazonaws.com is there already.",
    ]
    assert len(boto3.client("iam").list_roles()["Roles"]) == 1


def test_a_refusal_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> bool:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not you"}}, "ListRoles")

    monkeypatch.setattr(service_linked_role, "ensure", refuse)

    with pytest.raises(SystemExit, match=r"could not be made: .*AccessDenied"):
        service_linked_role.main()
