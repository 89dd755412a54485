"""The templates with values for their parameters, as CloudFormation makes stacks of them: what it and the services would
refuse at the first deployment, or take and not do."""

import functools
import json
import re

import pytest
import yaml
from cfnlint.api import lint
from samtranslator.yaml_helper import yaml_parse

import dashboards
import grammar
import models
from conftest import EXAMPLES
from expansion import KINDS, MAX_VALUE_BYTES, PARAMETERS, REGION, TEMPLATE, Refused, Stack


def groups(kind, count, chars=70):
    """Names of log groups of this many characters."""
    return ",".join(f"/{kind.lower()}/{number:02}/".ljust(chars, "x") for number in range(count))


def lists(count, kinds=KINDS):
    return {f"{kind}LogGroups": groups(kind, count) for kind in kinds}


EVERYTHING = lists(3) | {
    "AlarmEmail": "team@example.com",
    "AlarmTopicArn": "arn:aws:sns:us-east-1:111122223333:on-call",
    "AlarmTopicMessages": "true",
    "Survey": "true",
    "Architecture": "x86_64",
    "FailureDestination": "S3",
    "KinesisStreamArn": "arn:aws:kinesis:us-east-1:111122223333:stream/api-logs",
    "KmsKeyArn": "arn:aws:kms:us-east-1:111122223333:key/0a1b2c3d-1111-2222-3333-444455556666",
    "LoadThreshold": "50",
    "PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/boundary",
    "QuietStages": "dev, preview,$default",
    "ReservedConcurrency": "10",
    "RolePath": "/team/",
    "RouteMetrics": "true",
    "RunbookUrl": "https://wiki.example.com/" + "x" * 75,
    "SecurityGroupIds": "sg-0123456789abcdef0",
    "SettingsLayerArn": "arn:aws:lambda:us-east-1:111122223333:layer:why5xx:7",
    "SubnetIds": "subnet-0123456789abcdef0,subnet-0123456789abcdef1",
}

# Parameters that differ in what they make of the template.
SETS = {
    "none": {},
    "one name of each kind": lists(1),
    "three names of each kind": lists(3),
    **{f"fifty names: {kind}": lists(50, [kind]) for kind in KINDS},
    "everything on": EVERYTHING,
    "written to the function's log": {"Sink": "emf"} | lists(1),
    "published nowhere": {"Sink": "stdout", "AlarmEmail": "team@example.com"},
    "an own namespace of the longest": {"Namespace": "Team/Orders_5xx." + "x" * 60, "LoadThreshold": "1"},
    "own patterns": {"ExecutionFilterPattern": "?failed ?error", "AccessFilterPattern": "", "FlowFilterPattern": "everything"} | lists(1),
    "CloudWatch's own JSON to a topic": {"AlarmTopicArn": EVERYTHING["AlarmTopicArn"]},
    "messages to a topic alone": {"AlarmTopicArn": EVERYTHING["AlarmTopicArn"], "AlarmTopicMessages": "true"},
    "kept in S3, without a key": {"FailureDestination": "S3"},
    "a stream alone": {"KinesisStreamArn": EVERYTHING["KinesisStreamArn"]},
}

CODE = {"CodeBucket": "releases-us-east-1"}


@functools.cache
def stack_of(name, plain):
    """The stack of the template or of the plain one, whose lists have fewer places."""
    given = SETS[name]
    if plain:
        places = sum(name.startswith("AccessSubscription") for name in STACKS[True]["Resources"])
        given = CODE | {key: ",".join(each.split(",")[:places]) if key.endswith("LogGroups") else each for key, each in given.items()}
    return Stack(STACKS[plain], given)


STACKS = {}


@pytest.fixture(params=["template.yaml", "plain"])
def stack(request, plain):
    """A function that makes a stack of a set of parameters, for each of the two templates."""
    STACKS.update({False: TEMPLATE, True: plain})
    return lambda name: stack_of(name, request.param == "plain")


each_set = pytest.mark.parametrize("name", SETS)


@each_set
def test_each_resource_is_a_call_that_its_service_takes(stack, name):
    assert models.problems(stack(name).resources) == []


def longest(parameter, character="x", beginning=""):
    """The longest value of a text that a parameter's pattern admits."""
    pattern = PARAMETERS[parameter]["AllowedPattern"]
    return max((text for count in range(513) if re.fullmatch(pattern, text := beginning + character * count)), key=len)


