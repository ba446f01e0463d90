// A service, or a database behind it, that is away: the banner says so, and questions are asked again until they are answered.
//
//   await patiently(() => fetchSomething())        what it answers, once somebody does
//   connectionLost(key, problem) / connectionBack(key)    the banner; shown while any key is lost

import { byId, h, replace, withCommands } from "./dom.js";

const [FIRST_MS, LONGEST_MS] = [1000, 5000];
const LOST = { title: "Connection lost" };
/** By key, the problem that tells what is away. */
const lost = new Map();

/** Status 0: no service answers; 503: it does, and cannot do its work for now. */
function isAway({ status }) {
  return status === 0 || status === 503;
}

export async function patiently(ask) {
  const key = Symbol("question");
  try {
    return await askUntilAnswered(ask, key);
  } finally {
    connectionBack(key);
  }
}

async function askUntilAnswered(ask, key) {
  for (let wait = FIRST_MS; ; wait = Math.min(2 * wait, LONGEST_MS)) {
    try {
      return await ask();
    } catch (problem) {
      if (!isAway(problem)) throw problem;
      connectionLost(key, problem.status ? problem : LOST);
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}

export function connectionLost(key, problem = LOST) {
  lost.set(key, problem);
  show();
}

export function connectionBack(key) {
  if (lost.delete(key)) show();
}

/** What a person may have to do about it is told by the last that was heard of. */
function show() {
  const banner = byId("connection");
  const { title, detail } = [...lost.values()].at(-1) ?? {};
  const text = title ? `${title}. Retrying; what you see may be old.` : "";
  banner.classList.toggle("shown", lost.size > 0);
  const told = `${text}${detail ?? ""}`;
  if (banner.dataset.told === told) return;
  banner.dataset.told = told;
  replace(banner, text, detail ? h("p", { class: "small" }, withCommands(detail)) : null);
}
