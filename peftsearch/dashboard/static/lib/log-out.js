// The button that logs out; a page has it where somebody is logged in.

import { page } from "./api.js";
import { toast } from "./notice.js";

document.getElementById("log-out")?.addEventListener("click", async () => {
  const csrf = document.querySelector('meta[name="csrf-token"]').content;
  const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf };
  try {
    const answer = await fetch(page`/logout`, { method: "POST", headers, body: "{}" });
    if (!answer.ok) throw new Error(`the service answered ${answer.status}`);
    location.assign(page`/login`);
  } catch (error) {
    toast(error);
  }
});
