// Finds sections, with the words around what was found. conf.py writes them to texts.js: a browser lets no page of a
// folder read another one, and Sphinx's own search knows only which page has a word.
const TEXTS_JS = document.currentScript?.src.replace(/pages\.js.*/, "texts.js");

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Where in a text each of the words is, as close together as they come; undefined if one of them is missing. */
function closest(text, words) {
  const places = words.map((word) => [...text.matchAll(new RegExp(`(?<![\\p{L}\\p{N}])${escaped(word)}`, "giu"))].map((found) => found.index));
  if (places.some((found) => !found.length)) return undefined;
  let best;
  for (const first of places[0]) {
    const around = places.map((found) => found.reduce((a, b) => (Math.abs(b - first) < Math.abs(a - first) ? b : a)));
    const span = Math.max(...around) - Math.min(...around);
    if (!best || span < best.span) best = { span, start: Math.min(...around) };
  }
  return best;
}

/** The sections that have all words, the best first. What stands in a heading counts most, then what stands together. */
function findSections(query, sections) {
  const asked = query.toLowerCase().trim().replace(/\s+/g, " ");
  const stemmer = new Stemmer();
  const all = asked.split(/[^\p{L}\p{N}_]+/u).filter(Boolean);
  const telling = all.filter((word) => !stopwords.has(word));
  const words = (telling.length ? telling : all).map((word) => {
    const stem = stemmer.stemWord(word);
    return word.startsWith(stem) ? stem : word;
  });
  if (!words.length) return { words, found: [] };
  const found = [];
  for (const section of sections) {
    const place = closest(section.text, words);
    const inTitle = closest(section.title, words);
    if (!place && !inTitle) continue;
    const together = section.text.toLowerCase().indexOf(asked);
    let score = inTitle ? (200 * words.join(" ").length) / section.title.length : 0;
    if (section.page === "glossary.html" && inTitle) score += 200;
    if (together >= 0 && all.length > 1) score += 150;
    if (place) score += 20 / (1 + place.span / 50);
    let start = together >= 0 ? together : (place?.start ?? 0);
    if (start < 200) start = 0; // its first sentence says what a section is about
    found.push({ ...section, score, start });
  }
  return { words, found: found.sort((a, b) => b.score - a.score) };
}

/** 240 characters around a place, cut between words, with what was asked for marked. */
function excerpt({ text, start }, words) {
  const from = start < 100 ? 0 : text.indexOf(" ", start - 100) + 1;
  const cut = text.length > from + 240 ? text.lastIndexOf(" ", from + 240) : text.length;
  const paragraph = document.createElement("p");
  const marks = new RegExp(`((?<![\\p{L}\\p{N}])(?:${words.map(escaped).join("|")})[\\p{L}\\p{N}]*)`, "giu");
  const parts = `${from ? "… " : ""}${text.slice(from, cut)}${cut < text.length ? " …" : ""}`.split(marks);
  parts.forEach((part, n) => {
    const piece = n % 2 ? document.createElement("mark") : document.createElement("span");
    piece.textContent = part;
    paragraph.append(piece);
  });
  return paragraph;
}

function showResults(query) {
  const { words, found } = findSections(query, TEXTS);
  const out = document.getElementById("search-results");
  const count = document.createElement("p");
  const list = document.createElement("ul");
  count.setAttribute("role", "status");
  count.textContent = found.length ? `${found.length} ${found.length === 1 ? "section" : "sections"}` : "No section has all of these words";
  list.className = "search";
  for (const section of found.slice(0, 30)) {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = section.page + (section.id ? `#${section.id}` : "");
    link.textContent = section.title === section.of ? section.of : `${section.of} > ${section.title}`;
    item.append(link, excerpt(section, words));
    list.append(item);
  }
  out.replaceChildren(count, list);
}

document.addEventListener("DOMContentLoaded", () => {
  if (typeof Search === "undefined") return; // this is another page
  Search.performSearch = (query) => {
    const texts = Object.assign(document.createElement("script"), { src: TEXTS_JS });
    texts.onload = () => showResults(query);
    document.head.append(texts);
  };
});

// What is too wide for a phone can be scrolled, also by the keyboard; style.css shows that there is more.
window.addEventListener("load", () => {
  const mark = () => {
    for (const part of document.querySelectorAll("div.math mjx-container")) {
      const scrolls = part.scrollWidth > part.clientWidth + 1;
      if (scrolls) part.tabIndex = 0;
      part.parentElement.classList.toggle("scrolls", scrolls);
    }
  };
  (window.MathJax?.startup?.promise ?? Promise.resolve()).then(mark);
  window.addEventListener("resize", mark);
});
