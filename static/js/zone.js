// Tells the server the reader's time zone, in which it shows times from the next page on.
"use strict";

(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  if (zone) {
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is only there over HTTPS
    document.cookie = `zone=${zone}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  }
})();
