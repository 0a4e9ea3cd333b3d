// What every part of the page uses: the data, elements, thumbnails, names of photos and clusters.
// Text from outside enters the page as text nodes and attribute values only, never as markup.
const data = JSON.parse(document.getElementById("data").textContent);
const photos = data.photos;
const numPhotos = photos.file.length;
const clusterById = new Map(data.clusters.map((cluster) => [cluster.id, cluster]));
const highestCluster = Math.max(...[...data.clusters, ...data.earlierClusters].map(({ id }) => id));
const $ = (id) => document.getElementById(id);
const count = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
const percent = (share) => `${Math.round(100 * share)} %`;
const range = (length) => Array.from({ length }, (_, index) => index);

// h("button", {class: "x", onclick: f}, "text", child): an element; strings become text nodes.
function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

// ---- sheets of thumbnails: decoded when first looked at

const { side, columns: sheetColumns } = data.sprites;
const perSheet = sheetColumns * sheetColumns;
const sheets = new Map();
function sheet(number) {
  if (!sheets.has(number)) sheets.set(number, arrived(number).then(() => readSheet(number)));
  return sheets.get(number);
}

// Resolves when a sheet is read to its end, which is when the next one begins: the first photos show before the last
// are there.
function arrived(number) {
  return new Promise((resolve) => {
    const check = () => {
      if (document.readyState === "loading" && !$(`sheet-${number + 1}`)) return;
      observer.disconnect();
      resolve();
    };
    const observer = new MutationObserver(check);
    observer.observe(document.body, { childList: true });
    document.addEventListener("DOMContentLoaded", check);
    check();
  });
}

// A sheet as a file of its own; decoding is left to those who show it, off the page's thread.
function readSheet(number) {
  const block = $(`sheet-${number}`);
  const blob = new Blob([fromBase64(block.textContent)], { type: "image/webp" });
  block.textContent = "";
  const rows = Math.ceil(Math.min(perSheet, data.sprites.count - number * perSheet) / sheetColumns);
  return { blob, rows, url: URL.createObjectURL(blob) };
}

function fromBase64(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let place = 0; place < binary.length; place += 1) bytes[place] = binary.charCodeAt(place);
  return bytes;
}

// Where a thumbnail lies: its sheet, and its corner there in pixels.
function tilePlace(index) {
  const inside = index % perSheet;
  return { sheet: Math.floor(index / perSheet), x: (inside % sheetColumns) * side,
    y: Math.floor(inside / sheetColumns) * side };
}

// Sheets as canvases draw them: decoded once and kept, at half size (a quarter of the memory) while that is enough.
const bitmaps = new Map();  // "sheet/share" -> bitmap, or the redraws that wait for it
function bitmap(number, share, redraw) {
  const key = `${number}/${share}`;
  const found = bitmaps.get(key);
  if (found instanceof ImageBitmap) return found;
  if (found) found.add(redraw);
  else {
    const waiting = new Set([redraw]);
    bitmaps.set(key, waiting);
    sheet(number).then(({ blob, rows }) => createImageBitmap(blob, { resizeQuality: "medium",
      resizeWidth: sheetColumns * side * share, resizeHeight: rows * side * share })).then((made) => {
      bitmaps.set(key, made);
      waiting.forEach((draw) => draw());
    });
  }
  return null;
}

function drawTile(context, index, x, y, size, redraw) {
  const place = tilePlace(index);
  const needed = size * Math.min(devicePixelRatio || 1, 2) > 0.6 * side ? 1 : 0.5;
  let [share, image] = [needed, bitmap(place.sheet, needed, redraw)];
  if (!image && needed === 1 && bitmaps.get(`${place.sheet}/0.5`) instanceof ImageBitmap)
    [share, image] = [0.5, bitmaps.get(`${place.sheet}/0.5`)];
  if (image) context.drawImage(image, place.x * share, place.y * share, side * share, side * share, x, y, size, size);
  return Boolean(image);
}

