// A configuration in words, broken between its runs of layers and not within `1.0e-03`.

import { h, replace } from "./dom.js";

/** The runs as elements that stay whole where there is room; the text copies as it was. */
export function runs(words) {
  const parts = words.split(" | ");
  const last = parts.pop();
  return [...parts.map((part) => [h("span", { class: "run" }, `${part} |`), " "]), h("span", { class: "run" }, last)];
}

/** Writes them into `element`, only where they changed. */
export function setWords(element, words) {
  if (element.textContent !== words) replace(element, runs(words));
}
