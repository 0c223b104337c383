import type { Candidate } from './line-reader';
import { areOfOneLine } from './line-id';
import { type Reason, reason } from './refusal';
import type { IdentityRecord, UserRecord } from './user-record';

export interface Holder {
  readonly id: string;
  /** Lower case. */
  readonly username: string;
  readonly email: string | null;
}

/** What names an account at a provider. */
export type IdentityKey = Pick<IdentityRecord, 'provider' | 'subject'>;

const textOf = ({ provider, subject }: IdentityKey): string => `${provider} ${subject}`;

/** Who has which name already: those in the database, and those of the lines before. */
export class Holders {
  private readonly ids = new Set<string>();
  /** Ids by lower-case name and address. */
  private readonly usernames = new Map<string, string>();
  private readonly emails = new Map<string, string>();
  private readonly identities = new Set<string>();

  /** @param earlier others, who are asked about but not added to */
  constructor(private readonly earlier: Holders | null = null) {}

  add({ id, username, email }: Holder): void {
    this.ids.add(id);
    this.usernames.set(username, id);
    if (email) this.emails.set(email, id);
  }

  addIdentity(identity: IdentityKey): void {
    this.identities.add(textOf(identity));
  }

  addUser({ id, username, email, identities }: UserRecord): void {
    this.add({ id, username: username.toLowerCase(), email });
    for (const identity of identities) this.addIdentity(identity);
  }

  /** Whether this very line was imported before. */
  includeAlready({ user, hasOwnId }: Candidate): boolean {
    const isSame = (id: string | null): boolean =>
      id !== null && (hasOwnId ? id === user.id : areOfOneLine(id, user.id));
    // A line may claim any id; an id of ours is only made from the line.
    return (
      isSame(this.idOfUsername(user)) ||
      isSame(this.idOfEmail(user)) ||
      (!hasOwnId && this.haveId(user))
    );
  }

  /** What of this user somebody else has; nothing if they may be added. */
  reasonsAgainst(user: UserRecord): Reason[] {
    const taken = 'is taken by another user';
    return [
      ...(this.haveId(user) ? [reason('id_taken', 'id', taken)] : []),
      ...(this.idOfUsername(user) ? [reason('username_taken', 'username', taken)] : []),
      ...(this.idOfEmail(user) ? [reason('email_taken', 'email', taken)] : []),
      ...(user.identities.some((identity) => this.haveIdentity(identity))
        ? [reason('identity_taken', 'identities', 'are linked to another user')]
        : []),
    ];
  }

  private haveId({ id }: UserRecord): boolean {
    return this.ids.has(id) || (this.earlier?.ids.has(id) ?? false);
  }

  private idOfUsername({ username }: UserRecord): string | null {
    const name = username.toLowerCase();
    return this.usernames.get(name) ?? this.earlier?.usernames.get(name) ?? null;
  }

  private idOfEmail({ email }: UserRecord): string | null {
    if (!email) return null;
    return this.emails.get(email) ?? this.earlier?.emails.get(email) ?? null;
  }

  private haveIdentity(identity: IdentityRecord): boolean {
    const key = textOf(identity);
    return this.identities.has(key) || (this.earlier?.identities.has(key) ?? false);
  }
}

export interface Judgement {
  readonly accepted: readonly Candidate[];
  readonly alreadyThere: number;
  readonly refused: readonly {
    readonly candidate: Candidate;
    readonly reasons: readonly Reason[];
  }[];
}

/** Line by line, as if each were imported by itself: the first that asks for a name has it. */
export function judge(candidates: readonly Candidate[], holders: Holders): Judgement {
  const accepted: Candidate[] = [];
  const refused: Judgement['refused'][number][] = [];
  let alreadyThere = 0;
  for (const candidate of candidates) {
    const reasons = holders.reasonsAgainst(candidate.user);
    if (holders.includeAlready(candidate)) alreadyThere++;
    else if (reasons.length > 0) refused.push({ candidate, reasons });
    else {
      accepted.push(candidate);
      holders.addUser(candidate.user);
    }
  }
  return { accepted, alreadyThere, refused };
}
