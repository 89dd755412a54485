"""What `make package` writes, deployed without sam and without a transform: the zip's function counts what arrives."""

import hashlib
import os
import subprocess
import sys
import time

import pytest
import yaml

import emulator
import test_chain as chain

sys.path.insert(0, str(chain.PROJECT / "tests/template"))

import expansion

STACK = "why5xx-plain"
BUCKET = "releases"
PACKAGE = chain.PROJECT / "target/package"

# Names in the first places and in the last one, and none between.
GROUPS = {1: "API-Gateway-Execution-Logs_p1l2a3i4n5/live", 30: "API-Gateway-Execution-Logs_p1l2a3i4n5/last"}


def package():
    """Runs the script as `make package` does, for this machine and the function alone. Returns the checksums."""
    python = chain.TOOLS / "sam/bin/python"
    environment = os.environ | {"ARCHITECTURES": chain.ARCHITECTURE, "PATH": f"{python.parent}:{os.environ['PATH']}"}
    subprocess.run([python, "scripts/package", "--function"], cwd=chain.PROJECT, env=environment, check=True, capture_output=True)
    return (PACKAGE / "checksums.txt").read_text()


def with_conditions_evaluated(text, parameters):
    """The template with its conditions worked out, for the emulator knows neither Join nor Split in them."""
    template = yaml.safe_load(text)
    for name in template["Conditions"]:
        holds = expansion.holds(name, parameters, template)
        template["Conditions"][name] = {"Fn::Equals": ["it holds", "it holds" if holds else "not"]}
    return yaml.safe_dump(template, sort_keys=False)


@pytest.fixture(scope="module")
def checksums():
    return package()


@pytest.fixture(scope="module")
def stack(checksums, tmp_path_factory):
    folder = tmp_path_factory.mktemp("plain")
    with emulator.running(chain.TOOLS / "emulator/bin/ministack", folder) as endpoint:
        deployed = chain.Stack(endpoint)
        deployed.s3.create_bucket(Bucket=BUCKET)
        for group in GROUPS.values():
            deployed.logs.create_log_group(logGroupName=group)
        [template], [code] = PACKAGE.glob("*.yaml"), PACKAGE.glob(f"*{chain.ARCHITECTURE}.zip")
        names = [GROUPS.get(place, "") for place in range(1, max(GROUPS) + 1)]
        parameters = {
            "CodeBucket": BUCKET,
            "Architecture": chain.ARCHITECTURE,
            "ExecutionLogGroups": ",".join(names),
            "ExecutionFilterPattern": "",
            "Namespace": chain.NAMESPACE,
        }
        known = folder / template.name
        known.write_text(with_conditions_evaluated(template.read_text(), parameters))
        emulator.leave_out_what_it_cannot_make(known)
        for path in known, code:
            deployed.s3.upload_file(str(path), BUCKET, path.name)
        deployed.cloudformation.create_stack(
            StackName=STACK,
            TemplateURL=f"{endpoint}/{BUCKET}/{known.name}",
            # No CAPABILITY_AUTO_EXPAND: there is nothing to expand.
            Capabilities=["CAPABILITY_IAM"],
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        )
        deployed.cloudformation.get_waiter("stack_create_complete").wait(
            StackName=STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 120}
        )
        yield deployed


def test_the_same_sources_make_the_same_release(checksums):
    assert package() == checksums
    for line in checksums.splitlines():
        checksum, name = line.split("  ")
        assert hashlib.sha256((PACKAGE / name).read_bytes()).hexdigest() == checksum


def test_only_places_with_names_are_subscribed(stack):
    made = {name for name in stack.resources(STACK) if name.startswith("ExecutionSubscription")}
    assert made == {f"ExecutionSubscription{place}" for place in GROUPS}
    assert not [name for name in stack.resources(STACK) if name.startswith("TooMany")]


@pytest.mark.parametrize("group", GROUPS.values())
def test_the_function_of_the_zip_counts(stack, group):
    stage = group.rpartition("/")[2]
    message = "(5f1c7d20-0f2e-4a57-9f63-2b1c8e4d7a90) Execution failed due to a timeout error"
    stack.put(group, "0f1e2d3c4b5a69788796a5b4c3d2e1f1", [{"timestamp": int(time.time() * 1000), "message": message}])
    key = "Errors", (("ApiId", "p1l2a3i4n5"), ("Cause", "integration_timeout"), ("Stage", stage))
    assert chain.wait_for(lambda: stack.counts().get(key), 1) == 1
