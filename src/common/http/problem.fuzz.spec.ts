import * as fc from 'fast-check';
import { anyText, forAll } from '../../../test/support/fuzz';
import { UnknownProviderError } from '../../oauth/oauth.errors';
import { ProviderName } from '../../oauth/provider-name.pipe';
import { DomainError } from '../errors/domain-error';
import { RouteNotFoundError } from './http.errors';
import { toProblem } from './problem';
import { UuidParam } from './uuid-param.pipe';

class AnyError extends DomainError {
  readonly code = 'any';
  constructor(
    message: string,
    override readonly retryAfterSeconds: number,
  ) {
    super(message);
  }
}

it('any sentence becomes a body of RFC 9457, and ASCII for OAuth', () => {
  forAll([anyText(), fc.double(), fc.boolean()], (sentence, seconds, speaksOAuth) => {
    const row = { status: 401, title: 'T' };
    const problem = toProblem(new AnyError(sentence, seconds), row, { id: 'r', speaksOAuth });
    const { detail, error_description: description = '' } = problem.body;
    expect(detail).toBe(sentence);
    expect(description).toMatch(/^[ !#-[\]-~]*$/);
    expect(description).toHaveLength(speaksOAuth ? sentence.length : 0);
    expect(JSON.parse(JSON.stringify(problem.body))).toMatchObject({ status: 401, code: 'any' });
  });
});

it('how long to wait is a whole number of seconds, at least one', () => {
  const seconds = fc.double({ min: -10, max: 1e9, noNaN: true });
  forAll([seconds], (given) => {
    const row = { status: 429, title: 'T' };
    const { headers } = toProblem(new AnyError('x', given), row, { id: 'r', speaksOAuth: false });
    const wait = Number(headers['retry-after']);
    expect(Number.isInteger(wait) && wait >= 1 && wait >= given).toBe(true);
  });
});

const outcomeOf = (act: () => string): unknown => {
  try {
    return act();
  } catch (error) {
    return error;
  }
};

it('an id in a path is a UUID in lower case, or nobody’s', () => {
  const pipe = new UuidParam(UnknownProviderError);
  const id = fc.oneof(
    fc.uuid(),
    fc.uuid().map((text) => text.toUpperCase()),
  );
  const any = fc.oneof(
    id,
    anyText(),
    fc.tuple(id, anyText(3)).map((parts) => parts.join('')),
  );
  forAll([any], (given) => {
    const isId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(given) && given.length === 36;
    expect(outcomeOf(() => pipe.transform(given))).toEqual(
      isId ? given.toLowerCase() : new UnknownProviderError(),
    );
  });
});

it('a provider in a path is a name as they are configured, or no route', () => {
  const name = fc.oneof(fc.stringMatching(/^[a-z_0-9A-Z]{1,33}$/), anyText());
  forAll([name], (given) => {
    const isName = /^[a-z][a-z0-9_]*$/.test(given) && given.length <= 31 && !given.endsWith('\n');
    expect(outcomeOf(() => new ProviderName().transform(given))).toEqual(
      isName ? given : new RouteNotFoundError(),
    );
  });
});
