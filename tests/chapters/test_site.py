"""The course as pages: from a folder as from a server, at two widths, light and dark, without a network."""

import json
import os
import re
import subprocess
import threading
from functools import partial
from html import unescape
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import jsonschema
import pytest
import yaml

from tests import COPIES, ROOT, SOLUTIONS, copy_course, project, sources, stem
from tests.chapters.play import AXE, PLAYED, faults, play

CHAPTERS = [path.stem for path in SOLUTIONS]
PAGES = ["index", *CHAPTERS, "card", "glossary", "short_of_time", "instructors", "questions"]
PAGES += ["exact", "accessibility", "search"]
DECKS = [path.stem for path in sorted((ROOT / "site" / "slides").glob("*.md"))]
CHANGED = "This sentence was changed in the solution alone."
ENVIRONMENT = ROOT / ".venv-site"
each_copy = pytest.mark.parametrize("notebook", COPIES, ids=stem)
each_deck = pytest.mark.parametrize("deck", DECKS)

# What is wrong with the look of a page: a list of sentences
FAULTS = r"""() => {
    const faults = [], wide = document.documentElement.scrollWidth;
    const article = document.querySelector('article') ?? document.querySelector('main');
    if (wide > innerWidth)
        faults.push(`the page is ${wide} wide`);
    for (const part of article.querySelectorAll('p, li, h1, h2, h3, img, details, .highlight, .math'))
        if (part.getBoundingClientRect().right > innerWidth + 1 && !part.closest('table, details:not([open])'))
            faults.push('too wide: ' + part.outerHTML.slice(0, 200));
    for (const code of article.querySelectorAll('pre'))
        if (code.scrollWidth > code.clientWidth + 1)
            faults.push('a line is cut off: ' + code.textContent.slice(0, 200));
    for (const picture of article.querySelectorAll('img'))
        if (!picture.naturalWidth || picture.alt.split(' ').length < 4)
            faults.push('a picture does not load, or says nothing: ' + picture.alt);
    for (const math of article.querySelectorAll('.math'))
        if (!math.querySelector('mjx-container') || math.querySelector('mjx-merror'))
            faults.push('mathematics is not typeset: ' + math.textContent);
    const text = article.cloneNode(true);
    text.querySelectorAll('code, pre, script, .math').forEach(part => part.remove());
    if (/\$|\\[a-z]+|\*\*/.test(text.textContent))
        faults.push('left as text: ' + text.textContent.match(/.*(\$|\\[a-z]+|\*\*).*/)[0]);
    return faults;
}"""


# What axe-core finds; it looks at collapsed text, too
GRAVE = """async () => {
    document.querySelectorAll('details').forEach(part => part.open = true);
    const {violations} = await axe.run({resultTypes: ['violations'], preload: false});
    const grave = violations.filter(({impact}) => ['serious', 'critical'].includes(impact));
    return grave.map(({help, nodes}) => [help, ...nodes.slice(0, 3).map(({html}) => html.slice(0, 200))]);
}"""


class Links(HTMLParser):
    """Where a page leads to, and the names of its places."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.targets, self.places = [], set()
        self.feed(page.read_text())

    def handle_starttag(self, tag, attributes) -> None:
        values = dict(attributes)
        self.targets += [values[name] for name in ("href", "src") if values.get(name)]
        self.places.add(values.get("id"))


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The pages of a copy of the repository, in which one sentence of a chapter was changed."""
    if not (ENVIRONMENT / "done").exists() and "CI" not in os.environ:
        pytest.skip("there is nothing here to make pages with: make site installs it")
    copy = tmp_path_factory.mktemp("course")
    copy_course(copy)
    (copy / ".venv-site").symlink_to(ENVIRONMENT)
    source = copy / "solutions" / f"{CHAPTERS[1]}.md"
    source.write_text(re.sub(r"(?m)^(## .+\n\n)", rf"\1{CHANGED} ", source.read_text(), count=1))
    made = subprocess.run(["make", "site"], cwd=copy, capture_output=True, text=True)
    assert made.returncode == 0, made.stdout + made.stderr
    return copy / "build" / "site"


@pytest.fixture(scope="module")
def address(site):
    """The pages from a server."""
    handler = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=site)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def visit(browser, site):
    """Opens an address. At the end, no page has reported an error, or asked for anything outside."""
    errors, contexts = [], []

    def visit(address: str, width: int = 1280, **options):
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: message.type == "error" and errors.append(message.text))
        page.on("pageerror", lambda error: errors.append(str(error)))
        inside = (site.as_uri(), "http://127.0.0.1", "data:", "blob:")
        page.on("request", lambda of: of.url.startswith(inside) or errors.append(of.url))
        page.goto(address)
        page.wait_for_function(
            "() => !window.MathJax?.startup || MathJax.startup.promise.then(() => true)"
        )
        return page

    yield visit
    for context in contexts:
        context.close()
    assert errors == []


