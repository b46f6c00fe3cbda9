// Adds sort buttons beside the header texts; everything else on this page works without JavaScript.
"use strict";
(() => {
  const live = document.getElementById("live");
  const words = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

  const keyOf = (row, column, numeric) => {
    const cell = row.cells[column];
    const text = cell.dataset.v ?? cell.textContent.trim();
    if (!numeric) return text;
    return text === "" ? null : Number(text);
  };

  // What has no value stays last in both directions.
  const compare = (a, b, sign) => {
    if (a === null || b === null) return (a === null) - (b === null);
    return sign * (typeof a === "number" ? a - b : words.compare(a, b));
  };

  const sort = (table, head, column) => {
    const rising = head.getAttribute("aria-sort") !== "ascending";
    const numeric = "number" in head.dataset;
    const body = table.tBodies[0];
    const rows = Array.from(body.rows, (row) => ({ row, key: keyOf(row, column, numeric) }));
    rows.sort((a, b) => compare(a.key, b.key, rising ? 1 : -1));
    body.append(...rows.map((entry) => entry.row));
    for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", rising ? "ascending" : "descending");
    live.textContent = `${table.caption.textContent}: sorted by ${head.dataset.name}, ${rising ? "ascending" : "descending"}`;
  };

  for (const table of document.querySelectorAll("table[data-sortable]")) {
    if (table.tBodies[0].rows.length < 2) continue;
    Array.from(table.tHead.rows[0].cells).forEach((head, column) => {
      head.dataset.name = head.textContent.trim();
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.setAttribute("aria-label", `Sort by ${head.dataset.name}`);
      button.addEventListener("click", () => sort(table, head, column));
      head.append(" ", button);
    });
  }
})();
