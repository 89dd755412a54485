"""What the template promises, where no linter looks."""

import pathlib
import re

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

import expansion
from expansion import CONDITIONS, INTERFACE, KINDS, PARAMETERS, REGION, RESOURCES, TEMPLATE, TEXT, translated

PROJECT = pathlib.Path(__file__).parents[2]

# A filter pattern's limit: API Reference, PutSubscriptionFilter.
MAX_PATTERN_CHARS = 1024

# A parameter's limit: CloudFormation User Guide, quotas.
MAX_PARAMETER_BYTES = 4096

# A template's limit: CloudFormation User Guide, quotas.
MAX_RESOURCES = 500

# Log groups of each kind, as the lists take them.
LISTS = {f"{kind}LogGroups": f"/orders/{kind}-1,/orders/{kind}-2" for kind in KINDS}


def parameters_in(value):
    """The parameters that a value is made of, those of its conditions among them."""
    if isinstance(value, dict):
        if "Ref" in value:
            return {value["Ref"]} & set(PARAMETERS)
        if "Fn::Sub" in value:
            text, *values = value["Fn::Sub"] if isinstance(value["Fn::Sub"], list) else [value["Fn::Sub"]]
            return set(re.findall(r"\$\{(\w+)\}", text)) & set(PARAMETERS) | parameters_in(values)
        if "Fn::If" in value:
            condition, *branches = value["Fn::If"]
            return parameters_in(CONDITIONS[condition]) | parameters_in(branches)
        return set().union(*map(parameters_in, value.values()))
    if isinstance(value, list):
        return set().union(*map(parameters_in, value))
    return set()


def statements(role="FunctionRole"):
    """What a role grants, with the condition that it depends on."""
    for policy in RESOURCES[role]["Properties"]["Policies"]:
        condition, policy = policy["Fn::If"][:2] if "Fn::If" in policy else (None, policy)
        for statement in policy["PolicyDocument"]["Statement"]:
            yield condition, statement


def actions(statement):
    action = statement["Action"]
    return [action] if isinstance(action, str) else action


def test_every_parameter_is_described_labelled_and_in_one_group():
    grouped = [name for group in INTERFACE["ParameterGroups"] for name in group["Parameters"]]
    assert sorted(grouped) == sorted(PARAMETERS)
    assert sorted(INTERFACE["ParameterLabels"]) == sorted(PARAMETERS)
    assert [name for name, parameter in PARAMETERS.items() if not parameter.get("Description")] == []


def test_every_parameter_is_used():
    assert set(PARAMETERS) - parameters_in([TEMPLATE["Resources"], CONDITIONS]) == set()


def test_the_stack_deploys_with_its_defaults():
    assert [name for name, parameter in PARAMETERS.items() if "Default" not in parameter] == []
    for name, parameter in PARAMETERS.items():
        default = parameter["Default"]
        assert default in parameter.get("AllowedValues", [default]), name
        assert re.fullmatch(parameter.get("AllowedPattern", ".*"), str(default)), name
        assert len(str(default).encode()) <= MAX_PARAMETER_BYTES, name


def test_no_partition_is_written_out():
    assert "arn:aws" not in TEXT.lower()


