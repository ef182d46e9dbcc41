/**
 * Text as models read it. Lengths are counted in code points, as in Python: an emoji counts as one,
 * and so does a lone surrogate.
 */

// White space as Python defines it in nlp_apps/text/normalize.py; JavaScript's \s differs.
const SPACE =
  "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
const OUTER_SPACE = new RegExp(`^${SPACE}+|${SPACE}+$`, "g");

/** Strips a text and replaces its line breaks with spaces, as translators and classifiers need. */
export function normalize(text) {
  return text.replace(/[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+/g, " ").replace(OUTER_SPACE, "");
}

/** Returns true if a text holds only white space. */
export function isEmpty(text) {
  return !text.replace(/\u2581/g, " ").replace(OUTER_SPACE, "");
}

export function toCodePoints(text) {
  return Array.from(text, (character) => character.codePointAt(0));
}

export function toText(codepoints) {
  return codepoints.map((one) => String.fromCodePoint(one)).join("");
}

/**
 * Splits a text into segments of at most `maxLength`.
 *
 * A segment ends before a space, so that every word keeps the space before it, as the tokenizer
 * expects. A word that is longer than a segment is split anywhere.
 *
 * @param {number[]} codepoints
 * @param {number} maxLength
 * @returns {number[][]}
 */
export function segments(codepoints, maxLength) {
  const found = [];
  let rest = codepoints;
  while (rest.length > maxLength) {
    let end = maxLength;
    while (end > 0 && (!isSpace(rest[end]) || isSpace(rest[end - 1]))) end -= 1;
    found.push(rest.slice(0, end || maxLength));
    rest = rest.slice(end || maxLength);
  }
  return [...found, rest];
}

function isSpace(codepoint) {
  return codepoint === 0x20 || codepoint === 0x0a;
}
