// Names of the columns of the data that is chosen, offered by the fields that name columns.
//
//   const look = offerColumns(form)
//   look()         reads which data is chosen; asks the service where it is another than before
//   look(false)    the same without asking, while one types

import { Problem, post } from "../lib/api.js";
import { h, replace, setAttribute } from "../lib/dom.js";
import { readList } from "./texts.js";
import { usualColumn } from "./wording.js";

const SOURCE = ["task.train", "task.subset"];
const NAMING = ["task.text", "task.label", "task.prompt", "task.response", "task.messages", "task.choices", "task.image", "task.group", "objectives.by"];
/** Buttons of one field; the rest is offered as one types. */
const MOST = 12;

export function offerColumns(form) {
  const list = h("datalist", { id: "data-columns" });
  document.body.append(list);
  const entries = NAMING.map((where) => form.boxes.get(where)).filter((entry) => entry?.widget.control.tagName === "INPUT");
  const fields = entries.map((entry) => offerIn(entry, list.id));
  let asked = "";
  let columns = [];
  return async (isLeft = true) => {
    const [source, subset] = SOURCE.map((where) => form.boxes.get(where)?.widget.control.value.trim() ?? "");
    const key = JSON.stringify([source, subset]);
    if (isLeft && key !== asked) {
      asked = key;
      const found = source ? await columnsOf(source, subset) : [];
      if (key !== asked) return;
      if (!found) asked = "";
      columns = found ?? [];
      replace(list, columns.map((name) => h("option", { value: name })));
    }
    for (const show of fields) show(columns, form.kind);
  };
}

/** Null where they cannot be known; what is wrong with the data, a check says. */
async function columnsOf(source, subset) {
  try {
    return (await post("/columns", { source, subset: subset || null })).columns;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    return null;
  }
}

/** One field: answers with what shows the columns below it, for as long as it names none of them. */
function offerIn({ field, widget, box }, list) {
  const { control } = widget;
  setAttribute(control, "list", list);
  const place = h("p", { class: "help columns-offered", hidden: true });
  box.append(place);
  const write = (name) => {
    widget.write(name);
    control.dispatchEvent(new Event("input", { bubbles: true }));
    control.dispatchEvent(new Event("focusout", { bubbles: true }));
    control.focus();
  };
  return (columns, kind) => {
    const usual = usualColumn(field.where, kind);
    const named = readList(control.value, (name) => name) ?? (usual === null ? [] : [usual]);
    place.hidden = columns.length === 0 || named.every((name) => columns.includes(name));
    if (place.hidden || place.dataset.shown === JSON.stringify(columns)) return;
    place.dataset.shown = JSON.stringify(columns);
    const more = columns.length > MOST ? ` and ${columns.length - MOST} more` : "";
    replace(place, "The data has ", columns.slice(0, MOST).map((name) => columnButton(name, field, write)), more);
  };
}

function columnButton(name, { title }, write) {
  const label = `${name} as the ${title.charAt(0).toLowerCase()}${title.slice(1)}`;
  return h("button", { type: "button", class: "button button-small", "aria-label": label, onclick: () => write(name) }, name);
}
