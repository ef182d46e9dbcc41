/** Formats numbers for the user. */

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat("en", {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});

/** Formats a fraction: 0.1234 as `12.3%`. */
export function percent(fraction) {
  return fraction > 0 && fraction < 0.0005 ? "<0.1%" : `${tenths.format(fraction * 100)}%`;
}

/** Formats a fraction inside a sentence: 0.1234 as `12%`. */
export function wholePercent(fraction) {
  return fraction > 0 && fraction < 0.005 ? "<1%" : `${whole.format(fraction * 100)}%`;
}

/** Formats a duration: `1,204 ms`. */
export function milliseconds(time) {
  return `${(time < 10 ? tenths : whole).format(time)}\u00a0ms`;
}

/** Formats a number with at most `digits` digits after the point. */
export function rounded(number, digits = 2) {
  return number.toLocaleString("en", { maximumFractionDigits: digits });
}

/** Formats a count: `1 token`, `2 tokens`. */
export function count(number, noun) {
  return `${whole.format(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** Formats a size: `1,204 KB`, `1.4 MB`. */
export function bytes(size) {
  const isLarge = size >= 1e6;
  return isLarge ? `${tenths.format(size / 1e6)}\u00a0MB` : `${whole.format(size / 1e3)}\u00a0KB`;
}
