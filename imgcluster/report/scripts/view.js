// A canvas that is zoomed and moved by wheel, drag, two fingers and keys. Plane: x to the right, y down.

// Wheel turns that began outside a canvas scroll the page on past it.
let lastWheel = { time: -Infinity, target: null };
addEventListener("wheel", (event) => {
  if (event.timeStamp - lastWheel.time > 250) lastWheel.target = event.target;
  lastWheel.time = event.timeStamp;
}, { capture: true, passive: true });

// Arrow keys as steps to the right and down.
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

class View {
  // extent: {left, top, width, height} of the plane that is seen at first. draw(context, view) paints it.
  constructor(canvas, extent, draw, { maxZoom = 40, margin = 12, maxScale = Infinity } = {}) {
    Object.assign(this, { canvas, extent, draw, maxZoom, margin, maxScale, zoom: 1, x: 0, y: 0, pointers: new Map(), moved: 0 });
    this.context = canvas.getContext("2d");
    this.handlers = { hover() {}, leave() {}, click() {}, key() { return false; } };
    new ResizeObserver(() => this.resize()).observe(canvas);
    // Nothing is drawn, and no photo decoded, before the canvas comes into sight or the page has nothing else to do.
    const begin = () => { this.begun = true; seen.disconnect(); this.redraw(); };
    const seen = new IntersectionObserver(([entry]) => { if (entry.isIntersecting) begin(); });
    seen.observe(canvas);
    whenIdle(begin);
    addEventListener("beforeprint", () => this.paint());
    canvas.addEventListener("wheel", (event) => this.onWheel(event), { passive: false });
    for (const type of ["pointerdown", "pointermove", "pointerup", "pointercancel", "pointerleave"])
      canvas.addEventListener(type, (event) => this.onPointer(event));
    canvas.addEventListener("keydown", (event) => this.onKey(event));
  }

  resize() {
    const { clientWidth, clientHeight } = this.canvas;
    if (!clientWidth) return;
    [this.width, this.height, this.ratio] = [clientWidth, clientHeight, Math.min(devicePixelRatio || 1, 2)];
    this.canvas.width = Math.round(clientWidth * this.ratio);
    this.canvas.height = Math.round(clientHeight * this.ratio);
    const room = 2 * this.margin;
    this.base = Math.min(this.maxScale, (this.width - room) / this.extent.width, (this.height - room) / this.extent.height);
    this.settle();
    this.paint();
  }

  get scale() { return this.base * this.zoom; }
  // The middle of the plane lies in the middle of the canvas, moved by (x, y) pixels.
  toScreen(x, y) {
    const { left, top, width, height } = this.extent;
    return [this.width / 2 + this.x + (x - left - width / 2) * this.scale,
      this.height / 2 + this.y + (y - top - height / 2) * this.scale];
  }

  toPlane(x, y) {
    const { left, top, width, height } = this.extent;
    return [(x - this.width / 2 - this.x) / this.scale + left + width / 2,
      (y - this.height / 2 - this.y) / this.scale + top + height / 2];
  }

