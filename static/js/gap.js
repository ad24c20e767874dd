// The gap analysis page: rows that open in place, rating and areas that suggest each other, progress.
"use strict";

(() => {
  const rows = [...document.querySelectorAll("[data-row]")];
  const ratings = (row) => [...row.querySelectorAll("input[name=rating]")];
  const areas = (row) => [...row.querySelectorAll("input[name=areas]")];

  // --- a row opens and closes ------------------------------------------------------------------
  const detailsOf = (row) => row.querySelector(".details");

  const open = async (row) => {
    const details = detailsOf(row);
    if (!details.childElementCount) {
      const answer = await fetch(`${row.querySelector("form").action}details/`, {
        headers: { "HX-Request": "true" },
        redirect: "manual",
      }).catch(() => null);
      if (!answer?.ok) {
        row.querySelector("[data-state]").textContent = "Details can’t be loaded. Try again when you are back online.";
        return;
      }
      if (answer.status === 286) {
        row.querySelector("[data-state]").innerHTML = await answer.text(); // signed out: a link to sign in
        return;
      }
      details.innerHTML = await answer.text();
      htmx.process(details);
    }
    reveal(row, true);
    row.dispatchEvent(new CustomEvent("headworks:opened"));
  };

  const reveal = (row, shown) => {
    const more = row.querySelector("[data-more]");
    detailsOf(row).hidden = !shown;
    row.toggleAttribute("data-open", shown);
    more.setAttribute("aria-expanded", String(shown));
    more.querySelector("[data-more-label]").textContent = shown ? "Close" : "Details";
  };

  const toggle = (row) => (detailsOf(row).hidden ? open(row) : reveal(row, false));

  document.addEventListener("click", (event) => {
    const more = event.target.closest("[data-more]");
    if (!more) return;
    event.preventDefault();
    toggle(more.closest("[data-row]"));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === " " && event.target.matches("[data-more]")) {
      event.preventDefault();
      toggle(event.target.closest("[data-row]"));
    }
  });
  document.addEventListener("headworks:open", (event) => open(event.target));

  // --- rating and areas suggest each other ------------------------------------------------------
  const suggestAreas = (row, rating) => {
    const all = areas(row);
    const ticked = all.filter((box) => box.checked);
    if (rating === 0) {
      for (const box of all) box.checked = false;
    } else if (rating === 1) {
      const kept = ticked[0] ?? all.find((box) => box.value === usual()) ?? all[0];
      for (const box of all) box.checked = box === kept;
    } else if (ticked.length < 2) {
      for (const box of all) box.checked = true;
    }
  };

  const tellAreas = (row) => {
    const codes = areas(row).filter((box) => box.checked);
    row.querySelector("[data-told]").textContent = codes.map((box) => box.value).join(" ");
  };

  // The area that single-area rows name most often so far.
  const usual = () => {
    const counts = {};
    for (const row of rows) {
      const ticked = areas(row).filter((box) => box.checked);
      if (ticked.length === 1) counts[ticked[0].value] = (counts[ticked[0].value] ?? 0) + 1;
    }
    return Object.keys(counts).sort((a, b) => counts[b] - counts[a])[0];
  };

  const suggestRating = (row) => {
    const n = areas(row).filter((box) => box.checked).length;
    for (const radio of ratings(row)) radio.checked = Number(radio.value) === Math.min(n, 2);
  };

  // Before save.js sees the event, so that it sends what was suggested too.
  document.addEventListener(
    "input",
    (event) => {
      const row = event.target.closest("[data-row]");
      if (event.target.name === "rating") {
        suggestAreas(row, Number(event.target.value));
        row.toggleAttribute("data-areas", event.target.value !== "0"); // ask for the areas at once
      }
      if (event.target.name === "areas") suggestRating(row);
      if (row && ["rating", "areas"].includes(event.target.name)) tellAreas(row);
    },
    true,
  );

  // --- progress -----------------------------------------------------------------------------------
  const next = document.querySelector("[data-next]");

  const progress = (answered) => {
    for (const row of rows) {
      const done = answered.has(row.dataset.row);
      row.toggleAttribute("data-answered", done);
      document.querySelector(`[data-segment="${row.dataset.row}"]`).classList.toggle("on", done);
    }
    const waiting = rows.filter((row) => !answered.has(row.dataset.row));
    document.querySelector("[data-count]").textContent = rows.length - waiting.length;
    next.hidden = !waiting.length;
    if (waiting.length) next.href = `#${waiting[0].id}`;
    phases();
  };

  const phases = () => {
    for (const count of document.querySelectorAll("[data-phase-count]")) {
      const mine = rows.filter((row) => row.dataset.component === count.dataset.phaseCount);
      count.textContent = `${mine.filter((row) => row.hasAttribute("data-answered")).length} of ${mine.length}`;
    }
  };

  document.addEventListener("headworks:saved", (event) => {
    progress(new Set(event.detail.answered));
    for (const mark of event.target.querySelectorAll("[data-confirm]")) mark.remove();
  });

  next.addEventListener("click", (event) => {
    event.preventDefault();
    const row = document.getElementById(next.hash.slice(1));
    row.scrollIntoView({ block: "center" });
    (ratings(row).find((radio) => radio.checked) ?? ratings(row)[0]).focus({ preventScroll: true });
  });

  // A page that is refused shows its errors in place too.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr.status === 422) event.detail.shouldSwap = true;
  });

  phases();
  document.getElementById("missing")?.focus();
})();
