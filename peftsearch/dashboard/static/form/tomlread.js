// Reads the TOML of a job file: tables, arrays of tables, inline tables, arrays, strings, numbers, booleans, comments.
//
//   readToml(text) -> plain data; throws an Error that names the line

import { readNumber } from "./texts.js";

// Steps through the text of a TOML file: spaces, comments, signs, and errors that name the line.

class Scanner {
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  end() {
    this.space();
    this.comment();
    if (this.at < this.text.length && this.text[this.at] !== "\n") this.fail("more than one value on a line");
  }

  blank() {
    do this.at += /^\s*/.exec(this.text.slice(this.at))[0].length;
    while (this.comment());
  }

  comment() {
    const found = /^#[^\n]*/.exec(this.text.slice(this.at));
    this.at += found ? found[0].length : 0;
    return found !== null;
  }

  space() {
    this.at += /^[ \t\r]*/.exec(this.text.slice(this.at))[0].length;
  }

  take(text) {
    if (!this.text.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  skip(text) {
    this.at += text.length;
    return text;
  }

  expect(text) {
    this.space();
    if (!this.take(text)) this.fail(`${text} is missing`);
  }

  fail(what) {
    const line = this.text.slice(0, this.at).split("\n").length;
    throw new Error(`line ${line}: ${what}`);
  }
}

const SIMPLE = /^[A-Za-z0-9_.+-]+/;
const ESCAPES = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f", '"': '"', "\\": "\\" };

export function readToml(text) {
  const reader = new Reader(text);
  return reader.document();
}

class Reader extends Scanner {
  document() {
    const root = {};
    let table = root;
    for (this.blank(); this.at < this.text.length; this.blank()) {
      if (this.take("[[")) table = this.header(root, "]]");
      else if (this.take("[")) table = this.header(root, "]");
      else this.pair(table);
      this.end();
    }
    return root;
  }

  header(root, close) {
    const keys = this.keys();
    this.expect(close);
    const parent = this.inside(root, keys.slice(0, -1));
    const name = keys.at(-1);
    if (close === "]") return this.inside(parent, [name]);
    parent[name] ??= [];
    if (!Array.isArray(parent[name])) this.fail(`${name} is no list of tables`);
    parent[name].push({});
    return parent[name].at(-1);
  }

  inside(table, keys) {
    for (const key of keys) {
      table[key] ??= {};
      table = Array.isArray(table[key]) ? table[key].at(-1) : table[key];
      if (typeof table !== "object") this.fail(`${key} is no table`);
    }
    return table;
  }

  pair(table) {
    const keys = this.keys();
    this.expect("=");
    const owner = this.inside(table, keys.slice(0, -1));
    if (Object.hasOwn(owner, keys.at(-1))) this.fail(`${keys.at(-1)} is given twice`);
    owner[keys.at(-1)] = this.value();
  }

  keys() {
    const keys = [];
    do {
      this.space();
      const bare = /^[A-Za-z0-9_-]+/.exec(this.text.slice(this.at));
      keys.push(bare ? this.skip(bare[0]) : this.string());
      this.space();
    } while (this.take("."));
    if (keys.includes("__proto__")) this.fail("this key is not allowed");
    return keys;
  }

  value() {
    this.space();
    const sign = this.text[this.at];
    if (sign === "[") return this.array();
    if (sign === "{") return this.inline();
    if (sign === '"' || sign === "'") return this.string();
    return this.simple();
  }

  array() {
    this.expect("[");
    const items = [];
    for (this.blank(); !this.take("]"); this.blank()) {
      items.push(this.value());
      this.blank();
      if (!this.take(",") && this.text[this.at] !== "]") this.fail("a comma or ] is missing");
    }
    return items;
  }

  inline() {
    this.expect("{");
    const table = {};
    for (this.blank(); !this.take("}"); this.blank()) {
      this.pair(table);
      this.blank();
      if (!this.take(",") && this.text[this.at] !== "}") this.fail("a comma or } is missing");
    }
    return table;
  }

  string() {
    const quote = this.text[this.at];
    if (quote !== '"' && quote !== "'") this.fail("a key or a value is missing");
    const end = quote === "'" ? /^'([^'\n]*)'/ : /^"((?:[^"\\\n]|\\.)*)"/;
    const found = end.exec(this.text.slice(this.at));
    if (!found) this.fail("the text has no end");
    this.at += found[0].length;
    return quote === "'" ? found[1] : found[1].replace(/\\(u[0-9a-fA-F]{4}|.)/g, unescapeOne);
  }

  simple() {
    const found = this.skip(SIMPLE.exec(this.text.slice(this.at))?.[0] ?? "");
    if (found === "true" || found === "false") return found === "true";
    const value = readNumber(found.replaceAll("_", ""));
    if (value === undefined || typeof value === "string") this.fail("a number, true, false or a text in quotes is missing");
    return value;
  }
}

function unescapeOne(_, code) {
  return code.length > 1 ? String.fromCharCode(parseInt(code.slice(1), 16)) : (ESCAPES[code] ?? code);
}
