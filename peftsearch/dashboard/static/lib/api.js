// The HTTP API. Paths are relative to /api/v1; answers are plain data.
//
//   await get("/jobs", {offset: 0, state: ["completed", "failed"]}, {signal})   null and "" are left out
//   await post("/jobs", {spec})            await del("/jobs/demo")            await post(path`/files/${name}`, file)
//   const jobs = path`/jobs/${name}/trials/${number}`        encodes what is filled in
//   h("a", {href: page`/jobs/${name}`})                      the address of a page
//   await get(where, {}, {exact: true})    keeps `1.0` apart from `1`, which a spec needs: see texts.js
//
// Every failure is a Problem: {status, title, detail, expected, got, hint, mistakes}; status 0 means that the
// service did not answer, to anything but a `get`. An aborted request stays an AbortError. 401 leads to the login
// page. Show one with notice.js: toast(problem) or problemBox(problem).

import { patiently } from "./connection.js";

/** The path below which a proxy shows the pages; empty for none. */
const ROOT = document.documentElement.dataset.root ?? "";
export const PREFIX = `${ROOT}/api/v1`;

export class Problem extends Error {
  constructor(body) {
    super(problemText(body));
    Object.assign(this, { status: 0, mistakes: [] }, body);
  }
}

/** One line: what was expected, what came, what to do. */
export function problemText(problem) {
  const { expected, got, hint, detail, title } = problem;
  if (!expected) return detail || title || "the request failed";
  const middle = got ? `, got ${got}` : "";
  return `expected ${expected}${middle}${hint ? `; ${hint}` : ""}`;
}

export function path(strings, ...values) {
  return String.raw({ raw: strings }, ...values.map((value) => encodeURIComponent(value)));
}

/** The address of a page: page`/jobs/${name}`, as `path` makes one of the API. */
export function page(strings, ...values) {
  return ROOT + path(strings, ...values);
}

export function address(where, query = {}) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value].flat()) {
      if (one !== null && one !== undefined && one !== "") search.append(name, one);
    }
  }
  const text = search.toString();
  return `${PREFIX}${where}${text ? `?${text}` : ""}`;
}

/** Waits for a service or a database that is away: nothing is changed by asking again. */
export function get(where, query = {}, options = {}) {
  return patiently(() => send("GET", address(where, query), undefined, options));
}

export function post(where, body = {}, options = {}) {
  return send("POST", address(where), body, options);
}

export function del(where, options = {}) {
  return send("DELETE", address(where), undefined, options);
}

async function send(method, url, body, { signal, exact = false } = {}) {
  const answer = await ask(url, { method, signal, headers: headers(method, body), body: text(body) });
  if (answer.status === 401) return login();
  if (!answer.ok) throw await problem(answer);
  if (answer.status === 204) return null;
  const told = await read(answer);
  return exact ? JSON.parse(told, keepDecimal) : JSON.parse(told);
}

/** A share of the depth is `1.0` where a layer is `1`; a plain number would lose that. */
function keepDecimal(_, value, context) {
  return typeof value === "number" ? decimal(context?.source ?? "", value) : value;
}

/** The number that `text` means, which is written as it was read where it is whole and has a point. */
export function decimal(text, value = Number(text)) {
  return JSON.rawJSON && /^-?\d+\.0+$/.test(text) ? JSON.rawJSON(text) : value;
}

function ask(url, request) {
  return connected(() => fetch(url, { credentials: "same-origin", ...request }));
}

/** The body, whose connection may break as that of the head may. */
function read(answer) {
  return connected(() => answer.text());
}

async function connected(action) {
  try {
    return await action();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem({
      title: "No connection",
      detail: "the service does not answer; is `peftsearch dashboard` still running?",
    });
  }
}

function headers(method, body) {
  const accept = { Accept: "application/json" };
  if (method === "GET") return accept;
  const type = body instanceof Blob ? "application/octet-stream" : "application/json";
  return { ...accept, "Content-Type": type, "X-CSRF-Token": csrf() };
}

function csrf() {
  return document.querySelector('meta[name="csrf-token"]')?.content ?? "";
}

function text(body) {
  return body === undefined || body instanceof Blob ? body : JSON.stringify(body);
}

async function problem(answer) {
  const plain = { status: answer.status, title: answer.statusText || `status ${answer.status}` };
  try {
    return new Problem({ ...plain, ...(await answer.json()) });
  } catch {
    return new Problem(plain);
  }
}

function login() {
  const back = encodeURIComponent(location.pathname.slice(ROOT.length) + location.search);
  location.assign(page`/login` + `?next=${back}`);
  return new Promise(() => {});
}
