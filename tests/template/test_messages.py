"""Messages about alarms on failures: what hands their changes over, and what becomes of one that is not sent."""

import json

import pytest

from expansion import RESOURCES, TEMPLATE, Stack
from test_alarms import ON_FAILURES
from test_template import actions, statements

EMAIL = {"AlarmEmail": "team@example.com"}
TOPIC = {"AlarmTopicArn": "arn:aws:sns:us-east-1:111122223333:on-call"}
MESSAGES = TOPIC | {"AlarmTopicMessages": "true"}
STREAM = {"KinesisStreamArn": "arn:aws:kinesis:us-east-1:111122223333:stream/api-logs", "LoadThreshold": "50"}

OF_MESSAGES = [
    "AlarmRule",
    "Notifier",
    "NotifierDroppedAlarm",
    "NotifierErrorsAlarm",
    "NotifierEventInvokeConfig",
    "NotifierPermission",
    "NotifierRole",
    "UnsentEvents",
    "UnsentEventsPolicy",
]


@pytest.mark.parametrize(
    ("given", "sends"),
    [({}, False), (TOPIC, False), ({"AlarmTopicMessages": "true"}, False), (EMAIL, True), (MESSAGES, True), (EMAIL | TOPIC, True)],
)
def test_messages_are_sent_for_an_e_mail_address_and_on_demand_for_a_topic(given, sends):
    made = set(Stack(TEMPLATE, given).resources)
    assert made & set(OF_MESSAGES) == (set(OF_MESSAGES) if sends else set())


def actions_of_alarms(given):
    """What the alarms on failures do when they change, and what the others do."""
    alarms = Stack(TEMPLATE, STREAM | given).of_type("AWS::CloudWatch::Alarm")
    on_failures = {str(alarms[name]["AlarmActions"]) for name in ON_FAILURES}
    others = {str(each["AlarmActions"]) for name, each in alarms.items() if name not in ON_FAILURES}
    assert all(each["AlarmActions"] == each["OKActions"] for each in alarms.values())
    return on_failures, others


def test_each_change_of_an_alarm_on_failures_reaches_each_topic_once():
    topic = TOPIC["AlarmTopicArn"]
    assert actions_of_alarms({}) == ({"[]"}, {"[]"})
    assert actions_of_alarms(TOPIC) == ({f"['{topic}']"}, {f"['{topic}']"})
    [to_email] = actions_of_alarms(EMAIL)[1]
    assert actions_of_alarms(EMAIL)[0] == {"[]"} and "AlarmTopic" in to_email
    # CloudWatch's own JSON there, and messages by e-mail.
    assert actions_of_alarms(EMAIL | TOPIC)[0] == {f"['{topic}']"}
    assert actions_of_alarms(MESSAGES) == ({"[]"}, {f"['{topic}']"})


def test_the_rule_takes_the_changes_of_alarms_on_failures_and_of_no_other():
    made = Stack(TEMPLATE, STREAM | EMAIL)
    pattern = made.resources["AlarmRule"]["Properties"]["EventPattern"]
    # EventBridge Quotas: an event pattern has 2,048 characters at most.
    assert len(json.dumps(pattern)) <= 2048
    assert pattern["source"] == ["aws.cloudwatch"]
    assert pattern["detail-type"] == ["CloudWatch Alarm State Change", "CloudWatch Alarm Contributor State Change"]
    prefixes = tuple(each["prefix"] for each in pattern["detail"]["alarmName"])
    alarms = made.of_type("AWS::CloudWatch::Alarm")
    assert {name for name, alarm in alarms.items() if alarm["AlarmName"].startswith(prefixes)} == set(ON_FAILURES)
    # Of this stack alone: a name begins with the stack's, and no name of a stack has a colon.
    assert all(prefix.startswith(f"{made.pseudo['AWS::StackName']}: ") for prefix in prefixes)


