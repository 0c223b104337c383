import dns from 'node:dns';
import { createServer, type RequestListener, type Server } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
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
    await expect(http.request(`${url}/echo`, sent)).resolves.toMatchObject({
      status: 418,
      text: 'yes grün',
    });
    expect(seen).toEqual(['POST /echo']);
  });

  it('returns the headers', async () => {
    answer = (_, response) => response.writeHead(200, { 'X-Answer': 'yes' }).end();
    const { headers } = await http.request(url);
    expect(headers.get('x-answer')).toBe('yes');
    expect(Object.fromEntries(headers)).toMatchObject({ 'x-answer': 'yes' });
  });

  it.each([301, 302, 303, 307, 308])('returns a %d instead of following it', async (status) => {
    const location = `${url}/elsewhere`;
    answer = (_, response) => response.writeHead(status, { location }).end();
    const answered = await http.request(`${url}/start`, { method: 'POST', body: 'secret' });
    expect(answered).toMatchObject({ status, text: '' });
    expect(answered.headers.get('location')).toBe(location);
    expect(seen).toEqual(['POST /start']);
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

  it.each(['file:///etc/passwd', 'data:,hello', 'ftp://a.test/?key', 'about:blank', '/path', ''])(
    'refuses what is no web address: %j',
    async (address) => {
      await expect(http.request(address)).rejects.toThrow('only http and https');
    },
  );

  it('names the host it could not reach, and nothing else of the request', async () => {
    const gone = await freePort();
    const failed = http.request(`http://127.0.0.1:${gone}/path?key=secret`);
    await expect(failed).rejects.toThrow(
      `127.0.0.1:${gone}: connect ECONNREFUSED 127.0.0.1:${gone}`,
    );
  });

  it.each([
    ['credentials in the URL', 'http://ada:secret@host.test/', {}, 'host.test: a URL with'],
    [
      'a header that cannot be sent',
      'http://host.test/',
      { authorization: 'Bearer secret\nInjected: yes' },
      'host.test: the request cannot be made',
    ],
  ])('does not repeat %s', async (_, address, headers, message) => {
    const error: unknown = await http.request(address, { headers }).catch((thrown) => thrown);
    expect(String(error)).toContain(message);
    expect(String(error)).not.toContain('secret');
  });

  describe('to public addresses only', () => {
    const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
      addresses!.some(({ address }) => address === '::1'),
    );
    const six = createServer((request, response) => server.emit('request', request, response));
    let port: number;
    let connections: number;

    /** The same port on both loopback addresses, where there are both. */
    beforeAll(async () => {
      port = Number(new URL(url).port);
      for (const each of [server, six]) each.on('connection', () => connections++);
      if (hasIpv6) await new Promise<void>((listening) => six.listen(port, '::1', listening));
    });

    beforeEach(() => {
      connections = 0;
      answer = (_, response) => response.end('inside');
    });

    afterEach(() => jest.restoreAllMocks());

    afterAll(async () => {
      six.closeAllConnections();
      await new Promise((closed) => six.close(closed));
    });

    const inside = [
      '127.0.0.1',
      'localhost',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '[::ffff:7f00:1]',
      '2130706433',
      '0x7f000001',
      '0177.0.0.1',
      '127.1',
      '127.0.0.1.',
      '0.0.0.0',
    ];

    it.each(inside)('refuses %s without connecting to it', async (host) => {
      const request = http.request(`http://${host}:${port}/?key=secret`, { onlyPublic: true });
      await expect(request).rejects.toThrow(/^[^/?]+: the address is not public$/);
      expect(connections).toBe(0);
    });

    it.each(inside.filter((host) => hasIpv6 || !host.startsWith('[')))(
      'reaches %s where any address will do',
      async (host) => {
        const { text } = await http.request(`http://${host}:${port}/`);
        expect(text).toBe('inside');
      },
    );

    it('lets a public address through', async () => {
      const connect = net.connect as (options: net.TcpNetConnectOpts) => net.Socket;
      const spy = jest
        .spyOn(net, 'connect')
        .mockImplementation(((options: net.TcpNetConnectOpts) =>
          connect({ ...options, host: '127.0.0.1' })) as typeof net.connect);
      const { text } = await http.request(`http://1.1.1.1:${port}/`, { onlyPublic: true });
      expect(text).toBe('inside');
      expect(spy).toHaveBeenCalledWith(expect.objectContaining({ host: '1.1.1.1' }));
    });

    it('does not use a connection that was made for any address', async () => {
      await http.request(url);
      await expect(http.request(url, { onlyPublic: true })).rejects.toThrow('not public');
      expect(seen).toEqual(['GET /']);
    });

    it('refuses a public name that leads inside', async () => {
      const addresses = [{ address: '127.0.0.1', family: 4 }];
      jest
        .spyOn(dns, 'lookup')
        .mockImplementation(((_: string, __: unknown, done: Function) =>
          done(null, addresses)) as typeof dns.lookup);
      const request = http.request(`http://rebinding.test:${port}/`, { onlyPublic: true });
      await expect(request).rejects.toThrow(`rebinding.test:${port}: the address is not public`);
      expect(connections).toBe(0);
    });

    it.each([
      'http://169.254.169.254/latest/meta-data/',
      'https://10.0.0.1/',
      'https://[fd00::1]/',
    ])('refuses %s at once', async (address) => {
      const request = new ImpatientHttp().request(address, { onlyPublic: true });
      await expect(request).rejects.toThrow('the address is not public');
    });
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}
