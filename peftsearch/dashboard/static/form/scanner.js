// Steps through the text of a TOML file: spaces, comments, signs, and errors that name the line.

export class Scanner {
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
