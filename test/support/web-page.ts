import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

const PAGE = `<!doctype html><title>App</title><link rel="icon" href="data:,">
<form method="post">
<label>Name <input name="username"></label>
<label>Password <input name="password"></label>
<button>Sign in</button>
</form>`;

/** A page of somebody's web app: an origin for script to run on, and a form that leads nowhere. */
export class WebPage {
  private constructor(private readonly server: Server) {}

  static async open(): Promise<WebPage> {
    const server = createServer((_, response) => {
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.end(PAGE);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new WebPage(server);
  }

  /** Its origin under a name of this machine: `localhost` and `127.0.0.1` are two sites. */
  at(host: 'localhost' | '127.0.0.1'): string {
    return `http://${host}:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
