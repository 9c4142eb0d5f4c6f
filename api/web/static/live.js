// Optional: an open page follows what happens at home. Without it, a reload shows the same.
(() => {
  "use strict";
  const main = document.querySelector("main[data-live]");
  if (!main || !window.EventSource) return;
  let waiting = false;
  let again = false;

  const isBusy = () => {
    const at = document.activeElement;
    return (at && at.closest("main form") && at.matches("input, select, textarea")) ||
      document.querySelector("main form[data-changed]") !== null;
  };

  document.addEventListener("input", (event) => {
    const form = event.target.closest("form");
    if (form) form.dataset.changed = "1";
  });

  const refresh = async () => {
    if (document.hidden || isBusy()) return;
    again = waiting;
    if (waiting) return;
    waiting = true;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (!answer.ok || answer.redirected) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const open = [...main.querySelectorAll("details")].map((each) => each.open);
      const focused = document.activeElement && document.activeElement.id;
      const fresh = page.querySelector("main");
      if (!fresh || isBusy()) return;
      main.replaceChildren(...fresh.childNodes);
      main.querySelectorAll("details").forEach((each, at) => { each.open = open[at] || false; });
      if (focused) document.getElementById(focused)?.focus();
      const nav = page.querySelector("header nav");
      if (nav) document.querySelector("header nav").replaceChildren(...nav.childNodes);
    } catch {
      // The next event tries again.
    } finally {
      waiting = false;
      if (again) refresh();
    }
  };

  const since = new URLSearchParams({ since: main.dataset.live });
  new EventSource(`/events?${since}`).addEventListener("changed", refresh);
  document.addEventListener("visibilitychange", refresh);
})();
