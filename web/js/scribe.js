// The module that writes texts of a run is loaded when the first one is asked for.
let loading;

export async function write(script, order) {
  loading ??= load(script);
  try {
    return (await loading).write(order);
  } catch (error) {
    // Asked again, it is tried again.
    loading = undefined;
    throw error;
  }
}

async function load(script) {
  const scribe = await import(new URL(script, document.baseURI).href);
  await scribe.default();
  return scribe;
}
