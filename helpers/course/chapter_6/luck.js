// Draw the best of some runs again and again, and see what new seeds of its setting get.
// Data: {accuracies}, of all runs, from 0 to 1; those of one setting follow each other.

const KEYS = 'data-lm-suppress-shortcuts="true"'; // in JupyterLab, arrow keys belong to the slider
const N_SEEDS = 4; // of each setting
const N_RECORDINGS = 300; // in validation
const PRESETS = [4, 24, 150]; // runs to choose from
const MOST = 150; // with more, often no new seed of the winner's setting is left
const MANY = 1000; // draws of a preset
const ENOUGH = 100; // draws whose mean is shown
const DEFAULTS = { n_runs: 24, n_draws: {} }; // n_draws: by the number of runs; at least one
const FRAMES = 50; // in which new draws come in
const PAUSE = 500; // ms between two sentences, for those who hear them

const TRY =
  "Somebody does some of the 256 runs, and reports the best one. How much of its score was luck? " +
  "Draw once, and look at the new seeds of the winner's setting. Then press 4, 24 and 150 runs.";
const SHOWS = "How often the best of some runs reports each score, and what new seeds of its setting reach";

// ---------------------------------------------------------------- numbers, without any drawing

/** Return a generator of random numbers from 0 to 1, always the same ones: mulberry32. */
function makeRandom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Draw n of the numbers from 0 to nAll - 1, none twice, in random order. */
function drawRuns(random, nAll, n) {
  const runs = Array.from({ length: nAll }, (_, run) => run);
  for (let place = 0; place < n; place++) {
    const other = place + Math.floor(random() * (nAll - place));
    [runs[place], runs[other]] = [runs[other], runs[place]];
  }
  return runs.slice(0, n);
}

/** Find the best of the drawn runs, the first one if several tie, and new seeds of its setting. */
function judge(scores, drawn) {
  const winner = drawn.reduce((best, run) => (scores[run] > scores[best] ? run : best));
  const first = winner - (winner % N_SEEDS); // run of the winner's setting
  const newSeeds = [];
  for (let run = first; run < first + N_SEEDS; run++) {
    if (!drawn.includes(run)) newSeeds.push(run);
  }
  const reported = scores[winner];
  const fresh = mean(newSeeds.map((run) => scores[run])); // NaN if no new seed is left
  return { drawn, winner, newSeeds, reported, fresh };
}

/** Draw so many of the runs, so often, always the same ones, and judge each draw. */
function draw(scores, nRuns, nDraws) {
  const random = makeRandom(nRuns);
  return Array.from({ length: nDraws }, () =>
    judge(scores, drawRuns(random, scores.length, nRuns)),
  );
}

/** Return the means over the draws that left a new seed. */
function summarise(draws) {
  const judged = draws.filter(({ newSeeds }) => newSeeds.length > 0);
  const reported = mean(judged.map((one) => one.reported));
  const fresh = mean(judged.map((one) => one.fresh));
  return { nDraws: draws.length, judged, reported, fresh, luck: reported - fresh };
}

