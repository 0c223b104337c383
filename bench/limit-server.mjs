// What this machine can do at most: a bare Fastify that checks the same JWT with a KeyObject and
// runs the same one prepared statement, on a pool of the same size. No validation, no log, no limit.
import { createSecretKey } from 'node:crypto';
import Fastify from 'fastify';
import jwt from 'jsonwebtoken';
import pg from 'pg';

const { keys, database, statements } = JSON.parse(process.env.BENCH_LIMIT);
const pool = new pg.Pool({ ...database, max: 10 });
const server = Fastify();
const key = (hex) => createSecretKey(Buffer.from(hex, 'hex'));
const access = key(keys.access);
const refresh = key(keys.refresh);
const algorithms = ['HS256'];

server.get('/me', async (request) => {
  const { sid, sub } = jwt.verify(request.headers.authorization.slice(7), access, { algorithms });
  const values = [new Date(), sid, sub];
  const { rows } = await pool.query({ ...statements.authenticate, values });
  return rows[0];
});

// The generation stays as it is, so that one token is good for as long as the measuring takes.
server.post('/refresh', async (request) => {
  const token = jwt.verify(request.body.refresh_token, refresh, { algorithms });
  const now = new Date();
  const expiresAt = new Date(now.getTime() + 1e8);
  const { sid, sub, jti } = token;
  const values = [now, sid, sub, jti, jti, expiresAt, '127.0.0.1', 'bench'];
  const { rows } = await pool.query({ ...statements.rotate, values });
  return rows[0];
});

await server.listen({ port: 0, host: '127.0.0.1' });
process.send(server.server.address().port);
