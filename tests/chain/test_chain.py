"""The real chain: the template and the release program, deployed; log events in, metrics out."""

import base64
import gzip
import io
import json
import os
import pathlib
import platform
import re
import subprocess
import sys
import textwrap
import time
import zipfile

import boto3
import pytest

import emf
import emulator
import kinds
import scenario

PROJECT = pathlib.Path(__file__).parents[2]
TOOLS = PROJECT / ".tools"
STACK = "why5xx-chain"
API_STACK = "orders-api"
NAMESPACE = "Why5xxChain"

ARCHITECTURE = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}[platform.machine()]

# A stream that accounts share.
STREAM = "api-logs"

# A log group that only an update subscribes.
OTHER_GROUP = "API-Gateway-Execution-Logs_c7h8a9i0n1/test"
LOG_GROUPS = [*kinds.LOG_GROUPS.values(), OTHER_GROUP]
PARAMETERS = {
    "ExecutionLogGroups": kinds.LOG_GROUPS["Execution"],
    "AccessLogGroups": kinds.LOG_GROUPS["Access"],
    "FunctionLogGroups": kinds.LOG_GROUPS["Function"],
    "FlowLogGroups": kinds.LOG_GROUPS["Flow"],
    # Everything is delivered: the emulator reads patterns wrongly.
    "ExecutionFilterPattern": "everything",
    "AccessFilterPattern": "",
    "FunctionFilterPattern": "everything",
    "Namespace": NAMESPACE,
    "Architecture": ARCHITECTURE,
    "AlarmEmail": "team@example.com",
}

# Most seconds that counts or a kept event may take; on an idle machine it is less than one.
COUNT_LIMIT = 60
# Seconds in which nothing more may arrive.
QUIET = 2


