// Saves as you go. A [data-save] block holds one form, with its version in the field "version".
// What is typed is kept in this browser until the server has it; two people's texts are shown side by side. The server
// saves the fields that are right and names those that are not.
"use strict";

(() => {
  const person = document.body.dataset.person;
  const overall = document.querySelector("[data-saved]");
  const blocks = new Map(); // block → {timer, saving, dirty, failed, retry}
  const RETRY_FIRST = 2000;
  const RETRY_MAX = 30000;

  const formOf = (block) => block.querySelector("form");
  const keyOf = (block) => `headworks:${person}:${new URL(formOf(block).action).pathname}`;
  const version = (block) => formOf(block).elements.version;
  const one = (block) => {
    if (!blocks.has(block)) {
      blocks.set(block, { timer: 0, saving: false, dirty: false, failed: "", retry: RETRY_FIRST, unanswered: null });
    }
    return blocks.get(block);
  };

  // What is sent: the fields, and the names of those in which the browser can't read what was typed.
  const read = (block) => [
    ...[...new FormData(formOf(block))].filter(
      ([name, value]) => name !== "csrfmiddlewaretoken" && typeof value === "string",
    ),
    ...[...formOf(block).elements].filter((field) => field.validity?.badInput).map((field) => ["unread", field.name]),
  ];
  const typed = (values) => JSON.stringify(values.filter(([name]) => name !== "version"));
  const same = (these, those) => typed(these) === typed(those);

  // What was sent without an answer may have been saved: it is sent again before anything newer.
  const keep = (block) => {
    const kept = { values: read(block), unanswered: one(block).unanswered };
    try {
      localStorage.setItem(keyOf(block), JSON.stringify(kept));
    } catch {
      // Storage is full or off.
    }
  };
  const forget = (block) => localStorage.removeItem(keyOf(block));

  const say = (block, words, kind = "") => {
    const state = block.querySelector("[data-state]");
    state.textContent = words;
    state.dataset.kind = kind;
    tell();
  };

  const tell = () => {
    const all = [...blocks.values()];
    const failed = all.find((state) => state.failed);
    const unsaved = all.some((state) => state.dirty || state.saving);
    const words = failed ? failed.failed : unsaved ? "Saving…" : "All changes saved";
    if (overall.textContent !== words) overall.textContent = words;
    overall.dataset.kind = failed ? "failed" : "";
  };

  const schedule = (block, wait) => {
    const state = one(block);
    clearTimeout(state.timer);
    state.timer = setTimeout(() => save(block), wait);
  };

  const changed = (block, wait) => {
    const state = one(block);
    state.dirty = true;
    keep(block);
    if (!state.failed) say(block, "Saving…");
    if (!state.conflict) schedule(block, wait);
  };

  const trouble = (block, words) => {
    const state = one(block);
    state.dirty = state.stopped = true;
    state.failed = words;
    say(block, words, "failed");
  };

  const later = (block, words) => {
    const state = one(block);
    trouble(block, words);
    schedule(block, state.retry);
    state.retry = Math.min(state.retry * 2, RETRY_MAX);
  };

  // Blocks are saved one after another, so that what an answer says about the whole page counts the saves before it.
  let turn = Promise.resolve();
  const save = (block) => {
    if (document.visibilityState === "hidden")
      send(block); // the page may be on its way out
    else turn = turn.then(() => send(block));
  };

  const send = async (block) => {
    const state = one(block);
    if (state.saving || !state.dirty) return;
    clearTimeout(state.timer);
    state.saving = true;
    state.stopped = false;
    const sent = state.unanswered ?? read(block);
    state.dirty = !same(sent, read(block));
    state.unanswered = sent;
    keep(block);
    try {
      const answer = await fetch(formOf(block).action, {
        method: "POST",
        body: bodyOf(block, sent),
        headers: { Accept: "application/json" },
        redirect: "manual",
        credentials: "same-origin",
        keepalive: document.visibilityState === "hidden",
      });
      if (![502, 503, 504].includes(answer.status)) state.unanswered = null;
      await answered(block, answer);
    } catch {
      later(
        block,
        "Not saved: no connection. Your changes are kept in this browser and will be saved when you reconnect.",
      );
    } finally {
      state.saving = false;
      if (state.dirty && !state.stopped) schedule(block, 0);
      tell();
    }
  };

  const bodyOf = (block, sent) => {
    const body = new URLSearchParams(); // there are no files, and it is read faster than the parts of FormData
    for (const [name, value] of sent) body.append(name, value);
    body.append("csrfmiddlewaretoken", formOf(block).elements.csrfmiddlewaretoken.value);
    return body;
  };

  const answered = async (block, answer) => {
    const state = one(block);
    if (answer.status === 401) {
      signedOut(block, await answer.json());
    } else if (answer.ok) {
      saved(block, await answer.json());
    } else if (answer.status === 403) {
      refused(block, await answer.json().catch(() => ({})));
    } else if (answer.status === 409) {
      const { conflict, version: current, message } = await answer.json();
      state.conflict = current;
      trouble(block, message);
      show(block, conflict);
    } else if (answer.status === 422) {
      wrong(block, (await answer.json()).errors);
    } else if (answer.status === 404) {
      trouble(
        block,
        "Not saved: this page was removed or you no longer have access. Your changes are kept in this browser.",
      );
    } else if (answer.status === 507) {
      later(block, "Not saved: the site has no room. Your changes are kept in this browser and will be sent again.");
    } else {
      later(block, "Not saved: server error. Your changes are kept in this browser and will be sent again shortly.");
    }
  };

  const signedOut = (block, { sign_in: address }) => {
    trouble(block, "Not saved: you are signed out. Your changes are kept in this browser.");
    const link = document.createElement("a");
    link.href = address;
    link.textContent = "Sign in to save it";
    block.querySelector("[data-state]").append(" ", link);
  };

  // The person signed in again in another tab, which changes the forms' secret: the server sends the new one.
  const refused = (block, { csrf, person: who }) => {
    const state = one(block);
    if (csrf && String(who) === person && !state.renewed) {
      for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = csrf;
      state.renewed = state.dirty = true;
      state.failed = "";
    } else {
      trouble(
        block,
        "Not saved: you can no longer change this. Your changes are kept in this browser; reload the page.",
      );
    }
  };

  const saved = (block, data) => {
    const state = one(block);
    version(block).value = data.version;
    state.failed = "";
    state.renewed = false;
    state.retry = RETRY_FIRST;
    if (state.dirty || data.errors.length || leaving) keep(block);
    else forget(block);
    if (data.errors.length) wrong(block, data.errors);
    else {
      mark(block, []);
      say(block, data.saved, "saved");
    }
    block.dispatchEvent(new CustomEvent("headworks:saved", { bubbles: true, detail: data }));
  };

  // --- fields that could not be saved -----------------------------------------------------------
  const wrong = (block, errors) => {
    const state = one(block);
    const words = errors.map(({ label, message }) => (label ? `${label}: ${message}` : message));
    state.failed = `Not saved. ${words.join(" ")}`;
    say(block, state.failed, "failed");
    mark(block, errors);
  };

  const mark = (block, errors) => {
    for (const old of block.querySelectorAll("[data-wrong]")) old.remove();
    for (const field of formOf(block).elements) {
      if (!field.dataset.describedby && field.dataset.describedby !== "") continue;
      field.removeAttribute("aria-invalid");
      field.setAttribute("aria-describedby", field.dataset.describedby);
      delete field.dataset.describedby;
      field.closest(".usa-form-group")?.classList.remove("usa-form-group--error");
    }
    for (const { name, message } of errors) {
      const field = [...formOf(block).elements].find((element) => name && element.name === name);
      if (!field || field.type === "hidden") continue;
      const said = document.createElement("span");
      said.id = `${field.id}-wrong`;
      said.className = "usa-error-message";
      said.dataset.wrong = "";
      said.textContent = message;
      field.dataset.describedby = field.getAttribute("aria-describedby") ?? "";
      field.setAttribute("aria-invalid", "true");
      field.setAttribute("aria-describedby", `${said.id} ${field.dataset.describedby}`.trim());
      field.closest(".usa-form-group")?.classList.add("usa-form-group--error");
      field.before(said);
    }
  };

  const show = (block, html) => {
    const place = block.querySelector("[data-conflict]");
    place.innerHTML = html;
    place.firstElementChild.focus();
  };

  const focusField = (block) => {
    const fields = [...formOf(block).elements].filter((field) => field.type !== "hidden" && field.checkVisibility());
    (fields.find((field) => field.checked) ?? fields[0])?.focus();
  };

  const settle = (block) => {
    const state = one(block);
    block.querySelector("[data-conflict]").replaceChildren();
    focusField(block); // it was on a button that is gone
    state.conflict = 0;
    state.failed = "";
  };

  const keepMine = (block) => {
    version(block).value = one(block).conflict;
    settle(block);
    one(block).dirty = true;
    save(block);
  };

  // What was kept from an earlier visit goes back into the form and is sent; over the version it was typed
  // at, so that a change by someone else meanwhile is shown, not lost.
  const restore = async (block) => {
    const kept = JSON.parse(localStorage.getItem(keyOf(block)));
    if (kept.values.some(([name]) => name === "details")) await opened(block);
    const pending = kept.unanswered && !same(kept.unanswered, kept.values); // it may still arrive, and replace this
    const isSaved = !pending && same(kept.values, read(block)) && !madeBefore(kept, block);
    if (isSaved) return forget(block); // as the page was left
    for (const field of [...formOf(block).elements]) {
      if (!field.name || field.name === "csrfmiddlewaretoken") continue;
      const mine = kept.values.filter(([name]) => name === field.name).map(([, value]) => value);
      if (field.type === "radio" || field.type === "checkbox") field.checked = mine.includes(field.value);
      else if (mine.length) field.value = mine[0];
    }
    one(block).unanswered = kept.unanswered;
    changed(block, 0);
  };

  // The page may show the same as what was kept and still be older: the values were changed and changed back.
  const madeBefore = ({ values, unanswered }, block) => {
    const at = (list) => Number(list.find(([name]) => name === "version")?.[1]);
    const shown = Number(version(block).value);
    return unanswered ? shown <= at(unanswered) : shown < at(values);
  };

  const opened = (block) =>
    new Promise((done) => {
      block.addEventListener("headworks:opened", done, { once: true });
      block.dispatchEvent(new CustomEvent("headworks:open", { bubbles: true }));
    });

  const owner = (target) => {
    const block = target.closest("[data-save]");
    return block && target.form === formOf(block) ? block : null;
  };

  document.addEventListener("input", (event) => {
    const block = owner(event.target);
    if (block) changed(block, event.target.matches("textarea, input[type=text]") ? 900 : 150);
  });
  document.addEventListener("submit", (event) => {
    const block = event.target.closest("[data-save]");
    if (!block || event.target !== formOf(block)) return;
    event.preventDefault();
    if (event.submitter?.matches("[data-keep-mine]")) {
      keepMine(block);
    } else {
      one(block).failed = "";
      changed(block, 0);
    }
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-use-theirs]");
    if (!link) return;
    const block = link.closest("[data-save]");
    forget(block);
    location.href = link.href.split("#")[0];
    event.preventDefault();
  });
  // A form that acts on everything above it waits until all of it is saved.
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("[data-after-saving]")) return;
    event.preventDefault();
    const pending = () => [...blocks].filter(([, state]) => state.dirty || state.saving || state.failed);
    for (let tries = 0; tries < 40 && pending().length && !pending().some(([, state]) => state.failed); tries++) {
      for (const [block, state] of pending()) if (state.dirty && !state.saving) save(block);
      await new Promise((done) => setTimeout(done, 100));
    }
    if (!pending().length) return form.submit();
    const [first] = pending()[0];
    first.scrollIntoView({ block: "center" });
    for (const closed of first.querySelectorAll("details:has([aria-invalid=true])")) closed.open = true;
    (first.querySelector("[aria-invalid=true]") ?? first.querySelector("input, textarea, select")).focus();
  });
  // The next page may have been made before the save that is answered now, so its values are kept for that page.
  // A download fires the event too, but leaves no page.
  let leaving = 0;
  window.addEventListener("beforeunload", () => {
    clearTimeout(leaving);
    leaving = setTimeout(() => {
      leaving = 0;
      for (const [block, state] of blocks) if (!state.dirty && !state.saving && !state.failed) forget(block);
    }, 10_000);
  });
  const retry = () => {
    for (const [block, state] of blocks) if (state.failed && state.dirty && !state.conflict) save(block);
  };
  window.addEventListener("online", retry);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "hidden") return retry(); // perhaps after signing in in another tab
    for (const [block, state] of blocks) if (state.dirty && !state.conflict) save(block);
  });
  // Reloading or going back, the browser puts the old values and versions into the new page. On a page that is opened
  // anew, what differs from how it was made was typed before the scripts had arrived, which hear of it now.
  const isNew = performance.getEntriesByType("navigation")[0]?.type === "navigate";
  const differs = (field) => {
    if (field.type === "radio") return field.checked && !field.defaultChecked;
    if (field.type === "checkbox") return field.checked !== field.defaultChecked;
    if (!field.options) return field.value !== field.defaultValue;
    const usual = [...field.options].find((option) => option.defaultSelected);
    return Boolean(usual) && !usual.selected;
  };
  const start = (block) => {
    if (localStorage.getItem(keyOf(block))) return restore(block); // what an earlier visit left goes first
    if (!isNew) return;
    for (const field of formOf(block).elements)
      if (field.name && differs(field)) field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-save]").forEach(start));
  window.addEventListener("pageshow", ({ persisted }) => {
    if (persisted || isNew) return;
    for (const block of document.querySelectorAll("[data-save]")) {
      if (!blocks.has(block)) formOf(block).reset(); // what was restored may be saved by now
    }
  });
})();
