/** Judges with a `.tflite`, as nlp_apps/litert/lite_classifier.py. */

import { isBlank, plain } from "./model.js";

const ENTITIES = {
  lt: "<", gt: ">", quot: '"', "#34": '"', apos: "'", "#39": "'", "#x27": "'", nbsp: " ", "#160": " ", amp: "&",
};

/** A text without line breaks and the commonest entities of HTML, as nlp_apps/export/graph_text/graph_html.py. */
export function clean(text) {
  const spelt = text.replace(/&(#?\w+);/g, (entity, name) => (Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : entity));
  const line = spelt.replace(/<\/?br(\s[^<>]*)?\/?>|\u00a0/gi, " ");
  return line.replace(/ {2,}/g, " ").replace(/^ | $/g, "");
}

export class Classifier {
  /** @param {Model} model */
  constructor(model) {
    this.model = model;
  }

  /**
   * Judges a text.
   *
   * @param {string} text
   * @returns {Promise<{ label: string, probability: number, probabilities: number[],
   *   tokens: number, read: number[], pieces: string[], weights: number[] }>} probabilities in the
   *   order of the card's labels; tokens: of the whole text; read: the places of those that there
   *   was room for, with their pieces and weights.
   */
  async classify(text) {
    const { clean_html: cleans, labels } = this.model.card;
    const asked = plain(cleans ? clean(text) : text);
    if (isBlank(asked)) {
      const probabilities = labels.map(() => 0);
      return { label: "", probability: 0, probabilities, tokens: 0, read: [], pieces: [], weights: [] };
    }
    const ids = await this.model.encode(asked);
    const read = this.#within(ids.length);
    const outputs = await this.model.run("classify", { ids: read.map((place) => ids[place]) });
    const probabilities = [...outputs.probabilities];
    const best = probabilities.indexOf(Math.max(...probabilities));
    return {
      label: labels[best],
      probability: probabilities[best],
      probabilities,
      tokens: ids.length,
      read,
      pieces: read.map((place) => this.model.pieces[ids[place]]),
      weights: [...outputs.weights.subarray(0, read.length)],
    };
  }

  /** What there is room for: of a long text what the model would have read of all of it. */
  #within(size) {
    const { tokens: room, truncation: how } = this.model.card;
    const places = Array.from({ length: size }, (_, place) => place);
    if (size <= room) return places;
    const head = { tail: 0, both: Math.floor(room / 2) }[how] ?? room;
    return [...places.slice(0, head), ...places.slice(size - (room - head))];
  }
}
