/** Buttons of every view: copy the prediction, and copy a link with the inputs. */

import { linkWithInputs, modelInAddress } from "./address.js";

const FEEDBACK = 1500; // milliseconds

/**
 * Connects the buttons.
 *
 * @param {{ text: HTMLTextAreaElement, copy: HTMLButtonElement, link: HTMLButtonElement,
 *   terms?: HTMLTextAreaElement }} parts terms: the glossary of a translator.
 * @param {() => string} prediction returns the text to copy; "" for none.
 */
export function openSharing({ text, copy, link, terms }, prediction) {
  link.hidden = !modelInAddress(); // A file of the user has no address.
  connect(copy, prediction);
  connect(link, () => linkWithInputs(text.value, terms?.value));
}

function connect(button, content) {
  const label = button.textContent;
  button.addEventListener("click", async () => {
    const text = content();
    if (!text) return;
    button.textContent = (await write(text)) ? "Copied" : "Not copied";
    setTimeout(() => (button.textContent = label), FEEDBACK);
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
