// Enhances what is on the page; every page works without it.
import { initAll } from "../vendor/govuk-frontend/govuk-frontend.js";
import { SortableTable } from "../vendor/moj-frontend/sortable-table.js";

initAll();
for (const table of document.querySelectorAll('[data-module="moj-sortable-table"]')) new SortableTable(table);

// Work under way: the page is fetched again until it says that the work has ended.
const working = document.querySelector("[data-refresh]");
if (working) setTimeout(() => location.reload(), Number(working.dataset.refresh) * 1000);

// A filter that changes what the others offer asks at once; without scripts the button does.
for (const field of document.querySelectorAll("[data-asks-at-once]")) field.addEventListener("change", () => field.form.requestSubmit());
