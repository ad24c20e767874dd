// Puts what was typed, but refused because its sender was signed out, back into its form (accounts/unsent.py).
"use strict";

(() => {
  const { path, fields } = JSON.parse(document.getElementById("unsent").textContent);
  const banner = document.querySelector("[data-unsent]");
  const sent = (name) => fields.filter(([other]) => other === name).map(([, value]) => value);
  const goesThere = (address) => new URL(address ?? "", location.href).pathname === path;
  const goesBy = (one) => one.hasAttribute("formaction") && goesThere(one.getAttribute("formaction"));
  const button = (form) => {
    const buttons = [...form.elements].filter((field) => field.matches("button, [type=submit]"));
    return (
      buttons.find((one) => one.name && sent(one.name).includes(one.value)) ??
      buttons.find(goesBy) ??
      buttons.find((one) => one.type === "submit" && !one.hasAttribute("formaction"))
    );
  };

  // Of several forms with the same action, such as one in each row, the one whose hidden fields were sent.
  const find = () => {
    const forms = [...document.forms].filter(
      (form) => form.method === "post" && (goesThere(form.getAttribute("action")) || [...form.elements].some(goesBy)),
    );
    const same = (form) =>
      [...form.elements]
        .filter((field) => field.type === "hidden" && !["csrfmiddlewaretoken", "version"].includes(field.name))
        .every((field) => sent(field.name).includes(field.value));
    return forms.find(same) ?? (forms.length === 1 ? forms[0] : undefined);
  };

  // The version comes back too, so that a change by someone else meanwhile is shown, not overwritten.
  const put = (form) => {
    let placed = 0;
    const left = new Map();
    for (const field of form.elements) {
      if (!field.name || field.matches("button, [type=submit], [type=file], [type=password]")) continue;
      if (field.type === "hidden" && field.name !== "version") continue;
      const values = sent(field.name);
      if (field.type === "radio" || field.type === "checkbox") {
        field.checked = values.includes(field.value);
        placed += field.checked;
      } else if (field.type === "select-multiple") {
        for (const option of field.options) option.selected = values.includes(option.value);
      } else {
        if (!left.has(field.name)) left.set(field.name, values);
        const value = left.get(field.name).shift();
        if (value === undefined) continue;
        field.value = value;
        placed += field.type !== "hidden" && value !== "";
      }
    }
    return placed;
  };

  const open = (element) => {
    for (let around = element.closest("details"); around; around = around.parentElement.closest("details")) {
      around.open = true;
    }
  };

  const restore = () => {
    const form = find();
    if (!form) return false;
    const placed = put(form);
    open(form);
    for (const field of form.elements) if (field.value && field.matches("textarea, [type=text]")) open(field);
    const last = button(form);
    banner.querySelector("[data-unsent-typed]").hidden = !placed;
    const isAll = Boolean(last) && fields.every(([name]) => form.elements.namedItem(name));
    banner.querySelector("[data-unsent-other]").hidden = isAll;
    banner.querySelector("[data-unsent-texts]")?.toggleAttribute("hidden", isAll);
    if (last) {
      banner.querySelector("[data-unsent-button] b").textContent = (last.textContent || last.value).trim();
      banner.querySelector("[data-unsent-button]").hidden = false;
      last.focus();
    }
    // The scripts of the page count words and show what belongs together.
    form.dispatchEvent(new Event("input", { bubbles: true }));
    return true;
  };

  // Without leaving the page, which would lose what is in its forms.
  banner.querySelector("[data-unsent-dismiss]").addEventListener("submit", (event) => {
    event.preventDefault();
    fetch(event.target.action, { method: "POST", body: new FormData(event.target), redirect: "manual" });
    banner.remove();
  });

  // A row of a gap analysis gets its forms when it is opened.
  const restoreInRow = () => {
    const later = () => restore() && document.removeEventListener("headworks:opened", later, true);
    document.addEventListener("headworks:opened", later, true);
    for (const row of document.querySelectorAll("[data-row]")) {
      const form = row.querySelector("form");
      if (form && path.startsWith(new URL(form.action).pathname)) {
        row.dispatchEvent(new CustomEvent("headworks:open", { bubbles: true }));
      }
    }
  };

  // After the other scripts of the page have started.
  document.addEventListener("DOMContentLoaded", () => restore() || restoreInRow());
})();
