/** The metadata of a `.tflite` of nlp_apps: JSON files in a ZIP archive at the end of the model. */

import { areSafeRules } from "./rule-checks.js";

const END_OF_ARCHIVE = 0x06054b50;
const ENTRY = 0x02014b50;
const END_SIZE = 22; // bytes, without a comment
const ENTRY_SIZE = 46; // bytes, without the file name
const LOCAL_SIZE = 30;
const DEFLATED = 8;
const TASKS = ["translation", "sentiment", "generation"];

/** Keys that version 0.1.0 wrote, and their names since 0.2.0. */
const RENAMED = {
  long_texts: "truncation", begin: "bos", end: "eos", no_repeat_ngram: "no_repeat_ngram_size",
};

/** The file is damaged, or another package wrote it. */
export class InvalidModelError extends Error {
  constructor(format = "tflite") {
    super(
      `The file is damaged, or it is not a .${format} of nlp_apps. Open a complete file that `
        + `nlp-apps APP export --format ${format} wrote.`,
    );
  }
}

/**
 * Reads the files in the archive of a `.tflite`.
 *
 * @param {Uint8Array} bytes the whole `.tflite`.
 * @returns {Promise<{ metadata: object, pieces: string[], sourcePieces: string[] }>} the subword of
 *   every id, with U+2581 for a space.
 * @throws {InvalidModelError}
 */
export async function readFiles(bytes) {
  let metadata;
  let pieces;
  let sourcePieces;
  try {
    const entries = listEntries(bytes);
    metadata = withCurrentNames(await readJson(bytes, entries.get("nlp_apps.json")));
    pieces = await readJson(bytes, entries.get("pieces.json"));
    const source = entries.get("source_pieces.json");
    sourcePieces = source ? await readJson(bytes, source) : pieces;
  } catch {
    throw new InvalidModelError();
  }
  if (!isSafe(metadata)) throw new InvalidModelError();
  return { metadata, pieces, sourcePieces };
}

/** Checks the task of metadata, and rules for sentences, which may freeze the page. */
export function isSafe(metadata) {
  return TASKS.includes(metadata?.task) && areSafeRules(metadata.sentence_rules);
}

/** Replaces the keys of version 0.1.0, at every depth. */
export function withCurrentNames(value) {
  if (value?.constructor !== Object) return value;
  const rename = ([key, inner]) => [RENAMED[key] ?? key, withCurrentNames(inner)];
  return Object.fromEntries(Object.entries(value).map(rename));
}

/** Maps file names to {offset, size, method}; `offset` counts from the start of the `.tflite`. */
function listEntries(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = bytes.length - END_SIZE;
  if (view.getUint32(end, true) !== END_OF_ARCHIVE) throw new InvalidModelError();
  const size = view.getUint32(end + 12, true);
  // Offsets may count from the start of the archive. Only the end of the archive is certain.
  const shift = end - size - view.getUint32(end + 16, true);
  const entries = new Map();
  for (let offset = end - size; offset < end; ) {
    if (view.getUint32(offset, true) !== ENTRY) throw new InvalidModelError();
    const sizes = [28, 30, 32].map((field) => view.getUint16(offset + field, true));
    const [name, extra, comment] = sizes;
    const fileName = bytes.subarray(offset + ENTRY_SIZE, offset + ENTRY_SIZE + name);
    const local = shift + view.getUint32(offset + 42, true);
    const localNames = view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    entries.set(new TextDecoder().decode(fileName), {
      offset: local + LOCAL_SIZE + localNames,
      size: view.getUint32(offset + 20, true),
      method: view.getUint16(offset + 10, true),
    });
    offset += ENTRY_SIZE + name + extra + comment;
  }
  return entries;
}

async function readJson(bytes, { offset, size, method }) {
  let stream = new Blob([bytes.subarray(offset, offset + size)]).stream();
  if (method === DEFLATED) stream = stream.pipeThrough(new DecompressionStream("deflate-raw"));
  return new Response(stream).json();
}
