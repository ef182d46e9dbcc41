/** A glossary: terms with prescribed translations, as nlp_apps/text/glossary.py explains. */

import { isEmpty, normalize, toAscii } from "./text.js";
import { INTERNAL, isWord, lowercase } from "./characters.js";

export const MAX_TERM = 200;
export const MAX_TERMS = 100_000;

/** The form of a line, for messages. */
export const LINE_FORM = "a term, one separator (a tab, =>, -> or =) and its translation. In a line "
  + "with a tab, the others are part of the text.";

// In a line without a tab. A run with `=` or `->` of another form, such as `<=`, is no separator.
const SIGNS = /[-=<>]+/g;
const SEPARATOR = /^(?:[-=]+>|=)$/;

export class Glossary {
  /**
   * @param {Iterable<[string, string]> | Object<string, string>} terms terms and translations.
   * @throws {Error} a term is empty or too long, has two translations, or there are too many.
   */
  constructor(terms) {
    this.trie = new Node(null);
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

  /** Reads the text of a glossary file: a line is a term, a separator and its translation. */
  static fromText(text) {
    const terms = [];
    for (const [index, line] of text.replace(/^\ufeff/, "").split("\n").entries()) {
      if (!line.trim() || line.startsWith("#")) continue;
      const parts = splitLine(line);
      if (!parts) throw new Error(`Glossary, line ${index + 1}: write ${LINE_FORM}`);
      terms.push(parts);
    }
    return new Glossary(terms);
  }

  #add(source, target, number) {
    let node = this.trie;
    const lower = lowercase(source);
    for (const character of fold(lower)) {
      if (!node.children.has(character)) node.children.set(character, new Node(node));
      node = node.children.get(character);
    }
    node.terms.push({ source, target, number, isLower: source === lower });
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
    const words = characters.map(isWord);
    // Of each start, the longest term that may count; a shorter one only if that overlaps.
    const ofLength = [];
    const add = (start, node) => {
      const match = best(characters, words, start, node);
      if (match) (ofLength[match.node.depth] ??= []).push(match);
    };
    for (const [start, node] of this.#longest(text, words)) add(start, node);
    const taken = new Uint8Array(characters.length);
    const kept = [];
    // Long ones come first, then those with a capital, then those of an earlier line.
    for (let length = ofLength.length - 1; length > 0; length -= 1) {
      const matches = ofLength[length] ?? [];
      matches.sort((a, b) => a.isLower - b.isLower || a.number - b.number || a.start - b.start);
      for (const match of matches) {
        const { start, end } = match;
        if (taken[start]) continue;
        const free = taken.subarray(start, end).indexOf(1);
        if (free < 0) {
          taken.fill(1, start, end);
          kept.push(match);
        } else {
          let { node } = match;
          while (node.depth > free) node = node.parent;
          add(start, node);
        }
      }
    }
    return kept
      .sort((a, b) => a.start - b.start)
      .map(({ start, end, source, target, isCapital }) =>
        ({ start, end, replacement: isCapital ? capitalize(source) : source, target, isCapital }));
  }

  /** Yields each start and the node of the longest term there, which may end within a word. */
  *#longest(text, words) {
    const lower = Array.from(fold(lowercase(text)));
    for (let start = 0; start < lower.length; start += 1) {
      if (start && words[start - 1] && words[start]) continue;
      let node = this.trie;
      let longest;
      for (let end = start; (node = node.children.get(lower[end])); end += 1) {
        if (node.terms.length) longest = node;
      }
      if (longest) yield [start, longest];
    }
  }
}

/** A prefix of terms, in lower case. */
class Node {
  constructor(parent) {
    this.parent = parent;
    this.depth = parent ? parent.depth + 1 : 0; // code points
    this.children = new Map();
    this.terms = []; // those that end here
  }
}

/** The first match that counts of the terms of a node and of its parents; undefined for none. */
function best(characters, words, start, node) {
  for (; node.depth; node = node.parent) {
    const end = start + node.depth;
    if (!node.terms.length || (words[end - 1] && words[end])) continue;
    const written = characters.slice(start, end).join("");
    const terms = node.terms.filter(({ source, isLower }) => isLower || source === written);
    if (!terms.length) continue;
    const [term] = terms.sort((a, b) => a.isLower - b.isLower || a.number - b.number);
    return { ...term, start, end, node, isCapital: term.source !== written };
  }
  return undefined;
}

/**
 * Splits a line at its separator: a tab or, without one, `=>`, `->` or `=`.
 *
 * @param {string} line
 * @returns {string[] | null} the term and its translation; null without exactly one separator.
 */
export function splitLine(line) {
  const parts = line.includes("\t") ? line.split("\t") : splitAtSign(line);
  return parts?.length === 2 ? parts.map((one) => one.trim()) : null;
}

function splitAtSign(line) {
  const found = [...line.matchAll(SIGNS)].filter(([one]) => one.includes("=") || one.includes("->"));
  if (found.length !== 1 || !SEPARATOR.test(found[0][0])) return null;
  const [{ 0: sign, index }] = found;
  return [line.slice(0, index), line.slice(index + sign.length)];
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
