"""An update of a stack that 0.1 made (template-0.1.yaml is that of commit 2fa33d8): what CloudFormation would replace, delete
and make, by the properties that its schemas call createOnly. tests/chain/test_update.py does it, in an emulator."""

import itertools
import pathlib
import re

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER
from samtranslator.yaml_helper import yaml_parse

from expansion import KINDS, REGION, TEMPLATE, Stack

OLD = yaml_parse(pathlib.Path(__file__).with_name("template-0.1.yaml").read_text())

# What an owner of 0.1 may have set; with a log group of each kind.
LISTS = {
    "ExecutionLogGroups": "API-Gateway-Execution-Logs_a1b2c3d4e5/prod",
    "AccessLogGroups": "/aws/apigateway/orders-access",
    "FunctionLogGroups": "/aws/lambda/orders",
    "FlowLogGroups": "/vpc/flow",
}
EVERYTHING = LISTS | {
    "AlarmEmail": "team@example.com",
    "AlarmTopicArn": "arn:aws:sns:us-east-1:111122223333:on-call",
    "FailureDestination": "S3",
    "KinesisStreamArn": "arn:aws:kinesis:us-east-1:111122223333:stream/api-logs",
    "LoadThreshold": "50",
    "QuietStages": "dev,test",
}

# What this version no longer has.
OF_0_1 = {"ReplayFailedEvents": "true"}

# Replaced once, on the way from 0.1. Filters: their names end with the kind of log from now on. The new one is made before the
# old one is deleted, so both deliver for some seconds. Alarms: they have names. The old ones go with their history.
FILTERS = {
    "ExecutionSubscriptionAPIGatewayExecutionLogsa1b2c3d4e5prod",
    "AccessSubscriptionawsapigatewayordersaccess",
    "FunctionSubscriptionawslambdaorders",
    "FlowSubscriptionvpcflow",
    "CanarySubscription",
}
ALARMS = {
    "BrokenExecutionAlarm", "BrokenAccessAlarm", "UnclassifiedAlarm", "CanaryAlarm", "FailedEventsAlarm", "UnreplayableEventsAlarm",
    "FunctionErrorsAlarm", "EventsDroppedAlarm", "DestinationFailuresAlarm",
}
ON_LOAD = {"LoadExecutionAlarm", "LoadAccessAlarm"}

# Deleted: other alarms watch deliveries, and the function's log line has the counts that two metric filters made.
DELETED = {
    "DeliveryErrorsAlarm", "DeliveryThrottlingAlarm", "FailuresFilter", "UnclassifiedFilter",
    "ExecutionThrottlingAlarmAPIGatewayExecutionLogsa1b2c3d4e5prod",
    "AccessThrottlingAlarmawsapigatewayordersaccess",
    "FunctionThrottlingAlarmawslambdaorders",
    "FlowThrottlingAlarmvpcflow",
}


