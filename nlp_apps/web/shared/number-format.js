/** Numbers as people read them. */

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat("en", {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});

/** A share of 1: `0.1234` is `12.3 %`. */
export function percent(share) {
  return share > 0 && share < 0.0005 ? "<0.1 %" : `${tenths.format(share * 100)} %`;
}

/** A share of 1 within a sentence: `0.1234` is `12 %`. */
export function roughly(share) {
  return share > 0 && share < 0.005 ? "<1 %" : `${whole.format(share * 100)} %`;
}

/** A time: `1,204 ms`. */
export function milliseconds(time) {
  return `${(time < 10 ? tenths : whole).format(time)}\u00a0ms`;
}

/** A number with at most so many digits after the point. */
export function rounded(number, places = 2) {
  return number.toLocaleString("en", { maximumFractionDigits: places });
}

/** `1 token`, `2 tokens`. */
export function count(number, noun) {
  return `${whole.format(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** A size: `1,204 KB`, `1.4 MB`. */
export function bytes(size) {
  const isLarge = size >= 1e6;
  return isLarge ? `${tenths.format(size / 1e6)}\u00a0MB` : `${whole.format(size / 1e3)}\u00a0KB`;
}
