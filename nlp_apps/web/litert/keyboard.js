/** Suggests words and learns from texts, as nlp_apps/litert/lite_keyboard.py. */

import { normalizeDocument, toCodePoints, toText } from "./text.js";

const SHOWN = 3; // words
/** Punctuation that a space follows, also one that is not written yet. */
const CLOSING = /[.,;:!?)\]}…»”]$/;

export class Keyboard {
  /** @param {Generator} generator whose model has the signatures `learn` and `suggest`. */
  constructor(generator) {
    this.generator = generator;
    this.forget();
  }

  /** Returns true if a model has the signatures of a keyboard. */
  static fits(model) {
    return ["learn", "suggest"].every((name) => model.signatures.includes(name));
  }

  /** Forgets all texts that it has learned from. */
  forget() {
    this.cache = { keys: [], cached: [], position: [0] };
  }

  /**
   * Reads a text into the cache; yields after each part.
   *
   * @param {string} text
   * @returns {AsyncGenerator<{ nats: number[], share: number }>} nats: the surprisal of each token
   *   of the part, with the cache as it was before the token; share: of the text that is read.
   */
  async *learn(text) {
    const { model } = this.generator;
    const { special_ids, tokens: size } = model.metadata;
    const ids = await model.encode(normalizeDocument(text));
    let token = [special_ids.bos];
    let state = [];
    for (let start = 0; start < ids.length; start += size) {
      const part = ids.slice(start, start + size);
      const { cache } = this;
      const outputs = await model.run("learn", { ids: part, token, state, ...cache });
      if (this.cache !== cache) return; // `forget` was called.
      this.cache = Object.fromEntries(Object.keys(this.cache).map((name) => [name, outputs[name]]));
      [token, state] = [part.slice(-1), outputs.state];
      const nats = [...outputs.nats.subarray(0, part.length)];
      yield { nats, share: Math.min((start + size) / ids.length, 1) };
    }
  }

  /** Returns a text with a word in place of the begun one, and a space. */
  withWord(text, word) {
    const before = text.slice(0, text.search(/[\p{L}\p{M}\p{N}'’-]*$/u));
    return `${before}${CLOSING.test(before) ? " " : ""}${word} `;
  }

  /**
   * Returns the most probable next words, or completions of a word that has begun.
   *
   * @param {string} text the text so far. The last word has begun unless a space or a newline
   *   follows it.
   * @returns {Promise<{ word: string, probability: number }[]>} whole words, best first.
   */
  async suggest(text) {
    const { model } = this.generator;
    const { before, begun } = splitBegunWord(normalizeDocument(text), model.metadata.begun);
    const ids = [model.metadata.special_ids.bos, ...(await model.encode(before || "\n"))];
    const { keys, cached } = this.cache;
    const outputs = await model.run("suggest", {
      token: ids.slice(-1),
      state: await this.generator.stateAfter(ids.slice(0, -1)),
      begun: toCodePoints(begun),
      keys,
      cached,
    });
    return distinctWords(outputs);
  }
}

/** Splits a text into the part before the word that is being written, and this word. */
export function splitBegunWord(text, maxBegun) {
  if (CLOSING.test(text)) return { before: text, begun: " " };
  const start = text.search(/ ?[\p{L}\p{M}\p{N}'’-]*$/u);
  return { before: text.slice(0, start), begun: [...text.slice(start)].slice(0, maxBegun).join("") };
}

function distinctWords({ codepoints, counts, log_probabilities }) {
  const width = codepoints.length / counts.length;
  const found = new Map();
  counts.forEach((count, row) => {
    if (!count) return;
    const characters = [...codepoints.subarray(row * width, row * width + count)];
    const word = toText(characters).replace(/^ /, "");
    found.set(word, (found.get(word) ?? 0) + Math.exp(log_probabilities[row]));
  });
  const words = [...found].map(([word, probability]) => ({ word, probability }));
  return words.sort((one, other) => other.probability - one.probability).slice(0, SHOWN);
}