# Logical ids are published: other stacks, dashboards and runbooks hold what follows from them.
ALARM = "AWS::CloudWatch::Alarm"
ALWAYS = {
    "BrokenAccessAlarm": ALARM,
    "BrokenExecutionAlarm": ALARM,
    "CanaryDeliveryAlarm": ALARM,
    "DestinationFailuresAlarm": ALARM,
    "EventsDroppedAlarm": ALARM,
    "FailedEventsAlarm": ALARM,
    "UnreplayableEvents": "AWS::SQS::Queue",
    "UnreplayableEventsAlarm": ALARM,
    "UnreplayableEventsPolicy": "AWS::SQS::QueuePolicy",
    "FunctionErrorsAlarm": ALARM,
    "UnclassifiedAlarm": ALARM,
    "Dashboard": "AWS::CloudWatch::Dashboard",
    "ExemplarsQuery": "AWS::Logs::QueryDefinition",
    "RequestQuery": "AWS::Logs::QueryDefinition",
    "CanaryLogGroup": "AWS::Logs::LogGroup",
    "CanaryRule": "AWS::Events::Rule",
    "CanarySubscription": "AWS::Logs::SubscriptionFilter",
    "FailedEvents": "AWS::SQS::Queue",
    "FailedEventsPolicy": "AWS::SQS::QueuePolicy",
    "FailedEventsReplay": "AWS::Lambda::EventSourceMapping",
    "Function": "AWS::Lambda::Function",
    "FunctionEventInvokeConfig": "AWS::Lambda::EventInvokeConfig",
    "FunctionLogGroup": "AWS::Logs::LogGroup",
    "FunctionRole": "AWS::IAM::Role",
    "InvokePermission": "AWS::Lambda::Permission",
}
ON_DEMAND = {
    "AlarmRule": "AWS::Events::Rule",
    "Notifier": "AWS::Lambda::Function",
    "NotifierDroppedAlarm": ALARM,
    "NotifierErrorsAlarm": ALARM,
    "NotifierEventInvokeConfig": "AWS::Lambda::EventInvokeConfig",
    "NotifierPermission": "AWS::Lambda::Permission",
    "NotifierRole": "AWS::IAM::Role",
    "FailedSurveys": "AWS::SQS::Queue",
    "FailedSurveysPolicy": "AWS::SQS::QueuePolicy",
    "SurveyRule": "AWS::Events::Rule",
    "Surveyor": "AWS::Lambda::Function",
    "SurveyorEventInvokeConfig": "AWS::Lambda::EventInvokeConfig",
    "SurveyorPermission": "AWS::Lambda::Permission",
    "SurveyorRole": "AWS::IAM::Role",
    "UnseenStagesAlarm": ALARM,
    "UnsentEvents": "AWS::SQS::Queue",
    "UnsentEventsPolicy": "AWS::SQS::QueuePolicy",
    "AlarmSubscription": "AWS::SNS::Subscription",
    "AmbiguousLinesAlarm": ALARM,
    "BrokenAccountAlarm": ALARM,
    "LoadAccountAlarm": ALARM,
    "KeptObjectsAlarm": ALARM,
    "NotUnderstoodAlarm": ALARM,
    "StreamAgeAlarm": ALARM,
    "UndecodableBatchesAlarm": ALARM,
    "AlarmTopic": "AWS::SNS::Topic",
    "AlarmTopicPolicy": "AWS::SNS::TopicPolicy",
    "CanaryAlarm": ALARM,
    "ExtractionAlarm": ALARM,
    "LoadAccessAlarm": ALARM,
    "LoadExecutionAlarm": ALARM,
    "FailedEventsBucket": "AWS::S3::Bucket",
    "KinesisRecords": "AWS::Lambda::EventSourceMapping",
    "FailedEventsBucketPolicy": "AWS::S3::BucketPolicy",
}
OF_LISTS = {
    f"{kind}{what}orders{kind}{number}": of_type
    for kind in KINDS
    for what, of_type in {
        "Subscription": "AWS::Logs::SubscriptionFilter",
        "DeliveryAlarm": ALARM,
        "Lock": "AWS::Logs::LogStream",
    }.items()
    for number in (1, 2)
}


def test_no_other_resource_is_made_and_none_has_another_name():
    resources = translated(LISTS)
    assert {name: each["Type"] for name, each in resources.items()} == ALWAYS | ON_DEMAND | OF_LISTS
    assert {name for name, each in resources.items() if "Condition" in each} == set(ON_DEMAND | OF_LISTS)


