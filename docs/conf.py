"""How the documentation is built: ``python -m sphinx -W -n -b html docs docs/_build``."""

from __future__ import annotations

from importlib.metadata import version as version_of

project = "Lockhouse"
author = "The Lockhouse authors"
project_copyright = "The Lockhouse authors"
release = version_of("lockhouse")
version = ".".join(release.split(".")[:2])

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3

nitpicky = True
nitpick_ignore = [("py:mod", "fnmatch")]
autodoc_typehints = "none"
autodoc_member_order = "bysource"
autodoc_class_signature = "separated"
autodoc_default_options = {"exclude-members": "__init__, __new__"}
add_module_names = False
toc_object_entries = False

html_theme = "furo"
html_title = "Lockhouse"
html_show_sphinx = False
