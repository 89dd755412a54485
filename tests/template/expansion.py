"""The template as its own tests read it: as it is written, and as CloudFormation sees it after both transforms."""

import copy
import pathlib
import re

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

TEXT = pathlib.Path(__file__).parents[2].joinpath("template.yaml").read_text()
TEMPLATE = yaml_parse(TEXT)
PARAMETERS = TEMPLATE["Parameters"]
CONDITIONS = TEMPLATE["Conditions"]
INTERFACE = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]

# The kinds of log. Each has a list of log groups, and a pattern.
KINDS = list(TEMPLATE["Mappings"]["FilterPatterns"])

# What is written as a resource; the loops are apart.
RESOURCES = {name: each for name, each in TEMPLATE["Resources"].items() if not name.startswith("Fn::ForEach::")}

# Any will do.
REGION = "us-east-1"

# The longest name of a stack.
STAND_INS = {"AWS::StackName": "x" * 128}


def translated(parameters):
    """The resources for these values of parameters; all others have their defaults."""
    template = yaml_parse(TEXT)
    template["Transform"] = "AWS::Serverless-2016-10-31"
    template["Resources"] = dict(repeated(template["Resources"], parameters))
    for function in "Function", "Notifier", "Surveyor":
        template["Resources"][function]["Properties"]["CodeUri"] = "s3://bucket/function.zip"
    session = boto3.session.Session(region_name=REGION)
    return Translator({}, Parser(), boto_session=session).translate(template, {})["Resources"]


def repeated(resources, parameters):
    """The resources with the loops written out, and nothing else resolved."""
    for name, resource in resources.items():
        if not name.startswith("Fn::ForEach::"):
            yield name, resource
            continue
        variable, collection, fragment = resource
        for item in value_of(collection, parameters):
            for key, body in fragment.items():
                yield key.replace(f"&{{{variable}}}", re.sub(r"[^0-9A-Za-z]", "", item)), bound(body, variable, item)


def bound(value, variable, item):
    if value == {"Ref": variable}:
        return item
    if isinstance(value, dict):
        return {key: bound(each, variable, item) for key, each in value.items()}
    if isinstance(value, list):
        return [bound(each, variable, item) for each in value]
    return value.replace(f"${{{variable}}}", item) if isinstance(value, str) else value


def holds(condition, parameters, template=TEMPLATE):
    """Whether a condition holds for these values of parameters."""
    return value_of(template["Conditions"][condition], parameters, template)


def referred(name, parameters, template):
    """What a Ref to this name is: the value of a parameter, or a stand-in where only AWS knows."""
    declared = template["Parameters"].get(name)
    if declared is None:
        return STAND_INS.get(name, name)
    given = str(parameters.get(name, declared.get("Default", name)))
    # CloudFormation User Guide, "Parameters syntax": each member of a list is trimmed.
    return [each.strip() for each in given.split(",")] if declared["Type"] == "CommaDelimitedList" else given


def substituted(argument, parameters, template):
    text, values = argument if isinstance(argument, list) else (argument, {})

    def value(match):
        name = match.group(1)
        given = value_of(values[name], parameters, template) if name in values else referred(name, parameters, template)
        return str(given)

    return re.sub(r"\$\{([\w:.]+)\}", value, text)


def value_of(value, parameters, template=TEMPLATE):
    """A value made of parameters, as far as conditions, names of log groups and queries of alarms use such."""
    if isinstance(value, list):
        return [value_of(each, parameters, template) for each in value]
    if not isinstance(value, dict):
        return value
    [(function, argument)] = value.items()
    if function == "Ref":
        return referred(argument, parameters, template)
    if function == "Condition":
        return holds(argument, parameters, template)
    if function == "Fn::Sub":
        return substituted(argument, parameters, template)
    if function == "Fn::FindInMap":
        mapping, first, second = argument
        return template["Mappings"][mapping][first][second]
    arguments = value_of(argument, parameters, template)
    return {
        "Fn::Equals": lambda one, other: str(one) == str(other),
        "Fn::Not": lambda one: not one,
        "Fn::And": lambda *all_of: all(all_of),
        "Fn::Or": lambda *any_of: any(any_of),
        "Fn::Join": lambda between, parts: between.join(parts),
        "Fn::Split": lambda between, text: text.split(between),
        "Fn::Select": lambda at, parts: parts[at],
    }[function](*arguments)


# What only AWS knows: stand-ins that look like it.
ACCOUNT = "111122223333"
PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/x/0",
    "AWS::StackName": STAND_INS["AWS::StackName"],
    "AWS::URLSuffix": "amazonaws.com",
}
NO_VALUE = object()

# CloudFormation User Guide, quotas: a resource's name.
MAX_LOGICAL_ID_CHARS = 255

