import { decideAccount, type LinkDecision, type LinkFacts, type Owner } from './account-linking';

type Row = readonly [
  identityOwner: string,
  linker: string,
  email: string,
  emailOwner: string,
  decision: string,
];

/**
 * `*` is every value of its column. Where the provider tells no address, nobody has it. Whoever
 * asks to link is signed in, hence active.
 */
const POLICY: readonly Row[] = [
  // Somebody comes back: the subject decides, whatever became of the address.
  ['active', 'none', '*', '*', 'sign-in identity-owner'],
  ['disabled', 'none', '*', '*', 'refuse account_disabled identity-owner'],
  // Somebody comes for the first time.
  ['nobody', 'none', 'none', 'nobody', 'create'],
  ['nobody', 'none', 'unverified', '*', 'refuse provider_email_unverified'],
  ['nobody', 'none', 'verified', 'nobody', 'create'],
  ['nobody', 'none', 'verified', 'verified', 'join email-owner'],
  ['nobody', 'none', 'verified', 'unverified', 'reclaim email-owner'],
  ['nobody', 'none', 'verified', 'disabled', 'refuse account_disabled email-owner'],
  ['nobody', 'none', 'verified', 'disabled unverified', 'refuse account_disabled email-owner'],
  ['nobody', 'none', 'verified', 'verified linked', 'refuse provider_already_linked email-owner'],
  ['nobody', 'none', 'verified', 'unverified linked', 'reclaim email-owner'],
  ['nobody', 'none', 'verified', 'disabled linked', 'refuse account_disabled email-owner'],
  // Somebody links: the address does not matter.
  ['nobody', 'not linked', '*', '*', 'link linker'],
  ['nobody', 'linked', '*', '*', 'refuse provider_already_linked linker'],
  ['linker', 'linked', '*', '*', 'keep linker'],
  ['active', 'not linked', '*', '*', 'refuse identity_taken linker'],
  ['active', 'linked', '*', '*', 'refuse identity_taken linker'],
  ['disabled', 'not linked', '*', '*', 'refuse identity_taken linker'],
  ['disabled', 'linked', '*', '*', 'refuse identity_taken linker'],
];

const IDENTITY_OWNERS = ['nobody', 'active', 'disabled', 'linker'];
const LINKERS = ['none', 'not linked', 'linked'];
const EMAILS = ['none', 'unverified', 'verified'];
const EMAIL_OWNERS = [
  'nobody',
  'verified',
  'unverified',
  'disabled',
  'disabled unverified',
  'verified linked',
  'unverified linked',
  'disabled linked',
];

const isPossible = ([identityOwner, linker, email, emailOwner]: readonly string[]): boolean =>
  (identityOwner !== 'linker' || linker === 'linked') &&
  (email !== 'none' || emailOwner === 'nobody');

function expanded(row: Row): Row[] {
  const of = (cell: string, values: readonly string[]) => (cell === '*' ? values : [cell]);
  return of(row[0], IDENTITY_OWNERS)
    .flatMap((identityOwner) =>
      of(row[1], LINKERS).flatMap((linker) =>
        of(row[2], EMAILS).flatMap((email) =>
          of(row[3], EMAIL_OWNERS).map((emailOwner): Row => [
            identityOwner,
            linker,
            email,
            emailOwner,
            row[4],
          ]),
        ),
      ),
    )
    .filter(isPossible);
}

function ownerAs(id: string, what: string): Owner | null {
  const words = what.split(' ');
  if (words[0] === 'nobody' || words[0] === 'none') return null;
  return {
    id,
    isActive: !words.includes('disabled'),
    hasVerifiedEmail: !words.includes('unverified'),
    hasIdentity: words.includes('linked') && !words.includes('not'),
  };
}

function factsOf([identityOwner, asker, , emailOwner]: Row): LinkFacts {
  const linker = ownerAs('linker', asker);
  return {
    identityOwner:
      identityOwner === 'linker' ? linker : ownerAs('identity-owner', `${identityOwner} linked`),
    linker,
    emailOwner: ownerAs('email-owner', emailOwner),
  };
}

const profileWith = (email: string) => ({
  email: email === 'none' ? null : 'ada@example.com',
  hasVerifiedEmail: email === 'verified',
});

const told = (decision: LinkDecision): string =>
  [
    decision.kind,
    'reason' in decision ? decision.reason : null,
    'userId' in decision ? decision.userId : null,
  ]
    .filter(Boolean)
    .join(' ');