# With the longest texts that patterns admit. A stack of a stack set has 52 characters or more, any other up to 128.
LONGEST = EVERYTHING | {
    **{f"{kind}LogGroups": longest(f"{kind}LogGroups", beginning="/") for kind in KINDS},
    "BrokenThreshold": longest("BrokenThreshold", "9"),
    "LoadThreshold": longest("LoadThreshold", "9"),
    "Namespace": longest("Namespace"),
    "QuietStages": longest("QuietStages"),
    "RolePath": longest("RolePath", "x/", "/"),
    "RunbookUrl": longest("RunbookUrl"),
}


@pytest.mark.parametrize("stack_name", ["StackSet-why5xx-0a1b2c3d-1111-2222-3333-444455556666", "x" * 128], ids=len)
@pytest.mark.parametrize("partition", TEMPLATE["Mappings"]["Consoles"])
def test_the_longest_texts_that_patterns_admit_are_taken_in_the_regions_of_the_longest_names(partition, stack_name):
    region = max(models.SESSION.get_available_regions("cloudwatch", partition), key=len, default=REGION)
    made = Stack(TEMPLATE, LONGEST, {"AWS::StackName": stack_name, "AWS::Partition": partition, "AWS::Region": region})
    assert models.problems(made.resources) == []
    assert {kind for kind in KINDS if f"{kind}DeliveryAlarm" in str(list(made.resources))} == set(KINDS)


@each_set
def test_the_dashboard_shows_each_alarm_that_is_there(stack, name):
    """Those of single log groups apart, of which there may be more than a widget takes; their metrics are in the last row."""
    made = stack(name)
    [dashboard] = made.of_type("AWS::CloudWatch::Dashboard").values()
    widgets = json.loads(dashboard["DashboardBody"])["widgets"]
    shown = [arn.partition(":alarm:")[2] for each in widgets for arn in each["properties"].get("alarms", [])]
    of_groups = tuple(f"{kind}DeliveryAlarm" for kind in KINDS)
    there = [each["AlarmName"] for key, each in alarms_of(made).items() if not key.startswith(of_groups)]
    assert sorted(shown) == sorted(there)


@each_set
def test_the_stack_is_within_cloudformations_limits(stack, name):
    made = stack(name)
    # CloudFormation User Guide, quotas: resources and outputs of a template, and characters of an output.
    assert len(made.resources) <= 500 and len(made.outputs) <= 200
    assert all(isinstance(each["Value"], str) and each["Value"] for each in made.outputs.values()), made.outputs


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_are_calls_that_their_services_take(name):
    # Some value for each parameter, for they have no defaults.
    values = {"TopicArn": EVERYTHING["AlarmTopicArn"]}
    template = yaml_parse(EXAMPLES[name].read_text())
    made = Stack(template, {key: values.get(key, f"/example/{key}") for key in template["Parameters"]})
    assert models.problems(made.resources) == [] and errors(made.resources) == []
    assert [list(wrong_in_alarm(alarm)) for alarm in alarms_of(made).values()] == [[]] * len(alarms_of(made))


def errors(resources, region=REGION):
    text = json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources})
    # Warnings are about what is written out here alone: ARNs with a Region and a partition.
    return [each for each in lint(text, regions=[region]) if each.rule.severity == "error"]


# A second or more for each; the other sets differ in nothing that the linter looks at.
@pytest.mark.parametrize("name", ["none", "everything on", "three names of each kind", "kept in S3, without a key"])
def test_the_linter_takes_what_is_left(stack, name):
    assert errors(stack(name).resources) == []


# A Region of each other partition whose schemas the linter has.
@pytest.mark.parametrize(("partition", "region"), [("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1")])
def test_other_partitions_have_what_the_template_makes(partition, region):
    made = Stack(TEMPLATE, {"FailureDestination": "S3"} | lists(1), {"AWS::Partition": partition, "AWS::Region": region})
    assert errors(made.resources, region) == []


def alarms_of(made):
    return made.of_type("AWS::CloudWatch::Alarm")


@each_set
def test_alarms_are_what_their_documentation_asks_for(stack, name):
    for logical_id, alarm in alarms_of(stack(name)).items():
        assert list(wrong_in_alarm(alarm)) == [], logical_id


