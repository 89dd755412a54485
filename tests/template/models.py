"""Resources as the calls that make them, against botocore's models of the services: what must be there, lengths, ranges,
patterns and enumerations. CloudFormation itself says none of it before it calls the service."""

import functools
import json
import re

import botocore.session

SESSION = botocore.session.get_session()

# Letter classes of Java's expressions, as far as the models use them.
CLASSES = {r"\p{L}": r"\w", r"\p{Z}": r"\s", r"\p{N}": r"\d", r"\p{P}": r"\S", r"\p{S}": r"\S", r"\p{M}": "", r"\p{C}": ""}


@functools.cache
def shape_of(service, operation):
    return SESSION.get_service_model(service).operation_model(operation).input_shape


def calls(name, resource):
    """The calls that make a resource: service, operation and what is given."""
    kind, given = resource["Type"], dict(resource["Properties"])
    match kind:
        case "AWS::CloudWatch::Alarm":
            yield "cloudwatch", "PutMetricAlarm", {"AlarmName": name} | given
        case "AWS::CloudWatch::LogAlarm":
            yield "cloudwatch", "PutLogAlarm", {"AlarmName": name} | given
        case "AWS::CloudWatch::Dashboard":
            yield "cloudwatch", "PutDashboard", given
        case "AWS::Events::Rule":
            targets = given.pop("Targets", None)
            if pattern := given.pop("EventPattern", None):
                given["EventPattern"] = json.dumps(pattern)
            yield "events", "PutRule", {"Name": name} | given
            if targets:
                yield "events", "PutTargets", {"Rule": name, "Targets": targets}
        case "AWS::IAM::Role":
            policies = given.pop("Policies", [])
            given["AssumeRolePolicyDocument"] = json.dumps(given["AssumeRolePolicyDocument"])
            yield "iam", "CreateRole", {"RoleName": name[:64]} | given
            for policy in policies:
                document = {"PolicyDocument": json.dumps(policy["PolicyDocument"])}
                yield "iam", "PutRolePolicy", {"RoleName": name[:64]} | policy | document
        case "AWS::Lambda::EventInvokeConfig":
            yield "lambda", "PutFunctionEventInvokeConfig", given
        case "AWS::Lambda::EventSourceMapping":
            yield "lambda", "CreateEventSourceMapping", given
        case "AWS::Lambda::Function":
            concurrency = given.pop("ReservedConcurrentExecutions", None)
            given["Tags"] = {tag["Key"]: tag["Value"] for tag in given.pop("Tags", [])}
            yield "lambda", "CreateFunction", {"FunctionName": name[:64]} | given
            if concurrency is not None:
                wanted = {"FunctionName": name[:64], "ReservedConcurrentExecutions": concurrency}
                yield "lambda", "PutFunctionConcurrency", wanted
        case "AWS::Lambda::Permission":
            yield "lambda", "AddPermission", {"StatementId": name} | given
        case "AWS::Logs::LogGroup":
            group = given.pop("LogGroupName")
            if (days := given.pop("RetentionInDays", None)) is not None:
                yield "logs", "PutRetentionPolicy", {"logGroupName": group, "retentionInDays": days}
            if policy := given.pop("ResourcePolicyDocument", None):
                yield "logs", "PutResourcePolicy", {"policyDocument": json.dumps(policy)}
            yield "logs", "CreateLogGroup", {"logGroupName": group} | lower(given)
        case "AWS::Logs::LogStream":
            yield "logs", "CreateLogStream", lower(given)
        case "AWS::Logs::MetricFilter":
            yield "logs", "PutMetricFilter", {"filterName": name} | lower(given)
        case "AWS::Logs::QueryDefinition":
            yield "logs", "PutQueryDefinition", lower(given)
        case "AWS::Logs::SubscriptionFilter":
            yield "logs", "PutSubscriptionFilter", {"filterName": name} | lower(given)
        case "AWS::S3::Bucket":
            if encryption := given.pop("BucketEncryption", None):
                rules = [
                    {
                        ("ApplyServerSideEncryptionByDefault" if key == "ServerSideEncryptionByDefault" else key): part
                        for key, part in rule.items()
                    }
                    for rule in encryption["ServerSideEncryptionConfiguration"]
                ]
                configuration = {"Bucket": name, "ServerSideEncryptionConfiguration": {"Rules": rules}}
                yield "s3", "PutBucketEncryption", configuration
            if access := given.pop("PublicAccessBlockConfiguration", None):
                yield "s3", "PutPublicAccessBlock", {"Bucket": name, "PublicAccessBlockConfiguration": access}
            for rule in given.pop("LifecycleConfiguration", {}).get("Rules", []):
                assert rule["Status"] in ("Enabled", "Disabled") and int(rule["ExpirationInDays"]) > 0
            yield "s3", "CreateBucket", {"Bucket": name} | given
        case "AWS::S3::BucketPolicy":
            yield "s3", "PutBucketPolicy", {"Bucket": given["Bucket"], "Policy": json.dumps(given["PolicyDocument"])}
        case "AWS::SNS::Subscription":
            yield "sns", "Subscribe", given
        case "AWS::SNS::Topic":
            yield "sns", "CreateTopic", {"Name": name} | given
        case "AWS::SNS::TopicPolicy":
            for topic in given["Topics"]:
                policy = {"AttributeName": "Policy", "AttributeValue": json.dumps(given["PolicyDocument"])}
                yield "sns", "SetTopicAttributes", {"TopicArn": topic} | policy
        case "AWS::SQS::Queue":
            attributes = {key: part if isinstance(part, str) else json.dumps(part) for key, part in given.items()}
            yield "sqs", "CreateQueue", {"QueueName": name[:80], "Attributes": attributes}
        case "AWS::SQS::QueuePolicy":
            for queue in given["Queues"]:
                policy = json.dumps(given["PolicyDocument"])
                yield "sqs", "SetQueueAttributes", {"QueueUrl": queue, "Attributes": {"Policy": policy}}
        case _:
            raise AssertionError(f"{name}: no call is known for {kind}")


