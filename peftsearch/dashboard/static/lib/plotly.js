// Plotly, fetched and read when the first chart is drawn: 4.8 MB of script take a busy machine seconds, in which a page
// that waited for them would show nothing. A job without a result has no chart, so that nothing is fetched before.
//
//   await loadPlotly()       the same promise for all; rejects with a sentence where it cannot be read
//   await breathe()          lets the browser paint and hear between two long drawings

let loading = null;

export function loadPlotly() {
  loading ??= painted().then(read);
  return loading;
}

/** Once what is there already stands on the screen; a hidden page paints nothing, and need not. */
function painted() {
  if (document.hidden) return Promise.resolve();
  return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
}

function read() {
  const script = document.createElement("script");
  script.src = document.querySelector('meta[name="plotly"]').content;
  return new Promise((resolve, reject) => {
    script.onload = () => resolve(globalThis.Plotly);
    script.onerror = () => {
      loading = null;
      reject(new Error("the charts' program cannot be read; is the service still running?"));
    };
    document.head.append(script);
  });
}

export function breathe() {
  return new Promise((resolve) => setTimeout(resolve));
}
