import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service';
import { Random } from '../../common/random/random';
import { Clock } from '../../common/time/clock';
import { AppConfig } from '../../config/app-config';
import { type Tx, UnitOfWork } from '../../database/unit-of-work';
import { derivedKey } from '../../tokens/signing-keys';
import { Holders, judge } from './holders';
import { type Candidate, readUser } from './line-reader';
import type { Line } from './lines';
import { type Reason, reason, type Refusal } from './refusal';
import type { UserRecord } from './user-record';
import { type IdentityRow, UsersFileRepository } from './users-file.repository';

export interface ImportOptions {
  /** Judges every line, and undoes what it wrote. */
  readonly isDryRun: boolean;
  readonly ignoresUnknown: boolean;
}

export interface ImportCounts {
  readonly imported: number;
  /** How many of these are admins. */
  readonly admins: number;
  readonly alreadyThere: number;
  readonly refused: number;
}

interface Batch {
  readonly candidates: readonly Candidate[];
  /** Those that by themselves cannot become users. */
  readonly refused: readonly Refusal[];
}

interface Outcome {
  readonly imported: readonly Candidate[];
  readonly alreadyThere: number;
  /** In the order of their lines. */
  readonly refused: readonly Refusal[];
}

interface Run extends ImportOptions {
  readonly auditId: string;
  /** Of a dry run, whose users the database has forgotten again. */
  readonly remembered: Holders;
  counts: ImportCounts;
}

/** Small enough to hold locks briefly, large enough that a line costs little more than its bytes. */
const BATCH = 500;
const NOBODY: ImportCounts = { imported: 0, admins: 0, alreadyThere: 0, refused: 0 };

/** Carries the outcome out of a transaction that must leave nothing. */
class DryRun extends Error {
  constructor(readonly outcome: Outcome) {
    super('dry run');
  }
}

