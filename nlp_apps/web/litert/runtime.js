/** LiteRT.js from this page's own server; the only module that says where it is. */

const WASM = new URL("../node_modules/@litertjs/core/wasm/", import.meta.url);

let loading;

/** The module @litertjs/core with its WASM; asked again it is the same, unless it failed. */
export function loadRuntime() {
  loading ??= load().catch((error) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function load() {
  if (typeof WebAssembly === "undefined") {
    throw new Error(
      "This browser has no WebAssembly, or it is switched off. Models need it: take another "
        + "browser, or allow it for this page.",
    );
  }
  let litert;
  try {
    litert = await import("@litertjs/core");
  } catch {
    throw new RuntimeMissing();
  }
  await litert.loadLiteRt(WASM.href);
  return litert;
}

/** LiteRT.js is not where it should be. */
export class RuntimeMissing extends Error {}
