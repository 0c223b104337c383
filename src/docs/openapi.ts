import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { BEARER_ONLY } from '../common/access/signed-in.decorator';
import { PROBLEM_CODES, PROBLEM_STATUSES } from '../common/http/problems.decorator';
import { UNLIMITED } from '../limits/unlimited.decorator';
import { type ErrorCode, PROBLEMS } from '../problem-map';
import { API_PREFIX, API_VERSION } from '../route-table';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']> & {
  [PROBLEM_CODES]?: string[];
  [PROBLEM_STATUSES]?: Record<string, number>;
  [UNLIMITED]?: boolean;
  [BEARER_ONLY]?: boolean;
};

const OF_BODIES = [
  'malformed_json',
  'malformed_request',
  'body_too_large',
  'unsupported_media_type',
];

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
const CANONICAL = `/${API_PREFIX}/v${API_VERSION}/`;
const UNVERSIONED = `/${API_PREFIX}/`;

const DESCRIPTION = `
Sign-up, sign-in with a password or a provider, sessions, profiles, and users for admins.

Click **Authorize**, type username and password, and every route below is yours to try.
In development, mails are at [/dev/mailbox](/dev/mailbox).

Errors are \`application/problem+json\` (RFC 9457) with a stable \`code\`. Every route of
\`${CANONICAL}\` answers at \`${UNVERSIONED}\` as well.`;

/** The OpenAPI document of the running application. */
export function createOpenApiDocument(app: INestApplication): OpenAPIObject {
  const options = new DocumentBuilder()
    .setTitle('Gatehouse')
    .setDescription(DESCRIPTION)
    .setVersion('1')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/', 'the server that this document comes from')
    .addTag('auth', 'Sign-up, sign-in, tokens, passwords and addresses')
    .addTag('oauth', 'Sign-in with Google, Discord and other providers, and linking them')
    .addTag('users', 'Your account, where you are signed in, and other users')
    .addTag('admin', 'For admins, besides users: mails and the audit trail')
    .addTag('system', 'Whether the service is well')
    .addTag('fastlaunch', 'The dialect of clients written for FastLaunch')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }, 'bearer')
    .addOAuth2(
      {
        type: 'oauth2',
        flows: { password: { tokenUrl: `${CANONICAL}auth/token`, scopes: {} } },
      },
      'password',
    )
    .addCookieAuth(
      '__Host-gatehouse_access',
      {
        type: 'apiKey',
        in: 'cookie',
        description: 'Set by a sign-in with `cookies=true`; without the prefix over http.',
      },
      'cookie',
    )
    .addApiKey(
      { type: 'apiKey', in: 'header', name: 'X-CSRF-Token', description: 'With the cookie only.' },
      'csrf',
    )
    .build();
  const document = SwaggerModule.createDocument(app, options);
  document.paths = Object.fromEntries(
    Object.entries(document.paths).filter(([path]) => isCanonical(path)),
  );
  (document.components ??= {}).schemas = { ...document.components.schemas, Problem: PROBLEM };
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS.filter((name) => item[name])) {
      const operation = item[method] as Operation;
      operation.operationId = operationId(method, path);
      describeSecurity(operation, method);
      describeProblems(operation, method);
    }
  }
  return document;
}

/**
 * Of what a client sees: `post_auth_login_form`, `delete_users_me_sessions_id`. What lies under
 * `/auth` at the root has the dialect's name there: `get_fastlaunch_verify_email`.
 */
