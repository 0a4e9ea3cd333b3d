// Regions of a plane, and room in it.

// Places, in their order, that lie `apart` or more, across or down, from all chosen before them.
function roomy(xs, ys, apart) {
  const cells = new Map();  // of side `apart`: those chosen there
  const chosen = new Set();
  const near = (cell, x, y) => (cells.get(cell) ?? []).some((other) => Math.abs(xs[other] - x) < apart && Math.abs(ys[other] - y) < apart);
  xs.forEach((x, place) => {
    const [column, row] = [Math.floor(x / apart), Math.floor(ys[place] / apart)];
    for (let right = -1; right <= 1; right += 1) for (let down = -1; down <= 1; down += 1)
      if (near(`${column + right},${row + down}`, x, ys[place])) return;
    const own = `${column},${row}`;
    cells.set(own, [...(cells.get(own) ?? []), place]);
    chosen.add(place);
  });
  return chosen;
}

// Regions: a lasso drawn by hand, and a ring that keys move and resize, for those who cannot draw.
const RING_GROWTH = 1.25;

// Even-odd rule along a line to the right. corners: [[x, y], ...].
function inLasso(corners, x, y) {
  let odd = false;
  corners.forEach(([x1, y1], corner) => {
    const [x2, y2] = corners[(corner + 1) % corners.length];
    if ((y1 > y) !== (y2 > y) && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) odd = !odd;
  });
  return odd;
}

const inRing = (ring, x, y) => (x - ring.x) ** 2 + (y - ring.y) ** 2 <= ring.radius ** 2;

// The ring one arrow key on: moved by half its radius, or with Shift made larger (up, right) or smaller. Without a ring
// yet, one in the middle of what the view shows. It keeps to the plane, and to sizes that can be seen.
function nextRing(ring, [right, down], resize, view) {
  const { left, top, width, height } = view.extent;
  const within = (value, low, high) => Math.min(high, Math.max(low, value));
  if (!ring) {
    const [x, y] = view.toPlane(view.width / 2, view.height / 2);
    return { x, y, radius: 0.15 * Math.min(view.width, view.height) / view.scale };
  }
  const growth = resize ? RING_GROWTH ** (right - down) : 1;
  const radius = within(ring.radius * growth, 8 / view.scale, Math.max(width, height));
  if (resize) return { ...ring, radius };
  return { x: within(ring.x + right * radius / 2, left, left + width), y: within(ring.y + down * radius / 2, top, top + height),
    radius };
}

// The outline of a region on a canvas; path(context) traces it.
function drawRegion(context, path) {
  context.beginPath();
  path(context);
  context.closePath();
  context.fillStyle = colourOf("--lasso");
  context.fill();
  context.lineWidth = 1.5;
  context.strokeStyle = colourOf("--focus");
  context.stroke();
}
