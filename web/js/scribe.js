// The module that writes and draws what is seldom asked for is loaded when somebody asks.
let scribe, loading;

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

// Nothing, before it is loaded.
export function draw(facts) {
  return scribe?.draw(facts);
}

async function load(script) {
  const module = await import(new URL(script, document.baseURI).href);
  await module.default();
  return (scribe = module);
}
