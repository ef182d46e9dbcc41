// A text as the longest subwords of a vocabulary, as text/longest_subwords.py.

const SPACE_MARK = "\u2581";

/** The token ids of the longest subwords from left to right; `vocabulary` is a Map to ids. */
export function longestSubwords(text, vocabulary) {
  const characters = [...(SPACE_MARK + text.replaceAll(" ", SPACE_MARK))];
  let longest = 1;
  for (const piece of vocabulary.keys()) longest = Math.max(longest, piece.length);
  const ids = [];
  let start = 0;
  while (start < characters.length) {
    let end = Math.min(characters.length, start + longest);
    while (end > start && !vocabulary.has(characters.slice(start, end).join(""))) end--;
    if (end > start) {
      ids.push(vocabulary.get(characters.slice(start, end).join("")));
      start = end;
    } else {
      for (const byte of new TextEncoder().encode(characters[start++])) {
        const token = `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
        if (vocabulary.has(token)) ids.push(vocabulary.get(token));
      }
    }
  }
  return ids;
}