def test_empty_lists_subscribe_nothing():
    # What an empty list makes is there by name, with a condition that does not hold.
    for name, resource in translated({}).items():
        kind = next((kind for kind in KINDS if name in (f"{kind}Subscription", f"{kind}DeliveryAlarm", f"{kind}Lock")), None)
        if kind:
            assert resource["Condition"] == f"Subscribes{kind}LogGroups"
        else:
            assert name in ALWAYS | ON_DEMAND
    for kind in KINDS:
        assert not expansion.holds(f"Subscribes{kind}LogGroups", {})
        assert expansion.holds(f"Subscribes{kind}LogGroups", LISTS)


def test_fifty_log_groups_fit():
    groups = [f"API-Gateway-Execution-Logs_a1b2c3d4e5/production-{number:02}" for number in range(50)]
    value = ",".join(groups)
    assert len(value) <= MAX_PARAMETER_BYTES
    made = translated({"ExecutionLogGroups": value})
    subscribed = [each["Properties"] for each in made.values() if each["Type"] == "AWS::Logs::SubscriptionFilter"]
    assert set(groups) <= {each["LogGroupName"] for each in subscribed if isinstance(each["LogGroupName"], str)}
    assert len(made) <= MAX_RESOURCES


def test_each_kind_has_its_own_pattern_and_the_name_of_its_filters_says_it():
    for name, resource in translated(LISTS).items():
        if resource["Type"] != "AWS::Logs::SubscriptionFilter":
            continue
        properties = resource["Properties"]
        kind = name.partition("Subscription")[0]
        own = {"Fn::If": [f"Every{kind}LogEvent", "", {"Ref": f"{kind}FilterPattern"}]}
        default = {"Fn::FindInMap": ["FilterPatterns", kind, "Default"]}
        assert properties["FilterPattern"] == ("" if kind == "Canary" else {"Fn::If": [f"Default{kind}Pattern", default, own]})
        said = "execution" if kind == "Canary" else kind.lower()
        assert properties["FilterName"] == {"Fn::Sub": "${AWS::StackName}/" + said}
        assert properties["DestinationArn"] == {"Fn::GetAtt": ["Function", "Arn"]}
        assert resource["DependsOn"] == "InvokePermission"


def test_a_log_group_in_two_lists_is_refused():
    group = "/orders/log"
    made = translated({f"{kind}LogGroups": group for kind in KINDS})
    streams = [each["Properties"] for each in made.values() if each["Type"] == "AWS::Logs::LogStream"]
    locks = [each["LogStreamName"] for each in streams if each["LogGroupName"] == group]
    # CloudWatch Logs API Reference, CreateLogStream: ResourceAlreadyExistsException. Any Put... would take both, where
    # CloudFormation makes them at the same time.
    assert locks == [{"Fn::Sub": "${AWS::StackName}/one-list"}] * len(KINDS)
    subscribed = [each["Properties"] for each in made.values() if each["Type"] == "AWS::Logs::SubscriptionFilter"]
    names = {str(each["FilterName"]) for each in subscribed}
    assert len(names) == len(KINDS)


def test_the_revision_of_the_lists_changes_nothing():
    parts = [part for each in translated(LISTS).values() for part in (each.get("Properties"), each.get("Condition"))]
    assert "SubscriptionRevision" not in parameters_in(parts)


def test_the_function_is_the_rust_program_on_arm64():
    function = RESOURCES["Function"]
    assert function["Metadata"] == {"BuildMethod": "rust-cargolambda", "BuildProperties": {"Binary": "why5xx-lambda"}}
    assert function["Properties"]["Runtime"] == "provided.al2023"
    assert PARAMETERS["Architecture"]["Default"] == "arm64"
    assert PARAMETERS["Architecture"]["AllowedValues"] == ["arm64", "x86_64"]


def test_every_setting_has_the_prefix_of_the_project():
    for function in "Function", "Notifier", "Surveyor":
        variables = RESOURCES[function]["Properties"]["Environment"]["Variables"]
        assert [name for name in variables if not name.startswith("WHY5XX_")] == []


# What the notifier reads of alarms and metrics, which have no resource or may have none.
READS_OF_ALARMS = ["cloudwatch:DescribeAlarmContributors", "cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData"]

