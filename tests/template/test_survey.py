"""The survey: what has it run, what it may read, and what becomes of one that fails."""

import json
import re

import pytest

from expansion import PARAMETERS, RESOURCES, TEMPLATE, Stack
from test_template import PROJECT, actions, statements

SURVEY = {"Survey": "true"}

OF_SURVEYS = {
    "FailedSurveys",
    "FailedSurveysPolicy",
    "SurveyRule",
    "Surveyor",
    "SurveyorEventInvokeConfig",
    "SurveyorPermission",
    "SurveyorRole",
    "UnseenStagesAlarm",
}


@pytest.mark.parametrize(
    ("given", "made"),
    [({}, set()), (SURVEY, OF_SURVEYS), (SURVEY | {"Sink": "stdout"}, OF_SURVEYS - {"UnseenStagesAlarm"})],
)
def test_an_account_is_surveyed_on_demand_alone(given, made):
    assert PARAMETERS["Survey"]["Default"] == "false"
    assert set(Stack(TEMPLATE, given).resources) & OF_SURVEYS == made


def test_the_surveyor_is_the_function_s_program_and_shares_its_log_and_settings():
    function, surveyor = RESOURCES["Function"], RESOURCES["Surveyor"]
    assert surveyor["Metadata"] == function["Metadata"]
    for name in "CodeUri", "Runtime", "Architectures", "Layers", "LoggingConfig":
        assert surveyor["Properties"][name] == function["Properties"][name], name
    assert surveyor["Properties"]["Handler"] == "survey"


def test_the_surveyor_may_do_what_the_policy_of_doctor_lists_and_writes_nothing_in_the_account():
    page = (PROJECT / "docs/doctor.md").read_text().partition("<!-- policy -->\n```json\n")[2].partition("```")[0]
    policy = json.loads(page)["Statement"]
    listed = {(action, path_of(arn)) for each in policy for action in actions(each) for arn in resources(each)}
    granted = [(action, arn) for _, each in statements("SurveyorRole") for action in actions(each) for arn in resources(each)]
    read = {(action, path_of(arn)) for action, arn in granted if not isinstance(arn, dict) or "Fn::GetAtt" not in arn}
    assert read == listed
    # The rest writes its own log, and keeps what failed.
    log, queue = ({"Fn::GetAtt": [name, "Arn"]} for name in ("FunctionLogGroup", "FailedSurveys"))
    others = [(action, arn) for action, arn in granted if isinstance(arn, dict) and "Fn::GetAtt" in arn]
    assert others == [("logs:CreateLogStream", log), ("logs:PutLogEvents", log), ("sqs:SendMessage", queue)]
    for action, _ in read:
        assert re.fullmatch(r"\w+:(GET|Get\w+|List\w+|Describe\w+)", action), action


def resources(statement):
    resource = statement["Resource"]
    return resource if isinstance(resource, list) else [resource]


def path_of(arn):
    """What an ARN says of the resource, in whatever partition and Region."""
    return (arn["Fn::Sub"] if isinstance(arn, dict) else arn).rpartition(":")[2]


def test_only_the_schedule_may_invoke_it_and_what_fails_is_kept():
    rule = RESOURCES["SurveyRule"]["Properties"]
    assert rule["ScheduleExpression"] == "rate(1 hour)"
    permission = RESOURCES["SurveyorPermission"]["Properties"]
    assert (permission["Principal"], permission["SourceArn"]) == ("events.amazonaws.com", {"Fn::GetAtt": ["SurveyRule", "Arn"]})
    [target] = rule["Targets"]
    assert target["Arn"] == permission["FunctionName"] == {"Fn::GetAtt": ["Surveyor", "Arn"]}
    queue = {"Fn::GetAtt": ["FailedSurveys", "Arn"]}
    assert target["DeadLetterConfig"] == {"Arn": queue}
    config = RESOURCES["SurveyorEventInvokeConfig"]["Properties"]
    assert config["DestinationConfig"]["OnFailure"]["Destination"] == queue
    assert RESOURCES["FailedSurveys"]["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 60 * 60


def test_the_alarm_is_on_the_survey_s_own_metric_and_asks_twice():
    alarm = RESOURCES["UnseenStagesAlarm"]["Properties"]
    assert alarm["Dimensions"] == [{"Name": "Function", "Value": {"Ref": "Surveyor"}}]
    assert (alarm["MetricName"], alarm["Statistic"], alarm["Period"]) == ("UnseenStages", "Maximum", 3600)
    assert (alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"], alarm["Threshold"]) == (2, 3, 1)
    # Three surveys are in before missing ones are bad.
    assert alarm["WarmUpConfiguration"]["WarmUpPeriodDurationInMinutes"] == 4 * 60
    assert "Two of the last three hourly surveys" in alarm["AlarmDescription"]["Fn::Sub"][0]
