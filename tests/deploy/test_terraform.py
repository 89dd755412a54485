"""The Terraform module of a release: the example of its README, validated, deployed to an emulator and updated."""

import json
import pathlib
import platform
import re
import subprocess
import sys
import time
import zipfile

import boto3
import pytest

PROJECT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(PROJECT / "tests/chain"))

import emulator
import test_chain as chain

PYTHON = chain.TOOLS / "terraform/bin/python"
README = (PROJECT / "deploy/terraform/README.md").read_text()
OPERATING = (PROJECT / "docs/operating.md").read_text()

# What the test adds to the README's example, as Terraform merges it.
OVERRIDE = """
module "why5xx" {
  name            = "%s"
  architecture    = "%s"
  filter_patterns = { access = "", execution = "" }
  parameters      = { Namespace = "%s", MemorySize = "%d" }
  %s
}
"""
PROVIDER = """
provider "aws" {
  region                      = "us-east-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  s3_force_path_style         = true
  endpoints {
    %s
  }
}
"""
SERVICES = ["apigateway", "cloudformation", "cloudwatch", "cloudwatchlogs", "s3", "sts"]

if platform.machine() != "x86_64":
    pytest.skip("the provider is there for x86_64 alone", allow_module_level=True)

KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}

# The log groups of the README's example.
GROUPS = {"access": "/apis/orders/access", "execution": "API-Gateway-Execution-Logs_a1b2c3d4e5/prod"}

# The one provider that comes as a package of Python. Version 4 named the resource differently, and nothing else of what is used here.
OLD_NAMES = {'">= 4.0"': '">= 3.39"', "aws_s3_object": "aws_s3_bucket_object"}


def block(page, language, nth=0):
    """A block of code of a page."""
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)[nth]


