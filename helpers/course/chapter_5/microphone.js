const SECONDS = 1.5;
// The ear would send events for the noise of the room.
const AUDIO = { echoCancellation: false, noiseSuppression: true, autoGainControl: false };
const NO_ACCESS =
  "Browsers open the microphone only for pages with https or on localhost. " +
  "On this page, read a sound file instead, with read_sound.";
const REASONS = {
  NotAllowedError:
    "The browser did not allow the microphone. Allow it for this page, and press Record again.",
  NotFoundError: "The browser finds no microphone. Connect one, and press Record again.",
  NotReadableError: "The microphone does not answer. Another program may be using it.",
};
const GONE = "The kernel was restarted. Run the cell above and this one again, then record.";
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

function make(parent, tag, style) {
  const element = document.createElement(tag);
  element.style = style;
  parent.append(element);
  return element;
}

// Record, and show the seconds left and the peak of the sound meanwhile. Returns the file.
async function record(stream, show) {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(stream).connect(analyser);
  const wave = new Float32Array(analyser.fftSize);
  const recorder = new MediaRecorder(stream);
  const file = new Promise((done) => {
    recorder.ondataavailable = (event) => done(event.data);
  });
  recorder.start();
  const end = performance.now() + 1000 * SECONDS;
  while (performance.now() < end && stream.active) {
    analyser.getFloatTimeDomainData(wave);
    show((end - performance.now()) / 1000, Math.max(...wave.map(Math.abs)));
    await sleep(40);
  }
  if (recorder.state === "recording") recorder.stop();
  context.close();
  return file;
}

function render({ model, el }) {
  const row = make(el, "div", "display: flex; align-items: center; gap: 12px");
  const button = make(row, "button", "");
  button.className = "jupyter-button";
  button.textContent = "Record";
  const frame = make(row, "div", "width: 160px; height: 10px; border: 1px solid");
  const level = make(frame, "div", "height: 100%; background: currentColor");
  const clock = make(row, "span", "");
  const line = make(el, "div", "min-height: 1.5em; margin-top: 6px");
  line.ariaLive = "polite";

  const say = (text) => { line.textContent = text; };
  const show = (left, peak) => {
    const share = Math.max(1 + Math.log10(peak) / 2.5, 0); // from -50 to 0 dB
    level.style.width = `${100 * Math.min(share, 1)}%`;
    clock.textContent = `${left.toFixed(1)} s`;
  };
  const reply = () => say(model.get("message"));
  model.on("change:message", reply);
  model.on("comm_live_update", () => { // the kernel that made this is gone for good
    button.ariaDisabled = "true";
    say(GONE);
  });
  show(SECONDS, 0);
  reply();

  let stream = null;
  const close = () => stream?.getTracks().forEach((track) => track.stop());
  const listen = async () => {
    say("The browser may ask whether this page can use the microphone.");
    stream = await navigator.mediaDevices.getUserMedia({ audio: AUDIO });
    say("Get ready.");
    await sleep(300); // the click of the button fades
    say("Say a digit now.");
    const file = await record(stream, show);
    const context = new OfflineAudioContext(1, 1, 24000); // decodes to 24 kHz
    const sound = await context.decodeAudioData(await file.arrayBuffer());
    model.set("message", "Recorded. Python has not answered yet.");
    model.set("samples", sound.getChannelData(0));
    model.save_changes();
  };
  button.addEventListener("click", async () => {
    if (button.ariaDisabled) return;
    model.set("samples", new Float32Array());
    model.save_changes();
    if (!navigator.mediaDevices) return say(NO_ACCESS);
    button.ariaDisabled = "true"; // disabled, it would lose the focus
    await listen().catch((error) => {
      say(REASONS[error.name] ?? `Nothing was recorded: ${error.message}`);
    });
    close();
    show(SECONDS, 0);
    button.ariaDisabled = null;
  });
  return () => {
    model.off("change:message", reply);
    close();
  };
}
export default { render };
