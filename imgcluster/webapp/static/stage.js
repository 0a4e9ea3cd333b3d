// The photo with the objects found in it, and the box a person draws. Boxes are [x, y, width, height] in the photo's pixels.
const stage = document.getElementById("stage");
const photo = document.getElementById("photo");
const boxes = document.getElementById("boxes");
const drawn = document.getElementById("drawn");
const drawButton = document.getElementById("draw");
const keys = document.getElementById("keys");
const place = document.getElementById("place");
// Shorter side, in pixels of the screen, below which a drag is a click.
const SMALLEST = 12;
const touch = matchMedia("(pointer: coarse)");
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
// Steps of the keyboard from one side of the photo to the other.
const STEPS = 50;

let size = [1, 1];
let start = null; // where the pointer went down that draws a box
let framed = null; // the box that is searched, in the photo's pixels
let keyed = null; // the box that the keyboard moves
let onBox = () => {};

export const onDrawn = (listener) => { onBox = listener; };

export function showPhoto(url, pixels) {
  size = pixels;
  photo.src = url;
  stage.classList.add("ready");
  framed = null;
  endByKeys();
}

export function showBoxes(regions, chosen, choose) {
  boxes.replaceChildren(...regions.flatMap((region, index) => {
    if (!region.name.startsWith("object")) {
      return [];
    }
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-label", `Search for ${region.name}`);
    button.setAttribute("aria-pressed", index === chosen);
    button.addEventListener("click", () => choose(index));
    placeInside(button, region.box);
    return [button];
  }));
  layOut();
}

export const showBusy = (busy) => { document.getElementById("busy").hidden = !busy; };

// Frame the box that is searched, or none where that is null.
export function showDrawn(box) {
  framed = box;
  showFrame();
}

function showKeyed(box) {
  keyed = box;
  keys.hidden = box === null;
  showFrame();
}

// A box that is being drawn goes before the one that is searched.
function showFrame() {
  if (start !== null) {
    return;
  }
  const box = keyed ?? framed;
  drawn.hidden = box === null;
  if (box !== null) {
    frame(box.map((length) => length * pictureBox().scale));
  }
}

// Where the picture lies in its element: object-fit leaves margins.
function pictureBox() {
  const scale = Math.min(photo.clientWidth / size[0], photo.clientHeight / size[1]);
  const [width, height] = [size[0] * scale, size[1] * scale];
  return { left: photo.offsetLeft + (photo.clientWidth - width) / 2, top: photo.offsetTop + (photo.clientHeight - height) / 2,
           width, height, scale };
}