  redraw = () => {
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => { this.waiting = null; this.paint(); });
  };

  paint() {
    if (!this.base || !this.begun) return;
    this.context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    this.context.clearRect(0, 0, this.width, this.height);
    this.draw(this.context, this);
  }

  zoomAt(x, y, factor) {
    const zoom = Math.min(this.maxZoom, Math.max(1, this.zoom * factor));
    const change = zoom / this.zoom;
    this.x = (this.x + this.width / 2 - x) * change + x - this.width / 2;
    this.y = (this.y + this.height / 2 - y) * change + y - this.height / 2;
    this.zoom = zoom;
    this.settle();
  }

  zoomBy(factor) { this.zoomAt(this.width / 2, this.height / 2, factor); }
  fit() { this.zoomBy(0); }
  pan(dx, dy) { this.x += dx; this.y += dy; this.settle(); }

  // Move as far as it takes to see a place of the plane, with some room around it.
  reveal(x, y) {
    const beyond = (value, size) => Math.min(0, size - 60 - value) + Math.max(0, 60 - value);
    const [left, top] = this.toScreen(x, y);
    if (this.zoom > 1) this.pan(beyond(left, this.width), beyond(top, this.height));
  }

  // Keep the plane in sight; while all of it is, one finger scrolls the page.
  settle() {
    if (!this.base) return;
    const reach = (length, size) => Math.max(0, (length * this.scale + 2 * this.margin - size) / 2);
    const [farX, farY] = [reach(this.extent.width, this.width), reach(this.extent.height, this.height)];
    this.x = Math.min(farX, Math.max(-farX, this.x));
    this.y = Math.min(farY, Math.max(-farY, this.y));
    this.canvas.style.touchAction = this.zoom > 1 || this.grabs ? "none" : "pan-y";
    this.redraw();
  }

  onWheel(event) {
    const began = lastWheel.target === this.canvas || event.ctrlKey;
    if (!began || (event.deltaY > 0 && this.zoom === 1)) return;
    event.preventDefault();
    const step = event.deltaY * (event.deltaMode === 1 ? 20 : 1) * (event.ctrlKey ? 4 : 1);
    this.zoomAt(event.offsetX, event.offsetY, Math.exp(-Math.max(-200, Math.min(200, step)) / 400));
  }

  onPointer(event) {
    const [x, y] = [event.offsetX, event.offsetY];
    const old = this.pointers.get(event.pointerId);
    if (event.type === "pointerdown" && event.button) return;
    if (event.type === "pointerdown") {
      this.canvas.setPointerCapture(event.pointerId);
      if (!this.pointers.size) this.moved = 0;
      this.pointers.set(event.pointerId, { x, y });
      if (this.pointers.size === 1) this.handlers.grab?.(x, y);
    } else if (event.type === "pointermove") {
      if (!old) this.handlers.hover(event, x, y);
      else this.drag(event, old, { x, y });
    } else if (old) {
      this.pointers.delete(event.pointerId);
      if (event.type === "pointerup" && this.moved < 5) this.handlers.click(x, y, event);
      else this.handlers.drop?.(event.type === "pointerup");
    }
    if (event.type === "pointerleave") this.handlers.leave();
  }

  drag(event, old, now) {
    const others = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
    this.moved += Math.hypot(now.x - old.x, now.y - old.y);
    this.handlers.leave();
    if (others.length) {
      const [other] = others;
      const distance = (place) => Math.hypot(place.x - other.x, place.y - other.y) || 1;
      this.zoomAt((now.x + other.x) / 2, (now.y + other.y) / 2, distance(now) / distance(old));
      this.moved += 5;
    } else if (!this.handlers.trace?.(now.x, now.y)) this.pan(now.x - old.x, now.y - old.y);
    this.pointers.set(event.pointerId, now);
  }

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = ARROWS[event.key];
    if (this.handlers.key(event)) event.preventDefault();
    else if (event.key === "+" || event.key === "=") this.zoomBy(1.4);
    else if (event.key === "-") this.zoomBy(1 / 1.4);
    else if (event.key === "0") this.fit();
    else if (step) { this.pan(-60 * step[0], -60 * step[1]); event.preventDefault(); }
  }
}

// Zoom buttons in a corner of a canvas.
function zoomButtons(parent, view) {
  const button = (text, label, onclick) => h("button", { type: "button", "aria-label": label, title: label, onclick }, text);
  parent.replaceChildren(button("+", "Zoom in", () => view.zoomBy(1.6)), button("−", "Zoom out", () => view.zoomBy(1 / 1.6)),
    button("⤢", "Show all", () => view.fit()));
}

const colourOf = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const isDark = () => colourOf("--scheme") === "dark";
const paletteNow = () => (isDark() ? data.paletteDark : data.palette);

// By the cluster's number alone. One of another level has that of a cluster of the answer, and "new-3" the next ones.
function clusterColour(id) {
  if (id === -1) return colourOf("--no-cluster");
  const own = Number.isInteger(id) ? id : highestCluster + Number(String(id).slice(4)) - data.newClusters;
  const number = groups.get(id)?.number ?? own;
  const palette = paletteNow();
  return palette[number % palette.length];
}
