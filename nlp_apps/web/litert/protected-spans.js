/**
 * Protected spans and glossary terms of a text, as nlp_apps/text/protected_spans.py and
 * constrained_text.py: a span is replaced by a name, a term stays. Each becomes a constraint of the
 * search, and its exact text is put in place afterwards.
 */

import { INTERNAL, isLetter, isWord, lowercase } from "./characters.js";
import { capitalize } from "./glossary.js";
import { toCodePoints } from "./text.js";

const MARK = "\ufdd0";
const CASELESS_MARK = "\uffff";
const MAX_SPANS = 64;
const MAX_TARGET_CHARACTERS = 1000;
const KEEP_START = "<keep>";
const KEEP_END = "</keep>";
const UNITS = "km/h|kWh|kHz|MHz|GHz|km|cm|mm|kg|mg|ml|GB|MB|kB|TB|kW|MW|m|g|l|s|h|t|W|V|A|Hz|°C|°F";
const PATTERNS = {
  url: "\\b(?:https?://|ftp://|www\\.)[!#-;=?-~À-ԯ]*[#-&*+/-9=@-Z^-z~À-ԯ]",
  email: "\\b[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]+\\.)+[A-Za-z]{2,24}",
  placeholder: "\\$?\\{\\{[^{}<>]{1,64}\\}\\}|\\$?\\{[^{}<>]{0,64}\\}"
    + "|%\\([A-Za-z0-9_.]{1,64}\\)[a-z]"
    + "|%(?:[0-9]{1,2}\\$)?(?:[0-9]{0,2}(?:\\.[0-9]{1,2})?[sdifux]\\b|@)",
  unit: `\\b[0-9]{1,20}(?:[.,][0-9]{1,20}){0,8}[ \\xa0\\u202f]?(?:(?:${UNITS})\\b|[%€$£])`,
};
const DEFAULT_KINDS = ["keep", "url", "email", "placeholder"];
const NAMES = ["Tom", "Mary", "Anna", "Maria", "John", "Peter", "Paul", "David", "Max"];
const NEUTRAL = "X";
const WITH_SPACE = 0x1d;
const WITHOUT_SPACE = 0x1e;
const ATTACHING = "'’-‐‑([{/¿¡“„‘";
const DASHES = ["\u2581-", "\u2581‐", "\u2581‑"];
const BYTE = /^<0x([0-9A-F]{2})>$/;
/** Lower case of a single capital, with several capitals in JavaScript: "ß" of "ẞ". */
const LOWER = /[ß\u1f80-\u1f87\u1f90-\u1f97\u1fa0-\u1fa7\u1fb3\u1fc3\u1ff3]/;

/**
 * Marks the protected spans of a text.
 *
 * @param {string} text
 * @param {string[]} kinds keys of `PATTERNS`, and `keep`.
 * @returns {{ text: string, spans: string[] } | null} null without spans.
 */
