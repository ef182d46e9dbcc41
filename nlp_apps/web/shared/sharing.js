/** Buttons of every view: copy the prediction, and copy a link with the inputs. */

import { linkWithInputs, modelInAddress } from "./address.js";

const FEEDBACK = 1500; // milliseconds
const LONG_FEEDBACK = 4000; // of a text that is new to the user

/**
 * Connects the buttons.
 *
 * @param {{ copy: HTMLButtonElement, link: HTMLButtonElement }} parts
 * @param {() => string} prediction returns the text to copy; "" for none.
 * @param {() => { text: string, glossary?: string, to?: string }} inputs returns the inputs for a link.
 */
export function openSharing({ copy, link }, prediction, inputs) {
  link.hidden = !modelInAddress(); // A file of the user has no address.
  connect(copy, () => ({ content: prediction() }));
  connect(link, () => {
    const found = linkWithInputs(inputs());
    return { content: found.link, lacks: found.isComplete ? "" : "the long glossary" };
  });
}

/** Copies on a click, and reports it on the button; `lacks` names a missing part. */
function connect(button, read) {
  const label = button.textContent;
  button.addEventListener("click", async () => {
    const { content, lacks } = read();
    if (!content) return;
    const copied = lacks ? `Copied without ${lacks}` : "Copied";
    button.textContent = (await write(content)) ? copied : "Not copied";
    setTimeout(() => (button.textContent = label), lacks ? LONG_FEEDBACK : FEEDBACK);
  });
}

/** Writes a text into the clipboard; returns whether the browser allows it. */
async function write(content) {
  try {
    await navigator.clipboard.writeText(content);
    return true;
  } catch { // Without HTTPS, browsers have no clipboard for scripts.
    const focused = document.activeElement;
    const field = document.createElement("textarea");
    field.value = content;
    document.body.append(field);
    field.select();
    const isCopied = document.execCommand("copy");
    field.remove();
    focused?.focus({ preventScroll: true });
    return isCopied;
  }
}
