import type { Answer } from '../support/api';
import { AnswerCheck } from './support/answer-check';
import { type ApiDocument, operationsOf } from './support/operations';

const PROBLEM = {
  type: '/problems/forbidden',
  title: 'Forbidden',
  status: 403,
  detail: 'Not yours.',
  code: 'forbidden',
  request_id: 'r-1',
};

const document = {
  paths: {
    '/things/{id}': {
      get: {
        responses: {
          200: {
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } },
          },
          204: {},
          403: {
            content: { 'application/problem+json': { examples: { forbidden: {} } } },
          },
        },
      },
    },
  },
  components: {
    schemas: {
      Thing: {
        type: 'object',
        properties: { name: { type: 'string', nullable: true } },
        required: ['name'],
      },
    },
  },
} as unknown as ApiDocument;

const [operation] = operationsOf(document);

function answering(status: number, body: unknown, more: Record<string, string> = {}): Answer {
  const type = status === 403 ? 'application/problem+json' : 'application/json';
  const headers = new Headers({
    'x-request-id': 'r-1',
    'x-process-time': '0.1',
    ...(body !== null && { 'content-type': type }),
    ...more,
  });
  return { status, headers, body, text: body === null ? '' : JSON.stringify(body) };
}

const checking = (answer: Answer) => () =>
  new AnswerCheck(document).expectDocumented(operation!, answer);

it.each([
  ['a body', answering(200, { name: 'a' })],
  ['a field that may be null', answering(200, { name: null })],
  ['no body', answering(204, null)],
  ['a refusal', answering(403, PROBLEM)],
])('finds nothing in %s as it is documented', (_, answer) => {
  expect(checking(answer)).not.toThrow();
});

it.each([
  ['a status that is not documented', answering(201, { name: 'a' })],
  ['a server error', answering(500, PROBLEM)],
  ['a field that is not documented', answering(200, { name: 'a', password_hash: 'x' })],
  ['a missing field', answering(200, {})],
  ['a field of another type', answering(200, { name: 7 })],
  ['another content type', answering(200, { name: 'a' }, { 'content-type': 'text/html' })],
  ['a body where there is none', answering(204, { name: 'a' })],
  ['an error code that is not documented', answering(403, { ...PROBLEM, code: 'last_admin' })],
  ['SQL', answering(403, { ...PROBLEM, detail: 'select * from users' })],
  ['no request id', answering(200, { name: 'a' }, { 'x-request-id': '' })],
  ['no time', answering(200, { name: 'a' }, { 'x-process-time': '' })],
])('finds %s', (_, answer) => {
  expect(checking(answer)).toThrow(/expect/);
});
