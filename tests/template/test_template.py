"""What the template promises, where no linter looks."""

import pathlib
import re

import boto3
import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

TEXT = pathlib.Path(__file__).parents[2].joinpath("template.yaml").read_text()
TEMPLATE = yaml_parse(TEXT)
PARAMETERS = TEMPLATE["Parameters"]
RESOURCES = TEMPLATE["Resources"]
INTERFACE = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]

# A filter pattern's limit: API Reference, PutSubscriptionFilter.
MAX_PATTERN_CHARS = 1024


# Any will do.
REGION = "us-east-1"


def translated():
    """The resources as CloudFormation sees them, after the transform."""
    packaged = yaml_parse(TEXT)
    packaged["Resources"]["Function"]["Properties"]["CodeUri"] = "s3://bucket/function.zip"
    session = boto3.session.Session(region_name=REGION)
    return Translator({}, Parser(), boto_session=session).translate(packaged, {})["Resources"]


def parameters_in(value):
    """The parameters that a value is made of."""
    if isinstance(value, dict):
        if "Ref" in value:
            return {value["Ref"]} & set(PARAMETERS)
        if isinstance(value.get("Fn::Sub"), str):
            return set(re.findall(r"\$\{(\w+)\}", value["Fn::Sub"])) & set(PARAMETERS)
        return set().union(*map(parameters_in, value.values()))
    if isinstance(value, list):
        return set().union(*map(parameters_in, value))
    return set()


def statements():
    policies = RESOURCES["FunctionRole"]["Properties"]["Policies"]
    return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]


def actions(statement):
    action = statement["Action"]
    return [action] if isinstance(action, str) else action


def test_every_parameter_is_described_labelled_and_in_one_group():
    grouped = [name for group in INTERFACE["ParameterGroups"] for name in group["Parameters"]]
    assert sorted(grouped) == sorted(PARAMETERS)
    assert sorted(INTERFACE["ParameterLabels"]) == sorted(PARAMETERS)
    assert [name for name, parameter in PARAMETERS.items() if not parameter.get("Description")] == []


def test_every_parameter_is_used():
    used = set(re.findall(r"!Ref (\w+)", TEXT)) | set(re.findall(r"\$\{(\w+)\}", TEXT))
    assert set(PARAMETERS) - used == set()


def test_the_stack_deploys_with_its_defaults():
    assert [name for name, parameter in PARAMETERS.items() if "Default" not in parameter] == []
    for name, parameter in PARAMETERS.items():
        default = parameter["Default"]
        assert default in parameter.get("AllowedValues", [default]), name
        assert re.fullmatch(parameter.get("AllowedPattern", ".*"), str(default)), name


def test_no_partition_is_written_out():
    assert "arn:aws" not in TEXT.lower()


def test_no_other_resource_is_made_and_none_has_another_name():
    # Logical ids are published: other stacks, dashboards and runbooks hold what follows from them.
    assert sorted((name, resource["Type"]) for name, resource in translated().items()) == [
        ("ExecutionSubscription", "AWS::Logs::SubscriptionFilter"),
        ("FailedEvents", "AWS::SQS::Queue"),
        ("FailedEventsPolicy", "AWS::SQS::QueuePolicy"),
        ("Function", "AWS::Lambda::Function"),
        ("FunctionEventInvokeConfig", "AWS::Lambda::EventInvokeConfig"),
        ("FunctionLogGroup", "AWS::Logs::LogGroup"),
        ("FunctionRole", "AWS::IAM::Role"),
        ("InvokePermission", "AWS::Lambda::Permission"),
    ]


def test_the_function_is_the_rust_program_on_arm64():
    function = RESOURCES["Function"]
    assert function["Metadata"] == {"BuildMethod": "rust-cargolambda", "BuildProperties": {"Binary": "why5xx-lambda"}}
    assert function["Properties"]["Runtime"] == "provided.al2023"
    assert PARAMETERS["Architecture"]["Default"] == "arm64"
    assert PARAMETERS["Architecture"]["AllowedValues"] == ["arm64", "x86_64"]


def test_every_setting_has_the_prefix_of_the_project():
    variables = RESOURCES["Function"]["Properties"]["Environment"]["Variables"]
    assert [name for name in variables if not name.startswith("WHY5XX_")] == []


def test_the_role_publishes_logs_and_keeps_failed_events_and_no_more():
    granted = sorted(action for statement in statements() for action in actions(statement))
    assert granted == ["cloudwatch:PutMetricData", "logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage"]
    for statement in statements():
        if actions(statement) == ["cloudwatch:PutMetricData"]:
            assert statement["Condition"] == {"StringEquals": {"cloudwatch:namespace": {"Ref": "Namespace"}}}
        else:
            assert statement["Resource"] != "*"


