import type { Answer } from './client';

/** What no client may ever read: traces, SQL, and the names of what the service is made of. */
const LEAKS =
  /node_modules|\bat \S+ \(|\.[jt]s:\d|select .* from|insert into|update .* set|duplicate key|violates|constraint "|postgres|typeorm|fastify|nestjs|class-validator|jsonwebtoken|jwt (?:malformed|expired)|passport|unexpected token|JSON at position|argon2|bcrypt|\bundefined\b|\[object/i;

/** Any answer but a fault; a refusal is as RFC 9457 and the conventions want it, and says nothing of what is inside. */
export function expectSane({ status, headers, text, body }: Answer, what: unknown): void {
  const requestId = headers.get('x-request-id');
  const seen = { what, status, text: text.slice(0, 300) };
  expect({ ...seen, isFault: !(status < 500) }).toEqual({ ...seen, isFault: false });
  expect(requestId).toMatch(/^[\w.-]{1,128}$/);
  if (status < 400) return;
  expect({ ...seen, type: headers.get('content-type') }).toEqual({
    ...seen,
    type: expect.stringMatching(/^application\/problem\+json\b/),
  });
  expect({ ...seen, problem: body }).toEqual({
    ...seen,
    problem: expect.objectContaining({
      type: expect.stringMatching(/\S/),
      title: expect.stringMatching(/\S/),
      status,
      detail: expect.stringMatching(/\S/),
      code: expect.stringMatching(/^[a-z_]+$/),
      request_id: requestId,
    }),
  });
  expect({ ...seen, leak: LEAKS.exec(text)?.[0] }).toEqual({ ...seen, leak: undefined });
}
