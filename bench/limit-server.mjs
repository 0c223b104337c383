// What this machine can do at most for "who is signed in": node:http, a JWT check with a KeyObject,
// one prepared lookup of a session and its user by primary key. No framework, no validation.
import { createSecretKey } from 'node:crypto';
import { createServer } from 'node:http';
import jwt from 'jsonwebtoken';
import pg from 'pg';

const key = createSecretKey(Buffer.from(process.env.SECRET_KEY));
const pool = new pg.Pool({ ...JSON.parse(process.env.BENCH_DATABASE), max: 10 });
const lookup = {
  name: 'lookup',
  text: `SELECT u.id, u.username, u.email FROM sessions s JOIN users u ON u.id = s.user_id
    WHERE s.id = $1 AND s.revoked_at IS NULL AND u.security_stamp = s.security_stamp`,
};

const server = createServer((request, response) => {
  const { sid } = jwt.verify(request.headers.authorization.slice(7), key, {
    algorithms: ['HS256'],
  });
  pool.query({ ...lookup, values: [sid] }).then(({ rows }) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(rows[0]));
  });
});
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
