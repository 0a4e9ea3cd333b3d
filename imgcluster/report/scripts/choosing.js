// Choosing photos in a list: by click, as a range with Shift, and by keys that go from photo to photo.

// Where a range begins: {index, chosen: what a click made of that photo, end: where the range ends, turned: photos that
// it chose, or left out}. None once photos were chosen in another way.
let anchor = null;

// A photo that is chosen and left out again by a click, and a button to see it large.
function choosablePhoto(index, caption) {
  const button = h("button", { class: "photo choosable", type: "button", tabindex: -1, "data-photo": index,
    title: photos.file[index], "aria-label": describe(index), "aria-pressed": String(selection.has(index)),
    onclick: (event) => {
      button.focus();  // Safari leaves it where it was
      (event.shiftKey ? chooseTo : chooseOne)(button);
    } }, picture(index), caption);
  return h("div", { class: "photo-box" }, button, h("button", { class: "enlarge", type: "button", tabindex: -1,
    title: "See it large", "aria-label": `See ${photos.file[index]} large`,
    onclick: () => enlarge(index, photosBeside(button).map(photoOf)) }));
}

const photoOf = (button) => Number(button.dataset.photo);
const photosBeside = (button) => [...button.closest(".photos").querySelectorAll(".choosable")];

function chooseOne(button) {
  const index = photoOf(button);
  select([index], !selection.has(index));
  anchor = { index, chosen: selection.has(index), end: index, turned: [] };
}

// All from the anchor to this photo become what the anchor is; a range that ended elsewhere is taken back.
function chooseTo(button) {
  const list = photosBeside(button).map(photoOf);
  const [first, last] = [list.indexOf(anchor?.index), list.indexOf(photoOf(button))].sort((a, b) => a - b);
  if (first < 0) { chooseOne(button); return; }
  const { index, chosen, turned } = anchor;
  select(turned, !chosen);
  const turns = list.slice(first, last + 1).filter((photo) => selection.has(photo) !== chosen);
  select(turns, chosen);
  anchor = { index, chosen, end: photoOf(button), turned: turns };
}

// Arrows, Home and End go through a list, with Shift they choose what they go over.
function choosingKey(event) {
  const button = event.target.closest?.(".choosable");
  if (!button || event.altKey) return;
  const list = photosBeside(button);
  const next = list[placeAfter(event.key, list.indexOf(button), list)];
  if ((event.ctrlKey || event.metaKey) && event.key === "a") select(dialog.open ? membersOf(opened) : list.map(photoOf));
  else if (event.ctrlKey || event.metaKey) return;
  else if (event.key === " " && event.shiftKey) chooseTo(button);
  else if (next && event.shiftKey) {
    if (anchor?.end !== photoOf(button)) anchor = { index: photoOf(button), chosen: true, turned: [] };
    chooseTo(next);
    next.focus();
  } else if (next) next.focus();
  else return;
  event.preventDefault();
}

function placeAfter(key, place, list) {
  const inRow = list.filter((button) => button.getBoundingClientRect().top === list[0].getBoundingClientRect().top).length;
  const [right, down] = ARROWS[key] ?? [0, 0];
  const next = { Home: 0, End: list.length - 1 }[key] ?? place + right + down * inRow;
  return next === place ? -1 : next;
}

// Tab leads into a list once, to the photo that was looked at last, and to its second button.
function oneTabStop(list, box = list.querySelector(".photo-box")) {
  if (!box) return;
  list.querySelectorAll('.photo-box [tabindex="0"]').forEach((button) => { button.tabIndex = -1; });
  for (const button of box.children) button.tabIndex = 0;
}

function startChoosing() {
  document.addEventListener("keydown", choosingKey);
  // Browsers press a button when Space is let go.
  document.addEventListener("keyup", (event) => {
    if (event.key === " " && event.shiftKey && event.target.closest?.(".choosable")) event.preventDefault();
  });
  document.addEventListener("focusin", ({ target }) => {
    const box = target.closest?.(".photo-box");
    if (box) oneTabStop(box.closest(".photos"), box);
  });
  document.addEventListener("dblclick", ({ target }) => {
    const button = target.closest?.(".choosable");
    if (button) enlarge(photoOf(button), photosBeside(button).map(photoOf));
  });
  onchange(() => document.querySelectorAll(".choosable").forEach((button) =>
    button.setAttribute("aria-pressed", String(selection.has(photoOf(button))))));
}