def wrong_in_alarm(alarm):
    """CloudWatch API Reference, PutMetricAlarm."""
    metrics = alarm.get("Metrics")
    if metrics is None:
        if missing := {"Namespace", "MetricName", "Period", "Statistic"} - set(alarm):
            yield f"missing: {missing}"
        period = int(alarm.get("Period", 60))
    else:
        if both := {"Namespace", "MetricName", "Dimensions", "Period", "Statistic", "ExtendedStatistic", "Unit"} & set(alarm):
            yield f"beside Metrics: {both}"
        if [metric.get("ReturnData", True) for metric in metrics].count(True) != 1:
            yield "not one series"
        ids = [metric["Id"] for metric in metrics]
        if len(ids) > 10 or len(set(ids)) != len(ids) or not all(re.fullmatch("[a-z][0-9A-Za-z_]*", each) for each in ids):
            yield f"ids: {ids}"
        periods = {int(metric.get("Period", metric.get("MetricStat", {}).get("Period", 60))) for metric in metrics if "Expression" not in metric}
        for metric in metrics:
            try:
                if "SELECT" in metric.get("Expression", ""):
                    periods.add(int(metric["Period"]))
                    if (read := grammar.query(metric["Expression"]))["by"] and "order" not in read:
                        yield "several series and no order"
                elif "Expression" in metric and grammar.expression(metric["Expression"], ids):
                    yield "an alarm takes no search"
            except grammar.Invalid as error:
                yield str(error)
        if len(periods) != 1:
            yield f"periods: {periods}"
        period = max(periods, default=60)
    # With periods of an hour or more a week is the most that all of them may be, otherwise a day.
    if period % 60 or period * int(alarm["EvaluationPeriods"]) > 86_400:
        yield f"period: {period}"
    if int(alarm.get("DatapointsToAlarm", 1)) > int(alarm["EvaluationPeriods"]):
        yield "more periods needed than looked at"


@each_set
def test_the_dashboard_is_what_its_documentation_asks_for(stack, name):
    for dashboard in stack(name).of_type("AWS::CloudWatch::Dashboard").values():
        assert dashboards.problems(dashboard["DashboardBody"]) == []


# Defaults of 0.1, as sam has saved them: the pattern, and the word that it counts as.
OLD = {"Execution": '%[Ff]ailed|[Ee]rror', "Access": "%[^0-9A-Za-z", "Function": "%RequestId:|platform", "Flow": "REJECT"}


@pytest.mark.parametrize("kind", OLD)
def test_a_default_pattern_that_was_saved_follows_the_next_version(kind):
    patterns = TEMPLATE["Mappings"]["FilterPatterns"][kind]
    assert patterns["Of01"].startswith(OLD[kind])
    own = '"why5xx"'
    meant = {"default": patterns["Default"], patterns["Of01"]: patterns["Default"], patterns["Default"]: patterns["Default"]}
    for given, pattern in {**meant, "everything": "", "": "", own: own}.items():
        made = Stack(TEMPLATE, lists(1) | {f"{kind}FilterPattern": given})
        [name] = [name for name in made.resources if name.startswith(f"{kind}Subscription")]
        assert made.resources[name]["Properties"]["FilterPattern"] == pattern, given
        assert made.outputs[f"{kind}FilterPattern"]["Value"] == patterns["Default"]
        assert made.outputs[f"{kind}FilterPattern"]["Export"]["Name"].endswith(f"-{kind}FilterPattern")


def refusal(parameters, template):
    with pytest.raises(Refused) as refused:
        Stack(template, parameters)
    return str(refused.value)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"AccessLogGroups": "/a/b,"}, "AccessLogGroups has an empty place"),
        ({"FlowLogGroups": "/a/b, ,/a/c"}, "FlowLogGroups has an empty place"),
        ({"SubnetIds": "subnet-0a"}, "SubnetIds needs SecurityGroupIds"),
        ({"SubnetIds": "subnet-0a,", "SecurityGroupIds": "sg-0a"}, "SubnetIds has an empty place"),
        ({"SubnetIds": "subnet-0a", "SecurityGroupIds": "sg-0a,"}, "SubnetIds needs SecurityGroupIds, without an empty place"),
        ({"SecurityGroupIds": "sg-0a"}, "SecurityGroupIds needs SubnetIds"),
        ({"RolePath": "/" + "a" * 511 + "/"}, "RolePath must begin and end with a slash, and have at most 512 characters"),
        ({"ExportPrefix": "a b"}, "ExportPrefix must be at most 200 letters"),
    ],
)
def test_values_that_no_service_takes_are_refused_before_anything_is_made(given, reason):
    assert refusal(given, TEMPLATE).startswith(reason)


def test_the_plain_templates_lists_may_have_empty_places_and_its_other_rules_hold(plain):
    assert "AccessSubscription3" in Stack(plain, CODE | {"AccessLogGroups": "/a/b,,/a/c"}).resources
    assert refusal(CODE | {"SubnetIds": "subnet-0a"}, plain).startswith("SubnetIds needs SecurityGroupIds")


