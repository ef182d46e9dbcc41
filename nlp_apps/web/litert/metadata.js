/** What a `.tflite` of nlp_apps says of itself: JSON in a ZIP archive at the file's end. */

const END_OF_ARCHIVE = 0x06054b50;
const ENTRY = 0x02014b50;
const END_SIZE = 22; // bytes, without a comment
const ENTRY_SIZE = 46; // bytes, without its name
const LOCAL_SIZE = 30;
const DEFLATED = 8;
/** Keys in files of version 0.1.0 and their names since 0.2.0. */
const RENAMED = {
  long_texts: "truncation", no_repeat_ngram: "no_repeat_ngram_size", begin: "bos", end: "eos",
};
const TASKS = ["translation", "sentiment", "generation"];

/** The file is damaged, or somebody else's. */
export class ForeignFile extends Error {
  constructor() {
    super(
      "This is not a .tflite of nlp_apps, or a damaged one. Give a file that export --format "
        + "tflite wrote, whole.",
    );
  }
}

/**
 * Reads the files at the end of a `.tflite`.
 *
 * @param {Uint8Array} bytes the whole `.tflite`.
 * @returns {Promise<{ card: object, pieces: string[], sourcePieces: string[] }>}
 * @throws {ForeignFile}
 */
export async function readFiles(bytes) {
  let card;
  let pieces;
  let sourcePieces;
  try {
    const entries = listEntries(bytes);
    card = withNewNames(await readJson(bytes, entries.get("nlp_apps.json")));
    pieces = await readJson(bytes, entries.get("pieces.json"));
    const source = entries.get("source_pieces.json");
    sourcePieces = source ? await readJson(bytes, source) : pieces;
  } catch {
    throw new ForeignFile();
  }
  if (!TASKS.includes(card?.task)) throw new ForeignFile();
  return { card, pieces, sourcePieces };
}

/** Returns metadata of any version with today's keys. */
function withNewNames(value) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [RENAMED[key] ?? key, withNewNames(one)]),
  );
}

/** The archive's files by name: {place, size, method}, `place` counted in the `.tflite`. */
function listEntries(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = bytes.length - END_SIZE;
  if (view.getUint32(end, true) !== END_OF_ARCHIVE) throw new ForeignFile();
  const size = view.getUint32(end + 12, true);
  // Places may be counted from the archive's begin: only its end is known for sure.
  const shift = end - size - view.getUint32(end + 16, true);
  const found = new Map();
  for (let place = end - size; place < end; ) {
    if (view.getUint32(place, true) !== ENTRY) throw new ForeignFile();
    const [name, extra, comment] = [28, 30, 32].map((field) => view.getUint16(place + field, true));
    const text = bytes.subarray(place + ENTRY_SIZE, place + ENTRY_SIZE + name);
    const local = shift + view.getUint32(place + 42, true);
    const before = view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    found.set(new TextDecoder().decode(text), {
      place: local + LOCAL_SIZE + before,
      size: view.getUint32(place + 20, true),
      method: view.getUint16(place + 10, true),
    });
    place += ENTRY_SIZE + name + extra + comment;
  }
  return found;
}

async function readJson(bytes, { place, size, method }) {
  let stream = new Blob([bytes.subarray(place, place + size)]).stream();
  if (method === DEFLATED) stream = stream.pipeThrough(new DecompressionStream("deflate-raw"));
  return new Response(stream).json();
}
