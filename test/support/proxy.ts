import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { DatabaseAddress } from '../../src/database/database-connection';
import { freePort } from './ports';

/** A port that leads to the test server for as long as it is open. */
export class TestProxy {
  private readonly sockets = new Set<Socket>();
  private server: Server | null = null;

  private constructor(
    private readonly socketPath: string,
    readonly port: number,
  ) {}

  static async to({ host, port }: DatabaseAddress): Promise<TestProxy> {
    const proxy = new TestProxy(`${host}/.s.PGSQL.${port}`, await freePort());
    await proxy.open();
    return proxy;
  }

  async open(): Promise<void> {
    this.server = createServer((client) => {
      const server = connect(this.socketPath);
      for (const [from, to] of [
        [client, server],
        [server, client],
      ] as const) {
        this.sockets.add(from);
        from.on('error', () => {}).on('close', () => to.destroy());
        from.pipe(to);
      }
    }).listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  /** Connections that are there end, and new ones are refused. */
  async close(): Promise<void> {
    const closed = once(this.server!, 'close');
    this.server!.close();
    for (const socket of this.sockets) socket.destroy();
    this.sockets.clear();
    await closed;
  }
}
