// The gap analysis page: rows that open in place, areas kept for each rating, progress.
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

  // --- rating and areas --------------------------------------------------------------------------
  // The areas chosen under each rating are kept in the form, so that they come back when the rating does: arrow keys
  // pass over ratings. They are saved with the row.
  const checked = (row) => areas(row).filter((box) => box.checked);
  const ratingOf = (row) => ratings(row).find((radio) => radio.checked)?.value ?? "";
  const keptField = (row) => row.querySelector("input[name=kept_areas]");
  const kept = (row) => JSON.parse(keptField(row).value);

  const showAreas = (row) => {
    const rating = ratingOf(row);
    const all = areas(row).map((box) => box.value);
    const codes = kept(row)[rating] ?? (rating === "1" && all.length === 1 ? all : []);
    for (const box of areas(row)) box.checked = codes.includes(box.value);
  };

  // A first area means a single one, a second one several. Unchecking areas leaves the rating.
  const raiseRating = (row) => {
    const least = String(Math.min(checked(row).length, 2));
    if (least > ratingOf(row)) for (const radio of ratings(row)) radio.checked = radio.value === least;
  };

  const keepAreas = (row) => {
    const rating = ratingOf(row);
    const codes = checked(row).map((box) => box.value);
    if (["1", "2"].includes(rating)) keptField(row).value = JSON.stringify({ ...kept(row), [rating]: codes });
    row.querySelector("[data-chosen]").textContent = codes.join(" ");
  };

  // Before save.js sees the event, so that it sends all of it.
  document.addEventListener(
    "input",
    (event) => {
      const row = event.target.closest("[data-row]");
      if (!row || !["rating", "areas"].includes(event.target.name)) return;
      if (event.target.name === "rating") {
        showAreas(row);
        row.toggleAttribute("data-areas", event.target.value !== "0"); // ask for the areas at once
      } else raiseRating(row);
      keepAreas(row);
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

  const tellToConfirm = () => {
    const n = document.querySelectorAll(".tag[data-confirm]").length;
    const link = document.querySelector("[data-to-confirm]");
    if (!link) return;
    link.hidden = !n;
    link.querySelector("[data-to-confirm-count]").textContent = n;
  };

  document.addEventListener("headworks:saved", (event) => {
    progress(new Set(event.detail.answered));
    const { rating, missing_reason: reason } = event.detail;
    event.target.querySelector("[data-missing]").textContent = rating
      ? reason.charAt(0).toUpperCase() + reason.slice(1)
      : "";
    if (rating && reason) event.target.toggleAttribute("data-areas", true);
    keepAreas(event.target); // what save.js restored made no input event
    for (const mark of event.target.querySelectorAll("[data-confirm]")) mark.remove();
    tellToConfirm();
    for (const field of event.target.querySelectorAll("[data-undo] [name=version]")) field.value = event.detail.version;
    for (const history of event.target.querySelectorAll(".history[open] [data-history]"))
      htmx.trigger(history, "headworks:refresh");
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
