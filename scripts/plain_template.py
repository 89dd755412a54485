"""The template as CloudFormation takes it without a transform: for StackSets, and for whoever may not use macros.

What differs from template.yaml, and nothing else does:

- The functions are of the type `AWS::Lambda::Function`, written out by the library that is SAM's transform. Their code is
  one zip in an S3 bucket, which the parameters CodeBucket and CodeKey name.
- A loop over a list of log groups is written out for PLACES names. A place whose name is missing or empty makes nothing.
  More names than that fail the deployment, for what is not subscribed must not go unnoticed. Logical ids follow the place
  in the list and not the name, so that a name has to keep its place: `a,,c` once b is gone. So no rule forbids that.
"""

import copy
import json
import re

import boto3
import yaml
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

# Names that a list takes. With 30 in each of four lists the stack stays well below 500 resources, the most there can be.
PLACES = 30

# Those of the template, which are of one program.
FUNCTIONS = ["Function", "Notifier", "Surveyor"]

LOOP = "Fn::ForEach::"

# What CloudFormation knows with the language extensions alone.
EXTENSIONS = {"Fn::Length", "Fn::ToJsonString"}

# Any will do: the translator asks for one and writes it nowhere.
REGION = "us-east-1"

CODE_PARAMETERS = {
    "CodeBucket": {
        "Type": "String",
        "AllowedPattern": "^(?=.{3,63}$)[-.a-z0-9]*(REGION)?[-.a-z0-9]*$",
        "ConstraintDescription": "must be the name of an S3 bucket; REGION in it stands for the stack's Region",
        "Description": "A bucket of this Region that holds the function's zip. REGION in its name stands for the Region.",
    },
    "CodeKey": {
        "Type": "String",
        "Default": "",
        "MaxLength": 1024,
        "Description": "Key of the zip in that bucket. Empty - {zip}, at its root.",
    },
}
CODE_LABELS = {"CodeBucket": {"default": "Bucket of the code"}, "CodeKey": {"default": "Key of the code"}}


def plain(text, version, zip_name, lists=True):
    """The text of the template, made from that of template.yaml.

    `zip_name` is the name of the function's zip, with `${Architecture}` in it. Without `lists` it subscribes no log group
    but the canary's: for tools that repeat resources themselves.
    """
    template = yaml_parse(text)
    del template["Transform"]
    template["Rules"] = {name: each for name, each in template["Rules"].items() if not name.endswith("LogGroupsHaveNoEmptyPlace")}
    take_code_from_bucket(template, zip_name)
    if lists:
        write_loops_out(template)
    else:
        leave_loops_out(template)
    template = translated(without_needless_subs(template))
    for name in FUNCTIONS:
        function = template["Resources"][name]
        # Of use to `sam build` alone, and not so any more.
        del function["Metadata"], function["Properties"]["Tags"]
    template["Metadata"]["Why5xx"] = {"Version": version}
    drop_unused_conditions(template)
    if not lists:
        drop_unused_parameters(template)
    assert not names_in(template) & EXTENSIONS, "the template uses an extension that is not written out"
    return f"# why5xx {version}, without transforms. Made from template.yaml by scripts/package.\n{dump(template)}"


def take_code_from_bucket(template, zip_name):
    parameters = copy.deepcopy(CODE_PARAMETERS)
    parameters["CodeKey"]["Description"] = parameters["CodeKey"]["Description"].format(
        zip=zip_name.replace("${Architecture}", "ARCHITECTURE")
    )
    template["Parameters"] = parameters | template["Parameters"]
    without_region = {"Fn::Join": ["", {"Fn::Split": ["REGION", {"Ref": "CodeBucket"}]}]}
    template["Conditions"]["CodeBucketNamesRegion"] = {"Fn::Not": [{"Fn::Equals": [without_region, {"Ref": "CodeBucket"}]}]}
    template["Conditions"]["NamesCodeKey"] = {"Fn::Not": [{"Fn::Equals": [{"Ref": "CodeKey"}, ""]}]}
    for name in FUNCTIONS:
        template["Resources"][name]["Properties"]["CodeUri"] = {
            "Bucket": {"Fn::If": ["CodeBucketNamesRegion", bucket_of_region(), {"Ref": "CodeBucket"}]},
            "Key": {"Fn::If": ["NamesCodeKey", {"Ref": "CodeKey"}, {"Fn::Sub": zip_name}]},
        }
    interface = template["Metadata"]["AWS::CloudFormation::Interface"]
    interface["ParameterGroups"].insert(0, {"Label": {"default": "The code"}, "Parameters": list(CODE_PARAMETERS)})
    interface["ParameterLabels"] |= CODE_LABELS


def bucket_of_region():
    """The bucket's name with the stack's Region for REGION: Lambda takes code from its own Region alone, and all stacks of a
    stack set have the same value. No name of a bucket has capitals."""
    part = lambda at: {"Fn::Select": [at, {"Fn::Split": ["REGION", {"Ref": "CodeBucket"}]}]}
    return {"Fn::Join": ["", [part(0), {"Ref": "AWS::Region"}, part(1)]]}


def write_loops_out(template):
    """Replaces each loop by its resources for all places, and by one that fails where there are more names."""
    resources, lists = {}, set()
    for name, resource in template["Resources"].items():
        if not name.startswith(LOOP):
            resources[name] = resource
            continue
        variable, collection, fragment = resource
        assert set(collection) == {"Ref"}, f"{name} is over something else than a parameter"
        parameter = collection["Ref"]
        if parameter not in lists:
            lists.add(parameter)
            resources[f"TooMany{parameter}"] = refusal(template, parameter)
        for place in range(PLACES):
            resources |= of_place(template["Conditions"], variable, parameter, fragment, place)
    template["Resources"] = resources
    for parameter in lists:
        declared = template["Parameters"][parameter]
        declared["Description"] += f" At most {PLACES}; leave the place of one that goes empty (a,,c), the others stay."


