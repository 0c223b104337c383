import * as fc from 'fast-check';
import { anyText, forAll } from '../../../test/support/fuzz';
import { decideAccount, type Owner } from './account-linking';
import { usernameCandidate, usernameStem } from './free-username';

describe('whose account it is', () => {
  const id = fc.constantFrom('ada', 'bob', 'eve');
  const owner: fc.Arbitrary<Owner> = fc.record({
    id,
    isActive: fc.boolean(),
    hasVerifiedEmail: fc.boolean(),
    hasIdentity: fc.boolean(),
  });
  /** Where the provider tells no address, it verified none and nobody has it. */
  const situation = fc
    .record({
      email: fc.option(fc.constant('ada@example.com')),
      hasVerifiedEmail: fc.boolean(),
      identityOwner: fc.option(fc.record({ id, isActive: fc.boolean() })),
      linker: fc.option(owner),
      emailOwner: fc.option(owner),
    })
    .map(({ email, hasVerifiedEmail, identityOwner, linker, emailOwner }) => ({
      proven: { email, hasVerifiedEmail: hasVerifiedEmail && email !== null },
      known: { identityOwner, linker, emailOwner: email === null ? null : emailOwner },
    }));
  /** The account that a session is opened in, or that an identity is added to. */
  const opened = (decision: ReturnType<typeof decideAccount>): string | null =>
    decision.kind === 'refuse' || decision.kind === 'create' ? null : decision.userId;

  it('is never told by an address that the provider did not verify', () => {
    forAll([situation], ({ proven, known }) => {
      fc.pre(!known.linker && !known.identityOwner && proven.email !== null);
      const decision = decideAccount({ ...proven, hasVerifiedEmail: false }, known);
      expect(decision).toEqual({
        kind: 'refuse',
        reason: 'provider_email_unverified',
        userId: null,
      });
    });
  });

  it('is that of the subject, whoever has the address now', () => {
    forAll([situation], ({ proven, known }) => {
      fc.pre(known.identityOwner !== null && !known.linker);
      const changed = { ...known, emailOwner: null };
      expect(decideAccount(proven, known)).toEqual(decideAccount(proven, changed));
      expect([known.identityOwner.id, null]).toContain(opened(decideAccount(proven, known)));
    });
  });

  it('is of the one who asks to link, and opens nobody else’s, whatever the address is', () => {
    forAll([situation], ({ proven, known }) => {
      fc.pre(known.linker !== null);
      const decision = decideAccount(proven, known);
      expect([known.linker.id, null]).toContain(opened(decision));
      expect(['link', 'keep', 'refuse']).toContain(decision.kind);
      expect(decision).toEqual(
        decideAccount({ email: null, hasVerifiedEmail: false }, { ...known, emailOwner: null }),
      );
    });
  });

  it('is joined only where its owner verified the address, and has no other subject there', () => {
    forAll([situation], ({ proven, known }) => {
      const decision = decideAccount(proven, known);
      const isSound =
        proven.hasVerifiedEmail &&
        known.emailOwner?.hasVerifiedEmail === true &&
        !known.emailOwner.hasIdentity;
      expect(decision.kind !== 'join' || isSound).toBe(true);
      expect(decision.kind !== 'reclaim' || proven.hasVerifiedEmail).toBe(true);
    });
  });

  it('is never a disabled one', () => {
    forAll([situation], ({ proven, known }) => {
      fc.pre(!known.linker);
      const owners = [known.identityOwner, known.emailOwner];
      const decision = decideAccount(proven, known);
      const disabled = owners.filter((one) => one && !one.isActive).map((one) => one!.id);
      const enabled = owners.filter((one) => one?.isActive).map((one) => one!.id);
      const found = opened(decision);
      expect(found !== null && disabled.includes(found) && !enabled.includes(found)).toBe(false);
    });
  });

  it('is new only where nobody has the subject or the verified address', () => {
    forAll([situation], ({ proven, known }) => {
      const isNobodys = !known.linker && !known.identityOwner && !known.emailOwner;
      const isCreated = decideAccount(proven, known).kind === 'create';
      const isTold = proven.email === null || proven.hasVerifiedEmail;
      expect(isCreated).toBe(isNobodys && isTold);
    });
  });
});

describe('a free username', () => {
  const wish = fc.oneof(anyText(80), fc.constantFrom(null, undefined), fc.emailAddress());
  const digits = fc.stringMatching(/^[0-9a-f]{32}$/);

  it('of any wishes is a username at every attempt, and looks like no address', () => {
    forAll([fc.array(wish, { maxLength: 4 }), fc.nat(40), digits], (wishes, attempt, random) => {
      const candidate = usernameCandidate(usernameStem(...wishes), attempt, random);
      expect(candidate).toMatch(/^[a-z0-9_.-]{3,50}$/);
    });
  });

  it('is another at every attempt, for as long as there are digits', () => {
    forAll([fc.array(wish, { maxLength: 4 }), digits], (wishes, random) => {
      const stem = usernameStem(...wishes);
      const names = Array.from({ length: 7 }, (_, n) => usernameCandidate(stem, n, random));
      expect(new Set(names).size).toBe(names.length);
    });
  });
});
