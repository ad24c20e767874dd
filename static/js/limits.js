// Boxes for text. A text over its limit is kept, with a message that says by how much; the browser alone would cut what
// is pasted. A box grows with its text where the style sheet alone can't do that.
"use strict";

(() => {
  const over = (field) => {
    const n = field.value.length - Number(field.dataset.limit);
    return n > 0
      ? `${n.toLocaleString("en-US")} ${n === 1 ? "character" : "characters"} too many. Shorten the text.`
      : "";
  };

  const check = (field) => {
    const words = over(field);
    field.setCustomValidity(words);
    if (field.closest("[data-save]")) return; // its answer names the field
    let place = field.nextElementSibling;
    if (!place?.matches("[data-over]")) {
      if (!words) return;
      place = document.createElement("p");
      place.className = "usa-error-message";
      place.dataset.over = "";
      place.setAttribute("role", "status");
      field.after(place);
    }
    place.textContent = words;
  };

  document.addEventListener("focusin", ({ target: field }) => {
    if (!field.matches("textarea[maxlength], input[maxlength]")) return;
    field.dataset.limit = field.getAttribute("maxlength");
    field.removeAttribute("maxlength");
  });
  document.addEventListener("input", ({ target: field }) => {
    if (field.dataset.limit) check(field);
  });

  if (CSS.supports("field-sizing", "content")) return;
  const grow = ({ target: field }) => {
    if (field.matches("textarea") && field.scrollHeight > field.clientHeight)
      field.style.height = `${field.scrollHeight + 4}px`;
  };
  document.addEventListener("focusin", grow);
  document.addEventListener("input", grow);
})();