function fill(target) {
  target.dataset.filled = "";
  const place = tilePlace(Number(target.dataset.tile));
  sheet(place.sheet).then(({ rows, url }) => {
    target.style.backgroundImage = `url("${url}")`;
    target.style.backgroundSize = `${100 * sheetColumns}% ${100 * rows}%`;
    target.style.backgroundPosition = `${100 * (place.x / side) / Math.max(1, sheetColumns - 1)}% ` +
      `${100 * (place.y / side) / Math.max(1, rows - 1)}%`;
    markSeen(url);
  });
}

// The moment of the first photos, for benchmarks/report.py.
async function markSeen(url) {
  if (markSeen.done) return;
  markSeen.done = true;
  const image = new Image();
  image.src = url;
  await image.decode();
  performance.mark("photos");
}

const lazy = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    lazy.unobserve(target);
    fill(target);
  }
}, { rootMargin: "400px" });

// A picture of a thumbnail that fills its parent's width.
function picture(index, label = "") {
  const element = h("span", { class: "picture", "data-tile": index, role: "img", "aria-label": label,
    "aria-hidden": label ? null : "true" });
  if (atOnce) fill(element);
  else lazy.observe(element);
  return element;
}

// Once the page is read and has nothing else to do.
const idle = (work) => (window.requestIdleCallback ? requestIdleCallback(work, { timeout: 3000 }) : setTimeout(work, 300));
function whenIdle(work) {
  if (document.readyState === "complete") idle(work);
  else addEventListener("load", () => idle(work));
}

// Then the photos out of sight are filled as well, sheet by sheet, as full-page pictures and print want them. The
// browser still decodes only what it paints.
let atOnce = false;
function fillRest() {
  const waiting = [...document.querySelectorAll(".picture[data-tile]:not([data-filled])")];
  atOnce = waiting.length === 0;
  if (atOnce) return;
  const sheetOf = (element) => tilePlace(Number(element.dataset.tile)).sheet;
  waiting.filter((element) => sheetOf(element) === sheetOf(waiting[0])).forEach((element) => {
    lazy.unobserve(element);
    fill(element);
  });
  idle(fillRest);
}
whenIdle(fillRest);

// ---- what photos and clusters are called

const clusterName = (id) => groups.get(id)?.name ?? names.get(id) ?? (id === -1 ? "No cluster" : `Cluster ${id}`);
const baseName = (file) => file.slice(file.lastIndexOf("/") + 1);
// A file's path that goes on in another line after / _ or - rather than within a word.
const breakable = (file) => file.split(/(?<=[/_-])(?=.)/).flatMap((part, place) => (place ? [h("wbr"), part] : [part]));
const stem = (file) => file.replace(/\.\w+$/, "");
// Both its ends tell a name apart; `share` of it is the beginning.
function shortened(text, length, share) {
  const letters = [...text];
  if (letters.length <= length) return text;
  const first = Math.ceil(share * (length - 1));
  return `${letters.slice(0, first).join("")}…${letters.slice(1 - length + first).join("")}`;
}
// Texts shortened to a length, to up to twice as much where they would look alike.
function toldApart(texts, length, share = 1 / 2) {
  let short = texts.map((text) => shortened(text, length, share));
  for (let wider = length + 1; wider <= 2 * length && new Set(short).size < short.length; wider += 1) {
    const often = new Map(tally(short));
    short = short.map((text, place) => (often.get(text) > 1 ? shortened(texts[place], wider, share) : text));
  }
  return short;
}
// What photos are called in a list of them, {photo: name}: mostly by the end of the file name, where cameras count, and
// where that is another one's name as well, with the folder.
function shortNames(indices) {
  const called = toldApart(indices.map((index) => stem(baseName(photos.file[index]))), 9, 1 / 3);
  const often = new Map(tally(called));
  const alike = indices.filter((_, place) => often.get(called[place]) > 1);
  const paths = toldApart(alike.map((index) => stem(photos.file[index])), 18, 1 / 3);
  return new Map([...indices.map((index, place) => [index, called[place]]), ...alike.map((index, place) => [index, paths[place]])]);
}
// What is searched by and what is found, whatever the case and spelling (ß is SS in capitals).
const folded = (text) => text.normalize("NFC").toUpperCase();
const modelOf = (index) => (photos.model ? data.models[photos.model[index]].name : null);
const confidenceOf = (index) => photos.confidence[index];
const byTypicality = (indices) => indices.sort((a, b) => (photos.typicality[b] ?? 0) - (photos.typicality[a] ?? 0));
const byConfidence = (indices) => indices.sort((a, b) => (confidenceOf(b) ?? 0) - (confidenceOf(a) ?? 0));

