// Product cards and the window of one product. Text from outside is only ever set as text.
import { addressOf, named, shown } from "./address.js";
import { clearError, getJson, showError } from "./server.js";

const template = document.getElementById("card-template");
const scored = document.body.dataset.scored === "yes";
const measure = scored ? "How likely this is the product, if the catalogue has it" : document.body.dataset.similarity;
const dialog = document.getElementById("product");

export const photoUrl = (row, size = "small") => `/photo/${size}/${row}`;
const counted = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

export function card(product, { first = false } = {}) {
  const element = template.content.firstElementChild.cloneNode(true);
  const find = (selector) => element.querySelector(selector);
  element.classList.toggle("first", first);
  find("img").src = photoUrl(product.rows[0]);
  find("img").alt = product.name;
  find("h3").textContent = product.name;
  find(".picture").addEventListener("click", () => openProduct(product.label));
  find(".photos").textContent = counted(product.num_photos, "photo");
  find(".photos").addEventListener("click", () => openProduct(product.label));
  if (product.price) {
    find(".price").textContent = product.price;
    find(".price").hidden = false;
  }
  if (product.url) {
    find(".shop").href = product.url;
    find(".shop").hidden = false;
  }
  fill(find(".more"), product.more);
  if (product.similarity !== undefined) {
    showScore(find(".score"), product);
  }
  return element;
}

function showScore(line, product) {
  if (scored && product.score === null) {
    return;
  }
  const share = Math.max(0, scored ? product.score : product.similarity);
  line.querySelector(".value").textContent = scored ? percent(share) : share.toFixed(2);
  line.querySelector(".fill").style.width = `${100 * share}%`;
  line.title = measure;
  line.hidden = false;
}

// No match is certain, and none impossible.
function percent(share) {
  if (share < 0.01) {
    return "< 1 %";
  }
  return share > 0.99 ? "> 99 %" : `${Math.round(100 * share)} %`;
}

function fill(list, details) {
  list.hidden = Object.keys(details).length === 0;
  list.replaceChildren(...Object.entries(details).flatMap(([name, value]) => {
    const term = document.createElement("dt");
    const text = document.createElement("dd");
    term.textContent = name;
    text.textContent = value;
    return [term, text];
  }));
}

let whenChosen = () => {};
export const onLike = (listener) => { whenChosen = listener; };

let asked = 0;

async function openProduct(name) {
  const turn = ++asked;
  try {
    const product = await getJson(`/api/product?name=${encodeURIComponent(name)}`);
    if (turn === asked) {
      showProduct(product);
      clearError("product");
    }
  } catch (error) {
    if (turn === asked) {
      showError(error.message, "product");
    }
  }
}

function showProduct(product) {
  document.getElementById("product-name").textContent = product.name;
  const facts = [product.label === product.name ? "" : product.label, product.price, counted(product.num_photos, "photo")];
  document.getElementById("product-facts").textContent = facts.filter(Boolean).join(" · ");
  fill(document.getElementById("product-more"), product.more);
  document.getElementById("product-photos").replaceChildren(...product.rows.map((row, index) => {
    const button = document.createElement("button");
    const image = document.createElement("img");
    image.src = photoUrl(row);
    image.loading = "lazy";
    image.alt = product.files[index];
    button.type = "button";
    button.title = `Find what is like ${product.files[index]}`;
    button.append(image);
    button.addEventListener("click", async () => {
      await closeProduct();
      whenChosen(row, product.files[index]);
    });
    return button;
  }));
  enterHistory(product.label);
  if (!dialog.open) {
    dialog.showModal();
  }
}

// The window has an entry of its own in the browser's history, whose address names the product: Back closes the window.
const inHistory = () => history.state?.product !== undefined;

function enterHistory(product) {
  const enter = inHistory() ? "replaceState" : "pushState";
  history[enter]({ product }, "", addressOf(shown(), product));
}

// Close the window; done once its entry is left, as one that is added before that would be left in its place.
export async function closeProduct() {
  asked++;
  if (!dialog.open) {
    return;
  }
  const left = inHistory() ? new Promise((resolve) => addEventListener("popstate", resolve, { once: true })) : null;
  dialog.close();
  await left;
}

// However it was closed; where Back closed it, its entry is left by now.
dialog.addEventListener("close", () => inHistory() && history.back());

// Let the window be open where the address says so: after Back and Forward, in a page that is loaded again, and by a link.
function follow() {
  const product = named();
  if (product === null) {
    asked++;
    dialog.close();
    return;
  }
  if (!inHistory()) {
    history.replaceState(null, "", addressOf(shown())); // where Back leads from the window
  }
  openProduct(product);
}

document.getElementById("product-close").addEventListener("click", closeProduct);
dialog.addEventListener("click", (event) => event.target === dialog && closeProduct());
addEventListener("popstate", follow);
follow();
