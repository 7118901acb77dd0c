/* What the Budgets room does with JavaScript and can do without: paste and copy in the grid of
   months, ticking all rows, a dimension's values fetched when it is chosen. */
"use strict";

(() => {
  const ROWS = 3;

  const cells = () => [...document.querySelectorAll(".month-grid [data-cell]")];

  const changed = (field) => field.dispatchEvent(new Event("input", { bubbles: true }));

  // Cells come month by month, so the one to the right stands ROWS further.
  document.addEventListener("paste", (event) => {
    const first = event.target.closest("[data-cell]");
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (!first || !/[\t\n]/.test(text.trim())) return;
    const all = cells();
    const start = all.indexOf(first);
    const room = ROWS - (start % ROWS);
    const rows = text.replace(/\r/g, "").replace(/\n$/, "").split("\n");
    if (rows.length > room || rows.some((row) => /[a-z]{3}/i.test(row))) {
      // Names or too many rows: the server knows what to make of them.
      const box = document.getElementById("id_pasted");
      event.preventDefault();
      box.closest("details").open = true;
      box.value = text;
      box.focus();
      return;
    }
    event.preventDefault();
    rows.forEach((row, down) => {
      row.split("\t").forEach((amount, right) => {
        const cell = all[start + down + right * ROWS];
        if (cell && amount.trim()) cell.value = amount.trim();
      });
    });
    changed(first);
  });

  // Copying goes on from the last month that was touched, in each row.
  let touched = 0;
  document.addEventListener("focusin", (event) => {
    if (event.target.closest("[data-cell]")) {
      touched = Math.floor(cells().indexOf(event.target) / ROWS);
    }
  });

  document.addEventListener(
    "click",
    (event) => {
      if (event.target.closest("[data-copy]")) {
        const all = cells();
        for (let row = 0; row < ROWS; row += 1) {
          // An empty cell stands for the one before it.
          let from = touched;
          while (from > 0 && !all[from * ROWS + row].value.trim()) from -= 1;
          const source = all[from * ROWS + row];
          if (!source.value.trim()) continue;
          for (let month = touched + 1; month * ROWS < all.length; month += 1) {
            all[month * ROWS + row].value = source.value;
          }
        }
        changed(all[0]);
        event.preventDefault();
        event.stopImmediatePropagation();
        return;
      }
      if (event.target.closest("[data-tick-all]")) {
        const boxes = [...document.querySelectorAll(".budgets .tick-cell input")];
        const every = boxes.every((box) => box.checked);
        boxes.forEach((box) => {
          box.checked = !every;
        });
      }
    },
    true,
  );
})();
