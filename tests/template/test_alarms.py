"""The alarms: what they say, what they cost, and which of them fires when data come late."""

import pathlib
import re

import pytest

import expansion
from expansion import CONDITIONS, PARAMETERS, RESOURCES, TEMPLATE
from simulation import OF_THREE_TIMES_FIVE_MINUTES, RANGES, Alarm

PROJECT = pathlib.Path(__file__).parents[2]

ALARMS = {name: each["Properties"] for name, each in RESOURCES.items() if each["Type"] == "AWS::CloudWatch::Alarm"}

# With those of the loops over log groups.
ALL_ALARMS = {
    name: each["Properties"]
    for name, each in expansion.repeated(TEMPLATE["Resources"], {})
    if each["Type"] == "AWS::CloudWatch::Alarm"
}

# CloudWatch API Reference: PutMetricAlarm, AlarmDescription; MetricDataQuery, Expression.
MAX_DESCRIPTION_CHARS = 1024
MAX_EXPRESSION_CHARS = 2048

# What the description of an alarm on failures must hold: what to do, and the query for requests to look up.
ON_FAILURES = [f"{kind}{source}Alarm" for kind in ("Broken", "Load") for source in ("Execution", "Access", "Account")]


def queries():
    """The alarms on a query of Metrics Insights, which are billed by the metrics that they look at."""
    for name, alarm in ALARMS.items():
        for metric in alarm.get("Metrics", []):
            if "SELECT" in str(metric.get("Expression")):
                yield name, metric


def is_there_by_default(name):
    condition = RESOURCES[name].get("Condition")
    return condition is None or expansion.holds(condition, {})


def test_no_metric_is_looked_at_by_two_of_the_alarms_that_are_billed_by_it():
    assert [name for name, _ in queries() if is_there_by_default(name)] == ["BrokenExecutionAlarm", "BrokenAccessAlarm"]


def test_causes_of_load_alarm_on_demand_alone():
    stream = {"KinesisStreamArn": "arn:aws:kinesis:eu-west-1:111122223333:stream/api-logs"}
    assert {"BrokenAccountAlarm"} == set(expansion.Stack(TEMPLATE, stream).resources) & {"BrokenAccountAlarm", "LoadAccountAlarm"}
    for name in "LoadExecutionAlarm", "LoadAccessAlarm":
        assert not is_there_by_default(name)
        assert expansion.holds(RESOURCES[name]["Condition"], {"LoadThreshold": 50})


def test_only_a_missing_canary_or_survey_is_bad():
    missing = {name: alarm["TreatMissingData"] for name, alarm in ALARMS.items()}
    for name in "CanaryAlarm", "ExtractionAlarm":
        assert missing.pop(name) == "breaching"
        # Where nothing is published, nothing is missing.
        assert not expansion.holds(RESOURCES[name]["Condition"], {"Sink": "stdout"})
        assert is_there_by_default(name)
    assert missing.pop("UnseenStagesAlarm") == "breaching"
    assert not is_there_by_default("UnseenStagesAlarm")
    assert not expansion.holds(RESOURCES["UnseenStagesAlarm"]["Condition"], {"Survey": "true", "Sink": "stdout"})
    assert set(missing.values()) == {"notBreaching"}


def test_every_alarm_reports_its_begin_and_end_by_e_mail_or_topic_and_by_default_to_nobody():
    for name, alarm in ALL_ALARMS.items():
        # Those on failures reach the e-mail topic through the notifier alone.
        assert alarm["AlarmActions"] == alarm["OKActions"] == [
            {"Fn::If": [condition, {"Ref": topic}, {"Ref": "AWS::NoValue"}]}
            for condition, topic in (TO_EVENTS if name in ON_FAILURES else TO_BOTH)
        ], name
    assert not expansion.holds("HasAlarmEmail", {})
    assert not expansion.holds("HasAlarmTopic", {})
    assert RESOURCES["AlarmSubscription"]["Properties"]["Protocol"] == "email"


