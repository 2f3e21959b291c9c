// Excerpts are cut from texts.js, which conf.py writes: a browser lets no page of a folder read another one.
const TEXTS_JS = document.currentScript.src.replace(/search\.js.*/, "texts.js");
let texts = null;
window.fetch = async (page) => {
  texts ??= new Promise((resolve) => {
    document.head.append(Object.assign(document.createElement("script"), { src: TEXTS_JS, onload: () => resolve(TEXTS) }));
  });
  return new Response((await texts)[page.split("/").pop()]);
};
// What is found in a heading, and so has an anchor, comes first.
document.addEventListener("DOMContentLoaded", () => {
  Scorer.score = ([document, title, anchor, description, score]) => score + (anchor ? 100 : 0);
});
