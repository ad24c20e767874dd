// The application's form: counts words as the rule counts them, and shows what is still missing after each save.
"use strict";

(() => {
  const shown = document.querySelector("[data-words]");
  const panel = document.querySelector("[data-missing]");
  // What Python's split() splits at.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it splits at some of them
  const SPACE = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;
  const count = (text) => text.split(SPACE).filter(Boolean).length;

  // Only what is chosen counts: now, or as the page was made.
  const own = (block, [checked, value] = ["checked", "value"]) => {
    if (!block.querySelector("[name=chosen]")?.[checked]) return 0;
    return [...block.querySelectorAll("[data-counted]")].reduce((sum, field) => sum + count(field[value]), 0);
  };
  const blocks = [...document.querySelectorAll("[data-save]")];
  const here = (as) => blocks.reduce((sum, block) => sum + own(block, as), 0);

  const tell = (elsewhere) => {
    const words = elsewhere + here();
    const most = Number(shown.dataset.most);
    shown.textContent = words.toLocaleString("en-US");
    shown.parentElement.classList.toggle("is-over", words > most);
    for (const block of blocks) {
      const place = block.querySelector("[data-own-words]");
      const n = own(block);
      if (place) place.textContent = n ? `${n.toLocaleString("en-US")} ${n === 1 ? "word" : "words"}` : "";
    }
  };

  const start = () => {
    const elsewhere = Number(shown.textContent.replaceAll(",", "")) - here(["defaultChecked", "defaultValue"]);
    tell(elsewhere);
    document.addEventListener("input", () => tell(elsewhere));
    document.addEventListener("headworks:saved", (event) => {
      panel.innerHTML = event.detail.missing;
      document.querySelector("[data-steps]").innerHTML = event.detail.steps;
      const n = event.detail.n_missing;
      document.querySelector("[data-missing-count]").textContent = n ? `${n} missing` : "Nothing missing";
    });
  };
  start();

  // --- one attribute or category at a time -----------------------------------------------------------
  const bodyOf = (block) => block?.querySelector("details.claim__body");
  document.addEventListener(
    "toggle",
    ({ target }) => {
      if (!target.matches?.("details.claim__body") || !target.open) return;
      for (const other of document.querySelectorAll("details.claim__body[open]"))
        if (other !== target) other.open = false;
    },
    true,
  );
  document.addEventListener("input", ({ target }) => {
    if (target.name !== "chosen") return;
    const body = bodyOf(target.closest("[data-save]"));
    if (body) body.open = target.checked;
  });
  // A link to a block, such as one in the list of what is missing, opens it.
  const openTarget = () => {
    const body = bodyOf(document.getElementById(location.hash.slice(1)));
    if (body) body.open = true;
  };
  window.addEventListener("hashchange", openTarget);
  openTarget();
})();
