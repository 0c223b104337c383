import { ApiExtension } from '@nestjs/swagger';

export const PROBLEM_CODES = 'x-problem-codes';

/**
 * The error codes that this route answers with, besides those that any route may. They become
 * responses with examples in OpenAPI; an unknown code fails the start of /docs and its test.
 */
export const Problems = (...codes: readonly string[]) => ApiExtension(PROBLEM_CODES, codes);
