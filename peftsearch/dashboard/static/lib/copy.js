// Texts with a button that copies them.
//
//   copyable("6fceb3...")                 a code, shortened where it is long, and its button
//   commandBox("peftsearch ...")          a command for a terminal, whole, with its button
//   await copyAloud(text)                 copies and says so
//   copyBox("Command", "peftsearch ...")  a block of code with a heading and a button

import { h } from "./dom.js";
import { toast } from "./notice.js";

const LONG = 20;

export function copyable(text) {
  const shown = text.length > LONG ? `${text.slice(0, 12)}…` : text;
  return h("span", { class: "copyable" }, h("code", { title: text }, shown), copyButton(text, "button-quiet"));
}

export function commandBox(command) {
  return h("div", { class: "command" }, h("code", {}, words(command)), copyButton(command));
}

/** An option is not broken after its hyphens. */
function words(command) {
  return command.split(" ").map((word, i) => [i ? " " : "", h("span", {}, word)]);
}

export function copyBox(heading, text, { help = null } = {}) {
  return h(
    "div",
    { class: "copy-box" },
    h("div", { class: "row" }, h("h3", {}, heading), h("span", { class: "push" }, copyButton(text))),
    help ? h("p", { class: "help" }, help) : null,
    h("pre", { tabindex: "0", "aria-label": heading }, h("code", {}, text)),
  );
}

function copyButton(text, look = "") {
  const button = h("button", { type: "button", class: `button button-small ${look}`, "aria-label": `Copy ${text.slice(0, 60)}` }, "Copy");
  button.addEventListener("click", () => copyAloud(text));
  return button;
}

export async function copyAloud(text) {
  toast((await copy(text)) ? "Copied." : "The browser refused the clipboard; select the text instead.");
}

/** Pages that are not on this machine and not on HTTPS have no clipboard interface. */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

function copyBySelection(text) {
  const area = h("textarea", { class: "visually-hidden", readonly: true });
  area.value = text;
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  return copied;
}
