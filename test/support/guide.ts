import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseEnv } from 'node:util';

const GUIDE = readFileSync('docs/oauth.md', 'utf8');

const blocks = (language: string): string[] =>
  [...GUIDE.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(
    ([, text]) => text!,
  );

/** The lines for `.env` in docs/oauth.md, block by block. */
export function guideEnvironments(): Record<string, string>[] {
  return blocks('sh')
    .filter((block) => block.includes('_CLIENT_ID='))
    .map((block) => parseEnv(block) as Record<string, string>);
}

/** The pages of docs/oauth.md by path: those that name theirs in a comment. */
export function guidePages(): ReadonlyMap<string, string> {
  const named = blocks('html').map((page) => [/^<!-- (\/\S*) -->/.exec(page)?.[1], page] as const);
  return new Map(named.filter((entry): entry is [string, string] => entry[0] !== undefined));
}

/** A frontend made of the pages of docs/oauth.md; only where the service is differs from there. */
export class GuideFrontend {
  /** Once it is known. */
  service = '';
  private readonly pages = guidePages();
  private readonly server = createServer(({ url }, response) => {
    const page = this.pages.get(new URL(url!, 'http://frontend').pathname);
    response.writeHead(page ? 200 : 204, { 'content-type': 'text/html; charset=utf-8' });
    response.end(page?.replaceAll('http://localhost:8000', this.service));
  });

  static async open(): Promise<GuideFrontend> {
    const frontend = new GuideFrontend();
    frontend.server.listen(0, '127.0.0.1');
    await once(frontend.server, 'listening');
    return frontend;
  }

  /** The same site as the service under test. */
  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The same pages on another site than the service's. */
  get foreignOrigin(): string {
    return `http://localhost:${this.port}`;
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private get port(): number {
    return (this.server.address() as AddressInfo).port;
  }
}
