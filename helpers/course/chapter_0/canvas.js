const SIDE = 280;
const PEN = 22;
const DRAW = "Draw one digit. Whatever you draw, the network answers with one of its ten digits.";
const RUN = "Now run the next cell: it shows what the network answers.";
const GONE = "The kernel was restarted. Run the cell above and this one again, then draw.";

function render({ model, el }) {
  const canvas = document.createElement("canvas");
  canvas.width = SIDE;
  canvas.height = SIDE;
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "img");
  canvas.setAttribute(
    "aria-label", "A black square to draw a digit in, with the mouse or a finger"
  );
  canvas.style.width = `${SIDE}px`;
  canvas.style.height = `${SIDE}px`;
  canvas.style.touchAction = "none";
  canvas.style.cursor = "crosshair";

  const clear = document.createElement("button");
  clear.textContent = "Clear";
  clear.className = "jupyter-button";

  const line = document.createElement("div");
  line.ariaLive = "polite";

  const pen = canvas.getContext("2d");
  pen.strokeStyle = "white";
  pen.lineWidth = PEN;
  pen.lineCap = "round";
  pen.lineJoin = "round";
  let strokes = [];
  let isGone = false;
  const show = () => {
    pen.fillRect(0, 0, SIDE, SIDE);
    for (const stroke of strokes) {
      pen.beginPath();
      pen.moveTo(stroke[0] + 0.01, stroke[1]);
      for (let n = 0; n < stroke.length; n += 2) pen.lineTo(stroke[n], stroke[n + 1]);
      pen.stroke();
    }
    line.textContent = isGone ? GONE : strokes.length ? RUN : DRAW;
  };
  const read = () => {
    strokes = model.get("strokes").map((stroke) => [...stroke]);
    show();
  };
  const send = () => {
    model.set("strokes", strokes.map((stroke) => [...stroke]));
    model.save_changes();
  };

  let isDown = false;
  const add = (event) => {
    const box = canvas.getBoundingClientRect();
    const x = (event.clientX - box.left) * SIDE / box.width;
    const y = (event.clientY - box.top) * SIDE / box.height;
    strokes.at(-1).push(x, y);
    show();
  };
  const lift = () => {
    if (isDown) send();
    isDown = false;
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    isDown = true;
    strokes.push([]);
    add(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (isDown) add(event);
  });
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);
  clear.addEventListener("click", () => {
    strokes = [];
    show();
    send();
  });
  model.on("change:strokes", read);
  model.on("comm_live_update", () => { // the kernel that made this is gone for good
    isGone = true;
    show();
  });
  read(); // what was drawn before the page was loaded again
  el.append(canvas, document.createElement("br"), clear, line);
  return () => model.off("change:strokes", read);
}
export default { render };
