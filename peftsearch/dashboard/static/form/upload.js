// A file of data from this computer: sent to the service, and named in the form, where the service takes any.
//
//   await offerUpload(form)

import { Problem, get, path, post, problemText } from "../lib/api.js";
import { h, setSentence } from "../lib/dom.js";
import { capitalised, size } from "../lib/format.js";

const WHERE = "task.train";

export async function offerUpload(form) {
  const { taken, most_bytes: most, suffixes } = await get("/files");
  const { box, widget } = form.boxes.get(WHERE);
  if (!taken) return;
  const id = "data-upload";
  const input = h("input", { id, type: "file", accept: suffixes.join(","), "aria-describedby": `${id}-said` });
  const said = h("p", { id: `${id}-said`, class: "help", role: "status" }, `${suffixes.join(", ")}; at most ${size(most)}.`);
  box.append(h("label", { for: id }, "Or send a file from this computer"), input, said);
  input.addEventListener("change", async () => {
    const [file] = input.files;
    if (!file) return;
    input.disabled = true;
    setSentence(said, await send(file, most, widget));
    input.disabled = false;
  });
}

/** What became of it, in a sentence. */
async function send(file, most, widget) {
  if (file.size > most) return `Expected a file of at most ${size(most)}, got ${size(file.size)}.`;
  try {
    const { source } = await post(path`/files/${plainName(file.name)}`, file.slice());
    widget.write(source);
    widget.control.dispatchEvent(new Event("input", { bubbles: true }));
    widget.control.dispatchEvent(new Event("focusout", { bubbles: true }));
    return `${file.name} is kept as \`${source}\`.`;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    return `${capitalised(problemText(problem))}.`;
  }
}

/** Letters, digits and . _ - alone, as the service takes it. */
function plainName(name) {
  return name.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "");
}
