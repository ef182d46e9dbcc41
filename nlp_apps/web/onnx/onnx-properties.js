/** JSON files in the properties of an `.onnx`, as nlp_apps/litert/onnx_properties.py. */

import { InvalidModelError, isSafe, withCurrentNames } from "../litert/metadata.js";

const PROPERTIES = 14; // Field number of `metadata_props` in `ModelProto`.
const BYTES = 2;

/**
 * Reads the files in the properties of an `.onnx`.
 *
 * @param {Uint8Array} bytes the whole `.onnx`.
 * @returns {{ metadata: object, pieces: string[], sourcePieces: string[], shapes: object }}
 *   `shapes` maps each signature to the shapes of its inputs.
 * @throws {InvalidModelError}
 */
export function readProperties(bytes) {
  try {
    const files = new Map();
    for (const [number, content] of fields(bytes)) {
      if (number !== PROPERTIES) continue;
      const [name, value] = [...fields(content)].map(([, text]) => new TextDecoder().decode(text));
      files.set(name, value);
    }
    const read = (name) => JSON.parse(files.get(name));
    const pieces = read("pieces.json");
    const metadata = withCurrentNames(read("nlp_apps.json"));
    if (!isSafe(metadata)) throw new InvalidModelError("onnx");
    return {
      metadata,
      pieces,
      sourcePieces: files.has("source_pieces.json") ? read("source_pieces.json") : pieces,
      shapes: read("signatures.json"),
    };
  } catch {
    throw new InvalidModelError("onnx");
  }
}

/** Yields number and content of the fields of a protobuf message that are bytes. */
function* fields(bytes) {
  let place = 0;
  const varint = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[place++];
      if (byte === undefined) throw new InvalidModelError("onnx");
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (place < bytes.length) {
    const tag = varint();
    const value = varint();
    if (tag % 8 !== BYTES) continue; // an integer
    yield [Math.floor(tag / 8), bytes.subarray(place, place + value)];
    place += value;
  }
}
