// A file of data from this computer: sent to the service, and named in the form, where the service takes any.
//
//   await offerUpload(form)

import { Problem, get, path, post, problemText } from "../lib/api.js";
import { h, setSentence } from "../lib/dom.js";
import { capitalised, size } from "../lib/format.js";

/** Fields that name a file, each with the id of what sends one. */
const IDS = { "task.train": "data-upload", "task.test": "test-upload", "task.validation": "validation-upload" };

export async function offerUpload(form) {
  const rules = await get("/files");
  if (!rules.taken) return;
  for (const [where, id] of Object.entries(IDS)) offerIn(form.boxes.get(where), id, rules);
}

function offerIn({ box, widget }, id, { most_bytes: most, suffixes }) {
  const mistake = h("p", { id: `${id}-mistake`, class: "mistake", role: "alert" });
  const said = h("p", { id: `${id}-said`, class: "help", role: "status" }, `${suffixes.join(", ")}; at most ${size(most)}.`);
  const input = h("input", { id, type: "file", accept: suffixes.join(","), "aria-describedby": `${mistake.id} ${said.id}` });
  box.append(h("label", { for: id }, "Or send a file from this computer"), input, mistake, said);
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
