import json

from tests.cdk_app.synthesis import Synthesis

REPOSITORY = "AWS::ECR::Repository"


def test_is_named_after_the_project_and_the_only_resource_of_its_stack(each: Synthesis) -> None:
    assert each.registry.only(REPOSITORY)["Properties"]["RepositoryName"] == each.parameters.project_name
    assert len(each.registry.resources) == 1


def test_tags_are_immutable_and_images_are_scanned(each: Synthesis) -> None:
    properties = each.registry.only(REPOSITORY)["Properties"]

    assert properties["ImageTagMutability"] == "IMMUTABLE"
    assert properties["ImageScanningConfiguration"] == {"ScanOnPush": True}


def test_lifecycle_rules(each: Synthesis) -> None:
    policy = json.loads(each.registry.only(REPOSITORY)["Properties"]["LifecyclePolicy"]["LifecyclePolicyText"])
    untagged, tagged = (rule["selection"] for rule in policy["rules"])

    assert untagged == {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 7}
    assert tagged == {
        "tagStatus": "tagged",
        "tagPatternList": ["*"],
        "countType": "imageCountMoreThan",
        "countNumber": 100,
    }


def test_only_the_publishing_role_of_the_bootstrap_has_access(prod: Synthesis) -> None:
    (statement,) = prod.registry.only(REPOSITORY)["Properties"]["RepositoryPolicyText"]["Statement"]

    assert statement["Effect"] == "Allow"
    assert statement["Principal"] == {
        "AWS": "arn:aws:iam::111122223333:role/cdk-hnb659fds-image-publishing-role-111122223333-eu-west-2"
    }
    assert {"ecr:DescribeImages", "ecr:DescribeRepositories", "ecr:PutImage"} < set(statement["Action"])
    assert not any("*" in action or "Delete" in action for action in statement["Action"])


def test_outlives_the_stack_in_production_only(dev: Synthesis, prod: Synthesis) -> None:
    ours, theirs = prod.registry.only(REPOSITORY), dev.registry.only(REPOSITORY)

    assert (ours["DeletionPolicy"], ours["Properties"]["EmptyOnDelete"]) == ("RetainExceptOnCreate", False)
    assert (theirs["DeletionPolicy"], theirs["Properties"]["EmptyOnDelete"]) == ("Delete", True)