# What the survey reads: lists have no resource, and filters may name any function.
READS_OF_SURVEYS = [
    "cloudwatch:DescribeAlarms",
    "cloudwatch:GetMetricData",
    "events:ListRules",
    "lambda:GetFunctionConfiguration",
    "logs:DescribeAccountPolicies",
    "logs:DescribeDeliveries",
    "logs:DescribeDeliveryDestinations",
    "logs:DescribeDeliverySources",
    "logs:DescribeLogGroups",
    "logs:DescribeSubscriptionFilters",
]

# What Lambda must be able to do as the role of a function in a VPC, with interfaces that nobody knows before.
NETWORK_INTERFACES = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
]


def test_the_function_is_in_a_vpc_only_where_subnets_are_named():
    vpc = {"SubnetIds": {"Ref": "SubnetIds"}, "SecurityGroupIds": {"Ref": "SecurityGroupIds"}}
    assert RESOURCES["Function"]["Properties"]["VpcConfig"] == {"Fn::If": ["HasVpc", vpc, {"Ref": "AWS::NoValue"}]}
    assert PARAMETERS["SubnetIds"]["Default"] == PARAMETERS["SecurityGroupIds"]["Default"] == ""


def test_the_role_publishes_logs_and_keeps_failed_events_and_no_more():
    granted = sorted((condition or "", action) for condition, each in statements() for action in actions(each))
    assert granted == [
        ("", "cloudwatch:PutMetricData"),
        ("", "logs:CreateLogStream"),
        ("", "logs:PutLogEvents"),
        ("", "sqs:DeleteMessage"),
        ("", "sqs:GetQueueAttributes"),
        ("", "sqs:ReceiveMessage"),
        ("", "sqs:SendMessage"),
        ("HasKmsKey", "kms:Decrypt"),
        ("HasKmsKey", "kms:GenerateDataKey"),
        *(("HasVpc", action) for action in NETWORK_INTERFACES),
        ("KeepsInS3", "s3:ListBucket"),
        ("KeepsInS3", "s3:PutObject"),
        ("ReadsKinesisStream", "kinesis:DescribeStream"),
        ("ReadsKinesisStream", "kinesis:DescribeStreamSummary"),
        ("ReadsKinesisStream", "kinesis:GetRecords"),
        ("ReadsKinesisStream", "kinesis:GetShardIterator"),
        ("ReadsKinesisStream", "kinesis:ListShards"),
    ]


# What each action may reach. PutMetricData has no resource, so that a condition stands in for it.
REACHES = {
    "cloudwatch:PutMetricData": "*",
    "ec2:": "*",
    "logs:": {"Fn::GetAtt": ["FunctionLogGroup", "Arn"]},
    "sqs:": {"Fn::GetAtt": ["FailedEvents", "Arn"]},
    "s3:PutObject": {"Fn::Sub": "${FailedEventsBucket.Arn}/*"},
    "s3:ListBucket": {"Fn::GetAtt": ["FailedEventsBucket", "Arn"]},
    "kinesis:": {"Ref": "KinesisStreamArn"},
    "kms:": {"Ref": "KmsKeyArn"},
}


def test_each_action_of_the_role_reaches_one_resource_and_a_condition_bounds_the_one_without():
    for _, statement in statements():
        assert set(statement) <= {"Effect", "Action", "Resource", "Condition"} and statement["Effect"] == "Allow"
        for action in actions(statement):
            [resource] = [resource for prefix, resource in REACHES.items() if action.startswith(prefix)]
            assert statement["Resource"] == resource, action
        bound = {"StringEquals": {"cloudwatch:namespace": {"Ref": "Namespace"}}}
        is_bound = actions(statement) == ["cloudwatch:PutMetricData"]
        assert statement.get("Condition") == (bound if is_bound else None)


def statements_in(value):
    """The statements of all policies in a value."""
    if isinstance(value, dict):
        yield from value.get("Statement", [])
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from statements_in(each)


