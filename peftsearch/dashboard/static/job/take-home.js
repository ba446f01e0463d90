// The export button. Starting, following and downloading an export is static/exports.js.

import { h } from "../dom.js";
import { startExport } from "../exports.js";
import { toast } from "../notice.js";

/** A button that exports what `pick` means; the list of exports below follows it. */
export function exportButton(model, pick) {
  const button = h("button", { type: "button", class: "button button-primary" }, "Export adapter");
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await startExport(model.name, pick);
    } catch (problem) {
      toast(problem);
    }
    button.disabled = false;
  });
  return button;
}
