// J and K follow the links to the next and the previous application, only while these links have the focus.
"use strict";

for (const nav of document.querySelectorAll("[data-walk]")) {
  const keys = { j: "next", k: "prev" };
  nav.querySelector(".walk__keys").hidden = false;
  nav.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    nav.querySelector(`a[rel="${keys[event.key.toLowerCase()]}"]`)?.click();
  });
}
