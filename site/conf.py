"""How Sphinx makes the site, of what make_pages.py writes. Whatever a page needs lies in its folder."""

import json
import re
import sys
from html import unescape
from pathlib import Path

import tomllib

sys.path.insert(0, str(Path(__file__).parent))
from learning_resource import PAGES, learning_resource  # noqa: E402

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
html_baseurl = PAGES
templates_path = ["."]
html_favicon = "favicon.svg"
html_static_path = ["style.css", "pages.js", "../.venv-site/node_modules/mathjax/es5/tex-svg.js"]
html_static_path += ["play", "../helpers/course/notebook/play.css"]  # of the widgets
html_css_files = ["style.css", "play.css"]
html_js_files = ["pages.js"]
mathjax_path = "tex-svg.js"
html_context = {"default_mode": "auto"}  # light or dark as the reader's system is
html_show_copyright = False
html_use_index = False
html_copy_source = False  # the learner's notebook is what a chapter offers to download
html_sidebars = {"**": ["navbar-logo.html", "search-field.html", "sbt-sidebar-nav.html"]}
html_theme_options = {
    "back_to_top_button": False,  # it covers what one looks at
    "use_download_button": False,
    "use_fullscreen_button": False,
    "use_repository_button": True,
    "repository_url": tomllib.loads(Path("../pyproject.toml").read_text())["project"]["urls"][
        "Home"
    ],
    "footer_content_items": ["author.html", "licence.html"],
}

linkcheck_anchors = False  # GitHub makes them in the browser
linkcheck_ignore = [r"https://doi\.org/"]  # it knows them, and publishers turn programs away


def setup(app) -> None:
    app.connect("html-page-context", improve)
    app.connect("build-finished", write_texts)


def improve(app, pagename, templatename, context, doctree) -> None:
    """What Sphinx leaves open in the body and the head of a page."""
    body = context.get("body", "")
    # What is folded is called by the words that stand there: MyST-NB gives it another name for those who listen.
    body = body.replace(' aria-label="Toggle hidden content"', "")
    context["body"] = PRE.sub(lambda pre: pre[1] + hang(pre[2]) + pre[3], body)
    about = learning_resource(pagename, html_baseurl)
    if about:
        text = json.dumps(about, ensure_ascii=False, indent=1).replace("</", "<\\/")
        context["metatags"] += f'\n<script type="application/ld+json">\n{text}\n</script>'


PRE = re.compile(r"(<pre[^>]*>(?:<span></span>)?(?:<code>)?)(.*?)((?:</code>)?</pre>)", re.DOTALL)


def hang(code: str) -> str:
    """Lines of code, each in an element that knows its indentation: where a line is broken, its rest is indented too.

    No element of Pygments goes over the end of a line.
    """
    lines = []
    for line in code.replace("&#10;", "\n").splitlines(keepends=True):
        text = re.sub(r"<.*?>", "", line)
        indent = min(len(text) - len(text.lstrip(" ")), 16)
        lines.append(f'<span class="code-line" style="--indent: {indent}ch">{line}</span>')
    return "".join(lines)


def write_texts(app, error) -> None:
    """What the search looks through: the sections of each page as text, without what is folded."""
    sections = []
    for page in sorted(Path(app.outdir).glob("*.html")):
        article = re.search(
            r'<article class="bd-article">(.*?)</article>', page.read_text(), re.DOTALL
        )
        if article:
            sections += sections_of(article[1], page.name)
    (Path(app.outdir) / "_static" / "texts.js").write_text(f"const TEXTS = {json.dumps(sections)};")


def sections_of(article: str, page: str) -> list[dict]:
    """Of each section: the page, its place there, the page's title, its own title, and its text."""
    shown = re.sub(
        r'<details.*?</details>|<script.*?</script>|<a class="headerlink".*?</a>|\\[()]',
        "",
        article,
        flags=re.DOTALL,
    )
    shown = re.sub(r"</td>\s*(?=<td)|</tr>\s*(?=<tr)", " · ", shown)  # two cells are no sentence
    _, *parts = re.split(r'<section\b[^>]*?\bid="([^"]+)"[^>]*>', shown)
    sections = []
    for place, text in zip(parts[::2], parts[1::2], strict=True):
        title, text = re.search(r"<h\d>(.*?)</h\d>(.*)", text, re.DOTALL).groups()
        title, text = (
            " ".join(unescape(re.sub(r"<.*?>", "", part)).split()) for part in (title, text)
        )
        of = sections[0]["title"] if sections else title
        sections.append({"page": page, "id": place, "of": of, "title": title, "text": text})
    return sections
