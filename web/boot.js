// Loads the page's wasm and starts it. Which files, its own data- attributes say.
const { dataset } = document.currentScript;
const element = document.getElementById("accession");
const part = (name) => element.querySelector(`[data-boot=${name}]`);
const show = (name, shown = true) => part(name)?.toggleAttribute("hidden", !shown);
const slow = setTimeout(show, 3000, "slow");

// A link to a run, followed in a page that is open.
addEventListener("hashchange", () => location.hash.startsWith("#r=") && location.reload());

// In another language, whose words come first.
const words = element.dataset.words && import("./words.js").then(({ fetched }) => fetched(element)).catch(console.warn);

Promise.all([import(dataset.module), words])
  .then(([page]) => page.default({ module_or_path: dataset.wasm }))
  .then(({ memory }) => {
    const detail = { memoryBytes: () => memory.buffer.byteLength };
    element.dispatchEvent(new CustomEvent("acc-ready", { bubbles: true, composed: true, detail }));
    // Only a release build has it. Where it may not be, the page is only there with its server.
    const { laterOffline } = dataset;
    if (laterOffline) navigator.serviceWorker?.register(laterOffline).catch(() => {});
  })
  .catch((error) => {
    part("reason")?.append(String(error));
    show("loading", false);
    show("slow", false);
    show("failed");
    throw error;
  })
  .finally(() => clearTimeout(slow));
