"""A stack that 0.1 made, updated to this version and rolled back, while requests fail: none is missed, and each that counts twice
came while a log group had two filters.

What this does not show: the program is this version's in both stacks, for only the template of 0.1 (commit 2fa33d8) is kept. The
emulator makes what replaces something before it deletes the old, as CloudFormation does, but at once; and it does not count the
places of a log group, of which the old and the new filter take two.
"""

import json
import pathlib
import re
import sys
import threading
import time
import uuid

import pytest

import emulator
import test_chain as chain

OLD = chain.PROJECT / "tests/template/template-0.1.yaml"

GROUP = "/apis/orders/access"
PARAMETERS = {
    "AccessLogGroups": GROUP,
    "Namespace": chain.NAMESPACE,
    "Architecture": chain.ARCHITECTURE,
    "AlarmEmail": "team@example.com",
    # An owner's own pattern, which 0.1 and this version both take: the emulator reads no default.
    "AccessFilterPattern": "status",
}

# Seconds between two requests that fail, and how long they go on around an update.
PAUSE = 0.05
AROUND = 3


class Failures(threading.Thread):
    """Requests that fail, one after the other, and how many filters there were when each was written. Each is of a stage of its
    own, so that CloudWatch says how often it counted."""

    def __init__(self, stack, name):
        super().__init__(daemon=True)
        self.stack, self.prefix, self.filters, self.over = stack, name, {}, threading.Event()

    def run(self):
        while not self.over.wait(PAUSE):
            stage = f"{self.prefix}{len(self.filters)}"
            before = len(self.stack.subscriptions(GROUP))
            line = {"status": "504", "requestId": str(uuid.uuid4()), "apiId": "u1p2d3a4t5", "stage": stage}
            events = [{"timestamp": int(time.time() * 1000), "message": json.dumps(line)}]
            self.stack.put(GROUP, "0f1e2d3c4b5a69788796a5b4c3d2e1f0", events)
            self.filters[stage] = before, len(self.stack.subscriptions(GROUP))

    def around(self, change):
        """The stages of requests that failed while something changed, with the numbers of filters."""
        self.start()
        time.sleep(AROUND)
        change()
        time.sleep(AROUND)
        self.over.set()
        self.join()
        return self.filters


def counted(stack):
    """How often the request of each stage counted."""
    metrics = stack.cloudwatch.list_metrics(Namespace=chain.NAMESPACE, MetricName="AccessLogStageErrors")["Metrics"]
    queries = [
        {"Id": f"m{nth}", "MetricStat": {"Metric": metric, "Period": 3600, "Stat": "Sum"}} for nth, metric in enumerate(metrics)
    ]
    found = {}
    now = time.time()
    for first in range(0, len(queries), 500):
        answer = stack.cloudwatch.get_metric_data(
            MetricDataQueries=queries[first : first + 500], StartTime=now - 7200, EndTime=now + 3600
        )
        for each in answer["MetricDataResults"]:
            dimensions = {each["Name"]: each["Value"] for each in metrics[int(each["Id"][1:])]["Dimensions"]}
            found[dimensions["Stage"]] = sum(each["Values"])
    return found


def use(stack, template):
    """Has the stack deploy a template from now on, with the program that was built."""
    text = template.read_text() if template == OLD else stack.built
    path = stack.folder / "build/template.yaml"
    # As `sam build` writes it: the program is in the folder beside the template.
    path.write_text(re.sub(r"^( +CodeUri:) \.$", r"\1 Function", text, flags=re.MULTILINE))
    emulator.leave_out_what_it_cannot_make(path)


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    folder = tmp_path_factory.mktemp("update")
    with emulator.running(chain.TOOLS / "emulator/bin/ministack", folder) as endpoint:
        deployed = chain.Stack(endpoint)
        deployed.folder, deployed.env = folder, emulator.environment(endpoint)
        architecture = f"Architecture={chain.ARCHITECTURE}"
        chain.sam("build", "--parameter-overrides", architecture, "--build-dir", folder / "build", env=deployed.env)
        deployed.built = (folder / "build/template.yaml").read_text()
        deployed.logs.create_log_group(logGroupName=GROUP)
        deployed.s3.create_bucket(Bucket="code")
        use(deployed, OLD)
        deployed.deploy(PARAMETERS)
        yield deployed


