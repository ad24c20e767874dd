// A panel member's review: how much of it is rated, as it is saved.
"use strict";

(() => {
  const count = document.querySelector("[data-count]");
  const tally = document.querySelector("[data-tally]");
  const next = document.querySelector("[data-next]");
  const segments = [...document.querySelectorAll("[data-segment]")];

  document.addEventListener("headworks:saved", ({ detail }) => {
    const rated = new Set(detail.rated);
    count.textContent = rated.size;
    tally.textContent = detail.tally;
    for (const segment of segments) segment.classList.toggle("on", rated.has(segment.dataset.segment));
    if (!next) return;
    const waiting = segments.find((segment) => !rated.has(segment.dataset.segment));
    next.hidden = !waiting;
    if (waiting) next.href = `#row-${waiting.dataset.segment}`;
  });

  next?.addEventListener("click", (event) => {
    event.preventDefault();
    const row = document.getElementById(next.hash.slice(1));
    row.scrollIntoView();
    row.querySelector("input[name=value]").focus({ preventScroll: true });
  });

  document.getElementById("missing")?.focus();
})();
