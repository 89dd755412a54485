"""What sam makes of the template's parameters: it saves them, reads them again, and hands them over with each deployment."""

import importlib.metadata
import pathlib
import re

import click
import pytest
from samcli.cli.types import CfnParameterOverridesType
from samcli.commands.deploy.guided_config import GuidedConfig
from samcli.lib.config.samconfig import SamConfig

from expansion import PARAMETERS, TEMPLATE, Stack
from test_expanded import SETS

PROJECT = pathlib.Path(__file__).parents[2]
README = (PROJECT / "README.md").read_text()

# What saves a parameter that nobody named: the default of its day.
DEFAULTS = {name: str(each["Default"]) for name, each in PARAMETERS.items()}


def saved_and_read(given, folder):
    """The values after `sam deploy --guided` has written its file and a `sam deploy` has read it."""
    config = SamConfig(folder, "samconfig.toml")
    with click.Context(click.Command("deploy"), info_name="deploy"):
        guided = GuidedConfig(folder / "template.yaml", "parameters")
        guided._save_parameter_overrides(["deploy"], "default", given, config)
    config.flush()
    text = SamConfig(folder, "samconfig.toml").get_all(["deploy"], "parameters")["parameter_overrides"]
    return CfnParameterOverridesType().convert((text,), None, None)


@pytest.mark.parametrize("name", SETS)
def test_sam_reads_the_parameters_that_it_saved(name, tmp_path):
    given = DEFAULTS | {key: str(each) for key, each in SETS[name].items()}
    assert saved_and_read(given, tmp_path) == given


def test_sam_hands_on_the_default_patterns_of_earlier_versions_unchanged(tmp_path):
    patterns = TEMPLATE["Mappings"]["FilterPatterns"]
    saved = DEFAULTS | {f"{kind}FilterPattern": each["Of01"] for kind, each in patterns.items() if "Of01" in each}
    read = saved_and_read(saved, tmp_path)
    assert read == saved
    subscribed = Stack(TEMPLATE, read | {"AccessLogGroups": "a", "FunctionLogGroups": "b"}).of_type("AWS::Logs::SubscriptionFilter")
    assert subscribed["AccessSubscriptiona"]["FilterPattern"] == patterns["Access"]["Default"]
    assert subscribed["FunctionSubscriptionb"]["FilterPattern"] == patterns["Function"]["Default"]


def test_the_readme_deploys_in_one_line_that_asks_nothing():
    [command] = [each for each in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) if "sam deploy" in each]
    line = re.search(r"sam deploy(?:[^\\\n]|\\\n)*", command).group().replace("\\\n", " ")
    assert "--guided" not in line and "--resolve-s3" in line and "--no-confirm-changeset" in line
    assert {"CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"} <= set(line.split())
    overrides = CfnParameterOverridesType().convert((line.partition("--parameter-overrides ")[2],), None, None)
    assert {"AccessLogGroups", "AlarmEmail"} <= set(overrides)
    Stack(TEMPLATE, overrides)


def version(text):
    return tuple(map(int, text.split(".")))


def test_the_sam_that_the_readme_asks_for_reads_loops():
    # Below, sam ends at Fn::ForEach with an error: aws-sam-cli#5647.
    [asked] = re.findall(r"AWS SAM CLI\]\([^)]*\),?\s+(\d+\.\d+)\s+or\s+later", README)
    assert version(asked) >= (1, 160)
    assert version(importlib.metadata.version("aws-sam-cli"))[:2] >= version(asked)