def none_is_missed(stack, filters):
    """Returns the requests that counted twice, which came while the log group had two filters."""
    # The emulator ends the program that is at work when the function gets other variables. AWS lets it finish.
    cut_off = (stack.folder / "emulator.log").read_text().count("Runtime exited before returning a response")
    chain.wait_for(lambda: len(set(filters) - set(counted(stack))) <= cut_off, True)
    time.sleep(chain.QUIET)
    found = counted(stack)
    missed = {stage: each for stage, each in filters.items() if stage not in found}
    assert len(missed) <= cut_off, (missed, stack.function_log())
    twice = {stage for stage in filters if found.get(stage, 1) != 1}
    assert all(found[stage] == 2 == max(filters[stage]) for stage in twice), {stage: (found[stage], filters[stage]) for stage in twice}
    return missed, twice


def topic(stack):
    return {name: each for name, each in stack.resources().items() if name in ("AlarmTopic", "AlarmSubscription", "Function")}


def alarms(stack):
    return {each["AlarmName"] for each in stack.cloudwatch.describe_alarms()["MetricAlarms"]}


def test_an_update_from_0_1_misses_nothing(stack):
    assert [name for name, _, _ in stack.subscriptions(GROUP)] == [chain.STACK]
    kept, before = topic(stack), alarms(stack)
    use(stack, chain.PROJECT / "template.yaml")
    # What sam saved of 0.1 comes again; what this version has new has its default.
    filters = Failures(stack, "update-").around(lambda: stack.deploy(PARAMETERS))
    assert [name for name, _, _ in stack.subscriptions(GROUP)] == [f"{chain.STACK}/access"]
    assert len(filters) > 2 * AROUND
    missed, twice = none_is_missed(stack, filters)
    both = sum(max(each) == 2 for each in filters.values())
    print(f"\nupdate: {len(filters)} requests, {both} while two filters, {len(twice)} counted twice, {len(missed)} cut off", file=sys.stderr)
    # The topic waits for no new confirmation, and the function has its name, by which its metrics are known.
    assert topic(stack) == kept
    # The alarms are new ones.
    assert alarms(stack) & before == set()
    assert all(name.startswith(f"{chain.STACK}: ") for name in alarms(stack))


def test_what_two_filters_deliver_counts_twice_at_the_most(stack):
    """The old filter goes when all else is updated: with CloudFormation that takes minutes, in the emulator no time, so here it
    comes back by hand. The emulator gives a log event another id for each filter, so that the function cannot know it again, as
    an environment does that gets both batches of CloudWatch Logs."""
    function = stack.outputs()["FunctionArn"]
    stack.logs.put_subscription_filter(
        logGroupName=GROUP, filterName=chain.STACK, filterPattern="status", destinationArn=function
    )
    filters = Failures(stack, "both-").around(lambda: None)
    stack.logs.delete_subscription_filter(logGroupName=GROUP, filterName=chain.STACK)
    assert {max(each) for each in filters.values()} == {2}
    missed, twice = none_is_missed(stack, filters)
    print(f"\nboth filters: {len(filters)} requests, {len(twice)} counted twice", file=sys.stderr)
    assert not missed


def test_a_roll_back_to_0_1_misses_nothing_either(stack):
    kept = topic(stack)
    use(stack, OLD)
    filters = Failures(stack, "back-").around(lambda: stack.deploy(PARAMETERS))
    assert [name for name, _, _ in stack.subscriptions(GROUP)] == [chain.STACK]
    none_is_missed(stack, filters)
    assert topic(stack) == kept
    assert not [name for name in alarms(stack) if name.startswith(f"{chain.STACK}: ")]
