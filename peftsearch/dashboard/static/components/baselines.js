// Whether the front beats what everybody does, in the words of the service.

import { get } from "../lib/api.js";
import { commandBox } from "../lib/copy.js";
import { h, replace, withCommands } from "../lib/dom.js";

/** Fills `box` with the sentence, or with the command that trains the baselines. */
export async function showBaselines(model, box) {
  const { parent, baselines, ablation } = await get(`${model.path}/baselines`);
  if (parent) return replace(box, h("p", {}, `This job stands beside ${parent}: its trials are what that search is compared with.`));
  if (!baselines.trained) {
    return replace(box, h("p", {}, "Nothing is trained yet that the front could be held against. This trains LoRA of each rank, full fine-tuning, and the chosen modules at other places:"), commandBox(baselines.command));
  }
  const { sentence } = baselines;
  const more = baselines.lines.slice(1).map((x) => h("li", {}, withCommands(x.trim())));
  const parts = ablation?.rows.map((x) => h("li", {}, `${x.name}: ${x.told}`)) ?? [];
  return replace(box, h("p", {}, `${sentence[0].toUpperCase()}${sentence.slice(1)}`),
    h("ul", { class: "verdicts" }, more),
    parts.length ? [h("h3", {}, "Without one part"), h("ul", { class: "verdicts" }, parts)] : null);
}
