"""What `make package` writes: the template without transforms, and zips that are the same each time."""

import json
import pathlib
import re
import subprocess
import sys
import tarfile
import zipfile

import pytest
import yaml

import expansion
from expansion import TEMPLATE, TEXT

PROJECT = pathlib.Path(__file__).parents[2]

# The one whose rules are tested, whatever else PATH has.
LINTER = pathlib.Path(sys.executable).with_name("cfn-lint")
LOOPS = {name: each for name, each in TEMPLATE["Resources"].items() if name.startswith("Fn::ForEach::")}


def subscribed(plain, **parameters):
    """The log groups of the subscriptions that are made, by logical id."""
    return {
        name: expansion.value_of(resource["Properties"]["LogGroupName"], parameters, plain)
        for name, resource in plain["Resources"].items()
        if resource["Type"] == "AWS::Logs::SubscriptionFilter"
        and "Condition" in resource
        and expansion.holds(resource["Condition"], parameters, plain)
    }


def uses(variable, value):
    """Whether the variable of a loop stands in a value."""
    text = json.dumps(value)
    return f'"{variable}"' in text or f"{{{variable}}}" in text


def test_nothing_in_the_plain_template_needs_a_transform(plain, plain_text):
    assert "Transform" not in plain
    assert "Fn::ForEach" not in plain_text and "AWS::Serverless" not in plain_text
    # Aliases are what CloudFormation does not read.
    assert not any(isinstance(token, yaml.AliasToken) for token in yaml.scan(plain_text))