const TABLE = POLICY.flatMap(expanded);

describe('whose account an identity is', () => {
  it.each(TABLE)(
    'of %s, link asked by %s, address %s, of %s: %s',
    (...[identityOwner, linker, email, emailOwner, decision]) => {
      const row: Row = [identityOwner, linker, email, emailOwner, decision];
      expect(told(decideAccount(profileWith(email), factsOf(row)))).toBe(decision);
    },
  );

  it('is said for every case that there is, once', () => {
    const cases = expanded(['*', '*', '*', '*', '']).map((row) => row.slice(0, 4).join());
    expect(TABLE.map((row) => row.slice(0, 4).join()).toSorted()).toEqual(cases.toSorted());
  });
});

const STATES = [0, 1, 2, 3, 4, 5, 6, 7].map((bits) => ({
  isActive: (bits & 1) > 0,
  hasVerifiedEmail: (bits & 2) > 0,
  hasIdentity: (bits & 4) > 0,
}));

const anybody = (id: string): (Owner | null)[] => [
  null,
  ...STATES.map((state) => ({ id, ...state })),
];

/** Every combination of everything, the impossible ones and coinciding people too. */
const EVERYTHING = anybody('linker')
  .flatMap((linker) =>
    [...anybody('identity-owner'), linker].map((identityOwner) => ({ linker, identityOwner })),
  )
  .flatMap(({ linker, identityOwner }) =>
    [...anybody('email-owner'), linker, identityOwner].map((emailOwner): LinkFacts => ({
      linker,
      identityOwner,
      emailOwner,
    })),
  );

const judged = EVERYTHING.flatMap((facts) =>
  EMAILS.map(profileWith).map((profile) => ({
    profile,
    facts,
    decision: decideAccount(profile, facts),
  })),
);

const isSignIn = ({ kind }: LinkDecision): boolean =>
  ['sign-in', 'join', 'reclaim', 'create'].includes(kind);

describe('of all that can come together', () => {
  it('no unverified address joins, reclaims or makes an account', () => {
    const wrong = judged
      .filter(({ profile }) => profile.email !== null && !profile.hasVerifiedEmail)
      .filter(({ decision }) => ['join', 'reclaim', 'create'].includes(decision.kind));
    expect(wrong).toEqual([]);
  });

  it('no unverified address tells whether somebody here has it', () => {
    const answers = judged
      .filter(({ profile }) => profile.email !== null && !profile.hasVerifiedEmail)
      .filter(({ facts }) => facts.linker === null && facts.identityOwner === null)
      .map(({ decision }) => told(decision));
    expect(new Set(answers)).toEqual(new Set(['refuse provider_email_unverified']));
    expect(answers.length).toBeGreaterThan(8);
  });

  it('no disabled account is signed in to', () => {
    const wrong = judged.filter(({ facts, decision }) => {
      const { linker, identityOwner, emailOwner } = facts;
      const userId = 'userId' in decision ? decision.userId : null;
      const signedIn = [linker, identityOwner, emailOwner].find((owner) => owner?.id === userId);
      return isSignIn(decision) && signedIn?.isActive === false;
    });
    expect(wrong).toEqual([]);
  });

  it('no one who links is signed in, and nobody else is concerned', () => {
    const linking = judged.filter(({ facts }) => facts.linker !== null);
    expect(linking.filter(({ decision }) => isSignIn(decision))).toEqual([]);
    const concerned = linking.map(({ decision }) => 'userId' in decision && decision.userId);
    expect(new Set(concerned)).toEqual(new Set(['linker']));
  });

  it('no identity moves from one account to another', () => {
    const moves = ['join', 'reclaim', 'create', 'link'];
    const wrong = judged
      .filter(({ facts }) => facts.identityOwner !== null)
      .filter(({ decision }) => moves.includes(decision.kind));
    expect(wrong).toEqual([]);
  });

  it('no account is joined that has another identity of the provider', () => {
    const wrong = judged
      .filter(({ decision }) => decision.kind === 'join')
      .filter(({ facts }) => facts.emailOwner?.hasIdentity);
    expect(wrong).toEqual([]);
  });

  it('no account is joined that has not verified the address', () => {
    const wrong = judged
      .filter(({ decision }) => decision.kind === 'join')
      .filter(({ facts }) => !facts.emailOwner?.hasVerifiedEmail);
    expect(wrong).toEqual([]);
  });
});
