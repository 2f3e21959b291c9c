// A browser lets no page of a folder read another one, so there the search shows no excerpts.
DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = location.protocol !== "file:";
// What is found in a heading, and so has an anchor, comes first.
document.addEventListener("DOMContentLoaded", () => {
  Scorer.score = ([document, title, anchor, description, score]) => score + (anchor ? 100 : 0);
});
