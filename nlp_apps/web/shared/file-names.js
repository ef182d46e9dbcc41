/** Names of the models that are files. */

/**
 * Returns the models with the names of their files, or the paths of files with the same name.
 *
 * @param {{ file: string }[]} models
 */
export function withNames(models) {
  const names = models.map(({ file }) => file.split("/").at(-1).replace(/\.tflite$/, ""));
  const counts = new Map();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return models.map((model, index) => {
    const name = names[index];
    return { ...model, name: counts.get(name) > 1 ? model.file : name };
  });
}
