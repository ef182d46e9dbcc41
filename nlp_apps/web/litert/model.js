/** A loaded `.tflite`, as nlp_apps/litert/lite_model.py. */

import { readFiles } from "./metadata.js";
import { segments, toCodePoints } from "./text.js";

/** Number of tokens before a window that decide how the window is joined to text. */
export const CONTEXT = 8;
/** Outputs that may share one tensor. LiteRT.js then lists only the second name. */
const SHARED_OUTPUTS = { keys: "memory" };
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
   * Loads a model.
   *
   * @param {object} litert the module @litertjs/core with its WASM loaded.
   * @param {Uint8Array} bytes the whole file.
   * @returns {Promise<Model>} with the attributes `metadata`, `pieces` and `sourcePieces`.
   * @throws {InvalidModelError}
   */
  static async load(litert, bytes) {
    const files = await readFiles(bytes);
    return new Model(litert, await litert.loadAndCompile(bytes, { accelerator: "wasm" }), files);
  }

  /** Names of the signatures. */
  get signatures() {
    return Object.keys(this.#compiled.signatures);
  }

  /** Frees the memory of the model. */
  delete() {
    this.#compiled.delete();
  }

  /**
   * Runs a signature.
   *
   * @param {string} signature
   * @param {Object<string, ArrayLike<number>>} inputs every input, flattened; zeros at the end may
   *   be left out.
   * @returns {Promise<Object<string, Int32Array | Float32Array>>} every output, flattened.
   */
  async run(signature, inputs) {
    const runner = this.#compiled.signatures[signature];
    const inputTensors = {};
    let outputTensors = {};
    try {
      for (const { name, dtype, shape } of runner.getInputDetails()) {
        const padded = new ARRAYS[dtype](shape.reduce((product, size) => product * size, 1));
        padded.set(inputs[name]);
        inputTensors[name] = new this.#litert.Tensor(padded, [...shape]);
      }
      outputTensors = await runner.run(inputTensors);
      const outputs = {};
      for (const [name, tensor] of Object.entries(outputTensors)) {
        outputs[name] = tensor.toTypedArray().slice();
      }
      for (const [name, other] of Object.entries(SHARED_OUTPUTS)) {
        if (other in outputs) outputs[name] ??= outputs[other];
      }
      return outputs;
    } finally {
      const tensors = [...Object.values(inputTensors), ...Object.values(outputTensors)];
      for (const tensor of tensors) tensor.delete();
    }
  }

  /** Names of the outputs of a signature. */
  outputNames(signature) {
    return this.#compiled.signatures[signature].getOutputDetails().map(({ name }) => name);
  }

  /** Shape of an output. */
  outputShape(signature, output) {
    const details = this.#compiled.signatures[signature].getOutputDetails();
    const find = (wanted) => details.find(({ name }) => name === wanted);
    return [...(find(output) ?? find(SHARED_OUTPUTS[output])).shape];
  }

  /** Converts a text of any length to token ids, with `tokenize` or `tokenize_target`. */
  async encode(text, signature = "tokenize") {
    const ids = [];
    for (const segment of segments(toCodePoints(text), this.metadata.characters)) {
      ids.push(...(await this.#encode(segment, signature)));
    }
    return ids;
  }

  async #encode(codepoints, signature) {
    const { ids, count } = await this.run(signature, { codepoints });
    if (count[0] <= this.metadata.tokens) return [...ids.subarray(0, count[0])];
    const halves = []; // The signature returns at most `tokens` ids.
    for (const half of segments(codepoints, Math.ceil(codepoints.length / 2))) {
      halves.push(...(await this.#encode(half, signature)));
    }
    return halves;
  }

  /** Converts any number of token ids to the code points of their text. */
  async decode(ids) {
    const size = this.metadata.tokens;
    const codepoints = await this.#decode(ids.slice(0, size));
    for (let start = size; start < ids.length; start += size - CONTEXT) {
      const window = ids.slice(start - CONTEXT, start - CONTEXT + size);
      const context = await this.#decode(window.slice(0, CONTEXT));
      codepoints.push(...(await this.#decode(window)).slice(context.length));
    }
    return codepoints;
  }

  async #decode(ids) {
    const { codepoints, count } = await this.run("detokenize", { ids });
    return [...codepoints.subarray(0, count[0])];
  }
}
