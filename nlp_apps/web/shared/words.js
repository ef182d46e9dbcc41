/**
 * Joins the pieces of a tokenizer into words, by the rules of nlp_apps/explain/words.py: a word
 * is a run of letters and digits, with the apostrophes, hyphens and points inside it, or a run of
 * other signs. In scripts without blanks each character would be a word. A piece is never cut.
 *
 * A word is {text, before, first, end}: the blanks before it, its first piece, and the one after
 * its last.
 */

const BLANK = /\u2581/g; // What SentencePiece writes for a blank.
const BYTE = /^<0x([0-9A-F]{2})>$/;
const END = "</s>";
const INSIDE = /['\u2019\-.,:\u00b7\u2010\u2011]/; // Ends no word between two letters.
const JOINS = /[\p{M}\u200c\u200d]/u; // Belongs to the character before it.
const LETTER = /[\p{L}\p{N}_]/u;
const SCRIPTS = ["Han", "Hira", "Kana", "Thai", "Laoo", "Khmr", "Mymr", "Tibt", "Bopo"];
const UNBROKEN = new RegExp(SCRIPTS.map((script) => `\\p{scx=${script}}`).join("|"), "u");

/** Words of pieces, blanks as U+2581 or as they are. Of blanks alone: one word without text. */
export function join(pieces) {
  const characters = charactersOf(pieces);
  const found = [];
  for (const [begin, end] of spans(characters)) {
    const before = found.at(-1);
    if (before && characters[begin].first <= characters[before[1] - 1].last) {
      before[1] = end; // They share a piece.
    } else {
      found.push([begin, end]);
    }
  }
  const text = (begin, end) => characters.slice(begin, end).map((one) => one.text).join("");
  if (!found.length) {
    const blanks = { text: "", before: text(0, characters.length), first: 0, end: pieces.length };
    return pieces.length ? [blanks] : [];
  }
  let taken = 0;
  let first = 0;
  return found.map(([begin, to], number) => {
    const end = number === found.length - 1 ? pieces.length : characters[to - 1].last + 1;
    const word = { text: text(begin, to), before: text(taken, begin), first, end };
    [taken, first] = [to, end];
    return word;
  });
}

/** As `join`, for pieces that "" fills up and that end with the end of the sentence. */
export function joinSentence(padded) {
  const pieces = withoutPadding(padded);
  if (pieces.at(-1) !== END) return join(pieces);
  const last = pieces.length - 1;
  const end = { text: "(end)", before: " ", first: last, end: last + 1, isEnd: true };
  return [...join(pieces.slice(0, last)), end];
}

/** The pieces themselves as words, but for bytes, which are joined into characters. */
export function tokens(padded) {
  const found = [];
  for (const { text, first, last } of charactersOf(withoutPadding(padded))) {
    const before = found.at(-1);
    if (before && before.end > first) before.text += text;
    else found.push({ text, before: "", first, end: last + 1 });
  }
  for (const token of found) {
    const letters = token.text.trimStart();
    if (letters) [token.before, token.text] = [token.text.slice(0, -letters.length), letters];
  }
  return found;
}

/** The sum of the values of a word's pieces. */
export function sum(word, values) {
  return total(values.slice(word.first, word.end));
}

/** A row for each word of rows for each piece: the means of the rows of its pieces. */
export function meanRows(words, rows) {
  return words.map((word) => {
    const own = rows.slice(word.first, word.end);
    return own[0].map((_, column) => total(own.map((row) => row[column])) / own.length);
  });
}

function total(values) {
  return values.reduce((one, other) => one + other, 0);
}

function withoutPadding(pieces) {
  const end = pieces.indexOf("");
  return end < 0 ? pieces : pieces.slice(0, end);
}

/** Characters as {text, first, last}: which pieces each is made of. */
function charactersOf(pieces) {
  const characters = [];
  for (let index = 0; index < pieces.length; ) {
    if (BYTE.test(pieces[index])) {
      const size = sizeOfCharacter(pieces, index);
      const text = decode(pieces.slice(index, index + size)) ?? "\ufffd";
      characters.push({ text, first: index, last: index + size - 1 });
      index += size;
    } else {
      for (const text of pieces[index].replace(BLANK, " ")) {
        characters.push({ text, first: index, last: index });
      }
      index += 1;
    }
  }
  return characters;
}

/** How many byte pieces make one character; 1 where they make none. */
function sizeOfCharacter(pieces, index) {
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
  return parseInt(BYTE.exec(piece)?.[1] ?? "FF", 16); // FF is in no UTF-8.
}

/** Where words begin and end, before pieces are looked at. */
function spans(characters) {
  const kinds = characters.map((one) => kindOf(one.text));
  for (let index = 1; index < kinds.length - 1; index += 1) {
    const isBetween = kinds[index - 1] === "letter" && kinds[index + 1] === "letter";
    if (isBetween && INSIDE.test(characters[index].text)) kinds[index] = "letter";
  }
  const found = [];
  kinds.forEach((kind, index) => {
    if (kind === "blank") return;
    const last = kinds[index - 1];
    const goesOn = kind === "joins" || (kind === last && (kind === "letter" || kind === "sign"));
    // What follows a joining character goes on as what stands before it.
    if (kind === "joins") kinds[index] = index && last !== "blank" ? last : "sign";
    if (goesOn && found.at(-1)?.[1] === index) found.at(-1)[1] = index + 1;
    else found.push([index, index + 1]);
  });
  return found;
}

function kindOf(text) {
  if (text === "\n") return "single";
  if (/\s/.test(text)) return "blank";
  if (JOINS.test(text)) return "joins";
  if (!LETTER.test(text)) return "sign";
  return UNBROKEN.test(text) ? "single" : "letter";
}
