"""The stubs of the compiled module name what it holds, with the same arguments."""

import ast
import re
from pathlib import Path

import pytest

import crevasse
from crevasse import _core

STUBS = Path(crevasse.__file__).with_name("_core.pyi")
TREE = ast.parse(STUBS.read_text(encoding="utf-8"))
CLASSES = {node.name: node for node in TREE.body if isinstance(node, ast.ClassDef)}
FUNCTIONS = [node for node in TREE.body if isinstance(node, ast.FunctionDef)]


def names_in(body):
    functions = {n.name for n in body if isinstance(n, ast.FunctionDef)}
    constants = {n.targets[0].id for n in body if isinstance(n, ast.Assign)}
    return {n for n in functions | constants if not n.startswith("__")}


def public(thing):
    return {n for n in vars(thing) if not n.startswith("_")}


def test_every_class_and_function_has_its_stub():
    assert public(_core) == set(CLASSES) | {f.name for f in FUNCTIONS}


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_every_member_has_its_stub(name):
    assert public(getattr(_core, name)) == names_in(CLASSES[name].body)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.name)
def test_arguments_have_their_names(function):
    signature = getattr(_core, function.name).__doc__.splitlines()[0]
    documented = re.findall(r"(?:\(|, )(\w+): ", signature)
    assert documented == [a.arg for a in function.args.args]
