// What the error page does in the browser: it waits for the next version of the app, and loads
// itself again then. The answer to a form is not loaded again, since that would send the form again.
(() => {
  const { version, events, method } = document.body.dataset;
  const status = document.querySelector("#status");
  const waiting = status.textContent;
  /** How long the server may be away before the page says so, and between two tries. */
  const AWAY_MS = 1500;
  const RETRY_MS = 500;
  let source;
  let away;
  let retry;
  let wanted;
  let leave;

  function isHere() {
    clearTimeout(away);
    away = undefined;
    status.textContent = waiting;
    document.body.classList.remove("away");
  }

  function isAway() {
    away ??= setTimeout(() => {
      status.textContent = "The server does not answer. This page waits for it.";
      document.body.classList.add("away");
    }, AWAY_MS);
  }

  function onVersion(found) {
    if (found === version) return isHere();
    close();
    if (method === "GET" || method === "HEAD") return location.reload();
    document.body.classList.add("mended");
  }

  function close() {
    clearTimeout(retry);
    source?.close();
    wanted?.abort();
    leave?.();
  }

  /** The browser opens the stream again when it ends, but not after another answer. */
  async function look() {
    try {
      const { status: code } = await fetch(events, { cache: "no-store" });
      // Another program has the address now.
      if (code === 404) return onVersion("");
    } catch {
      // Nothing answers yet.
    }
    retry = setTimeout(listen, RETRY_MS);
  }

  /**
   * A browser opens six connections to one server. So one page at a time has a stream, and pages
   * that nobody sees have none. When it loads itself again, the next one hears why.
   */
  function open() {
    close();
    // Browsers offer locks to pages of this machine, and to those over HTTPS.
    if (navigator.locks === undefined) return listen();
    wanted = new AbortController();
    const held = () =>
      new Promise((resolve) => {
        leave = resolve;
        listen();
      });
    const { signal } = wanted;
    navigator.locks.request("pounce dev", { signal }, held).catch(() => undefined);
  }

  function listen() {
    source?.close();
    source = new EventSource(events);
    source.addEventListener("message", ({ data }) => onVersion(data));
    source.addEventListener("error", () => {
      isAway();
      if (source.readyState === EventSource.CLOSED) void look();
    });
  }

  function follow() {
    if (document.visibilityState === "hidden") close();
    else open();
  }
  document.addEventListener("visibilitychange", follow);
  addEventListener("pageshow", ({ persisted }) => persisted && follow());
  follow();

  // On a narrow screen the place of the error may be outside of the picture.
  for (const caret of document.querySelectorAll(".caret b")) {
    const code = caret.closest("pre");
    const place = caret.offsetLeft - code.offsetLeft;
    if (place > code.clientWidth * 0.9) code.scrollLeft = place - code.clientWidth / 2;
  }

  document.querySelector("#again").addEventListener("click", () => location.reload());
  for (const button of document.querySelectorAll("button[data-copies]")) {
    // Browsers offer the clipboard to pages of this machine, and to those over HTTPS.
    if (navigator.clipboard === undefined) continue;
    const label = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      const text = document.querySelector(button.dataset.copies).textContent;
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = label), 1200);
    });
  }
})();
