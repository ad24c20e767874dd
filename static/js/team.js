// The page of the team: after each save, how the function stands and who is missing at the table.
"use strict";

document.addEventListener("headworks:saved", (event) => {
  const { state, names, missing, counted } = event.detail;
  const row = event.target;
  row.dataset.place = state;
  for (const tag of row.querySelectorAll("[data-when]")) tag.hidden = tag.dataset.when !== state;
  row.querySelector("[data-who]").textContent = names;
  document.querySelector("[data-filled]").textContent = counted - missing.length;
  document.querySelector("[data-counted]").textContent = counted;
  document.querySelector("[data-names]").textContent = missing.join(", ");
  document.querySelector("[data-missing]").hidden = !missing.length;
});