def terraform(*arguments, folder, where=None):
    done = subprocess.run(
        [PYTHON, pathlib.Path(__file__).with_name("terraform.py"), *arguments],
        cwd=where or folder.path,
        env=folder.env,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"terraform {' '.join(arguments)}:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


class Folder:
    """A folder with the README's example and the unpacked release, for an emulator at this endpoint."""

    def __init__(self, path, endpoint):
        self.path = path
        self.env = emulator.environment(endpoint) | {"TF_CLI_CONFIG_FILE": str(path / "mirror.tfrc"), "CHECKPOINT_DISABLE": "1"}
        plugins = next(chain.TOOLS.glob("terraform/lib/python3*/site-packages/cloudrail/terraform_plugins"))
        mirror = path / "mirror/registry.terraform.io/hashicorp/aws"
        mirror.mkdir(parents=True)
        [plugin] = plugins.glob("terraform-provider-aws_3.39.0_*.zip")
        (mirror / plugin.name).symlink_to(plugin)
        (path / "mirror.tfrc").write_text(f'provider_installation {{ filesystem_mirror {{ path = "{path}/mirror" }} }}')
        (path / "main.tf").write_text(block(README, "hcl"))
        endpoints = "\n".join(f'{service} = "{endpoint}"' for service in SERVICES)
        (path / "provider.tf").write_text(PROVIDER % endpoints)
        self.override(memory=256)
        module = path / "why5xx-terraform"
        [release] = (PROJECT / "target/package").glob("why5xx-terraform-*.zip")
        with zipfile.ZipFile(release) as zipped:
            zipped.extractall(module)
        code = (module / "main.tf").read_text()
        for name, old in OLD_NAMES.items():
            assert name in code
            code = code.replace(name, old)
        (module / "main.tf").write_text(code)
        emulator.leave_out_what_it_cannot_make(module / "why5xx.yaml")

    def override(self, memory, more=""):
        text = OVERRIDE % (chain.STACK, chain.ARCHITECTURE, chain.NAMESPACE, memory, more)
        (self.path / "main_override.tf").write_text(text)


@pytest.fixture(scope="module")
def deployed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("terraform")
    with emulator.running(chain.TOOLS / "emulator/bin/ministack", folder) as endpoint:
        stack = chain.Stack(endpoint)
        stack.apis = boto3.client("apigatewayv2", "us-east-1", endpoint_url=endpoint, **KEYS)
        stack.s3.create_bucket(Bucket="example-releases")
        stack.logs.create_log_group(logGroupName=GROUPS["execution"])
        path = folder / "configuration"
        path.mkdir()
        stack.folder = Folder(path, endpoint)
        terraform("fmt", "-check", folder=stack.folder, where=PROJECT / "deploy/terraform")
        terraform("init", folder=stack.folder)
        terraform("validate", folder=stack.folder)
        terraform("apply", "-auto-approve", folder=stack.folder)
        yield stack


def count(deployed, group, message, metric, api_id, stage, cause):
    deployed.put(group, "0f1e2d3c4b5a69788796a5b4c3d2e1f1", [{"timestamp": int(time.time() * 1000), "message": message}])
    key = metric, (("ApiId", api_id), ("Cause", cause), ("Stage", stage))
    assert chain.wait_for(lambda: deployed.counts().get(key), 1) == 1, deployed.function_log()


def test_log_groups_of_each_kind_are_subscribed_and_count(deployed):
    function = deployed.outputs()["FunctionArn"]
    for kind, group in GROUPS.items():
        assert deployed.subscriptions(group) == [(f"{chain.STACK}/{kind}", "", function)]
    line = "(5f1c7d20-0f2e-4a57-9f63-2b1c8e4d7a90) Execution failed due to a timeout error"
    count(deployed, GROUPS["execution"], line, "Errors", "a1b2c3d4e5", "prod", "integration_timeout")


def test_a_stage_with_the_output_as_its_format_writes_what_names_the_cause(deployed):
    [api] = deployed.apis.get_apis()["Items"]
    [stage] = deployed.apis.get_stages(ApiId=api["ApiId"])["Items"]
    settings = stage["AccessLogSettings"]
    assert settings["Format"] == json.loads((PROJECT / "deploy/access-log-formats.json").read_text())["http"]
    assert settings["DestinationArn"].endswith(f":log-group:{GROUPS['access']}")
    values = {
        "status": "503",
        "requestId": "JKJaXmPLvHcESHA=",
        "apiId": api["ApiId"],
        "stage": stage["StageName"],
        "integrationErrorMessage": "Lambda invocation failed with status: 429",
    }
    variables = json.loads(settings["Format"])
    line = json.dumps({name: values.get(name, "-") for name in variables})
    count(deployed, GROUPS["access"], line, "AccessLogErrors", api["ApiId"], stage["StageName"], "lambda_throttled")


def test_alarms_go_to_the_topic_of_the_address(deployed):
    topic = deployed.outputs()["AlarmTopicArn"]
    alarms = {each["AlarmName"]: each for each in deployed.cloudwatch.describe_alarms()["MetricAlarms"]}
    for kind, group in GROUPS.items():
        alarm = alarms[f"{chain.STACK}: {kind} log not delivered, {group}"]
        assert alarm["AlarmActions"] == alarm["OKActions"] == [topic]


def test_an_update_leaves_the_filters_and_other_stacks_may_subscribe(deployed):
    """The second half is the snippet of docs/operating.md."""
    before = {group: deployed.subscriptions(group) for group in GROUPS.values()}
    deployed.folder.override(memory=512)
    snippet = block(OPERATING, "hcl").replace('name = "why5xx"', f'name = "{chain.STACK}"')
    group = 'resource "aws_cloudwatch_log_group" "access" {\n  name = "/apis/other/access"\n}\n'
    (deployed.folder.path / "other.tf").write_text(group + snippet)
    terraform("plan", "-out=plan", folder=deployed.folder)
    plan = json.loads(terraform("show", "-json", "plan", folder=deployed.folder))
    actions = {each["address"]: each["change"]["actions"] for each in plan["resource_changes"]}
    assert actions["module.why5xx.aws_cloudformation_stack.why5xx"] == ["update"]
    assert {name for name, each in actions.items() if "delete" in each} == set()
    terraform("apply", "plan", folder=deployed.folder)
    function = deployed.outputs()["FunctionArn"]
    assert deployed.function.get_function_configuration(FunctionName=function)["MemorySize"] == 512
    assert {group: deployed.subscriptions(group) for group in GROUPS.values()} == before
    [(name, pattern, destination)] = deployed.subscriptions("/apis/other/access")
    assert (name, destination) == ("orders/access", function)
    assert pattern == deployed.outputs()["AccessFilterPattern"] != ""


def test_what_would_count_twice_or_without_end_is_refused(deployed):
    given = {"one": {"kind": "access", "name": "/apis/a"}, "two": {"kind": "execution", "name": "/apis/a"}}
    own = {"own": {"kind": "function", "name": "/why5xx/why5xx"}}
    unknown = {"odd": {"kind": "lambda", "name": "/apis/a"}}
    once = "Each log group once"
    for log_groups, refusal in (given, once), (own, once), (unknown, "The kind of odd must be one of access, execution"):
        deployed.folder.override(memory=512, more=f"log_groups = {json.dumps(log_groups)}")
        with pytest.raises(AssertionError, match=refusal):
            terraform("plan", folder=deployed.folder)
    deployed.folder.override(memory=512)


# The last test: the stack is gone after it.
def test_destroying_it_leaves_log_groups_that_are_not_its_own(deployed):
    terraform("destroy", "-auto-approve", folder=deployed.folder)
    assert deployed.subscriptions(GROUPS["execution"]) == []
    assert deployed.cloudwatch.describe_alarms()["MetricAlarms"] == []
    assert deployed.s3.list_objects_v2(Bucket="example-releases")["KeyCount"] == 0
