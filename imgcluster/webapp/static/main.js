// The page: a photo comes in by click, camera, drop or paste; its regions are chosen; results are shown.
import { addressOf, shown } from "./address.js";
import { open as openProducts } from "./browse.js";
import { card, closeProduct, onLike, photoUrl } from "./cards.js";
import { clearError, getJson, getPhoto, postPhoto, showError } from "./server.js";
import { onDrawn, showBoxes, showBusy, showDrawn, showPhoto } from "./stage.js";

const byId = (id) => document.getElementById(id);
const maxUpload = Number(document.body.dataset.maxUpload);
const optimistic = document.body.dataset.optimistic === "yes";
const state = { file: null, regions: [], chosen: 0, asked: null };

async function openFile(file) {
  if (!file) {
    return;
  }
  await closeProduct();
  goTo("search");
  showError("");
  const opened = await answerFor(file.name, async (signal) => {
    const kept = await inMemory(file);
    return { kept, found: await postPhoto(kept, null, signal) };
  });
  if (!opened) {
    return;
  }
  const { kept, found } = opened;
  state.file = kept;
  state.regions = found.regions;
  byId("start").hidden = true;
  byId("work").hidden = false;
  byId("file-name").textContent = file.name;
  showError(found.warning ? `${file.name}: ${found.warning}. It is searched as it is.` : "");
  showPhoto(found.preview, found.size);
  choose(found.best);
}

// A file as it is now: boxes are searched in it when the one on the disk may long be moved, changed or gone.
async function inMemory(file) {
  if (file.size > maxUpload) {
    throw new Error(`This file is too large: ${(file.size / 1e6).toFixed(0)} MB, and at most ${maxUpload / 1e6} MB are taken.`);
  }
  let content;
  try {
    content = await file.arrayBuffer();
  } catch {
    throw new Error("This cannot be read. It is a folder, or it was moved or changed after it was chosen.");
  }
  if (content.byteLength === 0) {
    throw new Error("This file is empty.");
  }
  return new File([content], file.name);
}

// As `latest`; null where it failed for a file, which is said.
async function answerFor(name, ask) {
  try {
    return await latest(ask);
  } catch (error) {
    showError(`${name}: ${error.message}`);
    return null;
  }
}

// The answer to what is asked; undefined, error or not, where something else was asked for meanwhile, which ends the waiting.
async function latest(ask) {
  state.asked?.abort();
  const asked = new AbortController();
  state.asked = asked;
  showBusy(true);
  try {
    const found = await ask(asked.signal);
    return asked === state.asked ? found : undefined;
  } catch (error) {
    if (asked === state.asked) {
      throw error;
    }
    return undefined;
  } finally {
    if (asked === state.asked) {
      showBusy(false);
    }
  }
}

async function searchBox(box) {
  showError("");
  const found = await answerFor(state.file.name, (signal) => postPhoto(state.file, box, signal));
  if (found === null) {
    frameChosen();
  }
  if (!found) {
    return;
  }
  state.regions = [...state.regions.filter((region) => region.name !== "box"), ...found.regions];
  choose(state.regions.length - 1);
}

// Frame the box whose results are shown, if they are of one.
function frameChosen() {
  const { name, box } = state.regions[state.chosen];
  showDrawn(name === "box" ? box : null);
}

function choose(index) {
  // Buttons are made anew: the focus goes on to the one that was chosen.
  const focused = [byId("boxes"), byId("regions")].find((place) => place.contains(document.activeElement));
  state.chosen = index;
  frameChosen();
  showBoxes(state.regions, index, choose);
  byId("regions").replaceChildren(...(state.regions.length > 1 ? state.regions.map((region, other) =>
    regionButton(region, other, index)) : []));
  const objects = state.regions.some((region) => region.name.startsWith("object"));
  byId("hint").textContent = `${objects ? "Choose an object in the photo, or draw" : "Draw"} a box around what you are looking for.`;
  showResults(state.regions[index]);
  focused?.querySelector("[aria-pressed=true]")?.focus({ preventScroll: true });
}

