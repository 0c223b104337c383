import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Answer } from './api';

/** Sends bytes that no HTTP client would, and reads the answer until the service hangs up. */
export async function sendRaw(origin: string, request: string): Promise<Answer> {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  socket.write(request);
  const received = await text(socket);
  const [head = '', body = ''] = received.split('\r\n\r\n', 2);
  const [statusLine = '', ...lines] = head.split('\r\n');
  const headers = new Headers(lines.map((line) => line.split(/: ?(.*)/s, 2) as [string, string]));
  const isJson = headers.get('content-type')?.includes('json') ?? false;
  return {
    status: Number(statusLine.split(' ')[1]),
    headers,
    text: body,
    body: isJson ? JSON.parse(body) : null,
  };
}
