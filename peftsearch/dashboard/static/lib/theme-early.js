// A classic script in <head>: applies the stored theme before the first paint.

(() => {
  try {
    const stored = localStorage.getItem("peftsearch-theme");
    if (stored === "light" || stored === "dark") document.documentElement.dataset.theme = stored;
  } catch {
    // Storage may be forbidden; then the system's theme holds.
  }
})();