def test_the_role_writes_to_the_functions_own_log_group_alone():
    [statement] = [statement for statement in statements() if "logs:PutLogEvents" in actions(statement)]
    assert statement["Resource"] == {"Fn::GetAtt": ["FunctionLogGroup", "Arn"]}
    assert RESOURCES["Function"]["Properties"]["LoggingConfig"]["LogGroup"] == {"Ref": "FunctionLogGroup"}


@pytest.mark.parametrize("group", ["/why5xx/prod", "/why5xx/", "with blank", "star*", "x" * 513])
def test_its_own_log_groups_and_impossible_names_are_refused(group):
    assert not re.fullmatch(PARAMETERS["ExecutionLogGroupName"]["AllowedPattern"], group)


@pytest.mark.parametrize(
    "group",
    ["", "API-Gateway-Execution-Logs_a1b2c3d4e5/prod", "/aws/apigateway/w5x6y7z8a9/dev", "/aws/vendedlogs/orders", "x" * 512],
)
def test_log_groups_of_apis_are_admitted(group):
    assert re.fullmatch(PARAMETERS["ExecutionLogGroupName"]["AllowedPattern"], group)


def test_the_functions_own_log_group_has_the_prefix_that_is_refused():
    name = RESOURCES["FunctionLogGroup"]["Properties"]["LogGroupName"]["Fn::Sub"]
    assert name == "/why5xx/${AWS::StackName}"
    assert not re.fullmatch(PARAMETERS["ExecutionLogGroupName"]["AllowedPattern"], name.replace("${AWS::StackName}", "any"))


@pytest.mark.parametrize("namespace", ["AWS/ApiGateway", "", ":colon", "x" * 256])
def test_namespaces_that_cloudwatch_refuses_are_refused(namespace):
    assert not re.fullmatch(PARAMETERS["Namespace"]["AllowedPattern"], namespace)


def test_the_default_filter_pattern_leaves_room_for_other_filters():
    pattern = PARAMETERS["ExecutionFilterPattern"]
    assert pattern["MaxLength"] == MAX_PATTERN_CHARS
    assert len(pattern["Default"]) <= MAX_PATTERN_CHARS
    # Five patterns with regular expressions a log group, two expressions a pattern.
    assert pattern["Default"].count("%") == 2


def test_only_log_groups_of_this_account_may_invoke_and_before_any_is_subscribed():
    permission = RESOURCES["InvokePermission"]["Properties"]
    assert permission["Principal"] == "logs.amazonaws.com"
    assert permission["SourceAccount"] == {"Ref": "AWS::AccountId"}
    assert permission["SourceArn"] == {
        "Fn::Sub": "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:*"
    }
    for name, resource in RESOURCES.items():
        if resource["Type"] == "AWS::Logs::SubscriptionFilter":
            assert resource["DependsOn"] == "InvokePermission", name
            assert resource["Condition"], name


def test_no_parameter_that_changes_replaces_a_resource_but_the_subscription():
    # Whatever replaces the function or its permission loses log events: the filter is disabled for up to ten minutes.
    replacing = {}
    for name, resource in translated().items():
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, resource["Type"]).schema
        for path in schema.get("createOnlyProperties", []):
            made_of = parameters_in(resource["Properties"].get(path.split("/")[2]))
            if made_of:
                replacing[name, path] = made_of
    assert replacing == {("ExecutionSubscription", "/properties/LogGroupName"): {"ExecutionLogGroupName"}}


def test_only_the_subscription_is_conditional():
    conditional = [name for name, resource in translated().items() if "Condition" in resource]
    assert conditional == ["ExecutionSubscription"]


def test_failed_events_are_kept_for_two_weeks_encrypted_and_behind_tls():
    queue = RESOURCES["FailedEvents"]["Properties"]
    assert queue == {"SqsManagedSseEnabled": True, "MessageRetentionPeriod": 14 * 24 * 60 * 60}
    [statement] = RESOURCES["FailedEventsPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_retries_are_within_what_lambda_admits():
    config = RESOURCES["Function"]["Properties"]["EventInvokeConfig"]
    assert 0 <= config["MaximumRetryAttempts"] <= 2
    assert 60 <= config["MaximumEventAgeInSeconds"] <= 6 * 60 * 60
    assert config["DestinationConfig"]["OnFailure"]["Destination"] == {"Fn::GetAtt": ["FailedEvents", "Arn"]}


def test_lambda_writes_no_line_for_each_batch():
    logging = RESOURCES["Function"]["Properties"]["LoggingConfig"]
    assert (logging["LogFormat"], logging["SystemLogLevel"]) == ("JSON", "WARN")
