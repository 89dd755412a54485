"""What each alarm measures and when it fires, as a table; and what else of the way to a person no other test states.

An alarm on a metric that nobody writes is never on, and nobody would notice. So the table is written down a second time, by
what the descriptions promise, and not read from the template.
"""

import pathlib
import re

import boto3
import pytest
from botocore import xform_name

from expansion import REGION, TEMPLATE, Stack
from test_alarms import ON_FAILURES, PARAMETER_SETS

PROJECT = pathlib.Path(__file__).parents[2]

MADE = Stack(
    TEMPLATE, PARAMETER_SETS["everything on"] | {"Namespace": "Ours", "BrokenThreshold": "7"}, {"AWS::StackName": "stack"}
)
ALARMS = MADE.of_type("AWS::CloudWatch::Alarm")


def of_function(metric):
    return f"Ours {metric} Function=Function Sum"


def undelivered(log_group, kind):
    where = f"LogGroupName={log_group} DestinationType=Lambda FilterName=stack/{kind} Sum"
    return f"errors = AWS/Logs DeliveryErrors {where}; throttled = AWS/Logs DeliveryThrottling {where}; errors + throttled"


def query(metric, without, by="ApiId, Stage, Cause"):
    stages = "Stage != 'dev' AND Stage != 'test'"
    return f'SELECT SUM({metric}) FROM SCHEMA("Ours", {by}) WHERE {without} AND {stages} GROUP BY {by} ORDER BY SUM() DESC'


OF_ACCOUNTS = "AccountId, ApiId, Stage, Cause"
VISIBLE = "AWS/SQS ApproximateNumberOfMessagesVisible QueueName={} Maximum"
UNCLASSIFIED = "IF(FILL(unclassified, 0) >= 10 AND FILL(unclassified, 0) >= 0.05 * failures, 1, 0)"

# By alarm: what it measures; the seconds of a period; in how many of how many periods the value must be how large; and what a
# period without data is.
TABLE = {
    "BrokenExecutionAlarm": (query("Errors", "NotLoad"), 300, "2 of 3 >= 7", "notBreaching"),
    "BrokenAccessAlarm": (query("AccessLogErrors", "NotLoad"), 300, "2 of 3 >= 7", "notBreaching"),
    "BrokenAccountAlarm": (query("AccountErrors", "NotLoad", OF_ACCOUNTS), 300, "2 of 3 >= 7", "notBreaching"),
    "LoadExecutionAlarm": (query("Errors", "NotBroken"), 300, "2 of 3 >= 50", "notBreaching"),
    "LoadAccessAlarm": (query("AccessLogErrors", "NotBroken"), 300, "2 of 3 >= 50", "notBreaching"),
    "LoadAccountAlarm": (query("AccountErrors", "NotBroken", OF_ACCOUNTS), 300, "2 of 3 >= 50", "notBreaching"),
    "UnclassifiedAlarm": (
        f"failures = {of_function('Failures')}; unclassified = {of_function('Unclassified')}; {UNCLASSIFIED}",
        600,
        "3 of 3 >= 1",
        "notBreaching",
    ),
    "CanaryAlarm": (of_function("Canary"), 300, "3 of 3 < 1", "breaching after 30 minutes"),
    "ExtractionAlarm": (of_function("Batches"), 300, "3 of 3 < 1", "breaching after 30 minutes"),
    "AmbiguousLinesAlarm": (of_function("AmbiguousLines"), 300, "1 of 1 >= 1", "notBreaching"),
    "NotUnderstoodAlarm": (of_function("NotUnderstood"), 300, "2 of 12 >= 1", "notBreaching"),
    "UndecodableBatchesAlarm": (of_function("UndecodableBatches"), 300, "1 of 1 >= 1", "notBreaching"),
    "FailedEventsAlarm": (VISIBLE.format("FailedEvents"), 300, "1 of 1 >= 1", "notBreaching"),
    "UnreplayableEventsAlarm": (VISIBLE.format("UnreplayableEvents"), 300, "1 of 1 >= 1", "notBreaching"),
    # S3 writes it once a day, for all storage types together.
    "KeptObjectsAlarm": (
        "AWS/S3 NumberOfObjects BucketName=failedeventsbucket StorageType=AllStorageTypes Average",
        86_400,
        "1 of 1 >= 1",
        "notBreaching",
    ),
    "StreamAgeAlarm": ("AWS/Lambda IteratorAge FunctionName=Function Maximum", 300, "3 of 3 >= 600000", "notBreaching"),
    "FunctionErrorsAlarm": ("AWS/Lambda Errors FunctionName=Function Sum", 300, "2 of 3 >= 1", "notBreaching"),
    "EventsDroppedAlarm": ("AWS/Lambda AsyncEventsDropped FunctionName=Function Sum", 300, "1 of 1 >= 1", "notBreaching"),
    "DestinationFailuresAlarm": (
        "AWS/Lambda DestinationDeliveryFailures FunctionName=Function Sum",
        300,
        "1 of 1 >= 1",
        "notBreaching",
    ),
    "NotifierErrorsAlarm": (
        "errors = AWS/Lambda Errors FunctionName=Notifier Sum; throttles = AWS/Lambda Throttles FunctionName=Notifier Sum; "
        "refused = Ours UnsentMessages Function=Notifier Sum; errors + throttles + refused",
        300,
        "1 of 1 >= 1",
        "notBreaching",
    ),
    "NotifierDroppedAlarm": (
        f"dropped = AWS/Lambda AsyncEventsDropped FunctionName=Notifier Sum; queued = {VISIBLE.format('UnsentEvents')}; "
        "dropped + queued",
        300,
        "1 of 1 >= 1",
        "notBreaching",
    ),
    "UnseenStagesAlarm": ("Ours UnseenStages Function=Surveyor Maximum", 3_600, "2 of 3 >= 1", "breaching after 240 minutes"),
    "CanaryDeliveryAlarm": (undelivered("/why5xx/stack/canary", "execution"), 300, "1 of 1 >= 1", "notBreaching"),
    "ExecutionDeliveryAlarmAPIGatewayExecutionLogsa1b2c3d4e5prod": (
        undelivered("API-Gateway-Execution-Logs_a1b2c3d4e5/prod", "execution"),
        300,
        "1 of 1 >= 1",
        "notBreaching",
    ),
    "AccessDeliveryAlarmawsapigatewayordersaccess": (
        undelivered("/aws/apigateway/orders-access", "access"),
        300,
        "1 of 1 >= 1",
        "notBreaching",
    ),
    "FunctionDeliveryAlarmawslambdaorders": (undelivered("/aws/lambda/orders", "function"), 300, "1 of 1 >= 1", "notBreaching"),
    "FlowDeliveryAlarmvpcflow": (undelivered("/vpc/flow", "flow"), 300, "1 of 1 >= 1", "notBreaching"),
}

