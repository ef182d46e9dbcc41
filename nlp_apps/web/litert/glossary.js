/** A glossary: terms with prescribed translations, as nlp_apps/text/glossary.py explains. */

import { isEmpty, normalize, toAscii } from "./text.js";
import { INTERNAL, isWord, lowercase } from "./characters.js";

export const MAX_TERM = 200;
export const MAX_TERMS = 100_000;

export class Glossary {
  /**
   * @param {Iterable<[string, string]> | Object<string, string>} terms terms and translations.
   * @throws {Error} a term is empty or too long, has two translations, or there are too many.
   */
  constructor(terms) {
    this.trie = new Map();
    this.size = 0;
    const known = new Map();
    for (const [term, translation] of entriesOf(terms)) {
      const { source, target, problem } = readTerm(term, translation);
      if (problem) throw new Error(`Glossary term "${source}": ${problem}`);
      if ((known.get(source) ?? target) !== target) {
        throw new Error(`Glossary term "${source}" has two translations. Keep one.`);
      }
      if (known.has(source)) continue;
      known.set(source, target);
      this.#add(source, target, this.size);
      this.size += 1;
      if (this.size > MAX_TERMS) throw new Error(`A glossary has at most ${MAX_TERMS} terms.`);
    }
  }

  /** Reads the text of a glossary file: a line is a term, a tab and its translation. */
  static fromText(text) {
    const terms = [];
    for (const [index, line] of text.replace(/^\ufeff/, "").split("\n").entries()) {
      if (!line.trim() || line.startsWith("#")) continue;
      const parts = line.split("\t");
      if (parts.length !== 2) {
        throw new Error(`Glossary, line ${index + 1}: must be a term, one tab and its translation.`);
      }
      terms.push(parts);
    }
    return new Glossary(terms);
  }

  #add(source, target, number) {
    let node = this.trie;
    const lower = lowercase(source);
    for (const character of fold(lower)) {
      if (!node.has(character)) node.set(character, new Map());
      node = node.get(character);
    }
    if (!node.has("")) node.set("", []);
    node.get("").push({ source, target, number, isLower: source === lower });
  }

  /**
   * Finds terms, in order and without overlap.
   *
   * @param {string} text a normalized text.
   * @returns {{ start: number, end: number, replacement: string, target: string,
   *   isCapital: boolean }[]} start and end count code points.
   */
  find(text) {
    const characters = Array.from(text);
    const lower = Array.from(fold(lowercase(text)));
    const found = [];
    for (let start = 0; start < characters.length; start += 1) {
      if (start && isWord(characters[start - 1]) && isWord(characters[start])) continue;
      let node = this.trie;
      for (let end = start; end < lower.length && node.has(lower[end]); ) {
        node = node.get(lower[end]);
        end += 1;
        if (!node.has("")) continue;
        if (isWord(characters[end - 1]) && isWord(characters[end] ?? "")) continue;
        const written = characters.slice(start, end).join("");
        for (const term of node.get("")) {
          if (term.source === written || term.isLower) {
            found.push({ ...term, start, end, isCapital: term.source !== written });
          }
        }
      }
    }
    found.sort((a, b) => b.end - b.start - (a.end - a.start)
      || a.isLower - b.isLower || a.number - b.number || a.start - b.start);
    const taken = new Uint8Array(characters.length);
    const kept = found.filter(({ start, end }) => {
      if (taken.subarray(start, end).includes(1)) return false;
      taken.fill(1, start, end);
      return true;
    });
    return kept
      .sort((a, b) => a.start - b.start)
      .map(({ start, end, source, target, isCapital }) =>
        ({ start, end, replacement: isCapital ? capitalize(source) : source, target, isCapital }));
  }
}

/**
 * Reads a term and its translation.
 *
 * @param {string} term
 * @param {string} translation
 * @returns {{ source: string, target: string, problem: string }} both normalized; problem: "" if
 *   they are valid.
 */
export function readTerm(term, translation) {
  const source = normalizeTerm(term);
  const target = normalize(translation);
  return { source, target, problem: problemOf(source, target) };
}

/** Replaces the final sigma, whose capital is that of the other one. */
function fold(lower) {
  return lower.replaceAll("ς", "σ");
}

/** Writes the first character in upper case. */
export function capitalize(text) {
  const [first = "", ...rest] = text;
  return first.toUpperCase() + rest.join("");
}

function entriesOf(terms) {
  return typeof terms[Symbol.iterator] === "function" ? terms : Object.entries(terms);
}

function normalizeTerm(term) {
  return toAscii(normalize(term)).replace(INTERNAL, "\ufffd");
}

function problemOf(source, target) {
  if (isEmpty(source) || isEmpty(target)) return "the term and its translation must not be empty.";
  const isLong = [source, target].some((one) => Array.from(one).length > MAX_TERM);
  return isLong ? `the term and its translation have at most ${MAX_TERM} characters.` : "";
}