def test_no_policy_allows_a_wildcard_or_anybody():
    allowed = [each for each in statements_in(RESOURCES) if each["Effect"] == "Allow"]
    assert len(allowed) > len(list(statements()))
    for statement in allowed:
        assert not any("*" in action for action in actions(statement)), statement
        everywhere = [["cloudwatch:PutMetricData"], NETWORK_INTERFACES, READS_OF_ALARMS, READS_OF_SURVEYS]
        assert statement.get("Resource") != "*" or actions(statement) in everywhere, statement
        assert "NotAction" not in statement and "NotResource" not in statement and "NotPrincipal" not in statement
        # Whom a policy of a resource lets in is a service.
        assert set(statement.get("Principal", {"Service": ""})) == {"Service"}, statement
    [topic] = RESOURCES["AlarmTopicPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert topic["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    assume = RESOURCES["FunctionRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert [each["Principal"] for each in assume] == [{"Service": "lambda.amazonaws.com"}]
    # Whoever else is let in is let in for one resource.
    for policy, rule in ("UnsentEventsPolicy", "AlarmRule"), ("FailedSurveysPolicy", "SurveyRule"):
        [events, _] = RESOURCES[policy]["Properties"]["PolicyDocument"]["Statement"]
        assert events["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": [rule, "Arn"]}}}


def test_the_page_on_security_has_every_action_of_the_roles_and_no_other():
    rows = re.findall(r"^\|.*\|$", (PROJECT / "SECURITY.md").read_text().partition("## What it can reach")[2], re.MULTILINE)
    stated = set(re.findall(r"`([a-z0-9]+:[A-Z][A-Za-z]+)`", "\n".join(rows)))
    roles = [RESOURCES[f"{name}Role"] for name in ("Function", "Notifier", "Surveyor")]
    granted = {action for each in statements_in([role["Properties"]["Policies"] for role in roles]) for action in actions(each)}
    assert stated == granted


def test_the_role_writes_to_the_functions_own_log_group_alone():
    [statement] = [statement for _, statement in statements() if "logs:PutLogEvents" in actions(statement)]
    assert statement["Resource"] == {"Fn::GetAtt": ["FunctionLogGroup", "Arn"]}
    assert RESOURCES["Function"]["Properties"]["LoggingConfig"]["LogGroup"] == {"Ref": "FunctionLogGroup"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("group", ["/why5xx/prod", "/why5xx/", "/why5xx/prod/canary", "with blank", "star*", "x" * 97])
def test_its_own_log_groups_and_impossible_names_are_refused(kind, group):
    assert not re.fullmatch(PARAMETERS[f"{kind}LogGroups"]["AllowedPattern"], group)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "group",
    ["", "API-Gateway-Execution-Logs_a1b2c3d4e5/prod", "/aws/apigateway/w5x6y7z8a9/dev", "/aws/vendedlogs/orders", "x" * 96],
)
def test_log_groups_of_apis_are_admitted(kind, group):
    assert re.fullmatch(PARAMETERS[f"{kind}LogGroups"]["AllowedPattern"], group)


def test_the_stacks_own_log_groups_have_the_prefix_that_is_refused():
    for resource, name in ("FunctionLogGroup", "/why5xx/${AWS::StackName}"), ("CanaryLogGroup", "/why5xx/${AWS::StackName}/canary"):
        assert RESOURCES[resource]["Properties"]["LogGroupName"] == {"Fn::Sub": name}
        for kind in KINDS:
            assert not re.fullmatch(PARAMETERS[f"{kind}LogGroups"]["AllowedPattern"], name.replace("${AWS::StackName}", "any"))


