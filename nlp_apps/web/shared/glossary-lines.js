/** Reads the lines of a glossary that a user types, such as `term => translation`. */

import { LINE_FORM, readTerm, splitLine } from "../litert/glossary.js";

/**
 * Reads the lines. Empty lines and lines that begin with `#` are comments.
 *
 * @param {string} text
 * @returns {{ lines: string, size: number, problems: { line: number, problem: string }[] }} lines:
 *   the correct lines as `term TAB translation`, for a model; size: their number without
 *   repeated terms; problems: of the other lines, with their numbers from 1.
 */
export function readLines(text) {
  const problems = [];
  const lines = [];
  const known = new Map(); // of each term: its translation and its line
  for (const [index, written] of text.split(/\r?\n|\r/).entries()) {
    if (!written.trim() || written.startsWith("#")) continue;
    const line = index + 1;
    const parts = splitLine(written);
    const problem = parts ? problemOf(readTerm(...parts), known, line) : `write ${LINE_FORM}`;
    if (problem) problems.push({ line, problem });
    else lines.push(parts.join("\t"));
  }
  return { lines: lines.join("\n"), size: known.size, problems };
}

/** The problem of a term; "" without one. Remembers the term. */
function problemOf({ source, target, problem }, known, line) {
  if (problem) return problem;
  const first = known.get(source);
  if (!first) known.set(source, { target, line });
  if (!first || first.target === target) return "";
  return `“${source}” has another translation in line ${first.line}.`;
}
