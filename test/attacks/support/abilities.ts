import { spawnSync } from 'node:child_process';

/** What an attack may need of its target; the header of `target.ts` says how each is given. */
export type Ability =
  /** Accounts can be made: by an admin, or by sign-up and a mail. */
  | 'people'
  | 'admin'
  | 'mailbox'
  /** The target believes our X-Forwarded-For, so that each caller has an address of its own. */
  | 'addresses'
  /** The key that the target signs with is known. */
  | 'secret'
  /** The address of the web app that the target serves is known. */
  | 'frontend'
  /** An OAuth provider is configured. */
  | 'provider'
  /** Access tokens are signed with keys that the target publishes. */
  | 'jwks'
  | 'log'
  /** The settings of the target are ours to choose. */
  | 'settings';

const { env } = process;

/** Null where the suite starts a service of its own. */
export const remoteUrl: string | null = env.ATTACK_URL?.replace(/\/+$/, '') || null;

interface Probe {
  readonly mailbox: boolean;
  readonly provider: string | null;
  readonly jwks: boolean;
}

const PROBE = `
  const [base, mailbox] = process.argv.slice(1);
  const ask = (url) => fetch(url).then((answer) => answer.ok ? answer.json() : null, () => null);
  const asked = ['/api/v1/auth/oauth/providers', '/.well-known/jwks.json'];
  Promise.all([mailbox + '/messages', ...asked.map((path) => base + path)].map(ask)).then(
    ([mails, list, jwks]) => {
      const provider = list?.providers?.[0]?.name ?? null;
      const hasKeys = (jwks?.keys?.length ?? 0) > 0;
      const hasMails = Array.isArray(mails?.messages);
      console.log(JSON.stringify({ mailbox: hasMails, provider, jwks: hasKeys }));
    });
`;

/** Asked in a process of its own, for which tests to declare must be known at once. */
function probe(base: string, mailbox: string): Probe {
  const { stdout } = spawnSync(process.execPath, ['-e', PROBE, base, mailbox]);
  return JSON.parse(stdout.toString()) as Probe;
}

/** The mailbox of the target, for one that is not our own. */
export const remoteMailboxUrl =
  env.ATTACK_MAILBOX_URL?.replace(/\/+$/, '') || `${remoteUrl}/dev/mailbox`;

const probed = remoteUrl === null ? null : probe(remoteUrl, remoteMailboxUrl);

/** The name of one of the target's OAuth providers, if it has any. */
export const remoteProvider = probed?.provider ?? null;

const hasAdmin = Boolean(env.ATTACK_ADMIN_USERNAME && env.ATTACK_ADMIN_PASSWORD);

const REMOTE: Readonly<Record<Ability, boolean>> = {
  // From one address no more than twenty sign up in an hour.
  people: hasAdmin || (probed?.mailbox === true && env.ATTACK_FORWARDED === 'true'),
  admin: hasAdmin,
  mailbox: probed?.mailbox === true,
  addresses: env.ATTACK_FORWARDED === 'true',
  secret: Boolean(env.ATTACK_SECRET_KEY),
  frontend: Boolean(env.ATTACK_FRONTEND_URL),
  provider: remoteProvider !== null,
  jwks: probed?.jwks === true,
  log: Boolean(env.ATTACK_LOG),
  settings: false,
};

export const isAble = (ability: Ability): boolean => remoteUrl === null || REMOTE[ability];

const announced = new Set<Ability>();

/**
 * `it`, if the target has all of this; otherwise these tests are reported as skipped, and loudly.
 * `needing('people', 'mailbox')('RFC …: …', async () => { … })`.
 */
export function needing(...abilities: readonly Ability[]): jest.It {
  const missing = abilities.filter((ability) => !isAble(ability));
  for (const ability of missing) announce(ability);
  return missing.length === 0 ? it : it.skip;
}

function announce(ability: Ability): void {
  if (announced.has(ability)) return;
  announced.add(ability);
  process.stderr.write(
    `\n  NO '${ability}' at ${remoteUrl}: attacks that need it are skipped; see target.ts.\n\n`,
  );
}
