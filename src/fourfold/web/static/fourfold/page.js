// Enhances what is on the page; every page works without it.
import { initAll } from "../vendor/govuk-frontend/govuk-frontend.js";
import { SortableTable } from "../vendor/moj-frontend/sortable-table.js";

initAll();
for (const table of document.querySelectorAll('[data-module="moj-sortable-table"]')) new SortableTable(table);

// Work under way: the page is asked for again until it says that the work has ended, for half an hour or until told to stop.
// That is a script's doing and no sign of the officer: the header says so, and the session grows idle all the same.
const working = document.querySelector("[data-refresh]");
if (working) {
  const seconds = Number(working.dataset.refresh);
  const said = document.createElement("p");
  const stop = document.createElement("button");
  said.className = "govuk-body";
  Object.assign(stop, { type: "button", className: "govuk-button govuk-button--secondary ff-stop", textContent: "Stop looking" });
  said.append("This page looks again by itself. ", stop);
  working.after(said);
  let left = Math.ceil(1800 / seconds);
  const look = async () => {
    try {
      const answer = await fetch(location.href, { headers: { "X-Fourfold-Waits": "yes" } });
      const found = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-refresh]");
      if (!said.isConnected) return;
      if (!found || !answer.ok) return location.reload();
      if (found.textContent !== working.textContent) working.textContent = found.textContent;
    } catch {
      // The service may be starting again: it is asked once more.
    }
    if (--left > 0) timer = setTimeout(look, seconds * 1000);
    else said.textContent = "It has not ended in half an hour. Load the page again to look.";
  };
  let timer = setTimeout(look, seconds * 1000);
  stop.addEventListener("click", () => {
    clearTimeout(timer);
    left = 0;
    const still = document.createElement("p");
    still.className = "govuk-body";
    still.tabIndex = -1;
    still.textContent = "This page no longer looks again by itself.";
    said.replaceWith(still);
    still.focus();
  });
}