function layOut() {
  const { left, top, width, height } = pictureBox();
  Object.assign(boxes.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
  showFrame();
}

function placeInside(element, [x, y, width, height]) {
  Object.assign(element.style, { left: `${100 * x / size[0]}%`, top: `${100 * y / size[1]}%`,
                                 width: `${100 * width / size[0]}%`, height: `${100 * height / size[1]}%` });
}

function pointAt(event) {
  const frame = stage.getBoundingClientRect();
  const { left, top, width, height } = pictureBox();
  const x = event.clientX - frame.left - stage.clientLeft - left;
  const y = event.clientY - frame.top - stage.clientTop - top;
  return [Math.min(Math.max(x, 0), width), Math.min(Math.max(y, 0), height)];
}

function boxTo(point) {
  return [Math.min(start[0], point[0]), Math.min(start[1], point[1]), Math.abs(start[0] - point[0]), Math.abs(start[1] - point[1])];
}

function begin(event) {
  if (event.button !== 0 || (touch.matches && !stage.classList.contains("drawing"))) {
    return;
  }
  start = pointAt(event);
}

function move(event) {
  if (start === null) {
    return;
  }
  const box = boxTo(pointAt(event));
  if (Math.min(box[2], box[3]) >= SMALLEST) {
    frame(box);
  }
}

// Show the frame of a box in pixels of the screen, from the picture's upper left corner.
function frame([x, y, width, height]) {
  const { left, top } = pictureBox();
  drawn.hidden = false;
  Object.assign(drawn.style, { left: `${left + x}px`, top: `${top + y}px`, width: `${width}px`, height: `${height}px` });
}

function end(event) {
  if (start === null) {
    return;
  }
  const box = boxTo(pointAt(event));
  start = null;
  if (Math.min(box[2], box[3]) < SMALLEST) {
    showFrame();
    return;
  }
  passOverClick();
  setDrawing(false);
  search(inPixels(box, pictureBox().scale));
}

function search(box) {
  showDrawn(box);
  onBox(box);
}

// The click that a mouse makes at once after a drag belongs to no object below it; after a finger's drag there is none.
function passOverClick() {
  const stop = (click) => click.stopPropagation();
  addEventListener("click", stop, { capture: true, once: true });
  setTimeout(() => removeEventListener("click", stop, { capture: true }));
}

function inPixels(box, scale) {
  const left = Math.floor(box[0] / scale);
  const top = Math.floor(box[1] / scale);
  return [left, top, Math.max(1, Math.min(size[0] - left, Math.round(box[2] / scale))),
          Math.max(1, Math.min(size[1] - top, Math.round(box[3] / scale)))];
}

function setDrawing(on) {
  stage.classList.toggle("drawing", on);
  drawButton.setAttribute("aria-pressed", on);
}

// By keyboard a frame begins in the middle, or where the box is that is searched.
function beginByKeys() {
  showKeyed(framed ?? [Math.floor(size[0] / 4), Math.floor(size[1] / 4), Math.ceil(size[0] / 2), Math.ceil(size[1] / 2)]);
  tellPlace();
  drawn.focus();
}

// Which arrow goes where; shift: it moves the lower right corner alone.
function follow(arrow, shift) {
  const box = [...keyed];
  for (const side of [0, 1]) {
    const step = arrow[side] * Math.max(1, Math.round(size[side] / STEPS));
    const [moved, least, most] = shift
      ? [side + 2, Math.min(size[side] - box[side], Math.ceil(SMALLEST / pictureBox().scale)), size[side] - box[side]]
      : [side, 0, size[side] - box[side + 2]];
    box[moved] = Math.min(Math.max(box[moved] + step, least), most);
  }
  showKeyed(box);
  tellPlace();
}

let telling = null;

// For screen readers, once the arrows rest.
function tellPlace() {
  const [left, top, width, height] = keyed.map((length, side) => `${Math.round(100 * length / size[side % 2])} %`);
  clearTimeout(telling);
  telling = setTimeout(() => {
    place.textContent = `${left} from the left, ${top} from the top, ${width} wide, ${height} high`;
  }, 300);
}

function endByKeys() {
  clearTimeout(telling);
  place.textContent = "";
  setDrawing(false);
  showKeyed(null);
}

function onKey(event) {
  if (keyed === null || event.ctrlKey || event.altKey || event.metaKey) {
    return;
  }
  if (event.key in ARROWS) {
    follow(ARROWS[event.key], event.shiftKey);
  } else if (event.key === "Enter") {
    const box = keyed;
    drawButton.focus(); // which ends it, as leaving the frame in any other way does
    search(box);
  } else if (event.key === "Escape") {
    drawButton.focus();
  } else {
    return;
  }
  event.preventDefault();
}

drawButton.addEventListener("click", (event) => {
  setDrawing(!stage.classList.contains("drawing"));
  const byPointer = event.detail > 0;
  if (!byPointer && stage.classList.contains("drawing")) {
    beginByKeys();
  }
});
drawn.addEventListener("keydown", onKey);
// Not where another window has the focus for a while.
drawn.addEventListener("blur", () => document.activeElement !== drawn && endByKeys());
stage.addEventListener("pointerdown", begin);
addEventListener("pointermove", move);
addEventListener("pointerup", end);
addEventListener("pointercancel", () => {
  start = null; // scrolling by finger cancels, too, and takes no box away
  showFrame();
});
photo.addEventListener("load", layOut);
new ResizeObserver(layOut).observe(photo);
