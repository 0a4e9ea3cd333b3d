// The page's address says which page is shown and which product's window is open: "#browse/Red%20boots".
const parts = () => location.hash.slice(1).split("/");

export const shown = () => (parts()[0] === "browse" ? "browse" : "search");

// The name of the product that the address is of; null for none.
export function named() {
  try {
    return decodeURIComponent(parts()[1] ?? "") || null;
  } catch { // cut off, or typed
    return null;
  }
}

// The address of a page, or of a product's window on it.
export function addressOf(page, product = null) {
  if (product !== null) {
    return `#${page}/${encodeURIComponent(product)}`;
  }
  return page === "browse" ? "#browse" : location.pathname;
}
