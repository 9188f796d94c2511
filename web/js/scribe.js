// The module that writes and draws what is seldom asked for is loaded when somebody asks.
let scribe, commands, loading;

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

// What lets runs out and in lies beside the module.
export async function pass(script, how, record) {
  const [{ pass }] = await Promise.all([
    import(new URL("passage.js", new URL(script, document.baseURI)).href),
    write(script, "null"),
  ]);
  return pass(scribe, how, record);
}

// Nothing, before it is loaded.
export function draw(facts) {
  return scribe?.draw(commands.complete(facts));
}

async function load(script) {
  const base = new URL(script, document.baseURI);
  const parts = [base.href, new URL("commands.js", base).href].map((part) => import(part));
  const [module, beside] = await Promise.all(parts);
  await module.default();
  commands = beside;
  return (scribe = module);
}