/** Takes users over from elsewhere, batch by batch. */
@Injectable()
export class UsersImport {
  constructor(
    private readonly users: UsersFileRepository,
    private readonly audit: AuditService,
    private readonly unitOfWork: UnitOfWork,
    private readonly config: AppConfig,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  /**
   * Imports every line that is sound and in nobody's way. A batch is there whole or not at all, and
   * a line that was imported before is known again: after a crash, or with corrected lines, the
   * same file can be imported once more. Sends no mail.
   * @param onBatch hears of the lines of each batch that were refused, once it is done
   */
  async run(
    lines: AsyncIterable<Line>,
    options: ImportOptions,
    onBatch: (refused: readonly Refusal[], counts: ImportCounts) => Promise<void>,
  ): Promise<ImportCounts> {
    const run: Run = {
      ...options,
      auditId: this.random.id(),
      remembered: new Holders(),
      counts: NOBODY,
    };
    for await (const batch of this.batches(lines, options)) {
      const outcome = await this.importBatch(batch, run);
      if (options.isDryRun) for (const { user } of outcome.imported) run.remembered.addUser(user);
      run.counts = counted(run.counts, outcome);
      await onBatch(outcome.refused, run.counts);
    }
    return run.counts;
  }

  private async *batches(
    lines: AsyncIterable<Line>,
    { ignoresUnknown }: ImportOptions,
  ): AsyncGenerator<Batch> {
    const rules = {
      now: this.clock.now(),
      argon2: this.config.passwords.argon2,
      idKey: derivedKey(this.config.tokens.secretKey, 'users import'),
      ignoresUnknown,
    };
    let candidates: Candidate[] = [];
    let refused: Refusal[] = [];
    for await (const line of lines) {
      const read = readUser(line, rules);
      if (read === null) continue;
      if ('user' in read) candidates.push(read);
      else refused.push(read);
      if (candidates.length + refused.length < BATCH) continue;
      yield { candidates, refused };
      [candidates, refused] = [[], []];
    }
    if (candidates.length + refused.length > 0) yield { candidates, refused };
  }

  private importBatch(batch: Batch, run: Run): Promise<Outcome> {
    const work = async (tx: Tx): Promise<Outcome> => {
      const outcome = await this.store(tx, batch, run.remembered);
      if (run.isDryRun) throw new DryRun(outcome);
      await this.recordProgress(tx, run.auditId, counted(run.counts, outcome));
      return outcome;
    };
    return this.unitOfWork.run(work).catch((error: unknown) => {
      if (error instanceof DryRun) return error.outcome;
      throw error;
    });
  }

  private async store(
    tx: Tx,
    { candidates, refused: unreadable }: Batch,
    remembered: Holders,
  ): Promise<Outcome> {
    const users = candidates.map(({ user }) => user);
    await this.users.holdImports(tx);
    const holders = new Holders(remembered);
    for (const holder of await this.users.findHolders(tx, users)) holders.add(holder);
    const identities = users.flatMap((user) => user.identities);
    for (const held of await this.users.findIdentities(tx, identities)) holders.addIdentity(held);
    const { accepted, alreadyThere, refused } = judge(candidates, holders);
    const stored = await this.insert(
      tx,
      accepted.map(({ user }) => user),
    );
    const [imported, late] = parted(accepted, ({ user }) => stored.has(user.id));
    return {
      imported,
      alreadyThere,
      refused: [
        ...unreadable,
        ...refused.map(({ candidate, reasons }) => refusalOf(candidate, reasons)),
        ...late.map((candidate) => refusalOf(candidate, [TAKEN_MEANWHILE])),
      ].toSorted((one, other) => one.line - other.line),
    };
  }

  /** The ids of those that are stored with all that is theirs: the indexes have the last word. */
  private async insert(tx: Tx, users: readonly UserRecord[]): Promise<ReadonlySet<string>> {
    const inserted = await this.users.insertUsers(tx, users, () => this.random.uuid());
    const made = users.filter(({ id }) => inserted.has(id));
    await this.users.insertSubscriptions(tx, made);
    const identities = made.flatMap((user) => identityRows(user, () => this.random.id()));
    const linked = await this.users.insertIdentities(tx, identities);
    const cheated = identities.filter(({ id }) => !linked.has(id)).map((row) => row.user_id);
    if (cheated.length > 0) await this.users.removeUsers(tx, cheated);
    return new Set([...inserted].filter((id) => !cheated.includes(id)));
  }

  /** One event for the whole run, always as true as the database. */
  private recordProgress(tx: Tx, id: string, counts: ImportCounts): Promise<void> {
    const { imported, admins, alreadyThere: already_there, refused } = counts;
    return this.audit.recordProgress(tx, id, {
      action: 'users_imported',
      actorId: null,
      subjectId: null,
      client: null,
      details: { imported, admins, already_there, refused },
    });
  }
}

const TAKEN_MEANWHILE = reason(
  'taken_meanwhile',
  null,
  'was taken by somebody else at this moment; import it again to see by whom',
);

const refusalOf = ({ line, user }: Candidate, reasons: readonly Reason[]): Refusal => ({
  line,
  username: user.username,
  reasons,
});

const identityRows = (user: UserRecord, newId: () => string): IdentityRow[] =>
  user.identities.map(({ provider, subject, email }) => ({
    id: newId(),
    user_id: user.id,
    provider,
    subject,
    email,
    created_at: user.createdAt,
    last_used_at: user.lastLoginAt ?? user.createdAt,
  }));

const counted = (
  counts: ImportCounts,
  { imported, alreadyThere, refused }: Outcome,
): ImportCounts => ({
  imported: counts.imported + imported.length,
  admins: counts.admins + imported.filter(({ user }) => user.role === 'admin').length,
  alreadyThere: counts.alreadyThere + alreadyThere,
  refused: counts.refused + refused.length,
});

function parted<T>(items: readonly T[], isWanted: (item: T) => boolean): [T[], T[]] {
  const [wanted, others]: [T[], T[]] = [[], []];
  for (const item of items) (isWanted(item) ? wanted : others).push(item);
  return [wanted, others];
}
