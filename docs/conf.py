"""How Sphinx makes the site: pages in Markdown, a reference from docstrings, no network.

Usage: scripts/build_docs
"""

from peftsearch import __version__

project, release = "peftsearch", __version__
copyright = "the authors of peftsearch, Apache-2.0"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]

# Pages are plain Markdown: headings are the targets of links, as on a forge.
myst_heading_anchors = 4

# An unresolved reference is an error; what other projects document and type variables are not
# looked up.
nitpicky = True
nitpick_ignore_regex = [
    ("py:.*", r"(?!peftsearch\b).*"),
    ("py:class", r"peftsearch\..*\.([A-Z]|Row)"),
    # Functions within an annotation, which Sphinx takes for classes.
    ("py:class", r"peftsearch\.spaces\.jobspec\.(tracker_names|artefacts_url)\..*"),
    # A type variable and the type of a function, likewise.
    ("py:class", r"peftsearch\.search\.(entangled\.maps\.State|tessellation\.forest\.Mapper)"),
    # What a result is held against, which is read as sentences or as plain data.
    (
        "py:class",
        r"peftsearch\.results\.standing\.(beside\.Circle|baselines\.Baselines|ablation\.Ablated)",
    ),
]

# Docstrings set code in single backticks.
default_role = "code"
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True}
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True

html_theme = "furo"
html_title = f"peftsearch {release}"
html_copy_source = False
