// All products, a page at a time, filtered by what is typed.
import { card } from "./cards.js";
import { clearError, getJson, showError } from "./server.js";

const cards = document.getElementById("browse-cards");
const filter = document.getElementById("filter");
const more = document.getElementById("more");
let asked = 0;
let listed = false;

// List the products, where that was not done before or went wrong.
export const open = () => listed || load(true);

async function load(fresh) {
  const turn = ++asked;
  const offset = fresh ? 0 : cards.childElementCount;
  try {
    const found = await getJson(`/api/products?offset=${offset}&text=${encodeURIComponent(filter.value)}`);
    if (turn === asked) {
      list(found, fresh);
    }
  } catch (error) {
    if (turn === asked) {
      listed = listed && !fresh;
      showError(error.message, "browse");
    }
  }
}

function list(found, fresh) {
  listed = true;
  clearError("browse");
  const added = found.products.map((product) => card(product));
  if (fresh) {
    cards.replaceChildren(...added);
  } else {
    cards.append(...added);
  }
  more.hidden = cards.childElementCount >= found.total;
  document.getElementById("browse-count").textContent = found.total === 0 ? "No product has this name."
    : `${found.total.toLocaleString("en")} product${found.total === 1 ? "" : "s"}, those with most photos first`;
}

more.addEventListener("click", () => load(false));
filter.addEventListener("input", () => {
  more.hidden = true; // it would add to the products listed before
  load(true);
});
