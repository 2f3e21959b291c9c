// A leaky integrate-and-fire neuron with a constant input: current, voltage and spikes over time,
// and its rate over the input. An anywidget in the notebook; the course's pages run it too.

const KEYS = 'data-lm-suppress-shortcuts="true"'; // in JupyterLab, arrow keys belong to the slider
const SIMULATED = 1000; // ms, in steps of 1 ms
const SHOWN = 100; // ms
const SLOWLY = 1500; // ms, for which it is drawn at first
const SLIDERS = [
  { name: "input", label: "input in each ms", min: 0, max: 0.6, step: 0.01 },
  { name: "threshold", label: "threshold", min: 0.5, max: 2, step: 0.05 },
  { name: "tau_mem", label: "time constant of the voltage (ms): how slowly it changes",
    min: 2, max: 30, step: 1 },
  { name: "tau_syn", label: "time constant of the current (ms): how long an input lasts",
    min: 2, max: 20, step: 1 },
];
const USUAL = { threshold: 1, tau_mem: 10, tau_syn: 5 };
const PRESETS = {
  "Weak input": { input: 0.15, ...USUAL },
  "Slow rhythm": { input: 0.25, ...USUAL },
  "Fast rhythm": { input: 0.6, ...USUAL },
};
const TRY = "How much input does the neuron need to spike? What does more input change?";
const SHOWS = "Current, voltage and spikes of a neuron over 100 ms, and its rate over the input";

/** What lif_step of helpers/neuron.py computes, for each step of 1 ms: a list of steps.
 *
 * In each, arrived is the current before it decays, and v_before the voltage before the reset.
 */
function simulate({ input, threshold, tau_mem, tau_syn }, n_steps = SIMULATED) {
  const a = 1 / tau_mem;
  const b = 1 / tau_syn;
  const steps = [];
  let i = 0;
  let v = 0;
  for (let n = 0; n < n_steps; n += 1) {
    const arrived = i + input;
    const v_before = v + a * (arrived - v);
    const z = v_before > threshold ? 1 : 0;
    v = (1 - z) * v_before;
    i = arrived - b * arrived;
    steps.push({ arrived, i, v_before, v, z });
  }
  return steps;
}

/** When the spikes of a simulation come, in ms. */
function spikeTimes(steps) {
  return steps.flatMap(({ z }, n) => (z ? [n + 1] : []));
}

/** From spike to spike once the current has levelled off, in ms; Infinity if none comes. */
function waitOf(steps) {
  const times = spikeTimes(steps);
  return times.length ? times.at(-1) - times.at(-2) : Infinity;
}

/** What is to be seen, in words. */
function describe({ input, threshold, tau_syn }, steps) {
  if (input === 0) return "No spike comes, because nothing arrives: the voltage stays at 0.";
  const wait = waitOf(steps);
  if (wait === Infinity) {
    return `No spike comes. The voltage levels off at ${(input * tau_syn).toFixed(2)}, because there as `
      + `much leaks away as arrives. A spike needs more than the threshold, ${threshold.toFixed(2)}.`;
  }
  const [first] = spikeTimes(steps);
  const unseen = first > SHOWN ? ", later than the curves show" : "";
  const about = 1000 % wait ? "about " : "";
  const more = wait > 1
    ? "This time is a whole number of steps of 1\u00a0ms, so more input raises the rate in stairs."
    : "Each step of 1\u00a0ms has one already, so more input adds none.";
  return `The first spike comes after ${first}\u00a0ms${unseen}. Once the current has levelled off, the `
    + `voltage needs ${wait}\u00a0ms from 0 past the threshold, again and again: `
    + `${about}${Math.round(1000 / wait)} spikes in a second. ${more}`;
}

/** Spikes per second, once the current has levelled off, for each input that the slider has: pairs. */
function rateCurve(settings) {
  const { min, max, step } = SLIDERS[0];
  const inputs = Array.from({ length: Math.round((max - min) / step) + 1 }, (_, n) => min + n * step);
  return inputs.map((input) => [input, 1000 / waitOf(simulate({ ...settings, input }))]);
}

