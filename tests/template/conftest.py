"""The scripts of a release and the plain template they write, for the tests of several files."""

import importlib.machinery
import importlib.util
import pathlib

import pytest
import yaml
from samtranslator.yaml_helper import yaml_parse

from expansion import TEMPLATE

PROJECT = pathlib.Path(__file__).parents[2]
EXAMPLES = {path.name: path for path in sorted(PROJECT.glob("examples/*.yaml"))}


def script(name):
    """A script of the project as a module, whether or not its name ends in .py."""
    path = PROJECT / "scripts" / name
    loader = importlib.machinery.SourceFileLoader(path.stem, str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def package():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(PROJECT / "scripts")
        yield script("package")


@pytest.fixture(scope="session")
def plain_text(package, tmp_path_factory):
    path = tmp_path_factory.mktemp("package") / "plain.yaml"
    package.write_template(path)
    return path.read_text()


@pytest.fixture(scope="session")
def plain(plain_text):
    return yaml.safe_load(plain_text)


@pytest.fixture(params=["template.yaml", "plain", *EXAMPLES])
def template(request):
    """Each template of the project: as it is written, without transforms, and the examples."""
    if request.param == "template.yaml":
        return TEMPLATE
    if request.param == "plain":
        return request.getfixturevalue("plain")
    return yaml_parse(EXAMPLES[request.param].read_text())
