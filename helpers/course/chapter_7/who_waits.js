// Who waits? Two of the processes that share a network, over time, and what a longer delay brings.
// An anywidget in the notebook; the course's pages run it too.

// What a person can set. Latencies are in µs and bandwidths in Mbit/s, as in the chapter's study.
const KEYS = 'data-lm-suppress-shortcuts="true"'; // in JupyterLab, arrow keys belong to the slider
const DECADES = [1, 10, 100, 1e3, 1e4, 1e5, 1e6].flatMap((ten) => [ten, 2 * ten, 5 * ten]);
const CHOICES = {
  neurons: Array.from({ length: 10 }, (_, n) => 2 ** (9 + n)),
  processes: [2, 4, 8, 16, 32, 64],
  delay: Array.from({ length: 40 }, (_, n) => n + 1),
  latency: DECADES.filter((latency) => latency <= 1e4),
  bandwidth: DECADES.filter((bandwidth) => 100 <= bandwidth && bandwidth <= 2e6),
  device: ["CPU core", "GPU"], // no slider has it: a preset does
};

// Seconds for a weight and a time step. That of a core is recorded in split.csv, with 4,096 neurons
// in two processes and a delay of 20. A GPU: two operations, at some 40 TFLOP/s.
const PACE = { "CPU core": 39e-12, GPU: 0.05e-12 };

const MEASURED = { neurons: 4096, processes: 2, device: "CPU core" };
const PRESETS = {
  // Its latency is, in split.csv with a delay of 1, what an exchange adds to half of one's time.
  "gloo on one machine": { ...MEASURED, latency: 1000, bandwidth: 10000 },
  Ethernet: { ...MEASURED, latency: 200, bandwidth: 1000 },
  "a cluster": { ...MEASURED, processes: 16, latency: 10, bandwidth: 100000 },
  GPUs: { neurons: 65536, processes: 8, latency: 10, bandwidth: 2000000, device: "GPU" },
};
const SOURCES = {
  "gloo on one machine":
    "About 1 ms per exchange follows from the study below. 10 Gbit/s is the order of magnitude.",
  Ethernet: "In the study below, 200 µs and 1 Gbit/s come on top of gloo's own millisecond.",
  "a cluster": "10 µs and 100 Gbit/s are the order of magnitude of InfiniBand. We measured none.",
  GPUs: "10 µs and 2 Tbit/s are the order of magnitude of NVLink. We measured none.",
};
const DEFAULTS = { ...PRESETS.Ethernet, delay: 1 };
const TRY = "Choose what connects the processes. Then make the delay longer, until nobody waits. "
  + "What do twice the neurons change, and what twice the processes?";
const SHOWS = "Two processes compute, send and wait over time; the time for a time step over the delay";
const COUNTED = "This counts as the exercise below does. A CPU core takes 39 ps for a weight and a "
  + "time step, as recorded in the study, a GPU of the order of 0.05 ps. Sent are gradients of 4 "
  + "bytes, which travel longer than spikes. Left out are the work inside the neurons, slower "
  + "processes, and that a step takes longer in a short block (section 7.2).";

/** What the exercise asks for: the fewest steps of delay that hide the exchange. */
function smallestDelay(compute, latency, size, bandwidth) {
  const slack = compute - size / bandwidth;
  if (slack <= 0) return Infinity;
  return Math.max(1, Math.ceil(latency / slack));
}

/** What the exercise gives: seconds and bytes of a time step, seconds, and bytes per second. */
function exerciseOf({ neurons, processes, latency, bandwidth, device }) {
  const rows = neurons / processes;
  return {
    compute: PACE[device] * rows * rows,
    latency: 1e-6 * latency,
    size: 4 * (processes - 1) * rows, // from each of the others, a number for each neuron
    bandwidth: 1e6 * bandwidth / 8,
  };
}

/** The seconds of a block in a process, and the smallest delay with which nobody waits.
 *
 * While messages travel, a process computes what its own spikes bring, and then what those of the
 * others do.
 */
