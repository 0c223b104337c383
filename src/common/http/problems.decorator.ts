import { ApiExtension } from '@nestjs/swagger';

export const PROBLEM_CODES = 'x-problem-codes';
export const PROBLEM_STATUSES = 'x-problem-statuses';

/**
 * The error codes that this route answers with, besides those that any route may. They become
 * responses with examples in OpenAPI; an unknown code fails the start of /docs and its test.
 */
export const Problems = (...codes: readonly string[]) => ApiExtension(PROBLEM_CODES, codes);

/** As `Problems`, for codes that this route answers with a status of its own. */
export const ProblemsAs = (status: number, ...codes: readonly string[]) =>
  ApiExtension(PROBLEM_STATUSES, Object.fromEntries(codes.map((code) => [code, status])));