const operationId = (method: string, path: string): string => {
  const seen = path.replace(CANONICAL, '').replace(/^\/auth\//, 'fastlaunch/');
  return [method, ...seen.match(/\w+/g)!].join('_');
};

const isCanonical = (path: string): boolean =>
  path.startsWith(CANONICAL) || !path.startsWith(UNVERSIONED);

/** Each way to sign in once, though handler and controller both say it, and none that is no way. */
function describeSecurity(operation: Operation, method: (typeof METHODS)[number]): void {
  const { security, [BEARER_ONLY]: isBearerOnly } = operation;
  delete operation[BEARER_ONLY];
  if (!security) return;
  const ways = new Map(security.map((way) => [Object.keys(way).join(), way]));
  if (isBearerOnly) ways.delete('cookie');
  operation.security = [...ways.values()];
  if (method !== 'get') demandCsrfToken(operation);
}

/** What changes something asks for the CSRF token of whoever is signed in by cookie. */
function demandCsrfToken(operation: Operation): void {
  operation.security = operation.security?.map((requirement) =>
    'cookie' in requirement ? { ...requirement, csrf: [] } : requirement,
  );
}

/** Turns the codes that `@Problems` left on an operation into responses with an example each. */
function describeProblems(operation: Operation, method: (typeof METHODS)[number]): void {
  const statuses = operation[PROBLEM_STATUSES] ?? {};
  const codes = new Set([...(operation[PROBLEM_CODES] ?? []), ...Object.keys(statuses)]);
  delete operation[PROBLEM_CODES];
  delete operation[PROBLEM_STATUSES];
  if (!operation[UNLIMITED]) codes.add('rate_limited');
  delete operation[UNLIMITED];
  if (operation.security) codes.add('unauthenticated').add('invalid_access_token');
  if (operation.security?.some((requirement) => 'csrf' in requirement))
    codes.add('csrf_token_invalid').add('origin_not_allowed');
  // A body is read before anything else, of a route that asks for none as well.
  if (method !== 'get') for (const code of OF_BODIES) codes.add(code);
  for (const [status, group] of Object.entries(byStatus([...codes], statuses))) {
    operation.responses[status] = {
      ...(status === '429' && { headers: HEADERS_OF_REFUSAL }),
      description: group.map((code) => `\`${code}\``).join(', '),
      content: {
        'application/problem+json': {
          schema: { $ref: '#/components/schemas/Problem' },
          examples: Object.fromEntries(
            group.map((code) => [code, { value: exampleOf(code, Number(status)) }]),
          ),
        },
      },
    };
  }
}

function byStatus(
  codes: readonly string[],
  statuses: Readonly<Record<string, number>>,
): Record<string, ErrorCode[]> {
  const groups: Record<string, ErrorCode[]> = {};
  for (const code of codes) {
    if (!Object.hasOwn(PROBLEMS, code)) throw new Error(`No such problem code: ${code}`);
    const status = statuses[code] ?? PROBLEMS[code as ErrorCode].status;
    (groups[status] ??= []).push(code as ErrorCode);
  }
  return groups;
}

const exampleOf = (code: ErrorCode, status: number) => ({
  type: `/problems/${code}`,
  title: PROBLEMS[code].title,
  status,
  detail: 'A sentence that says what to do.',
  code,
  request_id: '0199f0c4-7d2e-7c4a-9c1b-5f2f6b1c8a11',
  ...(status === 422 && {
    errors: [{ pointer: '/password', detail: 'must have 8 to 128 characters' }],
  }),
});

const HEADERS_OF_REFUSAL = {
  'Retry-After': { description: 'seconds to wait', schema: { type: 'integer' as const } },
  'RateLimit-Policy': {
    description: 'what is allowed: `"login";q=5;w=60` is five in sixty seconds; on every answer',
    schema: { type: 'string' as const },
  },
  RateLimit: {
    description: 'what is left: `"login";r=0;t=42` is none for 42 seconds; on every answer',
    schema: { type: 'string' as const },
  },
};

const PROBLEM = {
  type: 'object' as const,
  description: 'RFC 9457',
  required: ['type', 'title', 'status', 'detail', 'code', 'request_id'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'for people' },
    code: { type: 'string', description: 'for programs; stable', enum: Object.keys(PROBLEMS) },
    request_id: { type: 'string' },
    errors: {
      type: 'array',
      description: '422 only',
      items: {
        type: 'object',
        properties: {
          pointer: { type: 'string', description: 'JSON Pointer (RFC 6901)' },
          detail: { type: 'string' },
        },
      },
    },
    error: { type: 'string', description: 'OAuth2 token routes only (RFC 6749 §5.2)' },
    error_description: { type: 'string', description: 'OAuth2 token routes only' },
  },
};