# Conditions and the topics that alarms act on.
TO_EVENTS = [("SendsTopicEvents", "AlarmTopicArn")]
TO_BOTH = [("HasAlarmEmail", "AlarmTopic"), ("HasAlarmTopic", "AlarmTopicArn")]


def described(alarm):
    """An alarm's description, as it is written."""
    return alarm["AlarmDescription"]["Fn::Sub"][0]


def test_names_begin_with_the_stacks_and_descriptions_say_what_to_do_and_where_to_look():
    # The longest name of a stack is among the values; the models say how long a name and a description may be.
    made = expansion.Stack(TEMPLATE, PARAMETER_SETS["everything on"] | {"RunbookUrl": "https://wiki.example.com/" + "x" * 75})
    stack, alarms = made.pseudo["AWS::StackName"], made.of_type("AWS::CloudWatch::Alarm")
    names = [alarm["AlarmName"] for alarm in alarms.values()]
    assert len(set(names)) == len(names)
    for name, alarm in alarms.items():
        assert alarm["AlarmName"].startswith(f"{stack}: "), name
        text = alarm["AlarmDescription"]
        assert len(text) <= MAX_DESCRIPTION_CHARS, (name, len(text))
        assert "heck" in text or "What to do" in text, name
        dashboard = "https://console.aws.amazon.com/cloudwatch/home?region=us-east-1#dashboards/dashboard/"
        assert f"Dashboard: {dashboard}{stack}-us-east-1 Runbook: https://wiki.example.com/" in text, name
    for name in ON_FAILURES:
        text = alarms[name]["AlarmDescription"]
        assert f"aws cloudwatch describe-alarm-contributors --region us-east-1 --alarm-name '{alarms[name]['AlarmName']}'" in text
        assert "why5xx explain CAUSE" in text
        assert 'filter message = "exemplar" and cause = "CAUSE"' in text


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-us-gov"])
def test_the_template_makes_a_stack_in_every_partition(partition):
    assert partition in TEMPLATE["Mappings"]["Consoles"]
    made = expansion.Stack(TEMPLATE, PARAMETER_SETS["everything on"], {"AWS::Partition": partition})
    assert f"arn:{partition}:" in str(made.resources["InvokePermission"])


def test_quiet_stages_are_left_out_of_every_query_about_failures():
    for name, metric in queries():
        if name not in ON_FAILURES:
            continue
        text = expansion.value_of(metric["Expression"], {"QuietStages": "dev,preview"})
        assert " AND Stage != 'dev' AND Stage != 'preview' " in text
        assert NO_STAGE not in text
        by = "AccountId, ApiId, Stage, Cause" if "Account" in name else "ApiId, Stage, Cause"
        assert f', {by}) WHERE ' in text and f"GROUP BY {by} ORDER BY SUM() DESC" in text


# Stands in a query where QuietStages names no stage.
NO_STAGE = "no/stage"


@pytest.mark.parametrize(
    ("quiet", "left_out"),
    [
        ("", [NO_STAGE]),
        (" ", [NO_STAGE]),
        (",", [NO_STAGE, NO_STAGE]),
        ("dev", ["dev"]),
        ("dev,", ["dev", NO_STAGE]),
        (" dev , ,test", ["dev", NO_STAGE, "test"]),
    ],
)
def test_where_no_quiet_stage_is_named_the_query_names_one_that_cannot_exist(quiet, left_out):
    for name, metric in queries():
        if name in ON_FAILURES:
            text = expansion.value_of(metric["Expression"], {"QuietStages": quiet})
            assert re.findall(r"Stage != '(.*?)'", text) == left_out, name
            assert " AND Stage != '" in text


def test_neither_api_gateway_nor_quiet_stages_admits_the_stage_that_cannot_exist():
    # API Gateway API Reference, Stage: letters, digits, hyphens and underscores; HTTP APIs have $default besides.
    assert not re.fullmatch(r"\$default|[-_a-zA-Z0-9]{1,128}", NO_STAGE)
    assert not re.fullmatch(PARAMETERS["QuietStages"]["AllowedPattern"], NO_STAGE)