@pytest.mark.parametrize(("given", "prefix"), [({}, "x" * 128), ({"ExportPrefix": "why5xx"}, "why5xx"), ({"ExportPrefix": "p" * 200}, "p" * 200)])
def test_exports_begin_with_the_stacks_name_or_with_what_is_given(plain, given, prefix):
    for made in Stack(TEMPLATE, given), Stack(plain, CODE | given):
        names = {each["Export"]["Name"] for each in made.outputs.values() if "Export" in each}
        assert names == {f"{prefix}-{name}" for name in ["FunctionArn", *(f"{kind}FilterPattern" for kind in KINDS)]}
        # CloudFormation User Guide, quotas of exports: 255 characters.
        assert all(re.fullmatch("[-:A-Za-z0-9]{1,255}", each) for each in names)


@pytest.mark.parametrize("kind", KINDS)
def test_names_of_log_groups_that_cannot_become_logical_ids_are_refused_with_a_reason(kind):
    seven = groups(kind, 7, 512)
    assert len(seven) < MAX_VALUE_BYTES
    assert refusal({f"{kind}LogGroups": seven}, TEMPLATE).startswith(f"{kind}LogGroups must be names of log groups")


def test_quiet_stages_that_would_make_a_query_too_long_are_refused_with_a_reason():
    many = ",".join(f"feature-{number:03}".ljust(40, "x") for number in range(40))
    assert refusal({"QuietStages": many}, TEMPLATE).startswith("QuietStages must be names of stages")


WORDS = ["default", "everything"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("spelling", ["Default", "DEFAULT", " default", "default ", "defaults", "Everything", "all", "ALL ", "any", "none", " "])
def test_a_word_for_a_pattern_in_another_spelling_is_refused_with_a_reason(plain, kind, spelling):
    """As a pattern it would pass next to no log event, or other ones, and no alarm would say so."""
    for template in TEMPLATE, plain:
        code = CODE if "CodeBucket" in template["Parameters"] else {}
        reason = refusal(code | {f"{kind}FilterPattern": spelling}, template)
        assert reason.startswith(f"{kind}FilterPattern must be default, everything, or a filter pattern")


@pytest.mark.parametrize("given", [*WORDS, "", '"all"', '"default"', "all errors", "?ERROR ?default", "%a\\sb%", "[a, b = 5*]", "{ $.x = 1 }"])
def test_the_words_the_empty_text_and_patterns_are_taken(plain, given):
    for template in TEMPLATE, plain:
        code = CODE if "CodeBucket" in template["Parameters"] else {}
        made = Stack(template, code | {"FlowLogGroups": "/vpc/flow", "FlowFilterPattern": given})
        filters = made.of_type("AWS::Logs::SubscriptionFilter").values()
        [pattern] = [each["FilterPattern"] for each in filters if each["LogGroupName"] == "/vpc/flow"]
        assert pattern == {"default": "REJECT", "everything": ""}.get(given, given)


def test_a_log_group_that_stands_in_two_lists_is_refused(plain):
    """Its lock has one name in all lists. Logical ids cannot tell: a loop over an empty list runs once, with an empty text, so
    that loops with one prefix would make the same id in every stack that leaves two lists empty (cfn-language-discussion#154)."""
    twice = {"ExecutionLogGroups": "/orders/logs", "AccessLogGroups": "/orders/logs"}
    for template in TEMPLATE, plain:
        resources = Stack(template, (CODE if "CodeBucket" in template["Parameters"] else {}) | twice).resources
        found = errors(resources)
        assert {each.rule.id for each in found} == {"E3019"} and "one-list" in str(found)


# Numbers as people and tools write them; CloudFormation takes each for a Number and hands on its text.
@pytest.mark.parametrize("spelling", ["{0}.0", "{0}e0", "+{0}", "0{0}"])
@pytest.mark.parametrize("parameter", [name for name, each in PARAMETERS.items() if str(each.get("Default", "")).isdigit()])
def test_a_number_in_another_spelling_is_refused_or_does_what_the_number_does(parameter, spelling):
    default = str(PARAMETERS[parameter]["Default"])
    try:
        made = Stack(TEMPLATE, {parameter: spelling.format(default)})
    except Refused:
        return
    assert models.problems(made.resources) == []
    assert set(made.resources) == set(Stack(TEMPLATE, {}).resources)
    # Only CloudFormation and the services take such a number for what it is; the function reads digits.
    [function] = made.of_type("AWS::Lambda::Function").values()
    assert spelling.format(default) not in function["Environment"]["Variables"].values()


def test_what_is_not_there_is_an_error_here_too():
    template = yaml.safe_load('{Resources: {Topic: {Type: "AWS::SNS::Topic", Properties: {TopicName: {Ref: Gone}}}}}')
    with pytest.raises(Refused, match="Ref to Gone"):
        Stack(template)
