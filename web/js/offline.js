// Keeps the page's own files, so that it opens without a network. Only a release build has this service worker: it
// writes above which files there are, FILES, and the VERSION that all of them make.
//
// It touches nothing else. A call to an API, an upload, and whatever another server sends go by it.

const OURS = "accession-";
const KEPT = OURS + VERSION;

const here = (file) => new URL(file, registration.scope).href;
const known = new Set(FILES.map(here));

// The content of such a file never changes under its name.
const isHashed = (url) => /[-.][0-9a-f]{12,}[._]/.test(url);

addEventListener("install", (event) => event.waitUntil(keep()));
addEventListener("activate", (event) => event.waitUntil(forgetOlder()));
addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  // What comes after the path is for the page, and no part of the file's name.
  const url = origin + pathname.replace(/\/index\.html$/, "/");
  if (event.request.method === "GET" && known.has(url)) event.respondWith(answer(url, event.request));
});

async function keep() {
  const cache = await caches.open(KEPT);
  // A browser may have kept other files of these names for itself.
  const fresh = (url) => new Request(url, { cache: isHashed(url) ? "default" : "no-cache" });
  await cache.addAll([...known].map(fresh));
}

async function forgetOlder() {
  const names = await caches.keys();
  const older = names.filter((name) => name.startsWith(OURS) && name !== KEPT);
  await Promise.all(older.map((name) => caches.delete(name)));
}

// What might have changed is asked for first: all of it comes from the network, or all of it from here.
async function answer(url, request) {
  const cache = await caches.open(KEPT);
  if (isHashed(url)) return (await cache.match(url)) ?? fetch(request);
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await cache.match(url);
    if (kept) return kept;
    throw error;
  }
}
