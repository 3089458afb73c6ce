import json
import re

from tests.cdk_app.synthesis import Synthesis
from worker.runs.summary import COUNTS

DASHBOARD = "AWS::CloudWatch::Dashboard"


def test_is_optional(dev: Synthesis, prod: Synthesis) -> None:
    assert not dev.sync.of_type(DASHBOARD)
    assert prod.sync.only(DASHBOARD)["Properties"]["DashboardName"] == "snap"


def test_queries_fields_of_the_summary_in_the_log_of_the_task(prod: Synthesis) -> None:
    body = prod.sync.only(DASHBOARD)["Properties"]["DashboardBody"]
    text = "".join(part if isinstance(part, str) else "x" for part in body["Fn::Join"][1])
    widgets = json.loads(text)["widgets"]
    queries = [widget["properties"]["query"] for widget in widgets if widget["type"] == "log"]

    assert len(queries) == 3
    assert all(query.startswith("SOURCE '/ecs/snap'") for query in queries)
    assert set(re.findall(r"sum\((\w+)\)", " ".join(queries))) <= set(COUNTS)


def test_shows_the_alarms(prod: Synthesis) -> None:
    body = json.dumps(prod.sync.only(DASHBOARD)["Properties"]["DashboardBody"])

    assert all(alarm in body for alarm in prod.sync.of_type("AWS::CloudWatch::Alarm"))
