/**
 * Joins the subwords of a tokenizer into words, by the rules of nlp_apps/explain/words.py.
 *
 * A word is a run of letters and digits, with the apostrophes, hyphens and points inside it, or a
 * run of other characters. In scripts without spaces every character is a word. A subword is never
 * split.
 *
 * A word is {text, spaceBefore, start, end}: the spaces before it, the index of its first subword,
 * and the index after its last subword.
 */

const SPACE_MARK = /\u2581/g; // SentencePiece's character for a space.
const BYTE = /^<0x([0-9A-F]{2})>$/;
const EOS = "</s>";
const INNER = /['\u2019\-.,:\u00b7\u2010\u2011]/; // Between two letters it does not end a word.
const COMBINING = /[\p{M}\u200c\u200d]/u; // Belongs to the previous character.
const LETTER = /[\p{L}\p{N}_]/u;
const SCRIPTS = ["Han", "Hira", "Kana", "Thai", "Laoo", "Khmr", "Mymr", "Tibt", "Bopo"];
const WITHOUT_SPACES = new RegExp(SCRIPTS.map((script) => `\\p{scx=${script}}`).join("|"), "u");

/**
 * Joins subwords into words. A space is U+2581 or itself. Subwords of spaces alone become one word
 * with an empty text.
 */
export function join(pieces) {
  const characters = charactersOf(pieces);
  const spans = []; // [start, end] in characters
  for (const [start, end] of wordSpans(characters)) {
    const previous = spans.at(-1);
    if (previous && characters[start].first <= characters[previous[1] - 1].last) {
      previous[1] = end; // Both belong to one subword.
    } else {
      spans.push([start, end]);
    }
  }
  const text = (start, end) => characters.slice(start, end).map((one) => one.text).join("");
  if (!spans.length) {
    const spaceBefore = text(0, characters.length);
    return pieces.length ? [{ text: "", spaceBefore, start: 0, end: pieces.length }] : [];
  }
  let [previous, start] = [0, 0];
  return spans.map(([from, to], index) => {
    const end = index === spans.length - 1 ? pieces.length : characters[to - 1].last + 1;
    const word = { text: text(from, to), spaceBefore: text(previous, from), start, end };
    [previous, start] = [to, end];
    return word;
  });
}

/** As `join`, for subwords that end with EOS and are padded with "". */
export function joinSentence(padded) {
  const pieces = withoutPadding(padded);
  if (pieces.at(-1) !== EOS) return join(pieces);
  const last = pieces.length - 1;
  const eos = { text: "(end)", spaceBefore: " ", start: last, end: last + 1, isEos: true };
  return [...join(pieces.slice(0, last)), eos];
}

/** Returns each subword as a word; bytes are joined into characters. */
export function tokens(padded) {
  const found = [];
  for (const { text, first, last } of charactersOf(withoutPadding(padded))) {
    const previous = found.at(-1);
    if (previous && previous.end > first) previous.text += text;
    else found.push({ text, spaceBefore: "", start: first, end: last + 1 });
  }
  for (const token of found) {
    const stripped = token.text.trimStart();
    if (!stripped) continue;
    token.spaceBefore = token.text.slice(0, -stripped.length);
    token.text = stripped;
  }
  return found;
}

/** Sums the values of a word's subwords. */
export function sum(word, values) {
  return total(values.slice(word.start, word.end));
}

/** Averages the rows of each word's subwords: [subwords][columns] to [words][columns]. */
export function meanRows(words, rows) {
  return words.map((word) => {
    const own = rows.slice(word.start, word.end);
    return own[0].map((_, column) => total(own.map((row) => row[column])) / own.length);
  });
}

function total(values) {
  return values.reduce((sum, value) => sum + value, 0);
}

function withoutPadding(pieces) {
  const end = pieces.indexOf("");
  return end < 0 ? pieces : pieces.slice(0, end);
}

/** Splits subwords into characters {text, first, last}, with the range of their subwords. */
function charactersOf(pieces) {
  const characters = [];
  for (let index = 0; index < pieces.length; ) {
    if (BYTE.test(pieces[index])) {
      const size = characterSize(pieces, index);
      const text = decode(pieces.slice(index, index + size)) ?? "\ufffd";
      characters.push({ text, first: index, last: index + size - 1 });
      index += size;
    } else {
      for (const text of pieces[index].replace(SPACE_MARK, " ")) {
        characters.push({ text, first: index, last: index });
      }
      index += 1;
    }
  }
  return characters;
}

/** Number of byte subwords of the character at `index`; 1 for invalid UTF-8. */
function characterSize(pieces, index) {
  const lead = byteOf(pieces[index]);
  const size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  return decode(pieces.slice(index, index + size)) === null ? 1 : size;
}

function decode(pieces) {
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return decoder.decode(new Uint8Array(pieces.map(byteOf)));
  } catch {
    return null;
  }
}

function byteOf(piece) {
  return parseInt(BYTE.exec(piece)?.[1] ?? "FF", 16); // FF is invalid in UTF-8.
}

/** Finds the [start, end] of words, regardless of subwords. */
function wordSpans(characters) {
  const kinds = characters.map((one) => kindOf(one.text));
  for (let index = 1; index < kinds.length - 1; index += 1) {
    const isBetween = kinds[index - 1] === "letter" && kinds[index + 1] === "letter";
    if (isBetween && INNER.test(characters[index].text)) kinds[index] = "letter";
  }
  const spans = [];
  kinds.forEach((kind, index) => {
    if (kind === "space") return;
    const previous = kinds[index - 1];
    const continues =
      kind === "combining" || (kind === previous && (kind === "letter" || kind === "sign"));
    // A character after a combining one continues the word of the character before it.
    if (kind === "combining") kinds[index] = index && previous !== "space" ? previous : "sign";
    if (continues && spans.at(-1)?.[1] === index) spans.at(-1)[1] = index + 1;
    else spans.push([index, index + 1]);
  });
  return spans;
}

function kindOf(text) {
  if (text === "\n") return "single";
  if (/\s/.test(text)) return "space";
  if (COMBINING.test(text)) return "combining";
  if (!LETTER.test(text)) return "sign";
  return WITHOUT_SPACES.test(text) ? "single" : "letter";
}
