// What the page tells a person beside its content.
//
//   toast("copied")  toast(problem)      a short notice at the bottom; a Problem stays until it is closed
//   problemBox(problem)                  an inline box with expected, got and what to do; append it yourself
//   confirmBox({title, text, action, danger}) -> Promise<boolean>        a modal <dialog>

import { Problem } from "./api.js";
import { byId, h, withCommands } from "./dom.js";

const HEADINGS = { 404: "Not found", 409: "Not possible now", 422: "Please correct" };

export function toast(message) {
  const isProblem = message instanceof Error;
  const body = message instanceof Problem ? facts(message) : h("p", {}, withCommands(isProblem ? message.message : message));
  const box = h("div", { class: isProblem ? "toast toast-problem" : "toast" }, body);
  const close = h("button", { type: "button", class: "icon-button", "aria-label": "Close notice" }, "×");
  close.addEventListener("click", () => box.remove());
  box.append(close);
  byId(isProblem ? "alerts" : "toasts").append(box);
  if (!isProblem) setTimeout(() => box.remove(), 6000);
}

export function problemBox(problem) {
  return h("div", { class: "problem", role: "alert" }, facts(problem));
}

function facts(problem) {
  const rows = [["Expected", problem.expected], ["Got", problem.got], ["What to do", problem.hint]];
  const known = rows.filter(([, text]) => text);
  const title = HEADINGS[problem.status] ?? problem.title;
  const heading = problem.expected ? title : problem.detail || problem.title || problem.message;
  const list = known.map(([name, text]) => [h("dt", {}, name), h("dd", {}, withCommands(text))]);
  const head = h("p", { class: "problem-title" }, withCommands(heading || "The request failed"));
  return [head, known.length ? h("dl", { class: "facts" }, list) : null];
}

export function confirmBox({ title, text, action, danger = false }) {
  const yes = h("button", { class: danger ? "button button-danger" : "button button-primary", value: "yes" }, action);
  const no = h("button", { class: "button", value: "no", autofocus: true }, "Cancel");
  const buttons = h("form", { method: "dialog", class: "row row-end" }, no, yes);
  const heading = h("h2", { id: "dialog-title" }, title);
  const paragraphs = [text].flat().map((line) => h("p", {}, withCommands(line)));
  const dialog = h("dialog", { class: "dialog", "aria-labelledby": "dialog-title" }, heading, paragraphs, buttons);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}