# Where CloudFormation makes a resource's name: the property that would give one, the longest name, and what Ref and GetAtt
# say of it.
ARN = f"arn:aws:{{service}}:{REGION}:{ACCOUNT}:{{rest}}"
NAMED = {
    "AWS::CloudWatch::Alarm": ("AlarmName", 255, ARN.format(service="cloudwatch", rest="alarm:{name}"), {}),
    "AWS::CloudWatch::Dashboard": ("DashboardName", 255, None, {}),
    "AWS::Events::Rule": ("Name", 64, ARN.format(service="events", rest="rule/{name}"), {}),
    "AWS::IAM::Role": ("RoleName", 64, f"arn:aws:iam::{ACCOUNT}:role/{{name}}", {}),
    "AWS::Lambda::Function": ("FunctionName", 64, ARN.format(service="lambda", rest="function:{name}"), {}),
    "AWS::Logs::LogGroup": ("LogGroupName", 512, ARN.format(service="logs", rest="log-group:{name}:*"), {}),
    "AWS::S3::Bucket": ("BucketName", 63, "arn:aws:s3:::{name}", {}),
    "AWS::SNS::Topic": ("TopicName", 256, ARN.format(service="sns", rest="{name}"), {"Ref": "arn"}),
    "AWS::SQS::Queue": ("QueueName", 80, ARN.format(service="sqs", rest="{name}"), {"Ref": "url"}),
}


class Refused(Exception):
    """What CloudFormation would refuse of a template or of the values of its parameters, with the reason."""


