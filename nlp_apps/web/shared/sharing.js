/** Buttons of every view: copy the prediction, and copy a link with the text. */

import { linkWithText, modelInAddress } from "./address.js";

const FEEDBACK = 1500; // milliseconds

/**
 * Connects the buttons.
 *
 * @param {{ text: HTMLTextAreaElement, copy: HTMLButtonElement, link: HTMLButtonElement }} parts
 * @param {() => string} prediction returns the text to copy.
 */
export function openSharing({ text, copy, link }, prediction) {
  link.hidden = !modelInAddress(); // A file of the user has no address.
  connect(copy, prediction);
  connect(link, () => linkWithText(text.value));
}

function connect(button, content) {
  const label = button.textContent;
  button.addEventListener("click", async () => {
    await write(content());
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = label), FEEDBACK);
  });
}

async function write(content) {
  try {
    await navigator.clipboard.writeText(content);
  } catch { // Without HTTPS, browsers have no clipboard for scripts.
    const field = document.createElement("textarea");
    field.value = content;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
}
