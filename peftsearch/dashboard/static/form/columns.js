// Names of the columns of the data that is chosen, offered by the fields that name columns.
//
//   const look = offerColumns(form)
//   look()         reads which data is chosen; asks the service where it is another than before

import { Problem, post } from "../lib/api.js";
import { h, replace } from "../lib/dom.js";

const SOURCE = ["task.train", "task.subset"];
const NAMING = ["task.text", "task.label", "task.prompt", "task.response", "task.messages", "task.choices", "task.image", "task.group", "objectives.by"];

export function offerColumns(form) {
  const list = h("datalist", { id: "data-columns" });
  document.body.append(list);
  const fields = NAMING.map((where) => form.boxes.get(where)?.widget.control).filter((control) => control?.tagName === "INPUT");
  fields.forEach((control) => control.setAttribute("list", list.id));
  let asked = "";
  return async () => {
    const [source, subset] = SOURCE.map((where) => form.boxes.get(where)?.widget.control.value.trim() ?? "");
    const key = JSON.stringify([source, subset]);
    if (key === asked) return;
    asked = key;
    const columns = source ? await columnsOf(source, subset) : [];
    if (key === asked) replace(list, columns.map((name) => h("option", { value: name })));
  };
}

/** None where they cannot be known; what is wrong with the data, a check says. */
async function columnsOf(source, subset) {
  try {
    return (await post("/columns", { source, subset: subset || null })).columns;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    return [];
  }
}
