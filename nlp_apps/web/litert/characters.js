/** Classes of characters, as nlp_apps/text/glossary.py and normalize.py define them. */

/** Code points that have a meaning inside; in a text they become U+FFFD. */
export const INTERNAL = /[\ufdd0\uffff\u{f0000}-\u{fffff}]/gu;

const WORD = /^[\p{L}\p{N}_]$/u;
const WITHOUT_SPACES = [
  [0xe00, 0xfff], [0x1000, 0x109f], [0x1780, 0x17ff], [0x2e80, 0xa4cf], [0xf900, 0xfaff],
  [0x20000, 0x3ffff],
];

/** Returns true for a letter or digit of any script. */
export function isLetter(character) {
  return WORD.test(character) && character !== "_";
}

/** Returns true for a character of a word, in a script that writes spaces. */
export function isWord(character) {
  const code = character.codePointAt(0);
  return WORD.test(character) && !WITHOUT_SPACES.some(([low, high]) => code >= low && code <= high);
}

/** Writes each code point as one code point in lower case. */
export function lowercase(text) {
  return Array.from(text, (one) => String.fromCodePoint(one.toLowerCase().codePointAt(0))).join("");
}
