"""Where the task runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class TaskNetwork:
    """The subnets and the security group of the task, and whether it gets a public address of its own.

    In a public subnet it needs one to reach anything; in a private one it goes out through a NAT gateway.

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
