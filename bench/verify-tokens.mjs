// What signing and verifying one access token costs by each algorithm, with keys as the service
// holds them: node bench/verify-tokens.mjs
import { createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import jsonwebtoken from 'jsonwebtoken';

const ID = '0199f0c4-7d2e-7c4a-9c1b-5f2f6b1c8a11';
const CLAIMS = {
  sub: ID,
  sid: ID,
  role: 'user',
  type: 'access',
  iss: 'https://auth.example.com',
  aud: 'gatehouse',
  jti: ID,
  iat: 1_790_000_000,
  exp: 1_990_000_000,
};

const secret = createSecretKey(randomBytes(48));
const keys = {
  HS256: { privateKey: secret, publicKey: secret },
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
};

/** Microseconds a call, of the best of many short rounds: whatever else runs here only adds. */
function cost(work) {
  const rounds = Array.from({ length: 300 }, () => {
    const start = process.hrtime.bigint();
    for (let n = 0; n < 20; n++) work();
    return Number(process.hrtime.bigint() - start) / 20 / 1000;
  });
  return Math.min(...rounds);
}

const rows = Object.entries(keys).map(([algorithm, { privateKey, publicKey }]) => {
  const keyid = algorithm === 'HS256' ? {} : { keyid: randomBytes(32).toString('base64url') };
  const make = () => jsonwebtoken.sign(CLAIMS, privateKey, { algorithm, ...keyid });
  const token = make();
  const { iss: issuer, aud: audience } = CLAIMS;
  const rules = { algorithms: [algorithm], issuer, audience };
  const check = () => jsonwebtoken.verify(token, publicKey, rules);
  return { algorithm, sign: cost(make), verify: cost(check), length: token.length };
});

const base = rows[0].verify;
for (const { algorithm, sign, verify, length } of rows)
  console.log(
    `${algorithm}  sign ${sign.toFixed(1)} µs  verify ${verify.toFixed(1)} µs ` +
      `(${(verify / base).toFixed(1)} times HS256)  ${length} characters`,
  );
