"""How Sphinx makes the site, of what make_pages.py writes. Whatever a page needs lies in its folder."""

import json
import re
from pathlib import Path

import tomllib

project = "Scaling spiking neural networks"
author = "the norse-hbp-workshop contributors"
extensions = ["myst_nb"]
language = "en"

nb_execution_mode = "off"  # outputs are those stored in the solutions
nb_render_markdown_format = "gfm"  # outputs of this kind have tables
nb_code_prompt_show, nb_code_prompt_hide = "What comes out", "What came out"
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 2  # words of the glossary lead to each other

html_theme = "sphinx_book_theme"
html_title = project
templates_path = ["."]
html_favicon = "favicon.svg"
html_static_path = ["style.css", "search.js", "../.venv-site/node_modules/mathjax/es5/tex-svg.js"]
html_css_files = ["style.css"]
html_js_files = ["search.js"]
mathjax_path = "tex-svg.js"
html_context = {"default_mode": "auto"}  # light or dark as the reader's system is
html_show_copyright = False
html_use_index = False
html_copy_source = False  # the learner's notebook is what a chapter offers to download
html_sidebars = {"**": ["navbar-logo.html", "search-field.html", "sbt-sidebar-nav.html"]}
html_theme_options = {
    "use_download_button": False,
    "use_fullscreen_button": False,
    "use_repository_button": True,
    "repository_url": tomllib.loads(Path("../pyproject.toml").read_text())["project"]["urls"][
        "Home"
    ],
    "footer_content_items": ["author.html"],
}

linkcheck_anchors = False  # GitHub makes them in the browser
linkcheck_ignore = [r"https://doi\.org/"]  # it knows them, and publishers turn programs away


def setup(app) -> None:
    app.connect("html-page-context", name_folds)
    app.connect("build-finished", write_texts)


def name_folds(app, pagename, templatename, context, doctree) -> None:
    """What is folded is called by the words that stand there: MyST-NB gives it another name for those who listen."""
    context["body"] = context.get("body", "").replace(' aria-label="Toggle hidden content"', "")


def write_texts(app, error) -> None:
    """What the search cuts its excerpts from: the sections of each page as text, without what is folded."""
    texts = {}
    for page in Path(app.outdir).glob("*.html"):
        article = re.search(
            r'<article class="bd-article">(.*?)</article>', page.read_text(), re.DOTALL
        )
        if article:
            shown = re.sub(
                r'<details.*?</details>|<a class="headerlink".*?</a>|\\[()]',
                "",
                article[1],
                flags=re.DOTALL,
            )
            shown = re.sub(
                r"</td>\s*(?=<td)|</tr>\s*(?=<tr)", " · ", shown
            )  # words of two cells are no sentence
            texts[page.name] = (
                f'<main role="main">{re.sub(r"<(?!/?section)[^>]*>", "", shown)}</main>'
            )
    (Path(app.outdir) / "_static" / "texts.js").write_text(f"const TEXTS = {json.dumps(texts)};")