def sam(*arguments, env):
    """Runs sam as a user would, in the project's folder."""
    done = subprocess.run(
        [TOOLS / "sam/bin/sam", *arguments],
        cwd=PROJECT,
        env=env | {"PATH": f"{TOOLS / 'sam/bin'}:{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"sam {arguments[0]}:\n{done.stdout[-4000:]}\n{done.stderr[-8000:]}"


class Stack:
    """The deployed stack and clients for what is in it."""

    # What the emulator cannot make: the tests of the template check it instead.
    missing = ()

    def __init__(self, endpoint):
        session = boto3.session.Session("test", "test", region_name=emulator.REGION)
        self.cloudformation, self.cloudwatch, self.events, self.function, self.kinesis, self.logs, self.queue, self.s3, self.sns = (
            session.client(service, endpoint_url=endpoint)
            for service in ("cloudformation", "cloudwatch", "events", "lambda", "kinesis", "logs", "sqs", "s3", "sns")
        )
        self.figures = {}

    def outputs(self):
        [stack] = self.cloudformation.describe_stacks(StackName=STACK)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def counts(self):
        """What CloudWatch holds: sums by metric name and dimensions."""
        now = time.time()
        sums = {}
        for page in self.cloudwatch.get_paginator("list_metrics").paginate(Namespace=NAMESPACE):
            for metric in page["Metrics"]:
                points = self.cloudwatch.get_metric_statistics(
                    Namespace=NAMESPACE,
                    MetricName=metric["MetricName"],
                    Dimensions=metric["Dimensions"],
                    StartTime=now - 2 * 3600,
                    EndTime=now + 3600,
                    Period=60,
                    Statistics=["Sum"],
                )["Datapoints"]
                dimensions = tuple(sorted((dimension["Name"], dimension["Value"]) for dimension in metric["Dimensions"]))
                sums[metric["MetricName"], dimensions] = sum(point["Sum"] for point in points)
        return sums

    def failures(self):
        """The counts of failed requests, without what the function counts of itself."""
        return {key: count for key, count in self.counts().items() if key[0] in ("Errors", "StageErrors")}

    def own(self, metric):
        """What the function counted of itself: the sum of what its log says, in Embedded Metric Format."""
        return sum(sum(values) for name, values in self.own_metrics() if name == metric)

    def own_metrics(self):
        """The own metrics of all lines of the function's log, each of which must be as the format demands."""
        function = self.outputs()["FunctionArn"].rpartition(":")[2]
        for event in self.function_events():
            for namespace, name, dimensions, unit, _, values in emf.metrics(event["message"], int(time.time() * 1000)):
                assert (namespace, dimensions) == (NAMESPACE, (("Function", function),)), event["message"]
                assert unit == ("Milliseconds" if name == "DeliveryDelay" else "Count"), event["message"]
                yield name, values

    def function_events(self):
        group = self.outputs()["FunctionLogGroupName"]
        pages = self.logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        return [event for page in pages for event in page["events"]]

    def resources(self, stack=STACK):
        pages = self.cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
        found = [each for page in pages for each in page["StackResourceSummaries"]]
        return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found}

    def subscriptions(self, group):
        filters = self.logs.describe_subscription_filters(logGroupName=group)["subscriptionFilters"]
        return [(each["filterName"], each["filterPattern"], each["destinationArn"]) for each in filters]

    def put(self, group, stream, events):
        try:
            self.logs.create_log_stream(logGroupName=group, logStreamName=stream)
        except self.logs.exceptions.ResourceAlreadyExistsException:
            pass
        answer = self.logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
        assert "rejectedLogEventsInfo" not in answer

    def deploy(self, parameters):
        """Deploys what was built, as a user would."""
        overrides = self.folder / "parameters.yaml"
        # JSON is YAML, and sam reads the names that end in .yaml.
        overrides.write_text(json.dumps(parameters))
        sam(
            "deploy",
            "--template-file", self.folder / "build/template.yaml",
            # sam looks for it beside the template.
            "--config-file", PROJECT / "samconfig.toml",
            "--stack-name", STACK,
            "--s3-bucket", "code",
            "--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND",
            "--no-confirm-changeset",
            "--no-progressbar",
            "--region", emulator.REGION,
            "--parameter-overrides", f"file://{overrides}",
            env=self.env,
        )

    def switch_replay(self, command, on):
        """Does what the command of the output says; the AWS CLI is not at hand here."""
        words = command.split()
        assert words[:3] == ["aws", "lambda", "update-event-source-mapping"] and words[-1] == "--enabled", command
        self.function.update_event_source_mapping(UUID=words[words.index("--uuid") + 1], Enabled=on)

    def batch(self, log_group, line, owner=None):
        """The compressed batch of one log event that happens now; of this account where no other is named."""
        document = {
            "messageType": "DATA_MESSAGE",
            "owner": owner or self.outputs()["FunctionArn"].split(":")[4],
            "logGroup": log_group,
            "logStream": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
            "subscriptionFilters": [STACK],
            "logEvents": [{"id": "1", "timestamp": int(time.time() * 1000), "message": line}],
        }
        return gzip.compress(json.dumps(document).encode())

    def function_log(self):
        """The last lines that the function wrote, for a test that fails."""
        return "\n".join(event["message"].rstrip() for event in self.function_events()[-20:])


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    folder = tmp_path_factory.mktemp("chain")
    with emulator.running(TOOLS / "emulator/bin/ministack", folder) as endpoint:
        deployed = Stack(endpoint)
        deployed.folder, deployed.env = folder, emulator.environment(endpoint)
        started = time.monotonic()
        architecture = f"Architecture={ARCHITECTURE}"
        sam("build", "--parameter-overrides", architecture, "--build-dir", folder / "build", env=deployed.env)
        deployed.figures["build, seconds"] = round(time.monotonic() - started, 1)
        deployed.figures["bootstrap, bytes"] = (folder / "build/Function/bootstrap").stat().st_size
        deployed.missing = emulator.leave_out_what_it_cannot_make(folder / "build/template.yaml")

        # What is there before the stack: log groups of all kinds, a bucket for the code, a stream.
        for group in LOG_GROUPS:
            deployed.logs.create_log_group(logGroupName=group)
        deployed.s3.create_bucket(Bucket="code")
        deployed.kinesis.create_stream(StreamName=STREAM, ShardCount=2)
        PARAMETERS["KinesisStreamArn"] = deployed.kinesis.describe_stream(StreamName=STREAM)["StreamDescription"]["StreamARN"]
        started = time.monotonic()
        deployed.deploy(PARAMETERS)
        deployed.figures["deploy, seconds"] = round(time.monotonic() - started, 1)
        yield deployed
        print("\n" + "\n".join(f"chain: {name}: {value}" for name, value in deployed.figures.items()), file=sys.stderr)


def wait_for(what, expected):
    """Waits until `what()` is `expected`, for so long as counts may take."""
    limit = time.monotonic() + COUNT_LIMIT
    while (found := what()) != expected and time.monotonic() < limit:
        time.sleep(0.05)
    return found


def test_log_groups_of_every_kind_are_subscribed(stack):
    function = stack.outputs()["FunctionArn"]
    for kind, group in kinds.LOG_GROUPS.items():
        # Of the default patterns the emulator reads that of flow logs alone, a plain term.
        pattern = "REJECT" if kind == "Flow" else ""
        assert stack.subscriptions(group) == [(f"{STACK}/{kind.lower()}", pattern, function)], kind
    assert stack.subscriptions(stack.outputs()["CanaryLogGroupName"]) == [(f"{STACK}/execution", "", function)]
    assert stack.subscriptions(OTHER_GROUP) == []


def test_log_events_become_exact_counts_by_cause(stack):
    group = scenario.SCENARIO["log_group"]
    expected = scenario.expected_counts()
    sent = 0
    started = time.monotonic()
    for stream, events in scenario.batches(int(time.time() * 1000) - 1000):
        stack.put(group, stream, events)
        sent += len(events)
    counted = wait_for(stack.failures, expected)
    took = time.monotonic() - started
    assert counted == expected, stack.function_log()
    stack.figures["log events"] = sent
    stack.figures["put-log-events to metrics, seconds"] = round(took, 2)

    time.sleep(QUIET)
    assert stack.failures() == expected, "counts went on growing"


def test_an_hour_of_traffic_is_counted_at_its_minutes(stack):
    before = stack.failures()
    group = scenario.SCENARIO["log_group"]
    now_minute = int(time.time()) // 60
    started = time.monotonic()
    for minute in range(now_minute - 60, now_minute):
        for stream, events in scenario.batches(minute * 60_000):
            stack.put(group, f"{stream}-{minute}", events)
    of_a_minute = scenario.expected_counts()
    expected = {key: before.get(key, 0) + 60 * count for key, count in of_a_minute.items()}
    assert wait_for(stack.failures, expected) == expected, stack.function_log()
    stack.figures["an hour of traffic, seconds"] = round(time.monotonic() - started, 1)

    (metric, dimensions), count = next(iter(of_a_minute.items()))
    points = stack.cloudwatch.get_metric_statistics(
        Namespace=NAMESPACE,
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions],
        StartTime=(now_minute - 60) * 60,
        EndTime=now_minute * 60,
        Period=60,
        Statistics=["Sum"],
    )["Datapoints"]
    sums = {point["Timestamp"].timestamp() // 60: point["Sum"] for point in points}
    # The test before this one may have put its events into the last of these minutes.
    assert [sums.get(minute) for minute in range(now_minute - 60, now_minute - 2)] == [count] * 58


@pytest.mark.parametrize("kind", ["Access", "Function", "Flow"])
def test_logs_of_the_other_kinds_become_counts(stack, kind):
    now_ms = int(time.time() * 1000) - 1000
    events, expected = kinds.scenario(kind, now_ms)
    stack.put(kinds.LOG_GROUPS[kind], "0f1e2d3c4b5a69788796a5b4c3d2e1f0", events)

    def counted():
        return {key: count for key, count in stack.counts().items() if key[0] in {name for name, _ in expected}}

    assert wait_for(counted, expected) == expected, stack.function_log()


def test_the_canary_counts_in_its_own_metric_alone(stack):
    group = stack.outputs()["CanaryLogGroupName"]
    [rule] = [each for each in stack.events.list_rules()["Rules"] if each.get("ScheduleExpression")]
    [target] = stack.events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
    assert (rule["State"], target["Arn"].split(":log-group:")[1]) == ("ENABLED", group)

    # The emulator runs no such target, so the event that EventBridge would write is written here.
    before = stack.failures()
    event = {"version": "0", "detail-type": "Scheduled Event", "source": "aws.events", "resources": [rule["Arn"]]}
    events = [{"timestamp": int(time.time() * 1000), "message": json.dumps(event)}]
    stack.put(group, "canary", events)

    def canaries():
        return sum(count for (name, _), count in stack.counts().items() if name == "Canary")

    assert wait_for(canaries, 1) == 1, stack.function_log()
    assert stack.failures() == before


def test_the_function_logs_what_it_counts_of_itself(stack):
    lines = [line for line in map(emf.document, (event["message"] for event in stack.function_events())) if line]
    of_invocations = [line for line in lines if str(line.get("message")).startswith("batch ")]
    assert stack.own("Batches") >= len(of_invocations) > 0
    assert all("_aws" in line and line["level"] and line["timestamp"] for line in of_invocations)
    assert stack.own("Failures") == sum(line.get("errors", 0) for line in of_invocations if line["message"] == "batch published")
    # Those of the canary count as such alone.
    read = [line for line in of_invocations if not line.get("logGroup", "").endswith("/canary")]
    assert stack.own("LogEvents") == sum(line.get("logEvents", 0) for line in read)
    assert max(max(values) for name, values in stack.own_metrics() if name == "DeliveryDelay") < 2 * 3600 * 1000
    # Of that the sink sends nothing but the canary.
    sent = {name for name, dimensions in stack.counts() if "Function" in dict(dimensions)}
    assert sent == {"Canary"}


def test_a_batch_that_cannot_be_read_is_kept_in_the_queue(stack):
    before = stack.failures()
    outputs = stack.outputs()
    payload = {"awslogs": {"data": "bm8gZ3ppcCBhdCBhbGw="}}
    stack.function.invoke(
        FunctionName=outputs["FunctionArn"], InvocationType="Event", Payload=json.dumps(payload).encode()
    )
    limit = time.monotonic() + COUNT_LIMIT
    kept = []
    while not kept and time.monotonic() < limit:
        kept = stack.queue.receive_message(QueueUrl=outputs["FailedEventsUrl"], WaitTimeSeconds=1).get("Messages", [])
    assert kept, f"nothing arrived\n{stack.function_log()}"
    record = json.loads(kept[0]["Body"])
    assert record["requestPayload"] == payload, "the event is not kept whole, so it could not be replayed"
    assert "gzip" in json.dumps(record["responsePayload"]), record["responsePayload"]
    assert stack.failures() == before
    # What the function counts of itself is reported on the failure path too. (The emulator may hand the last line over late.)
    assert wait_for(lambda: stack.own("UndecodableBatches") >= 1, True), stack.function_log()


def test_the_function_is_warm_for_the_next_batch(stack):
    before = stack.failures()
    group = scenario.SCENARIO["log_group"]
    started = time.monotonic()
    for stream, events in scenario.batches(int(time.time() * 1000) - 1000):
        stack.logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
    expected = {key: before.get(key, 0) + count for key, count in scenario.expected_counts().items()}
    while (counted := stack.failures()) != expected and time.monotonic() - started < COUNT_LIMIT:
        time.sleep(0.05)
    took = time.monotonic() - started
    assert counted == expected, stack.function_log()
    stack.figures["the same when warm, seconds"] = round(took, 2)


def test_a_kept_event_is_counted_once_it_is_replayed(stack):
    """What is wrong is fixed here by the message alone: it holds a batch that can be read."""
    line = "(5f1c7d20-0f2e-4a57-9f63-2b1c8e4d7a91) Execution failed due to a timeout error"
    outputs = stack.outputs()
    batch = stack.batch("API-Gateway-Execution-Logs_k2e3p4t5a6/live", line)
    payload = {"awslogs": {"data": base64.b64encode(batch).decode()}}
    record = {"requestContext": {"condition": "RetriesExhausted"}, "requestPayload": payload, "responsePayload": {}}
    # The batch that could not be read is there still; it would only be moved on.
    stack.queue.purge_queue(QueueUrl=outputs["FailedEventsUrl"])
    stack.switch_replay(outputs["ReplayCommand"], on=True)
    stack.queue.send_message(QueueUrl=outputs["FailedEventsUrl"], MessageBody=json.dumps(record))
    key = "Errors", (("ApiId", "k2e3p4t5a6"), ("Cause", "integration_timeout"), ("Stage", "live"))
    assert wait_for(lambda: stack.counts().get(key), 1) == 1, stack.function_log()
    # An update leaves it on. (sam refuses one that changes nothing.)
    stack.deploy({"RunbookUrl": "https://runbooks.example.com/why5xx"})
    assert stack.outputs() == outputs, "the queue or the function has become another one"
    stack.switch_replay(outputs["ReplayCommand"], on=False)


def test_records_of_a_stream_count_and_those_of_other_accounts_by_account(stack):
    """The emulator's mapping knows neither partial answers nor bisecting; `tests/it/records.rs` is about those."""
    line = "(5f1c7d20-0f2e-4a57-9f63-2b1c8e4d7a92) Execution failed due to a timeout error"
    group = "API-Gateway-Execution-Logs_s3h4a5r6e7/live"
    other = "444455556666"
    for number, owner in enumerate([None, other, other]):
        # Each account's requests are its own; ids of log events differ by log group.
        batch = stack.batch(f"{group}-{number}", line, owner)
        stack.kinesis.put_record(StreamName=STREAM, Data=batch, PartitionKey=str(number))
    place = ("ApiId", "s3h4a5r6e7"), ("Cause", "integration_timeout")
    expected = {
        ("Errors", (*place, ("Stage", "live-0"))): 1,
        ("AccountErrors", (("AccountId", other), *place, ("Stage", "live-1"))): 1,
        ("AccountErrors", (("AccountId", other), *place, ("Stage", "live-2"))): 1,
    }

    def counted():
        return {key: count for key, count in stack.counts().items() if key in expected or key[0] == "AccountErrors"}

    assert wait_for(counted, expected) == expected, stack.function_log()


# The emulator makes no alarm on a query, so this one stands in for it.
ON_FAILURES = f"{STACK}: API 5xx with a cause that somebody can fix, execution logs"
ORDERS = {"ApiId": "o1r2d3e4r5", "Cause": "lambda_permission", "Stage": "prod"}


def changed(state, seconds):
    """The event of a contributor, as EventBridge would hand it over, of this time in seconds."""
    query = 'SELECT SUM(Errors) FROM SCHEMA("x", ApiId, Stage, Cause) GROUP BY ApiId, Stage, Cause ORDER BY SUM() DESC'
    at = time.strftime("%Y-%m-%dT%H:%M:%S.000+0000", time.gmtime(seconds))
    return {
        "detail-type": "CloudWatch Alarm Contributor State Change",
        "source": "aws.cloudwatch",
        "account": "000000000000",
        "detail": {
            "alarmName": ON_FAILURES,
            "alarmContributor": {"id": "6d442278dba546f6", "attributes": ORDERS},
            "state": {"value": state, "reason": "Threshold Crossed", "timestamp": at},
            "configuration": {"metrics": [{"id": "failures", "expression": query, "returnData": True, "period": 300}]},
        },
    }


def compare_on_page(mark, subject, text):
    """Compares a message with the one on its page, but for times; writes it there with BLESS."""
    page = PROJECT / "docs/messages.md"
    block = f"   ```text\n" + textwrap.indent(f"Subject: {subject}\n\n{text}", "   ") + "   ```\n"
    block = re.sub(r" +\n", "\n", block).replace(STACK, "why5xx")
    before, _, rest = page.read_text().partition(f"<!-- {mark} -->\n")
    kept, end, after = rest.partition(f"<!-- /{mark} -->\n")
    assert end, f"the page has no {mark}"
    if os.environ.get("BLESS"):
        page.write_text(f"{before}<!-- {mark} -->\n\n{block}\n{end}{after}")
        return
    # A time of another day has its date: after midnight, that of the first failure.
    times = re.compile(r"\d+ minutes|(\d{4}-\d\d-\d\d )?\d\d:\d\d UTC|\d{4}-\d\d-\d\d|(?<=--start-time )\d+")
    timeless = lambda text: times.sub("…", text).strip()
    assert timeless(block) == timeless(kept), "docs/messages.md is stale: run `BLESS=1 make chain`"


@pytest.fixture
def alarm_on_failures(stack):
    """The alarm on queries, deleted however the test ends: the others look at all alarms that are there."""
    stack.cloudwatch.put_metric_alarm(
        AlarmName=ON_FAILURES, Namespace=NAMESPACE, MetricName="Errors", Statistic="Sum", Period=300, EvaluationPeriods=1,
        Threshold=1, ComparisonOperator="GreaterThanOrEqualToThreshold",
    )
    yield
    stack.cloudwatch.delete_alarms(AlarmNames=[ON_FAILURES])


def test_a_failure_becomes_a_message_that_says_the_fix_and_its_end_another(stack, alarm_on_failures):
    topic, notifier = stack.resources()["AlarmTopic"], stack.resources()["Notifier"]
    queue = stack.queue.create_queue(QueueName="inbox")["QueueUrl"]
    arn = stack.queue.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    stack.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    # What Lambda sets, and the emulator does not.
    variables = stack.function.get_function_configuration(FunctionName=notifier)["Environment"]["Variables"]
    variables["AWS_LAMBDA_LOG_GROUP_NAME"] = stack.outputs()["FunctionLogGroupName"]
    stack.function.update_function_configuration(FunctionName=notifier, Environment={"Variables": variables})

    def sent(event):
        """The message that an event leads to."""
        answer = stack.function.invoke(FunctionName=notifier, Payload=json.dumps(event).encode())
        assert "FunctionError" not in answer, answer["Payload"].read()
        [message] = stack.queue.receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"]
        stack.queue.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        body = json.loads(message["Body"])
        return body["Subject"], body["Message"]

    # 1. Fail: fourteen requests within ten minutes.
    now = time.time()
    events = []
    for number in range(14):
        request, at = f"0a1b2c3d-0000-4000-8000-{number:012}", int((now - 600 + 42 * number) * 1000)
        for line in "Execution failed due to configuration error: Invalid permissions on Lambda function", "Method completed with status: 500":
            events.append({"id": str(len(events)), "timestamp": at, "message": f"({request}) {line}"})
    document = {"messageType": "DATA_MESSAGE", "owner": "000000000000", "logGroup": "API-Gateway-Execution-Logs_o1r2d3e4r5/prod",
                "logStream": "0f1e", "subscriptionFilters": [STACK], "logEvents": events}
    data = base64.b64encode(gzip.compress(json.dumps(document).encode())).decode()
    stack.function.invoke(FunctionName=stack.outputs()["FunctionArn"], Payload=json.dumps({"awslogs": {"data": data}}).encode())
    key = "Errors", tuple(ORDERS.items())
    assert wait_for(lambda: stack.counts().get(key), 14) == 14, stack.function_log()
    assert wait_for(lambda: any("0a1b2c3d-" in event["message"] for event in stack.function_events()), True)

    # 2. Alarm. It is on since some time, so that this contributor has a message of its own.
    stack.cloudwatch.set_alarm_state(AlarmName=ON_FAILURES, StateValue="ALARM", StateReason="a test")
    subject, text = sent(changed("ALARM", now + 60))
    assert "Not known" not in text and "Requests: 0a1b2c3d-" in text, text
    compare_on_page("alarm", subject, text)

    # 3. Check first: there is no policy at all, which the emulator answers with an empty one.
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as out:
        out.writestr("index.py", "def handler(event, context): return {'statusCode': 200}")
    stack.function.create_function(
        FunctionName="orders", Runtime="python3.13", Handler="index.handler", Code={"ZipFile": code.getvalue()},
        Role="arn:aws:iam::000000000000:role/orders",
    )
    assert "get-policy --region us-east-1 --function-name FUNCTION" in text and "ResourceNotFoundException" in text
    assert json.loads(stack.function.get_policy(FunctionName="orders")["Policy"])["Statement"] == []

    # 4. Fix, as the message says.
    stack.function.add_permission(
        FunctionName="orders", StatementId="apigateway-invoke", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com",
        SourceArn="arn:aws:execute-api:us-east-1:000000000000:o1r2d3e4r5/*/GET/orders",
    )
    assert "o1r2d3e4r5/*/METHOD/PATH" in text
    assert "apigateway-invoke" in stack.function.get_policy(FunctionName="orders")["Policy"]

    # 5. OK: nothing else keeps the alarm on.
    end = changed("OK", now + 1200)
    before = {"value": "ALARM", "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000+0000", time.gmtime(now + 60))}
    end["detail-type"], end["detail"]["previousState"] = "CloudWatch Alarm State Change", before
    del end["detail"]["alarmContributor"]
    subject, text = sent(end)
    compare_on_page("ok", subject, text)
    stack.function.delete_function(FunctionName="orders")


