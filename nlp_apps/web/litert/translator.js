/** Translates with a `.tflite`, as nlp_apps/litert/lite_translator.py. */

import { plain, toCodePoints, toText } from "./model.js";

const BLANK = 0x20;

export class Translator {
  /**
   * @param {Model} model
   * @param {{ beam?: boolean }} how false: greedily, which is faster.
   */
  constructor(model, { beam = true } = {}) {
    this.model = model;
    this.signature = beam && model.signatures.includes("beam") ? "beam" : "greedy";
  }

  /**
   * Translates a text.
   *
   * @param {string} text
   * @returns {Promise<{ text: string, score: number, read: number,
   *   alternatives: { text: string, score: number }[], sourcePieces: string[],
   *   targetPieces: string[], attention: number[][] | null }>} scores in nats a token; `read`: how
   *   many code points there was room for; alternatives, the best first; attention: a row for each
   *   target piece, the end of sentence included on both sides.
   */
  async translate(text) {
    const { ids, read } = await this.#read(plain(text));
    const outputs = await this.model.run(this.signature, { ids });
    const answers = this.#answers(outputs);
    const best = answers[0]?.found ?? [];
    const alternatives = [];
    for (const { found, score } of answers) {
      alternatives.push({ text: toText(await this.model.decode(found)), score });
    }
    const { pieces, sourcePieces, card } = this.model;
    const source = [...ids, card.special_ids.eos];
    const width = card.tokens + 1;
    const rows = (_, row) => outputs.attention.slice(row * width, row * width + source.length);
    return {
      ...(alternatives[0] ?? { text: "", score: 0 }),
      read,
      alternatives,
      sourcePieces: source.map((id) => sourcePieces[id]),
      targetPieces: best.map((id) => pieces[id]),
      attention: outputs.attention ? best.map(rows).map((row) => [...row]) : null,
    };
  }

  /** The answers of a search: ids and score; there may be fewer than beams. */
  #answers({ ids, count, counts = count, score, scores = score }) {
    const room = ids.length / counts.length;
    return [...counts]
      .map((size, beam) => ({
        found: [...ids.slice(beam * room, beam * room + size)],
        score: scores[beam],
      }))
      .filter(({ found }) => found.length);
  }

  /** The tokens of a text, of a long one those of as many words as there is room for. */
  async #read(text) {
    const room = this.model.card.tokens;
    let begin = toCodePoints(text);
    let ids = await this.model.encode(text);
    while (ids.length > room) {
      const end = Math.min(begin.length - 1, Math.floor((begin.length * room) / ids.length));
      const blank = begin.lastIndexOf(BLANK, end);
      begin = begin.slice(0, blank > 0 ? blank : end);
      ids = await this.model.encode(toText(begin));
    }
    return { ids, read: begin.length };
  }
}
