// What the stories of all views need: a browser, a page, and one whose server passes calls on to another server, under
// a name that the page takes for a machine elsewhere.

import { launch } from './browser.mjs';
import { freePort, server, serverWithPage } from './programs.mjs';

const NAME = 'vcenter.test';
const USER = 'administrator@vsphere.local';

/** Starts all of it; the password is that of the server behind. */
export async function stage(password) {
  const port = await freePort();
  const behind = await server('--seed', '7', '--user', USER, '--password', password);
  const [browser, program, gateway] = await Promise.all([
    launch(`--host-resolver-rules=MAP ${NAME} 127.0.0.1`),
    serverWithPage(),
    serverWithPage(
      ...['--vcenter', behind.origin, '--listen', `127.0.0.1:${port}`],
      ...['--public-url', `http://${NAME}:${port}`],
    ),
  ]);
  return {
    browser,
    /** The address of a story's page. */
    address: (live) => `${live ? `http://${NAME}:${port}` : program.origin}/?seed=7`,
    close: () => Promise.all([browser.close(), program.stop(), gateway.stop(), behind.stop()]),
  };
}