function timeBlock(settings) {
  const { compute, latency, size, bandwidth } = exerciseOf(settings);
  const smallest = smallestDelay(compute, latency, size, bandwidth);
  const own = settings.delay * compute;
  const bytes = settings.delay * size / bandwidth;
  const wait = settings.delay < smallest ? latency + bytes - own : 0;
  const others = (settings.processes - 1) * own;
  const total = own + wait + others;
  return { own, latency, bytes, wait, others, total, perStep: total / settings.delay, smallest };
}

const twoDigits = (value) => Number(value.toPrecision(2)).toLocaleString("en");
const inSteps = (steps) => (steps === 1 ? "1 step" : `${steps} steps`);

function inSeconds(seconds) {
  if (seconds >= 0.9995) return `${twoDigits(seconds)} s`;
  if (seconds >= 0.9995e-3) return `${twoDigits(1e3 * seconds)} ms`;
  return `${twoDigits(1e6 * seconds)} µs`;
}

function inBits(bandwidth) {
  if (bandwidth >= 1e6) return `${bandwidth / 1e6} Tbit/s`;
  if (bandwidth >= 1e3) return `${bandwidth / 1e3} Gbit/s`;
  return `${bandwidth} Mbit/s`;
}

const SLIDERS = {
  neurons: (neurons) => neurons.toLocaleString("en"),
  processes: (processes) => processes,
  delay: inSteps,
  latency: (latency) => inSeconds(1e-6 * latency),
  bandwidth: inBits,
};

/** What is to be seen, in words. */
function describe(settings) {
  const { wait, total, perStep, smallest } = timeBlock(settings);
  const { compute, size, bandwidth } = exerciseOf(settings);
  const percent = Math.min(99, Math.max(1, Math.round(100 * wait / total)));
  const waits = wait ? `each process waits ${percent} % of the time` : "nobody waits";
  const travels = inSeconds(size / bandwidth);
  const mark = smallest < Infinity
    ? `The smallest delay that is enough is ${inSteps(smallest)}: a longer one hides no more.`
    : `No delay is enough: what is sent for a time step travels for ${travels}, and only `
      + `${inSeconds(compute)} of computing can hide it.`;
  return `With a delay of ${inSteps(settings.delay)}, ${waits}, and a time step takes `
    + `${inSeconds(perStep)}. ${mark}`;
}

// Of the figure, in pixels, and its colours: those of helpers/tools/style.py
const EDGE = 6;
const LEFT = 82;
const RIGHT = 26; // half of the last number
const LETTER = 7; // a wide one
const LANE = 30;
const LANES = { "process 1": 26, messages: 62, "process 2": 98 }; // where each begins
const AXIS = 134; // of time, below the lanes
const CHART = { title: 36, top: 46, bottom: 178, height: 222 }; // below the legend
const COLOURS = {
  own: "#0072B2",
  others: "#56B4E9",
  wait: "#EEEEEE",
  latency: "#E69F00",
  bytes: "#D55E00",
  mark: "#CC79A7",
};
const LEGEND = {
  own: "computes from its own spikes",
  others: "computes from those of others",
  wait: "waits",
  latency: "latency, once per block",
  bytes: "bytes, for each time step",
};

const write = (x, y, text, more = "") => `<text x="${x}" y="${y}" ${more}>${text}</text>`;
const line = (path, more = 'stroke="#555555"') => `<path d="${path}" fill="none" ${more}/>`;

function box(x, y, width, height, kind) {
  const border = kind === "wait" ? 'stroke="#555555" stroke-dasharray="3 3"' : "";
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${COLOURS[kind]}" ${border}/>`;
}

/** Round numbers from 0 to the end, at least so many of them after 0, and mostly few more. */
function ticksUpTo(end, fewest) {
  const power = 10 ** Math.floor(Math.log10(end / fewest));
  const step = power * [5, 2, 1].find((factor) => factor * power <= end / fewest);
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, n) => n * step);
}

