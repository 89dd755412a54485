"""Log groups of each kind, and for each a few log events with the counts that they must lead to."""

import json
import pathlib
import re

from scenario import SCENARIO

# The kinds of log, which each have a list of log groups in the template.
KINDS = re.findall(r"^  Fn::ForEach::LoopOver(\w+)LogGroups:", pathlib.Path(__file__).parents[2].joinpath("template.yaml").read_text(), re.M)

LOG_GROUPS = {
    "Execution": SCENARIO["log_group"],
    "Access": "/aws/apigateway/stock-access",
    "Function": "/aws/lambda/orders",
    "Flow": "/vpc/flow",
}

INVOCATION = "3b0c2c8e-52f2-4a4b-8d0e-6f1f2a3b4c5d"


def access_line(status, error):
    return json.dumps(
        {
            "requestId": f"r-{status}-{error}",
            "apiId": "a2c3c4e5s6",
            "stage": "live",
            "requestTime": "21/Nov/2026:10:00:00 +0000",
            "routeKey": "GET /stock",
            "status": str(status),
            "integrationErrorMessage": error,
        }
    )


MESSAGES = {
    "Access": [
        access_line(200, "-"),
        access_line(503, "Endpoint request timed out"),
        access_line(404, "-"),
    ],
    "Function": [
        f"START RequestId: {INVOCATION} Version: $LATEST",
        f"2026-11-21T10:00:03.000Z {INVOCATION} Task timed out after 3.00 seconds",
        f"END RequestId: {INVOCATION}",
        f"REPORT RequestId: {INVOCATION}\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 128 MB\t"
        "Max Memory Used: 70 MB\tStatus: timeout",
    ],
    "Flow": [
        "2 111122223333 eni-0a1b2c3d 192.0.2.7 10.0.3.9 40112 5432 6 3 180 1700000000 1700000060 REJECT OK",
        "2 111122223333 eni-0a1b2c3d 192.0.2.7 10.0.3.9 40113 5432 6 3 180 1700000000 1700000060 ACCEPT OK",
    ],
}

COUNTS = {
    "Access": {
        ("AccessLogErrors", (("ApiId", "a2c3c4e5s6"), ("Cause", "integration_timeout"), ("Stage", "live"))): 1,
        ("AccessLogStageErrors", (("ApiId", "a2c3c4e5s6"), ("Stage", "live"))): 1,
    },
    "Function": {("FunctionErrors", (("Cause", "lambda_timeout"), ("FunctionName", "orders"))): 1},
    "Flow": {("RejectedFlows", (("Cause", "network_rejected"), ("LogGroup", "/vpc/flow"))): 1},
}


def scenario(kind, start_ms):
    """Log events, a millisecond apart, and the counts by metric name and dimensions."""
    events = [{"timestamp": start_ms + at, "message": message} for at, message in enumerate(MESSAGES[kind])]
    return events, COUNTS[kind]
