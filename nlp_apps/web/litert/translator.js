/** Translates with a `.tflite`, as nlp_apps/litert/lite_translator.py. */

import { normalize, toCodePoints, toText } from "./text.js";

const SPACE = 0x20;

export class Translator {
  /**
   * @param {Model} model
   * @param {{ beam?: boolean }} options beam: beam search; false: greedy search, which is faster.
   */
  constructor(model, { beam = true } = {}) {
    this.model = model;
    this.signature = beam && model.signatures.includes("beam") ? "beam" : "greedy";
  }

  /**
   * Translates a text.
   *
   * @param {string} text
   * @returns {Promise<{ text: string, score: number, numCharacters: number, isComplete: boolean,
   *   alternatives: { text: string, score: number }[], sourcePieces: string[],
   *   targetPieces: string[], attention: number[][] | null }>} score: log probability per token, in
   *   nats; numCharacters: length of the translated part of the normalized text; isComplete: it is the
   *   whole text; alternatives: all hypotheses,
   *   best first; attention: [target pieces][source pieces], both with EOS.
   */
  async translate(text) {
    const line = toCodePoints(normalize(text));
    const { ids, numCharacters } = await this.#truncate(line);
    const outputs = await this.model.run(this.signature, { ids });
    const hypotheses = this.#hypotheses(outputs);
    const best = hypotheses[0]?.ids ?? [];
    const alternatives = [];
    for (const hypothesis of hypotheses) {
      const text = toText(await this.model.decode(hypothesis.ids));
      alternatives.push({ text, score: hypothesis.score });
    }
    const { pieces, sourcePieces, metadata } = this.model;
    const source = [...ids, metadata.special_ids.eos];
    const width = metadata.tokens + 1;
    const attentionRow = (_, row) =>
      [...outputs.attention.slice(row * width, row * width + source.length)];
    return {
      ...(alternatives[0] ?? { text: "", score: 0 }),
      numCharacters,
      isComplete: numCharacters === line.length,
      alternatives,
      sourcePieces: source.map((id) => sourcePieces[id]),
      targetPieces: best.map((id) => pieces[id]),
      attention: outputs.attention ? best.map(attentionRow) : null,
    };
  }

  /** Token ids and score of each hypothesis; there may be fewer hypotheses than beams. */
  #hypotheses({ ids, count, counts = count, score, scores = score }) {
    const width = ids.length / counts.length;
    return [...counts]
      .map((size, beam) => ({
        ids: [...ids.slice(beam * width, beam * width + size)],
        score: scores[beam],
      }))
      .filter((hypothesis) => hypothesis.ids.length);
  }

  /** Shortens a text by whole words until the model can read its tokens. */
  async #truncate(line) {
    const maxTokens = this.model.metadata.tokens;
    let codepoints = line;
    let ids = await this.model.encode(toText(codepoints));
    while (ids.length > maxTokens) {
      const share = Math.floor((codepoints.length * maxTokens) / ids.length);
      const end = Math.min(codepoints.length - 1, share);
      const space = codepoints.lastIndexOf(SPACE, end);
      codepoints = codepoints.slice(0, space > 0 ? space : end);
      ids = await this.model.encode(toText(codepoints));
    }
    return { ids, numCharacters: codepoints.length };
  }
}
