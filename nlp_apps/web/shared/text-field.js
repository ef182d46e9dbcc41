/** The text field of every view. */

/**
 * Restores the text of the last view of the same task, and connects the button "Clear".
 *
 * @param {{ text: HTMLTextAreaElement, clear: HTMLButtonElement }} parts
 * @param {{ text?: string }} saved holds the text between views.
 * @param {() => void} onClear
 */
export function textField({ text, clear }, saved, onClear) {
  text.value = saved.text ?? "";
  const save = () => {
    saved.text = text.value;
    clear.hidden = !text.value;
  };
  text.addEventListener("input", save);
  clear.addEventListener("click", () => {
    text.value = "";
    save();
    text.focus();
    onClear();
  });
  save();
}
