// A browser lets no page of a folder read another one, so there the search shows no excerpts.
DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = location.protocol !== "file:";
