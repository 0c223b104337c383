import { connect } from 'node:net';
import type { Answer } from './client';

/** Sends these bytes and reads one answer to its end. Over plain http only. */
export async function sendRaw(origin: string, bytes: string | Buffer): Promise<Answer> {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  const chunks: Buffer[] = [];
  socket.write(bytes);
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return parsed(Buffer.concat(chunks).toString());
}

function parsed(response: string): Answer {
  const end = response.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = response.slice(0, end).split('\r\n');
  const headers = new Headers();
  for (const line of lines) {
    const at = line.indexOf(':');
    headers.append(line.slice(0, at), line.slice(at + 1).trim());
  }
  const text = response.slice(end + 4);
  const isJson = headers.get('content-type')?.includes('json');
  const body: unknown = isJson && text !== '' ? JSON.parse(text) : null;
  return { status: Number(statusLine.split(' ')[1]), headers, text, body };
}
