"""Sphinx configuration: ``sphinx-build -W -n docs docs/_build``. Builds without a network."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import api_pages  # noqa: E402 - after the path is set

import plugrad  # noqa: E402 - after the path is set

project = "plugrad"
copyright = "the plugrad authors"
release = version = plugrad.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"plugrad {release}"

myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_custom_sections = ["Shape", "Differs from PyTorch"]

# Cross references to plugrad's own names must resolve; those to other projects can't, without a network.
# Names that are no public ones, but stand in the signatures of some, are shown as they are.
nitpick_ignore_regex = [
    ("py:.*", r"(?!plugrad).*"),
    ("py:class", r"plugrad\..*\._\w+(\.\w+)?"),
    ("py:class", r"plugrad\.core\.handles\.RemovableHandle"),
    ("py:class", r"plugrad\.core\.namespace\.Namespace"),
]
# `device` is a class of plugrad's and, as in PyTorch, one of plugrad.cuda's; signatures name the former.
suppress_warnings = ["ref.python"]

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True


def setup(app):
    app.connect("builder-inited", lambda app: api_pages.write(HERE / "api"))
