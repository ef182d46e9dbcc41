/**
 * A loaded `.tflite`, as nlp_apps/litert/lite_model.py.
 *
 * Texts are cut by code points, as Python counts them: a lone surrogate is one, an emoji is one.
 */

import { readFiles } from "./metadata.js";

export const CONTEXT = 8; // Tokens before a part: what a token adds to a text depends on these.
/** Outputs that may be one tensor: LiteRT.js then knows it by the second name alone. */
const TWINS = { keys: "memory" };
const ARRAYS = { int32: Int32Array, float32: Float32Array };

export class Model {
  #litert;
  #compiled;

  constructor(litert, compiled, files) {
    this.#litert = litert;
    this.#compiled = compiled;
    Object.assign(this, files);
  }

  /**
   * @param {object} litert the module @litertjs/core, its WASM loaded.
   * @param {Uint8Array} bytes the whole file.
   * @returns {Promise<Model>} with `card`, `pieces` and `sourcePieces`.
   * @throws {ForeignFile}
   */
  static async open(litert, bytes) {
    const files = await readFiles(bytes);
    return new Model(litert, await litert.loadAndCompile(bytes, { accelerator: "wasm" }), files);
  }

  /** The names of what can be run. */
  get signatures() {
    return Object.keys(this.#compiled.signatures);
  }

  /** Lets go of the model's memory. */
  delete() {
    this.#compiled.delete();
  }

  /**
   * Runs a signature.
   *
   * @param {string} signature
   * @param {Object<string, ArrayLike<number>>} inputs every input, row by row; zeros at its end may
   *   be left out.
   * @returns {Promise<Object<string, Int32Array | Float32Array>>} every output, row by row.
   */
  async run(signature, inputs) {
    const runner = this.#compiled.signatures[signature];
    const given = {};
    let outputs = {};
    try {
      for (const { name, dtype, shape } of runner.getInputDetails()) {
        const filled = new ARRAYS[dtype](shape.reduce((one, other) => one * other, 1));
        filled.set(inputs[name]);
        given[name] = new this.#litert.Tensor(filled, [...shape]);
      }
      outputs = await runner.run(given);
      const found = {};
      for (const [name, one] of Object.entries(outputs)) found[name] = one.toTypedArray().slice();
      for (const [name, twin] of Object.entries(TWINS)) {
        if (twin in found) found[name] ??= found[twin];
      }
      return found;
    } finally {
      for (const one of [...Object.values(given), ...Object.values(outputs)]) one.delete();
    }
  }

  /** The names of what a signature gives. */
  outputsOf(signature) {
    return this.#compiled.signatures[signature].getOutputDetails().map(({ name }) => name);
  }

  /** How many numbers an output has along each dimension. */
  shapeOf(signature, output) {
    const details = this.#compiled.signatures[signature].getOutputDetails();
    const of = (wanted) => details.find(({ name }) => name === wanted);
    return [...(of(output) ?? of(TWINS[output])).shape];
  }

  /** Cuts a text of any length into tokens. */
  async encode(text) {
    const found = [];
    for (const part of parts(toCodePoints(text), this.card.characters)) {
      found.push(...(await this.#encode(part)));
    }
    return found;
  }

  async #encode(codepoints) {
    const { ids, count } = await this.run("tokenize", { codepoints });
    if (count[0] <= this.card.tokens) return [...ids.subarray(0, count[0])];
    const found = []; // More than there is room for: in two parts.
    for (const part of parts(codepoints, Math.ceil(codepoints.length / 2))) {
      found.push(...(await this.#encode(part)));
    }
    return found;
  }

  /** Joins tokens of any number to a text, given as code points. */
  async decode(ids) {
    const room = this.card.tokens;
    const found = await this.#decode(ids.slice(0, room));
    for (let start = room; start < ids.length; start += room - CONTEXT) {
      const part = ids.slice(start - CONTEXT, start - CONTEXT + room);
      const known = await this.#decode(part.slice(0, CONTEXT));
      found.push(...(await this.#decode(part)).slice(known.length));
    }
    return found;
  }

  async #decode(ids) {
    const { codepoints, count } = await this.run("detokenize", { ids });
    return [...codepoints.subarray(0, count[0])];
  }
}

// As nlp_apps/text/normalize.py: what Python counts as white space, and JavaScript's \s does not.
const SPACE = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
const AROUND = new RegExp(`^${SPACE}+|${SPACE}+$`, "g");

/** A text on one line, without blanks around it: as translators and classifiers were trained. */
export function plain(text) {
  return text.replace(/[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+/g, " ").replace(AROUND, "");
}

/** Whether there is nothing to read in a text. */
export function isBlank(text) {
  return !text.replace(/\u2581/g, " ").replace(AROUND, "");
}

/** A text's code points. */
export function toCodePoints(text) {
  return Array.from(text, (character) => character.codePointAt(0));
}

/** A text of code points. */
export function toText(codepoints) {
  return codepoints.map((one) => String.fromCodePoint(one)).join("");
}

/**
 * Cuts a text so that each part has room, between words where it can.
 *
 * A part ends before a blank, so that every word has its blank before it, as a tokenizer wants it; a
 * word that is longer than there is room is cut anywhere.
 *
 * @param {number[]} codepoints
 * @param {number} room
 * @returns {number[][]}
 */
export function parts(codepoints, room) {
  const found = [];
  let rest = codepoints;
  while (rest.length > room) {
    let place = room;
    while (place > 0 && (!isGap(rest[place]) || isGap(rest[place - 1]))) place -= 1;
    found.push(rest.slice(0, place || room));
    rest = rest.slice(place || room);
  }
  return [...found, rest];
}

function isGap(codepoint) {
  return codepoint === 0x20 || codepoint === 0x0a;
}
