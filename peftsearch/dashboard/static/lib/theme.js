// The theme: the system's, or the one chosen by the button in the header (kept in localStorage).
//
//   onThemeChange(callback)      called after each change, whoever made it; returns a function that ends it
//   colour("--accent")           a CSS variable as a colour that canvas and Plotly understand
//   faint(text)                  such a colour, to lie under lines
//   isDark()

const KEY = "peftsearch-theme";
const ORDER = ["system", "light", "dark"];
const system = matchMedia("(prefers-color-scheme: dark)");
const watchers = new Set();

function chosen() {
  return document.documentElement.dataset.theme ?? "system";
}

export function isDark() {
  return chosen() === "dark" || (chosen() === "system" && system.matches);
}

export function onThemeChange(callback) {
  watchers.add(callback);
  return () => watchers.delete(callback);
}

/** Variables hold `light-dark(..)`, which only a property of type colour resolves. */
export function colour(variable) {
  probe.style.color = `var(${variable})`;
  return getComputedStyle(probe).color;
}

/** The same colour, faint enough to lie under lines. */
export function faint(text) {
  return `rgba(${text.match(/[\d.]+/g).slice(0, 3).join(",")},0.16)`;
}

const probe = document.createElement("span");
probe.hidden = true;
document.body.append(probe);

function choose(name) {
  const root = document.documentElement;
  if (name === "system") delete root.dataset.theme;
  else root.dataset.theme = name;
  try {
    localStorage.setItem(KEY, name);
  } catch {
    // Without storage the choice holds for this page.
  }
  announce();
}

function announce() {
  label();
  for (const watcher of watchers) watcher(isDark());
}

function next() {
  return ORDER[(ORDER.indexOf(chosen()) + 1) % ORDER.length];
}

function label() {
  const button = document.getElementById("theme-toggle");
  if (!button) return;
  button.dataset.choice = chosen();
  button.setAttribute("aria-label", `Theme: ${chosen()}. Switch to ${next()}.`);
  button.title = `Theme: ${chosen()}`;
}

document.getElementById("theme-toggle")?.addEventListener("click", () => choose(next()));
system.addEventListener("change", announce);
addEventListener("storage", (event) => {
  if (event.key === KEY) choose(event.newValue ?? "system");
});
label();