/** Two processes over time, for as long as 8 time steps take with a delay of 1: shapes. */
function drawLanes(settings, width) {
  const block = timeBlock(settings);
  const end = Math.max(8 * timeBlock({ ...settings, delay: 1 }).total, 2 * block.total);
  const right = width - RIGHT;
  const place = (seconds) => LEFT + (right - LEFT) * seconds / end;
  const parts = [];
  const add = (lane, begin, seconds, kind, words) => {
    const x = place(begin);
    const long = place(Math.min(begin + seconds, end)) - x - 1; // a gap of one pixel
    if (long <= 0) return;
    parts.push(box(x, LANES[lane], long, LANE, kind));
    const style = `text-anchor="middle" fill="${kind === "own" ? "white" : "black"}"`;
    const isShown = long > LETTER * (words.length + 1);
    if (isShown) parts.push(write(x + long / 2, LANES[lane] + LANE / 2 + 5, words, style));
  };
  for (let n = 0; n * block.total < end; n += 1) {
    const begin = n * block.total;
    const last = (n + 1) * settings.delay;
    const steps = settings.delay === 1 ? `${last}` : `${last - settings.delay + 1} to ${last}`;
    for (const lane of ["process 1", "process 2"]) {
      add(lane, begin, block.own, "own", steps);
      add(lane, begin + block.own, block.wait, "wait", "waits");
      add(lane, begin + block.own + block.wait, block.others, "others", steps);
    }
    add("messages", begin, block.latency, "latency", "latency");
    add("messages", begin + block.latency, block.bytes, "bytes", "bytes");
  }
  const shown = settings.processes === 2 ? "Two processes" : `Two of ${settings.processes} processes`;
  parts.push(write(EDGE, 16, `${shown} over time`, 'font-weight="bold"'));
  for (const [lane, top] of Object.entries(LANES)) parts.push(write(EDGE, top + LANE / 2 + 5, lane));
  parts.push(line(`M${LEFT} ${AXIS}H${right}`));
  for (const tick of ticksUpTo(end, width < 500 ? 2 : 4)) {
    parts.push(line(`M${place(tick)} ${AXIS}v4`));
    parts.push(write(place(tick), AXIS + 18, tick ? inSeconds(tick) : "0", 'text-anchor="middle"'));
  }
  return parts;
}

/** What the colours mean, in as many rows as it needs: shapes, and where they end. */
function drawLegend(width, top) {
  const parts = [];
  let x = EDGE;
  let y = top;
  for (const [kind, words] of Object.entries(LEGEND)) {
    const needs = LETTER * words.length + 24;
    if (x + needs > width) {
      x = EDGE;
      y += 20;
    }
    parts.push(box(x, y, 11, 11, kind), write(x + 17, y + 11, words));
    x += needs;
  }
  return { parts, bottom: y + 11 };
}

/** The time for a time step over the delay, and from where on a longer one hides no more: shapes. */
function drawChart(settings, width, offset) {
  const [title, top, bottom] = [CHART.title, CHART.top, CHART.bottom].map((y) => y + offset);
  const right = width - RIGHT;
  const longest = CHOICES.delay.at(-1);
  const seconds = CHOICES.delay.map((delay) => timeBlock({ ...settings, delay }).perStep);
  const most = 1.3 * seconds[0];
  const x = (delay) => LEFT + (right - LEFT) * Math.log(delay) / Math.log(longest);
  const y = (time) => bottom - (bottom - top) * time / most;

  const parts = [write(EDGE, title, "The time for a time step", 'font-weight="bold"')];
  parts.push(line(`M${LEFT} ${top}V${bottom}H${right}`));
  for (const delay of [1, 2, 5, 10, 20, 40]) {
    parts.push(line(`M${x(delay)} ${bottom}v4`));
    parts.push(write(x(delay), bottom + 18, delay, 'text-anchor="middle"'));
  }
  parts.push(write((LEFT + right) / 2, bottom + 35, "delay (steps)", 'text-anchor="middle"'));
  for (const tick of ticksUpTo(most, 3)) {
    parts.push(line(`M${LEFT - 4} ${y(tick)}h4`));
    parts.push(write(LEFT - 8, y(tick) + 4, tick ? inSeconds(tick) : "0", 'text-anchor="end"'));
  }
  const points = seconds.map((time, n) => `${x(n + 1)} ${y(time)}`);
  parts.push(line(`M${points.join("L")}`, `stroke="${COLOURS.own}" stroke-width="2"`));

  const { perStep, smallest } = timeBlock(settings);
  const mark = x(Math.min(smallest, longest));
  if (smallest <= longest) {
    const style = `stroke="${COLOURS.mark}" stroke-width="2" stroke-dasharray="8 5"`;
    parts.push(line(`M${mark} ${top}V${bottom}`, style));
  }
  const words = smallest < Infinity ? `enough: ${inSteps(smallest)}` : "no delay is enough";
  const hasRoom = mark + LETTER * words.length < right;
  const [aside, anchor] = hasRoom ? [6, "start"] : [-6, "end"];
  parts.push(write(mark + aside, top + 10, words, `text-anchor="${anchor}"`));
  parts.push(`<circle cx="${x(settings.delay)}" cy="${y(perStep)}" r="6" fill="${COLOURS.own}"/>`);
  return parts;
}

