import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import {
  MalformedJsonError,
  MalformedRequestError,
  UnsupportedMediaTypeError,
} from './http.errors';

const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';
const DEEPEST = 32;

interface BodyConfig {
  readonly acceptsForm?: boolean;
}

/** The route takes a form and nothing else; every other route takes JSON and nothing else. */
export const AcceptsForm = () => RouteConfig({ acceptsForm: true } satisfies BodyConfig);

/** As `AcceptsForm`, and refusals carry the `error` members of RFC 6749 §5.2. */
export const AcceptsOAuthForm = () => RouteConfig({ acceptsForm: true, speaksOAuth: true });

const takesForm = (request: FastifyRequest): boolean =>
  (request.routeOptions.config as BodyConfig).acceptsForm === true;

class ProtoNamedError extends MalformedRequestError {
  constructor() {
    super('The body must not name "__proto__".');
  }
}

/** Counts brackets instead of walking, so that no depth can exhaust the stack. */
function isTooDeep(json: string): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < json.length; at++) {
    const char = json[at];
    if (inString) {
      if (char === '\\') at++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if ((char === '{' || char === '[') && ++depth > DEEPEST) return true;
    else if (char === '}' || char === ']') depth--;
  }
  return false;
}

function parseJson(text: string): unknown {
  if (text.trim() === '') return undefined;
  if (isTooDeep(text)) throw new MalformedRequestError('The body is nested too deeply.');
  let holdsProto = false;
  let body: unknown;
  try {
    body = JSON.parse(text, (name, value: unknown) => {
      holdsProto ||= name === '__proto__';
      return value;
    });
  } catch {
    throw new MalformedJsonError();
  }
  if (holdsProto) throw new ProtoNamedError();
  return body;
}

/** RFC 6749 §3.2: a parameter must not be given twice. */
function parseForm(text: string): Record<string, string> {
  const form: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(text)) {
    if (name === '__proto__') throw new ProtoNamedError();
    if (Object.hasOwn(form, name))
      throw new MalformedRequestError(`The form gives "${name.slice(0, 64)}" more than once.`);
    form[name] = value;
  }
  return form;
}

/**
 * JSON for all routes but those marked as forms; no other content type is taken. What is sent to no
 * route is not looked at: it gets its 404.
 */
export function registerBodyParsers(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser<string>(
    JSON_TYPE,
    { parseAs: 'string' },
    async (request: FastifyRequest, text: string) => {
      if (request.is404) return undefined;
      if (takesForm(request)) throw new UnsupportedMediaTypeError(FORM_TYPE);
      return parseJson(text);
    },
  );
  server.addContentTypeParser<string>(
    FORM_TYPE,
    { parseAs: 'string' },
    async (request: FastifyRequest, text: string) => {
      if (request.is404) return undefined;
      if (!takesForm(request)) throw new UnsupportedMediaTypeError(JSON_TYPE);
      return parseForm(text);
    },
  );
}
