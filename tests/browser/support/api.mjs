// A second client, written without ours: it spells each call out by hand, in both dialects.

const ITEM = '/content/library/item';
const REST = '/rest/com/vmware/content/library/item';

/** Each operation as a method, a target and a body. */
const LINES = {
  api: {
    login: () => ['POST', '/api/session'],
    login_get: () => ['GET', '/api/session'],
    logout: () => ['DELETE', '/api/session'],
    library_create: (spec) => ['POST', '/api/content/local-library', spec],
    library_list: () => ['GET', '/api/content/local-library'],
    library_get: (id) => ['GET', `/api/content/local-library/${id}`],
    item_create: (spec) => ['POST', `/api${ITEM}`, spec],
    item_get: (id) => ['GET', `/api${ITEM}/${id}`],
    item_list: (library) => ['GET', `/api${ITEM}?library_id=${library}`],
    item_files: (id) => ['GET', `/api${ITEM}/${id}/file`],
    create: (spec) => ['POST', `/api${ITEM}/update-session`, spec],
    get: (id) => ['GET', `/api${ITEM}/update-session/${id}`],
    list: () => ['GET', `/api${ITEM}/update-session`],
    complete: (id) => ['POST', `/api${ITEM}/update-session/${id}?action=complete`],
    cancel: (id) => ['POST', `/api${ITEM}/update-session/${id}?action=cancel`],
    keep_alive: (id, progress) => [
      'POST',
      `/api${ITEM}/update-session/${id}?action=keep-alive`,
      { client_progress: progress },
    ],
    fail: (id, why) => [
      'POST',
      `/api${ITEM}/update-session/${id}?action=fail`,
      { client_error_message: why },
    ],
    delete: (id) => ['DELETE', `/api${ITEM}/update-session/${id}`],
    file_add: (id, spec) => ['POST', `/api${ITEM}/update-session/${id}/file`, spec],
    file_list: (id) => ['GET', `/api${ITEM}/update-session/${id}/file`],
    file_get: (id, name) => [
      'GET',
      `/api${ITEM}/update-session/${id}/file/${encodeURIComponent(name)}`,
    ],
    validate: (id) => ['POST', `/api${ITEM}/update-session/${id}/file?action=validate`],
  },
  rest: {
    login: () => ['POST', '/rest/com/vmware/cis/session'],
    login_get: () => ['POST', '/rest/com/vmware/cis/session?~action=get'],
    logout: () => ['DELETE', '/rest/com/vmware/cis/session'],
    library_create: (spec) => [
      'POST',
      '/rest/com/vmware/content/local-library',
      { create_spec: spec },
    ],
    library_list: () => ['GET', '/rest/com/vmware/content/local-library'],
    library_get: (id) => ['GET', `/rest/com/vmware/content/local-library/id:${id}`],
    item_create: (spec) => ['POST', REST, { create_spec: spec }],
    item_get: (id) => ['GET', `${REST}/id:${id}`],
    item_list: (library) => ['GET', `${REST}?library_id=${library}`],
    item_files: (id) => ['GET', `${REST}/file?library_item_id=${id}`],
    create: (spec) => ['POST', `${REST}/update-session`, { create_spec: spec }],
    get: (id) => ['GET', `${REST}/update-session/id:${id}`],
    list: () => ['GET', `${REST}/update-session`],
    complete: (id) => ['POST', `${REST}/update-session/id:${id}?~action=complete`],
    cancel: (id) => ['POST', `${REST}/update-session/id:${id}?~action=cancel`],
    keep_alive: (id, progress) => [
      'POST',
      `${REST}/update-session/id:${id}?~action=keep-alive`,
      { client_progress: progress },
    ],
    fail: (id, why) => [
      'POST',
      `${REST}/update-session/id:${id}?~action=fail`,
      { client_error_message: why },
    ],
    delete: (id) => ['DELETE', `${REST}/update-session/id:${id}`],
    file_add: (id, spec) => [
      'POST',
      `${REST}/updatesession/file/id:${id}?~action=add`,
      { file_spec: spec },
    ],
    file_list: (id) => ['GET', `${REST}/updatesession/file?update_session_id=${id}`],
    file_get: (id, name) => [
      'POST',
      `${REST}/updatesession/file/id:${id}?~action=get`,
      { file_name: name },
    ],
    validate: (id) => ['POST', `${REST}/updatesession/file/id:${id}?~action=validate`],
  },
};

export const DIALECTS = ['api', 'rest'];

/** The header that carries the token of a login. */
export const TOKEN = 'vmware-api-session-id';

export class Api {
  token = undefined;

  constructor(origin, dialect = 'api') {
    this.origin = origin;
    this.dialect = dialect;
  }

  /** Logs in, and returns itself. */
  async login(user = 'administrator@vsphere.local', password = 'a secret of the tests') {
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    this.token = await this.ask('login', [], { authorization });
    return this;
  }

  /** Calls an operation and gives its result; a refusal is thrown. */
  async call(operation, ...parameters) {
    return this.ask(operation, parameters, {});
  }

  /** Calls an operation and gives the whole answer. */
  async send(operation, parameters = [], headers = {}) {
    const [method, target, body] = LINES[this.dialect][operation](...parameters);
    if (this.token) headers = { [TOKEN]: this.token, ...headers };
    return send(this.origin + target, method, headers, body);
  }

  async ask(operation, parameters, headers) {
    const answer = await this.send(operation, parameters, headers);
    if (answer.status >= 300) throw new Error(`${operation}: ${answer.status} ${answer.text}`);
    return this.dialect === 'api' ? answer.json : (answer.json?.value ?? null);
  }

  /** A new library, a new item in it, and what they are called. */
  async newItem(name = 'item', datastore = 'datastore-1') {
    const library = await this.call('library_create', {
      name: `library of ${name}`,
      type: 'LOCAL',
      storage_backings: [{ type: 'DATASTORE', datastore_id: datastore }],
    });
    return this.call('item_create', { name, library_id: library });
  }

  newSession(item) {
    return this.call('create', { library_item_id: item });
  }

  /** Adds a file and gives the link to which its bytes go. */
  async addFile(session, name, more = {}) {
    const info = await this.call('file_add', session, { name, source_type: 'PUSH', ...more });
    return info.upload_endpoint.uri;
  }
}

/** Sends a request and reads the whole answer. */
export async function send(url, method, headers = {}, body = undefined) {
  const json = body !== undefined && !(body instanceof Uint8Array) && typeof body !== 'string';
  const answer = await fetch(url, {
    method,
    headers: json ? { 'content-type': 'application/json', ...headers } : headers,
    body: json ? JSON.stringify(body) : body,
    redirect: 'manual',
  });
  const text = await answer.text();
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  return { status: answer.status, headers: answer.headers, text, json: value };
}