@pytest.mark.parametrize("name", PAGES)
def test_page_looks_right(name, visit, site):
    """axe-core finds no fault of access that it calls serious or critical, and in a widget none at all."""
    page = visit(f"{site.as_uri()}/{name}.html")
    page.add_script_tag(path=AXE)
    for width, scheme in ((1280, "light"), (390, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(f"document.documentElement.dataset.theme === '{scheme}'")
        assert page.evaluate(FAULTS) == []
        assert page.evaluate(GRAVE) == []
        if page.locator(".play").count():
            assert faults(page) == []


@pytest.mark.parametrize("name", ["index", *PLAYED])
def test_widget_is_played_with(name, visit, site, address):
    """In a chapter from the folder, at home from the server."""
    start = address if name == "index" else site.as_uri()
    page = visit(f"{start}/{name}.html", 800, has_touch=True, reduced_motion="reduce")
    play(page, page.reload)


def test_luck_is_drawn_once_and_often(visit, site):
    """The figures are those of the text: with 24 runs, about a point is luck."""
    page = visit(f"{site.as_uri()}/06_many_runs.html", reduced_motion="reduce")
    said = {
        "Draw once": "2 draws: on average, the best of 24 runs",
        "Draw 100 times": "102 draws: ",
        "24 runs": "1,000 draws: .* 95.3 %, .* 94.3 %. The difference, 1.0 points, is luck",
        "Begin again": "1 draw: the best of 24 runs",
    }
    for name, words in said.items():
        page.locator(".play").get_by_role("button", name=name, exact=True).click()
        page.locator(".play [aria-live]", has_text=re.compile(words)).wait_for()


def test_widget_is_a_picture_without_scripts(visit, site):
    page = visit(f"{site.as_uri()}/index.html", java_script_enabled=False)
    page.get_by_alt_text("Current, voltage and spikes of a neuron").wait_for()


@pytest.mark.parametrize("served", [False, True], ids=["folder", "server"])
def test_search_leads_to_the_heading(served, visit, site, address):
    page = visit(f"{address if served else site.as_uri()}/index.html")
    page.keyboard.press("Control+K")
    page.keyboard.type("surrogate")
    page.keyboard.press("Enter")
    results = page.locator("#search-results li a")
    results.filter(has_text="1 · ").first.wait_for()
    assert results.first.inner_text() == "Glossary > surrogate gradient"
    page.locator("#search-results li p", has_text="the slope of a smooth curve").first.wait_for()
    results.first.click()
    page.locator("h2", has_text="surrogate gradient").wait_for()
    top = "document.querySelector('section#surrogate-gradient h2').getBoundingClientRect().top"
    page.wait_for_function(
        f"0 <= {top} && {top} <= 300"
    )  # a page scrolls to its heading a moment after it shows it


@pytest.mark.parametrize(
    "query, where, words",
    [
        ("out of memory", "Glossary > out of memory", "has no room"),
        ("preempted", "Glossary > preemption", "takes its nodes back"),
    ],
)
def test_search_finds_sections(query, where, words, visit, site):
    """Each result names a section, and its excerpt has the words that were asked for, marked."""
    page = visit(f"{site.as_uri()}/search.html?q={query}")
    page.locator("#search-results [role=status]").wait_for()
    results = page.locator("#search-results li")
    texts = results.all_inner_texts()
    assert texts[0].startswith(where) and words in texts[0]
    sections = [text for text in texts if " > " in text.split("\n")[0]]
    assert len(sections) >= len(texts) / 2
    for result in results.all()[:5]:
        title = result.locator("a").inner_text().lower()
        in_title = any(word[:5] in title for word in query.split())
        assert in_title or result.locator("mark").count()


def test_search_with_no_result_says_so(visit, site):
    page = visit(f"{site.as_uri()}/search.html?q=xylophone")
    heading = page.locator("#search-results [role=status]")
    heading.wait_for()
    assert heading.inner_text() == "No section has all of these words"


def test_equation_on_a_phone_says_that_it_scrolls(visit, site):
    page = visit(f"{site.as_uri()}/{CHAPTERS[1]}.html", 390)
    cut = page.locator("div.math.scrolls mjx-container").first
    cut.wait_for()
    said = cut.evaluate("part => getComputedStyle(part.parentElement, '::after').content")
    assert "scroll" in said
    cut.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "document.querySelector('div.math.scrolls mjx-container').scrollLeft > 0"
    )
    wide = visit(f"{site.as_uri()}/{CHAPTERS[1]}.html", 1280)
    assert wide.locator("div.math").count() and not wide.locator("div.math.scrolls").count()


def test_code_on_a_phone_keeps_its_indentation(visit, site):
    """Where a line is broken, its rest begins further right than the line does."""
    page = visit(f"{site.as_uri()}/{CHAPTERS[1]}.html", 390)
    broken = page.evaluate(r"""() => [...document.querySelectorAll('.code-line')].flatMap(line => {
        const text = line.textContent, first = text.search(/\S/);
        if (first < 0 || line.closest('details:not([open])')) return [];
        const range = document.createRange();
        range.selectNodeContents(line);
        const rows = {};
        for (const box of range.getClientRects()) if (box.width > 1) {
            const row = Math.round(box.bottom / 6);
            rows[row] = Math.min(rows[row] ?? Infinity, box.left);
        }
        const lefts = Object.entries(rows).sort((a, b) => a[0] - b[0]).map(row => row[1]);
        return lefts.length > 1 ? [[text, ...lefts]] : [];
    })""")
    assert len(broken) > 20
    assert all(min(rest) > first + 8 for _, first, *rest in broken)


def test_code_is_copied_as_it_is(site):
    """The elements around its lines add nothing to its text."""
    page = (site / f"{CHAPTERS[1]}.html").read_text()
    texts = [
        unescape(re.sub(r"<.*?>", "", pre))
        for pre in re.findall(r"<pre.*?>(.*?)</pre>", page, re.DOTALL)
    ]
    assert {cell.strip() for cell in sources(COPIES[1])} <= {text.strip() for text in texts}


@pytest.mark.parametrize("name", ["index", *CHAPTERS])
def test_page_is_described_as_a_learning_resource(name, site):
    """schema.org: time, level, prerequisites, what it teaches, licence, version; as the chapter has them."""
    page = (site / f"{name}.html").read_text()
    (text,) = re.findall(r'<script type="application/ld\+json">(.+?)</script>', page, re.DOTALL)
    about = json.loads(text)
    assert about["@context"] == "https://schema.org"
    assert about["license"] and about["version"] == project("version")
    if name == "index":
        assert about["@type"] == "Course" and len(about["hasPart"]) == len(CHAPTERS)
        return
    source = (ROOT / "solutions" / f"{name}.md").read_text()
    assert about["@type"] == "LearningResource" and about["url"].endswith(f"/{name}.html")
    minutes = re.search(r"\*\*Time\*\* \| (\d+) minutes", source)[1]
    assert about["timeRequired"] == f"PT{minutes}M"
    assert about["educationalLevel"] in ("beginner", "intermediate")
    plain = re.sub("[`*]", "", source)
    assert all(
        f"| {about[kind]} |" in plain for kind in ("teaches", "competencyRequired", "description")
    )


def test_pages_say_the_licences(site):
    for page in site.glob("*.html"):
        footer = page.read_text().partition("<footer")[2]
        assert "CC BY 4.0" in footer and "MIT" in footer and "CC BY-SA" in footer, page.name


def test_hint_and_answer_open_by_keyboard(visit, site):
    page = visit(f"{site.as_uri()}/{CHAPTERS[1]}.html")
    for kind in ("Hint", "Answer"):
        collapsed = page.locator("details").filter(has=page.locator("summary", has_text=kind)).first
        collapsed.locator("summary").focus()
        page.keyboard.press("Enter")
        assert collapsed.get_attribute("open") is not None


def test_links_within_the_pages_lead_somewhere(site):
    pages = {page: Links(page) for page in [*site.glob("*.html"), *site.glob("slides/*.html")]}
    for page, links in pages.items():
        for target in links.targets:
            parts = urlsplit(target)
            if not parts.scheme and not target.startswith("#pst"):  # the theme's own
                to = (page.parent / unquote(parts.path)).resolve() if parts.path else page
                assert to.exists(), f"{page.name} leads to {target}"
                assert not parts.fragment or parts.fragment in pages[to].places, (
                    f"{page.name} leads to {target}"
                )


@each_copy
def test_chapter_offers_its_own_notebook(notebook, site):
    """In Colab, and to download; and it leads to the next chapter."""
    targets = Links(site / f"{notebook.stem}.html").targets
    (colab,) = [target for target in targets if "colab." in target]
    assert colab.endswith(f"/blob/main/notebooks/{notebook.name}")
    (download,) = [target for target in targets if target.startswith("_downloads/")]
    assert (site / download).read_bytes() == notebook.read_bytes()
    page, place = (site / f"{notebook.stem}.html").read_text(), PAGES.index(notebook.stem)
    neighbours = re.findall(r'class="(?:left-prev|right-next)"\s+href="(\S+?)\.html"', page)
    assert neighbours == [PAGES[place - 1], PAGES[place + 1]]


@each_copy
def test_chapter_shows_results_and_collapses_answers(notebook, site):
    page = (site / f"{notebook.stem}.html").read_text()
    source = notebook.read_text()
    assert page.count("<summary>Answer") == source.count("<summary>Answer")
    assert page.count("Right: ") >= source.count("<summary>Answer")
    assert "BEGIN SOLUTION" not in page and "is not done yet" not in page
    assert page.count("<figure") == len(
        re.findall(r"= DigitCanvas|= Microphone", source)
    )  # a picture


def test_changed_sentence_changes_its_page(site):
    assert [page.stem for page in site.glob("*.html") if CHANGED in page.read_text()] == [
        CHAPTERS[1]
    ]


def test_home_lists_the_chapters(site):
    home = (site / "index.html").read_text()
    assert re.findall(r'<td><p><a class.+? href="(\w+)\.html">', home) == CHAPTERS


def test_home_opens_chapter_0_in_colab(site):
    (colab,) = [target for target in Links(site / "index.html").targets if "colab." in target]
    assert colab.endswith("/notebooks/00_half_hour.ipynb")


def test_pages_are_small_and_carry_everything_along(site):
    assert sum(path.stat().st_size for path in site.rglob("*") if path.is_file()) < 15e6


SLIDES = """Reveal.getSlides().map((slide, n) => {
    Reveal.slide(n);
    const text = slide.cloneNode(true);
    text.querySelectorAll('.notes, .highlight, svg').forEach(part => part.remove());
    const sizes = [...slide.querySelectorAll('pre')].map(code => parseFloat(getComputedStyle(code).fontSize));
    const wide = [...slide.children].some(part => part.scrollWidth > slide.clientWidth + 1);
    return {asks: !!slide.querySelector('blockquote'), text: text.textContent.trim(), sizes, wide,
            shows: !!slide.querySelector('img, svg, pre'), height: slide.scrollHeight,
            notes: slide.querySelector('.notes').textContent};
})"""


@each_deck
def test_slides_are_for_the_wall_of_a_room(deck, visit, site):
    """A question, then its answer; little text, large code; and for the speaker the minute and what to say."""
    page = visit(f"{site.as_uri()}/slides/{deck}.html")
    page.set_viewport_size({"width": 1280, "height": 720})
    slides = page.evaluate(SLIDES)
    asking = [n for n, slide in enumerate(slides) if slide["asks"]]
    assert len(asking) > 5
    assert all(not slides[n + 1]["asks"] for n in asking), "a question without an answer"
    assert page.title().startswith(page.locator("section h1").first.text_content())
    words = {slide["text"]: len(slide["text"].split()) for slide in slides}
    assert max(words.values()) <= 40, max(words, key=words.get)
    assert all(size >= 28 for slide in slides for size in slide["sizes"])
    assert not any(slide["wide"] or slide["height"] > 720 for slide in slides)
    assert not [
        slide["text"]
        for slide in slides
        if re.search("next cell|Shift|@|Run the (?!network)", slide["text"])
    ]
    assert all(len(slide["notes"].split()) >= 3 for slide in slides)
    sections = re.findall(
        r"^## (\d+\.\d+) · ", (ROOT / "solutions" / f"{deck}.md").read_text(), re.MULTILINE
    )
    notes = " ".join(slide["notes"] for slide in slides)
    assert [section for section in sections if f": {section} · " not in notes] == []
    page.set_viewport_size({"width": 390, "height": 900})  # a phone
    slides = page.evaluate(SLIDES)
    assert not [slide["text"] for slide in slides if slide["wide"] or slide["height"] > 1200]


def test_slides_say_what_instructors_say(visit, site):
    page = visit(f"{site.as_uri()}/slides/{DECKS[0]}.html")
    turn = re.search(
        r'chapter 0, sections 0.1 to \S+ \| "(.+?)"', (ROOT / "solutions" / "README.md").read_text()
    )[1]
    assert any(turn in notes for notes in page.locator(".notes").all_text_contents())
    assert page.locator("svg[aria-label*=container]").count()  # a neuron


def test_list_of_slides_looks_right(visit, site):
    page = visit(f"{site.as_uri()}/slides/index.html", 390)
    page.add_script_tag(path=AXE)
    assert page.evaluate(GRAVE) == []
    assert page.locator("li a").count() == len(DECKS)


def test_card_is_printed_on_two_pages(visit, site):
    printed = visit(f"{site.as_uri()}/card.html").pdf(format="A4")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 2


def test_citation_is_valid(site):
    """By the schema that cffconvert has. Home says how to cite, with all names of it."""
    (schema,) = ENVIRONMENT.glob("lib/python*/site-packages/cffconvert/schemas/1.2.0/schema.json")
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    jsonschema.validate(citation, json.loads(schema.read_text()))
    assert citation["repository-code"] == project("Home")
    home = (site / "index.html").read_text()
    authors = [author for work in (citation, *citation["references"]) for author in work["authors"]]
    names = [author.get("name") or author["family-names"] for author in authors]
    assert all(name in home for name in [*names, citation["title"]])
