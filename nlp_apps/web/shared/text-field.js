/** The field that every view begins with. */

/** What a field held goes on from one model to the next of its task; a button empties it. */
export function textField({ text, clear }, kept, changed) {
  text.value = kept.text ?? "";
  const note = () => {
    kept.text = text.value;
    clear.hidden = !text.value;
  };
  text.addEventListener("input", note);
  clear.addEventListener("click", () => {
    text.value = "";
    note();
    text.focus();
    changed();
  });
  note();
}
