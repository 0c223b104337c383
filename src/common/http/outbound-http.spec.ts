import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { OutboundHttp } from './outbound-http';

class ImpatientHttp extends OutboundHttp {
  protected override readonly timeoutSeconds = 0.1;
}

describe('OutboundHttp', () => {
  const http = new OutboundHttp();
  let server: Server;
  let answer: RequestListener;
  let url: string;
  let seen: string[];

  beforeAll(async () => {
    server = createServer((request, response) => {
      seen.push(`${request.method} ${request.url}`);
      answer(request, response);
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  beforeEach(() => {
    seen = [];
  });

  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });

  it('sends method, headers and body, and returns any status with its text', async () => {
    answer = (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const echo = `${String(request.headers['x-test'])} ${Buffer.concat(chunks).toString()}`;
        response.writeHead(418).end(echo);
      });
    };
    const sent = { method: 'POST', headers: { 'x-test': 'yes' }, body: 'grün' } as const;
    await expect(http.request(`${url}/echo`, sent)).resolves.toEqual({
      status: 418,
      text: 'yes grün',
    });
    expect(seen).toEqual(['POST /echo']);
  });

  it('returns a redirect instead of following it', async () => {
    answer = (_, response) => response.writeHead(302, { location: `${url}/elsewhere` }).end();
    await expect(http.request(`${url}/start`)).resolves.toEqual({ status: 302, text: '' });
    expect(seen).toEqual(['GET /start']);
  });

  it('gives up on a server that never answers', async () => {
    answer = () => {};
    await expect(new ImpatientHttp().request(url)).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('gives up on a body that never ends', async () => {
    answer = (_, response) => {
      response.writeHead(200).write('drip');
    };
    await expect(new ImpatientHttp().request(url)).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('reads a body of exactly 1 MiB', async () => {
    answer = (_, response) => response.end('a'.repeat(1024 * 1024));
    const { text } = await http.request(url);
    expect(text).toHaveLength(1024 * 1024);
  });

  it('stops reading an endless body at 1 MiB, and hangs up', async () => {
    const hungUp = new Promise<void>((resolve) => {
      answer = (_, response) => {
        const pour = () => {
          while (!response.destroyed && response.write('a'.repeat(65_536)));
        };
        response.on('drain', pour).on('close', resolve);
        pour();
      };
    });
    await expect(http.request(url)).rejects.toThrow('larger than 1048576 bytes');
    await hungUp;
  });

  it('caps a decompression bomb by what it unpacks to', async () => {
    const bomb = gzipSync(Buffer.alloc(8 * 1024 * 1024));
    answer = (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    await expect(http.request(url)).rejects.toThrow('larger than 1048576 bytes');
  });
});
