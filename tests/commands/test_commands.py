"""Every command of the AWS CLI in the remedies and pages, parsed by the AWS CLI itself: names, options, required ones, values,
and whether `--query` asks for what the answer can hold. Nothing is sent.

The remedies are taken from docs/causes.md, which a test of the crate holds to the table of causes. tests/it/remedies.rs has the
rules about where a command may stand and what its step must say.
"""

import io
import json
import contextlib
import pathlib
import re
import shlex

import pytest
from awscli import clidriver
from awscli.botocore import validate
from awscli.customizations.commands import BasicCommand
from jmespath.parser import Parser

PROJECT = pathlib.Path(__file__).parents[2]
PAGES = sorted([PROJECT / "README.md", *PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md")])
PAGES = list(dict.fromkeys(page for page in PAGES if page.name != "CHANGELOG.md"))

# Words in capitals that stand for a number or a time; what else is in capitals is a name.
NUMBERS = "SECONDS MILLISECONDS NUMBER PORT FIRST_MS LAST_MS FROM_MS TO_MS RATE BURST READ WRITE".split()
TIMES = "START END".split()

# What version 2 of the AWS CLI has and version 1, whose models these are, lacks.
VERSION_2_OPTIONS = ["--cli-binary-format raw-in-base64-out"]
VERSION_2_COMMANDS = [["configure", "export-credentials"], ["logs", "tail"]]

# Files that commands read, as the pages have them written.
FILES = {
    "event.json": {},
    "item.json": {"id": {"S": "1"}},
    "key.json": {"id": {"S": "1"}},
    "policy.json": {},
    "trust.json": {},
    "kept.json": {},
    "format.json": [{"op": "replace", "path": "/accessLogSettings/format", "value": "FORMAT"}],
    "settings.json": {"DestinationArn": "LOG_GROUP_ARN", "Format": "FORMAT"},
    "target/lines.json": [{"timestamp": 1, "message": "text"}],
    "target/orders.json": [{"timestamp": 1, "message": "text"}],
    "parameters.json": [{"ParameterKey": "A", "ParameterValue": "b"}],
}

BEFORE_A_COMMAND = {"|", "||", "&&", ";", "do", "then", "else", "(", "!", "time", "sudo"}


def without_substitutions(text):
    """The text with a value in place of each `$(…)`, and what stands in these."""
    inner, at = [], 0
    while (at := text.find("$(", at)) >= 0:
        depth, end = 0, at + 1
        while True:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
            if depth == 0 or end == len(text):
                break
        content = text[at + 2 : end - 1]
        inner.append(content.strip("() "))
        value = "2026-05-04T17:00:00Z" if "%FT" in content else "1700000000"
        text = text[:at] + value + text[end:]
    return text, inner


def commands_of_a_line(line):
    """The words of each command of the AWS CLI in a line of a shell, without redirections."""
    line, inner = without_substitutions(line.removeprefix("$ "))
    for command in inner:
        yield from commands_of_a_line(command)
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split, lexer.commenters = True, "#"
    words, command = [None, *lexer], None
    for before, word in zip(words, words[1:]):
        if command is not None and (word and set(word) <= set("|&;()") or word in ("do", "done")):
            yield command
            command = None
        elif command is not None and (word == "" or not set(word) <= set("<>&")):
            if not before or not set(before) <= set("<>&"):
                command.append(word)
        if word == "aws" and (before is None or before in BEFORE_A_COMMAND):
            command = []
    if command is not None:
        yield command


def commands(text):
    """The commands of a page: of its code blocks, and those in backticks."""
    text = re.sub(r"\\\n\s*", " ", text)
    fence = re.compile(r"^ *```\w*\n(.*?)^ *```$", re.S | re.M)
    for block in fence.findall(text):
        for line in block.splitlines():
            # What a page shows of `explain` is a sentence, with a command in backticks.
            if re.search(r"\baws [a-z0-9]+ [a-z]", line) and "`aws " not in line:
                yield from commands_of_a_line(line.strip())
    for span in re.findall(r"`(aws [^`]*)`", text):
        yield from commands_of_a_line(" ".join(span.split()))


def deployments(text):
    """The calls of `sam deploy` with options, in code blocks and in backticks."""
    text = re.sub(r"\\\n\s*", " ", text)
    return re.findall(r"\bsam deploy (?=[^`\n]*--)[^`\n&|;]*", text)


def lacks_a_stack(deployment, settings):
    """Whether sam would ask for the name of the stack. A file samconfig.toml may hold it; --guided asks."""
    return "--stack-name" not in deployment and "--guided" not in deployment and "stack_name" not in settings


def with_values(word):
    """A word with numbers and times in place of the words that stand for them."""
    word = re.sub(rf"\$?\b({'|'.join(NUMBERS)})\b", "17", word)
    word = re.sub(r"\bMB\b", "1024", word)
    word = re.sub(rf"(?<![\w/])({'|'.join(TIMES)})\b", "2026-05-04T17:00:00Z", word)
    word = re.sub(r"\b[A-Z_]*ARN\b", "arn:aws:service:us-east-1:111122223333:a/b", word)
    return re.sub(r"\$(\w+)", r"\1", word)


class Wrong(Exception):
    pass


class List:
    def __init__(self, member):
        self.member = member


def shape_of(shape):
    """A shape of a model, with lists as `List`; None where anything may be."""
    return List(shape.member) if shape is not None and getattr(shape, "type_name", "") == "list" else shape


def asked(node, shape):
    """The shape that a JMESPath expression makes of a shape. Fails if it asks for what cannot be there."""
    shape, kind, children = shape_of(shape), node["type"], node["children"]
    if kind == "field":
        if shape is None or isinstance(shape, List) and shape.member is None:
            return None
        if isinstance(shape, List):
            raise Wrong(f"{node['value']} is asked of a list")
        if shape.type_name == "map":
            return shape_of(shape.value)
        if shape.type_name != "structure" or node["value"] not in shape.members:
            raise Wrong(f"{node['value']} is not in {shape.name}: {list(getattr(shape, 'members', []))}")
        return shape_of(shape.members[node["value"]])
    if kind in ("subexpression", "index_expression", "pipe"):
        for child in children:
            shape = asked(child, shape)
        return shape_of(shape)
    if kind in ("projection", "filter_projection"):
        left = shape_of(asked(children[0], shape))
        if left is None:
            return None
        if not isinstance(left, List):
            raise Wrong(f"{left.name} is no list")
        for child in children[2:]:
            asked(child, left.member)
        return List(asked(children[1], left.member))
    if kind == "flatten":
        inner = shape_of(asked(children[0], shape))
        if inner is None:
            return None
        if not isinstance(inner, List):
            raise Wrong(f"{inner.name} is no list")
        return shape_of(inner.member) if isinstance(shape_of(inner.member), List) else inner
    if kind in ("index", "slice"):
        if shape is not None and not isinstance(shape, List):
            raise Wrong(f"{shape.name} is no list")
        return shape if kind == "slice" or shape is None else shape_of(shape.member)
    if kind in ("identity", "current"):
        return shape
    if kind == "expref":
        return asked(children[0], None)
    if kind == "value_projection":
        asked(children[0], shape)
        return None
    for child in children:
        if isinstance(child, dict):
            asked(child, shape)
    return None


def check_values(value, shape, path):
    """Fails if a value is not one of those that the model lists; a word in capitals stands for one."""
    if shape.type_name == "structure":
        for name, each in value.items():
            check_values(each, shape.members[name], f"{path}.{name}")
    elif shape.type_name == "list":
        for each in value:
            check_values(each, shape.member, path)
    elif shape.type_name == "string" and getattr(shape, "enum", None):
        if value not in shape.enum and value not in ("METHOD", "VALUE"):
            raise Wrong(f"{path}: {value!r} is not one of {shape.enum}")


@pytest.fixture(scope="session")
def cli(tmp_path_factory):
    """Parses a command; returns why it is wrong, or None."""
    folder = tmp_path_factory.mktemp("files")
    for name, content in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(content))
    patch = pytest.MonkeyPatch()
    patch.chdir(folder)
    for name, value in {"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
                        "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}.items():
        patch.setenv(name, value)
    driver = clidriver.create_clidriver()
    calls = []

    def invoke(_, service, operation, parameters, parsed_globals):
        calls.append((service, operation, parameters, parsed_globals.query))
        return 0

    patch.setattr(clidriver.CLIOperationCaller, "invoke", invoke)

    def is_there(words):
        table = driver._get_command_table()
        for word in words[:2]:
            if word not in table:
                return False
            command = table[word]
            if isinstance(command, BasicCommand):
                table = command.subcommand_table
            elif word == words[0]:
                table = command._get_command_table()
        return True

    def why_wrong(words):
        if words[:2] in VERSION_2_COMMANDS:
            return None
        # Without an option it is a mention.
        if len(words) < 3 or words[0] == "s3":
            return None if is_there(words) else f"no command {' '.join(words[:2])}"
        calls.clear()
        errors = io.StringIO()
        try:
            with contextlib.redirect_stderr(errors):
                status = driver.main([with_values(word) for word in words])
        except SystemExit as ended:
            status = ended.code
        if status != 0 or not calls:
            return errors.getvalue().strip() or f"status {status}"
        service, operation, parameters, query = calls[0]
        model = driver.session.get_service_model(service).operation_model(operation)
        parameters |= {name: "token" for name, shape in model.input_shape.members.items() if shape.metadata.get("idempotencyToken")}
        report = validate.ParamValidator().validate(parameters, model.input_shape)
        if report.has_errors():
            return report.generate_report()
        try:
            check_values(parameters, model.input_shape, operation)
            if query is not None:
                asked(query.parsed, model.output_shape)
        except Wrong as wrong:
            return str(wrong)
        return None

    yield why_wrong
    patch.undo()


def parsed(cli, text):
    """Each command of a text with why it is wrong."""
    for option in VERSION_2_OPTIONS:
        text = text.replace(option + " ", "")
    return [(words, cli(words)) for words in commands(text)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_command_is_one_of_the_aws_cli(cli, page):
    found = parsed(cli, page.read_text())
    wrong = [f"aws {' '.join(words)}\n    {why}" for words, why in found if why]
    assert not wrong, "\n".join(wrong)
    if page.name == "causes.md":
        assert len(found) > 200, f"only {len(found)} commands were found"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_sam_deploys_a_stack_that_has_a_name(page):
    settings = (PROJECT / "samconfig.toml").read_text()
    assert not [each for each in deployments(page.read_text()) if lacks_a_stack(each, settings)]


def test_a_deployment_without_a_name_is_found():
    page = "```sh\nsam build\nsam deploy --parameter-overrides \\\n  A=b\n```\n`sam deploy --guided`, `sam deploy --stack-name x`, `sam deploy`: x --y\n"
    found = deployments(page)
    assert [lacks_a_stack(each, "") for each in found] == [True, False, False]
    assert not lacks_a_stack(found[0], 'stack_name = "x"')


def test_a_wrong_command_is_found(cli):
    for command, part in {
        "aws lambda get-polcy --function-name F": "get-polcy",
        "aws lambda get-policy --output text": "--function-name",
        "aws lambda get-policy --function-nam F --name G": "--name",
        "aws lambda get-policy --function-name F --query Polic": "Polic is not in",
        "aws logs filter-log-events --log-group-name G --query 'events.message'": "asked of a list",
        "aws logs filter-log-events --log-group-name G --query 'events[].[timestamp,text]'": "text is not in",
        "aws lambda update-function-configuration --function-name F --timeout soon": "soon",
        "aws wafv2 list-web-acls --scope LOCAL": "LOCAL",
        "aws apigateway get-vpc-link --output text": "--vpc-link-id",
        "cd x && aws sqs send-message --message-body file://kept.json": "--queue-url",
        "echo $(aws sts get-caller --a b)": "get-caller",
    }.items():
        (words, why), *_ = parsed(cli, f"```sh\n{command}\n```\n")
        assert why and part in str(why), (command, words, why)
    for command in [
        "aws logs start-query --log-group-name G --start-time $(($(date +%s) - 60)) --end-time $(date +%s) --query-string x --query queryId",
        "aws lambda invoke --function-name F --payload '{}' --cli-binary-format raw-in-base64-out out | base64 --decode > x",
        "for a in b; do aws sqs receive-message --queue-url \"$URL\" --query 'Messages[0].Body' > kept.json; done",
    ]:
        found = parsed(cli, f"```sh\n{command}\n```\n")
        assert [why for _, why in found] == [None], found
    assert parsed(cli, "Ask `aws logs filter-log-events`, or `aws logs tail`.") == [
        (["logs", "filter-log-events"], None), (["logs", "tail"], None)]
    assert parsed(cli, "`aws logs no-such-thing`")[0][1]
