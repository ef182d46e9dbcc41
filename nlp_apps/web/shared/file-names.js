/** Names of the models that are files. */

/**
 * Returns the models with the names of their files, or the paths of files with the same name.
 *
 * @param {{ file: string }[]} models
 */
export function withNames(models) {
  const name = ({ file }) => file.split("/").at(-1).replace(/\.tflite$/, "");
  return models.map((model) => {
    const isSame = (other) => name(other) === name(model);
    return { ...model, name: models.filter(isSame).length > 1 ? model.file : name(model) };
  });
}
