"""The scripts of a release and the plain template they write, for the tests of several files."""

import importlib.machinery
import importlib.util
import pathlib

import pytest
import yaml

PROJECT = pathlib.Path(__file__).parents[2]


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
