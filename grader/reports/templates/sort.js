"use strict";
// Column headers become buttons that sort; without scripts the table is in order of rank.
const table = document.getElementById("board");
const body = table ? table.tBodies[0] : null;
const key = (row, column) => row.cells[column].dataset.sort ?? row.cells[column].textContent.trim().toLowerCase();
for (const [column, head] of table ? [...table.tHead.rows[0].cells].entries() : []) {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...head.childNodes);
  head.append(button);
  button.addEventListener("click", () => {
    const falls = head.getAttribute("aria-sort") === "descending" || (!head.hasAttribute("aria-sort") && column < 2);
    const sign = falls ? 1 : -1;
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", falls ? "ascending" : "descending");
    const rows = [...body.rows].sort((a, b) =>
      sign * String(key(a, column)).localeCompare(String(key(b, column)), undefined, { numeric: true }));
    body.append(...rows);
  });
}