@pytest.mark.parametrize(
    ("parameter", "admitted", "refused"),
    [
        ("ReservedConcurrency", ["", "1", "100"], ["0", "00", "-1", "1.5", "x"]),
        ("AlarmEmail", ["", "team@example.com"], ["team", "a b@example.com"]),
        ("AlarmTopicArn", ["", "arn:aws-cn:sns:cn-north-1:111122223333:on-call"], ["on-call", "arn:aws:sqs:eu-west-1:111122223333:x"]),
        ("SettingsLayerArn", ["", "arn:aws:lambda:eu-west-1:111122223333:layer:why5xx:7"], ["arn:aws:lambda:eu-west-1:111122223333:layer:why5xx"]),
        (
            "KinesisStreamArn",
            ["", "arn:aws-us-gov:kinesis:us-gov-west-1:111122223333:stream/api-logs"],
            ["api-logs", "arn:aws:kinesis:eu-west-1:111122223333:stream/api-logs/consumer/why5xx:1", "arn:aws:kinesis:eu-west-1:111122223333:stream/*"],
        ),
        ("KmsKeyArn", ["", "arn:aws:kms:eu-west-1:111122223333:key/0a1b-2c3d"], ["alias/logs"]),
        ("PermissionsBoundaryArn", ["", "arn:aws:iam::111122223333:policy/boundary"], ["boundary"]),
        ("RolePath", ["/", "/team/orders/"], ["", "team/", "/team"]),
        # Each name of a list is held to the pattern.
        ("SubnetIds", ["", "subnet-0123456789abcdef0"], ["vpc-0123456789abcdef0", "subnet-", "subnet-1 "]),
        ("SecurityGroupIds", ["", "sg-0123456789abcdef0"], ["default", "sg-", "subnet-1"]),
        ("RunbookUrl", ["https://wiki.example.com/a[b]?c=d#e", "the wiki", "x"], ["", " x", 'a"b', "a\\b", "x" * 101, "a\nb"]),
        ("QuietStages", ["", "dev", "$default", "pre-prod", "dev, test"], ["x' OR 'x", 'y"', "a b", "x" * 381, "," * 16]),
    ],
)
def test_parameters_admit_what_their_place_takes(parameter, admitted, refused):
    pattern = PARAMETERS[parameter]["AllowedPattern"]
    assert [value for value in admitted if not re.fullmatch(pattern, value)] == []
    assert [value for value in refused if re.fullmatch(pattern, value)] == []


@pytest.mark.parametrize("namespace", ["AWS/ApiGateway", "", ":colon", "x" * 256])
def test_namespaces_that_cloudwatch_refuses_are_refused(namespace):
    assert not re.fullmatch(PARAMETERS["Namespace"]["AllowedPattern"], namespace)


@pytest.mark.parametrize("kind", KINDS)
def test_the_default_filter_patterns_leave_room_for_other_filters(kind):
    assert PARAMETERS[f"{kind}FilterPattern"]["MaxLength"] == MAX_PATTERN_CHARS
    pattern = TEMPLATE["Mappings"]["FilterPatterns"][kind]["Default"]
    assert len(pattern) <= MAX_PATTERN_CHARS
    # Five patterns with regular expressions a log group; ours takes one at most.
    assert pattern.count("%") in (0, 2)


def test_only_log_groups_of_this_account_may_invoke_and_before_any_is_subscribed():
    permission = RESOURCES["InvokePermission"]["Properties"]
    assert permission["Principal"] == "logs.amazonaws.com"
    assert permission["SourceAccount"] == {"Ref": "AWS::AccountId"}
    assert permission["SourceArn"] == {
        "Fn::Sub": "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:*"
    }


# What a parameter may replace: none of it holds anything, and nothing is lost between old and new.
REPLACED = {
    ("FunctionRole", "/properties/Path"): {"RolePath"},
    ("NotifierRole", "/properties/Path"): {"RolePath"},
    ("SurveyorRole", "/properties/Path"): {"RolePath"},
    ("AlarmSubscription", "/properties/Endpoint"): {"AlarmEmail"},
    # Another stream, from its beginning.
    ("KinesisRecords", "/properties/EventSourceArn"): {"KinesisStreamArn"},
}