def fixed(resource):
    """The properties of a resource that an update cannot change: another value makes a new resource."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, resource["Type"]).schema
    return {path: value_at(resource["Properties"], path.split("/")[2:]) for path in schema.get("createOnlyProperties", [])}


def value_at(value, path):
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def changes(old, new):
    """What an update replaces, deletes and makes, by logical id."""
    kept = set(old) & set(new)
    replaced = {name for name in kept if old[name]["Type"] != new[name]["Type"] or fixed(old[name]) != fixed(new[name])}
    return replaced, set(old) - set(new), set(new) - set(old)


@pytest.mark.parametrize("parameters, old, more", [(LISTS, {}, set()), (EVERYTHING, OF_0_1, ON_LOAD)], ids=["lists", "everything"])
def test_an_update_from_0_1_replaces_filters_and_alarms_once_and_nothing_else(parameters, old, more):
    replaced, deleted, _ = changes(Stack(OLD, parameters | old).resources, Stack(TEMPLATE, parameters).resources)
    assert replaced == FILTERS | ALARMS | more
    assert deleted == DELETED


def test_what_an_update_from_0_1_replaces_is_replaced_for_its_name_alone():
    old, new = Stack(OLD, EVERYTHING).resources, Stack(TEMPLATE, EVERYTHING).resources
    for name in changes(old, new)[0]:
        before, after = fixed(old[name]), fixed(new[name])
        differ = {path for path in after if before.get(path) != after[path]}
        expected = "/properties/FilterName" if name in FILTERS else "/properties/AlarmName"
        assert differ == {expected}, name
        # CloudFormation makes the new one first, and two of one name there cannot be.
        assert before.get(expected) != after[expected]


def test_the_topic_of_an_address_and_its_confirmation_outlive_the_update():
    """A new topic or subscription would wait for a click on a link, and until then nobody would get a message."""
    old, new = Stack(OLD, EVERYTHING).resources, Stack(TEMPLATE, EVERYTHING).resources
    for name in "AlarmTopic", "AlarmSubscription":
        assert fixed(old[name]) == fixed(new[name]), name


def test_an_update_from_this_version_to_itself_replaces_nothing_whatever_sam_saved():
    for parameters in LISTS, EVERYTHING:
        saved = Stack(TEMPLATE, parameters)
        again = {name: value for name, value in saved.parameters.items() if value is not None}
        assert changes(saved.resources, Stack(TEMPLATE, again).resources) == (set(), set(), set())


def test_values_that_0_1_saved_are_taken_and_mean_the_new_patterns():
    """sam hands on what it once saved: the patterns that were defaults in 0.1 among them."""
    known = set(TEMPLATE["Parameters"])
    saved = {name: each for name, each in Stack(OLD, LISTS).parameters.items() if name in known}
    assert set(OLD["Parameters"]) - known == set(OF_0_1)
    given = Stack(TEMPLATE, saved).of_type("AWS::Logs::SubscriptionFilter")
    assert given == Stack(TEMPLATE, LISTS).of_type("AWS::Logs::SubscriptionFilter")


def test_metrics_that_alarms_and_dashboards_of_owners_use_keep_their_names():
    """Failures and Unclassified apart, which metric filters made: the function's own line has them, by function."""
    def names(template):
        metrics = Stack(template, EVERYTHING).of_type("AWS::CloudWatch::Alarm").values()
        return {(each["Namespace"], each["MetricName"]) for each in metrics if each.get("Namespace") == "Why5xx"}

    assert names(OLD) <= names(TEMPLATE)


def named(resource):
    """What a resource of a type goes by in an account; None if AWS makes it up."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, resource["Type"]).schema
    name = tuple(value_at(resource["Properties"], path.split("/")[2:]) for path in schema["primaryIdentifier"])
    return None if None in name else (resource["Type"], *map(str, name))


def met(old, new):
    """What an update would make while something of that name is still there: what is gone is deleted last."""
    there = {named(each) for each in old.values()} - {None}
    return {name for name in set(new) - set(old) if named(new[name]) in there}


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(KINDS, 2)))
def test_a_log_group_that_moves_to_another_list_meets_its_lock_alone_and_in_two_updates_nothing(before, after):
    listed, none, moved = (Stack(TEMPLATE, given).resources for given in (
        {f"{before}LogGroups": "/apis/orders"}, {}, {f"{after}LogGroups": "/apis/orders"},
    ))
    # The lock is there to meet: a log group in two lists would be counted twice.
    assert met(listed, moved) == {f"{after}Lockapisorders"}
    assert met(listed, none) == met(none, moved) == set()


def test_the_filter_of_an_api_s_own_stack_is_no_filter_of_the_lists_and_names_its_kind():
    """So that a log group can move there: with both for a while, and none of them deleted with the other."""
    page = (pathlib.Path(__file__).parents[2] / "docs/operating.md").read_text().partition("\n## How to know")[0]
    names = re.findall(r"(?:FilterName:|filterName:| name  +=) *['\"]?([\w-]+/\w+)", page)
    assert len(names) == 3 and {name.rpartition("/")[2] for name in names} == {"access"}
    assert [name for name in names if name.startswith(("why5xx/", "STACK/"))] == []


def test_the_page_names_what_an_update_from_0_1_replaces_and_deletes():
    page = (pathlib.Path(__file__).parents[2] / "docs/operating.md").read_text()
    section = page.partition("\n### From 0.1\n")[2].partition("\n## ")[0]
    named = set(re.findall(r"`([A-Z]\w+(?:Alarm|Subscription|Filter))…?`", section))
    expected = {re.sub(r"((?:Throttling)?(?:Alarm|Subscription)).*", r"\1", name) for name in FILTERS | ALARMS | ON_LOAD | DELETED}
    assert named == expected
