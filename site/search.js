// A browser lets no page of a folder read another one, so there the search shows no excerpts.
DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = location.protocol !== "file:";
// What is found in a heading comes first, and leads to it.
addEventListener("DOMContentLoaded", () => { Scorer.title = 100; });