SIGNS = {"GreaterThanOrEqualToThreshold": ">=", "LessThanThreshold": "<"}


def metric_of(properties, statistic):
    dimensions = [f"{each['Name']}={logical(each['Value'])}" for each in properties["Dimensions"]]
    return " ".join([properties["Namespace"], properties["MetricName"], *dimensions, statistic])


def logical(name):
    """`stack-Function-1A2B3C4D5E6F` → `Function`"""
    return re.sub(r"^stack-(\w+)-1a2b3c4d5e6f$", r"\1", name, flags=re.IGNORECASE)


def measured(alarm):
    """What an alarm measures, and the periods of it: in the alarm, in its query or in each of its metrics."""
    if "MetricName" in alarm:
        return metric_of(alarm, alarm["Statistic"]), {alarm["Period"]}
    parts, periods = [], set()
    for each in alarm["Metrics"]:
        assert each["ReturnData"] == (each is alarm["Metrics"][-1])
        if stat := each.get("MetricStat"):
            parts.append(f"{each['Id']} = {metric_of(stat['Metric'], stat['Stat'])}")
            periods.add(stat["Period"])
        else:
            text = each["Expression"]
            for name, of in TEMPLATE["Mappings"]["Causes"].items():
                text = text.replace(of["Where"], name)
            parts.append(text)
            periods |= {each["Period"]} if "Period" in each else set()
    return "; ".join(parts), periods


def test_the_table_has_every_alarm():
    assert sorted(TABLE) == sorted(ALARMS)


@pytest.mark.parametrize("name", TABLE)
def test_each_alarm_measures_what_the_table_says(name):
    alarm, (what, period, when, missing) = ALARMS[name], TABLE[name]
    assert measured(alarm) == (what, {period})
    sign = SIGNS[alarm["ComparisonOperator"]]
    assert f"{alarm['DatapointsToAlarm']} of {alarm['EvaluationPeriods']} {sign} {alarm['Threshold']}" == when
    minutes = alarm.get("WarmUpConfiguration", {}).get("WarmUpPeriodDurationInMinutes")
    assert alarm["TreatMissingData"] + (f" after {minutes} minutes" if minutes else "") == missing


