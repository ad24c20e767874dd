// The Integration page: after each save, the answer on its opportunity and the share taken up.
"use strict";

document.addEventListener("headworks:saved", (event) => {
  const { choice, integrated, counted, set_aside: aside } = event.detail;
  const tag = event.target.querySelector("[data-choice]");
  tag.textContent = choice;
  tag.hidden = !choice;
  if (counted === undefined) return; // the gap analysis was deleted meanwhile
  document.querySelector("[data-integrated]").textContent = integrated;
  document.querySelector("[data-counted]").textContent = counted;
  document.querySelector("[data-set-aside]").textContent = aside;
  document.querySelector("[data-aside]").hidden = !aside;
});