def test_no_parameter_that_changes_replaces_the_function_its_permission_queue_or_log_groups():
    # Whatever replaces the function or its permission loses log events: the filter is disabled for up to ten minutes.
    replacing = {}
    for name, resource in translated(LISTS).items():
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, resource["Type"]).schema
        for path in schema.get("createOnlyProperties", []):
            made_of = parameters_in(resource.get("Properties", {}).get(path.split("/")[2]))
            if made_of:
                replacing[name, path] = made_of
    assert replacing == REPLACED


def test_a_log_group_that_joins_a_list_leaves_the_other_subscriptions_as_they_were():
    before = translated(LISTS)
    after = translated(LISTS | {"AccessLogGroups": "/aws/apigateway/stock-access," + LISTS["AccessLogGroups"]})
    assert {name: each for name, each in after.items() if name in before} == before
    assert set(after) - set(before) == {
        "AccessLockawsapigatewaystockaccess",
        "AccessSubscriptionawsapigatewaystockaccess",
        "AccessDeliveryAlarmawsapigatewaystockaccess",
    }


def test_failed_events_are_kept_for_two_weeks_encrypted_and_behind_tls():
    for name in "FailedEvents", "UnreplayableEvents":
        queue = RESOURCES[name]["Properties"]
        assert queue["MessageRetentionPeriod"] == 14 * 24 * 60 * 60
        assert queue["SqsManagedSseEnabled"]["Fn::If"] == ["HasKmsKey", {"Ref": "AWS::NoValue"}, True]
        assert queue["KmsMasterKeyId"]["Fn::If"][:2] == ["HasKmsKey", {"Ref": "KmsKeyArn"}]
    bucket = RESOURCES["FailedEventsBucket"]["Properties"]
    [rule] = bucket["LifecycleConfiguration"]["Rules"]
    assert (rule["Status"], rule["ExpirationInDays"]) == ("Enabled", 14)
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    for policy in "FailedEventsPolicy", "UnreplayableEventsPolicy", "FailedEventsBucketPolicy":
        [statement] = RESOURCES[policy]["Properties"]["PolicyDocument"]["Statement"]
        assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_kept_events_are_read_again_on_demand_and_three_times_at_most():
    queue, replay = RESOURCES["FailedEvents"]["Properties"], RESOURCES["FailedEventsReplay"]
    redrive = {"deadLetterTargetArn": {"Fn::GetAtt": ["UnreplayableEvents", "Arn"]}, "maxReceiveCount": 3}
    assert queue["RedrivePolicy"] == redrive
    # Lambda Developer Guide, "Configuring a queue to use with Lambda": six times the function's timeout.
    assert queue["VisibilityTimeout"] == 6 * 900
    assert "Condition" not in replay and replay["Properties"]["Enabled"] is False
    assert replay["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    command = TEMPLATE["Outputs"]["ReplayCommand"]
    assert "Condition" not in command and command["Value"]["Fn::Sub"].endswith("--uuid ${FailedEventsReplay} --enabled")


def test_a_stream_is_read_from_its_beginning_and_no_bad_record_blocks_it():
    assert not expansion.holds("ReadsKinesisStream", {})
    assert expansion.holds("ReadsKinesisStream", {"KinesisStreamArn": "arn:aws:kinesis:eu-west-1:111122223333:stream/api-logs"})
    mapping = RESOURCES["KinesisRecords"]
    assert mapping["Condition"] == "ReadsKinesisStream"
    properties = mapping["Properties"]
    assert properties["EventSourceArn"] == {"Ref": "KinesisStreamArn"}
    assert properties["StartingPosition"] == "TRIM_HORIZON"
    assert properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert properties["BisectBatchOnFunctionError"] is True
    # Without an end, either would be -1.
    assert 0 < properties["MaximumRetryAttempts"] <= 10
    assert properties["MaximumRecordAgeInSeconds"] == 24 * 60 * 60
    on_failure = RESOURCES["FunctionEventInvokeConfig"]["Properties"]["DestinationConfig"]
    assert properties["DestinationConfig"] == on_failure


def test_what_outlives_the_stack_is_the_bucket_alone():
    kept = [name for name, each in RESOURCES.items() if each.get("DeletionPolicy", "Delete") != "Delete"]
    assert kept == ["FailedEventsBucket"]
    assert RESOURCES["FailedEventsBucket"]["DeletionPolicy"] == "RetainExceptOnCreate"


def test_retries_are_within_what_lambda_admits():
    config = RESOURCES["FunctionEventInvokeConfig"]["Properties"]
    assert config["FunctionName"] == {"Ref": "Function"}
    assert 0 <= config["MaximumRetryAttempts"] <= 2
    assert 60 <= config["MaximumEventAgeInSeconds"] <= 6 * 60 * 60
    assert config["DestinationConfig"]["OnFailure"]["Destination"] == {
        "Fn::If": ["KeepsInS3", {"Fn::GetAtt": ["FailedEventsBucket", "Arn"]}, {"Fn::GetAtt": ["FailedEvents", "Arn"]}]
    }


def test_lambda_writes_no_line_for_each_batch():
    logging = RESOURCES["Function"]["Properties"]["LoggingConfig"]
    assert (logging["LogFormat"], logging["SystemLogLevel"]) == ("JSON", "WARN")


def test_the_canary_is_written_without_code_and_read_like_any_log_group():
    rule = RESOURCES["CanaryRule"]["Properties"]
    assert rule["ScheduleExpression"] == "rate(5 minutes)"
    [target] = rule["Targets"]
    assert target["Arn"]["Fn::Sub"].endswith(":log-group:${CanaryLogGroup}")
    [statement] = RESOURCES["CanaryLogGroup"]["Properties"]["ResourcePolicyDocument"]["Statement"]
    assert statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert statement["Resource"]["Fn::Sub"].endswith(RESOURCES["CanaryLogGroup"]["Properties"]["LogGroupName"]["Fn::Sub"] + ":*")
    variables = RESOURCES["Function"]["Properties"]["Environment"]["Variables"]
    assert variables["WHY5XX_CANARY_LOG_GROUP"] == {"Ref": "CanaryLogGroup"}
    assert RESOURCES["CanarySubscription"]["Properties"]["LogGroupName"] == {"Ref": "CanaryLogGroup"}


def test_the_page_on_stack_sets_says_what_takes_the_tags_of_a_stack():
    said = {
        "alarms": "AWS::CloudWatch::Alarm",
        "the bucket": "AWS::S3::Bucket",
        "the dashboard": "AWS::CloudWatch::Dashboard",
        "the function": "AWS::Lambda::Function",
        "log groups": "AWS::Logs::LogGroup",
        "event source mappings": "AWS::Lambda::EventSourceMapping",
        "queues": "AWS::SQS::Queue",
        "the role": "AWS::IAM::Role",
        "the rule": "AWS::Events::Rule",
        "the topic": "AWS::SNS::Topic",
    }
    page = " ".join((PROJECT / "docs/package.md").read_text().split())
    listed = page.partition("whatever of it can have tags: ")[2].partition(".")[0]
    assert listed.replace(" and ", ", ") == ", ".join(said)
    types = {each["Type"] for each in translated(LISTS).values()}
    schema = lambda kind: PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema
    assert {kind for kind in types if schema(kind).get("tagging", {}).get("taggable")} == set(said.values())


def test_no_account_level_resource_policy_is_taken():
    assert "AWS::Logs::ResourcePolicy" not in {each["Type"] for each in RESOURCES.values()}


def test_the_dashboard_names_nothing_that_may_not_be_there():
    body, more = RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    named = lambda text: set(re.findall(r"\$\{([A-Za-z]+)[.}]", text)) & set(RESOURCES)
    assert "Function" in named(body)
    assert [name for name in named(body) if "Condition" in RESOURCES[name]] == []
    for value in more.values():
        condition, text, nothing = value["Fn::If"]
        assert {RESOURCES[name]["Condition"] for name in named(text["Fn::Sub"])} == {condition} and nothing == ""
