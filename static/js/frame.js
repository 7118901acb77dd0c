/* What every page does with JavaScript and can do without: menu, filters that apply themselves,
   focus on an error summary. No inline handlers, no eval. */
"use strict";

(() => {
  document.documentElement.dataset.js = "";

  document.addEventListener("click", (event) => {
    const toggle = event.target.closest("[data-menu]");
    if (!toggle) return;
    const open = toggle.closest(".side").classList.toggle("open");
    toggle.setAttribute("aria-expanded", String(open));
  });

  // A changed filter is a plain GET, so every view keeps an address of its own.
  document.addEventListener("change", (event) => {
    event.target.closest("form[data-autosubmit]")?.requestSubmit();
  });

  document.querySelector("[data-focus]")?.focus();

  // Closing the step panel with Escape is what its Close link does.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    document.querySelector("[data-close]")?.click();
  });
})();
