/**
 * Text as models read it. Lengths are counted in code points, as in Python: an emoji counts as one,
 * and so does a lone surrogate.
 */

// White space, and the byte order mark and direction marks, as Python defines them in
// nlp_apps/text/normalize.py; JavaScript's \s differs.
const SPACE =
  "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const INVISIBLE = "\\ufeff\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069";
const ENDS = ends(SPACE + INVISIBLE);
const INVISIBLE_ENDS = ends(INVISIBLE);

/**
 * Normalizes a text for a translator or a classifier: NFC, one line, stripped ends. The model itself
 * replaces full width forms.
 */
export function normalize(text) {
  const line = text.replace(/[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+/g, " ");
  return line.normalize("NFC").replace(ENDS, "");
}

/** Replaces full width forms and U+3000 by ASCII; the number of characters stays. */
export function toAscii(text) {
  return text.replace(/[\uff01-\uff5e]/g, (one) => String.fromCharCode(one.charCodeAt(0) - 0xfee0))
    .replace(/\u3000/g, " ");
}

/** Normalizes a prompt or a text of several lines: NFC; white space stays. */
export function normalizeDocument(text) {
  return text.normalize("NFC").replace(INVISIBLE_ENDS, "");
}

/** Returns true if a text holds only white space and invisible marks. */
export function isEmpty(text) {
  return !text.replace(/\u2581/g, " ").replace(ENDS, "");
}

/** Matches characters of a class at the start and the end of a text. */
function ends(characters) {
  return new RegExp(`^[${characters}]+|[${characters}]+$`, "g");
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