class Stack:
    """A template with values for its parameters, as CloudFormation makes a stack of it: resources with nothing left to
    resolve, by logical id. A reference to what is not there is an error, as it is to CloudFormation."""

    def __init__(self, template, parameters=None, pseudo=None):
        self.template = template
        self.pseudo = PSEUDO | (pseudo or {})
        self.parameters = {
            name: (parameters or {}).get(name, declared.get("Default")) for name, declared in template.get("Parameters", {}).items()
        }
        if unknown := set(parameters or {}) - set(self.parameters):
            raise Refused(f"no such parameters: {sorted(unknown)}")
        check_values(template, self.parameters)
        for rule in template.get("Rules", {}).values():
            self.check(rule)
        self.conditions = {}
        # Conditions and loops are worked out first, for a macro sees parameters and no resources.
        written = once(repeated(template["Resources"], self.parameters))
        self.written = {
            name: each for name, each in translate(template, written).items() if self.holds(each.get("Condition"))
        }
        self.resources = {
            name: {"Type": each["Type"], "Properties": self.value(each.get("Properties", {}))} for name, each in self.written.items()
        }
        self.outputs = {
            name: self.value({key: part for key, part in each.items() if key != "Condition"})
            for name, each in template.get("Outputs", {}).items()
            if self.holds(each.get("Condition"))
        }

    def check(self, rule):
        """Refuses values of parameters that a rule of the template forbids, with its reason."""
        if not self.value(rule.get("RuleCondition", True)):
            return
        for each in rule["Assertions"]:
            if not self.value(each["Assert"]):
                raise Refused(each["AssertDescription"])

    def of_type(self, kind):
        return {name: each["Properties"] for name, each in self.resources.items() if each["Type"] == kind}

    def holds(self, condition):
        if condition is None:
            return True
        if condition not in self.conditions:
            self.conditions[condition] = self.value(self.template["Conditions"][condition])
        return self.conditions[condition]

    def value(self, value):
        if isinstance(value, list):
            return [each for each in map(self.value, value) if each is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            [(function, argument)] = value.items()
            if function == "Ref" or function == "Condition" and isinstance(argument, str) or function.startswith("Fn::"):
                return self.called(function, argument)
        return {key: each for key, part in value.items() if (each := self.value(part)) is not NO_VALUE}

    def called(self, function, argument):
        if function == "Ref":
            return self.referred(argument)
        if function == "Condition":
            return self.holds(argument)
        if function == "Fn::If":
            condition, yes, no = argument
            return self.value(yes if self.holds(condition) else no)
        if function == "Fn::GetAtt":
            resource, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
            return self.attribute(resource, attribute)
        if function == "Fn::Sub":
            text, values = argument if isinstance(argument, list) else (argument, {})
            return re.sub(r"\$\{(!?)([\w:.]+)\}", lambda match: self.substitute(match, values), text)
        if function == "Fn::FindInMap":
            mapping, first, second = self.value(argument)
            return self.template["Mappings"][mapping][first][second]
        one, *others = arguments = self.value(argument)
        match function:
            case "Fn::Equals":
                return text_of(one) == text_of(others[0])
            case "Fn::Not":
                return not one
            case "Fn::And":
                return all(arguments)
            case "Fn::Or":
                return any(arguments)
            case "Fn::Contains":
                return others[0] in one
            case "Fn::EachMemberEquals":
                return all(each == others[0] for each in one)
            case "Fn::Join":
                return one.join(map(text_of, others[0]))
            case "Fn::Split":
                return others[0].split(one)
            case "Fn::Select":
                if not others[0]:
                    raise Refused("Fn::Select of an empty list")
                return others[0][int(one)]
        raise Refused(f"{function} is not known here")

    def substitute(self, match, values):
        literal, name = match.groups()
        if literal:
            return f"${{{name}}}"
        if name in values:
            return text_of(self.value(values[name]))
        return text_of(self.attribute(*name.split(".", 1)) if "." in name else self.referred(name))

    def referred(self, name):
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self.pseudo:
            return self.pseudo[name]
        if name in self.parameters:
            is_list = self.template["Parameters"][name]["Type"] == "CommaDelimitedList"
            given = str(self.parameters[name])
            return [each.strip() for each in given.split(",")] if is_list else given
        resource = self.written.get(name) if hasattr(self, "written") else None
        if resource is None:
            raise Refused(f"Ref to {name}, which is not there")
        if resource["Type"] not in NAMED:
            return f"{name}-stand-in"
        return self.attribute(name, NAMED[resource["Type"]][3].get("Ref", "name"))

    def attribute(self, name, attribute):
        resource = self.written.get(name)
        if resource is None:
            raise Refused(f"GetAtt of {name}, which is not there")
        property_of_name, longest, arn, _ = NAMED[resource["Type"]]
        given = resource.get("Properties", {}).get(property_of_name)
        made = f"{self.pseudo['AWS::StackName'][: longest // 3]}-{name[: longest // 3]}-1A2B3C4D5E6F"
        name = self.value(given) if given is not None else made.lower() if "S3" in resource["Type"] else made
        arn = arn and arn.format(name=name).replace("arn:aws:", f"arn:{self.pseudo['AWS::Partition']}:")
        url = f"https://sqs.{REGION}.{self.pseudo['AWS::URLSuffix']}/{ACCOUNT}/{name}"
        return {"name": name, property_of_name: name, "Arn": arn, "arn": arn, "url": url, "QueueUrl": url}[attribute]


def text_of(value):
    """How CloudFormation writes a value into text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def once(resources):
    """The resources by logical id, of which there may be no two alike, and none too long."""
    made = {}
    for name, each in resources:
        if name in made:
            raise Refused(f"two resources are named {name}")
        if not re.fullmatch(f"[0-9A-Za-z]{{1,{MAX_LOGICAL_ID_CHARS}}}", name):
            raise Refused(f"no logical id: {name}")
        made[name] = each
    return made


def translate(template, resources):
    """The resources after the transform of SAM, where the template asks for it."""
    if "AWS::Serverless-2016-10-31" not in str(template.get("Transform")):
        return resources
    template = copy.deepcopy(template | {"Resources": resources, "Transform": "AWS::Serverless-2016-10-31"})
    for function in {"Function", "Notifier", "Surveyor"} & set(resources):
        template["Resources"][function]["Properties"]["CodeUri"] = "s3://bucket/function.zip"
    session = boto3.session.Session(region_name=REGION)
    return Translator({}, Parser(), boto_session=session).translate(template, {})["Resources"]


# CloudFormation User Guide, quotas: bytes of a parameter's value.
MAX_VALUE_BYTES = 4096

# A number, as CloudFormation takes one ("an integer or float").
NUMBER = r"[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?"


def check_values(template, parameters):
    """Refuses what CloudFormation refuses of the values of parameters, and demands the reason that people read."""
    for name, declared in template.get("Parameters", {}).items():
        given = parameters[name]
        if given is None:
            raise Refused(f"{name} has no value")
        text = str(given)
        if len(text.encode()) > MAX_VALUE_BYTES:
            raise Refused(f"{name}: more than {MAX_VALUE_BYTES} bytes")
        items = [each.strip() for each in text.split(",")] if declared["Type"] == "CommaDelimitedList" else [text]
        number = declared["Type"] == "Number"
        pattern = declared.get("AllowedPattern", ".*")
        if number and not re.fullmatch(NUMBER, text):
            raise Refused(f"{name} is no number")
        wrong = (
            any(not re.fullmatch(pattern, each, re.DOTALL) for each in items)
            or ("AllowedValues" in declared and text not in map(str, declared["AllowedValues"]))
            or len(text) > declared.get("MaxLength", len(text))
            or number
            and not declared.get("MinValue", float(text)) <= float(text) <= declared.get("MaxValue", float(text))
        )
        if wrong:
            # Of a pattern alone the console shows nothing that anybody can read.
            reason = declared.get("ConstraintDescription") or ("AllowedPattern" not in declared and f"see {name}")
            assert reason, f"{name} refuses {text!r} without a reason"
            raise Refused(f"{name} {reason}")
