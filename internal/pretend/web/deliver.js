// Hands the credential to the page that opened this window, if it is the page
// it is meant for: the browser drops the message when the origin differs.
"use strict";
(() => {
  const { origin, state, credential, error } = document.getElementById("delivery").dataset;
  if (window.opener) {
    window.opener.postMessage({ type: "pretend-google", state, credential, error }, origin);
    window.close();
  }
})();