export function markSpans(text, kinds = DEFAULT_KINDS) {
  const found = findSpans(text, kinds);
  if (!found.length) return null;
  const spans = [];
  let marked = "";
  let position = 0;
  for (const [start, end, isKept] of found.slice(0, MAX_SPANS)) {
    marked += text.slice(position, start).replace(INTERNAL, "\ufffd");
    const span = isKept
      ? text.slice(start + KEEP_START.length, end - KEEP_END.length)
      : text.slice(start, end);
    if (span) {
      marked += MARK;
      spans.push(span.replace(/[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+/g, " "));
    }
    position = end;
  }
  return { text: marked + text.slice(position).replace(INTERNAL, "\ufffd"), spans };
}

function findSpans(text, kinds) {
  const wanted = Object.keys(PATTERNS).filter((kind) => kinds.includes(kind));
  const pattern = wanted.map((kind) => PATTERNS[kind]).join("|");
  const found = [];
  const match = (start, end) => {
    if (!pattern) return;
    for (const one of text.slice(start, end).matchAll(new RegExp(pattern, "gu"))) {
      found.push([start + one.index, start + one.index + one[0].length, false]);
    }
  };
  let position = 0;
  while (kinds.includes("keep")) {
    const start = text.indexOf(KEEP_START, position);
    const end = start < 0 ? -1 : text.indexOf(KEEP_END, start);
    if (end < 0) break;
    match(position, start);
    position = end + KEEP_END.length;
    found.push([start, position, true]);
  }
  match(position, text.length);
  return found;
}

/** The first name that is a token of both vocabularies, or X. */
export function chooseSubstitute(sourcePieces, targetPieces) {
  const source = new Set(sourcePieces);
  const target = new Set(targetPieces);
  const isKnown = (name) => source.has(`\u2581${name}`) && target.has(`\u2581${name}`);
  return NAMES.find(isKnown) ?? NEUTRAL;
}

/**
 * Replaces the marks of a sentence, and finds its terms.
 *
 * @param {string} sentence of a marked text.
 * @param {string} substitute result of `chooseSubstitute`.
 * @param {string[]} spans the spans that are left; those of the sentence are removed.
 * @param {boolean} hasSentenceCase whether the model reads a sentence in capitals in lower case.
 * @param {Glossary} [glossary]
 * @returns {{ text: string, constraints: object[] }} start and end count code points.
 */
export function constrain(sentence, substitute, spans, hasSentenceCase, glossary) {
  let marked = sentence.replaceAll(MARK, CASELESS_MARK);
  if (hasSentenceCase) marked = sentenceCase(marked);
  marked = marked.replace(/\u2581/g, " ").replace(/ +/g, " ").replace(/^ | $/g, "");
  const written = marked.includes(substitute) ? NEUTRAL : substitute;
  const characters = Array.from(marked);
  const places = characters
    .map((one, start) => ({ start, end: start + 1, isSpan: one === CASELESS_MARK }))
    .filter(({ isSpan }) => isSpan);
  let numTerms = MAX_SPANS - places.length;
  let numCharacters = 0;
  places.push(...(glossary?.find(marked) ?? []));
  places.sort((a, b) => a.start - b.start);
  const constraints = [];
  const parts = [];
  let length = 0;
  let position = 0;
  const add = (some) => {
    parts.push(...some);
    length += some.length;
  };
  for (const { start, end, isSpan, replacement, target, isCapital } of places) {
    add(characters.slice(position, start));
    position = end;
    const from = length;
    add(Array.from(isSpan ? written : replacement));
    const place = { start: from, end: length };
    if (isSpan) {
      constraints.push({
        ...place,
        target: written,
        output: spans.shift(),
        isReserved: written !== NEUTRAL,
        isCapital: false,
        isAttached: start > 0 && characters[start - 1] !== " ",
      });
      continue;
    }
    const [first] = target;
    numCharacters += toCodePoints(target).length;
    if (!numTerms || numCharacters > MAX_TARGET_CHARACTERS) continue;
    numTerms -= 1;
    const isAttached = isLetter(first) && !isWord(first);
    constraints.push({ ...place, target, output: target, isReserved: false, isCapital, isAttached });
  }
  add(characters.slice(position));
  return { text: parts.join(""), constraints };
}

/** A sentence in capitals in lower case, apart from its first letter; as in normalize.py. */
export function sentenceCase(text) {
  const characters = Array.from(text);
  const isCapital = characters.map((one) => lowercase(one) !== one);
  const hasLower = characters.some((one) => {
    const upper = Array.from(one.toUpperCase());
    return LOWER.test(one) || (upper.join("") !== one && lowercase(upper[0]) === one);
  });
  const hasScriptWithoutCase = characters.some((one) => {
    const code = one.codePointAt(0);
    return (code >= 0x590 && code <= 0x1dff) || (code >= 0x2e80 && code <= 0xfdff);
  });
  if (hasLower || hasScriptWithoutCase || isCapital.filter(Boolean).length < 4) return text;
  const first = isCapital.indexOf(true);
  return characters.map((one, index) => (index > first ? lowercase(one) : one)).join("");
}

/** The source positions of each constraint: arrays of `true` at its tokens. */
export function spansOfTokens(pieces, text, constraints) {
  const ends = [];
  let total = 0;
  for (const piece of pieces) {
    const byte = BYTE.exec(piece);
    total += byte ? Number((parseInt(byte[1], 16) & 0xc0) !== 0x80) : toCodePoints(piece).length;
    ends.push(total);
  }
  const added = total - Math.min(toCodePoints(text).length, total);
  if (added > 1) return constraints.map(() => []);
  return constraints.map(({ start, end }) =>
    ends.map((last, index) => {
      const before = Math.min(index ? ends[index - 1] : 0, last - 1);
      return before < end + added && last > start + added;
    }));
}

/** Properties of the target tokens, as `TargetTables` in Python. */
export function targetTables(pieces) {
  const last = (piece) => Array.from(piece).at(-1) ?? "";
  return {
    continuesWord: pieces.map((piece) => isWord(Array.from(piece)[0] ?? "") || BYTE.test(piece)),
    endsWord: pieces.map((piece) => isWord(last(piece)) && !BYTE.test(piece)),
    attaches: pieces.map((piece) =>
      piece !== "" && ATTACHING.includes(last(piece)) && !DASHES.includes(piece)),
  };
}

/**
 * The text of a hypothesis with the exact text of each constraint.
 *
 * @param {number[]} coded ids `token + V * (constraint + 1)`.
 * @param {(ids: number[]) => Promise<string>} decode
 */
export async function putBack(coded, constraints, tables, eos, decode) {
  const size = tables.continuesWord.length;
  const marks = [eos + 1 + WITH_SPACE, eos + 1 + WITHOUT_SPACE];
  const ids = [];
  const outputs = [];
  let before = 0;
  let previous = eos;
  for (const token of coded) {
    const owner = Math.floor(token / size);
    if (!owner) {
      if (!marks.includes(token)) ids.push(token); // a model may write these bytes itself
      previous = token;
    } else if (owner !== before) {
      const one = constraints[owner - 1];
      const { isAttached } = one;
      const attaches = tables.attaches[previous] || (isAttached && !tables.endsWord[previous]);
      ids.push(marks[Number(attaches)]);
      outputs.push(one);
      previous = eos;
    }
    before = owner;
  }
  const mark = String.fromCharCode(WITHOUT_SPACE);
  const text = (await decode(ids)).replaceAll(String.fromCharCode(WITH_SPACE), ` ${mark}`);
  const [first, ...others] = text.replace(/^ /, "").split(mark);
  let written = first;
  others.forEach((part, index) => {
    const { isCapital, output } = outputs[index];
    written += (isCapital && !written ? capitalize(output) : output) + part;
  });
  return written;
}
