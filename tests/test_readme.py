"""What the README shows works, and where it points there is something."""

import importlib
import re
import shlex
from pathlib import Path

import pytest

import crevasse
from crevasse import cli

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_the_example_runs(capsys):
    (example,) = blocks("python")
    exec(compile(example, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "growth" in printed
    assert "merge" in printed


@pytest.mark.parametrize(
    "line", [line for block in blocks("sh") for line in block.splitlines() if "crevasse " in line]
)
def test_every_command_shown_is_understood(line, tmp_path):
    words = shlex.split(line.split("#")[0])
    arguments = words[words.index(next(w for w in words if w.endswith("crevasse"))) + 1 :]
    cli._parser().parse_args(arguments)


@pytest.mark.parametrize(
    "page", ["README.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/pipelines.md"]
)
def test_every_link_to_a_file_leads_somewhere(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)", text):
        if not target.startswith("http"):
            assert ((ROOT / page).parent / target).exists(), target


def test_the_reference_lists_every_public_name():
    listed = re.findall(r"^::: (\S+)$", (ROOT / "docs/api.md").read_text(), flags=re.MULTILINE)
    listed = [name.replace(".score.score", ".score") for name in listed]  # not the module
    packages = ("dask", "io", "live", "operando", "phantom", "report", "steps", "tracking")
    public = {f"crevasse.{member}" for member in crevasse.__all__}
    for package in packages:
        module = importlib.import_module(f"crevasse.{package}")
        public |= {
            f"crevasse.{package}.{member}"
            for member in module.__all__
            if getattr(module, member) is not getattr(crevasse, member, None)  # listed there
        }
    assert set(listed) == public
    assert len(listed) == len(public)