def leave_loops_out(template):
    template["Resources"] = {name: each for name, each in template["Resources"].items() if not name.startswith(LOOP)}


def of_place(conditions, variable, parameter, fragment, place):
    has_name = f"Has{parameter}{place + 1}"
    conditions[has_name] = is_there(parameter, place)
    for key, resource in fragment.items():
        resource = bound(resource, variable, name_at(parameter, place), place)
        resource["Condition"] = both(conditions, resource.get("Condition"), has_name, parameter, place)
        yield key.replace(f"&{{{variable}}}", str(place + 1)), resource


def both(conditions, given, has_name, parameter, place):
    """The condition of a resource in a place: that the place has a name, and what it depended on before."""
    not_empty = {"Fn::Not": [{"Fn::Equals": [{"Fn::Join": ["", {"Ref": parameter}]}, ""]}]}
    if given is None or conditions[given] == not_empty:
        return has_name
    name = f"{given}{parameter}{place + 1}"
    conditions[name] = {"Fn::And": [{"Condition": given}, {"Condition": has_name}]}
    return name


def name_at(parameter, place):
    """The name in a place, empty where the list ends before it: there are always commas enough to split at."""
    padded = {"Fn::Join": [",", [{"Fn::Join": [",", {"Ref": parameter}]}, "," * PLACES]]}
    return {"Fn::Select": [place, {"Fn::Split": [",", padded]}]}


def is_there(parameter, place):
    return {"Fn::Not": [{"Fn::Equals": [name_at(parameter, place), ""]}]}


def refusal(template, parameter):
    """A subscription of a log group whose name is an error message, as which CloudWatch Logs refuses it."""
    condition = f"HasTooMany{parameter}"
    template["Conditions"][condition] = is_there(parameter, PLACES)
    words = ["more than", str(PLACES), "names are in", parameter]
    return {
        "Type": "AWS::Logs::SubscriptionFilter",
        "Condition": condition,
        "Properties": {
            "LogGroupName": {"Fn::Join": [" ", words]},
            "FilterPattern": "",
            "DestinationArn": {"Fn::GetAtt": ["Function", "Arn"]},
        },
    }


def bound(value, variable, name, place):
    """A part of a loop, with the name that its variable stands for."""
    if value == {"Ref": variable}:
        return copy.deepcopy(name)
    if isinstance(value, str):
        return value.replace(f"&{{{variable}}}", str(place + 1))
    if isinstance(value, list):
        return [bound(each, variable, name, place) for each in value]
    if not isinstance(value, dict):
        return value
    if "Fn::Sub" in value:
        text, values = value["Fn::Sub"] if isinstance(value["Fn::Sub"], list) else (value["Fn::Sub"], {})
        if f"${{{variable}}}" in text:
            return {"Fn::Sub": [text, values | {variable: copy.deepcopy(name)}]}
    return {key: bound(each, variable, name, place) for key, each in value.items()}


def translated(template):
    session = boto3.session.Session(region_name=REGION)
    template["Transform"] = "AWS::Serverless-2016-10-31"
    output = Translator({}, Parser(), boto_session=session).translate(template, {})
    output.pop("Transform", None)
    return {name: output[name] for name in template if name in output}


def without_needless_subs(value):
    """The same with plain text where there is nothing to fill in, which the linter minds."""
    if isinstance(value, list):
        return [without_needless_subs(each) for each in value]
    if not isinstance(value, dict):
        return value
    text = value.get("Fn::Sub")
    if isinstance(text, str) and "${" not in text:
        return text
    return {name: without_needless_subs(each) for name, each in value.items()}


def drop_unused_conditions(template):
    conditions = template["Conditions"]
    used = conditions_in([part for name, part in template.items() if name != "Conditions"])
    while more := conditions_in([conditions[name] for name in used]) - used:
        used |= more
    template["Conditions"] = {name: each for name, each in conditions.items() if name in used}


def drop_unused_parameters(template):
    """Removes those that the loops alone used, and what the console shows of them."""
    text = json.dumps([part for name, part in template.items() if name not in ("Metadata", "Parameters")])
    unused = {name for name in template["Parameters"] if f'{{"Ref": "{name}"}}' not in text and f"${{{name}}}" not in text}
    template["Parameters"] = {name: each for name, each in template["Parameters"].items() if name not in unused}
    interface = template["Metadata"]["AWS::CloudFormation::Interface"]
    for group in interface["ParameterGroups"]:
        group["Parameters"] = [name for name in group["Parameters"] if name not in unused]
    interface["ParameterLabels"] = {name: each for name, each in interface["ParameterLabels"].items() if name not in unused}


def conditions_in(value):
    if isinstance(value, list):
        return set().union(*map(conditions_in, value))
    if not isinstance(value, dict):
        return set()
    found = {value["Condition"]} if isinstance(value.get("Condition"), str) else set()
    if "Fn::If" in value:
        found.add(value["Fn::If"][0])
    return found.union(*map(conditions_in, value.values()))


def names_in(value):
    if isinstance(value, list):
        return set().union(*map(names_in, value))
    if not isinstance(value, dict):
        return set()
    return set(value).union(*map(names_in, value.values()))


class Dumper(yaml.SafeDumper):
    """Writes every value where it stands: CloudFormation knows no aliases."""

    def ignore_aliases(self, data):
        return True


def text_of(dumper, text):
    style = "|" if re.search(r"\n", text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


Dumper.add_representer(str, text_of)


def dump(template):
    return yaml.dump(template, Dumper=Dumper, sort_keys=False, width=120, allow_unicode=True)
