"""The template as its own tests read it: as it is written, and as CloudFormation sees it after both transforms."""

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
    template["Resources"]["Function"]["Properties"]["CodeUri"] = "s3://bucket/function.zip"
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
    return value


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
