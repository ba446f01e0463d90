// A file of data from this computer: sent to the service, and named in the form, where the service takes any.
//
//   await offerUpload(form)

import { Problem, get, path, post, problemText } from "../lib/api.js";
import { h, setSentence } from "../lib/dom.js";
import { capitalised, size } from "../lib/format.js";

const WHERE = "task.train";
const ID = "data-upload";

export async function offerUpload(form) {
  const { taken, most_bytes: most, suffixes } = await get("/files");
  const { box, widget } = form.boxes.get(WHERE);
  if (!taken) return;
  const mistake = h("p", { id: `${ID}-mistake`, class: "mistake", role: "alert" });
  const said = h("p", { id: `${ID}-said`, class: "help", role: "status" }, `${suffixes.join(", ")}; at most ${size(most)}.`);
  const input = h("input", { id: ID, type: "file", accept: suffixes.join(","), "aria-describedby": `${mistake.id} ${said.id}` });
  box.append(h("label", { for: ID }, "Or send a file from this computer"), input, mistake, said);
  input.addEventListener("change", async () => {
    const [file] = input.files;
    if (!file) return;
    input.disabled = true;
    const wrong = await refusal(file, most, (kept) => take(kept, file, widget, said));
    setSentence(mistake, wrong);
    if (wrong) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
    input.disabled = false;
  });
}

/** Why it is not taken, in a sentence; nothing where `done` was told of it. */
async function refusal(file, most, done) {
  if (file.size > most) return `Expected a file of at most ${size(most)}, got ${size(file.size)}.`;
  try {
    done(await post(path`/files/${plainName(file.name)}`, file.slice()));
    return "";
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    return `${capitalised(problemText(problem))}.`;
  }
}

function take({ source, known }, { name }, widget, said) {
  widget.write(source);
  widget.control.dispatchEvent(new Event("input", { bubbles: true }));
  widget.control.dispatchEvent(new Event("focusout", { bubbles: true }));
  setSentence(said, words(name, source, known));
}

/** Other bytes under a name that is taken get a number. */
function words(name, source, known) {
  if (known) return `${name} is here already, as \`${source}\`.`;
  const isNumbered = !source.endsWith(`/${plainName(name)}`);
  return `${isNumbered ? "Another file has this name: " : ""}${name} is kept as \`${source}\`.`;
}

/** Letters, digits and . _ - alone, as the service takes it. */
function plainName(name) {
  return name.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "");
}