# What a description says of time and number, and what of the table that is.
SAYINGS = {
    "In two of three spans of five minutes, 7 or more requests": (ON_FAILURES[:3], 300, "2 of 3 >= 7"),
    "In two of three spans of five minutes, 50 or more requests": (ON_FAILURES[3:], 300, "2 of 3 >= 50"),
    "For half an hour, in each ten minutes, at least ten failures and one in twenty": (["UnclassifiedAlarm"], 600, "3 of 3 >= 1"),
    # Five periods and not three: test_alarms.py says why.
    "For 25 minutes": (["CanaryAlarm", "ExtractionAlarm"], 300, "3 of 3 < 1"),
    "In two spans of five minutes within an hour": (["NotUnderstoodAlarm"], 300, "2 of 12 >= 1"),
    "Two of the last three hourly surveys": (["UnseenStagesAlarm"], 3_600, "2 of 3 >= 1"),
    "For a quarter of an hour the oldest record of the stream that was read was more than 10 minutes old": (
        ["StreamAgeAlarm"],
        300,
        "3 of 3 >= 600000",
    ),
    "The function fails again and again": (["FunctionErrorsAlarm"], 300, "2 of 3 >= 1"),
}


@pytest.mark.parametrize("saying", SAYINGS)
def test_descriptions_say_the_times_and_numbers_of_the_table(saying):
    names, period, when = SAYINGS[saying]
    for name in names:
        assert ALARMS[name]["AlarmDescription"].startswith(saying), name
        assert TABLE[name][1:3] == (period, when), name


def test_an_alarm_without_such_a_saying_fires_at_once():
    said = {name for names, *_ in SAYINGS.values() for name in names}
    assert {TABLE[name][2] for name in set(TABLE) - said} == {"1 of 1 >= 1"}


def test_descriptions_name_the_queue_bucket_or_log_group_that_the_alarm_looks_at():
    named = 0
    for name, alarm in ALARMS.items():
        for each in alarm.get("Metrics", [{"MetricStat": {"Metric": alarm}}]):
            for dimension in each.get("MetricStat", {}).get("Metric", {}).get("Dimensions", []):
                if dimension["Name"] in ("QueueName", "BucketName", "LogGroupName"):
                    assert dimension["Value"] in alarm["AlarmDescription"], name
                    named += 1
    assert named == 14


def test_every_metric_of_our_own_that_an_alarm_looks_at_is_in_the_page_on_metrics():
    page = (PROJECT / "docs/metrics.md").read_text()
    names = {name for what, *_ in TABLE.values() for name in re.findall(r"Ours (\w+)|SUM\((\w+)\)", what) for name in name if name}
    assert len(names) == 12
    assert [name for name in sorted(names) if f"`{name}`" not in page] == []


def commands(text):
    """Commands of the AWS CLI in a text: service, operation and options."""
    for service, operation, options in re.findall(r"\baws ([a-z]+) ([a-z-]+)((?: --[a-z-]+ (?:'[^']+'|[^' ]+))+)", text):
        yield service, operation, re.findall(r"--([a-z-]+) ('[^']+'|[^' ]+)", options)


def test_commands_in_descriptions_are_those_of_the_api():
    session, found = boto3.session.Session(region_name=REGION), set()
    for name, alarm in ALARMS.items():
        for service, operation, options in commands(alarm["AlarmDescription"]):
            found.add(operation)
            model = session.client(service, aws_access_key_id="none", aws_secret_access_key="none").meta.service_model
            operations = {xform_name(each, "-"): each for each in model.operation_names}
            members = model.operation_model(operations[operation]).input_shape.members
            by_option = {xform_name(each, "-"): shape for each, shape in members.items()}
            for option, value in options:
                if option == "region":
                    continue
                allowed = getattr(by_option[option], "enum", None)
                assert not allowed or value.strip(".'") in allowed, (name, option, value)
    assert found == {"describe-alarm-contributors", "describe-account-policies"}


def test_the_topic_takes_messages_of_alarms_of_this_account_and_of_the_notifier_alone():
    [policy] = MADE.of_type("AWS::SNS::TopicPolicy").values()
    topic = MADE.attribute("AlarmTopic", "Arn")
    # An alarm's own actions. The notifier sends by its role, and so does Lambda for it.
    assert policy["Topics"] == [topic]
    assert policy["PolicyDocument"]["Statement"] == [
        {
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": topic,
            "Condition": {"StringEquals": {"aws:SourceAccount": MADE.pseudo["AWS::AccountId"]}},
        }
    ]
    roles = {name: str(each) for name, each in MADE.of_type("AWS::IAM::Role").items()}
    assert [name for name, each in roles.items() if topic in each] == ["NotifierRole"]


TOPIC = "arn:aws:sns:eu-west-1:111122223333:on-call"


