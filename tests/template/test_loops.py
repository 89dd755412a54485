"""Loops (Fn::ForEach): what CloudFormation demands of their names and of the resources in them, and no linter checks.

Sources: RFC 0009 of CloudFormation's language discussion, constraints 3 to 5, and the Template Reference, "Fn::ForEach"
(names); "Examples of Fn::ForEach in the Conditions section" (the place of Condition).
"""

import collections
import re

import pytest
from samtranslator.yaml_helper import yaml_parse

from expansion import KINDS, TEMPLATE

LOOP = "Fn::ForEach::"

# Keys of a looped resource, in the order in which they are written.
ORDER = ["Type", "Condition", "DependsOn", "Metadata", "Properties"]

Loop = collections.namedtuple("Loop", "name variable fragment")


def loops(value):
    """All loops in a part of a template, including those inside other loops."""
    if isinstance(value, list):
        for each in value:
            yield from loops(each)
    if isinstance(value, dict):
        for key, each in value.items():
            if key.startswith(LOOP):
                variable, _, fragment = each
                yield Loop(key.removeprefix(LOOP), variable, fragment)
            yield from loops(each)


def logical_ids(resources, item="[0-9A-Za-z]*"):
    """Patterns of the logical ids of all resources. In a looped one `item` stands for the item of the list."""
    for key, each in resources.items():
        if key.startswith(LOOP):
            yield from logical_ids(each[2], item)
        else:
            yield re.sub(r"[$&]\{\w+\}", lambda _: item, key)


def names_used_twice(template):
    """Names of loops and their variables that are also the name of a parameter, a resource or another loop."""
    names = [name for loop in loops(template) for name in (loop.name, loop.variable)]
    ids = "|".join(logical_ids(template["Resources"]))
    parameters = template.get("Parameters", {})
    return sorted({name for name in names if name in parameters or re.fullmatch(ids, name) or names.count(name) > 1})


def ids_made_twice(template):
    """Logical ids, without the item of a list, that an item of another key would make a second time."""
    patterns = list(logical_ids(template["Resources"]))
    stems = enumerate(logical_ids(template["Resources"], item=""))
    return [stem for at, stem in stems if any(re.fullmatch(each, stem) for each in patterns[:at] + patterns[at + 1 :])]


def looped_resources(template):
    for loop in loops(template["Resources"]):
        yield from ((key, each) for key, each in loop.fragment.items() if not key.startswith(LOOP))


def beginning_with_condition(template):
    return [key for key, resource in looped_resources(template) if next(iter(resource)) == "Condition"]


def test_names_of_loops_and_their_variables_name_nothing_else(template):
    assert names_used_twice(template) == []


def test_no_item_of_a_list_makes_a_resource_twice(template):
    assert ids_made_twice(template) == []


def test_a_condition_is_never_the_first_key_of_a_looped_resource(template):
    assert beginning_with_condition(template) == []


def test_all_looped_resources_have_their_keys_in_one_order(template):
    for name, resource in looped_resources(template):
        assert list(resource) == [key for key in ORDER if key in resource], name


def test_each_kind_of_log_has_a_loop_and_their_names_follow_one_rule():
    found = [(loop.name, loop.variable) for loop in loops(TEMPLATE)]
    assert found == [(f"LoopOver{kind}LogGroups", f"Each{kind}LogGroup") for kind in KINDS]
    others = [*TEMPLATE["Parameters"], *logical_ids(TEMPLATE["Resources"])]
    assert [name for name in others if name.startswith(("LoopOver", "Each"))] == []


# A template with a loop in which nothing is wrong. Each row of the tests below makes one mistake.
SOUND = """
Parameters:
  Groups:
    Type: CommaDelimitedList
Resources:
  Bucket:
    Type: AWS::S3::Bucket
  Fn::ForEach::LoopOverGroups:
    - EachGroup
    - !Ref Groups
    - Filter&{EachGroup}:
        Type: AWS::Logs::SubscriptionFilter
        Condition: HasGroups
"""


def with_mistake(old, new):
    assert old in SOUND
    return yaml_parse(SOUND.replace(old, new))


def test_a_sound_loop_passes():
    sound = yaml_parse(SOUND)
    assert (names_used_twice(sound), ids_made_twice(sound), beginning_with_condition(sound)) == ([], [], [])


@pytest.mark.parametrize(
    ("what", "old", "new", "found"),
    [
        ("a variable and a parameter", "EachGroup", "Groups", ["Groups"]),
        ("a variable and a resource", "EachGroup", "Bucket", ["Bucket"]),
        ("a variable and what an item makes", "EachGroup", "Filters", ["Filters"]),
        ("a loop and a parameter", "LoopOverGroups", "Groups", ["Groups"]),
        ("a loop and a resource", "LoopOverGroups", "Bucket", ["Bucket"]),
        ("a loop and what an item makes", "LoopOverGroups", "Filters", ["Filters"]),
        ("a loop and its variable", "LoopOverGroups", "EachGroup", ["EachGroup"]),
        (
            "a loop and one of another section",
            "Resources:\n",
            "Conditions:\n  Fn::ForEach::LoopOverGroups: [EachName, [a], {'Has${EachName}': !Equals [a, a]}]\nResources:\n",
            ["LoopOverGroups"],
        ),
        (
            "a variable and that of a loop around it",
            "Type: AWS::S3::Bucket",
            "Properties:\n      Fn::ForEach::LoopOverTags: [EachGroup, [a], {'${EachGroup}': b}]",
            ["EachGroup"],
        ),
    ],
)
def test_a_name_of_a_loop_that_is_used_twice_is_found(what, old, new, found):
    assert names_used_twice(with_mistake(old, new)) == found, what


@pytest.mark.parametrize(("other", "found"), [("FilterOfBucket", ["FilterOfBucket"]), ("MyFilter", [])])
def test_an_item_that_would_make_a_resource_again_is_found(other, found):
    assert ids_made_twice(with_mistake("  Bucket:", f"  {other}:")) == found


def test_two_loops_that_make_the_same_resources_are_found():
    again = "  Fn::ForEach::LoopAgain: [EachName, [a], {'Filter${EachName}': {Type: AWS::S3::Bucket}}]\n  Bucket:"
    assert ids_made_twice(with_mistake("  Bucket:", again)) == ["Filter", "Filter"]


def test_a_condition_before_the_type_is_found():
    lines = "        Type: AWS::Logs::SubscriptionFilter\n        Condition: HasGroups\n"
    swapped = "        Condition: HasGroups\n        Type: AWS::Logs::SubscriptionFilter\n"
    assert beginning_with_condition(with_mistake(lines, swapped)) == ["Filter&{EachGroup}"]
