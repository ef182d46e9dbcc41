/** The models of the other page in the list of this one; a selected one opens there. */

import { modelInAddress } from "./address.js";
import { element } from "./dom.js";
import { modelList } from "./page.js";

/**
 * Adds the models of the other page as the last group of the list.
 *
 * @param {string} label the name of the group.
 * @param {string} page the address of the other page.
 * @param {{ value: string, name: string }[]} models `value`: the model in the address there.
 */
export function listOtherModels(label, page, models) {
  const options = models.map(({ value, name }) => {
    const address = `${page}#${new URLSearchParams({ model: value })}`;
    return element("option", { value: address, "data-address": address }, name);
  });
  if (options.length) modelList.append(element("optgroup", { label }, ...options));
}

/** Opens the selected model if it is one of the other page; returns whether it is. */
export function openOtherModel() {
  const address = modelList.selectedOptions[0]?.dataset.address;
  if (!address) return false;
  modelList.value = modelInAddress() ?? ""; // For a return to this page.
  location.assign(address);
  return true;
}
