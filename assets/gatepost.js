// What the pages do beyond htmx. All of it is optional: every page works without this script.
"use strict";

// The landing page of a link, in the browser that requested it, submits itself once: when someone
// sees it, not when it is loaded ahead of time.
function postOnce() {
  const form = document.querySelector("form[data-post-once]");
  if (!form) return;
  const post = () => {
    if (document.prerendering || document.visibilityState !== "visible") return;
    document.removeEventListener("visibilitychange", post);
    document.removeEventListener("prerenderingchange", post);
    form.requestSubmit();
  };
  document.addEventListener("visibilitychange", post);
  document.addEventListener("prerenderingchange", post);
  post();
}

// A second click would cancel the response to the first, and with it the new session.
function sendOnce(event) {
  const form = event.target;
  if (event.defaultPrevented || form.hasAttribute("hx-post")) return;
  const now = Date.now();
  if (now - (form.dataset.sentAt ?? 0) < 5000) event.preventDefault();
  else form.dataset.sentAt = now;
}

// A form that got no response says so. A poll that got none just asks again.
function tellTrouble(event) {
  const status = event.detail?.ctx?.response?.status;
  const isAnswered = status !== undefined && status !== 502 && status !== 504;
  if (isAnswered || !(event.target instanceof HTMLFormElement)) return;
  const trouble = document.getElementById("trouble");
  trouble.textContent = trouble.dataset.offline;
}

// The next response says it again if it is still wrong.
function clearTrouble(event) {
  const form = event.target;
  if (!(form instanceof HTMLFormElement)) return;
  document.getElementById("trouble").replaceChildren();
  for (const error of form.querySelectorAll(".error")) error.remove();
  for (const field of form.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  }
}

// An email address entered on one page need not be entered again on the next. It goes into the
// fragment of the URL, which is sent to no server.
function carryAddress(event) {
  const link = event.target.closest?.("a[data-carry]");
  if (!link) return;
  const email = document.getElementById("email")?.value;
  link.hash = email ? `email=${encodeURIComponent(email)}` : "";
}

function takeAddress() {
  const carried = /^#email=(.+)$/.exec(location.hash);
  if (!carried) return;
  history.replaceState(history.state, "", location.pathname + location.search);
  const email = document.getElementById("email");
  if (!email || email.value) return;
  try {
    email.value = decodeURIComponent(carried[1]);
  } catch {
    return;
  }
  document.getElementById("password")?.focus();
}

// "Change" brings the form back that the answer took the place of.
function changeAddress(event) {
  const ask = document.getElementById("ask");
  if (!ask?.hidden || !event.target.closest?.("a[data-change]")) return;
  event.preventDefault();
  document.getElementById("result").replaceChildren();
  ask.hidden = false;
  document.title = ask.dataset.title;
  document.getElementById("email").select();
}

// Whether the server reads a text as a code: six digits of any script with anything between them, or one
// group of six.
function isCode(groups) {
  const lengths = groups.map((group) => [...group].length);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  return total === 6 || lengths.filter((length) => length === 6).length === 1;
}

// A complete code is sent at once, whether it was pasted, filled in or entered; each value only once,
// or a code that was refused could not be corrected.
let sentCode = "";
function sendCode(event) {
  const field = event.target;
  if (field.id !== "code" || event.isComposing) return;
  const groups = field.value.match(/\p{Nd}+/gu) ?? [];
  const digits = groups.join("");
  if (!isCode(groups) || digits === sentCode || !field.form.checkValidity()) return;
  sentCode = digits;
  field.form.requestSubmit();
}

// The wait for another email is counted down in its button.
const waits = new WeakMap();
function countDown() {
  for (const button of document.querySelectorAll("button[data-waits]")) {
    const { wait, waits: waiting, label } = button.dataset;
    let known = waits.get(button);
    if (known?.wait !== wait) {
      known = { wait, until: Date.now() + 1000 * (wait ?? 0) };
      waits.set(button, known);
    }
    const left = Math.ceil((known.until - Date.now()) / 1000);
    const text = left > 0 ? `${waiting} ${left} s` : label;
    // Set only what changes, or the observer below would run forever.
    if (button.textContent !== text) button.textContent = text;
    if (left > 0 && !button.ariaDisabled) button.ariaDisabled = "true";
    if (left <= 0 && button.ariaDisabled) button.ariaDisabled = null;
  }
}

