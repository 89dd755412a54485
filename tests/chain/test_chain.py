"""The real chain: the template and the release program, deployed; log events in, metrics out."""

import json
import os
import pathlib
import platform
import subprocess
import sys
import time

import boto3
import pytest

import emulator
import scenario

PROJECT = pathlib.Path(__file__).parents[2]
TOOLS = PROJECT / ".tools"
STACK = "why5xx-chain"
NAMESPACE = "Why5xxChain"

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

    def __init__(self, endpoint):
        session = boto3.session.Session("test", "test", region_name=emulator.REGION)
        self.cloudformation, self.cloudwatch, self.function, self.logs, self.queue, self.s3 = (
            session.client(service, endpoint_url=endpoint)
            for service in ("cloudformation", "cloudwatch", "lambda", "logs", "sqs", "s3")
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
                    StartTime=now - 3600,
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

    def function_log(self):
        """The last lines that the function wrote, for a test that fails."""
        group = self.outputs()["FunctionLogGroupName"]
        events = self.logs.filter_log_events(logGroupName=group)["events"]
        return "\n".join(event["message"].rstrip() for event in events[-20:])


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    folder = tmp_path_factory.mktemp("chain")
    architecture = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}[platform.machine()]
    with emulator.running(TOOLS / "emulator/bin/ministack", folder) as endpoint:
        env = emulator.environment(endpoint)
        deployed = Stack(endpoint)
        started = time.monotonic()
        sam("build", "--parameter-overrides", f"Architecture={architecture}", "--build-dir", folder / "build", env=env)
        deployed.figures["build, seconds"] = round(time.monotonic() - started, 1)
        deployed.figures["bootstrap, bytes"] = (folder / "build/Function/bootstrap").stat().st_size

        # What is there before the stack: the API's own log group, and a bucket for the code.
        deployed.logs.create_log_group(logGroupName=scenario.SCENARIO["log_group"])
        deployed.s3.create_bucket(Bucket="code")
        parameters = {
            "ExecutionLogGroupName": scenario.SCENARIO["log_group"],
            # Everything is delivered: the emulator reads patterns wrongly.
            "ExecutionFilterPattern": "",
            "Namespace": NAMESPACE,
            "Architecture": architecture,
        }
        overrides = folder / "parameters.yaml"
        # JSON is YAML, and sam reads the names that end in .yaml.
        overrides.write_text(json.dumps(parameters))
        started = time.monotonic()
        sam(
            "deploy",
            "--template-file", folder / "build/template.yaml",
            "--stack-name", STACK,
            "--s3-bucket", "code",
            "--capabilities", "CAPABILITY_IAM",
            "--no-confirm-changeset",
            "--no-progressbar",
            "--region", emulator.REGION,
            "--parameter-overrides", f"file://{overrides}",
            env=env,
        )
        deployed.figures["deploy, seconds"] = round(time.monotonic() - started, 1)
        yield deployed
        print("\n" + "\n".join(f"chain: {name}: {value}" for name, value in deployed.figures.items()), file=sys.stderr)


def test_log_events_become_exact_counts_by_cause(stack):
    group = scenario.SCENARIO["log_group"]
    [subscription] = stack.logs.describe_subscription_filters(logGroupName=group)["subscriptionFilters"]
    assert subscription["filterPattern"] == ""
    assert subscription["destinationArn"] == stack.outputs()["FunctionArn"]

    expected = scenario.expected_counts()
    sent = 0
    started = time.monotonic()
    for stream, events in scenario.batches(int(time.time() * 1000) - 1000):
        stack.logs.create_log_stream(logGroupName=group, logStreamName=stream)
        answer = stack.logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
        assert "rejectedLogEventsInfo" not in answer
        sent += len(events)
    while (counted := stack.failures()) != expected and time.monotonic() - started < COUNT_LIMIT:
        time.sleep(0.05)
    took = time.monotonic() - started
    assert counted == expected, stack.function_log()
    stack.figures["log events"] = sent
    stack.figures["put-log-events to metrics, seconds"] = round(took, 2)

    time.sleep(QUIET)
    assert stack.failures() == expected, "counts went on growing"


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


# The last test: the stack is gone after it.
def test_deleting_the_stack_deletes_no_log_but_its_own(stack):
    outputs = stack.outputs()
    stack.cloudformation.delete_stack(StackName=STACK)
    stack.cloudformation.get_waiter("stack_delete_complete").wait(
        StackName=STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    group = scenario.SCENARIO["log_group"]
    groups = [each["logGroupName"] for each in stack.logs.describe_log_groups()["logGroups"]]
    assert group in groups
    assert outputs["FunctionLogGroupName"] not in groups
    assert stack.logs.filter_log_events(logGroupName=group)["events"], "its log events are gone"
    assert stack.logs.describe_subscription_filters(logGroupName=group)["subscriptionFilters"] == []
    with pytest.raises(stack.function.exceptions.ResourceNotFoundException):
        stack.function.get_function(FunctionName=outputs["FunctionArn"])
