/** The note below a prediction whose text is longer than the model accepts, by task. */
export const LONG_TEXT = {
  translation: "The text is longer than the model accepts. A part of it may be missing in the "
    + "translation. Split it into sentences.",
  sentiment: "The text is longer than the model accepts. Only a part of it was read.",
};

/** Returns the note of a prediction; "" for a text that is not too long. */
export function noteOf({ note, too_long: tooLong }, task) {
  return note ?? (tooLong ? LONG_TEXT[task] : "");
}