// A button that is still waiting sends nothing. Runs before htmx sees the click.
function keepWaiting(event) {
  if (!event.submitter?.ariaDisabled) return;
  event.preventDefault();
  event.stopPropagation();
}

// A password can be shown while it is entered.
function addShowButtons() {
  for (const field of document.querySelectorAll(".field > input[type=password]")) {
    if (field.nextElementSibling?.matches(".show")) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "show";
    button.textContent = "Show";
    button.ariaLabel = "Show password";
    button.ariaPressed = "false";
    button.setAttribute("aria-controls", field.id);
    field.after(button);
  }
}

function showPassword(event) {
  const button = event.target.closest?.(".show");
  if (button) show(button, button.ariaPressed !== "true");
}

function show(button, isShown) {
  button.ariaPressed = String(isShown);
  button.previousElementSibling.type = isShown ? "text" : "password";
}

// Browsers remember what was entered into a text field. So before it is sent, a password that is shown
// becomes a password field again.
function hidePasswords(event) {
  for (const button of event.target.querySelectorAll(".show")) show(button, false);
}

// The pages are written in English, with the day before the month.
const LOCALE = "en-GB";

// Times come in UTC. They are shown as how long ago they were, and in the reader's own zone.
function showTimes() {
  const full = new Intl.DateTimeFormat(LOCALE, {
    day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short",
  });
  const day = new Intl.DateTimeFormat(LOCALE, {
    day: "numeric", month: "long", year: "numeric",
  });
  const now = Date.now();
  for (const time of document.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    // Inside a sentence a date needs its "on", and "5 minutes ago" must not have it.
    time.dataset.on ??= time.textContent.startsWith("on ") ? "on " : "";
    const seconds = (at - now) / 1000;
    const words = "ahead" in time.dataset ? timeAhead(seconds) : timeAgo(seconds);
    const text = words ?? time.dataset.on + day.format(at);
    if (time.textContent !== text) time.textContent = text;
    time.title = full.format(at);
  }
}

// How long ago a time was, if less than a week. Anything else is shown as a date.
function timeAgo(seconds) {
  const past = -seconds;
  if (past > -60 && past < 45) return "just now";
  const words = new Intl.RelativeTimeFormat(LOCALE);
  for (const [unit, length, upTo] of [["minute", 60, 60], ["hour", 3600, 24], ["day", 86400, 7]]) {
    const count = Math.max(1, Math.round(past / length));
    if (past > 0 && count < upTo) return words.format(-count, unit);
  }
}

// When something is due that happens by itself.
function timeAhead(seconds) {
  if (seconds < 60) return "within a minute";
  const words = new Intl.RelativeTimeFormat(LOCALE);
  return seconds < 3600 ? words.format(Math.ceil(seconds / 60), "minute") : words.format(Math.ceil(seconds / 3600), "hour");
}

// Adds what only the script can. Called again whenever htmx has redrawn part of the page, before it is
// painted.
function dress() {
  countDown();
  addShowButtons();
}

document.addEventListener("submit", keepWaiting, true);
document.addEventListener("submit", hidePasswords, true);
document.addEventListener("submit", sendOnce);
document.addEventListener("input", sendCode);
// Digits entered with an input method are complete only when it is done with them.
document.addEventListener("compositionend", sendCode);
document.addEventListener("click", carryAddress);
document.addEventListener("click", changeAddress);
document.addEventListener("click", showPassword);
document.addEventListener("htmx:error", tellTrouble);
document.addEventListener("htmx:response:error", tellTrouble);
document.addEventListener("htmx:before:request", clearTrouble);
document.addEventListener("htmx:after:swap", showTimes);
new MutationObserver(dress).observe(document.getElementById("main"), {
  subtree: true,
  childList: true,
  characterData: true,
  // htmx settles attributes a moment after a swap, and then drops the `aria-disabled` set here.
  attributeFilter: ["data-wait", "aria-disabled"],
});
setInterval(countDown, 250);
setInterval(showTimes, 30000);
takeAddress();
dress();
showTimes();
postOnce();