function render({ model, el }) {
  el.innerHTML = `<div class="play">
    <p>${TRY}</p>
    <div class="presets" role="group" aria-label="What connects the processes"></div>
    <p class="source"></p>
    <div class="sliders"></div>
    <svg role="img" aria-label="${SHOWS}"></svg>
    <p aria-live="polite"></p>
    <p>${COUNTED}</p>
  </div>`;
  const [source, svg, words] = el.querySelectorAll(".source, svg, [aria-live]");
  /** What is set, or the default if it is missing or no slider has it. */
  const settings = () => {
    const asked = model.get("settings");
    const pick = ([name, of]) => [name, of.includes(asked[name]) ? asked[name] : DEFAULTS[name]];
    return Object.fromEntries(Object.entries(CHOICES).map(pick));
  };
  const set = (changes) => {
    model.set("settings", { ...settings(), ...changes });
    model.save_changes();
  };

  const sliders = Object.entries(SLIDERS).map(([name, inWords]) => {
    const row = document.createElement("div");
    row.innerHTML = `<label>${name}<input type="range" min="0" ${KEYS}></label>`
      + '<output style="min-width: 10ch"></output>'; // else the slider moves under the finger
    const [input, output] = row.querySelectorAll("input, output");
    input.max = CHOICES[name].length - 1;
    input.addEventListener("input", () => set({ [name]: CHOICES[name][input.valueAsNumber] }));
    el.querySelector(".sliders").append(row);
    return { name, input, output, inWords };
  });
  const buttons = Object.entries(PRESETS).map(([name, preset]) => {
    const button = document.createElement("button");
    button.textContent = name;
    button.addEventListener("click", () => set(preset)); // and the delay stays
    el.querySelector(".presets").append(button);
    return { name, button, preset };
  });

  let waiting;
  const show = () => {
    const now = settings();
    for (const { name, input, output, inWords } of sliders) {
      input.value = CHOICES[name].indexOf(now[name]);
      output.value = inWords(now[name]);
      input.setAttribute("aria-valuetext", output.value);
    }
    source.textContent = "This link is your own.";
    for (const { name, button, preset } of buttons) {
      const isOn = Object.keys(preset).every((part) => preset[part] === now[part]);
      button.setAttribute("aria-pressed", isOn);
      const isLink = preset.latency === now.latency && preset.bandwidth === now.bandwidth;
      if (isLink) source.textContent = SOURCES[name];
    }
    const width = svg.clientWidth;
    const legend = drawLegend(width, AXIS + 30);
    svg.setAttribute("height", legend.bottom + CHART.height);
    svg.innerHTML = [
      ...drawLanes(now, width), ...legend.parts, ...drawChart(now, width, legend.bottom),
    ].join("");
    waiting ??= setTimeout(() => { // those who listen hear at most two changes a second
      waiting = undefined;
      words.textContent = describe(settings());
    }, words.textContent ? 500 : 0);
  };

  const resized = new ResizeObserver(show); // also when it is shown at last
  resized.observe(svg);
  model.on("change:settings", show);
  return () => {
    model.off("change:settings", show);
    resized.disconnect();
    clearTimeout(waiting);
  };
}
export default { render, timeBlock, drawChart };