def test_the_linter_takes_the_plain_template(package, monkeypatch, tmp_path):
    # All places are alike, and the linter would take a minute for 120 of them.
    monkeypatch.setattr(package.plain_template, "PLACES", 2)
    path = tmp_path / "plain.yaml"
    package.write_template(path)
    done = subprocess.run([LINTER, path], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_plain_template_is_within_the_limits(plain, plain_text):
    # CloudFormation User Guide, quotas: a template in S3 has 1 MB at most, and 500 resources.
    assert len(plain_text.encode()) < 1_000_000
    assert len(plain["Resources"]) <= 500


def test_what_is_not_in_a_loop_is_as_in_the_template(plain, package):
    written = package.plain_template.without_needless_subs(expansion.translated({}))
    for name, resource in written.items():
        if name not in package.plain_template.FUNCTIONS and name in expansion.RESOURCES:
            assert plain["Resources"][name] == resource, name
    for name in package.plain_template.FUNCTIONS:
        function, expected = plain["Resources"][name]["Properties"], written[name]["Properties"]
        assert {name: each for name, each in function.items() if name != "Code"} == {
            name: each for name, each in expected.items() if name not in ("Code", "Tags")
        }
    for section in "Mappings", "Outputs":
        assert plain[section] == TEMPLATE[section]
    own = set(plain["Parameters"]) - set(TEMPLATE["Parameters"])
    assert own == {"CodeBucket", "CodeKey"}


def test_the_code_is_the_zip_of_the_architecture_unless_a_key_is_named(plain, package):
    code = plain["Resources"]["Function"]["Properties"]["Code"]
    for name in "Notifier", "Surveyor":
        assert plain["Resources"][name]["Properties"]["Code"] == code
    condition, named, otherwise = code["S3Key"]["Fn::If"]
    assert named == {"Ref": "CodeKey"}
    assert not expansion.holds(condition, {}, plain) and expansion.holds(condition, {"CodeKey": "a.zip"}, plain)
    architectures = TEMPLATE["Parameters"]["Architecture"]["AllowedValues"]
    zips = [otherwise["Fn::Sub"].replace("${Architecture}", architecture) for architecture in architectures]
    assert zips == [package.zip_name(architecture) for architecture in package.TARGETS]


@pytest.mark.parametrize(
    ("given", "bucket"),
    [
        ("releases", "releases"),
        ("why5xx-REGION-example", "why5xx-eu-west-1-example"),
        ("REGION", "eu-west-1"),
        ("releases-us-east-1", "releases-us-east-1"),
    ],
)
def test_the_bucket_of_the_code_may_have_the_region_in_its_name(plain, given, bucket):
    """All stacks of a stack set have the same value, those of accounts that join later too, and Lambda reads from its own Region."""
    made = expansion.Stack(plain, {"CodeBucket": given, "AlarmEmail": "team@example.com"}, {"AWS::Region": "eu-west-1"})
    assert {each["Code"]["S3Bucket"] for each in made.of_type("AWS::Lambda::Function").values()} == {bucket}


@pytest.mark.parametrize("name", ["Releases", "re", "{region}-releases", "REGION-REGION", "x" * 64, ""])
def test_what_is_no_name_of_a_bucket_is_refused(plain, name):
    with pytest.raises(expansion.Refused, match="CodeBucket must be the name of an S3 bucket"):
        expansion.Stack(plain, {"CodeBucket": name})


def test_each_name_of_a_list_is_subscribed_in_its_place(plain):
    lists = {"ExecutionLogGroups": "a,b", "FlowLogGroups": "/vpc/flow"}
    assert subscribed(plain, **lists) == {
        "ExecutionSubscription1": "a",
        "ExecutionSubscription2": "b",
        "FlowSubscription1": "/vpc/flow",
    }
    assert subscribed(plain) == {}


def test_an_empty_place_moves_no_other_name(plain):
    expected = {"AccessSubscription1": "a", "AccessSubscription3": "c"}
    assert subscribed(plain, AccessLogGroups="a,,c") == expected


def test_more_names_than_places_are_refused_and_not_left_out(plain, package):
    places = package.plain_template.PLACES
    names = [f"group-{nth}" for nth in range(places + 1)]
    full = subscribed(plain, FunctionLogGroups=",".join(names[:places]))
    assert list(full.values()) == names[:places]
    refused = subscribed(plain, FunctionLogGroups=",".join(names))
    # Blanks are in no name of a log group.
    assert refused["TooManyFunctionLogGroups"] == f"more than {places} names are in FunctionLogGroups"


def test_what_is_in_a_loop_is_in_each_place_as_in_the_loop(plain, package):
    for name, (variable, _, fragment) in LOOPS.items():
        for key, expected in fragment.items():
            for place in 1, package.plain_template.PLACES:
                made = plain["Resources"][key.replace(f"&{{{variable}}}", str(place))]
                assert (made["Type"], made.get("DependsOn")) == (expected["Type"], expected.get("DependsOn")), name
                assert list(made["Properties"]) == list(expected["Properties"])
                same = {each: value for each, value in expected["Properties"].items() if not uses(variable, value)}
                assert same and same.items() <= made["Properties"].items(), key
                # CloudFormation would look for a parameter or resource of that name.
                assert f'{{"Ref": "{variable}"}}' not in json.dumps(made), key


def test_without_lists_nothing_is_left_of_the_loops_and_the_rest_is_the_same(package, plain, tmp_path):
    path = tmp_path / "plain.yaml"
    package.write_template(path, lists=False)
    written = yaml.safe_load(path.read_text())
    own = {key.replace("&{" + each[0] + "}", "") for each in LOOPS.values() for key in each[2]}
    expected = {name for name in plain["Resources"] if not name.startswith("TooMany") and name.rstrip("0123456789") not in own}
    assert set(written["Resources"]) == expected
    assert all(written["Resources"][name] == plain["Resources"][name] for name in expected)
    assert written["Outputs"] == plain["Outputs"] and written["Mappings"] == plain["Mappings"]
    lists = {each[1]["Ref"] for each in LOOPS.values()}
    patterns = {name for name in TEMPLATE["Parameters"] if name.endswith("FilterPattern")}
    assert set(plain["Parameters"]) - set(written["Parameters"]) == lists | patterns
    done = subprocess.run([LINTER, path], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_a_deploy_folder_holds_all_that_its_tool_needs(package, tmp_path):
    program = tmp_path / "why5xx-lambda-0-arm64.zip"
    program.write_bytes(b"program")
    for tool in package.DEPLOY_TOOLS:
        made = [tmp_path / f"{tool}-{nth}.zip" for nth in range(2)]
        for path in made:
            package.write_deploy_folder(tool, {"arm64": program}, path)
        assert made[0].read_bytes() == made[1].read_bytes()
        with zipfile.ZipFile(made[0]) as zipped:
            names = set(zipped.namelist())
            assert zipped.read("why5xx-lambda-arm64.zip") == b"program"
        # What the module or the construct reads beside itself.
        code = "".join(path.read_text() for path in (PROJECT / "deploy" / tool).iterdir() if path.suffix in (".tf", ".ts"))
        read = set(re.findall(r"[-a-z0-9]+\.(?:json|yaml)", code))
        assert {"README.md", "access-log-formats.json", "why5xx.yaml"} | read <= names


def test_the_sbom_names_each_crate_that_is_compiled_in_and_none_of_the_tests(package, tmp_path):
    made = [tmp_path / name for name in ("one.json", "other.json")]
    for path in made:
        package.write_sbom(path)
    assert made[0].read_bytes() == made[1].read_bytes()
    document = json.loads(made[0].read_text())
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.5")
    names = {each["name"] for each in document["components"]}
    assert {"aws-sdk-cloudwatch", "lambda_runtime", "clap", "flate2"} <= names
    assert not {"why5xx", "proptest", "insta", "rcgen"} & names
    for each in document["components"]:
        assert each["purl"] == f"pkg:cargo/{each['name']}@{each['version']}"
        assert each["licenses"][0]["expression"] and len(each["hashes"][0]["content"]) == 64
    references = {each["bom-ref"] for each in document["components"]} | {document["metadata"]["component"]["bom-ref"]}
    assert {other for each in document["dependencies"] for other in each["dependsOn"]} <= references


@pytest.mark.parametrize("name", ["terraform/main.tf", "cdk/why5xx.ts"])
def test_a_deploy_folder_stays_small(name):
    assert len((PROJECT / "deploy" / name).read_text().splitlines()) < 150


def test_an_extension_that_is_not_written_out_is_an_error(package):
    counts = TEXT.replace("\nOutputs:\n", "\nOutputs:\n  Groups:\n    Value:\n      Fn::Length: !Ref FlowLogGroups\n")
    with pytest.raises(AssertionError, match="extension"):
        package.plain_template.plain(counts, "0", "f.zip")


def test_a_zip_depends_on_the_program_alone(package, tmp_path):
    made = []
    for name in "one", "other":
        program = tmp_path / name
        program.write_bytes(b"\x7fELF" + bytes(range(256)) * 100)
        path = tmp_path / f"{name}.zip"
        package.write_zip(program, path)
        made.append(path.read_bytes())
        program.touch()
    assert made[0] == made[1] and len(made[0]) < program.stat().st_size / 10
    with zipfile.ZipFile(tmp_path / "one.zip") as zipped:
        [entry] = zipped.infolist()
    # Lambda starts it, so that it must be a program.
    assert (entry.filename, entry.external_attr >> 16) == ("bootstrap", 0o100755)


def test_the_command_s_tar_depends_on_the_program_and_the_licences_alone(package, tmp_path):
    program = tmp_path / "bootstrap"
    program.write_bytes(b"\x7fELF")
    made = [tmp_path / f"{nth}.tar.gz" for nth in range(2)]
    for path in made:
        package.write_command(program, path)
        program.touch()
    assert made[0].read_bytes() == made[1].read_bytes()
    with tarfile.open(made[0]) as tar:
        assert {each.name: each.mode for each in tar} == {"why5xx": 0o755, "LICENSE-APACHE": 0o644, "LICENSE-MIT": 0o644}


def test_checksums_are_what_sha256sum_checks(package, tmp_path):
    paths = [tmp_path / "one.zip", tmp_path / "template.yaml"]
    for path in paths:
        path.write_text(path.name)
    package.write_lists(tmp_path, paths, {"one.zip": 123})
    subprocess.run(["sha256sum", "--check", "--strict", "checksums.txt"], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "sizes.txt").read_text() == "7\tone.zip\n13\ttemplate.yaml\n123\tone.zip, unpacked\n"


def test_an_architecture_that_cannot_be_built_is_said_and_fails(package, tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(package, "FOLDER", tmp_path / "package")
    # Compilers without any standard library.
    monkeypatch.setattr(package, "compilers", lambda: ["/bin/false", str(tmp_path / "none")])
    monkeypatch.setenv("ARCHITECTURES", "arm64")
    monkeypatch.setattr("sys.argv", ["package"])
    with pytest.raises(SystemExit) as ended:
        package.main()
    assert ended.value.code == 1
    said = capfd.readouterr().err
    assert "arm64 LEFT OUT" in said and "rustup target add aarch64-unknown-linux-gnu" in said
    # What can be written is written.
    assert [path.name for path in sorted((tmp_path / "package").iterdir())] == [
        "checksums.txt", "sizes.txt", f"why5xx-{package.version()}.cdx.json", f"why5xx-{package.version()}.yaml",
    ]


@pytest.mark.parametrize("built, status", [({"x86_64"}, 0), (set(), 1)])
def test_where_only_the_possible_is_wanted_nothing_at_all_still_fails(package, built, status, tmp_path, monkeypatch):
    program = tmp_path / "bootstrap"
    program.touch()
    monkeypatch.setattr(package, "FOLDER", tmp_path / "package")
    monkeypatch.setattr(package, "build_all", lambda *_: dict.fromkeys(built, program))
    monkeypatch.setattr("sys.argv", ["package", "--possible"])
    with pytest.raises(SystemExit) as ended:
        package.main()
    assert ended.value.code == status


def test_a_release_is_optimised_unless_sam_too_would_not(package, monkeypatch):
    monkeypatch.delenv("SAM_BUILD_MODE", raising=False)
    assert package.mode() == ["--release"]
    monkeypatch.setenv("SAM_BUILD_MODE", "debug")
    assert package.mode() == []


def test_the_compiler_is_the_first_that_has_the_library_of_the_target(package, tmp_path, monkeypatch):
    found = []
    for name in "without", "with", "also":
        folder = tmp_path / f"lib-{name}"
        folder.mkdir()
        if name != "without":
            (folder / "libstd-0123456789abcdef.rlib").touch()
        found.append(tmp_path / name)
        found[-1].write_text(f"#!/bin/sh\ntest \"$4\" = aarch64-unknown-linux-gnu && echo {folder}\n")
        found[-1].chmod(0o755)
    monkeypatch.setattr(package, "compilers", lambda: list(map(str, found)))
    assert package.compiler_for("aarch64-unknown-linux-gnu") == str(found[1])


def test_an_unknown_architecture_is_refused(package, monkeypatch):
    monkeypatch.setenv("ARCHITECTURES", "riscv64")
    monkeypatch.setattr("sys.argv", ["package"])
    with pytest.raises(SystemExit, match="arm64 x86_64"):
        package.main()


def test_the_changelog_has_the_version_and_says_first_what_is_counted_differently(package):
    releases = re.split(r"^## ", (PROJECT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)[1:]
    assert package.version() in [release.split()[0] for release in releases]
    for release in releases:
        heads = re.findall(r"^### (.*)$", release, flags=re.MULTILINE)
        assert heads[0] == "Counted differently"