/** The figure as SVG, as wide as this, drawn until a time in ms. */
function draw(settings, steps, rates, width, until) {
  const left = 56;
  const right = width - 12;
  const parts = [];
  const write = (x, y, text, more = "") => parts.push(`<text x="${x}" y="${y}" ${more}>${text}</text>`);
  const line = (points, style) =>
    parts.push(`<polyline points="${points.join(" ")}" fill="none" ${style}/>`);

  /** A panel with its title, axes and a line at each step; returns where a value lies in it. */
  const panel = (title, top, height, highest, step) => {
    write(left, top - 10, title, 'font-weight="bold"');
    for (let value = step; value <= highest; value += step) { // another scale is seen
      const y = top + height * (1 - value / highest);
      line([[left, y], [right, y]], 'stroke="#DDDDDD"');
    }
    line([[left, top], [left, top + height], [right, top + height]], 'stroke="#555555"');
    for (const value of [0, highest]) {
      write(left - 6, top + height * (1 - value / highest) + 4, value, 'text-anchor="end"');
    }
    return (value) => top + height * (1 - Math.min(value / highest, 1));
  };
  const ticks = (values, place, y, unit) => {
    for (const value of values) write(place(value), y, value, 'text-anchor="middle"');
    write(right, y + 18, unit, 'text-anchor="end"');
  };

  const time = (ms) => left + (right - left) * ms / SHOWN;
  const shown = steps.slice(0, until);
  const strongest = Math.max(...steps.map((step) => step.arrived));
  const current = panel("current", 24, 50, strongest > 3 ? 12 : 3, 3);
  line(
    [[time(0), current(0)], ...shown.flatMap((step, n) => [
      [time(n), current(step.arrived)], [time(n + 1), current(step.i)],
    ])],
    'stroke="#E69F00" stroke-width="2"',
  );

  const voltage = panel("voltage, and its threshold (dashed)", 104, 90, 2, 1);
  const y = voltage(settings.threshold);
  line([[left, y], [right, y]], 'stroke="#CC79A7" stroke-width="2" stroke-dasharray="8 5"');
  line(
    [[time(0), voltage(0)], ...shown.flatMap((step, n) => [
      [time(n + 1), voltage(step.v_before)], [time(n + 1), voltage(step.v)],
    ])],
    'stroke="#0072B2" stroke-width="2"',
  );

  write(4, 216, "spikes", 'font-weight="bold"');
  for (const ms of spikeTimes(shown)) {
    line([[time(ms), 202], [time(ms), 220]], 'stroke="#000000" stroke-width="3"');
  }
  ticks([0, 20, 40, 60, 80, 100], time, 238, "time (ms)");

  const place = (input) => left + (right - left) * input / SLIDERS[0].max;
  const highest = rates.at(-1)[1]; // more input never makes it slower
  const rate = panel("spikes per second", 276, 75, highest > 300 ? 1000 : 300, 100);
  line(rates.map(([input, n]) => [place(input), rate(n)]), 'stroke="#555555" stroke-width="2"');
  const height = rate(1000 / waitOf(steps));
  parts.push(`<circle cx="${place(settings.input)}" cy="${height}" r="6" fill="#D55E00"/>`);
  ticks([0, 0.2, 0.4, 0.6], place, 368, "input in each ms");
  return parts.join("");
}

function render({ model, el }) {
  el.innerHTML = `<div class="play">
    <p>${TRY}</p>
    <div class="presets" role="group" aria-label="Examples"></div>
    <div class="sliders"></div>
    <p aria-live="polite" style="min-height: 5em"></p>
    <svg role="img" aria-label="${SHOWS}" height="392"></svg>
  </div>`;
  const [line, svg] = el.querySelectorAll("[aria-live], svg");
  const set = (settings) => {
    model.set("settings", settings);
    model.save_changes();
  };

  const sliders = SLIDERS.map(({ name, label, ...range }) => {
    const row = document.createElement("div");
    row.innerHTML = `<label>${label}<input type="range" ${KEYS}></label><output></output>`;
    const [input, output] = row.querySelectorAll("input, output");
    Object.assign(input, range);
    input.addEventListener("input", () => set({ ...settings(), [name]: Number(input.value) }));
    el.querySelector(".sliders").append(row);
    return { name, input, output };
  });
  const buttons = Object.entries(PRESETS).map(([label, preset]) => {
    const button = document.createElement("button");
    button.textContent = label;
    button.addEventListener("click", () => {
      set(preset);
      drawSlowly();
    });
    el.querySelector(".presets").append(button);
    return { button, preset };
  });

  const settings = () =>
    Object.fromEntries(sliders.map(({ name, input }) => [name, Number(input.value)]));
  let steps;
  let rates;
  let frame;
  let waiting;
  const show = () => {
    const asked = { ...PRESETS["Slow rhythm"], ...model.get("settings") };
    for (const { name, input, output } of sliders) {
      input.value = asked[name]; // the slider mends what is out of its range
      output.value = input.value;
    }
    for (const { button, preset } of buttons) {
      const isOn = Object.keys(preset).every((name) => preset[name] === settings()[name]);
      button.setAttribute("aria-pressed", isOn);
    }
    steps = simulate(settings());
    rates = rateCurve(settings());
    drawUntil(SHOWN);
    waiting ??= setTimeout(() => { // those who listen hear at most two changes a second
      waiting = undefined;
      line.textContent = describe(settings(), steps);
    }, line.textContent ? 500 : 0);
  };
  const drawUntil = (until) => {
    cancelAnimationFrame(frame);
    svg.innerHTML = draw(settings(), steps, rates, svg.clientWidth, until);
  };
  const drawSlowly = () => {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const begin = performance.now();
    const advance = (now) => {
      const until = Math.min(SHOWN * (now - begin) / SLOWLY, SHOWN);
      drawUntil(until);
      if (until < SHOWN) frame = requestAnimationFrame(advance);
    };
    frame = requestAnimationFrame(advance);
  };

  const resized = new ResizeObserver(show); // also when it is shown at last
  resized.observe(svg);
  const seen = new IntersectionObserver(([{ isIntersecting }]) => {
    if (!isIntersecting) return;
    seen.disconnect();
    drawSlowly();
  });
  seen.observe(svg);
  model.on("change:settings", show);
  return () => {
    model.off("change:settings", show);
    resized.disconnect();
    seen.disconnect();
    cancelAnimationFrame(frame);
    clearTimeout(waiting);
  };
}
export default { render, simulate };
