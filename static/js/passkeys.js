// The buttons that ask the browser for a passkey. allauth's scripts, which come before this one, talk to the browser.
"use strict";

(() => {
  const { forms } = window.allauth.webauthn;
  const failed = document.querySelector("[data-passkey-failed]");

  // The person canceled, waited too long, or the device has no passkey for this site.
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    failed.hidden = false;
    failed.focus();
  });

  for (const button of document.querySelectorAll("[data-passkey]")) {
    const ids = { credential: button.dataset.credential, passwordless: button.dataset.passwordless };
    ids[button.dataset.passkey] = button.id;
    const data = JSON.parse(button.dataset.options ?? "null");
    button.addEventListener("click", () => {
      failed.hidden = true;
    });
    forms[`${button.dataset.passkey}Form`]({ ids, data });
    button.hidden = !window.webauthnJSON.supported();
  }
})();
