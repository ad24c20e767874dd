// Offers the people of the utility while a comment names one: "@sa" shows "Sam Reyes".
// A <textarea data-mention="id"> names the JSON script that has the names. Arrow keys choose, Enter or Tab takes, Esc closes.
"use strict";

(() => {
  const MAX_NAMES = 6;

  const start = (area) => {
    const names = JSON.parse(document.getElementById(area.dataset.mention).textContent);
    const list = document.createElement("ul");
    list.className = "mention";
    list.id = `${area.id}-people`;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "People");
    list.hidden = true;
    area.after(list);
    area.setAttribute("aria-autocomplete", "list");
    area.setAttribute("aria-controls", list.id);
    let chosen = 0;

    const asked = () => area.value.slice(0, area.selectionStart).match(/(?:^|[^\w.])@([^@\n]{0,40})$/)?.[1];
    const close = () => {
      list.hidden = true;
      area.removeAttribute("aria-activedescendant");
    };
    const mark = () => {
      for (const item of list.children) item.setAttribute("aria-selected", String(item === list.children[chosen]));
      area.setAttribute("aria-activedescendant", list.children[chosen].id);
    };
    const take = (name) => {
      const end = area.selectionStart;
      const begin = end - asked().length;
      area.setRangeText(`${name} `, begin, end, "end");
      close();
      area.focus();
    };
    const offer = () => {
      const word = asked()?.toLowerCase();
      const found =
        word === undefined
          ? []
          : names.filter((name) => ` ${name.toLowerCase()}`.includes(` ${word}`)).slice(0, MAX_NAMES);
      if (!found.length || found[0].toLowerCase() === word?.trim()) return close();
      list.replaceChildren(
        ...found.map((name, place) => {
          const item = document.createElement("li");
          item.id = `${list.id}-${place}`;
          item.setAttribute("role", "option");
          item.textContent = name;
          item.addEventListener("mousedown", (event) => {
            event.preventDefault();
            take(name);
          });
          return item;
        }),
      );
      chosen = 0;
      list.hidden = false;
      mark();
    };

    area.addEventListener("input", offer);
    area.addEventListener("blur", close);
    area.addEventListener("keydown", (event) => {
      if (list.hidden) return;
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) {
        chosen = (chosen + step + list.children.length) % list.children.length;
        mark();
      } else if (event.key === "Enter" || event.key === "Tab") {
        take(list.children[chosen].textContent);
      } else if (event.key === "Escape") {
        close();
      } else {
        return;
      }
      event.preventDefault();
    });
  };

  for (const area of document.querySelectorAll("textarea[data-mention]")) start(area);
})();