@pytest.mark.parametrize(
    ("parameters", "topics"),
    [
        ({"AlarmEmail": "team@example.com"}, ["{own}"]),
        ({"AlarmEmail": "team@example.com", "AlarmTopicArn": TOPIC}, ["{own}"]),
        ({"AlarmEmail": "team@example.com", "AlarmTopicArn": TOPIC, "AlarmTopicMessages": "true"}, ["{own}", TOPIC]),
        ({"AlarmTopicArn": TOPIC, "AlarmTopicMessages": "true"}, [TOPIC]),
    ],
)
def test_the_notifier_knows_namespace_topics_dashboard_and_runbook(parameters, topics):
    given = parameters | {"Namespace": "Ours", "RunbookUrl": "https://wiki.example.com/5xx"}
    made = Stack(TEMPLATE, given, {"AWS::StackName": "stack"})
    own = made.attribute("AlarmTopic", "Arn") if "AlarmEmail" in parameters else None
    dashboard = made.resources["Dashboard"]["Properties"]["DashboardName"]
    notifier = made.resources["Notifier"]["Properties"]
    assert notifier["Environment"]["Variables"] == {
        "WHY5XX_NAMESPACE": "Ours",
        "WHY5XX_TOPIC_ARNS": ",".join(each.format(own=own) for each in topics),
        "WHY5XX_DASHBOARD_URL": f"https://console.aws.amazon.com/cloudwatch/home?region={REGION}#dashboards/dashboard/{dashboard}",
        "WHY5XX_RUNBOOK_URL": "https://wiki.example.com/5xx",
    }
    # The function that counts publishes there, and shows its requests in this log.
    assert made.resources["Function"]["Properties"]["Environment"]["Variables"]["WHY5XX_NAMESPACE"] == "Ours"
    assert notifier["LoggingConfig"]["LogGroup"] == made.attribute("FunctionLogGroup", "name")


def test_a_message_about_an_alarm_is_tried_for_an_hour_and_then_sent_as_it_came_or_kept():
    tried = MADE.resources["NotifierEventInvokeConfig"]["Properties"]
    assert (tried["MaximumRetryAttempts"], tried["MaximumEventAgeInSeconds"]) == (2, 3_600)
    assert tried["DestinationConfig"] == {"OnFailure": {"Destination": MADE.attribute("AlarmTopic", "Arn")}}
    # What the description says of it: three times, the first one and two more.
    assert "Lambda tries an event that failed three times" in ALARMS["NotifierErrorsAlarm"]["AlarmDescription"]
    [target] = MADE.resources["AlarmRule"]["Properties"]["Targets"]
    assert target["Arn"] == MADE.attribute("Notifier", "Arn")
    # EventBridge's own number, and an hour of it.
    assert target["RetryPolicy"] == {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 3_600}
    assert target["DeadLetterConfig"] == {"Arn": MADE.attribute("UnsentEvents", "Arn")}
    days = MADE.resources["UnsentEvents"]["Properties"]["MessageRetentionPeriod"] / 86_400
    assert f"for {days:.0f} days" in ALARMS["NotifierDroppedAlarm"]["AlarmDescription"]


@pytest.mark.parametrize(("keeps", "where"), [("SQS", "FailedEvents"), ("S3", "FailedEventsBucket")])
def test_what_failed_of_a_batch_or_stream_goes_where_failure_destination_says(keeps, where):
    made = Stack(TEMPLATE, PARAMETER_SETS["everything on"] | {"FailureDestination": keeps})
    for name in "FunctionEventInvokeConfig", "KinesisRecords":
        to = made.resources[name]["Properties"]["DestinationConfig"]
        assert to == {"OnFailure": {"Destination": made.attribute(where, "Arn")}}, name


@pytest.mark.parametrize(
    ("partition", "host"),
    [
        ("aws", "console.aws.amazon.com"),
        ("aws-cn", "console.amazonaws.cn"),
        ("aws-eusc", "console.amazonaws-eusc.eu"),
        ("aws-iso", "console.c2shome.ic.gov"),
        ("aws-iso-b", "console.sc2shome.sgov.gov"),
        ("aws-iso-e", "console.csphome.adc-e.uk"),
        ("aws-iso-f", "console.csphome.hci.ic.gov"),
        ("aws-us-gov", "console.amazonaws-us-gov.com"),
    ],
)
def test_links_lead_to_the_console_of_the_partition(partition, host):
    made = Stack(TEMPLATE, PARAMETER_SETS["everything on"], {"AWS::Partition": partition})
    for name, alarm in made.of_type("AWS::CloudWatch::Alarm").items():
        assert re.findall(r"https://([^/]+)/cloudwatch/home", alarm["AlarmDescription"]) == [host], name
    notifier = made.resources["Notifier"]["Properties"]["Environment"]["Variables"]
    assert notifier["WHY5XX_DASHBOARD_URL"].startswith(f"https://{host}/cloudwatch/home?")
