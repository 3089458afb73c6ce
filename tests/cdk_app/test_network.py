import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template as Assertions

from cdk_app.network import PublicNetworkConstruct
from tests.cdk_app.synthesis import Synthesis, Template, app

GROUP = "AWS::EC2::SecurityGroup"


@pytest.fixture(scope="module")
def with_flow_logs() -> Template:
    stack = cdk.Stack(app(), "Stack")
    PublicNetworkConstruct(stack, "Network", flow_logs=True)
    return Template(Assertions.from_stack(stack).to_json())


def test_two_public_subnets_in_two_zones(dev: Synthesis) -> None:
    subnets = dev.sync.of_type("AWS::EC2::Subnet").values()

    assert [subnet["Properties"]["AvailabilityZone"] for subnet in subnets] == [
        {"Fn::Select": [0, {"Fn::GetAZs": ""}]},
        {"Fn::Select": [1, {"Fn::GetAZs": ""}]},
    ]
    assert all(subnet["Properties"]["MapPublicIpOnLaunch"] is False for subnet in subnets)


def test_the_default_route_is_the_internet_gateway(dev: Synthesis) -> None:
    route = dev.sync.only("AWS::EC2::Route")
    associations = dev.sync.of_type("AWS::EC2::SubnetRouteTableAssociation").values()

    assert route["Properties"]["GatewayId"] == {"Ref": dev.sync.named("Gateway", "AWS::EC2::InternetGateway")}
    assert dev.sync.named("Attachment", "AWS::EC2::VPCGatewayAttachment") in route["DependsOn"]
    assert {one["Properties"]["SubnetId"]["Ref"] for one in associations} == set(dev.sync.of_type("AWS::EC2::Subnet"))


@pytest.mark.parametrize("costly", ["NatGateway", "EIP", "VPCEndpoint"])
def test_no_resource_is_charged_by_the_hour(each: Synthesis, costly: str) -> None:
    assert not each.sync.of_type(f"AWS::EC2::{costly}")


def test_no_ingress_and_https_egress_only(dev: Synthesis) -> None:
    properties = dev.sync.only(GROUP)["Properties"]
    (egress,) = properties["SecurityGroupEgress"]

    assert "SecurityGroupIngress" not in properties
    assert not dev.sync.of_type("AWS::EC2::SecurityGroupIngress")
    assert not dev.sync.of_type("AWS::EC2::SecurityGroupEgress")
    assert (egress["IpProtocol"], egress["FromPort"], egress["ToPort"]) == ("tcp", 443, 443)


def test_it_has_no_function(dev: Synthesis) -> None:
    assert not dev.sync.of_type("AWS::Lambda::Function")


def test_flow_logs_are_optional(dev: Synthesis, with_flow_logs: Template) -> None:
    assert not dev.sync.of_type("AWS::EC2::FlowLog")
    assert with_flow_logs.only("AWS::EC2::FlowLog")["Properties"]["TrafficType"] == "ALL"
    assert with_flow_logs.only("AWS::Logs::LogGroup")["Properties"]["RetentionInDays"] == 90


def test_the_role_of_the_flow_logs_may_write_its_log_group_only(with_flow_logs: Template) -> None:
    role = with_flow_logs.named("FlowLogRole", "AWS::IAM::Role")
    (statement,) = with_flow_logs.statements(role)
    (trust,) = with_flow_logs.resources[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]

    assert statement["Resource"] == {"Fn::GetAtt": [with_flow_logs.named("Flow", "AWS::Logs::LogGroup"), "Arn"]}
    assert statement["Action"] == ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    assert trust["Principal"] == {"Service": "vpc-flow-logs.amazonaws.com"}
    assert set(trust["Condition"]) == {"StringEquals", "ArnLike"}
