// Light and dark, then every section.
const themeListeners = [];
function onTheme(listener) { themeListeners.push(listener); }

function startTheme() {
  const button = $("theme");
  const root = document.documentElement;
  const tellAll = () => themeListeners.forEach((listener) => listener());
  const remember = (value) => { try { localStorage.setItem("theme", value); } catch { /* not allowed here: forget it */ } };
  try { if (localStorage.getItem("theme")) root.dataset.theme = localStorage.getItem("theme"); } catch { /* the same */ }
  button.onclick = () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    remember(root.dataset.theme);
    tellAll();
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", tellAll);
  printLight(root, tellAll);
}

// Paper is light, whatever the screen is.
function printLight(root, tellAll) {
  let chosen;
  addEventListener("beforeprint", () => {
    chosen = root.dataset.theme;
    root.dataset.theme = "light";
    tellAll();
  });
  addEventListener("afterprint", () => {
    if (chosen) root.dataset.theme = chosen;
    else delete root.dataset.theme;
    tellAll();
  });
}

// Bars of scores: their lengths are numbers in the markup, as the page allows no inline styles.
function startBars() {
  document.querySelectorAll("[data-share]").forEach((bar) => { bar.style.width = `${100 * Math.max(0, Math.min(1, bar.dataset.share))}%`; });
  document.querySelectorAll("[data-low]").forEach((bar) => {
    const [low, high] = [bar.dataset.low, bar.dataset.high].map((end) => 100 * Math.max(0, Math.min(1, end)));
    bar.style.left = `${low}%`;
    bar.style.width = `${high - low}%`;
  });
}

// The part of the page that is in sight is marked in its list of sections.
function startContents() {
  const links = [...document.querySelectorAll("nav a")];
  const seen = new IntersectionObserver((entries) => entries.forEach(({ isIntersecting, target }) => {
    if (!isIntersecting) return;
    links.forEach((link) => {
      const here = link.hash === `#${target.id}`;
      if (here) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
      if (here) link.parentElement.scrollTo({ left: link.offsetLeft - 40, behavior: "auto" });
    });
  }), { rootMargin: "-30% 0px -60% 0px" });
  document.querySelectorAll("main section[id]").forEach((section) => seen.observe(section));
}

startTheme();
startLevelSliders();
startClusters();
startAnswer();
startTray();  // last of those that follow corrections, as it may hand the focus to a photo that they list
for (const start of [startChoosing, startPicker, startLarge, startMap, startScatter, startSearch, startReview, startLevels, startAlike, startSeveral, startPairs, startBeforeAfter, startFiles,
  startTraining, startBars, startContents]) start();
document.documentElement.dataset.ready = "true";
performance.mark("ready");
