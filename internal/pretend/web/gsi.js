// The pretend Google's button: google.accounts.id as applications know it from
// Google Identity Services, as far as a button, a prompt and a callback go.
"use strict";
(() => {
  const base = "BASE_URL";
  let config = null;
  let pending = null; // { state, popup } of the window that is open
  let card = null;

  function randomState() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
  }

  function open() {
    if (!config) {
      throw new Error("google.accounts.id.initialize has not been called");
    }
    const state = randomState();
    const query = new URLSearchParams({ client_id: config.client_id, origin: location.origin, state });
    if (config.nonce) query.set("nonce", config.nonce);
    if (config.login_hint) query.set("login_hint", config.login_hint);
    const left = Math.max(0, screenX + (outerWidth - 480) / 2);
    const top = Math.max(0, screenY + (outerHeight - 620) / 2);
    const popup = window.open(`${base}/gsi/select?${query}`, "pretend-google", `popup,width=480,height=620,left=${left},top=${top}`);
    pending = { state, popup };
  }

  window.addEventListener("message", (event) => {
    // Only our own window may answer, only from our own origin, only once, and
    // only what was asked last.
    if (!pending || event.origin !== base || event.source !== pending.popup) return;
    const { type, state, credential } = event.data || {};
    if (type !== "pretend-google" || state !== pending.state) return;
    pending = null;
    closeCard();
    if (credential) {
      config.callback({ credential, select_by: "btn", clientId: config.client_id });
    }
  });

  const labels = { signin_with: "Sign in with Google", signup_with: "Sign up with Google", continue_with: "Continue with Google", signin: "Sign in" };

  function renderButton(parent, options = {}) {
    const dark = options.theme === "filled_blue" || options.theme === "filled_black";
    const button = document.createElement("button");
    button.type = "button";
    Object.assign(button.style, {
      display: "inline-flex", alignItems: "center", justifyContent: "center", gap: "10px", boxSizing: "border-box",
      height: { large: "40px", medium: "32px", small: "24px" }[options.size] || "40px",
      width: options.width ? `${parseInt(options.width, 10)}px` : "auto", maxWidth: "100%", padding: "0 16px",
      border: dark ? "1px solid transparent" : "1px solid #c9d2dc", borderRadius: options.shape === "pill" || options.shape === "circle" ? "999px" : "8px",
      background: dark ? "#0f6e78" : "#fff", color: dark ? "#fff" : "#1d2733", font: "600 14px/1 system-ui, sans-serif", cursor: "pointer",
    });
    const mark = document.createElement("span");
    mark.textContent = "P";
    mark.title = "pretend Google";
    mark.setAttribute("aria-hidden", "true");
    Object.assign(mark.style, {
      display: "inline-grid", placeItems: "center", width: "20px", height: "20px", borderRadius: "50%",
      background: dark ? "#fff" : "#0f6e78", color: dark ? "#0f6e78" : "#fff", font: "700 12px/1 system-ui, sans-serif",
    });
    button.append(mark);
    const label = labels[options.text] || labels.signin_with;
    if (options.type === "icon") {
      button.setAttribute("aria-label", label);
    } else {
      button.append(label);
    }
    button.addEventListener("click", () => {
      if (options.click_listener) options.click_listener();
      open();
    });
    parent.replaceChildren(button);
  }

  function closeCard() {
    if (card) card.remove();
    card = null;
  }

  // The real prompt opens by itself; browsers allow a window only on a click,
  // so this one is a small card with the button.
  function prompt(listener) {
    closeCard();
    card = document.createElement("div");
    card.setAttribute("role", "dialog");
    card.setAttribute("aria-label", "Sign in with the pretend Google");
    Object.assign(card.style, {
      position: "fixed", top: "16px", right: "16px", zIndex: "9999", display: "flex", gap: "8px", alignItems: "center", padding: "14px",
      maxWidth: "calc(100vw - 32px)", background: "#fff", border: "1px solid #e2e7ee", borderRadius: "14px", boxShadow: "0 12px 40px rgb(29 39 51 / 18%)",
    });
    const place = document.createElement("div");
    renderButton(place);
    const close = document.createElement("button");
    close.type = "button";
    close.textContent = "×";
    close.setAttribute("aria-label", "Close");
    Object.assign(close.style, { border: "0", background: "none", font: "20px/1 system-ui, sans-serif", color: "#5b6878", cursor: "pointer" });
    close.addEventListener("click", closeCard);
    card.append(place, close);
    document.body.append(card);
    if (listener) {
      const no = () => false;
      listener({ isDisplayMoment: () => true, isDisplayed: () => true, isNotDisplayed: no, isSkippedMoment: no, isDismissedMoment: no, getMomentType: () => "display" });
    }
  }

  function initialize(options) {
    if (!options || !options.client_id) throw new Error("client_id is required");
    if (options.ux_mode === "redirect") throw new Error("the pretend Google has no ux_mode redirect");
    if (typeof options.callback !== "function") throw new Error("callback is required");
    config = { ...options };
  }

  window.google = window.google || {};
  window.google.accounts = window.google.accounts || {};
  window.google.accounts.id = {
    initialize, renderButton, prompt,
    cancel: closeCard,
    disableAutoSelect() {}, // nobody is ever chosen without being asked
  };

  // The HTML form of the same: <div id="g_id_onload" data-client_id=… data-callback=…>
  // and <div class="g_id_signin">.
  function fromPage() {
    const onload = document.getElementById("g_id_onload");
    if (onload) {
      const { client_id, callback, nonce, login_hint, auto_prompt } = onload.dataset;
      initialize({ client_id, nonce, login_hint, callback: (answer) => window[callback](answer) });
      for (const place of document.getElementsByClassName("g_id_signin")) renderButton(place, { ...place.dataset });
      if (auto_prompt !== "false") prompt();
    }
    if (typeof window.onGoogleLibraryLoad === "function") window.onGoogleLibraryLoad();
  }
  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", fromPage);
  } else {
    fromPage();
  }
})();
