"""The CDK construct of a release: the example of its README and the snippet of docs/operating.md, compiled, synthesised and
checked by cdk-nag. Needs Node; aws-cdk-lib and the others are in .tools/cdk."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import zipfile

import pytest

PROJECT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(PROJECT / "tests/template"))

import expansion

MODULES = PROJECT / ".tools/cdk/node_modules"
README = (PROJECT / "deploy/cdk/README.md").read_text()
OPERATING = (PROJECT / "docs/operating.md").read_text()
FORMATS = json.loads((PROJECT / "deploy/access-log-formats.json").read_text())

# Around the snippet of docs/operating.md.
OTHER = """
class OtherStack extends cdk.Stack {
  constructor(scope: cdk.App, id: string) {
    super(scope, id);
    const accessLogs = new logs.LogGroup(this, 'AccessLogs');
%s  }
}
new OtherStack(app, 'other');
"""
NAG = """
import {AwsSolutionsChecks} from 'cdk-nag';
cdk.Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
"""
SYNTH = "app.synth();\n"

ARCHITECTURE = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}[os.uname().machine]


def blocks(page):
    return re.findall(r"^```ts\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


def run(*command, folder):
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=os.environ | {"CDK_OUTDIR": "cdk.out"})


def compiled(folder, text):
    """Compiles an app in this folder, and returns how its run ended."""
    (folder / "app.ts").write_text(text)
    options = ["--target", "es2022", "--module", "commonjs", "--strict", "--noUnusedLocals", "--skipLibCheck"]
    done = run("node", MODULES / "typescript/bin/tsc", *options, "app.ts", folder=folder)
    assert done.returncode == 0, done.stdout
    return run("node", "app.js", folder=folder)


def unpacked(folder):
    (folder / "node_modules").symlink_to(MODULES)
    [release] = (PROJECT / "target/package").glob("why5xx-cdk-*.zip")
    with zipfile.ZipFile(release) as zipped:
        zipped.extractall(folder / "why5xx-cdk")
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return unpacked(tmp_path_factory.mktemp("cdk"))


@pytest.fixture(scope="module")
def example():
    # This machine may have no program for the default.
    before = "  alarmEmail: "
    example, acknowledged = blocks(README)
    assert before in example
    return example.replace(before, f"  architecture: '{ARCHITECTURE}',\n{before}") + NAG, acknowledged


@pytest.fixture(scope="module")
def app(folder, example):
    """The templates of the stacks by name, and the folder that they are in."""
    code, acknowledged = example
    [snippet] = blocks(OPERATING)
    done = compiled(folder, code + acknowledged + OTHER % snippet + SYNTH)
    assert done.returncode == 0, done.stderr
    found = folder / "cdk.out"
    return {name: json.loads((found / f"{name}.template.json").read_text()) for name in ("orders", "why5xx", "other")}, found


def of_type(template, kind):
    return {name: each["Properties"] for name, each in template["Resources"].items() if each["Type"] == kind}


def test_log_groups_of_each_kind_are_subscribed_and_have_an_alarm(app):
    templates, _ = app
    template = templates["why5xx"]
    found = {}
    for name, properties in of_type(template, "AWS::Logs::SubscriptionFilter").items():
        if name == "CanarySubscription":
            continue
        kind = properties["FilterName"]["Fn::Join"][1][1].removeprefix("/")
        found[kind] = properties
        assert properties["DestinationArn"] == {"Fn::GetAtt": ["Function", "Arn"]}
        pattern = expansion.value_of(properties["FilterPattern"], {}, template)
        assert pattern == expansion.TEMPLATE["Mappings"]["FilterPatterns"][kind.title()]["Default"]
        # A filter without the permission is switched off for minutes.
        assert template["Resources"][name]["DependsOn"] == ["InvokePermission"]
    assert found["execution"]["LogGroupName"] == "API-Gateway-Execution-Logs_a1b2c3d4e5/prod"
    assert "Fn::ImportValue" in found["access"]["LogGroupName"] and len(found) == 2
    alarms = [each for name, each in of_type(template, "AWS::CloudWatch::Alarm").items() if name.startswith("Why5xx")]
    assert len(alarms) == 2
    for alarm in alarms:
        _, errors, throttled = alarm["Metrics"]
        for part in errors, throttled:
            dimensions = {each["Name"]: each["Value"] for each in part["MetricStat"]["Metric"]["Dimensions"]}
            [kind] = [kind for kind, each in found.items() if each["FilterName"] == dimensions["FilterName"]]
            assert dimensions["LogGroupName"] == found[kind]["LogGroupName"] and dimensions["DestinationType"] == "Lambda"
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": "AlarmTopic"}]


def test_the_code_is_the_zip_of_the_release(app):
    templates, found = app
    code = templates["why5xx"]["Resources"]["Function"]["Properties"]["Code"]
    key = expansion.value_of(code["S3Key"]["Fn::If"][1], {}, templates["why5xx"])
    asset = (found / f"asset.{key}").read_bytes()
    [release] = (PROJECT / "target/package").glob(f"why5xx-lambda-*-{ARCHITECTURE}.zip")
    assert asset == release.read_bytes()


def test_the_rest_is_the_template_of_the_release(app):
    template = app[0]["why5xx"]
    for name, each in expansion.TEMPLATE["Outputs"].items():
        assert template["Outputs"][name]["Description"] == each["Description"], name
    missing = set(expansion.RESOURCES) - set(template["Resources"])
    assert missing == set()


def test_a_stage_has_the_format_of_its_type_of_api(app):
    [stage] = of_type(app[0]["orders"], "AWS::ApiGatewayV2::Stage").values()
    assert stage["AccessLogSettings"]["Format"] == FORMATS["http"]


def test_the_snippet_for_other_stacks_subscribes_as_the_module_does(app):
    [found] = of_type(app[0]["other"], "AWS::Logs::SubscriptionFilter").values()
    assert found["FilterName"] == "orders/access"
    assert found["DestinationArn"] == {"Fn::ImportValue": "why5xx-FunctionArn"}
    assert found["FilterPattern"] == {"Fn::GetStackOutput": {"StackName": "why5xx", "OutputName": "AccessFilterPattern"}}


def test_the_linter_finds_no_error(app):
    linter = shutil.which("cfn-lint", path=f"{PROJECT / '.tools/sam/bin'}")
    # Parameters that are given leave conditions that always hold, which are warnings.
    done = run(linter, "--ignore-checks", "W", "--", app[1] / "why5xx.template.json", folder=app[1])
    assert done.returncode == 0, done.stdout


def test_cdk_nag_has_rules_to_break(tmp_path, example):
    """So that its silence above means something."""
    done = compiled(unpacked(tmp_path), example[0] + SYNTH)
    assert done.returncode != 0 and "AwsSolutions-S1" in done.stderr


def test_a_log_group_of_two_kinds_is_an_error(tmp_path, example):
    code = example[0].replace("access: [orders.accessLogs]", "access: [orders.accessLogs], flow: [orders.accessLogs]")
    done = compiled(unpacked(tmp_path), code + SYNTH)
    assert "There is already a Construct with name" in done.stderr


def test_the_formats_are_those_of_the_pages():
    page = (PROJECT / "docs/causes.md").read_text()
    for kind, heading in {"rest": "REST", "http": "HTTP", "websocket": "WebSocket"}.items():
        [found] = set(re.findall(rf"^\d\. {heading} API:\n\n +```text\n +(\{{.*\}})$", page, re.MULTILINE))
        assert FORMATS[kind] == found
