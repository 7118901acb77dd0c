/* The weekly review while it runs: keys that turn the pages, rows that open, fields that save
   themselves and keep what was typed when the connection is lost. Without it every form has a
   button, every row a link. No inline handlers, no eval. */
"use strict";

(() => {
  const status = document.getElementById("saved");
  const say = (words) => { status.textContent = words; };
  const remembered = (name, otherwise) => {
    try { return localStorage.getItem(name) ?? otherwise; } catch { return otherwise; }
  };
  const remember = (name, value) => {
    try {
      if (value === null) localStorage.removeItem(name);
      else localStorage.setItem(name, value);
    } catch { /* a browser that keeps nothing: the text stays in its box */ }
  };

  /* ---- Fields: a form with data-field holds one text that saves itself. ---- */
  const fieldOf = (form) => form.querySelector("textarea, input:not([type=hidden])");
  const forms = () => [...document.querySelectorAll("form[data-field]")];
  const isDirty = (form) => fieldOf(form).value !== fieldOf(form).defaultValue;
  const draftOf = (form) => `costline-draft:${location.pathname}:${form.id}`;
  const pauses = new Map();
  const retries = new Map();
  const PAUSE = 1500;
  const LONGEST_WAIT = 15000;

  const save = (form) => {
    clearTimeout(pauses.get(form.id));
    if (form.isConnected) htmx.trigger(form, "save");
  };

  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-field]");
    if (!form) return;
    remember(draftOf(form), JSON.stringify({ text: event.target.value, stamp: form.dataset.stamp }));
    clearTimeout(pauses.get(form.id));
    pauses.set(form.id, setTimeout(() => { if (isDirty(form)) save(form); }, PAUSE));
  });

  /* What another scribe wrote meanwhile stands under the field, never in it while it is typed in. */
  const tell = (form, words) => {
    const place = form.querySelector(".rv-other");
    place.textContent = words;
    place.hidden = !words;
  };
  const settle = (form, fresh) => {
    const field = fieldOf(form);
    const told = fieldOf(fresh).value;
    const isNew = fresh.dataset.stamp !== form.dataset.stamp;
    const isMine = form.dataset.sent !== undefined && form.dataset.sent.trim() === told;
    if (isDirty(form) && field.value.trim() !== told && !isMine) {
      if (isNew && told) {
        tell(form, `${fresh.dataset.by} changed this at ${fresh.dataset.when}: “${told}”. `
          + "Yours replaces it when it is saved.");
      }
      return;
    }
    if (!isDirty(form)) field.value = told;
    if (isDirty(form) && field.value.trim() !== told) { // typed on while it was being saved
      field.defaultValue = told;
    } else {
      field.defaultValue = field.value;
      remember(draftOf(form), null);
    }
    const seen = form.querySelector("[name=seen]");
    seen.value = fresh.querySelector("[name=seen]").value;
    form.querySelector(".rv-by").textContent = fresh.querySelector(".rv-by").textContent.trim();
    const lost = fresh.querySelector(".rv-other").textContent.trim();
    if (lost || isNew) tell(form, lost);
    form.dataset.stamp = fresh.dataset.stamp;
  };

  /* ---- What comes back after a save, or from other scribes. ---- */
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const here = event.detail.target;
    const fresh = event.detail.fragment.firstElementChild;
    if (here.matches("[data-field]")) {
      event.detail.shouldSwap = false;
      settle(here, fresh);
    } else if (here.matches("[data-part]")) {
      const typed = here.contains(document.activeElement) && document.activeElement;
      const busy = typed && typed.matches("input[type=date], input:not([type]), select, textarea")
        && typed.value !== typed.defaultValue && !typed.matches("select");
      event.detail.shouldSwap = here.dataset.stamp !== fresh.dataset.stamp && !busy;
      if (event.detail.shouldSwap) keepOpen(here, fresh);
    }
  });
  const keepOpen = (here, fresh) => {
    const before = here.querySelectorAll("details");
    fresh.querySelectorAll("details").forEach((each, place) => {
      each.open = Boolean(before[place]?.open);
    });
  };

  /* A form that was put anew while its answer came is found by its request. */
  const sender = (event) => (event.detail.requestConfig?.elt ?? event.detail.elt).closest("form");
  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = sender(event);
    if (form?.matches("[data-field]")) form.dataset.sent = fieldOf(form).value;
  });

  document.addEventListener("htmx:afterRequest", (event) => {
    const form = sender(event);
    if (!form || !event.detail.successful) return;
    if (!event.detail.xhr.responseText.includes("hx-swap-oob")) { // a sign-in page, say
      failed(form, "You are signed out. Sign in on another tab; your text stays here.");
      return;
    }
    retries.delete(form.id);
    goOn();
    form.querySelector("[data-error]")?.setAttribute("hidden", "");
    if (form.matches("[data-adds]")) {
      form.reset();
      const around = form.closest("details");
      around.open = false;
      around.querySelector("summary").focus();
    }
  });

  const failed = (form, words) => {
    say(words);
    const waited = retries.get(form.id) ?? 1000;
    const wait = Math.min(waited * 2, LONGEST_WAIT);
    retries.set(form.id, wait);
    setTimeout(() => { if (retries.has(form.id)) save(form); }, wait);
  };
  for (const kind of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(kind, (event) => {
      const form = sender(event);
      if (!form) return;
      if (form.matches("[data-adds]")) say("Not saved. Press Add action again.");
      else failed(form, "Not saved. Trying again.");
    });
  }
  document.addEventListener("htmx:responseError", (event) => {
    const form = sender(event);
    if (!form) return;
    const { xhr } = event.detail;
    const told = xhr.getResponseHeader("Content-Type")?.startsWith("text/plain");
    if (xhr.status >= 500 || xhr.status === 429) {
      failed(form, "Not saved. Trying again.");
      return;
    }
    const words = told ? xhr.responseText : "Open the page again; your text stays here.";
    say(`Not saved. ${words}`);
    retries.delete(form.id);
    const place = form.querySelector("[data-error]");
    if (!place) return;
    place.textContent = words;
    place.hidden = false;
  });
  addEventListener("online", () => {
    for (const id of retries.keys()) {
      const form = document.getElementById(id);
      if (form) save(form);
    }
  });

  /* Leaving with something unsaved: the last words still go out. */
  addEventListener("pagehide", () => {
    for (const form of forms().filter(isDirty)) {
      navigator.sendBeacon?.(form.action, new FormData(form));
    }
  });

  /* What was typed and never saved comes back, unless somebody has written since. */
  const bringBack = () => {
    for (const form of forms()) {
      const kept = remembered(draftOf(form), null);
      if (kept === null) continue;
      const draft = JSON.parse(kept);
      const field = fieldOf(form);
      if (draft.text === field.value) {
        remember(draftOf(form), null);
      } else if (draft.stamp === form.dataset.stamp) {
        field.value = draft.text;
        say("Not saved. Trying again.");
        save(form);
      } else {
        tell(form, `You had typed: “${draft.text}”. It was not saved.`);
      }
    }
  };

  /* ---- Rows: one is open at a time. ---- */
  const open = (row, opens = true) => {
    for (const each of document.querySelectorAll(".rv-row[data-open]")) {
      if (each !== row) close(each);
    }
    row.toggleAttribute("data-open", opens);
    row.querySelector("[data-opens]")?.setAttribute("aria-expanded", String(opens));
  };
  const close = (row) => {
    row.removeAttribute("data-open");
    row.querySelector("[data-opens]")?.setAttribute("aria-expanded", "false");
  };

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) {
      event.preventDefault();
      const row = opener.closest(".rv-row");
      open(row, !row.hasAttribute("data-open"));
      return;
    }
    const choice = event.target.closest(".rv-choice button[name=choice]");
    if (choice?.value) {
      const row = choice.closest(".rv-row");
      open(row);
      row.dataset.chosen = choice.value;
    }
  });
  /* Who chose Fix goes on with what will be done. */
  const goOn = () => {
    for (const row of document.querySelectorAll(".rv-row[data-chosen]")) {
      const chosen = row.querySelector(".rv-choice").dataset.choice;
      if (chosen !== row.dataset.chosen) continue;
      delete row.dataset.chosen;
      const add = row.querySelector(".rv-add[open]");
      if (chosen === "fix") add?.querySelector("[name=what]").focus();
    }
  };

  /* ---- Pages: Back and Next wait until everything is saved. ---- */
  const turn = (href) => {
    if (!window.htmx) { location.assign(href); return; }
    const unsaved = forms().filter(isDirty);
    if (!unsaved.length) { location.assign(href); return; }
    unsaved.forEach(save);
    const begun = Date.now();
    const look = setInterval(() => {
      if (!forms().some(isDirty)) {
        clearInterval(look);
        location.assign(href);
      } else if (Date.now() - begun > 4000) {
        clearInterval(look);
        say("Not saved yet. Stay on this page until it is.");
      }
    }, 50);
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-way], .rv-steps a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    turn(link.href);
  });

  const keys = document.querySelector("[data-keys]");
  const areOn = () => remembered("costline-review-keys", "on") === "on";
  const showKeys = () => keys?.setAttribute("aria-pressed", String(areOn()));
  keys?.addEventListener("click", () => {
    remember("costline-review-keys", areOn() ? "off" : "on");
    showKeys();
  });
  document.addEventListener("keydown", (event) => {
    const ways = { ArrowLeft: "back", ArrowRight: "next" };
    const way = ways[event.key];
    if (!way || !areOn() || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.target.closest?.("input, select, textarea, [contenteditable], [role=region]")) return;
    document.querySelector(`[data-way=${way}]`)?.click();
  });

  /* ---- The quiet clock of a meeting that runs today. ---- */
  const clock = document.querySelector("[data-since]");
  const tick = () => {
    const minutes = Math.floor((Date.now() - Date.parse(clock.dataset.since)) / 60000);
    clock.textContent = minutes >= 0 && minutes < 180 ? `, ${minutes} of 30 minutes` : "";
  };

  showKeys();
  if (clock) { tick(); setInterval(tick, 20000); }
  document.addEventListener("htmx:load", bringBack, { once: true });
})();
