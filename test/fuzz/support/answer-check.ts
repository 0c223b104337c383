import Ajv, { type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import type { Answer } from '../../support/api';
import { expectProblem, expectTraceable } from '../../support/problems';
import type { ApiDocument, DocumentedAnswer, Operation } from './operations';

type Json = Record<string, unknown>;

const PROBLEM = 'application/problem+json';

/** Holds answers to the document: status, content type, body and error code, and to nothing else. */
export class AnswerCheck {
  private readonly ajv = new Ajv({ strict: false, allErrors: true });
  private readonly validators = new Map<unknown, ValidateFunction>();

  constructor(document: ApiDocument) {
    addFormats(this.ajv);
    // Of mailboxes in any script (RFC 6531).
    this.ajv.addFormat('email', /^[^\s@]+@[^\s@]+$/);
    this.ajv.addSchema(closed({ components: document.components }) as Json, 'api');
  }

  /** @throws as `expect` does, for an answer that the operation does not document */
  expectDocumented(operation: Operation, answer: Answer): void {
    const { status, headers, text } = answer;
    expectTraceable(answer);
    expect([status, Object.keys(operation.answers)]).toEqual([
      status,
      expect.arrayContaining([String(status)]),
    ]);
    const documented = operation.answers[status]!;
    const type = (headers.get('content-type') ?? '').split(';')[0]!;
    expect([type, text !== '']).toEqual(
      documented.content ? [expect.stringMatching(typesOf(documented)), true] : ['', false],
    );
    if (type === PROBLEM) this.expectDocumentedProblem(answer, documented);
    this.expectShape(answer.body, documented.content?.[type]?.schema);
    // RFC 6749 §5.1: what holds tokens must not be kept.
    const isKept = /"access_token"/.test(text) && headers.get('cache-control') !== 'no-store';
    expect(isKept).toBe(false);
  }

  private expectDocumentedProblem(answer: Answer, { content }: DocumentedAnswer): void {
    const { code } = answer.body as { code: string };
    // A pointer says where in the request it was, in the words of the request.
    const text = answer.text.replaceAll(/"pointer":"(?:[^"\\]|\\.)*"/g, '"pointer":"/"');
    expectProblem({ ...answer, text }, answer.status, code);
    expect(Object.keys(content?.[PROBLEM]?.examples ?? {})).toContain(code);
  }

  private expectShape(body: unknown, schema: object | undefined): void {
    if (!schema) return;
    const validate = this.validators.get(schema) ?? this.ajv.compile(closed(schema) as Json);
    this.validators.set(schema, validate);
    validate(body);
    expect(validate.errors ?? []).toEqual([]);
  }
}

const typesOf = ({ content = {} }: DocumentedAnswer): RegExp =>
  new RegExp(
    `^(${Object.keys(content)
      .join('|')
      .replaceAll(/[.+]/g, String.raw`\$&`)})$`,
  );

/** OpenAPI 3.0 as JSON Schema, in which an object has no field that is not named. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { nullable, example: _, ...rest } = schema as Json;
  const own = Object.fromEntries(Object.entries(rest).map(([name, part]) => [name, closed(part)]));
  if (typeof own.$ref === 'string') own.$ref = own.$ref.replace('#/', 'api#/');
  if (own.type === 'object' && own.properties && own.additionalProperties === undefined)
    own.additionalProperties = false;
  return nullable === true ? { anyOf: [{ type: 'null' }, own] } : own;
}