def test_only_the_rule_may_invoke_the_notifier_and_what_it_cannot_hand_over_is_kept():
    permission = RESOURCES["NotifierPermission"]["Properties"]
    assert permission["Principal"] == "events.amazonaws.com"
    assert permission["SourceArn"] == {"Fn::GetAtt": ["AlarmRule", "Arn"]}
    [target] = RESOURCES["AlarmRule"]["Properties"]["Targets"]
    assert target["Arn"] == permission["FunctionName"] == {"Fn::GetAtt": ["Notifier", "Arn"]}
    assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["UnsentEvents", "Arn"]}}
    assert RESOURCES["UnsentEvents"]["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 60 * 60


def test_the_notifier_is_the_function_s_program_and_shares_its_log():
    function, notifier = RESOURCES["Function"], RESOURCES["Notifier"]
    assert notifier["Metadata"] == function["Metadata"]
    for name in "CodeUri", "Runtime", "Architectures", "Layers", "LoggingConfig":
        assert notifier["Properties"][name] == function["Properties"][name], name
    assert (function["Properties"]["Handler"], notifier["Properties"]["Handler"]) == ("bootstrap", "notify")
    variables = Stack(TEMPLATE, EMAIL | MESSAGES).resources["Notifier"]["Properties"]["Environment"]["Variables"]
    assert variables["WHY5XX_TOPIC_ARNS"].split(",")[1:] == [TOPIC["AlarmTopicArn"]]
    variables = Stack(TEMPLATE, MESSAGES).resources["Notifier"]["Properties"]["Environment"]["Variables"]
    assert variables["WHY5XX_TOPIC_ARNS"] == TOPIC["AlarmTopicArn"]


def test_the_notifier_reads_alarms_metrics_and_its_own_log_and_publishes_to_the_topics_that_are_named():
    granted = [(condition, action, each["Resource"]) for condition, each in statements("NotifierRole") for action in actions(each)]
    log = {"Fn::GetAtt": ["FunctionLogGroup", "Arn"]}
    assert granted == [
        (None, "cloudwatch:DescribeAlarmContributors", "*"),
        (None, "cloudwatch:DescribeAlarms", "*"),
        (None, "cloudwatch:GetMetricData", "*"),
        (None, "logs:CreateLogStream", log),
        (None, "logs:FilterLogEvents", log),
        (None, "logs:PutLogEvents", log),
        ("HasAlarmEmail", "sns:Publish", {"Ref": "AlarmTopic"}),
        ("SendsTopicMessages", "sns:Publish", {"Ref": "AlarmTopicArn"}),
    ]


@pytest.mark.parametrize("given", [EMAIL, MESSAGES, EMAIL | MESSAGES])
def test_a_failure_of_the_notifier_is_heard_of_on_a_topic_of_messages(given):
    made = Stack(TEMPLATE, given)
    topics = made.resources["Notifier"]["Properties"]["Environment"]["Variables"]["WHY5XX_TOPIC_ARNS"].split(",")
    config = made.resources["NotifierEventInvokeConfig"]["Properties"]
    assert config["DestinationConfig"]["OnFailure"]["Destination"] in topics
    for name in "NotifierErrorsAlarm", "NotifierDroppedAlarm":
        assert set(topics) <= set(made.resources[name]["Properties"]["AlarmActions"]), name


def test_the_alarm_on_errors_sees_throttles_and_a_topic_that_refuses_alone():
    """The function does not fail if one of two topics takes the message: a retry would send it there again."""
    metrics = RESOURCES["NotifierErrorsAlarm"]["Properties"]["Metrics"]
    of = {each["Id"]: each["MetricStat"]["Metric"] for each in metrics if "MetricStat" in each}
    assert {name: each["MetricName"] for name, each in of.items()} == {
        "errors": "Errors", "throttles": "Throttles", "refused": "UnsentMessages",
    }
    assert [each["Dimensions"][0]["Value"] for each in of.values()] == [{"Ref": "Notifier"}] * 3
    assert of["refused"]["Namespace"] == {"Ref": "Namespace"}
    [sum_of] = [each["Expression"] for each in metrics if "Expression" in each]
    assert sum_of == " + ".join(of)


def test_the_alarm_on_dropped_events_looks_at_both_places_where_they_end():
    metrics = RESOURCES["NotifierDroppedAlarm"]["Properties"]["Metrics"]
    of = {each["Id"]: each["MetricStat"]["Metric"]["MetricName"] for each in metrics if "MetricStat" in each}
    assert of == {"dropped": "AsyncEventsDropped", "queued": "ApproximateNumberOfMessagesVisible"}
    [sum_of] = [each["Expression"] for each in metrics if "Expression" in each]
    assert sum_of == " + ".join(of)
