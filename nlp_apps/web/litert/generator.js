/** Writes and scores with a `.tflite`, as nlp_apps/litert/lite_generator.py. */

import { CONTEXT, toText } from "./model.js";

const REPLACEMENT = 0xfffd; // What stands for bytes of a character that is not whole yet.

export class Writer {
  /** @param {Model} model */
  constructor(model) {
    this.model = model;
  }

  /**
   * Continues a prompt, and gives after each token what has been written.
   *
   * @param {string} prompt
   * @param {{ temperature: number, top_k: number, top_p: number, max_tokens: number, seed: number
   *   }} how the same seed gives the same text.
   * @returns {AsyncGenerator<{ continuation: string, settled: string, tokens: number,
   *   logProbability: number, isOver: boolean }>} settled: what no further token can change;
   *   logProbability: mean of a token, in nats; isOver: the text ended by itself.
   */
  async *write(prompt, { temperature, top_k, top_p, max_tokens, seed }) {
    const { card } = this.model;
    const { bos, eos } = card.special_ids;
    const known = [bos, ...(await this.model.encode(prompt))];
    const context = known.slice(-CONTEXT);
    const before = (await this.model.decode(context)).length;
    let state = await this.#read(known.slice(0, -1));
    const drawn = [];
    let gain = 0;
    for (let count = 0; count < max_tokens; count += 1) {
      const all = [...known, ...drawn];
      const outputs = await this.model.run("sample", {
        token: all.slice(-1),
        state,
        temperature: [temperature],
        top_k: [top_k],
        top_p: [top_p],
        uniform: [uniform(seed, count, 0)],
        ...(card.remembers && { history: last(all, card.tokens) }),
      });
      drawn.push(outputs.token[0]);
      gain += outputs.log_probability[0];
      state = outputs.state;
      const isOver = drawn.at(-1) === eos;
      const found = (await this.model.decode([...context, ...drawn])).slice(before);
      yield {
        continuation: toText(found),
        settled: toText(isOver ? found : withoutHalves(found)),
        tokens: drawn.length,
        logProbability: gain / drawn.length,
        isOver,
      };
      if (isOver) return;
    }
  }

  /**
   * How surprising each token of a text is, read from its start.
   *
   * @param {string} text
   * @returns {Promise<{ pieces: string[], nats: number[], perplexity: number }>}
   */
  async surprisals(text) {
    const { card, pieces } = this.model;
    const ids = await this.model.encode(text);
    const nats = [];
    let token = [card.special_ids.bos];
    let state = [];
    for (let start = 0; start < ids.length; start += card.tokens) {
      const part = ids.slice(start, start + card.tokens);
      const outputs = await this.model.run("score", { ids: part, token, state });
      nats.push(...outputs.nats.subarray(0, part.length));
      [token, state] = [part.slice(-1), outputs.state];
    }
    const total = nats.reduce((one, other) => one + other, 0);
    return {
      pieces: ids.map((id) => (id === card.line_end ? "\n" : pieces[id])),
      nats,
      perplexity: Math.exp(total / Math.max(nats.length, 1)),
    };
  }

  /** The state after tokens; of none: all zeros, which `run` fills in. */
  async #read(ids) {
    const room = this.model.card.tokens;
    let state = [];
    for (let start = 0; start < ids.length; start += room) {
      const part = ids.slice(start, start + room);
      ({ state } = await this.model.run("prefill", { ids: part, state }));
    }
    return state;
  }
}

/** The last `room` ids, zeros before. */
function last(ids, room) {
  const found = ids.slice(-room);
  return [...Array(room - found.length).fill(0), ...found];
}

function withoutHalves(codepoints) {
  let end = codepoints.length;
  while (end && codepoints[end - 1] === REPLACEMENT) end -= 1;
  return codepoints.slice(0, end);
}

/** The random number of a step of a text, in [0, 1): the same as nlp_apps draws. */
export function uniform(seed, step, number) {
  let bits = mix(seed + 0x9e3779b9);
  for (const value of [number, step]) bits = mix(bits ^ mix(value + 1));
  return (bits >>> 8) * 2 ** -24;
}

/** Scrambles a 32-bit number. */
function mix(value) {
  let bits = value | 0;
  for (const [shift, factor] of [[16, 0x7feb352d], [15, 0x846ca68b]]) {
    bits = Math.imul(bits ^ (bits >>> shift), factor);
  }
  return (bits ^ (bits >>> 16)) >>> 0;
}
