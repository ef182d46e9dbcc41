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
    this.learned = null; // Float32Array; a host may store it and set it again.
  }

  /** Returns true if the model has the signatures to learn; older exports have none. */
  get canLearn() {
    return this.model.signatures.includes("learn");
  }

  /** Forgets all texts that it has learned from. */
  forget() {
    this.learned = null;
  }

  /**
   * Learns from one text: changes the last layer by one step.
   *
   * @param {string} text an empty one changes nothing.
   * @param {string} label
   * @param {number} [rate] the logits of this text change by `rate` times the difference between
   *   the label and the probabilities.
   */
  async learn(text, label, rate = 0.3) {
    const line = this.#normalize(text);
    if (isEmpty(line)) return;
    const ids = await this.model.encode(line);
    const kept = this.#truncate(ids.length).map((position) => ids[position]);
    const index = this.model.metadata.labels.indexOf(label);
    if (index < 0) throw new Error(`The model has no label ${label}.`);
    const inputs = { ids: kept, label: [index], rate: [rate], learned: this.learned ?? [] };
    ({ learned: this.learned } = await this.model.run("learn", inputs));
  }

  /**
   * Classifies a text.
   *
   * @param {string} text
   * @returns {Promise<{ label: string, probability: number, probabilities: number[],
   *   numTokens: number, positions: number[], pieces: string[], weights: number[],
   *   labels?: string[] }>}
   *   probabilities: in the order of the metadata's labels; numTokens: length of the whole text;
   *   positions: tokens that the model read, with their pieces and attention weights. An empty text
   *   has the label "" and probabilities of 0. If the metadata has thresholds, `labels` are those
   *   that reach their thresholds, the most probable first.
   */
  async classify(text) {
    const { labels, thresholds } = this.model.metadata;
    const line = this.#normalize(text);
    if (isEmpty(line)) {
      const empty = { numTokens: 0, positions: [], pieces: [], weights: [] };
      const none = thresholds && { labels: [] };
      return { label: "", probability: 0, probabilities: labels.map(() => 0), ...none, ...empty };
    }
    const ids = await this.model.encode(line);
    const positions = this.#truncate(ids.length);
    const kept = positions.map((position) => ids[position]);
    const outputs = this.learned
      ? await this.model.run("classify_learned", { ids: kept, learned: this.learned })
      : await this.model.run("classify", { ids: kept });
    const probabilities = [...outputs.probabilities];
    const best = probabilities.indexOf(Math.max(...probabilities));
    const selected = thresholds && labels
      .map((name, index) => ({ name, index }))
      .filter(({ index }) => probabilities[index] >= thresholds[index])
      .sort((one, other) => probabilities[other.index] - probabilities[one.index]);
    return {
      label: labels[best],
      probability: probabilities[best],
      probabilities,
      ...(selected && { labels: selected.map(({ name }) => name) }),
      numTokens: ids.length,
      positions,
      pieces: kept.map((id) => this.model.pieces[id]),
      weights: [...outputs.weights.subarray(0, positions.length)],
    };
  }

  #normalize(text) {
    return normalize(this.model.metadata.clean_html ? cleanHtml(text) : text);
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
