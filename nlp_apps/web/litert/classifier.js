/** Classifies with a `.tflite`, as nlp_apps/litert/lite_classifier.py. */

import { isEmpty, normalize } from "./text.js";

const ENTITIES = {
  lt: "<", gt: ">", quot: '"', "#34": '"', apos: "'", "#39": "'", "#x27": "'", nbsp: " ",
  "#160": " ", amp: "&",
};

/** Decodes common HTML entities and removes `<br>`, as nlp_apps/export/graph_text/graph_html.py. */
export function cleanHtml(text) {
  const decode = (entity, name) => (Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : entity);
  const decoded = text.replace(/&(#?\w+);/g, decode);
  const line = decoded.replace(/<\/?br(\s[^<>]*)?\/?>|\u00a0/gi, " ");
  return line.replace(/ {2,}/g, " ").replace(/^ | $/g, "");
}

export class Classifier {
  /** @param {Model} model */
  constructor(model) {
    this.model = model;
  }

  /**
   * Classifies a text.
   *
   * @param {string} text
   * @returns {Promise<{ label: string, probability: number, probabilities: number[],
   *   numTokens: number, positions: number[], pieces: string[], weights: number[] }>}
   *   probabilities: in the order of the metadata's labels; numTokens: length of the whole text;
   *   positions: tokens that the model read, with their pieces and attention weights. An empty text
   *   has the label "" and probabilities of 0.
   */
  async classify(text) {
    const { clean_html, labels } = this.model.metadata;
    const line = normalize(clean_html ? cleanHtml(text) : text);
    if (isEmpty(line)) {
      const empty = { numTokens: 0, positions: [], pieces: [], weights: [] };
      return { label: "", probability: 0, probabilities: labels.map(() => 0), ...empty };
    }
    const ids = await this.model.encode(line);
    const positions = this.#truncate(ids.length);
    const kept = positions.map((position) => ids[position]);
    const outputs = await this.model.run("classify", { ids: kept });
    const probabilities = [...outputs.probabilities];
    const best = probabilities.indexOf(Math.max(...probabilities));
    return {
      label: labels[best],
      probability: probabilities[best],
      probabilities,
      numTokens: ids.length,
      positions,
      pieces: kept.map((id) => this.model.pieces[id]),
      weights: [...outputs.weights.subarray(0, positions.length)],
    };
  }

  /** Returns the positions that the recipe's truncation keeps of a text of `length` tokens. */
  #truncate(length) {
    const { tokens: maxTokens, truncation } = this.model.metadata;
    const positions = Array.from({ length }, (_, position) => position);
    if (length <= maxTokens) return positions;
    const head = { tail: 0, both: Math.floor(maxTokens / 2) }[truncation] ?? maxTokens;
    return [...positions.slice(0, head), ...positions.slice(length - (maxTokens - head))];
  }
}