# Values that make the queries differ.
PARAMETER_SETS = {
    "defaults": {},
    "no quiet stage": {"QuietStages": ""},
    "one quiet stage": {"QuietStages": "dev"},
    "several quiet stages": {"QuietStages": "dev, preview,$default"},
    "gaps in the list": {"QuietStages": ",dev,,  ,"},
    "everything on": {
        "ExecutionLogGroups": "API-Gateway-Execution-Logs_a1b2c3d4e5/prod",
        "AccessLogGroups": "/aws/apigateway/orders-access",
        "FunctionLogGroups": "/aws/lambda/orders",
        "FlowLogGroups": "/vpc/flow",
        "KinesisStreamArn": "arn:aws:kinesis:eu-west-1:111122223333:stream/api-logs",
        "Namespace": "Team/Orders/Why5xx",
        "Sink": "emf",
        "RouteMetrics": "true",
        "AlarmEmail": "team@example.com",
        "AlarmTopicArn": "arn:aws:sns:eu-west-1:111122223333:on-call",
        "QuietStages": "dev,test",
        "LoadThreshold": "50",
        "Survey": "true",
        "ReservedConcurrency": "5",
        "FailureDestination": "S3",
    },
}


def query_texts(template, parameters):
    """The texts of all queries and expressions of a template's alarms, whatever the alarms' conditions say."""
    for name, resource in expansion.repeated(template["Resources"], parameters):
        if re.fullmatch(r"AWS::CloudWatch::(Log|Composite)?Alarm", resource["Type"]):
            yield from ((name, expansion.value_of(text, parameters, template)) for text in expressions(resource["Properties"]))


def expressions(value):
    if isinstance(value, list):
        for each in value:
            yield from expressions(each)
    if isinstance(value, dict):
        for key, each in value.items():
            if key in ("Expression", "QueryString", "AggregationExpression", "AlarmRule"):
                yield each
            else:
                yield from expressions(each)


@pytest.mark.parametrize("parameters", PARAMETER_SETS.values(), ids=PARAMETER_SETS)
def test_no_query_of_an_alarm_has_an_empty_literal(template, parameters):
    texts = list(query_texts(template, parameters))
    assert texts
    for name, text in texts:
        assert not re.search(r"'\s*'|\"\s*\"", text), f"{name}: {text}"


def test_queries_are_within_their_limits():
    stages = ",".join(f"staging-eu-{number}" for number in range(10))
    for name, metric in queries():
        text = expansion.value_of(metric["Expression"], {"QuietStages": stages, "Namespace": "Team/Orders/Why5xx"})
        assert len(text) <= MAX_EXPRESSION_CHARS, name
        # Metrics Insights has neither OR nor lists; a condition is a name, = or !=, and a text.
        where = text.partition(" WHERE ")[2].partition(" GROUP BY ")[0]
        for term in where.split(" AND "):
            assert term.split(" ")[1] in ("=", "!="), term
        alarm = ALARMS[name]
        # It looks at the latest three hours.
        assert metric["Period"] % 60 == 0 and metric["Period"] * alarm["EvaluationPeriods"] <= 3 * 60 * 60


def test_each_subscription_filter_has_an_alarm_on_all_that_is_not_delivered():
    made = expansion.Stack(TEMPLATE, PARAMETER_SETS["everything on"])
    watched = []
    for name, alarm in made.of_type("AWS::CloudWatch::Alarm").items():
        stats = {each["MetricStat"]["Metric"]["MetricName"]: each for each in alarm.get("Metrics", []) if "MetricStat" in each}
        if set(stats) != {"DeliveryErrors", "DeliveryThrottling"}:
            continue
        assert alarm["Metrics"][2]["Expression"] == "errors + throttled"
        errors, throttled = ({d["Name"]: d["Value"] for d in each["MetricStat"]["Metric"]["Dimensions"]} for each in stats.values())
        assert errors == throttled and errors["DestinationType"] == "Lambda"
        watched.append((errors["LogGroupName"], errors["FilterName"]))
    filters = made.of_type("AWS::Logs::SubscriptionFilter").values()
    assert sorted(watched) == sorted((each["LogGroupName"], each["FilterName"]) for each in filters)


