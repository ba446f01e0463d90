// Two things side by side: which, as the address says, the form that chooses them, and tables with a column for each.
//
//   compare({
//     parameter: "jobs", hint: "Choose two jobs by their names.", waiting: "Loading both jobs",
//     load: async (names, query) => found,     query: the address's, a URLSearchParams
//     render: (found) => ...,
//   })                                         answers with choose(names, more), which goes to other two
//   pairTable(["Setting", "One", "Other"], rows, "Settings", {more: "cards-when-narrow"})
//       rows: [name, [values], {class: ..}], values text, nodes or whole <td>s; numbers: columns to the right

import { byId, h, replace } from "../lib/dom.js";
import { problemBox } from "../lib/notice.js";

export function compare(options) {
  const inputs = ["left", "right"].map(byId);
  let turn = 0;
  async function show() {
    const query = new URLSearchParams(location.search);
    const names = (query.get(options.parameter) ?? "").split(",").map((x) => x.trim()).filter(Boolean).slice(0, 2);
    const mine = ++turn;
    names.forEach((name, i) => (inputs[i].value = name));
    if (names.length < 2) return say(h("p", { class: "quiet" }, options.hint));
    replace(byId("notice"), h("p", { class: "loading" }, options.waiting));
    try {
      const found = await options.load(names, query);
      return mine === turn ? draw(found) : null;
    } catch (problem) {
      return mine === turn ? say(problemBox(problem)) : null;
    }
  }
  function draw(found) {
    replace(byId("notice"));
    byId("comparison").hidden = false;
    options.render(found);
  }
  function choose(names, more = {}) {
    const query = new URLSearchParams({ [options.parameter]: names.join(","), ...more });
    history.pushState(null, "", `?${String(query).replaceAll("%2C", ",")}`);
    show();
  }
  const asked = () => inputs.map((input) => input.value.trim());
  byId("choose").addEventListener("submit", (event) => {
    event.preventDefault();
    choose(asked());
  });
  byId("swap").addEventListener("click", () => choose(asked().reverse()));
  addEventListener("popstate", show);
  show();
  return choose;
}

function say(node) {
  byId("comparison").hidden = true;
  replace(byId("notice"), node);
}

export function pairTable(columns, rows, name, { more = "", numbers = false } = {}) {
  const look = (i) => (numbers && i > 0 ? "number" : null);
  const head = h("tr", {}, columns.map((text, i) => h("th", { scope: "col", class: look(i) }, text)));
  const cell = (value) => (value instanceof HTMLTableCellElement ? value : h("td", {}, value));
  const body = rows.map(([first, values, attributes = {}]) => h("tr", attributes, h("th", { scope: "row" }, first), values.map(cell)));
  return h("div", { class: "scroller", tabindex: "0", role: "region", "aria-label": `${name} as a table` },
    h("table", { class: `compare-table ${more}`.trim() }, h("thead", {}, head), h("tbody", {}, body)));
}