function regionButton(region, index, chosen) {
  const button = document.createElement("button");
  const image = document.createElement("img");
  const name = document.createElement("span");
  image.src = region.picture;
  image.alt = "";
  name.textContent = { photo: "Whole photo", box: "Your box" }[region.name] ?? region.name.replace("object", "Object");
  button.type = "button";
  button.setAttribute("aria-pressed", index === chosen);
  button.append(image, name);
  button.addEventListener("click", () => choose(index));
  return button;
}

// What the results are, and a note on them.
function verdict({ similar, products }) {
  if (products.length === 0) { // of a photo that the catalogue has
    return ["There is no other photo in this catalogue", ""];
  }
  if (!similar) {
    return ["Nothing similar here", "Nothing in this catalogue is much like it. These are the nearest all the same."];
  }
  return ["Most similar products", products[0].score === null ? ""
    : `Percent: how likely this is the product, if the catalogue has it${optimistic ? " (learned from the clusters, so too high)" : ""}.`];
}

function showResults(region) {
  const best = region.products[0];
  const [said, note] = verdict(region);
  byId("verdict").textContent = said;
  byId("verdict-note").textContent = note;
  byId("cards").classList.toggle("unlike", !region.similar);
  // A frame says "this is it": not of one that is probably another.
  const likely = region.similar && (best?.score ?? 1) >= 0.5;
  byId("cards").replaceChildren(...region.products.map((product, rank) => card(product, { first: likely && rank === 0 })));
}

async function findLike(row, file, signal) {
  const found = await getJson(`/api/like/${row}`, signal);
  const own = await getPhoto(photoUrl(row, "large"), file, signal);
  const image = new Image();
  image.src = photoUrl(row, "large");
  await image.decode();
  return { found, image, own };
}

// What a person looks at: the page, the product and the filter.
const lookedAt = () => JSON.stringify([location.hash, byId("filter").value]);

async function showLike(row, file) {
  const before = lookedAt();
  const answer = await answerFor(file, (signal) => findLike(row, file, signal));
  if (!answer || lookedAt() !== before) {
    return; // who went on to something else is not called back
  }
  await closeProduct(); // one that was asked for a moment ago
  const { found, image, own } = answer;
  goTo("search");
  showError("");
  state.file = own;
  state.regions = [{ name: "photo", picture: photoUrl(row), ...found }];
  byId("start").hidden = true;
  byId("work").hidden = false;
  byId("file-name").textContent = file;
  showPhoto(image.src, [image.naturalWidth, image.naturalHeight]);
  choose(0);
  byId("stage").focus({ preventScroll: true }); // what had it may be gone
  scrollTo({ top: 0 });
}

// A page of its own in the browser's history: a phone's back button leads back.
function goTo(page) {
  if (shown() !== page) {
    history.pushState(null, "", addressOf(page));
  }
  show(page);
}

function show(page) {
  if (byId(`${page}-page`).hidden) {
    clearError("");
  }
  for (const name of ["search", "browse"]) {
    byId(`${name}-page`).hidden = name !== page;
    byId(`go-${name}`).setAttribute("aria-pressed", name === page);
  }
  if (page === "browse") {
    openProducts();
  }
}

for (const id of ["file", "camera"]) {
  byId(id).addEventListener("change", (event) => {
    const [file] = event.target.files;
    event.target.value = "";
    openFile(file);
  });
}
addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("dragging");
});
addEventListener("dragleave", (event) => event.relatedTarget === null && document.body.classList.remove("dragging"));
addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("dragging");
  openFile(event.dataTransfer.files[0]);
});
addEventListener("paste", (event) => openFile(event.clipboardData.files[0]));
byId("go-search").addEventListener("click", () => goTo("search"));
byId("go-browse").addEventListener("click", () => goTo("browse"));
addEventListener("popstate", () => show(shown()));
onDrawn(searchBox);
onLike(showLike);
show(shown());
document.documentElement.dataset.ready = "yes";
