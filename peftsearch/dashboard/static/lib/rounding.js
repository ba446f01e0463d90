// Numbers rounded as Python rounds them, so that a page says what the command line and the reports say: what lies
// exactly between two goes to the even one. JavaScript's own `toFixed` and `toPrecision` take the larger.
//
//   fixed(0.78125, 4) "0.7812"   precise(2425, 3) 2420   precise(2435, 3) 2440   general(0.00004, 3) "4e-05"

/** Text with so many digits behind the point. */
export function fixed(value, digits) {
  const exact = Math.abs(value).toFixed(100);
  const end = exact.indexOf(".") + (digits && digits + 1);
  const [kept, rest] = [exact.slice(0, end), exact.slice(end).replace(".", "")];
  const isEven = /^50*$/.test(rest) && "02468".includes(kept.at(-1));
  return isEven ? `${value < 0 ? "-" : ""}${kept}` : value.toFixed(digits);
}

/** The number of so many digits in all. */
export function precise(value, digits) {
  const decimals = digits - 1 - Number(value.toExponential().split("e")[1]);
  if (decimals > 100 || !Number.isFinite(decimals)) return Number(value.toPrecision(digits));
  const scale = 10 ** Math.max(0, -decimals);
  return Number(fixed(value / scale, Math.max(0, decimals))) * scale;
}

/** Text of so many digits in all, with an exponent where Python's `g` writes one. */
export function general(value, digits) {
  const rounded = precise(value, digits);
  const [mantissa, power] = rounded.toExponential().split("e");
  if (power >= -4 && power < digits) return String(rounded);
  return `${mantissa}e${power[0]}${power.slice(1).padStart(2, "0")}`;
}