def lower(value):
    """The same with keys as CloudWatch Logs spells them."""
    if isinstance(value, dict):
        return {key[0].lower() + key[1:]: lower(each) for key, each in value.items()}
    return [lower(each) for each in value] if isinstance(value, list) else value


def problems(resources):
    """What a service would refuse, in words: empty if nothing."""
    found = []
    for name, resource in resources.items():
        for service, operation, given in calls(name, resource):
            found += [f"{name}: {operation}: {each}" for each in wrong(shape_of(service, operation), given, "")]
            if service == "sqs" and operation == "CreateQueue":
                found += [f"{name}: {each}" for each in wrong_attributes(given["Attributes"])]
    return found


def wrong(shape, given, at):
    if shape.type_name == "structure":
        if not isinstance(given, dict):
            yield f"{at} is no structure: {given!r}"
            return
        for key in set(given) - set(shape.members):
            yield f"{at}.{key} is unknown"
        for key in set(shape.required_members) - set(given):
            yield f"{at}.{key} is missing"
        for key, member in shape.members.items():
            if key in given:
                yield from wrong(member, given[key], f"{at}.{key}")
    elif shape.type_name == "list":
        if not isinstance(given, list):
            yield f"{at} is no list: {given!r}"
            return
        yield from outside(shape, len(given), f"{at} has {len(given)} members")
        for place, each in enumerate(given):
            yield from wrong(shape.member, each, f"{at}[{place}]")
    elif shape.type_name == "map":
        for key, each in given.items():
            yield from wrong(shape.key, key, f"{at} (key)")
            yield from wrong(shape.value, each, f"{at}.{key}")
    elif shape.type_name in ("integer", "long"):
        # A number of a parameter arrives as its text.
        if isinstance(given, bool) or not re.fullmatch(r"-?[0-9]+", str(given)):
            yield f"{at} is no integer: {given!r}"
        else:
            yield from outside(shape, int(given), f"{at} is {given}")
    elif shape.type_name in ("double", "float"):
        try:
            yield from outside(shape, float(given), f"{at} is {given}")
        except (TypeError, ValueError):
            yield f"{at} is no number: {given!r}"
    elif shape.type_name == "boolean":
        if str(given).lower() not in ("true", "false"):
            yield f"{at} is neither true nor false: {given!r}"
    elif shape.type_name == "string":
        if not isinstance(given, (str, int, float)):
            yield f"{at} is no text: {given!r}"
            return
        text = str(given)
        yield from outside(shape, len(text), f"{at} has {len(text)} characters")
        if shape.enum and text not in shape.enum:
            yield f"{at} is not one of its values: {text!r}"
        pattern = shape.metadata.get("pattern")
        if pattern and not re.fullmatch(python(pattern), text, re.DOTALL):
            yield f"{at} does not match {pattern}: {text!r}"


def outside(shape, size, what):
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least or most is not None and size > most:
        yield f"{what}, not {least} to {most}"


@functools.cache
def python(pattern):
    for java, ours in CLASSES.items():
        pattern = pattern.replace(java, ours)
    pattern = re.sub(r"\\u([0-9A-F]{4})", lambda match: re.escape(chr(int(match.group(1), 16))), pattern)
    return pattern.removeprefix("^").removesuffix("$") if pattern.count("|") == 0 else pattern


# SQS API Reference, SetQueueAttributes: values that the model does not know.
QUEUE = {
    "DelaySeconds": (0, 900),
    "MaximumMessageSize": (1_024, 1_048_576),
    "MessageRetentionPeriod": (60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43_200),
}


def wrong_attributes(attributes):
    for name, (least, most) in QUEUE.items():
        if name in attributes and not least <= int(attributes[name]) <= most:
            yield f"{name} is {attributes[name]}, not {least} to {most}"
