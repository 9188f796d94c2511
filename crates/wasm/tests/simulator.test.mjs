// The headless module as a Node program uses it.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

const npm = process.env.ACCESSION_NPM;
assert.ok(npm, "ACCESSION_NPM names the built module; run `cargo xtask test wasm`");
const { initSync, Simulator, Upload } = await import(pathToFileURL(join(npm, "accession.js")));
initSync({ module: await readFile(join(npm, "accession_bg.wasm")) });

const ORIGIN = "https://vcenter.example";
const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

function logIn(simulator, user = "me", password = "secret") {
  const Authorization = `Basic ${btoa(`${user}:${password}`)}`;
  const request = { method: "POST", url: `${ORIGIN}/api/session`, headers: { Authorization } };
  return simulator.handle(request, NOW);
}

function caller(simulator) {
  const token = JSON.parse(logIn(simulator).body);
  return (method, path, body, now = NOW) => {
    const headers = { "vmware-api-session-id": token, "Content-Type": "application/json" };
    const request = { method, url: ORIGIN + path, headers, body: body && JSON.stringify(body) };
    const answer = simulator.handle(request, now);
    return { ...answer, value: answer.body && JSON.parse(answer.body) };
  };
}

function session(call, type = "iso") {
  const storage_backings = [{ type: "DATASTORE", datastore_id: "datastore-11" }];
  const library = call("POST", "/api/content/local-library", { name: "demo", storage_backings });
  const item = call("POST", "/api/content/library/item", { library_id: library.value, name: "a", type });
  const library_item_id = item.value;
  return call("POST", "/api/content/library/item/update-session", { library_item_id });
}

test("a whole session, with its transitions", () => {
  const simulator = new Simulator({ seed: 1 });
  const call = caller(simulator);
  const created = session(call);
  assert.equal(created.status, 201);
  assert.deepEqual(
    created.transitions.map(({ from, to, because }) => ({ from, to, because })),
    [{ from: null, to: "open", because: "create" }],
  );
  const path = `/api/content/library/item/update-session/${created.value}`;
  const added = call("POST", `${path}/file`, { name: "a.iso", source_type: "PUSH", size: 3 });
  const url = added.value.upload_endpoint.uri;
  assert.ok(Simulator.isUpload(url));

  const early = call("POST", `${path}?action=complete`);
  assert.equal(early.status, 400);
  assert.equal(early.rule.id, "session.files-received");
  assert.equal(early.rule.provenance, "documented");

  const upload = simulator.openUpload({ method: "PUT", url }, NOW);
  assert.ok(upload instanceof Upload);
  assert.deepEqual(upload.wants, ["SHA1"]);
  assert.equal(simulator.progress(upload, 2, NOW), true);
  const digests = { SHA1: "a9993e364706816aba3e25717850c26c9cd0d89d" };
  assert.equal(simulator.closeUpload(upload, { size: 3, digests }, NOW).status, 200);

  const done = call("POST", `${path}?action=complete`);
  assert.equal(done.status, 204);
  assert.equal(done.body, "");
  assert.deepEqual(done.transitions.map(({ to }) => to), ["done"]);
});

test("what is in a file is judged", () => {
  const simulator = new Simulator({ seed: 1 });
  const call = caller(simulator);
  const path = `/api/content/library/item/update-session/${session(call, "ovf").value}`;
  const added = call("POST", `${path}/file`, { name: "vm.ovf", source_type: "PUSH" });
  const upload = simulator.openUpload({ method: "PUT", url: added.value.upload_endpoint.uri }, NOW);
  const contents = { needs: [{ name: "disk.vmdk" }] };
  const outcome = { size: 3, digests: { SHA1: "a9993e364706816aba3e25717850c26c9cd0d89d" }, contents };
  assert.equal(simulator.closeUpload(upload, outcome, NOW).status, 200);
  const refused = call("POST", `${path}?action=complete`);
  assert.equal(refused.status, 400);
  assert.equal(refused.rule.id, "adapter.files-present");
  assert.deepEqual(refused.value.messages[0].args, ["disk.vmdk ", ""]);
});

test("the clock is handed in", () => {
  const simulator = new Simulator({ seed: 1 });
  const call = caller(simulator);
  const id = session(call).value;
  assert.equal(simulator.pollTimeout(), NOW + 5 * 60_000);
  assert.deepEqual(simulator.advance(NOW + 5 * 60_000 - 1), []);
  const [gone] = simulator.advance(NOW + 5 * 60_000);
  assert.deepEqual(gone, {
    at: "2026-01-02T03:09:05.000Z",
    session: id,
    from: "open",
    to: null,
    because: "expire",
  });
});

test("a snapshot goes on where it was, without logins", () => {
  const simulator = new Simulator({ seed: 1 });
  const id = session(caller(simulator)).value;
  const snapshot = simulator.snapshot();
  const other = new Simulator({ seed: 2 });
  other.restore(snapshot);
  const path = `/api/content/library/item/update-session/${id}`;
  const call = caller(other);
  assert.equal(call("GET", path).value.state, "ACTIVE");
  assert.ok(!snapshot.includes("secret"));
  assert.throws(() => other.restore("{}"), /version/);
  assert.equal(call("GET", path).status, 200, "what is no snapshot changes nothing");
});