function describe(index) {
  const parts = [photos.file[index], clusterName(shownOf[index])];
  if (confidenceOf(index) !== null) parts.push(`confidence ${confidenceOf(index).toFixed(2)}`);
  return parts.join(", ");
}

// A photo that opens its cluster.
function photoButton(index, { caption = null, title = null } = {}) {
  return h("button", { class: "photo", type: "button", "aria-label": describe(index), title: title ?? photos.file[index],
    onclick: () => openCluster(shownOf[index], index) }, picture(index), caption);
}

// The function that makes the caption of each photo of a list.
function captionsOf(indices) {
  const called = shortNames(indices);
  return (index) => h("span", { class: "caption" }, h("span", { class: "file" }, breakable(called.get(index))),
    confidenceOf(index) === null ? null : h("span", { class: "number" }, confidenceOf(index).toFixed(2)));
}

// Of what is shown at first, a phone, on which it lies one below the other, shows a third.
const atATime = (number) => (matchMedia("(max-width: 480px)").matches ? Math.ceil(number / 3) : number);

// A list that grows by a button: draw(item) for `step` items at a time.
function growingList(parent, items, step, draw, noun, first = step) {
  parent.replaceChildren();
  // Keys go on at the first of those that came.
  const more = h("button", { type: "button", class: "more", onclick: () => {
    const [next] = grow(step);
    (next.matches("button") ? next : next.querySelector("button"))?.focus({ preventScroll: true });
  } });
  let shown = 0;
  function grow(number) {
    const next = items.slice(shown, shown + number);
    shown += next.length;
    more.remove();
    const drawn = next.map(draw);
    parent.append(...drawn);
    oneTabStop(parent);
    if (shown < items.length) {
      more.textContent = `Show ${Math.min(step, items.length - shown)} more of ${count(items.length, noun)}`;
      parent.append(more);
    }
    return drawn;
  }
  grow(first);
}

// Buttons of which one is pressed.
function choice(parent, options, chosen, onchange) {
  const buttons = options.map(([value, text]) => h("button", { type: "button", "aria-pressed": String(value === chosen),
    onclick: () => {
      buttons.forEach((button, index) => button.setAttribute("aria-pressed", String(options[index][0] === value)));
      onchange(value);
    } }, text));
  parent.replaceChildren(...buttons);
}

// A window closes by its button and by a click beside it.
function closable(window, button) {
  button.onclick = () => window.close();
  window.addEventListener("click", (event) => { if (event.target === window) window.close(); });
}

// ---- the small window beside the pointer

const tip = $("tip");
function showTip(event, children) {
  tip.replaceChildren(...children);
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  const left = event.clientX + 16 + box.width > innerWidth ? event.clientX - 16 - box.width : event.clientX + 16;
  const top = Math.min(event.clientY + 12, innerHeight - box.height - 8);
  tip.style.transform = `translate(${Math.max(8, left)}px, ${Math.max(8, top)}px)`;
}
function hideTip() { tip.hidden = true; }

function photoTip(index, ...lines) {
  return [picture(index), h("strong", {}, clusterName(shownOf[index])),
    h("span", { class: "file" }, breakable(photos.file[index])),
    modelOf(index) === null ? null : h("span", {}, `true label: ${modelOf(index)}`),
    confidenceOf(index) === null ? null : h("span", {}, `confidence ${confidenceOf(index).toFixed(2)}`),
    ...lines.map((line) => h("span", {}, line))].filter(Boolean);
}
