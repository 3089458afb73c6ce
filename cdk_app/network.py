"""The network of the task: a given one, or a small public one, which has no NAT gateway and so no idle costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import Aws, Fn, RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

_SUBNETS = ("10.88.0.0/26", "10.88.0.64/26")
HTTPS = 443


@dataclass(frozen=True, kw_only=True)
class TaskNetwork:
    """The network of the task.

    Attributes:
        subnet_ids: The ids of the subnets.
        security_group_id: The id of the security group.
        assign_public_ip: Whether the task gets a public address: needed in a public subnet, while a private one has a
            NAT gateway.

    Raises:
        ValueError: There is no subnet or no security group.
    """

    subnet_ids: tuple[str, ...]
    security_group_id: str
    assign_public_ip: bool

    def __post_init__(self) -> None:
        if not isinstance(self.subnet_ids, tuple) or not self.subnet_ids or not all(self.subnet_ids):
            raise ValueError(f"subnet_ids = {self.subnet_ids!r} is not allowed; allowed is a tuple of subnet ids")
        if not self.security_group_id:
            raise ValueError("security_group_id is empty; allowed is the id of a security group")


class EgressOnlySecurityGroup(Construct):
    """A security group without ingress, and with egress to some ports only.

    DNS queries go to the VPC's own resolver, which security groups do not filter (VPC user guide, "DNS attributes").

    Args:
        vpc_id: The VPC of the group.
        ports: The ports of BambooHR, NovaLXP and AWS.
    """

    def __init__(self, scope: Construct, construct_id: str, *, vpc_id: str, ports: Sequence[int] = (HTTPS,)) -> None:
        super().__init__(scope, construct_id)
        self.security_group = ec2.CfnSecurityGroup(
            self,
            "Group",
            vpc_id=vpc_id,
            group_description="The sync task: nothing in, HTTPS out",
            security_group_egress=[
                ec2.CfnSecurityGroup.EgressProperty(
                    ip_protocol="tcp",
                    from_port=port,
                    to_port=port,
                    cidr_ip="0.0.0.0/0",
                    description="BambooHR, NovaLXP and AWS",
                )
                for port in ports
            ],
        )


class PublicNetworkConstruct(Construct):
    """A VPC with two public subnets in two availability zones, and a security group without ingress.

    It consists of plain CloudFormation resources: the CDK's `Vpc` looks up the zones of a named account, which requires
    credentials at synthesis, and adds a function that removes the rules of the default security group.

    Args:
        ports: The ports of BambooHR, NovaLXP and AWS.
        flow_logs: Whether the connections are recorded.
        flow_log_retention: How long they are kept.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        ports: Sequence[int] = (HTTPS,),
        flow_logs: bool = False,
        flow_log_retention: logs.RetentionDays = logs.RetentionDays.THREE_MONTHS,
    ) -> None:
        super().__init__(scope, construct_id)
        self.vpc = ec2.CfnVPC(
            self, "Vpc", cidr_block="10.88.0.0/25", enable_dns_support=True, enable_dns_hostnames=True
        )
        self.internet_gateway = ec2.CfnInternetGateway(self, "InternetGateway")
        attachment = ec2.CfnVPCGatewayAttachment(
            self, "Attachment", vpc_id=self.vpc.ref, internet_gateway_id=self.internet_gateway.ref
        )
        self.route_table = ec2.CfnRouteTable(self, "RouteTable", vpc_id=self.vpc.ref)
        route = ec2.CfnRoute(
            self,
            "Out",
            route_table_id=self.route_table.ref,
            destination_cidr_block="0.0.0.0/0",
            gateway_id=self.internet_gateway.ref,
        )
        route.add_resource_dependency(attachment)
        self.subnets = [self._subnet(number, cidr_block) for number, cidr_block in enumerate(_SUBNETS)]
        self.security_group = EgressOnlySecurityGroup(
            self, "SecurityGroup", vpc_id=self.vpc.ref, ports=ports
        ).security_group
        self.flow_log = self._flow_log(flow_log_retention) if flow_logs else None

    @property
    def task_network(self) -> TaskNetwork:
        """The network for a task with a public address of its own."""
        return TaskNetwork(
            subnet_ids=tuple(subnet.ref for subnet in self.subnets),
            security_group_id=self.security_group.attr_group_id,
            assign_public_ip=True,
        )

    def _subnet(self, number: int, cidr_block: str) -> ec2.CfnSubnet:
        subnet = ec2.CfnSubnet(
            self,
            f"Subnet{number + 1}",
            vpc_id=self.vpc.ref,
            cidr_block=cidr_block,
            availability_zone=Fn.select(number, Fn.get_azs()),
            # The task requests an address of its own.
            map_public_ip_on_launch=False,
        )
        ec2.CfnSubnetRouteTableAssociation(
            self, f"Route{number + 1}", subnet_id=subnet.ref, route_table_id=self.route_table.ref
        )
        return subnet

    def _flow_log(self, retention: logs.RetentionDays) -> ec2.CfnFlowLog:
        log_group = logs.LogGroup(self, "FlowLogGroup", retention=retention, removal_policy=RemovalPolicy.DESTROY)
        role = iam.Role(
            self,
            "FlowLogRole",
            assumed_by=iam.ServicePrincipal(
                "vpc-flow-logs.amazonaws.com",
                conditions={
                    "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
                    "ArnLike": {
                        "aws:SourceArn": Stack.of(self).format_arn(
                            service="ec2", resource="vpc-flow-log", resource_name="*"
                        )
                    },
                },
            ),
        )
        log_group.grant(role, "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")
        return ec2.CfnFlowLog(
            self,
            "FlowLog",
            resource_type="VPC",
            resource_id=self.vpc.ref,
            traffic_type="ALL",
            log_destination_type="cloud-watch-logs",
            log_group_name=log_group.log_group_name,
            deliver_logs_permission_arn=role.role_arn,
        )