@pytest.mark.parametrize(
    ("names", "says", "periods", "minutes"),
    [
        (ON_FAILURES, "In two of three spans of five minutes, ", (2, 3), 5),
        (["UnclassifiedAlarm"], "For half an hour, in each ten minutes, ", (3, 3), 10),
        (["StreamAgeAlarm"], "For a quarter of an hour ", (3, 3), 5),
    ],
)
def test_descriptions_say_the_periods_that_their_alarms_have(names, says, periods, minutes):
    for name in names:
        alarm = ALARMS[name]
        assert described(alarm).startswith(says), name
        assert (alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"]) == periods, name
        metrics = [each for each in alarm.get("Metrics", [alarm]) if "Period" in each or "MetricStat" in each]
        assert {each.get("Period") or each["MetricStat"]["Period"] for each in metrics} == {60 * minutes}, name
    assert "more than 10 minutes old" in described(ALARMS["StreamAgeAlarm"]) and ALARMS["StreamAgeAlarm"]["Threshold"] == 600_000


def test_alarms_need_no_more_periods_than_they_look_at():
    for name, alarm in ALARMS.items():
        assert 1 <= alarm["DatapointsToAlarm"] <= alarm["EvaluationPeriods"], name


def test_conditions_of_alarms_are_declared():
    for name in ALARMS:
        assert RESOURCES[name].get("Condition", "Publishes") in CONDITIONS


# How late a datum may come, in minutes: CloudWatch Logs delivers "usually in under three", and tries again.
DELAYS = range(1, 9)

BROKEN = Alarm(ALARMS["BrokenExecutionAlarm"], PARAMETERS, 300)
CANARY = Alarm(ALARMS["CanaryAlarm"], PARAMETERS, ALARMS["CanaryAlarm"]["Period"])
EXTRACTION = Alarm(ALARMS["ExtractionAlarm"], PARAMETERS, ALARMS["ExtractionAlarm"]["Period"])


def failures(per_minute, delay):
    return [(minute, minute + delay, count) for minute, count in per_minute.items()]


@pytest.mark.parametrize("more", RANGES)
@pytest.mark.parametrize("delay", DELAYS)
@pytest.mark.parametrize(
    ("what", "per_minute", "latest"),
    [
        ("one a minute for half an hour", {minute: 1 for minute in range(30)}, 18),
        ("two a minute for ten minutes", {minute: 2 for minute in range(10)}, 18),
        ("a flood that lasts", {minute: 500 for minute in range(60)}, 18),
    ],
)
def test_a_broken_cause_that_lasts_alarms_however_late_the_data(what, per_minute, latest, delay, more):
    first = BROKEN.first(range(90), failures(per_minute, delay), more)
    assert first is not None and first <= latest, what


@pytest.mark.parametrize("more", RANGES)
@pytest.mark.parametrize("delay", DELAYS)
@pytest.mark.parametrize(
    ("what", "per_minute"),
    [
        ("nothing", {}),
        ("a deployment: fifty in one minute", {20: 50}),
        ("two in five minutes, all day", {minute: 2 for minute in range(0, 600, 5)}),
    ],
)
def test_what_passes_or_is_rare_does_not_alarm(what, per_minute, delay, more):
    assert BROKEN.first(range(600), failures(per_minute, delay), more) is None, what


@pytest.mark.parametrize("more", RANGES)
def test_an_alarm_ends_when_the_failures_do(more):
    data = failures({minute: 2 for minute in range(30)}, 3)
    # With no later data the newest real ones are looked at until they leave the range.
    assert not BROKEN.is_on(30 + 5 * (BROKEN.n + more), data, more)


def canaries(delays, until, first=0):
    """Canaries every five minutes; each counts at the minute at which it arrives, a minute before it can be read."""
    return [(minute + delay, minute + delay + 1, 1) for minute, delay in zip(range(first, until, 5), delays)]


@pytest.mark.parametrize("more", RANGES)
def test_canaries_that_come_late_do_not_alarm(more):
    uneven = [1, 8, 1, 1, 8, 8, 1, 5, 1, 8] * 12
    for delays in ([delay] * 120 for delay in DELAYS):
        assert CANARY.first(range(600), canaries(delays, 600), more) is None
    assert CANARY.first(range(600), canaries(uneven, 600), more) is None


# Minutes without a canary that CanaryAlarm needs: every period that CloudWatch looks at must be empty.
SILENCE = CANARY.period * (CANARY.n + OF_THREE_TIMES_FIVE_MINUTES)


@pytest.mark.parametrize("delay", DELAYS)
def test_canaries_that_stop_alarm_after_the_silence_that_is_stated(delay):
    assert (CANARY.n, CANARY.m, CANARY.period) == (3, 3, 5), "the guide's table is about others"
    data = canaries([delay] * 24, 120)
    newest = max(minute for minute, _, _ in data)
    first = CANARY.first(range(240), data, OF_THREE_TIMES_FIVE_MINUTES)
    # The period in which it counted has to be over, too.
    assert first == newest + SILENCE + 1


@pytest.mark.parametrize(("lost", "more", "alarms"), [(2, OF_THREE_TIMES_FIVE_MINUTES, False), (1, 0, True)])
def test_two_lost_canaries_do_not_alarm_but_one_would_if_a_quarter_of_an_hour_were_enough(lost, more, alarms):
    # The worst: early before the gap and late after it.
    data = canaries([1] * 60, 300) + canaries([8] * 60, 600, first=300 + 5 * lost)
    assert (CANARY.first(range(600), data, more) is not None) == alarms


@pytest.mark.parametrize("more", RANGES)
@pytest.mark.parametrize("lost", [0, 1, 2])
@pytest.mark.parametrize("delay", DELAYS)
def test_a_new_stack_does_not_alarm_before_its_first_canary(delay, lost, more):
    # The alarm names the rule, so that it is created later. EventBridge may take a minute longer for the first event.
    data = canaries([delay] * 60, 300, first=6 + 5 * lost)
    assert CANARY.first(range(300), data, more) is None


@pytest.mark.parametrize("more", RANGES)
@pytest.mark.parametrize(
    ("what", "takes_data", "extracts", "expected"),
    [
        ("all is well", True, True, set()),
        ("PutMetricData is denied", False, True, {"CanaryAlarm"}),
        ("no metrics are extracted from the log", True, False, {"ExtractionAlarm"}),
        ("both", False, False, {"CanaryAlarm", "ExtractionAlarm"}),
    ],
)
def test_each_way_to_cloudwatch_has_its_alarm(what, takes_data, extracts, expected, more):
    # tests/it/function.rs shows that the function sends Canary and logs Batches, each where the other cannot arrive.
    metrics = {"CanaryAlarm": ("Canary", takes_data), "ExtractionAlarm": ("Batches", extracts)}
    fired = set()
    for name, (metric, arrives) in metrics.items():
        assert ALARMS[name]["MetricName"] == metric
        assert ALARMS[name]["Dimensions"] == [{"Name": "Function", "Value": {"Ref": "Function"}}]
        # A canary every five minutes, and nothing else: an account at rest.
        data = canaries([2] * 60, 300) + (canaries([2] * 60, 600, first=300) if arrives else [])
        if Alarm(ALARMS[name], PARAMETERS, ALARMS[name]["Period"]).first(range(600), data, more) is not None:
            fired.add(name)
    assert fired == expected, what


def test_both_alarms_on_silence_take_the_same_time():
    for of in "n", "m", "period", "threshold", "missing", "warm_up":
        assert getattr(CANARY, of) == getattr(EXTRACTION, of)


@pytest.mark.parametrize("more", RANGES)
def test_a_new_stack_without_any_canary_alarms_when_the_warm_up_is_over(more):
    assert CANARY.first(range(300), [], more) == CANARY.warm_up
    assert SILENCE <= CANARY.warm_up <= 2 * SILENCE


def test_every_alarm_to_which_missing_data_are_bad_has_a_warm_up(template):
    resources = dict(expansion.repeated(template["Resources"], PARAMETER_SETS["everything on"]))
    for name, resource in resources.items():
        properties = resource.get("Properties", {})
        if properties.get("TreatMissingData") == "breaching":
            minutes = properties.get("WarmUpConfiguration", {}).get("WarmUpPeriodDurationInMinutes")
            # CloudWatch API Reference, WarmUpConfiguration.
            assert minutes in range(1, 2_881), name


def statements(text):
    """What a page says of the canary in minutes: the numbers, with the sentence, table cell or list item."""
    for sentence in re.split(r"[.;|](?:\s|$)|\n\s*\n|\n(?=\s*(?:-|\d+\.)\s)", text):
        if re.search("canar", sentence, re.IGNORECASE):
            yield from ((int(minutes), sentence) for minutes in re.findall(r"(\d+)[ -]minute", sentence.replace("\n", " ")))


def dashboard_titles():
    body = RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"][0]
    return "\n\n".join(re.findall(r'"title":"([^"]*)"', body))


PAGES = {str(path.relative_to(PROJECT)): path.read_text() for path in [PROJECT / "README.md", *PROJECT.glob("docs/*.md")]}


def test_all_texts_state_the_minutes_that_the_canarys_alarm_needs():
    texts = PAGES | {
        "its description": described(ALARMS["CanaryAlarm"]),
        "that of the other": described(ALARMS["ExtractionAlarm"]),
        "titles of the dashboard": dashboard_titles(),
    }
    stated = {name: set(statements(text)) for name, text in texts.items()}
    for name, found in stated.items():
        assert [each for each in found if each[0] not in (SILENCE, CANARY.warm_up)] == [], name
    for name in "README.md", "docs/operating.md", "its description", "that of the other", "titles of the dashboard":
        assert SILENCE in {minutes for minutes, _ in stated[name]}, name
    assert CANARY.warm_up in {minutes for minutes, _ in stated["docs/operating.md"]}


@pytest.mark.parametrize("more", RANGES)
@pytest.mark.parametrize(
    ("what", "of_a_minute", "alarms"),
    [
        ("a new wording: one in ten", lambda minute: (10, 1), True),
        ("all of them", lambda minute: (1, 1), True),
        ("one in fifty", lambda minute: (100, 2), False),
        ("few, though all of them", lambda minute: (1, 1) if minute % 3 == 0 else None, False),
        ("ten minutes of it", lambda minute: (10, 10) if minute < 10 else (10, 0), False),
    ],
)
def test_unclassified_failures_alarm_when_they_are_many_and_last(what, of_a_minute, alarms, more):
    properties = ALARMS["UnclassifiedAlarm"]
    assert properties["Metrics"][2]["Expression"] == (
        "IF(FILL(unclassified, 0) >= 10 AND FILL(unclassified, 0) >= 0.05 * failures, 1, 0)"
    )

    def value(pairs):
        all_of_them, unclassified = (sum(column) for column in zip(*pairs))
        return int(unclassified >= 10 and unclassified >= 0.05 * all_of_them)

    alarm = Alarm(properties, PARAMETERS, properties["Metrics"][0]["MetricStat"]["Period"], value)
    for delay in DELAYS:
        # What the function logs carries the minute at which it was logged.
        pairs = [(minute + delay, of_a_minute(minute)) for minute in range(90)]
        data = [(minute, minute + 1, pair) for minute, pair in pairs if pair]
        first = alarm.first(range(180), data, more)
        assert (first is not None) == alarms, what
        assert first is None or first <= 45


def test_the_share_of_the_unclassified_is_read_as_the_function_counts_it():
    for metric, name in zip(ALARMS["UnclassifiedAlarm"]["Metrics"], ["Failures", "Unclassified"]):
        assert metric["MetricStat"]["Metric"] == {
            "Namespace": {"Ref": "Namespace"},
            "MetricName": name,
            "Dimensions": [{"Name": "Function", "Value": {"Ref": "Function"}}],
        }
