// Building and updating the page without markup in strings.
//
//   h("a", {href, class: "x", "data-job": name, onclick: f, style: {width: "3%"}}, "text", node, [more])
//       attributes that are null, undefined or false are left out; true means an empty attribute
//   s("rect", {x, y})                  the same for SVG
//   byId("front")                      the element; an Error names the id where it is missing
//   replace(parent, ...children)       in place of all that was there
//   setText(element, text)             writes only on change, so that live regions stay quiet
//   setSentence(element, text)         the same of a sentence, whose commands are <code> and whose numbers stay whole
//   withCommands("run `peftsearch worker x`")   its nodes, commands as <code>
//   keep(parent, items, key, create, update)
//       children follow `items` in order; an element whose key stays is updated, not rebuilt, so focus,
//       selection and open <details> survive a live update. create(item) -> element; update(element, item)
//   after(delay, f)                    f once calls have paused for `delay` ms; .cancel()

const SVG = "http://www.w3.org/2000/svg";

export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function s(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) set(element, name, value);
  element.append(...nodes(children));
  return element;
}

function set(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name === "style") Object.entries(value).forEach((pair) => setStyle(element, ...pair));
  else element.setAttribute(name, value === true ? "" : value);
}

function setStyle(element, name, value) {
  if (name.startsWith("--")) element.style.setProperty(name, value);
  else element.style[name] = value;
}

function nodes(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : String(child)));
}

export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element #${id}`);
  return found;
}

export function replace(parent, ...children) {
  parent.replaceChildren(...nodes(children));
}

export function setText(element, text) {
  const written = String(text ?? "");
  if (element.textContent !== written) element.textContent = written;
}

export function setSentence(element, text) {
  const written = String(text ?? "");
  if (element.textContent !== written.replaceAll("`", "")) replace(element, withCommands(written));
}

/** Text whose `commands` stand between backticks; a number such as 3.2e-03 is not broken behind its e. */
export function withCommands(text) {
  return text.split("`").map((part, i) => (i % 2 ? h("code", {}, part) : wholeNumbers(part)));
}

function wholeNumbers(text) {
  return text.split(/(\d[\d.]*e-\d+)/).map((part, i) => (i % 2 ? h("span", { class: "whole" }, part) : part));
}

export function setAttribute(element, name, value) {
  const written = String(value);
  if (element.getAttribute(name) !== written) element.setAttribute(name, written);
}

export function keep(parent, items, key, create, update) {
  const known = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  let place = parent.firstElementChild;
  for (const item of items) {
    const name = String(key(item));
    const child = known.get(name) ?? create(item);
    child.dataset.key = name;
    known.delete(name);
    update?.(child, item);
    if (child === place) place = place.nextElementSibling;
    else parent.insertBefore(child, place);
  }
  for (const child of known.values()) child.remove();
  for (const child of [...parent.children]) if (child.dataset.key === undefined) child.remove();
}

export function after(delay, callback) {
  let timer = 0;
  const later = (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => callback(...values), delay);
  };
  later.cancel = () => clearTimeout(timer);
  return later;
}
