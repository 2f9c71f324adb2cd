// What the pages do beyond htmx. Everything here is extra: without it each page works by its forms.
"use strict";

// The landing page of a link, opened by the browser that asked for it, posts itself once: when
// somebody sees it, not when it is loaded ahead of time.
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

// A second click would call off the answer to the first, and with it the session it brings.
function sendOnce(event) {
  const form = event.target;
  if (form.hasAttribute("hx-post")) return;
  const now = Date.now();
  if (now - (form.dataset.sentAt ?? 0) < 5000) event.preventDefault();
  else form.dataset.sentAt = now;
}

// A form that got no answer says so. A poll that got none just asks again.
function tellTrouble(event) {
  const status = event.detail?.ctx?.response?.status;
  const isAnswered = status !== undefined && status !== 502 && status !== 504;
  if (isAnswered || !(event.target instanceof HTMLFormElement)) return;
  const trouble = document.getElementById("trouble");
  trouble.textContent = trouble.dataset.offline;
}

// What was wrong is said anew if it still is.
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

// An address that was typed into one form need not be typed again into the other.
function carryAddress() {
  const details = document.getElementById("by-password");
  if (!details) return;
  details.addEventListener("toggle", () => {
    const from = document.getElementById("email");
    const to = document.getElementById("account");
    if (details.open && from && to && !to.value) to.value = from.value;
  });
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
    const text = timeAgo((at - now) / 1000) ?? time.dataset.on + day.format(at);
    if (time.textContent !== text) time.textContent = text;
    time.title = full.format(at);
  }
}

// How long ago a time was, if that is less than a week. Anything else is better shown as a date.
function timeAgo(seconds) {
  const past = -seconds;
  if (past > -60 && past < 45) return "just now";
  const words = new Intl.RelativeTimeFormat(LOCALE);
  for (const [unit, length, upTo] of [["minute", 60, 60], ["hour", 3600, 24], ["day", 86400, 7]]) {
    const count = Math.max(1, Math.round(past / length));
    if (past > 0 && count < upTo) return words.format(-count, unit);
  }
}

document.addEventListener("submit", sendOnce);
document.addEventListener("htmx:error", tellTrouble);
document.addEventListener("htmx:response:error", tellTrouble);
document.addEventListener("htmx:before:request", clearTrouble);
postOnce();
carryAddress();
document.addEventListener("htmx:after:swap", showTimes);
showTimes();
setInterval(showTimes, 30000);
