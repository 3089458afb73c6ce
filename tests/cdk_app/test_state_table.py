from tests.cdk_app.synthesis import Synthesis

TABLE = "AWS::DynamoDB::Table"


def test_has_the_key_state_id(each: Synthesis) -> None:
    properties = each.sync.only(TABLE)["Properties"]

    assert properties["KeySchema"] == [{"AttributeName": "StateId", "KeyType": "HASH"}]
    assert properties["AttributeDefinitions"] == [{"AttributeName": "StateId", "AttributeType": "S"}]


def test_is_on_demand_with_recovery_and_expiry(each: Synthesis) -> None:
    properties = each.sync.only(TABLE)["Properties"]

    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["TimeToLiveSpecification"] == {"AttributeName": "ExpiresAt", "Enabled": True}


def test_has_a_generated_name(each: Synthesis) -> None:
    assert "TableName" not in each.sync.only(TABLE)["Properties"]


def test_outlives_the_stack_in_production_only(dev: Synthesis, prod: Synthesis) -> None:
    ours, theirs = prod.sync.only(TABLE), dev.sync.only(TABLE)

    assert (ours["DeletionPolicy"], ours["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert ours["Properties"]["DeletionProtectionEnabled"] is True
    assert (theirs["DeletionPolicy"], theirs["UpdateReplacePolicy"]) == ("Delete", "Delete")
    assert theirs["Properties"]["DeletionProtectionEnabled"] is False