def test_dashboard_and_alarms_are_there(stack):
    name = stack.outputs()["DashboardName"]
    body = json.loads(stack.cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"])
    assert len(body["widgets"]) > 10
    text = json.dumps(body)
    # What CloudFormation was to fill in is filled in.
    assert "${" not in text.replace("${stageVariables", "")
    assert f'SEARCH(\'{{\\"{NAMESPACE}\\",' in text
    assert stack.outputs()["FunctionLogGroupName"] in text

    alarms = {each["MetricName"]: each for each in stack.cloudwatch.describe_alarms()["MetricAlarms"]}
    function = stack.outputs()["FunctionArn"].rpartition(":")[2]
    canary = alarms["Canary"]
    for alarm in canary, alarms["Batches"]:
        assert (alarm["Namespace"], alarm["TreatMissingData"]) == (NAMESPACE, "breaching")
        assert alarm["Dimensions"] == [{"Name": "Function", "Value": function}]
    found = [each for each in stack.cloudwatch.describe_alarms()["MetricAlarms"] if each["Namespace"] == "AWS/SQS"]
    queues = {stack.outputs()[name].rpartition("/")[2] for name in ("FailedEventsUrl", "UnreplayableEventsUrl")}
    assert {each["Dimensions"][0]["Value"] for each in found} == queues
    assert {"Errors", "AsyncEventsDropped", "DestinationDeliveryFailures", "UndecodableBatches"} <= set(alarms)
    assert all(each["AlarmName"].startswith(f"{STACK}: ") for each in alarms.values())
    topic = stack.resources()["AlarmTopic"]
    assert [each["AlarmName"] for each in alarms.values() if each["AlarmActions"] != [topic]] == []
    # The others are on expressions, which the emulator does not know; nothing else was left out.
    of_lists = [f"{kind}DeliveryAlarm&{{Each{kind}LogGroup}}" for kind in kinds.KINDS]
    assert sorted(stack.missing) == sorted(of_lists + [
        "BrokenAccessAlarm", "BrokenAccountAlarm", "BrokenExecutionAlarm", "CanaryDeliveryAlarm", "ExemplarsQuery",
        "LoadAccessAlarm", "LoadAccountAlarm", "LoadExecutionAlarm", "NotifierDroppedAlarm", "NotifierErrorsAlarm",
        "RequestQuery", "UnclassifiedAlarm",
    ])


def test_another_stack_subscribes_to_the_exported_function(stack):
    template = (PROJECT / "tests/chain/api_stack.yaml").read_text()
    stack.cloudformation.create_stack(
        StackName=API_STACK,
        TemplateBody=template,
        Parameters=[{"ParameterKey": "Why5xxStack", "ParameterValue": STACK}],
    )
    stack.cloudformation.get_waiter("stack_create_complete").wait(
        StackName=API_STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    group = "API-Gateway-Execution-Logs_s2t3a4c5k6/live"
    assert stack.subscriptions(group) == [("why5xx/execution", "", stack.outputs()["FunctionArn"])]
    message = "(5f1c7d20-0f2e-4a57-9f63-2b1c8e4d7a90) Execution failed due to a timeout error"
    stack.put(group, "0f1e2d3c4b5a69788796a5b4c3d2e1f1", [{"timestamp": int(time.time() * 1000), "message": message}])
    key = "Errors", (("ApiId", "s2t3a4c5k6"), ("Cause", "integration_timeout"), ("Stage", "live"))
    assert wait_for(lambda: stack.counts().get(key), 1) == 1, stack.function_log()


def test_an_update_changes_what_it_says_and_replaces_nothing(stack):
    before = stack.resources()
    function = stack.outputs()["FunctionArn"]
    parameters = PARAMETERS | {
        "ExecutionLogGroups": f"{kinds.LOG_GROUPS['Execution']},{OTHER_GROUP}",
        "FlowLogGroups": "",
        "SubscriptionRevision": "2",
        "MemorySize": "512",
        "ReservedConcurrency": "5",
        "QuietStages": "dev,test",
        "RolePath": "/team/",
    }
    stack.deploy(parameters)
    after = stack.resources()
    gone = {name for name in before if name not in after}
    new = {name for name in after if name not in before}
    group = "APIGatewayExecutionLogsc7h8a9i0n1test"
    # The emulator makes no alarm on an expression.
    assert gone == {"FlowSubscriptionvpcflow", "FlowLockvpcflow"}
    assert new == {f"ExecutionSubscription{group}", f"ExecutionLock{group}"}
    replaced = {name for name in before if name in after and before[name] != after[name]}
    # The path is part of a role's identity.
    assert replaced <= {"FunctionRole", "NotifierRole"}
    assert stack.outputs()["FunctionArn"] == function
    assert stack.function.get_function_configuration(FunctionName=function)["MemorySize"] == 512
    assert stack.subscriptions(OTHER_GROUP) == [(f"{STACK}/execution", "", function)]
    assert stack.subscriptions(kinds.LOG_GROUPS["Flow"]) == []
    assert stack.subscriptions(kinds.LOG_GROUPS["Access"]) == [(f"{STACK}/access", "", function)]


# The last test: the stacks are gone after it.
def test_deleting_the_stacks_deletes_no_log_but_their_own(stack):
    outputs = stack.outputs()
    for name in API_STACK, STACK:
        stack.cloudformation.delete_stack(StackName=name)
        stack.cloudformation.get_waiter("stack_delete_complete").wait(
            StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )
    groups = [each["logGroupName"] for each in stack.logs.describe_log_groups()["logGroups"]]
    assert [group for group in LOG_GROUPS if group not in groups] == []
    assert outputs["FunctionLogGroupName"] not in groups
    assert outputs["CanaryLogGroupName"] not in groups
    for group in LOG_GROUPS:
        assert stack.subscriptions(group) == []
    group = scenario.SCENARIO["log_group"]
    assert stack.logs.filter_log_events(logGroupName=group)["events"], "its log events are gone"
    with pytest.raises(stack.function.exceptions.ResourceNotFoundException):
        stack.function.get_function(FunctionName=outputs["FunctionArn"])
    # What is left: the metrics, which CloudWatch keeps for 15 months.
    assert stack.failures()
    assert stack.events.list_rules()["Rules"] == []
    assert stack.cloudwatch.describe_alarms()["MetricAlarms"] == []
    assert stack.cloudwatch.list_dashboards()["DashboardEntries"] == []
