// Numbers and times as people type them, both ways. What cannot be read stays text, so that the service says what is wrong.

import { decimal } from "./api.js";

export function writeItem(value) {
  return isDecimal(value) ? value.rawJSON : String(value);
}

export function readNumber(text) {
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  const number = Number(trimmed);
  if (!Number.isFinite(number)) return trimmed;
  return decimal(trimmed, number);
}

const MINUTES = { d: 1440, day: 1440, days: 1440, h: 60, hour: 60, hours: 60, m: 1, min: 1, mins: 1, minute: 1, minutes: 1 };

/** Hours of `1.5`, `2 h`, `30 min` or `1 h 30 min`. */
export function readHours(text) {
  const parts = [...text.toLowerCase().matchAll(/([\d.]+)\s*([a-z]+)/g)];
  const left = parts.reduce((rest, [part]) => rest.replace(part, ""), text.toLowerCase()).trim();
  const minutes = parts.reduce((sum, [, number, unit]) => sum + Number(number) * (MINUTES[unit] ?? NaN), 0);
  return left === "" && parts.length && Number.isFinite(minutes) ? minutes / 60 : readNumber(text);
}

/** `2 h`, `30 min`, `1 h 30 min`; what is no whole minute stays a number of hours. */
export function writeHours(value) {
  const hours = Number(writeItem(value));
  const minutes = Math.round(60 * hours);
  if (!(minutes > 0) || minutes / 60 !== hours) return writeItem(value);
  const parts = [[Math.floor(minutes / 60), "h"], [minutes % 60, "min"]];
  return parts.filter(([number]) => number).map((part) => part.join(" ")).join(" ");
}

/** A budget as one writes it: in minutes where hours would be a long fraction. */
export function writtenBudget(budget) {
  const { hours, ...others } = budget ?? {};
  const minutes = Math.round(60 * hours);
  const isLong = minutes / 60 === hours && String(hours).length > LONGEST_HOURS;
  return isLong ? { ...others, minutes } : budget;
}

const LONGEST_HOURS = 6;

function isDecimal(value) {
  return JSON.isRawJSON?.(value) ?? false;
}