/** Return the accuracy without the rounding of 32 bits, in percent. */
function toPercent(accuracy) {
  return (100 * Math.round(accuracy * N_RECORDINGS)) / N_RECORDINGS;
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

// ------------------------------------------------------------------------------------ drawing

const BLACK = "#000000"; // a run
const GREY = "#555555";
const VERMILION = "#D55E00"; // what the winner reports
const BLUE = "#0072B2"; // what new seeds reach
const EDGE = 8; // pixels, as all lengths here
const MARGIN = 20;
const LOWEST = 90; // percent: lower scores share one bin, at the left
const HIGHEST = 97;
const BINS_A_POINT = N_RECORDINGS / 100;
const N_BINS = (HIGHEST - LOWEST) * BINS_A_POINT + 2;
const LAST = { top: 50, bottom: 162 };
const SCORES = { top: 204, middle: 284, bottom: 364 };
const MEANS = { top: 466, bottom: 574, low: 91.5, high: 96.5, most: MOST };
const HEIGHT = 620;

const BOLD = { "font-weight": "bold" };
const MIDDLE = { "text-anchor": "middle" };
const END = { "text-anchor": "end" };
const SOLID = { stroke: BLACK, "stroke-opacity": 1 };

/** Return an SVG element with these attributes, and this text in it. */
function shape(name, attributes, text = "") {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.textContent = text;
  return node;
}

const write = (text, x, y, more = {}) => shape("text", { x, y, ...more }, text);

const line = (x1, y1, x2, y2, more = {}) =>
  shape("line", { x1, y1, x2, y2, stroke: GREY, "stroke-opacity": 0.25, ...more });

const binOf = (score) => Math.max(0, Math.round((score - LOWEST) * BINS_A_POINT) + 1);

/** Draw all runs as dots over their scores: those of the last draw, its winner, its new seeds. */
function drawLast(scores, last, xOf) {
  const isDrawn = new Set(last.drawn);
  const isNew = new Set(last.newSeeds);
  const heights = Array(N_BINS).fill(0); // of the stack in each bin, in dots
  const below = [];
  const above = [];
  scores.forEach((score, run) => {
    const isSpecial = run === last.winner || isNew.has(run);
    if (score < LOWEST && !isSpecial) return;
    const bin = binOf(score);
    const x = xOf(bin);
    const y = LAST.bottom - 5 - 5.6 * heights[bin]++;
    if (run === last.winner) above.push(winnerMark(x, y));
    else if (isNew.has(run)) above.push(newSeedMark(x, y));
    else below.push(runMark(x, y, isDrawn.has(run)));
  });
  const legend = [
    [runMark, 4, "drawn", true],
    [runMark, 66, "rest", false],
    [winnerMark, 122, "winner"],
    [newSeedMark, 194, "new seeds"],
  ].flatMap(([mark, x, text, isOn]) => [mark(x + EDGE, 37, isOn), write(text, x + EDGE + 9, 42)]);
  const nRuns = last.drawn.length;
  const caption = write(`The last draw: ${nRuns} of ${scores.length} runs`, EDGE, 20, BOLD);
  return [caption, ...legend, ...below, ...above];
}

const winnerMark = (cx, cy) => shape("circle", { cx, cy, r: 5, fill: VERMILION });
const newSeedMark = (x, y) =>
  shape("rect", { x: x - 4.5, y: y - 4.5, width: 9, height: 9, fill: BLUE });
const runMark = (cx, cy, isDrawn) =>
  shape("circle", { cx, cy, r: 2.3, fill: isDrawn ? BLACK : GREY, opacity: isDrawn ? 1 : 0.35 });

/** Draw how often the winners reported each score, upwards, and new seeds reached it, downwards. */
function drawScores({ judged, reported, fresh, luck }, xOf) {
  const counts = { reported: Array(N_BINS).fill(0), fresh: Array(N_BINS).fill(0) };
  for (const one of judged) {
    counts.reported[binOf(one.reported)]++;
    counts.fresh[binOf(one.fresh)]++;
  }
  const { top, middle, bottom } = SCORES;
  const parts = [
    write(`What the winner reports: ${inWords(judged.length)}`, EDGE, top - 10, BOLD),
    write("What new seeds of its setting reach", EDGE, bottom + 16, BOLD),
    line(EDGE, middle, xOf(N_BINS), middle, SOLID),
  ];
  if (!judged.length) return parts;

  const place = (score) => xOf(Math.max(0, (score - LOWEST) * BINS_A_POINT + 1));
  const right = place(reported);
  const left = place(fresh);
  const x = Math.min(left, right);
  const gap = { x, y: top, width: Math.abs(right - left), height: bottom - top };
  parts.push(shape("rect", { ...gap, fill: VERMILION, opacity: 0.15 }));
  parts.push(write(`${signed(luck)} points of luck`, x - 6, top + 10, END));

  const scale = (middle - top) / Math.max(...counts.reported, ...counts.fresh, 5);
  const width = 0.8 * (xOf(1) - xOf(0));
  for (let bin = 0; bin < N_BINS; bin++) {
    const up = scale * counts.reported[bin];
    const down = scale * counts.fresh[bin];
    const bar = { x: xOf(bin) - width / 2, width };
    parts.push(shape("rect", { ...bar, y: middle - up, height: up, fill: VERMILION }));
    parts.push(shape("rect", { ...bar, y: middle, height: down, fill: BLUE }));
  }
  const dashed = { ...SOLID, "stroke-dasharray": "4 3" };
  parts.push(line(right, top, right, middle, dashed), line(left, middle, left, bottom, dashed));
  return parts;
}

/** Draw the scores that dots and bars share, as lines and numbers. */
function drawAxis(xOf) {
  const y = SCORES.bottom + 36;
  const parts = [write(`\u2264 ${LOWEST}`, xOf(0), y, MIDDLE)];
  for (let score = LOWEST + 1; score <= HIGHEST; score++) {
    const x = xOf(binOf(score));
    parts.push(line(x, LAST.top, x, SCORES.bottom), write(score, x, y, MIDDLE));
  }
  parts.push(write("right in validation (%)", xOf(N_BINS / 2), y + 18, MIDDLE));
  return parts;
}

/** Draw the means of all numbers of runs that were drawn often enough, as [nRuns, summary]. */
function drawMeans(summaries, width) {
  const { top, bottom, low, high, most } = MEANS;
  const left = MARGIN + 26;
  const xOf = (n) => left + ((width - MARGIN - 12 - left) * n) / most;
  const yOf = (score) => bottom - ((bottom - top) * (score - low)) / (high - low);
  const parts = [write("On average, with the points of luck", EDGE, top - 20, BOLD)];
  for (let score = Math.ceil(low); score <= high; score++) {
    parts.push(line(left, yOf(score), width - MARGIN, yOf(score)));
    parts.push(write(score, left - 6, yOf(score) + 5, END));
  }
  for (const n of [4, 24, 50, 100, 150]) {
    parts.push(write(n, xOf(n), bottom + 18, MIDDLE));
  }
  parts.push(write("runs to choose from", (left + width) / 2, bottom + 36, MIDDLE));
  const above = summaries.map(([n, { reported }]) => `${xOf(n)},${yOf(reported)}`);
  const below = summaries.map(([n, { fresh }]) => `${xOf(n)},${yOf(fresh)}`);
  const area = [...above, ...[...below].reverse()].join(" ");
  parts.push(shape("polygon", { points: area, fill: VERMILION, opacity: 0.15 }));
  parts.push(shape("polyline", { points: above.join(" "), fill: "none", stroke: VERMILION }));
  parts.push(shape("polyline", { points: below.join(" "), fill: "none", stroke: BLUE }));
  let free = 0; // where the next number has room
  for (const [n, { reported, fresh, luck }] of summaries) {
    const x = xOf(n);
    parts.push(winnerMark(x, yOf(reported)), newSeedMark(x, yOf(fresh)));
    if (x > free) parts.push(write(signed(luck), x, yOf(reported) - 9, MIDDLE));
    if (x > free) free = x + 26;
  }
  if (!summaries.length) {
    const hint = `Draw ${ENOUGH} times, and the means come here.`;
    parts.push(write(hint, (left + width) / 2, yOf(93.3), MIDDLE));
  }
  return parts;
}

// -------------------------------------------------------------------------------------- words

const inWords = (nDraws) => (nDraws === 1 ? "1 draw" : `${nDraws.toLocaleString("en")} draws`);
const signed = (points) => points.toFixed(1).replace("-", "\u2212");

/** Say what is shown. */
function describe(nRuns, { nDraws, judged, reported, fresh, luck }) {
  const words = [];
  if (judged.length) {
    const average = judged.length > 1 ? "on average, " : "";
    words.push(`${inWords(judged.length)}: ${average}the best of ${nRuns} runs reports`);
    words.push(`${reported.toFixed(1)} %, and new seeds of its setting reach ${fresh.toFixed(1)} %.`);
    words.push(judged.length > 1
      ? `The difference, ${signed(luck)} points, is luck.`
      : `The difference is ${signed(luck)} points.`);
  }
  const nSpoiled = nDraws - judged.length;
  if (nSpoiled) {
    words.push(`${inWords(nSpoiled)} that left no new seed of the winner's setting do not count.`);
  }
  return words.join(" ");
}

// ------------------------------------------------------------------------------------- widget

function render({ model, el }) {
  const scores = model.get("data").accuracies.map(toPercent);
  const allDraws = new Map(); // by the number of runs
  const isStill = matchMedia("(prefers-reduced-motion: reduce)");

  const settings = () => ({ ...DEFAULTS, ...model.get("settings") });
  const wanted = (n) => settings().n_draws[n] ?? 1;
  const drawsOf = (n) => {
    if (allDraws.get(n)?.length !== wanted(n)) allDraws.set(n, draw(scores, n, wanted(n)));
    return allDraws.get(n);
  };
  const change = (changes) => {
    model.set("settings", { ...settings(), ...changes });
    model.save_changes();
  };
  const drawUpTo = (n, nDraws) => {
    const nBefore = wanted(n);
    change({ n_runs: n, n_draws: { ...settings().n_draws, [n]: nDraws } });
    nHidden = isStill.matches ? 0 : nDraws - nBefore;
    step = Math.ceil(nHidden / FRAMES);
    reveal();
  };
  const drawMore = (nDraws) => {
    const n = settings().n_runs;
    drawUpTo(n, wanted(n) + nDraws);
  };

  el.innerHTML = `<div class="play">
    <p>${TRY}</p>
    <div class="presets" role="group" aria-label="Examples"></div>
    <div class="sliders"><div>
      <label>runs to choose from<input type="range" ${KEYS} min="4" max="${MOST}" step="2"></label>
      <output></output>
    </div></div>
    <p class="presets" role="group" aria-label="Draws"></p>
    <svg role="img" aria-label="${SHOWS}" height="${HEIGHT}"></svg>
    <p aria-live="polite"></p>
  </div>`;
  const [slider, output, figure, words] = el.querySelectorAll("input, output, svg, [aria-live]");
  const [examples, draws] = el.querySelectorAll(".presets");
  const addButton = (place, text, action) => {
    const button = document.createElement("button");
    button.textContent = text;
    button.addEventListener("click", action);
    place.append(button);
    return button;
  };
  const presets = PRESETS.map((n) => {
    const button = addButton(examples, `${n} runs`, () => drawUpTo(n, Math.max(MANY, wanted(n))));
    return { n, button };
  });
  addButton(draws, "Draw once", () => drawMore(1));
  addButton(draws, "Draw 100 times", () => drawMore(100));
  addButton(draws, "Begin again", () => change({ n_draws: {} }));
  slider.addEventListener("input", () => change({ n_runs: slider.valueAsNumber }));

  const show = () => {
    const width = figure.clientWidth;
    if (!width) return; // it is hidden
    slider.value = settings().n_runs; // the slider mends what is out of its range
    output.value = slider.value;
    const nRuns = slider.valueAsNumber;
    for (const { n, button } of presets) button.setAttribute("aria-pressed", n === nRuns);
    const shown = drawsOf(nRuns).slice(0, wanted(nRuns) - nHidden);
    const summary = summarise(shown);
    const summaries = Object.keys(settings().n_draws)
      .map(Number) // keys are texts
      .map((n) => [n, n === nRuns ? summary : summarise(drawsOf(n))])
      .filter(([, one]) => one.nDraws >= ENOUGH);
    const xOf = (bin) => MARGIN + ((width - 2 * MARGIN) * (bin + 0.5)) / (N_BINS + 0.5);
    figure.replaceChildren(
      ...drawAxis(xOf),
      ...drawLast(scores, shown.at(-1), xOf),
      ...drawScores(summary, xOf),
      ...drawMeans(summaries, width),
    );
    clearTimeout(waiting); // those who listen hear at most two changes a second
    const say = () => {
      words.textContent = describe(nRuns, summary);
    };
    waiting = setTimeout(say, words.textContent ? PAUSE : 0);
  };

  let waiting;
  let nHidden = 0; // draws that are still to come in
  let step = 0; // how many come in at once
  const reveal = () => {
    nHidden = Math.max(0, nHidden - step);
    show();
    if (nHidden) requestAnimationFrame(reveal);
  };

  const settle = () => {
    nHidden = 0;
    show();
  };
  model.on("change:settings", settle);
  const resized = new ResizeObserver(show); // also when it is shown at last
  resized.observe(figure);
  return () => {
    model.off("change:settings", settle);
    resized.disconnect();
    clearTimeout(waiting);
  };
}

export default { render, draw, summarise };
