// Keys for the queue: each does what its button or link does, and none works while somebody types.
"use strict";

document.addEventListener("keydown", (event) => {
  const inHand = document.getElementById("in-hand");
  const typing = event.target instanceof Element && event.target.closest("input:not([type=checkbox]), textarea, select");
  if (typing) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (!inHand || event.ctrlKey || event.metaKey || event.altKey) return;
  const go = { j: inHand.dataset.next, k: inHand.dataset.previous }[event.key];
  if (go) {
    window.location.assign(go);
  } else if (event.key === "x") {
    document.querySelector(".queue-list .current input[type=checkbox]")?.click();
  } else {
    const field = inHand.querySelector(`[data-focus="${CSS.escape(event.key)}"]`);
    const button = inHand.querySelector(`[aria-keyshortcuts="${CSS.escape(event.key)}"]`);
    if (!field && !button) return;
    event.preventDefault();
    field?.focus();
    button?.click();
  }
});

// One click is one act: a second one meant the page that is on its way.
document.addEventListener("submit", (event) => {
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "yes";
  // What hangs a lot on takes seconds; the button shows that it is at work.
  event.submitter?.setAttribute("aria-busy", "true");
});
