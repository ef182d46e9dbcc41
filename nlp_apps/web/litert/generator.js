/** Generates and scores text with a `.tflite`, as nlp_apps/litert/lite_generator.py. */

import { CONTEXT } from "./model.js";
import { normalizeDocument, toText } from "./text.js";

const REPLACEMENT = 0xfffd; // The bytes so far of an incomplete character.

export class Generator {
  /** @param {Model} model */
  constructor(model) {
    this.model = model;
  }

  /**
   * Continues a prompt; yields the continuation after each token.
   *
   * @param {string} prompt
   * @param {{ temperature: number, top_k: number, top_p: number, max_tokens: number, seed: number
   *   }} parameters The same seed generates the same text.
   * @returns {AsyncGenerator<{ continuation: string, stableText: string, numTokens: number,
   *   logProbability: number, ended: boolean }>} stableText: the part that later tokens leave
   *   unchanged; logProbability: mean per token, in nats; ended: the last token is EOS.
   */
  async *generate(prompt, { temperature, top_k, top_p, max_tokens, seed }) {
    const { metadata } = this.model;
    const { bos, eos } = metadata.special_ids;
    const promptIds = [bos, ...(await this.model.encode(normalizeDocument(prompt)))];
    const context = promptIds.slice(-CONTEXT);
    const contextLength = (await this.model.decode(context)).length;
    let state = await this.stateAfter(promptIds.slice(0, -1));
    const sampled = [];
    let logProbability = 0;
    while (sampled.length < max_tokens) {
      const ids = [...promptIds, ...sampled];
      const outputs = await this.model.run("sample", {
        token: ids.slice(-1),
        state,
        temperature: [temperature],
        top_k: [top_k],
        top_p: [top_p],
        uniform: [uniform(seed, sampled.length, 0)],
        ...(metadata.remembers && { history: leftPadded(ids, metadata.tokens) }),
      });
      sampled.push(outputs.token[0]);
      logProbability += outputs.log_probability[0];
      state = outputs.state;
      const ended = sampled.at(-1) === eos;
      const text = (await this.model.decode([...context, ...sampled])).slice(contextLength);
      yield {
        continuation: toText(text),
        stableText: toText(ended ? text : withoutIncomplete(text)),
        numTokens: sampled.length,
        logProbability: logProbability / sampled.length,
        ended,
      };
      if (ended) return;
    }
  }

  /**
   * Computes the surprisal of each token of a text.
   *
   * @param {string} text
   * @returns {Promise<{ pieces: string[], nats: number[], perplexity: number }>}
   */
  async surprisals(text) {
    const { metadata, pieces } = this.model;
    const ids = await this.model.encode(normalizeDocument(text));
    const nats = [];
    let token = [metadata.special_ids.bos];
    let state = [];
    for (let start = 0; start < ids.length; start += metadata.tokens) {
      const window = ids.slice(start, start + metadata.tokens);
      const outputs = await this.model.run("score", { ids: window, token, state });
      nats.push(...outputs.nats.subarray(0, window.length));
      [token, state] = [window.slice(-1), outputs.state];
    }
    const total = nats.reduce((sum, value) => sum + value, 0);
    return {
      pieces: ids.map((id) => (id === metadata.line_end ? "\n" : pieces[id])),
      nats,
      perplexity: Math.exp(total / Math.max(nats.length, 1)),
    };
  }

  /** Returns the state after token ids; [] stands for the initial state of zeros. */
  async stateAfter(ids) {
    const size = this.model.metadata.tokens;
    let state = [];
    for (let start = 0; start < ids.length; start += size) {
      const window = ids.slice(start, start + size);
      ({ state } = await this.model.run("prefill", { ids: window, state }));
    }
    return state;
  }
}

/** The last `size` ids, with zeros in front. */
function leftPadded(ids, size) {
  const last = ids.slice(-size);
  return [...Array(size - last.length).fill(0), ...last];
}

function withoutIncomplete(codepoints) {
  let end = codepoints.length;
  while (end && codepoints[end - 1] === REPLACEMENT) end -= 1;
  return codepoints.slice(0, end);
}

/** Uniform noise in [0, 1) for a step of a text; the same numbers as in Python. */
export function uniform(seed, step, text) {
  let bits = mix(seed + 0x9e3779b9);
  for (const value of [text, step]) bits = mix(bits ^ mix(value + 1));
  return (bits >>> 8) * 2 ** -24;
}

/** Hashes a 32-bit integer. */
function mix(value) {
  let bits = value | 0;
  for (const [shift, factor] of [[16, 0x7feb352d], [15, 0x846ca68b]]) {
    bits = Math.imul(bits ^ (bits >>> shift), factor);
  }
  return (bits ^ (bits >>> 16)) >>> 0;
}