test("a source can be made up, at a pace", () => {
  const simulator = new Simulator({ seed: 1 });
  const call = caller(simulator);
  const path = `/api/content/library/item/update-session/${session(call).value}`;
  simulator.declareSource("http://mirror.test/a", { received: { size: 9, digests: {} } });
  simulator.setPace({ looks: 2 });
  const spec = { name: "a", source_type: "PULL", source_endpoint: { uri: "http://mirror.test/a" } };
  call("POST", `${path}/file`, spec);
  const seen = [1, 2].map(() => call("GET", `${path}/file/a`).value.status);
  assert.deepEqual(seen, ["TRANSFERRING", "READY"]);
  assert.throws(() => simulator.setPace({ looks: "often" }), /pace/);
  assert.throws(() => simulator.declareSource("http://mirror.test/b", { size: 9 }), /source/);
});

test("a fault happens as often as it is told to", () => {
  const simulator = new Simulator({ seed: 1 });
  const call = caller(simulator);
  const id = session(call).value;
  const path = `/api/content/library/item/update-session/${id}`;
  const on = "library.item.update_session.get";
  simulator.arm({ on, effect: { kind: "error", error_type: "SERVICE_UNAVAILABLE" }, count: 1 });
  simulator.arm({ on, effect: { kind: "latency", millis: 30 }, skip: 1, count: 1 });
  const refused = call("GET", path);
  assert.deepEqual([refused.status, refused.rule.id, refused.disturbance], [503, "fault", null]);
  assert.deepEqual(call("GET", path).disturbance, { delay: 30, bytes_per_second: null, cut_after: null });
  assert.equal(call("GET", path).disturbance, null);
  assert.throws(() => simulator.arm({ on: "complete", effect: { kind: "reset" } }), /complete/);
  assert.throws(() => simulator.arm({ on, effect: { kind: "fire" } }), /effect/);
  simulator.disarm();
});

test("what would be refused is told, and the way out", () => {
  const simulator = new Simulator({ seed: 1 });
  const call = caller(simulator);
  const id = session(call).value;
  const path = `/api/content/library/item/update-session/${id}`;
  call("POST", `${path}/file`, { name: "a.iso", source_type: "PUSH" });
  const complete = ["library.item.update_session.complete", { update_session_id: id }, "me"];
  const [unmet] = simulator.whyNot(...complete);
  assert.equal(unmet.rule.id, "session.files-received");
  assert.match(unmet.why, /a\.iso/);
  assert.deepEqual(simulator.pathTo(...complete), [{ kind: "upload", session: id, file: "a.iso" }]);
  assert.ok(simulator.legal(id).includes("cancel") && !simulator.legal(id).includes("complete"));
  call("POST", `${path}?action=cancel`);
  assert.equal(simulator.pathTo(...complete), null);
  assert.deepEqual(simulator.legal(id), ["delete"]);
  assert.throws(() => simulator.whyNot("complete", {}, "me"), /complete/);
  const missing = /Field 'update_session_id' missing from structure 'operation-input'/;
  assert.throws(() => simulator.whyNot(complete[0], { update_session_ip: id }, "me"), missing);
  const both = { update_session_id: id, update_session_ip: id };
  assert.throws(() => simulator.whyNot(complete[0], both, "me"), /update_session_ip/);
});

test("an older release lacks what came later", () => {
  const simulator = new Simulator({ seed: 1, release: "8.0", behaviour: { item_names: "repeatable" } });
  assert.equal(session(caller(simulator)).status, 201);
  assert.throws(() => new Simulator({ seed: 1, release: "7.0" }), /release/);
  assert.throws(() => new Simulator({ seed: 1, behaviour: { colour: "blue" } }), /colour/);
});

test("two simulators are two, and the seed decides", () => {
  const ids = [1, 1, 2].map((seed) => session(caller(new Simulator({ seed }))).value);
  assert.equal(ids[0], ids[1]);
  assert.notEqual(ids[0], ids[2]);
});

test("only the given account may log in", () => {
  const simulator = new Simulator({ seed: 1, accounts: { user: "me", password: "right" } });
  assert.equal(logIn(simulator, "me", "wrong").status, 401);
  assert.equal(logIn(simulator, "me", "right").status, 201);
});

test("bad input is an error that names it, never a trap", () => {
  const simulator = new Simulator({ seed: 1 });
  const get = { method: "GET", url: `${ORIGIN}/api/session` };
  const wrong = [
    [() => new Simulator({}), /seed/],
    [() => new Simulator({ seed: -1 }), /seed/],
    [() => new Simulator({ seed: 1.5 }), /seed/],
    [() => new Simulator({ seed: 1, sede: 2 }), /sede/],
    [() => simulator.handle({ ...get, method: "BREW" }, NOW), /BREW/],
    [() => simulator.handle({ ...get, url: 7 }, NOW), /request/],
    [() => simulator.handle(undefined, NOW), /request/],
    [() => simulator.handle(get, NaN), /now/],
  ];
  for (const [act, message] of wrong) {
    assert.throws(act, (error) => error instanceof Error && message.test(error.message), `${act}`);
  }
  for (const now of [-1e300, 1e300, 0]) {
    assert.equal(simulator.handle(get, now).status, 401);
  }
  assert.equal(simulator.handle({ ...get, url: "" }, NOW).status, 404);
});
